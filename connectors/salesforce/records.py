"""Which records the CRM holds for a lead: by id or external id, with merges and conversions followed, or by e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Link, Upsert
from connectors.salesforce.client import Client, Row, long_id
from connectors.salesforce.schema import Schema
from core.normalize.email import canonical_email

_MERGES_FOLLOWED = 5
_MERGEABLE = ("Lead", "Contact")


@dataclass(frozen=True, slots=True)
class Held:
    """A record as the CRM holds it now. `contact_id` is where a converted lead lives on, `links` the lead's other records."""

    object: str
    crm_id: str
    external_id: str
    fields: Mapping[str, Any]
    is_converted: bool = False
    contact_id: str = ""
    links: tuple[Link, ...] = ()


@dataclass(slots=True)
class Reader:
    """Batched reads of records, only of the fields that are needed."""

    client: Client
    external_id: str

    def by_external_id(self, schema: Schema, external_ids: Iterable[str], wanted: Iterable[str]) -> dict[str, Held]:
        """The records that carry these external ids, by external id in lower case: Salesforce ignores case there."""
        rows = self.client.select(self._columns(schema, wanted), schema.object, self.external_id, external_ids)
        return {held.external_id.lower(): held for held in (self._held(schema.object, row) for row in rows)}

    def by_id(self, schema: Schema, crm_ids: Iterable[str], wanted: Iterable[str]) -> dict[str, Held]:
        """The records by the first 15 characters of the ids asked for: a merged one's survivor, nothing for a deleted one."""
        columns = self._columns(schema, wanted)
        heads = {crm_id[:15]: crm_id[:15] for crm_id in crm_ids}  # asked for -> where it stands by now
        found = self._read(schema.object, columns, crm_ids)
        for _ in range(_MERGES_FOLLOWED):
            missing = [now for now in heads.values() if now and now not in found]
            if not missing or schema.object not in _MERGEABLE:
                break
            masters = self._masters(schema.object, missing)
            heads = {asked: masters.get(now, "") if now in missing else now for asked, now in heads.items()}
            found |= self._read(schema.object, columns, [now for now in heads.values() if now and now not in found])
        return {asked: found[now] for asked, now in heads.items() if now in found}

    def by_email(self, object_name: str, schema: Schema, emails: Iterable[str]) -> list[tuple[str, Held]]:
        """The records of an object with these addresses, each with its address in lower case."""
        columns = ["Email", *self._columns(schema, ())]
        rows = self.client.select(columns, object_name, "Email", emails)
        return [(str(row.get("Email") or "").lower(), self._held(object_name, row)) for row in rows]

    def _read(self, object_name: str, columns: Sequence[str], crm_ids: Iterable[str]) -> dict[str, Held]:
        ids = [long_id(crm_id) for crm_id in crm_ids]
        rows = self.client.select(columns, object_name, "Id", ids) if ids else []
        return {held.crm_id[:15]: held for held in (self._held(object_name, row) for row in rows)}

    def _masters(self, object_name: str, crm_ids: Iterable[str]) -> dict[str, str]:
        """Where merged records went, by id; only a query that shows deleted records can tell."""
        ids = [long_id(crm_id) for crm_id in crm_ids]
        rows = self.client.select(("Id", "IsDeleted", "MasterRecordId"), object_name, "Id", ids, deleted_too=True)
        return {str(row["Id"])[:15]: str(row.get("MasterRecordId") or "")[:15] for row in rows}

    def _columns(self, schema: Schema, wanted: Iterable[str]) -> list[str]:
        columns = ["Id"]
        if schema.has(self.external_id):
            columns.append(self.external_id)
        if schema.object == "Lead":
            columns += ["IsConverted", "ConvertedContactId"]
        return list(dict.fromkeys([*columns, *(name for name in sorted(set(wanted)) if schema.has(name))]))

    def _held(self, object_name: str, row: Row) -> Held:
        crm_id = long_id(str(row["Id"]))
        contact_id = long_id(str(row.get("ConvertedContactId") or ""))
        return Held(
            object=object_name,
            crm_id=crm_id,
            external_id=str(row.get(self.external_id) or ""),
            fields={name: value for name, value in row.items() if name != "attributes"},
            is_converted=row.get("IsConverted") is True,
            contact_id=contact_id,
            links=(Link("Contact", contact_id),) if contact_id else (),
        )


@dataclass(frozen=True, slots=True)
class Free:
    """An existing record that no other lead of ours has: this lead may take it over."""

    held: Held


@dataclass(frozen=True, slots=True)
class Taken:
    """Every existing record with the lead's e-mail belongs to another lead of ours."""

    held: Held


@dataclass(slots=True)
class Candidates:
    """Existing leads and contacts by e-mail, and which of them this batch has given away already."""

    by_email: dict[str, list[Held]] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    def choose(self, row: Upsert) -> Free | Taken | None:
        """The record this lead is, in a fixed order: its own, an open lead, a converted lead, a contact; the oldest id first."""
        near = {held.crm_id: held for email in addresses(row) for held in self.by_email.get(email.lower(), ())}
        if not near:
            return None
        ordered = sorted(near.values(), key=lambda held: (held.object != "Lead", held.is_converted, held.crm_id))
        own = [held for held in ordered if held.external_id.lower() == row.external_id.lower()]
        taken = self.given | _ids_of_other_leads(ordered, row.external_id)
        free = own or [held for held in ordered if not {held.crm_id, held.contact_id} & taken]
        if not free:
            return Taken(ordered[0])
        self.given |= {free[0].crm_id, free[0].contact_id} - {""}
        return Free(free[0])


def _ids_of_other_leads(candidates: Iterable[Held], external_id: str) -> set[str]:
    """Records stamped for another lead of ours, with the contacts that such leads were converted to."""
    others = [held for held in candidates if held.external_id and held.external_id.lower() != external_id.lower()]
    return {held.crm_id for held in others} | {held.contact_id for held in others if held.contact_id}


def addresses(row: Upsert) -> list[str]:
    """The addresses to look for: the lead's canonical ones, and the spelling that the mapping writes for one of them."""
    written = (write.value for rendered in row.rendered.values() for write in rendered.writes if write.name == "Email")
    spelled = [value.lower() for value in written if isinstance(value, str) and canonical_email(value) in row.emails]
    return list(dict.fromkeys(email for email in (*row.emails, *spelled) if email))


def find_by_email(reader: Reader, rows: Iterable[Upsert]) -> Candidates:
    """The existing leads and contacts with the rows' addresses, in one query each."""
    emails = sorted({email for row in rows for email in addresses(row)})
    found = Candidates()
    for object_name in ("Lead", "Contact") if emails else ():
        schema = reader.client.describe_if_visible(object_name)
        if schema is None:
            continue
        for email, held in reader.by_email(object_name, schema, emails):
            found.by_email.setdefault(email, []).append(held)
    return found
