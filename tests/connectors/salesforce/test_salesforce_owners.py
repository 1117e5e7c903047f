"""Whom a record is given to: never to somebody who was not meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Done, Outcome, Upsert
from core.rendering import OwnerWanted
from leadrelay.sandbox.salesforce import AssignmentEntry, AssignmentRule
from tests.connectors.salesforce.support import World, existing, ids, lead

SALLY = OwnerWanted("sally@sandbox.example")


def given(number: int, owner: OwnerWanted, **more: Any) -> Upsert:
    """The n-th lead, to be given to somebody."""
    row = lead(number, **more)
    return replace(row, rendered={name: replace(rendered, owner=owner) for name, rendered in row.rendered.items()})


def done(outcomes: list[Outcome]) -> Done:
    ids(outcomes)
    (outcome,) = outcomes
    assert isinstance(outcome, Done)
    return outcome


def add_user(world: World, name: str, email: str, **more: Any) -> str:
    user = world.org.add_user(name, email)
    table = world.org.tables["User"]
    table.put({**table.records[user], **more})
    return user


@pytest.mark.parametrize("email", ["sally@sandbox.example", "Sally@SANDBOX.example"])
def test_a_new_record_is_given_to_the_user_with_the_email(world: World, email: str) -> None:
    outcome = done(world.sink().upsert([given(1, OwnerWanted(email))]))
    assert world.stored(outcome.crm_id)["OwnerId"] == world.org.sales_user_id
    assert "OwnerId" in outcome.sent
    assert not outcome.left_out


@pytest.mark.parametrize("name", ["Inbound Leads", "inbound leads", "Inbound_Leads"])
def test_a_queue_is_found_by_its_name_or_developer_name(world: World, name: str) -> None:
    outcome = done(world.sink().upsert([given(1, OwnerWanted(queue=name))]))
    assert world.stored(outcome.crm_id)["OwnerId"] == world.org.queue_id


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        (OwnerWanted("nobody@sandbox.example"), "no user"),
        (OwnerWanted("gone@sandbox.example"), "no active user"),
        (OwnerWanted("portal@sandbox.example"), "no standard user"),
        (OwnerWanted("twin@sandbox.example"), "several active users"),
        (OwnerWanted(queue="Inbound Lead"), "Did you mean `Inbound Leads`?"),
        (OwnerWanted(queue="Cases"), "does not take Lead records"),
    ],
)
def test_an_owner_who_is_not_certain_is_left_to_salesforce_and_the_record_is_written(
    world: World, owner: OwnerWanted, told: str
) -> None:
    add_user(world, "Portal", "portal@sandbox.example", UserType="Guest")
    for name in ("one", "two"):
        add_user(world, name, "twin@sandbox.example", Username=f"{name}@acme.example")
    world.org.add_queue("Cases", holds=("Case",))
    outcome = done(world.sink().upsert([given(1, owner)]))
    assert world.stored(outcome.crm_id)["OwnerId"] == world.org.integration_user_id
    (problem,) = outcome.left_out
    assert (problem.code, problem.field) == ("owner_inactive" if told == "no active user" else "owner_unknown", "OwnerId")
    assert told in problem.message
    assert "@" not in problem.message


@pytest.mark.parametrize(
    ("holder", "before", "gets"),
    [
        ("ben@sandbox.example", OwnerWanted("ben@sandbox.example"), True),
        ("ben@sandbox.example", OwnerWanted(queue="Inbound Leads"), False),
        ("left@sandbox.example", OwnerWanted("left@sandbox.example"), True),
        ("", OwnerWanted(queue="Inbound Leads"), True),
    ],
)
def test_an_owner_gives_way_only_where_we_had_given_the_record_to_him(
    world: World, holder: str, before: OwnerWanted, gets: bool
) -> None:
    add_user(world, "Ben", "ben@sandbox.example")
    first = done(world.sink().upsert([given(1, OwnerWanted("ben@sandbox.example"))]))
    left = add_user(world, "Left", "left@sandbox.example", IsActive=False)
    held = {"left@sandbox.example": left, "": world.org.queue_id}.get(holder) or world.stored(first.crm_id)["OwnerId"]
    table = world.org.tables["Lead"]
    table.put({**table.records[first.crm_id], "OwnerId": held})
    wanted = replace(SALLY, update="if_empty", instead_of=(before,))
    again = done(world.sink().upsert([given(1, wanted, crm_id=first.crm_id)]))
    assert world.stored(again.crm_id)["OwnerId"] == (world.org.sales_user_id if gets else held)


def test_of_several_users_with_one_email_the_active_standard_one_is_meant(world: World) -> None:
    add_user(world, "Old", "ben@sandbox.example", IsActive=False)
    add_user(world, "Guest", "ben@sandbox.example", UserType="Guest")
    ben = add_user(world, "Ben", "Ben@sandbox.example.invalid")
    outcome = done(world.sink().upsert([given(1, OwnerWanted("ben@sandbox.example"))]))
    assert world.stored(outcome.crm_id)["OwnerId"] == ben


def test_of_several_active_users_the_one_who_logs_in_with_the_email_is_meant(world: World) -> None:
    add_user(world, "Other", "ben@sandbox.example", Username="ben.admin@acme.example")
    ben = add_user(world, "Ben", "ben@sandbox.example")
    outcome = done(world.sink().upsert([given(1, OwnerWanted("ben@sandbox.example"))]))
    assert world.stored(outcome.crm_id)["OwnerId"] == ben


def test_two_hundred_leads_of_many_owners_cost_one_call_for_all_of_them(world: World) -> None:
    users = [add_user(world, f"User {n}", f"user{n}@sandbox.example") for n in range(40)]
    sink = world.sink()
    sink.upsert([lead(999)])
    calls = sink.calls
    rows = [given(n, OwnerWanted(f"user{n % 40}@sandbox.example")) for n in range(200)]
    made = ids(sink.upsert(rows))
    assert sink.calls - calls == 5  # leads, contacts, users and their schema, write
    assert [world.stored(crm_id)["OwnerId"] for crm_id in made] == [users[n % 40] for n in range(200)]
    calls = sink.calls
    ids(sink.upsert([given(1000 + n, OwnerWanted(f"user{n}@sandbox.example")) for n in range(40)]))
    assert sink.calls - calls == 3


def test_an_owner_who_left_meanwhile_is_left_out_and_looked_up_again(world: World) -> None:
    sink = world.sink()
    done(sink.upsert([given(1, SALLY)]))
    world.org.set_user_active(world.org.sales_user_id, is_active=False)
    outcome = done(sink.upsert([given(2, SALLY)]))
    assert [problem.code for problem in outcome.left_out] == ["owner_inactive"]
    assert world.stored(outcome.crm_id)["OwnerId"] == world.org.integration_user_id
    successor = add_user(world, "Sally Two", "sally@sandbox.example")
    outcome = done(sink.upsert([given(3, SALLY)]))
    assert world.stored(outcome.crm_id)["OwnerId"] == successor


@pytest.mark.parametrize(
    ("update", "held", "is_set"),
    [
        ("never", "ours", False),
        ("if_empty", "ours", True),
        ("if_empty", "queue", False),
        ("always", "queue", True),
    ],
)
def test_the_owner_of_a_known_record_follows_the_update_policy(world: World, update: Any, held: str, is_set: bool) -> None:
    owner_id = {"ours": world.org.integration_user_id, "queue": world.org.queue_id}[held]
    (crm_id,) = world.org.seed("Lead", [existing(1, Leadrelay_Id__c="uid-1", OwnerId=owner_id)])
    sink = world.sink()
    done(sink.upsert([given(1, replace(SALLY, update=update), crm_id=crm_id)]))
    assert world.stored(crm_id)["OwnerId"] == (world.org.sales_user_id if is_set else owner_id)
    writes = world.org.counters["updated Lead"]
    done(sink.upsert([given(1, replace(SALLY, update=update), crm_id=crm_id)]))
    assert world.org.counters["updated Lead"] == writes


def test_a_lead_that_was_taken_over_keeps_the_owner_sales_gave_it(world: World) -> None:
    (crm_id,) = world.org.seed("Lead", [existing(1, OwnerId=world.org.queue_id)])
    sink = world.sink()
    sink.upsert([given(1, SALLY)])
    done(sink.upsert([given(1, SALLY, crm_id=crm_id)]))
    assert world.stored(crm_id)["OwnerId"] == world.org.queue_id
    told = done(sink.upsert([given(1, replace(SALLY, update="if_empty"), crm_id=crm_id)])).note
    assert "its owner there stays (owner: update: if_empty)" in told


def test_a_record_whose_owner_is_the_wanted_one_is_told_to_say_the_same(world: World) -> None:
    sink = world.sink()
    crm_id = done(sink.upsert([given(1, SALLY)])).crm_id
    for owner in (SALLY, replace(SALLY, update="if_empty"), replace(SALLY, update="always")):
        assert done(sink.upsert([given(1, owner, crm_id=crm_id)])).note == "the CRM already says the same"


def test_the_assignment_rule_runs_only_where_salesforce_assigns_and_only_on_create(world: World) -> None:
    world.org.rules.assignment = AssignmentRule([AssignmentEntry(world.org.queue_id)])
    ours = done(world.sink().upsert([given(1, SALLY)]))
    assert world.stored(ours.crm_id)["OwnerId"] == world.org.sales_user_id
    sink = world.sink(assigned=("Lead",))
    theirs = done(sink.upsert([lead(2)]))
    assert world.stored(theirs.crm_id)["OwnerId"] == world.org.queue_id
    world.org.edit("Lead", theirs.crm_id, {"OwnerId": world.org.sales_user_id})
    done(sink.upsert([lead(2, crm_id=theirs.crm_id, Title="CEO")]))
    assert world.stored(theirs.crm_id)["OwnerId"] == world.org.sales_user_id


def test_users_that_are_hidden_from_us_are_said_so(world: World) -> None:
    world.org.deny("User", "read")
    outcome = done(world.sink().upsert([given(1, SALLY)]))
    assert "may not read users" in outcome.left_out[0].message


def test_what_was_written_is_told_as_the_crm_will_answer_it(world: World) -> None:
    outcome = done(world.sink().upsert([given(1, SALLY, NumberOfEmployees=25, Phone="+49 30 1")]))
    stored = world.stored(outcome.crm_id)
    assert outcome.wrote["NumberOfEmployees"] == 25
    assert {name: stored[name] for name in outcome.wrote} == dict(outcome.wrote)
    assert set(outcome.wrote) == set(outcome.sent)
