"""`why LEAD owner`: who got a lead, by which line and whose turn, and why it was none of the others; told from the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection

from core.instants import to_iso
from core.routing.rotation import LEAD
from leadrelay.history import family
from leadrelay.store import rotation
from leadrelay.store.ids import to_uid
from leadrelay.store.rotation import Assigned
from leadrelay.web.views import Reason

Trace = Mapping[str, Any]


def owner_reasons(connection: Connection, lead: int) -> Iterator[Reason]:
    """Each assignment of a lead and of those that went into it, oldest first, with everything that was asked for it."""
    for assigned, text, is_current in rotation.traces(connection, family(connection, lead)):
        trace = json.loads(text)
        yield _assigned(assigned, trace, is_current)
        yield from _lines(trace)
        for asked in trace.get("pools", ()):
            yield from _pool(asked)
        if assigned.deadline_at is not None:
            due, started = to_iso(assigned.deadline_at), trace.get("started_at")
            since = f", counted from {_minute(to_iso(started))}" if started else ""
            yield Reason(f"  the answer is due by {_minute(due)}{since}", assigned.deadline_at, {"due_at": due})


def _minute(iso: str) -> str:
    return f"{iso[:16].replace('T', ' ')} UTC"


def _assigned(assigned: Assigned, trace: Trace, is_current: bool) -> Reason:
    to = assigned.member or f"the queue {assigned.queue}"
    turn = f", by turn {assigned.turn} of the pool {assigned.pool}" if assigned.turn is not None else ""
    reason = trace.get("decision", {}).get("reason", "")
    because = f": {reason}" if reason else ""
    before = f"; it was taken from {trace['from']}" if "from" in trace else ""
    ended = "" if is_current else " (no longer: the lead went to somebody else)"
    text = f"the lead went to {to} by the line `{assigned.line}`{turn}{because}{before}{ended}"
    details: dict[str, JsonValue] = {
        "assignment": to_uid(assigned.id),
        "line": assigned.line,
        "pool": assigned.pool,
        "turn": assigned.turn,
    }
    return Reason(text, assigned.at, details)


def _lines(trace: Trace) -> Iterator[Reason]:
    """The lines above the one that was taken, and why each was passed over."""
    for line in trace.get("lines", ()):
        if line.get("taken"):
            continue
        if line.get("skipped"):
            why = line["skipped"]
        elif line.get("missing"):
            why = f"{', '.join(line['missing'])} is not known"
        else:
            why = f"its condition is {line.get('truth', 'unknown')}"
        yield Reason(
            f"  the line `{line['name']}` was passed over: {why}", None, {"rule": line.get("place", ""), "when": line.get("when")}
        )


def _pool(asked: Trace) -> Iterator[Reason]:
    """A pool's members: who was ruled out, who could have had the lead, and whose turn it was."""
    pool, member = asked["pool"], asked.get("member")
    for one in asked["candidates"]:
        if not one["may_take"]:
            words = "; ".join(reason["words"] for reason in one["reasons"])
            yield Reason(f"  {one['email']} of the pool {pool} was ruled out: {words}", None, dict(one))
    if member is None:
        yield Reason(f"  nobody of the pool {pool} could take it", None, {"pool": pool})
        return
    after = asked["after"]
    others = [one["email"] for one in asked["candidates"] if one["may_take"] and one["email"] != member]
    beside = f" before {', '.join(others)}, who could have had it too" if others else ", as the only one who could take it"
    yield Reason(
        f"  it was the turn of {member}{beside}",
        None,
        {"pool": pool, "turn": asked["turn"], "owed before": _leads(asked["before"]), "owed after": _leads(after)},
    )


def _leads(credit: Mapping[str, int]) -> dict[str, Any]:
    """What each member is owed, in leads."""
    return {email: round(units / LEAD, 3) + 0.0 for email, units in credit.items()}
