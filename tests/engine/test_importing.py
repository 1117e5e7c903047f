"""Files in the store: counted, resumed behind the last committed record, never doubled; rejected rows in a file of their own."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.csvfile import SPEC
from connectors.csvfile.config import CsvFileConfig
from connectors.sources import FileFeed, FileOptions, SourceContext, UnreadableFile
from core.mail.keys import mail_key
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.clock import system_clock
from leadrelay.engine.importing import Busy, Changed, Imported, Importer, Interrupted
from leadrelay.engine.occurrences import Occurrences
from leadrelay.engine.rejects import harmless
from leadrelay.store import captures, imports, tables
from leadrelay.store.captures import FileRow, Numbered
from leadrelay.store.database import Database

NOW = 1_790_000_000_000


def opener(path: Path):
    def open_feed(reading: str) -> FileFeed:
        assert SPEC.open_file is not None
        return SPEC.open_file(SourceContext("lists", "DE"), CsvFileConfig(), path, FileOptions(reading=reading))

    return open_feed


def run(database: Database, path: Path, **more) -> Imported:
    return Importer(database, batch=more.pop("batch", 10)).run("lists", path, opener(path), **more)


def write(path: Path, rows: list[list[str]], header: tuple[str, ...] = ("Name", "E-Mail")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def people(numbers: range) -> list[list[str]]:
    return [[f"Anna Weber{number}", f"anna{number}@acme.example"] for number in numbers]


def stored(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        query = select(tables.submission.c.state, tables.submission.c.body)
        return [(row.state, "" if row.body is None else bytes(row.body).decode()) for row in connection.execute(query)]


def addresses(database: Database, state: str = "new") -> list[str]:
    return sorted(json.loads(body)["person.email"] for found, body in stored(database) if found == state)


def received(database: Database) -> int:
    with database.read() as connection:
        return captures.received(connection).get("lists", 0)


def test_every_row_becomes_a_submission_behind_the_fresh_ones_with_its_file_and_line(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "leads.csv", [*people(range(25)), [], ["", ""]])
    done = run(database, path)
    assert (done.counts.records, done.counts.accepted, done.counts.blank) == (27, 25, 2)
    assert addresses(database) == sorted(f"anna{number}@acme.example" for number in range(25))
    with database.read() as connection:
        rows = list(connection.execute(select(tables.submission)))
    assert {row.priority for row in rows} == {1}
    assert {json.loads(row.headers)["x-leadrelay-file"] for row in rows} == {"leads.csv"}
    assert sorted(int(json.loads(row.headers)["x-leadrelay-line"]) for row in rows) == list(range(2, 27))
    assert received(database) == 25


def test_the_same_file_is_known_without_being_read_and_once_more_makes_only_duplicates(
    database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "leads.csv", people(range(25)))
    first = run(database, path)
    again = run(database, path.rename(tmp_path / "copy.csv"))
    assert again.is_known
    assert again.counts == first.counts
    assert received(database) == 25
    forced = run(database, tmp_path / "copy.csv", is_again=True)
    assert (forced.counts.accepted, forced.counts.duplicates) == (0, 25)
    assert len(addresses(database)) == 25
    assert run(database, tmp_path / "copy.csv").is_known


def test_an_overlapping_file_brings_only_what_is_new(database: Database, tmp_path: Path) -> None:
    run(database, write(tmp_path / "monday.csv", people(range(25))))
    turned = [[address, name, ""] for name, address in reversed(people(range(20, 40)))]
    tuesday = run(database, write(tmp_path / "tuesday.csv", turned, ("E-Mail", "Name", "Firma")))
    assert (tuesday.counts.accepted, tuesday.counts.duplicates) == (15, 5)
    assert len(addresses(database)) == 40


def test_a_row_that_stands_twice_in_a_file_is_kept_twice_but_only_once(database: Database, tmp_path: Path) -> None:
    rows = [*people(range(12)), *people(range(3, 5)), *people(range(3, 4))]
    assert run(database, write(tmp_path / "leads.csv", rows)).counts.accepted == 15
    random.Random(1).shuffle(rows)
    assert run(database, write(tmp_path / "again.csv", rows)).counts.duplicates == 15
    more = run(database, write(tmp_path / "more.csv", [*rows, *people(range(3, 4))])).counts
    assert (more.accepted, more.duplicates) == (1, 15)


def test_rejected_rows_are_submissions_and_stand_in_a_file_that_no_spreadsheet_calculates(
    database: Database, tmp_path: Path
) -> None:
    rows = [*people(range(3)), ["=cmd|' /C calc'!A0", "a@acme.example", "+49", "-1"], ["", "", "@x"]]
    done = run(database, write(tmp_path / "leads.csv", rows, ("Name", "E-Mail", "Notiz")))
    assert (done.counts.accepted, done.counts.rejected) == (3, 2)
    assert done.rejects == tmp_path / "leads.rejected.csv"
    with done.rejects.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    assert found[0] == ["line", "reason", "Name", "E-Mail", "Notiz"]
    assert found[1][0] == "5"
    assert found[1][2:] == ["'=cmd|' /C calc'!A0", "a@acme.example", "'+49", "'-1"]
    assert found[2] == ["6", "it names no person and no company: Name, E-Mail are all empty", "", "", "'@x"]
    with database.read() as connection:
        query = select(tables.submission.c.reason).where(tables.submission.c.state == "rejected")
        assert sorted(row.reason[:8] for row in connection.execute(query)) == ["line 5: ", "line 6: "]
    assert received(database) == 5


@pytest.mark.parametrize("cell", ["=1+1", "+49 30 1", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless(f"a{cell}") == f"a{cell}"


def test_a_file_of_rejected_rows_is_never_written_over_anothers(database: Database, tmp_path: Path) -> None:
    (tmp_path / "leads.rejected.csv").write_text("mended by hand")
    done = run(database, write(tmp_path / "leads.csv", [*people(range(3)), ["", "", "x"]], ("Name", "E-Mail", "Notiz")))
    assert done.rejects == tmp_path / "leads-2.rejected.csv"
    assert (tmp_path / "leads.rejected.csv").read_text() == "mended by hand"


def test_an_import_that_was_stopped_goes_on_behind_its_last_batch(database: Database, tmp_path: Path) -> None:
    rows = [row for number in range(8) for row in [*people(range(number * 10, number * 10 + 9)), ["", "", f"x{number}"]]]
    path = write(tmp_path / "leads.csv", rows, ("Name", "E-Mail", "Notiz"))
    looks = iter([False, False, False, True])
    with pytest.raises(Interrupted) as stopped:
        run(database, path, is_stopped=lambda: next(looks))
    assert stopped.value.counts.records == 30
    assert len(addresses(database)) == 27
    done = run(database, path)
    assert done.resumed_at == 30
    assert (done.counts.records, done.counts.accepted, done.counts.rejected, done.counts.duplicates) == (80, 72, 8, 0)
    assert len(addresses(database)) == 72
    assert done.rejects is not None
    lines = [line[0] for line in csv.reader(done.rejects.open(encoding="utf-8-sig"))][1:]
    assert lines == ["11", "21", "31", "41", "51", "61", "71", "81"], "each rejected row stands there once, in order"
    assert received(database) == 80


def test_a_file_that_changes_while_it_is_read_is_noticed_and_nothing_is_lost(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "leads.csv", people(range(40)))

    def grow(*_: object) -> None:
        write(path, people(range(60)))

    with pytest.raises(Changed, match="changed while it was read"):
        run(database, path, progress=grow)
    assert run(database, path).counts.records == 60
    assert len(addresses(database)) == 60


def test_rows_that_were_not_read_from_a_file_are_taken_when_it_comes_back_after_it_was_written_over(
    database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "leads.csv", people(range(5_000)))

    def write_over(*_: object) -> None:
        write(path, people(range(5_000, 10_000)))

    with pytest.raises(Changed):
        run(database, path, progress=write_over, batch=100)
    write(path, people(range(5_000)))
    run(database, path, batch=100)
    assert {address for _, address in people(range(5_000))} <= set(addresses(database))


def test_a_file_that_another_takes_the_place_of_before_it_is_opened_is_not_taken_for_it(
    database: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "leads.csv", people(range(30)))
    other = write(tmp_path / "other.csv", people(range(100, 130)))

    def open_late(reading: str) -> FileFeed:
        other.replace(path)
        return opener(path)(reading)

    with pytest.raises(Changed):
        Importer(database, batch=10).run("lists", path, open_late)
    assert run(database, path).counts.accepted == 30
    run(database, write(path, people(range(30))))
    assert len(addresses(database)) == 60


def test_a_file_that_can_not_be_read_because_it_is_being_written_has_changed(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "leads.csv", people(range(30)))

    def open_late(reading: str) -> FileFeed:
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
        return opener(path)(reading)

    with pytest.raises(Changed):
        Importer(database).run("lists", path, open_late)


def test_a_file_that_is_no_table_leaves_nothing(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    with pytest.raises(UnreadableFile, match=r"leads\.csv"):
        run(database, path)
    with database.read() as connection:
        assert imports.totals(connection) == {}


def test_two_imports_of_one_file_at_once_make_one(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "leads.csv", people(range(300)))
    ended: list[object] = []

    def bring() -> None:
        try:
            ended.append(run(database, path, progress=lambda *_: time.sleep(0.005)))
        except Busy as busy:
            ended.append(busy)

    threads = [threading.Thread(target=bring) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Imported) and not one.is_known for one in ended) == 1
    assert len(addresses(database)) == 300
    assert received(database) == 300


def test_an_import_that_died_before_the_clock_was_set_back_is_gone_on_with(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "leads.csv", people(range(50)))
    hours = 3 * 3_600_000
    ahead = Importer(database, batch=10, clock=lambda: system_clock() + hours)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ahead.run("lists", path, opener(path), progress=die)
    began = time.monotonic()
    assert run(database, path).counts.accepted == 50
    assert time.monotonic() - began < 60
    assert len(addresses(database)) == received(database) == 50


def test_who_was_taken_over_commits_nothing_more(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "leads.csv", people(range(50)))

    def take_over(*_: object) -> None:
        with database.write() as connection:
            connection.execute(tables.file_import.update().values(token=1))

    with pytest.raises(Busy, match="taken over"):
        run(database, path, progress=take_over)
    assert len(addresses(database)) == received(database) == 0


def test_rows_of_files_are_committed_as_any_submissions_are(database: Database) -> None:
    """Twice the same batch through each of the two ways ends in the same rows, keys and counters."""

    def rows_of(source: str) -> list[tuple[object, ...]]:
        table = tables.submission
        query = select(table.c.state, table.c.key, table.c.body, table.c.headers, table.c.priority, table.c.duplicate_of).where(
            table.c.source == source).order_by(table.c.id)  # fmt: skip
        with database.read() as connection:
            return [(*tuple(row)[:5], None if row[5] is None else row[5] % 100) for row in connection.execute(query)]

    rows = [FileRow("new", "", f"k{number}", None, "{}", b"{}") for number in range(5)]
    rows.append(FileRow("rejected", "line 7: no", "k0", None, "{}", b"[]"))
    for start in (100, 300):
        given = rows if start == 100 else [*rows[3:], FileRow("new", "", "k9", NOW, "{}", b"{}")]
        ids = list(range(start, start + len(given)))
        with database.write() as connection:
            found = captures.commit_rows(connection, "lists", ids, given, received_at=NOW, is_test=False)
            plain = [
                Numbered(number + 1000, NewSubmission("posts", key, False, state, reason, {}, body, at, NOW, False, 1))
                for number, (state, reason, key, at, _, body) in zip(ids, given, strict=True)
            ]
            firsts = captures.commit(connection, plain)
        assert found == sum(first != number for number, first in firsts.items())
    assert rows_of("lists") == rows_of("posts")
    with database.read() as connection:
        assert captures.received(connection) == {"lists": 10, "posts": 10}


def test_equal_keys_are_counted_far_apart() -> None:
    occurrences = Occurrences()
    keys = [number.to_bytes(8, "little") * 2 for number in range(0, 500_000, 2)]
    assert [occurrences.next(key) for key in keys] == [1] * len(keys)
    assert [occurrences.next(key) for key in keys[::10_000]] == [2] * 25
    assert occurrences.next(keys[0]) == 3
    assert occurrences.next((1).to_bytes(8, "little") * 2) == 1, "a neighbour was never seen"


_CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.engine.test_importing import opener
from leadrelay.engine.importing import Importer
from leadrelay.store.database import Database
path = Path(sys.argv[2])
Importer(Database(sys.argv[1]), batch=100).run("lists", path, opener(path))
"""


