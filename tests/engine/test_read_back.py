"""What people do in a CRM comes back to the lead: over real HTTP against the bundled simulators, on both stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.instants import MINUTE, to_datetime
from leadrelay.app import App, open_app
from leadrelay.engine.read_back import ReadBack
from leadrelay.engine.reconcile import Reconciler
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.server import DEFAULT_EXTERNAL_ID, SandboxServer
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project

LEAD = """\
mapping: lead
to: salesforce
object: Lead
fields:
  LastName:    {from: person.last_name, default: Not provided}
  FirstName:   person.first_name
  Company:     {from: company.name, default: Not provided}
  Email:       person.email
  Phone:       person.phone
  LeadSource:  {from: first_touch.lead_source, update: never}
  Status:      {from: status, values: {new: Open - Not Contacted, working: Working - Contacted}, update: never}
  HasOptedOutOfEmail: consent.email_marketing.opted_out
from_crm:
  person.phone: Phone
  interest.need: Title
each_touch:
  task: {subject: touch.name, description: touch.message, when: {touch.kind: {in: [demo_request]}}}
when_converted: {object: Contact, mapping: contact}
"""
CONTACT = """\
mapping: contact
to: salesforce
object: Contact
fields:
  LastName:  person.last_name
  Email:     person.email
  Phone:     person.phone
  HasOptedOutOfEmail: consent.email_marketing.opted_out
from_crm:
  person.phone: Phone
"""


class Crm:
    """One sink of the bench: its reconciler and its listener."""

    def __init__(self, app: App, name: str) -> None:
        self.reconciler: Reconciler = app.reconciler(name)
        self.read_back: ReadBack = app.read_back(name, self.reconciler)

    def close(self) -> None:
        self.reconciler.close()


class FeedbackBench(Bench):
    """A bench that listens to its CRM as well. Time moves with the test's hand, in the CRM too."""

    org: SalesforceOrg
    crm: Crm

    def deliver(self, *, passes: int = 200) -> int:
        """Reconcile until nothing is ready, letting the linger pass."""
        count = 0
        for _ in range(passes):
            self.clock.forward(250)
            done = self.crm.reconciler.run_once()
            count += done.settled
            if not done.settled and (done.next_at is None or done.next_at > self.clock() + 250):
                return count
        raise AssertionError("the reconciler does not come to rest")

    def listen(self, *, passes: int = 50) -> int:
        """Let the poll interval pass and read until no page is left; returns how many changes were told."""
        self.clock.forward(MINUTE + 1)
        count = 0
        for _ in range(passes):
            read = self.crm.read_back.run_once()
            count += read.changes
            if read.next_at is None or read.next_at > self.clock():
                return count
        raise AssertionError("the listener does not come to rest")

    def settle(self) -> None:
        """Everything that is to be done, in either direction, once."""
        self.process()
        self.deliver()
        self.listen()
        self.deliver()

    def seed(self, count: int, **more: Any) -> list[str]:
        """Leads in step with the CRM; their record ids, in order."""
        self.listen()  # the first look says from when on anything counts
        for number in range(count):
            self.post(**person(number, **more))
        self.settle()
        by_lead = {row.lead_id: row.crm_id for row in self.rows(tables.delivery)}
        order = {self.record(row)["person.email"]: row.id for row in self.rows(tables.lead)}
        return [by_lead[order[f"pat{number}@acme.example"]] for number in range(count)]

    def lead(self, number: int) -> dict[str, Any]:
        """A lead's values by path."""
        found = [self.record(row) for row in self.rows(tables.lead) if row.merged_into is None]
        return next(one for one in found if f"pat{number}@acme.example" in one.get("person.emails", ()))

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """What the events of these kinds say."""
        return [json.loads(row.data) for row in self.rows(tables.event) if row.kind in kinds]

    def states(self, table: Any = tables.delivery) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows(table):
            found[row.state] = found.get(row.state, 0) + 1
        return found

    def calls(self, act: Callable[[], object]) -> int:
        """How many API calls something takes."""
        before = self.crm.reconciler.account.sink().calls
        act()
        return self.crm.reconciler.account.sink().calls - before

    def is_whole(self) -> bool:
        return self.app.audit()["unaccounted"] == 0


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"first_name": "Pat", "last_name": f"Nr{number}", "email": f"pat{number}@acme.example", "company": "Acme", **more}


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[FeedbackBench]:
    org = SalesforceOrg(lambda: to_datetime(clock()), external_id_fields=[DEFAULT_EXTERNAL_ID])
    with SandboxServer(org) as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink="    rate: 1000/1s", lead=LEAD)
        (path.parent / "mappings" / "contact.yaml").write_text(CONTACT)
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        made = FeedbackBench(app, clock)
        made.org = org
        made.crm = Crm(app, "salesforce")
        yield made
        made.crm.close()
        app.close()


