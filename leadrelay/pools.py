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
from leadrelay.team import Person, ReadTeam, TeamFile


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


def names_in(document: Document, read: ReadTeam) -> Team:
    """The names of a team file in which something may be wrong, so that only its own mistakes are told and not what follows."""
    root = document.plain()
    sections = root if isinstance(root, dict) else {}
    people, pools, queues, hours = (_entries(sections.get(name)) for name in ("people", "pools", "queues", "hours"))
    whole = names_of(read.readable)
    falls = {name: whole.pools[name] if name in whole.pools else _fallback(pool, queues) for name, pool in pools.items()}
    known = {None, *queues, *pools}
    return Team(
        people=tuple(people),
        managers=(*whole.managers, *(email for email in people if email not in read.readable.people)),
        pools={name: fallback if fallback in known else next(iter(queues), None) for name, fallback in falls.items()},
        queues=tuple(queues),
        hours=tuple(hours),
        members=whole.members,
        is_unread=not read.is_whole,
    )


def _entries(section: Plain | None) -> dict[str, Plain]:
    return dict(section) if isinstance(section, dict) else {}


def _fallback(pool: Plain, queues: Mapping[str, Plain]) -> str | None:
    """What a pool that can not be read falls back on; if it does not say, a queue, so that nothing more is complained of."""
    found = _entries(pool).get("fallback")
    return found if isinstance(found, str) else next(iter(queues), None)


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
    away = tuple(days_of(text) for text in person.away)
    return Member(email, weight, person.languages, person.products, person.tier, territories, away, person.open_leads)


def days_of(text: str) -> Day:
    """The first and the last day of a range, or of one day."""
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
