"""The golden record: a lead as the fold of its touches, the same whatever the order in which they arrive.

A touch's place in time is its key `(at, uid)`. What several touches say of one field is settled by the field's rule:

- `latest` and `first`: the newest and the oldest key win; an e-mail address or phone number that can not be used never
  displaces one that can.
- groups travel together: from the newest touch backwards, fields that the newer ones left open are filled until a touch
  contradicts them in one of the group's anchors (another company, another last name, another address). That touch and all
  older ones give nothing, so a record never mixes two addresses or one firm's job with another firm's name. A newer touch
  that only says `last_name` keeps the first name of an older one with the same last name, and drops it with another.
- `union`: contact points are sets, ordered by when they were first seen, then by text; e-mail and phone join them too.
- `restrictive`: the most restrictive value wins at any time; among equals the oldest stays as the evidence.

- `crm`: what a CRM tells when it is read back; the newest telling counts (of the first activity the oldest), and of the owner,
  a person or a queue, the newest one alone.

The person's own touches are also kept as acts, the newest MOST_ACTS of them by key, for scores to count.

A visit of a website (`core.visits`) is the first touch where it is the oldest one, with its pages and campaign parameters. It is
never the last one, and says nothing of tests or of when the lead was made: looking at a page is not coming in again.

A touch that was read back (kind `crm_change`) settles fields like any other one and is their provenance, but is no touch of
the person's own: it is never the first or the last one and says nothing of tests. While it gives any of the lead's values, a
mark keeps which sink told it (`Lead.told_by`).

The version rises when a touch changes anything; a touch folded twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.fields import FIRST_ACTIVITY, FIRST_TOUCH, LAST_TOUCH, Catalogue, Field
from core.instants import Instant, to_iso
from core.lead import CRM_CHANGE, MOST_ACTS, TOLD, Act, Lead, Touch, Value, Won, make_won
from core.lead_json import cells_from_json, cells_to_json, lead_from_json, lead_to_json, touch_from_json, touch_to_json
from core.normalize.email import email_class
from core.normalize.phone import is_e164
from core.normalize.text import fold as fold_text
from core.visits import is_visit

__all__ = [
    "cells_from_json", "cells_to_json", "fold", "fold_all", "lead_from_json", "lead_to_json", "losing_values", "touch_from_json",
    "touch_to_json",
]  # fmt: skip

Key = tuple[Instant, str]

ANCHORS: Mapping[str, tuple[str, ...]] = {
    "name": ("person.last_name",),
    "job": ("company.name",),
    "phone": ("person.phone",),
}
"""The fields of a group in which two touches contradict each other; a group that is not named here has all of its fields."""

CONTACT_POINTS: Mapping[str, str] = {
    "person.email": "person.emails",
    "person.phone": "person.phones",
    "person.mobile": "person.phones",
}
"""Fields whose value also joins a set of contact points."""

UNUSABLE = frozenset({"invalid", "placeholder"})
"""Classes of e-mail addresses at which nobody can be reached."""

_EMAIL, _EMAIL_CLASS = "person.email", "person.email_class"
_OPTED_OUT = "opted_out"


def fold(lead: Lead | None, touch: Touch, catalogue: Catalogue, *, uid: str) -> Lead:
    """The lead with one more touch; `uid` names it when there is none yet. The same lead when the touch changes nothing."""
    record = _Record(lead, uid, catalogue)
    record.add(touch)
    return record.lead()


def fold_all(touches: Iterable[Touch], catalogue: Catalogue, uid: str) -> Lead:
    """The golden record of all these touches, in any order; version 0 and nothing known without any."""
    record = _Record(None, uid, catalogue)
    for touch in sorted(touches, key=lambda touch: (touch.at, touch.uid)):
        record.add(touch)
    return record.lead()


def losing_values(path: str, touches: Iterable[Touch], winner: Won | None = None) -> list[Won]:
    """What else the touches said of a field, newest first, without the winner's own value."""
    said = [Won(touch.fields[path].value, touch.at, touch.uid) for touch in touches if path in touch.fields]
    said.sort(key=lambda won: (won.at, won.touch), reverse=True)
    return [won for won in said if winner is None or won.value != winner.value]


