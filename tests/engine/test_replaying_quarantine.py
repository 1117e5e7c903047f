"""What changed `quarantine` lines would have put aside or let through: told by a replay, and never done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.instants import DAY
from leadrelay.store import replays, tables
from leadrelay.store.ids import from_uid, to_uid
from leadrelay.web.views import SubmissionFilter
from tests.engine.conftest import Bench, Hand
from tests.engine.ruled import ruled, write_rules
from tests.support.replaying import applying, previewed, snapshot

MAPPING = """\
mapping: form
to: lead
fields:
  person.full_name:       name
  person.email:           email
  interest.need:          need
  touch.kind:             kind
"""
LINES = """\
checks:
  seller: {interest.need: {contains: guest post}}
quarantine: {when: {interest.need: {contains: casino}}, reason: sells games}
qualification:
  - {outcome: talk, when: seller, reason: sells, name: sellers}
  - {outcome: wait, otherwise: true, reason: nobody yet}
"""
NEW = LINES.replace("{when: {interest.need: {contains: casino}}, reason: sells games}", "{when: seller, reason: sells links}")
SELLER = "a guest post"


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[Bench]:
    with ruled(tmp_path, store_url, clock, LINES, form=MAPPING) as made:
        yield made


def come(bench: Bench, name: str, need: str, kind: str = "contact") -> tuple[str, str]:
    """Post and decide; the submission, and its lead, if any."""
    bench.clock.forward(1000)
    number = bench.post(name=f"{name} Weber", email=f"{name.lower()}@acme.example", need=need, kind=kind, at=str(bench.clock()))
    bench.process()
    row = next(row for row in bench.rows(tables.submission) if row.id == number)
    return to_uid(number), "" if row.lead_id is None else to_uid(row.lead_id)


def test_leads_whose_newest_submission_a_new_line_puts_aside_are_told_and_stay(bench: Bench) -> None:
    app = bench.app
    sells, seller = come(bench, "Sina", SELLER)
    come(bench, "Nora", "a CRM")
    come(bench, "Otto", SELLER)
    come(bench, "Otto", "a CRM after all")  # only the newest one counts
    come(bench, "Real", "a demo", kind="meeting_held")  # proved to be real: what joins such a lead is never put aside
    come(bench, "Real", SELLER)
    games, _ = come(bench, "Gus", "a casino")
    assert {row.state for row in bench.rows(tables.submission)} == {"processed", "quarantined"}
    write_rules(app.path, NEW)
    before = snapshot(app)

    seen = previewed(app)
    assert seen.changed == set() and (seen.counts["put_aside"], seen.counts["let_through"]) == (1, 1)
    found = seen.leads[seller].aside
    assert found is not None
    assert (found.submission, found.reason, found.signs) == (sells, "sells links", ())
    assert found.line.endswith("rules.yaml:3:13")
    assert [(one.submission, one.source, one.reason) for one in seen.let_through] == [(games, "website", "sells games")]

    app.keeper.reload()
    applied = applying(app, seen).run(lambda *_: None)
    after = snapshot(app)
    assert applied.leads == 0
    assert {name for name in after if after[name] != before[name]} <= {"replay", "replay_lead", "config_version"}
    assert previewed(app).counts["put_aside"] == 1, "it was decided by the lines of then, also after the new ones came into force"
    come(bench, "Sina", SELLER)
    assert previewed(app).counts["put_aside"] == 1, "what has been decided by these lines is not asked again"


def test_a_line_that_changed_with_the_checks_or_the_mapping_counts_and_other_changes_ask_nothing_again(bench: Bench) -> None:
    app = bench.app
    _, seller = come(bench, "Sina", SELLER)
    games, _ = come(bench, "Gus", "a casino")
    write_rules(app.path, NEW)
    app.keeper.reload()
    come(bench, "Toni", "a CRM, urgently")
    write_rules(app.path, NEW.replace("sells, name", "sells a lot, name"))
    seen = previewed(app)
    assert set(seen.leads) - seen.changed == set() and seen.leads[seller].aside is not None
    write_rules(app.path, NEW.replace("guest post", "urgently"))
    seen = previewed(app)
    assert [one.aside.reason for one in seen.leads.values() if one.aside is not None] == ["sells links"]
    assert seen.leads.get(seller) is None or seen.leads[seller].aside is None
    assert [one.submission for one in seen.let_through] == [games]


def test_without_any_line_everything_in_quarantine_would_be_let_through_except_what_is_asked_from_later_on(bench: Bench) -> None:
    app = bench.app
    games, _ = come(bench, "Gus", "a casino")
    bench.clock.forward(2 * DAY)
    more = [come(bench, f"Gus{number}", "a casino")[0] for number in range(3)]
    write_rules(app.path, LINES.replace(LINES.splitlines()[2] + "\n", ""))
    seen = previewed(app)
    assert sorted(one.submission for one in seen.let_through) == sorted([games, *more])
    with app.database.read() as connection:
        (quarantine,) = seen.replaying.aside.quarantines
        found, rest = seen.replaying.aside.let_through(connection, quarantine, from_uid(games), None)
        assert ([one.submission for one in found], rest) == (more, None)
        since, _ = seen.replaying.aside.let_through(connection, quarantine, 0, bench.clock() - DAY)
        assert [one.submission for one in since] == more
    app.operations.retry_submissions(SubmissionFilter(uid=games), by="anna", dry_run=False)
    bench.process()
    assert previewed(app).counts["let_through"] == 3


def test_content_that_is_no_longer_kept_is_not_judged(bench: Bench) -> None:
    come(bench, "Sina", SELLER)
    come(bench, "Gus", "a casino")
    with bench.app.database.write() as connection:
        connection.execute(tables.submission.update().values(body=None, headers=""))
    write_rules(bench.app.path, NEW)
    seen = previewed(bench.app)
    assert "put_aside" not in seen.counts and "let_through" not in seen.counts
    with bench.app.database.read() as connection:
        assert replays.count_leads(connection, None) == 1
