"""Conditions that nobody meets while working: queues that stand still, failures that pile up, a disk that fills, a ledger that
does not add up. Looked at each minute; each opens one alert, closed when it is over."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Connection, select

from core.instants import HOUR, MINUTE, Instant
from leadrelay.engine import alerts, aside, audit, refusals
from leadrelay.engine.spool import Spool
from leadrelay.store import gates, markers, tables
from leadrelay.store.database import Database

log = structlog.get_logger(__name__)

KIND = "watchman"
LEDGER = "ledger"
LEDGER_AFTER = 10 * MINUTE
"""How long after the first start the ledger is looked at: whoever starts with much to do has better use for the disk."""
_UNREACHABLE_AFTER = 30 * MINUTE
_LATE_AFTER = 15 * MINUTE
_SPOOL_AFTER = 10 * MINUTE
_SILENT_AFTER = HOUR
"""A machine that has not looked at its own disk for so long is gone: its alerts are closed."""
_LITTLE_SPACE, _LITTLE_SHARE = 1_000_000_000, 0.1
_MACHINE_KINDS = ("disk_full", "spool_waiting")
_ALERT = tables.alert


@dataclass(frozen=True, slots=True)
class Watched:
    """What is looked at: the live sinks, all configured sinks and sources, and from how many failures on a person is told."""

    live: tuple[str, ...]
    sinks: tuple[str, ...]
    sources: tuple[str, ...]
    failures: int


def is_little(free: int, total: int) -> bool:
    """Whether a disk is nearly full: under a gigabyte, and under a tenth where it is a small one."""
    return free < min(_LITTLE_SPACE, _LITTLE_SHARE * total)


def near(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _tell(connection: Connection, found: Mapping[str, str], key: str, kind: str, now: Instant, names: Iterable[str]) -> None:
    """One open alert for each name that something is found of, none for the others."""
    for name in names:
        if name in found:
            alerts.raise_alert(connection, f"{key}:{name}", kind, found[name], now)
        else:
            alerts.resolve(connection, f"{key}:{name}", now)


def look(database: Database, watched: Watched, now: Instant) -> None:
    """Look at the store's queues."""
    with database.read() as connection:
        unreachable = _unreachable(connection, watched.live, now)
        failed = _failed(connection, watched)
        held = _held(connection, watched)
        late = _late(connection, now)
    with database.write(is_durable=False) as connection:
        _tell(connection, unreachable, "unreachable", "sink_unreachable", now, watched.sinks)
        _tell(connection, failed, "failed", "deliveries_failed", now, watched.sinks)
        _tell(connection, held, "held", "submissions_held", now, watched.sources)
        _tell(connection, {} if late is None else {"new": late}, "late", "submissions_late", now, ("new",))
        for key in _gone(connection, watched, now):
            alerts.resolve(connection, key, now)
    refusals.look(database, watched.sources, now)
    aside.look(database, watched.sources, now)


def _unreachable(connection: Connection, live: Collection[str], now: Instant) -> dict[str, str]:
    found = {}
    for name, gate in gates.read_all(connection).items():
        if name in live and gate.paused is None and gate.failures and 0 < gate.last_ok_at < now - _UNREACHABLE_AFTER:
            minutes = (now - gate.last_ok_at) // MINUTE
            found[name] = (
                f"the CRM of sink `{name}` has not answered as it should for {minutes} minutes: "
                f"{gate.hold_reason or 'no answer'}. Its queue is kept and goes on by itself"
            )
    return found


def _failed(connection: Connection, watched: Watched) -> dict[str, str]:
    sql = "SELECT sink, count(*) FROM delivery WHERE state = 'failed' GROUP BY sink"
    return {
        name: f"{count} deliveries of sink `{name}` have failed: the CRM refuses these leads as they are"
        for name, count in connection.exec_driver_sql(sql)
        if name in watched.live and count >= watched.failures
    }


def _held(connection: Connection, watched: Watched) -> dict[str, str]:
    sql = "SELECT source, count(*) FROM submission WHERE state = 'held' GROUP BY source"
    return {
        name: f"{count} submissions of source `{name}` are held: its mapping does not understand them"
        for name, count in connection.exec_driver_sql(sql)
        if name in watched.sources and count >= watched.failures
    }


