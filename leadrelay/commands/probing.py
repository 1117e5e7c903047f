"""Whether a source can be read, as `sources probe` and `check --live` try it: nothing is changed, at the source or here."""

from __future__ import annotations

import os
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sources import PullSource, WatchedFolder
    from core.problems import Problem
    from leadrelay.configuration import Configuration
    from leadrelay.settings import SourceSettings

Probed = tuple[list[tuple[str, str]], list["Problem"]]
"""What there is to know of a source, and what is wrong with it."""


def is_looked_at(source: SourceSettings) -> bool:
    """Whether there is something to look at: a mailbox to ask, or a folder to look into."""
    return source.spec.open_pull is not None or watched_folder(source, Path()) is not None


def probed(source: SourceSettings, built: Configuration, base: Path, opening: Callable[[], PullSource]) -> Probed:
    """Try a source; raises Stop when it does not let us in, and Retry when it does not answer. `base` is the settings' folder."""
    if source.spec.open_pull is not None:
        return _asked(opening)
    watched = watched_folder(source, base)
    if watched is not None:
        return _looked_into(watched)
    if source.spec.open_file is not None:
        return [("files", f"leadrelay import {source.name} FILE (no folder is watched: `folder` is not set)")], []
    return _address(built, source), []


def _asked(opening: Callable[[], PullSource]) -> Probed:
    pull = opening()
    try:
        seen = pull.probe()
    finally:
        pull.close()
    return list(seen.facts), list(seen.problems)


def _looked_into(watched: WatchedFolder) -> Probed:
    from core.problems import Problem

    problems = []
    for what, path in (("folder", watched.path), ("done_folder", watched.done), ("failed_folder", watched.failed)):
        if path.exists():
            if not path.is_dir():
                problems.append(Problem("no_folder", f"{path} is no folder: change `{what}`.", what))
            elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
                said = f"{path} can not be read and written by this user, who moves done files: change its owner or mode."
                problems.append(Problem("no_access", said, what))
        elif path == watched.path:
            said = f"{path} is not there: make it, or change `folder`. leadrelay makes none, since a drive may be missing."
            problems.append(Problem("no_folder", said, what))
        elif watched.path not in path.parents and not _can_be_made(path):
            problems.append(Problem("no_folder", f"{path} is not there and can not be made: make it, or change `{what}`.", what))
    facts = [
        ("folder", str(watched.path)), ("done", str(watched.done)), ("failed", str(watched.failed)),
        ("waiting", ", ".join(path.name for path in waiting_files(watched)) or "no file"),
    ]  # fmt: skip
    return facts, problems


def _can_be_made(path: Path) -> bool:
    """Whether the folder could be made below the nearest one that is there."""
    above = next((one for one in path.parents if one.exists()), None)
    return above is not None and above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def _address(built: Configuration, source: SourceSettings) -> list[tuple[str, str]]:
    """Where posts go to. A token is a secret, so it is not printed."""
    web = built.settings.web
    host = "localhost" if web.host in ("0.0.0.0", "::", "127.0.0.1") else web.host  # noqa: S104 - only compared
    auth = getattr(source.config, "auth", "token")
    path = f"/in/{source.name}" + ("" if auth == "public" else "/TOKEN")
    where = [("post to", f"http://{host}:{web.port}{path} (or the address of your proxy, with the same path)")]
    if auth != "public":
        where.append(("TOKEN", "what `token` of the source is set to; or send it as `Authorization: Bearer TOKEN`"))
    return [*where, ("takes", "JSON, form fields or XML"), ("mapping", source.mapping or "none")]


def watched_folder(source: SourceSettings, base: Path) -> WatchedFolder | None:
    """The folder that a source watches, if it does."""
    found = None if source.spec.watches is None else source.spec.watches(source.config)
    return None if found is None else found.below(base)


def waiting_files(watched: WatchedFolder) -> list[Path]:
    """The files that lie in a watched folder."""
    try:
        names = sorted(watched.path.iterdir())
    except OSError:
        return []
    wanted = watched.patterns or ("*",)
    return [
        path for path in names
        if path.is_file() and not path.name.startswith(".") and any(fnmatch(path.name.lower(), one.lower()) for one in wanted)
    ]  # fmt: skip
