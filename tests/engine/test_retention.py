"""What is too old leaves the store, class by class, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert

from core.instants import DAY, HOUR, MINUTE
from leadrelay.engine import retention
from leadrelay.settings import Retention
from leadrelay.store import captures, tables
from tests.engine.conftest import Bench

KEPT = {
    "submissions": 100 * DAY, "ignored": 30 * DAY, "visits": 90 * DAY, "quarantined": 20 * DAY, "attempts": 60 * DAY,
    "events": 200 * DAY,
}  # fmt: skip
PERSON = {"first_name": "Anna", "last_name": "Weber", "email": "anna@acme.example"}


def fill(bench: Bench) -> None:
    """One submission in each state, with an attempt and the events that come with it."""
    for state in ("ignored", "quarantined", "rejected"):
        number = bench.post(**PERSON, message=state)
        with bench.app.database.write() as connection:
            values = {"state": state, "reason": "as the test says"}
            connection.execute(tables.submission.update().where(tables.submission.c.id == number).values(values))
    bench.post(**PERSON, message="processed")
    bench.post(**PERSON, message="processed")
    bench.post(colour="held")
    bench.process()
    bench.post(**PERSON, message="new")
    now = bench.clock()
    attempt = {"at": now, "sink": "salesforce", "lead_id": 1, "row_id": 1, "outcome": "created"}
    with bench.app.database.write() as connection:
        connection.execute(insert(tables.attempt).values(id=bench.app.ids.one(now), **attempt))
        connection.execute(insert(tables.event).values(id=bench.app.ids.one(now), at=now, kind="erased", data="{}"))


def after(bench: Bench, days: int, kept: dict[str, Any] = KEPT) -> dict[str, int]:
    """What goes when that many days have passed."""
    return retention.expire(bench.app.database, kept, bench.clock() + days * DAY)


def contents(bench: Bench) -> dict[str, bool]:
    """Whether the submission of each state still has its body."""
    return {row.state: row.body is not None for row in bench.rows(tables.submission)}


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (19, {}),
        (21, {"quarantined": 2}),
        (31, {"quarantined": 2, "ignored": 1}),
        (61, {"quarantined": 2, "ignored": 1, "attempts": 1}),
        (101, {"quarantined": 2, "ignored": 1, "attempts": 1, "submissions": 2}),
        (201, {"quarantined": 2, "ignored": 1, "attempts": 1, "submissions": 2, "events": 1}),
    ],
)
def test_each_class_goes_when_its_time_is_over(bench: Bench, days: int, gone: dict[str, int]) -> None:
    fill(bench)
    found = after(bench, days)
    assert found.pop("keys") > 0
    assert {name: count for name, count in found.items() if count} == gone


def test_content_goes_and_the_ledger_still_balances(bench: Bench) -> None:
    fill(bench)
    before = bench.app.audit()
    assert before["sources"]["website"]["unaccounted"] == 0
    after(bench, 1000)
    assert contents(bench) == {"expired": False, "processed": False, "duplicate": False, "held": True, "new": True}
    for row in bench.rows(tables.submission):
        if row.state == "expired":
            assert (row.key, row.reason, row.headers, row.problems) == ("", "", "", None)
    found = bench.app.audit()
    assert found["sources"]["website"]["unaccounted"] == 0
    assert sum(found["sources"]["website"]["states"].values()) == bench.count(tables.submission)


def test_leads_touches_and_receipts_of_erasures_stay(bench: Bench) -> None:
    fill(bench)
    after(bench, 10_000)
    assert bench.count(tables.lead) == 1
    assert bench.count(tables.touch) == 1
    assert [row.kind for row in bench.rows(tables.event)] == ["erased"]
    assert "anna@acme.example" in bench.rows(tables.lead)[0].record


def test_what_waits_for_a_person_is_kept_however_old_it_is(bench: Bench) -> None:
    fill(bench)
    after(bench, 10_000)
    held = next(row for row in bench.rows(tables.submission) if row.state == "held")
    assert json.loads(bytes(held.body)) == {"colour": "held"}
    assert bench.process() == 1


def test_a_second_run_finds_nothing(bench: Bench) -> None:
    fill(bench)
    after(bench, 1000)
    assert not any(after(bench, 1000).values())


def test_forever_keeps_a_class(bench: Bench) -> None:
    fill(bench)
    found = after(bench, 10_000, dict.fromkeys(KEPT))
    assert {name for name, count in found.items() if count} == {"keys"}


def test_the_settings_that_are_shipped_run(bench: Bench) -> None:
    fill(bench)
    after(bench, 1, Retention.model_validate({"events": "forever"}).model_dump())
    assert contents(bench)["ignored"]


def test_many_rows_go_in_slices(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_SLICE", 3)
    for number in range(10):
        bench.post(**PERSON, message=f"number {number}")
    bench.process()
    assert after(bench, 300)["submissions"] == 10
    assert bench.count(tables.event) == 0
    assert bench.count(tables.capture_key) == 0


def test_only_content_keys_are_forgotten_and_only_when_no_repeat_can_meet_them(bench: Bench) -> None:
    bench.post(**PERSON)
    bench.post(**PERSON, submission_id="vendor-1")
    bench.clock.forward(captures.CONTENT_KEY_GOOD_FOR - MINUTE)
    retention.expire(bench.app.database, KEPT, bench.clock())
    assert bench.count(tables.capture_key) == 2
    bench.clock.forward(HOUR)
    retention.expire(bench.app.database, KEPT, bench.clock())
    assert [row.key for row in bench.rows(tables.capture_key)] == ["id:vendor-1"]


def test_a_submission_that_is_retried_meanwhile_keeps_its_body(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the change a person may have had a refused post worked on again."""
    fill(bench)
    real = type(bench.app.database).write

    def retried_first(self: Any, **options: Any) -> Any:
        monkeypatch.undo()
        with self.write() as connection:
            refused = tables.submission.c.state == "rejected"
            connection.execute(tables.submission.update().where(refused).values(state="new"))
        return real(self, **options)

    monkeypatch.setattr(type(bench.app.database), "write", retried_first)
    assert after(bench, 25)["quarantined"] == 1
    assert bench.process() == 2


def test_the_worker_runs_it_every_day(bench: Bench) -> None:
    fill(bench)
    bench.app.worker()
    timers = bench.app.timers()
    bench.clock.forward(400 * DAY)
    assert timers.run_once() >= 1
    assert not contents(bench)["processed"]
    (timer,) = [row for row in bench.rows(tables.timer) if row.kind == "retention"]
    assert timer.due == bench.clock() + DAY


def test_looking_uses_the_primary_key(bench: Bench) -> None:
    """No slice may read the whole table: the search is bounded by id above and below."""
    if not bench.app.database.is_sqlite:
        pytest.skip("SQLite's planner explains itself in one line")
    sql = "EXPLAIN QUERY PLAN SELECT id FROM submission WHERE id > 1 AND id < 99 AND state IN ('ignored') ORDER BY id LIMIT 500"
    with bench.app.database.read() as connection:
        (plan,) = [row.detail for row in connection.exec_driver_sql(sql)]
    assert plan.startswith("SEARCH submission USING INDEX sqlite_autoindex_submission_1")