def _late(connection: Connection, now: Instant) -> str | None:
    """What is wrong when new submissions wait although their sources are not paused."""
    new = tables.submission.c.state == "new"
    query = select(tables.submission.c.received_at).where(new, tables.submission.c.received_at < now - _LATE_AFTER)
    paused = markers.paused_sources(connection)
    if paused:
        query = query.where(tables.submission.c.source.not_in(list(paused)))
    oldest = connection.execute(query.order_by(tables.submission.c.id).limit(1)).scalar_one_or_none()
    if oldest is None:
        return None
    return f"submissions have waited for {(now - oldest) // MINUTE} minutes to be worked on: the workers do not keep up, or fail"


def _gone(connection: Connection, watched: Watched, now: Instant) -> list[str]:
    """The open alerts of sinks and sources that are configured no more, and of machines that have left; in the transaction that
    closes them, so that what raises one of them meanwhile is waited for and seen."""
    found = []
    known = {"sink": watched.sinks, "unreachable": watched.sinks, "failed": watched.sinks, "read_back": watched.sinks,
             "mapping": watched.sinks, "source": watched.sources, "held": watched.sources,
             "file_not_imported": watched.sources, "folder_not_usable": watched.sources,
             refusals.ABOUT: watched.sources, aside.ABOUT: watched.sources}  # fmt: skip
    open_ones = select(_ALERT).where(_ALERT.c.resolved_at.is_(None)).order_by(_ALERT.c.key).with_for_update()
    for row in connection.execute(open_ones).all():
        about, _, rest = row.key.partition(":")
        is_silent = row.kind in _MACHINE_KINDS and json.loads(row.data).get("seen_at", now) < now - _SILENT_AFTER
        name = rest.split(":")[0]
        is_dealt_with = row.kind == "source_item_failed" and not _has_rejected(connection, name)
        if is_silent or is_dealt_with or (about in known and name not in known[about]):
            found.append(row.key)
    return found


def _has_rejected(connection: Connection, source: str) -> bool:
    rejected = (tables.submission.c.source == source) & (tables.submission.c.state == "rejected")
    return connection.execute(select(tables.submission.c.id).where(rejected).limit(1)).first() is not None


def look_at_machine(database: Database, folder: Path, spool: Spool, now: Instant) -> None:
    """Look at this machine's data folder and spool."""
    machine = platform.node() or "this machine"
    usage = shutil.disk_usage(near(folder))
    disk = spooled = ""
    if is_little(usage.free, usage.total):
        disk = (
            f"{usage.free // 1_000_000} MB are left on {machine} in {folder}. Make room: what can not be stored is answered 503"
        )
    oldest = spool.oldest()
    if oldest is not None and oldest < now - _SPOOL_AFTER:
        spooled = (
            f"the spool of {machine} has not drained for {(now - oldest) // MINUTE} minutes although the store answers: a web "
            f"process must run there, and {spool.folder} be writable"
        )
    with database.write(is_durable=False) as connection:
        for key, kind, message in ((f"disk:{machine}", "disk_full", disk), (f"spool:{machine}", "spool_waiting", spooled)):
            if message:
                alerts.raise_alert(connection, key, kind, message, now, data=json.dumps({"seen_at": now}))
            else:
                alerts.resolve(connection, key, now)


def check_ledger(database: Database, spool: Spool, now: Instant) -> int:
    """Compare each source's independent counter with its submissions, which takes no more than counting; returns how many are
    unaccounted for. `leadrelay audit` looks at the CRMs' side too."""
    with database.read(is_snapshot=True) as connection:
        sources = audit.sources(connection, spool)
    wrong = {name: found["unaccounted"] for name, found in sources.items() if found["unaccounted"]}
    with database.write(is_durable=False) as connection:
        if wrong:
            said = ", ".join(f"{count} of source `{name}`" for name, count in sorted(wrong.items()))
            alerts.raise_alert(connection, "unaccounted", "unaccounted", f"submissions are unaccounted for: {said}", now)
        else:
            alerts.resolve(connection, "unaccounted", now)
    return sum(wrong.values())
