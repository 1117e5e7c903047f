"""From captured submissions to leads."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sources import Ignored
from leadrelay.app import open_app
from leadrelay.engine.process import Processor
from leadrelay.engine.reading import read_submission
from leadrelay.store import leads, tables
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Bench, Hand
from tests.support.project import ROOT, write_project

ANNA = {"first_name": "Anna", "last_name": "Weber", "email": "Anna@Acme.example", "company": "Acme"}


def test_a_post_becomes_a_lead_with_its_history_and_a_wanted_delivery(bench: Bench) -> None:
    number = bench.post(**ANNA, phone="030 1234567", message="Please call")
    assert bench.process() == 1
    (submission,) = bench.rows(tables.submission)
    (lead,) = bench.rows(tables.lead)
    assert (submission.state, submission.lead_id) == ("processed", lead.id)
    record = bench.record(lead)
    assert record["person.email"] == "anna@acme.example"
    assert record["person.phone"] == "+49301234567"
    assert record["first_touch.lead_source"] == "Website"
    (touch,) = bench.rows(tables.touch)
    assert (touch.id, touch.lead_id, touch.kind) == (number, lead.id, "demo_request")
    (delivery,) = bench.rows(tables.delivery)
    assert (delivery.sink, delivery.object, delivery.state, delivery.want) == ("salesforce", "Lead", "waiting", lead.version)
    (action,) = bench.rows(tables.action)
    assert (action.kind, action.state) == ("task", "waiting")
    assert bench.count(tables.event) == 1


def test_the_second_submission_with_the_same_email_and_name_joins_the_first(bench: Bench) -> None:
    bench.post(**ANNA)
    bench.process()
    bench.post(**{**ANNA, "email": "anna@acme.example", "phone": "+49 30 1234567"})
    bench.process()
    (lead,) = bench.rows(tables.lead)
    assert lead.version == 2
    assert bench.record(lead)["person.phone"] == "+49301234567"
    (delivery,) = bench.rows(tables.delivery)
    assert delivery.want == 2
    assert bench.count(tables.touch) == 2


def test_twins_in_one_batch_are_one_lead(bench: Bench) -> None:
    for number in range(5):
        bench.post(**ANNA, message=f"try {number}")
    bench.process()
    assert bench.count(tables.lead) == 1
    assert bench.count(tables.touch) == 5


def test_a_family_mailbox_holds_two_people(bench: Bench) -> None:
    bench.post(**ANNA)
    bench.post(**{**ANNA, "first_name": "Bernd"})
    bench.process()
    assert bench.count(tables.lead) == 2
    assert [row.kind for row in bench.rows(tables.event)].count("perhaps_same") == 1


def test_what_says_nothing_of_a_person_is_held_with_what_to_do(bench: Bench) -> None:
    bench.post(colour="green")
    bench.process()
    (submission,) = bench.rows(tables.submission)
    assert submission.state == "held"
    assert json.loads(submission.problems)
    assert bench.count(tables.lead) == 0


def test_a_removed_source_holds_its_submissions(bench: Bench) -> None:
    bench.post(**ANNA)
    with bench.app.database.write() as connection:
        connection.exec_driver_sql("UPDATE submission SET source = 'gone'")
    bench.process()
    (submission,) = bench.rows(tables.submission)
    assert submission.state == "held"
    assert "gone" in submission.reason


def test_what_came_in_fresh_is_decided_and_delivered_before_what_nobody_waits_for(bench: Bench) -> None:
    for number in range(3):
        bench.post(priority=1, first_name="Row", last_name=f"Nr{number}", email=f"row{number}@acme.example")
    bench.clock.forward(1_000)
    bench.post(first_name="Anna", last_name="Weber", email="anna@acme.example")
    bench.post(first_name="Row", last_name="Nr1", email="row1@acme.example", message="and now I ask myself")
    assert bench.app.processor(batch=1).run_once() == 1
    (first,) = bench.rows(tables.lead)
    assert "anna@acme.example" in first.record
    bench.process()
    urgency = {row.lead_id: row.priority for row in bench.rows(tables.delivery)}
    asked = {row.id for row in bench.rows(tables.lead) if "anna@" in row.record or "row1@" in row.record}
    assert {lead: 0 if lead in asked else 1 for lead in urgency} == urgency


def test_what_the_reader_takes_for_no_lead_is_kept_as_ignored_with_the_reason(bench: Bench) -> None:
    class Refuses:
        def names(self, headers: object, body: bytes) -> dict[str, str]:
            raise Ignored("auto_submitted", "the mail says that a program wrote it", {"email": "anna@acme.example"})

    bench.post(first_name="Anna", last_name="Weber", email="anna@acme.example")
    plan = bench.app.process_plan()
    refusing = replace(plan, sources={"website": replace(plan.sources["website"], reader=Refuses())})
    assert Processor(bench.app.database, lambda: refusing, clock=bench.clock, ids=bench.app.ids).run_once() == 1
    (submission,) = bench.rows(tables.submission)
    assert (submission.state, submission.reason) == ("ignored", "auto_submitted: the mail says that a program wrote it")
    assert submission.body is not None
    assert bench.rows(tables.lead) == []
    assert bench.app.audit()["unaccounted"] == 0
    assert bench.app.operations.accept_submission(to_uid(submission.id), by="Pat")
    assert not bench.app.operations.accept_submission(to_uid(submission.id), by="Pat"), "it is ignored no more"
    assert Processor(bench.app.database, lambda: refusing, clock=bench.clock, ids=bench.app.ids).run_once() == 1
    (lead,) = bench.rows(tables.lead)
    assert "anna@acme.example" in lead.record
    assert bench.app.audit()["unaccounted"] == 0


def test_a_lease_that_another_worker_took_over_ends_without_a_trace(bench: Bench) -> None:
    bench.post(**ANNA)
    slow = bench.app.processor()
    leased = slow._lease(bench.app.ids.one(bench.clock()), bench.clock())
    plan = bench.app.process_plan()
    read = [read_submission(plan, one) for one in leased]
    bench.clock.forward(10 * 60_000)
    assert bench.process() == 1
    assert slow._finish(plan, read, token=1) == 0
    assert bench.count(tables.touch) == 1


def test_a_submission_that_breaks_a_step_is_held_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.post(**ANNA)
    bench.post(first_name="Poison", last_name="Pill", email="poison@acme.example")
    real = bench.processor._matcher.match

    def broken(batch, owners):  # type: ignore[no-untyped-def]
        if any("poison" in key.text for one in batch for key in one.keys):
            raise ValueError("a bug")
        return real(batch, owners)

    monkeypatch.setattr(bench.processor._matcher, "match", broken)
    bench.process()
    assert sorted(row.state for row in bench.rows(tables.submission)) == ["held", "processed"]


TWIN = textwrap.dedent(
    """
    import sys, time, json
    from pathlib import Path
    from leadrelay import logs
    from leadrelay.app import open_app
    logs.configure()
    path, batch = Path(sys.argv[1]), int(sys.argv[2])
    app = open_app(path, {})
    app.keeper.start()
    processor = app.processor(batch=batch)
    sys.stdout.write("ready\\n"); sys.stdout.flush()
    sys.stdin.readline()
    idle = 0
    while idle < 40:
        if processor.run_once():
            idle = 0
        else:
            idle += 1
            time.sleep(0.01)
    app.close()
    """
)


def test_twins_decided_by_two_processes_in_the_same_moment_are_one_lead_each(bench: Bench, tmp_path: Path) -> None:
    people = 200
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", TWIN, str(bench.app.path), str(batch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        for batch in (1, 7)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for number in range(people):
        person = {"first_name": "Twin", "last_name": f"Nr{number}", "email": f"twin{number}@acme.example"}
        bench.post(**person, message="one")
        bench.post(**person, message="two")
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        assert worker.wait(60) == 0
    assert {row.state for row in bench.rows(tables.submission)} == {"processed"}
    assert bench.count(tables.lead) == people
    assert bench.count(tables.touch) == 2 * people
    assert all(row.version == 2 for row in bench.rows(tables.lead))


def test_a_worker_keeps_to_the_configured_batch_and_lease(store_url: str, tmp_path: Path, clock: Hand) -> None:
    path = write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:9", extra="worker: {batch: 2, lease: 20s}\n")
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    bench = Bench(app, clock)
    for number in range(3):
        bench.post(last_name=f"Weber{number}", email=f"weber{number}@acme.example")
    with app.database.write() as connection:  # a worker that was killed with its batch
        leads.lease(connection, 1, clock(), clock() + 20_000, 10)
    assert bench.process() == 0
    clock.forward(20_000)
    assert [bench.processor.run_once() for _ in range(3)] == [2, 1, 0]
    app.close()
