"""What a killed `backup` or `restore` leaves behind: the next one removes it, and never what a running one is making."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from leadrelay import half_made
from leadrelay.app import open_app
from leadrelay.engine.timers import set_timer
from tests.cli.conftest import Posted, Type
from tests.support.commands import Command, Commands

ROWS, BYTES = 6_000, 4_000
"""So many that neither command is done before it can be stopped."""


@pytest.fixture
def saved(folder: Path, posted: Posted, leadrelay: Type) -> Path:
    """A backup of a store with some megabytes in it."""
    posted({"Name": "Anna Weber", "E-Mail": "anna@acme.example"})
    with closing(sqlite3.connect(folder / "data/leadrelay.db")) as store, store:
        store.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO submission (id, source, state, key, received_at, body) "
            "SELECT i, 'website', 'new', 'k' || i, 1, randomblob(?) FROM n",
            (ROWS, BYTES),
        )
        store.execute("UPDATE counter SET received = received + ? WHERE source = 'website'", (ROWS,))
    file = folder / "backups/saved.zip"
    assert leadrelay("backup", str(file)).status == 0
    return file


def halves(folder: Path) -> set[str]:
    """What is half made in a folder."""
    return {path.name for path in folder.iterdir() if any(mark in path.name for mark in (".partial", ".copy", ".restoring-"))}


@contextmanager
def stopped(commands: Commands, words: list[str], at: Callable[[], bool]) -> Iterator[Command]:
    """A command in a process of its own, stopped in the middle of its work; killed at the end if it still is."""
    with commands.start(*words) as process:
        try:
            give_up_at = time.monotonic() + 60
            while not at():
                assert process.poll() is None, "it was done before it could be stopped"
                assert time.monotonic() < give_up_at
                time.sleep(0.001)
            os.kill(process.pid, signal.SIGSTOP)
            yield process
        finally:
            process.kill()


def is_growing(folder: Path, pattern: str) -> Callable[[], bool]:
    def look() -> bool:
        return any(path.stat().st_size > 100_000 for path in folder.glob(pattern))

    return look


def test_the_next_backup_removes_what_a_killed_one_left_whatever_its_name(
    folder: Path, commands: Commands, saved: Path, leadrelay: Type
) -> None:
    words = ["backup", str(saved.parent / "monday.zip")]
    with stopped(commands, words, is_growing(saved.parent, ".monday.zip.*.partial")):
        pass
    left = halves(saved.parent)
    assert {name.rsplit(".", 1)[1] for name in left} >= {"partial", "copy"}
    other = saved.parent / ".film.partial"
    other.write_bytes(b"of another program")
    assert leadrelay("backup", str(saved.parent / "tuesday.zip")).status == 0
    assert halves(saved.parent) == {other.name}
    assert not (saved.parent / "monday.zip").exists()


def test_a_backup_that_is_running_loses_nothing_to_another_one(
    folder: Path, commands: Commands, saved: Path, leadrelay: Type
) -> None:
    words = ["backup", str(saved.parent / "monday.zip")]
    with stopped(commands, words, is_growing(saved.parent, ".monday.zip.*.partial")) as running:
        its = halves(saved.parent)
        assert leadrelay("backup", str(saved.parent / "tuesday.zip")).status == 0
        assert halves(saved.parent) == its
        os.kill(running.pid, signal.SIGCONT)
        assert running.wait(timeout=60) == 0
    assert halves(saved.parent) == set()
    assert leadrelay("restore", str(saved.parent / "monday.zip"), "--replace", "--yes").status == 0
    assert leadrelay("audit").status == 0


@pytest.mark.parametrize("by", ["restore", "backup", "worker"])
def test_what_a_killed_restore_left_is_removed(folder: Path, commands: Commands, saved: Path, leadrelay: Type, by: str) -> None:
    data = folder / "data"
    with stopped(commands, ["restore", str(saved), "--replace", "--yes"], is_growing(data, ".leadrelay.db.restoring-*")):
        pass
    assert halves(data)
    if by == "restore":
        assert leadrelay("restore", str(saved), "--replace", "--yes").status == 0
    elif by == "backup":
        assert leadrelay("backup", str(folder / "next.zip")).status == 0
    else:
        app = open_app(folder / "leadrelay.yaml")
        app.keeper.start()
        set_timer(app.database, app.ids, "retention", "retention", app.clock())
        assert app.timers().run_once() > 0
        app.close()
    assert halves(data) == set()
    assert leadrelay("audit").status == 0


def test_a_restore_that_is_running_loses_nothing_to_a_backup(
    folder: Path, commands: Commands, saved: Path, leadrelay: Type
) -> None:
    data = folder / "data"
    with stopped(
        commands, ["restore", str(saved), "--replace", "--yes"], is_growing(data, ".leadrelay.db.restoring-*")
    ) as running:
        its = halves(data)
        assert leadrelay("backup", str(folder / "next.zip")).status == 0
        assert halves(data) == its
        os.kill(running.pid, signal.SIGCONT)
        assert running.wait(timeout=60) == 0
    assert halves(data) == set()
    assert leadrelay("audit").status == 0


def test_a_link_or_a_folder_of_such_a_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / ".a.zip.leadrelay-abcd1234.partial").symlink_to(tmp_path / "mine.txt")
    (tmp_path / ".b.zip.leadrelay-abcd1234.partial").mkdir()
    before = set(tmp_path.iterdir())
    assert half_made.clear_backups(tmp_path) == 0
    assert half_made.clear_backups(tmp_path / "not there") == 0
    assert set(tmp_path.iterdir()) == before
