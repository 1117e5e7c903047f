"""What every command has in common: one JSON document, the exit statuses, problems with their place, asking first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from core.problems import ConfigProblems, Place, Problem
from leadrelay.commands.options import DEFAULT_CONFIG, config_path
from leadrelay.commands.output import Exit, Output, answering, as_json_value, confirm, counted, deny, give_up, refuse, shown
from leadrelay.store.database import StoreUnavailable
from tests.cli.conftest import SETTINGS, Type

PROBLEMS = (
    Problem("unknown_key", "`sorces` is no setting. Did you mean `sources`?", place=Place("leadrelay.yaml", 3, 1)),
    Problem("wrong_type", "`web.port` wants a whole number", "web.port", Place("leadrelay.yaml", 9, 5)),
)


@pytest.mark.parametrize(("end", "status"), [(deny, Exit.NO), (refuse, Exit.WRONG), (give_up, Exit.UNFINISHED)])
def test_each_ending_has_its_exit_status_and_says_why(end, status, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised, answering():
        end("because")
    assert raised.value.exit_code == status
    assert capsys.readouterr() == ("", "because\n")


def test_all_configuration_problems_are_printed_at_once_with_their_places(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised, answering():
        raise ConfigProblems(PROBLEMS)
    assert raised.value.exit_code == Exit.WRONG
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["leadrelay.yaml:3:1:", "leadrelay.yaml:9:5:", "2"]


def test_with_json_problems_are_one_document_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), answering(as_json=True):
        raise ConfigProblems(PROBLEMS)
    document = json.loads(capsys.readouterr().out)
    assert [(one["line"], one["column"], one["code"]) for one in document["problems"]] == [
        (3, 1, "unknown_key"),
        (9, 5, "wrong_type"),
    ]


@pytest.mark.parametrize(
    "error", [StoreUnavailable("the store does not answer"), ConnectionRefusedError("refused"), TimeoutError("late")]
)
def test_a_store_or_service_that_is_away_is_status_3_without_a_trace(error, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised, answering():
        raise error
    assert raised.value.exit_code == Exit.UNFINISHED
    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_is_not_dressed_up_as_something_else() -> None:
    with pytest.raises(ZeroDivisionError), answering():
        raise ZeroDivisionError


def test_with_json_everything_for_people_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(as_json=True)
    out.say("for people")
    out.table(["a"], [[1]])
    out.facts([("name", "value")])
    out.document({"a": 1})
    out.document({"a": 2})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"a": 1}
    assert "for people" in captured.err


def test_a_table_shows_whole_values_when_it_is_piped(capsys: pytest.CaptureFixture[str]) -> None:
    value = "x" * 150
    Output(as_json=False).table(["name", "value"], [["first", value], ["[bold]second[/]", None]])
    out = capsys.readouterr().out
    assert value in out
    assert "[bold]second[/]" in out


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).table(["name"], [], empty="No lead yet.")
    assert capsys.readouterr().out == "No lead yet.\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (("a", None, 2), "a, , 2"),
        ({"a": 1}, "a=1"),
        ("a\x1b[31mb\n", "a [31mb "),
    ],
)
def test_a_cell_is_plain_text_and_can_not_steer_the_terminal(value: object, text: str) -> None:
    assert shown(value) == text


def test_acting_on_a_filter_shows_the_count_and_needs_a_word_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised, answering() as out:
        confirm(out, 12, "delivery", is_agreed=False)
    assert raised.value.exit_code == Exit.WRONG
    err = capsys.readouterr().err
    assert "12 deliveries" in err
    assert "--yes" in err


def test_nothing_that_matches_is_a_no(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as raised, answering() as out:
        confirm(out, 0, "delivery", is_agreed=True)
    assert raised.value.exit_code == Exit.NO


def test_the_configuration_is_what_was_said_else_the_environments_else_the_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADRELAY_CONFIG", raising=False)
    assert config_path(None) == DEFAULT_CONFIG
    monkeypatch.setenv("LEADRELAY_CONFIG", "/etc/leadrelay.yaml")
    assert config_path(None) == Path("/etc/leadrelay.yaml")
    assert config_path(Path("mine.yaml")) == Path("mine.yaml")


@pytest.mark.parametrize(
    ("count", "word", "text"), [(1, "problem", "1 problem"), (2, "problem", "2 problems"), (0, "delivery", "0 deliveries")]
)
def test_counts_read_as_a_person_says_them(count: int, word: str, text: str) -> None:
    assert counted(count, word) == text


def test_a_tree_of_values_becomes_plain_json() -> None:
    assert as_json_value({"place": PROBLEMS[0].place, "many": (1, frozenset({2}))}) == {
        "place": {"file": "leadrelay.yaml", "line": 3, "column": 1},
        "many": [1, [2]],
    }


def test_the_configuration_may_be_named_before_the_command_too(
    folder: Path, leadrelay: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADRELAY_CONFIG", "nowhere.yaml")
    assert leadrelay("--config", str(folder / "leadrelay.yaml"), "check").status == 0
    assert leadrelay("check", "--config", str(folder / "leadrelay.yaml")).status == 0


def test_help_is_shown_for_no_command_and_a_wrong_word_is_wrong_usage(leadrelay: Type) -> None:
    assert "leadrelay demo" in leadrelay("--help").out
    assert leadrelay("chekc").status == 2
    assert leadrelay("leads", "list", "--limit", "0").status == 2
    assert leadrelay("--version").out.startswith("leadrelay 0.")


@pytest.mark.parametrize("heavy", ["sqlalchemy", "fastapi", "rich", "alembic", "pydantic", "structlog", "httpx", "ruamel"])
def test_starting_a_command_loads_nothing_heavy(heavy: str) -> None:
    code = f"import sys; from leadrelay.cli import build; build(); sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_reader_of_a_pipe_that_has_seen_enough_is_told_of_no_error() -> None:
    config = Path(__file__).resolve().parents[2] / "config/leadrelay.yaml"
    command = [str(Path(sys.executable).parent / "leadrelay"), "test", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) < 2


NAMED = {
    "import": ["import", "lists", "{file}"],
    "import --dry-run": ["import", "lists", "{file}", "--dry-run"],
    "try": ["try", "lists", "{file}"],
    "inspect": ["inspect", "{file}"],
    "inspect --source": ["inspect", "{file}", "--source", "lists"],
    "restore": ["restore", "{file}", "--yes"],
    "test": ["test", "{file}"],
}


@pytest.fixture
def reading(folder: Path) -> Path:
    """A configuration with a source that reads files."""
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("sinks:", "  lists: {connector: csvfile}\nsinks:"))
    return folder


@pytest.mark.parametrize("command", NAMED)
@pytest.mark.parametrize(
    ("name", "said"), [("none.csv", "there is no such file"), ("", "this is a folder"), ("x" * 300, "can not be read: ")]
)
def test_a_file_that_can_not_be_opened_is_wrong_usage_for_every_command(
    reading: Path, leadrelay: Type, command: str, name: str, said: str
) -> None:
    path = reading / name
    if command == "test" and not name:  # which takes folders
        path, said = reading / "empty", "there is no mapping or rule file"
        path.mkdir()
    ended = leadrelay(*(word.format(file=path) for word in NAMED[command]))
    assert (ended.status, said in ended.err) == (2, True), ended.err
    assert str(path) in ended.err


@pytest.mark.parametrize("command", [name for name in NAMED if name != "test"])
def test_a_file_whose_contents_can_not_be_used_is_a_no_for_every_command(reading: Path, leadrelay: Type, command: str) -> None:
    (reading / "leads.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    ended = leadrelay(*(word.format(file=reading / "leads.csv") for word in NAMED[command]))
    assert (ended.status, "leads.csv" in ended.err) == (1, True), ended.err
