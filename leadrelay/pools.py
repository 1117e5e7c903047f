"""What team.yaml says of hours, pools and people, as the routing's steps in `core` take it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from core.documents import Document, Plain
from core.hours import Calendar, make_calendar
from core.routing.compiling import Team
from core.routing.eligibility import Day, Limits, Member
from core.rules import Rules
from core.territory import read_territory
from leadrelay.engine.routing_plan import PoolPlan, RoutingPlan
from leadrelay.team import Person, TeamFile


def names_of(team: TeamFile) -> Team:
    """The names that a routing may use."""
    return Team(
        people=tuple(team.people),
        managers=tuple(email for email, person in team.people.items() if person.manager),
        pools={name: pool.fallback for name, pool in team.pools.items()},
        queues=tuple(team.queues),
        hours=tuple(team.hours),
        members={name: tuple(who for who, weight in pool.members.items() if weight) for name, pool in team.pools.items()},
    )


def names_in(document: Document) -> Team:
    """The names of a team file in which something else is wrong, so that only its own mistakes are told and not what follows."""
    root = document.plain()
    sections = root if isinstance(root, dict) else {}
    people, pools, queues, hours = (_entries(sections.get(name)) for name in ("people", "pools", "queues", "hours"))
    return Team(
        people=tuple(people),
        managers=tuple(people),
        pools={name: _fallback(pool) or next(iter(queues), None) for name, pool in pools.items()},
        queues=tuple(queues),
        hours=tuple(hours),
    )


def _entries(section: Plain | None) -> dict[str, Plain]:
    return dict(section) if isinstance(section, dict) else {}


def _fallback(pool: Plain) -> str | None:
    found = _entries(pool).get("fallback")
    return found if isinstance(found, str) else None


def calendars_of(team: TeamFile) -> dict[str, Calendar]:
    """The calendars of all hours by their names; public holidays are loaded for those that name some."""
    return {name: make_calendar(hours.zone, hours.days, hours.holidays) for name, hours in team.hours.items()}


def limits_of(team: TeamFile, pool: str, calendars: Mapping[str, Calendar]) -> Limits:
    """A pool's hours and caps."""
    found = team.pools[pool]
    hours = None if found.hours is None else calendars[found.hours]
    return Limits(hours, found.hours or "", found.per_day, found.open_leads)


def members_of(team: TeamFile, pool: str) -> tuple[Member, ...]:
    """A pool's members in their order, with their weights there."""
    return tuple(_member(email, weight, team.people[email]) for email, weight in team.pools[pool].members.items())


def _member(email: str, weight: int, person: Person) -> Member:
    territories = tuple(found for text in person.territories if (found := read_territory(text)) is not None)
    away = tuple(_days(text) for text in person.away)
    return Member(email, weight, person.languages, person.products, person.tier, territories, away, person.open_leads)


def _days(text: str) -> Day:
    first, _, last = text.partition("/")
    return date.fromisoformat(first), date.fromisoformat(last or first)


def routing_plan(rules: Rules, team: TeamFile, *, takes_tests: bool = False) -> RoutingPlan | None:
    """What leads are routed by; None where the rules have no routing."""
    if rules.routing is None:
        return None
    calendars = calendars_of(team)
    pools = {
        name: PoolPlan.of(name, members_of(team, name), limits_of(team, name, calendars), pool.fallback)
        for name, pool in team.pools.items()
    }
    people = names_of(team)
    return RoutingPlan(rules.routing, rules.checks, pools, calendars, takes_tests, tuple(people.people), tuple(people.managers))
