"""From wanted deliveries to records in the CRM: the real client against the bundled simulator, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.instants import HOUR, MINUTE
from leadrelay.app import open_app
from leadrelay.engine.reconcile import Reconciler
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import gates, tables
from leadrelay.web.views import DeliveryFilter
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project


class CrmBench(Bench):
    """A bench whose sink reaches a simulator."""

    crm: SandboxServer
    reconciler: Reconciler

    def deliver(self, *, passes: int = 200) -> int:
        """Reconcile until nothing is ready, letting the linger pass."""
        count = 0
        for _ in range(passes):
            self.clock.forward(250)
            done = self.reconciler.run_once()
            count += done.settled
            if not done.settled and (done.next_at is None or done.next_at > self.clock() + 250):
                return count
        raise AssertionError("the reconciler does not come to rest")

    def leads(self) -> list[dict[str, Any]]:
        """The CRM's leads."""
        return [dict(record) for record in self.crm.org.records("Lead")]

    def states(self, table: Any = tables.delivery) -> dict[str, int]:
        """How many rows are in each state."""
        found: dict[str, int] = {}
        for row in self.rows(table):
            found[row.state] = found.get(row.state, 0) + 1
        return found


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[CrmBench]:
    with SandboxServer() as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink="    rate: 1000/1s")
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        made = CrmBench(app, clock)
        made.crm = crm
        made.reconciler = app.reconciler("salesforce")
        yield made
        made.reconciler.close()
        app.close()


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"first_name": "Pat", "last_name": f"Nr{number}", "email": f"pat{number}@acme.example", "company": "Acme", **more}


def test_a_lead_lands_in_the_crm_with_its_task(bench: CrmBench) -> None:
    bench.post(**person(1), message="Please call", form_name="Demo request")
    bench.process()
    bench.deliver()
    (lead,) = bench.leads()
    (ours,) = bench.rows(tables.lead)
    assert lead["LastName"] == "Nr1"
    assert lead["Status"] == "Open - Not Contacted"
    assert bench.states() == {"in_sync": 1}
    assert bench.states(tables.action) == {"done": 1}
    (task,) = bench.crm.org.records("Task")
    assert task["Subject"] == "Demo request"
    assert {row.crm_id for row in bench.rows(tables.crm_link)} == {lead["Id"]}
    assert [row.outcome for row in bench.rows(tables.attempt)] == ["created", "created"]
    assert ours.id


def test_a_newer_version_is_sent_once_and_only_what_changed(bench: CrmBench) -> None:
    bench.post(**person(1), need="a demo")
    bench.process()
    bench.deliver()
    for need in ("a quote", "a trial"):
        bench.post(**person(1), need=need)
    bench.process()
    bench.deliver()
    (lead,) = bench.leads()
    assert lead["Title"] == "a trial"
    sent = [json.loads(row.data)["sent"] for row in bench.rows(tables.attempt) if row.outcome == "updated"]
    assert sent == [["Title"]]


def test_an_hour_of_outage_fails_nothing_and_spends_no_try(bench: CrmBench) -> None:
    for number in range(30):
        bench.post(**person(number))
    bench.process()
    bench.crm.stop()
    end = bench.clock() + HOUR
    while bench.clock() < end:
        bench.clock.forward(5_000)
        bench.reconciler.run_once()
    assert bench.states() == {"waiting": 30}
    assert {(row.tries, row.strikes) for row in bench.rows(tables.delivery)} == {(0, 0)}
    bench.crm.start()
    bench.clock.forward(10 * MINUTE)
    bench.deliver()
    assert bench.states() == {"in_sync": 30}
    assert len(bench.leads()) == 30


def test_a_daily_limit_parks_the_queue_until_it_resets(bench: CrmBench) -> None:
    bench.crm.org.settings.daily_limit = 1
    bench.crm.org.limits.set_used(1)
    bench.post(**person(1))
    bench.process()
    bench.clock.forward(300)
    bench.reconciler.run_once()
    calls = len(bench.rows(tables.attempt))
    with bench.app.database.read() as connection:
        gate = gates.read_all(connection)["salesforce"]
    assert gate.hold_until >= bench.clock() + 5 * MINUTE
    assert bench.states() == {"waiting": 1}
    assert bench.rows(tables.delivery)[0].tries == 0
    bench.crm.org.settings.daily_limit = 100_000
    bench.clock.forward(gate.hold_until - bench.clock() + 1_000)
    bench.deliver()
    assert bench.states() == {"in_sync": 1}
    assert calls == 0


