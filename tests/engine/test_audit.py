"""The ledger: right when all is right, and wrong as soon as one row is."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadrelay.app import open_app
from leadrelay.store import tables
from tests.engine.conftest import Bench, Hand
from tests.engine.test_reconcile import CrmBench, person
from tests.engine.test_reconcile import bench as bench
from tests.support.project import write_project


def fill(bench: CrmBench) -> None:
    for number in range(5):
        bench.post(**person(number), message="Hello", form_name="Demo")
    bench.post(colour="green")
    bench.process()
    bench.deliver()


def test_all_is_accounted_for_after_an_ordinary_day(bench: CrmBench) -> None:
    fill(bench)
    found = bench.app.audit()
    assert found["unaccounted"] == 0, found
    assert found["sources"]["website"]["states"] == {"processed": 5, "held": 1}
    assert found["sinks"]["salesforce"]["deliveries"] == {"in_sync": 5}
    assert found["sinks"]["salesforce"]["actions"] == {"done": 5}
    assert bench.audit_live()["unaccounted"] == 0


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        ("DELETE FROM submission WHERE state = 'held'", "sources"),
        ("UPDATE counter SET received = received + 1", "sources"),
        ("DELETE FROM delivery WHERE id = (SELECT min(id) FROM delivery)", "sinks"),
        ("DELETE FROM action WHERE id = (SELECT min(id) FROM action)", "sinks"),
        ("UPDATE delivery SET sent_hash = 1 WHERE id = (SELECT min(id) FROM delivery)", "sinks"),
        ("UPDATE delivery SET have = want - 1 WHERE id = (SELECT min(id) FROM delivery)", "sinks"),
    ],
)
def test_one_wrong_row_is_found(bench: CrmBench, damage: str, where: str) -> None:
    fill(bench)
    with bench.app.database.write() as connection:
        connection.exec_driver_sql(damage)
    found = bench.app.audit()
    assert found["unaccounted"] == 1
    assert sum(account["unaccounted"] for account in found[where].values()) == 1


def test_a_record_that_is_gone_from_the_crm_is_found_by_the_live_audit(bench: CrmBench) -> None:
    fill(bench)
    bench.crm.org.remove("Lead", bench.leads()[0]["Id"])
    assert bench.audit_live()["unaccounted"] == 1


def test_a_lead_whose_person_is_a_contact_in_the_crm_is_in_its_place(bench: CrmBench) -> None:
    contact = bench.crm.org.create("Contact", {"LastName": "Weber", "Email": person(1)["email"]})
    bench.post(**person(1))
    bench.process()
    bench.deliver()
    assert bench.leads() == []
    assert bench.audit_live()["unaccounted"] == 0
    bench.crm.org.remove("Contact", contact)
    assert [one["what"] for one in bench.audit_live()["wrong"]] == ["gone"]


def test_actions_of_touches_from_before_a_new_configuration_are_still_counted(bench: CrmBench) -> None:
    fill(bench)
    with bench.app.database.write() as connection:
        connection.exec_driver_sql("UPDATE touch SET config_hash = 'earlier'")
    assert bench.app.audit()["sinks"]["salesforce"]["actions"] == {"done": 5}


def test_drain_waits_for_what_is_due_and_names_a_paused_sink(bench: CrmBench) -> None:
    bench.post(**person(1))
    assert bench.app.left().submissions == 1
    bench.process()
    assert bench.app.left().deliveries == 1
    bench.app.operations.pause("sink", "salesforce", "holiday", by="test")
    assert "holiday" in bench.app.left().paused["salesforce"]
    bench.app.operations.resume("sink", "salesforce", by="test")
    bench.deliver()
    assert bench.app.left().is_nothing


def test_drain_names_a_paused_source_that_holds_submissions(bench: CrmBench) -> None:
    bench.app.operations.pause("source", "website", "relaunch", by="test")
    assert bench.app.left().is_nothing
    bench.post(**person(1))
    left = bench.app.left()
    assert (left.submissions, left.is_nothing) == (1, False)
    assert "relaunch" in left.paused_sources["website"]


def test_actions_of_a_failed_lead_do_not_hold_the_drain_up(bench: CrmBench) -> None:
    bench.post(**{**person(1), "last_name": "X" * 200}, message="Hello", form_name="Demo")
    bench.process()
    bench.deliver()
    assert bench.states() == {"failed": 1}
    assert bench.app.left().is_nothing


def test_work_that_goes_on_meanwhile_looks_like_no_loss(bench: CrmBench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.post(**person(1))
    real = bench.app.spool.unstored

    def unstored(stored):  # type: ignore[no-untyped-def]
        bench.post(first_name="Late", last_name="Comer", email="late@acme.example")
        return real(stored)

    monkeypatch.setattr(bench.app.spool, "unstored", unstored)
    assert bench.app.audit()["unaccounted"] == 0


def test_a_processed_submission_that_is_in_no_lead_is_unaccounted_for(bench: CrmBench) -> None:
    bench.post(**person(1))
    bench.process()
    assert bench.app.audit()["unaccounted"] == 0
    with bench.app.database.write() as connection:
        connection.execute(tables.touch.delete())
    assert bench.app.audit()["unaccounted"] == 1


def test_what_a_later_touch_says_of_its_lead_makes_older_touches_want_nothing_more(store_url: str, tmp_path: Path) -> None:
    path = write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:9")
    mapping = next(one for one in tmp_path.rglob("*.yaml") if "to: salesforce" in one.read_text())
    mapping.write_text(
        mapping.read_text().replace("when: {touch.kind: {in: [demo_request]}}", "when: {interest.need: {in: [pumps]}}")
    )
    app = open_app(path, {})
    app.migrate()
    app.keeper.start()
    bench = Bench(app, Hand())
    bench.post(**person(1), message="Hello", form_name="Demo")
    bench.process()
    assert bench.app.audit()["unaccounted"] == 0
    bench.post(**person(1), message="Pumps, please", form_name="Demo", need="pumps")
    bench.process()
    assert len(bench.rows(tables.action)) == 1, "a task for the touch that asks for pumps"
    assert bench.app.audit()["unaccounted"] == 0
    with app.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM action")
    assert bench.app.audit()["unaccounted"] == 1, "the touch says itself that it wants the task"
    app.close()
