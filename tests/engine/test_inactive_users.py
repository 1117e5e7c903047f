"""Whoever is deactivated in a CRM gets no leads any more, from the next look at that CRM on."""

from __future__ import annotations

from pathlib import Path

from leadrelay.app import open_app
from leadrelay.engine import schema_watch
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import people
from tests.engine.conftest import Hand
from tests.support.project import write_project

GONE, NOBODY = "gone@sandbox.example", "nobody@sandbox.example"


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
