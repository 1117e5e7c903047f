"""Which records HubSpot holds for a lead: by id, with merges followed, by external id, or by e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.base import Stop, Upsert
from connectors.hubspot.bodies import EMAIL
from connectors.hubspot.client import Client, Refused, Row, is_record_id
from connectors.hubspot.schema import Schema
from connectors.hubspot.writers import is_email

MORE_EMAILS = "hs_additional_emails"
MERGED_IDS = "hs_merged_object_ids"
_FOLLOWED_ONE_BY_ONE = 20
"""Records that are asked for one at a time in a pass, because the batched read did not answer for their id."""


@dataclass(frozen=True, slots=True)
class Held:
    """A record as HubSpot holds it now: its own id (the survivor's, when the one that was asked for was merged away), the
    external id and addresses it carries, and the properties asked for, None for an empty one."""

    object: str
    crm_id: str
    external_id: str
    fields: Mapping[str, Any]
    emails: tuple[str, ...] = ()
    merged_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ById:
    """What a read by id found: records by the id asked for; `unknown` are ids that there was no time to follow."""

    held: Mapping[str, Held]
    unknown: frozenset[str] = frozenset()


@dataclass(slots=True)
class Reader:
    """Batched reads of records, only of the properties that are needed."""

    client: Client
    external_id: str

    def by_id(self, schema: Schema, asked: Mapping[str, str], wanted: Iterable[str]) -> ById:
        """The records by id (`asked`: id to the external id that the record should carry): a merged one's survivor, nothing
        for a deleted one. The batched read may leave out a merged id, which alone still answers with the survivor."""
        columns = self._columns(schema, wanted)
        found = self._rows(schema, self.client.read(schema.object, list(asked), columns), columns)
        held = _by_asked_id(asked, found)
        missing = {crm_id: external_id for crm_id, external_id in asked.items() if crm_id not in held}
        if not missing:
            return ById(held)
        stamped = self.by_external_id(schema, missing.values(), wanted) if schema.has(self.external_id) else {}
        held |= {crm_id: stamped[ours.lower()] for crm_id, ours in missing.items() if ours.lower() in stamped}
        missing = {crm_id: ours for crm_id, ours in missing.items() if crm_id not in held}
        alone = list(missing)[:_FOLLOWED_ONE_BY_ONE]
        for crm_id in alone:
            survivor = self._alone(schema, crm_id, columns)
            if survivor is not None:
                held[crm_id] = survivor
        return ById(held, frozenset(missing) - frozenset(alone))

    def by_external_id(self, schema: Schema, external_ids: Iterable[str], wanted: Iterable[str]) -> dict[str, Held]:
        """The records that carry these external ids, by external id in lower case."""
        columns = self._columns(schema, wanted)
        asked = [one for one in dict.fromkeys(external_ids) if one]
        rows = self.client.read(schema.object, asked, columns, id_property=self.external_id) if asked else []
        return {held.external_id.lower(): held for held in self._rows(schema, rows, columns) if held.external_id}

    def by_email(self, schema: Schema, emails: Iterable[str]) -> list[Held]:
        """The records with these addresses, as first or additional ones."""
        columns = self._columns(schema, ())
        asked = list(dict.fromkeys(email.lower() for email in emails if is_email(email)))
        rows = self.client.read(schema.object, asked, columns, id_property=EMAIL) if asked else []
        return self._rows(schema, rows, columns)

    def plain(self, schema: Schema, ids: Iterable[str]) -> list[Held]:
        """The records by id as one call tells them, without following any."""
        columns = self._columns(schema, ())
        asked = [one for one in dict.fromkeys(ids) if is_record_id(one)]
        return self._rows(schema, self.client.read(schema.object, asked, columns), columns) if asked else []

    def _alone(self, schema: Schema, crm_id: str, columns: Sequence[str]) -> Held | None:
        """One record by an id that may have been merged away; None when it was deleted."""
        path = f"/crm/v3/objects/{schema.object}/{quote(crm_id, safe='')}"
        try:
            row = self.client.call("GET", path, query={"properties": ",".join(columns)})
        except Refused:
            return None
        except Stop as stop:
            if stop.problem.code != "not_found":  # a bare 404, without HubSpot's own word for a missing record
                raise
            return None
        found = self._rows(schema, [row] if isinstance(row, dict) else [], columns)
        return found[0] if found else None

    def _columns(self, schema: Schema, wanted: Iterable[str]) -> list[str]:
        columns = [self.external_id, EMAIL, MORE_EMAILS, MERGED_IDS, *sorted(set(wanted))]
        return [name for name in dict.fromkeys(columns) if schema.has(name)]

    def _rows(self, schema: Schema, rows: Iterable[Row], columns: Sequence[str]) -> list[Held]:
        return [self._held(schema, row, columns) for row in rows if row.get("id") and row.get("archived") is not True]

    def _held(self, schema: Schema, row: Row, columns: Sequence[str]) -> Held:
        told = row.get("properties")
        told = told if isinstance(told, Mapping) else {}
        return Held(
            object=schema.object,
            crm_id=str(row["id"]),
            external_id=str(told.get(self.external_id) or ""),
            fields={name: told.get(name) for name in columns},
            emails=tuple(dict.fromkeys([*_parts(told.get(EMAIL)), *_parts(told.get(MORE_EMAILS))])),
            merged_ids=tuple(_parts(told.get(MERGED_IDS))),
        )


def _parts(value: object) -> list[str]:
    return [part.strip().lower() for part in str(value or "").split(";") if part.strip()]


def _by_asked_id(asked: Mapping[str, str], found: Sequence[Held]) -> dict[str, Held]:
    """The records by the id asked for: the order of an answer says nothing, and a merged id answers with another one."""
    own = {held.crm_id: held for held in found}
    merged = {old: held for held in found for old in held.merged_ids}
    stamped = {held.external_id.lower(): held for held in found if held.external_id and held.crm_id not in asked}
    sorted_out: dict[str, Held] = {}
    for crm_id, external_id in asked.items():
        held = own.get(crm_id) or merged.get(crm_id) or stamped.get(external_id.lower())
        if held is not None:
            sorted_out[crm_id] = held
    return sorted_out


@dataclass(frozen=True, slots=True)
class Free:
    """An existing record that no other lead of ours has: this lead may take it over."""

    held: Held


@dataclass(frozen=True, slots=True)
class Taken:
    """Every existing record with one of the lead's addresses belongs to another lead of ours."""

    held: Held


@dataclass(slots=True)
class Candidates:
    """Existing records by address, and which of them this batch has given away already."""

    by_email: dict[str, list[Held]] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    def add(self, found: Iterable[Held]) -> None:
        """Take records in, under each of their addresses."""
        for held in found:
            for email in held.emails:
                self.by_email.setdefault(email, []).append(held)

    def choose(self, row: Upsert, emails: Sequence[str]) -> Free | Taken | None:
        """The record this lead is: its own, else a free one; the one of its first address before others, then the oldest id."""
        near = {held.crm_id: held for email in emails for held in self.by_email.get(email, ())}
        if not near:
            return None
        first = {held.crm_id for held in self.by_email.get(emails[0], ())}
        ordered = sorted(near.values(), key=lambda held: (held.crm_id not in first, len(held.crm_id), held.crm_id))
        own = [held for held in ordered if held.external_id.lower() == row.external_id.lower()]
        free = own or [held for held in ordered if not held.external_id and held.crm_id not in self.given]
        if not free:
            return Taken(ordered[0])
        self.given.add(free[0].crm_id)
        return Free(free[0])


def addresses(row: Upsert) -> list[str]:
    """The addresses to look for: the one that the mapping writes first, since HubSpot holds it unique, then the lead's others."""
    rendered = row.rendered[row.object]
    written = [write.value for write in rendered.writes if write.name == EMAIL and isinstance(write.value, str)]
    return list(dict.fromkeys(email.strip().lower() for email in (*written, *row.emails) if email.strip()))
