"""What goes wrong on a machine: a second instance on one SQLite store, a full disk, a folder without rights."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from leadrelay.run_lock import Taken, hold
from tests.support.commands import Command, Commands
from tests.support.disk import small_disk
from tests.support.receivers import web_server

MAPPING = "mapping: contact\nto: lead\nfields: {person.email: E-Mail, touch.message: text}\n"


class Place:
    """A configuration around a store, and the commands on it."""

    def __init__(self, commands: Commands, folder: Path, store: Path) -> None:
        self.commands, self.folder, self.store = commands, folder, store
        self.started: list[Command] = []
        self.port = free_port()
        (folder / "mappings").mkdir()
        (folder / "mappings/contact.yaml").write_text(MAPPING, encoding="utf-8")
        self.path = folder / "leadrelay.yaml"
        self.path.write_text(
            f"store: sqlite:///{store}\nweb: {{port: {self.port}}}\n"
            "sources: {website: {connector: webform, mapping: contact, token: '${TOKEN}'}}\n",
            encoding="utf-8",
        )
        self.env = {**os.environ, "LEADRELAY_CONFIG": str(self.path), "TOKEN": "t0ken-of-the-website"}

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.commands.run(*words, env={**self.env, **env}, timeout=60)

    def start(self, command: str) -> Command:
        workers = self.started_workers() + (command == "run")
        with (self.folder / "log").open("ab") as log:
            process = self.commands.start(command, env=self.env, stdout=log, stderr=log)
        self.started.append(process)
        self.until(lambda: self.ready()["ready"] and self.started_workers() >= workers)
        return process

    def started_workers(self) -> int:
        log = self.folder / "log"
        return log.read_text().count("worker_started") if log.exists() else 0

    def ready(self) -> dict[str, object]:
        try:
            return dict(httpx.get(f"http://127.0.0.1:{self.port}/health/ready", trust_env=False, verify=False).json())
        except httpx.TransportError:
            return {"ready": False}

    def post(self, number: int) -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}/in/website/t0ken-of-the-website"
        return httpx.post(
            url, json={"E-Mail": f"pat{number}@acme.example", "text": "x" * 3000}, trust_env=False, verify=False, timeout=20
        )

    def until(self, is_so: Callable[[], object]) -> None:
        end = time.monotonic() + 40
        while not is_so():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)


Placed = Callable[..., Place]


@pytest.fixture
def placed(commands: Commands, tmp_path: Path) -> Iterator[Placed]:
    """Make a place around a store; whatever it has started ends with the test."""
    made: list[Place] = []

    def place(store: Path = tmp_path / "leadrelay.db") -> Place:
        made.append(Place(commands, tmp_path, store))
        return made[-1]

    yield place
    for process in (process for place in made for process in place.started):
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def ended(process: Command) -> int:
    process.terminate()
    return process.wait(40)


def test_a_second_run_on_one_sqlite_store_is_refused_and_a_dead_one_keeps_nobody_away(placed: Placed, tmp_path: Path) -> None:
    place = placed(tmp_path / "data" / "leadrelay.db")
    first = place.start("run")
    try:
        second = place.run("run", LEADRELAY__WEB__PORT=str(free_port()))
        assert second.returncode == 2
        assert f"works on {place.store} already (process {first.pid} on " in second.stderr
        assert "Traceback" not in second.stderr
        assert place.post(1).status_code == 200
    finally:
        assert ended(first) == 0
    again = place.start("run")
    assert ended(again) == 0


def test_a_port_in_use_is_named_with_the_way_out(placed: Placed) -> None:
    place = placed()
    with socket.create_server(("127.0.0.1", place.port)):
        for command in (["web"], ["run"], ["sandbox", "--port", str(place.port)]):
            told = place.run(*command)
            assert told.returncode == 2, told
            assert f"127.0.0.1:{place.port}" in told.stderr
            assert "can not be listened on" in told.stderr
            assert "or end what uses it" in told.stderr
            assert "Traceback" not in told.stderr


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes."""
    with small_disk(tmp_path / "small", "6m") as folder:
        yield folder


