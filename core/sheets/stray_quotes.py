"""Quotes inside of quoted cells that their writer did not double: `"Hotel "Krone", Ulm"` is one cell."""

from __future__ import annotations

import csv
import re
from functools import cache

from core.sheets.csv_dialect import Dialect


class StrayQuotes:
    """Doubles such quotes in the lines that have as many cells as the table then, and leaves all other lines alone.

    Every line stays a line, so that the lines of a file can still be counted.
    """

    def __init__(self, dialect: Dialect, width: int) -> None:
        self._dialect = dialect
        self._width = width
        self._hint = _hint(dialect.delimiter, dialect.quote, dialect.skip_space) if dialect.quote and not dialect.escape else None

    def is_in(self, text: str) -> bool:
        """Whether a stretch of text may have such a quote."""
        return self._hint is not None and self._dialect.quote in text and self._hint.search(text) is not None

    def mended(self, lines: list[str]) -> list[str]:
        """The lines with such quotes doubled."""
        return [self._mended(line) if self.is_in(line) else line for line in lines]

    def _mended(self, line: str) -> str:
        body = line.rstrip("\r\n")
        if self._is_sound(line):
            return line
        cells = self._all_quoted(body) or self._some_quoted(body)
        if len(cells) != self._width:
            return line
        quote = self._dialect.quote
        again = (quote + cell.replace(quote * 2, quote).replace(quote, quote * 2) + quote for cell in cells)
        return self._dialect.delimiter.join(again) + line[len(body) :]

    def _is_sound(self, line: str) -> bool:
        try:
            return bool(list(self._dialect.reader([line], strict=True)))
        except csv.Error:
            return False

    def _all_quoted(self, body: str) -> list[str]:
        """The cells of a line that has every one of them in quotes: the quotes around a delimiter divide them."""
        quote = self._dialect.quote
        if len(body) < 2 or body[0] != quote or body[-1] != quote:
            return []
        cells = body[1:-1].split(quote + self._dialect.delimiter + quote)
        return cells if len(cells) == self._width else []

    def _some_quoted(self, body: str) -> list[str]:
        """The cells of a line where a quote closes its cell only before a delimiter, or at the end."""
        pattern = _cell(self._dialect.delimiter, self._dialect.quote)
        cells: list[str] = []
        place = 0
        while place <= len(body) and len(cells) <= self._width:
            found = pattern.match(body, place)
            if found is None:
                return []
            cells.append(found[1] if found[1] is not None else found[2])
            place = found.end() + 1
        return cells


@cache
def _hint(delimiter: str, quote: str, skips_space: bool) -> re.Pattern[str]:
    """A quote with neither an edge of its cell nor another quote beside it."""
    edge, mark = re.escape(delimiter) + r"\r\n" + re.escape(quote), re.escape(quote)
    return re.compile(rf"{mark}(?![{edge}])(?<=[^{edge}{' ' if skips_space else ''}]{mark})(?!$)")


@cache
def _cell(delimiter: str, quote: str) -> re.Pattern[str]:
    edge, mark = re.escape(delimiter), re.escape(quote)
    return re.compile(rf"(?:{mark}(.*?){mark}(?={edge}|$)|([^{edge}]*)(?={edge}|$))")
