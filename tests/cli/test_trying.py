"""`try`: every step of one submission is shown, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SETTINGS, Posted, Type

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


def test_a_submission_that_would_be_held_is_status_1_and_says_why(folder: Path, leadrelay: Type) -> None:
    path = folder / "post.json"
    path.write_text('{"Comments": "hi"}', encoding="utf-8")
    ended = leadrelay("try", "website", str(path))
    assert ended.status == 1
    assert "would be held" in ended.out
    assert "Name" in ended.out


@pytest.mark.parametrize(("body", "said"), [("{broken", "JSON"), ("", "empty")])
def test_a_post_that_would_be_refused_and_kept_as_rejected_says_so(folder: Path, leadrelay: Type, body: str, said: str) -> None:
    path = folder / "post.json"
    path.write_text(body, encoding="utf-8")
    ended = leadrelay("try", "website", str(path))
    assert ended.status == 1
    assert "would be refused with status 400" in ended.out
    assert "kept as rejected" in ended.out
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
    assert "fair.csv, line 3" in of_row.err
    read = next(one for one in of_row.document["mapped"] if one["field"] == "person.last_name")
    assert (read["name"], read["stood_in"]) == ("person.last_name", "column `Nachname`")
    assert "column `E-Mail`" in leadrelay("try", "files", str(table)).out
    read = next(one for one in of_mail.document["mapped"] if one["raw"].startswith("Eva"))
    assert "From" in read["stood_in"]
    assert (leadrelay("try", "files", "-").status, leadrelay("try", "files", str(empty)).status) == (2, 1)


ROUTED = """\
scoring:
  engagement: {contact: 30}
  lifecycle_stage: {mql: {at_least: 25}}
segments:
  known_firm: {when: {company.name: {known: true}}}
  rich: {when: {interest.budget: {at_least: 1000}}}
personas: [{persona: boss, when: {person.job_title: {contains: Head}}}, {persona: other, otherwise: true}]
criteria: {bant: [budget]}
checks: {budget: {interest.budget: {at_least: 1000}}}
qualification: [{outcome: convert, when: budget, reason: can pay}, {outcome: undecided, otherwise: true, reason: who knows}]
routing:
  start_when: {lifecycle_stage: {is: mql}}
  to: [{name: firms, when: {company.name: {known: true}}, pool: sales}, {name: rest, otherwise: true, queue: rest}]
  respond_within: {minutes: 30}
"""
TEAM = """\
people: {anna@ours.example: {}, ben@ours.example: {}, cara@ours.example: {away: [2020-01-01/2099-12-31]}}
pools: {sales: {members: [anna@ours.example, ben@ours.example, cara@ours.example], fallback: rest}}
queues: {rest: {crm: Inbound}}
"""


def with_routing(folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules/rules.yaml").write_text(ROUTED, encoding="utf-8")
    (folder / "team.yaml").write_text(TEAM, encoding="utf-8")


def test_whom_it_would_go_to_is_shown_and_no_turn_is_used(folder: Path, leadrelay: Type, posted: Posted) -> None:
    with_routing(folder)
    post = folder / "post.json"
    post.write_text(json.dumps({"Name": "Eva Lang", "E-Mail": "eva@acme.example", "Company": "Acme"}), encoding="utf-8")

    def next_turn() -> tuple[str, int, str]:
        found = leadrelay("try", "website", str(post), "--json").document
        assert found["segments"]["segments"] == ["known_firm"] and found["segments"]["open"] == ["rich"]
        assert (found["persona"], found["lifecycle_stage"]["stage"], found["score"]["total"]) == ("other", "mql", 30)
        assert [one["field"] for one in found["questions"]] == ["interest.budget"]
        assert found["criteria"]["bant"]["budget"]["state"] == "unknown"
        assert found["lead"]["owner.email"] == found["route"]["member"] and found["lead"]["response_due_at"]
        return found["route"]["member"], found["route"]["turn"], found["calls"][0]["owner"]["email"]

    first = next_turn()
    assert first == next_turn() == (first[0], 1, first[0]), "without a store, and twice the same"
    posted({"Name": "Ben Carter", "E-Mail": "ben@other.example", "Company": "Other"})
    second = next_turn()
    assert second == next_turn() and second[1] == 2 and second[0] != first[0], "one lead was routed, none by trying"
    said = leadrelay("try", "website", str(post)).out
    for words in (
        f"{second[0]} would get it by the line `firms`, by turn 2 of the pool sales",
        "cara@ours.example of the pool sales was ruled out",
        "lifecycle_stage is mql", "the answer is due by", "to ask 1  ",
        "Segments known_firm; persona other", "Criteria bant: budget unknown",
    ):  # fmt: skip
        assert words in said, words


def test_a_lead_that_is_not_to_go_to_anybody_yet_says_why(folder: Path, leadrelay: Type, post: Path) -> None:
    with_routing(folder)
    rules = folder / "rules/rules.yaml"
    rules.write_text(ROUTED.replace("contact: 30", "contact: 3").replace("at_least: 25", "at_least: 3"), encoding="utf-8")
    assert leadrelay("try", "website", str(post), "--json").document["route"]["queue"] == "rest"
    rules.write_text(ROUTED.replace("start_when: {lifecycle_stage: {is: mql}}", "start_when: budget"), encoding="utf-8")
    found = leadrelay("try", "website", str(post), "--json").document["route"]
    assert (found["outcome"], found["missing"]) == ("waits", ["interest.budget"])
    assert "Owner    nobody yet: it is not known yet whether `start_when` holds" in leadrelay("try", "website", str(post)).out


VISITOR = "visitor-0123456789abcdef"
TRACKS = """\
  visits: {connector: webform, mapping: contact, auth: public, origins: ["https://www.ours.example"], tracks: true}
