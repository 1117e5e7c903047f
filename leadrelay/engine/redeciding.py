"""Leads decided again although nothing happened to them: when time alone may have changed what is said, or after new rules.

What is read is decided without a lock on SQLite and written only where the version is still the one that was read; on
PostgreSQL the leads stay locked, and what another worker decides is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import Connection

from core.golden import fold_all
from core.instants import SECOND, Instant, earliest
from core.lead import CRM_CHANGE, Lead
from core.lead_json import lead_from_json
from leadrelay.engine import known_accounts
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.deciding import Decided, decide
from leadrelay.engine.known_accounts import Accounts
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.routing import Routed, route
from leadrelay.engine.rows import changed_row, delivery_rows, event_rows, once_rows
from leadrelay.store import bulk, feedback, leads, markers, work
from leadrelay.store.bulk import Row
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.leads import Due, Moved

log = structlog.get_logger(__name__)

BATCH = 100
"""Leads of one transaction: written in less than 50 ms."""
_BACKLOG = 1
"""The priority of a delivery for which nobody waits."""
_MAX_ROUNDS = 20


class DecideAgain:
    """Decides leads when they are due. `run_once` decides one batch and returns how many leads that were; any number of workers
    may do so at once, and each move of a lead is told once."""

    def __init__(
        self,
        database: Database,
        plan: Callable[[], ProcessPlan],
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        batch: int = BATCH,
    ) -> None:
        self._database = database
        self._plan = plan
        self._clock = clock
        self._ids = ids or Ids()
        self._batch = batch
        self._look_at: Instant = 0

    def run_once(self) -> int:
        """Decide the next batch that is due, if there is one; raises StoreUnavailable, and nothing that a lead can cause."""
        now = self._clock()
        if now < self._look_at:
            return 0
        with self._database.read() as connection:
            due_at = leads.next_due(connection)
        if due_at is None or due_at > now:
            self._look_at = now + SECOND
            return 0
        try:
            return self._database.repeat(lambda: self._decide(now))
        except Moved:
            return 0  # who moved them has decided them

    def _decide(self, now: Instant) -> int:
        if self._database.is_sqlite:
            with self._database.read() as connection:
                due = leads.due_again(connection, now, self._batch)
                rows = self._rows(connection, due, now)
            with self._database.write() as connection:
                rows.write(connection, now)
            return len(due)
        with self._database.write() as connection:
            due = leads.due_again(connection, now, self._batch)
            self._rows(connection, due, now).write(connection, now)
        return len(due)

    def _rows(self, connection: Connection, due: Sequence[Due], now: Instant) -> Redecided:
        plan, stored = self._plan(), [one.lead for one in due]
        accounts = known_accounts.look_up(connection, plan, stored)
        decided = [(lead, _introduced(plan, lead, accounts, now)) for lead in stored]
        if plan.routing is None:
            return redecided(plan, decided, now, self._ids)
        by_uid = {lead.uid: lead for lead in stored}
        found = route(connection, plan.routing, {one.lead.uid: one.lead for _, one in decided}, now, self._ids, by_uid)
        rows = redecided(plan, [(lead, _routed(one, found)) for lead, one in decided], now, self._ids, found)
        return replace(rows, accounts=accounts)


def _introduced(plan: ProcessPlan, lead: Lead, accounts: Accounts, now: Instant) -> Decided:
    """What is decided of a lead, by the owner of its account as well."""
    introduced, news = accounts.introduced(lead, lead)
    found = decide(plan, introduced, lead, now)
    return replace(found, events=[*news, *found.events]) if news else found


def _routed(decided: Decided, found: Routed) -> Decided:
    """What was decided of a lead, with what routing made of it."""
    uid = decided.lead.uid
    events = [*decided.events, *((kind, said) for kind, number, said in found.events if number == from_uid(uid))]
    again_at = earliest(decided.again_at, found.due.get(uid))
    return replace(decided, lead=found.leads[uid], events=events, again_at=again_at)


@dataclass(frozen=True, slots=True)
class Redecided:
    """Leads that were decided again, as rows. `decided` are all of them with what each was before."""

    decided: Sequence[tuple[Lead, Decided]]
    changed: Sequence[Row]
    kept: Sequence[Row]
    events: Sequence[Row]
    deliveries: Sequence[Row]
    actions: Sequence[Row]
    routed: Routed | None = None
    accounts: Accounts = field(default_factory=Accounts)

    def write(self, connection: Connection, now: Instant) -> None:
        """Write all of it; raises Moved when a lead that changes has another version than was read, or a pool's turns moved."""
        if self.routed is not None:
            self.routed.write(connection, now)
        leads.write_leads(connection, (), self.changed)
        leads.put_off(connection, self.kept)
        leads.write_events(connection, self.events)
        leads.want_deliveries(connection, self.deliveries)
        leads.want_actions(connection, self.actions)
        work.wake_actions(connection, now, {row[3] for row in self.actions})
        self.accounts.write(connection, [one.lead for stored, one in self.decided if one.lead is not stored])


def redecided(
    plan: ProcessPlan,
    decided: Sequence[tuple[Lead, Decided]],
    now: Instant,
    ids: Ids,
    routed: Routed | None = None,
    *,
    is_backlog: bool = False,
) -> Redecided:
    """Stored leads with what was decided of each, as rows.

    What moved to another stage or outcome goes to the CRMs at once, any other change behind fresh leads, and all of a backlog.
    """
    changed = [(stored, one) for stored, one in decided if one.lead is not stored]
    raised = {one.lead.uid: one.lead for stored, one in changed if one.lead.version != stored.version}
    urgency = {one.lead.uid: 0 if one.events and not is_backlog else _BACKLOG for _, one in changed}
    return Redecided(
        decided,
        changed=[changed_row(one.lead, stored.version, now, one.again_at) for stored, one in changed],
        kept=[(one.again_at, from_uid(stored.uid), stored.version) for stored, one in decided if one.lead is stored],
        events=[row for _, one in decided for row in event_rows(from_uid(one.lead.uid), one.events, now, ids)],
        deliveries=delivery_rows(plan, raised, now, ids, urgency),
        actions=once_rows(plan, raised, now, ids),
        routed=routed,
    )


