"""What goes back when a merge is taken back: touches, keys, actions and records, each to whom it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from core.identity import MatchKey, Name, fuller_name, match_keys, name_tokens
from core.instants import Instant
from core.lead import Touch
from leadrelay.engine.merges import asked_no_more, gone_records
from leadrelay.store import bulk, tables
from leadrelay.store.erasing import DELETE
from leadrelay.store.ids import from_uid

_TOUCH, _KEY, _LINK = tables.touch, tables.lead_key, tables.crm_link
_ACTION, _DELIVERY = tables.action, tables.delivery
_RECORD_PATHS = ("sales.contact_id",)


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that is in force, as the store holds it and everything that has come since."""

    decision: int
    winner: Any
    loser: Any
    data: Mapping[str, Any]
    touches: Sequence[Touch]
    told_of: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    visitors: frozenset[str] = frozenset()
    """Those on whose browsers the lead that went was the last one to be known."""

    @property
    def moved(self) -> Mapping[str, Any]:
        """What went over by the merge."""
        found: Mapping[str, Any] = self.data["moved"]
        return found

    @property
    def is_reread(self) -> bool:
        """Whether a replay has read touches again since, so that the records of before say what they said no more."""
        return bool(self.data.get("reread"))

    @property
    def before(self) -> Mapping[str, Any]:
        """The lead that stayed, as it was before; empty in a merge of an older version."""
        return self.data.get("before") or {}


@dataclass(frozen=True, slots=True)
class Apart:
    """Who gets what."""

    own: Sequence[Touch]
    later: Sequence[Touch]
    kept: Sequence[Touch]
    since: Sequence[Touch]

    @property
    def loser(self) -> list[Touch]:
        """All touches of the lead that comes back."""
        return [*self.own, *self.later]


def keys_of(touch: Touch) -> tuple[MatchKey, ...]:
    """The keys that a touch alone gives."""
    return match_keys({path: cell.value for path, cell in touch.fields.items()})


def give_back(connection: Connection, merged: Merged, apart: Apart, now: Instant) -> None:
    """Everything that is the other lead's again; the leads themselves are the caller's to write, in the same transaction."""
    _give_touches(connection, apart, merged.winner.id, merged.loser.id)
    _give_keys(connection, merged, apart)
    _give_actions(connection, merged, apart)
    _give_records(connection, merged, apart, now)


def _give_touches(connection: Connection, apart: Apart, winner: int, loser: int) -> None:
    """Touches go back, and the submissions of those that have come since name the lead that they belong to."""
    rows = [(loser, from_uid(touch.uid), winner) for touch in apart.loser]
    bulk.update(connection, _TOUCH, ("lead_id",), ("id", "lead_id"), sorted(rows))
    later = sorted((loser, from_uid(touch.uid), winner) for touch in apart.later)
    bulk.update(connection, tables.submission, ("lead_id",), ("id", "lead_id"), later)


def _give_keys(connection: Connection, merged: Merged, apart: Apart) -> None:
    """Each key goes to whom it belonged, with the name that stood beside it; one that was gained since, to the lead whose
    touches alone have it, else it stays."""
    our_keys = set(merged.before.get("keys", ()))
    gained = {key.hash for touch in apart.later for key in keys_of(touch)} - {
        key.hash for touch in apart.since for key in keys_of(touch)
    }
    theirs = dict(zip(merged.moved["keys"], merged.moved.get("key_names", ()), strict=False))
    ours = dict(zip(merged.before.get("keys", ()), merged.before.get("key_names", ()), strict=False))
    moved = set(merged.moved["keys"])
    names = {
        True: _name_since(theirs.values(), apart.later, apart.loser),
        False: _name_since(ours.values(), apart.since, apart.kept),
    }
    rows = []
    for hash_ in connection.execute(select(_KEY.c.hash).where(_KEY.c.lead_id == merged.winner.id)).scalars():
        is_theirs = hash_ in moved or (hash_ in gained and hash_ not in our_keys)
        new = names[is_theirs]
        name = new if new is not None else (theirs if is_theirs else ours).get(hash_, "")
        rows.append((merged.loser.id if is_theirs else merged.winner.id, name, hash_))
    bulk.update(connection, _KEY, ("lead_id", "name"), ("hash",), sorted(rows, key=lambda row: row[2]))


