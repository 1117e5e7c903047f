"""Leads as other rules or mappings would make of them at one instant: the same function for a preview and for applying it.

A lead is decided from what is stored of it, with its stages that were told; where its source's mapping has changed it is folded
anew first, from all its touches, with what was captured read again. What was decided of it beside its touches stays: above all
its owner. Nothing is written here, and nobody's turn is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TypeVar

from sqlalchemy import Connection

from core.fields import Catalogue
from core.golden import fold_all
from core.instants import Instant
from core.lead import Lead
from core.lead_json import cells_to_json
from core.routing.choosing import Circumstances, Decision, Route, ToOwner, ToPool, ToQueue, Waits
from core.subjects import Supposed
from leadrelay.engine.deciding import Decided, decide
from leadrelay.engine.owning import OWNER, QUEUE
from leadrelay.engine.plan import ProcessPlan, digest_of
from leadrelay.engine.redeciding import with_acts
from leadrelay.engine.replay_aside import Aside, PutAside
from leadrelay.engine.replay_changes import Change, crm_changes, touch_changes, value_changes, values_of
from leadrelay.engine.rereading import Reread, Rereading
from leadrelay.engine.rereading import changed as changed_touches
from leadrelay.files import Files
from leadrelay.store import people, replays
from leadrelay.store.ids import from_uid
from leadrelay.store.replays import StoredLead

T = TypeVar("T")
_NO_OWNER = {OWNER: None, QUEUE: None}


@dataclass(frozen=True, slots=True)
class Way:
    """Where a lead would go under the lines in force and under the others; a lead that has an owner stays with them."""

    before: str
    after: str
    has_owner: bool

    def as_json(self) -> dict[str, object]:
        """The way as plain JSON values."""
        return {"before": self.before, "after": self.after, "has_owner": self.has_owner}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One lead as it is and as it would be. `touches` are those that would be stored anew. Without `changes` it stays as it is;
    `by_time` says that it would be another one already under the rules that it was decided by, by its age alone; `aside`, that
    its newest submission would have been put aside, which changes nothing of it."""

    stored: StoredLead
    after: Decided
    changes: tuple[Change, ...] = ()
    touches: tuple[Reread, ...] = ()
    way: Way | None = None
    by_time: bool = False
    has_failed: bool = False
    without_content: bool = False
    is_held: bool = False
    joins_others: bool = False
    aside: PutAside | None = None

    @property
    def lead(self) -> Lead:
        """The lead as it is stored."""
        return self.stored.lead

    @property
    def id(self) -> int:
        """The lead's number in the store."""
        return from_uid(self.lead.uid)


@dataclass(slots=True)
class _Given:
    """What the store holds of a batch beside the leads."""

    started: Mapping[str, Lead]
    touches: Mapping[int, Sequence[Reread]]
    records: Mapping[int, set[tuple[str, str]]]
    owners: Mapping[int, tuple[str, int]]
    beside: Circumstances = field(default_factory=Circumstances)


