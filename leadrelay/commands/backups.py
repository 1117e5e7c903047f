"""`backup` and `restore`: a copy of everything, and bringing it back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.problems import ConfigProblems
from leadrelay.commands.completion import names_in
from leadrelay.commands.options import Config, Json, Yes, check_readable, config_path
from leadrelay.commands.output import Output, answering, as_json_value, ask, counted, deny, give_up
from leadrelay.commands.progress import progress

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.restoring import Contents

Target = Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as leadrelay-2026-11-22.zip.")]
Given = Annotated[Path, typer.Argument(metavar="FILE", help="A file that `leadrelay backup` has written.")]
Force = Annotated[bool, typer.Option("--force", help="Put the new backup in the place of a file of that name.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Restore although the store holds leads: a SQLite store is moved aside first.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(backup)
    app.command()(restore)


def backup(file: Target, force: Force = False, config: Config = None, as_json: Json = False) -> None:
    """Copy everything that leadrelay holds into one file, while it goes on running.

    Access tokens and the secret key are left out: keep your .env and data/secret.key somewhere else.

    Example: leadrelay backup /backups/leadrelay-2026-11-22.zip
    """
    with answering(as_json) as out:
        from leadrelay.backup import NoBackup, back_up

        app = _opened(config)
        try:
            with progress("Backing up") as advance:
                made = back_up(app.database, app.spool, file, app.clock(), force=force, progress=advance)
        except NoBackup as reason:
            deny(str(reason))
        except OSError as error:
            give_up(f"{file}: the backup can not be written: {error.strerror or error}")
        finally:
            app.close()
        rows = sum(made.tables.values())
        out.document({**as_json_value(made), "rows": rows})
        leads, submissions = made.tables.get("lead", 0), made.tables.get("submission", 0)
        out.say(f"{made.file}: {counted(leads, 'lead')}, {counted(submissions, 'submission')}, {rows} rows, {made.size:,} bytes.")
        if made.spooled:
            out.say(f"{counted(made.spooled, 'submission')} of the spool are in it.")


def restore(file: Given, replace: Replace = False, yes: Yes = False, config: Config = None, as_json: Json = False) -> None:
    """Bring a backup back. leadrelay must not be running; erased persons stay erased; nothing is sent until you say so.

    Every sink is paused afterwards: look at some leads in the CRM, then `leadrelay sinks resume SINK`.

    Example: leadrelay restore /backups/leadrelay-2026-11-22.zip --replace
    """
    with answering(as_json) as out:
        from leadrelay import restoring
        from leadrelay.backup import NoBackup

        check_readable(file)
        app = _opened(config)
        try:
            app.database.close()
            contents = restoring.look(file)
            restoring.check_alone(app.settings.store)
            is_empty = restoring.is_empty(app.settings.store)
            if not is_empty and not replace:
                deny(
                    "The store holds leads already. Say --replace to put the backup in its place; a SQLite store is moved aside."
                )
            _ask(out, contents, is_empty=is_empty, is_agreed=yes)
            with progress("Restoring") as advance:
                done = restoring.restore(
                    contents, app.settings.store, app.settings.data_dir, names_in(app.path, "sinks"), app.clock(), advance
                )
            erased, left = _erase_again(app)
        except NoBackup as reason:
            deny(str(reason))
        except restoring.InUse as reason:
            give_up(str(reason))
        finally:
            app.close()
        out.document({**as_json_value(done), "erased_again": erased})
        spooled = f", and {counted(done.spooled, 'submission')} of its spool" if done.spooled else ""
        out.say(f"{counted(done.rows, 'row')} of {done.made_at[:19].replace('T', ' ')} are back{spooled}.")
        if done.replaced:
            out.say(f"What was there before lies in {done.replaced}: delete it once you do not need it any more.")
        if erased:
            out.say(f"{counted(erased, 'lead or submission')} of erased persons went again.")
        if left:
            out.note(left)
        if done.paused:
            out.say(f"Paused until you have looked: {', '.join(done.paused)}. Go on with: leadrelay sinks resume SINK")


def _opened(config: Config) -> App:
    """The application; its store is neither made nor brought up to date."""
    import logging

    from leadrelay import logs
    from leadrelay.app import open_app

    logs.configure(level=logging.WARNING)
    return open_app(config_path(config), os.environ)


def _ask(out: Output, contents: Contents, *, is_empty: bool, is_agreed: bool) -> None:
    what = "an empty store" if is_empty else "a store that holds leads"
    out.note(f"{contents.file} of {contents.made_at}: {counted(contents.rows, 'row')}, into {what}.")
    ask(is_agreed=is_agreed)


def _erase_again(app: App) -> tuple[int, str]:
    """Whom the backup brought back although they were erased since; and why that waits for the next start, if it does."""
    from leadrelay.engine import erase

    try:
        app.keeper.look()
        return erase.apply_suppressions(app), ""
    except ConfigProblems:
        return 0, "The configuration has mistakes (leadrelay check): persons who were erased since go again when a worker starts."
