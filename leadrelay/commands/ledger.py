"""`audit` and `drain`: whether anything is missing, and whether anything is left to do."""

from __future__ import annotations

from typing import Annotated

import typer

from leadrelay.commands.options import Config, Json
from leadrelay.commands.output import Exit, answering
from leadrelay.commands.showing import opened_app

Timeout = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to wait.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(drain)


def drain(timeout: Timeout = 300.0, config: Config = None, as_json: Json = False) -> None:
    """Wait until every submission is decided and every delivery and action is sent.

    Status 1 when time is over, and at once when a paused source or sink holds what is left. Something must be working
    meanwhile: `leadrelay run` or `leadrelay worker`.
    """
    from leadrelay.commands.drained import drained

    with answering(as_json) as out, opened_app(config) as app:
        left = drained(app, timeout)
        out.document({"drained": left.is_empty, "left": left.as_json()})
        if left.is_empty:
            out.say("Nothing is left to do.")
            return
        held = f"Paused: {', '.join(left.paused)}." if left.paused else f"Time is over after {timeout:g} s."
        out.note(f"{held} Left: {left}.")
        raise typer.Exit(Exit.NO)
