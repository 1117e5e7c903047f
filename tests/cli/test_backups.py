"""`backup` and `restore`: a whole copy of a live store, brought back into either kind of store."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sqlite3
import stat
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from leadrelay import restoring
from leadrelay.app import intake, open_app
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.spool import Spool
from leadrelay.store import tables
from leadrelay.store.captures import Numbered
from leadrelay.store.database import Database
from leadrelay.store.migrate import migrate, revisions, upgrade
from tests.cli.conftest import SETTINGS, Posted, Type
from tests.cli.test_service import PROGRAM
from tests.conftest import new_postgres_database
from tests.support.commands import Commands

ANNA = {"Name": "Anna Weber", "E-Mail": "anna@acme.example", "Phone": "030 1234567", "Company": "Acme"}
BEN = {"Name": "Ben Carter", "E-Mail": "ben@brightside.example"}
_PAUSES = ("gate", "alert", "suppression", "credential", "marker", "event")
"""Tables that a restore itself writes."""


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url, pool_size=1)
    try:
        with database.read() as connection:
            return {
                table.name: sorted(map(repr, (tuple(row) for row in connection.execute(table.select()))))
                for table in tables.metadata.sorted_tables
                if table.name not in _PAUSES
            }  # type: ignore[return-value]
    finally:
        database.close()


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'data/leadrelay.db'}"


def pointed_at(folder: Path, store: str) -> None:
    text = SETTINGS.replace("store: sqlite:///data/leadrelay.db", f"store: {store}")
    (folder / "leadrelay.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def saved(folder: Path, posted: Posted, leadrelay: Type) -> Path:
    """A backup of two leads."""
    posted(ANNA, BEN)
    file = folder / "saved.zip"
    assert leadrelay("backup", str(file)).status == 0
    return file


def test_a_backup_brought_back_holds_the_same_rows(folder: Path, saved: Path, leadrelay: Type) -> None:
    before = contents(url_of(folder))
    done = leadrelay("restore", str(saved), "--replace", "--yes", "--json").document
    assert contents(url_of(folder)) == before
    assert Path(done["replaced"]).exists()
    assert done["paused"] == ["crm"]
    assert leadrelay("audit").status == 0
    assert "restored" in leadrelay("sinks", "list").out
    assert leadrelay("sinks", "resume", "crm").status == 0
    assert [alert for alert in leadrelay("doctor", "--json").document.get("alerts", ()) if "restored" in str(alert)] == []


def test_a_sink_that_was_never_written_to_is_paused_as_well(folder: Path, leadrelay: Type) -> None:
    assert leadrelay("migrate").status == 0
    assert leadrelay("backup", str(folder / "b.zip")).status == 0
    assert leadrelay("restore", str(folder / "b.zip"), "--yes", "--json").document["paused"] == ["crm"]


def test_a_backup_goes_into_the_other_kind_of_store_and_back(
    folder: Path, saved: Path, leadrelay: Type, postgres_url: str
) -> None:
    before = contents(url_of(folder))
    url = new_postgres_database(postgres_url)
    pointed_at(folder, url)
    assert leadrelay("restore", str(saved), "--yes").status == 0
    assert {row["email"] for row in leadrelay("leads", "list", "--json").document} == {ANNA["E-Mail"], BEN["E-Mail"]}
    assert leadrelay("audit").status == 0
    again = folder / "again.zip"
    assert leadrelay("backup", str(again)).status == 0
    assert leadrelay("restore", str(again), "--yes").status == 1
    assert leadrelay("restore", str(again), "--yes", "--replace").status == 0
    pointed_at(folder, "sqlite:///data/other.db")
    assert leadrelay("restore", str(again), "--yes").status == 0
    assert contents(f"sqlite:///{folder / 'data/other.db'}") == before


def test_a_backup_is_private_and_overwrites_nothing(folder: Path, saved: Path, leadrelay: Type) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    first = saved.read_bytes()
    ended = leadrelay("backup", str(saved))
    assert ended.status == 1
    assert "--force" in ended.err
    assert saved.read_bytes() == first
    assert leadrelay("backup", str(saved), "--force").status == 0
    assert not [path for path in folder.iterdir() if "partial" in path.name or path.name.endswith(".copy")]


def test_tokens_are_left_out(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    app = open_app(folder / "leadrelay.yaml")
    with app.database.write() as connection:
        values = {"name": "sink:crm", "document": b"t0p-secret", "version": 1, "updated_at": 1}
        connection.execute(tables.credential.insert().values(values))
    app.close()
    assert leadrelay("backup", str(folder / "b.zip")).status == 0
    with zipfile.ZipFile(folder / "b.zip") as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
        assert "credential" not in json.loads(archive.read("manifest.json"))["tables"]
    assert b"t0p-secret" not in held
    assert base64.b64encode(b"t0p-secret") not in held


def test_what_waits_in_the_spool_is_in_it_once(folder: Path, posted: Posted, leadrelay: Type) -> None:
    posted(ANNA)
    app = open_app(folder / "leadrelay.yaml")
    now = app.clock()
    waiting = NewSubmission("website", "k", False, "new", "", {}, b'{"E-Mail": "late@acme.example"}', None, now, False)
    spool = Spool(folder / "data/spool")
    spool.append([Numbered(app.ids.one(now), waiting)])
    spool.close()
    app.close()
    done = leadrelay("backup", str(folder / "b.zip"), "--json").document
    assert done["spooled"] == 1
    pointed_at(folder, "sqlite:///other/leadrelay.db")
    assert leadrelay("restore", str(folder / "b.zip"), "--yes").status == 0
    assert len(leadrelay("submissions", "list", "--json").document) == 2
    assert leadrelay("audit").status == 0


def test_a_store_that_holds_leads_makes_way_only_when_it_is_said(folder: Path, saved: Path, leadrelay: Type) -> None:
    before = contents(url_of(folder))
    assert leadrelay("restore", str(saved), "--yes").status == 1
    assert leadrelay("restore", str(saved), "--replace").status == 2  # no terminal to ask at
    assert contents(url_of(folder)) == before


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_store_without_leads_makes_way_unasked(
    folder: Path, saved: Path, leadrelay: Type, request: pytest.FixtureRequest, kind: str
) -> None:
    before = contents(url_of(folder))
    is_sqlite = kind == "sqlite"
    store = "sqlite:///data/new.db" if is_sqlite else new_postgres_database(request.getfixturevalue("postgres_url"))
    pointed_at(folder, store)
    assert leadrelay("migrate").status == 0
    for words in (("doctor",), ("sinks", "list"), ("sinks", "pause", "crm"), ("sinks", "resume", "crm"), ("sources", "list")):
        leadrelay(*words)
    ended = leadrelay("restore", str(saved), "--yes")
    assert ended.status == 0, ended.err
    assert "without leads" in ended.err
    assert contents(f"sqlite:///{folder / 'data/new.db'}" if is_sqlite else store) == before


def test_a_submission_that_is_not_decided_yet_is_asked_about(folder: Path, saved: Path, posted: Posted, leadrelay: Type) -> None:
    pointed_at(folder, "sqlite:///data/new.db")
    posted(ANNA, decide=False)
    ended = leadrelay("restore", str(saved), "--yes")
    assert (ended.status, "--replace" in ended.err) == (1, True)
    assert len(leadrelay("submissions", "list", "--json").document) == 1


def test_a_folder_named_instead_of_a_backup_is_refused_in_a_sentence_that_fits(folder: Path, leadrelay: Type) -> None:
    ended = leadrelay("restore", str(folder), "--yes")
    assert (ended.status, "this is a folder" in ended.err, "csv" in ended.err) == (2, True, False)


def test_a_store_in_use_is_left_alone(folder: Path, saved: Path, leadrelay: Type) -> None:
    before = contents(url_of(folder))
    with closing(sqlite3.connect(folder / "data/leadrelay.db")) as other:
        other.execute("SELECT count(*) FROM lead").fetchone()
        ended = leadrelay("restore", str(saved), "--replace", "--yes")
    assert ended.status == 3
    assert "in use" in ended.err
    assert contents(url_of(folder)) == before


def test_a_closed_application_holds_on_to_nothing_of_its_store(folder: Path) -> None:
    app = open_app(folder / "leadrelay.yaml")
    app.migrate()
    durable = intake(app)
    durable.start()
    new = NewSubmission("website", "k", False, "new", "", {}, b'{"E-Mail": "late@acme.example"}', None, app.clock(), False)
    assert not asyncio.run(durable.accept(new)).is_spooled
    durable.stop()
    with pytest.raises(restoring.InUse):
        restoring.check_alone(url_of(folder))
    app.close()
    restoring.check_alone(url_of(folder))  # app and intake live on: nothing waits here for the garbage collector


def test_a_store_that_can_not_be_opened_is_told_and_not_taken_for_one_in_use(folder: Path, saved: Path, leadrelay: Type) -> None:
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("data/leadrelay.db", "data/a-folder.db"), encoding="utf-8")
    (folder / "data" / "a-folder.db").mkdir()
    ended = leadrelay("restore", str(saved), "--yes")
    assert ended.status == 3
    assert "a-folder.db can not be opened or written" in ended.err
    assert "in use" not in ended.err


@pytest.mark.slow
def test_a_running_worker_keeps_its_store(folder: Path, saved: Path, commands: Commands, leadrelay: Type) -> None:
    with (folder / "log").open("wb") as log, commands.start("worker", stdout=log, stderr=log) as process:
        try:
            give_up_at = time.monotonic() + 30
            while b"worker" not in (folder / "log").read_bytes() and time.monotonic() < give_up_at:
                time.sleep(0.1)
            time.sleep(1)
            assert leadrelay("restore", str(saved), "--replace", "--yes").status == 3
        finally:
            process.terminate()
        assert process.wait(timeout=30) == 0
    assert leadrelay("restore", str(saved), "--replace", "--yes").status == 0


@pytest.mark.parametrize("kind", ["cut", "changed", "text"])
def test_a_damaged_backup_changes_nothing(folder: Path, saved: Path, leadrelay: Type, kind: str) -> None:
    before = contents(url_of(folder))
    bad = folder / "bad.zip"
    if kind == "cut":
        bad.write_bytes(saved.read_bytes()[:-200])
    elif kind == "changed":
        with zipfile.ZipFile(saved) as good, zipfile.ZipFile(bad, "w") as other:
            texts = {name: good.read(name) for name in good.namelist()}
            assert b"brightside" in texts["tables/lead.jsonl"], "what is changed below must be there, or nothing is damaged"
            for name, text in texts.items():
                other.writestr(name, text.replace(b"brightside", b"wrong-side") if name == "tables/lead.jsonl" else text)
    elif kind == "text":
        bad.write_text("hello")
    ended = leadrelay("restore", str(bad), "--replace", "--yes")
    assert (ended.status, "bad.zip" in ended.err) == (1, True), ended.err
    assert contents(url_of(folder)) == before
    assert not [path for path in (folder / "data").iterdir() if "restoring" in path.name]


def test_a_backup_of_a_newer_version_is_refused(folder: Path, saved: Path, leadrelay: Type) -> None:
    newer = folder / "newer.zip"
    with zipfile.ZipFile(saved) as good, zipfile.ZipFile(newer, "w") as other:
        for name in good.namelist():
            text = good.read(name)
            if name == "manifest.json":
                text = json.dumps({**json.loads(text), "revision": "9999"}).encode()
            other.writestr(name, text)
    assert leadrelay("restore", str(newer), "--replace", "--yes").status == 3


def test_a_backup_of_an_older_version_is_brought_up_to_date(folder: Path, leadrelay: Type) -> None:
    old = folder / "data/old.db"
    old.parent.mkdir()
    database = Database(f"sqlite:///{old}")
    with database.write() as connection:
        upgrade(connection, revisions()[0])
        connection.exec_driver_sql(
            "INSERT INTO submission (id, source, state, key, received_at) VALUES (1, 'website', 'new', 'k', 1)"
        )
        connection.exec_driver_sql("INSERT INTO counter (source, received) VALUES ('website', 1)")
    database.close()
    pointed_at(folder, "sqlite:///data/old.db")
    assert leadrelay("backup", str(folder / "old.zip"), "--json").document["revision"] == revisions()[0]
    pointed_at(folder, "sqlite:///data/new.db")
    assert leadrelay("restore", str(folder / "old.zip"), "--yes").status == 0
    database = Database(f"sqlite:///{folder / 'data/new.db'}")
    assert migrate(database) == []
    database.close()
    assert leadrelay("audit").status == 0


def test_who_was_erased_after_the_backup_stays_erased(folder: Path, saved: Path, leadrelay: Type) -> None:
    assert leadrelay("privacy", "erase", "anna@acme.example", "--yes").status == 0
    (folder / "data/suppressions.jsonl").unlink()  # the store that makes way remembers it as well
    done = leadrelay("restore", str(saved), "--replace", "--yes", "--json").document
    assert done["erased_again"] > 0
    assert [row["email"] for row in leadrelay("leads", "list", "--json").document] == [BEN["E-Mail"]]
    assert leadrelay("audit").status == 0


@pytest.fixture
def busy(folder: Path, posted: Posted) -> Iterator[list[int]]:
    """Posts that go on coming into the store, as another process brings them."""
    posted(ANNA)
    code = f"""
