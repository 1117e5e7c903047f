"""`privacy erase`: a person leaves every table, with a receipt."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadrelay.app import open_app
from leadrelay.store import tables
from tests.cli.conftest import Posted, Type
from tests.cli.test_reading import ANNA, BEN


def everything(folder: Path) -> str:
    """Every value of every table, as one text."""
    app = open_app(folder / "leadrelay.yaml")
    with app.database.read() as connection:
        rows = [repr(tuple(row)) for table in tables.metadata.sorted_tables for row in connection.execute(table.select())]
    app.close()
    return "\n".join(rows)


def test_an_erased_person_is_in_no_table_and_others_stay(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA, BEN)
    ended = leadrelay("privacy", "erase", "anna@acme.example", "--yes", "--json")
    assert ended.status == 0
    assert ended.document["counts"]["leads"] == 1
    held = everything(folder)
    for value in ("anna@acme.example", "Weber", "1234567"):
        assert value not in held
        assert value not in ended.out
    assert "ben@brightside.example" in held
    assert leadrelay("audit").status == 0


def test_a_script_is_not_asked_and_told_what_it_meant(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    ended = leadrelay("privacy", "erase", "anna@acme.example", "--json")
    assert ended.status == 0
    assert "1 lead" in ended.err
    assert ended.document["counts"]["leads"] == 1
    assert "anna@acme.example" not in everything(folder)


def test_a_person_who_was_never_here_gets_a_receipt_too(posted: Posted, leadrelay: Type) -> None:
    posted(BEN)
    ended = leadrelay("privacy", "erase", "nobody@acme.example", "--yes")
    assert ended.status == 0
    assert "Nothing of this person was here" in ended.out


@pytest.mark.parametrize("name", ["Anna Weber", "12", ""])
def test_a_text_that_names_nobody_is_wrong_usage(posted: Posted, leadrelay: Type, name: str) -> None:
    posted(ANNA)
    assert leadrelay("privacy", "erase", name, "--yes").status == 2
