"""`sources`: what comes in from where, whether a mailbox or a folder can be read, and pausing."""

from __future__ import annotations

import os
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.completion import source_names
from leadrelay.commands.options import Config, Json, acting_user, config_path
from leadrelay.commands.output import Exit, Output, answering, deny, give_up
from leadrelay.commands.showing import opened_app, plain

if TYPE_CHECKING:
    from connectors.sources import WatchedFolder
    from core.problems import Problem
    from leadrelay.app import App
    from leadrelay.configuration import Configuration
    from leadrelay.settings import SourceSettings

SourceName = Annotated[
    str, typer.Argument(metavar="SOURCE", help="The source's name in the configuration.", autocompletion=source_names)
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who wonder later.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Where leads come from: forms, mailboxes, files. What came in, and pausing.", no_args_is_help=True)
    group.command("list")(list_sources)
    group.command("probe")(probe_source)
    group.command("pause")(pause_source)
    group.command("resume")(resume_source)
    app.add_typer(group, name="sources")


def list_sources(config: Config = None, as_json: Json = False) -> None:
    """List the sources: what came in and what became of it, how their mailboxes and folders do, and what is paused.

    Example: leadrelay sources list
    """
    with answering(as_json) as out, opened_app(config) as app:
        rows = [{**plain(row), **_looked_at(app, row.name)} for row in app.views.sources()]
        out.document(rows)
        out.table(
            ("source", "connector", "mapping", "received", "submissions", "last", "how it does"),
            (
                (
                    row["name"], row["connector"], row["mapping"], row["received"], row["states"],
                    str(row["last_received_at"] or "")[:19].replace("T", " "), _state(row),
                )
                for row in rows
            ),
            empty="No source is configured.",
        )  # fmt: skip
        for row in rows:
            if row.get("waits_for"):
                out.say(
                    f"{row['name']} goes on by itself when its settings have changed (leadrelay reload), else with "
                    f"`leadrelay sources resume {row['name']}`."
                )


def _looked_at(app: App, name: str) -> dict[str, Any]:
    """What is known of a source that is asked or watched: when it last answered, what is wrong, which files wait."""
    from core.instants import to_iso
    from leadrelay.store import cursors

    source = app.configuration.settings.sources[name]
    watched = _watched(source, app.path.parent)
    if source.spec.open_pull is None and watched is None:
        return {}
    with app.database.read() as connection:
        state = cursors.read(connection, name)
    found: dict[str, Any] = {
        "asked_at": to_iso(state.last_ok_at) if state.last_ok_at else None,
        "waits_for": None if state.paused is None else state.paused.message,
        "failures": state.failures,
        "last_problem": state.last_problem or None,
        "is_asked_now": state.is_held(app.clock()),
    }
    if watched is not None:
        found |= {
            "folder": str(watched.path),
            "is_folder_there": watched.path.is_dir(),
            "failed_folder": str(watched.failed),
            "waiting_files": len(_waiting(watched)),
            "failed_files": _failed(watched),
        }
    return found


def _state(row: dict[str, Any]) -> str:
    parts = []
    if row["paused"] is not None:
        parts.append(f"paused{': ' if row['paused'] else ''}{row['paused']}")
    if row.get("waits_for"):
        parts.append(f"waits for a person: {row['waits_for']}")
    elif row.get("failures"):
        parts.append(f"does not answer: {row.get('last_problem') or 'see the log'}")
    elif row.get("is_folder_there") is False:
        parts.append(f"its folder {row['folder']} is not there: make it, or correct `folder`")
    elif row.get("asked_at"):
        parts.append(f"last looked at {row['asked_at'][:19].replace('T', ' ')}")
    elif "asked_at" in row:
        parts.append("not looked at yet (leadrelay run)")
    if row.get("waiting_files"):
        parts.append(f"{row['waiting_files']} waiting")
    if row.get("failed_files"):
        more = f" and {len(row['failed_files']) - 1} more" if len(row["failed_files"]) > 1 else ""
        parts.append(f"could not import {row['failed_files'][0]}{more}: see the text beside it in {row['failed_folder']}")
    return "; ".join(parts)


def _watched(source: SourceSettings, base: Path) -> WatchedFolder | None:
    found = None if source.spec.watches is None else source.spec.watches(source.config)
    return None if found is None else found.below(base)


def _waiting(watched: WatchedFolder) -> list[Path]:
    """The files that lie in a watched folder."""
    try:
        names = sorted(watched.path.iterdir())
    except OSError:
        return []
    wanted = watched.patterns or ("*",)
    return [
        path for path in names
        if path.is_file() and not path.name.startswith(".") and any(fnmatch(path.name.lower(), one.lower()) for one in wanted)
    ]  # fmt: skip


def _failed(watched: WatchedFolder) -> list[str]:
    """The files that were put aside and that nobody has looked after."""
    from connectors.sources import PROBLEM_FILE

    try:
        names = [path.name for path in watched.failed.iterdir()]
    except OSError:
        return []
    return sorted(name.removesuffix(PROBLEM_FILE) for name in names if name.endswith(PROBLEM_FILE))


# --- probing --------------------------------------------------------------------------------------------------------------


def probe_source(source: SourceName, config: Config = None, as_json: Json = False) -> None:
    """Try a source without changing anything: log into the mailbox, look into the folder, or print the address to post to.

    It is tried as the file sets it, so that a changed setting can be tried before `leadrelay reload` brings it into force.

    Example: leadrelay sources probe inbox
    """
    from leadrelay.commands.checking import load

    with answering(as_json) as out, opened_app(config) as app:
        built = load(config_path(config))
        found = _named(source, built, "Configured")
        facts, problems = _probed(app, found, built)
        if built.hash != app.configuration.hash:
            out.note("The files differ from what is in force, and were tried: `leadrelay reload` brings them into force.")
        out.document({"source": source, "facts": dict(facts), "problems": [problem.as_json() for problem in problems]})
        out.facts(facts)
        out.problems(replace(one, message=f"source `{source}`: {one.message}") for one in problems)
        if problems:
            raise typer.Exit(Exit.NO)
        out.say("Nothing is wrong with it.")


def _probed(app: App, source: SourceSettings, built: Configuration) -> tuple[list[tuple[str, str]], list[Problem]]:
    if source.spec.open_pull is not None:
        return _asked(app, source)
    watched = _watched(source, app.path.parent)
    if watched is not None:
        return _looked_into(watched)
    if source.spec.open_file is not None:
        return [("files", f"leadrelay import {source.name} FILE (no folder is watched: `folder` is not set)")], []
    return _address(built, source), []


def _asked(app: App, source: SourceSettings) -> tuple[list[tuple[str, str]], list[Problem]]:
    """A mailbox, by a connection of its own beside a worker's."""
    from connectors.base import Retry, Stop
    from leadrelay.pullers import open_pull

    pull = open_pull(app, source)
    try:
        seen = pull.probe()
    except Stop as error:
        deny(f"source `{source.name}`: {error.problem.message}")
    except Retry as error:
        give_up(f"source `{source.name}`: {error.reason}")
    finally:
        pull.close()
    return list(seen.facts), list(seen.problems)


def _looked_into(watched: WatchedFolder) -> tuple[list[tuple[str, str]], list[Problem]]:
    from core.problems import Problem

    problems = []
    for what, path in (("folder", watched.path), ("done_folder", watched.done), ("failed_folder", watched.failed)):
        if path.exists():
            if not path.is_dir():
                problems.append(Problem("no_folder", f"{path} is no folder: change `{what}`.", what))
            elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
                said = f"{path} can not be read and written by this user, who moves done files: change its owner or mode."
                problems.append(Problem("no_access", said, what))
        elif path == watched.path:
            said = (
                f"{path} is not there: make it, or change `folder`. leadrelay makes none, since a drive may be missing."
            )
            problems.append(Problem("no_folder", said, what))
        elif watched.path not in path.parents and not _can_be_made(path):
            problems.append(Problem("no_folder", f"{path} is not there and can not be made: make it, or change `{what}`.", what))
    facts = [
        ("folder", str(watched.path)), ("done", str(watched.done)), ("failed", str(watched.failed)),
        ("waiting", ", ".join(path.name for path in _waiting(watched)) or "no file"),
    ]  # fmt: skip
    return facts, problems


def _can_be_made(path: Path) -> bool:
    """Whether the folder could be made below the nearest one that is there."""
    above = next((one for one in path.parents if one.exists()), None)
    return above is not None and above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def _address(built: Configuration, source: SourceSettings) -> list[tuple[str, str]]:
    """Where posts go to. A token is a secret, so it is not printed."""
    web = built.settings.web
    host = "localhost" if web.host in ("0.0.0.0", "::", "127.0.0.1") else web.host  # noqa: S104 - only compared
    auth = getattr(source.config, "auth", "token")
    path = f"/in/{source.name}" + ("" if auth == "public" else "/TOKEN")
    where = [("post to", f"http://{host}:{web.port}{path} (or the address of your proxy, with the same path)")]
    if auth != "public":
        where.append(("TOKEN", "what `token` of the source is set to; or send it as `Authorization: Bearer TOKEN`"))
    return [*where, ("takes", "JSON, form fields or XML"), ("mapping", source.mapping or "none")]


# --- pausing --------------------------------------------------------------------------------------------------------------


def pause_source(source: SourceName, reason: Reason = "", config: Config = None, as_json: Json = False) -> None:
    """Stop making leads of what a source brings. It is taken and kept all the same.

    Example: leadrelay sources pause website --reason "wrong mapping"
    """
    with answering(as_json) as out, opened_app(config) as app:
        _source(app, source)
        app.operations.pause("source", source, reason, by=acting_user())
        _told(out, source, is_paused=True)


def resume_source(source: SourceName, config: Config = None, as_json: Json = False) -> None:
    """Go on with a source: work what it has brought, and ask its mailbox again where that waited for a person.

    Example: leadrelay sources resume inbox
    """
    with answering(as_json) as out, opened_app(config) as app:
        _source(app, source)
        app.operations.resume("source", source, by=acting_user())
        _told(out, source, is_paused=False)


def _told(out: Output, source: str, *, is_paused: bool) -> None:
    out.document({"name": source, "paused": is_paused})
    out.say(f"source {source} {'is paused; what comes is kept' if is_paused else 'goes on'}.")


def _source(app: App, name: str) -> SourceSettings:
    return _named(name, app.configuration, "What was just added to the file counts after `leadrelay reload`. In force")


def _named(name: str, built: Configuration, known_as: str) -> SourceSettings:
    found = built.settings.sources.get(name)
    if found is None:
        deny(f"There is no source `{name}`. {known_as}: {', '.join(sorted(built.settings.sources)) or 'none'}.")
    return found
