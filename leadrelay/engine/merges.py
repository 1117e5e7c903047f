"""Two leads that a person says are one: what a merge would do, and doing it while web and workers go on.

What is read is read without a lock; what moved before it is written is read and decided again. `leadrelay.engine.unmerging`
takes a merge back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from core.instants import Instant
from core.lead import Lead, Touch, Value
from leadrelay.engine import alerts, merging
from leadrelay.engine.clock import Clock
from leadrelay.engine.deciding import Decided, decide, one_of, still_decided
from leadrelay.engine.merging import Merge
from leadrelay.engine.owning import keep_owners
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.rows import changed_row, delivery_rows, event_rows, once_rows
from leadrelay.store import feedback, leads, tables, work
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.leads import Moved

T = TypeVar("T")
_LEAD, _DELIVERY, _LINK = tables.lead, tables.delivery, tables.crm_link
_MAX_ROUNDS = 20


class CanNotMerge(Exception):
    """These leads can not be merged or taken apart; the message says why and what to do."""


class Busy(Exception):
    """One of the leads is being sent to a CRM just now: ask again when that is answered."""


@dataclass(frozen=True, slots=True)
class Contest:
    """A field of which the two leads say different things, and what the merged lead will say."""

    path: str
    winner: Value | None
    loser: Value | None
    merged: Value | None


@dataclass(frozen=True, slots=True)
class Records:
    """The records of both leads in one CRM object. Where both have one, a person must merge them there; where only the lead
    that goes has one, the lead that stays goes on with it."""

    sink: str
    object: str
    winner: str | None
    loser: str | None

    @property
    def is_asked(self) -> bool:
        """Whether two records stand for one person from now on."""
        return self.winner is not None and self.loser is not None and self.winner != self.loser


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do."""

    winner: str
    loser: str
    contests: tuple[Contest, ...]
    records: tuple[Records, ...]
    touches: int
    actions: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two leads as they were read."""

    winner: feedback.LeadRow
    loser: feedback.LeadRow
    touches: Sequence[Touch]
    records: tuple[Records, ...]
    actions: int = 0
    busy: tuple[str, ...] = field(default=())

    @property
    def versions(self) -> dict[int, int]:
        """What the leads' versions were."""
        return {row.id: row.version for row in (self.winner, self.loser)}


