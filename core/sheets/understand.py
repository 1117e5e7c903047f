"""Understand how a table is laid out from the beginning of its file: what is pinned is kept, the rest is found out."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from core.sheets.cells import kind_of
from core.sheets.dialect import Reading, declared_delimiter, find_dialect
from core.sheets.encoding import Encoding, decode_sample, find_encoding
from core.sheets.header import is_header, names_columns, unique_names
from core.sheets.layout import Layout, NotATable, PinnedLayout
from core.sheets.magic import is_workbook, refuse_binary, refuse_foreign
from core.sheets.records import Record, lines_of
from core.sheets.wrapped import is_wrapped, unwrapped

SAMPLE_BYTES = 65_536
"""How much of a file's beginning is looked at."""

_TITLE_ROWS = 15
_WRAPPED = "Each line stands in quotes as a whole, as a spreadsheet writes a single column: it is read without them."


def understand(sample: bytes, *, is_whole: bool, pinned: PinnedLayout | None = None, high: bytes = b"") -> Layout:
    """How a file that begins with this sample is read; raises NotATable, with a sentence, for what holds no table.

    `high` are later bytes of the file, whole lines, to find the encoding by where the sample itself is plain ASCII.
    """
    pinned = pinned or PinnedLayout()
    refuse_foreign(sample)
    if is_workbook(sample):
        raise NotATable("The file is an archive or an old Office document, and no spreadsheet that can be read.")
    encoding = _pinned_encoding(pinned) or find_encoding(
        sample if not high else sample[: sample.rfind(b"\n") + 1] + high, is_whole=is_whole
    )
    text = decode_sample(sample, encoding, is_whole=is_whole)
    refuse_binary(text)
    if encoding.name.startswith(("utf-16", "utf-32")):
        refuse_foreign(text.encode("utf-8", "replace"))
    if not text.strip():
        raise NotATable("The file is empty.")
    return _understand_text(text, encoding, is_whole, pinned)


def _pinned_encoding(pinned: PinnedLayout) -> Encoding | None:
    if pinned.encoding is None:
        return None
    try:
        codecs.lookup(pinned.encoding)
    except LookupError as error:
        raise NotATable(f"The encoding `{pinned.encoding}` is not known: say one such as utf-8 or cp1252.") from error
    name = "utf-8-sig" if codecs.lookup(pinned.encoding).name == "utf-8" else pinned.encoding
    return Encoding(name)


def _understand_text(text: str, encoding: Encoding, is_whole: bool, pinned: PinnedLayout) -> Layout:
    lines = lines_of(text)
    declared = declared_delimiter(lines[0])
    are_wrapped = pinned.quote is None and is_wrapped(lines if is_whole else lines[:-1])
    if are_wrapped:
        lines = lines_of(unwrapped(text))
    skipped = pinned.skip_lines if pinned.skip_lines is not None else 1 if declared else 0
    body = "".join(lines[skipped:])
    if not body.strip():
        raise NotATable("The file holds no row.")
    reading = find_dialect(
        body, is_whole=is_whole, delimiter=pinned.delimiter or declared or None, quote=pinned.quote, escape=pinned.escape
    )
    if not reading.records:
        raise NotATable("The file holds no row.")
    start = _first_row(reading) if pinned.skip_lines is None else 0
    records = reading.records[start:]
    has_header = pinned.has_header if pinned.has_header is not None else _has_header(records, reading.width)
    titles = tuple(records[0].cells) if has_header else ()
    width = max(reading.width, len(records[0].cells))
    return Layout(
        kind="text",
        encoding=encoding.name,
        fallback=encoding.fallback,
        delimiter=reading.dialect.delimiter,
        quote=reading.dialect.quote,
        escape=reading.dialect.escape,
        skip_space=reading.dialect.skip_space,
        skip_lines=skipped + records[0].line - 1,
        comment=_comment(reading, start),
        has_header=has_header,
        titles=titles,
        header=_names(titles, width),
        width=width,
        looks_for_footer=pinned.footer is not False,
        is_wrapped=are_wrapped,
        line_ends=_line_ends(text),
        notes=tuple(note for note in (encoding.note, _WRAPPED if are_wrapped else "", *_oddities(titles)) if note),
    )


def _names(titles: Sequence[str], width: int) -> tuple[str, ...]:
    """The columns' names; a header that is itself written as a remark (`#id`) loses its sign."""
    if titles and len(titles[0]) > 1 and titles[0].startswith("#"):
        titles = (titles[0].lstrip("# "), *titles[1:])
    return unique_names(titles, width)


def _oddities(titles: Sequence[str]) -> list[str]:
    """What a person should know of the header: names that are missing or stand twice."""
    names = [" ".join(title.split()) for title in titles]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    missing = [str(place) for place, name in enumerate(names, 1) if not name]
    return [
        *([f"Columns of the same name are numbered: {', '.join(twice)}."] if twice else []),
        *([f"Columns without a name: {', '.join(missing)}."] if missing else []),
    ]


