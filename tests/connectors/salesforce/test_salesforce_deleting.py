"""Erased persons: their leads and contacts are removed, whatever has happened to them before."""

from __future__ import annotations

import pytest

from connectors.base import Act, Done, Link, Reject, Retry
from tests.connectors.salesforce.support import EXTERNAL_ID, World, existing


def delete(uid: str, *links: Link) -> Act:
    return Act(f"crm-{uid}-delete".lower(), "delete", {"external_id": uid}, links)


def seeded(world: World, number: int, **fields: str) -> Link:
    return Link("Lead", world.org.seed("Lead", [existing(number, **fields)])[0])


def test_linked_records_are_deleted(world: World) -> None:
    lead = seeded(world, 1)
    contact = Link("Contact", world.org.seed("Contact", [{"LastName": "Weber", "Email": "anna1@acme.example"}])[0])
    other = seeded(world, 2)
    outcomes = world.sink().act([delete("uid-1", lead, contact)])
    assert isinstance(outcomes[0], Done)
    assert [record["Id"] for record in world.org.records("Lead")] == [other.crm_id]
    assert world.org.records("Contact") == []


def test_many_persons_cost_a_handful_of_calls(world: World) -> None:
    leads = [seeded(world, number) for number in range(150)]
    sink = world.sink()
    outcomes = sink.act([delete(f"uid-{number}", lead) for number, lead in enumerate(leads)])
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert world.org.records("Lead") == []
    assert sink.calls <= 5  # two descriptions, two look-ups, one delete


def test_a_record_that_only_carries_the_external_id_is_found(world: World) -> None:
    world.org.seed("Lead", [existing(1, **{EXTERNAL_ID: "UID-1"})])
    assert isinstance(world.sink().act([delete("uid-1")])[0], Done)
    assert world.org.records("Lead") == []


def test_what_is_gone_already_is_done(world: World) -> None:
    lead, kept = seeded(world, 1), seeded(world, 2)
    sink = world.sink()
    assert isinstance(sink.act([delete("uid-1", lead)])[0], Done)
    again = sink.act([delete("uid-1", lead), delete("uid-2", kept), delete("uid-3", Link("Lead", "00Q000000000000AAA"))])
    assert all(isinstance(outcome, Done) for outcome in again)
    assert world.org.records("Lead") == []


def test_a_lead_without_any_record_is_done(world: World) -> None:
    assert isinstance(world.sink().act([delete("uid-1")])[0], Done)


def test_a_cut_connection_is_a_retry_and_the_repeat_is_done(world: World) -> None:
    lead = seeded(world, 1)
    sink = world.sink()
    sink.act([delete("uid-0")])
    world.fail("cut_after_write")
    with pytest.raises(Retry):
        sink.act([delete("uid-1", lead)])
    assert isinstance(sink.act([delete("uid-1", lead)])[0], Done)
    assert world.org.records("Lead") == []


def test_a_locked_record_comes_again_and_keeps_none_of_the_others(world: World) -> None:
    locked, free = seeded(world, 1), seeded(world, 2)
    world.fail("record_error", index=0, code="UNABLE_TO_LOCK_ROW")
    outcomes = world.sink().act([delete("uid-1", locked), delete("uid-2", free)])
    assert isinstance(outcomes[0], Retry)
    assert isinstance(outcomes[1], Done)


@pytest.mark.parametrize("code", ["INSUFFICIENT_ACCESS_OR_READONLY", "DELETE_FAILED"])
def test_a_record_that_may_not_be_deleted_is_a_problem_that_says_what_to_do(world: World, code: str) -> None:
    lead = seeded(world, 1)
    world.fail("record_error", index=0, code=code)
    (outcome,) = world.sink().act([delete("uid-1", lead)])
    assert isinstance(outcome, Reject)
    assert outcome.problem.code == "not_deleted"
    assert "delete it there" in outcome.problem.message
    assert "Weber" not in outcome.problem.message
