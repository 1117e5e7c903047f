"""`sources` and `sinks resync`: how sources do, whether they can be read, pausing; and what the shell offers after TAB."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.problems import Problem
from leadrelay.app import open_app
from leadrelay.engine import alerts
from leadrelay.store import cursors, tables
from tests.cli.conftest import SETTINGS, Posted, Type
from tests.cli.test_service import PROGRAM
from tests.support.commands import Commands

ANNA = {"Name": "Anna Weber", "E-Mail": "anna@acme.example"}
MORE = """\
  inbox:
    connector: imap
    host: 127.0.0.1
    port: 1
    tls: off
    user: leads
    password: secret-of-the-mailbox
  files:
    connector: csvfile
    folder: {folder}
  import_only:
    connector: csvfile
sinks:
"""


@pytest.fixture
def several(folder: Path) -> Path:
    """A form, a mailbox that does not answer, a watched folder and a source of imported files."""
    text = SETTINGS.replace("sinks:\n", MORE.format(folder=folder / "drop"))
    (folder / "leadrelay.yaml").write_text(text, encoding="utf-8")
    return folder


def test_sources_are_listed_with_their_mailboxes_and_waiting_files(several: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    (several / "drop").mkdir()
    (several / "drop" / "fair.csv").write_text("email\n", encoding="utf-8")
    rows = {row["name"]: row for row in leadrelay("sources", "list", "--json").document}
    assert rows["website"]["received"] == 1
    assert rows["website"]["states"] == {"processed": 1}
    assert rows["files"]["waiting_files"] == 1
    assert rows["inbox"]["asked_at"] is None
    shown = leadrelay("sources", "list").out
    assert "1 waiting" in shown
    assert "not looked at yet" in shown


def test_a_folder_is_found_from_wherever_the_command_is_typed_and_its_refused_files_are_named(
    folder: Path, leadrelay: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "  files: {connector: csvfile, folder: drop}\nsinks:\n"
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("sinks:\n", source), encoding="utf-8")
    for name in ("drop/a.csv", "drop/failed/b.csv", "drop/failed/b.csv.problem.txt", "drop/failed/looked-after.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", encoding="utf-8")
    monkeypatch.chdir("/")
    (row,) = [row for row in leadrelay("sources", "list", "--json").document if row["name"] == "files"]
    assert (row["waiting_files"], row["failed_files"]) == (1, ["b.csv"])
    assert "1 waiting; could not import b.csv: see the text beside it" in leadrelay("sources", "list").out
    assert f"{folder / 'drop'}" in leadrelay("sources", "probe", "files").out


def test_a_mailbox_that_waits_for_a_person_goes_on_when_it_is_resumed(several: Path, leadrelay: Type) -> None:
    app = open_app(several / "leadrelay.yaml")
    app.migrate()
    with app.database.write() as connection:
        cursors.pause(connection, "inbox", Problem("login", "the server refuses the password"), "")
        alerts.raise_alert(connection, "source:inbox", "source_paused", "the server refuses the password", 1)
    assert "waits for a person: the server refuses the password" in leadrelay("sources", "list").out
    assert leadrelay("sources", "resume", "inbox").status == 0
    assert [row["waits_for"] for row in leadrelay("sources", "list", "--json").document if "waits_for" in row] == [None, None]
    with app.database.read() as connection:
        (alert,) = connection.execute(tables.alert.select()).all()
    app.close()
    assert alert.resolved_at is not None


def test_a_paused_source_keeps_what_comes(folder: Path, posted: Posted, leadrelay: Type) -> None:
    assert leadrelay("sources", "pause", "website", "--reason", "wrong mapping").status == 0
    posted(ANNA)
    assert "paused: wrong mapping" in leadrelay("sources", "list").out
    assert leadrelay("sources", "list", "--json").document[0]["states"] == {"new": 1}
    assert leadrelay("sources", "resume", "website", "--json").document == {"name": "website", "paused": False}


def test_a_form_tells_where_to_post_but_not_its_token(several: Path, leadrelay: Type) -> None:
    ended = leadrelay("sources", "probe", "website")
    assert ended.status == 0
    assert "/in/website/" in ended.out
    assert "t0ken-of-the-website" not in ended.out


def test_a_mailbox_is_asked_and_its_password_not_told(several: Path, leadrelay: Type) -> None:
    pytest.importorskip("connectors.imap.source")
    ended = leadrelay("sources", "probe", "inbox")
    assert ended.status == 3
    assert "inbox" in ended.err
    assert "secret-of-the-mailbox" not in ended.out + ended.err


def test_a_source_is_tried_as_the_file_sets_it_before_that_is_in_force(several: Path, leadrelay: Type) -> None:
    assert leadrelay("reload").status == 0
    file = next(several.rglob("leadrelay.yaml"))
    file.write_text(file.read_text(encoding="utf-8").replace("folder: ", "folder: other-"), encoding="utf-8")
    ended = leadrelay("sources", "probe", "files")
    assert "other-" in ended.out
    assert "leadrelay reload" in ended.err
    file.write_text(file.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    ended = leadrelay("sources", "probe", "files")
    assert ended.status == 2
    assert "nonsense" in ended.err


def test_a_folder_is_looked_at_and_not_made(several: Path, leadrelay: Type) -> None:
    missing = leadrelay("sources", "probe", "files")
    assert missing.status == 1
    assert f"source `files`: {several / 'drop'} is not there: make it, or change `folder`" in missing.err
    assert missing.err.count("drop") == 1, "the folders in it are not told as well"
    assert f"its folder {several / 'drop'} is not there" in leadrelay("sources", "list").out
    assert not (several / "drop").exists()
    (several / "drop").mkdir()
    assert leadrelay("sources", "probe", "files").status == 0
    assert list((several / "drop").iterdir()) == []
    (several / "drop").rmdir()
    (several / "drop").write_text("a file", encoding="utf-8")
    ended = leadrelay("sources", "probe", "files")
    assert ended.status == 1
    assert "no folder" in ended.err
    assert "leadrelay import import_only FILE" in leadrelay("sources", "probe", "import_only").out


@pytest.mark.parametrize("command", ["probe", "pause", "resume"])
def test_an_unknown_source_is_told_with_those_that_are(folder: Path, leadrelay: Type, command: str) -> None:
    ended = leadrelay("sources", command, "webseite")
    assert ended.status == 1
    assert "website" in ended.err


def test_a_resync_wants_every_lead_once_more(folder: Path, posted: Posted, leadrelay: Type) -> None:
    assert leadrelay("sinks", "resync", "crm", "--yes").status == 1
    posted(ANNA)
    assert leadrelay("sinks", "resync", "crm").status == 2
    assert leadrelay("sinks", "resync", "crm", "--yes", "--json").document == {"sink": "crm", "leads": 1}
    app = open_app(folder / "leadrelay.yaml")
    app.keeper.start()
    try:
        with app.database.write() as connection:
            connection.execute(tables.delivery.update().values(state="failed"))
        timers = app.timers()
        while timers.run_once():
            pass
        with app.database.read() as connection:
            assert {row.state for row in connection.execute(tables.delivery.select())} == {"waiting"}
    finally:
        app.close()


# --- completion -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def completed(several: Path, commands: Commands) -> Callable[..., list[str]]:
    """What bash offers after some words and TAB, with the script that `--show-completion` prints."""
    (several / "bin").mkdir()
    inherited = commands.shim(several / "bin")

    def bash(script: str, path: Path) -> str:
        env = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
        ended = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60, env=env, pass_fds=[inherited]
        )
        assert ended.returncode == 0, ended
        return ended.stdout

    # it finds out in which shell it was typed by its parents, so this one is started by that shell
    bash(f'leadrelay --show-completion > "{several}/completion.sh" || exit 7', Path(PROGRAM[0]).parent)

    def offered(*words: str) -> list[str]:
        typed = " ".join(f'"{word}"' for word in ("leadrelay", *words))
        script = f"""
