"""Whose a lead is: its owner as fields of the lead, kept through everything that folds it anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from core.instants import Instant, to_iso
from core.lead import Lead, Won
from leadrelay.engine import alerts, deadlines
from leadrelay.store import rotation
from leadrelay.store.ids import from_uid, to_uid
from leadrelay.store.rotation import Assigned

OWNER, QUEUE, DUE = "owner.email", "owner.queue", "response_due_at"
WAITING = "routing:waits"
"""The mark of a lead that waits for its pool to open: the time and the touch from which its answer is due."""
NEWEST = "last_touch.kind"
"""By which touch an owner is dated: the newest one of the lead's own."""


def keep_owners(connection: Connection, leads: Mapping[str, Lead]) -> dict[str, Lead]:
    """These leads, folded anew from their touches, each with the owner that it was routed to; no turn is used. For replays,
    merges and everything else that may not move an owner."""
    wanted = [from_uid(uid) for uid, lead in leads.items() if owner_of(lead) is None]
    current = rotation.current(connection, wanted) if wanted else {}
    return {uid: restored(lead, current.get(from_uid(uid))) for uid, lead in leads.items()}


def merged(connection: Connection, winner: int, loser: int, now: Instant) -> None:
    """Of two leads that became one the winner's assignment counts where it has one; the loser's stays in the ledger."""
    found = rotation.current(connection, (winner, loser))
    mine, theirs = found.get(winner), found.get(loser)
    if mine is not None and theirs is not None and mine.id != theirs.id and theirs.closed_at is None:
        rotation.close(connection, {theirs.id: now})
    alerts.resolve_all(connection, deadlines.keys_of([to_uid(loser)]), now)
    rotation.keep(connection, winner, loser)


def unmerged(connection: Connection, loser: int, family: Iterable[int]) -> None:
    """A lead came out of another again, with its `family`, those that had gone into it before: each has its own assignment
    back. Whether it is still open shows when it is decided next."""
    rotation.give_back(connection, loser, family)


def owner_of(lead: Lead) -> str | None:
    """The person or the queue that has a lead; None when nobody does."""
    found = lead.value(OWNER) or lead.value(QUEUE)
    return str(found) if found else None


def restored(lead: Lead, assigned: Assigned | None) -> Lead:
    """The lead with the owner of its assignment, where it has none itself."""
    return (
        lead
        if assigned is None or owner_of(lead) is not None
        else owned(lead, assigned.member, assigned.queue, assigned.deadline_at)
    )


def owned(lead: Lead, member: str | None, queue: str | None, deadline: Instant | None) -> Lead:
    """The lead with an owner that no CRM told: dated by the newest touch of its own, so that it is sent to every CRM."""
    newest = lead.fields.get(NEWEST)
    at, touch = (0, "") if newest is None else (newest.at, newest.touch)
    fields, marks = dict(lead.fields), dict(lead.marks)
    for path in (OWNER, QUEUE, DUE):
        fields.pop(path, None)
    fields[OWNER if member else QUEUE] = Won(member or queue or "", at, touch)
    if deadline is not None:
        fields[DUE] = Won(to_iso(deadline), at, touch)
    marks.pop(WAITING, None)
    return lead.holding(fields, marks, lead.version)
