"""`import --dry-run`: how files are read, what becomes of their columns and rows, what is rejected; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from leadrelay.commands.checking import load
from leadrelay.commands.options import config_path
from leadrelay.commands.output import Exit, Output, counted
from leadrelay.commands.output import shown as as_text
from leadrelay.commands.showing import existing_store

if TYPE_CHECKING:
    from core.fields import Catalogue
    from leadrelay.configuration import Configuration
    from leadrelay.engine.preview import ColumnSeen, Doubt, Preview
    from leadrelay.settings import SourceSettings
    from leadrelay.store.database import Database

_SHOWN_FIELDS = 8
_MOST_SHOWN = 20
_LONGEST = 60
"""How much of a cell is shown: enough to know it again."""

_FOREMOST = ("person.full_name", "person.first_name", "person.last_name", "person.email", "company.name", "person.")
_TOLD_BY_COLUMNS = frozenset({"columns", "read", "only kept"})


def show_previews(
    out: Output, config: Path | None, name: str, paths: Sequence[Path], pinned: Mapping[str, str], *, is_agreed: bool
) -> None:
    """Look at files as an import would read them."""
    from connectors.sources import Doubtful, UnreadableFile
    from leadrelay.commands.importing import chosen_source

    built = load(config_path(config))
    source = chosen_source(built.settings.sources, name)
    documents: list[dict[str, Any]] = []
    status = Exit.DONE
    with existing_store(built, "file_import") as store:
        for path in paths:
            try:
                documents.append({"file": str(path), **_previewed(out, built, source, path, pinned, store, is_agreed=is_agreed)})
            except (UnreadableFile, OSError) as error:
                message = f"{path}: the file can not be read: {error.strerror}." if isinstance(error, OSError) else str(error)
                status = max(status, Exit.WRONG if isinstance(error, Doubtful | OSError) else Exit.NO)
                documents.append({"file": str(path), "problem": message})
                out.note(message)
    out.document({"source": name, "files": documents})
    if status is not Exit.DONE:
        raise typer.Exit(status)


def _previewed(
    out: Output,
    built: Configuration,
    source: SourceSettings,
    path: Path,
    pinned: Mapping[str, str],
    store: Database | None,
    *,
    is_agreed: bool,
) -> dict[str, Any]:
    from leadrelay.commands.importing import opened
    from leadrelay.engine.file_state import FileState
    from leadrelay.engine.importing import Importer
    from leadrelay.engine.preview import preview
    from leadrelay.plans import file_options, process_plan
    from leadrelay.store import imports

    def known_keys(keys: Sequence[str]) -> set[str]:
        if store is None:
            return set()
        with store.read() as connection:
            return imports.known_keys(connection, source.name, keys)

    before = None if store is None else Importer(store).known(source.name, FileState.of(path).digest)
    feed = opened(source, path, replace(file_options(built, source), pinned=pinned), out, is_agreed=is_agreed)
    try:
        plan = process_plan(built)
        found = preview(feed, plan.sources[source.name], plan.catalogue, round(time.time() * 1000), known_keys)
    finally:
        feed.close()
    is_known = before is not None and before.state == "done"
    _show(out, path, found, plan.catalogue, is_known=is_known)
    return {**found.as_json(), "is_imported": is_known}


def _show(out: Output, path: Path, found: Preview, catalogue: Catalogue, *, is_known: bool) -> None:
    """One file for people."""
    if out.as_json:
        return
    out.say(f"{path.name}")
    out.facts((f"  {name}", text) for name, text in found.facts if name not in _TOLD_BY_COLUMNS)
    if is_known:
        out.say("  This file was imported before: importing it again does nothing.")
    _show_columns(out, found, catalogue)
    _show_rows(out, found, catalogue)
    _show_no_leads(out, found)
    seen = "" if found.is_whole else f" (the first {found.records:,}; the file is longer)"
    out.say(
        f"{counted(found.records, 'row')}{seen}: {found.accepted:,} new, {found.known:,} known already, {found.rejected_count:,} "
        f"would be rejected, {found.blank:,} blank. Nothing was written.\n"
    )


def _show_columns(out: Output, found: Preview, catalogue: Catalogue) -> None:
    """Which column became which field, how many rows fill it, and what could not be understood."""
    rows = max(1, found.records - found.blank - found.rejected_count)
    out.table(
        ("column", "becomes", "filled", "understood", "for example"),
        [
            (column, _becomes(seen, catalogue), _share(seen.filled, rows), _understood(seen), _clipped(", ".join(seen.examples)))
            for column, seen in found.headers.items()
        ],
        empty="Nothing in it has a name.",
    )
    if found.doubts:
        worst = sorted(found.doubts.items(), key=lambda one: -one[1].count)
        out.table(
            ("column", "rows", "lines", "not understood, since"),
            [(column, doubt.count, _lines(doubt), message) for (column, message), doubt in worst[:_MOST_SHOWN]],
        )


def _show_rows(out: Output, found: Preview, catalogue: Catalogue) -> None:
    """The first rows as the leads that they would become."""
    taken = [path for seen in found.headers.values() for path in seen.fields]
    paths = [path for path in dict.fromkeys(sorted(taken, key=_foremost)) if any(path in fields for _, fields in found.rows)]
    shown = paths[:_SHOWN_FIELDS]
    if found.rows:
        more = f", with {counted(len(paths) - len(shown), 'more field')} each" if len(paths) > len(shown) else ""
        out.say(f"The first rows as leads{more}:")
    out.table(
        ("line", *(_label(path, catalogue) for path in shown)),
        [(line, *(_clipped(as_text(fields.get(path))) for path in shown)) for line, fields in found.rows],
        empty="No row would become a lead.",
    )


def _show_no_leads(out: Output, found: Preview) -> None:
    """The rows that make no lead, each with its line and the reason."""
    if found.no_lead:
        out.table(
            ("line", "would be", "because"),
            [(line, ending, reason) for line, ending, reason in sorted(found.no_lead, key=lambda one: one[0])[:_MOST_SHOWN]],
        )
        told = min(len(found.no_lead), _MOST_SHOWN)
        every = found.rejected_count + found.held.total() + found.ignored.total()
        if every > told:
            out.say(f"and {counted(every - told, 'more row')}.")
    if found.held:
        out.say(
            f"{counted(found.held.total(), 'row')} would be held: kept, and worked again by `leadrelay submissions retry` when "
            "the mapping or the row is mended."
        )


def _becomes(seen: ColumnSeen, catalogue: Catalogue) -> str:
    if seen.fields:
        return ", ".join(_label(path, catalogue) for path in seen.fields)
    return "only kept" if seen.filled else ""


def _understood(seen: ColumnSeen) -> str:
    if not seen.fields or not seen.filled:
        return ""
    return "all" if seen.understood == seen.filled else f"{seen.understood:,} of {seen.filled:,}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.0%})"


def _label(path: str, catalogue: Catalogue) -> str:
    field = catalogue.fields.get(path)
    return path if field is None else field.label


def _foremost(path: str) -> int:
    """Who it is before what else is known of them."""
    return next((at for at, start in enumerate(_FOREMOST) if path.startswith(start)), len(_FOREMOST))


def _lines(doubt: Doubt) -> str:
    return ", ".join(map(str, doubt.lines)) + (" ..." if doubt.count > len(doubt.lines) else "")


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