class Merges:
    """Merges leads of one store because a person says so."""

    def __init__(self, database: Database, plan: Callable[[], ProcessPlan], clock: Clock, ids: Ids) -> None:
        self._database = database
        self._plan = plan
        self._clock = clock
        self._ids = ids

    def preview(self, winner: str, loser: str) -> Preview:
        """What merging `loser` into `winner` would do; raises CanNotMerge."""
        pair = self._read(winner, loser)
        assert pair.winner.lead is not None and pair.loser.lead is not None  # noqa: S101 - `_read` has looked
        merged = self._merged(pair, self._clock()).lead
        contests = tuple(_contests(pair.winner.lead, pair.loser.lead, merged))
        return Preview(winner, loser, contests, pair.records, len(pair.touches), pair.actions)

    def merge(self, winner: str, loser: str, *, by: str) -> Preview:
        """Merge `loser` into `winner`; what was done. Raises CanNotMerge, and Busy while one of them is being sent."""
        return again_when_moved(lambda: self._database.repeat(lambda: self._merge_once(winner, loser, by)))

    def _merge_once(self, winner: str, loser: str, by: str) -> Preview:
        done = self.preview(winner, loser)
        pair, now = self._read(winner, loser), self._clock()
        if pair.busy:
            raise Busy(pair.busy[0])
        merged = self._merged(pair, now)
        self._write(pair, merged, by, now)
        return done

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, winner: str, loser: str) -> Pair:
        with self._database.read(is_snapshot=True) as connection:
            kept, gone = living(connection, winner), living(connection, loser)
            if kept.id == gone.id:
                raise CanNotMerge(f"{loser} and {winner} are one lead already.")
            touches = feedback.touches(connection, [gone.id]).get(gone.id, [])
            actions = connection.execute(
                select(tables.action.c.id).where(tables.action.c.lead_id == gone.id, tables.action.c.state == "waiting")
            ).all()
            records = tuple(_records(connection, kept.id, gone.id))
            return Pair(kept, gone, touches, records, len(actions), busy_at(connection, [kept.id, gone.id]))

    def _merged(self, pair: Pair, now: Instant) -> Decided:
        """The lead that stays, with all that the other one's touches say; its version rises in any case."""
        before, gone = pair.winner.lead, pair.loser.lead
        assert before is not None and gone is not None  # noqa: S101 - only living leads are read
        plan = self._plan()
        both = still_decided(merging.folded(before, pair.touches, plan.catalogue), before)
        after = decide(plan, one_of(plan, both, gone), before, now)
        return replace(after, lead=replace(after.lead, version=max(after.lead.version, before.version + 1)))

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(self, pair: Pair, decided: Decided, by: str, now: Instant) -> None:
        """Everything of a merge, or nothing when something that it was decided by has moved."""
        plan, winner, loser = self._plan(), pair.winner.id, pair.loser.id
        decision = Merge(self._ids.one(now), winner, loser, pair.loser.version, by, {"asked_by": by})
        said = {"winner": to_uid(winner), "loser": to_uid(loser), "by": by, "decision": to_uid(decision.decision)}
        numbers = self._ids.take(2, now)
        events = [
            (number, now, "merged", lead, None, json.dumps(said)) for number, lead in zip(numbers, (winner, loser), strict=True)
        ]
        events += event_rows(winner, decided.events, now, self._ids)
        with self._database.write() as connection:
            feedback.confirm_leads(connection, pair.versions)
            confirm_touches(connection, loser, pair.touches)
            confirm_idle(connection, [winner, loser])
            merging.write(connection, [decision], now)
            by_uid = keep_owners(connection, {decided.lead.uid: decided.lead})
            again_at = plan.look_again(decided.again_at, now)
            rows = [changed_row(lead, pair.winner.version, now, again_at) for lead in by_uid.values()]
            leads.write_leads(connection, (), rows)
            leads.write_events(connection, events)
            _go_on_with(connection, winner, pair.records, now)
            leads.want_deliveries(connection, delivery_rows(plan, by_uid, now, self._ids))
            leads.want_actions(connection, once_rows(plan, by_uid, now, self._ids))
            work.wake_actions(connection, now, {winner})
            for one in pair.records:
                if one.is_asked:
                    ask(connection, one, winner, now)


def again_when_moved(work_once: Callable[[], T]) -> T:
    """Decide and write once more as long as others are quicker; gives up with the exception after many rounds."""
    for _ in range(_MAX_ROUNDS - 1):
        try:
            return work_once()
        except Moved:
            continue
    return work_once()


def living(connection: Connection, uid: str) -> feedback.LeadRow:
    """A lead as it is; raises CanNotMerge for one that is not there, was erased, or has gone into another."""
    row = feedback.leads(connection, [from_uid(uid)]).get(from_uid(uid))
    if row is None:
        raise CanNotMerge(f"There is no lead {uid}.")
    if row.merged_into is not None:
        raise CanNotMerge(f"Lead {uid} has gone into lead {to_uid(row.merged_into)} already: name that one.")
    if row.lead is None:
        raise CanNotMerge(f"Lead {uid} was erased.")
    return row


def confirm_touches(connection: Connection, lead_id: int, touches: Sequence[Touch]) -> None:
    """Raises Moved when a lead has other touches than were read: one that changes nothing raises no version."""
    query = select(tables.touch.c.id).where(tables.touch.c.lead_id == lead_id)
    if {to_uid(number) for number in connection.execute(query).scalars()} != {touch.uid for touch in touches}:
        raise Moved


def busy_at(connection: Connection, lead_ids: Sequence[int]) -> tuple[str, ...]:
    """The sinks that these leads are being sent to just now: until the answer is there, nobody knows whose record it makes."""
    query = select(_DELIVERY.c.sink).where(_DELIVERY.c.lead_id.in_(lead_ids), _DELIVERY.c.state == "in_flight").distinct()
    return tuple(sorted(connection.execute(query).scalars()))


def confirm_idle(connection: Connection, lead_ids: Sequence[int]) -> None:
    """Raises Moved when one of these leads is being sent by now; on PostgreSQL nobody begins to until the transaction ends."""
    query = select(_DELIVERY.c.state).where(_DELIVERY.c.lead_id.in_(lead_ids)).order_by(_DELIVERY.c.lead_id).with_for_update()
    if "in_flight" in connection.execute(query).scalars().all():
        raise Moved


