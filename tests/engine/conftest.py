"""An application around a store of each kind, with the clock in the test's hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.sources import Captured, Post
from core.instants import Instant
from leadrelay.app import App, open_app
from leadrelay.engine.audit import audit_live
from leadrelay.engine.captures import NewSubmission
from leadrelay.store import captures, tables
from leadrelay.store.captures import Numbered
from tests.support.project import write_project

START: Instant = 1_790_000_000_000


class Hand:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> Instant:
        return self.now

    def forward(self, milliseconds: int) -> None:
        self.now += milliseconds


class Bench:
    """An application whose steps the test makes itself: post, process, reconcile."""

    def __init__(self, app: App, clock: Hand) -> None:
        self.app = app
        self.clock = clock
        self.processor = app.processor()

    def post(self, source: str = "website", *, priority: int = 0, **names: Any) -> int:
        """Capture one JSON post as the web process does; returns the id that the caller is told."""
        body = json.dumps(names).encode()
        headers = {"content-type": "application/json", "authorization": "Bearer secret-token"}
        plan = self.app.process_plan().sources[source]
        found = plan.reader.receive(Post(body, headers), plan.mapping.input_names)
        assert isinstance(found, Captured), found
        submission = NewSubmission(
            source, found.key, found.is_content_key, found.state, found.reason, found.headers, body,
            found.submitted_at, self.clock(), found.is_test, priority,
        )  # fmt: skip
        number = self.app.ids.one(self.clock())
        with self.app.database.write() as connection:
            return captures.commit(connection, [Numbered(number, submission)])[number]

    def process(self) -> int:
        """Decide everything that is new."""
        count = 0
        while done := self.processor.run_once():
            count += done
        return count

    def audit_live(self, name: str = "salesforce") -> dict[str, Any]:
        """A sink's records held against its CRM, as `leadrelay audit --live` does."""
        sink = self.app.open_sink(self.app.configuration.settings.sinks[name])
        try:
            return audit_live(self.app.database, self.app.sink_plan(name), sink)
        finally:
            sink.close()

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        with self.app.database.read() as connection:
            return list(connection.execute(select(table)))

    def count(self, table: Any) -> int:
        """How many rows a table has."""
        with self.app.database.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def record(self, row: Any) -> dict[str, Any]:
        """A lead's values by path."""
        return {path: value for _, _, values in json.loads(row.record)["won"] for path, value in values.items()}


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[Bench]:
    """A migrated store of each kind under a small configuration; its CRM can not be reached."""
    path = write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:9")
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    yield Bench(app, clock)
    app.close()


__all__ = ["START", "Bench", "Hand", "tables"]