def fill(disk: Path) -> Path:
    """Write until nothing goes any more."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 1024)
        except OSError:
            return filling


def test_on_a_full_disk_posts_are_answered_503_commands_say_what_to_free_and_nothing_accepted_is_lost(
    disk: Path, placed: Placed
) -> None:
    place = placed(disk / "leadrelay.db")
    web = place.start("web")
    try:
        accepted = [place.post(number).status_code for number in range(5)].count(200)
        assert accepted == 5
        filling = fill(disk)
        answers = [place.post(number) for number in range(100, 130)]
        accepted += [answer.status_code for answer in answers].count(200)
        refused = [answer for answer in answers if answer.status_code != 200]
        assert refused, "the disk was not full"
        assert {answer.status_code for answer in refused} == {503}
        assert all(int(answer.headers["retry-after"]) > 0 and answer.json()["error"]["message"] for answer in refused)
        assert not place.ready()["ready"]
        told = place.run("sources", "pause", "website", "--json")
        assert told.returncode == 3
        assert "the disk of the store is full: make room there" in json.loads(told.stdout)["error"]
        assert "Traceback" not in told.stderr
        copied = place.run("backup", str(disk / "copy"))
        assert copied.returncode == 3
        assert f"{disk / 'copy'}: the backup can not be written: No space left on device" in copied.stderr
        assert not list(disk.glob("*copy*"))
        assert "Traceback" not in copied.stderr
        assert "GB free" in place.run("doctor").stdout
        filling.unlink()
        place.until(lambda: place.ready()["ready"] and place.ready()["spool"] == 0)
        assert place.post(200).status_code == 200
        audit = json.loads(place.run("audit", "--json").stdout)
        assert audit["unaccounted"] == 0
        assert audit["sources"]["website"]["received"] == accepted + 1
    finally:
        assert ended(web) == 0


def test_a_run_on_a_full_disk_holds_its_store_and_lets_go_of_it(disk: Path) -> None:
    fill(disk)
    store = disk / "leadrelay.db"
    held = hold(store)
    with pytest.raises(Taken):
        hold(store)
    held.close()
    hold(store).close()


def test_a_store_in_a_folder_that_can_not_be_made_is_told_in_a_sentence(placed: Placed, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    place = placed(tmp_path / "file" / "leadrelay.db")
    for command in ("migrate", "run"):
        told = place.run(command)
        assert told.returncode in (2, 3), told
        assert str(tmp_path / "file") in told.stderr
        assert "Traceback" not in told.stderr


def test_a_store_of_a_newer_version_is_refused_by_every_command_and_stays_as_it_is(placed: Placed, tmp_path: Path) -> None:
    place = placed()
    assert place.run("migrate").returncode == 0
    with closing(sqlite3.connect(place.store)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (["run"], ["web"], ["worker"], ["migrate"], ["leads", "list"], ["backup", str(tmp_path / "copy")]):
        told = place.run(*command)
        assert told.returncode == 3, told
        assert "start the newer leadrelay that has written it, or restore a backup" in told.stderr
        assert "Traceback" not in told.stderr
    assert not (tmp_path / "copy").exists()
    assert not list(tmp_path.glob(".copy*"))


@pytest.mark.parametrize("damage", ["empty", "folder"])
def test_a_start_without_the_installations_key_says_what_to_do_and_makes_no_new_one(
    placed: Placed, tmp_path: Path, damage: str
) -> None:
    place = placed()
    key = tmp_path / "secret.key"
    key.touch() if damage == "empty" else key.mkdir()
    for command in ("run", "worker"):
        told = place.run(command)
        assert told.returncode == 3, told
        assert str(key) in told.stderr
        assert ("bring it back" if damage == "empty" else "set LEADRELAY_SECRET_KEY") in told.stderr
        assert "Traceback" not in told.stderr
    assert key.is_dir() or key.read_text() == ""


def test_a_store_that_is_no_database_is_told_and_posts_are_kept_until_it_is_replaced(placed: Placed, tmp_path: Path) -> None:
    place = placed()
    place.store.write_bytes(os.urandom(5000))
    for command in (["leads", "list"], ["migrate"], ["backup", str(tmp_path / "copy")], ["doctor"]):
        told = place.run(*command)
        assert told.returncode == 3, told
        assert f"{place.store} is damaged, or no database" in told.stdout + told.stderr
        assert "Traceback" not in told.stderr
    web = place.start("web")
    try:
        assert place.post(1).status_code == 200
        time.sleep(2.5)
        place.store.unlink()
        place.until(lambda: place.ready()["store"] == "ok" and place.ready()["spool"] == 0)
        assert json.loads(place.run("audit", "--json").stdout)["sources"]["website"]["received"] == 1
    finally:
        assert ended(web) == 0
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said
    assert said.count("store_away") == 1, "each minute, and never each second"


def test_whoever_is_named_is_told_of_a_broken_configuration_and_of_its_end(placed: Placed) -> None:
    with web_server() as hook:
        place = placed()
        notify = f'notify: {{grace: 0 s, targets: {{it: {{webhook: {{url: "{hook.url}", format: json}}, role: it}}}}}}\n'
        place.path.write_text(place.path.read_text() + notify, encoding="utf-8")
        running = place.start("run")
        try:
            mapping = place.folder / "mappings/contact.yaml"
            mapping.write_text(MAPPING.replace("person.email", "person.emial"), encoding="utf-8")
            assert place.run("reload").returncode == 2
            place.until(lambda: [one["event"] for one in hook.documents] == ["raised"])
            assert hook.documents[0]["alerts"][0]["key"] == "configuration"
            assert hook.documents[0]["docs"].endswith("#configuration")
            hook.status = 500
            mapping.write_text(MAPPING, encoding="utf-8")
            assert place.run("reload").returncode == 0
            place.until(lambda: len(hook.documents) > 1)
            hook.status = 200
            place.until(
                lambda: hook.documents[-1]["event"] == "resolved" and "nothing told yet" not in place.run("doctor").stdout
            )
        finally:
            assert ended(running) == 0
        assert len({headers["x-leadrelay-notice"] for headers, _ in hook.posts}) == 2
