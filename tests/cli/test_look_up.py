"""Whom a lead would go to, asked of a real store: the pools are asked as in earnest, and nothing stays of it."""

from __future__ import annotations

from core.instants import MINUTE
from leadrelay.commands.look_up import EmptyLookUp, StoreLookUp
from leadrelay.store.database import Database
from tests.support.routing import NOON, ledger, new_lead, plan_of, routed, team_of

ANNA, BEN = "anna@acme.example", "ben@acme.example"
PLAN = plan_of(team_of({ANNA: 1, BEN: 1}))


def test_the_next_turn_is_told_as_often_as_it_is_asked_and_stays_the_next(database: Database) -> None:
    asked = StoreLookUp(database)
    first = [asked.route(PLAN, new_lead(number), None, NOON).trace["member"] for number in (1, 2)]
    assert first[0] == first[1] and ledger(database) == []
    routed(database, PLAN, [new_lead(3)])
    way = asked.route(PLAN, new_lead(4), None, NOON + MINUTE)
    assert (way.outcome, way.trace["turn"], way.trace["member"]) == ("routed", 2, BEN if first[0] == ANNA else ANNA)
    assert way.lead.value("owner.email") == way.trace["member"]
    assert len(ledger(database)) == 1


def test_without_a_store_the_first_turn_is_told() -> None:
    way = EmptyLookUp().route(PLAN, new_lead(1), None, NOON)
    assert (way.outcome, way.trace["turn"]) == ("routed", 1)


def test_a_lead_that_somebody_has_stays_with_them(database: Database) -> None:
    lead = routed(database, PLAN, [new_lead(1)]).leads[new_lead(1).uid]
    way = StoreLookUp(database).route(PLAN, lead, lead, NOON + MINUTE)
    assert (way.outcome, way.trace["owner"]) == ("stays", lead.value("owner.email"))


def test_a_test_lead_goes_to_nobody(database: Database) -> None:
    way = StoreLookUp(database).route(PLAN, new_lead(1, is_test=True), None, NOON)
    assert (way.outcome, way.trace["reason"]) == ("waits", "it is a test lead, which goes to nobody")