class Replaying:
    """Replays batches of leads under `plan`, whose files are `files`, and holds them against what is stored; CRM values and ways
    against what `in_force` makes. With `is_owners` the ways of leads that have an owner are told as well."""

    def __init__(self, plan: ProcessPlan, files: Files, in_force: ProcessPlan, *, is_owners: bool = False) -> None:
        self.plan = plan
        self.in_force = in_force
        self._is_owners = is_owners
        self._rereading = Rereading(plan, files)
        self.aside = Aside(plan, files)
        self._old_sinks = {sink.name: sink for sink in in_force.sinks}
        fingerprints = {sink.name: sink.fingerprint for sink in in_force.sinks}
        self._maps_otherwise = any(sink.fingerprint != fingerprints.get(sink.name) for sink in plan.sinks)

    def look(self, connection: Connection) -> None:
        """Find out which touches have to be read again; comes first."""
        self._rereading.look(connection)
        self.aside.look(connection)

    def put_aside(self, connection: Connection, found: Sequence[Replayed]) -> list[Replayed]:
        """These leads, each with what the rules say of its newest submission where they would have put that aside."""
        aside = self.aside.put_aside(connection, [one.id for one in found])
        return [replace(one, aside=aside[one.id]) if one.id in aside else one for one in found] if aside else list(found)

    def replay(self, connection: Connection, stored: Sequence[StoredLead], as_of: Instant) -> list[Replayed]:
        """All these leads as they would be at an instant."""
        replayed = replays.replayed_as_of(connection, [from_uid(one.lead.uid) for one in stored])
        dated = [replace(one, decided_at=replayed.get(from_uid(one.lead.uid), one.decided_at)) for one in stored]
        given = self._given(connection, dated)
        return [self._replayed(one, given, as_of) for one in dated]

    def _given(self, connection: Connection, stored: Sequence[StoredLead]) -> _Given:
        ids = [from_uid(one.lead.uid) for one in stored]
        touches = self._rereading.touches(connection, ids) if self._rereading.is_any else {}
        keys = {key.hash for some in touches.values() for one in some for key in one.new_keys}
        leads = [one.lead for one in stored]
        started = with_acts(connection, [(lead, lead) for lead in leads], self.plan)
        return _Given(
            {lead.uid: start for lead, start in started},
            touches,
            replays.records(connection, ids) if self.plan.sinks else {},
            replays.key_owners(connection, keys) if keys else {},
            Circumstances(people.inactive(connection)) if self._has_routing else Circumstances(),
        )

    # --- one lead ---

    def _replayed(self, one: StoredLead, given: _Given, as_of: Instant) -> Replayed:
        number = from_uid(one.lead.uid)
        touches = given.touches.get(number, ())
        moved = changed_touches(touches)
        lead = _refolded(given.started[one.lead.uid], touches, self.plan.catalogue) if moved else given.started[one.lead.uid]
        found = decide(self.plan, lead, one.lead, as_of)
        failed = found.found is None and found.again_at is not None
        seen = Replayed(
            one,
            found,
            touches=moved,
            has_failed=failed,
            without_content=any(touch.state == "without_content" for touch in touches),
            is_held=any(touch.state == "held" for touch in touches),
            joins_others=any(_is_anothers(given, number, touch) for touch in moved),
        )
        if failed:
            return replace(seen, after=Decided(one.lead), touches=())
        by_time = not moved and self._is_by_time(one, found)
        changes = [] if by_time else [*value_changes(one.lead, found.lead), *touch_changes(moved)]
        after = _raised(found, one.lead) if changes else Decided(one.lead)
        if changes or self._maps_otherwise:
            records = given.records.get(number, set())
            changes += crm_changes(self._old_sinks, self.plan.sinks, one.lead, after.lead, records)
        way = self._way(one.lead, after.lead, given, as_of)
        return replace(seen, after=after, changes=tuple(changes), way=way, by_time=by_time)

    def _is_by_time(self, one: StoredLead, found: Decided) -> bool:
        """Whether these rules would have said at the time just what is stored, so that the lead's age is all that differs."""
        if values_of(found.lead) == values_of(one.lead):
            return False
        then = decide(self.plan, one.lead, one.lead, one.decided_at)
        return then.found is not None and values_of(then.lead) == values_of(one.lead)

    def digest(self, one: Replayed) -> int:
        """Equal for the same lead, touches and CRM values as they would be; it says nothing of what they are."""
        after, touches = one.after.lead, one.touches
        rendered = [digest_of(sink.render(mapping, after)) for sink in self.plan.sinks for mapping in sink.mappings]
        said = [
            after.uid, after.version, sorted(after.fields.items()), sorted(after.kinds.items()), sorted(after.marks.items()),
            after.acts, after.is_test, rendered,
            [[one.now.uid, one.now.kind, one.now.at, cells_to_json(one.now.fields)] for one in touches],
        ]  # fmt: skip
        text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)

    # --- where it would go ---

    @property
    def _has_routing(self) -> bool:
        return self.plan.routing is not None or self.in_force.routing is not None

    def _way(self, before: Lead, after: Lead, given: _Given, as_of: Instant) -> Way | None:
        """Where the lead would go now and then, when these differ; no turn is taken, so a pool is as near as it gets."""
        has_owner = bool(before.value(OWNER) or before.value(QUEUE))
        if not self._has_routing or (has_owner and not self._is_owners) or _is_kept_back(self.plan, after):
            return None
        old = _way(self.in_force, before, as_of, given.beside)
        new = _way(self.plan, after, as_of, given.beside)
        return None if old == new else Way(old, new, has_owner)


def _is_kept_back(plan: ProcessPlan, lead: Lead) -> bool:
    return lead.is_test and (plan.routing is None or not plan.routing.takes_tests)


def _way(plan: ProcessPlan, lead: Lead, as_of: Instant, beside: Circumstances) -> str:
    found = None if plan.routing is None else plan.rules.route(Supposed(lead, _NO_OWNER), as_of, beside)
    return "" if found is None else _in_words(found)


def _in_words(decision: Decision) -> str:
    match decision:
        case Route(line=line, to=ToPool(pool)):
            return f"pool {pool} ({line})"
        case Route(line=line, to=ToQueue(queue)):
            return f"queue {queue} ({line})"
        case Route(line=line, to=ToOwner(email)):
            return f"{email} ({line})"
        case Waits():
            return "waits"
    return ""


def _raised(found: Decided, stored: Lead) -> Decided:
    """What was decided, of a version of its own where the lead is another one."""
    if found.lead is stored:
        return found
    return replace(found, lead=replace(found.lead, version=max(found.lead.version, stored.version + 1)))


def _is_anothers(given: _Given, number: int, touch: Reread) -> bool:
    """Whether this touch now names what another lead is known by: on its first way it would have joined that one."""
    found = ((key, given.owners[key.hash]) for key in touch.new_keys if key.hash in given.owners)
    return any(text == key.text and owner != number for key, (text, owner) in found)


def _refolded(lead: Lead, touches: Sequence[Reread], catalogue: Catalogue) -> Lead:
    """A lead whose touches say something else now, with everything that it holds beside what they said: what was decided of it,
    and who has it."""
    old = fold_all([one.stored for one in touches], catalogue, lead.uid)
    new = fold_all([one.now for one in touches], catalogue, lead.uid)
    fields = _merged(old.fields, lead.fields, new.fields)
    marks = _merged(old.marks, lead.marks, new.marks)
    return replace(
        lead, version=lead.version + 1, fields=fields, kinds=new.kinds, is_test=new.is_test, marks=marks, acts=new.acts
    )


def _merged(said: Mapping[str, T], held: Mapping[str, T], said_now: Mapping[str, T]) -> dict[str, T]:
    """What is said now in the place of what was said, and all that is held beside it."""
    found = {key: value for key, value in said_now.items() if key in held or said.get(key) != value}
    return found | {key: value for key, value in held.items() if said.get(key) != value}
