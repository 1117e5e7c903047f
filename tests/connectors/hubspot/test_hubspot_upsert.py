"""An upsert pass against the simulated portal: what becomes of new, known, found, merged, deleted and refused records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Done, Found, Link, Reject, Retry, Stop
from core.rendering import FieldWrite
from tests.connectors.hubspot.support import EXTERNAL_ID, World, existing, ids, lead, uid

# --- new and known leads ------------------------------------------------------------------------------------------------


def test_a_new_lead_becomes_a_contact_with_our_id(world: World) -> None:
    (outcome,) = world.sink().upsert([lead(1)])
    assert isinstance(outcome, Done)
    assert outcome.created
    stored = world.stored(outcome.crm_id)
    assert (stored["email"], stored["company"], stored[EXTERNAL_ID]) == ("anna1@acme.example", "Firma 1", uid(1))


def test_what_went_out_is_told_as_hubspot_answers_it(world: World) -> None:
    (outcome,) = world.sink().upsert([lead(1, email="Anna1@ACME.example")])
    assert isinstance(outcome, Done)
    assert set(outcome.sent) == set(outcome.wrote) == {"email", "firstname", "lastname", "company", EXTERNAL_ID}
    assert outcome.wrote["email"] == "anna1@acme.example"


def test_a_lead_without_address_needs_a_name(world: World) -> None:
    only_name, nothing = world.sink().upsert(
        [lead(1, email=None, lastname=None, emails=()), lead(2, email=None, firstname=None, lastname=None, emails=())]
    )
    assert isinstance(only_name, Done)
    assert isinstance(nothing, Reject)
    assert nothing.problem.code == "no_identity"


@pytest.mark.parametrize("address", ["anna@", "anna weber@acme.example", "a..b@acme.example"])
def test_an_address_that_hubspot_does_not_take_is_left_out_beside_a_name(world: World, address: str) -> None:
    named, nameless = world.sink().upsert(
        [lead(1, email=address, emails=()), lead(2, email=address, firstname=None, lastname=None, emails=())]
    )
    assert isinstance(named, Done)
    assert [problem.code for problem in named.left_out] == ["invalid_email"]
    assert isinstance(nameless, Reject)
    assert nameless.problem.code == "invalid_email"


def test_a_known_lead_is_updated_where_its_policy_allows(world: World) -> None:
    (crm_id,) = world.seed(existing(1, phone="+49 1", jobtitle="", **{EXTERNAL_ID: uid(1)}))
    changes = (
        FieldWrite("company", "Acme", "always"), FieldWrite("phone", "+492"), FieldWrite("jobtitle", "Head"),
        FieldWrite("city", "Bonn", "never"),
    )  # fmt: skip
    (outcome,) = world.sink().upsert([lead(1, *changes, crm_id=crm_id)])
    assert isinstance(outcome, Done)
    assert not outcome.created
    assert set(outcome.sent) == {"company", "jobtitle", "firstname"}
    stored = world.stored(crm_id)
    assert (stored["company"], stored["phone"], stored["jobtitle"], stored["city"]) == ("Acme", "+49 1", "Head", "")


def test_an_empty_value_never_clears(world: World) -> None:
    (crm_id,) = world.seed(existing(1, phone="+491", **{EXTERNAL_ID: uid(1)}))
    world.sink().upsert([lead(1, FieldWrite("phone", None, "always"), FieldWrite("company", "", "always"), crm_id=crm_id)])
    assert world.stored(crm_id)["phone"] == "+491"
    assert world.stored(crm_id)["company"] == "Keyed in by hand"


def test_nothing_new_means_no_write(world: World) -> None:
    sink = world.sink()
    (crm_id,) = ids(sink.upsert([lead(1)]))
    writes = len(world.portal.history)
    (outcome,) = sink.upsert([lead(1, crm_id=crm_id)])
    assert isinstance(outcome, Done)
    assert outcome.sent == ()
    assert len(world.portal.history) == writes


def test_what_a_cut_off_write_created_is_found_and_create_only_fields_are_not_sent_again(world: World) -> None:
    sink = world.sink()
    (crm_id,) = ids(sink.upsert([lead(1, FieldWrite("city", "Bonn", "never"))]))
    world.portal.edit("contacts", crm_id, {"city": "Köln", "company": "Sales GmbH"})
    (outcome,) = sink.upsert([lead(1, FieldWrite("city", "Bonn", "never"), is_unsure=True)])
    assert isinstance(outcome, Done)
    assert (outcome.crm_id, outcome.created) == (crm_id, False)
    assert world.stored(crm_id)["city"] == "Köln"
    assert world.stored(crm_id)["company"] == "Sales GmbH"


@pytest.mark.parametrize("hostile", ["", "1/../2", "../owners", "12 OR 1", "abc", "٣", "9" * 40])
def test_a_hostile_stored_id_is_refused_and_the_others_go_on(world: World, hostile: str) -> None:
    refused, fine = world.sink().upsert([lead(1, crm_id=hostile), lead(2)])
    assert isinstance(refused, Reject)
    assert refused.problem.code == "malformed_id"
    assert isinstance(fine, Done)


# --- existing contacts --------------------------------------------------------------------------------------------------


def test_an_existing_contact_is_linked_and_stamped_and_keeps_what_sales_typed(world: World) -> None:
    sink = world.sink()
    (crm_id,) = world.seed(existing(1))
    (found,) = sink.upsert([lead(1)])
    assert found == Found(crm_id)
    (outcome,) = sink.upsert([lead(1, crm_id=crm_id)])
    assert isinstance(outcome, Done)
    stored = world.stored(crm_id)
    assert (stored["company"], stored["firstname"], stored[EXTERNAL_ID]) == ("Keyed in by hand", "Anna", uid(1))
    assert len(world.contacts()) == 1


def test_an_existing_contact_is_found_by_a_second_address_in_any_case(world: World) -> None:
    (crm_id,) = world.seed(existing(9, hs_additional_emails="anna1@acme.example"))
    (found,) = world.sink().upsert([lead(1, email="ANNA1@acme.example")])
    assert found == Found(crm_id)


def test_an_address_of_another_lead_of_ours_is_left_out_and_nobody_is_overwritten(world: World) -> None:
    sink = world.sink()
    (first,) = ids(sink.upsert([lead(1, email="info@acme.example", emails=())]))
    (outcome,) = sink.upsert([lead(2, email="info@acme.example", company="Other", emails=())])
    assert isinstance(outcome, Done)
    assert outcome.created
    assert outcome.crm_id != first
    assert [problem.code for problem in outcome.left_out] == ["email_taken"]
    assert world.stored(first)["lastname"] == "Weber1"
    assert world.stored(outcome.crm_id)["email"] == ""
    # and again with its next change, without a conflict
    (again,) = sink.upsert([lead(2, email="info@acme.example", phone="+4930", crm_id=outcome.crm_id, emails=())])
    assert isinstance(again, Done)
    assert set(again.sent) == {"phone"}
    assert [problem.code for problem in again.left_out] == ["email_taken"]


def test_two_leads_of_a_batch_with_one_address_go_one_after_the_other(world: World) -> None:
    sink = world.sink()
    batch = [lead(1, email="info@acme.example", emails=()), lead(2, email="INFO@acme.example", emails=())]
    first, second = sink.upsert(batch)
    assert isinstance(first, Done)
    assert isinstance(second, Retry)
    assert second.code == "same_record_twice"
    (second,) = sink.upsert(batch[1:])
    assert isinstance(second, Done)
    assert len(world.contacts()) == 2
    assert world.stored(first.crm_id)["lastname"] == "Weber1"


def test_one_existing_contact_is_given_to_one_lead_of_a_batch_only(world: World) -> None:
    (crm_id,) = world.seed(existing(1))
    first, second = world.sink().upsert([lead(1), lead(2, email="anna1@acme.example")])
    assert first == Found(crm_id)
    assert isinstance(second, Done)
    assert second.crm_id != crm_id
    assert [problem.code for problem in second.left_out] == ["email_taken"]


def test_a_nameless_lead_whose_address_is_taken_is_rejected(world: World) -> None:
    sink = world.sink()
    sink.upsert([lead(1)])
    (outcome,) = sink.upsert([lead(2, email="anna1@acme.example", firstname=None, lastname=None)])
    assert isinstance(outcome, Reject)
    assert outcome.problem.code == "email_taken"


@pytest.mark.parametrize("is_traced", [True, False])
def test_without_looking_first_a_conflict_is_settled_the_same_way(world: World, is_traced: bool) -> None:
    if not is_traced:
        world.untraced()
    sink = world.sink(match_existing=False)
    (free,) = world.seed(existing(1))
    (ours,) = ids(sink.upsert([lead(2)]))
    batch = [lead(1), lead(3, email="anna2@acme.example"), *(lead(number) for number in range(10, 30))]
    found, taken, *others = sink.upsert(batch)
    assert found == Found(free)
    assert isinstance(taken, Done)
    assert [problem.code for problem in taken.left_out] == ["email_taken"]
    assert len(ids(others)) == 20
    assert world.stored(ours)["lastname"] == "Weber2"


@pytest.mark.parametrize("is_traced", [True, False])
def test_an_address_that_another_contact_got_meanwhile_is_left_out_of_an_update(world: World, is_traced: bool) -> None:
    if not is_traced:
        world.untraced()
    sink = world.sink(match_existing=False)
    known = ids(sink.upsert([lead(number) for number in range(5)]))
    world.seed(existing(99))
    changed = [lead(number, company="New", crm_id=crm_id) for number, crm_id in enumerate(known)]
    changed[2] = lead(2, FieldWrite("email", "anna99@acme.example", "always"), phone="+4930", crm_id=known[2])
    outcomes = sink.upsert(changed)
    assert ids(outcomes) == known
    assert [problem.code for problem in outcomes[2].left_out] == ["email_taken"]  # type: ignore[union-attr]
    assert world.stored(known[2])["phone"] == "+4930"
    assert world.stored(known[2])["email"] == "anna2@acme.example"


# --- merged and deleted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("makes_new", [False, True])
def test_a_merged_contact_is_followed_to_its_survivor(world: World, makes_new: bool) -> None:
    world.portal.settings.merge_makes_new_record = makes_new
    sink = world.sink()
    (crm_id,) = ids(sink.upsert([lead(1)]))
    (other,) = world.seed(existing(2))
    survivor = _merge(world, other, crm_id)
    (outcome,) = sink.upsert([lead(1, phone="+4930", crm_id=crm_id)])
    assert isinstance(outcome, Done)
    assert outcome.crm_id == survivor != crm_id
    assert outcome.links == (Link("contacts", survivor), Link("contacts", crm_id))
    stored = world.stored(survivor)
    assert (stored["phone"], stored["company"]) == ("+4930", "Keyed in by hand")


def test_two_leads_merged_into_one_contact_write_it_one_after_the_other(world: World) -> None:
    sink = world.sink()
    first, second = ids(sink.upsert([lead(1), lead(2)]))
    _merge(world, first, second)
    outcomes = sink.upsert([lead(1, phone="+4930", crm_id=first), lead(2, jobtitle="Head", crm_id=second)])
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Retry)
    assert outcomes[1].code == "same_record_twice"
    (again,) = sink.upsert([lead(2, jobtitle="Head", crm_id=second)])
    assert isinstance(again, Done)
    assert again.crm_id == first
    assert world.stored(first)[EXTERNAL_ID] == uid(1)


def test_an_id_that_only_the_single_read_answers_is_still_followed(world: World) -> None:
    sink = world.sink()
    (crm_id,) = ids(sink.upsert([lead(1)]))
    (other,) = world.seed(existing(2, **{EXTERNAL_ID: "SOMEBODYELSE1"}))
    survivor = _merge(world, other, crm_id)
    world.portal.tables["contacts"].records[survivor].properties["hs_merged_object_ids"] = ""
    (outcome,) = sink.upsert([lead(1, phone="+4930", crm_id=crm_id)])
    assert isinstance(outcome, Done)
    assert outcome.crm_id == survivor


def test_what_sales_deleted_is_not_created_again(world: World) -> None:
    sink = world.sink()
    gone, alive = ids(sink.upsert([lead(1), lead(2)]))
    _act(world, "delete", id=gone)
    outcomes = sink.upsert([lead(1, phone="+4930", crm_id=gone), lead(2, phone="+4931", crm_id=alive)])
    assert isinstance(outcomes[0], Reject)
    assert outcomes[0].problem.code == "deleted_in_crm"
    assert isinstance(outcomes[1], Done)
    assert len(world.contacts()) == 1


def test_many_deleted_contacts_are_told_within_a_few_passes(world: World) -> None:
    sink = world.sink()
    known = ids(sink.upsert([lead(number) for number in range(60)]))
    for crm_id in known:
        _act(world, "delete", id=crm_id)
    rows = [lead(number, crm_id=crm_id, phone="+4930") for number, crm_id in enumerate(known)]
    for _ in range(3):
        before = sink.calls
        outcomes = sink.upsert(rows)
        assert sink.calls - before <= 25
        rows = [row for row, outcome in zip(rows, outcomes, strict=True) if isinstance(outcome, Retry)]
        assert all(isinstance(outcome, Retry | Reject) for outcome in outcomes)
    assert rows == []


# --- the unique property ------------------------------------------------------------------------------------------------


def test_without_the_unique_property_the_sink_stops_and_says_how(world: World) -> None:
    with pytest.raises(Stop) as raised:
        world.sink(external_id="other_id").upsert([lead(1)])
    assert raised.value.problem.code == "no_external_id"
    assert "sinks prepare" in raised.value.problem.message
    world.portal.add_property("contacts", {"name": "other_id"})
    with pytest.raises(Stop):
        world.sink(external_id="other_id").upsert([lead(1)])
    assert world.contacts() == []


def test_a_unique_property_that_is_removed_in_mid_run_stops_the_sink(world: World) -> None:
    sink = world.sink()
    sink.upsert([lead(1)])
    world.portal.tables["contacts"].drop_property(EXTERNAL_ID)
    with pytest.raises(Stop):
        sink.upsert([lead(2)])
    assert len(world.contacts()) == 1


def test_an_id_of_ours_on_another_record_is_left_there(world: World) -> None:
    sink = world.sink()
    mine, other = world.seed(existing(1), existing(2, **{EXTERNAL_ID: uid(1)}))
    (outcome,) = sink.upsert([lead(1, phone="+4930", crm_id=mine)])
    assert isinstance(outcome, Done)
    assert [problem.code for problem in outcome.left_out] == ["external_id_taken"]
    assert world.stored(mine)["phone"] == "+4930"
    assert world.stored(other)[EXTERNAL_ID] == uid(1)


# --- order and identity of answers --------------------------------------------------------------------------------------


def test_answers_are_told_apart_without_trace_ids_and_in_any_order(world: World) -> None:
    world.untraced()
    rows = [lead(number) for number in range(30)]
    outcomes = world.sink().upsert(rows)
    for row, outcome in zip(rows, outcomes, strict=True):
        assert isinstance(outcome, Done)
        assert world.stored(outcome.crm_id)[EXTERNAL_ID] == row.external_id


def test_the_same_lead_twice_in_a_batch_goes_one_after_the_other(world: World) -> None:
    first, second = world.sink().upsert([lead(1), replace(lead(1), emails=())])
    assert isinstance(first, Done)
    assert isinstance(second, Retry)
    assert second.code == "same_record_twice"


def _merge(world: World, winner: str, loser: str) -> str:
    from leadrelay.sandbox.hubspot import people

    table = world.portal.table("contacts")
    return people.merge(world.portal, table, winner, loser, world.portal.by_sales()).id


def _act(world: World, action: str, **about: Any) -> None:
    from leadrelay.sandbox.hubspot import people

    assert action == "delete"
    people.remove(world.portal, world.portal.table("contacts"), about["id"])
