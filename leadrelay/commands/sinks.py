"""`sinks`: what the CRMs are doing, what they still need, and stopping and resuming them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.completion import sink_names
from leadrelay.commands.options import Config, Json, Yes, acting_user, config_path
from leadrelay.commands.output import Exit, answering, as_json_value, confirm, counted, deny
from leadrelay.commands.showing import opened_app, plain, when

if TYPE_CHECKING:
    from leadrelay.configuration import Configuration
    from leadrelay.settings import SinkSettings
    from leadrelay.web.views import SinkView

SinkName = Annotated[str, typer.Argument(metavar="SINK", help="The sink's name in the configuration.", autocompletion=sink_names)]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who wonder later.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    sinks = typer.Typer(
        help="The CRMs: their queues and limits, what they still need, pausing and resuming.", no_args_is_help=True
    )
    sinks.command("list")(list_sinks)
    sinks.command("probe")(probe_sink)
    sinks.command("prepare")(prepare_sink)
    sinks.command("pause")(pause_sink)
    sinks.command("resume")(resume_sink)
    sinks.command("resync")(resync_sink)
    app.add_typer(sinks, name="sinks")


def list_sinks(config: Config = None, as_json: Json = False) -> None:
    """List the CRMs: what waits, what it waits for, and how many calls the CRM still allows.

    Example: leadrelay sinks list
    """
    with answering(as_json) as out, opened_app(config) as app:
        rows = app.views.sinks()
        out.document(plain(rows))
        out.table(
            ("sink", "connector", "mode", "deliveries", "waits for", "last answer"),
            (
                (row.name, row.connector, row.mode, row.states, _waits_for(row), when(row.last_ok_at))
                for row in rows
            ),
            empty="No sink is configured.",
        )  # fmt: skip
        if not rows:
            return
        out.table(
            ("sink", "rate", "left of it", "calls in an hour", "calls in a day", "day's used", "forecast a day"),
            (
                (
                    row.name, row.rate or "", row.burst_left, row.calls_hour, row.calls_day,
                    f"{row.calls_used} of {row.calls_allowed}" if row.calls_allowed else "", row.calls_forecast or "",
                )
                for row in rows
            ),
        )  # fmt: skip
        for row in rows:
            if row.warning:
                out.say(f"{row.name}: {row.warning}")
            if row.paused is not None:
                out.say(f"{row.name} goes on with `leadrelay sinks resume {row.name}`, once what it waits for is done.")


def _waits_for(row: SinkView) -> str:
    if row.paused is not None:
        return f"a person: {row.paused}"
    if row.hold_until is not None:
        return f"until {when(row.hold_until)}: {row.last_problem or 'the CRM asked to wait'}"
    return f"the backlog for the day's calls: {row.backlog_waits}" if row.backlog_waits else ""


def probe_sink(sink: SinkName, config: Config = None, as_json: Json = False) -> None:
    """Log into a CRM and say who we are there and what is missing. Nothing is written.

    Example: leadrelay sinks probe salesforce
    """
    from leadrelay.commands.checking import load
    from leadrelay.commands.crm import asking

    with answering(as_json) as out:
        built = load(config_path(config))
        with asking(_sink(built, sink), built) as crm:
            found = crm.probe()
        out.document(as_json_value(found))
        usage = f"{found.usage.used} of {found.usage.limit}" if found.usage and found.usage.limit else None
        out.facts(
            [("account", found.account_id), ("user", found.user), ("API version", found.api_version), ("calls used", usage)]
        )
        out.problems(found.problems)
        if found.problems:
            raise typer.Exit(Exit.NO)
        out.say(f"Nothing is wrong with it. Where it is paused it goes on with `leadrelay sinks resume {sink}`.")


def prepare_sink(sink: SinkName, config: Config = None, as_json: Json = False) -> None:
    """Create the field in the CRM by which leadrelay finds its own records again, or say how a person does it.

    Example: leadrelay sinks prepare salesforce
    """
    from leadrelay.commands.checking import load
    from leadrelay.commands.crm import asking

    with answering(as_json) as out:
        built = load(config_path(config))
        settings = _sink(built, sink)
        objects = _to_prepare(settings, built)
        with asking(settings, built) as crm:
            steps = crm.prepare(objects)
        out.document(as_json_value(steps))
        out.table(("what", "state"), ((step.name, step.state) for step in steps), empty="Nothing is needed.")
        for step in steps:
            if step.how:
                out.say(f"{step.name}: {step.how}")
        if any(step.state == "missing" for step in steps):
            raise typer.Exit(Exit.NO)


def _to_prepare(sink: SinkSettings, built: Configuration) -> list[str]:
    """The CRM objects of a sink's mappings, and those that its actions make by a property of ours."""
    from core.mapping.outbound import COMPANY

    mappings = [built.outbound[name] for name in sink.mappings]
    objects = [mapping.object for mapping in mappings]
    objects += [mapping.when_converted.object for mapping in mappings if mapping.when_converted is not None]
    kinds = [each.kind for mapping in mappings for each in mapping.each_touch]
    kinds += [COMPANY for mapping in mappings if mapping.company is not None]
    objects += [sink.spec.action_objects[kind] for kind in kinds if kind in sink.spec.prepared_actions]
    return list(dict.fromkeys(objects))


def _sink(built: Configuration, name: str) -> SinkSettings:
    found = built.settings.sinks.get(name)
    if found is None:
        deny(f"There is no sink `{name}`. Configured: {', '.join(sorted(built.settings.sinks)) or 'none'}.")
    return found


def pause_sink(sink: SinkName, reason: Reason = "", config: Config = None, as_json: Json = False) -> None:
    """Send nothing to a CRM for a while. What waits is kept.

    Example: leadrelay sinks pause salesforce --reason "data clean-up"
    """
    _switch(sink, True, reason, config, as_json)


def resume_sink(sink: SinkName, config: Config = None, as_json: Json = False) -> None:
    """Send to a CRM again, at once.

    Example: leadrelay sinks resume salesforce
    """
    _switch(sink, False, "", config, as_json)


def resync_sink(sink: SinkName, yes: Yes = False, config: Config = None, as_json: Json = False) -> None:
    """Hold every lead against a CRM once more, behind fresh ones. What the CRM has already costs no call.

    Example: leadrelay sinks resync salesforce
    """
    with answering(as_json) as out, opened_app(config) as app:
        from sqlalchemy import func, select

        from leadrelay.engine.resync import again
        from leadrelay.store.tables import lead

        _sink(app.configuration, sink)
        living = select(func.count()).select_from(lead).where(lead.c.erased_at.is_(None), lead.c.merged_into.is_(None))
        with app.database.read() as connection:
            count = connection.execute(living).scalar_one()
        confirm(out, count, "lead", is_agreed=yes)
        again(app.database, app.ids, sink, app.clock())
        out.document({"sink": sink, "leads": count})
        out.say(f"{counted(count, 'lead')} will be held against {sink}: a running worker does it (leadrelay drain waits for it).")


def _switch(name: str, pause: bool, reason: str, config: Config, as_json: bool) -> None:
    with answering(as_json) as out, opened_app(config) as app:
        by = acting_user()
        is_known = app.operations.pause("sink", name, reason, by=by) if pause else app.operations.resume("sink", name, by=by)
        if not is_known:
            deny(f"There is no sink `{name}`. In force: {', '.join(sorted(app.configuration.settings.sinks)) or 'none'}.")
        out.document({"name": name, "paused": pause})
        out.say(f"sink {name} {'is paused; what comes is kept' if pause else 'goes on'}.")
