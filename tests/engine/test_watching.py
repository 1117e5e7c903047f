"""A watched folder with real files: what lies still is imported and put away, what can not be read put aside with its reason."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from leadrelay.app import App, open_app
from leadrelay.engine import alerts
from leadrelay.engine.erase import erase
from leadrelay.engine.watching import Watching
from leadrelay.store import captures, cursors
from leadrelay.store.database import Database
from tests.support.commands import Commands

SETTINGS = """\
store: {store}
data_dir: {folder}/data
sources:
  inbox: {{connector: csvfile, folder: in, every: 100 ms, quiet_for: 0 ms{more}}}
"""
LEADS = "Name,E-Mail\nAnna Weber,anna@acme.example\nBen Kurz,ben@acme.example\n"


def opened(folder: Path, store: str, more: str = "") -> App:
    (folder / "leadrelay.yaml").write_text(SETTINGS.format(store=store, folder=folder, more=more))
    (folder / "in").mkdir(exist_ok=True)
    app = open_app(folder / "leadrelay.yaml", {})
    app.migrate()
    app.keeper.start()
    return app


@pytest.fixture
def app(store_url: str, tmp_path: Path) -> Iterator[App]:
    app = opened(tmp_path, store_url)
    yield app
    app.close()


_OPEN: list[Watching] = []


def watching(app: App) -> Watching:
    _OPEN.append(Watching(app, app.configuration.settings.sources["inbox"]))
    return _OPEN[-1]


@pytest.fixture(autouse=True)
def _given_back() -> Iterator[None]:
    """No thread of a test renews a lease behind its end."""
    yield
    while _OPEN:
        _OPEN.pop()._drop()


def look(one: Watching, times: int = 2) -> None:
    for _ in range(times):
        one.run_once(threading.Event())


def received(database: Database) -> int:
    with database.read() as connection:
        return captures.received(connection).get("inbox", 0)


def told(app: App) -> list[tuple[object, object]]:
    with app.database.read() as connection:
        return [(one["kind"], one["message"]) for one in alerts.open_alerts(connection)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_file_is_imported_and_moved_to_the_done_ones_with_its_rejected_rows(app: App, tmp_path: Path) -> None:
    (tmp_path / "in" / "leads.csv").write_text(LEADS + ",,too much\n")
    look(watching(app))
    assert received(app.database) == 3
    assert names(tmp_path / "in") == []
    assert names(tmp_path / "in" / "done") == ["leads.csv", "leads.rejected.csv"]


def test_a_file_that_is_still_uploading_is_left_alone(app: App, tmp_path: Path) -> None:
    for name in ("leads.csv.part", ".leads.csv", "leads.csv.tmp", "~$leads.xlsx"):
        (tmp_path / "in" / name).write_text(LEADS)
    look(watching(app))
    assert received(app.database) == 0
    assert len(names(tmp_path / "in")) == 4


def test_a_file_that_grows_is_read_once_it_has_not_changed_for_long_enough(store_url: str, tmp_path: Path) -> None:
    app = opened(tmp_path, store_url)
    (tmp_path / "leadrelay.yaml").write_text((tmp_path / "leadrelay.yaml").read_text().replace("0 ms", "300 ms"))
    app.keeper.reload()
    one = watching(app)
    path = tmp_path / "in" / "leads.csv"
    with path.open("w") as file:
        for line in LEADS.splitlines(keepends=True):
            file.write(line)
            file.flush()
            look(one, 3)
            time.sleep(0.15)
            assert received(app.database) == 0
    look(one)
    time.sleep(0.35)
    look(one)
    assert received(app.database) == 2
    app.close()


def test_a_refused_file_leaves_one_line_in_the_log_that_names_it_and_nobody(app: App, tmp_path: Path) -> None:
    (tmp_path / "in" / "list.csv").write_text("Petra Quast,Hauptstr. 5\nOtto Lind,Ring 7\n")
    (tmp_path / "in" / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    with capture_logs() as logged:
        look(watching(app), 5)
    refused = {str(line["file"]): line for line in logged if line["event"] == "file_refused"}
    assert len([line for line in logged if line["event"] == "file_refused"]) == len(refused) == 2
    assert {line["log_level"] for line in refused.values()} == {"warning"}
    assert "PNG" in str(refused["picture.csv"]["reason"])
    assert "no column was recognized" in str(refused["list.csv"]["reason"])
    assert not any(word in repr(logged) for word in ("Petra", "Quast", "Haupt", "Otto", "Lind"))


def test_a_file_that_can_not_be_imported_is_put_aside_with_the_reason_and_one_alert(app: App, tmp_path: Path) -> None:
    (tmp_path / "in" / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    (tmp_path / "in" / "doubt.csv").write_text("Name,E-Mail,Interesse\nAnna,a@acme.example,Messe\n")
    one = watching(app)
    look(one, 3)
    failed = tmp_path / "in" / "failed"
    assert names(failed) == ["doubt.csv", "doubt.csv.problem.txt", "picture.csv", "picture.csv.problem.txt"]
    assert "columns: {Interesse:" in (failed / "doubt.csv.problem.txt").read_text()
    ((kind, message),) = told(app)
    assert kind == "file_not_imported"
    assert "doubt.csv and 1 more" in str(message)
    for path in failed.glob("*.problem.txt"):
        path.unlink()
    look(one)
    assert told(app) == []


def test_the_same_name_again_gets_a_number_and_the_same_file_makes_nothing_new(app: App, tmp_path: Path) -> None:
    one = watching(app)
    for text in (LEADS, LEADS, LEADS + "Cara,cara@acme.example\n"):
        (tmp_path / "in" / "leads.csv").write_text(text)
        look(one)
    assert names(tmp_path / "in" / "done") == ["leads-2.csv", "leads-3.csv", "leads.csv"]
    assert received(app.database) == 5, "two, none, and three of which two are duplicates"
    assert app.audit()["unaccounted"] == 0


def test_a_file_name_that_is_no_text_does_no_harm(app: App, tmp_path: Path) -> None:
    (tmp_path / "in" / os.fsdecode(b"m\xfcnchen.csv")).write_text(LEADS + ",,too much\n")
    (tmp_path / "in" / os.fsdecode(b"k\xf6ln.csv")).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    look(watching(app))
    assert received(app.database) == 3
    assert names(tmp_path / "in") == []
    assert len(names(tmp_path / "in" / "done")) == len(names(tmp_path / "in" / "failed")) == 2


def test_only_files_of_the_patterns_are_taken(store_url: str, tmp_path: Path) -> None:
    app = opened(tmp_path, store_url, ", patterns: ['*.csv']")
    (tmp_path / "in" / "LEADS.CSV").write_text(LEADS)
    (tmp_path / "in" / "leads.txt").write_text(LEADS)
    look(watching(app))
    assert names(tmp_path / "in") == ["leads.txt"]
    app.close()


def test_one_worker_at_a_time_looks_into_the_folder(app: App, tmp_path: Path) -> None:
    first, second = watching(app), watching(app)
    look(first, 1)
    (tmp_path / "in" / "leads.csv").write_text(LEADS)
    look(second)
    assert received(app.database) == 0
    first.close()
    look(second)
    assert received(app.database) == 2
    with app.database.read() as connection:
        assert cursors.read(connection, "inbox").is_held(app.clock())


def test_a_folder_that_is_not_there_is_told_and_found_once_it_is(app: App, tmp_path: Path) -> None:
    (tmp_path / "in").rmdir()
    one = watching(app)
    look(one)
    ((kind, message),) = told(app)
    assert kind == "folder_not_usable"
    assert "Create it" in str(message)
    (tmp_path / "in").mkdir()
    look(one)
    assert told(app) == []


def test_a_file_that_comes_to_be_among_the_done_ones_meanwhile_keeps_its_place(app: App, tmp_path: Path) -> None:
    (tmp_path / "in" / "leads.csv").write_text(LEADS)
    one = watching(app)
    one._hold()
    other, (path,) = tmp_path / "in" / "done" / "leads.csv", one._ready()
    importing = one._import

    def import_slowly(*told) -> object:
        found = importing(*told)
        other.write_text("somebody else's")
        return found

    one._import = import_slowly  # type: ignore[method-assign] - somebody puts a file there while ours is read
    one._bring(path, threading.Event())
    assert other.read_text() == "somebody else's"
    assert (tmp_path / "in" / "done" / "leads-2.csv").read_text() == LEADS


def slow_end(one: Watching, then: Callable[[], object]) -> None:
    """Let something happen between the end of an import and the moving of its file."""
    importing = one._import

    def import_slowly(*told: Any) -> object:
        found = importing(*told)
        then()
        return found

    one._import = import_slowly  # type: ignore[method-assign]


MORE = "Name,E-Mail\nCara Lang,cara@acme.example\n"


def test_a_file_that_takes_the_place_of_an_imported_one_before_that_is_moved_is_imported_too(app: App, tmp_path: Path) -> None:
    path, other = tmp_path / "in" / "leads.csv", tmp_path / "other.csv"
    path.write_text(LEADS)
    other.write_text(MORE)
    one = watching(app)
    slow_end(one, lambda: other.exists() and other.replace(path))
    look(one, 4)
    assert received(app.database) == 3
    assert names(tmp_path / "in") == []


def test_rows_that_are_added_to_an_imported_file_before_it_is_moved_are_imported_too(app: App, tmp_path: Path) -> None:
    path = tmp_path / "in" / "leads.csv"
    path.write_text(LEADS)
    one = watching(app)
    added: list[bool] = []

    def add() -> None:
        if not added:
            added.append(True)
            with path.open("a") as file:
                file.write("Cara Lang,cara@acme.example\n")

    slow_end(one, add)
    look(one, 4)
    assert received(app.database) - 2 == 3, "the first two rows are known when the file is read once more"
    assert names(tmp_path / "in") == []
    assert app.audit()["unaccounted"] == 0


def test_a_file_that_is_written_while_another_one_is_imported_has_to_lie_still_again(store_url: str, tmp_path: Path) -> None:
    app = opened(tmp_path, store_url)
    (tmp_path / "leadrelay.yaml").write_text((tmp_path / "leadrelay.yaml").read_text().replace("0 ms", "200 ms"))
    app.keeper.reload()
    first, second = tmp_path / "in" / "first.csv", tmp_path / "in" / "second.csv"
    first.write_text(LEADS)
    os.utime(first, (1_000_000_000, 1_000_000_000))
    second.write_text(MORE)
    one = watching(app)
    slow_end(one, lambda: second.exists() and second.write_text("Name,E-Mail\nCara Lang,cara@ac"))
    look(one, 1)
    time.sleep(0.25)
    look(one, 1)
    assert received(app.database) == 2
    assert names(tmp_path / "in") == ["second.csv"]
    second.write_text(MORE)
    for _ in range(2):
        look(one, 1)
        time.sleep(0.25)
    look(one, 1)
    assert received(app.database) == 3
    app.close()


@pytest.mark.skipif(not os.path.ismount("/dev/shm"), reason="wants a second file system")
def test_a_file_is_moved_whole_to_another_file_system(store_url: str, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        app = opened(tmp_path, store_url, f", done_folder: {other}/done")
        (tmp_path / "in" / "leads.csv").write_text(LEADS)
        look(watching(app))
        assert (Path(other) / "done" / "leads.csv").read_text() == LEADS
        assert [path.name for path in (Path(other) / "done").iterdir()] == ["leads.csv"]
        assert names(tmp_path / "in") == []
        app.close()


def test_a_file_that_is_taken_away_while_it_is_imported_is_no_trouble(app: App, tmp_path: Path) -> None:
    path = tmp_path / "in" / "leads.csv"
    path.write_text(LEADS)
    one = watching(app)
    slow_end(one, path.unlink)
    look(one, 3)
    assert received(app.database) == 2
    assert told(app) == []


def test_a_link_is_never_followed_out_of_the_folder(app: App, tmp_path: Path) -> None:
    secret = tmp_path / "secrets.csv"
    secret.write_text(LEADS)
    (tmp_path / "in" / "leads.csv").symlink_to(secret)
    look(watching(app))
    assert received(app.database) == 0
    assert secret.read_text() == LEADS
    assert "is a link" in (tmp_path / "in" / "failed" / "leads.csv.problem.txt").read_text()
    assert (tmp_path / "in" / "failed" / "leads.csv").is_symlink()


def test_rejected_rows_are_written_through_no_link_and_read_by_nobody_else(app: App, tmp_path: Path) -> None:
    (tmp_path / "in" / "done").mkdir()
    (tmp_path / "in" / "done" / "leads.rejected.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "in" / "leads.csv").write_text(LEADS + ",,too much\n")
    look(watching(app))
    assert not (tmp_path / "elsewhere.csv").exists()
    written = tmp_path / "in" / "done" / "leads.rejected-2.csv"
    rejected = written if written.exists() else tmp_path / "in" / "done" / "leads-2.rejected.csv"
    assert rejected.stat().st_mode & 0o007 == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_can_not_be_read_keeps_back_no_other_and_is_told_until_it_is_gone(app: App, tmp_path: Path) -> None:
    (tmp_path / "in" / "first.csv").write_text(LEADS)
    (tmp_path / "in" / "first.csv").chmod(0)
    (tmp_path / "in" / "second.csv").write_text(LEADS)
    one = watching(app)
    look(one, 3)
    assert received(app.database) == 2
    ((kind, message),) = told(app)
    assert kind == "folder_not_usable"
    assert "first.csv" in str(message)
    (tmp_path / "in" / "first.csv").unlink()
    look(one)
    assert told(app) == []


def test_a_file_that_fails_inside_leadrelay_keeps_back_no_other(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in" / "first.xlsx").write_bytes(b"PK\x03\x04" + bytes(90))
    (tmp_path / "in" / "second.csv").write_text(LEADS)
    os.utime(tmp_path / "in" / "first.xlsx", (1, 1))
    monkeypatch.setattr("connectors.csvfile.workbook.CalamineWorkbook", _Broken)
    look(watching(app), 3)
    assert received(app.database) == 2
    ((kind, message),) = told(app)
    assert (kind, "the log has the trace" in str(message)) == ("folder_not_usable", True)
    assert names(tmp_path / "in") == ["first.xlsx"]


class _Broken:
    """A library that fails in a way that it does not tell of."""

    @staticmethod
    def from_path(_path: Path) -> None:
        raise RuntimeError("broken")


def test_who_was_erased_comes_back_by_no_file_that_brought_them_before(app: App, tmp_path: Path) -> None:
    one = watching(app)
    (tmp_path / "in" / "anna@acme.example.csv").write_text(LEADS)
    look(one)
    while app.processor().run_once():
        pass
    receipt = erase(app, "anna@acme.example", by="test")
    assert receipt.counts["submissions"] == 1
    assert any("the files themselves" in left for left in receipt.left)
    with app.database.read() as connection:
        (known,) = connection.exec_driver_sql("SELECT file_name, reading FROM file_import").all()
    assert "anna" not in known.file_name + known.reading
    (tmp_path / "in" / "again.csv").write_text(LEADS)
    (tmp_path / "in" / "more.csv").write_text(LEADS + "Cara Lang,cara@acme.example\n")
    look(one, 3)
    while app.processor().run_once():
        pass
    assert states(app) == {"erased": 1, "processed": 2, "duplicate": 2}
    assert app.audit()["unaccounted"] == 0


def states(app: App) -> dict[str, int]:
    with app.database.read() as connection:
        found = connection.exec_driver_sql("SELECT state, count(*) FROM submission GROUP BY state").all()
    return {row[0]: row[1] for row in found}


@pytest.mark.crash
def test_workers_that_are_killed_at_any_moment_lose_and_double_nothing(
    store_url: str, tmp_path: Path, commands: Commands
) -> None:
    app = opened(tmp_path, store_url)
    for number in range(4):
        rows = "".join(f"Anna{row},anna{number}x{row}@acme.example\n" for row in range(2_500))
        (tmp_path / "in" / f"leads{number}.csv").write_text("Name,E-Mail\n" + rows)
    for turn in range(4):
        before, give_up_at = received(app.database), time.monotonic() + 30
        with app.database.write() as connection:  # as if the dead worker's time were over
            connection.exec_driver_sql("UPDATE cursor SET leased_until = 0")
            connection.exec_driver_sql("UPDATE file_import SET leased_until = 0")
        process = commands.start("worker", "--config", tmp_path / "leadrelay.yaml")
        while received(app.database) < (10_000 if turn == 3 else before + 1) and time.monotonic() < give_up_at:
            time.sleep(0.01)
        if turn == 3:
            while names(tmp_path / "in") and time.monotonic() < give_up_at:
                time.sleep(0.05)
        process.kill()
        process.wait()
    assert received(app.database) == 10_000
    assert names(tmp_path / "in" / "done") == [f"leads{number}.csv" for number in range(4)]
    with app.database.read() as connection:
        states = dict(tuple(row) for row in connection.exec_driver_sql("SELECT state, count(*) FROM submission GROUP BY state"))
    assert "duplicate" not in states
    assert app.audit()["unaccounted"] == 0
    app.close()
