"""Rows streamed from real files: nothing swallowed, each with its line."""

from __future__ import annotations

import csv
import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.quality import sheets
from connectors.csvfile.sheet import Sheet, SheetRow, open_sheet
from connectors.sources import UnreadableFile
from core.sheets.layout import Layout, PinnedLayout

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "csv"

Open = Callable[..., Sheet]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def write_and_open(content: bytes | str, pinned: Layout | PinnedLayout | None = None) -> Sheet:
        path = tmp_path / "leads.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_sheet(path, pinned)

    return write_and_open


def _cells(sheet: Sheet) -> list[list[str]]:
    return [row.cells for row in sheet.rows() if row.cells]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\n1,2\n3,4\n", [["1", "2"], ["3", "4"]]),
        ("a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
        ("a,b\r\n1,2\n3,4\r5,6\r\n", [["1", "2"], ["3", "4"], ["5", "6"]]),
        ("a,b\r\r\n1,2\r\r\n", [["1", "2"]]),
        ('a,b\n"l1\nl2","x ""y"""\n', [["l1\nl2", 'x "y"']]),
        ('a,b\n5" pipe,x\n6" pipe,y\n', [['5" pipe', "x"], ['6" pipe', "y"]]),
        ("a,b,c\n1,2\n3,4,5\n6,7,8,9\n", [["1", "2"], ["3", "4", "5"], ["6", "7", "8", "9"]]),
        ("a,b\n1,2,\n3,4,\n", [["1", "2", ""], ["3", "4", ""]]),
        ("a,b,\n1,2,\n3,4,\n", [["1", "2", ""], ["3", "4", ""]]),
        ("a,b\n1\x002,3\n", [["12", "3"]]),
        ('id,zip\n1,="00123"\n2,"=""00456"""\n', [["1", "00123"], ["2", "00456"]]),
        ("id,phone\n1,'+49301234\n2,'0030\n3,'90s Music\n", [["1", "+49301234"], ["2", "0030"], ["3", "'90s Music"]]),
        ('a, b\n"x, y", "z, z"\nu, v\n', [["x, y", "z, z"], ["u", "v"]]),
        ("field1,field2\nhello,    bye\nhello2,bye2\n", [["hello", "bye"], ["hello2", "bye2"]]),
        ("Name\tMail\nÄnne\ta@x.org\n".encode("utf-16"), [["Änne", "a@x.org"]]),
        ("Name\tMail\nÄnne\ta@x.org\n".encode("utf-32"), [["Änne", "a@x.org"]]),
        ("Name;Ort\nJörg;Köln\n".encode("cp1252"), [["Jörg", "Köln"]]),
        ("Name;Ort\nJörg;Köln\n".encode() + "Özil;Zürich\n".encode("cp1252"), [["Jörg", "Köln"], ["Özil", "Zürich"]]),
        ("a,b\n1,2\n".encode("utf-8-sig") + "a,b\n3,4\n".encode("utf-8-sig"), [["1", "2"], ["3", "4"]]),
        ("name\r\n\r\nAnn\r\n", [["Ann"]]),
        ("name,email\n", []),
        ("a,b\n1,2", [["1", "2"]]),
        ("a,b\n1,2\n\x1a", [["1", "2"]]),
        ("a,b\n1\u20282,3\x0b\x85\n", [["1\u20282", "3\x0b\x85"]]),
        ('a,b\n"1","2"\n"3","', [["1", "2"], ["3", ""]]),
    ],
)
def test_the_rows_of_a_table_are_its_cells(opened: Open, content: bytes | str, rows: list[list[str]]) -> None:
    assert _cells(opened(content)) == rows


def test_each_record_has_its_number_and_the_line_where_it_begins(opened: Open) -> None:
    rows = list(opened('title\n\nname,email\nAnn,a@x.org\n\n"Bob\nJr",b@x.org\n,\nCid,c@x.org\n').rows())
    assert rows == [
        SheetRow(1, 4, ["Ann", "a@x.org"]),
        SheetRow(2, 5, []),
        SheetRow(3, 6, ["Bob\nJr", "b@x.org"]),
        SheetRow(4, 8, []),
        SheetRow(5, 9, ["Cid", "c@x.org"]),
    ]


