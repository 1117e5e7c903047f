"""Routing on the store: who gets a lead, what keeps it there, when it waits, and what the ledger says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from core.fields import STANDARD
from core.golden import fold
from core.instants import DAY, HOUR, MINUTE, Instant, to_iso
from core.lead import CRM_CHANGE, Cell, Lead, Touch
from leadrelay.engine.owning import DUE, WAITING, keep_owners, merged, unmerged
from leadrelay.store import people, rotation
from leadrelay.store.database import Database
from leadrelay.store.ids import from_uid
from leadrelay.store.people import Absence
from tests.support.routing import NOON, ledger, new_lead, plan_of, routed, team_of

ANNA, BEN, CARA = "anna@acme.example", "ben@acme.example", "cara@acme.example"
TEAM = f"""
hours: {{business: {{zone: Europe/Berlin, mon-fri: "09:00-17:30"}}}}
people: {{{ANNA}: {{}}, {BEN}: {{}}, {CARA}: {{}}}}
pools:
  sales: {{members: [{ANNA}, {BEN}], hours: business, fallback: rest}}
  night: {{members: [{CARA}], fallback: rest}}
  both:  {{members: [{ANNA}], per_day: 1, fallback: night}}
queues: {{rest: {{}}, last: {{}}}}
"""
EVENING: Instant = NOON + 8 * HOUR
MONDAY: Instant = NOON + 2 * DAY + 20 * HOUR
"""2025-11-24T08:00:00Z: 09:00 in Berlin."""


def rules(to: str = "pool: sales", more: str = "") -> str:
    first = f"{{name: all, when: {{lead.uid: {{known: true}}}}, {to}}}"
    return f"routing: {{{more} to: [{first}, {{name: rest, otherwise: true, queue: last}}]}}"


def told(lead: Lead, fields: dict[str, str], at: Instant = NOON + HOUR) -> Lead:
    """The lead after a CRM told something."""
    touch = Touch(f"TOLD{at:013}", "salesforce", at, CRM_CHANGE, {path: Cell(value) for path, value in fields.items()})
    return fold(lead, touch, STANDARD, uid=lead.uid)


def owner(found: Any, uid: str) -> object:
    lead: Lead = found.leads[uid]
    return lead.value("owner.email") or lead.value("owner.queue")


def test_a_lead_gets_an_owner_a_deadline_a_turn_and_a_trace(database: Database) -> None:
    plan = plan_of(TEAM, rules(more="respond_within: {minutes: 30, hours: business},"))
    lead = new_lead(7, NOON - 5 * MINUTE)
    found = routed(database, plan, [lead])
    (row,) = ledger(database)
    assert owner(found, lead.uid) == ANNA == row.member
    assert (row.lead_id, row.pool, row.turn, row.line, row.day) == (7, "sales", 1, "all", "2025-11-21")
    assert row.deadline_at == NOON + 25 * MINUTE
    assert found.leads[lead.uid].value(DUE) == to_iso(NOON + 25 * MINUTE)
    assert [(kind, number, data["to"]) for kind, number, data in found.events] == [("routed", 7, ANNA)]
    trace = json.loads(row.trace)
    (asked,) = trace["pools"]
    assert [each["email"] for each in asked["candidates"]] == [ANNA, BEN]
    assert asked["before"] == {ANNA: 0, BEN: 0}
    assert asked["after"][ANNA] == -asked["after"][BEN] < 0
    assert trace["lines"][0]["name"] == "all"


def test_a_routed_lead_keeps_its_owner_and_uses_no_second_turn(database: Database) -> None:
    plan = plan_of(TEAM, rules())
    lead = new_lead(7)
    first = routed(database, plan, [lead])
    again = routed(database, plan, [first.leads[lead.uid]])
    anew = routed(database, plan, [new_lead(7)])  # folded again from its touches
    with database.read() as connection:
        kept = keep_owners(connection, {lead.uid: new_lead(7)})
    assert {owner(found, lead.uid) for found in (first, again, anew)} == {ANNA} == {kept[lead.uid].value("owner.email")}
    assert len(ledger(database)) == 1
    assert again.events == anew.events == []


def test_an_owner_that_a_crm_told_stays_and_ends_the_assignment(database: Database) -> None:
    plan = plan_of(TEAM, rules())
    lead = routed(database, plan, [new_lead(7)]).leads[new_lead(7).uid]
    moved = told(lead, {"owner.email": CARA})
    found = routed(database, plan, [moved])
    assert owner(found, lead.uid) == CARA
    assert [(kind, data["from"], data["to"]) for kind, _, data in found.events] == [("owner_moved", ANNA, CARA)]
    assert [bool(row.is_current) for row in ledger(database)] == [False]
    assert owner(routed(database, plan, [told(new_lead(8), {"owner.queue": "Desk"})]), new_lead(8).uid) == "Desk"
    assert len(ledger(database)) == 1


def test_the_owner_goes_to_a_crm_also_where_the_newest_touch_was_told_by_it(database: Database) -> None:
    lead = told(new_lead(7), {"status": "Working"})
    found = routed(database, plan_of(TEAM, rules()), [lead])
    assert found.leads[lead.uid].told_by("owner.email") == ""


def test_a_changed_lead_of_the_stored_version_gets_the_next_one(database: Database) -> None:
    plan, lead = plan_of(TEAM, rules()), new_lead(7)
    stored = routed(database, plan, [lead], known={lead.uid: lead}).leads[lead.uid]
    assert stored.version == lead.version + 1
    other = new_lead(8)
    assert routed(database, plan, [other], known={}).leads[other.uid].version == other.version


def test_a_test_lead_takes_no_turn_unless_a_sink_takes_tests(database: Database) -> None:
    plan, lead = plan_of(TEAM, rules()), new_lead(7, is_test=True)
    assert owner(routed(database, plan, [lead]), lead.uid) is None
    assert owner(routed(database, replace(plan, takes_tests=True), [lead]), lead.uid) == ANNA


def test_a_lead_waits_for_the_hours_when_its_answer_is_not_due_before(database: Database) -> None:
    plan = plan_of(TEAM, rules(more="respond_within: {minutes: 30, hours: business},"))
    lead = new_lead(7, EVENING)
    found = routed(database, plan, [lead], EVENING)
    waiting = found.leads[lead.uid]
    assert owner(found, lead.uid) is None
    assert found.due == {lead.uid: MONDAY}
    assert [kind for kind, _, _ in found.events] == ["routing_waits"]
    assert routed(database, plan, [waiting], EVENING + MINUTE).events == []
    came = routed(database, plan, [waiting], MONDAY + MINUTE, known={lead.uid: waiting})
    assert owner(came, lead.uid) == ANNA
    assert WAITING not in came.leads[lead.uid].marks
    assert ledger(database)[0].deadline_at == MONDAY + 30 * MINUTE


def test_a_lead_whose_answer_is_due_before_the_hours_goes_to_the_fallback(database: Database) -> None:
    plan = plan_of(TEAM, rules(more="respond_within: {minutes: 30},"))
    found = routed(database, plan, [new_lead(7, EVENING)], EVENING)
    assert owner(found, new_lead(7).uid) == "rest"
    (row,) = ledger(database)
    assert (row.queue, row.member, row.pool, row.turn) == ("rest", None, None, None)
    asked = json.loads(row.trace)["pools"][0]
    assert {reason["code"] for each in asked["candidates"] for reason in each["reasons"]} == {"outside_hours"}


def test_a_pool_falls_back_on_a_pool_and_the_caps_count_what_came_in_another_one(database: Database) -> None:
    plan = plan_of(TEAM, rules("pool: both"))
    got = [owner(routed(database, plan, [new_lead(number)]), new_lead(number).uid) for number in (1, 2)]
    assert got == [ANNA, CARA]
    other = plan_of(TEAM, rules("pool: sales"))
    assert owner(routed(database, other, [new_lead(3)]), new_lead(3).uid) == ANNA
    tomorrow = NOON + 3 * DAY
    routed(database, other, [new_lead(4), new_lead(5)], tomorrow)
    assert owner(routed(database, plan, [new_lead(6)], tomorrow), new_lead(6).uid) == CARA


def test_a_pool_without_fallback_ends_in_the_last_line(database: Database) -> None:
    team = TEAM.replace(f"night: {{members: [{CARA}], fallback: rest}}", f"night: {{members: {{{CARA}: 0}}}}")
    assert owner(routed(database, plan_of(team, rules("pool: night")), [new_lead(1)]), new_lead(1).uid) == "last"


def test_who_is_away_by_command_or_inactive_in_a_crm_is_passed_over_and_the_trace_says_so(database: Database) -> None:
    plan = plan_of(TEAM, rules())
    with database.write() as connection:
        people.add_absence(connection, 1, Absence(ANNA, date(2025, 11, 20), people.FOR_GOOD, "boss", NOON))
    assert owner(routed(database, plan, [new_lead(1)]), new_lead(1).uid) == BEN
    said = json.loads(ledger(database)[0].trace)["pools"][0]["candidates"][0]["reasons"]
    assert said == [{"code": "away", "words": "is away"}]
    with database.write() as connection:
        people.set_inactive(connection, "salesforce", [BEN], NOON)
    assert owner(routed(database, plan, [new_lead(2)]), new_lead(2).uid) == "rest"
    with database.write() as connection:
        assert people.end_absence(connection, ANNA, date(2025, 11, 21)) == 1
        people.set_inactive(connection, "salesforce", [], NOON)
    assert {owner(routed(database, plan, [new_lead(n)]), new_lead(n).uid) for n in (3, 4)} == {ANNA, BEN}


@pytest.mark.parametrize("end", [{"status": "Closed - Converted"}, {"sales.converted_at": "2025-11-21T13:00:00Z"}])
def test_a_lead_that_sales_is_done_with_counts_no_longer(database: Database, end: dict[str, str]) -> None:
    plan = plan_of(team_of({ANNA: 1}, "open_leads: 1"))
    first = routed(database, plan, [new_lead(1)]).leads[new_lead(1).uid]
    assert owner(routed(database, plan, [new_lead(2)]), new_lead(2).uid) == "rest"
    done = routed(database, plan, [told(first, end)]).leads[first.uid]
    assert owner(routed(database, plan, [new_lead(3)]), new_lead(3).uid) == ANNA
    again = told(done, {"status": "Working"}, NOON + 2 * HOUR)
    if "status" in end:
        routed(database, plan, [again])
        assert ledger(database)[-1].closed_at is None


def test_an_overdue_lead_goes_to_somebody_who_did_not_let_it_lie(database: Database) -> None:
    plan = plan_of(TEAM, rules(more="reroute: when_overdue, respond_within: {minutes: 30},"))
    lead = new_lead(1)
    first = routed(database, plan, [lead])
    assert first.due == {lead.uid: NOON + 30 * MINUTE}
    held = first.leads[lead.uid]
    assert owner(routed(database, plan, [held], NOON + 29 * MINUTE), lead.uid) == ANNA
    answered = told(held, {"sales.first_activity_at": to_iso(NOON + 5 * MINUTE)}, NOON + 6 * MINUTE)
    assert owner(routed(database, plan, [answered], NOON + 40 * MINUTE), lead.uid) == ANNA
    second = routed(database, plan, [held], NOON + 30 * MINUTE)
    assert owner(second, lead.uid) == BEN
    assert second.due == {lead.uid: NOON + 60 * MINUTE}
    assert [(kind, data.get("owner") or data["away_from"]) for kind, _, data in second.events] == [
        ("response_overdue", ANNA), ("routed", ANNA),
    ]  # fmt: skip
    third = routed(database, plan, [second.leads[lead.uid]], NOON + 60 * MINUTE)
    assert owner(third, lead.uid) == "rest"
    assert owner(routed(database, plan, [third.leads[lead.uid]], NOON + 2 * HOUR), lead.uid) == "rest"
    assert [(row.member or row.queue, bool(row.is_current)) for row in sorted(ledger(database), key=lambda row: row.at)] == [
        (ANNA, False), (BEN, False), ("rest", True),
    ]  # fmt: skip


def test_a_lead_that_time_brought_is_due_from_then_on(database: Database) -> None:
    plan = plan_of(TEAM, rules(more="respond_within: {minutes: 30},"))
    lead = new_lead(1, NOON - 40 * DAY)
    routed(database, plan, [lead], known={lead.uid: lead})
    assert ledger(database)[0].deadline_at == NOON + 30 * MINUTE


def test_of_merged_leads_the_winner_has_the_owner_that_either_had(database: Database) -> None:
    plan = plan_of(team_of({ANNA: 1, BEN: 1}))
    loser, winner, third = new_lead(1), new_lead(2), new_lead(3)
    routed(database, plan, [loser])
    routed(database, plan, [third])
    with database.write() as connection:
        merged(connection, 2, 1, NOON)
        assert keep_owners(connection, {winner.uid: winner})[winner.uid].value("owner.email") == ANNA
    with database.write() as connection:
        merged(connection, 3, 2, NOON)
        assert rotation.open_of(connection, [ANNA, BEN]) == {BEN: 1}
        assert keep_owners(connection, {third.uid: third})[third.uid].value("owner.email") == BEN
    with database.write() as connection:
        unmerged(connection, 2, (2, 1))
        assert keep_owners(connection, {winner.uid: winner})[winner.uid].value("owner.email") == ANNA
        unmerged(connection, 1, (1,))
        assert keep_owners(connection, {winner.uid: winner})[winner.uid].value("owner.email") is None
        assert keep_owners(connection, {loser.uid: loser})[loser.uid].value("owner.email") == ANNA
    routed(database, plan, [loser])
    with database.read() as connection:
        assert rotation.open_of(connection, [ANNA, BEN]) == {ANNA: 1, BEN: 1}


def test_the_store_itself_refuses_two_current_assignments_of_a_lead_and_a_turn_twice(database: Database) -> None:
    row = (1, 7, NOON, "sales", 1, ANNA, None, "all", "2025-11-21", "{}", None, None)
    for other in ((2, 7, NOON, "sales", 2, *row[5:]), (3, 8, NOON, "sales", 1, *row[5:])):
        with pytest.raises(IntegrityError), database.write() as connection:
            rotation.write(connection, [row])
            rotation.write(connection, [other])
    assert ledger(database) == []


def test_what_is_rolled_back_has_used_no_turn(database: Database) -> None:
    from leadrelay.engine.routing import route
    from leadrelay.store.ids import Ids

    plan, lead = plan_of(TEAM, rules()), new_lead(1)
    with pytest.raises(RuntimeError), database.write() as connection:
        route(connection, plan, {lead.uid: lead}, NOON, Ids()).write(connection, NOON)
        raise RuntimeError
    assert ledger(database) == []
    assert from_uid(lead.uid) == 1
    assert owner(routed(database, plan, [lead]), lead.uid) == ANNA
