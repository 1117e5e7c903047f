"""Thousands of new leads through a job of the CRM: every row ends as it would have ended the ordinary way, whoever is killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.instants import DAY, MINUTE, SECOND
from leadrelay.app import open_app
from leadrelay.engine import merging, settling
from leadrelay.engine.erase import erase
from leadrelay.engine.merging import Merge
from leadrelay.engine.read_back import Read
from leadrelay.engine.reconcile import Reconciler
from leadrelay.engine.worker import pause_after
from leadrelay.sandbox.salesforce import DuplicateRule, Settings, ValidationRule
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import gates, jobs, tables
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project

SINK = "    rate: 1000/1s\n    bulk_from: 20"


class BulkBench(Bench):
    """A bench whose Salesforce sink writes jobs from twenty rows on."""

    crm: SandboxServer
    reconciler: Reconciler

    def run(self, passes: int = 400) -> None:
        """Reconcile until everything has come to rest, an hour at most."""
        for _ in range(passes):
            self.clock.forward(400)
            self.crm.org.advance(0.4)
            self.reconciler.run_once()
            if not self.count(tables.bulk_job) and not self.open_rows():
                return
        raise AssertionError(f"no rest: {self.states()}, jobs {self.count(tables.bulk_job)}")

    def run_for(self, seconds: float) -> None:
        """Let so much time go by."""
        for _ in range(round(seconds / 0.4)):
            self.clock.forward(400)
            self.crm.org.advance(0.4)
            self.reconciler.run_once()

    def open_rows(self) -> int:
        return sum(row.state in ("waiting", "in_flight") for row in self.rows(tables.delivery))

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows(tables.delivery):
            found[row.state] = found.get(row.state, 0) + 1
        return found

    def emails(self) -> list[str]:
        return sorted(str(record["Email"]) for record in self.crm.org.records("Lead"))

    def counted(self, name: str) -> int:
        return int(self.crm.org.counters[name])

    def new_worker(self) -> Reconciler:
        return self.app.reconciler("salesforce")


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[BulkBench]:
    with SandboxServer() as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink=SINK)
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        made = BulkBench(app, clock)
        made.crm = crm
        made.reconciler = made.new_worker()
        yield made
        made.reconciler.close()
        app.close()


def email(number: int) -> str:
    return f"pat{number:03}@acme.example"


def arrive(bench: BulkBench, count: int, start: int = 0, **more: Any) -> None:
    for n in range(start, start + count):
        bench.post(first_name="Pat", last_name=f'Nr "{n}",\nline two', email=email(n), company="Acme; #N/A", **more)
    bench.process()
    bench.clock.forward(SECOND)


def test_many_new_leads_land_by_a_job(bench: BulkBench) -> None:
    arrive(bench, 60)
    bench.run()
    assert bench.states() == {"in_sync": 60}
    assert bench.emails() == [email(n) for n in range(60)]
    assert bench.counted("POST jobs/ingest") == 1
    assert bench.counted("PATCH composite/sobjects/Lead/Leadrelay_Id__c") == 0
    assert bench.count(tables.crm_link) == 60
    assert {row.outcome for row in bench.rows(tables.attempt)} == {"created"}


def test_a_row_that_came_by_a_job_is_not_sent_again(bench: BulkBench) -> None:
    arrive(bench, 30)
    bench.run()
    arrive(bench, 30)
    bench.run()
    assert (bench.counted("created Lead"), bench.counted("updated Lead"), bench.counted("POST jobs/ingest")) == (30, 0, 1)


def test_few_leads_take_the_ordinary_way(bench: BulkBench) -> None:
    arrive(bench, 19)
    bench.run()
    assert bench.states() == {"in_sync": 19}
    assert bench.counted("POST jobs/ingest") == 0


def test_people_whom_sales_knows_already_are_linked_and_not_put_into_the_job(bench: BulkBench) -> None:
    known = [{"LastName": "Keyed in", "Company": "By hand", "Email": email(n)} for n in range(5)]
    kept = bench.crm.org.seed("Lead", known)
    arrive(bench, 30)
    bench.run()
    assert bench.emails() == [email(n) for n in range(30)]
    assert {row.crm_id for row in bench.rows(tables.delivery)} >= set(kept)
    assert [bench.crm.org.get("Lead", crm_id)["LastName"] for crm_id in kept] == ["Keyed in"] * 5  # type: ignore[index]


def test_two_leads_with_one_address_do_not_share_the_record_of_one_person(bench: BulkBench) -> None:
    bench.crm.org.seed("Lead", [{"LastName": "Keyed in", "Company": "By hand", "Email": "weber.family@acme.example"}])
    for n in range(30):
        bench.post(first_name="Pat", last_name=f"Nr{n}", email="weber.family@acme.example", company="Acme")
    bench.process()
    bench.clock.forward(SECOND)
    bench.run()
    assert bench.states() == {"in_sync": 30}
    assert len({row.crm_id for row in bench.rows(tables.delivery)}) == 30
    assert len(bench.crm.org.records("Lead")) == 30


def test_rows_that_the_job_refuses_end_as_they_would_have_the_ordinary_way(bench: BulkBench) -> None:
    org = bench.crm.org
    org.rules.duplicates.append(DuplicateRule(fields=("Phone",)))
    org.seed("Contact", [{"LastName": "Other", "Phone": "+493012345"}])
    org.rules.validation.append(ValidationRule("no acme 7", "Not seven", field="Email", pattern=r"^(?!pat007)"))
    org.settings = Settings(bulk_unprocessed=4)
    arrive(bench, 30)
    bench.run()
    assert bench.states() == {"in_sync": 29, "failed": 1}
    (failed,) = [row for row in bench.rows(tables.delivery) if row.state == "failed"]
    assert "Not seven" in failed.problem
    assert "pat007" not in failed.problem
    assert len(set(bench.emails())) == len(bench.emails()) == 29


def test_a_job_that_fails_as_a_whole_sends_its_rows_the_ordinary_way(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_failure="InvalidBatch : Field name not found : Nope__c")
    arrive(bench, 30)
    bench.run()
    assert bench.states() == {"in_sync": 30}
    assert len(bench.emails()) == 30


def test_an_org_without_bulk_jobs_is_written_the_ordinary_way(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_enabled=False)
    arrive(bench, 30)
    bench.run()
    assert bench.states() == {"in_sync": 30}
    with bench.app.database.read() as connection:
        assert gates.read_all(connection)["salesforce"].paused is None


def test_a_worker_that_dies_before_the_file_is_sent_gives_its_rows_back(bench: BulkBench) -> None:
    arrive(bench, 30)
    bench.reconciler.run_once()
    assert bench.states()["in_flight"] == 30
    bench.reconciler = bench.new_worker()  # nothing was closed: the first one was killed
    bench.clock.forward(6 * MINUTE)
    bench.run()
    assert bench.states() == {"in_sync": 30}
    assert len(bench.emails()) == 30
    assert next(iter(bench.crm.org.jobs.values())).state == "Aborted"


def test_a_job_of_a_worker_that_was_killed_is_collected_by_another(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_takes_for=30)
    arrive(bench, 30)
    for _ in range(5):
        bench.clock.forward(400)
        bench.reconciler.run_once()
    assert {job.state for job in bench.crm.org.jobs.values()} <= {"UploadComplete", "InProgress"}
    assert bench.states() == {"in_flight": 30}
    bench.reconciler = bench.new_worker()
    bench.clock.forward(6 * MINUTE)
    bench.crm.org.advance(360)
    bench.run()
    assert bench.states() == {"in_sync": 30}
    assert bench.counted("POST jobs/ingest") == 1
    assert len(bench.crm.org.history) == 30


def test_a_job_that_nobody_remembers_does_no_harm(bench: BulkBench) -> None:
    arrive(bench, 30)
    for _ in range(4):
        bench.clock.forward(400)
        bench.reconciler.run_once()
    with bench.app.database.write() as connection:
        connection.execute(tables.bulk_job.delete())
    bench.clock.forward(DAY + MINUTE)
    bench.run()
    assert bench.states() == {"in_sync": 30}
    assert len(bench.emails()) == 30


def test_a_lead_that_changes_while_the_job_runs_is_sent_once_more(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_takes_for=10)
    arrive(bench, 30)
    for _ in range(5):
        bench.clock.forward(400)
        bench.reconciler.run_once()
    arrive(bench, 1, phone="+49 30 1234567")
    bench.run()
    assert bench.states() == {"in_sync": 30}
    assert len(bench.emails()) == 30
    assert [record["Phone"] for record in bench.crm.org.records("Lead") if record.get("Phone")] == ["+49301234567"]


@pytest.mark.parametrize("where", ["batches", "jobs/ingest/", "successfulResults"])
def test_a_cut_connection_loses_and_doubles_nothing(bench: BulkBench, where: str) -> None:
    bench.crm.faults.add({"kind": "cut_after_write", "path": where, "times": 1})
    arrive(bench, 30)
    bench.run()
    assert bench.states() == {"in_sync": 30}
    assert len(bench.emails()) == 30


def test_fresh_leads_are_sent_while_a_job_is_being_filled(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_takes_for=3600)
    arrive(bench, 30)
    bench.reconciler.run_once()
    arrive(bench, 1, start=100)
    for _ in range(5):
        bench.clock.forward(400)
        bench.reconciler.run_once()
    assert bench.emails() == [email(100)]


def test_a_lead_that_is_erased_while_a_job_writes_it_is_removed_from_the_crm_as_soon_as_the_job_is_done(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_takes_for=10)
    arrive(bench, 30)
    for _ in range(5):
        bench.clock.forward(400)
        bench.reconciler.run_once()
    assert bench.states() == {"in_flight": 30}
    erase(bench.app, email(7), by="test")
    bench.run()
    bench.run_for(5)
    assert bench.states() == {"in_sync": 29, "discarded": 1}
    assert email(7) not in bench.emails()
    assert len(bench.emails()) == 29
    assert all("pat007" not in (row.data or "") for row in bench.rows(tables.attempt))


def test_what_a_job_made_of_a_lead_that_was_merged_away_meanwhile_is_linked(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_takes_for=10)
    arrive(bench, 30)
    for _ in range(5):
        bench.clock.forward(400)
        bench.reconciler.run_once()
    winner, loser = bench.rows(tables.lead)[:2]
    with bench.app.database.write() as connection:
        merge = Merge(bench.app.ids.one(bench.clock()), winner.id, loser.id, loser.version, "test")
        merging.write(connection, [merge], bench.clock())
    bench.run()
    assert bench.states() == {"in_sync": 29, "merged": 1}
    assert sum(row.lead_id == loser.id for row in bench.rows(tables.crm_link)) == 1


def test_a_backlog_that_must_wait_for_the_days_sake_does_not_go_by_a_job_and_fresh_leads_do(bench: BulkBench) -> None:
    arrive(bench, 30)
    bench.crm.org.settings = Settings(daily_limit=1000)
    bench.crm.org.limits.set_used(900)
    with bench.app.database.write() as connection:
        connection.execute(tables.delivery.update().values(priority=1))
        gates.save(connection, replace(gates.lock(connection, "salesforce"), used=900, allowed=1000, used_at=bench.clock()))
    bench.run_for(5)
    assert bench.counted("POST jobs/ingest") == 0
    assert bench.states() == {"waiting": 30}
    arrive(bench, 30, start=100)
    bench.run_for(10)
    assert bench.counted("POST jobs/ingest") == 1
    assert bench.states() == {"waiting": 30, "in_sync": 30}
    with bench.app.database.read() as connection:
        counted = {row.kind: (row.calls, row.leads) for row in connection.execute(tables.call_count.select())}
    assert "backlog" not in counted
    assert sum(leads for _, leads in counted.values()) == 30


def test_settling_what_a_job_brought_does_not_count_as_a_call_that_went_well(bench: BulkBench) -> None:
    arrive(bench, 30)
    for _ in range(2):
        bench.clock.forward(400)
        bench.reconciler.run_once()
    with bench.app.database.write() as connection:
        gates.save(connection, replace(gates.lock(connection, "salesforce"), failures=3))
        at = gates.lock(connection, "salesforce").last_ok_at
    row = next(row for row in bench.rows(tables.delivery) if row.state == "in_flight")
    with bench.app.database.read() as connection:
        job = jobs.due(connection, "salesforce", bench.clock() + DAY)
        assert job is not None
        claimed = next(one for one in jobs.claimed(connection, job) if one.id == row.id)
    plan = next(sink for sink in bench.app.process_plan().sinks if sink.name == "salesforce")
    bench.clock.forward(SECOND)
    bench.reconciler._settle_rows(plan, claimed, [settling.given_back(claimed)], ())
    with bench.app.database.read() as connection:
        gate = gates.read_all(connection)["salesforce"]
    assert (gate.failures, gate.last_ok_at) == (3, at)


def test_a_job_under_way_lets_no_fresh_lead_wait(bench: BulkBench) -> None:
    bench.crm.org.settings = Settings(bulk_takes_for=3600)
    arrive(bench, 30)
    bench.run_for(60)
    done = bench.reconciler.run_once()
    assert done.next_at is not None
    assert done.next_at > bench.clock() + SECOND
    assert pause_after(done, Read(next_at=bench.clock() + SECOND), bench.clock()) <= 0.05
