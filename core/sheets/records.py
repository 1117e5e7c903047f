"""Turn lines into records by a dialect; where a quote is never closed, give up one line and not the rest of the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from core.sheets.cells import is_guarded, is_ruled, unguarded
from core.sheets.csv_dialect import MAX_CELL, Dialect
from core.sheets.stray_quotes import StrayQuotes
from core.sheets.unclosed import MANY_LINES, is_open, is_unclosed

if TYPE_CHECKING:
    from _csv import Reader

_END_OF_DOS = "\x1a"
_NO_LINES: list[str] = []
_MANY_GIVEN_UP = 20
_NOT_CLOSED = "The quote that opens a cell in this line is not closed."
_TOO_LONG = f"A cell that begins in this line is longer than {MAX_CELL:,} characters, or its quote is not closed."


class Record(NamedTuple):
    """One record of a table. `number` counts the records from 1; `line` is where it begins in the file (in a workbook: its row).

    A blank record has no cells; neither has a remark, a footer or a repeated header, which stands in `aside`. A record with a
    `problem` can not be read as a row; its cells are the text as it stood. The cells may be fewer or more than the columns.
    """

    number: int
    line: int
    cells: list[str]
    problem: str = ""
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Usual:
    """What a table's rows usually are: so many cells (0 where that is not known yet), none beginning with `comment`, and none
    the header (`titles`) once more."""

    width: int = 0
    comment: str = ""
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """The line and the number of the next record."""

    line: int = 1
    number: int = 1


class _Plain:
    """How wide the rows are that need no second look: none is while a block is read that has cells in Excel's guards."""

    def __init__(self) -> None:
        self.width = self._usual = -1
        self._is_guarded = False

    def expect(self, usual: int) -> None:
        """The usual width is known."""
        self._usual = usual
        self.width = -1 if self._is_guarded else usual

    def enter(self, *, is_guarded: bool) -> None:
        """Another block begins."""
        self._is_guarded = is_guarded
        self.width = -1 if is_guarded else self._usual


class Blocks:
    """Texts of whole lines, given line by line; remembers the lines of the record that is being read, and some before it.

    Who reads records says behind which line the next one begins (`begun`). One that is far too long is cut: the lines end
    (`is_cut`), and go on after `resume`. `is_done` says that there is no further line at all.
    """

    def __init__(self, texts: Iterable[str], stray: StrayQuotes | None = None) -> None:
        self._texts = iter(texts)
        self._stray = stray
        self._kept: deque[tuple[int, str]] = deque()
        self._split: dict[int, list[str]] = {}
        self._skipped = 0
        self.plain = _Plain()
        self.lines_done: Callable[[], int] = lambda: self._skipped
        self.next_record = 1
        self.begun = 0
        self.is_cut = self.is_done = False
        self.lines: Iterator[str] = chain.from_iterable(self._remembered())

    def resume(self) -> None:
        """Go on behind a record that was cut."""
        if self.is_cut:
            self.is_cut = False
            self.lines = chain.from_iterable(self._remembered())

    def skip(self, count: int) -> None:
        """Leave out so many lines before the first record."""
        for _ in range(count):
            next(self.lines, None)
            self._skipped += 1

    def _remembered(self) -> Iterator[Iterable[str]]:
        while not self._is_open_for_long():
            text = next(self._texts, None)
            if text is None:
                self.is_done = True
                return
            if self._stray and self._stray.is_in(text):
                text = "".join(self._stray.mended(lines_of(text)))
            # A block is asked for when all lines before it are used up: their number is its place, and costs no counting.
            self._kept.append((self.lines_done() + 1, text))
            self.plain.enter(is_guarded=is_guarded(text))
            while len(self._kept) > 2 and self._kept[2][0] <= self.begun + 1:
                self._kept.popleft()
            yield lines_of(text)
        self.is_cut = True

    def _is_open_for_long(self) -> bool:
        """Whether the record that is being read is already longer than any cell may be."""
        if not self._kept or self._kept[-1][0] <= self.begun + 1:
            return False
        return sum(len(text) for start, text in self._kept if start > self.begun + 1) > MAX_CELL

    def between(self, first: int, last: int) -> list[str]:
        """The lines from `first` to `last`, both included, as far as they are remembered."""
        wanted: list[tuple[int, str]] = []
        for start, text in reversed(self._kept):
            if start <= last:
                wanted.append((start, text))
            if start <= first:
                break
        # The same block is asked for again and again where many cells have several lines: its split is kept.
        self._split = {start: self._split.get(start) or lines_of(text) for start, text in reversed(wanted)}
        return [line for start, lines in self._split.items() for line in lines[max(0, first - start) : max(0, last + 1 - start)]]


