"""Tell a table's closing lines ("Total: 5 rows", a copyright) from its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.sheets.cells import kind_of

MOST_LINES = 40
"""How many lines at the end of a file may be its footer, blank ones included."""

_NOUN = (
    r"(?:rows?|records?|entries|results|leads|contacts|items|lines|count|number|account|filtered|zeilen|datensätze|einträge"
    r"|kontakte|lignes|contacts|filas|registros|righe|ergebnis(?:se)?)"
)
_SUM = (
    r"(?:(?:grand|sub|over|report)[- ]?)?(?:totals?|summe|gesamt(?:summe|zahl|ergebnis|anzahl)?|insgesamt|totale?s?|sum|summary"
    r"|anzahl|nombre|rows?|records?|count|итого|всего|合計|总计|合计)"
)
_TOTAL = re.compile(
    rf"(?:(?:number of|count of|all) )?{_SUM}(?: (?:of |all |der |aller )?{_NOUN})*(?:\s*[:=].*|\s*\(?[\d.,\s]*{_NOUN}?\)?)"
    rf"|\(?\d[\d.,]* {_NOUN}(?: (?:total|in total|affected|exported|found|selected|in set|insgesamt))?\)?[.:]?",
    re.IGNORECASE,
)
"""A total's name and nothing else but what is counted: a firm may well be called `Total Energies`, and a man Count."""

_CLOSING = re.compile(
    r"copyright\b|©|\(c\)\s*\d{4}|.*\ball rights reserved|confidential|vertraulich"
    r"|(?:report )?(?:generated|exported|created|printed|run|downloaded) (?:by|on|at|from|with)\b"
    r"|(?:report|file|list|end) generated\b|end of (?:file|report|list|data|export)|-*\s*end\s*-*$|eof$"
    r"|(?:erstellt|exportiert) (?:am|von)|powered by\b|page \d+(?: of \d+)?$|[-=_*]{3,}$|source:",
    re.IGNORECASE,
)
_BARE_TOTAL = re.compile(r"(?:grand |sub)?totals?(?::.*)?|sum(?:me)?:?|gesamt(?:summe|ergebnis)?:?|итого:?", re.IGNORECASE)
_OF_A_ROW = frozenset({"email", "phone", "url", "date"})


def count_footer_rows(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many of the last rows are no rows of the table; blank ones among them count. `rows` are the file's end."""
    begins = len(rows)
    marked: int | None = None
    after_blank: int | None = None
    for place in range(len(rows) - 1, max(-1, len(rows) - 1 - MOST_LINES), -1):
        filled = [cell.strip() for cell in rows[place] if cell.strip()]
        if not filled:
            after_blank = begins if begins < len(rows) else after_blank
            continue
        if _closes(rows[place], filled, width):
            marked = place
        elif not (len(filled) == 1 and len(rows[place]) < max(width, 2) and kind_of(filled[0]) in ("text", "number")):
            break
        begins = place
    if marked is None:
        # A block of lines apart from a wide table is a footer too, whatever it says.
        return len(rows) - after_blank if after_blank is not None and width > 2 and after_blank > 0 else 0
    if width == 1 and after_blank is None:
        return 0
    return len(rows) - (min(marked, after_blank) if after_blank is not None else marked)


def _closes(row: Sequence[str], filled: Sequence[str], width: int) -> bool:
    """Whether a row says that it is a total or a closing remark, and holds nothing that a lead would have."""
    if any(kind_of(cell) in _OF_A_ROW for cell in filled[1:]):
        return False
    if _CLOSING.match(filled[0]):
        return len(filled) <= 3 and (len(filled) == 1 or len(row) < width)
    if not _TOTAL.fullmatch(filled[0]) or any(kind_of(cell) == "text" and not _TOTAL.fullmatch(cell) for cell in filled[1:]):
        return False
    # A row with all its cells needs the bare word: "Total" may be a firm, but not one with nothing but numbers.
    return len(filled) * 2 <= max(width, 2) or len(row) < width or (width > 2 and _BARE_TOTAL.fullmatch(filled[0]) is not None)
