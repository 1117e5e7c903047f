"""From submission to lead: one worker, everything on, beside normalizing and writing the same rows with nothing between."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import harmonic_mean
from typing import Any

from sqlalchemy import Connection

from benchmarks import people
from benchmarks.project import capture, opened, working_hours, write_project
from benchmarks.report import Line, Run, limit, share
from core.lead import Cell
from core.normalize import RawValue, normalize
from leadrelay.app import App
from leadrelay.engine.process import Processor
from leadrelay.serving import tune_interpreter
from leadrelay.store.database import Database

_BATCH = 200
_ROUNDS = 5
_RETURNING = 10
"""Every tenth submission is of a person who is known already."""

_STRANGERS = 10_000_000
"""The floor's people are others, so that no cache knows them already."""

_AFTER_ALL = 1 << 62
"""The floor's events come after the product's own, as new events do."""

_FIELDS = {
    "Name": "person.full_name", "E-Mail": "person.email", "Telefon": "person.phone", "Company": "company.name",
    "Country": "company.country", "Company size": "company.employees", "start": "interest.timeframe",
    "Number of users": "custom.crm_users", "Comments": "touch.message", "utm_source": "touch.utm_source",
    "utm_campaign": "touch.utm_campaign",
}  # fmt: skip


class TimedDatabase(Database):
    """The store, remembering how long its write transactions hold SQLite's write lock."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.seconds: list[float] = []

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[Connection]:
        """The same transaction, timed from the lock to the end of the commit."""
        with super().write(is_durable=is_durable) as connection:
            began = time.perf_counter()
            yield connection
        self.seconds.append(time.perf_counter() - began)


def measure(run: Run) -> list[Line]:
    """The line for SQLite with the longest write transaction, and the one for PostgreSQL where a server can be started."""
    stored, count = run.pick(100_000, 4_000), run.pick(10_000, 2_000)
    path = write_project(run.folder / "sqlite")
    run.say(f"storing {stored:,} leads")
    app = opened(path, working_hours())
    fill(app, stored)
    app.database.close()
    base = run.folder / "sqlite" / "store.db"
    shutil.copy(base, run.folder / "floor.db")
    tune_interpreter()  # as a worker process does
    run.say(f"deciding {count:,} submissions, in turns with the floor")
    rates, floors = [], []
    first = stored
    worker, floor = Worker(app), Floor(app, run.folder / "floor.db", told_of(app))
    for _ in range(_ROUNDS):  # in turns, so that what else the machine does falls on both
        part = count // _ROUNDS
        rates.append(worker.rate(first, part))
        floors.append(floor.rate(first, part))
        first += part
    rate, floor_rate, longest = harmonic_mean(rates), harmonic_mean(floors), max(worker.database.seconds)
    worker.database.close()
    floor.close()
    what = f"submission to lead, one worker, SQLite, {stored:,} leads stored"
    lines = [
        share("process", what, rate, floor_rate, 0.6, unit="leads/s", floor_of="normalize + bulk write with 7 keys"),
        limit("process", "longest write transaction", longest * 1000, 50, unit="ms", digits=1),
    ]
    app.close()
    return lines + _postgres(run, rate, stored, count)


def fill(app: App, stored: int) -> None:
    """Store that many leads, through the front door."""
    processor = app.processor(batch=1_000)
    for start in range(0, stored, 5_000):
        capture(app, (people.body(number) for number in range(start, min(start + 5_000, stored))))
        while processor.run_once():
            pass


def bodies(first: int, count: int) -> Iterator[bytes]:
    """Posts of new people, and some of people who are stored."""
    for number in range(first, first + count):
        yield people.body(number // 3, number) if number % _RETURNING == 0 else people.body(number)


@dataclass(frozen=True)
class Told:
    """What the product writes of each lead in the mean: the lengths of a submission's headers, of a touch and of a lead, events
    and rows of the ledger, each with a text of the usual length."""

    headers: int
    touch: int
    lead: int
    events: float
    event: str
    assignments: float
    trace: str


def told_of(app: App) -> Told:
    """What is told of a stored lead in the mean."""
    with app.database.read() as connection:
        leads, headers, touch, lead, events, event, assignments, trace = connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM lead), (SELECT avg(length(headers)) FROM submission), "
            "(SELECT avg(length(fields)) FROM touch), (SELECT avg(length(record)) FROM lead), "
            "(SELECT count(*) FROM event), (SELECT avg(length(data)) FROM event), "
            "(SELECT count(*) FROM assignment), (SELECT avg(length(trace)) FROM assignment)"
        ).one()
    texts = "x" * int(event or 0), "x" * int(trace or 0)
    return Told(int(headers), int(touch), int(lead), events / leads, texts[0], assignments / leads, texts[1])


class Worker:
    """The product: one worker with the store open."""

    def __init__(self, app: App) -> None:
        self.database = TimedDatabase(app.settings.store)
        self._app = app
        self._processor = Processor(self.database, app.process_plan, clock=app.clock, ids=app.ids, batch=_BATCH)

    def rate(self, first: int, count: int) -> float:
        """Leads a second for so many more posts."""
        capture(self._app, bodies(first, count))
        began = time.perf_counter()
        done = 0
        while ended := self._processor.run_once():
            done += ended
        spent = time.perf_counter() - began
        assert done == count, f"{done} of {count} were decided"
        return done / spent


# --- the floor ------------------------------------------------------------------------------------------------------


class Floor:
    """The same when nothing is decided: normalize, and write the rows with executemany in batches of the same size."""

    def __init__(self, app: App, file: Path, told: Told) -> None:
        self._app, self._told = app, told
        self._connection = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000"):
            self._connection.execute(f"PRAGMA {pragma}")

    def rate(self, first: int, count: int) -> float:
        """Leads a second for so many more posts."""
        posts = [people.post(_STRANGERS + number) for number in range(first, first + count)]
        catalogue = self._app.process_plan().catalogue
        _put_submissions(self._connection, self._app, posts, self._told)
        ids = [row[0] for row in self._connection.execute("SELECT id FROM submission WHERE state = 'new' ORDER BY id")]
        number = first * 7
        began = time.perf_counter()
        for start in range(0, count, _BATCH):
            documents = []
            for post in posts[start : start + _BATCH]:
                raw = {path: RawValue((post[name],), name, "DE") for name, path in _FIELDS.items()}
                documents.append(_documents(normalize(raw, catalogue, zone="UTC").fields, self._told))
            _write(self._connection, ids[start : start + _BATCH], documents, number, self._app.clock(), self._told)
            number += 7 * _BATCH
        return count / (time.perf_counter() - began)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _documents(cells: Mapping[str, Cell], told: Told) -> tuple[str, str]:
    """The texts of a touch and of a lead, as long as the product's own in the mean."""
    touch = json.dumps({path: [cell.value, cell.raw] for path, cell in cells.items()})
    lead = json.dumps({path: cell.value for path, cell in cells.items()})
    return touch.ljust(told.touch), lead.ljust(told.lead)


