"""Submissions that the rules put aside: which they are, and one alert a source when they are so many that the rule may be wrong.

A single one is nobody's alarm: spam comes every day, and `leadrelay submissions list --state quarantined` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, func, select

from core.instants import HOUR, Instant
from leadrelay.engine import alerts
from leadrelay.store import tables
from leadrelay.store.database import Database
from leadrelay.store.ids import first_at

KIND, ABOUT = "submissions_quarantined", "aside"
MANY = 20
"""So many of one source within an hour, and at least half of what came in, look like a rule that is wrong, or an attack."""
_LATEST = 20_000
"""Among how many of the latest submissions is counted, so that a look costs the same in a large store."""
_SUBMISSION = tables.submission


def is_put_aside() -> ColumnElement[bool]:
    """Whether a submission in state `quarantined` was put aside by a rule: a worker has decided it. Of a post that was refused
    for its token or its origin none has."""
    return (_SUBMISSION.c.state == "quarantined") & _SUBMISSION.c.config_hash.is_not(None)


def look(database: Database, sources: Iterable[str], now: Instant) -> None:
    """Open an alert for each source of which many submissions were put aside in the last hour, and close those that are over."""
    with database.read() as connection:
        found = _many(connection, now)
    alerts.settle(database, KIND, {f"{ABOUT}:{name}": found.get(name, "") for name in sources}, now)


def _many(connection: Connection, now: Instant) -> dict[str, str]:
    """What to say of each source of which many were put aside."""
    submission = _SUBMISSION.c
    latest = (
        select(submission.source, is_put_aside().label("is_aside"))
        .where(submission.id >= first_at(now - HOUR), submission.state.not_in(("duplicate", "ignored", "visit")))
        .order_by(submission.id.desc())
        .limit(_LATEST)
        .subquery()
    )
    aside = func.count().filter(latest.c.is_aside)
    counts = connection.execute(select(latest.c.source, aside, func.count()).group_by(latest.c.source))
    return {
        name: f"{count} of {total} submissions of source `{name}` within an hour were put aside by the rules under `quarantine`. "
        f"Look whether real people are among them: `leadrelay submissions list --state quarantined --source {name}`; "
        "`leadrelay submissions retry` takes one as a lead"
        for name, count, total in counts
        if count >= MANY and count * 2 >= total
    }
