"""A lead that nobody answers, in the whole product with real processes: it goes on in both CRMs, and everything is told once,
although the worker is killed when its time comes."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from core.instants import SECOND, to_iso
from leadrelay.app import open_app
from leadrelay.engine.clock import system_clock
from leadrelay.sandbox.server import HubSpotServer, SandboxServer
from leadrelay.store import tables
from tests.engine.conftest import Bench
from tests.support.commands import Command, Commands
from tests.support.project import CONTACT_MAPPING, LEAD_MAPPING, write_project
from tests.support.receivers import mail_server

ANNA, BEN, CARA = "anna@acme.example", "ben@acme.example", "cara@acme.example"
OWNER = "owner: {assigned_by: leadrelay, update: if_empty}\n"
RULES = """\
routing:
  reroute: when_overdue
  to: [{name: all, otherwise: true, pool: sales}]
  respond_within: {minutes: 1, warn: owner, then: manager}
"""
TEAM = f"""\
people: {{{ANNA}: {{}}, {BEN}: {{}}, {CARA}: {{manager: true}}}}
pools: {{sales: {{members: [{ANNA}, {BEN}], fallback: rest}}}}
queues: {{rest: {{}}}}
"""
NOTIFY = """\
notify:
  targets:
    mail: {{smtp: {{host: 127.0.0.1, port: {port}, tls: "off", from: l@acme.example, to: it@acme.example}}}}
"""
LEFT = 7 * SECOND
"""How much of its minute a lead has left when it comes in."""


def worker(commands: Commands, path: Path, log: Path) -> Command:
    with log.open("ab") as out:
        return commands.start("worker", "--config", path, stdout=out, stderr=out)


def until(is_so: Callable[[], object], log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(log.read_text()[-3000:])
        time.sleep(0.02)


def test_a_lead_that_lies_goes_on_in_both_crms_and_everything_is_told_once_whoever_is_killed(
    store_url: str, tmp_path: Path, commands: Commands
) -> None:
    with SandboxServer() as salesforce, HubSpotServer() as hubspot, mail_server() as mails:
        for email in (ANNA, BEN, CARA):
            salesforce.org.add_user(email.partition("@")[0], email)
            hubspot.portal.owners.add(email.partition("@")[0], email)
        path = write_project(
            tmp_path, store=store_url, salesforce=salesforce.url, hubspot=hubspot.url, extra=NOTIFY.format(port=mails.port),
            lead=LEAD_MAPPING + OWNER, contact=CONTACT_MAPPING + OWNER,
        )  # fmt: skip
        (path.parent / "rules").mkdir()
        (path.parent / "rules" / "r.yaml").write_text(RULES)
        (path.parent / "team.yaml").write_text(TEAM)
        log = tmp_path / "worker.log"
        app = open_app(path, {})
        app.migrate()
        app.keeper.start()
        bench = Bench(app, system_clock)  # type: ignore[arg-type]
        people = {user["Id"]: user["Email"] for user in salesforce.org.records("User")}
        owners = {one.id: one.email for one in hubspot.portal.owners.all}

        def held() -> tuple[list[str], list[str]]:
            contacts = hubspot.portal.tables["contacts"].records.values()
            return (
                [people[one["OwnerId"]] for one in salesforce.org.records("Lead")],
                [owners.get(one.properties.get("hubspot_owner_id", ""), "") for one in contacts],
            )

        def told() -> Counter[str]:
            return Counter(
                row.kind for row in bench.rows(tables.event) if row.kind in ("routed", "response_due", "response_overdue")
            )

        first = worker(commands, path, log)
        try:
            at = to_iso(system_clock() - 60 * SECOND + LEFT)
            bench.post(first_name="Pat", last_name="Nr1", email="pat1@firm.example", submitted_at=at)
            until(lambda: held() == ([ANNA], [ANNA]), log)
            until(lambda: told()["response_overdue"], log)
            first.kill()
            first.wait()
            first = worker(commands, path, log)
            until(lambda: held() == ([BEN], [BEN]), log)
            until(lambda: any(CARA in str(mail["To"]) for mail in mails.mails), log)
        finally:
            first.terminate()
            first.wait(40)
        assert told() == {"routed": 2, "response_due": 1, "response_overdue": 1}
        assert [(row.member, bool(row.is_current)) for row in sorted(bench.rows(tables.assignment), key=lambda row: row.id)] == [
            (ANNA, False), (BEN, True),
        ]  # fmt: skip
        assert {str(mail["To"]) for mail in mails.mails} <= {ANNA, CARA}
        assert len({mail["Message-ID"] for mail in mails.mails if mail["To"] == CARA}) == 1
        assert app.audit()["unaccounted"] == 0, json.dumps(app.audit())
        app.close()
