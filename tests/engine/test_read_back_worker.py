"""A running worker listens to its CRM beside everything else that it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from leadrelay.app import open_app
from leadrelay.engine.clock import system_clock
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import tables
from tests.engine.conftest import Hand
from tests.engine.feedback import SF_CONTACT, SF_LEAD, FeedbackBench, person
from tests.support.project import write_project


def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    give_up_at = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up_at, "it does not come to that"
        time.sleep(0.1)


def test_two_workers_take_in_what_sales_did_once(store_url: str, tmp_path: Path) -> None:
    with SandboxServer() as crm:
        path = write_project(
            tmp_path, store=store_url, salesforce=crm.url, lead=SF_LEAD, sink="    rate: 1000/1s\n    read_back: {every: 1s}\n"
        )
        (path.parent / "mappings" / "sf-contact.yaml").write_text(SF_CONTACT)
        app = open_app(path, {})
        app.migrate()
        app.keeper.start()
        clock = Hand()
        clock.now = system_clock()
        bench = FeedbackBench(app, clock)
        bench.crms = {}
        workers = [app.worker() for _ in range(2)]
        for worker in workers:
            worker.start()
        try:
            for number in range(5):
                bench.post(**person(number))
            until(lambda: bench.states() == {"in_sync": 5})
            for row in bench.rows(tables.delivery):
                crm.org.edit("Lead", row.crm_id, {"Status": "Working - Contacted"})
            until(lambda: len(bench.events("crm_change")) == 5)
            until(lambda: bench.states() == {"in_sync": 5})
            time.sleep(2.5)  # two more looks, which tell nothing new
            assert len(bench.events("crm_change")) == 5
            assert [bench.lead(number)["status"] for number in range(5)] == ["working"] * 5
            assert bench.is_whole()
        finally:
            for worker in workers:
                worker.stop()
            app.close()
