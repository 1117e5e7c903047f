"""Tell a cell of several lines from rows that an unclosed quote has swallowed."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from core.sheets.cells import kind_of
from core.sheets.csv_dialect import Dialect

MANY_LINES = 20
"""A cell over so many lines is looked at twice: it may be rows that an unclosed quote has swallowed."""

_LOOKED_AT = 200
_PLAIN_KINDS = frozenset({"empty", "nothing", "text"})


def is_open(dialect: Dialect, line: str) -> bool:
    """Whether a line alone ends inside of a quote."""
    return "unexpected end" in _complaint(dialect, [line])


def is_unclosed(dialect: Dialect, width: int, lines: Sequence[str], cells: Sequence[str], before: Sequence[str]) -> bool:
    """Whether a record over several lines is one that an unclosed quote made of them. `before` are the lines above it."""
    is_sound = not _complaint(dialect, lines)
    if is_sound and (len(lines) <= MANY_LINES or (width or len(cells)) <= 2):
        return False
    usual = width or len(cells)
    inner = [line for line in lines[1 : _LOOKED_AT + 1] if line.strip()]
    if is_sound:
        fitting = sum(_width(dialect, line) == usual for line in inner)
        return fitting >= 0.9 * len(inner) and _are_alike(dialect, usual, inner, [*before, lines[0]])
    if len(cells) != usual or not width:
        return True
    plain = replace(dialect, quote="", escape="")
    fitting = sum(usual in (_width(dialect, line), _width(plain, line)) for line in inner)
    return fitting * 2 >= len(inner)


def _complaint(dialect: Dialect, lines: Sequence[str]) -> str:
    """What is wrong about the quotes in these lines, or nothing."""
    if not dialect.quote:
        return ""
    try:
        for _ in dialect.reader(lines, strict=True):
            pass
    except csv.Error as error:
        return str(error)
    return ""


def _width(dialect: Dialect, line: str) -> int:
    return len(_cells(dialect, line))


def _cells(dialect: Dialect, line: str) -> list[str]:
    try:
        return next(iter(dialect.reader([line])), [])
    except csv.Error:
        return []


def _are_alike(dialect: Dialect, width: int, inner: Sequence[str], before: Sequence[str]) -> bool:
    """Whether lines have values where the rows before them have: a text of many lines with as many commas each has none."""
    rows = [_cells(dialect, line) for line in before]
    own = _ahead_of_the_quote(dialect, rows.pop(), before[-1])
    below = [row for line in inner if len(row := _cells(dialect, line)) == width]
    # The lines before may be a long text's themselves; the row's own cells are its columns' for certain.
    for known in ([own], [row for row in rows if len(row) == width]):
        columns = _typed_columns(known)
        if columns:
            return all(2 * sum(kind_of(row[place]) in (kind, "empty") for row in below) >= len(below) for place, kind in columns)
    return True


def _typed_columns(rows: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    """The columns whose cells are nearly all of one kind, which is no plain text, with that kind."""
    found = []
    for place in range(min(map(len, rows), default=0)):
        kinds = Counter(kind for row in rows if (kind := kind_of(row[place])) != "empty")
        kind, count = next(iter(kinds.most_common(1)), ("text", 0))
        if kind not in _PLAIN_KINDS and count >= 0.8 * kinds.total():
            found.append((place, kind))
    return found


def _ahead_of_the_quote(dialect: Dialect, cells: list[str], line: str) -> list[str]:
    """The cells of a record's first line without the one that its end cuts."""
    return cells[:-1] if is_open(dialect, line) else cells
