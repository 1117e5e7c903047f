"""Spreadsheets, written by a real writer and read by calamine."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from connectors.csvfile.sheet import open_sheet
from connectors.csvfile.workbook import open_workbook_sheet
from connectors.csvfile.workbook_trial import try_workbook
from connectors.sources import UnreadableFile
from core.sheets.layout import Layout, NotATable, PinnedLayout


def _book(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = (), merged: str = "") -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
        if merged:
            sheet.merge_range("A1:C1", merged)
        if name in hidden:
            sheet.hide()
    book.close()
    return path


def _cells(path: Path, pinned: Layout | PinnedLayout | None = None) -> list[list[str]]:
    return [row.cells for row in open_sheet(path, pinned).rows() if row.cells]


def test_cells_are_text_as_a_person_would_write_them(tmp_path: Path) -> None:
    rows = [
        ["name", "number", "share", "day", "moment", "truth", "zip"],
        ["Ann", 5, 0.25, date(2024, 3, 1), datetime(2024, 3, 1, 9, 30), True, "00123"],
        ["Bob", 5.5, 1e20, date(2024, 3, 2), datetime(2024, 3, 2, 9, 30, 5), False, "00456"],
    ]
    path = tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    assert _cells(path) == [
        ["Ann", "5", "0.25", "2024-03-01", "2024-03-01 09:30:00", "true", "00123"],
        ["Bob", "5.5", "1e+20", "2024-03-02", "2024-03-02 09:30:05", "false", "00456"],
    ]


def test_the_first_visible_sheet_with_a_row_is_read_or_the_pinned_one(tmp_path: Path) -> None:
    path = _book(
        tmp_path / "b.xlsx",
        {
            "Cover": [],
            "Secret": [["name"], ["Hidden"]],
            "Leads": [["name", "email"], ["Ann", "a@x.org"]],
            "Old": [["name"], ["Bob"]],
        },
        hidden=("Secret",),
    )
    sheet = open_sheet(path)
    assert (sheet.layout.sheet, sheet.layout.header) == ("Leads", ("name", "email"))
    assert any("Old" in note and "Secret" not in note for note in sheet.notes())
    assert _cells(path, PinnedLayout(sheet="Old")) == [["Bob"]]
    with pytest.raises(UnreadableFile, match="no sheet `Nope`; it has: Cover, Secret, Leads, Old"):
        open_sheet(path, PinnedLayout(sheet="Nope"))


def test_a_merged_title_and_blank_rows_above_the_header_are_left_out(tmp_path: Path) -> None:
    rows = [["", "", ""], [], ["Name", "Email", "Phone"], ["Ann", "a@x.org", 491234567], [], ["Bob", "b@x.org", 491234568]]
    path = _book(tmp_path / "b.xlsx", {"S": rows}, merged="Leads of March")
    sheet = open_sheet(path)
    assert sheet.layout.titles == ("Name", "Email", "Phone")
    assert [(row.number, row.line, row.cells) for row in sheet.rows()] == [
        (1, 4, ["Ann", "a@x.org", "491234567"]),
        (2, 5, []),
        (3, 6, ["Bob", "b@x.org", "491234568"]),
    ]
    again = open_sheet(path, Layout.from_json(sheet.layout.as_json()))
    assert list(again.rows()) == list(sheet.rows())


def test_a_total_below_the_table_is_set_aside(tmp_path: Path) -> None:
    rows = [["Name", "Email", "Amount"], ["Ann", "a@x.org", 1], ["Bob", "b@x.org", 2], ["Total", "", 3]]
    path = _book(tmp_path / "b.xlsx", {"S": rows})
    found = list(open_sheet(path).rows())
    assert found[-1].aside == "a footer: Total 3"
    assert len(_cells(path)) == 2


def test_an_error_in_a_cell_is_empty_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["name", "email"])
    sheet.write_row(1, 0, ["Ann", "a@x.org"])
    sheet.write(2, 0, "Bob")
    sheet.write_formula(2, 1, "=NA()", None, "#N/A")
    book.close()
    opened = open_sheet(path)
    assert [row.cells for row in opened.rows()] == [["Ann", "a@x.org"], ["Bob", ""]]


def test_a_workbook_is_told_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    path = _book(tmp_path / "b.dat", {"S": [["name", "email"], ["Ann", "a@x.org"]]})
    assert _cells(path) == [["Ann", "a@x.org"]]
    text = tmp_path / "b.xlsx"
    text.write_text("name,email\nAnn,a@x.org\n", encoding="utf-8")
    assert _cells(text) == [["Ann", "a@x.org"]]


def test_archives_documents_and_empty_workbooks_are_refused_with_what_they_are(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("leads.csv", "a,b\n1,2\n")
    with pytest.raises(UnreadableFile, match=r"a\.zip: .*zip archive .*unpack"):
        open_sheet(archive)
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2_000)
    with pytest.raises(UnreadableFile, match="old Office document"):
        open_sheet(old)
    locked = tmp_path / "locked.xlsx"
    locked.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 900
    )
    with pytest.raises(UnreadableFile, match="password"):
        open_sheet(locked)
    with pytest.raises(UnreadableFile, match="no row"):
        open_sheet(_book(tmp_path / "empty.xlsx", {"S": []}))


ODS_CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Leads">
<table:table-row><table:table-cell office:value-type="string"><text:p>name</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>amount</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>Ann</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def test_an_open_document_sheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "b.ods"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        file.writestr("content.xml", ODS_CONTENT.replace("\n<", "<"))
    assert _cells(path) == [["Ann", "7"]]


def test_a_table_that_begins_far_down_and_to_the_right_loses_no_row(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for place, row in enumerate([["Name", "Email"], ["Ann", "a@x.org"], ["Bob", "b@x.org"]]):
        sheet.write_row(6 + place, 2, row)
    book.close()
    opened = open_sheet(path)
    assert (opened.layout.titles, opened.layout.skip_lines) == (("Name", "Email"), 6)
    assert [(row.line, row.cells) for row in opened.rows()] == [(8, ["Ann", "a@x.org"]), (9, ["Bob", "b@x.org"])]
    assert opened.done_bytes() == opened.size


def test_facts_of_two_cells_above_the_header_are_no_rows(tmp_path: Path) -> None:
    facts = [["Leads of March"], ["Exported", "2026-03-31"], ["By", "Ann Lee"], []]
    rows = [["Name", "Email", "Phone", "City"], ["Bob", "b@x.org", "1", "Ulm"], ["Cid", "c@x.org", "", "Bern"]]
    sheet = open_sheet(_book(tmp_path / "b.xlsx", {"S": facts + rows}))
    assert sheet.layout.titles == ("Name", "Email", "Phone", "City")
    assert [row.cells for row in sheet.rows() if row.cells] == rows[1:]


def test_half_filled_rows_without_a_header_below_them_stay_rows(tmp_path: Path) -> None:
    rows = [["Bob", "b@x.org", "", ""], ["Cid", "c@x.org", "", ""], ["Dan", "d@x.org", "17", "Bern"]]
    sheet = open_sheet(_book(tmp_path / "b.xlsx", {"S": rows}))
    assert [row.cells for row in sheet.rows() if row.cells] == rows


@pytest.mark.parametrize("name", ["b.csv", "b.TSV", "b.txt"])
def test_a_workbook_under_the_name_of_a_text_file_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    path = _book(tmp_path / name, {"S": [["Name", "Email"], ["Ann", "a@x.org"]]})
    with pytest.raises(UnreadableFile, match=r"is a workbook, whatever its name says: end its name in \.xlsx"):
        open_sheet(path)


@pytest.mark.parametrize("cell", [(1_048_575, 16_383), (1_048_575, 2_000)])
def test_a_cell_far_away_from_the_others_ends_no_process(tmp_path: Path, cell: tuple[int, int]) -> None:
    path = tmp_path / "leads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "E-Mail"])
        sheet.write_row(1, 0, ["Anna Weber", "anna@acme.example"])
        sheet.write(*cell, "x")
    with pytest.raises(NotATable, match="far away from the others"):
        open_workbook_sheet(path, None)


def test_a_sheet_that_unpacks_to_more_than_memory_holds_ends_no_process(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write(0, 0, "x" * 1000)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in parts.items():
            with book.open(name, "w") as out:
                begin, mark, end = part.partition(b"<si>" if name.endswith("sharedStrings.xml") else b"no such mark")
                out.write(begin)
                for _ in range(40 if mark else 0):
                    out.write(b"<si><t>" + b"x" * 8_000_000 + b"</t></si>")
                out.write(mark + end)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(NotATable, match="far away from the others"):
        try_workbook(path, "", memory=256 << 20)