def test_the_same_rows_come_again_and_by_the_kept_layout(opened: Open, tmp_path: Path) -> None:
    sheet = opened("sep=;\nname;email\nJörg;a@x.org\n".encode("cp1252"))
    rows = list(sheet.rows())
    assert list(sheet.rows()) == rows
    again = open_sheet(tmp_path / "leads.csv", Layout.from_json(sheet.layout.as_json()))
    assert list(again.rows()) == rows


UNCLOSED = [
    'id,name,city\n1,Ann,X\n2,"Bob,Y\n3,Cid,Z\n4,Dan,W\n',
    'id,name,city\n1,Ann,X\n2,"Bob,Y\n3,"Cid",Z\n4,"Dan",W\n',
    'id,name,city\n1,"Ann",X\n2,"Bob,Y\n3,Cid,Z\n4,"Dan",W\n',
    'id,name,city\n1,Ann,X\n2,Bob,"Y\n3,Cid,Z\n4,Dan,W\n',
    'id,name,city\r\n1,Ann,X\r\n"2,Bob,Y\r\n3,Cid,"Z"\r\n4,Dan,W\r\n',
]


@pytest.mark.parametrize("content", UNCLOSED)
def test_an_unclosed_quote_costs_its_own_line_and_no_other(opened: Open, content: str) -> None:
    rows = list(opened(content).rows())
    assert [(row.line, row.cells) for row in rows if not row.problem] == [
        (2, ["1", "Ann", "X"]),
        (4, ["3", "Cid", "Z"]),
        (5, ["4", "Dan", "W"]),
    ]
    [bad] = [row for row in rows if row.problem]
    assert (bad.number, bad.line) == (2, 3)
    assert bad.cells == [content.splitlines()[2]]


def test_an_unclosed_quote_far_behind_the_sample_swallows_nothing(opened: Open) -> None:
    lines = [f"{number},Ann {number},city\n" for number in range(60_000)]
    lines[30_000] = '30000,"Ann,city\n'
    lines[55_000] = '55000,"Ann 55000",city\n'
    rows = list(opened("id,name,city\n" + "".join(lines)).rows())
    assert len(rows) == 60_000
    assert [(row.number, row.line) for row in rows if row.problem] == [(30_001, 30_002)]
    assert all(row.cells[0] == str(row.number - 1) for row in rows if not row.problem)


def test_an_unclosed_quote_that_another_cells_quote_would_close_swallows_nothing(opened: Open) -> None:
    lines = [f"{number},Ann {number},city\n" for number in range(2_000)]
    lines[500] = '500,"Ann 500,city\n'
    lines[1_200] = '1200,Ann",city\n'
    rows = list(opened("id,name,city\n" + "".join(lines)).rows())
    assert len(rows) == 2_000
    assert [row.line for row in rows if row.problem] == [502]


def test_a_cell_longer_than_the_cap_is_reported_and_the_rest_is_read(opened: Open) -> None:
    rows = list(opened("id,name,city\n1,Ann,X\n2," + "y" * 10_000_100 + ",Z\n3,Cid,W\n").rows())
    assert [row.line for row in rows if row.problem] == [3]
    assert [row.cells for row in rows if not row.problem] == [["1", "Ann", "X"], ["3", "Cid", "W"]]


def test_a_long_cell_under_the_cap_is_read(opened: Open) -> None:
    text = "line of text\n" * 30_000
    rows = _cells(opened(f'id,text\n1,"{text}"\n2,short\n'))
    assert rows == [["1", text], ["2", "short"]]


def test_a_cell_longer_than_the_sample_hides_neither_header_nor_rows(opened: Open) -> None:
    text = "A line, of text; with marks.\n" * 20_000
    sheet = opened(f'ref;text;city\n1;"{text}";X\n' + "2;short;Y\n" * 100)
    assert (sheet.layout.delimiter, sheet.layout.titles) == (";", ("ref", "text", "city"))
    assert [len(row) for row in _cells(sheet)] == [3] * 101


