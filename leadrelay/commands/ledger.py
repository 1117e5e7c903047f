"""`audit` and `drain`: whether anything is missing, and whether anything is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.options import Config, Json
from leadrelay.commands.output import Exit, Output, answering, counted
from leadrelay.commands.progress import progress
from leadrelay.commands.showing import opened_app

if TYPE_CHECKING:
    from leadrelay.app import App

Timeout = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to wait.")]
Live = Annotated[bool, typer.Option("--live", help="Also compare ids and values with each CRM itself.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(audit)
    app.command()(drain)


# --- audit ----------------------------------------------------------------------------------------------------------


def audit(live: Live = False, config: Config = None, as_json: Json = False) -> None:
    """Prove that no lead is missing: what came in against what is there, and what each CRM should have.

    Status 1 unless nothing is unaccounted for; 3 when nothing is, as far as could be seen, and --live could not ask a CRM.
    Run it every night, and let its status raise an alarm.

    Example: leadrelay audit --live
    """
    with answering(as_json) as out, opened_app(config) as app:
        with progress("Counting"):
            report = app.audit()
        if live:
            with progress("Comparing with the CRMs"):
                report["live"], report["not_asked"] = _live(app)
            report["unaccounted"] += sum(part["unaccounted"] for part in report["live"].values())
        out.document(report)
        _show(out, report)
        if report["unaccounted"]:
            raise typer.Exit(Exit.NO)
        if report.get("not_asked"):
            raise typer.Exit(Exit.UNFINISHED)


def _live(app: App) -> tuple[dict[str, Any], dict[str, str]]:
    """What each CRM says, and why the others could not be asked; one that refuses keeps back neither the ledger nor the rest."""
    from connectors.base import Retry, Stop
    from leadrelay.commands.crm import opened
    from leadrelay.engine.audit import audit_live

    found, not_asked = {}, {}
    for name, sink in sorted(app.configuration.settings.sinks.items()):
        if sink.mode == "live":
            try:
                with opened(sink, app.configuration) as crm:
                    found[name] = audit_live(app.database, app.sink_plan(name), crm)
            except Stop as error:
                not_asked[name] = error.problem.message
            except Retry as error:
                not_asked[name] = error.reason
    return found, not_asked


def _show(out: Output, report: dict[str, Any]) -> None:
    rows = [("source", name, part["received"], part["states"], part["unaccounted"]) for name, part in report["sources"].items()]
    rows += [
        (
            "sink",
            name,
            "",
            {**part["deliveries"], **{f"action {state}": count for state, count in part["actions"].items()}},
            part["unaccounted"],
        )
        for name, part in report["sinks"].items()
    ]
    routing = report["routing"]
    if routing["leads"]:
        rows.append(("routing", "", "", routing["leads"], routing["unaccounted"]))
    rows += [("CRM", name, "", part["counts"], part["unaccounted"]) for name, part in report.get("live", {}).items()]
    out.table(("", "name", "received", "what became of it", "unaccounted"), rows, empty="No source and no sink.")
    for part in (*report["sinks"].values(), routing, *report.get("live", {}).values()):
        for wrong in part["wrong"]:
            out.note(", ".join(f"{name} {value}" for name, value in wrong.items()))
    if routing["limbo"]:
        out.note(f"{counted(routing['limbo'], 'lead')} should be with somebody and are with nobody: `leadrelay rules rescore`")
    not_asked = report.get("not_asked", {})
    for name, reason in not_asked.items():
        out.note(f"sink `{name}` could not be asked: {reason}")
    if report["unaccounted"]:
        out.say(f"UNACCOUNTED: {report['unaccounted']}")
    elif not_asked:
        out.say(f"Nothing is missing here; what the CRM of {', '.join(not_asked)} has is not known.")
    else:
        out.say("Nothing is missing.")


# --- drain ----------------------------------------------------------------------------------------------------------


def drain(timeout: Timeout = 300.0, config: Config = None, as_json: Json = False) -> None:
    """Wait until everything that has come in is worked and sent.

    Status 1 when time is over, and at once when a paused sink or source holds what is left. Something must be working
    meanwhile: `leadrelay run` or `leadrelay worker`.

    Example: leadrelay drain --timeout 60
    """
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.engine.drain import drained

        with progress("Waiting for the worker") as advance:
            left = drained(app.left, timeout, advance)
        out.document({"drained": left.is_nothing, "left": left.as_json()})
        if left.is_nothing:
            out.say("Nothing is left to do.")
            return
        for name, reason in left.paused.items():
            out.note(f"Sink {name} is paused: {reason}")
        for name, reason in left.paused_sources.items():
            out.note(f"Source {name} is paused ({reason}): `leadrelay sources resume {name}` goes on")
        is_held = left.paused or left.paused_sources
        out.note(f"{'' if is_held else f'Time is over after {timeout:g} s. '}Left: {left.in_words()}.")
        raise typer.Exit(Exit.NO)
