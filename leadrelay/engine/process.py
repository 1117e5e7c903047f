"""Decide captured submissions: map, normalize, match, fold, qualify, and want what follows from it, a batch at a time.

Decisions are made outside the write transaction, so that a busy worker never starves intake; what moved meanwhile is
decided again. On PostgreSQL one transaction holds advisory locks on the batch's keys instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.base import Unreadable
from core.golden import fold
from core.identity import ExactMatcher, Incoming, Joins, Matcher, MatchKey, Name, New, match_keys, name_tokens
from core.instants import MINUTE, Instant
from core.lead import Lead, Touch, Won
from core.lead_json import cells_to_json, lead_to_json
from core.mapping import Held, read_touch
from core.problems import Problem
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.plan import ProcessPlan
from leadrelay.store import leads
from leadrelay.store.bulk import Row
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


@dataclass(frozen=True, slots=True)
class Read:
    """A submission as far as it can be read without the store: a touch with its keys, or the reason why it is held."""

    submission: Leased
    touch: Touch | None
    keys: tuple[MatchKey, ...] = ()
    name: Name = ()
    held: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Decided:
    """Everything that a batch wants written."""

    claims: list[tuple[MatchKey, int, Name]] = field(default_factory=list)
    names: dict[int, Name] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    touches: list[tuple[Read, str]] = field(default_factory=list)
    events: list[tuple[str, int, int, dict[str, Any]]] = field(default_factory=list)


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
        read = [self._read(plan, submission) for submission in leased]
        if any(one.submission.tries > _MAX_TRIES for one in read):
            return sum(self._finish(plan, [one], token) for one in read)
        return self._finish(plan, read, token)

    def _finish(self, plan: ProcessPlan, read: list[Read], token: int) -> int:
        """Decide and write these; when that fails for a reason of their own, each alone, and the culprit is held."""
        for _ in range(_MAX_ROUNDS):
            try:
                return self._database.repeat(lambda batch=read: self._decide_and_write(plan, batch, token))
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
            marked = sql if self._database.is_sqlite else sql.replace("?", "%s")
            return connection.exec_driver_sql(marked, (now,)).first() is not None

    def _lease(self, token: int, now: Instant) -> list[Leased]:
        with self._database.write(is_durable=False) as connection:
            return leads.lease(connection, token, now, now + self._lease_for, self._batch)

    # --- reading: no store ---

    def _read(self, plan: ProcessPlan, submission: Leased) -> Read:
        """The submission's touch; whatever goes wrong holds this one submission and no other."""
        source = plan.sources.get(submission.source)
        if source is None:
            problem = Problem(
                "unknown_source",
                f"no source `{submission.source}` is configured any more: add it again, then retry",
                submission.source,
            )
            return Read(submission, None, held=(problem,))
        try:
            names = source.reader.names(json.loads(submission.headers), bytes(submission.body))
            touch = read_touch(
                source.mapping,
                names,
                uid=to_uid(submission.id),
                source=submission.source,
                received_at=submission.received_at,
                submitted_at=submission.submitted_at,
                is_test=bool(submission.is_test),
                catalogue=plan.catalogue,
                zone=source.zone,
                region=source.region,
            )
        except Unreadable as error:
            return Read(submission, None, held=(error.problem,))
        except Exception:
            log.exception("reading_failed", submission=to_uid(submission.id))
            problem = Problem("internal_error", "reading this submission failed inside leadrelay; the log has the trace")
            return Read(submission, None, held=(problem,))
        if isinstance(touch, Held):
            return Read(submission, None, held=touch.problems)
        values = {path: cell.value for path, cell in touch.fields.items()}
        return Read(submission, touch, match_keys(values), name_tokens(values))

    # --- deciding ---

    def _decide_and_write(self, plan: ProcessPlan, read: list[Read], token: int) -> int:
        keys = [key for one in read for key in one.keys]
        if self._database.is_sqlite:
            with self._database.read() as connection:
                known = leads.look_up(connection, keys)
            decided = self._decide(plan, read, known)
            with self._database.write() as connection:
                return self._write(connection, plan, read, decided, known, token)
        with self._database.write() as connection:
            leads.lock_keys(connection, [one.keys[0] for one in read if one.keys])
            known = leads.look_up(connection, keys)
            return self._write(connection, plan, read, self._decide(plan, read, known), known, token)

    def _decide(self, plan: ProcessPlan, read: Sequence[Read], known: Known) -> Decided:
        """Which lead each touch joins, and what that makes of the leads; the store is not asked."""
        touched = [one for one in read if one.touch is not None]
        incoming = [Incoming(to_uid(one.submission.id), one.keys, one.name, to_uid(one.submission.id)) for one in touched]
        decided = Decided()
        for one, decision in zip(touched, self._matcher.match(incoming, known.owners), strict=True):
            self._apply(plan, decided, one, decision, known)
        if plan.qualify is not None:
            for uid, lead in decided.leads.items():
                decided.leads[uid] = self._qualified(plan, lead, known.leads.get(uid))
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
        if isinstance(decision, Joins):
            said["joined_by"] = decision.by.kind
            if decision.is_renamed:
                decided.names[lead_id] = decision.name
        decided.events.append(("touch" if isinstance(decision, Joins) else "lead", lead_id, one.submission.id, said))
        if decision.perhaps:
            decided.events.append(("perhaps_same", lead_id, one.submission.id, {"leads": list(decision.perhaps)}))

    def _qualified(self, plan: ProcessPlan, lead: Lead, before: Lead | None) -> Lead:
        """The lead with the outcome of the rules, dated by its newest touch; another outcome is another version."""
        assert plan.qualify is not None  # noqa: S101 - asked only where rules are
        newest = max(lead.fields.values(), key=lambda won: (won.at, won.touch))
        try:
            verdict = plan.qualify(lead, self._clock())
        except Exception:
            log.exception("qualifying_failed", lead=lead.uid)
            return lead
        outcome = {"outcome": verdict.outcome, "outcome_reason": verdict.reason}
        fields = {**lead.fields, **{path: Won(text, newest.at, newest.touch) for path, text in outcome.items() if text}}
        if fields == lead.fields:
            return lead
        is_same_version = before is not None and before.version == lead.version
        return replace(lead, fields=fields, version=lead.version + is_same_version)

    # --- writing ---

    def _write(
        self, connection: Connection, plan: ProcessPlan, read: list[Read], decided: Decided, known: Known, token: int
    ) -> int:
        """Write everything or, when something moved, nothing."""
        now = self._clock()
        ours = leads.still_leased(connection, token, [one.submission.id for one in read])
        if len(ours) < len(read):
            log.warning("lease_lost", count=len(read) - len(ours))
            if not ours:
                return 0
            read[:] = [one for one in read if one.submission.id in ours]
            raise Moved
        leads.claim_keys(connection, decided.claims)
        leads.rename_keys(connection, decided.names)
        new, changed = self._lead_rows(decided, known, now)
        leads.write_leads(connection, new, changed)
        leads.confirm(connection, _unchanged(decided, known))
        leads.write_touches(connection, [_touch_row(plan, one, uid) for one, uid in decided.touches])
        ids = iter(self._ids.take(len(decided.events), now))
        leads.write_events(
            connection,
            [(next(ids), now, kind, lead, submission, json.dumps(data)) for kind, lead, submission, data in decided.events],
        )
        leads.want_deliveries(connection, list(self._delivery_rows(plan, decided, now)))
        leads.want_actions(connection, list(self._action_rows(plan, decided, now)))
        leads.finish(connection, token, _endings(plan, read, decided))
        return len(read)

    def _lead_rows(self, decided: Decided, known: Known, now: Instant) -> tuple[list[Row], list[Row]]:
        new: list[Row] = []
        changed: list[Row] = []
        for uid, lead in decided.leads.items():
            record = json.dumps(lead_to_json(lead), ensure_ascii=False, separators=(",", ":"))
            outcome = str(lead.value("outcome") or "")
            before = known.leads.get(uid)
            if before is None:
                new.append((from_uid(uid), lead.version, record, outcome, lead.is_test, now, now))
            elif lead is not before:
                changed.append((lead.version, record, outcome, lead.is_test, now, from_uid(uid), before.version))
        return new, changed

    def _delivery_rows(self, plan: ProcessPlan, decided: Decided, now: Instant) -> list[Row]:
        wanted = [
            (sink, object_name, uid, lead)
            for sink in plan.sinks
            for object_name in sink.objects
            for uid, lead in decided.leads.items()
        ]
        ids = self._ids.take(len(wanted), now)
        return [
            (number, sink.name, object_name, from_uid(uid), sink.state_of(lead.is_test), lead.version, now, 0, now)
            for number, (sink, object_name, uid, lead) in zip(ids, wanted, strict=True)
        ]

    def _action_rows(self, plan: ProcessPlan, decided: Decided, now: Instant) -> list[Row]:
        rows: list[Row] = []
        for one, uid in decided.touches:
            assert one.touch is not None  # noqa: S101 - held submissions have no touches
            values = {path: cell.value for path, cell in one.touch.fields.items()}
            for sink in plan.sinks:
                for mapping in sink.mappings:
                    for number, action in enumerate(mapping.touch_actions(decided.leads[uid], values)):
                        key = action_key(sink.name, mapping.object, to_uid(one.submission.id), action.kind, number)
                        payload = json.dumps(dict(action.payload), ensure_ascii=False)
                        state = sink.state_of(one.touch.is_test)
                        rows.append(
                            (self._ids.one(now), key, sink.name, from_uid(uid), one.submission.id, action.kind, payload, state,
                             now, 0, now)
                        )  # fmt: skip
        return rows