source "{several}/completion.sh"
complete -p leadrelay > /dev/null || exit 8
COMP_WORDS=({typed}); COMP_CWORD={len(words)}
_leadrelay_completion leadrelay
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        return bash(script, several / "bin").split()

    return offered


def test_the_shell_completes_commands_and_the_names_of_the_configuration(completed: Callable[..., list[str]]) -> None:
    assert "merge" in completed("leads", "m")
    assert completed("sources", "probe", "") == ["files", "import_only", "inbox", "website"]
    assert completed("sinks", "resume", "c") == ["crm"]
    assert completed("import", "f") == completed("try", "f") == ["files"]
    assert completed("submissions", "list", "--source", "w") == ["website"]
    assert completed("submissions", "list", "--state", "he") == ["held"]
    assert completed("deliveries", "list", "--sink", "") == ["crm"]
    assert completed("deliveries", "list", "--state", "fa") == ["failed"]


def test_a_broken_configuration_completes_nothing_and_says_nothing(several: Path, completed: Callable[..., list[str]]) -> None:
    (several / "leadrelay.yaml").write_text("sources: [", encoding="utf-8")
    assert completed("sources", "probe", "") == []


# --- check --live -----------------------------------------------------------------------------------------------------


@pytest.fixture
def without_crm(several: Path) -> Path:
    """The same sources, with nothing to write to."""
    text = (several / "leadrelay.yaml").read_text(encoding="utf-8")
    (several / "leadrelay.yaml").write_text(text[: text.index("sinks:")], encoding="utf-8")
    return several


