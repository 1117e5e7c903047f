"""Rows for people: a table while its columns can be read beside each other, a line for each value where the terminal is narrower.

Nothing is ever cut: an id without its end can not be typed again, and a reason without its end explains nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

READABLE = 24
"""In a narrower column sentences become towers of single words; a list is easier to read then."""

_BETWEEN, _EDGES = 3, 2
"""What the table draws between two columns, and around all of them."""


def write(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows under their column names to standard output; where that is no terminal, each row is one line, however long."""
    from rich.cells import cell_len

    every = [columns, *rows]
    natural = [max(cell_len(row[at]) for row in every) for at in range(len(columns))]
    if not sys.stdout.isatty():
        _write_table(columns, rows, natural)
        return
    words = [max((cell_len(word) for row in every for word in row[at].split()), default=0) for at in range(len(columns))]
    room = shutil.get_terminal_size().columns
    widths = fitted(natural, words, room)
    if widths is None:
        sys.stdout.writelines(f"{line}\n" for line in listed(columns, rows, room))
    else:
        _write_table(columns, rows, widths)


def fitted(natural: Sequence[int], words: Sequence[int], room: int) -> list[int] | None:
    """How wide each column may be, no word broken, given what each wants and its longest word; None where `room` is too little.

    What is left over goes round to those that want more, the smallest wish first: one long text takes nothing from the rest."""
    widths = [min(wish, max(word, READABLE)) for wish, word in zip(natural, words, strict=True)]
    left = room - sum(widths) - _BETWEEN * (len(widths) - 1) - _EDGES
    if left < 0:
        return None
    wanting = sorted((at for at, wish in enumerate(natural) if wish > widths[at]), key=lambda at: natural[at])
    for done, at in enumerate(wanting):
        more = min(natural[at] - widths[at], left // (len(wanting) - done))
        widths[at] += more
        left -= more
    return widths


def listed(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    """Each row as lines `name  value` with a blank line between two rows; empty values are left out."""
    from textwrap import wrap

    width = max(len(name) for name in columns)
    is_beside = width + READABLE <= room
    for row in rows:
        yield ""
        for name, value in zip(columns, row, strict=True):
            if not value:
                continue
            if not is_beside and name:
                yield name
            first, rest = (f"{name.ljust(width)}  ", " " * (width + 2)) if is_beside else ("  ", "  ")
            yield from wrap(
                value, room, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
            )
    yield ""


def _write_table(columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, pad_edge=False, header_style="bold")
    for name, width in zip(columns, widths, strict=True):
        table.add_column(Text(name), width=width, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    whole = sum(widths) + _BETWEEN * (len(widths) - 1) + _EDGES
    # The height is said too, since rich takes a terminal that names no abilities (TERM=dumb) for 80 wide otherwise.
    Console(file=sys.stdout, width=whole, height=25).print(table)