def _name_since(before: Iterable[str], since: Sequence[Touch], touches: Sequence[Touch]) -> str | None:
    """The folded name to keep beside a lead's keys; None while nothing has come since, so that each keeps the one it had."""
    known = sorted(before, key=len)
    if known and not since:
        return None
    name: Name = tuple(known[-1].split()) if known else ()
    for touch in since if known else touches:
        name = fuller_name(name, name_tokens({path: cell.value for path, cell in touch.fields.items()}))
    return " ".join(name)


def _give_actions(connection: Connection, merged: Merged, apart: Apart) -> None:
    """Actions go back with their touches; one that was done stays done."""
    winner, loser = merged.winner.id, merged.loser.id
    rows = sorted((loser, from_uid(uid), winner) for uid in merged.moved["actions"])
    bulk.update(connection, _ACTION, ("lead_id",), ("id", "lead_id"), rows)
    later = sorted((loser, from_uid(touch.uid), winner) for touch in apart.later)
    bulk.update(connection, _ACTION, ("lead_id",), ("touch_id", "lead_id"), later)


def drop_once(connection: Connection, merged: Merged, wanted: set[str], now: Instant) -> None:
    """What the merged lead alone wanted once, and has not been done yet, is wanted no more."""
    ours = (_ACTION.c.lead_id == merged.winner.id) & _ACTION.c.touch_id.is_(None) & (_ACTION.c.state == "waiting")
    since = (_ACTION.c.id > merged.decision) & (_ACTION.c.kind != DELETE) & _ACTION.c.key.not_in(sorted(wanted))
    connection.execute(_ACTION.update().where(ours, since).values(state="discarded", updated_at=now))


def _give_records(connection: Connection, merged: Merged, apart: Apart, now: Instant) -> None:
    """Records and deliveries go back. The lead that stayed lets go of a record that it had only taken over; a record that a
    person has removed in the CRM is nobody's way in any more, so that its lead gets a new one."""
    winner, loser = merged.winner.id, merged.loser.id
    moved = {(sink, crm_id) for sink, _, crm_id in merged.moved["links"]}
    told = {str(cell.value) for touch in apart.loser for path in _RECORD_PATHS if (cell := touch.fields.get(path)) is not None}
    links = connection.execute(select(_LINK.c.sink, _LINK.c.object, _LINK.c.crm_id).where(_LINK.c.lead_id == winner))
    back = [tuple(row) for row in links if (row.sink, row.crm_id) in moved or row.crm_id in told]
    bulk.update(connection, _LINK, ("lead_id",), ("sink", "object", "crm_id"), [(loser, *row) for row in sorted(back)])
    gone = gone_records(connection, [loser])
    theirs = moved | {(sink, crm_id) for sink, _, crm_id in back}
    taken = _let_go(connection, winner, theirs, now)
    states = {from_uid(uid): (state, unsure) for uid, state, unsure in merged.moved.get("deliveries", ())}
    rows = connection.execute(select(_DELIVERY).where(_DELIVERY.c.lead_id == loser, _DELIVERY.c.state == "merged"))
    for row in rows.all():
        state, is_unsure = states.get(row.id, ("waiting", True))
        values: dict[str, Any] = {"state": state, "is_unsure": is_unsure, "due": now, "tries": 0, "updated_at": now}
        if state == "in_flight":
            values |= {"state": "waiting", "is_unsure": True}
        if (row.sink, row.crm_id) in gone and state != "discarded":
            values |= {"state": "waiting", "crm_id": None, "have": 0, "sent_hash": None}
        elif (row.sink, row.crm_id) in taken:
            values["sent_hash"] = None
        connection.execute(_DELIVERY.update().where(_DELIVERY.c.id == row.id).values(**values))
    for sink in {sink for sink, _ in moved}:
        asked_no_more(connection, sink, [crm_id for name, crm_id in moved if name == sink], now)


def _let_go(connection: Connection, winner: int, theirs: set[tuple[str, str]], now: Instant) -> set[tuple[str, str]]:
    """The winner's deliveries into records that are the other lead's begin anew; which records these were."""
    taken: set[tuple[str, str]] = set()
    for row in connection.execute(select(_DELIVERY).where(_DELIVERY.c.lead_id == winner, _DELIVERY.c.crm_id.is_not(None))).all():
        if (row.sink, row.crm_id) in theirs:
            taken.add((row.sink, row.crm_id))
            again = "waiting" if row.state in ("in_sync", "failed") else row.state
            values = {"crm_id": None, "have": 0, "sent_hash": None, "state": again, "due": now, "updated_at": now}
            connection.execute(_DELIVERY.update().where(_DELIVERY.c.id == row.id).values(**values))
    return taken
