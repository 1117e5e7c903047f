"""The schema watch: one alert for each mapping that will fail, before the first lead does; none once it is repaired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.instants import DAY, MINUTE
from leadrelay.app import App, open_app
from leadrelay.engine import alerts, schema_watch
from leadrelay.sandbox.server import HubSpotServer, SandboxServer
from leadrelay.store import tables
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def crm(running: SandboxServer) -> SandboxServer:
    running.org.reset()
    running.faults.clear()
    return running


@pytest.fixture
def app(store_url: str, tmp_path: Path, clock: Hand, crm: SandboxServer) -> Iterator[App]:
    """An application whose one live sink is the simulator, with the timers of a worker that was started."""
    opened = open_app(write_project(tmp_path, store=store_url, salesforce=crm.url), {}, clock=clock)
    opened.migrate()
    opened.keeper.start()
    schema_watch.follow(opened.database, opened.ids, opened.live_sinks(), clock())
    clock.forward(schema_watch.SOON)
    yield opened
    opened.close()


def watch(app: App, clock: Hand, wait: int = 15 * MINUTE) -> list[str]:
    """Let the timer's time come; the open alerts."""
    app.timers().run_once()
    clock.forward(wait)
    with app.database.read() as connection:
        return [str(alert["message"]) for alert in alerts.open_alerts(connection)]


def test_a_mapping_that_fits_raises_no_alert_and_the_schema_is_remembered(app: App, clock: Hand) -> None:
    assert watch(app, clock) == []
    with app.database.read() as connection:
        assert {"Lead", "Task"} <= set(schema_watch.remembered(connection, "salesforce"))


def test_a_field_that_was_removed_is_one_alert_however_often_it_is_seen_and_none_when_it_is_back(
    app: App, clock: Hand, crm: SandboxServer
) -> None:
    watch(app, clock)
    title = crm.org.tables["Lead"].fields["Title"]
    crm.org.remove_field("Lead", "Title")
    first = watch(app, clock)
    assert len(first) == 1
    assert "`Title`" in first[0]
    assert "lead.yaml:" in first[0]
    assert watch(app, clock) == first
    crm.org.add_field("Lead", title)
    assert watch(app, clock) == []
    with app.database.read() as connection:
        assert schema_watch.noted(connection, "salesforce", clock()) == []  # what is there again is not told as gone
        rows = connection.execute(select(tables.alert)).all()
    assert [row.resolved_at is not None for row in rows] == [True]


def test_a_field_that_leads_have_to_do_without_is_looked_at_soon_and_alerted_once(
    app: App, clock: Hand, crm: SandboxServer
) -> None:
    assert watch(app, clock, wait=MINUTE) == []  # the next look would be 14 minutes away
    crm.org.remove_field("Lead", "Title")
    bench, reconciler = Bench(app, clock), app.reconciler("salesforce")
    told: list[list[str]] = []
    looks = set()
    for number in range(6):
        bench.post(last_name=f"Weber{number}", email=f"weber{number}@acme.example", company="Acme", need="a trial")
        bench.process()
        for _ in range(3):
            clock.forward(250)
            reconciler.run_once()
        told.append(watch(app, clock, wait=MINUTE))
        looks |= {row.seen_at for row in bench.rows(tables.crm_schema)}
    reconciler.close()
    assert [len(alerts) for alerts in told] == [0, 0, 0, 0, 1, 1]
    assert len(looks) == 2
    assert "`Title`" in told[-1][0]


def test_several_faults_of_one_field_are_one_alert(app: App, clock: Hand, crm: SandboxServer) -> None:
    crm.org.change_field("Lead", "Title", {"type": "boolean"})
    crm.org.change_field("Lead", "Status", {"restrictedPicklist": True, "picklistValues": ["Working"]})
    found = watch(app, clock)
    assert len(found) == 2
    assert any("`Open - Not Contacted`" in message for message in found)


def test_a_renamed_field_is_told_with_its_new_name_and_noted_as_a_change(app: App, clock: Hand, crm: SandboxServer) -> None:
    watch(app, clock)
    crm.org.add_field("Lead", {"name": "Position__c", "type": "string", "length": 128, "label": "Title"})
    crm.org.remove_field("Lead", "Title")
    [alert] = watch(app, clock)
    assert "renamed to `Position__c`" in alert
    with app.database.read() as connection:
        now = [one.change.kind for one in schema_watch.noted(connection, "salesforce", clock())]
        later = schema_watch.noted(connection, "salesforce", clock() + 8 * DAY)
    assert (now, later) == (["renamed"], [])


