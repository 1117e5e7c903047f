"""A preview of a replay: all leads in batches, each as it would be. Only what applying it needs is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.instants import Instant
from leadrelay.engine.clock import Clock
from leadrelay.engine.replay_aside import Aside, LetThrough
from leadrelay.engine.replaying import Replayed, Replaying
from leadrelay.store import replays
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids
from leadrelay.store.replays import Preview

BATCH = 200
"""Leads that are in memory at once."""

Advance = Callable[[int, int | None], None]
Seen = Callable[[Replayed], None]
SeenAside = Callable[[LetThrough], None]


class Superseded(Exception):
    """Another preview was begun meanwhile, which forgets this one: there is one at a time. Preview again."""

    def __init__(self) -> None:
        super().__init__("Somebody else has begun another preview meanwhile; there is one at a time. Preview again.")


@dataclass(slots=True)
class Counts:
    """How many leads were looked at, how many would change, and in what. Beside that: `routed_otherwise` would go elsewhere once
    they are routed, `by_time` change by their age alone, which a worker sees to; of `without_content` some capture is no longer
    kept, `held` have one that would name nobody, `joins_others` one that names what another lead is known by; of `put_aside` the
    newest submission would have been put aside, and `let_through` are submissions in quarantine that would not have been;
    `failed` are leads that the rules could not be worked out for."""

    leads: int = 0
    changed: int = 0
    score: int = 0
    outcome: int = 0
    stage: int = 0
    segment: int = 0
    persona: int = 0
    journey_stage: int = 0
    fields: int = 0
    touches: int = 0
    crm: int = 0
    routed_otherwise: int = 0
    by_time: int = 0
    without_content: int = 0
    held: int = 0
    joins_others: int = 0
    put_aside: int = 0
    let_through: int = 0
    failed: int = 0

    def add(self, one: Replayed) -> None:
        """Count one more lead."""
        self.leads += 1
        self.changed += bool(one.changes)
        for what in {change.what for change in one.changes}:
            setattr(self, what, getattr(self, what) + 1)
        self.routed_otherwise += one.way is not None
        self.by_time += one.by_time
        self.without_content += one.without_content
        self.held += one.is_held
        self.joins_others += one.joins_others
        self.put_aside += one.aside is not None
        self.failed += one.has_failed

    def as_json(self) -> dict[str, int]:
        """The counts as plain JSON values."""
        return asdict(self)


class Previewing:
    """Makes previews of one store."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, *, batch: int = BATCH) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._batch = batch

    def make(
        self,
        replaying: Replaying,
        advance: Advance,
        seen: Seen,
        *,
        seen_aside: SeenAside = lambda _: None,
        since: Instant | None = None,
        asked_since: str = "",
    ) -> Preview:
        """Replay all leads, or those with a touch since then, as of now; `seen` is given each of them, one by one, and
        `seen_aside` each submission in quarantine that would be let through."""
        as_of = self._clock()
        preview = Preview(self._ids.one(as_of), as_of, replaying.plan.config_hash, asked_since, replays.MAKING)
        with self._database.read() as connection:
            replaying.look(connection)
            of = replays.count_leads(connection, since)
        with self._database.write() as connection:
            replays.begin(connection, preview, as_of)
        counts, after = Counts(), 0
        while True:
            advance(counts.leads, of)
            found = self._next(replaying, preview, after, since)
            for one in found:
                counts.add(one)
                seen(one)
            if len(found) < self._batch:
                break
            after = found[-1].id
        for through in self._let_through(replaying.aside, since):
            counts.let_through += 1
            seen_aside(through)
        return self._finish(preview, counts)

    def _next(self, replaying: Replaying, preview: Preview, after: int, since: Instant | None) -> Sequence[Replayed]:
        with self._database.read() as connection:
            stored = replays.next_leads(connection, after, since, self._batch)
            found = replaying.put_aside(connection, replaying.replay(connection, stored, preview.as_of))
        rows: list[tuple[Any, ...]] = [(one.id, one.lead.version, replaying.digest(one)) for one in found if one.changes]
        if rows:
            with self._database.write(is_durable=False) as connection:
                replays.add(connection, preview, rows)
        return found

    def _let_through(self, aside: Aside, since: Instant | None) -> Iterator[LetThrough]:
        for quarantine in aside.quarantines:
            after: int | None = 0
            while after is not None:
                with self._database.read() as connection:
                    found, after = aside.let_through(connection, quarantine, after, since)
                yield from found

    def _finish(self, preview: Preview, counts: Counts) -> Preview:
        ready = replace(preview, state=replays.READY, counts=counts.as_json())
        with self._database.write() as connection:
            if not replays.set_state(connection, preview, replays.READY, self._clock(), ready.counts):
                raise Superseded
        return ready
