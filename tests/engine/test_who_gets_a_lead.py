"""Leads get their owners in the steps that decide them: as they come in, when they are due, and around merges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.instants import DAY, HOUR, MINUTE, to_datetime, to_iso
from leadrelay.engine.merges import Merges
from leadrelay.engine.redeciding import Rescore
from leadrelay.engine.unmerging import Unmerges
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Bench, Hand
from tests.engine.ruled import events, ledger, owners, ruled, write_rules

RULES = """\
scoring:
  limit: 100
  engagement: {visit: 1, webinar_signup: 40}
  lifecycle_stage: {sql: {at_least: 80, until_below: 60}}
routing:
  start_when: {any: [{lifecycle_stage: {is: sql}}, {has_touch: {kind: demo_request}}]}
  to:
    - {name: DACH, when: {company.country: {in: [DE, AT, CH]}}, pool: dach}
    - {name: everyone else, otherwise: true, queue: unassigned}
  respond_within: {minutes: 30}
"""

TEAM = """\
people: {anna@acme.example: {}, ben@acme.example: {}, cem@acme.example: {}}
pools: {dach: {members: [anna@acme.example, ben@acme.example, cem@acme.example], fallback: unassigned}}
queues: {unassigned: {salesforce: Inbound}}
"""


@pytest.fixture
def routing(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[Bench]:
    """A migrated store of each kind under rules with a routing."""
    with ruled(tmp_path, store_url, clock, RULES, TEAM) as made:
        yield made


def come(bench: Bench, *numbers: int, **more: str) -> None:
    """Let people come in, all in one batch."""
    for number in numbers:
        names = {"first_name": "Pat", "last_name": f"Nr{number}", "email": f"pat{number}@firm.example", "kind": "demo_request"}
        bench.clock.forward(1000)
        bench.post(**{**names, "country": "DE", **more}, at=str(bench.clock()))
    bench.process()


def test_leads_of_one_batch_take_turns_and_are_written_with_their_owners(routing: Bench) -> None:
    come(routing, *range(6))
    assert Counter(owners(routing)) == {"anna@acme.example": 2, "ben@acme.example": 2, "cem@acme.example": 2}
    assert [row.turn for row in ledger(routing)] == [1, 2, 3, 4, 5, 6]
    assert {row.version for row in routing.rows(tables.lead)} == {1}
    assert {row.want for row in routing.rows(tables.delivery)} == {1}
    assert [one["line"] for one in events(routing, "routed")] == ["DACH"] * 6


def test_the_answer_is_due_by_the_vendors_submit_time(routing: Bench) -> None:
    come(routing, 1, submitted_at=to_iso(routing.clock() - 10 * MINUTE))
    (row,) = routing.rows(tables.submission)
    assert ledger(routing)[0].deadline_at == row.submitted_at + 30 * MINUTE == routing.clock() - 1000 + 20 * MINUTE


def test_a_second_touch_moves_nobody_and_uses_no_turn(routing: Bench) -> None:
    come(routing, 1)
    (first,) = owners(routing)
    come(routing, 1)
    come(routing, 1, country="FR")
    assert owners(routing) == [first]
    assert len(ledger(routing)) == 1


def test_a_lead_goes_to_somebody_when_what_starts_the_routing_has_come(routing: Bench) -> None:
    come(routing, 1, kind="webinar_signup")
    assert owners(routing) == [None]
    come(routing, 1, kind="webinar_signup")
    assert owners(routing) == ["anna@acme.example"]


def test_a_lead_without_a_line_of_its_own_goes_into_the_last_queue(routing: Bench) -> None:
    come(routing, 1, country="FR")
    assert owners(routing) == ["unassigned"]
    assert ledger(routing)[0].queue == "unassigned"


def test_new_rules_give_leads_that_may_go_now_to_somebody_when_they_are_due(routing: Bench) -> None:
    come(routing, 1, 2, 3, kind="webinar_signup")
    write_rules(routing.app.path, RULES.replace("webinar_signup: 40", "webinar_signup: 90"), TEAM)
    routing.app.keeper.reload()
    counts, _ = Rescore(routing.app.database, routing.app.process_plan(), routing.clock, routing.app.ids).run(lambda *_: None)
    assert counts.stage == 3
    assert owners(routing) == [None] * 3
    assert routing.app.decide_again().run_once() == 3
    assert Counter(owners(routing)) == {"anna@acme.example": 1, "ben@acme.example": 1, "cem@acme.example": 1}


def test_time_alone_starts_the_routing_of_a_lead_that_waits_for_it(routing: Bench) -> None:
    write_rules(
        routing.app.path, RULES.replace("{has_touch: {kind: demo_request}}", "{lead.created_at: {older_than: 2 days}}"), TEAM
    )
    routing.app.keeper.reload()
    come(routing, 1, kind="visit")
    assert owners(routing) == [None]
    routing.clock.forward(2 * DAY + HOUR)
    routing.app.decide_again().run_once()
    assert owners(routing) == ["anna@acme.example"]


def test_two_workers_take_turns_after_each_other_and_none_twice(routing: Bench) -> None:
    for number in range(40):
        names = {"last_name": f"Nr{number}", "email": f"p{number}@firm.example", "kind": "demo_request", "country": "DE"}
        routing.post(first_name="Pat", **names)
    first, second = routing.app.processor(), routing.app.processor()
    first._batch = second._batch = 10
    routed = second._routed

    def slow(*given: Any) -> Any:
        found = routed(*given)
        second._routed = routed  # type: ignore[method-assign]
        first.run_once()
        return found

    if routing.app.database.is_sqlite:
        second._routed = slow  # type: ignore[method-assign]
    assert second.run_once() == 10
    while first.run_once():
        pass
    assert [row.turn for row in sorted(ledger(routing), key=lambda row: row.turn)] == list(range(1, 41))
    counts = Counter(owners(routing))
    assert max(counts.values()) - min(counts.values()) <= 1 and None not in counts


def test_two_leads_that_become_one_have_one_owner_and_each_has_its_own_back(routing: Bench) -> None:
    come(routing, 1, 2)
    one, two = (to_uid(row.id) for row in sorted(routing.rows(tables.lead), key=lambda row: row.id))
    before = owners(routing)
    app = routing.app
    Merges(app.database, app.process_plan, routing.clock, app.ids).merge(one, two, by="a person")
    app.decide_again().run_once()
    assert owners(routing)[0] == before[0]
    closed = [row.closed_at is not None for row in ledger(routing)]
    assert closed == [False, True]
    Unmerges(app.database, app.process_plan, routing.clock, app.ids).unmerge(one, two, by="a person")
    assert owners(routing) == before
    app.decide_again().run_once()
    assert owners(routing) == before
    assert len(ledger(routing)) == 2


def test_a_lead_that_only_the_other_one_had_an_owner_for_keeps_that_owner(routing: Bench) -> None:
    come(routing, 1, kind="visit")
    come(routing, 2)
    one, two = (to_uid(row.id) for row in sorted(routing.rows(tables.lead), key=lambda row: row.id))
    app = routing.app
    Merges(app.database, app.process_plan, routing.clock, app.ids).merge(one, two, by="a person")
    assert owners(routing)[0] == "anna@acme.example"
    app.decide_again().run_once()
    come(routing, 1)
    assert owners(routing)[0] == "anna@acme.example"
    assert len(ledger(routing)) == 1


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_the_ledger_sums_up_to_the_leads_that_were_routed(routing: Bench) -> None:
    come(routing, *range(7))
    come(routing, 8, 9, country="FR")
    today = to_datetime(routing.clock()).date()
    found = routing.app.team_desk.ledger(today, today)
    assert found.leads == 9 == sum(one.leads for one in found.shares)
    shares = {one.person or one.queue: (one.pool, one.leads, one.turns, one.owed) for one in found.shares}
    assert shares.pop("unassigned") == (None, 2, 0, None)
    assert {person: turns for person, (_, _, turns, _) in shares.items()} == {
        "anna@acme.example": 3, "ben@acme.example": 2, "cem@acme.example": 2,
    }  # fmt: skip
    assert {(pool, owed) for pool, _, _, owed in shares.values()} == {("dach", 2.3)}
    tomorrow = today + timedelta(days=1)
    assert routing.app.team_desk.ledger(tomorrow, tomorrow).leads == 0


def test_the_audit_knows_a_turn_without_its_row_and_an_owner_who_was_lost(routing: Bench) -> None:
    come(routing, 1, 2, 3)
    come(routing, 4, kind="visit")
    app = routing.app
    report = app.audit()["routing"]
    assert (report["leads"], report["unaccounted"], report["limbo"]) == ({"routed": 3, "not_started": 1}, 0, 0)
    assert report["pools"] == {"dach": {"turns": 3, "ledger": 3}}
    one = next(row for row in routing.rows(tables.lead) if "owner.email" in row.record)
    with app.database.write() as connection:
        connection.execute(tables.rotation.update().values(turns=5))
        record = one.record.replace('"owner.email"', '"sales.note"')
        connection.execute(tables.lead.update().where(tables.lead.c.id == one.id).values(record=record))
    report = app.audit()
    assert report["unaccounted"] == report["routing"]["unaccounted"] == 3
    assert report["routing"]["wrong"] == [{"what": "owner_lost", "lead": to_uid(one.id)}]


def test_leads_from_before_the_routing_are_told_and_go_to_somebody_once_they_are_scored_again(routing: Bench) -> None:
    app = routing.app
    write_rules(app.path, RULES.partition("routing:")[0], TEAM)
    app.keeper.reload()
    come(routing, 1, 2)
    write_rules(app.path, RULES, TEAM)
    app.keeper.reload()
    report = app.audit()
    assert (report["unaccounted"], report["routing"]["limbo"]) == (0, 2)
    Rescore(app.database, app.process_plan(), routing.clock, app.ids).run(lambda *_: None)
    assert app.left().leads == 2
    app.decide_again().run_once()
    assert None not in owners(routing) and app.left().leads == 0
    assert app.audit()["routing"]["limbo"] == 0
