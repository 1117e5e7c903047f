"""All that is stored of one lead, read once, and how each part of it is named in a lineage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue
from sqlalchemy import Connection, select

from core.fields import FIRST_TOUCH
from core.instants import Instant, to_iso
from core.lead import CRM_CHANGE, Lead, Touch, Value
from core.lead_json import cells_from_json, lead_from_json
from core.qualification_rules import with_sets
from core.rules import Decided, Rules
from leadrelay.engine import manual
from leadrelay.engine.deciding import told
from leadrelay.history import family
from leadrelay.store import tables
from leadrelay.store.ids import from_uid, to_uid
from leadrelay.web.views import Reason

if TYPE_CHECKING:
    from leadrelay.app import App

Details = dict[str, Any]
"""What a step holds for programs: plain JSON values."""


@dataclass(frozen=True, slots=True)
class Hop:
    """A merge by which a touch came here: from which lead into which one, when, and who decided it."""

    loser: str
    winner: str
    at: Instant
    by: str

    def as_json(self) -> Details:
        """The merge as plain JSON values."""
        return {"from": self.loser, "into": self.winner, "at": to_iso(self.at), "by": self.by}


class Story:
    """One lead with its touches, submissions and events, and with what the rules in force make of it now."""

    def __init__(self, app: App, connection: Connection, row: Any) -> None:
        self.app = app
        self.connection = connection
        self.number: int = row.id
        self.again_at: Instant | None = row.decide_at
        self.lead: Lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
        self.now = app.clock()
        self.plan = app.process_plan()
        self.rules: Rules = self.plan.rules
        self.catalogue = with_sets(self.plan.catalogue, (one.name for one in self.rules.sets))
        touch = tables.touch
        rows = list(connection.execute(select(touch).where(touch.c.lead_id == row.id).order_by(touch.c.at, touch.c.id)))
        self.touches = [_touch(one) for one in rows]
        self.by_uid = {one.uid: one for one in self.touches}
        self.made_by = {to_uid(one.id): one.config_hash for one in rows}
        found = connection.execute(select(tables.submission).where(tables.submission.c.id.in_([one.id for one in rows])))
        self.submissions = {to_uid(one.id): one for one in found}

    @cached_property
    def family(self) -> set[int]:
        """The lead with all that went into it."""
        return family(self.connection, self.number)

    @cached_property
    def decided(self) -> Decided:
        """What the rules in force make of the lead now."""
        return self.rules.decide(self.lead, self.now, told(self.lead))

    def of(self, lead: int) -> str:
        """Behind what is told of a lead that went into this one: which one that was."""
        return "" if lead == self.number else f" (of lead {to_uid(lead)}, which is part of this one now)"

    # --- events ---

    @cached_property
    def _own_events(self) -> list[tuple[Any, dict[str, Any]]]:
        return list(self._events_of(self.family))

    def _events_of(self, leads: set[int]) -> Iterator[tuple[Any, dict[str, Any]]]:
        event = tables.event
        for row in self.connection.execute(select(event).where(event.c.lead_id.in_(leads)).order_by(event.c.id)):
            if row.data != "{}":
                yield row, json.loads(row.data)

    def events(self, *kinds: str) -> Iterator[tuple[Any, dict[str, Any]]]:
        """The events of the lead and of those that went into it, oldest first; a kind that ends in `_` stands for all that
        begin so."""
        for row, data in self._own_events:
            if any(row.kind == kind or (kind.endswith("_") and row.kind.startswith(kind)) for kind in kinds):
                yield row, data

    @cached_property
    def joined(self) -> dict[str, tuple[Any, dict[str, Any]]]:
        """How each touch came in, by its uid; also at a lead that this one was once part of."""
        others = {from_uid(data["winner"]) for row, data in self.events("unmerged") if data.get("loser") == self.lead.uid}
        more = list(self._events_of(others - self.family)) if others else []
        found = [*more, *self._own_events]
        return {
            to_uid(row.submission_id): (row, data) for row, data in found if row.kind in ("lead", "touch") and row.submission_id
        }

    # --- merges ---

    @cached_property
    def _merges(self) -> list[tuple[Hop, frozenset[str]]]:
        """The merges in force by which this lead came about, with the touches that each brought."""
        decision = tables.decision
        if len(self.family) == 1:
            return []
        newest: dict[tuple[int, int], tuple[Hop, frozenset[str]]] = {}
        query = select(decision).where(decision.c.lead_id.in_(self.family), decision.c.kind == "merge").order_by(decision.c.id)
        for row in self.connection.execute(query):
            if row.other_lead_id in self.family:
                moved = json.loads(row.data or "{}").get("moved") or {}
                hop = Hop(to_uid(row.other_lead_id), to_uid(row.lead_id), row.at, row.by)
                newest[row.lead_id, row.other_lead_id] = (hop, frozenset(moved.get("touches", ())))
        return sorted(newest.values(), key=lambda one: one[0].at)

    def hops(self, uid: str) -> list[Hop]:
        """The merges by which a touch came to this lead; none for one of its own."""
        return [hop for hop, touches in self._merges if uid in touches]

    def first_lead(self, uid: str) -> str:
        """The lead that a touch came in at."""
        hops = self.hops(uid)
        if hops:
            return hops[0].loser
        found = self.joined.get(uid)
        return self.lead.uid if found is None else to_uid(found[0].lead_id)

    def arrived_at(self, uid: str) -> Instant:
        """When a touch became part of this lead: when it was worked, or when the lead that it came in at was merged."""
        hops = self.hops(uid)
        found = self.joined.get(uid)
        worked = 0 if found is None else found[0].at
        told = [row.at for row, data in self.events("crm_") if data.get("touch") == uid]
        return max([worked, *told, *(hop.at for hop in hops)])

    def said_before(self, path: str, at: Instant) -> bool:
        """Whether the lead said of a field at a time what it says now, as far as its touches tell."""
        won, wanted = self.lead.fields.get(path), wanted_of(path)
        says = [touch for touch in self.touches if wanted in touch.fields]
        if won is None or not says or self.arrived_at(won.touch) <= at:
            return True
        before = sorted((touch.at, touch.uid) for touch in says if self.arrived_at(touch.uid) <= at)
        if not before:
            return False
        _, uid = before[0 if path.startswith(FIRST_TOUCH) else -1]
        return self.by_uid[uid].fields[wanted].value == won.value

    # --- naming ---

    def told(self, uid: str) -> bool:
        """Whether a touch was read back from a CRM."""
        touch = self.by_uid.get(uid)
        return touch is not None and touch.kind == CRM_CHANGE

    def typed_by(self, uid: str) -> str:
        """Who typed a touch in; empty for one that came by itself."""
        row = self.submissions.get(uid)
        if row is None or row.source != manual.NAME:
            return ""
        return str(json.loads(row.headers or "{}").get(manual.ADDED_BY, "")) or "somebody"

    def who(self, uid: str) -> str:
        """A touch as a sentence names it: its source, and when it was."""
        touch = self.by_uid.get(uid)
        if touch is None:
            return "a submission that is no longer kept"
        by = self.typed_by(uid)
        name = f"{by}, who typed it in" if by else touch.source
        return f"{name} on {minute(touch.at)}"

    def provenance(self, uid: str, path: str = "") -> Details:
        """Where a value came from: the touch and its source, when, the text as it came, and the lead that it came in at."""
        touch = self.by_uid.get(uid)
        if touch is None:
            return {"touch": uid}
        found: Details = {"touch": uid, "source": touch.source, "at": to_iso(touch.at), "lead": self.first_lead(uid)}
        if uid in self.submissions:
            found["submission"] = uid
        cell = touch.fields.get(wanted_of(path))
        return found if cell is None else found | {"raw": cell.raw}


def wanted_of(path: str) -> str:
    """The field of a touch that a lead's field is made of."""
    return "touch." + path.split(".", 1)[1] if path.startswith(("first_touch.", "last_touch.")) else path


def minute(at: Instant) -> str:
    """A time as sentences say it."""
    return f"{to_iso(at)[:16].replace('T', ' ')} UTC"


def shown(value: object) -> str:
    """A value as sentences say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def plain(value: Value | None) -> JsonValue:
    """A value as JSON has it."""
    return cast(JsonValue, list(value)) if isinstance(value, tuple) else value


def step(kind: str, what: str, at: Instant | None = None, depth: int = 0, /, **details: object) -> Reason:
    """One step of a lineage: its sentence, and the data that it was made of."""
    kept: Details = {name: value for name, value in details.items() if value is not None}
    return Reason(what, at, kept, kind, depth)


def _touch(row: Any) -> Touch:
    return Touch(to_uid(row.id), row.source, row.at, row.kind, cells_from_json(json.loads(row.fields)), (), bool(row.is_test))


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one topic: the answer in a sentence, the value where there is one, and the steps."""

    answer: str
    steps: list[Reason]
    value: JsonValue = None