def test_a_crm_that_does_not_answer_repairs_nothing_and_alerts_nobody(app: App, clock: Hand, crm: SandboxServer) -> None:
    crm.org.remove_field("Lead", "Title")
    told = watch(app, clock)
    assert len(told) == 1
    crm.faults.add({"kind": "unavailable", "times": None})
    assert watch(app, clock) == told


def test_the_watch_asks_through_the_gate_and_waits_where_it_is_shut(app: App, clock: Hand, crm: SandboxServer) -> None:
    app.operations.pause("sink", "salesforce", "while the org is copied", by="test")
    crm.org.remove_field("Lead", "Title")
    assert watch(app, clock) == []
    app.operations.resume("sink", "salesforce", by="test")
    assert len(watch(app, clock)) == 1
    with app.database.read() as connection:
        calls = connection.execute(select(tables.gate.c.calls)).scalars().all()
    assert sum(calls) > 0


def test_a_sink_that_is_gone_ends_its_timer_and_its_alerts(app: App, clock: Hand, crm: SandboxServer, tmp_path: Path) -> None:
    crm.org.remove_field("Lead", "Title")
    assert len(watch(app, clock)) == 1
    path = tmp_path / "config" / "leadrelay.yaml"
    path.write_text(path.read_text().replace("mode: live", "mode: observe"))
    app.keeper.reload()
    assert watch(app, clock) == []
    with app.database.read() as connection:
        kinds = connection.execute(select(tables.timer.c.kind)).scalars().all()
    assert schema_watch.KIND not in kinds


def test_a_changed_configuration_is_looked_at_soon_and_not_before_waiting_leads_had_their_calls(
    app: App, clock: Hand, crm: SandboxServer
) -> None:
    watch(app, clock, wait=MINUTE)
    crm.org.remove_field("Lead", "Title")
    assert watch(app, clock, wait=0) == []
    schema_watch.follow(app.database, app.ids, app.live_sinks(), clock())
    assert watch(app, clock, wait=schema_watch.SOON) == []
    assert len(watch(app, clock)) == 1


def test_alerts_hold_nothing_personal_and_name_what_to_do(app: App, clock: Hand, crm: SandboxServer) -> None:
    crm.org.change_field("Lead", "Company", {"length": 5})
    [message] = watch(app, clock)
    assert "5 characters" in message
    assert "Shorten it" in message


HUBSPOT = """\
  hub:
    connector: hubspot
    mode: live
    mapping: contact
    base_url: URL
    auth: {access_token: sandbox-token}
"""
CONTACT = """\
mapping: contact
to: hubspot
object: contacts
fields:
  email: person.email
  jobtitle: person.job_title
"""


def test_each_crm_has_its_own_timer_and_alerts_and_two_that_are_synced_by_hubspot_itself_are_told(
    tmp_path: Path, clock: Hand, crm: SandboxServer
) -> None:
    with HubSpotServer() as hub:
        path = write_project(
            tmp_path, store=f"sqlite:///{tmp_path / 's.db'}", salesforce=crm.url, sink=HUBSPOT.replace("URL", hub.url)
        )
        (path.parent / "mappings" / "contact.yaml").write_text(CONTACT)
        app = open_app(path, {}, clock=clock)
        try:
            app.migrate()
            app.keeper.start()
            schema_watch.follow(app.database, app.ids, app.live_sinks(), clock())
            clock.forward(schema_watch.SOON)
            assert watch(app, clock) == []
            hub.portal.rename_property("contacts", "jobtitle", "position")
            hub.portal.install_salesforce()
            crm.org.remove_field("Lead", "Title")
            told = watch(app, clock)
            assert len(told) == 3
            assert sum("renamed to `position`" in message for message in told) == 1
            assert sum("Salesforce integration" in message for message in told) == 1
            hub.portal.rename_property("contacts", "position", "jobtitle")
            assert len(watch(app, clock)) == 2
        finally:
            app.close()