def test_a_connection_cut_after_the_write_doubles_nothing_and_keeps_what_sales_changed(bench: CrmBench) -> None:
    bench.crm.faults.add({"kind": "cut_after_write", "then_edit": {"Status": "Working - Contacted"}})
    for number in range(20):
        bench.post(**person(number))
    bench.process()
    bench.clock.forward(300)
    bench.reconciler.run_once()
    assert {bool(row.is_unsure) for row in bench.rows(tables.delivery)} == {True}
    bench.clock.forward(MINUTE)
    bench.deliver()
    assert len(bench.leads()) == 20
    assert {lead["Status"] for lead in bench.leads()} == {"Working - Contacted"}
    assert bench.states() == {"in_sync": 20}


def test_a_task_whose_answer_was_lost_is_made_once(bench: CrmBench) -> None:
    bench.post(**person(1), message="Hello", form_name="Demo request")
    bench.process()
    bench.crm.faults.add({"kind": "cut_after_write", "path": "composite/sobjects", "times": 3})
    for _ in range(10):
        bench.clock.forward(MINUTE)
        bench.deliver()
    assert len(bench.crm.org.records("Task")) == 1
    assert bench.states(tables.action) == {"done": 1}


def test_one_bad_record_is_failed_and_the_others_land(bench: CrmBench) -> None:
    for number in range(10):
        bench.post(**person(number))
    bench.post(**{**person(99), "last_name": "X" * 200})
    bench.process()
    bench.deliver()
    assert bench.states() == {"in_sync": 10, "failed": 1}
    (failed,) = [row for row in bench.rows(tables.delivery) if row.state == "failed"]
    assert "LastName" in failed.problem


def test_calls_stay_within_the_budget(bench: CrmBench) -> None:
    for number in range(1000):
        bench.post(**person(number))
    bench.process()
    bench.clock.forward(1000)
    while bench.reconciler.run_once().settled:
        if bench.states() == {"in_sync": 1000}:
            break
    with bench.app.database.read() as connection:
        calls = gates.read_all(connection)["salesforce"].calls
    assert len(bench.leads()) == 1000
    assert calls <= 5 + 3 * 1000 / 200 + 1


def test_500_existing_leads_and_contacts_are_linked_and_left_as_sales_keeps_them(bench: CrmBench) -> None:
    org = bench.crm.org
    owner = org.add_user("Olga Owner", "olga@acme.example")
    known = [
        {"LastName": f"Nr{n}", "FirstName": "Pat", "Company": "Old Co", "Email": f"pat{n}@acme.example", "Phone": "+49 1",
         "Status": "Working - Contacted", "OwnerId": owner}
        for n in range(300)
    ]  # fmt: skip
    seeded = org.seed("Lead", known)
    for crm_id in seeded[:40]:
        org.convert(crm_id)
    contacts = [
        {"LastName": f"Nr{n}", "Email": f"pat{n}@acme.example", "OwnerId": owner, "Phone": "+49 2"} for n in range(300, 500)
    ]
    org.seed("Contact", contacts)
    counted = {name: len(org.records(name)) for name in ("Lead", "Contact")}
    for number in range(500):
        bench.post(**person(number), phone=f"030 1234{number:03}", need="a demo")
    bench.process()
    bench.deliver()
    assert {name: len(org.records(name)) for name in ("Lead", "Contact")} == counted
    leads = [record for each in seeded[40:] if (record := org.get("Lead", each))]
    assert len(leads) == 260
    assert {(lead["Company"], lead["Phone"], lead["Status"], lead["OwnerId"]) for lead in leads} == {
        ("Old Co", "+49 1", "Working - Contacted", owner)
    }
    assert len({lead["Leadrelay_Id__c"] for lead in leads}) == 260
    assert {lead["Title"] for lead in leads} == {"a demo"}
    assert {(contact["OwnerId"], contact["Phone"]) for contact in org.records("Contact")} == {(owner, "+49 1"), (owner, "+49 2")}
    assert bench.states() == {"in_sync": 500}
    assert {(row.object, row.crm_id[:3]) for row in bench.rows(tables.crm_link)} == {("Lead", "00Q"), ("Contact", "003")}
    assert bench.audit_live()["unaccounted"] == 0


