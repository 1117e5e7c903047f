"""Reads the store for the API and the command line: leads with provenance, submissions, deliveries, sources and sinks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, tuple_

from connectors.sources import Ignored, Unreadable
from core.fields import FIRST_ACTIVITY
from core.identity import make_key
from core.lead import Lead, Names
from core.lead_json import cells_from_json, lead_from_json
from core.normalize import canonical_email
from leadrelay.engine import seen
from leadrelay.sink_budgets import SinkBudget, budgets
from leadrelay.store import captures, gates, markers, tables
from leadrelay.store.ids import from_uid, to_uid
from leadrelay.web.views import (
    DeliveryFilter,
    DeliveryRow,
    FieldView,
    History,
    LeadFilter,
    LeadRow,
    LeadView,
    Page,
    ProblemView,
    RecordView,
    SinkView,
    SourceView,
    SubmissionFilter,
    SubmissionRow,
    SubmissionView,
    TouchView,
    Why,
    plain_names,
)

if TYPE_CHECKING:
    from leadrelay.app import App

Row = TypeVar("Row")
_LEAD, _SUBMISSION, _DELIVERY, _TOUCH = tables.lead, tables.submission, tables.delivery, tables.touch
_LINK = tables.crm_link
_SEARCHED = 20_000
"""How many of the newest leads a search by the start of a name or company looks through; an e-mail address finds any lead."""


class StoreViews:
    """What people and programs see of one store, under the configuration in force. Implements `leadrelay.web.views.Views`."""

    def __init__(self, app: App) -> None:
        self._app = app

    # --- leads ---

    def leads(self, only: LeadFilter, after: str | None, limit: int) -> Page[LeadRow]:
        """Leads, the last changed first; erased ones are not shown."""
        conditions: list[ColumnElement[bool]] = [_LEAD.c.erased_at.is_(None)]
        if only.outcome is not None:
            conditions.append(_LEAD.c.outcome == only.outcome)
        if only.updated_since is not None:
            conditions.append(_LEAD.c.updated_at >= only.updated_since)
        if only.is_test is not None:
            conditions.append(_LEAD.c.is_test.is_(only.is_test))
        if only.is_overdue:
            conditions += _overdue()
        with self._app.database.read() as connection:
            if only.text:
                found = self._search(connection, only.text)
                conditions.append(_LEAD.c.id.in_(found))
            query = select(_LEAD).where(*conditions)
            return _page(connection, query, _LEAD, "updated_at", after, limit, _lead_row)

    def _search(self, connection: Connection, text: str) -> list[int]:
        """The leads that an e-mail address belongs to, or whose name, company or address begins so."""
        wanted = text.strip().casefold()
        if "@" in wanted:
            key = make_key("email", canonical_email(wanted))
            owned = select(tables.lead_key.c.lead_id).where(tables.lead_key.c.hash == key.hash)
            named = select(tables.lead_key.c.lead_id).where(
                tables.lead_key.c.kind == "email_name", tables.lead_key.c.text.startswith(key.text + " ", autoescape=True)
            )
            found = set(connection.execute(owned).scalars()) | set(connection.execute(named).scalars())
            if found:
                return sorted(found)
        newest = select(_LEAD.c.id, _LEAD.c.version, _LEAD.c.record).order_by(_LEAD.c.updated_at.desc()).limit(_SEARCHED)
        return [row.id for row in connection.execute(newest) if _begins(_lead(row), wanted)]

    def lead(self, uid: str) -> LeadView | None:
        """One lead with provenance; a merged one gives the lead it went into."""
        with self._app.database.read() as connection:
            row = find_lead(connection, uid)
            if row is None:
                return None
            touches = list(
                connection.execute(select(_TOUCH).where(_TOUCH.c.lead_id == row.id).order_by(_TOUCH.c.at, _TOUCH.c.id))
            )
            deliveries = connection.execute(select(_DELIVERY).where(_DELIVERY.c.lead_id == row.id).order_by(_DELIVERY.c.id))
            links = connection.execute(select(_LINK).where(_LINK.c.lead_id == row.id).order_by(_LINK.c.linked_at, _LINK.c.sink))
            return LeadView(
                _lead_row(row),
                _fields(_lead(row), touches),
                [_touch(t) for t in touches],
                [_delivery(d) for d in deliveries],
                [RecordView(one.sink, one.object, one.crm_id, one.linked_at, seen.GONE in seen.read(one.seen)) for one in links],
            )

    def why(self, uid: str, topic: str) -> Why | None:
        """The lineage of a lead, or of what `topic` names of it; raises UnknownTopic."""
        from leadrelay.lineage import explain

        return explain(self._app, uid, topic)

    def history(self, uid: str) -> History | None:
        """What happened to a lead and to those that were merged into it."""
        from leadrelay.history import history

        return history(self._app, uid)

    # --- submissions ---

    def submissions(self, only: SubmissionFilter, after: str | None, limit: int) -> Page[SubmissionRow]:
        """Submissions, the newest first."""
        with self._app.database.read() as connection:
            query = select(_SUBMISSION).where(*submission_conditions(only))
            return _page(connection, query, _SUBMISSION, "id", after, limit, _submission)

    def submission(self, uid: str) -> SubmissionView | None:
        """One submission as it was captured."""
        number = uid_number(uid)
        if number is None:
            return None
        with self._app.database.read() as connection:
            row = connection.execute(select(_SUBMISSION).where(_SUBMISSION.c.id == number)).one_or_none()
        if row is None:
            return None
        headers = json.loads(row.headers) if row.headers else {}
        body = None if row.body is None else bytes(row.body).decode("utf-8", "replace")
        names = self.names(row)
        return SubmissionView(_submission(row), headers, body, None if names is None else plain_names(names))

    def names(self, row: Any) -> Names | None:
        """A stored submission's names as its source reads them; None when its content is gone or can not be read."""
        source = self._app.process_plan().sources.get(row.source)
        if source is None or row.body is None or not row.headers:
            return None
        try:
            return source.reader.names(json.loads(row.headers), bytes(row.body))
        except Unreadable:
            return None
        except Ignored as no_lead:
            return no_lead.names or None

    # --- deliveries ---

    def deliveries(self, only: DeliveryFilter, after: str | None, limit: int) -> Page[DeliveryRow]:
        """Deliveries, the last changed first."""
        with self._app.database.read() as connection:
            query = select(_DELIVERY).where(*delivery_conditions(only))
            return _page(connection, query, _DELIVERY, "updated_at", after, limit, _delivery)

    # --- sources and sinks ---

    def sources(self) -> list[SourceView]:
        """All configured sources, by name."""
        with self._app.database.read() as connection:
            counted = captures.received(connection)
            states = _by_state(connection, _SUBMISSION, "source")
            newest = select(_SUBMISSION.c.source, func.max(_SUBMISSION.c.received_at)).group_by(_SUBMISSION.c.source)
            last: dict[str, int] = dict(map(tuple, connection.execute(newest)))
            paused = markers.paused_sources(connection)
        return [
            SourceView(
                name,
                source.spec.name,
                source.mapping,
                counted.get(name, 0),
                states.get(name, {}),
                last.get(name),
                paused.get(name),
            )
            for name, source in sorted(self._app.configuration.settings.sources.items())
        ]

    def sinks(self) -> list[SinkView]:
        """All configured sinks, by name."""
        with self._app.database.read() as connection:
            states = _by_state(connection, _DELIVERY, "sink")
            known = gates.read_all(connection)
            now = self._app.clock()
            spent = budgets(connection, self._app.known_sink_plan, now)
        found = []
        for name, sink in sorted(self._app.configuration.settings.sinks.items()):
            gate, calls = known.get(name, gates.Gate(name)), spent.get(name, SinkBudget())
            found.append(
                SinkView(
                    name=name,
                    connector=sink.spec.name,
                    mode=sink.mode,
                    states=states.get(name, {}),
                    paused=None if gate.paused is None else gate.paused.message,
                    hold_until=gate.hold_until if gate.hold_until > now else None,
                    last_problem=gate.last_problem,
                    last_ok_at=gate.last_ok_at or None,
                    calls_used=gate.used,
                    calls_allowed=gate.allowed,
                    account=gate.crm_account_id,
                    rate=calls.rate,
                    burst_left=calls.burst_left,
                    calls_hour={str(kind): count for kind, count in calls.calls_hour.items()},
                    calls_day={str(kind): count for kind, count in calls.calls_day.items()},
                    calls_forecast=calls.calls_forecast,
                    warning=calls.warning or None,
                    backlog_waits=calls.backlog_waits or None,
                )
            )
        return found


