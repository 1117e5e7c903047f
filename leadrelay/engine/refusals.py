"""Posts that were refused for their token: one alert a source, so that a form whose token went wrong is not found by its silence.

Only posts that are kept apart count, so that what strangers post is bounded by the source's `quarantine_per_hour`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from connectors.sources import BAD_TOKEN
from core.instants import DAY, HOUR, Instant, to_iso
from leadrelay.engine import alerts
from leadrelay.engine.aside import is_put_aside
from leadrelay.engine.captures import refused_key
from leadrelay.store import tables
from leadrelay.store.database import Database
from leadrelay.store.ids import first_at, taken_at

KIND, ABOUT = "source_unauthorized", "unauthorized"
_NOT_TAKEN = ("quarantined", "erased", "expired")
_LATEST = 20_000
"""Among how many of the latest submissions one with the right token is sought, so that a look costs the same in a large store."""
_ALERT, _SUBMISSION = tables.alert, tables.submission


def look(database: Database, sources: Iterable[str], now: Instant) -> None:
    """Open an alert for each source whose last post was refused for its token in the last day, and close those that are over."""
    with database.read() as connection:
        told = {f"{ABOUT}:{name}": _refused(connection, name, now) for name in sources}
    alerts.settle(database, KIND, told, now)


def _refused(connection: Connection, name: str, now: Instant) -> str:
    """What to say of a source's refused posts; empty when nothing is wrong.

    A right post shows that the form knows its token. Where strangers post beside it, that would open and close the alert without
    end: after one was closed the next comes within a day only when every post of an hour was refused.
    """
    is_bad = (_SUBMISSION.c.source == name) & (_SUBMISSION.c.state == "quarantined")
    is_bad &= _SUBMISSION.c.key.startswith(refused_key("quarantined", BAD_TOKEN, ""), autoescape=True)
    bad = select(func.count(), func.min(_SUBMISSION.c.id)).where(is_bad)
    floor = first_at(now - DAY)
    if not connection.execute(bad.where(_SUBMISSION.c.id >= floor)).one()[0]:
        return ""
    floor = max(floor, _last_right(connection, name, floor) + 1)
    count, first = connection.execute(bad.where(_SUBMISSION.c.id >= floor)).one()
    if not count:
        return ""
    since = taken_at(first)
    closed = connection.execute(select(_ALERT.c.resolved_at).where(_ALERT.c.key == f"{ABOUT}:{name}")).scalar_one_or_none()
    if closed is not None and closed > now - DAY and since > now - HOUR:
        return ""
    posts, were = ("1 post", "was") if count == 1 else (f"{count} posts", "were")
    return (
        f"{posts} to source `{name}` since {to_iso(since)[:16].replace('T', ' ')} UTC {were} refused for a "
        "missing or wrong token and kept apart, and none came with the right one. Compare the token in the form tool with the "
        f"source's `token` setting; `leadrelay submissions list --state quarantined --source {name}` shows what came"
    )


def _last_right(connection: Connection, name: str, floor: int) -> int:
    """The latest post of a source that came with the right token; 0 when there is none of late."""
    columns = (_SUBMISSION.c.id, _SUBMISSION.c.source, _SUBMISSION.c.state, is_put_aside().label("is_aside"))
    latest = select(*columns).where(_SUBMISSION.c.id >= floor)
    part = latest.order_by(_SUBMISSION.c.id.desc()).limit(_LATEST).subquery()
    is_right = (part.c.source == name) & (part.c.state.not_in(_NOT_TAKEN) | part.c.is_aside)
    return connection.execute(select(part.c.id).where(is_right).order_by(part.c.id.desc()).limit(1)).scalar_one_or_none() or 0
