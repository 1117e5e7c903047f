"""The commands that read the store and act on it: lists, details, why, retry, discard, pause, resume, drain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadrelay.app import open_app
from leadrelay.store import tables
from tests.cli.conftest import CONTACT, SETTINGS, Posted, Type

ANNA = {"Name": "Anna Weber", "E-Mail": "anna@acme.example", "Phone": "030 1234567", "Company": "Acme"}
BEN = {"Name": "Ben Carter", "E-Mail": "ben@brightside.example"}
NOBODY = {"Comments": "hi"}


def _set(folder: Path, table: str, **values: object) -> None:
    app = open_app(folder / "leadrelay.yaml")
    with app.database.write() as connection:
        connection.execute(tables.metadata.tables[table].update().values(**values))
    app.close()


def test_leads_are_listed_found_and_shown(posted: Posted, leadrelay: Type) -> None:
    posted(ANNA, BEN)
    assert {row["email"] for row in leadrelay("leads", "list", "--json").document} == {ANNA["E-Mail"], BEN["E-Mail"]}
    assert [row["email"] for row in leadrelay("leads", "list", "--search", "anna@acme.example", "--json").document] == [
        ANNA["E-Mail"]
    ]
    shown = leadrelay("leads", "show", "anna@acme.example").out
    assert "+49301234567" in shown
    assert "Acme" in shown


@pytest.mark.parametrize(
    "words", [("leads", "list"), ("submissions", "list"), ("deliveries", "list"), ("sinks", "list"), ("sources", "list")]
)
def test_every_list_reads_as_text_and_as_one_json_document(posted: Posted, leadrelay: Type, words: tuple[str, ...]) -> None:
    posted(ANNA)
    assert leadrelay(*words).status == 0
    assert len(leadrelay(*words, "--json").document) == 1


def test_no_more_than_the_limit_is_listed_even_over_several_pages(posted: Posted, leadrelay: Type) -> None:
    posted(ANNA, BEN, {**BEN, "E-Mail": "other@brightside.example", "Name": "Otto Other"})
    assert len(leadrelay("leads", "list", "--limit", "2", "--json").document) == 2


def test_why_goes_from_the_raw_post_to_the_crm_field(posted: Posted, leadrelay: Type) -> None:
    (submission,) = posted(ANNA)
    ended = leadrelay("leads", "why", "anna@acme.example", "person.phone")
    assert ended.status == 0
    for said in (submission, "030 1234567", "contact.yaml:", "+49301234567", "Lead"):
        assert said in ended.out


@pytest.mark.parametrize("topic", ["", "person.phone", "company.name", "crm", "owner", "score"])
def test_why_says_the_same_as_text_and_as_data(posted: Posted, leadrelay: Type, topic: str) -> None:
    posted(ANNA)
    found = leadrelay("leads", "why", "anna@acme.example", topic, "--json").document
    text = leadrelay("leads", "why", "anna@acme.example", topic)
    assert text.status == 0
    lines = text.out.splitlines()
    assert lines[0] == found["answer"]
    steps = [step for step in found["reasons"] if step["what"] != found["answer"]]
    assert [line[21:] for line in lines[1:]] == ["  " * step["depth"] + step["what"] for step in steps]


def test_a_field_that_nobody_filled_in_is_told_with_the_line_that_would_read_it(posted: Posted, leadrelay: Type) -> None:
    posted(BEN)
    ended = leadrelay("leads", "why", "ben@brightside.example", "person.phone")
    assert ended.status == 0
    assert "nothing is known of person.phone" in ended.out
    assert "website reads person.phone from `Phone` by mappings/contact.yaml:" in ended.out


@pytest.mark.parametrize(
    "words",
    [
        ("leads", "show", "0000000000000"),
        ("leads", "show", "no@one.example"),
        ("leads", "why", "0000000000000"),
        ("submissions", "show", "0000000000000"),
        ("submissions", "retry", "0000000000000"),
        ("deliveries", "show", "0000000000000"),
        ("deliveries", "retry", "0000000000000"),
        ("deliveries", "discard", "0000000000000", "--yes"),
        ("sinks", "pause", "nowhere"),
        ("sinks", "probe", "nowhere"),
        ("sources", "resume", "nowhere"),
    ],
)
def test_what_is_not_there_is_a_no(posted: Posted, leadrelay: Type, words: tuple[str, ...]) -> None:
    posted(ANNA)
    ended = leadrelay(*words)
    assert ended.status == 1
    assert ended.err


@pytest.mark.parametrize("action", ["retry", "discard"])
def test_failed_deliveries_are_acted_on_by_their_state_alone(posted: Posted, leadrelay: Type, action: str) -> None:
    posted(ANNA)
    ended = leadrelay("deliveries", action, "--state", "failed", "--yes")
    assert "0 " in ended.err
    assert ended.status == 1


@pytest.mark.parametrize(
    "words",
    [
        ("submissions", "list", "--state", "lost"),
        ("deliveries", "list", "--state", "lost"),
        ("submissions", "retry"),
        ("deliveries", "retry"),
        ("deliveries", "discard", "--sink", "crm", "--state", "in_sync"),
        ("leads", "list", "--since", "yesterday-ish"),
    ],
)
def test_what_can_not_be_meant_is_wrong_usage(posted: Posted, leadrelay: Type, words: tuple[str, ...]) -> None:
    posted(ANNA)
    assert leadrelay(*words).status == 2


def test_a_held_submission_is_worked_again_after_the_mapping_is_mended(folder: Path, posted: Posted, leadrelay: Type) -> None:
    (submission,) = posted({"Mail": "anna@acme.example"})
    (row,) = leadrelay("submissions", "list", "--state", "held", "--json").document
    assert row["uid"] == submission
    mapping = folder / "mappings/contact.yaml"
    mapping.write_text(CONTACT.replace("person.email: E-Mail", "person.email: [E-Mail, Mail]"), encoding="utf-8")
    assert leadrelay("reload").status == 0
    ended = leadrelay("submissions", "retry", "--state", "held", "--yes")
    assert (ended.status, "1 submission" in ended.err) == (0, True)
    posted()
    assert leadrelay("submissions", "show", submission, "--json").document["submission"]["state"] == "processed"


def test_acting_on_a_filter_is_not_done_without_a_word(posted: Posted, leadrelay: Type) -> None:
    posted(NOBODY)
    ended = leadrelay("submissions", "retry", "--state", "held")
    assert ended.status == 2
    assert "1 submission" in ended.err
    assert leadrelay("submissions", "list", "--state", "held", "--json").document


def test_failed_deliveries_are_retried_and_discarded(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    (row,) = leadrelay("deliveries", "list", "--json").document
    _set(folder, "delivery", state="failed", tries=3)
    assert leadrelay("deliveries", "retry", "--sink", "crm", "--yes", "--json").document == {"retried": 1}
    assert leadrelay("deliveries", "show", row["uid"], "--json").document["delivery"]["state"] == "waiting"
    _set(folder, "delivery", state="failed")
    assert leadrelay("deliveries", "discard", row["uid"], "--yes").status == 0
    assert leadrelay("deliveries", "list", "--lead", "anna@acme.example", "--json").document[0]["state"] == "discarded"


@pytest.mark.parametrize(("kind", "name"), [("sinks", "crm"), ("sources", "website")])
def test_a_sink_or_source_is_paused_with_a_reason_and_resumed(posted: Posted, leadrelay: Type, kind: str, name: str) -> None:
    posted(ANNA)
    assert leadrelay(kind, "pause", name, "--reason", "moving house").status == 0
    (row,) = leadrelay(kind, "list", "--json").document
    assert "moving house" in row["paused"]
    assert leadrelay(kind, "resume", name).status == 0
    (row,) = leadrelay(kind, "list", "--json").document
    assert row["paused"] is None


def test_a_broken_configuration_is_not_brought_into_force_and_reading_goes_on(
    folder: Path, posted: Posted, leadrelay: Type
) -> None:
    posted(ANNA)
    (folder / "mappings/contact.yaml").write_text(CONTACT.replace("person.email:", "person.emial:"), encoding="utf-8")
    ended = leadrelay("reload")
    assert ended.status == 2
    assert "contact.yaml:" in ended.err
    assert leadrelay("leads", "list", "--json").document


def test_a_test_that_fails_is_named_where_its_file_comes_into_force(folder: Path, leadrelay: Type) -> None:
    file = folder / "mappings/contact.yaml"
    file.write_text(CONTACT.replace("{person.email: anna@acme.de}", "{person.email: berta@acme.de}"), encoding="utf-8")
    ended = leadrelay("reload", "--json")
    (found,) = [one for one in ended.document["warnings"] if one["code"] == "test_failed"]
    line = CONTACT.splitlines().index("    expect: {person.email: anna@acme.de}") + 1
    assert (ended.status, found["line"], found["field"]) == (0, line, "an address is folded")
    assert f"contact.yaml:{line}:" in leadrelay("reload").err


def test_reading_brings_no_edited_file_into_force(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    (folder / "mappings/contact.yaml").write_text(CONTACT + "# edited\n", encoding="utf-8")
    leadrelay("leads", "list")
    app = open_app(folder / "leadrelay.yaml")
    assert app.keeper.look().hash != leadrelay("reload", "--json").document["hash"]
    app.close()


def test_drain_ends_at_once_when_nothing_is_left(posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)  # the sink only observes: what waits for it is not work
    assert leadrelay("drain", "--timeout", "0", "--json").document["drained"] is True


def test_drain_is_a_no_when_time_is_over(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA, decide=False)
    ended = leadrelay("drain", "--timeout", "0.2", "--json")
    assert (ended.status, ended.document["left"]["submissions"]) == (1, 1)


def test_drain_names_a_paused_sink_that_holds_rows_at_once(folder: Path, posted: Posted, leadrelay: Type) -> None:
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("observe", "live"), encoding="utf-8")
    posted(ANNA)
    leadrelay("sinks", "pause", "crm")
    ended = leadrelay("drain", "--timeout", "60")
    assert ended.status == 1
    assert "Sink crm is paused" in ended.err


def test_a_store_that_is_away_is_status_3(folder: Path, leadrelay: Type) -> None:
    away = SETTINGS.replace("sqlite:///data/leadrelay.db", "postgresql://nobody@127.0.0.1:1/nothing")
    (folder / "leadrelay.yaml").write_text(away, encoding="utf-8")
    for words in (("leads", "list"), ("drain",), ("migrate",), ("reload",)):
        ended = leadrelay(*words)
        assert ended.status == 3
        assert "Traceback" not in ended.err


def test_a_crm_that_does_not_answer_is_status_3(folder: Path, leadrelay: Type) -> None:
    assert leadrelay("sinks", "probe", "crm").status == 3
    assert leadrelay("sinks", "prepare", "crm").status == 3


def test_audit_counts_every_submission_and_is_a_no_when_one_is_missing(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA, BEN, NOBODY)
    report = leadrelay("audit", "--json")
    assert (report.status, report.document["unaccounted"]) == (0, 0)
    assert report.document["sources"]["website"]["received"] == 3
    assert "Nothing is missing" in leadrelay("audit").out
    app = open_app(folder / "leadrelay.yaml")
    with app.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM submission WHERE state = 'held'")
        connection.exec_driver_sql("DELETE FROM delivery WHERE id = (SELECT min(id) FROM delivery)")
    app.close()
    report = leadrelay("audit", "--json")
    assert (report.status, report.document["unaccounted"]) == (1, 2)
    assert "UNACCOUNTED: 2" in leadrelay("audit").out


def test_a_store_of_a_newer_version_is_status_3(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    app = open_app(folder / "leadrelay.yaml")
    with app.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    app.close()
    for words in (("leads", "list"), ("migrate",), ("doctor",)):
        ended = leadrelay(*words)
        assert ended.status == 3
        assert "newer" in ended.out + ended.err


def test_doctor_finds_nothing_in_a_healthy_installation(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    ended = leadrelay("doctor", "--json")
    assert {one["state"] for one in ended.document.values()} == {"ok"}
    assert ended.status == 0


def test_doctor_says_what_needs_a_person_without_personal_data_or_secrets(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    leadrelay("sinks", "pause", "crm", "--reason", "moving house")
    _set(folder, "delivery", state="failed", problem=json.dumps({"code": "x", "message": "anna@acme.example is refused"}))
    (folder / "mappings/contact.yaml").write_text(CONTACT.replace("person.email:", "person.emial:"), encoding="utf-8")
    leadrelay("reload")
    ended = leadrelay("doctor", "--json")
    states = {name: one["state"] for name, one in ended.document.items()}
    assert ended.status == 1
    assert (states["configuration files"], states["sink crm"], states["alerts"]) == ("bad", "look", "look")
    for private in ("anna", "Weber", "s3cret", "t0ken"):
        assert private not in ended.out
        assert private not in leadrelay("doctor").out


def test_doctor_without_a_store_is_status_3_and_tells_the_rest(folder: Path, leadrelay: Type) -> None:
    away = SETTINGS.replace("sqlite:///data/leadrelay.db", "postgresql://nobody@127.0.0.1:1/nothing")
    (folder / "leadrelay.yaml").write_text(away, encoding="utf-8")
    ended = leadrelay("doctor", "--json")
    assert (ended.status, ended.document["configuration files"]["state"]) == (3, "ok")


def test_a_mistyped_name_is_told_with_those_that_there_are(posted: Posted, leadrelay: Type) -> None:
    posted({"Name": "Anna Weber", "E-Mail": "anna@acme.example"})
    told = leadrelay("leads", "why", "anna@acme.example", "person.emial")
    assert told.status == 1
    assert "`person.emial` is nothing that can be explained of a lead. Did you mean `person.email`?" in told.err
    assert "`webseite` is no source in force: website." in leadrelay("submissions", "list", "--source", "webseite").out
    assert "`salesfroce` is no sink in force: " in leadrelay("deliveries", "list", "--sink", "salesfroce").out
    assert "In force: " in leadrelay("sinks", "pause", "salesfroce").err
    added = leadrelay("leads", "add", "person.email=anna@acme.example")
    assert added.status == 2
    assert "write `--field person.email=anna@acme.example`" in added.err