def _unchanged(decided: Decided, known: Known) -> dict[int, int]:
    """The versions of leads that touches join without changing them."""
    return {from_uid(uid): lead.version for uid, lead in decided.leads.items() if lead is known.leads.get(uid)}


def action_key(sink: str, object_name: str, touch_uid: str, kind: str, number: int) -> str:
    """The idempotency key of what a mapping wants done for a touch: the same for the same touch, whatever happens between."""
    return f"{sink}-{object_name}-{touch_uid}-{kind}-{number}".lower()


def _touch_row(plan: ProcessPlan, one: Read, uid: str) -> Row:
    touch = one.touch
    assert touch is not None  # noqa: S101 - only touches are linked
    problems = json.dumps([problem.as_json() for problem in touch.problems]) if touch.problems else None
    fields = json.dumps(cells_to_json(touch.fields), ensure_ascii=False, separators=(",", ":"))
    return (
        one.submission.id, from_uid(uid), touch.source, touch.kind, touch.at, fields, problems, plan.config_hash, touch.is_test,
    )  # fmt: skip


def _endings(plan: ProcessPlan, read: Sequence[Read], decided: Decided) -> list[Row]:
    linked = {one.submission.id: from_uid(uid) for one, uid in decided.touches}
    rows: list[Row] = []
    for one in read:
        number = one.submission.id
        if one.touch is None:
            problems = json.dumps([problem.as_json() for problem in one.held])
            rows.append(("held", one.held[0].message if one.held else "", None, problems, plan.config_hash, number))
        else:
            rows.append(("processed", "", linked[number], None, plan.config_hash, number))
    return rows
