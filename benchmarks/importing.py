"""A large CSV file: captured and durable beside "csv.reader and insert", memory, once more, and on after a kill."""

from __future__ import annotations

import csv
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from binascii import b2a_base64
from hashlib import blake2b
from pathlib import Path

from benchmarks.processes import resident_mb
from benchmarks.report import Line, Run, limit, share
from leadrelay.store import imports
from leadrelay.store.database import Database

_BATCH = 1_000
_MEMORY_MB = 300
_ROUNDS = 2
_HEADER = (
    "Vorname", "Nachname", "E-Mail", "Telefon", "Firma", "Position", "Straße", "PLZ", "Ort", "Land", "Kundennummer", "Bemerkung",
    "Fax", "Produkt",
)  # fmt: skip
_FIRST = ("Jürgen", "Anna", "Zoë", "Grzegorz", "Åsa", "Maria", "José", "Ben")
_LAST = ("Müller", "Weber", "Groß", "O'Neill", "Łukaszewicz", "Sørensen", "Kurz")
_SETTINGS = """\
store: sqlite:///store.db
region: DE
sources:
  lists: {connector: csvfile}
"""


def write_leads(path: Path, count: int) -> None:
    """A file as sales departments have them: quotes, umlauts, commas and line breaks in cells, short and blank rows."""
    rolled = random.Random(4)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for number in range(count):
            first, last = rolled.choice(_FIRST), rolled.choice(_LAST)
            row = [
                first, f"{last}-{rolled.randrange(10**6)}", f"lead{number}@firma{number % 9973}.example",
                f"+49 30 {rolled.randrange(10**7):07d}", f'Firma "{last}" GmbH & Co. KG, {number % 9973}', "Leiterin Einkauf",
                f"Hauptstraße {number % 200}", f"{rolled.randrange(10**5):05d}", "Köln", "DE", str(number),
                f"Möchte ein Angebot, bitte {rolled.choice(('bald', 'im Mai', 'sofort'))}", "", f"Paket {number % 7}",
            ]  # fmt: skip
            if number % 61 == 60:
                row[11] += "\nund einen Rückruf"
            if number % 97 == 96:
                row = row[:8]
            writer.writerow(row if number % 499 != 498 else [])


def measure(run: Run) -> list[Line]:
    """The rate of both in turns, the most memory of the command, the file once more, and what a killed import repeats."""
    count = run.pick(1_000_000, 150_000)
    source = run.folder / "leads.csv"
    write_leads(source, count)
    run.say(f"{count:,} rows, {source.stat().st_size / 1e6:.0f} MB, {_ROUNDS} times beside the floor")
    rates: list[list[float]] = [[], []]
    most, again = 0.0, 0.0
    for turn in range(_ROUNDS):
        rates[0].append(count / _floor(run.folder / f"floor{turn}.db", source))
        project = _project(run.folder / f"project{turn}")
        took, held, told = _imported(project, source)
        assert told["records"] == told["accepted"] + told["rejected"] + told["blank"] == count, told
        rates[1].append(count / took)
        most = max(most, held)
        again, _, told = _imported(project, source)
        assert told["state"] == "known", told
        shutil.rmtree(project)
        (run.folder / f"floor{turn}.db").unlink()
    rate, floor = max(rates[1]), max(rates[0])
    what = f"{count:,} rows of a CSV file captured and durable, whole command, SQLite FULL"
    return [
        share("import", what, rate, floor, 0.7, unit="rows/s", floor_of="csv.reader and insert with a unique key"),
        limit("import", f"most memory held for {count:,} rows", most, _MEMORY_MB, unit="MB"),
        Line("import", "the same file once more", f"{again:.1f} s"),
        _killed(run, source, count),
    ]


def _floor(store: Path, source: Path) -> float:
    """How long reading the file and inserting its raw cells takes: one table, a unique key, the same batch and durability."""
    began = time.perf_counter()
    connection = sqlite3.connect(store, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}")
    names = ", ".join(f"cell{number}" for number in range(len(_HEADER)))
    connection.execute(f"CREATE TABLE row (key TEXT PRIMARY KEY, {names})")
    insert = f"INSERT OR IGNORE INTO row VALUES ({', '.join('?' * (len(_HEADER) + 1))})"
    batch: list[tuple[str, ...]] = []

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, batch)
        connection.execute("COMMIT")
        batch.clear()

    with source.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            digest = blake2b("\x1f".join(row).encode(), digest_size=15).digest()
            padding = ("",) * (len(_HEADER) - len(row))
            batch.append((b2a_base64(digest, newline=False).decode(), *row, *padding))
            if len(batch) == _BATCH:
                commit()
    commit()
    connection.close()
    return time.perf_counter() - began


def _project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "leadrelay.yaml").write_text(_SETTINGS, encoding="utf-8")
    subprocess.run([*_command(folder, "migrate")], check=True, capture_output=True)
    return folder


def _command(project: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "leadrelay.cli", *words, "--config", str(project / "leadrelay.yaml")]


def _imported(project: Path, source: Path) -> tuple[float, float, dict[str, object]]:
    """How long the command took, the most memory it held in MB, and what it told of the file."""
    began, most = time.perf_counter(), 0.0
    command = _command(project, "import", "lists", str(source), "--json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                most = max(most, resident_mb(process.pid))
            except (OSError, AssertionError):  # it has just ended
                break
            time.sleep(0.05)
        out = process.communicate()[0]
    took = time.perf_counter() - began
    assert process.returncode == 0, out
    return took, most, json.loads(out)["files"][0]


def _killed(run: Run, source: Path, count: int) -> Line:
    """An import killed in its middle and begun again: nothing is doubled, and at most a batch is read by the store twice."""
    project = _project(run.folder / "killed")
    database = Database(f"sqlite:///{project / 'store.db'}")
    process = subprocess.Popen(
        _command(project, "import", "lists", str(source)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while _records(database) < count // 2:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = _records(database)
    took, _, told = _imported(project, source)
    with database.read() as connection:
        stored = connection.exec_driver_sql("SELECT count(*) FROM submission").scalar_one()
        doubled = connection.exec_driver_sql("SELECT count(*) FROM submission WHERE state = 'duplicate'").scalar_one()
    database.close()
    assert stored == count - int(str(told["blank"])), f"{stored} of {count} are there"
    assert told["resumed_at"] == kept, told
    what = f"killed at {kept:,} rows and begun again ({took:.0f} s): rows read into the store twice"
    return Line("import", what, f"{doubled:,} rows", f"<= {_BATCH:,}", passed=doubled <= _BATCH)


def _records(database: Database) -> int:
    with database.read() as connection:
        return sum(counts.records for _, counts in imports.totals(connection).values())
