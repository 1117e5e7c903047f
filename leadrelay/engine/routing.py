"""Routing: which lead goes to whom, with a trace and a row in the ledger for each, written with the leads.

Turns and caps are exact whoever else routes at the same time, and what is rolled back or killed has used no turn. On PostgreSQL
the pools' rows are locked from the first look at a load until the commit: call `route` there after everything that may wait for
another transaction (claiming keys above all), so that whoever holds the pools waits for nobody. On SQLite it works without the
write lock, and writing raises Moved where somebody else has routed to the same people meanwhile.

A lead that was routed keeps its owner, whatever is folded or replayed again; what a CRM told goes before everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from core.conditions import Case
from core.fields import FIRST_ACTIVITY
from core.instants import Instant
from core.lead import Lead
from core.quick_dataclass import quick_dataclass
from core.routing.choosing import Circumstances, Route, Waits, choose, trace
from core.routing.workload import is_open
from core.scoring import decide_again_at
from leadrelay.engine import deadlines
from leadrelay.engine.deadlines import Told
from leadrelay.engine.owning import NEWEST, WAITING, owned, owner_of, restored
from leadrelay.engine.routing_plan import RoutingPlan
from leadrelay.engine.routing_turns import Turns, Way
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
            turns = Turns(self._connection, self._plan, self._now, self._inactive)
            turns.lock([one.decision.to for one in wanted])
            self._found.cursors = turns.cursors
            self._number(len(wanted))
            for one in wanted:
                self._settle(one, turns, before)

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

    def _number(self, count: int) -> None:
        """Ids and a time after those of every assignment before, so that the ledger is in the order of the turns by either."""
        self._found.at = max([self._now, *(cursor.last_at + 1 for cursor in self._found.cursors.values())])
        self._numbers = iter(sorted(self._ids.take(count, self._found.at)))

    def _settle(self, one: _Wanted, turns: Turns, before: Mapping[str, Lead]) -> None:
        response = self._plan.routing.respond_within
        deadline = None if response is None else response.deadline(one.started, self._plan.calendars)
        way = turns.way(one.decision.to, one.lead, deadline, one.lost_by)
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
        day = turns.day(self._plan.pools.get(way.pool or ""))
        to = (way.pool, way.turn, way.member, way.queue, one.decision.line)
        warn_at = None if response is None else response.warn_at(one.started, self._plan.calendars)
        self._found.assignments.append((number, lead_id, at, *to, day, json_text(told), deadline, warn_at))
        if way.member:
            turns.count(way.member, old)
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

    def _event(self, number: int, one: _Wanted, way: Way, deadline: Instant | None) -> dict[str, Any]:
        data: dict[str, Any] = {"assignment": to_uid(number), "to": way.member or way.queue, "line": one.decision.line}
        data |= {"pool": way.pool} if way.pool else {}
        data |= {"deadline_at": deadline} if deadline is not None else {}
        return data | ({"away_from": one.decision.away_from} if one.decision.away_from else {})

    def _wait(self, one: _Wanted, way: Way, before: Mapping[str, Lead]) -> None:
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
