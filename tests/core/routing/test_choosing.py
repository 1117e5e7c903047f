"""Which line of the routing a lead takes, why, and every mistake in the lines at its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from core.condition_compiling import compile_condition
from core.condition_scope import lead_scope
from core.conditions import Case, Condition
from core.documents import MapNode, read_document
from core.fields import STANDARD
from core.hours import make_calendar
from core.instants import DAY, HOUR, MINUTE, from_datetime
from core.lead import Lead, Value, Won
from core.mapping.reader import Reader
from core.routing.choosing import (
    Circumstances,
    Route,
    Routing,
    Stays,
    ToOwner,
    ToPool,
    ToQueue,
    Waits,
    as_json,
    choose,
    needs_of,
    trace,
)
from core.routing.compiling import Team, compile_routing
from core.routing.eligibility import Needs
from core.shadows import Shadows, routing_rows
from core.territory import Location

NOW = from_datetime(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
TEAM = Team(
    people=("anna@acme.example", "ben@acme.example"), managers=("anna@acme.example",),
    pools={"dach": None, "dach-enterprise": "unassigned", "emea": "dach-enterprise"}, queues=("unassigned",), hours=("business",),
)  # fmt: skip
RULES = """
start_when: {any: [big, {has_touch: {kind: [demo_request]}}]}
reroute: REROUTE
to:
  - {name: known account,   when: {account.owner: {known: true}},             owner: account.owner}
  - name: DACH enterprise
    when: {company.country: {in: [DE, AT, CH]}, company.employees: {at_least: 250}}
    pool: dach-enterprise
    tier: 1
  - name: Berlin
    when: {address.country: {is: DE}, address.postcode: {between: [10000-12999, 13000-14999]}}
    owner: ben@acme.example
  - {name: London,          when: {address.postcode: {starts_with: [SW1, EC]}}, pool: emea}
  - {name: DACH,            when: {company.country: {in: [DE, AT, CH]}},      pool: dach}
  - {name: everyone else,   otherwise: true, queue: unassigned}
