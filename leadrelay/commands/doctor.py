"""`doctor`: how this installation is, in one page without personal data, for oneself or for a support request."""

from __future__ import annotations

import logging
import os
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from core.instants import to_iso
from core.problems import ConfigProblems
from leadrelay.commands.options import Config, Json, config_path
from leadrelay.commands.output import Exit, answering, shown

if TYPE_CHECKING:
    from leadrelay.app import App

State = Literal["ok", "look", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `bad` means that something does not work, `look` that a person should look."""

    name: str
    state: State
    found: Any


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(doctor)


def doctor(config: Config = None, as_json: Json = False) -> None:
    """Look at everything that can be wrong with this installation. The report holds no personal data and no secrets.

    Status 1 when something needs a person, 3 when the store can not be reached.

    Example: leadrelay doctor
    """
    with answering(as_json) as out:
        findings = list(_findings(config_path(config)))
        out.document({one.name: {"state": one.state, "found": one.found} for one in findings})
        marks = {"ok": "ok  ", "look": "LOOK", "bad": "BAD "}
        for one in findings:
            out.say(f"{marks[one.state]}  {one.name}: {shown(one.found)}")
        if any(one.name == "store" and one.state == "bad" for one in findings):
            raise typer.Exit(Exit.UNFINISHED)
        if any(one.state != "ok" for one in findings):
            raise typer.Exit(Exit.NO)


def _findings(path: Path) -> Iterator[Finding]:
    from leadrelay import __version__

    yield Finding("leadrelay", "ok", __version__)
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield from _files(path)
    yield from _store(path)


def _files(path: Path) -> Iterator[Finding]:
    from leadrelay.configuration import build, read_files

    try:
        built = build(read_files(path), os.environ)
    except ConfigProblems as error:
        yield Finding("configuration files", "bad", [str(problem) for problem in error.problems])
        return
    warnings = [str(problem) for problem in built.warnings]
    yield Finding("configuration files", "look" if warnings else "ok", warnings or f"{path} and its files are all right")


def _store(path: Path) -> Iterator[Finding]:
    from leadrelay import logs
    from leadrelay.app import open_app
    from leadrelay.store.database import StoreUnavailable
    from leadrelay.store.migrate import NewerStore, pending

    logs.configure(level=logging.CRITICAL)
    try:
        app = open_app(path)
    except ConfigProblems:
        return
    try:
        steps = pending(app.database)
        yield Finding(
            "store", "ok" if not steps else "look", _kind(app) + (f"; steps to run: {', '.join(steps)}" if steps else "")
        )
        if not steps:
            yield from _inside(app, path)
    except (StoreUnavailable, NewerStore) as error:
        yield Finding("store", "bad", str(error))
    finally:
        yield from _machine(app)
        app.close()


def _kind(app: App) -> str:
    if app.database.is_sqlite:
        import sqlite3

        size = app.database.file.stat().st_size if app.database.file is not None and app.database.file.exists() else 0
        return f"SQLite {sqlite3.sqlite_version}, {size / 1e6:.1f} MB"
    with app.database.read() as connection:
        return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"


def _alerts(found: Sequence[Mapping[str, object]]) -> list[str]:
    """What is open, in words; of what concerns one lead each, how many there are and the first."""
    from leadrelay.notify.kinds import kind_of

    words: list[str] = []
    for kind in dict.fromkeys(str(alert["kind"]) for alert in found):
        mine = [f"{kind}: {alert['message']}" for alert in found if alert["kind"] == kind]
        is_of_leads = kind_of(kind).is_once and len(mine) > 1
        words += [f"{mine[0]}; and {len(mine) - 1} more leads"] if is_of_leads else mine
    return words


def _inside(app: App, path: Path) -> Iterator[Finding]:
    from leadrelay.configuration import read_files
    from leadrelay.engine.alerts import open_alerts

    with app.database.read() as connection:
        alerts = _alerts(open_alerts(connection))
    yield Finding("alerts", "look" if alerts else "ok", alerts or "none")
    try:
        in_force = app.keeper.look()
    except ConfigProblems as error:
        yield Finding("configuration in force", "bad", [str(problem) for problem in error.problems])
        return
    is_newest = in_force.hash == read_files(path).hash
    words = f"{in_force.hash}{'' if is_newest else '; the files differ: `leadrelay reload` brings them into force'}"
    yield Finding("configuration in force", "ok" if is_newest else "look", words)
    for source in app.views.sources():
        yield Finding(
            f"source {source.name}", "ok" if source.paused is None else "look", {**source.states, **_paused(source.paused)}
        )
    for sink in app.views.sinks():
        needs_look = sink.paused is not None or sink.states.get("failed", 0)
        yield Finding(
            f"sink {sink.name}", "look" if needs_look else "ok", {"mode": sink.mode, **sink.states, **_paused(sink.paused)}
        )
    yield from _notify(app)
    unaccounted = app.audit()["unaccounted"]
    yield Finding("unaccounted for", "bad" if unaccounted else "ok", unaccounted)


def _notify(app: App) -> Iterator[Finding]:
    from leadrelay.notify.notifier import last_told

    targets = app.configuration.settings.notify.targets
    for name, (at, problem) in last_told(app.database, list(targets)).items():
        told = "nothing told yet" if at is None else f"last told {to_iso(at)}"
        yield Finding(f"notify {name}", "look" if problem else "ok", f"{told}; {problem}" if problem else told)


def _paused(reason: str | None) -> dict[str, str]:
    return {} if reason is None else {"paused": reason}


def _machine(app: App) -> Iterator[Finding]:
    from leadrelay.engine.watchman import is_little

    folder = app.settings.data_dir
    waiting = app.spool.waiting()
    yield Finding("spool", "look" if waiting else "ok", f"{waiting} waiting in {folder}/spool")
    near = next(place for place in (folder, *folder.parents) if place.exists())
    usage = shutil.disk_usage(near)
    total, free = usage.total, usage.free
    is_writable = os.access(near, os.W_OK)
    state: State = "bad" if not is_writable else "look" if is_little(free, total) else "ok"
    yield Finding("disk", state, f"{free / 1e9:.1f} GB free in {near}{'' if is_writable else ', which can not be written'}")
