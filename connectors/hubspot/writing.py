"""One record to send, the batch call for many of them, and which part of the answer is about which record.

Every input carries a trace id of its own: with it HubSpot answers each record for itself (207) and names the record in an error
(CRM objects guide, multi-status errors). Where an answer lacks it, ids decide; the order of results never does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Done, Found, Link, Reject, Retry, Upsert
from connectors.hubspot.answers import CrmError
from connectors.hubspot.bodies import Body
from connectors.hubspot.client import Answer, Client, Row
from connectors.hubspot.errors import Next, Rule, as_retry, next_step, problem_of
from connectors.hubspot.schema import OWNER
from core.problems import Problem
from core.rendering import nothing_new

TRACE = "objectWriteTraceId"


@dataclass(frozen=True, slots=True)
class Write:
    """One record to send: `crm_id` None creates it by external id, `stamp` writes the external id on an existing one, and
    `rounds` counts how often something was left out of it after a refusal."""

    index: int
    row: Upsert
    body: Body
    crm_id: str | None = None
    links: tuple[Link, ...] = ()
    stamp: bool = False
    rounds: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing (left) to send."""
        return self.crm_id is not None and not self.body.fields and not self.stamp

    @property
    def trace_id(self) -> str:
        """What tells the record from the others of a call."""
        return f"{self.index}-{self.row.external_id}"

    def without(self, names: Sequence[str], problems: Sequence[Problem]) -> Write:
        """The same record without some properties, the reasons attached."""
        return replace(self, body=self.body.without(names, problems), rounds=self.rounds + 1)

    def told(self) -> list[object]:
        """Everything of the lead that an error's text could repeat."""
        wanted = [value.value for rendered in self.row.rendered.values() for value in rendered.writes]
        return [*self.body.fields.values(), *self.row.emails, *(value for value in wanted if isinstance(value, str))]


Verdict = Done | Found | Retry | Reject


def send(client: Client, object_name: str, external_id: str, group: Sequence[Write], *, is_traced: bool = True) -> Answer:
    """One call for records that are all new, or all known."""
    inputs = [_input(write, external_id) | ({TRACE: write.trace_id} if is_traced else {}) for write in group]
    return client.batch(object_name, "upsert" if group[0].crm_id is None else "update", {"inputs": inputs}, writes=True)


def _input(write: Write, external_id: str) -> Row:
    fields = dict(write.body.fields)
    if write.crm_id is None or write.stamp:
        fields[external_id] = write.row.external_id
    if write.crm_id is not None:
        return {"id": write.crm_id, "properties": fields}
    return {"id": write.row.external_id, "idProperty": external_id, "properties": fields}


@dataclass(frozen=True, slots=True)
class Sorted:
    """An answer by record: results and errors by the index of the record they are about; `loose` errors name no record."""

    results: Mapping[int, Row] = field(default_factory=dict)
    errors: Mapping[int, list[CrmError]] = field(default_factory=dict)
    loose: tuple[CrmError, ...] = ()


def sort_answer(group: Sequence[Write], answer: Answer, external_id: str) -> Sorted:
    """Which row and which errors of a batch's answer are about which record."""
    results = _results(group, answer.rows, external_id)
    errors, loose = _errors(group, answer.errors)
    return Sorted(results, {index: found for index, found in errors.items() if index not in results}, loose)


def sort_errors(group: Sequence[Write], errors: Iterable[CrmError]) -> Sorted:
    """Which errors of a refused call are about which record."""
    owned, loose = _errors(group, errors)
    return Sorted({}, owned, loose)


def _results(group: Sequence[Write], rows: Iterable[Row], external_id: str) -> dict[int, Row]:
    by_trace = {write.trace_id: write.index for write in group}
    by_id = {write.crm_id: write.index for write in group if write.crm_id}
    by_external_id = {write.row.external_id.lower(): write.index for write in group}
    found: dict[int, Row] = {}
    strangers: list[Row] = []
    for row in rows:
        index = by_trace.get(str(row.get(TRACE) or ""))
        if index is None:
            index = by_id.get(str(row.get("id") or ""))
        if index is None:
            index = by_external_id.get(str(properties_of(row).get(external_id) or "").lower())
        if index is None:
            strangers.append(row)
        else:
            found[index] = row
    rest = [write.index for write in group if write.index not in found]
    if len(strangers) == len(rest) == 1:
        found[rest[0]] = strangers[0]
    return found


def _errors(group: Sequence[Write], errors: Iterable[CrmError]) -> tuple[dict[int, list[CrmError]], tuple[CrmError, ...]]:
    by_trace = {write.trace_id: write.index for write in group}
    by_id = {key.lower(): write.index for write in group for key in (write.row.external_id, write.crm_id or "") if key}
    owned: dict[int, list[CrmError]] = {}
    loose: list[CrmError] = []
    for error in errors:
        index = by_trace.get(error.trace_id)
        if index is not None:
            owned.setdefault(index, []).append(error)
            continue
        is_conflict = next_step(error).next is Next.CONFLICT  # its ids are those of the record in the way
        named = {by_id[one.lower()] for one in error.ids if one.lower() in by_id} if not is_conflict else set()
        for index in named:
            owned.setdefault(index, []).append(error)
        if not named:
            loose.append(error)
    return owned, tuple(loose)


def properties_of(row: Row) -> Mapping[str, object]:
    """The properties of an answered record; none where it tells none."""
    told = row.get("properties")
    return told if isinstance(told, Mapping) else {}


def done(write: Write, row: Row, external_id: str) -> Done:
    """The outcome of a record that was written: what went out stands as HubSpot answered it, where it did."""
    is_new = write.crm_id is None
    sent = {name: write.body.echo.get(name, value) for name, value in write.body.fields.items()}
    if is_new or write.stamp:
        sent[external_id] = write.row.external_id
    told = properties_of(row)
    return Done(
        str(row.get("id") or write.crm_id or ""),
        created=is_new and row.get("new") is not False,
        sent=tuple(sent),
        left_out=write.body.problems,
        links=write.links,
        wrote={name: value if told.get(name) is None else told[name] for name, value in sent.items()},
        gave_owner=OWNER in sent,
    )


def unchanged(write: Write) -> Done:
    """The outcome of a record with nothing to send."""
    return Done(write.crm_id or "", left_out=write.body.problems, links=write.links, note=nothing_new(write.body.kept, OWNER))


def wait_for(write: Write, error: CrmError, rule: Rule) -> Retry:
    """Come again: after a merge or deletion in between, the next pass reads where the record went."""
    problem = problem_of(error, rule, values=write.told())
    if rule.next is Next.GONE:
        return Retry(problem.message, after=1, may_have_happened=write.crm_id is None, code=rule.problem)
    if rule.next is Next.RETRY:
        return as_retry(rule)
    return Retry(problem.message, after=900, code=rule.problem)


def in_part() -> Retry:
    """The wait of a record that a pass had no more calls for."""
    return Retry("the batch was written in part: this record comes next", after=1, code="partly")


def missing_external_id(object_name: str, name: str) -> Problem:
    """Why nothing is sent to an object, and the way to change it."""
    sentence = (
        f"HubSpot {object_name} have no property `{name}` with unique values, so a repeated delivery could make duplicates: run"
        " `leadrelay sinks prepare`, which creates it. `hasUniqueValue` can be chosen only when a property is created: where one"
        " of this name exists without it, delete that one, or set another `external_id`"
    )
    return Problem("no_external_id", sentence, name)
