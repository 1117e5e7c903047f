"""Why a lead's record in a CRM is as it is: each line of the mapping, what was sent, what was not and why, and the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.instants import to_iso
from core.rendering import FieldWrite, decide_writes, is_empty
from leadrelay.engine import seen as seeing
from leadrelay.engine.answers import call_in_words, left_out_in_words
from leadrelay.engine.plan import Outbound, SinkPlan
from leadrelay.history import in_words
from leadrelay.lineage.story import Story, Told, minute, plain, shown, step
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from leadrelay.web.views import Reason

_DELIVERY, _ACTION, _ATTEMPT, _LINK = tables.delivery, tables.action, tables.attempt, tables.crm_link


def record(story: Story, sink: SinkPlan) -> Told:
    """The lead in one CRM: its records, what people did there, every call with its answer, and each field."""
    stored = _Stored(story, sink)
    steps = [*stored.links_told(), *stored.events_told(), *stored.calls_told(), *stored.states_told()]
    answers = []
    for mapping in sink.mappings:
        fates = list(stored.fates(mapping))
        answers.append(stored.summary(mapping, fates))
        steps.append(stored.wanted(mapping))
        steps += (_fate_told(one, 1) for one in fates)
    return Told("; ".join(answers) or f"no mapping writes to {sink.name}", steps)


def wanted_in(story: Story, path: str) -> Iterator[Reason]:
    """Where a lead field goes in each CRM, by which line, and whether it was sent."""
    for sink in story.plan.sinks:
        if any(path in _paths(write) for mapping in sink.mappings for write in _writes(story, sink, mapping)):
            stored = _Stored(story, sink)
            for mapping in sink.mappings:
                yield from (_fate_told(one, 0) for one in stored.fates(mapping) if path in one.paths)


@dataclass(frozen=True, slots=True)
class Fate:
    """One field of a CRM object as the mapping wants it, and what became of that; `at` is when it was sent last, `since` why what
    has come after that was not."""

    sink: str
    object: str
    write: FieldWrite
    place: str
    at: int | None
    version: int
    because: str
    since: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The lead fields that it is made of."""
        return _paths(self.write)

    @property
    def value(self) -> Any:
        """What is wanted: the lead's value, or what stands in for it on create."""
        return self.write.default if is_empty(self.write.value) else self.write.value


def _paths(write: FieldWrite) -> tuple[str, ...]:
    return tuple(path for path in write.source.split(", ") if path)


def _writes(story: Story, sink: SinkPlan, mapping: Outbound) -> Iterator[FieldWrite]:
    """All fields of a mapping, and of the one for what a converted record became."""
    for rendered in sink.render(mapping, story.lead).values():
        yield from rendered.writes


def _fate_told(one: Fate, depth: int) -> Reason:
    name = f"{one.object}.{one.write.name}"
    by = f" by {one.place}" if one.place else ""
    of = f" from {', '.join(one.paths)}" if one.paths else ""
    wants = "wants nothing in" if one.value is None else f"wants {shown(one.value)} in"
    since = f"; not again since then: {one.since}" if one.since else ""
    became = f"sent on {minute(one.at)} with version {one.version}{since}" if one.at is not None else f"not sent: {one.because}"
    what = f"{one.sink} {wants} {name}{of}{by} (update: {one.write.update}): {became}"
    return step(
        "wanted", what, one.at, depth, sink=one.sink, object=one.object, field=one.write.name, lead_fields=list(one.paths),
        value=plain(one.value), mapping=one.place, update=one.write.update, is_sent=one.at is not None and not one.since,
        sent_at=None if one.at is None else to_iso(one.at), version=one.version or None, because=one.because or one.since or None,
    )  # fmt: skip


