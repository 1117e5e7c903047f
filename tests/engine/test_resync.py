"""When mappings change: every lead is wanted again, by whichever worker comes first, and nothing slips through."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

from sqlalchemy import delete, update

from core.instants import HOUR, MINUTE
from leadrelay.engine import alerts, resync
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.resync import CHECK_AFTER, Resync
from leadrelay.engine.timers import Again, Timers
from leadrelay.store import markers, tables
from tests.engine.conftest import Bench


def follow(bench: Bench, fingerprint: str | None = None) -> bool:
    mine = bench.app.sink_plan("salesforce").fingerprint if fingerprint is None else fingerprint
    return resync.follow(bench.app.database, bench.app.ids, "salesforce", mine, bench.clock())


def timers(bench: Bench, plan: ProcessPlan | None = None) -> Timers:
    work = Resync(bench.app.database, bench.app.ids, (lambda: plan) if plan else bench.app.process_plan)
    return Timers(bench.app.database, {resync.KIND: work}, clock=bench.clock, ids=bench.app.ids)


def people(bench: Bench, count: int) -> None:
    for number in range(count):
        bench.post(first_name="Pat", last_name=f"Nr{number}", email=f"pat{number}@acme.example", company="Acme")
    bench.process()


def settle(bench: Bench, **values: object) -> None:
    with bench.app.database.write() as connection:
        connection.execute(update(tables.delivery).values(state="in_sync", have=1, crm_id="00Q", **values))


def test_a_worker_that_does_not_know_the_new_mappings_yet_leaves_the_resync_to_others(bench: Bench) -> None:
    people(bench, 2)
    settle(bench)
    assert follow(bench)
    old = bench.app.process_plan()
    laggard = replace(old, sinks=())
    timers(bench, laggard).run_once()
    outdated = replace(old, sinks=tuple(replace(sink, fingerprint="older") for sink in old.sinks))
    bench.clock.forward(MINUTE)
    timers(bench, outdated).run_once()
    bench.clock.forward(MINUTE)
    timers(bench).run_once()
    assert {row.state for row in bench.rows(tables.delivery)} == {"waiting"}


def test_a_sink_that_was_removed_for_good_ends_its_resync(bench: Bench) -> None:
    follow(bench)
    bench.clock.forward(2 * HOUR)
    timers(bench, replace(bench.app.process_plan(), sinks=())).run_once()
    assert bench.count(tables.timer) == 0


def test_what_was_written_by_old_mappings_meanwhile_is_found_afterwards(bench: Bench) -> None:
    people(bench, 3)
    follow(bench)
    timers(bench).run_once()
    settle(bench, sent_hash=42)  # a batch that was on its way under the old mappings
    with bench.app.database.write() as connection:  # a lead that was decided by a worker without this sink
        connection.execute(delete(tables.delivery).where(tables.delivery.c.lead_id == bench.rows(tables.lead)[0].id))
    bench.clock.forward(CHECK_AFTER)
    timers(bench).run_once()
    assert [row.state for row in bench.rows(tables.delivery)] == ["waiting"] * 3
    assert bench.count(tables.timer) == 0


def test_mappings_that_change_to_and_fro_want_every_lead_each_time(bench: Bench) -> None:
    people(bench, 2)
    mine = bench.app.sink_plan("salesforce").fingerprint
    follow(bench)
    assert not follow(bench)
    follow(bench, "another")
    follow(bench, mine)
    assert [json.loads(row.data)["fingerprint"] for row in bench.rows(tables.timer)].count(mine) == 2
    settle(bench)
    timers(bench).run_once()
    assert {row.state for row in bench.rows(tables.delivery)} == {"waiting"}


def test_a_sink_that_comes_back_wants_what_it_has_missed(bench: Bench) -> None:
    follow(bench)
    resync.forget(bench.app.database, ["salesforce"])
    assert not follow(bench)
    resync.forget(bench.app.database, [])
    assert follow(bench)


def test_an_old_timer_without_a_fingerprint_still_works(bench: Bench) -> None:
    people(bench, 1)
    settle(bench)
    work = Resync(bench.app.database, bench.app.ids, bench.app.process_plan)
    assert isinstance(work(json.dumps({"sink": "salesforce"}), bench.clock()), Again)
    assert {row.state for row in bench.rows(tables.delivery)} == {"waiting"}


def test_processes_that_say_the_same_at_the_same_moment_do_not_fall_over_each_other(bench: Bench) -> None:
    count, errors, told = 4, [], []
    gate = threading.Barrier(count)

    def start() -> None:
        try:
            for name in range(20):
                gate.wait(10)
                with bench.app.database.write() as connection:
                    told.append(markers.change(connection, f"m{name}", "new", 1))
                    markers.put(connection, f"p{name}", "same", 1)
                    alerts.raise_alert(connection, f"a{name}", "test", "words", 1)
        except Exception as error:
            errors.append(error)
            gate.abort()

    threads = [threading.Thread(target=start) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert told.count(True) == 20