def find_lead(connection: Connection, uid: str) -> Any:
    """A lead's row, following merges; None when there is none or it was erased."""
    number = uid_number(uid)
    while number is not None:
        row = connection.execute(select(_LEAD).where(_LEAD.c.id == number, _LEAD.c.erased_at.is_(None))).one_or_none()
        if row is None or row.merged_into is None:
            return row
        number = row.merged_into
    return None


def submission_conditions(only: SubmissionFilter) -> list[ColumnElement[bool]]:
    """The filter as conditions on the table; a uid that is none matches nothing."""
    found: list[ColumnElement[bool]] = []
    if only.uid is not None:
        found.append(_SUBMISSION.c.id == (uid_number(only.uid) or -1))
    if only.source is not None:
        found.append(_SUBMISSION.c.source == only.source)
    if only.state is not None:
        found.append(_SUBMISSION.c.state == only.state)
    if only.received_since is not None:
        found.append(_SUBMISSION.c.received_at >= only.received_since)
    return found


def delivery_conditions(only: DeliveryFilter) -> list[ColumnElement[bool]]:
    """The filter as conditions on the table; a uid that is none matches nothing."""
    found: list[ColumnElement[bool]] = []
    if only.uid is not None:
        found.append(_DELIVERY.c.id == (uid_number(only.uid) or -1))
    if only.sink is not None:
        found.append(_DELIVERY.c.sink == only.sink)
    if only.object is not None:
        found.append(_DELIVERY.c.object == only.object)
    if only.state is not None:
        found.append(_DELIVERY.c.state == only.state)
    if only.lead is not None:
        found.append(_DELIVERY.c.lead_id == (uid_number(only.lead) or -1))
    return found


