"""How lines of text become cells, by the csv module."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Reader

MAX_CELL = 10_000_000
"""The longest cell, in characters; the csv module's own limit of 131,072 is for the whole process."""

csv.field_size_limit(max(MAX_CELL, csv.field_size_limit()))
# Set once, when this module is first imported (which Python locks), and never lowered: no thread sees another value.


@dataclass(frozen=True, slots=True)
class Dialect:
    """How lines become cells. An empty `quote` or `escape` means there is none; quotes are also escaped by doubling."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    skip_space: bool = False

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Reader:
        """The csv module's reader of this dialect."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape or None,
            skipinitialspace=self.skip_space,
            strict=strict,
        )
