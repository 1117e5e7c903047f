"""A decided batch as the rows that the store is to hold, made before any lock is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.identity import MatchKey, Name
from core.instants import Instant
from core.lead import Lead, Touch, Value
from core.lead_json import cells_to_json, lead_to_json
from core.problems import Problem
from core.quick_dataclass import quick_dataclass
from leadrelay.engine.known_accounts import Accounts
from leadrelay.engine.plan import ActionWanted, ProcessPlan
from leadrelay.engine.routing import Routed
from leadrelay.json_text import json_text
from leadrelay.store import visits
from leadrelay.store.bulk import Row
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.leads import Known, Leased
from leadrelay.store.work import NO_RECORD_YET


@quick_dataclass(frozen=True, slots=True)
class Read:
    """A submission as far as it can be read without the store: a touch with its keys, or why it is held or ignored.

    `aside` is why the rules put the touch aside, unless it joins somebody who is proved to be real; `accepted_by` who took it for
    a lead.
    """

    submission: Leased
    touch: Touch | None
    keys: tuple[MatchKey, ...] = ()
    name: Name = ()
    held: tuple[Problem, ...] = ()
    ignored: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    aside: tuple[Problem, ...] = ()
    accepted_by: str = ""


@dataclass(slots=True)
class Decided:
    """Everything that a batch wants written. Of visits: who is known on a browser now, which visits wait for somebody to be
    known, and which have joined a lead, each with its visitor."""

    claims: list[tuple[MatchKey, int, Name]] = field(default_factory=list)
    names: dict[int, Name] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    touches: list[tuple[Read, str]] = field(default_factory=list)
    events: list[tuple[str, int, int | None, dict[str, Any]]] = field(default_factory=list)
    again: dict[str, Instant | None] = field(default_factory=dict)
    visitors: dict[str, visits.Known] = field(default_factory=dict)
    waiting: list[tuple[int, str]] = field(default_factory=list)
    joined: dict[int, str] = field(default_factory=dict)
    routed: Routed | None = None
    accounts: Accounts = field(default_factory=Accounts)


@dataclass(frozen=True, slots=True)
class Rows:
    """What one batch writes, each as the function of `leadrelay.store.leads` of that name wants it."""

    new: list[Row]
    changed: list[Row]
    unchanged: dict[int, int]
    touches: list[Row]
    events: list[Row]
    deliveries: list[Row]
    actions: list[Row]
    endings: list[Row]


def make_rows(plan: ProcessPlan, read: Sequence[Read], decided: Decided, known: Known, now: Instant, ids: Ids) -> Rows:
    """All rows of a batch."""
    new, changed = _lead_rows(decided, known, now)
    return Rows(
        new=new,
        changed=changed,
        unchanged=_unchanged(decided, known),
        touches=[_touch_row(plan, one, uid) for one, uid in decided.touches],
        events=[
            (number, now, kind, lead, submission, json_text(said))
            for number, (kind, lead, submission, said) in zip(ids.take(len(decided.events), now), decided.events, strict=True)
        ],
        deliveries=delivery_rows(plan, decided.leads, now, ids, _urgency(decided)),
        actions=_action_rows(plan, decided, now, ids),
        endings=_endings(plan, read, decided),
    )


def _lead_rows(decided: Decided, known: Known, now: Instant) -> tuple[list[Row], list[Row]]:
    new: list[Row] = []
    changed: list[Row] = []
    for uid, lead in decided.leads.items():
        before = known.leads.get(uid)
        if lead is before:
            continue
        if before is not None:
            changed.append(changed_row(lead, before.version, now, decided.again.get(uid)))
            continue
        record = json_text(lead_to_json(lead))
        new.append((from_uid(uid), lead.version, record, lead.is_test, now, now, *_decided(lead, decided.again.get(uid))))
    return new, changed


def _unchanged(decided: Decided, known: Known) -> dict[int, int]:
    """The versions of leads that touches join without changing them."""
    return {from_uid(uid): lead.version for uid, lead in decided.leads.items() if lead is known.leads.get(uid)}


def _touch_row(plan: ProcessPlan, one: Read, uid: str) -> Row:
    touch = one.touch
    assert touch is not None  # noqa: S101 - only touches are linked
    return touch_row(one.submission.id, from_uid(uid), touch, plan.config_hash)


def event_rows(lead_id: int, said: Sequence[tuple[str, dict[str, Any]]], now: Instant, ids: Ids) -> list[Row]:
    """What was decided of one lead, as events that no submission made."""
    numbers = ids.take(len(said), now)
    return [(number, now, kind, lead_id, None, json_text(data)) for number, (kind, data) in zip(numbers, said, strict=True)]


def touch_row(number: int, lead_id: int, touch: Touch, config_hash: str) -> Row:
    """A touch as its row."""
    problems = json_text([problem.as_json() for problem in touch.problems]) if touch.problems else None
    fields = json_text(cells_to_json(touch.fields))
    return (number, lead_id, touch.source, touch.kind, touch.at, fields, problems, config_hash, touch.is_test)


def changed_row(lead: Lead, version_read: int, now: Instant, again_at: Instant | None) -> Row:
    """A lead that was there before as its row; `again_at` is when it is to be decided again although nothing happens."""
    record = json_text(lead_to_json(lead))
    return (lead.version, record, lead.is_test, now, *_decided(lead, again_at), from_uid(lead.uid), version_read)


def _decided(lead: Lead, again_at: Instant | None) -> Row:
    """What was decided of a lead, in columns of its own for lists."""
    return (str(lead.value("outcome") or ""), lead.value("score.total"), str(lead.value("lifecycle_stage") or ""), again_at)


def _urgency(decided: Decided) -> dict[str, int]:
    """The priority of each lead: that of its most urgent touch."""
    found: dict[str, int] = {}
    for one, uid in decided.touches:
        found[uid] = min(one.submission.priority, found.get(uid, one.submission.priority))
    return found


def delivery_rows(
    plan: ProcessPlan, leads: Mapping[str, Lead], now: Instant, ids: Ids, urgency: Mapping[str, int] | None = None
) -> list[Row]:
    """Every sink and object wants each of these leads, by uid, at its version; a lead that `urgency` does not name is fresh."""
    urgent = urgency or {}
    wanted = [
        (sink, object_name, uid, lead) for sink in plan.sinks for object_name in sink.objects for uid, lead in leads.items()
    ]
    return [
        (number, sink.name, object_name, from_uid(uid), sink.state_of(lead.is_test), lead.version, now, urgent.get(uid, 0), now)
        for number, (sink, object_name, uid, lead) in zip(ids.take(len(wanted), now), wanted, strict=True)
    ]


def _action_rows(plan: ProcessPlan, decided: Decided, now: Instant, ids: Ids) -> list[Row]:
    wanted: list[tuple[str, str, int, int, str, str, str, int, int]] = []
    for one, uid in decided.touches:
        assert one.touch is not None  # noqa: S101 - held submissions have no touches
        if one.submission.id in decided.joined:
            continue  # a task for each page that somebody looks at is nobody's wish
        touch_id = one.submission.id
        for sink in plan.sinks:
            for mapping in sink.mappings:
                for action in mapping.touch_actions(decided.leads[uid], one.values):
                    key = action_key(sink.name, mapping.object, to_uid(touch_id), action, uid)
                    state = sink.state_of(one.touch.is_test)
                    what = (action.kind, json_text(dict(action.payload)), state, NO_RECORD_YET, one.submission.priority)
                    wanted.append((key, sink.name, from_uid(uid), touch_id, *what))
    return [(number, *row, now) for number, row in zip(ids.take(len(wanted), now), wanted, strict=True)]


def once_rows(plan: ProcessPlan, leads: Mapping[str, Lead], now: Instant, ids: Ids) -> list[Row]:
    """What the mappings want once for these leads whatever touch asked for it; what was wanted before is the same row."""
    wanted = [
        (action_key(sink.name, mapping.object, "", action, uid), sink.name, from_uid(uid), None, action.kind,
         json_text(dict(action.payload)), sink.state_of(lead.is_test))
        for sink in plan.sinks
        for mapping in sink.mappings
        for uid, lead in leads.items()
        for action in mapping.touch_actions(lead, {})
        if action.once
    ]  # fmt: skip
    return [(number, *row, NO_RECORD_YET, 0, now) for number, row in zip(ids.take(len(wanted), now), wanted, strict=True)]


def action_key(sink: str, object_name: str, touch_uid: str, action: ActionWanted, lead_uid: str) -> str:
    """The idempotency key of what a mapping's line wants done for a touch: the same for the same touch, whatever happens between.
    What is wanted once for a lead has the same key for every touch."""
    if action.once:
        return f"{sink}-{object_name}-{lead_uid}-{action.kind}-{action.once}".lower()
    return f"{sink}-{object_name}-{touch_uid}-{action.kind}-{action.line}".lower()


def _endings(plan: ProcessPlan, read: Sequence[Read], decided: Decided) -> list[Row]:
    linked = {one.submission.id: from_uid(uid) for one, uid in decided.touches}
    rows: list[Row] = []
    for one in read:
        number = one.submission.id
        if one.ignored:
            rows.append(("ignored", one.ignored, None, None, plan.config_hash, number))
        elif one.touch is None:
            problems = json_text([problem.as_json() for problem in one.held])
            rows.append(("held", one.held[0].message if one.held else "", None, problems, plan.config_hash, number))
        elif number not in linked and one.aside:
            problems = json_text([problem.as_json() for problem in one.aside])
            rows.append(("quarantined", one.aside[0].message, None, problems, plan.config_hash, number))
        elif number not in linked:
            rows.append(("visit", "", None, None, plan.config_hash, number))
        else:
            rows.append(("processed", "", linked[number], None, plan.config_hash, number))
    return rows
