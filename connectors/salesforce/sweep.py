"""Where a read-back stands: one sweep over an object's changes, page by page, and from where the next one starts.

A sweep reads what has changed since its floor in several steps (records, then activities), each sorted by SystemModstamp. Rows
become visible when their transaction commits, with the time of the statement in it: the floor of the next sweep lies back by
the longest transaction, so that what was committed late is not passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from core.instants import MINUTE, SECOND, Instant, from_datetime, to_datetime

OVERLAP = 10 * MINUTE
"""A transaction lasts ten minutes at most: https://developer.salesforce.com/docs/atlas.en-us.apexref.meta/apexref/ (limits)."""


@dataclass(frozen=True, slots=True)
class Position:
    """`floor`: read from here on. `newest`: the newest change seen so far. `clock`: the org's time when the sweep began.

    `step` is the step in hand, `at` the newest row that it has read and `page` the address of its next page.
    """

    floor: Instant
    newest: Instant | None = None
    clock: Instant | None = None
    step: str = ""
    at: Instant | None = None
    page: str = ""

    def seen(self, stamps: Iterable[Instant], clock: Instant | None, page: str) -> Position:
        """The position after a page of the step in hand."""
        at = max((*stamps, *((self.at,) if self.at is not None else ())), default=None)
        newest = max((instant for instant in (self.newest, at) if instant is not None), default=None)
        return replace(self, at=at, newest=newest, clock=self.clock or clock, page=page)

    def begun(self, step: str) -> Position:
        """The position at the start of a step."""
        return replace(self, step=step, at=None, page="")

    def ended(self) -> Position:
        """The position from which the next sweep starts.

        Once the org's clock has left the newest change behind by the overlap nothing older can appear any more, and only that
        instant itself is read again. Without a clock, or with one that is behind the changes, the newest change counts.
        """
        if self.newest is None:
            return Position(self.floor)
        now = max(self.clock or self.newest, self.newest)
        return Position(max(self.floor, min(self.newest, now - OVERLAP)), self.newest)

    def as_cursor(self) -> str:
        """The position as the text that the engine keeps."""
        return json.dumps({name: value for name, value in asdict(self).items() if value not in (None, "")})


def read_position(cursor: str, since: Instant) -> Position:
    """The position that a cursor holds; a cursor that is empty or not ours starts at `since`."""
    start = Position(since - OVERLAP)
    try:
        known = json.loads(cursor) if cursor else None
        return Position(**known) if isinstance(known, dict) and isinstance(known.get("floor"), int) else start
    except (ValueError, TypeError):
        return start


def instant_of(text: object) -> Instant | None:
    """The instant in one of Salesforce's datetimes (`2026-11-21T10:00:00.000+0000`) or dates; None when it holds none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def literal(instant: Instant) -> str:
    """The instant as a query writes it, in whole seconds: SystemModstamp has no more."""
    return to_datetime(instant - instant % SECOND).strftime("%Y-%m-%dT%H:%M:%SZ")
