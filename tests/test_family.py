"""`run` starts a child again that dies: at once where it was well, later and later where it dies again and again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from tests.support.project import ROOT

DIES = "import sys, time; open(sys.argv[1], 'a').write(f'{time.time()}\\n'); sys.exit(1)"
LIVES = "import time; time.sleep(60)"
PARENT = """
import sys
from leadrelay.family import Family
Family({"web": [sys.executable, "-c", sys.argv[1]], "worker": [sys.executable, "-c", sys.argv[2], sys.argv[3]]}).run(lambda: True)
"""


def wait_for(count: int, word: str, file: Path) -> None:
    """Until a file holds a word so often."""
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at and (not file.exists() or file.read_text().count(word) < count):
        time.sleep(0.02)


def test_a_child_that_dies_again_and_again_is_started_later_and_later_while_the_other_lives_on(tmp_path: Path) -> None:
    starts, log = tmp_path / "starts", tmp_path / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-c", PARENT, LIVES, DIES, str(starts)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
        try:
            wait_for(3, "child_died", log)
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)
    times = [float(line) for line in starts.read_text().split()]
    assert len(times) == 3  # at 0, 1 and 3 seconds
    waits = [after - before for before, after in pairwise(times)]
    assert all(longer > 1.4 * shorter for shorter, longer in pairwise(waits))
    assert log.read_text().count("child_died") == len(times)


def test_a_child_that_is_killed_again_and_again_is_started_again_without_a_wait(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    killed = "import os, sys, time; open(sys.argv[1], 'a').write(f'{time.time()}\\n'); time.sleep(1.1); os.kill(os.getpid(), 9)"
    process = subprocess.Popen([sys.executable, "-c", PARENT, LIVES, killed, str(starts)], cwd=ROOT)
    try:
        wait_for(4, "\n", starts)  # at 0, 1, 3 and 7 seconds, and what starting takes, if each was later than the one before
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)
    times = [float(line) for line in starts.read_text().split()]
    assert times[3] - times[0] < 7


def test_a_reload_that_is_asked_for_while_a_child_starts_neither_ends_it_nor_is_lost(tmp_path: Path) -> None:
    said, log = tmp_path / "said", tmp_path / "log"
    slow = (
        "import sys, time; say = lambda word: open(sys.argv[1], 'a').write(word); say('starting '); time.sleep(0.5); "
        "from leadrelay.family import take_reloads; take_reloads(lambda: say('reloaded ')); time.sleep(60)"
    )
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", PARENT, LIVES, slow, str(said)], cwd=ROOT, stdout=out, stderr=out)
        try:
            wait_for(1, "starting", said)
            process.send_signal(signal.SIGHUP)
            wait_for(1, "reloaded", said)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)
    assert said.read_text() == "starting reloaded "
    assert "child_died" not in log.read_text()
