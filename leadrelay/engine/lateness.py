"""Whether what people do in a CRM reaches the leads in time: an alert when it does not, closed when that is over."""

from __future__ import annotations

from sqlalchemy import Connection

from core.instants import MINUTE, Instant
from core.problems import Problem
from leadrelay.engine import alerts
from leadrelay.engine.plan import SinkPlan
from leadrelay.store.positions import Position

_BEHIND_AFTER = 15 * MINUTE


def watch(connection: Connection, sink: SinkPlan, position: Position, now: Instant, *, refused: Problem | None = None) -> None:
    """Tell a person when an object can not be read back or falls behind, and when that is over."""
    name = f"read_back:{sink.name}:{position.object}"
    if refused is not None:
        message = f"{position.object} of sink `{sink.name}` can not be read back, everything else goes on: {refused.message}"
        alerts.raise_alert(connection, f"{name}:refused", "read_back_refused", message, now)
        return
    if not position.trouble and position.as_of >= now - (sink.read_back_every or MINUTE):
        alerts.resolve(connection, f"{name}:refused", now)
    if now - position.as_of > max(_BEHIND_AFTER, 5 * (sink.read_back_every or MINUTE)):
        because = f": {position.trouble}" if position.trouble else ""
        message = (
            f"what people do with {position.object} records of sink `{sink.name}` reaches the leads late: it was last read up to "
            f"{(now - position.as_of) // MINUTE} minutes ago{because}"
        )
        alerts.raise_alert(connection, f"{name}:behind", "read_back_behind", message, now)
    else:
        alerts.resolve(connection, f"{name}:behind", now)