def _put_submissions(connection: sqlite3.Connection, app: App, posts: list[dict[str, Any]], told: Told) -> None:
    """What the floor ends with `processed`, as the product does."""
    now = app.clock()
    rows = [
        (number, f"floor-{number}", now, "x" * told.headers, json.dumps(post))
        for number, post in zip(app.ids.take(len(posts), now), posts, strict=True)
    ]
    connection.execute("BEGIN IMMEDIATE")
    sql = "INSERT INTO submission (id, source, state, key, received_at, headers, body) VALUES (?, 'website', 'new', ?, ?, ?, ?)"
    connection.executemany(sql, rows)
    connection.execute("COMMIT")


def _write(
    connection: sqlite3.Connection, ids: list[int], documents: list[tuple[str, str]], number: int, now: int, told: Told
) -> None:
    """The rows of one batch, durable: 7 keys, lead, touch, events, assignment, delivery, action, and the submission's end."""
    scattered = 0x9E3779B97F4A7C15  # keys are hashes, so theirs are too
    keys = [
        (
            (((number + 7 * row + step) * scattered) & (2**64 - 1)) - 2**63,
            "email_name",
            f"anna.{lead}@acme.example anna weber",
            "anna weber",
            lead,
        )
        for row, lead in enumerate(ids)
        for step in range(7)
    ]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        'INSERT INTO lead_key ("hash", "kind", "text", "name", "lead_id") VALUES (?, ?, ?, ?, ?)', sorted(keys)
    )
    connection.executemany(
        "INSERT INTO lead (id, version, record, outcome, is_test, created_at, updated_at) VALUES (?, 1, ?, 'convert', 0, ?, ?)",
        [(lead, text, now, now) for lead, (_, text) in zip(ids, documents, strict=True)],
    )
    connection.executemany(
        "INSERT INTO touch (id, lead_id, source, kind, at, fields, config_hash) VALUES (?, ?, 'website', 'demo', ?, ?, 'hash')",
        [(lead, lead, now, text) for lead, (text, _) in zip(ids, documents, strict=True)],
    )
    connection.executemany(
        "INSERT INTO event (id, at, kind, lead_id, submission_id, data) VALUES (?, ?, 'lead', ?, ?, ?)",
        [
            (_AFTER_ALL + 16 * (number + row) + step, now, lead, lead, told.event)
            for row, (lead, steps) in enumerate(_shared(ids, told.events))
            for step in range(steps)
        ],
    )
    connection.executemany(
        "INSERT INTO assignment (id, lead_id, at, member, line, day, trace) VALUES (?, ?, ?, 'anna', 'all', '2026-11-21', ?)",
        [(lead, lead, now, told.trace) for lead, steps in _shared(ids, told.assignments) if steps],
    )
    connection.executemany(
        "INSERT INTO delivery (id, sink, object, lead_id, state, want, due, updated_at) "
        "VALUES (?, 'salesforce', 'Lead', ?, 'waiting', 1, ?, ?)",
        [(lead, lead, now, now) for lead in ids],
    )
    connection.executemany(
        "INSERT INTO action (id, key, sink, lead_id, touch_id, kind, payload, state, due, updated_at) "
        "VALUES (?, ?, 'salesforce', ?, ?, 'task', '{\"Subject\": \"demo\"}', 'waiting', ?, ?)",
        [(lead, f"salesforce-lead-{lead}-task-0", lead, lead, now, now) for lead in ids],
    )
    connection.executemany(
        "UPDATE submission SET state = 'processed', lead_id = ?, config_hash = 'hash' WHERE id = ?",
        [(lead, lead) for lead in ids],
    )
    connection.execute("COMMIT")


def _shared(ids: Sequence[int], mean: float) -> Iterator[tuple[int, int]]:
    """Each lead with a whole number of rows, so many in the mean."""
    for row, lead in enumerate(ids):
        yield lead, int(mean * (row + 1)) - int(mean * row)


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _postgres(run: Run, sqlite_rate: float, stored: int, count: int) -> list[Line]:
    try:
        from tests.support.postgres import PrivatePostgres

        server = PrivatePostgres()
        server.start()
    except (ImportError, OSError) as error:
        run.say(f"no PostgreSQL here: {error}")
        return []
    try:
        stored //= 5
        run.say(f"the same on PostgreSQL, {stored:,} leads stored")
        app = opened(write_project(run.folder / "postgres", store=server.create("benchmark")), working_hours())
        fill(app, stored)
        worker = Worker(app)
        rate = worker.rate(stored, count)
        worker.database.close()
        app.close()
    finally:
        server.remove()
    what = f"the same on PostgreSQL, {stored:,} leads stored"
    return [share("process", what, rate, sqlite_rate, 0.6, unit="leads/s", floor_of="SQLite as above")]
