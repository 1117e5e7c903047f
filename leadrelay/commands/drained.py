"""What is left to do: submissions to decide, deliveries and actions to send. Drain waits for none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from leadrelay.commands.output import counted

if TYPE_CHECKING:
    from leadrelay.app import App

_POLL_S = 0.1
_OPEN = {
    "delivery": "SELECT sink, count(*) FROM delivery WHERE state IN ('waiting', 'in_flight') GROUP BY sink",
    # An action without a record of its lead in the CRM is not due: it waits for a delivery, which is counted itself.
    "action": (
        "SELECT sink, count(*) FROM action WHERE state = 'in_flight' OR (state = 'waiting' AND EXISTS (SELECT 1 FROM crm_link "
        "WHERE crm_link.lead_id = action.lead_id AND crm_link.sink = action.sink)) GROUP BY sink"
    ),
}


@dataclass(frozen=True, slots=True)
class Left:
    """Open work by where it waits; `paused` names the paused sources and sinks that hold some of it."""

    spooled: int = 0
    submissions: int = 0
    deliveries: Mapping[str, int] = field(default_factory=dict)
    actions: Mapping[str, int] = field(default_factory=dict)
    paused: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.spooled or self.submissions or self.deliveries or self.actions)

    def __str__(self) -> str:
        parts = [counted(self.spooled, "submission") + " in the spool"] if self.spooled else []
        parts += [counted(self.submissions, "submission") + " to decide"] if self.submissions else []
        parts += [f"{counted(count, 'delivery')} of {sink}" for sink, count in sorted(self.deliveries.items())]
        parts += [f"{counted(count, 'action')} of {sink}" for sink, count in sorted(self.actions.items())]
        return ", ".join(parts) or "nothing"

    def as_json(self) -> dict[str, object]:
        """The open work as plain JSON values."""
        return {
            "spooled": self.spooled,
            "submissions": self.submissions,
            "deliveries": dict(self.deliveries),
            "actions": dict(self.actions),
            "paused": list(self.paused),
        }


def left(app: App) -> Left:
    """What is left now. Read in the order in which work flows, so that nothing slips past while it moves on.

    Sinks that only observe, and sinks that are not configured any more, send nothing: what waits for them is not counted.
    """
    live = {name for name, sink in app.configuration.settings.sinks.items() if sink.mode == "live"}
    spooled = app.spool.waiting()
    with app.database.read() as connection:
        submissions = _by_name(connection, "SELECT source, count(*) FROM submission WHERE state = 'new' GROUP BY source")
    with app.database.read() as connection:
        deliveries = _by_name(connection, _OPEN["delivery"], live)
    with app.database.read() as connection:
        actions = _by_name(connection, _OPEN["action"], live)
        paused = _paused(connection, submissions, {*deliveries, *actions})
    return Left(spooled, sum(submissions.values()), deliveries, actions, paused)


def _by_name(connection: Connection, sql: str, only: set[str] | None = None) -> dict[str, int]:
    rows = connection.exec_driver_sql(sql)
    return {name: count for name, count in rows if only is None or name in only}


def _paused(connection: Connection, sources: Mapping[str, int], sinks: set[str]) -> tuple[str, ...]:
    from leadrelay.store import gates, markers

    held = [f"source {name}" for name in markers.paused_sources(connection) if name in sources]
    held += [f"sink {name}" for name, gate in gates.read_all(connection).items() if gate.paused is not None and name in sinks]
    return tuple(sorted(held))


def drained(app: App, timeout_s: float) -> Left:
    """Wait until nothing is left, a paused source or sink holds what is left, or the time is over; what is left then."""
    give_up_at = time.monotonic() + timeout_s
    while True:
        now = left(app)
        if now.is_empty or now.paused or time.monotonic() >= give_up_at:
            return now
        time.sleep(_POLL_S)
