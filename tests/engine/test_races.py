"""What happens between two steps: versions that rise meanwhile, urgent rows behind a backlog, half-known answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.base import TooLarge
from connectors.sources import Unreadable
from core.instants import MINUTE
from core.lead import Lead, Won
from core.problems import Problem
from leadrelay.engine import settling
from leadrelay.engine.deciding import decide
from leadrelay.engine.settling import Sent
from leadrelay.store import leads, tables, work
from leadrelay.store.work import Claimed, Settled
from tests.engine.test_reconcile import CrmBench, bench, person
from tests.support.scoring import rules_of

__all__ = ["bench"]


def want(bench: CrmBench, lead_id: int, version: int, priority: int = 0) -> None:
    """Want a version of a lead as a step does that has read it before."""
    now = bench.clock()
    row = (bench.app.ids.one(now), "salesforce", "Lead", lead_id, "waiting", version, now, priority, now)
    with bench.app.database.write() as connection:
        leads.want_deliveries(connection, [row])


def test_a_step_that_read_an_older_version_never_lowers_what_is_wanted(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.process()
    bench.clock.forward(300)
    plan = bench.app.sink_plan("salesforce")
    claim = bench.reconciler._claim(plan, bench.clock())
    bench.post(**person(1), need="a demo")
    bench.process()  # version 2 while version 1 is on its way
    want(bench, claim.rows[0].lead_id, 1)
    (row,) = bench.rows(tables.delivery)
    assert row.want == 2
    with bench.app.database.write() as connection:
        sent = Settled(row.id, "in_sync", bench.clock(), have=1, version=1)
        work.settle(connection, tables.delivery, claim.token, [sent], bench.clock())
    assert bench.states() == {"waiting": 1}


def test_a_row_suppressed_as_a_test_goes_out_when_the_lead_became_real_meanwhile(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.process()
    bench.clock.forward(300)
    claim = bench.reconciler._claim(bench.app.sink_plan("salesforce"), bench.clock())
    bench.post(**person(1), need="a demo")
    bench.process()
    with bench.app.database.write() as connection:
        held = settling.ended(claim.rows[0], "suppressed", bench.clock())
        work.settle(connection, tables.delivery, claim.token, [held], bench.clock())
    assert bench.states() == {"waiting": 1}


def test_fresh_leads_go_before_a_backlog_of_known_records(bench: CrmBench) -> None:
    for number in range(12):
        bench.post(**person(number))
    bench.process()
    bench.deliver()
    known = {row.lead_id for row in bench.rows(tables.delivery)}
    for lead_id in sorted(known):
        want(bench, lead_id, 9, priority=1)
    bench.clock.forward(MINUTE)
    bench.post(**person(99))
    bench.process()
    bench.clock.forward(300)
    claim = bench.reconciler._claim(bench.app.sink_plan("salesforce"), bench.clock())
    assert {row.lead_id for row in claim.rows} & known == set()


def test_a_backlog_row_comes_forward_when_its_lead_is_touched(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.process()
    bench.deliver()
    (row,) = bench.rows(tables.delivery)
    want(bench, row.lead_id, 1, priority=1)
    assert bench.rows(tables.delivery)[0].priority == 1
    bench.post(**person(1), need="a demo")
    bench.process()
    assert bench.rows(tables.delivery)[0].priority == 0


@pytest.mark.parametrize("is_unsure", [True, False])
def test_a_row_too_large_to_send_stays_as_unsure_as_it_was(is_unsure: bool) -> None:
    row = Claimed(1, 2, 3, 4, due=5, priority=0, tries=0, strikes=0, struck_at=0, is_unsure=is_unsure, crm_id=None)
    failed = settling.after_whole_failure(Sent(row, 1, None), TooLarge(), size=1, last_ok_at=0, now=9, jitter=0)
    assert (failed.state, failed.is_unsure) == ("failed", is_unsure)


def test_a_submission_that_can_not_even_be_held_keeps_the_others_of_its_batch_going(
    bench: CrmBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwritable, odd = bench.post(need="unwritable"), bench.post(need="poison")
    source = bench.app.process_plan().sources["website"]
    real = type(source.reader).names

    def names(reader, headers, body):  # type: ignore[no-untyped-def]
        if b"poison" in body:
            raise Unreadable(Problem("odd", "half a letter: \ud800"))
        return real(reader, headers, body)

    def finish(connection, token, rows):  # type: ignore[no-untyped-def]
        if any(row[-1] == unwritable for row in rows):
            raise ValueError("can not be written")
        written(connection, token, rows)

    monkeypatch.setattr(type(source.reader), "names", names)
    for number in range(3):
        bench.post(**person(number))
    written = leads.finish
    monkeypatch.setattr(leads, "finish", finish)
    bench.process()
    states = {row.id: row.state for row in bench.rows(tables.submission)}
    assert (states.pop(unwritable), states.pop(odd)) == ("new", "held")
    assert set(states.values()) == {"processed"}


def test_an_outcome_that_changes_by_itself_is_a_version_of_its_own(bench: CrmBench) -> None:
    rules = rules_of("qualification: [{outcome: sales, otherwise: true, reason: because}]")
    plan = replace(bench.app.process_plan(), rules=rules)
    before = Lead("1", 3, {"person.email": Won("a@b.example", 1, "1")}, {"form": 1}, False, {})
    now = bench.clock()
    after = decide(plan, before, before, now).lead
    assert (after.value("outcome"), after.version) == ("sales", 4)
    assert decide(plan, after, after, now).lead is after
    assert decide(plan, before, None, now).lead.version == 3


def test_two_leads_that_share_a_crm_record_both_have_their_actions_done(bench: CrmBench) -> None:
    bench.crm.org.seed("Contact", [{"LastName": "Weber", "Email": "family@acme.example"}])
    for name in ("Anna", "Bernd"):
        bench.post(first_name=name, last_name="Weber", email="family@acme.example", company="Acme", message=f"I am {name}")
        bench.process()
        bench.deliver()
    bench.clock.forward(MINUTE)
    bench.deliver()
    assert bench.count(tables.lead) == 2
    assert bench.states() == {"in_sync": 2}
    assert bench.states(tables.action) == {"done": 2}
    assert bench.app.left().is_nothing


def test_what_a_stalled_worker_wrote_over_a_newer_version_is_put_right(bench: CrmBench) -> None:
    bench.post(**person(1), need="a demo")
    bench.process()
    bench.deliver()
    bench.post(**person(1), need="an older wish")
    bench.process()
    bench.clock.forward(300)
    slow = bench.app.reconciler("salesforce")
    plan, real = bench.app.sink_plan("salesforce"), slow.account._open_sink

    class Stalled:
        """A sink whose worker is frozen just before the call, while the others go on."""

        def __init__(self) -> None:
            self.sink = real()

        def upsert(self, batch):  # type: ignore[no-untyped-def]
            bench.clock.forward(plan.lease + 1)
            bench.post(**person(1), need="the newest wish")
            bench.process()
            bench.deliver()
            assert bench.states() == {"in_sync": 1}
            return self.sink.upsert(batch)

        def __getattr__(self, name: str) -> object:
            return getattr(self.sink, name)

    slow.account._open_sink = Stalled  # type: ignore[assignment]
    slow.run_once()
    assert bench.states() == {"waiting": 1}
    bench.deliver()
    assert bench.states() == {"in_sync": 1}
    assert len(bench.leads()) == 1