def _line_ends(text: str) -> str:
    both, new, old = text.count("\r\n"), text.count("\n"), text.count("\r")
    kinds = [end for end, count in (("\r\n", both), ("\n", new - both), ("\r", old - both)) if count]
    return kinds[0] if len(kinds) == 1 else "mixed" if kinds else "\n"


def _is_remark(record: Record, width: int) -> bool:
    return record.cells[0].startswith("#") and (len(record.cells) != width or width == 1)


def _comment(reading: Reading, start: int) -> str:
    """`#` where remarks stand before the table, or more than one among its rows; a single odd row is shown as such."""
    before = [record for record in reading.records[:start] if record.cells[0].startswith("#")]
    if reading.width == 1:
        return "#" if before else ""
    within = sum(_is_remark(record, reading.width) for record in reading.records[start + 1 :])
    return "#" if before or within > 1 else ""


def _first_row(reading: Reading) -> int:
    """Which of the sample's records is the header, or the first row: titles and remarks before it are left out."""
    records, width = reading.records, reading.width
    start = reading.start
    if width == 1:
        return next((place for place, record in enumerate(records) if not record.cells[0].startswith("#")), 0)
    # What is wider than the table is no title of it: it is a row, and none may be lost.
    if not _is_header_apart(records, start):
        start = next((place for place, record in enumerate(records[:start]) if _is_wide_row(record, width)), start)
    if apart := _named_header_apart(records, start):
        return apart
    start = _with_rows_above(records, start, width)
    start = _below_remarks(records, start)
    start = _with_short_header(records, start, width)
    return first_full_row([record.cells for record in records[: start + 200]], start, width)


def _is_header_apart(records: Sequence[Record], start: int) -> bool:
    """Whether the table begins with a header below a blank line: whatever is above is a title, however many commas it has."""
    if not start or records[start].line - records[start - 1].line < 2:
        return False
    return is_header(records[start].cells, [record.cells for record in records[start + 1 : start + 100]])


def _named_header_apart(records: Sequence[Record], start: int) -> int:
    """Where a row of columns' names stands below a blank line, and above it nothing that names columns or is somebody's."""
    for place in range(start, min(len(records) - 1, start + _TITLE_ROWS)):
        cells = records[place].cells
        if names_columns(cells):
            return place if place > start and records[place].line - records[place - 1].line > 1 else 0
        if any(kind_of(cell) in ("email", "phone") for cell in cells):
            return 0
    return 0


def _is_wide_row(record: Record, width: int) -> bool:
    return len(record.cells) > width and not record.cells[0].startswith("#") and not record.problem


def _with_rows_above(records: Sequence[Record], start: int, width: int) -> int:
    """With the ragged rows right above the regular ones: a title has one cell or two, or a blank line below it."""
    first = start
    for place in range(start - 1, -1, -1):
        above = records[place]
        if records[place + 1].line - above.line > 1:
            break
        if len(above.cells) > max(2, width // 2) and not above.cells[0].startswith("#"):
            first = place
    return first


def _below_remarks(records: Sequence[Record], start: int) -> int:
    """Behind remarks that have as many cells as the table by chance; `#id,name` over values is a header and stays."""
    after = next((place for place in range(start, len(records)) if not records[place].cells[0].startswith("#")), start)
    if after - start == 1 and not is_header(records[after].cells, [record.cells for record in records[after + 1 : after + 100]]):
        return start
    return after


def _with_short_header(records: Sequence[Record], start: int, width: int) -> int:
    """The row above, where it is the header without the names of the last columns."""
    if not start:
        return start
    above, first = records[start - 1], records[start]
    count = len(above.cells)
    if above.problem or above.cells[0].startswith("#") or first.line - above.line > 1 or count < 2 or count * 2 < width:
        return start
    rows = [record.cells for record in records[start : start + 100]]
    if is_header(above.cells, rows) and not is_header(first.cells, rows[1:] or rows):
        return start - 1
    return start


def first_full_row(rows: Sequence[Sequence[str]], start: int, width: int) -> int:
    """Where the header is when the rows above it are titles that were padded to the table's width."""
    is_doubtful = False
    for place in range(start, min(len(rows), start + _TITLE_ROWS)):
        filled = sum(1 for cell in rows[place] if cell.strip())
        if filled >= max(2, 0.6 * width):
            # Above a row of nothing but columns' names even lines of two cells, such as "Exported at", are no rows.
            is_named = names_columns(rows[place]) if is_doubtful else is_header(rows[place], rows[place + 1 :])
            if _groups(rows[place], rows[place + 1 : place + 2]):
                return place + 1
            if is_named or filled > 2 or place == start:
                return place if place > start and is_named else start
        is_doubtful = is_doubtful or filled > max(1, 0.4 * width)
    return start


def _groups(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row stands over groups of columns (`Person`, nothing, `Address`), and the one below it names them all."""
    return not all(map(str.strip, row)) and any(all(map(str.strip, names)) and names_columns(names) for names in below)


def _has_header(records: Sequence[Record], width: int) -> bool:
    first = records[0]
    rows = [record.cells for record in records[1:] if not record.problem]
    return not first.problem and is_header(first.cells, rows)