class _Record:
    """A golden record while touches are folded into it; copies what it was given, so the lead it began with stays."""

    def __init__(self, lead: Lead | None, uid: str, catalogue: Catalogue) -> None:
        self._before = lead
        self._uid = lead.uid if lead else uid
        self._version = lead.version if lead else 0
        self._fields: dict[str, Won] = dict(lead.fields) if lead else {}
        self._kinds: dict[str, Instant] = dict(lead.kinds) if lead else {}
        self._marks: dict[str, Key] = dict(lead.marks) if lead else {}
        self._acts = lead.acts if lead else ()
        # What a CRM told says nothing of tests: a lead without a touch of its own is as open as one that is not there yet.
        self._is_test = lead is None or lead.is_test or len(lead.kinds) == (CRM_CHANGE in lead.kinds)
        self._known = catalogue.fields
        self._groups = catalogue.groups
        self._changed = False
        self._is_read_back = False

    def lead(self) -> Lead:
        """The record as a lead: the one it began with when nothing has changed."""
        if self._before is not None and self._version == self._before.version:
            return self._before
        is_read_back = CRM_CHANGE in self._kinds
        if is_read_back:
            self._forget_tellings()
        is_test = self._is_test and len(self._kinds) > is_read_back
        return Lead(self._uid, self._version, self._fields, self._kinds, is_test, self._marks, self._acts)

    def add(self, touch: Touch) -> None:
        """Fold one touch in; the version rises when that changed anything."""
        self._changed = False
        at, uid = self._key = (touch.at, touch.uid)
        said: dict[str, Won] = {"kind": make_won((touch.kind, at, uid))}
        points: dict[str, list[str]] = {}
        groups: dict[str, dict[str, Value]] = {}
        known = self._known
        self._is_read_back = touch.kind == CRM_CHANGE
        for path, (value, _) in touch.fields.items():
            if value == "" or value == ():
                continue
            field = known.get(path)
            rule = "latest" if field is None else field.rule
            if rule == "touch":
                if path.startswith("touch.") and path != "touch.kind":
                    said[path[6:]] = make_won((value, at, uid))
            elif rule == "latest":
                if path in CONTACT_POINTS and not self._point(path, value, points):
                    continue
                if field is not None and field.group:
                    groups.setdefault(field.group, {})[path] = value
                else:
                    self._latest(path, value)
            elif rule == "union":
                points.setdefault(path, []).extend(value if isinstance(value, tuple) else (str(value),))
            elif field is not None:
                self._settle(field, value)
        for group, values in groups.items():
            self._group(group, values)
        for path, texts in points.items():
            self._union(path, texts)
        self._history(touch, said)
        self._version += self._changed

    # --- rules ------------------------------------------------------------------------------------------------------

    def _set(self, path: str, value: Value) -> None:
        at, uid = self._key
        self._fields[path] = make_won((value, at, uid))
        self._changed = True

    def _point(self, path: str, value: Value, points: dict[str, list[str]]) -> bool:
        """A contact point joins its set; whether it is to be settled like any other `latest` field besides."""
        points.setdefault(CONTACT_POINTS[path], []).append(str(value))
        if path == _EMAIL:
            self._email(str(value))
            return False
        return self._makes_way(path, value)

    def _latest(self, path: str, value: Value) -> None:
        won = self._fields.get(path)
        if won is None or won[1:] < self._key:
            at, uid = self._key
            self._fields[path] = make_won((value, at, uid))
            self._changed = True

    def _email(self, value: str) -> None:
        """The newest usable address; its class follows it."""
        kind = email_class(value)
        won, had = self._fields.get(_EMAIL), self._fields.get(_EMAIL_CLASS)
        if won is not None and had is not None:
            mine, theirs = kind not in UNUSABLE, had.value not in UNUSABLE
            if (mine, self._key) <= (theirs, (won.at, won.touch)):
                return
        self._set(_EMAIL, value)
        self._set(_EMAIL_CLASS, kind)

    def _makes_way(self, path: str, value: Value) -> bool:
        """Whether a phone number can be read; text that can not stands in only while no number is known."""
        won = self._fields.get(path)
        had_number = won is not None and is_e164(won.value)
        if is_e164(value):
            if won is not None and not had_number:
                del self._fields[path]
            return True
        if not had_number:
            self._latest(path, value)
        return False

    def _settle(self, field: Field, value: Value) -> None:
        """A `first`, `restrictive` or `crm` field; `derived` ones are never taken from a touch."""
        won = self._fields.get(field.path)
        if field.rule == "first":
            if won is None or self._key < (won.at, won.touch):
                self._set(field.path, value)
        elif field.rule == "restrictive":
            mine = _rank(field, value)
            theirs = -1 if won is None else _rank(field, won.value)
            if won is None or mine > theirs or (mine == theirs and self._key < (won.at, won.touch)):
                self._set(field.path, value)
                self._set(f"{field.path}.{_OPTED_OUT}", value == _OPTED_OUT)
        elif field.rule == "crm" and self._is_read_back:
            self._told(field, value)

    def _told(self, field: Field, value: Value) -> None:
        """What a CRM told: it displaces older tellings, and whatever no CRM told, of the field and of its whole group."""
        paths = self._groups[field.group] if field.group else (field.path,)
        told = [won for path in paths if (won := self._fields.get(path)) is not None and self._is_told(won)]
        if any(self._outranks(field.path, won, value) for won in told):
            return
        for path in paths:
            won = self._fields.get(path)
            if won is not None and (won.at, won.touch) != self._key:
                del self._fields[path]
        if field.path not in self._fields:
            self._set(field.path, value)

    def _is_told(self, won: Won) -> bool:
        return TOLD + won.touch in self._marks

    def _outranks(self, path: str, won: Won, value: Value) -> bool:
        """Whether a telling stays although this touch tells too."""
        theirs = (won.at, won.touch)
        if path == FIRST_ACTIVITY:
            return (str(won.value), theirs) < (str(value), self._key)
        return theirs > self._key

    def _group(self, group: str, values: Mapping[str, Value]) -> None:
        """Fields that travel together. The mark of a group is its cut: the newest touch that contradicts newer ones.

        Contradicting is "another folded text in an anchor", which is transitive; so the cut only ever moves forward in time,
        and the newest value of each field is all that must be remembered to find it.
        """
        cut = self._marks.get(group)
        if cut is not None and self._key <= cut:
            return
        moved = self._contradiction(ANCHORS.get(group) or self._groups[group], values)
        if moved is not None:
            self._marks[group] = moved
            self._changed = True
            for path in self._groups[group]:
                won = self._fields.get(path)
                if won is not None and (won.at, won.touch) <= moved:
                    del self._fields[path]
            if moved == self._key:
                return
        for path, value in values.items():
            self._latest(path, value)

    def _contradiction(self, anchors: Sequence[str], values: Mapping[str, Value]) -> Key | None:
        """Where the group is cut by this touch: the newest of the older sides of each contradiction."""
        moved: Key | None = None
        for path in anchors:
            value, won = values.get(path), self._fields.get(path)
            if value is None or won is None or _agree(value, won.value):
                continue
            older = min(self._key, (won.at, won.touch))
            moved = older if moved is None else max(moved, older)
        return moved

    def _union(self, path: str, texts: Iterable[str]) -> None:
        """Contact points: the mark of each is when it was first seen. The newest one gives the set's provenance."""
        marks, mine, moved = self._marks, self._key, False
        for text in dict.fromkeys(texts):  # the address of a form stands in its field and in the set
            mark = f"{path} {text}"
            seen = marks.get(mark)
            if (seen is None or mine < seen) and _is_point(path, text):
                marks[mark] = mine
                moved = True
        if moved:
            prefix = path + " "
            start = len(prefix)
            all_seen = [(key, mark[start:]) for mark, key in marks.items() if mark.startswith(prefix)]
            at, uid = mine
            if len(all_seen) > 1:
                all_seen.sort(key=lambda seen: (seen[0][0], seen[1]))
                at, uid = max(key for key, _ in all_seen)
            self._fields[path] = make_won((tuple([text for _, text in all_seen]), at, uid))
            self._changed = True

    # --- history ----------------------------------------------------------------------------------------------------

    def _history(self, touch: Touch, said: Mapping[str, Won]) -> None:
        """First and last touch, creation, newest time of each kind, and whether all of it is a test."""
        self._count(touch)
        if self._is_read_back:
            self._marks[TOLD + touch.uid] = (touch.at, touch.source)
            return
        self._act(touch)
        first, last = self._fields.get("first_touch.kind"), self._fields.get("last_touch.kind")
        if first is None or self._key < (first.at, first.touch):
            self._replace(FIRST_TOUCH, said)
            self._set("lead.uid", self._uid)
            status = self._fields.get("status")
            if status is None or (status.value == "new" and not self._is_told(status)):
                self._set("status", "new")
        if is_visit(touch.fields):
            return
        created = self._fields.get("lead.created_at")
        if created is None or self._key < (created.at, created.touch):
            self._set("lead.created_at", to_iso(touch.at))
        if last is None or (last.at, last.touch) < self._key:
            self._replace(LAST_TOUCH, said)
        if self._is_test and not touch.is_test:
            self._is_test = False
            self._changed = True

    def _count(self, touch: Touch) -> None:
        """The newest time of each kind of touch."""
        newest = self._kinds.get(touch.kind)
        if newest is None or newest < touch.at:
            self._kinds[touch.kind] = touch.at
            self._changed = True

    def _act(self, touch: Touch) -> None:
        """The touch takes its place among the newest acts, once; when they are full, one older than all of them has none."""
        place = 0
        for act in self._acts:
            theirs = (act.at, act.touch)
            if theirs == self._key:
                return
            if theirs < self._key:
                break
            place += 1
        if place == MOST_ACTS:
            return
        cell = touch.fields.get("touch.content_id")
        new = Act(touch.at, touch.kind, "" if cell is None else str(cell.value), touch.uid)
        self._acts = (*self._acts[:place], new, *self._acts[place:])[:MOST_ACTS]
        self._changed = True

    def _forget_tellings(self) -> None:
        """Keep the marks of those read-backs alone that still give a value or a contact point.

        A touch that gives nothing now never does again, whatever comes, so the order of arrival does not matter here either.
        """
        used = {won.touch for won in self._fields.values()}
        used.update(uid for mark, (_, uid) in self._marks.items() if " " in mark and not mark.startswith(TOLD))
        for mark in [mark for mark in self._marks if mark.startswith(TOLD) and mark[len(TOLD) :] not in used]:
            del self._marks[mark]

    def _replace(self, prefix: str, said: Mapping[str, Won]) -> None:
        """All fields of the first or last touch, instead of those of the touch that was it before."""
        if self._before is not None or self._version:
            for path in [path for path in self._fields if path.startswith(prefix)]:
                del self._fields[path]
        for name, won in said.items():
            self._fields[prefix + name] = won
        self._changed = True


def _rank(field: Field, value: Value) -> int:
    """How restrictive a value is: its place among the field's choices."""
    return field.choices.index(value) if isinstance(value, str) and value in field.choices else -1


def _agree(one: Value, other: Value) -> bool:
    """Whether two values say the same but for spelling."""
    return one == other or (isinstance(one, str) and isinstance(other, str) and fold_text(one) == fold_text(other))


def _is_point(path: str, text: str) -> bool:
    """Whether a text can be reached at all; what was typed instead stays with its touch."""
    if path == "person.emails":
        return email_class(text) not in UNUSABLE
    return path != "person.phones" or is_e164(text)
