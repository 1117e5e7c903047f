"""Where a read-back stands: one sweep over an object's changes, and from where the next one starts.

A sweep first reads what has changed, in the order of the last change, then a part of the recycle bin. HubSpot's search shows a
change some seconds after it was made, not always in the order in which it happened: the floor of the next sweep lies back by an
overlap, so that what was shown late is not passed over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from core.instants import MINUTE, Instant

OVERLAP = 5 * MINUTE
"""HubSpot speaks of a few moments until a change can be searched; in busy hours it has been minutes."""


@dataclass(frozen=True, slots=True)
class Position:
    """`floor`: this sweep reads from here on; `newest`: the newest change that it has seen; `clock`: the time when it began.

    `at` is the instant up to which it has read. More records than fit on a page may have changed in the same millisecond: `tie`
    is then the highest id read of those. `is_binned` says that the changes are read and the recycle bin comes next: `after` is
    where its walk goes on, which may take several sweeps; what was archived since `bin_floor` is told, and `bin_clock` is when
    the walk began.
    """

    floor: Instant
    newest: Instant | None = None
    clock: Instant | None = None
    at: Instant | None = None
    tie: str = ""
    is_binned: bool = False
    after: str = ""
    bin_floor: Instant | None = None
    bin_clock: Instant | None = None

    @property
    def start(self) -> Instant:
        """From where on the next page is read."""
        return self.floor if self.at is None else self.at

    def seen(self, stamps: Sequence[tuple[Instant, str]], *, is_full: bool, now: Instant) -> Position:
        """The position after a page of changes, each with its instant and record id; a page that is not full is the last one."""
        newest = max((self.newest or 0, *(instant for instant, _ in stamps)), default=0) or None
        moved = replace(self, newest=newest, clock=self.clock or now)
        if self.tie:
            last = max((crm_id for _, crm_id in stamps), key=_as_number, default=self.tie)
            return replace(moved, tie=last) if is_full else replace(moved, tie="", at=self.start + 1)
        if not is_full:
            return replace(moved, is_binned=True)
        last_at = max(instant for instant, _ in stamps)
        if last_at > self.start:
            return replace(moved, at=last_at)
        return replace(moved, at=self.start, tie="0")

    def walked(self, after: str | None, now: Instant) -> Position:
        """The position after a page of the recycle bin; without a next page the walk begins anew."""
        began = self.bin_clock if self.bin_clock is not None else now
        if after:
            return replace(self, after=after, bin_clock=began)
        return replace(self, after="", bin_floor=began - OVERLAP, bin_clock=None)

    def ended(self) -> Position:
        """The position from which the next sweep starts: back by the overlap, or at the newest change when that is older."""
        if self.newest is None:
            return replace(self, clock=None, at=None, tie="", is_binned=False)
        now = self.clock if self.clock is not None else self.newest
        floor = max(self.floor, min(self.newest, now - OVERLAP))
        return Position(floor, after=self.after, bin_floor=self.bin_floor, bin_clock=self.bin_clock)

    def as_cursor(self) -> str:
        """The position as the text that the engine keeps."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not False and value not in (None, "")})


def read_position(cursor: str, since: Instant) -> Position:
    """The position that a cursor holds; a cursor that is empty or not ours starts at `since`."""
    start = Position(since - OVERLAP, bin_floor=since - OVERLAP)
    try:
        known = json.loads(cursor) if cursor else None
        return Position(**known) if isinstance(known, dict) and isinstance(known.get("floor"), int) else start
    except (ValueError, TypeError):
        return start


def _as_number(crm_id: str) -> tuple[int, str]:
    return len(crm_id), crm_id
