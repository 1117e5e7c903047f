"""Find a table's dialect: read the sample in every likely way and take the way that gives the most regular table."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.sheets.cells import is_typed, kind_of
from core.sheets.csv_dialect import Dialect
from core.sheets.header import share_of_names
from core.sheets.records import Blocks, Record, Usual, lines_of, read_records
from core.sheets.stray_quotes import StrayQuotes

USUAL = (",", ";", "\t", "|")
"""The delimiters that are taken when they fit best."""

RARE = ("\x1f", "\x01", "^", "~", ":", " ")
"""The delimiters that are taken only when the table is quite regular, and none of the usual ones fits."""

_LOOKED_AT = 400
_OF_NAMES = 0.25
_MOST = 0.6
_MANY_ALONE = 3
_SEP = re.compile(r"\ufeff?\"?sep=(.)\"?[,;\t|]*\r?\n?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A sample read one way: its records without blank ones, the usual width, and where the table begins among them."""

    dialect: Dialect
    records: tuple[Record, ...]
    width: int
    start: int
    score: float


def declared_delimiter(first_line: str) -> str:
    """The delimiter that Excel's `sep=;` in the first line names, or nothing."""
    found = _SEP.fullmatch(first_line)
    return found[1] if found else ""


def find_dialect(
    text: str, *, is_whole: bool, delimiter: str | None = None, quote: str | None = None, escape: str | None = None
) -> Reading:
    """The most regular reading of a sample; what is pinned is kept."""
    delimiters = (delimiter,) if delimiter else USUAL
    readings = [_read(text, dialect, is_whole) for dialect in _dialects(text, delimiters, quote, escape)]
    if quote is None:
        readings = [_without_quotes(text, reading, is_whole) for reading in readings]
    best = max(readings, key=lambda reading: reading.score)
    if not delimiter and best.width < 2:
        rare = [_read(text, dialect, is_whole) for dialect in _dialects(text, RARE, quote, escape)]
        best = max((found for found in rare if _is_certain(found)), key=lambda found: found.score, default=best)
    if not delimiter and best.width < 2:
        best = _as_one_column(text, best, is_whole)
    return best


def _as_one_column(text: str, best: Reading, is_whole: bool) -> Reading:
    """A single column's reading by a delimiter that does not cut its texts."""
    if all(len(record.cells) == 1 for record in best.records):
        return best
    unused = next((mark for mark in USUAL if mark not in text), "\x1f")
    return _read(text, replace(best.dialect, delimiter=unused), is_whole)


def _without_quotes(text: str, reading: Reading, is_whole: bool) -> Reading:
    """The same reading with quotes as plain characters, where more of them stand alone than around a cell (5" pipes)."""
    dialect = reading.dialect
    alone = sum(bool(record.problem) for record in reading.records)
    if alone < _MANY_ALONE or alone <= _quoted_cells(text, dialect.delimiter, dialect.quote):
        return reading
    return _read(text, replace(dialect, quote="", escape=""), is_whole)


def _dialects(text: str, delimiters: Sequence[str], quote: str | None, escape: str | None) -> Iterator[Dialect]:
    for delimiter in delimiters:
        if delimiter not in text and len(delimiters) > 1 and delimiter != ",":
            continue
        quotes = (quote,) if quote is not None else _quotes(text, delimiter)
        for mark in quotes:
            escapes = (escape,) if escape is not None else ("", "\\") if _has_escapes(text, delimiter, mark) else ("",)
            for escaped in escapes:
                skips = (False, True) if delimiter in USUAL and f"{delimiter} " in text else (False,)
                for skip in skips:
                    yield Dialect(delimiter, mark, escaped, skip or delimiter == " ")


def _has_escapes(text: str, delimiter: str, quote: str) -> bool:
    return f"\\{delimiter}" in text or (quote != "" and f"\\{quote}" in text)


def _quotes(text: str, delimiter: str) -> tuple[str, ...]:
    """The quotes that some cell begins and ends with; the double quote in any case."""
    quotes = ['"']
    if _quoted_cells(text, delimiter, "'"):
        quotes.append("'")
    return tuple(quotes)


def _quoted_cells(text: str, delimiter: str, quote: str) -> int:
    edge = re.escape(delimiter)
    pattern = rf"(?:^|{edge})[ ]?{quote}[^{quote}\n]*{quote}[ ]?(?={edge}|\r?$)"
    return sum(1 for _ in re.finditer(pattern, text, re.MULTILINE))


def _read(text: str, dialect: Dialect, is_whole: bool) -> Reading:
    """The sample in one dialect, first to learn its width, then with that known to find unclosed quotes."""
    records = _records(text, dialect, 0, is_whole)
    width = _usual_width(records)
    if any(record.problem for record in records) or StrayQuotes(dialect, width).is_in(text):
        records = _records(text, dialect, width, is_whole)
    return _scored(dialect, records)


def _records(text: str, dialect: Dialect, width: int, is_whole: bool) -> tuple[Record, ...]:
    texts = [text] if is_whole else ["".join(_whole_records(lines_of(text), dialect))]
    stray = StrayQuotes(dialect, width) if width else None
    return tuple(record for record in read_records(Blocks(texts, stray), dialect, Usual(width)) if record.cells)


def _whole_records(lines: list[str], dialect: Dialect) -> list[str]:
    """The lines without the last record, which the sample's end has cut. A cell that is cut may be long, or never closed: then
    its lines are rows, and only the last one is left out."""
    reader = dialect.reader(lines)
    begun = done = width = 0
    try:
        for cells in reader:
            begun, done, width = done, reader.line_num, width or len(cells)
    except csv.Error:
        begun = done
    if not begun:
        return lines[:-1] or lines
    inside = lines[begun + 1 :]
    rows = sum(line.count(dialect.delimiter) == width - 1 for line in inside)
    return lines[:-1] if len(inside) > 1 and rows * 2 > len(inside) and width > 1 else lines[:begun]


