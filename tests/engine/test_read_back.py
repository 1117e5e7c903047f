"""What people do in a CRM comes back to the lead: over real HTTP against the bundled simulators, on both stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.instants import to_datetime
from leadrelay.app import open_app
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.server import DEFAULT_EXTERNAL_ID, SandboxServer
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Hand
from tests.engine.feedback import SF_CONTACT, SF_LEAD, Crm, FeedbackBench, person
from tests.support.project import write_project


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[FeedbackBench]:
    org = SalesforceOrg(lambda: to_datetime(clock()), external_id_fields=[DEFAULT_EXTERNAL_ID])
    with SandboxServer(org) as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink="    rate: 1000/1s", lead=SF_LEAD)
        (path.parent / "mappings" / "sf-contact.yaml").write_text(SF_CONTACT)
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        made = FeedbackBench(app, clock)
        made.org = org
        made.crms = {"salesforce": Crm(app, "salesforce")}
        yield made
        made.crms["salesforce"].close()
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
