"""`import --dry-run`: how files are read, what becomes of their columns and rows, what is rejected; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from leadrelay.commands.checking import load
from leadrelay.commands.options import config_path
from leadrelay.commands.output import Exit, Output, counted

if TYPE_CHECKING:
    from leadrelay.configuration import Configuration
    from leadrelay.engine.preview import Preview
    from leadrelay.settings import SourceSettings
    from leadrelay.store.database import Database

_SHOWN_FIELDS = 6


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
    with _store(built) as store:
        for path in paths:
            try:
                documents.append({"file": str(path), **_previewed(out, built, source, path, pinned, store, is_agreed=is_agreed)})
            except (UnreadableFile, OSError) as error:
                message = f"{path}: the file can not be read: {error.strerror}." if isinstance(error, OSError) else str(error)
                status = max(status, Exit.WRONG if isinstance(error, Doubtful) else Exit.NO)
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
    from leadrelay.engine.importing import FileState, Importer
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
    _show(out, path, found, is_known=is_known)
    return {**found.as_json(), "is_imported": is_known}


def _show(out: Output, path: Path, found: Preview, *, is_known: bool) -> None:
    """One file for people."""
    if out.as_json:
        return
    out.say(f"{path.name}")
    out.facts((f"  {name}", text) for name, text in found.facts)
    if is_known:
        out.say("  This file was imported before: importing it again does nothing.")
    taken = max(1, found.records - found.blank - found.rejected_count)
    out.table(
        ("lead field", "filled", "", "not understood"),
        [(name, use.filled, f"{use.filled / taken:.0%}", use.wrong or "") for name, use in sorted(found.fields.items())],
        empty="No lead field is filled.",
    )
    out.table(("line", "first rows"), [(line, _line(fields)) for line, fields in found.rows], empty="No row would become a lead.")
    if found.rejected:
        out.table(("line", "would be rejected, because"), found.rejected)
    for reason, count in [*found.held.most_common(5), *found.ignored.most_common(5)]:
        what = "would be held" if reason in found.held else "would be ignored"
        out.say(f"{counted(count, 'row')} {what}: {reason}")
    seen = "" if found.is_whole else f" (the first {found.records:,}; the file is longer)"
    out.say(
        f"{counted(found.records, 'row')}{seen}: {found.accepted:,} new, {found.known:,} known already, {found.rejected_count:,} "
        f"would be rejected, {found.blank:,} blank. Nothing was written.\n"
    )


def _line(fields: Mapping[str, object]) -> str:
    texts = [f"{path.split('.', 1)[-1]}: {value}" for path, value in list(fields.items())[:_SHOWN_FIELDS]]
    return ", ".join(texts)


@contextmanager
def _store(built: Configuration) -> Iterator[Database | None]:
    """The store, if there is one with its tables: a preview must not make it."""
    from sqlalchemy import inspect, make_url

    from leadrelay.store.database import Database

    url = make_url(built.settings.store)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        yield None
        return
    database = Database(built.settings.store)
    try:
        with database.read() as connection:
            has_tables = inspect(connection).has_table("file_import")
        yield database if has_tables else None
    finally:
        database.close()
