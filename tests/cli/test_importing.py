"""`leadrelay import`: what people and programs are told, and with which status."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import SETTINGS, Type

LEADS = "Vorname,Nachname,E-Mail,Kundennummer\nAnna,Weber,anna@acme.example,7\nBen,Kurz,ben@acme.example,\n,,,9\n\n"


@pytest.fixture
def inbox(folder: Path) -> Path:
    """A configuration with a source of files, and a file of leads."""
    source = "  lists: {connector: csvfile}\n  mapped: {connector: csvfile, mapping: contact}\nsinks:"
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("sinks:", source))
    (folder / "leads.csv").write_text(LEADS)
    return folder


def test_an_import_tells_what_became_of_every_row(inbox: Path, leadrelay: Type) -> None:
    ended = leadrelay("import", "lists", str(inbox / "leads.csv"), "--json")
    assert ended.status == 0, ended.err
    (told,) = ended.document["files"]
    assert told["records"] == told["accepted"] + told["duplicates"] + told["rejected"] + told["blank"] == 4
    assert (told["state"], told["accepted"], told["rejected"], told["blank"]) == ("imported", 2, 1, 1)
    assert told["rejects"] == str(inbox / "leads.rejected.csv")
    assert ended.document["waiting"] == 2
    audited = leadrelay("audit", "--json")
    assert audited.status == 0
    assert audited.document["sources"]["lists"]["files"] == {
        "imports": 1, "records": 4, "accepted": 2, "duplicates": 0, "rejected": 1, "blank": 1,
    }  # fmt: skip


def test_people_see_a_table_and_what_happens_next(inbox: Path, leadrelay: Type) -> None:
    ended = leadrelay("import", "lists", str(inbox / "leads.csv"))
    assert ended.status == 0
    assert "leads.csv" in ended.out
    assert "leadrelay worker" in ended.out
    assert "only kept: Kundennummer" in ended.err
    again = leadrelay("import", "lists", str(inbox / "leads.csv"))
    assert again.status == 0
    assert "nothing new" in again.err
    forced = leadrelay("import", "lists", str(inbox / "leads.csv"), "--again", "--json")
    assert forced.document["files"][0]["duplicates"] == 2


def test_leads_of_a_file_are_decided_by_the_worker(inbox: Path, leadrelay: Type) -> None:
    from leadrelay.app import open_app

    leadrelay("import", "lists", str(inbox / "leads.csv"))
    app = open_app(inbox / "leadrelay.yaml")
    app.keeper.start()
    while app.processor().run_once():
        pass
    app.close()
    assert {lead["email"] for lead in leadrelay("leads", "list", "--json").document} == {"anna@acme.example", "ben@acme.example"}


def test_a_dry_run_shows_what_would_happen_and_writes_nothing(inbox: Path, leadrelay: Type) -> None:
    ended = leadrelay("import", "lists", str(inbox / "leads.csv"), "--dry-run", "--json")
    assert ended.status == 0, ended.err
    (told,) = ended.document["files"]
    assert (told["records"], told["accepted"], told["rejected"], told["blank"], told["known"]) == (4, 2, 1, 1, 0)
    assert told["fields"]["person.email"] == {"filled": 2, "wrong": 0}
    assert told["rejected_rows"][0]["line"] == 4
    assert told["rows"][0]["fields"]["person.last_name"] == "Weber"
    assert not (inbox / "data").exists(), "not even the store was made"
    leadrelay("import", "lists", str(inbox / "leads.csv"))
    shown = leadrelay("import", "lists", str(inbox / "leads.csv"), "--dry-run")
    assert "0 new, 2 known already" in shown.out
    assert "was imported before" in shown.out


def test_people_see_what_each_column_becomes_and_which_lines_are_wrong(inbox: Path, leadrelay: Type) -> None:
    rows = [
        "Vorname;Nachname;E-Mail;Telefon;Kundennummer",
        "Anna;Weber;anna@acme.example;+49 30 1234567;7",
        "Ben;Kurz;ben(at)acme;;",
    ]
    rows += [";;;;9"] + [f"Cara {number};Lang;c{number}@acme.example;;" for number in range(30)]
    (inbox / "leads.csv").write_text("\n".join(rows) + "\n")
    ended = leadrelay("import", "lists", str(inbox / "leads.csv"), "--dry-run")
    assert ended.status == 0, ended.err
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert any(line.startswith("E-Mail E-mail 32 (100%) 31 of 32 anna@acme.example, ben(at)acme,") for line in lines)
    assert "Telefon Phone 1 (3%) all +49 30 1234567" in lines
    assert "Kundennummer only kept 1 (3%) 7" in lines, "what stands in rejected rows does not count"
    assert any(line.startswith("E-Mail 1 3 this is no e-mail address") for line in lines)
    assert any(line.startswith("4 rejected it names no person and no company") for line in lines)
    assert "line First name Last name E-mail Phone" in lines
    assert len([line for line in lines if "Cara" in line and "Lang" in line and "@" in line and line[0].isdigit()]) == 18
    assert not any(sign in ended.out for sign in ("{", "[", "person.", "None"))


def test_a_dry_run_names_the_header_behind_each_field_of_a_mapping(inbox: Path, leadrelay: Type) -> None:
    (inbox / "leads.csv").write_text("Name,E-Mail,Phone,Notes\nAnna Weber,a@acme.example,12,x\n")
    told = leadrelay("import", "mapped", str(inbox / "leads.csv"), "--dry-run", "--json").document["files"][0]
    headers = {one["column"]: one for one in told["headers"]}
    assert headers["Name"]["fields"] == ["person.full_name"]
    assert headers["Notes"] == {"column": "Notes", "fields": [], "filled": 1, "understood": 1, "examples": ["x"]}
    assert (headers["Phone"]["filled"], headers["Phone"]["understood"]) == (1, 0)
    (doubt,) = told["doubts"]
    assert (doubt["column"], doubt["rows"], doubt["lines"]) == ("Phone", 1, [2])
    assert not doubt["message"].startswith("person.phone")


def test_a_dry_run_tells_of_rows_that_would_be_held(inbox: Path, leadrelay: Type) -> None:
    (inbox / "leads.csv").write_text("Name,E-Mail,Phone\nAnna,nonsense,\n,,n/a\n")
    told = leadrelay("import", "mapped", str(inbox / "leads.csv"), "--dry-run", "--json").document["files"][0]
    assert sum(told["held"].values()) == 1
    assert told["fields"]["person.email"]["wrong"] >= 1
    assert [one["line"] for one in told["held_rows"]] == [3]
    shown = leadrelay("import", "mapped", str(inbox / "leads.csv"), "--dry-run").out
    assert "1 row would be held" in shown


def test_columns_that_the_mapping_does_not_read_are_told_with_a_suggestion(inbox: Path, leadrelay: Type) -> None:
    (inbox / "leads.csv").write_text("Name,E-Mail,Position\nAnna Weber,a@acme.example,CTO\n")
    ended = leadrelay("import", "mapped", str(inbox / "leads.csv"))
    assert ended.status == 0
    assert "only kept: Position (looks like person.job_title)" in ended.err


def test_a_doubt_without_a_terminal_says_what_to_put_into_the_settings(inbox: Path, leadrelay: Type) -> None:
    (inbox / "leads.csv").write_text("Name,E-Mail,Interesse\nAnna Weber,a@acme.example,Messe\n")
    ended = leadrelay("import", "lists", str(inbox / "leads.csv"))
    assert ended.status == 2
    assert "columns: {Interesse: interest.product}" in ended.err
    agreed = leadrelay("import", "lists", str(inbox / "leads.csv"), "--yes", "--json")
    assert agreed.status == 0
    assert agreed.document["files"][0]["accepted"] == 1


def test_at_a_terminal_a_doubt_is_asked(inbox: Path) -> None:
    (inbox / "leads.csv").write_text("Name,E-Mail,Interesse\nAnna Weber,a@acme.example,Messe\n")
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "leadrelay.cli", "import", "lists", str(inbox / "leads.csv")],
        stdin=terminal, stdout=subprocess.PIPE, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    said = b""
    while b"Number" not in said:
        said += os.read(person, 4096)
    assert b"Messe" in said
    os.write(person, b"1\n")
    process.communicate(timeout=60)
    said += _rest(person)
    assert process.returncode == 0, said.decode()
    assert b"columns: {Interesse: interest.product}" in said


def _rest(person: int) -> bytes:
    said = b""
    try:
        while part := os.read(person, 4096):
            said += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(person)
    return said


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nobody", "{leads}"], 2, "There is no source `nobody`. Sources that do: lists, mapped."),
        (["website", "{leads}"], 2, "The source `website` reads no files."),
        (["lists", "{folder}/nothing.csv"], 2, "there is no such file"),
        (["lists", "{folder}"], 2, "this is a folder"),
        (["lists", "{folder}/leadrelay.png"], 1, "leadrelay.png"),
        (["lists", "{leads}", "--rejects", "{leads}"], 2, "one of the files to import"),
        (["lists", "{leads}", "{folder}/leadrelay.png", "--rejects", "{folder}/x.csv"], 2, "name a folder"),
    ],
)
def test_what_can_not_be_is_said_in_a_sentence(inbox: Path, leadrelay: Type, words: list[str], status: int, said: str) -> None:
    (inbox / "leadrelay.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    ended = leadrelay("import", *(word.format(leads=inbox / "leads.csv", folder=inbox) for word in words))
    assert ended.status == status
    assert said in ended.err


def test_a_bad_file_stops_no_other_and_patterns_are_written_out(inbox: Path, leadrelay: Type) -> None:
    (inbox / "broken.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    ended = leadrelay("import", "lists", f"{inbox}/*.csv", "--json", "--rejects", str(inbox / "mappings"))
    assert ended.status == 1
    assert [(Path(one["file"]).name, one["state"]) for one in ended.document["files"]] == [
        ("broken.csv", "refused"), ("leads.csv", "imported"),
    ]  # fmt: skip
    assert (inbox / "mappings" / "leads.rejected.csv").is_file()


def test_the_encoding_can_be_said(inbox: Path, leadrelay: Type) -> None:
    (inbox / "leads.csv").write_bytes("Name,E-Mail\nJürgen Groß,j@acme.example\n".encode("cp850"))
    told = leadrelay("import", "lists", str(inbox / "leads.csv"), "--encoding", "cp850", "--dry-run", "--json").document["files"][
        0
    ]
    assert told["rows"][0]["fields"]["person.last_name"] == "Groß"


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(inbox: Path, leadrelay: Type) -> None:
    rows = "".join(f"Anna{number},anna{number}@acme.example\n" for number in range(60_000))
    (inbox / "leads.csv").write_text("Name,E-Mail\n" + rows)
    command = [sys.executable, "-m", "leadrelay.cli", "import", "lists", str(inbox / "leads.csv")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        told = leadrelay("audit", "--json").document["sources"]
        if told and told["lists"]["received"] >= 1_000:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 3, err.decode()
    assert b"the same command goes on" in err
    ended = leadrelay("import", "lists", str(inbox / "leads.csv"), "--json")
    assert ended.status == 0
    assert ended.document["files"][0]["resumed_at"] >= 1_000
    assert ended.document["waiting"] == 60_000


def test_a_store_that_can_not_be_reached_is_status_3(inbox: Path, leadrelay: Type) -> None:
    text = (inbox / "leadrelay.yaml").read_text()
    (inbox / "leadrelay.yaml").write_text(text.replace("sqlite:///data/leadrelay.db", "postgresql://u:p@127.0.0.1:9/x"))
    assert leadrelay("import", "lists", str(inbox / "leads.csv")).status == 3


def test_rejected_rows_can_be_mended_and_imported_again(inbox: Path, leadrelay: Type) -> None:
    leadrelay("import", "lists", str(inbox / "leads.csv"))
    rejected = inbox / "leads.rejected.csv"
    rejected.write_text(rejected.read_text(encoding="utf-8-sig").replace(",,,9", ",Lang,c@acme.example,9"))
    ended = leadrelay("import", "lists", str(rejected), "--json")
    assert json.loads(ended.out)["files"][0]["accepted"] == 1
