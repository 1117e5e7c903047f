"""Files: CSV and other tables, business cards, mails and ADF documents that lie in a folder or are imported by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.base import Spec
from connectors.csvfile.config import CsvFileConfig
from connectors.sources import FileFeed, FileOptions, Reader, SourceContext, WatchedFolder

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel


def _open_source(context: SourceContext, config: BaseModel) -> Reader:
    from connectors.csvfile.source import FileSource

    return FileSource(context)


def _open_file(context: SourceContext, config: BaseModel, path: Path, options: FileOptions) -> FileFeed:
    from connectors.csvfile.source import open_file

    return open_file(context, cast("CsvFileConfig", config), path, options)


def _watches(config: BaseModel) -> WatchedFolder | None:
    from pathlib import Path

    given = cast("CsvFileConfig", config)
    if given.folder is None:
        return None
    folder = Path(given.folder)
    done = folder / "done" if given.done_folder is None else Path(given.done_folder)
    failed = folder / "failed" if given.failed_folder is None else Path(given.failed_folder)
    return WatchedFolder(folder, done, failed, given.every, given.quiet_for, given.patterns)


SPEC = Spec(
    name="csvfile",
    title="Files (CSV, Excel, vCard, mail)",
    source_config=CsvFileConfig,
    open_source=_open_source,
    open_file=_open_file,
    watches=_watches,
    recognizes=True,
)
