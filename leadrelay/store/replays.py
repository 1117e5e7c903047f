"""Previews of what other rules or mappings would make of the leads: their leads by digest alone, and what they are made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from core.instants import Instant
from core.lead import Lead, Touch
from core.lead_json import cells_from_json, lead_from_json
from leadrelay.store import bulk, tables
from leadrelay.store.bulk import Row
from leadrelay.store.ids import to_uid
from leadrelay.store.leads import Leased, Moved

MAKING, READY, APPLYING, DONE = "making", "ready", "applying", "done"
_REPLAY, _LEAD = tables.replay, tables.replay_lead


@dataclass(frozen=True, slots=True)
class Preview:
    """A stored preview: at which instant, under which configuration and for which leads (`asked_since` as it was typed)."""

    id: int
    as_of: Instant
    config_hash: str
    asked_since: str
    state: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredLead:
    """A lead as it is stored: `decided_at` is when its values were last worked out, `decide_at` when they are due again."""

    lead: Lead
    decided_at: Instant
    decide_at: Instant | None


@dataclass(frozen=True, slots=True)
class StoredTouch:
    """A touch as it is stored, its lead, and the configuration that it was read under."""

    lead_id: int
    touch: Touch
    config_hash: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A submission that a line of the rules has put aside, and why."""

    id: int
    reason: str


# --- previews ---------------------------------------------------------------------------------------------------------


def begin(connection: Connection, preview: Preview, now: Instant) -> None:
    """Begin a preview; every older one is forgotten, since the leads have one next state."""
    connection.execute(_LEAD.delete())
    connection.execute(_REPLAY.delete())
    values = {"id": preview.id, "as_of": preview.as_of, "config_hash": preview.config_hash, "asked_since": preview.asked_since}
    connection.execute(_REPLAY.insert().values(**values, state=preview.state, counts="{}", updated_at=now))


def add(connection: Connection, preview: Preview, rows: Sequence[Row]) -> None:
    """Remember leads that would change: (lead_id, version, digest)."""
    bulk.insert(connection, _LEAD, ("lead_id", "version", "digest"), rows, same={"replay_id": preview.id})


def set_state(
    connection: Connection, preview: Preview, state: str, now: Instant, counts: Mapping[str, int] | None = None
) -> bool:
    """Move a preview to another state; false when a newer preview has taken its place."""
    values: dict[str, Any] = {"state": state, "updated_at": now}
    if counts is not None:
        values["counts"] = json.dumps(dict(counts))
    return connection.execute(_REPLAY.update().where(_REPLAY.c.id == preview.id).values(**values)).rowcount == 1


def find(connection: Connection, config_hash: str, asked_since: str) -> Preview | None:
    """The preview of a configuration that is whole and not applied to its end yet."""
    query = select(_REPLAY).where(_REPLAY.c.state.in_((READY, APPLYING)), _REPLAY.c.config_hash == config_hash)
    row = connection.execute(query.where(_REPLAY.c.asked_since == asked_since).order_by(_REPLAY.c.id.desc())).first()
    if row is None:
        return None
    return Preview(row.id, row.as_of, row.config_hash, row.asked_since, row.state, json.loads(row.counts))


def applied_count(connection: Connection, preview: Preview) -> int:
    """How many leads of a preview are applied."""
    query = select(func.count()).where(_LEAD.c.replay_id == preview.id, _LEAD.c.is_applied)
    return int(connection.execute(query).scalar_one())


def open_count(connection: Connection, preview: Preview) -> int:
    """How many leads of a preview are still to be applied."""
    query = select(func.count()).where(_LEAD.c.replay_id == preview.id, _LEAD.c.is_applied.is_(False))
    return int(connection.execute(query).scalar_one())


def next_open(connection: Connection, preview: Preview, after: int, limit: int) -> dict[int, tuple[int, int]]:
    """The next leads of a preview that are not applied yet: version and digest by id, in order."""
    sql = (
        "SELECT lead_id, version, digest FROM replay_lead WHERE replay_id = ? AND is_applied = false AND lead_id > ? "
        "ORDER BY lead_id LIMIT ?"
    )
    return {row.lead_id: (row.version, row.digest) for row in bulk.run(connection, sql, (preview.id, after, limit))}


