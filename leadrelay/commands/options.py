"""The options that many commands share, spelled and explained once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

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
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Show at most this many, the newest first.")]


def config_path(given: Path | None) -> Path:
    """The configuration file a command works with: what was said, else the environment's, else the usual place."""
    if given is not None:
        return given
    named = os.environ.get("LEADRELAY_CONFIG")
    return Path(named) if named else DEFAULT_CONFIG
