"""Notices are rows: planned once, sent at least once under one id, by several workers never twice, and killed ones again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.instants import HOUR, MINUTE, SECOND
from leadrelay.app import App, open_app
from leadrelay.engine import alerts
from leadrelay.notify.notifier import Notifier, forget_old, last_told
from leadrelay.store import tables
from tests.engine.conftest import Hand
from tests.support.project import write_project
from tests.support.receivers import WebServer, web_server

TARGETS = """\
notify:
  grace: 0 s
  targets:
    chat: {{webhook: {{url: "{url}", format: json}}}}
"""


@pytest.fixture
def hook() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def app(store_url: str, tmp_path: Path, clock: Hand, hook: WebServer) -> Iterator[App]:
    opened = open_app(project(tmp_path, store_url, hook), {}, clock=clock)
    opened.migrate()
    opened.keeper.start()
    yield opened
    opened.close()


def project(folder: Path, store: str, hook: WebServer, notify: str = TARGETS) -> Path:
    return write_project(folder, store=store, salesforce="http://127.0.0.1:9", extra=notify.format(url=hook.url))


def raised(app: App, key: str = "sink:salesforce", kind: str = "sink_paused", message: str = "it is broken") -> None:
    with app.database.write() as connection:
        alerts.raise_alert(connection, key, kind, message, app.clock())


def resolved(app: App, key: str = "sink:salesforce") -> None:
    with app.database.write() as connection:
        alerts.resolve(connection, key, app.clock())


def tell(app: App, target: str = "chat") -> int:
    app.notifier.plan(app.clock())
    return app.notifier.send_due(target)


def rows(app: App, table: Any = tables.notice) -> list[Any]:
    with app.database.read() as connection:
        return list(connection.execute(table.select()))


def test_an_alert_is_told_once_and_its_end_once(app: App, clock: Hand, hook: WebServer) -> None:
    raised(app)
    assert [tell(app), tell(app)] == [1, 0]
    raised(app, message="it is still broken")
    clock.forward(HOUR)
    assert tell(app) == 0
    resolved(app)
    assert [tell(app), tell(app)] == [1, 0]
    assert [(one["event"], one["alerts"][0]["message"]) for one in hook.documents] == [
        ("raised", "it is broken"), ("resolved", "it is still broken"),
    ]  # fmt: skip
    assert last_told(app.database, ["chat"]) == {"chat": (clock(), "")}


def test_what_comes_from_a_crm_is_cleaned_before_it_is_sent(app: App, hook: WebServer) -> None:
    raised(app, message="user anna@acme.example of secret-token may not write; sandbox-secret")
    tell(app)
    said = json.dumps(hook.documents)
    assert "anna@" not in said
    assert "secret-token" not in said
    assert "sandbox-secret" not in said
    assert "(an address) of (a secret) may not write" in said


def test_alerts_of_one_kind_that_are_due_together_are_one_message(app: App, hook: WebServer) -> None:
    for number in range(60):
        raised(app, f"mapping:salesforce:x:{number}", "mapping", f"field {number} is gone")
    raised(app)
    assert tell(app) == 3
    assert sorted((one["kind"], len(one["alerts"])) for one in hook.documents) == [
        ("mapping", 10), ("mapping", 50), ("sink_paused", 1),
    ]  # fmt: skip


def test_a_failing_target_is_tried_again_later_becomes_an_alert_and_is_well_again(app: App, clock: Hand, hook: WebServer) -> None:
    hook.status, hook.said = 500, b"no anna@acme.example"
    raised(app)
    assert tell(app) == 0
    assert tell(app) == 0
    assert len(hook.posts) == 1, "not again before its time"
    for _ in range(3):
        clock.forward(10 * MINUTE)
        tell(app)
    assert [row.problem for row in rows(app)] == ["the webhook answers 500: no (an address)"]
    failing = next(row for row in rows(app, tables.alert) if row.key == "notify:chat")
    assert (failing.kind, failing.resolved_at) == ("notify_failing", None)
    assert failing.message == "notices to `chat` can not be sent: the webhook answers 500: no (an address)"
    hook.status = 200
    clock.forward(HOUR)
    assert tell(app) == 1
    assert next(row for row in rows(app, tables.alert) if row.key == "notify:chat").resolved_at == clock()
    assert len({headers["x-leadrelay-notice"] for headers, _ in hook.posts}) == 1


def test_a_trouble_that_ends_while_its_target_fails_is_never_told(app: App, clock: Hand, hook: WebServer) -> None:
    hook.status = 503
    raised(app)
    tell(app)
    resolved(app)
    hook.status = 200
    clock.forward(HOUR)
    assert tell(app) == 0
    assert rows(app) == []


def test_a_target_that_hangs_keeps_back_no_other_one(store_url: str, tmp_path: Path, clock: Hand, hook: WebServer) -> None:
    with web_server() as slow:
        slow.waits_for = threading.Event()
        both = TARGETS + '    pager: {{webhook: {{url: "' + slow.url + '"}}}}\n'
        app = open_app(project(tmp_path, store_url, hook, both), {}, clock=clock)
        app.migrate()
        app.keeper.start()
        raised(app)
        began = time.monotonic()
        app.notifier("", clock())
        assert slow.came.wait(10)
        assert hook.came.wait(10)
        app.notifier("", clock())
        assert time.monotonic() - began < 5
        slow.waits_for.set()
        app.notifier.close()
        assert (len(hook.posts), len(slow.posts)) == (1, 1)
        app.close()


def test_several_workers_at_once_send_each_notice_once(app: App, hook: WebServer) -> None:
    kinds = ("sink_paused", "mapping", "disk_full", "configuration", "unaccounted", "source_paused")
    for kind in kinds:
        raised(app, f"{kind}:x", kind)
    workers = [Notifier(app.database, lambda: app.configuration.settings, clock=app.clock) for _ in range(4)]

    def work(worker: Notifier) -> None:
        worker.plan(app.clock())
        worker.send_due("chat")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["kind"] for one in hook.documents) == sorted(kinds)


PROGRAM = """\
import sys
from pathlib import Path
from leadrelay.app import open_app
app = open_app(Path(sys.argv[1]), {})
app.keeper.start()
while True:
    app.notifier.plan(app.clock())
    if not app.notifier.send_due("chat") and len(sys.argv) > 2:
        break
