"""A table in a spreadsheet: xlsx, xlsb, xls and ods, read by calamine.

calamine unpacks one sheet whole: about 20 times the size of the packed file, so 100 MB of xlsx want some 2 GB. A file over
`MAX_BYTES` is refused with the advice to save it as CSV, which has no such limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from connectors.csvfile.workbook_trial import try_workbook
from core.sheets.footer import MOST_LINES, count_footer_rows
from core.sheets.header import is_header, unique_names
from core.sheets.layout import Layout, NotATable, PinnedLayout
from core.sheets.records import Record
from core.sheets.understand import first_full_row

MAX_BYTES = 100_000_000
"""The largest workbook that is opened."""

_SAMPLE_ROWS = 300

_Value = int | float | str | bool | time | date | datetime | timedelta


def open_workbook_sheet(path: Path, pinned: Layout | PinnedLayout | None) -> WorkbookSheet:
    """The first visible sheet with a row in it, or the pinned one; raises NotATable with a sentence for what can not be read."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise NotATable(f"The workbook is larger than {MAX_BYTES // 1_000_000} MB: save the sheet as CSV and import that.")
    wanted = (pinned.sheet if pinned else None) or ""
    try_workbook(path, wanted)
    book = _opened(path)
    sheet = _chosen(book, wanted)
    layout = pinned if isinstance(pinned, Layout) else _understood(sheet, book, pinned or PinnedLayout())
    return WorkbookSheet(sheet, size, layout)


def _opened(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise NotATable("The workbook is protected by a password: save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise NotATable(_not_a_workbook(path)) from error


def _not_a_workbook(path: Path) -> str:
    """What a file is that begins like a workbook and is none."""
    with path.open("rb") as file:
        beginning = file.read(1_000_000)
    if beginning.startswith(b"PK"):
        return "The file is a zip archive and no spreadsheet that can be read: unpack it and import the file that is in it."
    if "EncryptedPackage".encode("utf-16-le") in beginning or "EncryptionInfo".encode("utf-16-le") in beginning:
        return "The workbook is protected by a password: save it without one."
    return "The file is an old Office document and no spreadsheet that can be read: open it and save it as xlsx or CSV."


def _chosen(book: CalamineWorkbook, name: str) -> CalamineSheet:
    sheets = [known for known in book.sheets_metadata if known.typ == SheetTypeEnum.WorkSheet]
    if name:
        if name not in {known.name for known in sheets}:
            raise NotATable(f"The workbook has no sheet `{name}`; it has: {', '.join(known.name for known in sheets)}.")
        return _loaded(book, name)
    # What is hidden was hidden on purpose: it is looked at only where nothing else is there.
    for is_visible in (True, False):
        for known in sheets:
            if (known.visible == SheetVisibleEnum.Visible) == is_visible:
                sheet = _loaded(book, known.name)
                if any(any(map(_text, row)) for row in sheet.iter_rows()):
                    return sheet
    raise NotATable("The workbook holds no row.")


def _loaded(book: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, ValueError) as error:
        raise NotATable(f"The sheet `{name}` can not be read: save the workbook anew, or the sheet as CSV.") from error


def _understood(sheet: CalamineSheet, book: CalamineWorkbook, pinned: PinnedLayout) -> Layout:
    rows = [[_text(value) for value in row] for row in islice(sheet.iter_rows(), _first_row(sheet) + _SAMPLE_ROWS)]
    if pinned.skip_lines is not None:
        start = pinned.skip_lines
    else:
        start = next((place for place, row in enumerate(rows) if any(map(str.strip, row))), 0)
        start = first_full_row(_without_blank(rows, start), 0, _breadth(rows)) if start < len(rows) else start
        start = _nth_filled(rows, start)
    if start >= len(rows):
        raise NotATable("The workbook's sheet holds no row.")
    below = [row for row in rows[start + 1 :] if any(map(str.strip, row))]
    has_header = pinned.has_header if pinned.has_header is not None else is_header(rows[start], below)
    titles = tuple(rows[start]) if has_header else ()
    others = [
        known.name for known in book.sheets_metadata if known.name != sheet.name and known.visible == SheetVisibleEnum.Visible
    ]
    notes = (f"Other sheets are not read: {', '.join(others)}.",) if others else ()
    return Layout(
        kind="workbook",
        width=sheet.width,
        has_header=has_header,
        header=unique_names(titles, sheet.width),
        titles=titles,
        skip_lines=start,
        looks_for_footer=pinned.footer is not False,
        sheet=sheet.name,
        notes=notes,
    )


def _first_row(sheet: CalamineSheet) -> int:
    """Where the sheet's first filled row is. calamine gives the blank rows above it too, but not the blank columns before it."""
    return sheet.start[0] if sheet.start else 0


def _without_blank(rows: Sequence[Sequence[str]], start: int) -> list[Sequence[str]]:
    return [row for row in rows[start:] if any(map(str.strip, row))]


def _nth_filled(rows: Sequence[Sequence[str]], count: int) -> int:
    """The place of the row with so many filled rows before it."""
    filled = [place for place, row in enumerate(rows) if any(map(str.strip, row))]
    return filled[count] if count < len(filled) else len(rows)


def _breadth(rows: Sequence[Sequence[str]]) -> int:
    """How many cells the rows usually have, the empty ones at their end left out."""
    ends = sorted(max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0) for row in rows)
    ends = [end for end in ends if end]
    return ends[len(ends) // 2] if ends else 0


def _text(value: _Value) -> str:
    """A cell as text: numbers without ".0", dates and times as ISO 8601, truth as true and false."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
        case _:
            return str(value) if isinstance(value, int | timedelta) else value.isoformat()


class WorkbookSheet:
    """A spreadsheet's table, open."""

    def __init__(self, sheet: CalamineSheet, size: int, layout: Layout) -> None:
        self._sheet = sheet
        self._height = sheet.end[0] + 1 if sheet.end else 0
        self._read = 0
        self.layout = layout
        self.size = size

    def rows(self) -> Iterator[Record]:
        """All records below the header, from the first one, and the footer's rows as asides."""
        self._read = 0
        first = self.layout.skip_lines + self.layout.has_header
        last = self._height - self._footer_count(first)
        for place, row in enumerate(self._sheet.iter_rows()):
            self._read = place + 1
            if place < first:
                continue
            cells = [_text(value) for value in row]
            number, line = place - first + 1, place + 1
            if not any(map(str.strip, cells)):
                yield Record(number, line, [])
            elif place >= last:
                yield Record(number, line, [], "", f"a footer: {' '.join(' '.join(cells).split())[:200]}")
            elif self.layout.has_header and tuple(cells) == self.layout.titles:
                yield Record(number, line, [], "", "the header once more")
            else:
                yield Record(number, line, cells)

    def _footer_count(self, first: int) -> int:
        if not self.layout.looks_for_footer:
            return 0
        begin = max(first, self._height - MOST_LINES - 1)
        # The cells of a sheet are padded to its width; a footer is told by what is filled.
        rows = [_trimmed([_text(value) for value in row]) for row in islice(self._sheet.iter_rows(), begin, None)]
        return count_footer_rows(rows, self.layout.width)

    def done_bytes(self) -> int:
        """How far `rows` has come, as if the rows were spread evenly over the file."""
        return self.size * self._read // max(1, self._height)

    def notes(self) -> tuple[str, ...]:
        """What was odd about the workbook."""
        return self.layout.notes

    def close(self) -> None:
        """Nothing is held open: calamine has read the sheet."""


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells.pop()
    return cells
