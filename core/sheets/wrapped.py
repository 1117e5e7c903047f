"""Tables that went through a spreadsheet as a single column: every line stands in quotes as a whole, `"Name,Email,City"`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.sheets.csv_dialect import Dialect
from core.sheets.header import share_of_names

_WHOLE = re.compile(r'"((?:[^"\r\n]|"")*)"([\r\n]*)')
_LINE = re.compile(r'^"((?:[^"\r\n]|"")*)"(?=\r?$)', re.MULTILINE)
_DELIMITERS = (",", ";", "\t", "|")


def is_wrapped(lines: Sequence[str]) -> bool:
    """Whether all lines are so, and have as many cells each without the quotes as a header of known names has."""
    filled = [line for line in lines if line.strip()]
    if len(filled) < 2 or not all(map(_WHOLE.fullmatch, filled)):
        return False
    bare = unwrapped("".join(filled))
    for delimiter in _DELIMITERS:
        rows = list(Dialect(delimiter).reader(bare.splitlines(keepends=True)))
        if len(rows[0]) > 1 and len({len(row) for row in rows}) == 1 and share_of_names(rows[0]) >= 0.5:
            return True
    return False


def unwrapped(text: str) -> str:
    """The lines of a text without the quotes around each of them."""
    return _LINE.sub(lambda found: found[1].replace('""', '"'), text)
