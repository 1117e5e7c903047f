"""What differs between a lead as it is stored and as it would be: its values, its touches, and what the CRMs would be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from core.instants import to_iso
from core.lead import Lead, Touch, Value
from core.qualification import SET_PREFIX
from core.rendering import Rendered, Update, is_empty
from core.segments import JOURNEY_STAGE
from leadrelay.engine.deciding import STAGE
from leadrelay.engine.plan import Outbound, SinkPlan
from leadrelay.engine.rereading import Reread

What = Literal["score", "outcome", "stage", "segment", "persona", "journey_stage", "fields", "touches", "crm"]
"""What kind of thing changes; counts are kept of each."""

_WHAT: Mapping[str, What] = {
    STAGE: "stage",
    JOURNEY_STAGE: "journey_stage",
    "segments": "segment",
    "persona": "persona",
    "outcome": "outcome",
    "outcome_reason": "outcome",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that would be another one. `touch` is whose it is where it is a touch's own; `sink` and `object` where it is a
    CRM's, with how the mapping writes it."""

    what: What
    field: str
    before: Value | None
    after: Value | None
    touch: str = ""
    sink: str = ""
    object: str = ""
    update: Update | None = None

    def as_json(self) -> dict[str, Any]:
        """The change as plain JSON values."""
        found: dict[str, Any] = {"what": self.what, "field": self.field, "before": self.before, "after": self.after}
        if self.touch:
            found["touch"] = self.touch
        if self.sink:
            found |= {"sink": self.sink, "object": self.object, "update": self.update}
        return found


@cache
def what_of(path: str) -> What:
    """What kind of thing a lead's field is."""
    if path.startswith("score."):
        return "score"
    return "outcome" if path.startswith(SET_PREFIX) else _WHAT.get(path, "fields")


def values_of(lead: Lead) -> dict[str, Value]:
    """A lead's values, whoever gave them."""
    return {path: won.value for path, won in lead.fields.items()}


def value_changes(before: Lead, after: Lead) -> list[Change]:
    """The lead's own values that differ, by path."""
    paths = sorted({*before.fields, *after.fields})
    return [
        Change(what_of(path), path, before.value(path), after.value(path))
        for path in paths
        if before.value(path) != after.value(path)
    ]


def touch_changes(touches: Iterable[Reread]) -> list[Change]:
    """What touches that were read again say otherwise."""
    found = []
    for one in touches:
        before, after = _said(one.stored), _said(one.now)
        found += [
            Change("touches", path, before.get(path), after.get(path), touch=one.stored.uid)
            for path in sorted({*before, *after})
            if before.get(path) != after.get(path)
        ]
    return found


def _said(touch: Touch) -> dict[str, Value]:
    """A touch's values, with the time and kind that it counts under."""
    values = {path: cell.value for path, cell in touch.fields.items()}
    return values | {"touch.kind": touch.kind, "touch.submitted_at": to_iso(touch.at)}


# --- CRM values -----------------------------------------------------------------------------------------------------------


def crm_changes(
    old: Mapping[str, SinkPlan], sinks: Sequence[SinkPlan], before: Lead, after: Lead, records: set[tuple[str, str]]
) -> list[Change]:
    """The CRM fields that would be sent with another value, sink by sink: `before` by the mappings of the sinks in force, and
    `after` by the others. `records` are the sinks and objects in which the lead has a record."""
    found: list[Change] = []
    for sink in sinks:
        if sink.state_of(after.is_test) == "suppressed":
            continue
        was = old.get(sink.name)
        for mapping in sink.mappings:
            rendered = sink.render(mapping, after)
            theirs = None if was is None else _same_object(was, mapping)
            held = {} if was is None or theirs is None else was.render(theirs, before)
            for name in _written(sink, mapping, rendered, records):
                has_record = (sink.name, name) in records
                found += _field_changes(sink.name, held.get(name), rendered[name], has_record=has_record)
    return found


def _same_object(sink: SinkPlan, mapping: Outbound) -> Outbound | None:
    return next((one for one in sink.mappings if one.object == mapping.object), None)


def _written(sink: SinkPlan, mapping: Outbound, rendered: Mapping[str, Rendered], records: set[tuple[str, str]]) -> Iterator[str]:
    """The objects that a delivery would write: what the record was converted to where there is such a record, else its own."""
    converted = [name for name in rendered if name != mapping.object and (sink.name, name) in records]
    yield from converted or [mapping.object]


def _field_changes(sink: str, before: Rendered | None, after: Rendered, *, has_record: bool) -> Iterator[Change]:
    held = {} if before is None else {write.name: write for write in before.writes}
    for write in after.writes:
        if has_record and write.update == "never":
            continue  # written when the record is made, and at no other time
        was = held.get(write.name)
        old = None if was is None else was.value
        new = write.value
        if not has_record:
            old = was.default if was is not None and is_empty(old) else old
            new = write.default if is_empty(new) else new
        if new != old and not is_empty(new):  # an empty value never clears anything
            yield Change("crm", write.name, old, new, sink=sink, object=after.object, update=write.update)
