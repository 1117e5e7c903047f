"""Who of the team takes leads now, and why the others do not; days off that people tell by command or through the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from core.instants import Instant, to_datetime, to_iso
from core.routing.eligibility import Candidate, Load, Needs, Now, candidates
from leadrelay.engine.clock import Clock
from leadrelay.pools import calendars_of, limits_of, members_of
from leadrelay.store import people, rotation, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids
from leadrelay.store.people import FOR_GOOD, Absence
from leadrelay.team import TeamFile


@dataclass(frozen=True, slots=True)
class MemberNow:
    """One member of one pool as things are now: whether leads come, what is in the way, and what is there already."""

    person: str
    pool: str
    weight: int
    takes_leads: bool
    reasons: tuple[str, ...]
    leads_today: int
    open_leads: int
    pool_opens_at: str | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """Days off that were told by command; without `last` until the person is back."""

    person: str
    first: str
    last: str | None
    told_by: str


@dataclass(frozen=True, slots=True)
class TeamNow:
    """The team: every member of every pool, the absences that were told, and who is in no pool."""

    members: tuple[MemberNow, ...]
    absences: tuple[Days, ...]
    in_no_pool: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """What one member, or one queue, got by way of a pool or (without one) by name: how many leads, how many of them by a turn,
    how many went on to somebody else since, and how many are open. `owed` is what the weights of the pool's members of today
    would have given, had everybody been able to take every lead: absences, hours and caps are not counted. None without a pool,
    and for who is no member any more."""

    pool: str | None
    person: str | None
    queue: str | None
    leads: int
    turns: int
    moved_on: int
    open: int
    weight: int | None = None
    owed: float | None = None


@dataclass(frozen=True, slots=True)
class LedgerOf:
    """The ledger of some days, both included: `leads` is the sum of all shares, every lead that was routed then."""

    first: str
    last: str
    leads: int
    shares: tuple[Share, ...]


class TeamDesk:
    """The team of the configuration in force, with what the store knows of it."""

    def __init__(self, database: Database, team: Callable[[], TeamFile], clock: Clock, ids: Ids) -> None:
        self._database = database
        self._team = team
        self._clock = clock
        self._ids = ids

    def knows(self, person: str) -> bool:
        """Whether somebody stands in team.yaml."""
        return person in self._team().people

    def away(self, person: str, first: date, last: date, *, by: str) -> bool:
        """Somebody takes no leads from one day to another; False when that was known, or nobody of this name is there."""
        if not self.knows(person):
            return False
        now = self._clock()
        absence = Absence(person, first, last, by, now)
        with self._database.write() as connection:
            is_new = people.add_absence(connection, self._ids.one(now), absence)
            if is_new:
                self._note(connection, "person_away", {"person": person, "first": str(first), "last": str(last), "by": by})
        return is_new

    def back(self, person: str, *, by: str) -> int:
        """Somebody takes leads again from now on; how many absences ended."""
        today = to_datetime(self._clock()).date()
        with self._database.write() as connection:
            count = people.end_absence(connection, person, today)
            if count:
                self._note(connection, "person_back", {"person": person, "by": by})
        return count

    def now(self) -> TeamNow:
        """Who takes leads now, pool by pool, by the rules that routing goes by; what a single lead needs is not asked."""
        team, now = self._team(), self._clock()
        since = date.fromordinal(to_datetime(now).date().toordinal() - 1)
        with self._database.read() as connection:
            told = people.absences(connection, since)
            gone = people.inactive(connection)
            found = tuple(one for pool in team.pools for one in _pool(connection, team, pool, told, gone, now))
        listed = {one.person for one in found}
        return TeamNow(found, tuple(map(_days, told)), tuple(person for person in team.people if person not in listed))

    def ledger(self, first: date, last: date) -> LedgerOf:
        """Who got how many leads on these days, by each pool's own clock."""
        with self._database.read() as connection:
            rows = rotation.shares(connection, first.isoformat(), last.isoformat())
        turns: dict[str, int] = {}
        for row in rows:
            if row.pool:
                turns[row.pool] = turns.get(row.pool, 0) + row.turns
        found = tuple(_share(self._team(), row, turns) for row in rows)
        return LedgerOf(first.isoformat(), last.isoformat(), sum(one.leads for one in found), found)

    def _note(self, connection: Connection, kind: str, data: Mapping[str, object]) -> None:
        now = self._clock()
        connection.execute(tables.event.insert().values(id=self._ids.one(now), at=now, kind=kind, data=json.dumps(dict(data))))


def _pool(
    connection: Connection, team: TeamFile, pool: str, told: Sequence[Absence], gone: Mapping[str, str], now: Instant
) -> list[MemberNow]:
    limits = limits_of(team, pool, calendars_of(team))
    members = [
        replace(one, away=(*one.away, *((each.first, each.last) for each in told if each.person == one.email)))
        for one in members_of(team, pool)
    ]
    emails = [one.email for one in members]
    day = to_datetime(now).date() if limits.hours is None else limits.hours.day(now)
    came, has = rotation.came_on(connection, day.isoformat(), emails), rotation.open_of(connection, emails)
    loads = {email: Load(came.get(email, 0), has.get(email, 0)) for email in emails}
    found = candidates(members, limits, Needs(), Now(now, loads, gone))
    opens_at = None if found.opens_at is None else to_iso(found.opens_at)
    return [_member(pool, one, loads[one.email], opens_at) for one in found.all]


def _member(pool: str, one: Candidate, load: Load, opens_at: str | None) -> MemberNow:
    words = tuple(reason.words for reason in one.reasons)
    return MemberNow(one.email, pool, one.weight, one.may_take, words, load.today, load.open, opens_at)


def _share(team: TeamFile, row: Row[Any], turns: Mapping[str, int]) -> Share:
    pool = team.pools.get(row.pool or "")
    weight = None if pool is None else pool.members.get(row.member or "")
    owed = None if pool is None or weight is None else round(turns[row.pool] * weight / sum(pool.members.values()), 1)
    return Share(row.pool, row.member, row.queue, row.leads, row.turns, row.moved_on, row.open, weight, owed)


def _days(one: Absence) -> Days:
    return Days(one.person, one.first.isoformat(), None if one.last == FOR_GOOD else one.last.isoformat(), one.by)
