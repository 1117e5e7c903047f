"""The whole product as its users run it: `leadrelay run` with real processes, and a configuration that breaks under way."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadrelay.sandbox.server import SandboxServer
from tests.support.commands import Command, Commands
from tests.support.project import FORM_MAPPING, write_project

HEADERS = {"authorization": "Bearer secret-token"}


class Running:
    """`leadrelay run` around a project, and the commands beside it."""

    def __init__(self, commands: Commands, folder: Path, store: str, crm: SandboxServer) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.commands = commands
        self.folder = folder
        self.crm = crm
        self.path = write_project(folder, store=store, salesforce=crm.url, port=self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: Command | None = None

    def start(self) -> None:
        with (self.folder / "run.log").open("ab") as log:
            self.process = self.commands.start("run", "--config", self.path, stdout=log, stderr=log)
        self.until(lambda: self.health()["ready"])

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(40)

    def end(self) -> None:
        """Let nothing run on, whatever has happened."""
        if self.process is not None:
            self.process.kill()  # what it has started ends with it
            self.process.wait()

    def health(self) -> dict[str, Any]:
        return httpx.get(f"{self.url}/health/ready", trust_env=False, verify=False, timeout=5).json()

    def post(self, **names: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/in/website", json=names, headers=HEADERS, trust_env=False, verify=False, timeout=10)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.commands.run(*arguments, "--config", self.path)

    def titles(self) -> dict[str, str]:
        """The title of each lead in the CRM, by e-mail address."""
        return {record["Email"]: record["Title"] for record in self.crm.org.records("Lead")}

    def until(self, is_so: Callable[[], object], *, seconds: float = 40) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if is_so():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError((self.folder / "run.log").read_text()[-3000:])


@pytest.fixture
def running(commands: Commands, store_url: str, tmp_path: Path) -> Iterator[Running]:
    with SandboxServer() as crm:
        made = Running(commands, tmp_path, store_url, crm)
        try:
            made.start()
            yield made
        finally:
            made.end()


def person(number: int, need: str) -> dict[str, str]:
    return {"first_name": "Pat", "last_name": f"Nr{number}", "email": f"pat{number}@acme.example", "need": need}


def test_a_broken_configuration_closes_nothing_and_is_told_with_its_place(running: Running) -> None:
    assert running.post(**person(1, "before")).status_code == 200
    running.until(lambda: running.titles() == {"pat1@acme.example": "before"})

    mapping = running.path.parent / "mappings" / "form.yaml"
    mapping.write_text(FORM_MAPPING.replace("company.name:", "compny.name:"))
    refused = running.command("reload")
    assert refused.returncode == 2
    assert "form.yaml:8:3" in refused.stdout + refused.stderr
    assert "company.name" in refused.stdout + refused.stderr
    assert running.post(**person(2, "broken")).status_code == 200
    running.until(lambda: running.titles().get("pat2@acme.example") == "broken")
    running.until(lambda: running.health()["problems"])
    assert running.health()["problems"][0]["line"] == 8

    assert running.stop() == 0
    running.start()
    assert running.post(**person(3, "restarted")).status_code == 200
    running.until(lambda: running.titles().get("pat3@acme.example") == "restarted")
    assert running.health()["problems"]

    mapping.write_text(FORM_MAPPING.replace("interest.need:     need", "interest.need:     wish"))
    done = running.command("reload", "--json")
    assert done.returncode == 0, done.stderr
    running.until(lambda: not running.health()["problems"])
    time.sleep(2)
    running.post(**{**person(4, "old name"), "wish": "new name"})
    running.until(lambda: running.titles().get("pat4@acme.example") == "new name")


def test_a_form_is_open_as_soon_as_the_web_process_is_and_stops_without_losing_a_post(running: Running) -> None:
    for number in range(30):
        assert running.post(**person(number, "x")).status_code == 200
    assert running.stop() == 0
    running.start()
    drained = running.command("drain", "--timeout", "60", "--json")
    assert drained.returncode == 0, drained.stdout + drained.stderr
    assert len(running.titles()) == 30
    audit = json.loads(running.command("audit", "--json").stdout)
    assert audit["unaccounted"] == 0
    assert audit["sources"]["website"]["received"] == 30


def test_a_killed_web_process_comes_back_by_itself(running: Running) -> None:
    assert running.process is not None
    found = subprocess.run(["pgrep", "-P", str(running.process.pid), "-f", " web "], capture_output=True, text=True, check=True)
    subprocess.run(["kill", "-9", *found.stdout.split()], check=True)
    time.sleep(0.5)
    running.until(lambda: running.health()["ready"])
    assert running.post(**person(1, "after")).status_code == 200


def test_a_run_that_is_killed_leaves_nobody_behind_who_holds_the_port_or_the_store(running: Running) -> None:
    assert running.post(**person(1, "before")).status_code == 200
    running.until(lambda: running.titles() == {"pat1@acme.example": "before"})  # else its lease would have to run out
    for _ in range(2):
        assert running.process is not None
        running.process.kill()
        running.process.wait()
        running.start()
    assert running.post(**person(2, "after")).status_code == 200
    running.until(lambda: len(running.titles()) == 2)
    assert "can not be listened on" not in (running.folder / "run.log").read_text()
    assert running.command("audit").returncode == 0
