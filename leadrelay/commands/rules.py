"""`rules`: every lead under the rules in force, after these have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from leadrelay.commands.options import Config, Json
from leadrelay.commands.output import answering, counted
from leadrelay.commands.showing import opened_app

if TYPE_CHECKING:
    from leadrelay.engine.redeciding import Counts


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    rules = typer.Typer(help="What your rules make of the leads that are there already.", no_args_is_help=True)
    rules.callback()(lambda: None)  # a single command is a command of the group all the same
    rules.command("rescore")(rescore)
    app.add_typer(rules, name="rules")


def rescore(config: Config = None, as_json: Json = False) -> None:
    """Decide every lead again under the rules in force: score, outcome and lifecycle stage. Run it after changing rules.

    It may be interrupted at any time, also while the service runs: the next run goes on where this one was. What changes goes
    to the CRMs behind fresh leads.

    Example: leadrelay rules rescore
    """
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.commands.progress import progress
        from leadrelay.engine.redeciding import Rescore

        with progress("rescoring") as advance:
            counts, before = Rescore(app.database, app.process_plan(), app.clock, app.ids).run(advance)
        out.document({**counts.as_json(), "resumed_after": before})
        if before:
            out.say(f"An interrupted run had done {counted(before, 'lead')}: it went on from there.")
        out.say(_told(counts))


def _told(counts: Counts) -> str:
    if not counts.changed:
        return f"{counted(counts.leads, 'lead')} looked at: none has changed."
    return (
        f"{counted(counts.leads, 'lead')} looked at, {counts.changed} changed: {counts.score} have another score, "
        f"{counts.outcome} another outcome, {counts.stage} another lifecycle stage."
    )