def test_an_address_over_several_lines_is_no_unclosed_quote(opened: Open) -> None:
    address = '"1 High St, Floor 2\nLeeds, LS1\nUK, Europe"'
    rows = _cells(opened("name,address\n" + "".join(f"Ann {number},{address}\n" for number in range(100))))
    assert len(rows) == 100
    assert all(len(row) == 2 for row in rows)


@pytest.mark.parametrize(
    ("text", "footer"),
    [
        ('"A","B","a@x.org"\n\n"Weekly leads"\n"Copyright (c) 2000-2024 salesforce.com, inc."\n"Acme"\n', 3),
        ("A,B,a@x.org\nTotal: 1 rows\n", 1),
        ("A,B,a@x.org\nTotal,,1\n", 1),
        ("A,B,a@x.org\nGrand Totals (1 record)\n\nConfidential Information - Do Not Distribute\n", 2),
        ("A,B,a@x.org\nGenerated by: Ann Roe\n", 1),
        ("A,B,a@x.org\n-----\n(1 row)\n", 2),
        ("A,B,a@x.org\nTotal: all campaigns,17,4\n", 1),
        ("A,B,a@x.org\nGesamtergebnis,17,4\n", 1),
        ("A,B,a@x.org\n1 record exported\n", 1),
    ],
)
def test_closing_lines_are_set_aside(opened: Open, text: str, footer: int) -> None:
    rows = list(opened("first,last,email\n" + text).rows())
    assert [row.cells for row in rows if row.cells] == [["A", "B", "a@x.org"]]
    assert sum(row.aside.startswith("a footer: ") for row in rows) == footer
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.line for row in rows] == list(range(2, len(rows) + 2))


@pytest.mark.parametrize(
    "last",
    [
        "Total,t@x.org,1",
        "Summer,Ann,s@x.org",
        "Sum Ting,Roe,st@x.org",
        "Confidential Ltd,x,c@x.org",
        "Total Refining,,",
        "Count Orlok,,",
        "Row of houses,,",
        "Summary Judgement Ltd,,",
    ],
)
def test_a_row_that_begins_like_a_footer_is_a_row(opened: Open, last: str) -> None:
    assert _cells(opened(f"company,who,email\nA,B,a@x.org\n{last}\n"))[-1] == last.split(",")


def test_a_footer_in_utf16_is_set_aside_too(opened: Open) -> None:
    rows = list(opened("name\temail\tcity\nÄnne\ta@x.org\tX\n\nTotal: 1 rows\n".encode("utf-16")).rows())
    assert [(row.line, bool(row.cells), row.aside) for row in rows] == [
        (2, True, ""),
        (3, False, ""),
        (4, False, "a footer: Total: 1 rows"),
    ]


def test_a_footer_may_be_read_as_rows_when_that_is_pinned(opened: Open) -> None:
    sheet = opened("name,email,city\nA,a@x.org,X\nTotal: 1\n", PinnedLayout(footer=False))
    assert _cells(sheet)[-1] == ["Total: 1"]


def test_remarks_and_repeated_headers_are_set_aside(opened: Open) -> None:
    rows = list(opened("# one\n# two\nid,name\n1,Ann\n# three, four\nid,name\n2,Bob\n").rows())
    assert [row.cells for row in rows] == [["1", "Ann"], [], [], ["2", "Bob"]]
    assert [row.aside for row in rows] == ["", "a remark: # three four", "the header once more", ""]


@pytest.mark.parametrize("name", ["cp1252", "cp1251"])
def test_an_encoding_is_found_by_letters_behind_the_sample(opened: Open, name: str) -> None:
    people = ["Jürgen Müßig", "Änne Größer"] if name == "cp1252" else ["Анна Петрова", "Иван Сидоров"]
    plain = "".join(f"{number},Ann Roe\n" for number in range(20_000))
    sheet = opened(("id,name\n" + plain + "".join(f"{number},{people[number % 2]}\n" for number in range(500))).encode(name))
    assert [row[1] for row in _cells(sheet)[20_000:]] == [people[number % 2] for number in range(500)]


