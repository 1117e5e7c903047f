"""A merge taken back: both leads are again what their own touches say, with their own keys, records and work.

What came in before the merge returns to whom it belonged. What came in since goes with whom its strongest match key names,
and stays with the lead that stayed where that says nothing; what a CRM told goes with the record that it was told of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from core.golden import fold, fold_all
from core.identity import STRENGTH
from core.instants import Instant
from core.lead import CRM_CHANGE, Touch
from core.lead_json import lead_from_json
from core.visits import is_visit, visitor_of
from leadrelay.engine.clock import Clock
from leadrelay.engine.deciding import Decided, Said, decide, moves_undone, one_of, still_decided
from leadrelay.engine.giving_back import Apart, Merged, drop_once, give_back, keys_of
from leadrelay.engine.merges import (
    Busy,
    CanNotMerge,
    again_when_moved,
    busy_at,
    confirm_idle,
    confirm_touches,
    gone_records,
)
from leadrelay.engine.owning import keep_owners, unmerged
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.rows import changed_row, delivery_rows, event_rows, once_rows
from leadrelay.store import feedback, leads, tables, visits, work
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, from_uid, to_uid

_LEAD, _DECISION = tables.lead, tables.decision


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking a merge back came to: `touches` went back, of those that came since `later` went with them and `stayed`
    did not; `records` are the CRM records that are the lead's own again, `gone` those that a person has removed there."""

    winner: str
    loser: str
    touches: int
    later: int
    stayed: int
    records: tuple[tuple[str, str, str], ...]
    gone: tuple[tuple[str, str], ...] = ()


class Unmerges:
    """Takes merges of one store back because a person says so."""

    def __init__(self, database: Database, plan: Callable[[], ProcessPlan], clock: Clock, ids: Ids) -> None:
        self._database = database
        self._plan = plan
        self._clock = clock
        self._ids = ids

    def find(self, lead: str, other: str | None = None) -> tuple[str, str]:
        """The lead that stayed and the one that went, of the merge that is meant; raises CanNotMerge when none is, or several."""
        with self._database.read() as connection:
            return _pair(connection, lead, other)

    def preview(self, winner: str, loser: str) -> Undone:
        """What taking the merge back would do."""
        with self._database.read(is_snapshot=True) as connection:
            merged = _read(connection, winner, loser)
            return _undone(connection, merged, _apart(merged))

    def unmerge(self, winner: str, loser: str, *, by: str) -> Undone:
        """Take the merge of `loser` into `winner` back. Raises CanNotMerge, and Busy while the lead is being sent."""
        return again_when_moved(lambda: self._database.repeat(lambda: self._unmerge_once(winner, loser, by)))

    def _unmerge_once(self, winner: str, loser: str, by: str) -> Undone:
        now = self._clock()
        with self._database.read(is_snapshot=True) as connection:
            merged = _read(connection, winner, loser)
            busy = busy_at(connection, [merged.winner.id])
        if busy:
            raise Busy(busy[0])
        apart = _apart(merged)
        kept, back = self._records(merged, apart, now)
        with self._database.write() as connection:
            return self._write(connection, merged, apart, kept, back, by, now)

    def _records(self, merged: Merged, apart: Apart, now: Instant) -> tuple[Decided, Decided]:
        """Both leads as the fold of their own touches, under versions that nobody has read yet."""
        of = (None, None) if merged.is_reread else (merged.before.get("touches"), merged.moved["touches"])
        kept = self._folded(merged.winner, merged.before.get("record"), of[0], apart.kept, now)
        back = self._folded(merged.loser, merged.loser.record, of[1], apart.loser, now)
        return kept, back

    def _folded(self, row: Any, record: str | None, of: Sequence[str] | None, touches: Sequence[Touch], now: Instant) -> Decided:
        """The record that was before with every touch that is the lead's now; from the touches alone where one of those that
        it was made of is not the lead's any more, or says something else by now (`of` None)."""
        plan, uid = self._plan(), to_uid(row.id)
        if record is not None and of is not None and set(of) <= {touch.uid for touch in touches}:
            lead = before = lead_from_json(uid, row.version, json.loads(record))
            for touch in touches:
                lead = fold(lead, touch, plan.catalogue, uid=uid)
            lead = still_decided(lead, before)
        else:
            lead = before = fold_all(touches, plan.catalogue, uid)
            if record is not None:
                lead = one_of(plan, lead, lead_from_json(uid, row.version, json.loads(record)))
        decided = decide(plan, lead, before, now)
        return replace(decided, lead=replace(decided.lead, version=max(decided.lead.version, row.version) + 1))

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(
        self, connection: Connection, merged: Merged, apart: Apart, kept: Decided, back: Decided, by: str, now: Instant
    ) -> Undone:
        winner, loser = merged.winner.id, merged.loser.id
        feedback.confirm_leads(connection, {winner: merged.winner.version, loser: merged.loser.version})
        confirm_touches(connection, winner, merged.touches)
        confirm_idle(connection, [winner])
        undone = _undone(connection, merged, apart)
        plan = self._plan()
        connection.execute(_LEAD.update().where(_LEAD.c.id == loser).values(merged_into=None))
        unmerged(connection, loser, _family(connection, loser))
        both = keep_owners(connection, {one.lead.uid: one.lead for one in (kept, back)})
        rows = [
            changed_row(both[one.lead.uid], row.version, now, plan.look_again(one.again_at, now))
            for one, row in ((kept, merged.winner), (back, merged.loser))
        ]
        leads.write_leads(connection, (), rows)
        give_back(connection, merged, apart, now)
        leads.want_deliveries(connection, delivery_rows(plan, both, now, self._ids))
        once = once_rows(plan, both, now, self._ids)
        drop_once(connection, merged, {row[1] for row in once}, now)
        leads.want_actions(connection, once)
        work.wake_actions(connection, now, {winner, loser})
        said = {"winner": kept.lead.uid, "loser": back.lead.uid, "by": by, "later": undone.later, "stayed": undone.stayed}
        split, *numbers = self._ids.take(3, now)
        both_ids = (winner, loser)
        _decide_split(connection, split, merged, apart, by, now)
        _forget(connection, winner, {touch.uid for touch in apart.loser})
        leads.write_events(
            connection,
            [
                *(
                    (number, now, "unmerged", lead, None, json.dumps(said))
                    for number, lead in zip(numbers, both_ids, strict=True)
                ),
                *event_rows(winner, [*_undone_moves(plan, kept, merged.winner, back, by), *kept.events], now, self._ids),
                *event_rows(loser, [*_undone_moves(plan, back, merged.loser, kept, by), *back.events], now, self._ids),
            ],
        )
        return undone


