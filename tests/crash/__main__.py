"""Run the crash test by hand: `python -m tests.crash --store postgres --posts 10000 --kills 50`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.crash.chaos import SHORT, WHOLE, Chaos
from tests.crash.sabotage import SABOTAGES


def main() -> int:
    """Print what was counted; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--whole", action="store_true", help="10,000 posts and 50 kills instead of the short form")
    parser.add_argument("--posts", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sabotage", choices=sorted(SABOTAGES), default="", help="take a safeguard out and see the test fail")
    given = parser.parse_args()
    said = {name: getattr(given, name) for name in ("posts", "kills") if getattr(given, name)}
    ordeal = replace(WHOLE if given.whole else SHORT, seed=given.seed, sabotage=given.sabotage, **said)
    with tempfile.TemporaryDirectory(prefix="leadrelay-crash-") as folder:
        began = time.monotonic()
        verdict = Chaos(Path(folder), given.store, ordeal).run()
    print(json.dumps(verdict.counts, indent=2))
    print(
        f"{time.monotonic() - began:.0f} s on {given.store}: {'; '.join(verdict.wrong) or 'nothing lost, doubled or out of date'}"
    )
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
