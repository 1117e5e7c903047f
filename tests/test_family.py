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


def test_a_child_that_dies_again_and_again_is_started_later_and_later_while_the_other_lives_on(tmp_path: Path) -> None:
    starts, log = tmp_path / "starts", tmp_path / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-c", PARENT, LIVES, DIES, str(starts)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
        try:
            time.sleep(11)
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)
    times = [float(line) for line in starts.read_text().split()]
    assert 3 <= len(times) <= 4  # at 0, 1, 3 and 7 seconds; each second would be ten
    waits = [after - before for before, after in pairwise(times)]
    assert all(longer > 1.4 * shorter for shorter, longer in pairwise(waits))
    assert log.read_text().count("child_died") == len(times)


def test_a_child_that_is_killed_again_and_again_is_started_again_without_a_wait(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    killed = "import os, sys, time; open(sys.argv[1], 'a').write(f'{time.time()}\\n'); time.sleep(1.2); os.kill(os.getpid(), 9)"
    process = subprocess.Popen([sys.executable, "-c", PARENT, LIVES, killed, str(starts)], cwd=ROOT)
    try:
        time.sleep(10)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)
    assert len(starts.read_text().split()) >= 5