def _undone_moves(plan: ProcessPlan, one: Decided, stored: Any, other: Decided, by: str) -> list[Said]:
    """How a lead's stages and status come from what they were last said to be to what the lead's own touches say: each lead has
    been told of up to its own record, the one that went up to the merge."""
    was = lead_from_json(one.lead.uid, stored.version, json.loads(stored.record))
    return moves_undone(plan, one, was, by, f"the merge with lead {other.lead.uid} was taken back")


def _family(connection: Connection, lead_id: int) -> list[int]:
    """A lead and all that have gone into it, also by way of others."""
    found, newest = [lead_id], [lead_id]
    while newest:
        query = select(_LEAD.c.id).where(_LEAD.c.merged_into.in_(newest))
        newest = list(connection.execute(query).scalars())
        found += newest
    return found


def _decide_split(connection: Connection, number: int, merged: Merged, apart: Apart, by: str, now: Instant) -> None:
    """Keep that the merge was taken back, by whom, and which touches had come since."""
    document = json.dumps({"merge": to_uid(merged.decision), "later": [touch.uid for touch in apart.later]})
    decision = {"id": number, "at": now, "kind": "split", "by": by}
    decision |= {"lead_id": merged.winner.id, "other_lead_id": merged.loser.id}
    connection.execute(_DECISION.insert().values(**decision, data=document))


def _forget(connection: Connection, winner: int, theirs: set[str]) -> None:
    """What merges into the winner remember of values that are another person's again, so that erasing that person reaches all."""
    query = select(_DECISION.c.id, _DECISION.c.data).where(_DECISION.c.kind == "merge", _DECISION.c.lead_id == winner)
    for row in connection.execute(query).all():
        data = json.loads(row.data)
        before, moved = data.get("before") or {}, data.get("moved") or {}
        if theirs & {*before.get("touches", ()), *moved.get("touches", ())}:
            data["before"] = {key: before[key] for key in ("touches", "keys") if key in before}
            data["moved"] = {key: value for key, value in moved.items() if key != "key_names"}
            connection.execute(_DECISION.update().where(_DECISION.c.id == row.id).values(data=json.dumps(data)))


# --- which merge is meant -------------------------------------------------------------------------------------------------


