"""An erased person's contacts are removed in HubSpot: the linked ones and those that carry the lead's id."""

from __future__ import annotations

import pytest

from connectors.base import Act, Done, Link, Reject, Retry
from leadrelay.sandbox.hubspot import people
from tests.connectors.hubspot.support import EXTERNAL_ID, World, uid

WAYS = pytest.mark.parametrize("erase", ["gdpr_delete", "archive"])


def delete(number: int, *contacts: str) -> Act:
    return Act(f"delete-{number}", "delete", {"external_id": uid(number)}, tuple(Link("contacts", one) for one in contacts))


def living(world: World) -> set[str]:
    return {record.id for record in world.portal.records("contacts")}


@WAYS
def test_linked_contacts_and_those_with_our_id_are_removed(world: World, erase: str) -> None:
    addresses = [{"email": "a@a.example"}, {"email": "b@a.example", EXTERNAL_ID: uid(1)}, {"email": "c@a.example"}]
    linked, lost, kept = world.seed(*addresses)
    (outcome,) = world.sink(erase=erase).act([delete(1, linked)])
    assert isinstance(outcome, Done)
    assert living(world) == {kept}
    assert lost not in living(world)


def test_a_contact_that_is_erased_for_good_is_in_no_bin(world: World) -> None:
    (contact,) = world.seed({"email": "a@a.example"})
    world.sink().act([delete(1, contact)])
    assert world.portal.get("contacts", contact) is None


@WAYS
def test_what_is_gone_already_is_done(world: World, erase: str) -> None:
    (contact,) = world.seed({"email": "a@a.example"})
    sink = world.sink(erase=erase)
    world.portal.tables["contacts"].erase(contact)
    for _ in range(2):
        (outcome,) = sink.act([delete(1, contact)])
        assert isinstance(outcome, Done)


def test_a_contact_that_a_person_deleted_is_done_and_says_where_it_lies(world: World) -> None:
    (contact,) = world.seed({"email": "a@a.example"})
    people.remove(world.portal, world.portal.tables["contacts"], contact)
    (outcome,) = world.sink().act([delete(1, contact)])
    assert isinstance(outcome, Done)
    assert "recycle bin" in outcome.note


def test_a_stranger_that_took_the_contact_in_is_not_deleted(world: World) -> None:
    """An old id answers as the survivor: deleting it would delete another person's contact."""
    stranger, mine = world.seed({"email": "s@other.example"}, {"email": "a@a.example"})
    people.merge(world.portal, world.portal.tables["contacts"], stranger, mine, world.portal.by_sales())
    (outcome,) = world.sink().act([delete(1, mine)])
    assert isinstance(outcome, Reject)
    assert stranger in outcome.problem.message
    assert living(world) == {stranger}


def test_the_survivor_of_our_own_contacts_is_deleted(world: World) -> None:
    winner, loser = world.seed({"email": "s@a.example", EXTERNAL_ID: uid(1)}, {"email": "a@a.example"})
    people.merge(world.portal, world.portal.tables["contacts"], winner, loser, world.portal.by_sales())
    (outcome,) = world.sink().act([delete(1, loser)])
    assert isinstance(outcome, Done)
    assert not living(world)


def test_a_limit_on_the_way_concerns_those_that_are_left_only(world: World) -> None:
    contacts = world.seed(*({"email": f"a{number}@a.example"} for number in range(4)))
    sink = world.sink()
    sink.probe()
    world.portal.settings.burst_limit = world.portal.counters["calls"] + 4  # two reads, two deletions, and then no more
    outcomes = sink.act([delete(10 + number, contact) for number, contact in enumerate(contacts)])
    assert {type(outcome) for outcome in outcomes} == {Done, Retry}
    assert len(living(world)) == sum(isinstance(outcome, Retry) for outcome in outcomes)


def test_a_lost_answer_is_no_reason_to_stop(world: World) -> None:
    (contact,) = world.seed({"email": "a@a.example"})
    sink = world.sink()
    world.fail("cut_after_write", on="write")
    with pytest.raises(Retry):
        sink.act([delete(1, contact)])
    (outcome,) = sink.act([delete(1, contact)])
    assert isinstance(outcome, Done)


def test_an_app_that_may_not_delete_says_so_and_nobody_is_taken_for_erased(world: World) -> None:
    (contact,) = world.seed({"email": "a@a.example"})
    world.portal.settings.scopes -= {"crm.objects.contacts.write"}
    (outcome,) = world.sink().act([delete(1, contact)])
    assert isinstance(outcome, Reject)
    assert "crm.objects.contacts.write" in outcome.problem.message
    assert living(world) == {contact}
