"""Durable intake and its spool: what is acknowledged is kept, whatever breaks around it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from leadrelay.engine.captures import Accepted, NewSubmission, Unavailable
from leadrelay.engine.intake import Intake
from leadrelay.engine.spool import Spool, finish, read
from leadrelay.store import tables
from leadrelay.store.captures import Numbered
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids
from tests.engine.conftest import START

POST = NewSubmission("web", "k1", False, "new", "", {"content-type": "application/json"}, b"{}", None, START, False)


def posts(count: int, start: int = 0) -> list[Numbered]:
    return [Numbered(1000 + n, replace(POST, key=f"k{n}")) for n in range(start, start + count)]


def stored(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(tables.submission)).scalar_one()


def hand_in(intake: Intake, submissions: Sequence[NewSubmission]) -> list[Accepted | BaseException]:
    """Hand all in at once, as one group, and wait for the answers."""

    async def ask() -> list[Accepted | BaseException]:
        asked = [intake.accept(one) for one in submissions]
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)

    return asyncio.run(ask())


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def intake(database: Database, spool: Spool) -> Iterator[Intake]:
    opened = Intake(database, spool)
    opened.start()
    yield opened
    opened.stop()


def until(condition: object, seconds: float = 8) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


# --- the spool alone --------------------------------------------------------------------------------------------------


def test_a_file_that_another_process_drains_while_it_is_made_is_made_again(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadrelay.engine import spool as module

    real, other = module.fcntl.flock, Spool(spool.folder)
    is_first = [True]

    def slow(file, how):  # type: ignore[no-untyped-def]
        if how == module.fcntl.LOCK_EX and is_first:
            is_first.clear()
            for path, _ in other.claim():  # finds the file empty and unlocked
                path.unlink()
        real(file, how)

    monkeypatch.setattr(module.fcntl, "flock", slow)
    spool.append(posts(3))
    assert other.waiting() == 3


def test_a_file_that_was_drained_between_opening_and_locking_is_passed_over(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadrelay.engine import spool as module

    spool.append(posts(1))
    spool.close()
    real = module.fcntl.flock

    def late(file, how):  # type: ignore[no-untyped-def]
        Path(file.name).unlink()
        real(file, how)

    monkeypatch.setattr(module.fcntl, "flock", late)
    assert list(spool.claim()) == []


def test_a_file_that_a_living_process_writes_is_left_to_it(spool: Spool) -> None:
    spool.append(posts(2))
    assert list(Spool(spool.folder).claim()) == []
    assert spool.waiting() == 2


def test_a_refused_batch_leaves_no_trace_and_the_next_one_is_whole(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadrelay.engine import spool as module

    spool.append(posts(2))
    real = module.os.fsync
    monkeypatch.setattr(module.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        spool.append(posts(2, 2))
    monkeypatch.setattr(module.os, "fsync", real)
    spool.append(posts(2, 4))
    spool.close()
    assert sorted(one.submission.key for path in spool._paths() for one in read(path)) == ["k0", "k1", "k4", "k5"]


def test_unreadable_lines_are_put_aside_and_keep_nothing_back(spool: Spool) -> None:
    spool.append(posts(2))
    spool.close()
    (path,) = spool._paths()
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"\x00\x00 broken\n" + second + b'{"torn')
    assert [one.id for one in read(path)] == [1000, 1001]
    finish(path)
    assert spool.is_empty()
    assert path.with_suffix(".damaged").exists()


# --- intake -----------------------------------------------------------------------------------------------------------


def test_one_post_that_the_store_refuses_does_not_refuse_the_others_of_its_group(intake: Intake, database: Database) -> None:
    good = [replace(POST, key=f"k{n}") for n in range(20)]
    answers = hand_in(intake, [*good[:10], replace(POST, key="bad", submitted_at=2**70), *good[10:]])
    assert [type(answer) for answer in answers].count(Accepted) == 20
    assert isinstance(answers[10], Exception)
    assert stored(database) == 20


def test_an_id_that_another_process_has_drawn_is_drawn_again(intake: Intake, database: Database) -> None:
    class Fixed(Ids):
        numbers = iter([7, 7, 8, 9])

        def one(self, now: int) -> int:
            return next(self.numbers)

    intake._ids = Fixed()
    (first,) = hand_in(intake, [replace(POST, key="a")])
    (second,) = hand_in(intake, [replace(POST, key="b")])
    assert isinstance(first, Accepted) and isinstance(second, Accepted)
    assert first.uid != second.uid
    assert stored(database) == 2


def test_a_broken_spool_file_neither_ends_intake_nor_keeps_the_others_back(
    intake: Intake, database: Database, spool: Spool
) -> None:
    other = Spool(spool.folder)
    other.append([Numbered(1, replace(POST, key="bad", submitted_at=2**70))])
    other.close()
    other.append(posts(3))
    other.close()
    assert until(lambda: stored(database) == 3)
    (answer,) = hand_in(intake, [replace(POST, key="alive")])
    assert isinstance(answer, Accepted)
    assert spool.waiting() == 1
    assert intake.is_ready()


def test_a_spool_file_that_another_process_drains_first_does_not_end_intake(
    intake: Intake, database: Database, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadrelay.engine import intake as module

    seen = threading.Event()

    def gone(path: Path) -> Iterator[Numbered]:
        path.unlink()
        seen.set()
        yield from ()

    monkeypatch.setattr(module, "read", gone)
    other = Spool(spool.folder)
    other.append(posts(1))
    other.close()
    assert seen.wait(8)
    (answer,) = hand_in(intake, [replace(POST, key="alive")])
    assert isinstance(answer, Accepted)


def test_what_is_spooled_while_the_store_is_away_is_stored_once_it_is_back(
    intake: Intake, database: Database, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = intake._write
    is_away = threading.Event()
    is_away.set()

    def write(numbered, may_exist):  # type: ignore[no-untyped-def]
        if is_away.is_set():
            if not may_exist:
                real(numbered, may_exist)  # the commit happens, its answer is lost
            raise StoreUnavailable("away")
        return real(numbered, may_exist)

    monkeypatch.setattr(intake, "_write", write)
    answers = hand_in(intake, [replace(POST, key=f"k{n}") for n in range(5)])
    assert all(isinstance(answer, Accepted) and answer.is_spooled for answer in answers)
    is_away.clear()
    assert until(lambda: spool.is_empty() and not intake.is_store_away())
    assert stored(database) == 5
    with database.read() as connection:
        assert connection.execute(select(tables.counter.c.received)).scalar_one() == 5


def test_who_posts_after_the_end_is_told_to_come_again(database: Database, spool: Spool) -> None:
    intake = Intake(database, spool)
    intake.start()
    intake.stop()
    (answer,) = hand_in(intake, [POST])
    assert isinstance(answer, Unavailable)
