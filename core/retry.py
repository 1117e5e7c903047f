"""When to try again: every wait and park of the reconciler as a value, without a clock or a die.

A row's own answer spends a try; whatever stops a whole call is the gate's business and spends none. `jitter` is a number
from 0 to 1 that the caller draws; `now` is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.instants import DAY, HOUR, MINUTE, SECOND, Instant

MAX_TRIES = 12
"""Transient answers of its own that a row may get before it is parked as failed: one to two and a half hours of waiting."""

ROW_FIRST_WAIT, ROW_LONGEST_WAIT = 5 * SECOND, HOUR
GATE_FIRST_WAIT, GATE_LONGEST_WAIT = SECOND, 5 * MINUTE
LONGEST_ASKED_WAIT = 2 * DAY
"""A wait that the other side asks for is honoured up to this; a longer one is a mistake (a date in another unit or zone)."""


class Transient(Protocol):
    """What a busy service asked for: a wait in seconds, an instant at which its limit resets, or neither."""

    @property
    def after(self) -> float | None:
        """The wait in seconds."""

    @property
    def until(self) -> Instant | None:
        """The instant of the reset."""


@dataclass(frozen=True, slots=True)
class Again:
    """The row is due again at `due`; `tries` is what it has spent now."""

    due: Instant
    tries: int


@dataclass(frozen=True, slots=True)
class Park:
    """The row has used up its tries: failed, visible, and sent again when a person or a new version asks for it."""

    tries: int


@dataclass(frozen=True, slots=True)
class Hold:
    """The gate sends nothing before `until`; `failures` is how many calls have now failed in a row."""

    until: Instant
    failures: int


def decide_retry(tries: int, error: Transient | None, *, now: Instant, jitter: float, max_tries: int = MAX_TRIES) -> Again | Park:
    """What follows when one row got a transient answer of its own, after `tries` earlier ones."""
    spent = tries + 1
    if spent >= max_tries:
        return Park(spent)
    wait = _spread(_doubled(ROW_FIRST_WAIT, tries, ROW_LONGEST_WAIT), jitter)
    return Again(max(now + wait, _asked(error, now) or now), spent)


def hold_gate(failures: int, error: Transient | None, *, now: Instant, jitter: float) -> Hold:
    """How long an account's gate stays shut when a whole call failed, after `failures` earlier ones in a row.

    What the other side asked for is honoured and never shortened; without it the wait doubles. The jitter only lengthens an
    asked wait, by up to a second, so that several workers do not knock together.
    """
    asked = _asked(error, now)
    if asked is not None:
        return Hold(asked + round(_share(jitter) * SECOND), failures + 1)
    return Hold(now + _spread(_doubled(GATE_FIRST_WAIT, failures, GATE_LONGEST_WAIT), jitter), failures + 1)


def later_hold(held_until: Instant | None, hold: Hold) -> Instant:
    """The hold that stays in force when a gate is held already: never the shorter one."""
    return hold.until if held_until is None else max(held_until, hold.until)


def _doubled(first: int, times: int, longest: int) -> int:
    """`first` doubled `times` times, up to `longest`."""
    return longest if times >= 30 else min(longest, first << max(0, times))


def _spread(wait: int, jitter: float) -> int:
    """Between half of the wait and the whole of it."""
    return round(wait * (0.5 + 0.5 * _share(jitter)))


def _share(jitter: float) -> float:
    return min(1.0, max(0.0, jitter))


def _asked(error: Transient | None, now: Instant) -> Instant | None:
    """The instant that the other side asked to wait for, the later one of both; None when it asked for nothing."""
    if error is None or (error.after is None and error.until is None):
        return None
    after = now if error.after is None else now + round(min(max(0.0, error.after), LONGEST_ASKED_WAIT / SECOND) * SECOND)
    until = now if error.until is None else min(error.until, now + LONGEST_ASKED_WAIT)
    return max(now, after, until)
