"""How many calls may be made now: rolling windows as values, without a clock.

A CRM counts the calls of the last so many seconds, at any moment; a bucket of N that is refilled at N/10 a second can spend
2N in ten seconds. Here each call is remembered with the latest instant at which it can have been made, and counts until a
whole window has passed since then, and a little more: clocks of two machines differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.instants import Instant

Spent = tuple[tuple[Instant, int], ...]
"""Calls by the latest instant at which they can have been made, oldest first."""

_GRAINS = 100
"""Into how many grains of time a window is cut: calls of one grain are kept as one number."""
_CLOCKS_DIFFER = 40, 250
"""What a window is longer for clocks that differ: its 40th part, at most 250 ms."""
_KEPT_BACK = 50
"""One call of so many stays unused: others may be counted that we do not know of."""
_QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` calls in any `per_ms` milliseconds."""

    limit: int
    per_ms: int

    @property
    def room(self) -> int:
        """How many calls are planned with: a small window's all, of a larger one some stay unused."""
        return max(1, self.limit - self.limit // _KEPT_BACK)

    @property
    def lasts(self) -> int:
        """How long a call counts after the latest instant at which it can have been made."""
        part, most = _CLOCKS_DIFFER
        return self.per_ms + min(most, -(-self.per_ms // part))

    @property
    def grain(self) -> int:
        """The length of a grain of time."""
        return max(1, self.per_ms // _GRAINS)


def record(spent: Spent, window: Window, at: Instant, calls: int) -> Spent:
    """The log with calls made at `at` or before; what is two windows away is forgotten, and so is what a wrong clock put into
    the time to come."""
    kept = [one for one in spent if abs(one[0] - at) < 2 * window.lasts]
    if calls <= 0:
        return tuple(kept)
    end = -(-at // window.grain) * window.grain
    kept.append((end, calls))
    merged: dict[Instant, int] = {}
    for when, count in kept:
        merged[when] = merged.get(when, 0) + count
    return tuple(sorted(merged.items()))


def counted(spent: Spent, window: Window, since: Instant) -> int:
    """How many calls may still count at `since`, or were made soon after; much later ones were noted by a wrong clock."""
    return sum(calls for at, calls in spent if counts(at, window, since))


def counts(at: Instant, window: Window, since: Instant) -> bool:
    """Whether calls made at `at` may still count at `since`."""
    return since - window.lasts < at < since + 2 * window.lasts


def opens_at(spent: Spent, window: Window, under_way: int, wanted: int, now: Instant, *, kept_for_others: int = 0) -> Instant:
    """When `wanted` more calls fit beside those under way: `now` or later.

    More calls than ever fit are let through when the window is empty, or they would wait for ever. Where calls under way
    are what is in the way, it is worth asking again after a grain: they may turn out to be fewer.
    """
    room = max(1, window.room - kept_for_others)
    wanted = min(wanted, room)
    if under_way + wanted > room:
        return now + window.grain
    over = counted(spent, window, now) + under_way + wanted - room
    for at, calls in spent:
        if over <= 0:
            return now
        if counts(at, window, now):
            over -= calls
            if over <= 0:
                return at + window.lasts
    return now


def paced(window: Window, wanted: int, kept_for_others: int) -> Window:
    """A quarter of the window, for calls that nobody waits for: so that some come free all the time, for those that are
    urgent, instead of all at once after a whole window."""
    room = max(1, window.room - kept_for_others)
    return Window(max(wanted, -(-room // _QUARTERS)), max(1, window.per_ms // _QUARTERS))


def reserve(window: Window, a_pass: int) -> int:
    """How many calls of the window a backlog leaves to fresh leads: a twentieth, a pass at least, never over a third."""
    return min(window.room // 3, max(window.room // 20, a_pass))


def foreign(spent: Spent, window: Window, remaining: int, under_way: int, since: Instant) -> int:
    """How many calls others have made on the same allowance, when the CRM said that so many remain after `since`.

    Every call of ours that may have counted then is taken off: the answer errs towards none, so that a call of our own is
    never taken for another's.
    """
    return max(0, window.limit - max(0, remaining) - counted(spent, window, since) - under_way)


def tightest(windows: Iterable[Window]) -> Window | None:
    """The window that allows the fewest calls a second."""
    return min(windows, key=lambda one: one.limit / one.per_ms, default=None)