respond_within: {minutes: 30, hours: business, warn: owner, then: manager}
"""


def conditions(texts: Mapping[str, str]) -> dict[str, Condition]:
    reader = Reader(STANDARD)
    found = {
        name: compile_condition(reader, read_document(text, "c.yaml").root, lead_scope(STANDARD)) for name, text in texts.items()
    }
    assert not reader.problems
    return {name: condition for name, condition in found.items() if condition is not None}


CHECKS = conditions({"big": "{company.employees: {at_least: 500}}", "german": "{company.country: {in: [DE]}}"})


def read(text: str, team: Team = TEAM) -> tuple[Routing | None, list[str]]:
    document = read_document(text, "rules.yaml")
    assert isinstance(document.root, MapNode)
    assert not document.problems
    reader = Reader(STANDARD)
    found = compile_routing(reader, document.root, lead_scope(STANDARD, CHECKS), team)
    return None if reader.problems else found, [str(each) for each in reader.problems]


def routing(reroute: str = "never") -> Routing:
    found, problems = read(RULES.replace("REROUTE", reroute))
    assert problems == []
    assert found is not None
    return found


def case(*kinds: str, **fields: Value) -> Case:
    won = {path.replace("__", "."): Won(value, 5, "t1") for path, value in fields.items()}
    return Case(Lead("L", 1, won, dict.fromkeys(kinds, NOW)), NOW, CHECKS)


# --- choosing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "line", "to"),
    [
        ({"company__country": "DE", "company__employees": "250-500"}, "DACH enterprise", ToPool("dach-enterprise", "1")),
        ({"company__country": "DE", "company__employees": "11-50"}, "DACH", ToPool("dach")),
        ({"company__country": "DE", "company__employees": "100-500"}, "DACH", ToPool("dach")),  # unknown is not yes
        ({"company__country": "FR"}, "everyone else", ToQueue("unassigned")),
        ({}, "everyone else", ToQueue("unassigned")),
        ({"account__owner": "carl@acme.example", "company__country": "DE"}, "known account", ToOwner("carl@acme.example")),
        ({"address__country": "DE", "address__postcode": "10115"}, "Berlin", ToOwner("ben@acme.example")),
        ({"address__country": "DE", "address__postcode": "20095"}, "everyone else", ToQueue("unassigned")),
        ({"address__country": "DE"}, "everyone else", ToQueue("unassigned")),
        ({"address__postcode": "sw1a 1aa"}, "London", ToPool("emea")),
    ],
)
def test_the_first_line_that_is_true_takes_the_lead(fields: dict[str, Value], line: str, to: object) -> None:
    found = choose(routing(), case("demo_request", **fields))
    assert isinstance(found, Route)
    assert (found.line, found.to) == (line, to)


def test_the_reason_is_the_condition_in_words() -> None:
    found = choose(routing(), case("demo_request", company__country="DE", company__employees="300"))
    assert isinstance(found, Route)
    assert found.reason == "company.country in DE, AT, CH and company.employees at least 250"
    known = choose(routing(), case("demo_request", account__owner="carl@acme.example"))
    assert isinstance(known, Route)
    assert known.reason == "account.owner is known"
    other = choose(routing(), case("demo_request"))
    assert isinstance(other, Route)
    assert other.reason == "no other line holds"


def test_an_owner_set_in_the_crm_stays_and_so_does_a_queue() -> None:
    owned = case("demo_request", owner__email="sue@acme.example", account__owner="carl@acme.example")
    assert choose(routing(), owned) == Stays("sue@acme.example", "has an owner in the CRM, who keeps the lead")
    assert isinstance(choose(routing("when_overdue"), owned), Stays)
    assert isinstance(choose(routing(), case(owner__queue="Inbound")), Stays)
    assert isinstance(choose(routing(), owned, Circumstances(is_overdue=True)), Stays)


def test_a_lead_that_lay_too_long_goes_to_somebody_else_where_the_rules_say_so() -> None:
    owned = case(owner__email="ben@acme.example", address__country="DE", address__postcode="10115", company__country="DE")
    found = choose(routing("when_overdue"), owned, Circumstances(is_overdue=True))
    assert isinstance(found, Route)
    assert (found.line, found.to, found.away_from) == ("DACH", ToPool("dach"), "ben@acme.example")
    assert found.skipped == {"Berlin": "ben@acme.example has let the lead lie"}
    assert found.reason.endswith("; the answer of ben@acme.example is overdue")


def test_a_lead_waits_until_it_may_start_and_says_what_is_missing() -> None:
    assert choose(routing(), case("newsletter_signup", company__employees="10")) == Waits("`start_when` does not hold")
    found = choose(routing(), case("newsletter_signup"))
    assert found == Waits("it is not known yet whether `start_when` holds", ("company.employees",))


def test_an_inactive_owner_is_passed_over() -> None:
    subject = case("demo_request", account__owner="carl@acme.example", company__country="DE")
    found = choose(routing(), subject, Circumstances({"carl@acme.example": "HubSpot"}))
    assert isinstance(found, Route)
    assert found.line == "DACH"
    assert found.skipped == {"known account": "carl@acme.example is no active user in HubSpot"}


def test_the_trace_has_every_line_down_to_the_one_that_took_it() -> None:
    rules, subject = routing(), case("demo_request", company__country="DE")
    decision = choose(rules, subject)
    found = trace(rules, subject, decision)
    assert json.loads(json.dumps(found)) == found
    lines = found["lines"]
    assert isinstance(lines, list)
    assert [(line["name"], line["truth"], line["taken"]) for line in lines] == [
        ("known account", "false", False), ("DACH enterprise", "unknown", False), ("Berlin", "unknown", False),
        ("London", "unknown", False), ("DACH", "true", True),
    ]  # fmt: skip
    assert lines[1]["missing"] == ["company.employees"]
    assert lines[4]["when"]["value"] == "DE"
    assert found["decision"] == {"outcome": "routed", "line": "DACH", "reason": "company.country in DE, AT, CH", "pool": "dach"}
    assert as_json(Stays("a", "b")) == {"outcome": "stays", "owner": "a", "reason": "b"}
    assert trace(rules, subject, Stays("a", "b")) == {"decision": as_json(Stays("a", "b"))}


def test_what_a_lead_asks_of_a_member_is_what_is_known_of_it() -> None:
    subject = case(person__language="de", interest__product="CRM", company__country="DE", address__postcode="10115").subject
    assert needs_of(subject, ToPool("p", "1")) == Needs("de", "CRM", "1", Location("DE"))
    placed = case(address__country="US", address__region="NY", address__postcode="10001", company__country="DE").subject
    assert needs_of(placed, ToPool("p")) == Needs(location=Location("US", "NY", "10001"))
    assert needs_of(case().subject, ToPool("p")) == Needs()


def test_the_answer_is_due_in_working_hours() -> None:
    response = routing().respond_within
    assert response is not None
    assert (response.within, response.hours, response.warn, response.then) == (30 * MINUTE, "business", "owner", "manager")
    business = make_calendar("UTC", {"mon-fri": ["09:00-17:30"]})
    evening = NOW + 8 * HOUR + 20 * MINUTE
    assert response.deadline(evening, {"business": business}) == NOW + 3 * DAY + 20 * MINUTE
    around_the_clock = read("to: [{name: all, otherwise: true, queue: unassigned}]\nrespond_within: {minutes: 5}")[0]
    assert around_the_clock is not None
    assert around_the_clock.respond_within is not None
    assert around_the_clock.respond_within.deadline(evening, {}) == evening + 5 * MINUTE


# --- problems -------------------------------------------------------------------------------------------------------

LAST = "\n  - {name: rest, otherwise: true, queue: unassigned}"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("reroute: never", "1:1", "`routing` needs `to`"),
        ("to: []", "1:5", "`to` is a list of lines"),
        (
            "to:\n  - {name: a, when: big, pool: dahc}" + LAST,
            "2:32",
            "there is no pool `dahc` in team.yaml. Did you mean `dach`?",
        ),
        ("to:\n  - {name: a, when: big, queue: unasigned}" + LAST, "2:33", "Did you mean `unassigned`?"),
        ("to:\n  - {name: a, when: big, pool: unassigned}" + LAST, "2:32", "is no pool. Write `queue: unassigned`."),
        ("to:\n  - {name: a, when: big, owner: dach}" + LAST, "2:33", "is no owner. Write `pool: dach`."),
        ("to:\n  - {name: a, when: big, owner: anna@acme.exampel}" + LAST, "2:33", "Did you mean `anna@acme.example`?"),
        ("to:\n  - {name: a, when: big, owner: acount.owner}" + LAST, "2:33", "Did you mean `account.owner`?"),
        ("to:\n  - {name: a, when: big, owner: company.name}" + LAST, "2:33", "holds no e-mail address"),
        ("to:\n  - {name: a, when: big}" + LAST, "2:5", "needs one of `owner`, `pool` and `queue`"),
        ("to:\n  - {name: a, when: big, pool: dach, queue: unassigned}" + LAST, "2:38", "Remove `queue`"),
        ("to:\n  - {when: big, pool: dach}" + LAST, "2:5", "needs `name`"),
        ("to:\n  - {name: a, pool: dach}" + LAST, "2:5", "needs `when`"),
        ("to:\n  - {name: a, otherwise: true, pool: dach}" + LAST, "2:15", "Move this line to the end."),
        ("to:\n  - {name: a, when: big, pool: dach}", "2:5", "the last line must be `otherwise: true`"),
        ("to:\n  - {name: a, when: big, otherwise: true, queue: unassigned}", "2:15", "not both"),
        ("to:\n  - {name: a, otherwise: no, queue: unassigned}", "2:26", "wants `otherwise: true`"),
        ("to:\n  - {name: rest, when: big, pool: dach}" + LAST, "3:5", "two lines are called `rest`"),
        ("to:\n  - {name: a, when: big, queue: unassigned, tier: 1}" + LAST, "2:45", "`tier` is asked of a pool's members"),
        ("to:\n  - {name: a, when: {company.size: {is: 1}}, pool: dach}" + LAST, "2:22", "is not a lead field"),
        (
            "to:\n  - {name: a, when: {address.postcode: {between: 1-22}}, pool: dach}" + LAST,
            "2:50",
            "two ends of the same length",
        ),
        ("to:\n  - {name: a, otherwise: true, owner: anna@acme.example}", "2:5", "one person can be away"),
        ("to:\n  - {name: a, otherwise: true, pool: dach}", "2:5", "the pool `dach` has no `fallback` that ends in a queue"),
        ("reroute: allways\nto:" + LAST, "1:10", "`reroute` can not be `allways`"),
        ("to:" + LAST + "\nrespond_within: {minutes: soon}", "3:27", "a whole number"),
        ("to:" + LAST + "\nrespond_within: {hours: business}", "3:1", "needs `minutes`"),
        ("to:" + LAST + "\nrespond_within: {minutes: 5, hours: busines}", "3:37", "Did you mean `business`?"),
        ("to:" + LAST + "\nrespond_within: {minutes: 5, warn: ownr}", "3:36", "Did you mean `owner`?"),
    ],
)
def test_each_mistake_is_found_at_its_place(text: str, place: str, words: str) -> None:
    found, problems = read(text)
    assert found is None
    assert len(problems) == 1
    assert problems[0].startswith(f"rules.yaml:{place}: ")
    assert words in problems[0]


def test_a_manager_who_is_told_must_exist() -> None:
    text = "to:" + LAST + "\nrespond_within: {minutes: 5, then: manager}"
    problems = read(text, Team(queues=("unassigned",)))[1]
    assert [problem.split(": ")[0] for problem in problems] == ["rules.yaml:3:36"]
    assert "nobody in team.yaml is a manager" in problems[0]


def test_a_last_pool_that_falls_back_on_a_queue_is_enough_and_the_others_need_one_too() -> None:
    assert read("to:\n  - {name: all, otherwise: true, pool: emea}")[1] == []
    problems = read("to:\n  - {name: a, when: big, pool: dach}\n  - {name: all, otherwise: true, owner: anna@acme.example}")[1]
    assert [problem.split(": ")[0] for problem in problems] == ["rules.yaml:3:5", "rules.yaml:2:5"]
    circle = Team(pools={"a": "b", "b": "a"})
    assert "no `fallback`" in read("to: [{name: all, otherwise: true, pool: a}]", circle)[1][0]


def hidden(text: str) -> list[str]:
    routing, problems = read(text)
    assert routing is not None, problems
    return [str(problem) for problem in Shadows(CHECKS, STANDARD).hidden(routing_rows(routing), "the line")]


@pytest.mark.parametrize(
    ("above", "below", "is_shadowed"),
    [
        ("{company.country: {in: [DE, AT]}}", "{company.country: {is: de}}", True),
        ("{company.country: {in: [DE, AT]}}", "{company.country: {in: [DE, CH]}}", False),
        ("{company.country: {in: [DE, AT]}}", "{company.country: {in: [AT]}, company.employees: {at_least: 9}}", True),
        ("{company.country: {in: [DE], is_not: FR}}", "{company.country: {is: DE}}", True),
        ("{company.employees: {at_least: 10}}", "{company.employees: {at_least: 250}}", True),
        ("{company.employees: {at_least: 250}}", "{company.employees: {at_least: 10}}", False),
        ("{company.employees: {at_most: 10}}", "{company.employees: {is: 1-9}}", True),
        ("{company.employees: {at_most: 10}}", "{company.employees: {is: 5-20}}", False),
        ("{company.name: {known: true}}", "{company.name: {contains: gmbh}}", True),
        ("{company.name: {contains: gmbh}}", "{company.name: {known: true}}", False),
        ("{company.name: {contains: mbh}}", "{company.name: {contains: gmbh}}", True),
        ("{company.name: {known: false}}", "{company.name: {known: false}}", True),
        ("{address.postcode: {between: 10000-19999}}", "{address.postcode: {between: 10000-14999}}", True),
        ("{address.postcode: {between: 10000-19999}}", "{address.postcode: {between: 1000-1499}}", False),
        ("{address.postcode: {between: 10000-19999}}", "{address.postcode: {is: 10115}}", True),
        ("{address.postcode: {starts_with: [SW, EC]}}", "{address.postcode: {starts_with: SW1}}", True),
        ("{interest.timeframe: {not_in: [later]}}", "{interest.timeframe: {not_in: [later, now]}}", True),
        ("{interest.timeframe: {not_in: [later, now]}}", "{interest.timeframe: {not_in: [later]}}", False),
        ("{has_touch: {kind: [a, b]}}", "{has_touch: {kind: a, within: 3 days}}", True),
        ("{has_touch: {kind: [a, b], within: 1 day}}", "{has_touch: {kind: a, within: 3 days}}", False),
        ("{lead.created_at: {within: 9 days}}", "{lead.created_at: {within: 2 days}}", True),
        ("{lead.created_at: {at_least: 2026-01-01}}", "{lead.created_at: {at_least: 2026-02-01}}", True),
        ("big", "{all: [big, {person.language: {is: de}}]}", True),
        ("big", "{company.employees: {at_least: 500}}", True),
        ("{company.employees: {at_least: 400}}", "big", True),
        ("{company.employees: {at_least: 600}}", "big", False),
        ("{any: [big, german]}", "german", True),
        ("{any: [big, german]}", "{any: [german, big]}", True),
        ("german", "{any: [german, big]}", False),
        ("{none: [big]}", "{none: [german, big]}", True),
        ("{none: [big, german]}", "{none: [big]}", False),
        ("{expression: score.total > 5}", "{expression: 'score.total  > 5'}", True),
        ("{expression: score.total > 5}", "{expression: score.total > 6}", False),
        ("{score.total: {at_least: 5}}", "{score.total: {in: [6, 7]}}", True),
        ("{interest.confirmed: {is_not: false}}", "{interest.confirmed: {is: true}}", True),
    ],
)
def test_a_line_that_is_never_reached_is_found(above: str, below: str, is_shadowed: bool) -> None:
    problems = hidden(f"to:\n  - {{name: a, when: {above}, pool: dach}}\n  - {{name: b, when: {below}, pool: emea}}" + LAST)
    if is_shadowed:
        assert len(problems) == 1
        assert problems[0].startswith("rules.yaml:3:5: the line `b` is never reached: `a` in line 2 takes all of its leads.")
    else:
        assert problems == []


def test_a_line_below_one_that_may_have_nobody_is_not_shadowed() -> None:
    above = "{name: a, when: german, owner: anna@acme.example}"
    assert hidden(f"to:\n  - {above}\n  - {{name: b, when: german, pool: dach}}" + LAST) == []
