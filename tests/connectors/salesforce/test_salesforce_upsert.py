"""Bringing leads to Salesforce: which record a lead becomes, what goes out, and what is left to sales."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Done, Found, Link, Reject, Retry, Stop, TooLarge, Upsert
from connectors.salesforce.errors import Next, errors_in, rule_for
from core.rendering import Rendered
from leadrelay.sandbox.salesforce import AssignmentEntry, AssignmentRule, DuplicateRule, ValidationRule
from tests.connectors.salesforce.support import EXTERNAL_ID, World, existing, ids, lead, wanted, write


def again(row: Upsert, outcome: object, **more: Any) -> Upsert:
    """The row as the engine sends it after a record was found or written."""
    assert isinstance(outcome, Found | Done), outcome
    return replace(row, crm_id=outcome.crm_id, **more)


# --- calls ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "match", "most"), [(1, True, 5), (200, True, 8), (1000, True, 20), (1, False, 5), (1000, False, 10)]
)
def test_calls_stay_within_the_budget(world: World, count: int, match: bool, most: int) -> None:
    sink = world.sink(match_existing=match)
    for start in range(0, count, 200):
        ids(sink.upsert([lead(number) for number in range(start, min(count, start + 200))]))
    assert sink.calls <= most
    assert world.org.limits.used == sink.calls == (sink.usage.used if sink.usage else 0)
    assert len(world.org.records("Lead")) == count


def test_an_update_of_many_costs_one_read_and_one_write(world: World) -> None:
    sink = world.sink()
    rows = [lead(number) for number in range(200)]
    known = [again(row, outcome) for row, outcome in zip(rows, sink.upsert(rows), strict=True)]
    before = sink.calls
    changed = [replace(row, rendered=lead(number, Phone="+4930123").rendered) for number, row in enumerate(known)]
    assert all(outcome.sent == ("Phone",) for outcome in sink.upsert(changed) if isinstance(outcome, Done))
    assert sink.calls - before == 2


def test_nothing_new_is_done_without_a_write(world: World) -> None:
    sink = world.sink()
    row = lead(1)
    known = again(row, sink.upsert([row])[0])
    before = sink.calls
    outcome = sink.upsert([known])[0]
    assert isinstance(outcome, Done)
    assert outcome.sent == ()
    assert sink.calls - before == 1


def test_long_addresses_split_the_query_and_not_the_batch(world: World) -> None:
    rows = [replace(lead(number, Email=None), emails=(f"{'x' * 60}+{number}@{'y' * 50}.example",)) for number in range(200)]
    assert len(ids(world.sink().upsert(rows))) == 200


def test_a_batch_over_the_limit_asks_for_smaller_ones(world: World) -> None:
    with pytest.raises(TooLarge):
        world.sink().upsert([lead(number) for number in range(201)])


# --- existing records -------------------------------------------------------------------------------------------------


def test_existing_leads_and_contacts_are_taken_over_and_sales_values_stand(world: World) -> None:
    world.org.seed("Lead", [existing(n, Phone="+49 30 sales", OwnerId=world.org.sales_user_id) for n in range(250)])
    world.org.seed("Contact", [{k: v for k, v in existing(n).items() if k != "Company"} for n in range(250, 500)])
    sink = world.sink()
    for start in range(0, 500, 100):
        rows = [lead(n, Phone="+4930999", Title="CTO", contact=True) for n in range(start, start + 100)]
        found = sink.upsert(rows)
        assert all(isinstance(outcome, Found) for outcome in found)
        ids(sink.upsert([again(row, outcome) for row, outcome in zip(rows, found, strict=True)]))
    leads, contacts = world.org.records("Lead"), world.org.records("Contact")
    assert (len(leads), len(contacts)) == (250, 250)
    assert {(r["Phone"], r["Company"], r["OwnerId"], r["Title"]) for r in leads} == {
        ("+49 30 sales", "Keyed in by hand", world.org.sales_user_id, "CTO")
    }
    assert {r["Title"] for r in contacts} == {"CTO"}
    assert {r[EXTERNAL_ID] for r in (*leads, *contacts)} == {f"uid-{n}" for n in range(500)}


def test_addresses_are_found_whatever_their_case(world: World) -> None:
    crm_id = world.org.seed("Lead", [existing(1, Email="ANNA1@Acme.Example")])[0]
    assert world.sink().upsert([lead(1)])[0] == Found(crm_id)


def test_an_address_is_looked_for_as_it_is_written_too(world: World) -> None:
    crm_id = world.org.seed("Lead", [existing(1, Email="anna+crm@acme.example")])[0]
    row = replace(lead(1, Email="anna+crm@acme.example"), emails=("anna@acme.example",))
    assert world.sink().upsert([row]) == [Found(crm_id)]


def test_an_address_that_several_people_share_is_not_looked_for(world: World) -> None:
    world.org.seed("Lead", [existing(1, Email="info@acme.example")])
    row = replace(lead(1, Email="info@acme.example"), emails=("anna@acme.example",))
    assert isinstance(world.sink().upsert([row])[0], Done)


def test_a_user_who_sees_no_contacts_still_delivers_leads(world: World) -> None:
    del world.org.tables["Contact"]
    sink = world.sink()
    ids(sink.upsert([lead(1)]))
    before = sink.calls
    ids(sink.upsert([lead(2)]))
    assert sink.calls - before == 2


def test_two_leads_with_one_address_do_not_share_a_record(world: World) -> None:
    world.org.seed("Lead", [existing(1)])
    sink = world.sink()
    first, second = lead(1), replace(lead(2, Email="anna1@acme.example"), emails=("anna1@acme.example",))
    outcomes = sink.upsert([first, second])
    assert isinstance(outcomes[0], Found)
    assert isinstance(outcomes[1], Done)
    assert outcomes[1].created
    assert len(world.org.records("Lead")) == 2


def test_two_new_leads_with_one_address_become_two_records(world: World) -> None:
    rows = [lead(1), replace(lead(2), emails=("anna1@acme.example",))]
    assert len(set(ids(world.sink().upsert(rows)))) == 2


def test_a_lead_lost_here_is_found_by_its_own_external_id(world: World) -> None:
    sink = world.sink()
    crm_id = ids(sink.upsert([lead(1)]))[0]
    assert sink.upsert([lead(1)]) == [Found(crm_id)]


def test_a_contact_without_a_mapping_for_it_is_linked_and_left_alone(world: World) -> None:
    crm_id = world.org.seed("Contact", [{"LastName": "W", "Email": "anna1@acme.example"}])[0]
    outcome = world.sink().upsert([lead(1)])[0]
    assert isinstance(outcome, Done)
    assert outcome.links == (Link("Contact", crm_id),)
    assert "when_converted" in outcome.note
    assert world.org.records("Lead") == []


@pytest.mark.parametrize("policy", ["link", "allow", "task", "park"])
def test_the_policy_decides_when_the_record_belongs_to_another_lead(world: World, policy: str) -> None:
    sink = world.sink(on_duplicate=policy)
    taken = ids(sink.upsert([lead(1)]))[0]
    row = replace(lead(2, Email="anna1@acme.example"), emails=("anna1@acme.example",))
    outcome = sink.upsert([row])[0]
    outcome = outcome if policy != "task" else sink.upsert([row])[0]  # again, as after a crash: one task all the same
    counts = (len(world.org.records("Lead")), len(world.org.records("Task")))
    assert counts == {"link": (2, 0), "allow": (2, 0), "task": (1, 1), "park": (1, 0)}[policy]
    assert isinstance(outcome, Reject if policy == "park" else Done)
    assert world.stored(taken)["LastName"] == "Weber1"


@pytest.mark.parametrize("policy", ["link", "allow", "task", "park"])
def test_an_alerting_duplicate_rule_follows_the_policy(world: World, policy: str) -> None:
    world.org.rules.duplicates.append(DuplicateRule())
    crm_id = world.org.seed("Lead", [existing(1)])[0]
    outcomes = world.sink(on_duplicate=policy, match_existing=False).upsert([lead(1), lead(2)])
    assert isinstance(outcomes[1], Done)
    match policy:
        case "link" | "task":
            assert outcomes[0] == Found(crm_id)
        case "allow":
            assert isinstance(outcomes[0], Done)
        case "park":
            assert isinstance(outcomes[0], Reject)
            assert outcomes[0].problem.code == "duplicate_in_crm"


def test_another_person_is_created_although_a_duplicate_rule_warns(world: World) -> None:
    world.org.rules.duplicates.append(DuplicateRule())
    sink = world.sink()
    ids(sink.upsert([lead(1)]))
    ids(sink.upsert([replace(lead(2, Email="anna1@acme.example"), emails=("anna1@acme.example",))]))
    assert len(world.org.records("Lead")) == 2


def test_a_blocking_duplicate_rule_parks_the_lead_with_a_reason(world: World) -> None:
    world.org.rules.duplicates.append(DuplicateRule(on_create="block"))
    sink = world.sink()
    ids(sink.upsert([lead(1)]))
    outcome = sink.upsert([replace(lead(2, Email="anna1@acme.example"), emails=("anna1@acme.example",))])[0]
    assert isinstance(outcome, Reject)
    assert outcome.problem.code == "duplicate_in_crm"


@pytest.mark.parametrize("policy", ["link", "allow", "task", "park"])
def test_a_blocking_rule_creates_no_second_record_under_any_policy(world: World, policy: str) -> None:
    world.org.rules.duplicates.append(DuplicateRule(on_create="block", fields=("Phone",)))
    world.org.seed("Lead", [existing(5, Phone="+4930123")])
    outcomes = world.sink(on_duplicate=policy).upsert([lead(1, Phone="+4930123"), lead(2)])
    assert isinstance(outcomes[0], Reject)
    assert outcomes[0].problem.code == "duplicate_in_crm"
    assert isinstance(outcomes[1], Done)
    assert len(world.org.records("Lead")) == 2


@pytest.mark.parametrize("policy", ["link", "allow", "task", "park"])
@pytest.mark.parametrize("key", ["duplicateResult", "duplicateResut"])
def test_how_the_org_spells_the_result_of_a_duplicate_rule_changes_nothing(world: World, policy: str, key: str) -> None:
    world.org.settings.duplicate_result_key = key
    world.org.rules.duplicates.append(DuplicateRule())
    (crm_id,) = world.org.seed("Lead", [existing(1)])
    (outcome,) = world.sink(on_duplicate=policy, match_existing=False).upsert([lead(1)])
    expected = {"link": Found, "task": Found, "allow": Done, "park": Reject}[policy]
    assert isinstance(outcome, expected)
    assert not isinstance(outcome, Found) or outcome.crm_id == crm_id


@pytest.mark.parametrize("key", ["duplicateResult", "duplicateResut"])
def test_a_call_that_is_refused_for_a_duplicate_is_read_with_either_spelling(key: str) -> None:
    found = {"allowSave": True, "matchResults": [{"matchRecords": [{"record": {"Id": "00Q" + "0" * 15}}]}]}
    body = [{key: found, "errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?"}]
    (error,) = errors_in(body, 400)
    assert rule_for(error).next is Next.DUPLICATE


# --- conversion, merge, deletion --------------------------------------------------------------------------------------


def test_a_converted_lead_goes_on_as_its_contact(world: World) -> None:
    sink = world.sink()
    row = lead(1, contact=True)
    known = again(row, sink.upsert([row])[0])
    contact = str(world.org.convert(str(known.crm_id))["contactId"])
    outcome = sink.upsert([replace(known, rendered=lead(1, Title="CTO", contact=True).rendered)])[0]
    assert isinstance(outcome, Done)
    assert outcome.crm_id == known.crm_id
    assert Link("Contact", contact) in outcome.links
    assert world.stored(contact, "Contact")["Title"] == "CTO"
    assert world.stored(str(known.crm_id))["Title"] is None


def test_a_converted_lead_without_a_mapping_is_settled_with_a_note(world: World) -> None:
    sink = world.sink()
    known = again(lead(1), sink.upsert([lead(1)])[0])
    world.org.convert(str(known.crm_id))
    outcome = sink.upsert([replace(known, rendered=lead(1, Title="CTO").rendered)])[0]
    assert isinstance(outcome, Done)
    assert outcome.sent == ()
    assert "when_converted" in outcome.note


def test_an_existing_converted_lead_is_found_with_its_contact(world: World) -> None:
    crm_id = world.org.seed("Lead", [existing(1)])[0]
    contact = str(world.org.convert(crm_id)["contactId"])
    outcome = world.sink().upsert([lead(1, contact=True)])[0]
    assert isinstance(outcome, Found)
    assert {link.crm_id for link in outcome.links} | {outcome.crm_id} == {crm_id, contact}
    assert isinstance(world.sink().upsert([again(lead(1, contact=True), outcome)])[0], Done)
    assert len(world.org.records("Lead")) == len(world.org.records("Contact")) == 1


def test_a_lead_converted_without_our_knowing_comes_again_and_is_followed(world: World) -> None:
    sink = world.sink(match_existing=False)
    row = lead(1, Title="CTO", contact=True)
    world.org.convert(ids(sink.upsert([lead(1)]))[0])
    outcome = sink.upsert([row])[0]
    assert isinstance(outcome, Retry)
    assert outcome.may_have_happened
    assert isinstance(sink.upsert([replace(row, is_unsure=True)])[0], Done)
    assert [record["Title"] for record in world.org.records("Contact")] == ["CTO"]


def test_a_merged_lead_is_written_to_the_surviving_record(world: World) -> None:
    sink = world.sink()
    rows = [lead(1), lead(2), lead(3)]
    known = [again(row, outcome) for row, outcome in zip(rows, sink.upsert(rows), strict=True)]
    world.org.merge(str(known[1].crm_id), [str(known[0].crm_id)])
    world.org.merge(str(known[2].crm_id), [str(known[1].crm_id)])
    outcome = sink.upsert([replace(known[0], rendered=lead(1, Title="CTO").rendered)])[0]
    assert isinstance(outcome, Done)
    assert outcome.crm_id == known[2].crm_id
    assert world.stored(outcome.crm_id)["Title"] == "CTO"
    assert world.stored(outcome.crm_id)[EXTERNAL_ID] == "uid-3"


def test_two_leads_merged_into_one_record_are_written_one_after_the_other(world: World) -> None:
    sink = world.sink()
    rows = [lead(1), lead(2)]
    known = [again(row, outcome) for row, outcome in zip(rows, sink.upsert(rows), strict=True)]
    world.org.merge(str(known[1].crm_id), [str(known[0].crm_id)])
    outcomes = sink.upsert([replace(row, rendered=lead(9, Title="CTO").rendered) for row in known])
    assert [type(outcome) for outcome in outcomes] == [Done, Retry]


def test_what_a_person_deleted_is_not_created_again(world: World) -> None:
    sink = world.sink()
    rows = [lead(1), lead(2)]
    known = [again(row, outcome) for row, outcome in zip(rows, sink.upsert(rows), strict=True)]
    world.org.remove("Lead", str(known[0].crm_id))
    outcomes = sink.upsert(known)
    assert isinstance(outcomes[0], Reject)
    assert outcomes[0].problem.code == "deleted_in_crm"
    assert isinstance(outcomes[1], Done)
    assert len(world.org.records("Lead")) == 1


def test_a_batch_of_new_known_and_unsure_leads_is_settled_row_by_row(world: World) -> None:
    sink = world.sink()
    known = again(lead(1), sink.upsert([lead(1)])[0])
    ids(sink.upsert([lead(2)]))
    outcomes = sink.upsert(
        [
            replace(known, rendered=lead(1, Title="CTO").rendered),
            lead(2, Title="CEO", is_unsure=True),
            lead(3),
            lead(4, is_unsure=True),
        ]
    )
    assert [outcome.created for outcome in outcomes if isinstance(outcome, Done)] == [False, False, True, True]
    assert {record.get("Title") for record in world.org.records("Lead")} == {"CTO", "CEO", None}


# --- what goes out ----------------------------------------------------------------------------------------------------


def test_the_update_policy_holds_field_by_field(world: World) -> None:
    sink = world.sink()
    row = lead(1, write("Rating", "Cold", update="always"), write("Status", "Nurturing", update="never"), LeadSource="Web")
    crm_id = ids(sink.upsert([row]))[0]
    world.org.edit("Lead", crm_id, {"FirstName": "Annegret", "Status": "Open - Not Contacted"})
    newer = lead(1, write("Rating", "Hot", update="always"), write("Status", "Nurturing", update="never"), crm_id=crm_id)
    outcome = sink.upsert([newer])[0]
    assert isinstance(outcome, Done)
    assert outcome.sent == ("Rating",)
    stored = world.stored(crm_id)
    assert (stored["Rating"], stored["FirstName"], stored["Status"]) == ("Hot", "Annegret", "Open - Not Contacted")


def test_an_opt_out_is_sent_and_never_taken_back(world: World) -> None:
    sink = world.sink()
    crm_id = ids(sink.upsert([lead(1, write("HasOptedOutOfEmail", False, update="opt_out"))]))[0]
    assert world.stored(crm_id)["HasOptedOutOfEmail"] is False
    ids(sink.upsert([lead(1, write("HasOptedOutOfEmail", True, update="opt_out"), crm_id=crm_id)]))
    ids(sink.upsert([lead(1, write("HasOptedOutOfEmail", False, update="opt_out"), crm_id=crm_id)]))
    assert world.stored(crm_id)["HasOptedOutOfEmail"] is True


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("FirstName", "x" * 41, "too_long"),
        ("Email", "not an address", "invalid_email"),
        ("NumberOfEmployees", "many", "wrong_type"),
        ("Nope__c", "x", "unknown_field"),
        ("Name", "Anna Muster", "not_writable"),
    ],
)
def test_one_bad_optional_field_does_not_stop_a_lead(world: World, name: str, value: str | bool, code: str) -> None:
    sink = world.sink()
    outcome = sink.upsert([lead(1, **{name: value})])[0]
    assert isinstance(outcome, Done)
    assert [(problem.code, problem.field) for problem in outcome.left_out] == [(code, name)]
    assert str(value) not in outcome.left_out[0].message.split("`")[-1] or value == "x"
    assert len(world.org.records("Lead")) == 1


def test_fields_that_the_crm_refuses_are_left_out_once_for_all_rows_together(world: World) -> None:
    for index, name in ((1, "Phone"), (3, "Title")):
        world.fail("record_error", code="FIELD_INTEGRITY_EXCEPTION", message=f"{name}: bad value secret-value", index=index)
    sink = world.sink(match_existing=False)
    outcomes = sink.upsert([lead(n, Phone="+49301", Title="CTO") for n in range(5)])
    assert [[problem.field for problem in outcome.left_out] for outcome in outcomes if isinstance(outcome, Done)] == [
        [], ["Phone"], [], ["Title"], [],
    ]  # fmt: skip
    assert "secret-value" not in repr(outcomes)
    assert sink.calls == 3  # describe, write, once more


def test_a_field_that_was_removed_meanwhile_is_left_out_for_all(world: World) -> None:
    world.org.add_field("Lead", {"name": "Segment__c", "length": 20})
    sink = world.sink()
    ids(sink.upsert([lead(0, Segment__c="A")]))
    world.org.remove_field("Lead", "Segment__c")
    outcomes = sink.upsert([lead(n, Segment__c="A") for n in range(1, 4)])
    assert [[problem.code for problem in outcome.left_out] for outcome in outcomes if isinstance(outcome, Done)] == [
        ["unknown_field"]
    ] * 3


def test_a_field_that_was_removed_meanwhile_does_not_stop_updates(world: World) -> None:
    world.org.add_field("Lead", {"name": "Segment__c", "length": 20})
    sink = world.sink()
    rows = [lead(n, Segment__c="A") for n in range(3)]
    known = [again(row, outcome) for row, outcome in zip(rows, sink.upsert(rows), strict=True)]
    world.org.remove_field("Lead", "Segment__c")
    changed = [replace(row, rendered=lead(n, Segment__c="A", Title="CTO").rendered) for n, row in enumerate(known)]
    outcomes = sink.upsert(changed)
    assert [outcome.sent for outcome in outcomes if isinstance(outcome, Done)] == [("Title",)] * 3
    assert [[problem.code for problem in outcome.left_out] for outcome in outcomes if isinstance(outcome, Done)] == [
        ["unknown_field"]
    ] * 3


def test_a_required_field_without_a_value_is_named(world: World) -> None:
    row = Upsert("uid-1", "Lead", {"Lead": Rendered("Lead", wanted(1, Company=None), 1)})
    outcome = world.sink().upsert([row])[0]
    assert isinstance(outcome, Reject)
    assert outcome.problem.code == "required_missing"
    assert "`Company`" in outcome.problem.message


def test_a_validation_rule_is_shown_in_the_admins_words_without_the_leads_values(world: World) -> None:
    rule = ValidationRule("v", "Ask Weber1 (anna1@acme.example, +49 30 1234567) for a budget", refuses=lambda record: True)
    world.org.rules.validation.append(rule)
    outcome = world.sink().upsert([lead(1)])[0]
    assert isinstance(outcome, Reject)
    assert "for a budget" in outcome.problem.message
    assert not any(word in outcome.problem.message for word in ("Weber1", "anna1", "1234567"))


def test_a_required_mapping_field_is_not_left_out(world: World) -> None:
    outcome = world.sink().upsert([lead(1, write("Title", "x" * 200, is_required=True))])[0]
    assert isinstance(outcome, Reject)
    assert outcome.problem.field == "Title"


def test_a_locked_record_waits_alone(world: World) -> None:
    world.fail("record_error", index=1)
    outcomes = world.sink().upsert([lead(n) for n in range(3)])
    assert [type(outcome) for outcome in outcomes] == [Done, Retry, Done]


def test_an_inactive_owner_does_not_stop_a_lead(world: World) -> None:
    world.org.set_user_active(world.org.sales_user_id, is_active=False)
    outcome = world.sink().upsert([lead(1, OwnerId=world.org.sales_user_id)])[0]
    assert isinstance(outcome, Done)
    assert [problem.code for problem in outcome.left_out] == ["owner_inactive"]


# --- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assigned", [(), ("Contact",), ("Lead",)])
def test_the_assignment_rule_runs_only_where_it_is_wanted_and_never_on_update(world: World, assigned: tuple[str, ...]) -> None:
    queue = world.org.add_queue("Inbound")
    world.org.rules.assignment = AssignmentRule([AssignmentEntry(queue)])
    sink = world.sink(assigned=assigned)
    crm_id = ids(sink.upsert([lead(1)]))[0]
    assert (world.stored(crm_id)["OwnerId"] == queue) is (assigned == ("Lead",))
    world.org.edit("Lead", crm_id, {"OwnerId": world.org.sales_user_id})
    ids(sink.upsert([lead(1, Title="CTO", crm_id=crm_id)]))
    assert world.stored(crm_id)["OwnerId"] == world.org.sales_user_id


# --- broken batches ---------------------------------------------------------------------------------------------------


def test_without_an_external_id_field_the_sink_stops_and_says_how_to_get_one(world: World) -> None:
    with pytest.raises(Stop) as raised:
        world.sink(external_id="Other_Id__c").upsert([lead(1)])
    assert "sinks prepare" in raised.value.problem.message
    assert world.org.records("Lead") == []


def test_a_hostile_record_id_never_reaches_the_client(world: World) -> None:
    sink = world.sink()
    for hostile in ("https://evil.example/x", "../../../x", "00Q000000000001' OR Id != '", ""):
        outcome = sink.upsert([lead(1, crm_id=hostile)])[0]
        assert isinstance(outcome, Reject)
        assert outcome.problem.code == "malformed_id"


def test_a_failing_second_write_leaves_what_the_first_wrote_settled(world: World) -> None:
    sink = world.sink(match_existing=False)
    known = again(lead(1), sink.upsert([lead(1)])[0], rendered=lead(1, Title="CTO").rendered)
    world.fail("record_error", index=1, code="FIELD_INTEGRITY_EXCEPTION", message="Phone: bad")
    struck: list[str] = []

    def breaks_the_next_write(_: Any) -> bool:
        if not struck:
            struck.append("once")
            world.fail("cut_before", on="write")
        return False

    world.org.rules.validation.append(ValidationRule("v", "never", refuses=breaks_the_next_write))
    outcomes = sink.upsert([lead(2, Phone="+491"), lead(3, Phone="+491"), known])
    assert [type(outcome) for outcome in outcomes] == [Done, Retry, Done]
    assert isinstance(outcomes[1], Retry)
    assert outcomes[1].may_have_happened


def test_existing_values_survive_a_write_that_was_cut_off(world: World) -> None:
    sink = world.sink()
    sink.probe()
    row = lead(1, write("Status", "Nurturing", update="never"))
    world.fail("cut_after_write", then_edit={"Status": "Open - Not Contacted", "Phone": "+49 30 sales"})
    with pytest.raises(Retry) as raised:
        sink.upsert([row])
    assert raised.value.may_have_happened
    crm_id = ids(sink.upsert([replace(row, is_unsure=True)]))[0]
    stored = world.stored(crm_id)
    assert (stored["Status"], stored["Phone"]) == ("Open - Not Contacted", "+49 30 sales")
    assert len(world.org.records("Lead")) == 1
