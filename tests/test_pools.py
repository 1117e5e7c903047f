"""team.yaml for the routing: what it says of people and pools arrives there, and each mistake is found at its place."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from core.documents import read_document
from core.instants import from_datetime
from core.routing.eligibility import Needs, Now, candidates
from core.territory import Location
from leadrelay.pools import calendars_of, limits_of, members_of, names_of
from leadrelay.team import TeamFile, read_team

TEAM = """
hours:  {business: {zone: Europe/Berlin, mon-thu: "09:00-17:30", fri: ["09:00-12:00", "13:00-15:00"], holidays: DE-BE}}
people:
  anna@acme.example: {manager: true, tier: [1, 2], territories: [DE 80000-87999, AT], open_leads: 40}
  ben@acme.example:  {languages: [de, en], products: CRM, away: [2026-12-22/2027-01-02, 2026-11-20]}
pools:
  dach:
    members: {anna@acme.example: 1, ben@acme.example: 2}
    hours: business
    per_day: 20
    open_leads: 60
    fallback: unassigned
  enterprise: {members: [anna@acme.example], fallback: dach}
queues:
  unassigned: {salesforce: Inbound Leads}
"""


def read(text: str) -> tuple[TeamFile, list[str]]:
    team, problems = read_team(read_document(text, "team.yaml"))
    return team, [str(problem) for problem in problems]


def test_a_team_becomes_what_the_routing_takes() -> None:
    team, problems = read(TEAM)
    assert problems == []
    names = names_of(team)
    assert (names.managers, names.pools) == (("anna@acme.example",), {"dach": "unassigned", "enterprise": "dach"})
    assert names.ends_in_queue("enterprise")
    anna, ben = members_of(team, "dach")
    assert (anna.weight, anna.tiers, anna.open_leads, ben.weight, ben.products) == (1, ("1", "2"), 40, 2, ("CRM",))
    assert ben.away == ((date(2026, 12, 22), date(2027, 1, 2)), (date(2026, 11, 20), date(2026, 11, 20)))
    limits = limits_of(team, "dach", calendars_of(team))
    assert (limits.hours_name, limits.per_day, limits.open_leads) == ("business", 20, 60)
    assert limits_of(team, "enterprise", {}).hours is None


def test_who_may_take_a_lead_follows_from_the_file() -> None:
    team = read(TEAM)[0]
    friday = from_datetime(datetime(2026, 11, 20, 12, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    limits = limits_of(team, "dach", calendars_of(team))
    found = candidates(members_of(team, "dach"), limits, Needs("de", "CRM", "1", Location("DE", None, "10115")), Now(friday))
    assert [[reason.code for reason in candidate.reasons] for candidate in found.all] == [
        ["territory", "outside_hours"],
        ["away", "tier", "outside_hours"],
    ]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("hours: {x: {zone: UTC}}", "1:9", "never be open"),
        ("hours: {x: {mon: ['09:00-12:00', '11:00-13:00']}}", "1:13", "overlap"),
        ("hours: {x: {mon-fri: 09:00-17:00, fri: 09:00-12:00}}", "1:35", "`fri` is in `mon-fri` already"),
        ("hours: {x: {mon: 22:00-06:00}}", "1:13", "Cut a night at midnight"),
        ("hours: {x: {mon: 09:00-17:00, holidays: DE-BER}}", "1:41", "Did you mean `DE-BE`?"),
        ("people: {a@x.example: {territories: [Germany]}}", "1:38", "such as `[AT, US-NY"),
        ("people: {a@x.example: {away: [2026-02-31]}}", "1:31", "wants days"),
        ("people: {a@x.example: {away: 2026-02-03/2026-02-01}}", "1:30", "ends before it begins"),
        ("people: {a@x.example: {open_leads: 0}}", "1:36", "1"),
        ("pools: {a: {members: {}, fallback: unasigned}}\nqueues: {unassigned: {}}", "1:36", "Did you mean `unassigned`?"),
        ("pools: {a: {members: {}, fallback: b}, b: {members: {}, fallback: a}}", "1:36", "in a circle: a -> b -> a"),
        ("pools: {a: {members: {}, fallback: a}}", "1:36", "in a circle: a -> a"),
    ],
)
def test_each_mistake_is_found_at_its_place(text: str, place: str, words: str) -> None:
    problems = read(text)[1]
    assert len(problems) == 1
    assert problems[0].startswith(f"team.yaml:{place}: ")
    assert words in problems[0]
