"""`demo`: the whole way, from a form post to the simulator, in real processes."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "leadrelay.cli", "demo", "--port", "0", "--dir"]


def test_the_demo_delivers_everything_and_ends_well(tmp_path: Path) -> None:
    ended = subprocess.run([*COMMAND, str(tmp_path / "demo"), "--once"], capture_output=True, text=True, check=False, timeout=240)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = {name: int(count) for name, count in re.findall(r"^ *([a-zA-Z_: ]+?) {2,}(\d+)", ended.stdout, re.MULTILINE)}
    assert found["form posts"] == sum(count for name, count in found.items() if name.startswith("website: "))
    assert {name: found[f"website: {name}"] for name in ("duplicate", "held")} == {"duplicate": 2, "held": 1}
    assert {name: found[f"mail: {name}"] for name in ("processed", "ignored")} == {"processed": 4, "ignored": 3}
    assert {name: found[f"files: {name}"] for name in ("processed", "rejected")} == {"processed": 6, "rejected": 2}
    assert found["leads"] == found["in HubSpot"] == found["hubspot: in_sync"]
    assert found["in Salesforce"] == found["salesforce: in_sync"] == found["leads"] - 1, "one name is too long for Salesforce"
    assert found["unaccounted"] == 0
    assert re.search(r"Anna Weber +50 +mql +dach +(anna|ben)@acme\.example", ended.stdout)
    assert re.search(r"Felix Baumann +50 +mql +dach, enterprise +anna@acme\.example", ended.stdout)
    assert re.search(r"Ben Carter +30 +mql +the queue unassigned", ended.stdout)
    assert "Ignored, from mail: daemon_sender" in ended.stdout
    assert "Rejected, from files: line 7" in ended.stdout
    assert not running(tmp_path)


def test_the_demo_stays_up_until_it_is_told_to_end_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, str(tmp_path / "demo")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        assert demo.stdout is not None
        said = "".join(iter(demo.stdout.readline, "Ctrl-C ends the demo.\n"))
        assert "curl http://127.0.0.1:" in said
        assert running(tmp_path)
        second = subprocess.run([*COMMAND, str(tmp_path / "demo")], capture_output=True, text=True, check=False, timeout=60)
        assert second.returncode == 2
        assert f"A demo runs in {tmp_path / 'demo'} already (process " in second.stderr
        assert (tmp_path / "demo" / "leadrelay.db").exists()
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=60)
    give_up_at = time.monotonic() + 10
    while running(tmp_path) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert not running(tmp_path)


@pytest.mark.timeout(30)
def test_a_folder_that_is_not_a_demos_is_never_touched(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    ended = subprocess.run([*COMMAND, str(tmp_path), "--once"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert mine.read_text(encoding="utf-8") == "mine"
    ended = subprocess.run([*COMMAND, str(mine), "--once"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "is a file; choose another folder with --dir" in ended.stderr


def running(folder: Path) -> list[str]:
    """The processes that work with a configuration below a folder."""
    return [command for command in commands() if f"{folder}/" in command and "leadrelay.yaml" in command]


def commands() -> list[str]:
    """The command lines of all processes; `ps` where there is no /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found or subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout.splitlines()
