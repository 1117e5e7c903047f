"""What `try` and `leads add` ask the store, of which they write nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, func, select

from connectors.base import Link
from core.conditions import Case
from core.identity import MatchKey
from core.instants import Instant
from core.lead import Lead
from core.lead_json import lead_from_json
from core.routing.choosing import Circumstances, as_json, choose, trace
from leadrelay.commands.trial import Way
from leadrelay.engine import known_accounts
from leadrelay.engine.known_accounts import Accounts
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.routing import route
from leadrelay.engine.routing_plan import RoutingPlan
from leadrelay.store import leads, people, rotation, tables, visits
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.leads import Known


class StoreLookUp:
    """Asks a store; implements `LookUp`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, keys: tuple[MatchKey, ...]) -> Known:
        """Who owns these keys, with their leads."""
        with self._database.read() as connection:
            return leads.look_up(connection, keys)

    def links(self, lead: str, sink: str) -> tuple[Link, ...]:
        """A lead's records in a CRM."""
        link = tables.crm_link
        query = select(link.c.object, link.c.crm_id).where(link.c.lead_id == from_uid(lead), link.c.sink == sink)
        with self._database.read() as connection:
            return tuple(Link(row.object, row.crm_id) for row in connection.execute(query))

    def visitor(self, visitor: str) -> tuple[Lead | None, int]:
        """The lead that is known on a visitor's browser, and how many of its visits wait for somebody to be known."""
        with self._database.read() as connection:
            known = visits.known(connection, [visitor]).get(visitor)
            number = None if known is None else visits.living(connection, [known.lead]).get(known.lead)
            waiting = select(func.count()).select_from(tables.visit).where(tables.visit.c.visitor == visitor)
            row = connection.execute(select(tables.lead).where(tables.lead.c.id == number)).one_or_none()
            lead = None if row is None else lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
            return lead, int(connection.execute(waiting).scalar_one())

    def accounts(self, plan: ProcessPlan, lead: Lead) -> Accounts:
        """What is known of a lead's company."""
        with self._database.read() as connection:
            return known_accounts.look_up(connection, plan, [lead])

    def route(self, plan: RoutingPlan, lead: Lead, before: Lead | None, now: Instant) -> Way:
        """Where a lead would go now; the transaction in which the pools are asked is rolled back."""
        with self._database.read() as connection:
            found = routed(connection, plan, lead, before, now)
            connection.rollback()
        return found


class EmptyLookUp:
    """Answers where there is no store yet: nobody is known, and every pool is at its first turn. Implements `LookUp`."""

    def known(self, keys: tuple[MatchKey, ...]) -> Known:
        """Nobody."""
        return Known({}, {})

    def links(self, lead: str, sink: str) -> tuple[Link, ...]:
        """None."""
        return ()

    def visitor(self, visitor: str) -> tuple[Lead | None, int]:
        """Nobody."""
        return None, 0

    def accounts(self, plan: ProcessPlan, lead: Lead) -> Accounts:
        """Nothing."""
        return Accounts()

    def route(self, plan: RoutingPlan, lead: Lead, before: Lead | None, now: Instant) -> Way:
        """Where a first lead would go."""
        with _nothing_stored() as connection:
            return routed(connection, plan, lead, before, now)


@contextmanager
def _nothing_stored() -> Iterator[Connection]:
    """A store in memory that holds nothing."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            for table in (tables.rotation, tables.assignment, tables.absence, tables.marker):
                table.create(connection)
            yield connection
    finally:
        engine.dispose()


def routed(connection: Connection, plan: RoutingPlan, lead: Lead, before: Lead | None, now: Instant) -> Way:
    """Where a lead would go, with the trace that the ledger would keep; or why it stays where it is, or waits."""
    known = {} if before is None else {lead.uid: before}
    found = route(connection, plan, {lead.uid: lead}, now, Ids(), known)
    if found.assignments:
        row = dict(zip(rotation.COLUMNS, found.assignments[0], strict=True))
        asked = {name: row[name] for name in ("line", "pool", "turn", "member", "queue", "deadline_at")}
        return Way("routed", {**json.loads(str(row["trace"])), **asked}, found.leads[lead.uid])
    waits = next((said for kind, _, said in found.events if kind == "routing_waits"), None)
    case = Case(lead, now, plan.checks)
    decision = choose(plan.routing, case, Circumstances(people.inactive(connection)))
    told = {**trace(plan.routing, case, decision), **as_json(decision)}
    if lead.is_test and not plan.takes_tests:
        return Way("waits", {**told, "reason": "it is a test lead, which goes to nobody"}, found.leads[lead.uid])
    if waits is not None:
        return Way("waits", {**told, **waits, "reason": f"the pool {waits['pool']} is closed"}, found.leads[lead.uid])
    return Way(str(told.pop("outcome")), told, found.leads[lead.uid])
