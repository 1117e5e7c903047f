"""Routing: which lead goes to whom, with a trace and a row in the ledger for each, written with the leads.

Turns and caps are exact whoever else routes at the same time, and what is rolled back or killed has used no turn. On PostgreSQL
the pools' rows are locked from the first look at a load until the commit: call `route` there after everything that may wait for
another transaction (claiming keys above all), so that whoever holds the pools waits for nobody. On SQLite it works without the
write lock, and writing raises Moved where somebody else has routed to the same people meanwhile.

A lead that was routed keeps its owner, whatever is folded or replayed again; what a CRM told goes before everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from core.conditions import Case
from core.fields import FIRST_ACTIVITY
from core.instants import Instant, to_datetime
from core.lead import Lead
from core.quick_dataclass import quick_dataclass
from core.routing.choosing import Circumstances, Route, ToOwner, ToPool, ToQueue, Waits, choose, needs_of, trace
from core.routing.eligibility import Candidates, Load, Member, Needs, Now, Reason, candidates
from core.routing.rotation import take_turn
from core.routing.workload import is_open
from core.scoring import decide_again_at
from leadrelay.engine import deadlines
from leadrelay.engine.deadlines import Told
from leadrelay.engine.owning import NEWEST, WAITING, owned, owner_of, restored
from leadrelay.engine.routing_plan import PoolPlan, RoutingPlan
from leadrelay.json_text import json_text
from leadrelay.store import people, rotation
from leadrelay.store.bulk import Row
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.rotation import Assigned, Cursor

Event = tuple[str, int, dict[str, Any]]
"""Kind, lead and data of an event."""


@dataclass(slots=True)
class Routed:
    """What routing makes of leads: all of them by uid, what is to be told of them, and when to look at which again. `write` goes
    into the transaction that writes the leads."""

    leads: dict[str, Lead]
    events: list[Event] = field(default_factory=list)
    due: dict[str, Instant] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    at: Instant = 0
    assignments: list[Row] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    closed: dict[int, Instant | None] = field(default_factory=dict)
    told: Told = field(default_factory=Told)

    def write(self, connection: Connection, now: Instant) -> None:
        """Take the turns, write the ledger and tell of answers that are due; raises Moved when somebody else has routed to the
        same people, or told the same, meanwhile."""
        self.told.write(connection, now)
        rotation.close(connection, self.closed)
        rotation.end(connection, self.ended, now)
        if self.assignments:
            rotation.save(connection, self.cursors, self.at)
            rotation.write(connection, self.assignments)


def route(
    connection: Connection,
    plan: RoutingPlan,
    leads: Mapping[str, Lead],
    now: Instant,
    ids: Ids,
    known: Mapping[str, Lead] | None = None,
) -> Routed:
    """Route those of these leads, by uid, that are to go to somebody now; nothing is written yet.

    `known` are the leads as the store holds them: a lead whose newest touch is the same there was not started by it, so its
    answer is due from now on; a routed lead of the same version gets the next one.
    """
    found = Routed(dict(leads))
    batch = _Batch(connection, plan, now, ids, found)
    is_given = known is not None
    before = known or {}
    batch.follow([uid for uid in leads if not is_given or uid in before], before)
    batch.route(before)
    return found


def _answered(lead: Lead) -> bool:
    return lead.value(FIRST_ACTIVITY) is not None


@quick_dataclass(frozen=True, slots=True)
class _Wanted:
    """A lead that is to be routed: by which decision, and from when on its answer is due."""

    uid: str
    lead: Lead
    case: Case
    decision: Route
    started: Instant
    lost_by: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Way:
    """How a lead found somebody: each pool that was asked, and the end."""

    asked: list[dict[str, object]] = field(default_factory=list)
    pool: str | None = None
    turn: int | None = None
    member: str | None = None
    queue: str | None = None
    opens_at: Instant | None = None


class _Batch:
    """One call of `route`."""

    def __init__(self, connection: Connection, plan: RoutingPlan, now: Instant, ids: Ids, found: Routed) -> None:
        self._connection = connection
        self._plan = plan
        self._now = now
        self._numbers: Iterator[int] = iter(())
        self._ids = ids
        self._found = found
        self._current: dict[int, Assigned] = {}
        self._inactive: Mapping[str, str] = {}
        self._away: dict[str, list[tuple[Any, Any]]] = {}
        self._today: dict[str, dict[str, int]] = {}
        self._open: dict[str, int] = {}
        self._is_capped = False
        self._days: dict[str, str] = {}
        self._chains: dict[str, list[PoolPlan]] = {}
        self._weighed: dict[tuple[str, Needs], Candidates] = {}

    # --- leads that have somebody already ---

    def follow(self, uids: list[str], before: Mapping[str, Lead]) -> None:
        """Keep the ledger true for leads that were routed: who has them, and whether they are still work."""
        self._current = rotation.current(self._connection, [from_uid(uid) for uid in uids])
        for uid in uids:
            assigned = self._current.get(from_uid(uid))
            if assigned is None:
                continue
            lead = self._found.leads[uid]
            owner = owner_of(lead)
            if owner is None:
                self._keep(restored(lead, assigned), before)
            elif owner.casefold() != assigned.owner.casefold():
                self._moved(uid, assigned, owner)
                continue
            is_work = is_open(lead)
            if is_work != (assigned.closed_at is None):
                self._found.closed[assigned.id] = None if is_work else self._now
            if not is_work or _answered(lead):
                self._found.told.over += deadlines.keys_of([uid])
            else:
                self._remind(uid, lead, assigned)

    def _remind(self, uid: str, lead: Lead, assigned: Assigned) -> None:
        """Tell whoever is to be told by now that nobody has answered, and look again when the next one is."""
        moves_at = self._moves_at(lead, assigned)
        moves = moves_at is not None and moves_at <= self._now
        said = deadlines.tell(self._plan, uid, assigned, self._now, self._found.told, moves=moves)
        self._found.events += [(kind, from_uid(uid), data) for kind, data in said]
        told_at = assigned.deadline_at if said else deadlines.next_at(self._plan, assigned, self._now)
        looks = [at for at in (told_at, moves_at) if at is not None and at > self._now]
        if looks:
            self._found.due[uid] = min(looks)

    def _moved(self, uid: str, assigned: Assigned, owner: str) -> None:
        """Somebody gave the lead to another owner in the CRM."""
        self._found.ended.append(assigned.id)
        self._found.told.over += deadlines.keys_of([uid])
        del self._current[from_uid(uid)]
        data = {"assignment": to_uid(assigned.id), "from": assigned.owner, "to": owner, "by": "crm"}
        self._found.events.append(("owner_moved", from_uid(uid), data))

    def _moves_at(self, lead: Lead, assigned: Assigned) -> Instant | None:
        """When a lead that nobody answers goes to somebody else: at its deadline or, where that had passed before it came to
        its owner, when the owner has had as much time; None when it stays."""
        is_waited_for = assigned.member is not None and is_open(lead) and not _answered(lead)
        response, deadline = self._plan.routing.respond_within, assigned.deadline_at
        if self._plan.routing.reroute != "when_overdue" or not is_waited_for or deadline is None:
            return None
        if deadline > assigned.at or response is None:
            return deadline
        return response.deadline(assigned.at, self._plan.calendars)

    def _is_overdue(self, lead: Lead) -> bool:
        assigned = self._current.get(from_uid(lead.uid))
        moves_at = None if assigned is None else self._moves_at(lead, assigned)
        return moves_at is not None and moves_at <= self._now

    def _keep(self, lead: Lead, before: Mapping[str, Lead]) -> None:
        """Take a changed lead; another value is another version."""
        stored = before.get(lead.uid)
        is_same = stored is not None and stored.version == lead.version and stored != lead
        self._found.leads[lead.uid] = lead.holding(lead.fields, lead.marks, lead.version + 1) if is_same else lead

    # --- leads that go to somebody now ---

    def route(self, before: Mapping[str, Lead]) -> None:
        """Choose a line for each lead, then take the turns with the pools locked."""
        wanted = list(self._wanted(before))
        if wanted:
            self._lock(wanted)
            self._number(len(wanted))
            for one in wanted:
                self._settle(one, before)

    def _wanted(self, before: Mapping[str, Lead]) -> Iterator[_Wanted]:
        takes_tests = self._plan.takes_tests
        open_ones = [(lead, self._is_overdue(lead)) for lead in self._found.leads.values() if takes_tests or not lead.is_test]
        asked = [(lead, is_overdue) for lead, is_overdue in open_ones if is_overdue or owner_of(lead) is None]
        if not asked:
            return
        self._inactive = people.inactive(self._connection)
        had = rotation.everybody(self._connection, [from_uid(lead.uid) for lead, is_overdue in asked if is_overdue])
        for lead, is_overdue in asked:
            uid = lead.uid
            case = Case(lead, self._now, self._plan.checks)
            lost = frozenset(member for member, _ in had.get(from_uid(uid), ()) if member)
            decision = choose(self._plan.routing, case, Circumstances(self._inactive, is_overdue, lost))
            if isinstance(decision, Route):
                yield _Wanted(uid, lead, case, decision, self._started(lead, before.get(uid)), lost)
            elif isinstance(decision, Waits):
                self._look_again(uid, case)

    def _look_again(self, uid: str, case: Case) -> None:
        """Time alone may start the routing of a lead that waits for it."""
        at = decide_again_at(self._plan.timed, None, case)
        if at is not None:
            self._found.due[uid] = at

    def _started(self, lead: Lead, stored: Lead | None) -> Instant:
        """From when on the answer is due: the submit time of the touch that brought the lead here, else now."""
        newest, mark = lead.fields.get(NEWEST), lead.marks.get(WAITING)
        if newest is None or self._is_overdue(lead):
            return self._now
        if mark is not None and mark[1] == newest.touch:
            return mark[0]
        seen = None if stored is None else stored.fields.get(NEWEST)
        is_new = seen is None or (seen.at, seen.touch) != (newest.at, newest.touch)
        return min(newest.at, self._now) if is_new else self._now

    def _lock(self, wanted: list[_Wanted]) -> None:
        """Hold still every pool that a lead may come to, and learn what their members have already."""
        pools = {pool.name for one in wanted if isinstance(one.decision.to, ToPool) for pool in self._asked(one.decision.to)}
        owners = {one.decision.to.email for one in wanted if isinstance(one.decision.to, ToOwner)}
        held = self._plan.touching(pools, owners)
        if not held:
            return
        self._found.cursors = rotation.lock(self._connection, held)
        today = to_datetime(self._now).date()
        for absence in people.absences(self._connection, today.fromordinal(today.toordinal() - 1)):
            self._away.setdefault(absence.person, []).append((absence.first, absence.last))
        chosen = [self._plan.pools[name] for name in pools]
        members = {email for pool in chosen for email in pool.weights}
        is_capped_daily = any(pool.limits.per_day is not None for pool in chosen)
        is_capped = any(pool.limits.open_leads is not None or any(one.open_leads for one in pool.members) for pool in chosen)
        self._is_capped = is_capped_daily or is_capped
        if is_capped_daily:
            for day in {self._day(pool) for pool in chosen}:
                self._today[day] = rotation.came_on(self._connection, day, members)
        if is_capped:
            self._open = rotation.open_of(self._connection, members)

    def _number(self, count: int) -> None:
        """Ids and a time after those of every assignment before, so that the ledger is in the order of the turns by either."""
        self._found.at = max([self._now, *(cursor.last_at + 1 for cursor in self._found.cursors.values())])
        self._numbers = iter(sorted(self._ids.take(count, self._found.at)))

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

    def _day(self, pool: PoolPlan | None) -> str:
        name = "" if pool is None else pool.name
        found = self._days.get(name)
        if found is None:
            hours = None if pool is None else pool.limits.hours
            day = to_datetime(self._now).date() if hours is None else hours.day(self._now)
            found = self._days[name] = day.isoformat()
        return found

    def _settle(self, one: _Wanted, before: Mapping[str, Lead]) -> None:
        response = self._plan.routing.respond_within
        deadline = None if response is None else response.deadline(one.started, self._plan.calendars)
        way = self._way(one, deadline)
        if way.opens_at is not None:
            self._wait(one, way, before)
            return
        number, at = next(self._numbers), self._found.at
        lead_id = from_uid(one.uid)
        told = trace(self._plan.routing, one.case, one.decision)
        told |= {"pools": way.asked, "started_at": one.started, "deadline_at": deadline}
        told |= {"member": way.member} if way.member else {"queue": way.queue}
        old = self._current.get(lead_id)
        if old is not None:
            self._found.ended.append(old.id)
            told["from"] = old.owner
        day = self._day(self._plan.pools.get(way.pool or ""))
        to = (way.pool, way.turn, way.member, way.queue, one.decision.line)
        warn_at = None if response is None else response.warn_at(one.started, self._plan.calendars)
        self._found.assignments.append((number, lead_id, at, *to, day, json_text(told), deadline, warn_at))
        if way.member:
            self._count(way.member, old)
        self._keep(owned(one.lead, way.member, way.queue, deadline), before)
        self._found.events.append(("routed", lead_id, self._event(number, one, way, deadline)))
        self._look_after(one, Assigned(number, lead_id, at, *to, deadline, None, warn_at))

    def _look_after(self, one: _Wanted, assigned: Assigned) -> None:
        """Look again when somebody is to be told that nobody has answered; at once where that is due already."""
        looks = [deadlines.next_at(self._plan, assigned, self._now), self._moves_at(one.lead, assigned)]
        at = min((look for look in looks if look is not None), default=None)
        if at is not None:
            self._found.due[one.uid] = at
        else:
            self._found.due.pop(one.uid, None)

    def _event(self, number: int, one: _Wanted, way: _Way, deadline: Instant | None) -> dict[str, Any]:
        data: dict[str, Any] = {"assignment": to_uid(number), "to": way.member or way.queue, "line": one.decision.line}
        data |= {"pool": way.pool} if way.pool else {}
        data |= {"deadline_at": deadline} if deadline is not None else {}
        return data | ({"away_from": one.decision.away_from} if one.decision.away_from else {})

    def _wait(self, one: _Wanted, way: _Way, before: Mapping[str, Lead]) -> None:
        """Nobody may take it before the pool opens again; time alone brings it back."""
        assert way.opens_at is not None  # noqa: S101 - asked only where it is
        self._found.due[one.uid] = way.opens_at
        if one.lost_by or WAITING in one.lead.marks:
            return
        newest = one.lead.fields.get(NEWEST)
        marks = {**one.lead.marks, WAITING: (one.started, newest.touch if newest else "")}
        self._keep(one.lead.holding(one.lead.fields, marks, one.lead.version), before)
        data = {"pool": way.pool, "line": one.decision.line, "until": way.opens_at}
        self._found.events.append(("routing_waits", from_uid(one.uid), data))

    def _count(self, member: str, old: Assigned | None) -> None:
        if self._is_capped:
            self._weighed.clear()
        for counts in self._today.values():
            counts[member] = counts.get(member, 0) + 1
        self._open[member] = self._open.get(member, 0) + 1
        if old is not None and old.member and old.closed_at is None:
            self._open[old.member] = self._open.get(old.member, 1) - 1

    # --- pools ---

    def _way(self, one: _Wanted, deadline: Instant | None) -> _Way:
        match one.decision.to:
            case ToOwner(email):
                return _Way(member=email)
            case ToQueue(queue):
                return _Way(queue=queue)
            case ToPool() as to:
                return self._through(one, to, deadline)

    def _through(self, one: _Wanted, to: ToPool, deadline: Instant | None) -> _Way:
        """The pool's turn, or that of one it falls back on, or the queue at the end. Where only the hours of the first one are in
        the way, and it opens before the answer is due, the lead waits for it."""
        way, needs = _Way(), needs_of(one.lead, to)
        for pool in self._asked(to):
            found = self._candidates(pool, needs, one.lost_by)
            cursor = self._found.cursors[pool.name]
            turn = take_turn(pool.weights, cursor.credits, found.eligible)
            opens_at = found.opens_at if turn is None and pool.name == to.pool else None
            if opens_at is not None and (deadline is None or opens_at <= deadline):
                way.pool, way.opens_at = pool.name, opens_at
                return way
            asked: dict[str, object] = {"pool": pool.name, "candidates": found.listed}
            way.asked.append(asked)
            if turn is not None:
                self._found.cursors[pool.name] = Cursor(turn.after, cursor.turns + 1, cursor.changes, cursor.last_at)
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
        today = self._today.get(self._day(pool), {})
        loads = {email: Load(today.get(email, 0), self._open.get(email, 0)) for email in pool.weights}
        members = tuple(self._present(member) for member in pool.members) if self._away else pool.members
        return candidates(members, pool.limits, needs, Now(self._now, loads, self._inactive))

    def _present(self, member: Member) -> Member:
        away = self._away.get(member.email)
        return member if away is None else replace(member, away=(*member.away, *away))
