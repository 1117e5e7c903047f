"""Points in time as integers: milliseconds since 1970-01-01 UTC, the one form in core, store and engine.

An integer compares, sorts, hashes and stores the same way on SQLite and PostgreSQL and has no zone to forget;
`datetime` appears only where people or CRMs read or write a time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

Instant = int
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime; a naive one is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone is no instant")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def to_datetime(instant: Instant) -> datetime:
    """The instant as an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=instant)


def to_iso(instant: Instant) -> str:
    """The instant as ISO 8601 in UTC with milliseconds, such as `2026-11-21T09:30:00.000Z`."""
    return to_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def earliest(*moments: Instant | None) -> Instant | None:
    """The first of these instants; None is never."""
    return min((one for one in moments if one is not None), default=None)
