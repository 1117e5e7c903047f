"""Run every quality report whose data is there: `python -m benchmarks.quality [--data FOLDER] [mail] [sheets]`."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

REPORTS = {"verdicts": "mail", "fields": "mail", "sheets": "csv"}
"""Each report's module, with the folder of data that it reads."""


def main() -> int:
    """Print the reports; 1 when a figure is below what it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("reports", nargs="*", help="the reports to run; all of them when none is named")
    given = parser.parse_args()
    is_good = True
    for name, folder in REPORTS.items():
        if given.reports and name not in given.reports:
            continue
        if not (given.data / folder).is_dir():
            print(f"{name}: skipped, {given.data / folder} is not there")
            continue
        is_good &= importlib.import_module(f"benchmarks.quality.{name}").report(given.data / folder)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
