"""Lines become records: what quotes do to lines far away, and what no record is."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sheets.csv_dialect import Dialect
from core.sheets.records import Blocks, Record, Usual, lines_of, read_records


def _records(text: str, width: int, block: int = 65_536) -> list[Record]:
    lines = lines_of(text)
    texts, size = [[]], 0
    for line in lines:
        texts[-1].append(line)
        size += len(line)
        if size > block:
            texts.append([])
            size = 0
    return list(read_records(Blocks(["".join(part) for part in texts]), Dialect(), Usual(width)))


LIST = "".join(f"item {number}, red, large\n" for number in range(40))


def test_a_long_text_with_as_many_commas_in_each_line_stays_one_cell_where_its_lines_have_no_values() -> None:
    text = f'name,email,message\nAnn,ann@lee.example,"{LIST}"\nBob,bob@ray.example,hello\n'
    assert [record.cells for record in _records(text, 3)][1:] == [
        ["Ann", "ann@lee.example", LIST],
        ["Bob", "bob@ray.example", "hello"],
    ]


def test_the_rows_above_tell_too_what_a_long_text_is() -> None:
    above = "".join(f"hello,Ann {number},2026-01-{number + 10}\n" for number in range(15))
    text = f'message,name,day\n{above}"{LIST}",Bob,2026-02-01\n'
    assert [record.cells for record in _records(text, 3)][-1] == [LIST, "Bob", "2026-02-01"]


def test_rows_that_look_like_those_above_are_rows_however_well_the_quotes_around_them_match() -> None:
    rows = [f"{number},Ann {number},2026-01-05\n" for number in range(100)]
    rows[20], rows[70] = '20,"Ann 20,2026-01-05\n', '70,Ann",2026-01-05\n'
    found = _records("id,name,day\n" + "".join(rows), 3)
    assert len(found) == 101
    assert [record.line for record in found if record.problem] == [22]


@pytest.mark.parametrize("line", ['5",{},"y\n', '"{}\n', '"x"{},"y\n', '"{},"",""\n'])
def test_lines_that_each_open_a_quote_are_all_read_soon_and_none_is_lost(line: str) -> None:
    lines = [line.format(f"Ann {number} " + "x" * 900) for number in range(13_000)]
    begun = time.perf_counter()
    found = _records("size,name,city\n" + "".join(lines), 3)
    assert time.perf_counter() - begun < 20
    told = "\n".join(cell for record in found for cell in record.cells)
    assert re.findall(r"Ann (\d+) x", told) == [str(number) for number in range(13_000)]
    assert len(found) > 10_000


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet='ab,"\n', max_size=12), max_size=40), st.integers(0, 4), st.integers(1, 40))
def test_every_letter_of_any_text_is_in_some_record_and_lines_only_rise(parts: list[str], width: int, block: int) -> None:
    text = "".join(f"{part}\n" for part in parts)
    found = _records(text, width, block)
    assert sum(cell.count(letter) for record in found for cell in record.cells for letter in "ab") == text.count(
        "a"
    ) + text.count("b")
    assert [record.line for record in found] == sorted({record.line for record in found})
    assert [record.number for record in found] == list(range(1, len(found) + 1))


def test_a_file_of_blank_lines_is_soon_read() -> None:
    begun = time.perf_counter()
    found = _records("a,b\n1,2\n" + "\n" * 300_000, 2)
    assert time.perf_counter() - begun < 5
    assert len(found) == 300_002


@pytest.mark.parametrize("rule", ["----,-----,---", "-------+--------", "====", "---- ----- ---", "***,***,***"])
def test_a_line_drawn_by_signs_is_no_row(rule: str) -> None:
    found = _records(f"name,email,city\n{rule}\nAnn,ann@lee.example,Rome\n-,-,-\n", 3)
    assert [record.aside for record in found] == ["", "a ruled line", "", ""]
    assert [record.cells for record in found][1:] == [[], ["Ann", "ann@lee.example", "Rome"], ["-", "-", "-"]]