_OTHER_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends, which are LF, CR LF or CR and nothing else."""
    for end in _OTHER_ENDS:
        if end in text:
            return list(StringIO(text, newline=""))
    # The faster way, which would also end a line at the characters above.
    return text.splitlines(keepends=True)


def read_records(blocks: Blocks, dialect: Dialect, usual: Usual, place: Place = Place()) -> Iterator[Record]:
    """All records, blank ones included, the first of them at `place`."""
    number, before, again = place.number - 1, place.line - 1, _NO_LINES
    title = usual.titles[0] if usual.titles else None
    plain, new, make, given_up = blocks.plain, tuple.__new__, Record, 0
    plain.expect(usual.width or -1)
    while True:
        reader = dialect.reader(chain(again, blocks.lines))
        blocks.lines_done = partial(_line_of, reader, before)
        begun, why = before, ""
        try:
            for number, cells in enumerate(reader, number + 1):  # noqa: B020 - it goes on counting where it stopped
                now = before + reader.line_num
                # Nearly all rows pass here, so it is short and written out: what may be odd about a row is looked at below.
                if len(cells) == plain.width and now - begun == 1 and (first := cells[0]) >= "0" and first != title:
                    yield new(make, (number, now, cells, "", ""))
                elif (now - begun > 1 or (blocks.is_done and cells)) and _is_unclosed(blocks, dialect, usual, begun, now, cells):
                    why = _TOO_LONG if blocks.is_cut else _NOT_CLOSED
                    break
                else:
                    yield _looked_at(Record(number, begun + 1, cells), usual)
                blocks.begun = begun = now
        except csv.Error:
            number += 1
            why = _TOO_LONG
        if not why:
            blocks.next_record = number + 1
            return
        lines = blocks.between(begun + 1, before + reader.line_num)
        blocks.resume()
        yield Record(number, begun + 1, [line.rstrip("\r\n")[:MAX_CELL] for line in lines[:1]], why)
        before, again = begun + 1, lines[1:]
        # Each is worth reading what it has swallowed once more, but not when every line swallows all the others.
        given_up += len(again) > MANY_LINES
        if given_up > _MANY_GIVEN_UP:
            # The last line has the quote that closed the cell, which may be the one that opens the next.
            yield from _each_alone(again[:-1], dialect, usual, Place(before + 1, number + 1))
            number, before, again = number + len(again) - 1, before + len(again) - 1, again[-1:]
        blocks.begun = before


def _line_of(reader: Reader, before: int) -> int:
    return before + reader.line_num


def _is_unclosed(blocks: Blocks, dialect: Dialect, usual: Usual, begun: int, now: int, cells: list[str]) -> bool:
    """Whether a quote in the record's first line is never closed: it has swallowed the lines below it, or the file ends in it."""
    if blocks.is_cut or not dialect.quote:
        return blocks.is_cut
    lines = blocks.between(begun + 1, now)
    if len(lines) == 1:
        return len(cells) < usual.width and is_open(dialect, lines[0])
    before = blocks.between(begun - MANY_LINES, begun) if len(lines) > MANY_LINES else ()
    return is_unclosed(dialect, usual.width, lines, cells, before)


def _each_alone(lines: Sequence[str], dialect: Dialect, usual: Usual, place: Place) -> Iterator[Record]:
    """Lines as records of their own, whatever their quotes say of further lines."""
    for step, line in enumerate(lines):
        record = Record(place.number + step, place.line + step, next(dialect.reader([line]), []))
        if is_open(dialect, line):
            yield record._replace(cells=[line.rstrip("\r\n")], problem=_NOT_CLOSED)
        else:
            yield _looked_at(record, usual)


def _looked_at(record: Record, usual: Usual) -> Record:
    """A record that is not quite usual: blank, a remark, a ruled line, the header again, guarded by Excel, or just of another
    width."""
    if not record.cells:
        return record
    cells = unguarded(record.cells)
    if not any(map(str.strip, cells)) or cells == [_END_OF_DOS]:
        return record._replace(cells=[])
    if usual.comment and cells[0].startswith(usual.comment):
        return record._replace(cells=[], aside=f"a remark: {' '.join(cells)[:200]}")
    if is_ruled(cells):
        return record._replace(cells=[], aside="a ruled line")
    if len(usual.titles) > 1 and tuple(record.cells) == usual.titles:
        return record._replace(cells=[], aside="the header once more")
    return record._replace(cells=cells)
