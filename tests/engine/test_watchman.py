"""Conditions that nobody meets while working become alerts, and these close by themselves."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.instants import HOUR, MINUTE
from leadrelay.engine import alerts, watchman
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.watchman import Watched, is_little
from leadrelay.store import captures, gates, markers, tables
from leadrelay.store.captures import Numbered
from tests.engine.conftest import Bench, Hand

ALL = Watched(("salesforce",), ("salesforce",), ("website",), 3)


def look(bench: Bench, watched: Watched = ALL) -> dict[str, str]:
    """The open alerts after a look: the kind by key."""
    watchman.look(bench.app.database, watched, bench.clock())
    return opened(bench)


def opened(bench: Bench) -> dict[str, str]:
    with bench.app.database.read() as connection:
        return {str(one["key"]): str(one["kind"]) for one in alerts.open_alerts(connection)}


def person(number: int) -> dict[str, str]:
    return {"first_name": "Pat", "last_name": f"Nr{number}", "email": f"pat{number}@acme.example"}


def test_submissions_that_nobody_works_on_are_told_unless_their_source_is_paused(bench: Bench, clock: Hand) -> None:
    bench.post(**person(1))
    clock.forward(14 * MINUTE)
    assert look(bench) == {}
    clock.forward(2 * MINUTE)
    assert look(bench) == {"late:new": "submissions_late"}
    with bench.app.database.write() as connection:
        markers.pause_source(connection, "website", "on purpose", clock())
    assert look(bench) == {}
    with bench.app.database.write() as connection:
        markers.resume_source(connection, "website")
    assert look(bench) == {"late:new": "submissions_late"}
    bench.process()
    assert look(bench) == {}


@pytest.mark.parametrize(("table", "state", "key", "kind"), [
    (tables.delivery, "failed", "failed:salesforce", "deliveries_failed"),
    (tables.submission, "held", "held:website", "submissions_held"),
], ids=["deliveries", "submissions"])  # fmt: skip
def test_failures_are_told_from_the_number_that_the_settings_say(
    bench: Bench, table: tables.Table, state: str, key: str, kind: str
) -> None:
    for number in range(3):
        bench.post(**person(number))
    bench.process()
    ids = [row.id for row in bench.rows(table)]

    def put(wanted: list[int], to: str) -> None:
        with bench.app.database.write() as connection:
            connection.execute(table.update().where(table.c.id.in_(wanted)).values(state=to))

    put(ids[:2], state)
    assert look(bench) == {}
    put(ids, state)
    assert look(bench) == {key: kind}
    put(ids[:1], "waiting" if table is tables.delivery else "processed")
    assert look(bench) == {}


def test_a_crm_that_does_not_answer_for_long_is_told_until_it_does(bench: Bench, clock: Hand) -> None:
    with bench.app.database.write() as connection:
        gate = gates.lock(connection, "salesforce")
        gates.save(connection, replace(gate, failures=4, last_ok_at=clock(), hold_reason="503 from the CRM"))
    assert look(bench) == {}
    clock.forward(31 * MINUTE)
    assert look(bench) == {"unreachable:salesforce": "sink_unreachable"}
    with bench.app.database.write() as connection:
        gates.save(connection, replace(gates.lock(connection, "salesforce"), failures=0, last_ok_at=clock()))
    assert look(bench) == {}


def test_alerts_of_what_is_configured_no_more_are_closed(bench: Bench, clock: Hand) -> None:
    with bench.app.database.write() as connection:
        gone = ("sink:gone", "mapping:gone:code:file:field", "source:gone", "file_not_imported:gone", "folder_not_usable:gone")
        for key in (*gone, "sink:salesforce", "configuration"):
            alerts.raise_alert(connection, key, "sink_paused", "broken", clock())
    assert set(look(bench)) == {"sink:salesforce", "configuration"}


def test_the_disk_of_a_machine_that_has_left_alarms_nobody_for_ever(bench: Bench, clock: Hand) -> None:
    with bench.app.database.write() as connection:
        data = json.dumps({"seen_at": clock()})
        alerts.raise_alert(connection, "disk:away", "disk_full", "little is left", clock(), data=data)
    assert look(bench) == {"disk:away": "disk_full"}
    clock.forward(2 * HOUR)
    assert look(bench) == {}


def test_a_spool_that_does_not_drain_is_told_until_it_has(bench: Bench, clock: Hand, tmp_path: Path) -> None:
    app = bench.app
    watchman.look_at_machine(app.database, app.settings.data_dir, app.spool, clock())
    assert opened(bench) == {}
    one = NewSubmission("website", "k", True, "new", "", {}, b"{}", None, clock(), False)
    app.spool.append([Numbered(app.ids.one(clock()), one)])
    app.spool.close()
    (file,) = app.spool.folder.glob("*.jsonl")
    os.utime(file, (clock() / 1000, clock() / 1000))
    watchman.look_at_machine(app.database, app.settings.data_dir, app.spool, clock() + 9 * MINUTE)
    assert opened(bench) == {}
    watchman.look_at_machine(app.database, app.settings.data_dir, app.spool, clock() + 11 * MINUTE)
    assert set(opened(bench).values()) == {"spool_waiting"}
    file.unlink()
    watchman.look_at_machine(app.database, app.settings.data_dir, app.spool, clock() + 12 * MINUTE)
    assert opened(bench) == {}


def test_a_ledger_that_does_not_add_up_is_told_until_it_does(bench: Bench, clock: Hand) -> None:
    bench.post(**person(1))
    assert watchman.check_ledger(bench.app.database, bench.app.spool, clock()) == 0
    counter = tables.counter
    with bench.app.database.write() as connection:
        connection.execute(counter.update().values(received=3))
    assert watchman.check_ledger(bench.app.database, bench.app.spool, clock()) == 2
    assert opened(bench) == {"unaccounted": "unaccounted"}
    with bench.app.database.write() as connection:
        connection.execute(counter.update().values(received=1))
    watchman.check_ledger(bench.app.database, bench.app.spool, clock())
    assert opened(bench) == {}


@pytest.mark.parametrize(("free", "total", "said"), [
    (999_000_000, 100_000_000_000, True), (2_000_000_000, 100_000_000_000, False),
    (60_000_000, 500_000_000, False), (40_000_000, 500_000_000, True),
])  # fmt: skip
def test_a_small_disk_is_full_later_than_a_large_one(free: int, total: int, said: bool) -> None:
    assert is_little(free, total) is said


def test_what_a_source_rejects_while_the_watchman_looks_stays_told(bench: Bench) -> None:
    with bench.app.database.write() as connection:
        alerts.raise_alert(connection, "source:website:failed", "source_item_failed", "an older one", bench.clock())
    looking = threading.Thread(target=look, args=(bench,))
    with bench.app.database.write() as connection:
        rejected = NewSubmission("website", "k", False, "rejected", "too large", {}, b"", None, bench.clock(), False)
        captures.commit(connection, [Numbered(bench.app.ids.one(bench.clock()), rejected)])
        alerts.raise_alert(connection, "source:website:failed", "source_item_failed", "a new one", bench.clock())
        looking.start()
        time.sleep(0.5)  # by now it has read, and waits for this transaction
    looking.join()
    assert opened(bench) == {"source:website:failed": "source_item_failed"}
    with bench.app.database.write() as connection:
        connection.execute(tables.submission.delete())
    assert look(bench) == {}
