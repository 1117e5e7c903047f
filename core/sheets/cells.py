"""What a single cell looks like: a number, a date, an address, a word; and what a cell's text means without Excel's guards."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = (
    r"[-+(]?\s?(?:[$€£¥]\s?)?(?:\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d+)?(?:[.,]\d+|\d)(?:[eE][-+]?\d+)?"
    r"\s?(?:%|[$€£¥]|[A-Z]{3})?\)?"
)
_DATE = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4})"
    r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[AaPp]\.?[Mm]\.?)?\s?(?:Z|UTC|[-+]\d{2}:?\d{2})?)?"
)
_KINDS = (
    ("number", re.compile(_NUMBER)),
    ("date", re.compile(_DATE)),
    ("time", re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[AaPp][Mm])?")),
    ("email", re.compile(r"[^\s@,;:|<>\"]+@[^\s@,;:|<>\"]+\.[A-Za-z]{2,}")),
    ("url", re.compile(r"(?:https?://|www\.)[^\s\"]+")),
    ("phone", re.compile(r"(?:[a-z]:)?\+?\(?\d[\d ()/.\-]{5,20}")),
    ("truth", re.compile(r"(?:true|false)", re.IGNORECASE)),
    ("address", re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)),
    ("nothing", re.compile(r"n/?a|null|none|nil|nan|-+|\?|#n/a", re.IGNORECASE)),
)

_RULE = re.compile(r"[-=+_:|*~\u2500-\u257f ]+")
_GUARDED = re.compile(r"'(?:[=+\-@].*|\d[\d ().,/-]*)", re.DOTALL)
_FORMULA = re.compile(r'="((?:[^"]|"")*)"')


@lru_cache(maxsize=20_000)
def kind_of(cell: str) -> str:
    """What a cell is: empty, number, date, time, email, url, phone, truth, address, nothing (as N/A), or text."""
    text = cell.strip()
    if not text:
        return "empty"
    if len(text) <= 200:
        for kind, pattern in _KINDS:
            if pattern.fullmatch(text):
                return kind
    return "text"


def is_typed(cell: str) -> bool:
    """Whether a cell holds a value that no column's name would be."""
    return kind_of(cell) not in ("empty", "text", "nothing")


def is_ruled(cells: list[str]) -> bool:
    """Whether a row is a line drawn by signs, as below the header of a table that a database's console printed."""
    filled = [text for cell in cells if (text := cell.strip())]
    return any(len(text) > 2 for text in filled) and all(map(_RULE.fullmatch, filled))


def is_guarded(text: str) -> bool:
    """Whether there may be a cell in a stretch of text that Excel's guards stand around (`="00123"`, `'+49`)."""
    # A single character is found many times faster than two, and most tables have neither.
    return ("=" in text and '="' in text) or ("'" in text and _HINT.search(text) is not None)


_HINT = re.compile(r"'[=+\-@\d]")


def unguarded(cells: list[str]) -> list[str]:
    """The cells without what Excel or an exporter put around them to keep them as text."""
    return [_bare(cell) if cell[:1] in ("=", "'") else cell for cell in cells]


def _bare(cell: str) -> str:
    if found := _FORMULA.fullmatch(cell):
        return found[1].replace('""', '"')
    return cell[1:] if _GUARDED.fullmatch(cell) else cell
