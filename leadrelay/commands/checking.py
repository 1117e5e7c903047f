"""`check`: everything that is wrong with the users' files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.instants import to_iso
from core.problems import Problem
from leadrelay.commands.options import Config, Json, config_path
from leadrelay.commands.output import Exit, Output, answering, counted, give_up

if TYPE_CHECKING:
    from leadrelay.commands.looking import Changed
    from leadrelay.configuration import Configuration

Live = Annotated[
    bool,
    typer.Option("--live", help="Also hold the mappings against each CRM, log into mailboxes, and look into watched folders."),
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(check)


def check(config: Config = None, live: Live = False, as_json: Json = False) -> None:
    """Find everything that is wrong with your configuration, all at once.

    Every problem is named with file, line and column, and with what to do about it. Nothing is written or sent.
    With --live your mappings are also held against what the CRMs look like now, and mailboxes and watched folders are tried as
    `leadrelay sources probe` does; status 3 when one of them does not answer.

    Example: leadrelay check --live
    """
    with answering(as_json) as out:
        from leadrelay.commands.looking import Live as Found
        from leadrelay.commands.looking import look
        from leadrelay.files import read_files

        path = config_path(config)
        built = load(path)
        found = look(built, read_files(path), path) if live else Found()
        warnings = [*built.warnings, *found.warnings]
        summary = _summary(built)
        document: dict[str, object] = {**summary, "problems": _as_json(found.problems), "warnings": _as_json(warnings)}
        out.document(
            {**document, "changes": [one.as_json() for one in found.changes], "looked_at": found.looked_at} if live else document
        )
        _show_changes(out, found.changes)
        out.problems(replace(one, message=f"warning: {one.message}") for one in warnings)
        out.problems(found.problems)
        looked = _looked_at(live, found.looked_at)
        if found.unreachable:
            give_up(f"Not reached: {', '.join(found.unreachable)}. What is told of the others is whole.{looked}")
        if found.problems:
            out.note(f"{counted(len(found.problems), 'problem')}.{looked}")
            raise typer.Exit(Exit.NO)
        parts = (counted(len(summary[part]), word) for part, word in (("sources", "source"), ("sinks", "sink")))
        mappings = counted(len(summary["mappings"]), "mapping")
        noted = f", {counted(len(warnings), 'warning')}" if warnings else ""
        out.say(f"All right: {', '.join(parts)}, {mappings}{noted}.{looked}")


def _looked_at(live: bool, names: Sequence[str]) -> str:
    """What a check has looked at beside the files, or could."""
    if not live:
        return " The files alone were read: --live also asks CRMs and mailboxes and looks into watched folders."
    return f" Looked at: {', '.join(names)}." if names else " There is no CRM, mailbox or watched folder to look at."


def _show_changes(out: Output, changes: Sequence[Changed]) -> None:
    """What has changed in the CRMs in the last days, newest first."""
    for one in changes:
        out.say(f"changed in `{one.sink}`, noticed {to_iso(one.at)[:16].replace('T', ' ')} UTC: {one.change.message}")


def load(path: Path) -> Configuration:
    """The checked configuration at a path; raises ConfigProblems with everything that is wrong."""
    from leadrelay.configuration import build, read_files

    return build(read_files(path), os.environ)


def _summary(built: Configuration) -> dict[str, list[str]]:
    return {
        "sources": sorted(built.settings.sources),
        "sinks": sorted(built.settings.sinks),
        "mappings": sorted([*built.inbound, *built.outbound]),
    }


def _as_json(problems: Sequence[Problem]) -> list[dict[str, object]]:
    return [problem.as_json() for problem in problems]