"""


def test_a_worker_killed_between_sending_and_marking_sends_again_under_the_same_id(
    app: App, clock: Hand, hook: WebServer
) -> None:
    clock.now = time.time_ns() // 1_000_000
    hook.waits_for = threading.Event()
    raised(app)
    first = subprocess.Popen([sys.executable, "-c", PROGRAM, str(app.path)])
    assert hook.came.wait(30), "the first worker has sent and waits for the answer"
    first.send_signal(signal.SIGKILL)
    first.wait()
    hook.waits_for.set()
    assert subprocess.run([sys.executable, "-c", PROGRAM, str(app.path), "once"], check=True, timeout=60).returncode == 0
    assert len(hook.posts) == 1, "the lease of the killed one keeps others away"
    clock.now = time.time_ns() // 1_000_000 + 61 * SECOND
    assert tell(app) == 1
    assert len({headers["x-leadrelay-notice"] for headers, _ in hook.posts}) == 1
    assert len(hook.posts) == 2


def test_notices_are_forgotten_a_week_after_their_end_was_told(app: App, clock: Hand) -> None:
    raised(app)
    tell(app)
    resolved(app)
    tell(app)
    assert forget_old(app.database, clock()) == 0
    clock.forward(8 * 24 * HOUR)
    assert forget_old(app.database, clock()) == 2
    assert rows(app) == []


def test_two_worker_processes_send_each_notice_once(app: App, clock: Hand, hook: WebServer) -> None:
    clock.now = time.time_ns() // 1_000_000
    kinds = ("sink_paused", "mapping", "disk_full", "configuration", "unaccounted", "source_paused", "spool_waiting")
    for kind in kinds:
        raised(app, f"{kind}:x", kind)
    both = [subprocess.Popen([sys.executable, "-c", PROGRAM, str(app.path), "once"]) for _ in range(2)]
    assert [worker.wait(60) for worker in both] == [0, 0]
    assert sorted(one["kind"] for one in hook.documents) == sorted(kinds)
