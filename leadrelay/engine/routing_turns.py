"""Whose turn it is in each pool, counted and taken for the leads of one batch.

Cursors are read with the pools locked (or, on SQLite, checked when they are written), so turns and caps are exact whoever else
routes at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from core.instants import Instant, to_datetime
from core.lead import Lead
from core.routing.choosing import ToOwner, ToPool, ToQueue, needs_of
from core.routing.eligibility import Candidates, Load, Member, Needs, Now, Reason, candidates
from core.routing.rotation import take_turn
from leadrelay.engine.routing_plan import PoolPlan, RoutingPlan
from leadrelay.store import people, rotation
from leadrelay.store.rotation import Assigned, Cursor


@dataclass(slots=True)
class Way:
    """How a lead found somebody: each pool that was asked, and the end."""

    asked: list[dict[str, object]] = field(default_factory=list)
    pool: str | None = None
    turn: int | None = None
    member: str | None = None
    queue: str | None = None
    opens_at: Instant | None = None


class Turns:
    """The pools that the leads of a batch come to, with what their members have already; `cursors` is where their turns stand."""

    def __init__(self, connection: Connection, plan: RoutingPlan, now: Instant, inactive: Mapping[str, str]) -> None:
        self.cursors: dict[str, Cursor] = {}
        self._connection = connection
        self._plan = plan
        self._now = now
        self._inactive = inactive
        self._away: dict[str, list[tuple[Any, Any]]] = {}
        self._today: dict[str, dict[str, int]] = {}
        self._open: dict[str, int] = {}
        self._is_capped = False
        self._days: dict[str, str] = {}
        self._chains: dict[str, list[PoolPlan]] = {}
        self._weighed: dict[tuple[str, Needs], Candidates] = {}

    def lock(self, ways: Collection[ToPool | ToOwner | ToQueue]) -> None:
        """Hold still every pool that a lead may come to, and learn what their members have already."""
        pools = {pool.name for to in ways if isinstance(to, ToPool) for pool in self._asked(to)}
        owners = {to.email for to in ways if isinstance(to, ToOwner)}
        held = self._plan.touching(pools, owners)
        if not held:
            return
        self.cursors = rotation.lock(self._connection, held)
        today = to_datetime(self._now).date()
        for absence in people.absences(self._connection, today.fromordinal(today.toordinal() - 1)):
            self._away.setdefault(absence.person, []).append((absence.first, absence.last))
        chosen = [self._plan.pools[name] for name in pools]
        members = {email for pool in chosen for email in pool.weights}
        is_capped_daily = any(pool.limits.per_day is not None for pool in chosen)
        is_capped = any(pool.limits.open_leads is not None or any(one.open_leads for one in pool.members) for pool in chosen)
        self._is_capped = is_capped_daily or is_capped
        if is_capped_daily:
            for day in {self.day(pool) for pool in chosen}:
                self._today[day] = rotation.came_on(self._connection, day, members)
        if is_capped:
            self._open = rotation.open_of(self._connection, members)

    def way(self, to: ToPool | ToOwner | ToQueue, lead: Lead, deadline: Instant | None, lost_by: frozenset[str]) -> Way:
        """Whom a lead comes to by its line, with the turn taken; never one of `lost_by`, who have let it lie."""
        match to:
            case ToOwner(email):
                return Way(member=email)
            case ToQueue(queue):
                return Way(queue=queue)
            case ToPool():
                return self._through(to, lead, deadline, lost_by)

    def count(self, member: str, old: Assigned | None) -> None:
        """The member has one more from now on, and whoever had it before one less."""
        if self._is_capped:
            self._weighed.clear()
        for counts in self._today.values():
            counts[member] = counts.get(member, 0) + 1
        self._open[member] = self._open.get(member, 0) + 1
        if old is not None and old.member and old.closed_at is None:
            self._open[old.member] = self._open.get(old.member, 1) - 1

    def day(self, pool: PoolPlan | None) -> str:
        """The day by the pool's clock; by UTC where there is no pool."""
        name = "" if pool is None else pool.name
        found = self._days.get(name)
        if found is None:
            hours = None if pool is None else pool.limits.hours
            day = to_datetime(self._now).date() if hours is None else hours.day(self._now)
            found = self._days[name] = day.isoformat()
        return found

    def _asked(self, to: ToPool) -> list[PoolPlan]:
        """The pools that a line's leads come to, the last line's among them, each once."""
        known = self._chains.get(to.pool)
        if known is not None:
            return known
        found = {pool.name: pool for pool in self._plan.chain(to.pool)}
        if self._plan.queue_of(to.pool) is None:
            found |= {pool.name: pool for pool in self._plan.last_pools}
        self._chains[to.pool] = list(found.values())
        return self._chains[to.pool]

    def _through(self, to: ToPool, lead: Lead, deadline: Instant | None, lost_by: frozenset[str]) -> Way:
        """The pool's turn, or that of one it falls back on, or the queue at the end. Where only the hours of the first one are in
        the way, and it opens before the answer is due, the lead waits for it."""
        way, needs = Way(), needs_of(lead, to)
        for pool in self._asked(to):
            found = self._candidates(pool, needs, lost_by)
            cursor = self.cursors[pool.name]
            turn = take_turn(pool.weights, cursor.credits, found.eligible)
            opens_at = found.opens_at if turn is None and pool.name == to.pool else None
            if opens_at is not None and (deadline is None or opens_at <= deadline):
                way.pool, way.opens_at = pool.name, opens_at
                return way
            asked: dict[str, object] = {"pool": pool.name, "candidates": found.listed}
            way.asked.append(asked)
            if turn is not None:
                self.cursors[pool.name] = Cursor(turn.after, cursor.turns + 1, cursor.changes, cursor.last_at)
                asked |= {"before": dict(turn.before), "after": dict(turn.after), "turn": cursor.turns + 1, "member": turn.member}
                way.pool, way.turn, way.member = pool.name, cursor.turns + 1, turn.member
                return way
        way.queue = self._plan.queue_of(to.pool) or self._plan.last_queue
        return way

    def _candidates(self, pool: PoolPlan, needs: Needs, lost_by: frozenset[str]) -> Candidates:
        found = self._weighed.get((pool.name, needs))
        if found is None:
            found = self._weighed[pool.name, needs] = self._weigh(pool, needs)
        if lost_by.isdisjoint(pool.weights):
            return found
        again = Reason("let_lie", "has let this lead lie")
        checked = (replace(each, reasons=(*each.reasons, again)) if each.email in lost_by else each for each in found.all)
        return replace(found, all=tuple(checked))

    def _weigh(self, pool: PoolPlan, needs: Needs) -> Candidates:
        today = self._today.get(self.day(pool), {})
        loads = {email: Load(today.get(email, 0), self._open.get(email, 0)) for email in pool.weights}
        members = tuple(self._present(member) for member in pool.members) if self._away else pool.members
        return candidates(members, pool.limits, needs, Now(self._now, loads, self._inactive))

    def _present(self, member: Member) -> Member:
        away = self._away.get(member.email)
        return member if away is None else replace(member, away=(*member.away, *away))
