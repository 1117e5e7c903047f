"""When HubSpot's daily allowance begins anew: at midnight in the account's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.instants import HOUR, MINUTE, Instant, from_datetime, to_datetime


def next_midnight(now: Instant, zone: str) -> Instant:
    """The next midnight in the zone, a minute late. Without a known zone the next full hour: every day begins with one nearly
    everywhere, and one call an hour does no harm."""
    try:
        local = to_datetime(now).astimezone(ZoneInfo(zone)) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local = None
    if local is None:
        return (now // HOUR + 1) * HOUR + MINUTE
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(0), tzinfo=local.tzinfo)
    return from_datetime(tomorrow.astimezone(UTC)) + MINUTE
