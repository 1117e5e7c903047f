"""Tasks and campaign members: each once, whatever breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.base import Act, Done, Link, Reject, Retry
from tests.connectors.salesforce.support import World, existing


@pytest.fixture
def person(world: World) -> Link:
    return Link("Lead", world.org.seed("Lead", [existing(1)])[0])


@pytest.fixture
def campaign(world: World) -> str:
    return world.org.seed("Campaign", [{"Name": "Webinar"}])[0]


def task(key: str, *links: Link, **more: bool) -> Act:
    return Act(key, "task", {"subject": "Demo request", "description": "Please call\nme back"}, links, **more)


def member(key: str, campaign: str, *links: Link) -> Act:
    return Act(key, "campaign_member", {"campaign": campaign, "status": "Responded"}, links)


def test_a_task_stands_at_the_lead_and_carries_its_key(world: World, person: Link) -> None:
    outcome = world.sink().act([task("k1", person)])[0]
    assert isinstance(outcome, Done)
    stored = world.stored(outcome.crm_id, "Task")
    assert (stored["WhoId"], stored["Subject"]) == (person.crm_id, "Demo request")
    assert stored["Description"] == "Please call\nme back\n\n[leadrelay k1]"


def test_many_actions_cost_one_call_a_kind(world: World, person: Link, campaign: str) -> None:
    sink = world.sink()
    outcomes = sink.act([task(f"k{n}", person) for n in range(50)] + [member("m", campaign, person)])
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert sink.calls == 2


def test_a_task_whose_answer_was_cut_off_is_not_made_twice(world: World, person: Link) -> None:
    sink = world.sink()
    sink.probe()
    world.fail("cut_after_write")
    with pytest.raises(Retry) as raised:
        sink.act([task("k1", person)])
    assert raised.value.may_have_happened
    outcomes = sink.act([task("k1", person, is_unsure=True), task("k11", person, is_unsure=True)])
    assert [outcome.created for outcome in outcomes if isinstance(outcome, Done)] == [False, True]
    assert len(world.org.records("Task")) == 2


def test_a_task_is_found_again_at_the_contact_after_a_conversion(world: World, person: Link) -> None:
    sink = world.sink()
    sink.act([task("k1", person)])
    contact = Link("Contact", str(world.org.convert(person.crm_id)["contactId"]))
    assert isinstance(sink.act([task("k1", person, contact, is_unsure=True)])[0], Done)
    assert len(world.org.records("Task")) == 1


@pytest.mark.parametrize("kind", ["task", "campaign_member"])
def test_an_action_of_a_lead_converted_meanwhile_goes_to_its_contact(
    world: World, person: Link, campaign: str, kind: str
) -> None:
    contact = str(world.org.convert(person.crm_id)["contactId"])
    act = task("k1", person) if kind == "task" else member("k1", campaign, person)
    outcome = world.sink().act([act])[0]
    assert isinstance(outcome, Done), outcome
    stored = world.stored(outcome.crm_id, "Task" if kind == "task" else "CampaignMember")
    assert contact in (stored["WhoId"], stored["ContactId"])


def test_a_contact_is_preferred_to_the_lead_it_came_from(world: World, person: Link, campaign: str) -> None:
    contact = Link("Contact", str(world.org.convert(person.crm_id)["contactId"]))
    outcomes = world.sink().act([task("k1", person, contact), member("k2", campaign, person, contact)])
    assert all(isinstance(outcome, Done) for outcome in outcomes)


def test_a_member_already_is_what_was_wanted(world: World, person: Link, campaign: str) -> None:
    sink = world.sink()
    first = sink.act([member("k1", campaign, person)])[0]
    second = sink.act([member("k2", campaign, person)])[0]
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (first.created, second.created) == (True, False)
    assert len(world.org.records("CampaignMember")) == 1


@pytest.mark.parametrize("name", ["Webinar", "WEBINAR"])
def test_a_campaign_may_be_named_by_name(world: World, person: Link, campaign: str, name: str) -> None:
    outcome = world.sink().act([member("k1", name, person)])[0]
    assert isinstance(outcome, Done)
    assert world.stored(outcome.crm_id, "CampaignMember")["CampaignId"] == campaign


@pytest.mark.parametrize("name", ["Nobody knows", "", "7015e000000AbCd", "701') OR (Id != '"])
def test_a_campaign_that_is_not_there_is_named(world: World, person: Link, campaign: str, name: str) -> None:
    outcomes = world.sink().act([member("k1", name, person), member("k2", campaign, person)])
    assert isinstance(outcomes[0], Reject)
    assert outcomes[0].problem.code == "no_campaign"
    assert name in outcomes[0].problem.message
    assert isinstance(outcomes[1], Done)


def test_an_action_without_a_record_or_of_an_unknown_kind_is_rejected(world: World, person: Link, campaign: str) -> None:
    acts = [
        task("k1"),
        replace(task("k2", person), kind="dance"),
        member("k3", campaign, Link("Lead", "../evil")),
        task("k4", person),
    ]
    assert [type(outcome) for outcome in world.sink().act(acts)] == [Reject, Reject, Reject, Done]


def test_what_one_kind_has_done_is_settled_when_the_next_kind_fails(world: World, person: Link) -> None:
    sink = world.sink()
    sink.probe()
    world.fail("unavailable", on="read")
    outcomes = sink.act([task("k1", person), member("k2", "Webinar", person)])
    assert [type(outcome) for outcome in outcomes] == [Done, Retry]


def test_an_action_of_a_record_that_was_merged_away_goes_to_the_record_that_is_left(
    world: World, person: Link, campaign: str
) -> None:
    (winner,) = world.org.seed("Lead", [existing(2)])
    world.org.merge(winner, [person.crm_id])
    outcomes = world.sink().act([task("k1", person), member("m", campaign, person)])
    assert all(isinstance(outcome, Done) and outcome.created for outcome in outcomes), outcomes
    assert [record["WhoId"] for record in world.org.records("Task")] == [winner]
    assert [record["LeadId"] for record in world.org.records("CampaignMember")] == [winner]


def test_a_task_that_moved_with_a_merge_is_not_made_twice(world: World, person: Link) -> None:
    sink = world.sink()
    sink.act([task("k1", person)])
    (winner,) = world.org.seed("Lead", [existing(2)])
    world.org.merge(winner, [person.crm_id])
    (outcome,) = sink.act([task("k1", person, is_unsure=True)])
    assert isinstance(outcome, Done)
    assert not outcome.created
    assert len(world.org.records("Task")) == 1


def test_an_action_of_a_deleted_record_is_rejected(world: World, person: Link, campaign: str) -> None:
    world.org.remove("Lead", person.crm_id)
    for outcome in world.sink().act([task("k1", person), member("m", campaign, person)]):
        assert isinstance(outcome, Reject)
        assert outcome.problem.code == "deleted_in_crm"


def test_a_merged_lead_that_was_converted_then_has_its_member_at_the_contact(world: World, person: Link, campaign: str) -> None:
    (winner,) = world.org.seed("Lead", [existing(2)])
    world.org.merge(winner, [person.crm_id])
    contact = str(world.org.convert(winner)["contactId"])
    (outcome,) = world.sink().act([member("m", campaign, person)])
    assert isinstance(outcome, Done)
    assert [record["ContactId"] for record in world.org.records("CampaignMember")] == [contact]
