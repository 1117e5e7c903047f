"""`try`: every step of one submission is shown, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SETTINGS, Type

RULES = """\
checks:
  real_person: {person.email_class: {not_in: [disposable, placeholder]}}
  in_time: {interest.timeframe: {is: within_3_months}}
qualification:
  - {outcome: convert, when: {all: [real_person, in_time]}, reason: soon}
  - {outcome: undecided, otherwise: true, reason: unknown or mixed}
"""


@pytest.fixture
def post(folder: Path) -> Path:
    path = folder / "post.json"
    path.write_text(json.dumps({"Name": "Anna Weber", "E-Mail": "ANNA@acme.example", "Fax": "1"}), encoding="utf-8")
    return path


def test_each_step_is_shown_from_the_names_to_the_call(folder: Path, leadrelay: Type, post: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules/rules.yaml").write_text(RULES, encoding="utf-8")
    found = leadrelay("try", "website", str(post), "--json").document
    assert found["names"]["E-Mail"] == "ANNA@acme.example"
    assert [one["value"] for one in found["mapped"] if one["field"] == "person.email"] == ["anna@acme.example"]
    assert [problem["field"] for problem in found["problems"]] == ["Fax"]
    assert found["match"]["lead"] is None
    assert found["qualification"]["checks"] == {"real_person": "true", "in_time": "unknown"}
    assert found["qualification"]["outcome"] == "undecided"
    assert found["qualification"]["ask"] == ["interest.timeframe"]
    (call,) = found["calls"]
    assert (call["sink"], call["operation"], call["object"]) == ("crm", "create", "Lead")
    assert call["body"] == {"LastName": "Weber", "Company": "Not provided", "Email": "anna@acme.example"}


def test_people_read_the_same_as_text(folder: Path, leadrelay: Type, post: Path) -> None:
    ended = leadrelay("try", "website", str(post))
    assert ended.status == 0
    for said in ("anna@acme.example", "contact.yaml:", "a new lead", "create Lead", "Not provided"):
        assert said in ended.out


def test_nothing_is_written_not_even_a_store(folder: Path, leadrelay: Type, post: Path) -> None:
    before = sorted(folder.rglob("*"))
    leadrelay("try", "website", str(post))
    assert sorted(folder.rglob("*")) == before


def test_form_fields_are_read_like_json(folder: Path, leadrelay: Type) -> None:
    body = folder / "post.txt"
    body.write_text("Name=Anna+Weber&E-Mail=anna%40acme.example", encoding="utf-8")
    found = leadrelay("try", "website", str(body), "--json").document
    assert found["names"] == {"Name": "Anna Weber", "E-Mail": "anna@acme.example"}


@pytest.mark.parametrize(("body", "said"), [('{"Comments": "hi"}', "Name"), ("{broken", "JSON"), ("", "empty")])
def test_a_submission_that_would_be_held_is_status_1_and_says_why(folder: Path, leadrelay: Type, body: str, said: str) -> None:
    path = folder / "post.json"
    path.write_text(body, encoding="utf-8")
    ended = leadrelay("try", "website", str(path))
    assert ended.status == 1
    assert "would be held" in ended.out
    assert said in ended.out


def test_an_unknown_source_is_a_no_that_names_the_known_ones(folder: Path, leadrelay: Type, post: Path) -> None:
    ended = leadrelay("try", "websiet", str(post))
    assert ended.status == 1
    assert "website" in ended.err


def test_a_file_that_is_not_there_is_wrong_usage(folder: Path, leadrelay: Type) -> None:
    assert leadrelay("try", "website", str(folder / "nothing.json")).status == 2


MORE = """\
  inbox: {connector: imap, host: 127.0.0.1, port: 1, user: leads, password: secret-of-the-mailbox}
  files: {connector: csvfile}
sinks:
"""
MAIL = """\
From: Eva Lang <eva.lang@acme.example>
To: leads@ours.example
Subject: Your offer
Message-ID: <1@acme.example>

Hello, please call me about your offer.
"""


def test_a_mail_and_a_row_of_a_file_are_tried_as_their_sources_would_keep_them(folder: Path, leadrelay: Type) -> None:
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("sinks:\n", MORE), encoding="utf-8")
    mail, table, empty = folder / "mail.eml", folder / "fair.csv", folder / "empty.csv"
    mail.write_text(MAIL, encoding="utf-8")
    table.write_text("Vorname;Nachname;E-Mail\n;;\nBen;Carter;ben@acme.example\n", encoding="utf-8")
    empty.write_text("", encoding="utf-8")
    of_mail = leadrelay("try", "inbox", str(mail), "--json")
    assert of_mail.document["lead"]["person.email"] == "eva.lang@acme.example", of_mail.err
    of_row = leadrelay("try", "files", str(table), "--json")
    assert of_row.document["lead"]["person.email"] == "ben@acme.example"
    assert "line 3" in of_row.err
    assert (leadrelay("try", "files", "-").status, leadrelay("try", "files", str(empty)).status) == (2, 1)
