"""What a preview showed, done, and nothing else: the same leads, decided the same, as of the same instant.

A batch is written with the note that it is applied, in one transaction, so that a run that was killed is gone on with. No lead
moves to another owner, no turn is used, no deadline begins anew, nobody is told, and no CRM is asked for tasks once more; fresh
leads go to the CRMs first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from core.instants import Instant, earliest
from core.lead import Lead
from core.lead_json import cells_to_json
from leadrelay.engine.clock import Clock
from leadrelay.engine.deciding import Decided, Said
from leadrelay.engine.redeciding import redecided
from leadrelay.engine.replay_previews import Advance
from leadrelay.engine.replaying import Replayed, Replaying
from leadrelay.engine.resync import BACKLOG
from leadrelay.engine.rows import delivery_rows
from leadrelay.store import feedback, leads, replays
from leadrelay.store.bulk import Row
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.leads import Moved
from leadrelay.store.replays import Preview

BATCH = 100
"""Leads of one transaction: written in less than 50 ms."""
_MAX_ROUNDS = 20


@dataclass(slots=True)
class Applied:
    """How many leads were changed now, how many an interrupted run had changed before, and those that were left as they are,
    since they are not what the preview was made from any more."""

    leads: int = 0
    before: int = 0
    moved: list[str] = field(default_factory=list)


class Applying:
    """Applies one preview with the replaying that it was made by. `by` is who says so."""

    def __init__(
        self, database: Database, replaying: Replaying, preview: Preview, clock: Clock, ids: Ids, *, by: str, batch: int = BATCH
    ) -> None:
        self._database = database
        self._replaying = replaying
        self._preview = preview
        self._clock = clock
        self._ids = ids
        self._by = by
        self._batch = batch

    def moved(self) -> list[str]:
        """The leads that have changed since the preview; with any of them nothing should be applied."""
        with self._database.read() as connection:
            return [to_uid(number) for number in replays.moved(connection, self._preview)]

    def run(self, advance: Advance) -> Applied:
        """Change the leads that are left of the preview, batch by batch; may be interrupted at any time and run again."""
        with self._database.read() as connection:
            self._replaying.look(connection)
            done = Applied(before=replays.applied_count(connection, self._preview))
            of = done.before + replays.open_count(connection, self._preview)
        with self._database.write() as connection:
            replays.set_state(connection, self._preview, replays.APPLYING, self._clock())
        after: int | None = 0
        while after is not None:
            advance(done.before + done.leads, of)
            after = self._step(done, after)
        with self._database.write() as connection:
            replays.set_state(connection, self._preview, replays.DONE, self._clock())
        return done

    def _step(self, done: Applied, after: int) -> int | None:
        for left in range(_MAX_ROUNDS - 1, -1, -1):
            try:
                return self._database.repeat(lambda: self._step_once(done, after))
            except Moved:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def _step_once(self, done: Applied, after: int) -> int | None:
        """One batch; returns its last lead, or None where it was the last one."""
        now = self._clock()
        with self._database.read() as connection:
            wanted = replays.next_open(connection, self._preview, after, self._batch)
            stored = replays.these_leads(connection, list(wanted))
            found = self._replaying.replay(connection, stored, self._preview.as_of)
        same = [one for one in found if (one.lead.version, self._replaying.digest(one)) == wanted[one.id]]
        if same:
            with self._database.write() as connection:
                self._write(connection, same, now)
        done.leads += len(same)
        done.moved += [to_uid(number) for number in sorted(wanted.keys() - {one.id for one in same})]
        return max(wanted) if len(wanted) == self._batch else None

    # --- writing ---

    def _write(self, connection: Connection, found: Sequence[Replayed], now: Instant) -> None:
        """Change these leads, or raise Moved when one of them has become another one since it was read."""
        plan = self._replaying.plan
        feedback.confirm_leads(connection, {one.id: one.lead.version for one in found})
        replays.mark_applied(connection, self._preview, [one.id for one in found])
        changed = [(one.lead, self._told(one)) for one in found if one.after.lead is not one.lead]
        redecided(plan, changed, now, self._ids, is_backlog=True).write(connection, now)
        others: Mapping[str, Lead] = {one.lead.uid: one.lead for one in found if one.after.lead is one.lead}
        leads.want_deliveries(connection, delivery_rows(plan, others, now, self._ids, dict.fromkeys(others, BACKLOG)))
        replays.write_touches(connection, [row for one in found for row in _touch_rows(one, plan.config_hash)])
        replays.mark_reread(connection, [one.id for one in found if one.touches])
        replays.claim_free_keys(connection, [row for one in found for row in _key_rows(one)])

    def _told(self, one: Replayed) -> Decided:
        """What was decided, with the events that tell it as a replay's. What the lead waits for otherwise, it still waits for."""
        changes = [change.as_json() for change in one.changes if change.what != "crm"]
        about = {"by": self._by, "as_of": self._preview.as_of, "configuration": self._preview.config_hash}
        events: list[Said] = [(kind, {**said, "replay": to_uid(self._preview.id)}) for kind, said in one.after.events]
        events.append(("replayed", {**about, "replay": to_uid(self._preview.id), "changes": changes}))
        return replace(one.after, events=events, again_at=earliest(one.after.again_at, one.stored.decide_at))


def _touch_rows(one: Replayed, config_hash: str) -> list[Row]:
    rows: list[Row] = []
    for touch in one.touches:
        now = touch.now
        problems = json.dumps([problem.as_json() for problem in now.problems]) if now.problems else None
        fields: Any = json.dumps(cells_to_json(now.fields), ensure_ascii=False, separators=(",", ":"))
        rows.append((now.kind, now.at, fields, problems, config_hash, from_uid(now.uid)))
    return rows


def _key_rows(one: Replayed) -> list[Row]:
    return [(key.hash, key.kind, key.text, " ".join(touch.name), one.id) for touch in one.touches for key in touch.new_keys]
