"""Sources that read the same place: whichever is quicker takes what both should have, or both do, and a lead has two touches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

from core.problems import Place, Problem
from leadrelay.settings import SourceSettings

PlaceOf = Callable[[str], Place | None]
"""Where a source's folder stands in the configuration."""


def circles(sources: Mapping[str, SourceSettings], base: Path, place_of: PlaceOf) -> Iterator[Problem]:
    """Watched folders that files are moved back into, by whatever way they are written."""
    for name, source in sources.items():
        watched = None if source.spec.watches is None else source.spec.watches(source.config)
        if watched is not None:
            for key, path in (("done_folder", watched.done), ("failed_folder", watched.failed)):
                if _real(base, path) == _real(base, watched.path):
                    message = f"`{key}` is the watched folder itself, so files would be read again and again. Name another one."
                    yield Problem("same_folder", message, f"sources.{name}.{key}", place_of(name))


def shared(sources: Mapping[str, SourceSettings], base: Path, place_of: PlaceOf) -> Iterator[Problem]:
    """Pairs of sources that read one folder or one mailbox."""
    for (first, one), (second, other) in combinations(sorted(sources.items()), 2):
        what = "folder" if _is_one_folder(one, other, base) else "mailbox" if _is_one_mailbox(one, other) else ""
        if what:
            message = (
                f"sources `{first}` and `{second}` read the same {what}: each may take what the other one should have. Give each "
                "its own" + (", or `patterns` that no file fits both of." if what == "folder" else " folder in it.")
            )
            yield Problem("same_place", message, f"sources.{second}", place_of(second))


def _is_one_folder(one: SourceSettings, other: SourceSettings, base: Path) -> bool:
    if one.spec.watches is None or other.spec.watches is None:
        return False
    first, second = one.spec.watches(one.config), other.spec.watches(other.config)
    if first is None or second is None or _real(base, first.path) != _real(base, second.path):
        return False
    return not first.patterns or not second.patterns or not set(first.patterns).isdisjoint(second.patterns)


def _is_one_mailbox(one: SourceSettings, other: SourceSettings) -> bool:
    if one.spec.open_pull is None or one.spec is not other.spec:
        return False
    names = ("host", "user", "folder")
    told = [tuple(str(getattr(source.config, name, "")).lower() for name in names) for source in (one, other)]
    return told[0] == told[1]


def _real(base: Path, path: Path) -> str:
    return os.path.realpath(base / path)
