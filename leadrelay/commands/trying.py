"""`try`: one submission through every step, shown and not written."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.completion import source_names
from leadrelay.commands.options import Config, Json, check_readable, config_path
from leadrelay.commands.output import Exit, Output, answering, deny, refuse
from leadrelay.commands.showing import existing_store
from leadrelay.commands.showing_trial import show

if TYPE_CHECKING:
    from leadrelay.commands.trial import Given
    from leadrelay.configuration import Configuration
    from leadrelay.settings import SourceSettings

SourceName = Annotated[
    str, typer.Argument(metavar="SOURCE", help="The source's name in the configuration.", autocompletion=source_names)
]
BodyFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="A file with the post's body (JSON or form fields), - for standard input; for a mailbox a saved mail; for a source "
        "of files a file, whose first record is tried.",
    ),
]
ContentType = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", help="The body's content type, when it can not be told by the file.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("try")(try_submission)


def try_submission(
    source: SourceName, file: BodyFile, content_type: ContentType = None, config: Config = None, as_json: Json = False
) -> None:
    """Show what would become of one form post, mail or row, step by step. Nothing is written or sent.

    Names, lead fields, what was cleaned, who it is, the checks as true, false or unknown, the score, the segments, whom it would
    go to (no turn is used), and what each CRM would get. Of a batch of website visits each one is shown.

    Example: leadrelay try website post.json
    """
    with answering(as_json) as out:
        from leadrelay.commands.checking import load
        from leadrelay.commands.look_up import EmptyLookUp, StoreLookUp
        from leadrelay.commands.trial import Given, headers_of, run_trials
        from leadrelay.plans import process_plan

        body = _read(file)
        built = load(config_path(config))
        settings = built.settings.sources.get(source)
        if settings is None:
            deny(f"There is no source `{source}`. Configured: {', '.join(sorted(built.settings.sources)) or 'none'}.")
        if settings.spec.open_file is None or content_type is not None:
            given = Given(source, headers_of(file, content_type), body, _token(settings))
        else:
            given = _record(out, built, settings, file)
        with existing_store(built, "lead_key") as old, existing_store(built, "assignment") as store:
            known = EmptyLookUp() if store is None else StoreLookUp(store)
            if old is not None and store is None:
                out.note("The store is of an older version, so nobody is known here: run `leadrelay migrate` first.")
            trials = run_trials(process_plan(built), given, round(time.time() * 1000), known)
        found = [trial.as_json() for trial in trials]
        out.document(found[0] if len(found) == 1 else {"source": source, "visits": found})
        for number, trial in enumerate(trials if not as_json else (), start=1):
            if len(trials) > 1:
                out.say(f"{'' if number == 1 else chr(10)}Visit {number} of {len(trials)}, each by itself")
            show(out, trial)
        if any(trial.held or trial.refused for trial in trials):
            raise typer.Exit(Exit.NO)


def _token(source: SourceSettings) -> str:
    """The source's own token, with which it takes a post."""
    tokens = getattr(source.config, "token", ())
    return str(tokens[0].get_secret_value()) if tokens else ""


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    check_readable(Path(file))
    return Path(file).read_bytes()


def _record(out: Output, built: Configuration, source: SourceSettings, file: str) -> Given:
    """The first record of a file, as an import would keep it."""
    from contextlib import closing

    from connectors.sources import UnreadableFile
    from leadrelay.commands.trial import Given
    from leadrelay.plans import file_options, open_file

    if file == "-":
        refuse(f"`{source.name}` reads files: name one. Only posts are read from standard input.")
    try:
        with closing(open_file(source, Path(file), file_options(built, source))) as feed:
            found = next((record for record in feed.records() if not record.is_blank), None)
            headers, reading = feed.headers, feed.reading if feed.columns else ""
    except UnreadableFile as error:
        deny(str(error))
    if found is None:
        deny(f"{file}: there is nothing in it.")
    if found.reason:
        deny(f"{file}: line {found.line} would be rejected: {found.reason}. Kept, and in the file of rejected rows.")
    if reading:
        out.note(
            f"{file}, line {found.line}: the first row with something in it is tried; `leadrelay import --dry-run` looks at all."
        )
    return Given(source.name, {**headers, **(found.headers or {})}, found.body, reading=reading)
