"""Sending records in collections, and what each record's own result means; a refused optional field is left out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Done, Found, Link, Reject, Retry, Stop, TooLarge, Upsert
from connectors.refusals import copied
from connectors.salesforce.bodies import Body
from connectors.salesforce.client import Client, Refused, Row, long_id, same_id
from connectors.salesforce.errors import (
    CrmError,
    Next,
    Rule,
    as_retry,
    fields_named,
    gravest,
    problem_of,
    record_errors,
    record_id_in,
    rule_for,
)
from core.problems import Problem


@dataclass(frozen=True, slots=True)
class Write:
    """One record to send: `crm_id` None creates it by external id, `stamp` writes the external id on an existing one."""

    index: int
    row: Upsert
    object: str
    body: Body
    crm_id: str | None = None
    links: tuple[Link, ...] = ()
    stamp: bool = False

    def without(self, names: Sequence[str], problems: Sequence[Problem]) -> Write:
        """The same record without some fields, the reasons attached."""
        fields = {name: value for name, value in self.body.fields.items() if name not in names}
        return replace(self, body=replace(self.body, fields=fields, problems=(*self.body.problems, *problems)))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A duplicate rule of the org refused the record; the policy decides what follows."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class _Again:
    """Send the record once more without these fields."""

    fields: tuple[str, ...]
    problems: tuple[Problem, ...]


class _Halted(Retry):
    """The org accepts no such record until a person acts; for a part of a batch that is a long wait."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, after=900, code=problem.code)
        self.problem = problem


Verdict = Done | Found | Retry | Reject | Duplicate


@dataclass(slots=True)
class Writer:
    """Sends records of one pass, at most twice: as they are, and the refused ones once more without what was refused."""

    client: Client
    external_id: str
    _labels: dict[str, str] = field(default_factory=dict)

    def write(self, writes: Sequence[Write], headers: Mapping[str, str]) -> dict[int, Verdict]:
        """One verdict per record, by its index in the batch; raises for the whole call only when nothing was written."""
        self._labels = {}
        for name in {write.object for write in writes}:  # before anything is written, so that reading an answer needs no call
            self._labels |= self.client.describe(name).by_label
        sent, results = self._send_tolerantly(writes, headers)
        verdicts: dict[int, Verdict] = {}
        again: list[Write] = []
        for write, result in zip(sent, results, strict=True):
            judged = self._judge(write, result)
            if isinstance(judged, _Again):
                again.append(write.without(judged.fields, judged.problems))
            else:
                verdicts[write.index] = judged
        _raise_stop(verdicts)
        if again:
            verdicts |= rest_of_batch(again, lambda: self._write_again(again, headers))
        return verdicts

    def _write_again(self, writes: Sequence[Write], headers: Mapping[str, str]) -> dict[int, Verdict]:
        verdicts: dict[int, Verdict] = {}
        for write, result in zip(writes, self._send(writes, headers), strict=True):
            judged = self._judge(write, result)
            if isinstance(judged, _Again):
                judged = Reject(judged.problems[0])
            verdicts[write.index] = judged
        return verdicts

    def _send(self, writes: Sequence[Write], headers: Mapping[str, str]) -> list[Row]:
        if writes[0].crm_id is None:
            return self.client.upsert(writes[0].object, self.external_id, [self._record(write) for write in writes], headers)
        return self.client.update([self._record(write) for write in writes], headers)

    def _record(self, write: Write) -> Row:
        record: Row = {"attributes": {"type": write.object}, **write.body.fields}
        if write.crm_id is not None:
            record["id"] = write.crm_id
        if write.crm_id is None or write.stamp:
            record[self.external_id] = write.row.external_id
        return record

    def _send_tolerantly(self, writes: Sequence[Write], headers: Mapping[str, str]) -> tuple[Sequence[Write], list[Row]]:
        """Send; when the org refuses the call for a field that it no longer has, once more without that field."""
        try:
            return writes, self._send(writes, headers)
        except Refused as refused:
            rule = rule_for(refused.error)
            names = fields_named(refused.error, self._labels)
            if self.external_id in names:
                raise Stop(missing_external_id(writes[0].object, self.external_id)) from refused
            is_needed = any(name in write.body.must and name in write.body.fields for write in writes for name in names)
            if rule.next is not Next.LEAVE_OUT or not names or is_needed:
                return writes, _refused_results(writes, refused.error)
            for write in writes:
                self.client.forget_schema(write.object)
            problem = problem_of(refused.error, rule, names)
            writes = [_without_named(write, names, problem) for write in writes]
        try:
            return writes, self._send(writes, headers)
        except Refused as refused:
            return writes, _refused_results(writes, refused.error)

    # --- one record's result ------------------------------------------------------------------------------------------

    def _judge(self, write: Write, result: Row) -> Verdict | _Again:
        crm_id = long_id(str(result.get("id") or write.crm_id or ""))
        if result.get("success") is True:
            return self._done(write, crm_id, created=result.get("created") is True)
        errors = record_errors(result)
        error, rule = gravest(errors)
        names = fields_named(error, self._labels)
        problem = problem_of(error, rule, names, _told(write))
        if rule.next is Next.LEAVE_OUT or (rule.next is Next.FOUND and self.external_id not in names):
            return self._leave_out(write, errors, problem)
        if rule.next is Next.FOUND:
            return self._found(write, error, problem)
        if rule.next is Next.DUPLICATE:
            return Duplicate(problem)
        if rule.next is Next.REJECT or (rule.next is Next.STOP and write.crm_id is not None):
            return Reject(problem)
        return _Halted(problem) if rule.next is Next.STOP else _wait(write, rule, problem)

    def _done(self, write: Write, crm_id: str, *, created: bool) -> Done:
        stamp = {self.external_id: write.row.external_id} if write.crm_id is None or write.stamp else {}
        wrote = {**write.body.fields, **stamp}
        return Done(crm_id, created, tuple(wrote), write.body.problems, write.links, wrote=wrote, gave_owner="OwnerId" in wrote)

    def _leave_out(self, write: Write, errors: Sequence[CrmError], first: Problem) -> Reject | _Again:
        """Every refused field at once, when none of them is needed; else the refusal stands."""
        names: dict[str, Problem] = {}
        for error in errors:
            rule = rule_for(error)
            named = fields_named(error, self._labels) or (("OwnerId",) if rule.problem == "bad_reference" else ())
            found = [name for name in named if name in write.body.fields]
            if not found:
                return Reject(problem_of(error, rule, named, _told(write)))
            names |= {name: problem_of(error, rule, (name,), _told(write)) for name in found}
        if not names or names.keys() & write.body.must:
            return Reject(first)
        return _Again(tuple(names), tuple(names.values()))

    def _found(self, write: Write, error: CrmError, problem: Problem) -> Found | Reject | Retry:
        """The record that carries our external id already; looked for by external id when the text does not name it."""
        crm_id = record_id_in(error.message)
        if not crm_id:
            return Retry(problem.message, after=1, may_have_happened=True, code=problem.code)
        return Reject(problem) if write.crm_id and same_id(crm_id, write.crm_id) else Found(long_id(crm_id))


