"""Quotes inside of quoted cells that their writer did not double."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sheets.csv_dialect import Dialect
from core.sheets.records import Blocks, Usual, read_records
from core.sheets.stray_quotes import StrayQuotes


def _rows(text: str, dialect: Dialect, width: int) -> list[list[str]]:
    blocks = Blocks([text], StrayQuotes(dialect, width))
    return [record.cells for record in read_records(blocks, dialect, Usual(width)) if record.cells]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('"Ann","say "hello" twice","a@x.org"', ["Ann", 'say "hello" twice', "a@x.org"]),
        ('"Ann","The "Fine", Ltd","a@x.org"', ["Ann", 'The "Fine", Ltd', "a@x.org"]),
        ('"Robert "Bob" Ray",17,b@x.org', ['Robert "Bob" Ray', "17", "b@x.org"]),
        ('"Ann","Inn "Crown"","a@x.org"', ["Ann", 'Inn "Crown"', "a@x.org"]),
        ('Ann,the 5" pipe,a@x.org', ["Ann", 'the 5" pipe', "a@x.org"]),
        ('"Ann","a ""well"" made one","a@x.org"', ["Ann", 'a "well" made one', "a@x.org"]),
    ],
)
def test_a_quote_inside_of_a_cell_stays_in_it(line: str, cells: list[str]) -> None:
    assert _rows(f"a,b,c\n{line}\nx,y,z\n", Dialect(), 3) == [["a", "b", "c"], cells, ["x", "y", "z"]]


def test_lines_that_do_not_become_a_row_of_the_table_are_left_alone() -> None:
    line = '"Ann","odd " one","x","y","z"\n'
    assert StrayQuotes(Dialect(), 3).mended([line]) == [line]


CELL = st.text(st.sampled_from('ab ",;\n'), max_size=8)


@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6), delimiter=st.sampled_from(",;"))
def test_what_is_written_well_is_read_as_without_mending(rows: list[list[str]], delimiter: str) -> None:
    text = "".join(delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\n" for row in rows)
    dialect = Dialect(delimiter)
    mended = "".join(StrayQuotes(dialect, 3).mended(text.splitlines(keepends=True)))
    assert list(dialect.reader(mended.splitlines(keepends=True))) == list(dialect.reader(text.splitlines(keepends=True)))