def moved(connection: Connection, preview: Preview) -> list[int]:
    """The leads of a preview, not applied yet, that are another version now, were erased, or have gone into another lead."""
    sql = (
        "SELECT r.lead_id FROM replay_lead r LEFT JOIN lead l ON l.id = r.lead_id WHERE r.replay_id = ? AND r.is_applied = false "
        "AND (l.id IS NULL OR l.version <> r.version OR l.erased_at IS NOT NULL OR l.merged_into IS NOT NULL) ORDER BY r.lead_id"
    )
    return [row.lead_id for row in bulk.run(connection, sql, (preview.id,))]


def mark_applied(connection: Connection, preview: Preview, lead_ids: Sequence[int]) -> None:
    """These leads are applied; raises Moved when somebody else has applied one of them."""
    rows = [(True, preview.id, lead_id, False) for lead_id in sorted(lead_ids)]
    if bulk.update(connection, _LEAD, ("is_applied",), ("replay_id", "lead_id", "is_applied"), rows) < len(rows):
        raise Moved


# --- what a replay is made from ---------------------------------------------------------------------------------------

_LIVING = "erased_at IS NULL AND merged_into IS NULL"
_COLUMNS = "SELECT id, version, record, updated_at, decide_at FROM lead"
_TOUCHED = "AND EXISTS (SELECT 1 FROM touch WHERE touch.lead_id = lead.id AND touch.at >= ?) "


def count_leads(connection: Connection, since: Instant | None) -> int:
    """How many leads a replay looks at."""
    touched, values = ("", ()) if since is None else (_TOUCHED, (since,))
    return int(bulk.run(connection, f"SELECT count(*) FROM lead WHERE {_LIVING} {touched}", values).scalar_one())


def newest_touch(connection: Connection) -> Instant | None:
    """When the newest touch of any lead was; None where there is none."""
    found = bulk.run(connection, "SELECT max(at) FROM touch").scalar()
    return None if found is None else int(found)


def next_leads(connection: Connection, after: int, since: Instant | None, limit: int) -> list[StoredLead]:
    """The next living leads by id; with `since` those alone that have a touch from then on."""
    touched, values = ("", ()) if since is None else (_TOUCHED, (since,))
    sql = f"{_COLUMNS} WHERE {_LIVING} AND id > ? {touched}ORDER BY id LIMIT ?"
    return [_stored(row) for row in bulk.run(connection, sql, (after, *values, limit))]


def these_leads(connection: Connection, lead_ids: Sequence[int]) -> list[StoredLead]:
    """Those of these leads that are living."""
    return [_stored(row) for row in bulk.select_in(connection, f"{_COLUMNS} WHERE {_LIVING} AND id {{in}}", lead_ids)]


def _stored(row: Any) -> StoredLead:
    return StoredLead(lead_from_json(to_uid(row.id), row.version, json.loads(row.record)), row.updated_at, row.decide_at)


def replayed_as_of(connection: Connection, lead_ids: Sequence[int]) -> dict[int, Instant]:
    """The leads that a replay was the last to change, with the instant as of which it decided them."""
    sql = (
        "SELECT event.lead_id, event.data FROM event JOIN lead ON lead.id = event.lead_id AND lead.updated_at = event.at "
        "WHERE event.kind = 'replayed' AND event.lead_id {in}"
    )
    found = ((row.lead_id, json.loads(row.data).get("as_of")) for row in bulk.select_in(connection, sql, lead_ids))
    return {lead_id: as_of for lead_id, as_of in found if as_of is not None}


def read_under(connection: Connection) -> list[tuple[str, str]]:
    """Every source of touches with every configuration that some of its touches were read under."""
    return [(row.source, row.config_hash) for row in bulk.run(connection, "SELECT DISTINCT source, config_hash FROM touch")]


def quarantined_under(connection: Connection, sources: Iterable[str]) -> list[tuple[str, str]]:
    """Those of these sources of which rules have put submissions aside, with every configuration that did."""
    sql = (
        "SELECT DISTINCT source, config_hash FROM submission "
        "WHERE source {in} AND state = 'quarantined' AND config_hash IS NOT NULL"
    )
    return [(row.source, row.config_hash) for row in bulk.select_in(connection, sql, sorted(sources))]


