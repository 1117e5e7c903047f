"""What people do in a CRM comes back to the lead: over real HTTP against the bundled simulators, on both stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from connectors.base import Retry, Stop
from core.instants import HOUR, MINUTE, SECOND, to_datetime
from core.problems import Problem
from leadrelay import store_metrics
from leadrelay.engine import alerts, erase, hearing
from leadrelay.engine.read_back import ReadBack
from leadrelay.history import change_in_words
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.server import DEFAULT_EXTERNAL_ID, SandboxServer
from leadrelay.store import feedback, gates, leads, positions, tables, work
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Hand
from tests.engine.feedback import SF_LEAD, Crm, FeedbackBench, listening, person
from tests.support.project import write_project
from tests.support.scoring import rules_of


@pytest.fixture
def settings() -> str:
    """More of the sink's settings."""
    return ""


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand, settings: str) -> Iterator[FeedbackBench]:
    org = SalesforceOrg(lambda: to_datetime(clock()), external_id_fields=[DEFAULT_EXTERNAL_ID])
    with SandboxServer(org) as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink=f"    rate: 1000/1s\n{settings}", lead=SF_LEAD)
        with listening(path, clock, ("salesforce",)) as made:
            made.org, made.faults = org, crm.faults
            yield made


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


def test_what_a_call_wrote_whose_answer_was_cut_off_does_not_come_back_as_a_change_of_sales(bench: FeedbackBench) -> None:
    """Sales sets a status meanwhile, and a form that was filled in earlier comes late with a newer number."""
    edit = {"Status": "Working - Contacted"}
    bench.faults.add({"kind": "cut_after_write", "times": 1, "path": "sobjects/Lead", "then_edit": edit})
    filled_in = [to_datetime(bench.clock() - minutes * MINUTE).isoformat() for minutes in (10, 9)]
    bench.post(**person(0, phone="030 1111111"), submitted_at=filled_in[0])
    bench.process()
    for _ in range(3):
        bench.clock.forward(10 * SECOND)
        bench.deliver()
    assert bench.states() == {"in_sync": 1}
    bench.post(**person(0, phone="030 2222222"), submitted_at=filled_in[1])
    bench.process()
    bench.listen()
    assert (bench.lead(0)["status"], bench.lead(0)["person.phone"]) == ("working", "+49302222222")


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


def test_the_live_audit_looks_for_a_converted_lead_where_it_lives_on(bench: FeedbackBench) -> None:
    kept, lost = bench.seed(2)
    contacts = [str(bench.org.convert(crm_id)["contactId"]) for crm_id in (kept, lost)]
    bench.settle()
    assert bench.audit_live()["unaccounted"] == 0
    bench.org.remove("Contact", contacts[1])
    found = bench.audit_live()
    assert [one["crm_id"] for one in found["wrong"]] == [contacts[1]]  # type: ignore[index]
    bench.settle()
    assert bench.states() == {"in_sync": 1, "discarded": 1}
    assert bench.audit_live()["unaccounted"] == 0


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


def test_an_address_that_sales_typed_recognises_the_person_from_then_on(bench: FeedbackBench) -> None:
    crm_id, other = bench.seed(2)
    bench.org.edit("Lead", crm_id, {"Email": "pat.private@mail.example"})
    bench.settle()
    assert bench.lead(0)["person.email"] == "pat.private@mail.example"
    bench.post(first_name="Pat", last_name="Nr0", email="pat.private@mail.example", phone="030 1234567")
    bench.settle()
    assert bench.count(tables.lead) == 2
    assert bench.lead(0)["person.phone"] == "+49301234567"
    bench.org.edit("Lead", other, {"Email": "pat.private@mail.example"})
    bench.settle()
    assert bench.count(tables.lead) == 2  # two people may have one address: a person decides
    assert len(bench.events("perhaps_same")) == 1


