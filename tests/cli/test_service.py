"""The commands that run, as far as they end: migrate, reload, a taken port, a broken configuration, the simulator."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import CONTACT, SETTINGS, Type
from tests.support.commands import Commands

PROGRAM = [sys.executable, "-m", "leadrelay.cli"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_the_store_is_brought_up_to_date_once(folder: Path, leadrelay: Type) -> None:
    assert leadrelay("migrate", "--json").document["steps"]
    assert leadrelay("migrate", "--json").document["steps"] == []
    assert "up to date" in leadrelay("migrate").out


@pytest.mark.parametrize("command", ["run", "web", "worker"])
def test_nothing_starts_under_settings_that_are_wrong(folder: Path, commands: Commands, command: str) -> None:
    (folder / "leadrelay.yaml").write_text(SETTINGS + "web: {port: eighty}\n", encoding="utf-8")
    ended = commands.run(command)
    assert ended.returncode == 2
    assert "leadrelay.yaml:" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_told_in_a_sentence(folder: Path, commands: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "leadrelay.yaml").write_text(SETTINGS + f"web: {{port: {port}}}\n", encoding="utf-8")
        ended = commands.run("web")
    assert ended.returncode == 2
    assert f"127.0.0.1:{port} can not be listened on" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_run_takes_a_form_decides_it_reloads_and_stops_cleanly(folder: Path, leadrelay: Type) -> None:
    port = free_port()
    (folder / "leadrelay.yaml").write_text(SETTINGS + f"web: {{port: {port}}}\n", encoding="utf-8")
    log = (folder / "log").open("wb")
    with log, subprocess.Popen([*PROGRAM, "run"], stdout=log, stderr=log) as process:
        try:
            wait_for(lambda: is_ready(port))
            answer = httpx.post(f"http://127.0.0.1:{port}/in/website/t0ken-of-the-website", json={"E-Mail": "anna@acme.example"})
            assert answer.status_code == 200
            wait_for(lambda: leadrelay("leads", "list", "--json").document)
            (folder / "mappings/contact.yaml").write_text(CONTACT.replace("person.email:", "person.emial:"), encoding="utf-8")
            assert leadrelay("reload").status == 2
            wait_for(lambda: ready(port)["problems"])
            again = httpx.post(f"http://127.0.0.1:{port}/in/website/t0ken-of-the-website", json={"E-Mail": "ben@acme.example"})
            assert again.status_code == 200
            assert leadrelay("drain", "--timeout", "30").status == 0
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    logged = (folder / "log").read_text(encoding="utf-8")
    assert "Traceback" not in logged
    assert "acme.example" not in logged
    assert "t0ken" not in logged
    assert leadrelay("audit").status == 0


def test_a_paused_or_failing_source_is_named_and_makes_nothing_unready(folder: Path, leadrelay: Type) -> None:
    port = free_port()
    lists = "  lists: {connector: csvfile, folder: drop, every: 100 ms, quiet_for: 0 ms}\nsinks:\n"
    settings = SETTINGS.replace("sinks:\n", lists) + f"web: {{port: {port}}}\n"
    (folder / "leadrelay.yaml").write_text(settings, encoding="utf-8")
    (folder / "drop").mkdir()
    (folder / "drop/scan of anna weber.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(900))
    log = (folder / "log").open("wb")
    with log, subprocess.Popen([*PROGRAM, "run"], stdout=log, stderr=log) as process:
        try:
            wait_for(lambda: is_ready(port) and ready(port).get("failing_sources"))
            assert ready(port)["failing_sources"] == {"lists": "A file was not imported"}
            assert leadrelay("sources", "pause", "website", "--reason", "wrong mapping").status == 0
            assert leadrelay("sources", "pause", "lists").status == 0
            told = httpx.get(f"http://127.0.0.1:{port}/health/ready", verify=False)
            assert (told.status_code, told.json()["ready"]) == (200, True)
            assert told.json()["paused_sources"] == {"website": "wrong mapping", "lists": "paused by a person"}
            assert "anna" not in told.text, "anybody may read it"
            answer = httpx.post(f"http://127.0.0.1:{port}/in/website/t0ken-of-the-website", json={"E-Mail": "anna@acme.example"})
            assert answer.status_code == 200
            leadrelay("sources", "resume", "website")
            assert ready(port)["paused_sources"] == {"lists": "paused by a person"}
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    logged = [line for line in (folder / "log").read_text(encoding="utf-8").splitlines() if "file_refused" in line]
    assert len(logged) == 1
    assert "PNG" in logged[0]


def is_ready(port: int) -> bool:
    try:
        return bool(ready(port)["ready"])
    except httpx.TransportError:
        return False


def ready(port: int) -> dict[str, object]:
    return dict(httpx.get(f"http://127.0.0.1:{port}/health/ready", verify=False).json())


def wait_for(what: object, within_s: float = 60) -> None:
    give_up_at = time.monotonic() + within_s
    while not what():  # type: ignore[operator]
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


def test_the_simulator_prints_its_address_and_ends_on_ctrl_c() -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [*PROGRAM, "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["salesforce"]
        assert httpx.get(f"{address}/sandbox/state").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) in (0, 130)