class _Stored:
    """What the store has of a lead and of those that went into it, in one sink."""

    def __init__(self, story: Story, sink: SinkPlan) -> None:
        self._story, self._sink = story, sink
        self._links = self._rows(_LINK, _LINK.c.linked_at)
        self._deliveries = self._rows(_DELIVERY, _DELIVERY.c.id)
        self._actions = self._rows(_ACTION, _ACTION.c.id)
        self._attempts = [(row, json.loads(row.data)) for row in self._rows(_ATTEMPT, _ATTEMPT.c.id)]
        self._objects = {row.id: row.object for row in self._deliveries}

    def _rows(self, table: Any, order: Any) -> list[Any]:
        mine = table.c.lead_id.in_(self._story.family)
        return list(self._story.connection.execute(select(table).where(mine, table.c.sink == self._sink.name).order_by(order)))

    def _own(self, object_name: str) -> Any:
        """The lead's own delivery to an object, or None."""
        own = (row for row in self._deliveries if row.object == object_name and row.lead_id == self._story.number)
        return next(own, None)

    # --- records, events, calls, states ---

    def links_told(self) -> Iterator[Reason]:
        """The records that stand, or stood, for the lead."""
        for row in self._links:
            gone = " (it is gone there)" if seeing.GONE in seeing.read(row.seen) else ""
            what = f"{row.object} {row.crm_id} in {self._sink.name} stands for this lead{gone}"
            yield step("record", what, row.linked_at, 0, crm_id=row.crm_id, object=row.object, is_gone=bool(gone))

    def events_told(self) -> Iterator[Reason]:
        """What people did with the records there."""
        for row, data in self._story.events("crm_", "merged"):
            if data.get("sink") == self._sink.name and not (row.kind == "merged" and row.lead_id != self._story.number):
                details = {name: value for name, value in data.items() if name != "told_at"}
                yield step(row.kind, in_words(row.kind, data), data.get("told_at") or row.at, 0, **details)

    def calls_told(self) -> Iterator[Reason]:
        """Every call with its answer."""
        for row, data in self._attempts:
            of = "" if row.lead_id == self._story.number else f" (for lead {to_uid(row.lead_id)}, which is part of this one now)"
            what = call_in_words(self._sink.name, row.outcome, data, version=row.version, is_whole=False) + of
            extra = {"outcome": row.outcome, "object": self._objects.get(row.row_id), "version": row.version or None}
            yield step("call", what, row.at, 0, **{**extra, **data})
            for problem in data.get("left_out", ()):
                yield step("left_out", left_out_in_words(problem), row.at, 1, **problem)

    def states_told(self) -> Iterator[Reason]:
        """How each object and each thing to be done there stands."""
        for row in (*self._deliveries, *self._actions):
            what = row._mapping.get("object") or f"the {row.kind}"
            of = "" if row.lead_id == self._story.number else f" of lead {to_uid(row.lead_id)}"
            problem = json.loads(row.problem)[0]["message"] if row.problem else ""
            said = f": {problem}" if problem else ""
            words = f"{what}{of} in {self._sink.name} is {row.state}{said}"
            yield step("state", words, row.updated_at, 0, state=row.state, tries=row.tries, problem=problem or None)

    # --- fields ---

    def wanted(self, mapping: Outbound) -> Reason:
        """The record as the mapping wants it now."""
        rendered = self._sink.render(mapping, self._story.lead)[mapping.object]
        body = {write.name: plain(write.default if is_empty(write.value) else write.value) for write in rendered.writes}
        fields = {name: value for name, value in body.items() if value is not None}
        owner = "" if rendered.owner is None else rendered.owner.email or f"the queue {rendered.owner.queue}"
        for_owner = f", owned by {owner}" if owner else ""
        what = f"the mapping {mapping.name} wants {len(fields)} field(s) of {mapping.object} in {self._sink.name}{for_owner}"
        uid = self._story.lead.uid
        return step("mapping", what, None, 0, object=mapping.object, external_id=uid, fields=fields, owner=owner or None)

    def fates(self, mapping: Outbound) -> Iterator[Fate]:
        """Each field of the mapping, and what became of it; of a converted record also the fields of what it became."""
        for name, rendered in self._sink.render(mapping, self._story.lead).items():
            link = self._link(mapping, name)
            if name != mapping.object and link is None:
                continue
            writing = mapping if name == mapping.object else self._sink.converted[name]
            written = self._story.app.configuration.outbound.get(writing.name)
            reasons = self._reasons(mapping, name, link)
            since = 0 if name == mapping.object or link is None else link.linked_at
            for write in rendered.writes:
                line = None if written is None else written.line(write.name)
                at, version = self._sent(mapping, write.name, since)
                place = "" if line is None else str(line.place)
                if at is None:
                    yield Fate(self._sink.name, name, write, place, None, 0, reasons(write))
                else:
                    yield Fate(self._sink.name, name, write, place, at, version, "", self._since(mapping, write, at))

    def _since(self, mapping: Outbound, write: FieldWrite, at: int) -> str:
        """Why a value that has come after the call was not sent; empty where what was sent is what is wanted now."""
        story = self._story
        if all(story.said_before(path, at) for path in _paths(write)):
            return ""
        if any(story.lead.told_by(path) == self._sink.name for path in _paths(write)):
            return f"what is wanted now was told by {self._sink.name} itself"
        waits = self._waits(self._own(mapping.object))
        if waits:
            return waits
        if write.update == "always":
            return ""  # in step, so what was sent last is what is wanted
        return f"the record keeps what it holds (update: {write.update})"

    def _link(self, mapping: Outbound, name: str) -> Any:
        """The record of an object that the lead's delivery writes to: its own, or what that one was converted to."""
        row = self._own(mapping.object)
        found = [one for one in self._links if one.object == name and seeing.GONE not in seeing.read(one.seen)]
        own = [one for one in found if row is not None and one.crm_id == row.crm_id]
        return next(iter(own or ([] if name == mapping.object else found[-1:])), None)

    def _sent(self, mapping: Outbound, name: str, since: int) -> tuple[int | None, int]:
        """When a field was sent last to the record that the lead's delivery writes to now, and with which version of the lead."""
        own = self._own(mapping.object)
        for row, data in reversed(self._attempts):
            is_own = own is not None and (row.row_id == own.id or (own.crm_id and data.get("crm_id") == own.crm_id))
            if is_own and name in data.get("sent", ()) and row.at >= since:
                return row.at, row.version
        return None, 0

    def _reasons(self, mapping: Outbound, name: str, link: Any) -> Callable[[FieldWrite], str]:
        """Why a field was not sent."""
        waits = self._waits(self._own(mapping.object))
        record = (self._sink.name, name, "" if link is None else link.crm_id)
        left = {problem.get("field"): problem["message"] for _, data in self._attempts for problem in data.get("left_out", ())}

        def reason(write: FieldWrite) -> str:
            plainly = decide_writes([write], None).not_sent.get(write.name, "")
            if plainly or waits:
                return plainly or waits
            if write.name in left:
                return left[write.name]
            if write.update == "never":
                return "it is set only when the record is created, and the record was there already (update: never)"
            held = seeing.read(None if link is None else link.seen).get(write.name)
            if held is not None and held == seeing.digest(record, write.name, write.value):
                return "the CRM already says the same"
            if is_empty(write.value):
                return "only what stands in for it is known, which goes out when a record is created"
            if held is not None and write.update == "if_empty":
                return "the CRM already holds another value (update: if_empty)"
            return "the CRM already says the same, or holds another value (update: if_empty)"

        return reason

    def _waits(self, row: Any) -> str:
        if row is None:
            return "no delivery is wanted: a test lead, or the lead has gone into another"
        if row.state == "suppressed":
            return "the delivery is suppressed: test leads are not sent, unless the sink says so (`test_leads`)"
        if not self._sink.is_live:
            return "the sink only observes (mode: observe)"
        if row.state == "in_sync":
            return ""
        problem = json.loads(row.problem)[0]["message"] if row.problem else ""
        return f"the delivery is {row.state}{f': {problem}' if problem else ''}"

    def summary(self, mapping: Outbound, fates: list[Fate]) -> str:
        """The object in this CRM in one sentence."""
        row = self._own(mapping.object)
        if row is None:
            return f"{mapping.object} is not wanted in {self._sink.name}"
        number = f" {row.crm_id}" if row.crm_id else ""
        sent = sum(one.at is not None for one in fates)
        observes = "" if self._sink.is_live else ", and the sink only observes"
        return f"{mapping.object}{number} in {self._sink.name} is {row.state}{observes}: {sent} of {len(fates)} fields were sent"