def _pair(connection: Connection, lead: str, other: str | None) -> tuple[str, str]:
    row = _lead_row(connection, lead)
    if row.merged_into is not None and (other is None or from_uid(other) == row.merged_into):
        return to_uid(row.merged_into), lead
    query = select(_LEAD.c.id).where(_LEAD.c.merged_into == row.id, _LEAD.c.erased_at.is_(None)).order_by(_LEAD.c.id)
    inside = [to_uid(number) for number in connection.execute(query).scalars()]
    if other is not None:
        if other not in inside:
            raise CanNotMerge(f"Lead {other} has not gone into lead {lead}: there is nothing to take back.")
        return lead, other
    if not inside:
        raise CanNotMerge(f"No lead has gone into lead {lead}: there is nothing to take back.")
    if len(inside) > 1:
        raise CanNotMerge(f"Several leads have gone into lead {lead}: name one of them as well: {', '.join(inside)}.")
    return lead, inside[0]


def _lead_row(connection: Connection, uid: str) -> Row[Any]:
    row = connection.execute(select(_LEAD).where(_LEAD.c.id == from_uid(uid))).one_or_none()
    if row is None:
        raise CanNotMerge(f"There is no lead {uid}.")
    if row.erased_at is not None:
        raise CanNotMerge(f"Lead {uid} was erased.")
    return row


def _read(connection: Connection, winner: str, loser: str) -> Merged:
    kept, gone = _lead_row(connection, winner), _lead_row(connection, loser)
    if gone.merged_into != kept.id:
        raise CanNotMerge(f"Lead {loser} has not gone into lead {winner}: there is nothing to take back.")
    if kept.merged_into is not None:
        raise CanNotMerge(f"Lead {winner} has itself gone into lead {to_uid(kept.merged_into)}: take that merge back first.")
    query = (
        select(_DECISION.c.id, _DECISION.c.data)
        .where(_DECISION.c.kind == "merge", _DECISION.c.lead_id == kept.id, _DECISION.c.other_lead_id == gone.id)
        .order_by(_DECISION.c.id.desc())
        .limit(1)
    )
    decision = connection.execute(query).one_or_none()
    data = {} if decision is None else json.loads(decision.data)
    if decision is None or "moved" not in data:
        raise CanNotMerge("What this merge moved is not known any more: it can not be taken back.")
    touches = feedback.touches(connection, [kept.id]).get(kept.id, [])
    visitors = visits.of(connection, _family(connection, gone.id))
    return Merged(decision.id, kept, gone, data, touches, _told_of(connection, kept.id), visitors)


def _told_of(connection: Connection, lead_id: int) -> dict[str, tuple[str, str]]:
    """The record that each read-back touch was told of, as its events say."""
    query = select(tables.event.c.data).where(tables.event.c.lead_id == lead_id, tables.event.c.kind.startswith("crm_"))
    found = (json.loads(data) for data in connection.execute(query).scalars())
    return {one["touch"]: (one["sink"], one["crm_id"]) for one in found if "touch" in one}


# --- who gets what --------------------------------------------------------------------------------------------------------


def _apart(merged: Merged) -> Apart:
    """The touches of each: what was there before the merge as it was, what has come since by its keys."""
    moved = set(merged.moved["touches"])
    before = merged.before.get("touches")
    earlier = set(before) if before is not None else {t.uid for t in merged.touches if from_uid(t.uid) < merged.decision} - moved
    own, later, kept, since = [], [], [], []
    for touch in merged.touches:
        if touch.uid in moved:
            own.append(touch)
        elif touch.uid in earlier:
            kept.append(touch)
        elif _is_losers(touch, merged):
            later.append(touch)
        else:
            kept.append(touch)
            since.append(touch)
    return Apart(own, later, kept, since)


def _is_losers(touch: Touch, merged: Merged) -> bool:
    if touch.kind == CRM_CHANGE:
        return merged.told_of.get(touch.uid) in {(sink, crm_id) for sink, _, crm_id in merged.moved["links"]}
    values = {path: cell.value for path, cell in touch.fields.items()}
    if is_visit(values):
        return visitor_of(values) in merged.visitors
    theirs, ours = set(merged.moved["keys"]), set(merged.before.get("keys", ()))
    for key in sorted(keys_of(touch), key=lambda key: STRENGTH[key.kind]):
        if key.hash in theirs:
            return True
        if key.hash in ours:
            return False
    return False


def _undone(connection: Connection, merged: Merged, apart: Apart) -> Undone:
    gone = gone_records(connection, [merged.winner.id])
    records = [(sink, name, crm_id) for sink, name, crm_id in merged.moved["links"] if (sink, crm_id) not in gone]
    lost = sorted({(sink, crm_id) for sink, _, crm_id in merged.moved["links"] if (sink, crm_id) in gone})
    uids = to_uid(merged.winner.id), to_uid(merged.loser.id)
    return Undone(*uids, len(apart.own), len(apart.later), len(apart.since), tuple(records), tuple(lost))
