"""Answers that are due: who is told when time runs out, and when it has, each once for an assignment.

`warn` of `respond_within` is told when two thirds of the time have passed, `then` when all of it has and nobody has answered. For
both there is a column in the assignment's row of the ledger, filled only where it is empty, in the transaction that raises the
alert and writes the event: what was killed, replayed, scored again or done by two workers at once tells nothing twice. An answer
that is overdue already when it is looked at for the first time is told as overdue alone.

Of a lead that has an answer, is no work any more or has gone to somebody else nobody is told, not even who was to be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from core.instants import Instant, to_iso
from leadrelay.engine import alerts
from leadrelay.engine.routing_plan import RoutingPlan
from leadrelay.store import rotation
from leadrelay.store.ids import to_uid
from leadrelay.store.rotation import Assigned

DUE, OVERDUE = "response_due", "response_overdue"
"""The kinds of the events, and of the alerts, whose keys are the kind and the lead."""

Said = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Told:
    """What is told of answers that are due: to be written with the leads."""

    warned: list[int] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    raised: list[tuple[str, str, str, str]] = field(default_factory=list)
    over: list[str] = field(default_factory=list)

    def write(self, connection: Connection, now: Instant) -> None:
        """Note what is told and tell it; raises Moved when somebody else has told one of these meanwhile."""
        rotation.tell(connection, "warned_at", self.warned, now)
        rotation.tell(connection, "overdue_at", self.overdue, now)
        alerts.resolve_all(connection, self.over, now)
        for key, kind, message, data in self.raised:
            alerts.raise_anew(connection, key, kind, message, now, data=data)


def next_at(plan: RoutingPlan, assigned: Assigned, now: Instant) -> Instant | None:
    """When somebody is to be told of an assignment that waits for its answer; None when everybody was."""
    response, deadline = plan.routing.respond_within, assigned.deadline_at
    if response is None or deadline is None or assigned.overdue_at is not None:
        return None
    is_warned = response.warn is None or assigned.warn_at is None or assigned.warned_at is not None
    return deadline if is_warned or deadline <= now else assigned.warn_at


def tell(plan: RoutingPlan, lead: str, assigned: Assigned, now: Instant, told: Told, *, moves: bool) -> list[Said]:
    """Tell what is to be told of this assignment by now; returns the events. `moves`: the lead goes to somebody else at once."""
    at, response = next_at(plan, assigned, now), plan.routing.respond_within
    if at is None or at > now or response is None or assigned.deadline_at is None:
        return []
    is_over = assigned.deadline_at <= now
    kind, who = (OVERDUE, response.then) if is_over else (DUE, response.warn)
    (told.overdue if is_over else told.warned).append(assigned.id)
    if is_over:
        told.over.append(f"{DUE}:{lead}")
    people = plan.told(who, assigned.member)
    if who is not None:
        data = json.dumps({"lead": lead, "assignment": to_uid(assigned.id), "people": people})
        told.raised.append((f"{kind}:{lead}", kind, _sentence(lead, assigned.deadline_at, is_over=is_over, moves=moves), data))
    said = {"assignment": to_uid(assigned.id), "owner": assigned.owner, "deadline_at": assigned.deadline_at}
    return [(kind, said | ({"told": who, "people": list(people)} if who is not None else {}))]


def _sentence(lead: str, deadline: Instant, *, is_over: bool, moves: bool) -> str:
    """Without any name: it goes to chats and logs."""
    by = f"{to_iso(deadline)[:16].replace('T', ' ')} UTC"
    if not is_over:
        return f"the answer to lead {lead} is due by {by}"
    return f"the answer to lead {lead} was due by {by}{', so it goes to somebody else' if moves else ''}"


def keys_of(leads: Iterable[str]) -> list[str]:
    """The keys of all alerts about the answers to these leads."""
    return [f"{kind}:{lead}" for lead in leads for kind in (DUE, OVERDUE)]
