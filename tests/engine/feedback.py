"""An application that listens to its CRMs, with their simulators and the clock in the test's hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.instants import MINUTE, from_datetime, to_datetime
from leadrelay.app import App, open_app
from leadrelay.engine.read_back import ReadBack
from leadrelay.engine.reconcile import Reconciler
from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.hubspot.portal import HubSpotPortal
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.server import DEFAULT_EXTERNAL_ID, DEFAULT_UNIQUE_PROPERTY, HubSpotServer, SandboxServer
from leadrelay.store import tables
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project

SF_LEAD = """\
mapping: lead
to: salesforce
object: Lead
fields:
  LastName:    {from: person.last_name, default: Not provided}
  FirstName:   person.first_name
  Company:     {from: company.name, default: Not provided}
  Email:       person.email
  Phone:       person.phone
  LeadSource:  {from: first_touch.lead_source, update: never}
  Status:      {from: status, values: {new: Open - Not Contacted, working: Working - Contacted}, update: never}
  HasOptedOutOfEmail: consent.email_marketing.opted_out
from_crm:
  person.email: Email
  person.phone: Phone
  interest.need: Title
each_touch:
  task: {subject: touch.name, description: touch.message, when: {touch.kind: {in: [demo_request]}}}
when_converted: {object: Contact, mapping: sf-contact}
"""
SF_CONTACT = """\
mapping: sf-contact
to: salesforce
object: Contact
fields:
  LastName:  person.last_name
  Email:     person.email
  Phone:     person.phone
  HasOptedOutOfEmail: consent.email_marketing.opted_out
from_crm:
  person.phone: Phone
"""
HS_CONTACT = """\
mapping: contact
to: hubspot
object: contacts
fields:
  email:          person.email
  firstname:      person.first_name
  lastname:       person.last_name
  phone:          person.phone
  company:        company.name
  hs_lead_status: {from: status, values: {new: NEW, working: IN_PROGRESS}, otherwise: leave_out, update: never}
  lifecyclestage: {from: lifecycle_stage, values: {lead: lead, mql: marketingqualifiedlead, sql: salesqualifiedlead, customer: customer}, otherwise: leave_out, update: always}
  hs_email_optout: consent.email_marketing.opted_out
from_crm:
  person.phone: phone
each_touch:
  note: {body: touch.message, when: {touch.kind: {in: [demo_request]}}}
"""  # noqa: E501


class Crm:
    """One sink of the bench: its reconciler and its listener."""

    def __init__(self, app: App, name: str) -> None:
        self.reconciler: Reconciler = app.reconciler(name)
        self.read_back: ReadBack = app.read_back(name, self.reconciler)

    def close(self) -> None:
        self.reconciler.close()


class FeedbackBench(Bench):
    """A bench that listens to its CRM as well. Time moves with the test's hand, in the CRM too."""

    org: SalesforceOrg
    portal: HubSpotPortal
    faults: Faults
    crms: dict[str, Crm]

    def deliver(self, *, passes: int = 200) -> int:
        """Reconcile until nothing is ready, letting the linger pass."""
        count = 0
        for _ in range(passes):
            self.clock.forward(250)
            done = [crm.reconciler.run_once() for crm in self.crms.values()]
            count += sum(one.settled for one in done)
            if all(not one.settled and (one.next_at is None or one.next_at > self.clock() + 250) for one in done):
                return count
        raise AssertionError("the reconcilers do not come to rest")

    def listen(self, *, passes: int = 50) -> int:
        """Let the poll interval pass and read until no page is left; returns how many changes were told."""
        self.clock.forward(MINUTE + 1)
        count = 0
        for crm in self.crms.values():
            for _ in range(passes):
                read = crm.read_back.run_once()
                count += read.changes
                if read.next_at is None or read.next_at > self.clock():
                    break
            else:
                raise AssertionError("the listener does not come to rest")
        return count

    def settle(self) -> None:
        """Everything that is to be done, in either direction, once."""
        self.process()
        self.deliver()
        self.listen()
        self.deliver()

    def seed(self, count: int, **more: Any) -> list[str]:
        """Leads in step with the CRM; their record ids, in order."""
        self.listen()  # the first look says from when on anything counts
        for number in range(count):
            self.post(**person(number, **more))
        self.settle()
        return [self.crm_id(number) for number in range(count)]

    def crm_id(self, number: int, sink: str = "") -> str:
        """The id of a lead's record in a sink, the first one when none is named."""
        wanted = sink or next(iter(self.crms), "salesforce")
        by_lead = {row.lead_id: row.crm_id for row in self.rows(tables.delivery) if row.sink == wanted}
        return next(by_lead[row.id] for row in self.rows(tables.lead) if self._is(row, number))

    @staticmethod
    def _is(row: Any, number: int) -> bool:
        return f'"pat{number}@acme.example"' in row.record

    def lead(self, number: int) -> dict[str, Any]:
        """A lead's values by path."""
        found = [self.record(row) for row in self.rows(tables.lead) if row.merged_into is None]
        return next(one for one in found if f"pat{number}@acme.example" in one.get("person.emails", ()))

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """What the events of these kinds say."""
        return [json.loads(row.data) for row in self.rows(tables.event) if row.kind in kinds]

    def states(self, table: Any = tables.delivery) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows(table):
            found[row.state] = found.get(row.state, 0) + 1
        return found

    def calls(self, act: Callable[[], object]) -> int:
        """How many API calls something takes."""
        before = sum(crm.reconciler.account.sink().calls for crm in self.crms.values())
        act()
        return sum(crm.reconciler.account.sink().calls for crm in self.crms.values()) - before

    def is_whole(self) -> bool:
        return self.app.audit()["unaccounted"] == 0


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"first_name": "Pat", "last_name": f"Nr{number}", "email": f"pat{number}@acme.example", "company": "Acme", **more}


@contextmanager
def listening(path: Path, clock: Hand, crms: Sequence[str]) -> Iterator[FeedbackBench]:
    """A bench around the project at this path, whose converted leads are contacts; closed at the end of the block."""
    (path.parent / "mappings" / "sf-contact.yaml").write_text(SF_CONTACT)
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    made = FeedbackBench(app, clock)
    made.crms = {name: Crm(app, name) for name in crms}
    try:
        yield made
    finally:
        for crm in made.crms.values():
            crm.close()
        app.close()


@contextmanager
def both_crms(folder: Path, store: str, clock: Hand, extra: str = "") -> Iterator[FeedbackBench]:
    """A bench between a Salesforce and a HubSpot simulator; `extra` goes into the settings."""
    clock.now = from_datetime(datetime.now(UTC))  # HubSpot's own clock is told by the headers of its answers

    def now() -> datetime:
        return to_datetime(clock())

    org = SalesforceOrg(now, external_id_fields=[DEFAULT_EXTERNAL_ID])
    portal = HubSpotPortal(now, unique_properties=[DEFAULT_UNIQUE_PROPERTY])
    with SandboxServer(org) as salesforce, HubSpotServer(portal) as hubspot:
        path = write_project(
            folder, store=store, salesforce=salesforce.url, hubspot=hubspot.url, sink="    rate: 1000/1s",
            lead=SF_LEAD, contact=HS_CONTACT, extra=extra,
        )  # fmt: skip
        with listening(path, clock, ("salesforce", "hubspot")) as made:
            made.org, made.portal = org, portal
            yield made
