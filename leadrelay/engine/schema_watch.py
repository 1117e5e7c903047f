"""Looking after the CRMs' schemas: each live sink's mappings held against its CRM by a timer, so that a person knows of a
removed field or a renamed option before the first lead fails of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import structlog
from sqlalchemy import Connection, select

from connectors.base import OWNER_INACTIVE, Retry, Sink, Stop, TooLarge
from core.instants import DAY, MINUTE, SECOND, Instant
from core.problems import Problem
from core.schema_diff import SchemaChange, change_from_json, is_over, schema_as_json, schema_from_json
from leadrelay.configuration import Configuration
from leadrelay.engine import alerts
from leadrelay.engine.account import Account, NotNow
from leadrelay.engine.drift import WATCH
from leadrelay.engine.timers import Again, add_timer
from leadrelay.live_check import (
    CALLS_BESIDE,
    ENDING_NOW,
    Schemas,
    Seen,
    ask,
    ending,
    judge,
    native_integration,
    objects_of,
    of_sink,
)
from leadrelay.settings import SinkSettings
from leadrelay.store import bulk, people, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids

log = structlog.get_logger(__name__)

KIND = WATCH
ALERT = "mapping"
"""The kind of the alerts that tell of mappings which do not fit their CRM."""

SOON = MINUTE
"""How long after a start, or a new configuration, the first look is taken."""

_TOLD_FOR = 7 * DAY
_MOST_CHANGES = 50
_NO_SOONER = 30 * SECOND
_TABLE = tables.crm_schema
_ALERTS = tables.alert


# --- what is remembered ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Noted:
    """A change of a CRM's schema, and when it was noticed."""

    at: Instant
    change: SchemaChange


def remembered(connection: Connection, sink: str) -> Schemas:
    """What a sink's objects looked like when they were last asked for."""
    rows = connection.execute(select(_TABLE.c.object, _TABLE.c.document).where(_TABLE.c.sink == sink))
    documents = {name: json.loads(document) for name, document in rows}
    return {name: schema_from_json(found["schema"]) for name, found in documents.items() if found.get("schema")}


def noted(connection: Connection, sink: str, now: Instant) -> list[Noted]:
    """The changes of the last days, the newest first."""
    rows = connection.execute(select(_TABLE.c.document).where(_TABLE.c.sink == sink)).scalars()
    found = [Noted(one["at"], change_from_json(one)) for row in rows for one in json.loads(row).get("changes", ())]
    return sorted((one for one in found if one.at > now - _TOLD_FOR), key=lambda one: -one.at)


def remember(connection: Connection, sink: str, seen: Seen, changes: Sequence[SchemaChange], now: Instant) -> None:
    """Keep what was seen for the next look, with each object its newest changes that still hold, and who is no active user
    there, for the routing to pass over."""
    if seen.owners or not seen.problems:
        people.set_inactive(connection, sink, [one.field for one in seen.owners if one.code == OWNER_INACTIVE], now)
    rows = connection.execute(select(_TABLE.c.object, _TABLE.c.document).where(_TABLE.c.sink == sink))
    earlier = {name: json.loads(document) for name, document in rows}
    for name, schema in seen.schemas.items():
        own = [{"at": now, **change.as_json()} for change in changes if change.object == name]
        before = [one for one in earlier.get(name, {}).get("changes", ()) if not is_over(change_from_json(one), schema)]
        told = [*own, *before][:_MOST_CHANGES]
        document = {"schema": None if schema is None else schema_as_json(schema), "changes": told}
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        sql = (
            "INSERT INTO crm_schema (sink, object, document, seen_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (sink, object) DO UPDATE SET document = excluded.document, seen_at = excluded.seen_at"
        )
        bulk.run(connection, sql, (sink, name, text, now))


# --- alerts ---------------------------------------------------------------------------------------------------------


def tell(connection: Connection, sink: str, problems: Iterable[Problem], now: Instant, *, is_whole: bool = True) -> list[str]:
    """Have one open alert for each thing that is wrong with a sink's mappings, and none for what was repaired; returns the new
    ones' keys. What was not looked at as a whole repairs nothing."""
    wanted: dict[str, list[Problem]] = {}
    for problem in problems:
        wanted.setdefault(_key(sink, problem), []).append(problem)
    mine = _ALERTS.c.key.like(f"{_escaped(_prefix(sink))}%", escape="\\") & _ALERTS.c.resolved_at.is_(None)
    for key in connection.execute(select(_ALERTS.c.key).where(mine)).scalars().all():
        if is_whole and key not in wanted:
            alerts.resolve(connection, key, now)
    return [key for key, found in wanted.items() if alerts.raise_alert(connection, key, ALERT, _words(found), now)]


def _prefix(sink: str) -> str:
    return f"mapping:{sink}:"


