"""A table in a text file: CSV, TSV and their kin, streamed in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from core.sheets.csv_dialect import Dialect
from core.sheets.decoding import Decoding
from core.sheets.encoding import decode_line
from core.sheets.footer import MOST_LINES, count_footer_rows
from core.sheets.layout import Layout, PinnedLayout
from core.sheets.records import Blocks, Place, Record, Usual, lines_of, read_records
from core.sheets.stray_quotes import StrayQuotes
from core.sheets.understand import SAMPLE_BYTES, understand
from core.sheets.wrapped import unwrapped

_CHUNK = 65_536
_TAIL = 16_384
_LARGER_SAMPLE = 1_048_576
_FEW_RECORDS = 10
_FOOTER_LINES = MOST_LINES + 1
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


def open_text_sheet(path: Path, pinned: Layout | PinnedLayout | None) -> TextSheet:
    """The table in a text file; raises NotATable for what is none, and OSError for what can not be read."""
    file = path.open("rb")
    try:
        size = file.seek(0, SEEK_END)
        layout = pinned if isinstance(pinned, Layout) else _understood(file, size, pinned)
        return TextSheet(file, size, layout, _footer(file, size, layout))
    except BaseException:
        file.close()
        raise


def _understood(file: BinaryIO, size: int, pinned: PinnedLayout | None) -> Layout:
    file.seek(0)
    sample = file.read(SAMPLE_BYTES)
    if size > len(sample) and _has_few_records(sample):
        sample += file.read(_LARGER_SAMPLE - len(sample))
    is_whole = size <= len(sample)
    high = b"" if is_whole or not sample.isascii() else _first_high_lines(file)
    return understand(sample, is_whole=is_whole, pinned=pinned, high=high)


def _has_few_records(sample: bytes) -> bool:
    """Whether long cells leave too few records to learn from."""
    return sum(1 for _ in islice(Dialect().reader(lines_of(sample.decode("latin-1"))), _FEW_RECORDS)) < _FEW_RECORDS


def _first_high_lines(file: BinaryIO) -> bytes:
    """The first lines behind the sample that are not plain ASCII: a file may keep its first umlaut for its middle."""
    file.readline()
    while chunk := file.read(1_048_576):
        if found := _NOT_ASCII.search(chunk):
            begin = chunk.rfind(b"\n", 0, found.start()) + 1
            part = chunk[begin : begin + SAMPLE_BYTES]
            return part[: part.rfind(b"\n") + 1]
    return b""


@dataclass(frozen=True, slots=True)
class _Footer:
    """The lines at a file's end that are no rows, and how many bytes they take."""

    lines: tuple[str, ...] = ()
    size: int = 0


def _footer(file: BinaryIO, size: int, layout: Layout) -> _Footer:
    """The closing lines of the file, judged by its end alone."""
    if not layout.looks_for_footer or not size:
        return _Footer()
    begin = max(0, size - _TAIL)
    begin -= begin % 4
    file.seek(begin)
    tail = file.read(size - begin)
    wide = _wide_name(file, layout.encoding)
    # An encoding of one byte a letter keeps the lines as they are, and lets their bytes be counted.
    lines = lines_of(tail.decode(wide or "latin-1", "replace"))
    lines = lines[(layout.skip_lines + layout.has_header) if begin == 0 else 1 :]
    last = lines[-_FOOTER_LINES:]
    shown = last if wide else [decode_line(line.encode("latin-1"), layout.encoding, layout.fallback)[0] for line in last]
    if layout.is_wrapped:
        shown = [unwrapped(line) for line in shown]
    count = count_footer_rows(_split_rows(shown, layout), layout.width)
    if not count:
        return _Footer()
    return _Footer(tuple(shown[-count:]), len("".join(last[-count:]).encode(wide or "latin-1", "replace")))


def _wide_name(file: BinaryIO, name: str) -> str:
    """The encoding with its byte order, where it is one of two or four bytes a letter, else nothing."""
    if not name.startswith(("utf-16", "utf-32")) or name.endswith(("le", "be")):
        return name if name.startswith(("utf-16", "utf-32")) else ""
    file.seek(0)
    return f"{name}-be" if file.read(2) in (b"\xfe\xff", b"\x00\x00") else f"{name}-le"


def _split_rows(lines: list[str], layout: Layout) -> list[list[str]]:
    """Each line as a row of its own; one that may belong to a cell of several lines is made so wide that it is a row."""
    quote, dialect = layout.quote, _dialect(layout)
    rows = []
    for line in lines:
        is_whole = not quote or line.count(quote) % 2 == 0
        rows.append(next(iter(dialect.reader([line])), []) if is_whole else ["?"] * max(3, layout.width))
    return rows


def _dialect(layout: Layout) -> Dialect:
    return Dialect(layout.delimiter, layout.quote, layout.escape, layout.skip_space)


class TextSheet:
    """A text file's table, open."""

    def __init__(self, file: BinaryIO, size: int, layout: Layout, footer: _Footer) -> None:
        self._file = file
        self._footer = footer
        self._done = 0
        self._decoding = Decoding((), layout)
        self.layout = layout
        self.size = size

    def rows(self) -> Iterator[Record]:
        """All records below the header, from the first one, and the footer's lines as asides."""
        self._done = 0
        self._decoding = Decoding(self._chunks(), self.layout)
        texts = self._decoding.texts()
        if self.layout.is_wrapped:
            texts = map(unwrapped, texts)
        blocks = Blocks(texts, StrayQuotes(_dialect(self.layout), self.layout.width))
        self._decoding.lines_done = lambda: blocks.lines_done()
        blocks.skip(self.layout.skip_lines)
        usual = Usual(self.layout.width, self.layout.comment, self.layout.titles)
        first = 0 if self.layout.has_header else 1
        records = read_records(blocks, _dialect(self.layout), usual, Place(self.layout.skip_lines + 1, first))
        if self.layout.has_header:
            next(records, None)
        # Nothing stands between the records' generator and its user: a call more a row would be felt.
        return chain(records, self._footer_records(blocks))

    def _chunks(self) -> Iterator[bytes]:
        self._file.seek(0)
        end = self.size - self._footer.size
        while chunk := self._file.read(min(_CHUNK, end - self._done)):
            self._done += len(chunk)
            yield chunk

    def _footer_records(self, blocks: Blocks) -> Iterator[Record]:
        self._done = self.size
        for place, line in enumerate(self._footer.lines):
            text = " ".join(line.split())[:200]
            yield Record(blocks.next_record + place, blocks.lines_done() + 1 + place, [], "", f"a footer: {text}" if text else "")

    def done_bytes(self) -> int:
        """How far into the file `rows` has come."""
        return self._done

    def notes(self) -> tuple[str, ...]:
        """What was odd so far: the layout's notes, and what the reading has met since."""
        return self.layout.notes + self._decoding.notes()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