def _contests(winner: Lead, loser: Lead, merged: Lead) -> list[Contest]:
    found = []
    for path in sorted({*winner.fields, *loser.fields}):
        contest = Contest(path, winner.value(path), loser.value(path), merged.value(path))
        is_history = path.startswith(("first_touch.", "last_touch.", "lead."))
        if not is_history and contest.loser is not None and contest.winner != contest.loser:
            found.append(contest)
    return found


def _records(connection: Connection, winner: int, loser: int) -> list[Records]:
    """The records of both by sink and object, without those that are gone in the CRM."""
    query = select(_DELIVERY).where(_DELIVERY.c.lead_id.in_([winner, loser]), _DELIVERY.c.crm_id.is_not(None))
    found: dict[tuple[str, str], dict[int, str]] = {}
    gone = gone_records(connection, [winner, loser])
    for row in connection.execute(query):
        if (row.sink, row.crm_id) not in gone:
            found.setdefault((row.sink, row.object), {})[row.lead_id] = row.crm_id
    return [Records(sink, name, ids.get(winner), ids.get(loser)) for (sink, name), ids in sorted(found.items())]


def gone_records(connection: Connection, lead_ids: Sequence[int]) -> set[tuple[str, str]]:
    """Sink and id of those records of these leads that a person has deleted or merged away in the CRM."""
    rows = connection.execute(select(_LINK.c.sink, _LINK.c.crm_id, _LINK.c.seen).where(_LINK.c.lead_id.in_(lead_ids)))
    return {(row.sink, row.crm_id) for row in rows if row.seen and f'"{work.GONE}"' in row.seen}


def _go_on_with(connection: Connection, winner: int, records: Sequence[Records], now: Instant) -> None:
    """Where the lead that stays has no record of its own yet, it goes on with the other one's instead of making a second one."""
    for one in records:
        if one.winner is None and one.loser is not None:
            ours = (
                (_DELIVERY.c.sink == one.sink) & (_DELIVERY.c.object == one.object) & (_DELIVERY.c.lead_id == winner)
                & _DELIVERY.c.crm_id.is_(None) & _DELIVERY.c.is_unsure.is_(False)
            )  # fmt: skip
            connection.execute(_DELIVERY.update().where(ours).values(crm_id=one.loser, sent_hash=None, updated_at=now))


# --- what a person must do in the CRM -----------------------------------------------------------------------------------


def ask(connection: Connection, records: Records, winner: int, now: Instant) -> None:
    """Ask for the merge in the CRM, which leadrelay leaves to a person: neither CRM can take one back."""
    message = (
        f"{records.sink}: {records.object} {records.winner} and {records.object} {records.loser} are one person (lead "
        f"{to_uid(winner)}): merge them there and keep {records.winner}, which leadrelay goes on writing"
    )
    said = {
        "lead": to_uid(winner),
        "sink": records.sink,
        "object": records.object,
        "keep": records.winner,
        "other": records.loser,
    }
    alerts.raise_alert(connection, _ask_key(records.sink, records.loser), "merge_in_crm", message, now, data=json.dumps(said))


def _ask_key(sink: str, crm_id: str | None) -> str:
    return f"merge_in_crm:{sink}:{crm_id}"


def asked_no_more(connection: Connection, sink: str, crm_ids: Sequence[str], now: Instant) -> None:
    """Take back what was asked for: the record has been merged away or deleted in the CRM, or the leads are two again."""
    for crm_id in crm_ids:
        alerts.resolve(connection, _ask_key(sink, crm_id), now)


def as_json(done: Preview) -> Mapping[str, Any]:
    """What a merge does, as plain JSON values."""
    return {
        "winner": done.winner,
        "loser": done.loser,
        "fields": {one.path: {"winner": one.winner, "loser": one.loser, "merged": one.merged} for one in done.contests},
        "records": [
            {"sink": one.sink, "object": one.object, "winner": one.winner, "loser": one.loser, "merge_in_crm": one.is_asked}
            for one in done.records
        ],
        "touches": done.touches,
        "actions": done.actions,
    }
