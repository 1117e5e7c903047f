"""One upsert pass over a batch: find the records, decide what goes out, write it in one call, settle each row.

The rules towards sales (README.md, `Which record a lead becomes`) live here and in records.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from connectors.base import Done, Found, Link, Outcome, Reject, Retry, Stop, Upsert
from connectors.salesforce.actions import Note, leave_notes
from connectors.salesforce.bodies import Body, body_for
from connectors.salesforce.client import Client, is_record_id
from connectors.salesforce.config import SalesforceConfig
from connectors.salesforce.owners import Owners, is_owner_due, owner_body
from connectors.salesforce.records import Free, Held, Reader, Taken, find_by_email
from connectors.salesforce.schema import Schema
from connectors.salesforce.writing import Duplicate, Verdict, Write, Writer, missing_external_id, rest_of_batch
from core.problems import Problem
from core.rendering import Rendered, nothing_new

_PREFIXES = {"00Q": "Lead", "003": "Contact"}
PEOPLE = ("Lead", "Contact")
_NO_CONTACT_MAPPING = "a converted lead or contact; the mapping has no `when_converted`, so nothing was written"


def has_external_id(schema: Schema, name: str) -> bool:
    """Whether leads can be told apart by this field: an External Id that our user may read and write."""
    known = schema.fields.get(name)
    return known is not None and known.is_external_id and known.is_createable and known.is_updateable


class UpsertPass:
    """One batch of one object, each row settled once. `is_assigned`: the org's own rule finds the owner of new records."""

    def __init__(
        self, client: Client, config: SalesforceConfig, owners: Owners, rows: Sequence[Upsert], *, is_assigned: bool
    ) -> None:
        self._client = client
        self._owners = owners
        self._config = config
        self._rows = rows
        self._is_assigned = is_assigned
        self._object = rows[0].object
        self._reader = Reader(client, config.external_id)
        self._writer = Writer(client, config.external_id)
        self._outcomes: dict[int, Outcome] = {}
        self._taken: dict[int, Held] = {}

    def run(self) -> list[Outcome]:
        """The outcomes, in the order of the rows; raises only while nothing has been written."""
        schema = self._client.describe(self._object)
        if not has_external_id(schema, self._config.external_id):
            self._client.forget_schema(self._object)
            raise Stop(missing_external_id(self._object, self._config.external_id))
        self._refuse_hostile_ids()
        held = self._read_unsure(schema) | self._read_known()
        if self._config.match_existing and self._object in PEOPLE:
            self._match([index for index in self._open() if index not in held])
        new = [index for index in self._open() if index not in held]
        self._load_owners(held, new)
        updates = self._updates(held)
        creates = self._creates(schema, new)
        self._write(creates, updates)
        return [self._outcomes[index] for index in range(len(self._rows))]

    def _open(self) -> list[int]:
        return [index for index in range(len(self._rows)) if index not in self._outcomes]

    def _refuse_hostile_ids(self) -> None:
        for index, row in enumerate(self._rows):
            if row.crm_id is not None and not is_record_id(row.crm_id):
                self._outcomes[index] = Reject(Problem("malformed_id", "The stored record id is no Salesforce id", "crm_id"))

    # --- reading ------------------------------------------------------------------------------------------------------

    def _wanted(self, object_name: str) -> set[str]:
        """The fields of an object that any row's mapping writes."""
        rendered = [found for row in self._rows if (found := row.rendered.get(object_name))]
        names = {write.name for found in rendered for write in found.writes}
        is_owner_read = any(found.owner and found.owner.update != "never" for found in rendered)
        return names | {"OwnerId"} if is_owner_read else names

    def _read_unsure(self, schema: Schema) -> dict[int, Held]:
        """Rows that an earlier, unanswered write may have created: their records, if it did."""
        unsure = {i: self._rows[i].external_id for i in self._open() if self._rows[i].is_unsure and self._rows[i].crm_id is None}
        if not unsure:
            return {}
        found = self._reader.by_external_id(schema, unsure.values(), self._wanted(self._object))
        held = {index: found[external_id.lower()] for index, external_id in unsure.items() if external_id.lower() in found}
        return self._follow_conversions(held)

    def _read_known(self) -> dict[int, Held]:
        """Rows with a record id: the records as they stand, wherever a merge or conversion took them."""
        known = {index: str(self._rows[index].crm_id) for index in self._open() if self._rows[index].crm_id is not None}
        held: dict[int, Held] = {}
        for object_name in dict.fromkeys(_PREFIXES.get(crm_id[:3], self._object) for crm_id in known.values()):
            asked = {i: crm_id for i, crm_id in known.items() if _PREFIXES.get(crm_id[:3], self._object) == object_name}
            found = self._reader.by_id(self._client.describe(object_name), asked.values(), self._wanted(object_name))
            for index, crm_id in asked.items():
                if crm_id[:15] in found:
                    held[index] = found[crm_id[:15]]
                else:
                    self._outcomes[index] = _deleted()
        return self._follow_conversions(held)

    def _follow_conversions(self, held: dict[int, Held]) -> dict[int, Held]:
        """Put the contact in the place of each converted lead, when the mapping says what to write there."""
        moving: dict[int, str] = {}
        for index, record in list(held.items()):
            if not self._rows[index].rendered.get("Contact" if record.is_converted else record.object):
                self._outcomes[index] = Done(record.crm_id, links=record.links, note=_NO_CONTACT_MAPPING)
                del held[index]
            elif record.is_converted:
                moving[index] = record.contact_id
            elif record.object != self._object and not record.links:
                held[index] = replace(record, links=(Link(record.object, record.crm_id),))
        if not any(moving.values()):
            contacts: dict[str, Held] = {}
        else:
            ids = [crm_id for crm_id in moving.values() if crm_id]
            contacts = self._reader.by_id(self._client.describe("Contact"), ids, self._wanted("Contact"))
        for index, contact_id in moving.items():
            self._move(held, index, contacts.get(contact_id[:15]))
        return held

    def _move(self, held: dict[int, Held], index: int, contact: Held | None) -> None:
        lead = held.pop(index)
        if contact is None:
            self._outcomes[index] = _deleted()
            return
        links = (Link("Lead", lead.crm_id), Link("Contact", contact.crm_id))
        held[index] = Held("Contact", contact.crm_id, contact.external_id, contact.fields, links=links)

    # --- existing records ---------------------------------------------------------------------------------------------

    def _match(self, indexes: Sequence[int]) -> None:
        """Look once for existing records of new leads; what is found is linked before anything is written."""
        candidates = find_by_email(self._reader, [self._rows[index] for index in indexes])
        for index in indexes:
            match candidates.choose(self._rows[index]):
                case Free(held):
                    self._outcomes[index] = link_of(self._rows[index], held)
                case Taken(held):
                    self._taken[index] = held
        self._settle_taken(self._taken)

    def _settle_taken(self, taken: Mapping[int, Held]) -> None:
        """Rows whose address belongs to another lead of ours: an own record (link, allow), a task, or parked."""
        if self._config.on_duplicate == "park":
            self._outcomes |= {index: Reject(_parked()) for index in taken}
        if self._config.on_duplicate == "task" and taken:
            notes = {index: Note(self._rows[index].external_id, held) for index, held in taken.items()}
            self._outcomes |= leave_notes(self._client, notes)

    # --- what goes out ------------------------------------------------------------------------------------------------

    @cached_property
    def _user_id(self) -> str:
        """Our own user, asked for once a batch: the token lies in the store."""
        return self._client.token().user_id

    def _load_owners(self, held: Mapping[int, Held], new: Iterable[int]) -> None:
        """Look up the owners that may be set, before anything is written."""
        user_id = self._user_id
        changed = [(self._rows[index].rendered[record.object].owner, record) for index, record in held.items()]
        wanted = [
            owner for owner, record in changed if owner and (owner.instead_of or is_owner_due(owner, record.fields, user_id))
        ]
        wanted += [owner for index in new if (owner := _own_rendered(self._rows[index]).owner)]
        self._owners.load(wanted)

    def _body(self, schema: Schema, rendered: Rendered, current: Mapping[str, object] | None) -> Body:
        body = body_for(schema, rendered, self._config.external_id, current)
        return owner_body(body, rendered.owner, self._owners, schema, current, self._user_id)

    def _updates(self, held: Mapping[int, Held]) -> list[Write]:
        """The existing records with something to send; two rows of one record go one after the other."""
        writes: dict[str, Write] = {}
        for index, record in held.items():
            write = self._update(index, record)
            if write is None:
                continue
            if record.crm_id in writes:
                self._outcomes[index] = Retry(
                    "another lead of the batch writes the same record", after=1, code="same_record_twice"
                )
            else:
                writes[record.crm_id] = write
        return list(writes.values())

    def _update(self, index: int, held: Held) -> Write | None:
        row = self._rows[index]
        schema = self._client.describe(held.object)
        try:
            body = self._body(schema, row.rendered[held.object], held.fields)
        except Reject as reject:
            self._outcomes[index] = reject
            return None
        stamp = not held.external_id and has_external_id(schema, self._config.external_id)
        crm_id = _own_id(row, held)
        if not body.fields and not stamp:
            note = nothing_new(body.kept, "OwnerId")
            self._outcomes[index] = Done(crm_id, left_out=body.problems, links=held.links, note=note)
            return None
        return Write(index, row, held.object, body, held.crm_id, held.links, stamp)

    def _creates(self, schema: Schema, indexes: Iterable[int]) -> list[Write]:
        writes: dict[str, Write] = {}
        for index in indexes:
            row = self._rows[index]
            if row.external_id.lower() in writes:
                self._outcomes[index] = Retry("the batch holds this lead twice", after=1, code="same_record_twice")
                continue
            try:
                body = self._body(schema, _own_rendered(row), None)
            except Reject as reject:
                self._outcomes[index] = reject
                continue
            writes[row.external_id.lower()] = Write(index, row, self._object, body)
        return list(writes.values())

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(self, creates: list[Write], updates: list[Write]) -> None:
        if creates:
            self._settle_created(creates, self._writer.write(creates, self._headers(is_new=True)))
        if updates:
            headers = self._headers(is_new=False)
            if creates:
                verdicts = rest_of_batch(updates, lambda: self._writer.write(updates, headers))
            else:
                verdicts = self._writer.write(updates, headers)
            self._settle(updates, verdicts)

    def _headers(self, *, is_new: bool, save_duplicates: bool = False) -> dict[str, str]:
        """Whether the org's assignment rule runs, and whether its duplicate rules may stop the call."""
        headers = {"Sforce-Auto-Assign": "TRUE" if is_new and self._is_assigned else "FALSE"}
        if save_duplicates or not is_new or self._config.on_duplicate == "allow":
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true"
        return headers

    def _settle(self, writes: Sequence[Write], verdicts: Mapping[int, Verdict]) -> None:
        for write in writes:
            verdict = verdicts[write.index]
            if isinstance(verdict, Duplicate):
                verdict = Reject(verdict.problem)
            elif isinstance(verdict, Done) and write.links:
                lead = [link.crm_id for link in write.links if link.object == self._object]
                verdict = replace(
                    verdict,
                    crm_id=lead[0] if lead else verdict.crm_id,
                    created=False,
                    links=write.links,
                    wrote={} if lead else verdict.wrote,  # it stands in the contact, not in the record that is named
                )
            if isinstance(verdict, Done) and any(p.field == "OwnerId" for p in verdict.left_out if p not in write.body.problems):
                self._owners.forget()  # the org refused an owner whom we took for a good one
            self._outcomes[write.index] = verdict

    def _settle_created(self, writes: Sequence[Write], verdicts: Mapping[int, Verdict]) -> None:
        refused = [write for write in writes if isinstance(verdicts[write.index], Duplicate)]
        self._settle([write for write in writes if write not in refused], verdicts)
        if not refused:
            return
        if self._config.on_duplicate in ("allow", "park"):
            self._settle(refused, verdicts)
        else:
            self._settle(refused, {**verdicts, **rest_of_batch(refused, lambda: self._resolve(refused, verdicts))})

    def _resolve(self, refused: Sequence[Write], verdicts: Mapping[int, Verdict]) -> dict[int, Verdict]:
        """Records that a duplicate rule stopped: link the one with the lead's e-mail, or insist when it is another lead's."""
        unknown = [write for write in refused if write.index not in self._taken]
        candidates = find_by_email(self._reader, [write.row for write in unknown])
        settled: dict[int, Verdict] = {}
        for write in unknown:
            match candidates.choose(write.row):
                case Free(held):
                    settled[write.index] = link_of(write.row, held)
                case Taken(held):
                    self._taken[write.index] = held
                case None:
                    settled[write.index] = verdicts[write.index]
        insist = [write for write in refused if write.index in self._taken]
        if self._config.on_duplicate == "task":
            settled |= leave_notes(self._client, {w.index: Note(w.row.external_id, self._taken[w.index]) for w in insist})
        elif insist:
            settled |= self._writer.write(insist, self._headers(is_new=True, save_duplicates=True))
        return settled


def link_of(row: Upsert, held: Held) -> Outcome:
    """What becomes of a row whose record was found: linked, to be written with its current values in the next pass."""
    is_contact = held.object == "Contact" or held.is_converted
    links = (Link(held.object, held.crm_id), *held.links) if is_contact else held.links
    if is_contact and not row.rendered.get("Contact"):
        return Done(held.crm_id, links=links, note=_NO_CONTACT_MAPPING)
    return Found(held.crm_id, links=links)


def _own_rendered(row: Upsert) -> Rendered:
    return row.rendered[row.object]


def _own_id(row: Upsert, held: Held) -> str:
    """The id that stays with the lead's row: the lead's own record, also when it lives on as a contact."""
    return next((link.crm_id for link in held.links if link.object == row.object), held.crm_id)


def _deleted() -> Reject:
    sentence = "The record was deleted in Salesforce, or the integration user can no longer see it; it is not created again"
    return Reject(Problem("deleted_in_crm", sentence))


def _parked() -> Problem:
    sentence = "Salesforce already has a record with this lead's e-mail that belongs to another lead (on_duplicate: park)"
    return Problem("duplicate_in_crm", sentence, "Email")