def test_a_live_check_tells_each_source_that_fails_at_its_place_in_the_words_of_the_probe(
    without_crm: Path, leadrelay: Type
) -> None:
    path = without_crm / "leadrelay.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    at = {name: lines.index(f"  {name}:") + 1 for name in ("inbox", "files")}
    checked = leadrelay("check", "--live", "--json")
    assert checked.status == 3
    found = {one["field"]: one for one in checked.document["problems"]}
    assert set(found) == {"sources.inbox", "sources.files.folder"}
    assert (found["sources.inbox"]["line"], found["sources.inbox"]["column"]) == (at["inbox"], 3)
    assert lines[found["sources.files.folder"]["line"] - 1].strip().startswith("folder:")
    assert {one["file"] for one in found.values()} == {str(path)}
    assert checked.document["looked_at"] == ["the watched folder of files", "the mailbox of inbox"]
    for name in ("inbox", "files"):
        said = leadrelay("sources", "probe", name).err.splitlines()[0]
        assert said in [one["message"] for one in found.values()] or any(one["message"] in said for one in found.values())
    shown = leadrelay("check", "--live")
    assert f"{path}:{at['inbox']}:3: source `inbox`: " in shown.err
    assert "Not reached: inbox" in shown.err.splitlines()[-1]
    assert "secret-of-the-mailbox" not in shown.err + shown.out


def test_a_live_check_says_what_it_looked_at_and_a_plain_one_what_it_did_not(without_crm: Path, leadrelay: Type) -> None:
    path = without_crm / "leadrelay.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("  inbox:")] + text[text.index("  files:") :], encoding="utf-8")
    missing = leadrelay("check", "--live")
    assert (missing.status, missing.err.splitlines()[-1]) == (1, "1 problem. Looked at: the watched folder of files.")
    (without_crm / "drop").mkdir()
    live, plain = leadrelay("check", "--live"), leadrelay("check")
    assert (live.status, plain.status) == (0, 0)
    assert live.out.splitlines()[-1].endswith("Looked at: the watched folder of files.")
    assert "--live also asks CRMs and mailboxes and looks into watched folders" in plain.out.splitlines()[-1]