@pytest.mark.crash
def test_an_import_that_is_killed_again_and_again_loses_and_doubles_nothing(
    store_url: str, database: Database, tmp_path: Path
) -> None:
    rows = [row for number in range(24) for row in [*people(range(number * 500, number * 500 + 498)), ["", " ", "x"], []]]
    path = write(tmp_path / "leads.csv", rows, ("Name", "E-Mail", "Notiz"))
    command = [sys.executable, "-c", _CHILD, store_url, str(path), str(Path(__file__).parents[2])]
    rolled = random.Random(7)
    for _ in range(4):
        process = subprocess.Popen(command)
        before = _records(database)
        give_up_at = time.monotonic() + 30
        while process.poll() is None and _records(database) <= before and time.monotonic() < give_up_at:
            time.sleep(0.005)
        time.sleep(rolled.random() * 0.05)
        assert process.poll() is None, "it was to be killed at work"
        process.kill()
        process.wait()
        assert received(database) == _kept(database), "how far the file has come is committed with its rows"
    with database.write() as connection:
        connection.execute(tables.file_import.update().values(leased_until=0))
    subprocess.run(command, check=True, timeout=60)
    assert len(addresses(database)) == len(set(addresses(database))) == 24 * 498
    assert received(database) == 24 * 499
    with (tmp_path / "leads.rejected.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.reader(file))) == 25


def _records(database: Database) -> int:
    with database.read() as connection:
        return sum(counts.records for _, counts in imports.totals(connection).values())


def _kept(database: Database) -> int:
    with database.read() as connection:
        return sum(counts.kept for _, counts in imports.totals(connection).values())


def test_a_mail_is_known_wherever_it_comes_from(database: Database, tmp_path: Path) -> None:
    """Fetched from a mailbox, twice in an mbox, and once more as a file of its own: one submission, the others its repeats."""
    mail = b"From: Anna Weber <anna@acme.example>\r\nSubject: Hello\r\nMessage-ID: <1@acme.example>\r\n\r\nHello\r\n"
    mbox, single = tmp_path / "all.mbox", tmp_path / "one.eml"
    mbox.write_bytes(b"".join(b"From anna@acme.example Sat Nov 21 10:00:00 2026\n" + mail + b"\n" for _ in range(2)))
    single.write_bytes(mail)
    headers = {"content-type": "message/rfc822"}
    fetched = NewSubmission("lists", mail_key(mail)[0], False, "new", "", headers, mail, None, NOW, False)
    with database.write() as connection:
        captures.commit(connection, [Numbered(7, fetched)])
    first = run(database, mbox)
    second = run(database, single)
    assert [(one.counts.accepted, one.counts.duplicates) for one in (first, second)] == [(0, 2), (0, 1)]
    assert sorted(state for state, _ in stored(database)) == ["duplicate", "duplicate", "duplicate", "new"]


def test_large_records_share_a_transaction_only_up_to_a_size(database: Database, tmp_path: Path) -> None:
    mbox = tmp_path / "large.mbox"
    with mbox.open("wb") as file:
        for number in range(4):
            head = f"From: Anna <anna{number}@acme.example>\nMessage-ID: <{number}@acme.example>\nSubject: Large\n\n".encode()
            file.write(
                b"From anna@acme.example Sat Nov 21 10:00:00 2026\n"
                + head
                + b"y" * 76
                + b"\n"
                + (b"x" * 76 + b"\n") * 120_000
                + b"\n"
            )
    seen: list[int] = []
    run(database, mbox, batch=1_000, progress=lambda counts, *_: seen.append(counts.records))
    assert seen[-1] == 4
    assert len(set(seen)) > 2, "they were committed in several parts"