def quarantined(
    connection: Connection, source: str, config_hash: str, after: int, since: Instant | None, limit: int
) -> list[Quarantined]:
    """The next submissions of a source that were put aside under a configuration, by id; with `since` those alone that were
    submitted from then on."""
    later, values = ("", ()) if since is None else ("AND COALESCE(submitted_at, received_at) >= ? ", (since,))
    sql = (
        "SELECT id, reason FROM submission WHERE source = ? AND state = 'quarantined' AND config_hash = ? AND id > ? "
        f"{later}ORDER BY id LIMIT ?"
    )
    return [Quarantined(row.id, row.reason) for row in bulk.run(connection, sql, (source, config_hash, after, *values, limit))]


def files_of(connection: Connection, config_hash: str) -> str | None:
    """The files of a configuration that was in force once, as JSON."""
    version = tables.config_version
    return connection.execute(select(version.c.files).where(version.c.hash == config_hash).limit(1)).scalar()


def touches(connection: Connection, lead_ids: Iterable[int]) -> list[StoredTouch]:
    """The touches of these leads, oldest first."""
    sql = "SELECT id, lead_id, source, kind, at, fields, is_test, config_hash FROM touch WHERE lead_id {in} ORDER BY at, id"
    return [
        StoredTouch(
            row.lead_id,
            Touch(to_uid(row.id), row.source, row.at, row.kind, cells_from_json(json.loads(row.fields)), (), bool(row.is_test)),
            row.config_hash,
        )
        for row in bulk.select_in(connection, sql, sorted(set(lead_ids)))
    ]


def bodies(connection: Connection, submission_ids: Sequence[int]) -> list[Leased]:
    """Submissions whose content is still kept, as processing is given them."""
    sql = (
        "SELECT id, source, received_at, submitted_at, headers, body, is_test FROM submission "
        "WHERE body IS NOT NULL AND headers <> '' AND id {in}"
    )
    return [Leased(**row._mapping, tries=0) for row in bulk.select_in(connection, sql, submission_ids)]


def key_owners(connection: Connection, hashes: Iterable[int]) -> dict[int, tuple[str, int]]:
    """Who owns which of these match keys: text and lead id by hash."""
    rows = bulk.select_in(connection, "SELECT hash, text, lead_id FROM lead_key WHERE hash {in}", sorted(set(hashes)))
    return {row.hash: (row.text, row.lead_id) for row in rows}


def records(connection: Connection, lead_ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    """In which sinks, and as which objects, these leads have records."""
    found: dict[int, set[tuple[str, str]]] = {}
    for row in bulk.select_in(connection, "SELECT lead_id, sink, object FROM crm_link WHERE lead_id {in}", lead_ids):
        found.setdefault(row.lead_id, set()).add((row.sink, row.object))
    return found


# --- what applying one writes beside the leads ------------------------------------------------------------------------


def write_touches(connection: Connection, rows: Sequence[Row]) -> None:
    """Store touches that were read again: (kind, at, fields, problems, config_hash, id)."""
    bulk.update(connection, tables.touch, ("kind", "at", "fields", "problems", "config_hash"), ("id",), sorted(rows, key=_id))


def mark_reread(connection: Connection, lead_ids: Sequence[int]) -> None:
    """Note in the merges into these leads, and into those that went into them, that their touches say something else by now than
    the records that the merges remember: taken back, each lead is folded from its touches."""
    family = wanted = set(lead_ids)
    while wanted:
        found = bulk.select_in(connection, "SELECT id FROM lead WHERE merged_into {in}", sorted(wanted))
        wanted = {row.id for row in found} - family
        family = family | wanted
    sql = "SELECT id, data FROM decision WHERE kind = 'merge' AND lead_id {in}"
    merges = [(row.id, json.loads(row.data)) for row in bulk.select_in(connection, sql, sorted(family))]
    rows = [(json.dumps({**data, "reread": True}, ensure_ascii=False), number) for number, data in merges if "moved" in data]
    bulk.update(connection, tables.decision, ("data",), ("id",), rows)


def _id(row: Row) -> int:
    return int(row[-1])


def claim_free_keys(connection: Connection, rows: Sequence[Row]) -> None:
    """Give match keys that nobody has to leads: (hash, kind, text, name, lead_id); one that somebody has stays with them."""
    columns = ("hash", "kind", "text", "name", "lead_id")
    bulk.insert(connection, tables.lead_key, columns, sorted(rows), conflict="ON CONFLICT (hash) DO NOTHING")
