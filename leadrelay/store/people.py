"""What the store knows of the team's people beside team.yaml: days off that were told by command, and users inactive in a CRM."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from core.instants import Instant
from leadrelay.store import markers, tables

_ABSENCE = tables.absence
_INACTIVE = "inactive_user:"
FOR_GOOD = date.max
"""The last day of an absence whose end is not known."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody takes no leads; who said so, and when."""

    person: str
    first: date
    last: date
    by: str
    made_at: Instant


def absences(connection: Connection, since: date) -> list[Absence]:
    """All absences that have not ended before a day."""
    query = select(_ABSENCE).where(_ABSENCE.c.last >= since.isoformat()).order_by(_ABSENCE.c.first, _ABSENCE.c.id)
    return [
        Absence(row.person, date.fromisoformat(row.first), date.fromisoformat(row.last), row.by, row.made_at)
        for row in connection.execute(query)
    ]


def add_absence(connection: Connection, number: int, absence: Absence) -> bool:
    """Keep an absence; False when the very same is there already."""
    first, last = absence.first.isoformat(), absence.last.isoformat()
    same = (_ABSENCE.c.person == absence.person) & (_ABSENCE.c.first == first) & (_ABSENCE.c.last == last)
    if connection.execute(select(_ABSENCE.c.id).where(same)).first() is not None:
        return False
    values = {"id": number, "person": absence.person, "first": first, "last": last, "by": absence.by, "made_at": absence.made_at}
    connection.execute(_ABSENCE.insert().values(**values))
    return True


def end_absence(connection: Connection, person: str, today: date) -> int:
    """Somebody is back: absences of today end with yesterday, later ones stay. Returns how many ended."""
    covers = (_ABSENCE.c.person == person) & (_ABSENCE.c.first <= today.isoformat()) & (_ABSENCE.c.last >= today.isoformat())
    gone = connection.execute(_ABSENCE.delete().where(covers, _ABSENCE.c.first == today.isoformat())).rowcount
    yesterday = (today - timedelta(days=1)).isoformat()
    return gone + connection.execute(_ABSENCE.update().where(covers).values(last=yesterday)).rowcount


def set_inactive(connection: Connection, sink: str, emails: Collection[str], now: Instant) -> None:
    """Keep which people a CRM has no active user for, in place of what was known of that CRM."""
    wanted = {f"{_INACTIVE}{sink}:{email}" for email in emails}
    for name in markers.named(connection, f"{_INACTIVE}{sink}:"):
        if name not in wanted:
            markers.remove(connection, name)
    for name in sorted(wanted):
        markers.put(connection, name, "", now)


def inactive(connection: Connection) -> dict[str, str]:
    """The people who are no active user somewhere, each with the CRM that says so."""
    found: dict[str, str] = {}
    for name in sorted(markers.named(connection, _INACTIVE)):
        sink, _, email = name.removeprefix(_INACTIVE).partition(":")
        found.setdefault(email, sink)
    return found
