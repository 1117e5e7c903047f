"""`check` and `test`: all problems at once with their places, and the tests inside mapping files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import CONTACT, SETTINGS, Type

BROKEN = {
    "an unknown key": ("leadrelay.yaml", SETTINGS.replace("sources:", "sorces:"), "Did you mean"),
    "a wrong type": ("leadrelay.yaml", SETTINGS + "web: {port: eighty}\n", "port"),
    "a missing secret": ("leadrelay.yaml", SETTINGS.replace("WEBSITE_TOKEN", "NOBODY_SET_THIS"), "NOBODY_SET_THIS"),
    "a duplicate key": ("leadrelay.yaml", SETTINGS + "store: sqlite:///other.db\n", "store"),
    "bad YAML": ("leadrelay.yaml", SETTINGS + "web: [1, 2\n", ""),
    "an unknown field": ("mappings/contact.yaml", CONTACT.replace("person.email:", "person.emial:", 1), "person.email"),
}


def test_a_right_configuration_is_all_right(folder: Path, leadrelay: Type) -> None:
    ended = leadrelay("check")
    assert (ended.status, ended.err) == (0, "")
    assert "1 source, 1 sink, 2 mappings" in ended.out


def test_check_tells_programs_what_there_is(folder: Path, leadrelay: Type) -> None:
    document = leadrelay("check", "--json").document
    assert (document["sources"], document["sinks"], document["mappings"]) == (["website"], ["crm"], ["contact", "crm-lead"])


@pytest.mark.parametrize(("file", "text", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_each_kind_of_mistake_is_status_2_with_file_line_and_column(
    folder: Path, leadrelay: Type, file: str, text: str, said: str
) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    ended = leadrelay("check")
    assert ended.status == 2
    assert said in ended.err
    assert re.search(rf"{re.escape(file)}:\d+:\d+: ", ended.err)
    assert "Traceback" not in ended.err


def test_mistakes_of_several_files_are_told_at_once(folder: Path, leadrelay: Type) -> None:
    for name in ("an unknown key", "an unknown field"):
        file, text, _ = BROKEN[name]
        (folder / file).write_text(text, encoding="utf-8")
    problems = leadrelay("check", "--json").document["problems"]
    assert {Path(problem["file"]).name for problem in problems} == {"leadrelay.yaml", "contact.yaml"}


def test_secrets_are_never_printed(folder: Path, leadrelay: Type) -> None:
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("auth: {flow: client", "auth: {flow: clint"), encoding="utf-8")
    for words in (("check",), ("check", "--json")):
        ended = leadrelay(*words)
        assert ended.status == 2
        assert "s3cret" not in ended.out + ended.err
        assert "t0ken" not in ended.out + ended.err


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path, leadrelay: Type) -> None:
    ended = leadrelay("check", "--config", str(tmp_path / "nowhere.yaml"))
    assert ended.status == 2
    assert "nowhere.yaml" in ended.err


def test_a_sink_that_does_not_answer_is_a_problem_of_the_live_check_only(folder: Path, leadrelay: Type) -> None:
    assert leadrelay("check").status == 0
    ended = leadrelay("check", "--live", "--json")
    assert ended.status == 3
    assert [problem["code"] for problem in ended.document["problems"]] == ["unreachable"]


def test_the_tests_in_mapping_files_are_run(folder: Path, leadrelay: Type) -> None:
    ended = leadrelay("test")
    assert ended.status == 0
    assert "2 passed, 0 failed" in ended.out


def test_a_failing_test_is_status_1_and_names_its_line_and_both_values(folder: Path, leadrelay: Type) -> None:
    wrong = CONTACT.replace("expect: {person.email: anna@acme.de}", "expect: {person.email: anna@acme.com}")
    (folder / "mappings/contact.yaml").write_text(wrong, encoding="utf-8")
    ended = leadrelay("test")
    assert ended.status == 1
    assert re.search(r"contact\.yaml:\d+:\d+", ended.out)
    assert "anna@acme.com" in ended.out
    assert "anna@acme.de" in ended.out
    assert "1 passed, 1 failed" in ended.out


def test_only_the_files_that_are_named_are_tested(folder: Path, leadrelay: Type) -> None:
    document = leadrelay("test", str(folder / "mappings/contact.yaml"), "--json").document
    assert (document["passed"], [one["name"] for one in document["tests"]]) == (1, ["an address is folded"])


def test_tests_need_no_secret_and_no_configuration_of_the_machine(folder: Path, leadrelay: Type, monkeypatch) -> None:
    monkeypatch.delenv("WEBSITE_TOKEN")
    monkeypatch.delenv("CRM_SECRET")
    assert leadrelay("test").status == 0
    alone = folder.parent / "alone.yaml"
    alone.write_text(CONTACT, encoding="utf-8")
    assert leadrelay("test", str(alone), "--config", str(folder / "nowhere" / "leadrelay.yaml")).status == 0


def test_a_file_that_can_not_be_tested_says_what_is_wrong_with_all_of_them(folder: Path, leadrelay: Type) -> None:
    for file in ("contact", "crm-lead"):
        path = folder / f"mappings/{file}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("fields:", "feilds:"), encoding="utf-8")
    ended = leadrelay("test")
    assert ended.status == 2
    assert "contact.yaml:" in ended.err
    assert "crm-lead.yaml:" in ended.err