import json, sys, time
from pathlib import Path
from leadrelay.app import open_app
from leadrelay.engine.captures import NewSubmission
from leadrelay.store import captures
from leadrelay.store.captures import Numbered
from leadrelay import logs
logs.configure()
app = open_app(Path({str(folder / "leadrelay.yaml")!r}))
app.keeper.start()
count = 0
print("ready", flush=True)
while True:
    now = app.clock()
    body = json.dumps({{"Name": "Pat Nr%d" % count, "E-Mail": "pat%d@acme.example" % count}}).encode()
    one = NewSubmission("website", str(count), False, "new", "", {{"content-type": "application/json"}}, body, None, now, False)
    with app.database.write() as connection:
        captures.commit(connection, [Numbered(app.ids.one(now), one)])
    app.processor().run_once()
    count += 1
    print(count, flush=True)
"""
    program = [PROGRAM[0], "-c", code]
    counts: list[int] = []
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"

        def follow() -> None:
            assert process.stdout is not None
            counts.extend(int(line) for line in process.stdout)

        follower = threading.Thread(target=follow)
        follower.start()
        yield counts
        process.kill()
        follower.join()


def test_a_backup_of_a_busy_store_is_whole(folder: Path, busy: list[int], leadrelay: Type) -> None:
    give_up_at = time.monotonic() + 30
    for number in range(3):
        before = len(busy)
        while len(busy) < before + 5 and time.monotonic() < give_up_at:
            time.sleep(0.02)
        assert leadrelay("backup", str(folder / f"{number}.zip")).status == 0
    assert len(busy) > 10
    for number in range(3):
        pointed_at(folder, f"sqlite:///data/copy{number}.db")
        assert leadrelay("restore", str(folder / f"{number}.zip"), "--yes").status == 0
        assert leadrelay("audit").status == 0
        assert leadrelay("leads", "list", "--json").document