# --- all leads under new rules --------------------------------------------------------------------------------------------

_MARKER = "rescore"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many leads were looked at, and of how many something changed."""

    leads: int = 0
    changed: int = 0
    score: int = 0
    outcome: int = 0
    stage: int = 0

    def plus(self, decided: Sequence[tuple[Lead, Decided]]) -> Counts:
        """These counts with what a batch came to."""
        moved = [
            [before.value(path) != one.lead.value(path) for path in ("score.total", "outcome", "lifecycle_stage")]
            for before, one in decided
        ]
        score, outcome, stage = (sum(column) for column in zip(*moved, strict=True)) if moved else (0, 0, 0)
        changed = sum(one.lead.version != before.version for before, one in decided)
        return Counts(
            self.leads + len(decided), self.changed + changed, self.score + score, self.outcome + outcome, self.stage + stage
        )

    def as_json(self) -> dict[str, int]:
        """The counts as plain JSON values."""
        return {name: getattr(self, name) for name in ("leads", "changed", "score", "outcome", "stage")}


class Rescore:
    """Decides every lead under the rules in force, a batch at a time. How far it has come is written with each batch, so that
    another run under the same configuration goes on where one was interrupted."""

    def __init__(self, database: Database, plan: ProcessPlan, clock: Clock, ids: Ids, *, batch: int = BATCH) -> None:
        self._database = database
        self._plan = plan
        self._clock = clock
        self._ids = ids
        self._batch = batch

    def run(self, advance: Callable[[int, int | None], None]) -> tuple[Counts, int]:
        """Go through all leads; returns the counts, and how many leads an interrupted run had done before."""
        after, counts = self._begun()
        resumed = counts.leads
        of = counts.leads + self._left(after)
        last: int | None = after
        while last is not None:
            advance(counts.leads, of)
            counts, last = self._step(counts, last)
        return counts, resumed

    def _begun(self) -> tuple[int, Counts]:
        with self._database.read() as connection:
            found = json.loads(markers.get(connection, _MARKER) or "{}")
        if found.get("configuration") != self._plan.config_hash:
            return 0, Counts()
        return found["after"], Counts(**found["counts"])

    def _left(self, after: int) -> int:
        sql = "SELECT count(*) FROM lead WHERE erased_at IS NULL AND merged_into IS NULL AND id > ?"
        with self._database.read() as connection:
            return int(bulk.run(connection, sql, (after,)).scalar() or 0)

    def _step(self, counts: Counts, after: int) -> tuple[Counts, int | None]:
        for _ in range(_MAX_ROUNDS - 1):
            try:
                return self._database.repeat(lambda: self._step_once(counts, after))
            except Moved:
                continue
        return self._database.repeat(lambda: self._step_once(counts, after))

    def _step_once(self, counts: Counts, after: int) -> tuple[Counts, int | None]:
        now = self._clock()
        with self._database.read() as connection:
            read = _next_leads(connection, after, self._batch)
            read = with_acts(connection, read, self._plan)
        rows = redecided(self._plan, [(stored, self._decided(stored, lead, now)) for stored, lead in read], now, self._ids)
        counts = counts.plus(rows.decided)
        last = from_uid(read[-1][0].uid) if len(read) == self._batch else None
        with self._database.write() as connection:
            rows.write(connection, now)
            if last is None:
                markers.remove(connection, _MARKER)
            else:
                said = {"configuration": self._plan.config_hash, "after": last, "counts": counts.as_json()}
                markers.put(connection, _MARKER, json.dumps(said), now)
        return counts, last

    def _decided(self, stored: Lead, lead: Lead, now: Instant) -> Decided:
        """A lead under the rules in force; one that changes may go to somebody now."""
        plan = self._plan
        found = decide(plan, lead, stored, now)
        is_moving = found.lead is not stored or (plan.routing is not None and plan.routing.would_go(found.lead, now))
        return replace(found, again_at=plan.look_again(found.again_at, now)) if is_moving else found


def _next_leads(connection: Connection, after: int, limit: int) -> list[tuple[Lead, Lead]]:
    sql = "SELECT id, version, record FROM lead WHERE erased_at IS NULL AND merged_into IS NULL AND id > ? ORDER BY id LIMIT ?"
    rows = bulk.run(connection, sql, (after, limit))
    found = [lead_from_json(to_uid(row.id), row.version, json.loads(row.record)) for row in rows]
    return [(lead, lead) for lead in found]


def with_acts(connection: Connection, read: Sequence[tuple[Lead, Lead]], plan: ProcessPlan) -> list[tuple[Lead, Lead]]:
    """Leads that were stored before acts were kept, each beside itself with the acts that its touches tell."""
    without = [from_uid(lead.uid) for _, lead in read if not lead.acts and any(kind != CRM_CHANGE for kind in lead.kinds)]
    if not without:
        return list(read)
    acts = {
        to_uid(number): fold_all(touches, plan.catalogue, to_uid(number)).acts
        for number, touches in feedback.touches(connection, without).items()
    }
    return [(stored, replace(lead, acts=acts[lead.uid]) if lead.uid in acts else lead) for stored, lead in read]
