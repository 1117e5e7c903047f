"""`inspect`: how a file is understood, before anything is set up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.completion import source_names
from leadrelay.commands.options import Config, Json, check_readable, config_path
from leadrelay.commands.output import Output, answering, deny, refuse

if TYPE_CHECKING:
    from leadrelay.inspecting import Inspection, Read
    from leadrelay.settings import SourceSettings

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A table (CSV, Excel ...), a mail or mbox, a vCard, an ADF document, or a form post."),
]
Source = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="Read it as this source of yours would.", autocompletion=source_names),
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("inspect")(inspect_file)


def inspect_file(file: File, source: Source = None, config: Config = None, as_json: Json = False) -> None:
    """Show how a file is understood: its columns or names, which lead field each is and why, and a mapping to begin with.

    Of a mail: what kind it is, whether it is a lead, and each field with where it stood. Nothing is written.

    Example: leadrelay inspect fair.csv
    """
    with answering(as_json) as out:
        from connectors.sources import UnreadableFile
        from leadrelay.inspecting import as_json as plain
        from leadrelay.inspecting import inspect

        is_folder = os.path.isdir(file)  # noqa: PTH112 - does not raise; it may be a Maildir
        if not is_folder:
            check_readable(file)
        settings, names = (None, None) if source is None else _source(config, source)
        try:
            found = inspect(file, settings, names)
        except UnreadableFile as error:
            if is_folder:
                refuse(str(error))
            deny(str(error))
        out.document(plain(found, str(file)))
        if not as_json:
            _show(out, found)


def _source(config: Config, name: str) -> tuple[SourceSettings, frozenset[str] | None]:
    """A source with the names that its mapping reads; None where it has no mapping."""
    from leadrelay.commands.checking import load

    built = load(config_path(config))
    settings = built.settings.sources.get(name)
    if settings is None:
        deny(f"There is no source `{name}`. Configured: {', '.join(sorted(built.settings.sources)) or 'none'}.")
    return settings, built.inbound[settings.mapping].input_names if settings.mapping else None


def _show(out: Output, found: Inspection) -> None:
    out.facts((name, value) for name, value in found.facts if name != "note")
    for name, value in found.facts:
        if name == "note":
            out.say(f"note: {value}")
    if found.kind == "documents":
        for one in found.records:
            _show_record(out, one)
        if sum(found.counts.values()) > len(found.records):
            out.say(f"\nIn all: {', '.join(f'{count} {kind}' for kind, count in found.counts.items())}.")
        return
    out.table(
        ("name", "holds", "lead field", "why"),
        ((one["name"], one["samples"], _field(one), one["why"]) for one in found.columns),
        empty="No names.",
    )
    if found.mapping:
        out.say("A mapping to begin with (mappings/NAME.yaml; what is in doubt stands behind #):\n")
        out.say(found.mapping.rstrip())


def _field(column: dict[str, Any] | Any) -> str:
    if column["field"]:
        return str(column["field"])
    return " or ".join(column["choices"]) + " ?" if column["choices"] else ""


def _show_record(out: Output, one: Read) -> None:
    verdict = one.verdict
    out.say(f"\n{one.type} {one.number} (line {one.line})")
    if one.problem:
        out.say(f"  no lead: {one.problem}")
    if verdict:
        is_lead = "a lead" if verdict["is_lead"] else f"no lead ({verdict['code']}: {verdict['reason']})"
        out.say(f"  kind {verdict['kind']}: {is_lead}")
    if one.found:
        rows = ((name, text[:120], where, f"{sure:.0%}") for name, text, where, sure in one.found)
        out.table(("field or label", "text", "where", "sure"), rows)
    elif one.names:
        out.table(("name", "value"), one.names.items())
