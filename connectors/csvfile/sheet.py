"""Open any table in a file, CSV or workbook, and stream its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from core.sheets.layout import Layout, PinnedLayout


class SheetRow(NamedTuple):
    """One record of a table. `number` counts the records below the header from 1; `line` is where it begins in the file (in a
    workbook: its row). A blank record has no cells; neither has a remark, a footer or a repeated header, which stands in
    `aside`. A record with a `problem` can not be read as a row; its cells are the text as it stood. The cells may be fewer or
    more than the columns."""

    number: int
    line: int
    cells: list[str]
    problem: str = ""
    aside: str = ""


class Sheet(Protocol):
    """An open table."""

    @property
    def layout(self) -> Layout:
        """How it is read; its `notes` grow while odd places are met."""

    @property
    def size(self) -> int:
        """How long the file is, in bytes."""

    def rows(self) -> Iterator[SheetRow]:
        """All records below the header, in order, from the first one."""

    def done_bytes(self) -> int:
        """How far into the file `rows` has come."""

    def notes(self) -> tuple[str, ...]:
        """What was odd so far, as sentences: the layout's notes and what the reading met since."""

    def close(self) -> None:
        """Give the file back."""


def open_sheet(path: Path, pinned: Layout | PinnedLayout | None = None) -> Sheet:
    """The table in a file, read as pinned and else as understood; raises UnreadableFile, with a sentence, for what is none."""
    raise NotImplementedError(path, pinned)