def test_a_status_that_sales_set_reaches_the_lead_with_the_line_that_read_it(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    bench.listen()
    assert bench.lead(0)["status"] == "working"
    (event,) = bench.events("crm_change")
    (change,) = event["changes"]
    assert (change["path"], change["field"], change["from"], change["to"]) == ("status", "Status", "new", "working")
    assert "lead.yaml" in change["line"]
    assert (event["sink"], event["object"], event["crm_id"]) == ("salesforce", "Lead", crm_id)


def test_our_own_writes_come_back_as_nothing(bench: FeedbackBench) -> None:
    bench.seed(3)
    bench.post(**person(1, phone="030 1234567"))
    bench.settle()
    bench.settle()
    assert bench.events("crm_change", "crm_owner", "crm_converted") == []
    assert {row.kind for row in bench.rows(tables.touch)} == {"demo_request"}
    assert {row.version for row in bench.rows(tables.lead)} <= {1, 2}


def test_a_field_that_the_mapping_takes_back_is_the_leads_and_goes_no_way_twice(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1, phone="030 1234567")
    bench.org.edit("Lead", crm_id, {"Phone": "+49 30 7654321"})
    bench.settle()
    assert bench.lead(0)["person.phone"] == "+49307654321"
    version = bench.rows(tables.lead)[0].version
    polls = bench.calls(bench.listen)
    assert bench.calls(lambda: [bench.settle() for _ in range(10)]) == 10 * polls
    assert bench.rows(tables.lead)[0].version == version
    assert bench.org.get("Lead", crm_id)["Phone"] == "+49 30 7654321"
    assert bench.is_whole()


# --- what sales does ----------------------------------------------------------------------------------------------------------


def test_a_conversion_links_the_contact_and_the_delivery_goes_on_there(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    made = bench.org.convert(crm_id)
    bench.settle()
    lead = bench.lead(0)
    assert lead["sales.contact_id"] == made["contactId"]
    assert lead["sales.account_id"] == made["accountId"]
    assert lead["sales.opportunity_id"] == made["opportunityId"]
    assert lead["sales.converted_at"].startswith("20")
    assert {(row.object, row.crm_id) for row in bench.rows(tables.crm_link)} == {("Lead", crm_id), ("Contact", made["contactId"])}
    assert len(bench.events("crm_converted")) == 1
    bench.post(**person(0, phone="030 1234567"))
    bench.settle()
    assert bench.org.get("Contact", str(made["contactId"]))["Phone"] == "+49301234567"
    bench.settle()
    assert len(bench.events("crm_converted")) == 1
    assert bench.states() == {"in_sync": 1}
    assert bench.is_whole()


def test_a_contact_that_sales_changes_after_the_conversion_changes_the_lead(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    made = bench.org.convert(crm_id)
    bench.settle()
    bench.org.edit("Contact", str(made["contactId"]), {"Phone": "+49 30 555555"})
    bench.settle()
    assert bench.lead(0)["person.phone"] == "+4930555555"
    assert bench.states() == {"in_sync": 1}


def test_an_owner_that_sales_chose_is_the_leads_and_then_a_queue_takes_their_place(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"OwnerId": bench.org.sales_user_id})
    bench.settle()
    assert bench.lead(0)["owner.email"] == "sally@sandbox.example"
    bench.org.edit("Lead", crm_id, {"OwnerId": bench.org.queue_id})
    bench.settle()
    assert bench.lead(0)["owner.queue"] == "Inbound Leads"
    assert "owner.email" not in bench.lead(0)
    assert [one["changes"][0]["to"] for one in bench.events("crm_owner")] == ["sally@sandbox.example", "Inbound Leads"]
    assert bench.org.get("Lead", crm_id)["OwnerId"] == bench.org.queue_id


def test_an_opt_out_counts_and_is_never_taken_back(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"HasOptedOutOfEmail": True})
    bench.settle()
    assert bench.lead(0)["consent.email_marketing"] == "opted_out"
    bench.org.edit("Lead", crm_id, {"HasOptedOutOfEmail": False})
    bench.settle()
    assert bench.lead(0)["consent.email_marketing"] == "opted_out"
    assert len(bench.events("crm_opted_out")) == 1


def test_the_first_activity_of_sales_is_kept(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    assert "sales.first_activity_at" not in bench.lead(0)
    bench.org.create("Task", {"WhoId": crm_id, "Subject": "Call", "Status": "Completed"}, bench.org.by_sales())
    bench.settle()
    assert bench.lead(0)["sales.first_activity_at"].startswith("2026-09-21T")
    bench.settle()
    assert len(bench.events("crm_activity")) == 1


def test_what_a_person_deleted_is_never_made_again(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.remove("Lead", crm_id)
    bench.settle()
    assert bench.states() == {"discarded": 1}
    bench.post(**person(0, phone="030 1234567"), message="again")
    bench.settle()
    bench.settle()
    assert bench.org.records("Lead") == []
    assert bench.states() == {"discarded": 1}
    assert bench.states(tables.action) == {"done": 1, "discarded": 1}
    assert len(bench.events("crm_deleted")) == 1
    assert bench.is_whole()


def test_a_record_that_comes_out_of_the_bin_is_kept_in_step_again(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.remove("Lead", crm_id)
    bench.settle()
    bench.post(**person(0, phone="030 1234567"))
    bench.settle()
    bench.org.undelete("Lead", crm_id)
    bench.settle()
    assert bench.states() == {"in_sync": 1}
    assert bench.org.get("Lead", crm_id)["Phone"] == "+49301234567"
    assert len(bench.events("crm_restored")) == 1


def test_a_lead_follows_its_record_into_one_that_we_did_not_know(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1, phone="030 1234567")
    (survivor,) = bench.org.seed("Lead", [{"LastName": "Nr0", "Company": "Acme", "Email": "other@acme.example"}])
    bench.org.merge(survivor, [crm_id])
    bench.settle()
    assert [row.crm_id for row in bench.rows(tables.delivery)] == [survivor]
    assert bench.states() == {"in_sync": 1}
    held = bench.org.get("Lead", survivor)
    assert held[DEFAULT_EXTERNAL_ID] == to_uid(bench.rows(tables.lead)[0].id)
    assert held["Phone"] == "+49301234567"
    bench.org.edit("Lead", survivor, {"Status": "Working - Contacted"})
    bench.settle()
    assert bench.lead(0)["status"] == "working"
    assert len(bench.org.records("Lead")) == 1
    assert len(bench.events("crm_merged")) == 1
    assert bench.is_whole()


def test_two_leads_whose_records_sales_merged_become_one(bench: FeedbackBench) -> None:
    winner, loser = bench.seed(2)
    bench.post(**person(1, phone="030 1234567"))
    bench.settle()
    bench.org.merge(winner, [loser])
    bench.settle()
    living = [row for row in bench.rows(tables.lead) if row.merged_into is None]
    (gone,) = [row for row in bench.rows(tables.lead) if row.merged_into is not None]
    assert gone.merged_into == living[0].id
    assert bench.lead(0)["person.emails"] == ["pat0@acme.example", "pat1@acme.example"]
    assert {
        row.lead_id for table in (tables.touch, tables.lead_key, tables.crm_link, tables.action) for row in bench.rows(table)
    } == {living[0].id}
    assert bench.states() == {"in_sync": 1, "merged": 1}
    (decision,) = bench.rows(tables.decision)
    assert (decision.kind, decision.lead_id, decision.other_lead_id, decision.by) == (
        "merge", living[0].id, gone.id, "crm:salesforce",
    )  # fmt: skip
    assert len(json.loads(decision.data)["moved"]["touches"]) == 2
    bench.post(**person(1, message="I am back"))
    bench.settle()
    assert len([row for row in bench.rows(tables.lead) if row.merged_into is None]) == 1
    assert len(bench.org.records("Lead")) == 1
    assert bench.is_whole()
