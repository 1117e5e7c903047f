"""Decide captured submissions: map, normalize, match, fold, qualify, and want what follows from it, a batch at a time.

Decisions are made outside the write transaction, so that a busy worker never starves intake; what moved meanwhile is
decided again. On PostgreSQL one transaction holds advisory locks on the batch's keys instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from core.golden import fold
from core.identity import ExactMatcher, Incoming, Joins, Matcher, New
from core.instants import MINUTE, Instant, earliest
from core.problems import Problem
from leadrelay.engine import known_accounts, visiting
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.deciding import decide
from leadrelay.engine.judging import taken
from leadrelay.engine.known_accounts import Accounts
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.reading import read_submission
from leadrelay.engine.routing import route
from leadrelay.engine.rows import Decided, Read, Rows, make_rows
from leadrelay.store import bulk, feedback, leads, visits, work
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.leads import Known, Leased, Moved

log = structlog.get_logger(__name__)

BATCH = 100
LEASE_FOR = MINUTE
_MAX_ROUNDS = 20
_MAX_TRIES = 5
"""A submission that was leased more often than this without an end is decided alone: what stops it stops no other."""
_UNDECIDED = Problem("internal_error", "deciding this submission failed inside leadrelay; the log has the trace")


class Processor:
    """Turns new submissions into leads. `run_once` decides one batch and returns how many submissions it ended.

    Several processors, in threads, processes or machines, may share a store.
    """

    def __init__(
        self,
        database: Database,
        plan: Callable[[], ProcessPlan],
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        matcher: Matcher | None = None,
        batch: int = BATCH,
        lease_for: int = LEASE_FOR,
    ) -> None:
        self._database = database
        self._plan = plan
        self._clock = clock
        self._ids = ids or Ids()
        self._matcher = matcher or ExactMatcher()
        self._batch = batch
        self._lease_for = lease_for

    def run_once(self) -> int:
        """Lease, decide and write one batch; raises StoreUnavailable, and nothing that a submission can cause."""
        now = self._clock()
        if not self._has_work(now):
            return 0
        token = self._ids.one(now)
        leased = self._database.repeat(lambda: self._lease(token, now))
        if not leased:
            return 0
        plan = self._plan()
        read = [read_submission(plan, submission) for submission in leased]
        if any(one.submission.tries > _MAX_TRIES for one in read):
            return sum(self._finish(plan, [one], token) for one in read)
        return self._finish(plan, read, token)

    def _finish(self, plan: ProcessPlan, read: list[Read], token: int) -> int:
        """Decide and write these; when that fails for a reason of their own, each alone, and the culprit is held."""
        for _ in range(_MAX_ROUNDS):
            try:
                return self._database.repeat(partial(self._decide_and_write, plan, read, token))
            except Moved:
                continue
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("deciding_failed", submissions=[to_uid(one.submission.id) for one in read])
                if len(read) > 1:
                    return sum(self._finish(plan, [one], token) for one in read)
                if read[0].held == (_UNDECIDED,):
                    return 0  # not even that can be written: it keeps its place, the others go on
                read = [Read(read[0].submission, None, held=(_UNDECIDED,))]
        log.warning("batch_kept_moving", count=len(read))
        return 0

    def _has_work(self, now: Instant) -> bool:
        sql = "SELECT 1 FROM submission WHERE state = 'new' AND leased_until <= ? LIMIT 1"
        with self._database.read() as connection:
            return bulk.run(connection, sql, (now,)).first() is not None

    def _lease(self, token: int, now: Instant) -> list[Leased]:
        with self._database.write(is_durable=False) as connection:
            return leads.lease(connection, token, now, now + self._lease_for, self._batch)

    # --- deciding ---

    def _decide_and_write(self, plan: ProcessPlan, read: list[Read], token: int) -> int:
        if self._database.is_sqlite:
            with self._database.read() as connection:
                visitors, known, accounts = _known(connection, plan, read)
            decided = self._decide(plan, read, known, visitors, accounts)  # with no view of the store held open meanwhile
            with self._database.read() as connection:
                decided = self._routed(connection, plan, decided, known)
            rows = self._rows(plan, read, decided, known)  # made before the write lock is asked for, which is then held for less
            with self._database.write() as connection:
                if not self._claim(connection, decided, visitors, read, token):
                    return 0
                return self._write(plan, connection, rows, decided, read, token)
        with self._database.write() as connection:
            mine = [one.keys[0] for one in read if one.keys]
            leads.lock_keys(connection, [*mine, *visits.lock_keys(visiting.named(read))])
            visitors, known, accounts = _known(connection, plan, read)
            decided = self._decide(plan, read, known, visitors, accounts)
            if not self._claim(connection, decided, visitors, read, token):
                return 0
            decided = self._routed(connection, plan, decided, known)
            return self._write(plan, connection, self._rows(plan, read, decided, known), decided, read, token)

    def _rows(self, plan: ProcessPlan, read: Sequence[Read], decided: Decided, known: Known) -> Rows:
        return make_rows(plan, read, decided, known, self._clock(), self._ids)

    def _decide(
        self, plan: ProcessPlan, read: Sequence[Read], known: Known, visitors: visiting.Visitors, accounts: Accounts
    ) -> Decided:
        """Which lead each touch joins, and what that makes of the leads; the store is not asked."""
        touched = [one for one in taken(read, known, self._matcher) if not visiting.is_visit_read(one)]
        incoming = [Incoming(to_uid(one.submission.id), one.keys, one.name, to_uid(one.submission.id)) for one in touched]
        decided = Decided(accounts=accounts)
        for one, decision in zip(touched, self._matcher.match(incoming, known.owners), strict=True):
            self._apply(plan, decided, one, decision, known)
        visiting.decide(plan, read, decided, known, visitors)
        now = self._clock()
        for uid, lead in decided.leads.items():
            introduced, news = accounts.introduced(lead, known.leads.get(uid))
            found = decide(plan, introduced, known.leads.get(uid), now)
            decided.leads[uid], decided.again[uid] = found.lead, found.again_at
            decided.events += [(kind, from_uid(uid), None, said) for kind, said in (*news, *found.events)]
        return decided

    def _apply(self, plan: ProcessPlan, decided: Decided, one: Read, decision: New | Joins, known: Known) -> None:
        assert one.touch is not None  # noqa: S101 - only touched submissions are matched
        uid = decision.lead
        lead_id = from_uid(uid)
        before = decided.leads.get(uid) or known.leads.get(uid)
        after = fold(before, one.touch, plan.catalogue, uid=uid)
        decided.leads[uid] = after
        decided.touches.append((one, uid))
        decided.claims += [(key, lead_id, decision.name) for key in decision.claims]
        said: dict[str, Any] = {"source": one.submission.source, "kind": one.touch.kind, "version": after.version}
        if one.accepted_by:
            said["accepted_by"] = one.accepted_by
        if isinstance(decision, Joins):
            said["joined_by"] = decision.by.kind
            if decision.is_renamed:
                decided.names[lead_id] = decision.name
        decided.events.append(("touch" if isinstance(decision, Joins) else "lead", lead_id, one.submission.id, said))
        if decision.perhaps:
            decided.events.append(("perhaps_same", lead_id, one.submission.id, {"leads": list(decision.perhaps)}))

    def _routed(self, connection: Connection, plan: ProcessPlan, decided: Decided, known: Known) -> Decided:
        """The batch with an owner for each lead that is to have one by now."""
        if plan.routing is None:
            return decided
        found = route(connection, plan.routing, decided.leads, self._clock(), self._ids, known.leads)
        events = [*decided.events, *((kind, lead, None, said) for kind, lead, said in found.events)]
        again = {uid: earliest(decided.again.get(uid), found.due.get(uid)) for uid in decided.leads}
        return replace(decided, leads=found.leads, events=events, again=again, routed=found)

    # --- writing ---

    def _claim(self, connection: Connection, decided: Decided, visitors: visiting.Visitors, read: list[Read], token: int) -> bool:
        """Take the keys of the batch; False when none of it is this worker's any more. Raises Moved when something moved."""
        ours = leads.still_leased(connection, token, [one.submission.id for one in read])
        if len(ours) < len(read):
            log.warning("lease_lost", count=len(read) - len(ours))
            if not ours:
                return False
            read[:] = [one for one in read if one.submission.id in ours]
            raise Moved
        leads.claim_keys(connection, decided.claims)
        leads.rename_keys(connection, decided.names)
        visiting.write(connection, decided, visitors, visiting.named(read), self._clock())
        return True

    def _write(
        self, plan: ProcessPlan, connection: Connection, rows: Rows, decided: Decided, read: Sequence[Read], token: int
    ) -> int:
        """Write everything or, when something moved, nothing."""
        if decided.routed is not None:
            decided.routed.write(connection, self._clock())
        leads.write_leads(connection, rows.new, rows.changed)
        leads.confirm(connection, rows.unchanged)
        leads.write_touches(connection, rows.touches)
        leads.write_events(connection, rows.events)
        touched = [row[1] for row in rows.touches if row[0] not in decided.joined]
        for sink in plan.sinks:
            if sink.recreates:
                feedback.recreate(connection, sink.name, touched, self._clock())
        leads.want_deliveries(connection, rows.deliveries)
        leads.want_actions(connection, rows.actions)
        work.wake_actions(connection, self._clock(), {row[3] for row in rows.actions})
        leads.finish(connection, token, rows.endings)
        decided.accounts.write(connection, decided.leads.values())
        return len(read)


def _known(connection: Connection, plan: ProcessPlan, read: Sequence[Read]) -> tuple[visiting.Visitors, Known, Accounts]:
    """What the store knows of a batch's visitors, keys and accounts."""
    visitors = visiting.look_up(connection, read)
    known = leads.look_up(connection, [key for one in read for key in one.keys], visitors.now_is.values())
    return visitors, known, known_accounts.look_up(connection, plan, known.leads.values(), [one.values for one in read])
