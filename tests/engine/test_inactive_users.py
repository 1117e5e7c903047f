"""Whoever is deactivated in a CRM gets no leads any more, from the next look at that CRM on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from leadrelay.app import open_app
from leadrelay.engine import schema_watch
from leadrelay.history import history
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import people, tables
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Bench, Hand
from tests.support.project import LEAD_MAPPING, write_project

GONE, NOBODY = "gone@sandbox.example", "nobody@sandbox.example"
TEAM = f"people: {{{GONE}: {{}}}}\npools: {{all: {{members: [{GONE}], fallback: rest}}}}\nqueues: {{rest: {{}}}}\n"
ROUTED = "routing: {start_when: {person.email: {known: true}}, to: [{name: all, otherwise: true, pool: all}]}\n"


def test_a_deactivated_user_is_kept_as_inactive_and_one_whom_the_crm_does_not_know_is_not(
    store_url: str, tmp_path: Path, clock: Hand
) -> None:
    with SandboxServer() as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url)
        (path.parent / "team.yaml").write_text(f"people: {{{GONE}: {{}}, {NOBODY}: {{}}}}\n", encoding="utf-8")
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        schema_watch.follow(app.database, app.ids, app.live_sinks(), clock())
        clock.forward(schema_watch.SOON)
        app.timers().run_once()
        with app.database.read() as connection:
            assert people.inactive(connection) == {GONE: "salesforce"}
        users = crm.org.tables["User"]
        users.put({**next(row for row in users.records.values() if row["Email"] == GONE), "IsActive": True})
        clock.forward(app.configuration.settings.worker.schema_watch)
        app.timers().run_once()
        with app.database.read() as connection:
            assert people.inactive(connection) == {}
        app.close()


def test_the_history_says_that_the_owner_could_not_be_set_and_what_to_do(store_url: str, tmp_path: Path, clock: Hand) -> None:
    with SandboxServer() as crm:
        lead = f"{LEAD_MAPPING}owner: {{assigned_by: leadrelay, update: if_empty}}\n"
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, lead=lead)
        (path.parent / "team.yaml").write_text(TEAM, encoding="utf-8")
        (path.parent / "rules").mkdir()
        (path.parent / "rules" / "rules.yaml").write_text(ROUTED, encoding="utf-8")
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        bench = Bench(app, clock)
        with closing(app.reconciler("salesforce")) as reconciler:
            for need in ("a course", "another course"):
                bench.post(last_name="Weber", email="anna@acme.example", need=need)
                bench.process()
                for _ in range(3):
                    clock.forward(10_000)
                    reconciler.run_once()
            (row,) = bench.rows(tables.lead)
            found = history(app, to_uid(row.id))
            assert found is not None
            said = [one.what for one in found.events if one.kind.startswith("call_") and "WhoId" not in one.what]
        app.close()
    assert len(said) == 2
    for one in said:
        assert (
            "the owner could not be set: Salesforce has no active user with the owner's e-mail address: create or activate" in one
        )
        assert "already says the same" not in one