def _usual_width(records: Sequence[Record]) -> int:
    counts = Counter(len(record.cells) for record in records if not record.problem)
    return max(counts, key=lambda width: (counts[width] * (width - 0.9), width), default=1)


def _scored(dialect: Dialect, records: tuple[Record, ...]) -> Reading:
    """The best width with the place where its table begins: many rows of it, few others behind, and cells that make sense."""
    best = Reading(dialect, records, 1, 0, 0.01 * _sense([record.cells for record in records[:_LOOKED_AT]], dialect))
    counts = Counter(len(record.cells) for record in records if not record.problem)
    for width, count in counts.most_common(8):
        if width < 2:
            continue
        start = next(place for place, record in enumerate(records) if len(record.cells) == width)
        start, share = _densest(records, width, start)
        if share < 0.5 or (count == 1 and len(records) > 2 and start < len(records) - 1):
            continue
        rows = [record.cells for record in records[start:] if len(record.cells) == width and not record.problem]
        regular = share**2 * (1 - 1 / width) * len(records[start:]) / len(records)
        score = regular * _sense(rows[:_LOOKED_AT], dialect) * (0.55 if count == 1 and len(records) > 1 else 1)
        # Columns' names in the first row say more than lists in cells (`red;green;blue`) that happen to be of one length.
        score *= 1 + _OF_NAMES * share_of_names(records[start].cells)
        if score > best.score:
            best = Reading(dialect, records, width, start, score)
    return _by_its_header(best, counts[best.width])


def _by_its_header(reading: Reading, count: int) -> Reading:
    """Where hardly two rows are of one width, the columns that a header names are the table's."""
    first = reading.records[0].cells if reading.records else []
    if count > 1 or len(reading.records) < 3 or len(first) < 2 or reading.width < 2 or share_of_names(first) <= _MOST:
        return reading
    return replace(reading, width=len(first), start=0)


def _densest(records: Sequence[Record], width: int, first: int) -> tuple[int, float]:
    """Where the table of a width begins, so that most records from there on are of it. Footers do not count against it."""
    rows = records[first:]
    while len(rows) > 2 and len(rows[-1].cells) < max(2, width // 2) and len(rows) * 10 > len(records) * 3:
        # A footer is a handful of short lines; ten of a long file's last lines are enough to look at.
        if len(records) - first - len(rows) >= 10:
            break
        rows = rows[:-1]
    fits = [len(record.cells) == width and not record.problem for record in rows]
    total, shares = 0, [0.0] * len(fits)
    for index in range(len(fits) - 1, -1, -1):
        total += fits[index]
        shares[index] = total / (len(fits) - index) if fits[index] else 0.0
    worths = [share**2 * (len(fits) - index) * share for index, share in enumerate(shares)]
    # A longer table with a few odd rows is better than the regular end of it: no row is given up for a little order.
    enough = 0.8 * max(worths, default=0.0)
    index = next((index for index, worth in enumerate(worths) if worth >= enough and shares[index]), 0)
    return first + index, shares[index]


def _sense(rows: Sequence[Sequence[str]], dialect: Dialect) -> float:
    """How much of the cells is what cells are: values, words, nothing; and no left-over quotes or other delimiters."""
    cells = [cell for row in rows for cell in row]
    return sum(_sense_of(cell, dialect) for cell in cells) / len(cells) if cells else 0.0


def _sense_of(cell: str, dialect: Dialect) -> float:
    kind = kind_of(cell)
    if kind == "text":
        return _sense_of_text(cell.strip(), dialect) * (0.97 if cell[0] == " " and not dialect.skip_space else 1)
    if kind in ("empty", "nothing"):
        return 0.92
    return 0.98 if cell[:1] == " " and not dialect.skip_space else 1.0


def _sense_of_text(text: str, dialect: Dialect) -> float:
    if (text[0] in "\"'" and (len(text) < 2 or text[-1] == text[0])) or '\\"' in text:
        return 0.4
    if text[-1] == '"' and text[0] != "=" and text.count('"') % 2:
        return 0.4
    if text[0] == '"' or text[-1] in "\\,;":
        return 0.5
    if any(mark in text for mark in "\t|\x1f\x01" if mark != dialect.delimiter):
        return 0.55
    if ";" in text and dialect.delimiter != ";":
        # A semicolon of prose is followed by a space.
        return 0.85 if text.count(";") == text.count("; ") else 0.65
    if "," in text and dialect.delimiter != ",":
        return 0.85
    return 0.95 if len(text) < 100 else 0.9


def _is_certain(reading: Reading) -> bool:
    """Whether a rare delimiter makes a table without any doubt: every record has its width, and its cells say so."""
    rows = [record.cells for record in reading.records]
    delimiter, width = reading.dialect.delimiter, reading.width
    if width < 2 or len(rows) < 2 or any(len(row) != width for row in rows):
        return False
    if delimiter in "\x1f\x01":
        return True
    if all(is_typed(delimiter.join(row)) for row in rows[1:]):
        return False
    if delimiter in "^~":
        return width > 2 or len(rows) > 2
    typed = sum(all(is_typed(row[place]) for row in rows[1:]) for place in range(width))
    if delimiter == ":" and any(cell[:1] == " " for row in rows for cell in row[1:]):
        return False
    if delimiter == " " and width > 2 and len(rows) > 2 and not any(map(is_typed, rows[0])) and typed:
        return True
    if delimiter == " ":
        return typed * 2 >= width and (width > 2 or typed == width)
    return typed * 2 >= width or width > 2
