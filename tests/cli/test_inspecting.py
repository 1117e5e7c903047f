"""`inspect`: how files are understood, and that the mapping it suggests is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.documents import read_document
from core.fields import STANDARD
from core.mapping import compile_mapping
from tests.cli.conftest import Type

TABLE = "Vorname;Nachname;E-Mail;Firma;Bemerkung zur Messe\nAnna;Weber;anna@acme.example;Acme;möchte Angebot\n"
MAIL = """\
From: Anna Weber <anna@acme.example>
To: leads@firm.example
Subject: A demo, please
Message-ID: <1@acme.example>
Date: Sat, 21 Nov 2026 09:30:00 +0100
Content-Type: text/plain; charset=utf-8

Hello, could you show us your product?

Anna Weber
Head of Sales
Acme GmbH
Tel. +49 30 1234567
"""
MULTIPART = """\
--XX\r
Content-Disposition: form-data; name="lead.Your E-Mail"\r
\r
a@acme.example\r
--XX\r
Content-Disposition: form-data; name="lead.First name"\r
\r
Anna\r
--XX--\r
"""


def compiles(mapping: str) -> bool:
    _, problems = compile_mapping(read_document(mapping, "mappings/x.yaml"), STANDARD)
    return problems == []


def put(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return str(path)


def test_a_table_is_shown_with_its_dialect_columns_and_a_mapping_that_compiles(tmp_path: Path, leadrelay: Type) -> None:
    file = put(tmp_path, "messe 2026.csv", TABLE, "cp1252")
    found = leadrelay("inspect", file, "--json").document
    assert found["kind"] == "table"
    assert (found["layout"]["delimiter"], found["layout"]["header"]) == (";", TABLE.splitlines()[0].split(";"))
    assert {"encoding", "delimiter", "header"} <= {name for name, _ in found["facts"]}
    fields = {column["name"]: column["field"] for column in found["columns"]}
    assert fields["Vorname"] == "person.first_name"
    assert fields["E-Mail"] == "person.email"
    assert all(column["why"] for column in found["columns"])
    assert compiles(found["mapping"])
    shown = leadrelay("inspect", file).out
    assert "person.last_name" in shown
    assert "mapping: messe-2026" in shown


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("post.json", json.dumps({"lead": {"Your E-Mail": "a@acme.example", "First name": "Anna"}, "tags": ["a", "b"]})),
        ("posts.json", json.dumps([{"lead.Your E-Mail": "a@acme.example", "lead.First name": "Anna"}, {}])),
        ("posts.jsonl", '{"lead.Your E-Mail": "a@acme.example", "lead.First name": "Anna"}\n{"lead.First name": "Ben"}\n'),
        ("post.txt", "lead.Your%20E-Mail=a%40acme.example&lead.First+name=Anna"),
        (
            "post.bin",
            MULTIPART,
        ),
    ],
)
def test_a_form_post_is_shown_by_the_names_that_a_mapping_sees(tmp_path: Path, leadrelay: Type, name: str, text: str) -> None:
    found = leadrelay("inspect", put(tmp_path, name, text), "--json").document
    assert found["kind"] == "post"
    assert {"lead.Your E-Mail", "lead.First name"} <= {column["name"] for column in found["columns"]}
    assert compiles(found["mapping"])


def test_what_nothing_is_known_of_still_gets_a_mapping_that_is_one(tmp_path: Path, leadrelay: Type) -> None:
    for name, text in (("a.csv", "qx;zz\n1;2\n3;4\n"), ("a.json", '{"qx": "1", "zz \\"y": "2"}')):
        found = leadrelay("inspect", put(tmp_path, name, text), "--json").document
        assert [column["field"] for column in found["columns"]] == [None, None]
        assert compiles(found["mapping"]), found["mapping"]


def test_prose_is_no_table(tmp_path: Path, leadrelay: Type) -> None:
    text = "Dear all, thank you.\n\nWe met, as you know, on Monday, and liked it.\nMore follows.\nBye, Anna\n"
    assert leadrelay("inspect", put(tmp_path, "letter.txt", text)).status == 1


def test_a_post_is_held_against_a_sources_mapping(folder: Path, leadrelay: Type) -> None:
    file = put(folder, "post.json", json.dumps({"E-Mail": "a@acme.example", "Shoe size": "44"}))
    found = leadrelay("inspect", file, "--source", "website", "--json").document
    assert {column["name"]: column["read"] for column in found["columns"]} == {"E-Mail": True, "Shoe size": False}
    assert found["mapping"] is None
    assert leadrelay("inspect", file, "--source", "nowhere").status == 1


def test_a_mail_is_shown_with_its_kind_and_where_each_field_stood(tmp_path: Path, leadrelay: Type) -> None:
    pytest.importorskip("connectors.documents")
    found = leadrelay("inspect", put(tmp_path, "mail.eml", MAIL), "--json").document
    (mail,) = found["records"]
    assert mail["verdict"]["is_lead"]
    told = {one["name"]: one for one in mail["found"]}
    assert told["person.email"]["text"] == "anna@acme.example"
    assert told["person.email"]["where"]
    assert 0 < told["person.email"]["confidence"] <= 1
    assert "a lead" in leadrelay("inspect", str(tmp_path / "mail.eml")).out


def test_an_auto_reply_is_told_to_be_no_lead_and_why(tmp_path: Path, leadrelay: Type) -> None:
    pytest.importorskip("connectors.documents")
    file = put(
        tmp_path, "mail.eml", MAIL.replace("Subject: A demo", "Auto-Submitted: auto-replied\nSubject: Out of office: a demo")
    )
    (mail,) = leadrelay("inspect", file, "--json").document["records"]
    assert not mail["verdict"]["is_lead"]
    assert mail["verdict"]["code"]
    assert mail["verdict"]["reason"]


def test_a_business_card_is_shown_by_its_names(tmp_path: Path, leadrelay: Type) -> None:
    pytest.importorskip("connectors.documents")
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Weber\r\nN:Weber;Anna;;;\r\nEMAIL:anna@acme.example\r\nEND:VCARD\r\n"
    (one,) = leadrelay("inspect", put(tmp_path, "anna.vcf", card), "--json").document["records"]
    assert one["names"]["person.email"] == "anna@acme.example"


@pytest.mark.parametrize(
    ("name", "body"),
    [("empty.csv", b""), ("noise.bin", bytes(range(256)) * 40), ("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 500)],
)
def test_what_is_no_file_of_leads_gets_a_sentence(tmp_path: Path, leadrelay: Type, name: str, body: bytes) -> None:
    (tmp_path / name).write_bytes(body)
    ended = leadrelay("inspect", str(tmp_path / name))
    assert ended.status == 1
    assert name in ended.err
    assert "Traceback" not in ended.err


def test_broken_json_gets_a_sentence(tmp_path: Path, leadrelay: Type) -> None:
    ended = leadrelay("inspect", put(tmp_path, "broken.json", '{"a": '))
    assert ended.status == 1
    assert "broken.json" in ended.err