sinks:
"""


def test_a_batch_of_visits_is_tried_visit_by_visit(folder: Path, leadrelay: Type, posted: Posted) -> None:
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("sinks:\n", TRACKS), encoding="utf-8")
    batch = folder / "visits.json"
    page = {"kind": "page_view", "page_url": "https://www.ours.example/price?utm_source=news", "ago": 5}
    visits = [{"id": f"visit-{number}-0123456789", **page} for number in range(2)]
    batch.write_text(json.dumps({"leadrelay_visits": visits, "visitor": VISITOR}, separators=(",", ":")), encoding="utf-8")
    tried = leadrelay("try", "visits", str(batch), "--json").document
    assert [(one["visit"]["waits"], one["held"], one["lead"]) for one in tried["visits"]] == [(True, False, {})] * 2
    ended = leadrelay("try", "visits", str(batch))
    assert ended.status == 0 and "Visit 2 of 2" in ended.out and "This visit would wait: nobody is known" in ended.out
    assert "touch.utm_source" in ended.out and "touch.page_url" in ended.out
    posted({"Name": "Eva Lang", "E-Mail": "eva@acme.example", "leadrelay_visitor": VISITOR})
    joined = leadrelay("try", "visits", str(batch), "--json").document["visits"][0]
    assert joined["match"]["joined_by"] == "visitor" and joined["lead"]["person.email"] == "eva@acme.example"
    assert joined["lead"]["last_touch.kind"] == "contact" and joined["calls"][0]["actions"] == []
    refused = leadrelay("try", "website", str(batch))
    assert refused.status == 1 and "refused with status 400: this source takes no visits" in refused.out


def test_what_the_rules_would_put_aside_is_shown_with_the_line_and_the_signs(folder: Path, leadrelay: Type) -> None:
    (folder / "rules").mkdir()
    rules = "quarantine: [{when: {person.email_class: {is: disposable}}, reason: nobody can be answered}]\n"
    (folder / "rules/rules.yaml").write_text(rules, encoding="utf-8")
    post = folder / "post.json"
    post.write_text(json.dumps({"Name": "Eva Lang", "E-Mail": "eva@mailinator.com"}), encoding="utf-8")
    ended = leadrelay("try", "website", str(post))
    assert ended.status == 0
    for words in (
        "nobody can be answered",
        "rules/rules.yaml:1:",
        "the e-mail address is one that is thrown away",
        "put aside (quarantined)",
    ):
        assert words in ended.out, words
    found = leadrelay("try", "website", str(post), "--json").document
    assert found["quarantined"] is True and found["calls"] == [] and found["route"] is None
