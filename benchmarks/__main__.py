"""`python -m benchmarks [--quick] [--only NAME] [--json FILE]`: the budgets of the design, as a table."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Line, Run, show

NAMES = (
    "capture", "import", "process", "deliver", "burst", "latency", "intake_busy", "memory", "startup", "decide", "mail_parsing",
)  # fmt: skip
_MODULES = {"import": "importing"}
"""The module of a measurement whose name Python keeps for itself."""


def main() -> int:
    """Measure and print; 1 when something is below its budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, under two minutes, with smaller stores")
    parser.add_argument("--only", action="append", choices=NAMES, help="only this measurement (may be given several times)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines to a file, too")
    given = parser.parse_args()
    lines: list[Line] = []
    say(f"load of this machine: {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    for name in given.only or NAMES:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="leadrelay-bench-") as folder:
            module = importlib.import_module(f"benchmarks.{_MODULES.get(name, name)}")
            lines += module.measure(Run(Path(folder), given.quick, lambda text, name=name: say(f"{name}: {text}")))
        say(f"{name}: {time.monotonic() - began:.0f} s")
    show(lines)
    if given.json:
        given.json.write_text(json.dumps([line.as_json() for line in lines], indent=2) + "\n", encoding="utf-8")
    return 1 if any(line.passed is False for line in lines) else 0


def say(text: str) -> None:
    """Tell the person who waits what is going on."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
