"""The ledger of calls: how many were made for an account in each hour, what for, and how many leads they brought in step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from sqlalchemy import Connection

from core.budget import Kind, Spending
from core.instants import DAY, HOUR, Instant
from leadrelay.store import bulk

_WEEK = 7 * DAY
_ADD = (
    "INSERT INTO call_count (account, hour, kind, calls, leads) VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, hour, kind) "
    "DO UPDATE SET calls = call_count.calls + excluded.calls, leads = call_count.leads + excluded.leads"
)


def add(connection: Connection, account: str, kind: Kind, calls: int, leads: int, now: Instant) -> None:
    """Count calls, and the leads that they were made for."""
    if calls or leads:
        bulk.run(connection, _ADD, (account, now // HOUR * HOUR, kind, calls, leads))


def spending(connection: Connection, accounts: Iterable[str], now: Instant) -> Spending:
    """What was spent under any of these names. The last hour and day begin with a whole hour: never too little is counted."""
    hour, day, week = now - HOUR, now - DAY, now - _WEEK
    begun = [now // HOUR * HOUR]
    calls: dict[Instant, dict[Kind, int]] = {hour: {}, day: {}, week: {}}
    fresh_leads = dict.fromkeys(calls, 0)
    all_leads = 0
    sql = f"SELECT hour, kind, calls, leads FROM call_count WHERE hour >= {week - HOUR} AND account {{in}}"
    for row in bulk.select_in(connection, sql, sorted(set(accounts))):
        begun.append(row.hour)
        kind = cast("Kind", row.kind)
        all_leads += row.leads
        for since, found in calls.items():
            if row.hour + HOUR > since:
                found[kind] = found.get(kind, 0) + row.calls
                fresh_leads[since] += row.leads if kind == "fresh" else 0
    days = min(7.0, max(HOUR / DAY, (now - min(begun)) / DAY))
    return Spending(calls[hour], calls[day], calls[week], fresh_leads[day], fresh_leads[week], all_leads, days)


def forget(connection: Connection, before: Instant) -> int:
    """Drop what is older; returns how many rows."""
    return bulk.run(connection, "DELETE FROM call_count WHERE hour < ?", (before,)).rowcount
