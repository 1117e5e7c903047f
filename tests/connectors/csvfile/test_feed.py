"""Rows of a table as records to keep: under which names, with which key, and which are rejected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.csvfile import SPEC
from connectors.csvfile.config import CsvFileConfig
from connectors.sources import Doubtful, FileFeed, FileOptions, FileRecord, SourceContext, UnreadableFile

LEADS = "Vorname,Nachname,E-Mail,Kundennummer\nAnna,Weber,anna@acme.example,7\nBen,Kurz,ben@acme.example,\n"


_NOTHING_SAID = FileOptions()


def feed(path: Path, text: str | None = None, options: FileOptions = _NOTHING_SAID, **settings: object) -> FileFeed:
    if text is not None:
        path.write_text(text, encoding="utf-8")
    config = CsvFileConfig.model_validate(settings)
    assert SPEC.open_file is not None
    return SPEC.open_file(SourceContext("lists", "DE"), config, path, options)


def records(path: Path, text: str, options: FileOptions = _NOTHING_SAID, **settings: object) -> list[FileRecord]:
    opened = feed(path, text, options, **settings)
    try:
        return list(opened.records())
    finally:
        opened.close()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "leads.csv"


def bodies(found: list[FileRecord]) -> list[dict[str, object]]:
    return [json.loads(record.body) for record in found]


def test_without_a_mapping_recognized_columns_stand_under_their_lead_fields_and_the_others_under_their_own_names(
    table: Path,
) -> None:
    assert bodies(records(table, LEADS)) == [
        {"person.first_name": "Anna", "person.last_name": "Weber", "person.email": "anna@acme.example", "Kundennummer": "7"},
        {"person.first_name": "Ben", "person.last_name": "Kurz", "person.email": "ben@acme.example"},
    ]


def test_with_a_mapping_columns_keep_their_own_names_and_what_it_does_not_read_is_told(table: Path) -> None:
    options = FileOptions(frozenset({"E-Mail"}), frozenset({"E-Mail"}))
    opened = feed(table, LEADS, options)
    assert json.loads(next(iter(opened.records())).body) == {
        "Vorname": "Anna", "Nachname": "Weber", "E-Mail": "anna@acme.example", "Kundennummer": "7",
    }  # fmt: skip
    assert dict(opened.facts)["only kept"] == (
        "Vorname (looks like person.first_name), Nachname (looks like person.last_name), Kundennummer"
    )
    opened.close()


def test_a_column_in_doubt_is_asked_for_and_an_answer_settles_it(table: Path) -> None:
    text = "Name,E-Mail,Interesse\nAnna Weber,a@acme.example,Messe\nBen Kurz,b@acme.example,Web\n"
    with pytest.raises(Doubtful) as doubt:
        feed(table, text)
    (question,) = doubt.value.questions
    assert question.column == "Interesse"
    assert "interest.product" in question.choices
    assert question.samples == ("Messe", "Web")
    assert "columns: {Interesse:" in str(doubt.value)
    assert bodies(records(table, text, columns={"Interesse": "interest.product"}))[1]["interest.product"] == "Web"
    kept = FileOptions(answers={"Interesse": ""})
    assert bodies(records(table, text, kept))[1]["Interesse"] == "Web"


def test_an_empty_column_is_no_question_and_said_to_be_empty(table: Path) -> None:
    opened = feed(table, "Name,E-Mail,Interesse\nAnna Weber,a@acme.example,\nBen Kurz,b@acme.example, \n")
    assert "Interesse (empty)" in dict(opened.facts)["only kept"]
    opened.close()


def test_a_table_that_names_nobody_is_refused_with_what_to_do(table: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"leads\.csv: no column was recognized .* `columns:"):
        feed(table, "Artikel,Preis\nSchraube,3\nMutter,4\nScheibe,5\n")
    with pytest.raises(UnreadableFile, match=r"looks for people and companies in `mail`"):
        feed(table, LEADS, FileOptions(frozenset({"mail"}), frozenset({"mail"})))


def test_the_key_of_a_row_depends_on_neither_the_order_of_columns_nor_of_rows_nor_on_empty_columns(table: Path) -> None:
    first = records(table, LEADS)
    turned = "E-Mail,Fax,Kundennummer,Nachname,Vorname\nben@acme.example, ,,Kurz,Ben\nanna@acme.example,,7,Weber,Anna\n"
    again = records(table, turned)
    assert [record.key for record in again] == [first[1].key, first[0].key]
    mapped = records(table, LEADS, FileOptions(frozenset({"E-Mail"}), frozenset({"E-Mail"})))
    assert [record.key for record in mapped] == [record.key for record in first]


def test_rows_that_can_not_be_taken_are_rejected_with_their_line_and_cells(table: Path) -> None:
    text = LEADS + "\nCara,Lang,c@acme.example,1,2,3\n,,,99\nDora\n ,,, \n"
    found = records(table, text)
    assert [(record.line, record.reason) for record in found if record.reason] == [
        (5, "6 cells, and the table has 4 columns: a quote or a delimiter is missing or too many"),
        (6, "it names no person and no company: Vorname, Nachname, E-Mail are all empty"),
    ]
    assert found[3].cells == ("Cara", "Lang", "c@acme.example", "1", "2", "3")
    assert json.loads(found[3].body)["column 6"] == "3"
    assert [record.is_blank for record in found] == [False, False, True, False, False, False, True]
    assert json.loads(found[5].body) == {"person.first_name": "Dora"}, "a short row is taken"
    assert [record.number for record in found] == [1, 2, 3, 4, 5, 6, 7]


def test_surplus_cells_that_are_empty_do_no_harm(table: Path) -> None:
    assert not records(table, "Name,E-Mail\nAnna,a@acme.example\nBen,b@acme.example,,  \n")[1].reason


def test_a_file_is_read_again_as_it_was_read_before(table: Path) -> None:
    text = "Name;E-Mail;Title\nAnna Müller;a@acme.example;CTO\n"
    table.write_bytes(text.encode("cp1252"))
    opened = feed(table, options=FileOptions(answers={"Title": "person.job_title"}))
    before = list(opened.records())
    opened.close()
    again = feed(table, options=FileOptions(reading=opened.reading))
    assert list(again.records()) == before
    again.close()


def test_settings_pin_how_a_table_is_read(table: Path) -> None:
    table.write_bytes("kopf\nAnna|a@acme.example\nBén|b@acme.example\n".encode("cp850"))
    settings = {"read": {"encoding": "cp850", "delimiter": "|", "skip_lines": "1", "header": "no"}}
    opened = feed(table, columns={"column 2": "person.email", "column 1": "person.first_name"}, **settings)
    assert bodies(list(opened.records()))[1] == {"person.first_name": "Bén", "person.email": "b@acme.example"}
    opened.close()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"columns": {"Titel": "person.title"}}, "wants a lead field"),
        ({"read": {"encoding": "utf-9"}}, "wants an encoding"),
        ({"folder": "in", "done_folder": "in/"}, "watched folder"),
    ],
)
def test_settings_that_can_not_be_are_explained(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CsvFileConfig.model_validate(settings)


def test_a_kept_row_is_read_back_to_the_names_that_were_kept_and_is_an_import() -> None:
    assert SPEC.open_source is not None
    reader = SPEC.open_source(SourceContext("lists"), CsvFileConfig())
    body = json.dumps({"person.email": ["a@acme.example", "b@acme.example"], "Ort": "Köln"}).encode()
    assert reader.names({"content-type": "application/json"}, body) == {
        "touch.kind": "import", "person.email": ("a@acme.example", "b@acme.example"), "Ort": "Köln",
    }  # fmt: skip


def test_columns_that_fill_one_field_are_kept_as_a_list(table: Path) -> None:
    found = records(
        table, "Name,Mail,Ort,Mail privat\nAnna,a@acme.example,Köln,b@acme.example\n",
        columns={"Mail": "person.email", "Mail privat": "person.email"},
    )  # fmt: skip
    assert bodies(found)[0]["person.email"] == ["a@acme.example", "b@acme.example"]
    assert bodies(found)[0]["address.city"] == "Köln"


_cells = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8), min_size=3, max_size=3
)


@given(st.lists(_cells, min_size=2, max_size=6))
@example([["a\x7fb", "", "c"], ["a", "b", "c"], ["a\\u007fb", "", "c"], ["a", "b\x7fc", ""]])
def test_two_rows_have_one_key_only_if_their_filled_cells_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    from connectors.csvfile.columns import Columns, ColumnUse
    from connectors.csvfile.feed import TableFeed
    from core.sheets.layout import Layout
    from core.sheets.records import Record

    class Rows:
        layout = Layout("text", 3, True, ("a", "b%s", 'c"'))
        size = 0

        def rows(self):
            return iter(Record(number, number + 1, cells) for number, cells in enumerate(rows, 1))

    uses = tuple(ColumnUse(name, name) for name in Rows.layout.header)
    found = list(TableFeed(Path("x.csv"), Rows(), Columns(uses)).records())
    said = [tuple(cell if cell.strip() else "" for cell in cells) for cells in rows]
    for one, record in zip(said, found, strict=True):
        expected = {name: cell for name, cell in zip(Rows.layout.header, one, strict=True) if cell}
        assert (json.loads(record.body) if record.body else {}) == expected
        for other, second in zip(said, found, strict=True):
            assert (one == other) == (record.key == second.key)