def test_converted_leads_are_followed_to_their_contact(bench: CrmBench) -> None:
    bench.post(**person(1), need="a demo")
    bench.process()
    bench.deliver()
    (lead,) = bench.leads()
    contact = bench.crm.org.convert(lead["Id"])["contactId"]
    bench.post(**person(1), need="a quote")
    bench.process()
    bench.deliver()
    assert bench.states() == {"in_sync": 1}
    assert {(row.object, row.crm_id) for row in bench.rows(tables.crm_link)} >= {("Lead", lead["Id"]), ("Contact", contact)}
    assert len(bench.leads()) == 1


def test_wrong_credentials_pause_the_sink_with_one_alert_and_keep_the_queue(bench: CrmBench) -> None:
    bench.crm.org.settings.client_secret = "another"
    bench.post(**person(1))
    bench.process()
    for _ in range(5):
        bench.clock.forward(MINUTE)
        bench.reconciler.run_once()
    assert bench.states() == {"waiting": 1}
    (alert,) = bench.rows(tables.alert)
    assert alert.kind == "sink_paused"
    bench.crm.org.settings.client_secret = "sandbox-secret"
    with bench.app.database.write() as connection:
        gates.resume(connection, "salesforce")
    bench.deliver()
    assert bench.states() == {"in_sync": 1}


def test_a_row_settled_after_its_lease_ran_out_changes_nothing(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.process()
    bench.clock.forward(300)
    plan = bench.app.sink_plan("salesforce")
    slow = bench.app.reconciler("salesforce")
    claim = slow._claim(plan, bench.clock())
    bench.clock.forward(plan.lease + 1)
    bench.deliver()
    before = bench.rows(tables.delivery)
    assert slow._send(plan, claim) == 0
    assert bench.rows(tables.delivery) == before
    assert len(bench.leads()) == 1


def test_test_leads_are_never_sent(bench: CrmBench) -> None:
    bench.post(**person(1), is_test=True)
    bench.process()
    bench.deliver()
    assert bench.leads() == []
    assert bench.states() == {"suppressed": 1}


def test_another_org_behind_the_same_sink_is_a_stop(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.process()
    bench.deliver()
    with bench.app.database.write() as connection:
        connection.exec_driver_sql("UPDATE gate SET crm_account_id = '00D000000000001'")
    bench.reconciler.close()
    bench.post(**person(2))
    bench.process()
    bench.deliver()
    assert len(bench.leads()) == 1
    assert bench.states() == {"in_sync": 1, "waiting": 1}
    assert "bound to the account 00D000000000001" in bench.rows(tables.alert)[0].message


def test_a_token_refused_now_and_then_costs_a_wait_and_one_refused_for_good_a_pause(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.process()
    bench.crm.faults.add({"kind": "expire_tokens", "times": 2})
    bench.deliver()
    bench.clock.forward(MINUTE)
    bench.deliver()
    assert bench.states() == {"in_sync": 1}
    bench.crm.faults.add({"kind": "expire_tokens", "times": None})
    bench.post(**person(2))
    bench.process()
    for _ in range(6):
        bench.clock.forward(MINUTE)
        bench.reconciler.run_once()
    with bench.app.database.read() as connection:
        paused = gates.read_all(connection)["salesforce"].paused
    assert paused is not None
    assert paused.code == "session_refused"
    assert bench.rows(tables.delivery)[1].tries == 0


def test_failed_actions_are_retried_with_the_deliveries(bench: CrmBench) -> None:
    bench.post(**person(1), message="Hello", form_name="Demo")
    bench.process()
    bench.deliver()
    with bench.app.database.write() as connection:
        connection.exec_driver_sql("UPDATE action SET state = 'failed'")
    only = DeliveryFilter(sink="salesforce")
    assert bench.app.operations.retry_deliveries(only, by="test", dry_run=True) == 1
    assert bench.app.operations.retry_deliveries(only, by="test", dry_run=False) == 1
    assert bench.states(tables.action) == {"waiting": 1}