def _page(
    connection: Connection,
    query: Select[Any],
    table: Table,
    column: str,
    after: str | None,
    limit: int,
    show: Callable[[Any], Row],
) -> Page[Row]:
    """One page by a column, newest first, the id telling equal ones apart; the cursor holds both."""
    if after:
        at, _, number = after.partition(".")
        if at.isdigit() and number.isdigit():
            query = query.where(tuple_(table.c[column], table.c.id) < tuple_(int(at), int(number)))
    rows = list(connection.execute(query.order_by(table.c[column].desc(), table.c.id.desc()).limit(limit + 1)))
    items = [show(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items, None if last is None else f"{getattr(last, column)}.{last.id}")


def uid_number(uid: str) -> int | None:
    """The id of a uid, or None when it is none."""
    try:
        return from_uid(uid)
    except ValueError:
        return None


def _by_state(connection: Connection, table: Table, column: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, state, count in connection.execute(
        select(table.c[column], table.c.state, func.count()).group_by(table.c[column], table.c.state)
    ):
        found.setdefault(name, {})[state] = count
    return found


def _lead(row: Any) -> Lead:
    return lead_from_json(to_uid(row.id), row.version, json.loads(row.record))


def _overdue() -> list[ColumnElement[bool]]:
    """The leads whose assignment is open and was told to be overdue, and of whom no CRM tells a first activity."""
    given = tables.assignment
    late = given.c.is_current & given.c.closed_at.is_(None) & given.c.overdue_at.is_not(None)
    leads = select(func.coalesce(given.c.kept_by, given.c.lead_id)).where(late)
    return [_LEAD.c.id.in_(leads), _LEAD.c.merged_into.is_(None), _LEAD.c.record.not_like(f'%"{FIRST_ACTIVITY}"%')]


def _begins(lead: Lead, text: str) -> bool:
    value = lead.value
    name = f"{value('person.first_name') or ''} {value('person.last_name') or ''}".strip()
    texts = (name, value("person.last_name"), value("company.name"), value("person.email"))
    return any(str(one).casefold().startswith(text) for one in texts if one)


def _lead_row(row: Any) -> LeadRow:
    lead = _lead(row)
    name = " ".join(str(lead.value(path)) for path in ("person.first_name", "person.last_name") if lead.value(path))
    return LeadRow(
        uid=to_uid(row.id), version=row.version, name=name, email=str(lead.value("person.email") or ""),
        company=str(lead.value("company.name") or ""), outcome=row.outcome, is_test=bool(row.is_test),
        created_at=row.created_at, updated_at=row.updated_at,
        merged_into=None if row.merged_into is None else to_uid(row.merged_into),
    )  # fmt: skip


def _fields(lead: Lead, touches: Iterable[Any]) -> dict[str, FieldView]:
    by_uid = {to_uid(touch.id): touch for touch in touches}
    raws = {uid: cells_from_json(json.loads(touch.fields)) for uid, touch in by_uid.items()}
    found = {}
    for path, won in sorted(lead.fields.items()):
        touch = by_uid.get(won.touch)
        cell = raws.get(won.touch, {}).get(path)
        value = list(won.value) if isinstance(won.value, tuple) else won.value
        found[path] = FieldView(value, won.at, won.touch, "" if touch is None else touch.source, "" if cell is None else cell.raw)
    return found


def _touch(row: Any) -> TouchView:
    return TouchView(to_uid(row.id), row.source, row.kind, row.at, bool(row.is_test), problems_of(row.problems))


def problems_of(document: str | None) -> list[ProblemView]:
    """Stored problems as they are shown."""
    if not document:
        return []
    return [ProblemView(each["code"], each["message"], each.get("field", "")) for each in json.loads(document)]


def _submission(row: Any) -> SubmissionRow:
    return SubmissionRow(
        uid=to_uid(row.id), source=row.source, state=row.state, reason=row.reason, received_at=row.received_at,
        submitted_at=row.submitted_at, is_test=bool(row.is_test), lead=None if row.lead_id is None else to_uid(row.lead_id),
        duplicate_of=None if row.duplicate_of is None else to_uid(row.duplicate_of), problems=problems_of(row.problems),
    )  # fmt: skip


def _delivery(row: Any) -> DeliveryRow:
    problems = problems_of(row.problem)
    return DeliveryRow(
        uid=to_uid(row.id), sink=row.sink, object=row.object, lead=to_uid(row.lead_id), state=row.state, want=row.want,
        have=row.have, tries=row.tries, crm_id=row.crm_id, due=row.due, updated_at=row.updated_at,
        problem=problems[0] if problems else None,
    )  # fmt: skip