def _key(sink: str, problem: Problem) -> str:
    """Equal for the same trouble whatever line it stands in."""
    file = PurePath(problem.place.file).name if problem.place else ""
    return f"{_prefix(sink)}{problem.code}:{file}:{problem.field}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")


def _words(problems: Sequence[Problem]) -> str:
    more = f" (and {len(problems) - 1} more of the kind)" if len(problems) > 1 else ""
    return f"{problems[0]}{more}"


# --- the timer ------------------------------------------------------------------------------------------------------


class SchemaWatch:
    """The timer's work: one sink held against its CRM. `open_account` gives a sink's way to its CRM by name."""

    def __init__(
        self, database: Database, configuration: Callable[[], Configuration], open_account: Callable[[str], Account]
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._open_account = open_account

    def __call__(self, data: str, now: Instant) -> Again | None:
        """Look at the sink that the timer names; None when it is none any more, or does not send."""
        name = str(json.loads(data).get("sink"))
        built = self._configuration()
        sink = built.settings.sinks.get(name)
        if sink is None or sink.mode != "live":
            with self._database.write(is_durable=False) as connection:
                tell(connection, name, (), now)
            return None
        later = now + built.settings.worker.schema_watch
        try:
            seen = self._look(sink, built)
        except NotNow as shut:
            return Again(later if shut.until is None else min(later, max(shut.until, now + _NO_SOONER)), data)
        except (Retry, Stop, TooLarge) as error:  # the gate was told, and holds or has paused the sink with an alert of its own
            log.info("schema_not_seen", sink=name, reason=str(error))
            return Again(later, data)
        if isinstance(seen, Problem):
            with self._database.write(is_durable=False) as connection:
                tell(connection, name, [of_sink(name, seen)], now, is_whole=False)
        else:
            self._conclude(sink, built, seen, now)
        return Again(later, data)

    def _look(self, sink: SinkSettings, built: Configuration) -> Seen | Problem:
        account = self._open_account(sink.name)

        def look(crm: Sink) -> Seen | Problem:
            try:
                return ask(crm, sink, built)
            except Stop as error:  # a look must not pause what may go on sending; what it can not do becomes an alert
                return error.problem

        try:
            return account.call(look, calls=len(objects_of(sink, built)) + CALLS_BESIDE, kind="watch")
        finally:
            account.close()

    def _conclude(self, sink: SinkSettings, built: Configuration, seen: Seen, now: Instant) -> None:
        with self._database.read() as connection:
            before = remembered(connection, sink.name)
            beside = self._beside(connection, sink, seen, built)
        judged = judge(sink, built, seen, before=before)
        ends = [one for one in ending([sink], now + ENDING_NOW) if one.code == "version_ending"]
        problems = [*judged.findings.problems, *ends, *beside]

        def write() -> list[str]:
            with self._database.write(is_durable=False) as connection:
                remember(connection, sink.name, seen, judged.changes, now)
                return tell(connection, sink.name, problems, now)

        new = self._database.repeat(write)
        for change in judged.changes:
            log.info("schema_changed", sink=sink.name, object=change.object, field=change.field, kind=change.kind)
        if new:
            log.warning("mapping_does_not_fit", sink=sink.name, alerts=new)

    def _beside(self, connection: Connection, sink: SinkSettings, seen: Seen, built: Configuration) -> list[Problem]:
        """What is wrong between this CRM and the others that are written."""
        live = [one for one in built.settings.sinks.values() if one.mode == "live"]
        known = [(one, seen.schemas if one.name == sink.name else remembered(connection, one.name)) for one in live]
        return [problem for problem in native_integration(known) if problem.field == f"sinks.{sink.name}"]


def follow(database: Database, ids: Ids, sinks: Iterable[str], now: Instant) -> None:
    """Have a timer for each of these sinks, due soon: mappings may have changed, and the CRM while nobody looked.

    Not at once: whoever starts with leads that wait has better use for the first calls.
    """
    soon = now + SOON
    with database.write(is_durable=False) as connection:
        for name in sinks:
            key = f"{KIND}:{name}"
            bulk.run(connection, "UPDATE timer SET due = ? WHERE key = ? AND due > ?", (soon, key, soon))
            add_timer(connection, ids.one(now), KIND, key, soon, json.dumps({"sink": name}))


# --- the command ----------------------------------------------------------------------------------------------------


def note(database: Database, sink: SinkSettings, seen: Seen, changes: Sequence[SchemaChange], now: Instant) -> list[Noted]:
    """Keep what a command saw, and what has changed in the last days, the changes of this look included."""
    with database.write(is_durable=False) as connection:
        remember(connection, sink.name, seen, changes, now)
        return noted(connection, sink.name, now)


def last_seen(database: Database, sink: str) -> Schemas:
    """What a command compares with: the objects as they were last seen."""
    with database.read() as connection:
        return remembered(connection, sink)
