"""The options that many commands share, spelled and explained once."""

from __future__ import annotations

import getpass
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from core.instants import Instant, from_datetime
from leadrelay.commands.output import refuse

DEFAULT_CONFIG = Path("config/leadrelay.yaml")

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration file. Default: $LEADRELAY_CONFIG, else config/leadrelay.yaml.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text for people.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking first.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Only from this time on: 2026-11-21, 2026-11-21T09:30+01:00, or 2 days (ago)."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Show at most this many, the newest first.")]


def config_path(given: Path | None) -> Path:
    """The configuration file a command works with: what was said, else the environment's, else the usual place."""
    if given is not None:
        return given
    named = os.environ.get("LEADRELAY_CONFIG")
    return Path(named) if named else DEFAULT_CONFIG


def check_readable(path: Path) -> None:
    """Refuse a file that was typed and is not there, is a folder, or that this user may not read: wrong usage, for every
    command. What stands in a file that can be read is another question, and its answer may be no."""
    if os.path.isdir(path):  # noqa: PTH112 - unlike `Path.is_dir` it does not raise where a name is too long
        refuse(f"{path}: this is a folder. Name its files, as in `{path}/*.csv`.")
    try:
        path.open("rb").close()
    except FileNotFoundError:
        refuse(f"{path}: there is no such file. Check the path.")
    except OSError as error:
        refuse(f"{path}: the file can not be read: {error.strerror or error}.")


def instant_of(text: str | None, now: Instant | None = None) -> Instant | None:
    """The instant that `--since` says: a date or time (UTC where it names no zone), or a duration before now."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except ValueError:
        ago = _duration(text)
    if ago is None:
        refuse(f"`{text}` is no time: write 2026-11-21, 2026-11-21T09:30+01:00, or a duration such as `2 days`.")
    return (round(time.time() * 1000) if now is None else now) - ago


def _duration(text: str) -> int | None:
    from pydantic import TypeAdapter, ValidationError

    from core.texts import Duration

    try:
        return TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        return None


def acting_user() -> str:
    """Who is at the keyboard, for the history."""
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError):
        return "command line"
