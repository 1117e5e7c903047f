"""One line of the table of budgets, and the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Run:
    """What a measurement is given: a folder of its own, whether it must be short, and where to say what it is doing."""

    folder: Path
    is_quick: bool
    say: Callable[[str], None]

    def pick(self, whole: int, quick: int) -> int:
        """A size: the whole one, or the one for a short run."""
        return quick if self.is_quick else whole


@dataclass(frozen=True)
class Line:
    """One budget: what was measured, beside which floor, against what is required. `passed` None: nothing is required."""

    name: str
    what: str
    measured: str
    required: str = ""
    floor: str = ""
    ratio: float | None = None
    passed: bool | None = None

    def as_json(self) -> dict[str, object]:
        """The line for `--json`."""
        return asdict(self)


def share(name: str, what: str, rate: float, floor: float, at_least: float, *, unit: str, floor_of: str) -> Line:
    """A line whose budget is a share of a floor."""
    ratio = rate / floor
    return Line(
        name, what, f"{rate:,.0f} {unit}", f">= {at_least:.0%} of the floor", f"{floor:,.0f} {unit} ({floor_of})", ratio,
        ratio >= at_least,
    )  # fmt: skip


def limit(name: str, what: str, value: float, below: float, *, unit: str, digits: int = 0) -> Line:
    """A line whose budget is an upper limit."""
    return Line(name, what, f"{value:,.{digits}f} {unit}", f"< {below:,g} {unit}", passed=value < below)


def percentile(values: Sequence[float], share_of: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share_of))]


def show(lines: Sequence[Line]) -> None:
    """Print the table."""
    table = Table(title=f"leadrelay, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC", title_justify="left")
    for heading in ("what", "measured", "floor", "ratio", "required", ""):
        table.add_column(heading, justify="right" if heading in ("measured", "ratio") else "left", overflow="fold")
    for line in lines:
        verdict = {True: "pass", False: "BELOW", None: ""}[line.passed]
        table.add_row(
            f"{line.name}: {line.what}", line.measured, line.floor, "" if line.ratio is None else f"{line.ratio:.0%}",
            line.required, verdict,
        )  # fmt: skip
    Console(width=190).print(table)