def test_the_rules_are_asked_again_of_a_lead_that_sales_changed(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    first = "{outcome: working, when: {status: {is: working}}, reason: the status says so}"
    lines = f"qualification: [{first}, {{outcome: open, otherwise: true, reason: it does not}}]"
    asked = replace(bench.app.process_plan(), rules=rules_of(lines))
    crm = bench.crms["salesforce"]
    crm.read_back = ReadBack(
        bench.app.database, lambda: asked, lambda: bench.app.sink_plan("salesforce"), crm.reconciler.account, clock=bench.clock
    )
    bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    bench.listen()
    assert (bench.lead(0)["outcome"], bench.rows(tables.lead)[0].outcome) == ("working", "working")


# --- how it is told -----------------------------------------------------------------------------------------------------------


def test_the_history_tells_who_did_what_and_when(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    bench.settle()
    uid = to_uid(bench.rows(tables.lead)[0].id)
    found = bench.app.views.history(uid)
    assert found is not None
    assert [one.kind for one in found.events][:2] == ["lead", "call_created"]
    (change,) = [one for one in found.events if one.kind == "crm_change"]
    assert change.by == "salesforce"
    assert f"salesforce Lead {crm_id}: changed status from new to working (Lead.Status, read by " in change.what
    assert [one.at for one in found.events] == sorted(one.at for one in found.events)


@pytest.mark.parametrize("topic", ["status", "salesforce", ""])
def test_why_tells_which_crm_said_so_by_which_line(bench: FeedbackBench, topic: str) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    bench.settle()
    why = bench.app.views.why(to_uid(bench.rows(tables.lead)[0].id), topic)
    assert why is not None
    said = "\n".join(reason.what for reason in why.reasons)
    assert ("salesforce told status" if topic == "" else "status from new to working") in said
    assert crm_id in said
    assert "no longer kept" not in said
    assert not any("told_at" in reason.details for reason in why.reasons), (
        "an instant is told as the reason's time, not as a number"
    )


def test_why_owner_tells_of_the_queue_as_well(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"OwnerId": bench.org.queue_id})
    bench.settle()
    why = bench.app.views.why(to_uid(bench.rows(tables.lead)[0].id), "owner")
    assert why is not None
    assert any("owner.queue" in reason.what and "Inbound Leads" in reason.what for reason in why.reasons)


def test_show_names_the_records_and_which_of_them_is_gone(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.remove("Lead", crm_id)
    bench.settle()
    found = bench.app.views.lead(to_uid(bench.rows(tables.lead)[0].id))
    assert found is not None
    assert [(one.sink, one.object, one.crm_id, one.is_gone) for one in found.records] == [("salesforce", "Lead", crm_id, True)]


# --- never twice, never lost --------------------------------------------------------------------------------------------------


def again(bench: FeedbackBench) -> None:
    """Have every object's position as it was before anything was read."""
    with bench.app.database.write() as connection:
        for position in positions.positions(connection):
            first = replace(position, cursor="").document()
            connection.execute(
                tables.timer.update()
                .where(tables.timer.c.key == positions.key(position.sink, position.object))
                .values(data=first)
            )


def test_a_page_that_comes_again_changes_nothing(bench: FeedbackBench) -> None:
    one, two, three = bench.seed(3)
    bench.org.edit("Lead", one, {"Status": "Working - Contacted", "Phone": "+49 30 1"})
    bench.org.convert(two)
    bench.org.remove("Lead", three)
    bench.settle()
    before = [bench.count(table) for table in (tables.event, tables.touch, tables.crm_link)]
    versions = [row.version for row in bench.rows(tables.lead)]
    for _ in range(3):
        again(bench)
        assert bench.listen() >= 3
    assert [bench.count(table) for table in (tables.event, tables.touch, tables.crm_link)] == before
    assert [row.version for row in bench.rows(tables.lead)] == versions


@pytest.mark.parametrize("step", ["settle", "claim_keys", "write_touches", "want_deliveries", "wake_actions"])
def test_a_worker_that_dies_in_the_middle_of_a_page_leaves_nothing_half_done(
    bench: FeedbackBench, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    with bench.app.database.write() as connection:
        is_other = tables.timer.c.key == positions.key("salesforce", "Contact")
        connection.execute(tables.timer.update().where(is_other).values(due=bench.clock() + HOUR))
    bench.clock.forward(MINUTE + 1)
    module = next(one for one in (positions, leads, work) if hasattr(one, step))
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(module, step, _die)
        bench.crms["salesforce"].read_back.run_once()
    assert bench.events("crm_change") == []
    assert bench.lead(0)["status"] == "new"
    assert bench.listen() == 0  # the lease of the one that died holds
    bench.clock.forward(5 * MINUTE)
    bench.listen()
    assert len(bench.events("crm_change")) == 1
    assert [row.kind for row in bench.rows(tables.touch)].count("crm_change") == 1


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_two_workers_never_read_one_position_at_once(bench: FeedbackBench) -> None:
    bench.seed(1)
    other = Crm(bench.app, "salesforce")
    try:
        bench.clock.forward(MINUTE + 1)
        sink, now = bench.app.sink_plan("salesforce"), bench.clock()
        first = bench.crms["salesforce"].read_back._claim(sink, now)
        second = other.read_back._claim(sink, now)
        third = other.read_back._claim(sink, now)
        assert first is not None
        assert second is not None
        assert {first.object, second.object} == {"Lead", "Contact"}
        assert third is None
        bench.clock.forward(10 * MINUTE)
        late = other.read_back._claim(sink, bench.clock())
        assert late is not None
        with bench.app.database.write() as connection:
            stale = first if late.object == first.object else second
            assert not positions.settle(connection, stale, bench.clock())
    finally:
        other.close()


def test_one_record_that_can_not_be_taken_in_stops_no_other(bench: FeedbackBench, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = bench.seed(2)
    for crm_id in (one, two):
        bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    whole = hearing.news

    def broken(terms: Any, change: Any, *given: Any, **named: Any) -> Any:
        if change.link.crm_id == one:
            raise ZeroDivisionError
        return whole(terms, change, *given, **named)

    monkeypatch.setattr(hearing, "news", broken)
    bench.listen()
    assert (bench.lead(0)["status"], bench.lead(1)["status"]) == ("new", "working")
    assert [event["crm_id"] for event in bench.events("crm_unreadable")] == [one]


def test_a_lead_that_changes_meanwhile_is_decided_again(bench: FeedbackBench, monkeypatch: pytest.MonkeyPatch) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    whole = feedback.confirm_leads
    posts = iter([dict(person(0, phone="030 1234567"))])

    def confirm(connection: Any, versions: Any) -> None:
        if bench.app.database.is_sqlite:
            whole(connection, {number: version - next(steps, 0) for number, version in versions.items()})
        else:
            for post in posts:
                bench.post(**post)
                bench.process()
            whole(connection, versions)

    steps = iter([1])
    monkeypatch.setattr(feedback, "confirm_leads", confirm)
    bench.listen()
    assert bench.lead(0)["status"] == "working"
    assert len(bench.events("crm_change")) == 1


def test_what_a_call_under_way_may_have_caused_is_left_for_the_next_look(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1, phone="030 1111111")
    bench.org.edit("Lead", crm_id, {"Phone": "+49 30 2222222"})
    with bench.app.database.write() as connection:
        connection.execute(tables.delivery.update().values(state="in_flight", token=1, leased_until=bench.clock() + 3 * MINUTE))
    bench.listen()
    assert bench.lead(0)["person.phone"] == "+49301111111"
    with bench.app.database.write() as connection:
        connection.execute(tables.delivery.update().values(state="in_sync", token=None, leased_until=0))
    bench.clock.forward(3000)
    bench.listen()
    assert bench.lead(0)["person.phone"] == "+49302222222"
    assert len(bench.events("crm_change")) == 1


def test_a_newer_touch_counts_more_than_what_sales_typed_before(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1, phone="030 1111111")
    bench.org.edit("Lead", crm_id, {"Phone": "+49 30 2222222"})
    bench.clock.forward(10_000)
    bench.post(**person(0, phone="030 3333333"))
    bench.process()
    bench.listen()
    assert bench.lead(0)["person.phone"] == "+49303333333"
    (event,) = bench.events("crm_change")
    first = event["changes"][0]
    assert (first["path"], first["kept"], first["rule"]) == ("person.phone", True, "latest")
    assert "a newer touch says otherwise" in change_in_words(first, event)
    numbers = next(one for one in event["changes"] if one["path"] == "person.phones")
    assert numbers["added"] == ["+49302222222"], "it is one more of the lead's numbers, whatever came later"
    said = change_in_words(numbers, event)
    assert said.startswith("person.phones, which gains +49302222222, and keeps") and "otherwise" not in said


def test_a_record_whose_answer_was_lost_is_linked_by_our_id(bench: FeedbackBench) -> None:
    bench.listen()
    bench.post(**person(0))
    bench.process()
    uid = to_uid(bench.rows(tables.lead)[0].id)
    (crm_id,) = bench.org.seed("Lead", [{"LastName": "Nr0", "Company": "Acme", DEFAULT_EXTERNAL_ID: uid}])
    bench.listen()
    assert [(row.crm_id, row.lead_id) for row in bench.rows(tables.crm_link)] == [(crm_id, bench.rows(tables.lead)[0].id)]
    bench.settle()
    assert len(bench.org.records("Lead")) == 1


def test_strangers_records_are_passed_over(bench: FeedbackBench) -> None:
    bench.seed(1)
    bench.org.seed("Lead", [{"LastName": "Else", "Company": "Else", DEFAULT_EXTERNAL_ID: "somebody-elses"}])
    bench.settle()
    assert bench.count(tables.lead) == 1
    assert bench.count(tables.crm_link) == 1


def test_an_erased_person_stays_erased_whatever_the_crm_says(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1, phone="030 1111111")
    bench.org.edit("Lead", crm_id, {"Phone": "+49 30 2222222"})
    bench.settle()
    erase.erase(bench.app, "pat0@acme.example", by="test")
    assert [row.seen for row in bench.rows(tables.crm_link)] == [None]
    bench.org.edit("Lead", crm_id, {"Phone": "+49 30 3333333"})
    bench.settle()
    (lead,) = bench.rows(tables.lead)
    assert bench.record(lead) == {}
    assert bench.events("crm_change") == [{}]
    assert all(row.fields == "{}" for row in bench.rows(tables.touch))


def test_erasing_one_of_two_merged_leads_erases_both(bench: FeedbackBench) -> None:
    winner, loser = bench.seed(2)
    bench.org.merge(winner, [loser])
    bench.settle()
    erase.erase(bench.app, "pat0@acme.example", by="test")
    assert all(row.erased_at is not None for row in bench.rows(tables.lead))
    assert "pat" not in "".join(f"{row.record}" for row in bench.rows(tables.lead))
    assert all(row.data == "{}" for row in bench.rows(tables.decision))


def test_a_test_lead_stays_one_when_its_record_is_worked_on(bench: FeedbackBench) -> None:
    bench.seed(1)
    with bench.app.database.write() as connection:
        connection.execute(tables.lead.update().values(is_test=True))
        row = connection.execute(tables.lead.select()).one()
        record = json.loads(row.record) | {"test": True}
        connection.execute(tables.lead.update().values(record=json.dumps(record)))
    bench.org.edit("Lead", bench.crm_id(0), {"Status": "Working - Contacted"})
    bench.listen()
    assert bench.lead(0)["status"] == "working"
    assert [bool(row.is_test) for row in bench.rows(tables.lead)] == [True]
    assert [bool(row.is_test) for row in bench.rows(tables.touch) if row.kind == "crm_change"] == [True]


# --- what is watched ----------------------------------------------------------------------------------------------------------


def test_an_object_that_may_not_be_read_raises_one_alert_and_stops_nothing_else(bench: FeedbackBench) -> None:
    bench.seed(1)

    def refuse(*_: object) -> None:
        raise Stop(Problem("no_access", "the integration user may not read leads", "Lead"))

    sink = bench.crms["salesforce"].reconciler.account.sink()
    sink.changes, whole = refuse, sink.changes  # type: ignore[attr-defined]
    bench.listen()
    with bench.app.database.read() as connection:
        assert {alert["kind"] for alert in alerts.open_alerts(connection)} == {"read_back_refused"}
        assert gates.read_all(connection)["salesforce"].paused is None
    bench.post(**person(1))
    bench.process()
    assert bench.deliver() == 2
    sink.changes = whole  # type: ignore[attr-defined]
    bench.clock.forward(5 * MINUTE)
    bench.listen()
    with bench.app.database.read() as connection:
        assert alerts.open_alerts(connection) == []


def test_falling_behind_is_an_alert_and_a_figure_until_it_is_over(bench: FeedbackBench) -> None:
    (crm_id,) = bench.seed(1)
    bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
    sink = bench.crms["salesforce"].reconciler.account.sink()

    def away(*_: object) -> None:
        raise Retry("the CRM does not answer", code="unreachable")

    sink.changes, whole = away, sink.changes  # type: ignore[attr-defined]
    for _ in range(30):
        bench.listen()
    with bench.app.database.read() as connection:
        (alert,) = alerts.open_alerts(connection)
        assert alert["kind"] == "read_back_behind"
        assert "the CRM does not answer" in str(alert["message"])
    assert _metric(bench, "leadrelay_read_back_lag_seconds", object="Lead") > 15 * 60
    sink.changes = whole  # type: ignore[attr-defined]
    for _ in range(10):
        bench.listen()
    with bench.app.database.read() as connection:
        assert alerts.open_alerts(connection) == []
    assert _metric(bench, "leadrelay_read_back_lag_seconds", object="Lead") < 120
    assert _metric(bench, "leadrelay_read_back_changes_total", kind="crm_change") == 1
    assert bench.lead(0)["status"] == "working"


def test_a_listener_that_fails_inside_asks_again_after_a_minute_and_keeps_no_lead_waiting(bench: FeedbackBench) -> None:
    bench.seed(1)
    sink = bench.crms["salesforce"].reconciler.account.sink()
    asked: list[int] = []

    def failing(*_: object) -> None:
        asked.append(bench.clock())
        raise KeyError("surprise")

    sink.changes = failing  # type: ignore[attr-defined]
    bench.clock.forward(MINUTE + 1)
    for _ in range(120):
        bench.clock.forward(SECOND)
        bench.crms["salesforce"].read_back.run_once()
    assert 2 <= len(asked) <= 4
    bench.post(last_name="Moss", email="new@acme.example", company="Acme")
    bench.process()
    bench.deliver()
    assert len(bench.org.records("Lead")) == 2


def _metric(bench: FeedbackBench, name: str, **labels: str) -> float:
    samples = [sample for metric in store_metrics.collect(bench.app) for sample in metric.samples if sample.name == name]
    return next(sample.value for sample in samples if labels.items() <= sample.labels.items())


def test_a_page_of_two_hundred_is_written_in_one_short_transaction(bench: FeedbackBench, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = bench.seed(200)
    for crm_id in ids:
        bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted", "Phone": "+49 30 123"})
    told: list[list[str]] = []
    whole = ReadBack._write

    def counted(read_back: ReadBack, connection: Connection, *given: Any) -> None:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        whole(read_back, connection, *given)
        event.remove(connection, "before_cursor_execute", note)
        told.append(statements)

    monkeypatch.setattr(ReadBack, "_write", counted)
    bench.listen()
    assert len(bench.events("crm_change")) == 200
    (page,) = [statements for statements in told if statements]  # the next look brings nothing new
    assert len(page) <= 50, "each kind of row is written by the fifty at least, and not a lead at a time"


class TestSettings:
    """What a sink's settings say of reading back."""

    @pytest.fixture
    def settings(self, request: pytest.FixtureRequest) -> str:
        return f"    {request.param}\n"

    @pytest.mark.parametrize("settings", ["on_deleted: recreate"], indirect=True)
    def test_what_was_deleted_is_made_again_by_a_new_touch_alone(self, bench: FeedbackBench) -> None:
        (crm_id,) = bench.seed(1)
        bench.org.remove("Lead", crm_id)
        bench.settle()
        bench.settle()
        assert bench.states() == {"discarded": 1}
        assert bench.org.records("Lead") == []
        bench.post(**person(0, phone="030 1234567"))
        bench.settle()
        assert bench.states() == {"in_sync": 1}
        (made,) = bench.org.records("Lead")
        assert made["Id"] != crm_id
        again(bench)
        bench.settle()
        assert bench.states() == {"in_sync": 1}
        assert bench.is_whole()

    @pytest.mark.parametrize("settings", ["read_back: off"], indirect=True)
    def test_a_crm_that_is_not_read_back_costs_no_call(self, bench: FeedbackBench) -> None:
        (crm_id,) = bench.seed(1)
        bench.org.edit("Lead", crm_id, {"Status": "Working - Contacted"})
        assert bench.calls(bench.listen) == 0
        assert bench.lead(0)["status"] == "new"

    @pytest.mark.parametrize("settings", ["read_back: {every: 10 minutes}"], indirect=True)
    def test_a_crm_is_asked_as_often_as_the_setting_says(self, bench: FeedbackBench) -> None:
        bench.seed(1)
        bench.clock.forward(10 * MINUTE)
        assert bench.calls(bench.listen) > 0
        assert bench.calls(bench.listen) == 0
