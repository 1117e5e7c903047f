"""What we last wrote or read in a CRM record, as keyed hashes beside its link: by it a person's change is told from an echo."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from sqlalchemy import Connection

from connectors.base import Done, Outcome
from core.instants import Instant
from core.rendering import OwnerWanted
from leadrelay.engine.plan import SinkPlan
from leadrelay.engine.settling import Sent
from leadrelay.store import feedback, work
from leadrelay.store.feedback import Record

OWNER, CONVERTED, ACTIVITY, GONE, WROTE_AT = "@owner", "@converted", "@activity", work.GONE, "@wrote_at"
"""What is remembered of a record beside its fields; no CRM has a field whose name begins so."""

Seen = dict[str, str]

_ENCODE = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_DECIMAL = re.compile(r"(-?\d+)\.(\d+)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_SIZE = 9


def read(document: str | None) -> Seen:
    """The stored document; empty for a record that nothing is known of."""
    return dict(json.loads(document)) if document else {}


def written(seen: Mapping[str, str]) -> str:
    """The document to store."""
    return _ENCODE(dict(seen))


def digest(record: Record, name: str, value: object) -> str:
    """The hash of a value of a record's field: equal for spellings of one value, useless for another record or field."""
    key = blake2b("\0".join((*record, name)).encode(), digest_size=32).digest()
    return blake2b(plain(value).encode(), key=key, digest_size=_SIZE).hexdigest()


def hashes(record: Record, values: Mapping[str, object], watched: Collection[str]) -> Seen:
    """The hashes of those values that are watched."""
    return {name: digest(record, name, value) for name, value in values.items() if name in watched}


def plain(value: object) -> str:
    """A value as text, the same however a CRM or a client spells it: empty or absent, true, a number, an instant, choices."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset):
        return ";".join(sorted(plain(item) for item in value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    if ";" in text:
        return ";".join(sorted(part.strip() for part in text.split(";") if part.strip()))
    if text.lower() in ("true", "false"):
        return text.lower()
    return _number(text) or _instant(text) or text


def _number(text: str) -> str:
    """`25.0` and `25.00` as `25`; no other text is taken for a number, so that `007` stays what it is."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return ""
    decimals = found[2].rstrip("0")
    return f"{found[1]}.{decimals}" if decimals else found[1]


def _instant(text: str) -> str:
    """An ISO time with its zone as milliseconds: `.000+0000`, `Z` and `+00:00` are one."""
    if not _INSTANT.fullmatch(text):
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return "" if moment.tzinfo is None else f"@{round(moment.astimezone(UTC).timestamp() * 1000)}"


# --- our own writes ---------------------------------------------------------------------------------------------------


def after_write(connection: Connection, sink: str, answers: Iterable[tuple[Sent, Outcome]], plan: SinkPlan, now: Instant) -> None:
    """Remember what these answers say was written, in the transaction that settles them and has linked their records.

    What an earlier call wrote whose answer was cut off is not known by value, but by its time: it is no later than the answer
    that found it there.
    """
    wrote: dict[Record, Seen] = {}
    fields = {name: frozenset(watched(plan, name)) for name in (*plan.objects, *plan.converted)}
    for sent, outcome in answers:
        if isinstance(outcome, Done) and (outcome.wrote or sent.row.is_unsure) and sent.row.object:
            record = (sink, *_written(outcome, sent.row.object, plan))
            found = hashes(record, outcome.wrote, fields.get(record[1], frozenset()))
            if outcome.gave_owner and sent.owner is not None and record[1] == sent.row.object:
                found[OWNER] = owner_digest(record, plan, sent.owner)
            wrote.setdefault(record, {}).update(found, **{WROTE_AT: str(now)})
    if not wrote:
        return
    rows = []
    for link in feedback.links(connection, wrote, lock=True):
        known = read(link.seen)
        if GONE not in known:
            rows.append((written({**known, **wrote[link.record]}), *link.record))
    feedback.remember(connection, rows)


def owner_digest(record: Record, plan: SinkPlan, owner: OwnerWanted) -> str:
    """The hash of an owner as a read-back tells of them: a person by address, a queue by the team's own name."""
    path = f"owner.email={owner.email.lower()}" if owner.email else f"owner.queue={plan.team_queue(owner.queue)}"
    return digest(record, OWNER, [path])


def _written(outcome: Done, wanted: str, plan: SinkPlan) -> tuple[str, str]:
    """The record that was written, by object and id: of a converted lead the one that it lives on as."""
    moved = [link for link in outcome.links if link.object != wanted and link.object in plan.converted]
    return (moved[0].object, moved[0].crm_id) if moved else (wanted, outcome.crm_id)


def watched(plan: SinkPlan, object_name: str) -> Sequence[str]:
    """The fields of an object whose changes mean something to a mapping of this sink."""
    mappings = [mapping for mapping in plan.mappings if mapping.object == object_name]
    if object_name in plan.converted:
        mappings.append(plan.converted[object_name])
    return tuple(dict.fromkeys(name for mapping in mappings for name in mapping.watched))
