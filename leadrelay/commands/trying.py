"""`try`: one submission through every step, shown and not written."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.completion import source_names
from leadrelay.commands.options import Config, Json, check_readable, config_path
from leadrelay.commands.output import Exit, Output, answering, deny, refuse, shown
from leadrelay.commands.showing import existing_store

if TYPE_CHECKING:
    from connectors.base import Link
    from core.checks import Explained
    from core.identity import MatchKey
    from leadrelay.commands.trial import Given, Trial, Wanted
    from leadrelay.configuration import Configuration
    from leadrelay.settings import SourceSettings
    from leadrelay.store.database import Database
    from leadrelay.store.leads import Known

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

    Names, lead fields, what was cleaned, who it is, the checks as true, false or unknown, and what each CRM would get.

    Example: leadrelay try website post.json
    """
    with answering(as_json) as out:
        from leadrelay.commands.checking import load
        from leadrelay.commands.trial import Given, headers_of, run_trial
        from leadrelay.plans import process_plan

        body = _read(file)
        built = load(config_path(config))
        settings = built.settings.sources.get(source)
        if settings is None:
            deny(f"There is no source `{source}`. Configured: {', '.join(sorted(built.settings.sources)) or 'none'}.")
        if settings.spec.open_file is None or content_type is not None:
            given = Given(source, headers_of(file, content_type), body)
        else:
            given = _record(out, built, settings, file)
        with existing_store(built, "lead_key") as store:
            known = None if store is None else StoreLookUp(store)
            trial = run_trial(process_plan(built), given, round(time.time() * 1000), known)
        out.document(trial.as_json())
        if not as_json:
            _show(out, trial)
        if trial.held:
            raise typer.Exit(Exit.NO)


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
            headers, is_table = feed.headers, bool(feed.columns)
    except UnreadableFile as error:
        deny(str(error))
    if found is None:
        deny(f"{file}: there is nothing in it.")
    if found.reason:
        deny(f"{file}: line {found.line} would be rejected: {found.reason}. Kept, and in the file of rejected rows.")
    if is_table:
        out.note(f"The first row with something in it is tried, line {found.line}; `leadrelay import --dry-run` looks at all.")
    return Given(source.name, {**headers, **(found.headers or {})}, found.body)


class StoreLookUp:
    """Asks the store who is known; implements `LookUp`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, keys: tuple[MatchKey, ...]) -> Known:
        """Who owns these keys, with their leads."""
        from leadrelay.store import leads

        with self._database.read() as connection:
            return leads.look_up(connection, keys)

    def links(self, lead: str, sink: str) -> tuple[Link, ...]:
        """A lead's records in a CRM."""
        from sqlalchemy import select

        from connectors.base import Link
        from leadrelay.store.ids import from_uid
        from leadrelay.store.tables import crm_link

        query = select(crm_link.c.object, crm_link.c.crm_id).where(crm_link.c.lead_id == from_uid(lead), crm_link.c.sink == sink)
        with self._database.read() as connection:
            return tuple(Link(row.object, row.crm_id) for row in connection.execute(query))


# --- showing --------------------------------------------------------------------------------------------------------


def _show(out: Output, trial: Trial) -> None:
    out.say("Names")
    out.table(("name", "value"), trial.names.items(), empty="  none")
    if trial.mapped:
        out.say("Lead fields")
        out.table(
            ("field", "value", "from", "text", "line", "note"),
            ((one.path, one.value, one.input_name, one.raw, one.place, one.note) for one in trial.mapped),
        )
    for problem in trial.problems:
        out.say(f"problem  {problem}")
    if trial.ignored:
        out.say(f"\nThis submission would be ignored: {trial.ignored}. It is kept, and never becomes a lead.")
        return
    if trial.held:
        out.say(
            "\nThis submission would be held: kept, shown with its problem, and worked again on `leadrelay submissions retry`."
        )
        return
    known = f"joins lead {trial.lead}, known by {trial.joined_by}" if trial.lead else "a new lead"
    perhaps = f"; perhaps the same as {', '.join(trial.perhaps)}" if trial.perhaps else ""
    out.say(f"\nMatch    {known}{perhaps}")
    _show_score(out, trial)
    _show_verdict(out, trial)
    if trial.stage is not None and (trial.stage.stage or trial.stage.moves):
        reasons = "; ".join(move.reason for move in trial.stage.moves)
        out.say(f"Stage    {trial.stage.stage or 'none'}{f': {reasons}' if reasons else ''}")
    for wanted in trial.wanted:
        _show_wanted(out, wanted)


def _show_score(out: Output, trial: Trial) -> None:
    from core.scoring import explain

    if trial.score is None:
        return
    named = ", ".join(one for one in (trial.score.band, trial.score.grade) if one)
    out.say(f"Score    {trial.score.total}{f' ({named})' if named else ''}")
    for step in explain(trial.score).steps:
        out.say(f"  {step.points:+8g}  {step.what}")


def _show_verdict(out: Output, trial: Trial) -> None:
    verdict = trial.verdict
    if verdict is None:
        out.say("Outcome  no rules ask for one")
        return
    out.say(f"Outcome  {verdict.outcome or 'none'}: {verdict.reason} ({verdict.rule})")
    for name, truth in verdict.checks.items():
        out.say(f"  check  {name}: {truth.value}")
    for line in verdict.explanation:
        _show_condition(out, line, 1)
    if verdict.ask:
        out.say(f"  to ask {', '.join(verdict.ask)}")


def _show_condition(out: Output, one: Explained, depth: int) -> None:
    held = f" (it is {shown(one.value)})" if one.value is not None else ""
    out.say(f"{'  ' * depth}{one.truth.value:8}{one.text}{held}  {one.place}")
    for part in one.parts:
        _show_condition(out, part, depth + 1)


def _show_wanted(out: Output, wanted: Wanted) -> None:
    what = (
        f"update {wanted.object} {wanted.crm_id}"
        if wanted.crm_id
        else f"create {wanted.object}, unless it is found there by e-mail"
    )
    out.say(f"\nSink {wanted.sink} ({wanted.mode}): {what}")
    rows = [(name, value, "") for name, value in wanted.decided.body.items()]
    rows += [(name, "", reason) for name, reason in wanted.decided.not_sent.items()]
    out.table(("field", "sent", "not sent, because"), rows)
    for problem in wanted.problems:
        out.say(f"problem  {problem}")
    for kind, payload in wanted.actions:
        out.say(f"once     {kind}: {shown(payload)}")