def test_a_late_line_in_another_encoding_is_read_and_noted(opened: Open) -> None:
    lines = [f"{number},Zoë\n".encode() for number in range(20_000)]
    lines[15_000] = "15000,Jörg\n".encode("cp1252")
    sheet = opened(b"id,name\n" + b"".join(lines))
    rows = _cells(sheet)
    assert rows[15_000] == ["15000", "Jörg"]
    assert len(rows) == 20_000
    assert any("1 lines are not in utf-8 (the first is about line 15002)" in note for note in sheet.notes())


def test_a_letter_across_two_blocks_stays_whole(opened: Open) -> None:
    for shift in range(4):
        content = "n,x\n" + "a" * shift + "\n" + "€,ß\n" * 60_000
        assert _cells(opened(content))[-1] == ["€", "ß"]
        assert not opened(content).notes()
        assert _cells(opened(content.encode("utf-16")))[-1] == ["€", "ß"]


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"none\.csv: it can not be read"):
        open_sheet(tmp_path / "none.csv")


def test_what_is_no_table_is_refused_by_name_with_what_it_is(opened: Open) -> None:
    with pytest.raises(UnreadableFile, match=r"leads\.csv: The file is a PDF"):
        opened(b"%PDF-1.4\n")
    with pytest.raises(UnreadableFile, match=r"leads\.csv: The file is empty"):
        opened(b"")


def test_memory_does_not_grow_with_the_file(opened: Open) -> None:
    row = "Ann,Roe,ann.roe@example.org,+49 30 1234567,Example Ltd,1 High Street,Leeds\n"
    sheet = opened("first,last,email,phone,company,street,city\n" + row * 200_000)
    tracemalloc.start()
    count = sum(1 for _ in sheet.rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200_000
    assert sheet.done_bytes() == sheet.size
    assert peak < 20_000_000


CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\ufeff"), max_size=12).filter(
    lambda cell: not cell.startswith(("=", "'")) and (cell.strip() == cell)
)


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_csv_writer_wrote_is_what_is_read(
    tmp_path: Path, rows: list[list[str]], delimiter: str, end: str, encoding: str
) -> None:
    path = tmp_path / "written.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    layout = Layout("text", 3, False, ("a", "b", "c"), encoding=encoding, delimiter=delimiter, looks_for_footer=False)
    sheet = open_sheet(path, layout)
    assert [row.cells for row in sheet.rows()] == [row if any(row) else [] for row in rows]
    sheet.close()


MARKS = ['"', "'", ",", ";", "\t", "\n", "\r", "\r\n", "a", "Name", "1", "é", "\x00", "\\", "#", "sep="]
SCRAPS = st.lists(st.sampled_from([mark.encode() for mark in MARKS]) | st.binary(max_size=6), max_size=40).map(b"".join)


@given(content=SCRAPS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused_and_lines_only_rise(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scraps.csv"
    path.write_bytes(content)
    try:
        sheet = open_sheet(path)
    except UnreadableFile as error:
        assert str(error).startswith("scraps.csv: ")
        return
    rows = list(sheet.rows())
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert all(one.line < other.line for one, other in itertools.pairwise(rows))
    assert len(sheet.layout.header) == len(set(sheet.layout.header)) >= sheet.layout.width
    sheet.close()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled files are not here")
def test_every_labelled_file_is_read_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert sheets.report(SHARED), capsys.readouterr().out


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_that_stand_in_quotes_as_a_whole_are_read_without_them(opened: Open, end: str) -> None:
    lines = ['"Name,Firm,Email"', '"Ann,""Nord, Inc."",a@x.org"', '"Bob,,b@x.org"', ""]
    sheet = opened(end.join(lines))
    assert (sheet.layout.titles, sheet.layout.width) == (("Name", "Firm", "Email"), 3)
    assert _cells(sheet) == [["Ann", "Nord, Inc.", "a@x.org"], ["Bob", "", "b@x.org"]]
    assert any("in quotes as a whole" in note for note in sheet.notes())
    assert Layout.from_json(sheet.layout.as_json()) == sheet.layout


def test_one_column_of_names_with_commas_in_quotes_stays_one_column(opened: Open) -> None:
    sheet = opened('"Name"\n"Lee, Ann"\n"Ray, Bob"\n')
    assert (sheet.layout.width, _cells(sheet)) == (1, [["Lee, Ann"], ["Ray, Bob"]])
