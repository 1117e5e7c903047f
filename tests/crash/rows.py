"""A trade fair's list: a file of rows, imported by a process that is killed again and again until it is done."""

from __future__ import annotations

import csv
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_NOT_REACHED = 3
COLUMNS = ("First name", "Last name", "E-mail", "Company", "City")


@dataclass(frozen=True)
class Listing:
    """What a file holds: how many rows of each sort, and the addresses of its people."""

    path: Path
    accepted: int
    rejected: int
    blank: int
    emails: frozenset[str]


def write_listing(path: Path, rows: int, posting: int, rng: random.Random) -> Listing:
    """A file of so many rows: new people, some who post forms too, rows that stand there twice, and rows that can not be read."""
    good = [list(_row(number, posting)) for number in range(int(rows * 0.85))]
    good += rng.sample(good, int(rows * 0.1))
    bad = [list(_unreadable(number)) for number in range(rows - len(good))]
    lines = [*good, *bad]
    rng.shuffle(lines)
    blank = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for line in lines:
            if rng.random() < 0.01:
                blank += 1
                file.write("\r\n")
            writer.writerow(line)
    return Listing(path, len(good), len(bad), blank, frozenset(row[2] for row in good))


def _row(number: int, posting: int) -> Iterator[str]:
    """Every seventh row is a person who posts forms."""
    person = number // 7 if number % 7 == 0 and number // 7 < posting else None
    yield from ("Pat", f"Nr{person}", f"person{person}@acme.example") if person is not None else (
        "Row", f"Nr{number}", f"row{number}@list.example"
    )  # fmt: skip
    yield f'Häuser "{number % 97}" & Söhne; Köln\nZweigstelle' if number % 5 == 0 else f"Company {number % 97}"
    yield "Köln"


def _unreadable(number: int) -> Iterator[str]:
    """A row that names nobody, or one with more cells than there are columns."""
    if number % 2:
        yield from ("", "", "", "", f"City {number}")
    else:
        yield from ("Too", f"Many{number}", f"many{number}@list.example", "Company", "Köln", "one", "more")


def import_until_done(start: Callable[[], subprocess.Popen[bytes]], kills: int, rng: random.Random) -> tuple[int, int]:
    """Start the import and kill it, so many times, at random moments; then let it end. How often it was killed, its status.

    An import that meets a store that is starting up ends with 3 and says that it may be tried again, which is done here.
    """
    killed, give_up_at = 0, time.monotonic() + 120
    while True:
        process = start()
        try:
            status = process.wait(600 if killed == kills else rng.uniform(0.5, 2.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            if killed == kills:
                raise
            killed += 1
            time.sleep(0.1)
        else:
            if status != _NOT_REACHED or time.monotonic() > give_up_at:
                return killed, status
            time.sleep(0.2)