def _raise_stop(verdicts: Mapping[int, Verdict]) -> None:
    """Stop the sink when a record says that nothing works, unless others of the call were written: those must be settled."""
    halted = [verdict for verdict in verdicts.values() if isinstance(verdict, _Halted)]
    if halted and not any(isinstance(verdict, Done) for verdict in verdicts.values()):
        raise Stop(halted[0].problem)


def _told(write: Write) -> list[object]:
    """Everything of the lead that an error's text could repeat."""
    wanted = [value.value for rendered in write.row.rendered.values() for value in rendered.writes]
    return [*write.body.fields.values(), *write.row.emails, *(value for value in wanted if isinstance(value, str))]


def _wait(write: Write, rule: Rule, problem: Problem) -> Retry:
    """Come again: after a conversion or deletion in between, the next pass reads where the record went."""
    if rule.next in (Next.CONVERTED, Next.GONE):
        return Retry(problem.message, after=1, may_have_happened=write.crm_id is None, code=rule.problem)
    if rule.next is Next.RETRY:
        return as_retry(rule)
    return Retry(problem.message, after=900, code=rule.problem)


def _without_named(write: Write, names: Sequence[str], problem: Problem) -> Write:
    had = [name for name in names if name in write.body.fields]
    return write.without(had, [problem]) if had else write


def _refused_results(writes: Sequence[Write], error: CrmError) -> list[Row]:
    """A refusal of the whole call as the one record's own; with several records smaller batches find the one."""
    if len(writes) > 1:
        raise TooLarge("Salesforce refused the call for one of its records")
    listed = {"statusCode": error.code, "message": error.message, "fields": list(error.fields)}
    return [{"success": False, "errors": [listed]}]


def rest_of_batch(writes: Sequence[Write], call: Callable[[], dict[int, Verdict]]) -> dict[int, Verdict]:
    """What a later call of a pass says of its records; its failure is theirs alone, since others were written already."""
    try:
        return call()
    except Retry as retry:
        return {write.index: copied(retry) for write in writes}
    except (Stop, TooLarge, Refused):
        return {
            write.index: Retry("the batch was written in part: this record comes next", after=1, code="partly")
            for write in writes
        }


def missing_external_id(object_name: str, field: str) -> Problem:
    """Why nothing is sent to an object, and the way to change it."""
    sentence = (
        f"{object_name} has no External Id field `{field}` that the integration user may read and write, so a repeated delivery"
        " could make duplicates: run `leadrelay sinks prepare`, which creates it or says how an admin does"
    )
    return Problem("no_external_id", sentence, field)
