"""Open any table in a file, CSV or workbook, and stream its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from connectors.csvfile.text_sheet import open_text_sheet
from connectors.csvfile.workbook import open_workbook_sheet
from connectors.sources import UnreadableFile
from core.sheets.layout import Layout, NotATable, PinnedLayout
from core.sheets.magic import is_workbook
from core.sheets.records import Record

SheetRow = Record
"""One record of a table: `SheetRow(number, line, cells, problem, aside)`."""


_TEXT_ENDINGS = frozenset({".csv", ".tsv", ".tab", ".psv", ".txt"})


class Sheet(Protocol):
    """An open table."""

    @property
    def layout(self) -> Layout:
        """How it is read."""

    @property
    def size(self) -> int:
        """How long the file is, in bytes."""

    def rows(self) -> Iterator[SheetRow]:
        """All records below the header, in order, from the first one; memory does not grow with a text file."""

    def done_bytes(self) -> int:
        """How far into the file `rows` has come."""

    def notes(self) -> tuple[str, ...]:
        """What was odd so far, as sentences: the layout's notes, and what the reading has met since."""

    def close(self) -> None:
        """Give the file back."""


def open_sheet(path: Path, pinned: Layout | PinnedLayout | None = None) -> Sheet:
    """The table in a file, read as pinned and else as understood; raises UnreadableFile, with a sentence, for what is none."""
    try:
        with path.open("rb") as file:
            beginning = file.read(8)
        if not is_workbook(beginning):
            return open_text_sheet(path, pinned)
        if path.suffix.lower() in _TEXT_ENDINGS:
            raise NotATable(
                f"The file is a workbook, whatever its name says: end its name in .xlsx, or save it as {path.suffix}."
            )
        return open_workbook_sheet(path, pinned)
    except NotATable as error:
        raise UnreadableFile(f"{path.name}: {error}") from error
    except OSError as error:
        raise UnreadableFile(f"{path.name}: it can not be read: {error.strerror or type(error).__name__}.") from error
