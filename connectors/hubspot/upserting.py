"""One upsert pass over a batch: find the records, decide what goes out, write it in one call, settle each row.

The rules towards sales (README.md, `Which record a lead becomes`) live here, in records.py and in conflicts.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from connectors.base import Done, Found, Link, Outcome, Reject, Retry, Stop, Upsert
from connectors.hubspot.batching import Writer
from connectors.hubspot.bodies import EMAIL, OPTED_OUT, Body, Maker
from connectors.hubspot.client import Client, is_record_id
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.conflicts import Conflicts, leave_email_out
from connectors.hubspot.optouts import OptOut, tell_opt_outs
from connectors.hubspot.owners import Owners
from connectors.hubspot.records import Candidates, Free, Held, Reader, Taken, addresses
from connectors.hubspot.schema import OWNER, Schema, Schemas
from connectors.hubspot.writers import is_email
from connectors.hubspot.writing import Write, missing_external_id
from core.problems import Problem
from core.rendering import FieldWrite

_PEOPLE = "contacts"


class UpsertPass:
    """One batch of one object, each row settled once."""

    def __init__(
        self,
        client: Client,
        config: HubSpotConfig,
        schemas: Schemas,
        rows: Sequence[Upsert],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._config = config
        self._schemas = schemas
        self._rows = rows
        self._object = rows[0].object
        self._reader = Reader(client, config.external_id)
        self._conflicts = Conflicts(self._reader, schemas, self._object)
        self._writer = Writer(client, schemas, self._object, config.external_id, self._conflicts.settle, monotonic)
        self._owners = Owners(client.owners)
        self._outcomes: dict[int, Outcome] = {}
        self._taken: dict[int, Held] = {}
        self._opted_out: dict[int, list[OptOut]] = {}

    def run(self) -> list[Outcome]:
        """The outcomes, in the order of the rows; raises only while nothing has been written."""
        schema = self._schemas.of(self._object)
        if not schema.has_key(self._config.external_id):
            self._schemas.forget(self._object)
            raise Stop(missing_external_id(self._object, self._config.external_id))
        self._refuse_hostile_ids()
        held = self._read_unsure(schema) | self._read_known(schema)
        if self._config.match_existing and self._object == _PEOPLE:
            self._match(schema, [index for index in self._open() if index not in held])
        maker = Maker(schema, self._config.external_id, ZoneInfo(self._config.zone))
        updates = self._check_new_addresses(schema, self._updates(maker, held))
        creates = self._creates(maker, [index for index in self._open() if index not in held])
        failed = tell_opt_outs(self._client, self._opted_out) if self._opted_out else {}
        self._writer.write(creates)
        self._writer.write(updates)
        self._outcomes |= self._writer.verdicts
        self._settle_opt_outs([*creates, *updates], failed)
        return [self._outcomes[index] for index in range(len(self._rows))]

    def _open(self) -> list[int]:
        return [index for index in range(len(self._rows)) if index not in self._outcomes]

    def _refuse_hostile_ids(self) -> None:
        for index, row in enumerate(self._rows):
            if row.crm_id is not None and not is_record_id(row.crm_id):
                self._outcomes[index] = Reject(Problem("malformed_id", "The stored record id is no HubSpot id", "crm_id"))

    # --- reading ------------------------------------------------------------------------------------------------------

    def _wanted(self) -> set[str]:
        """The properties that any row's mapping writes."""
        rendered = [row.rendered[row.object] for row in self._rows]
        owned = {OWNER} if any(one.owner is not None and one.owner.update != "never" for one in rendered) else set()
        return {write.name for one in rendered for write in one.writes} | owned

    def _read_unsure(self, schema: Schema) -> dict[int, Held]:
        """Rows that an earlier, unanswered write may have created: their records, if it did."""
        unsure = {i: self._rows[i].external_id for i in self._open() if self._rows[i].is_unsure and self._rows[i].crm_id is None}
        if not unsure:
            return {}
        found = self._reader.by_external_id(schema, unsure.values(), self._wanted())
        return {index: found[external_id.lower()] for index, external_id in unsure.items() if external_id.lower() in found}

    def _read_known(self, schema: Schema) -> dict[int, Held]:
        """Rows with a record id: the records as they stand, wherever a merge took them; a deleted one is not created again."""
        known = {index: str(self._rows[index].crm_id) for index in self._open() if self._rows[index].crm_id is not None}
        if not known:
            return {}
        asked = {crm_id: self._rows[index].external_id for index, crm_id in known.items()}
        found = self._reader.by_id(schema, asked, self._wanted())
        for index, crm_id in known.items():
            if crm_id in found.unknown:
                self._outcomes[index] = Retry("the record is looked for with the next call", after=1, code="partly")
            elif crm_id not in found.held:
                self._outcomes[index] = _deleted()
        return {index: found.held[crm_id] for index, crm_id in known.items() if crm_id in found.held}

    # --- existing records ---------------------------------------------------------------------------------------------

    def _match(self, schema: Schema, indexes: Sequence[int]) -> None:
        """Look once for existing contacts of new leads; what is found is linked before anything is written."""
        emails = {index: addresses(self._rows[index]) for index in indexes}
        candidates = Candidates(given=self._conflicts.given)
        candidates.add(self._reader.by_email(schema, _first_ones_first(emails.values())))
        for index in indexes:
            match candidates.choose(self._rows[index], emails[index]):
                case Free(held):
                    self._outcomes[index] = Found(held.crm_id)
                case Taken(held):
                    self._taken[index] = held

    def _check_new_addresses(self, schema: Schema, updates: Sequence[Write]) -> list[Write]:
        """Known records that are to get another address: without it, where that is another contact's already."""
        asking = [write for write in updates if EMAIL in write.body.fields]
        if not (asking and self._config.match_existing):
            return list(updates)
        holders: dict[str, Held] = {}
        for held in self._reader.by_email(schema, [write.body.fields[EMAIL] for write in asking]):
            holders |= dict.fromkeys(held.emails, held)
        kept: list[Write] = []
        for write in updates:
            holder = holders.get(write.body.fields.get(EMAIL, ""))
            what = write if holder is None or holder.crm_id == write.crm_id else leave_email_out(write)
            if isinstance(what, Reject):
                self._outcomes[write.index] = what
            else:
                kept.append(what)
        return kept

    # --- what goes out ------------------------------------------------------------------------------------------------

    def _updates(self, maker: Maker, held: Mapping[int, Held]) -> list[Write]:
        """The existing records; two rows of one record go one after the other."""
        writes: dict[str, Write] = {}
        for index, record in held.items():
            body = self._body(maker, index, record)
            if body is None:
                continue
            if record.crm_id in writes:
                self._outcomes[index] = _same_record_twice("another lead of the batch writes the same record")
                self._opted_out.pop(index, None)
                continue
            row = self._rows[index]
            links = () if row.crm_id in (None, record.crm_id) else _merged(row, record)
            writes[record.crm_id] = Write(index, row, body, record.crm_id, links, stamp=not record.external_id)
        return list(writes.values())

    def _creates(self, maker: Maker, indexes: Iterable[int]) -> list[Write]:
        """The new records; two of one lead, or with one address, go one after the other."""
        writes: dict[str, Write] = {}
        claimed: set[str] = set()
        for index in indexes:
            row = self._rows[index]
            body = self._body(maker, index, None)
            if body is None:
                continue
            email = body.fields.get(EMAIL, "")
            if row.external_id.lower() in writes or (email and email in claimed):
                self._outcomes[index] = _same_record_twice("the batch holds this lead, or its address, twice")
                self._opted_out.pop(index, None)
                continue
            write: Write | Reject = Write(index, row, body)
            if index in self._taken and email in self._taken[index].emails:
                write = leave_email_out(Write(index, row, body))
            else:
                claimed.add(email)
            if isinstance(write, Reject):
                self._outcomes[index] = write
            else:
                writes[row.external_id.lower()] = write
        return list(writes.values())

    def _body(self, maker: Maker, index: int, held: Held | None) -> Body | None:
        """What goes out for a row, its owner with it; None when it is settled by that already."""
        rendered = self._rows[index].rendered[self._object]
        writes: Sequence[FieldWrite] = rendered.writes
        owner = self._owners.wanted(rendered.owner, is_new=held is None, held=held.fields.get(OWNER) if held else None)
        if isinstance(owner, FieldWrite) and all(write.name != OWNER for write in writes):
            writes = (*writes, owner)
        try:
            body = maker.body(self._resolved(maker.schema, writes), None if held is None else held.fields)
        except Reject as reject:
            self._outcomes[index] = reject
            return None
        if body.opt_outs:
            told = _addresses_of(self._rows[index], held)
            self._opted_out[index] = [OptOut(name, told) for name in body.opt_outs]
        return replace(body, problems=(*body.problems, owner)) if isinstance(owner, Problem) else body

    def _resolved(self, schema: Schema, writes: Sequence[FieldWrite]) -> Sequence[FieldWrite]:
        """A mapping may name an owner's property itself and fill it with an address: sent is the owner's id."""
        owned = schema.owner_properties
        if not any(write.name in owned for write in writes):
            return writes
        return [
            replace(write, value=self._owners.id_of(write.value) or write.value)
            if write.name in owned and isinstance(write.value, str) and "@" in write.value
            else write
            for write in writes
        ]

    # --- opt-outs -----------------------------------------------------------------------------------------------------

    def _settle_opt_outs(self, writes: Sequence[Write], failed: dict[int, Retry]) -> None:
        """Note the opt-outs that were told, and have those again that were not: the record stands, its opt-out does not yet."""
        late = {write.index: found for write in writes if (found := self._refused_opt_outs(write))}
        if late:
            failed = failed | tell_opt_outs(self._client, late)
        for index, found in (self._opted_out | late).items():
            outcome = self._outcomes[index]
            if not isinstance(outcome, Done):
                continue
            names = tuple(one.name for one in found)
            if index in failed:
                retry, is_new = failed[index], self._rows[index].crm_id is None
                self._outcomes[index] = Retry(
                    retry.reason, after=retry.after, until=retry.until, may_have_happened=is_new, code=retry.code
                )
            else:
                left_out = tuple(problem for problem in outcome.left_out if problem.field not in names)
                wrote = {**outcome.wrote, **dict.fromkeys(names, "true")}
                self._outcomes[index] = replace(outcome, sent=(*outcome.sent, *names), left_out=left_out, wrote=wrote, note="")

    def _refused_opt_outs(self, write: Write) -> list[OptOut]:
        """Opt-outs that were sent as a property, because its definition allows it, and refused all the same."""
        outcome = self._outcomes.get(write.index)
        left_out = outcome.left_out if isinstance(outcome, Done) else ()
        names = [problem.field for problem in left_out if OPTED_OUT.fullmatch(problem.field)]
        return [OptOut(name, _addresses_of(write.row, None)) for name in names]


def _first_ones_first(emails: Iterable[Sequence[str]]) -> list[str]:
    """All addresses to look for, each lead's first one before all others: so they fill as few calls as they can."""
    listed = list(emails)
    return list(dict.fromkeys([*(one[0] for one in listed if one), *(more for one in listed for more in one[1:])]))


def _addresses_of(row: Upsert, held: Held | None) -> tuple[str, ...]:
    """The addresses that an opt-out is about: the one that the lead is written with, and the one that its contact has."""
    own = addresses(row)[:1]
    theirs = [] if held is None else list(held.emails[:1])
    return tuple(dict.fromkeys(one for one in (*own, *theirs) if is_email(one)))


def _merged(row: Upsert, held: Held) -> tuple[Link, ...]:
    """Both records of a lead whose contact was merged into another: the survivor, and the id it was known by."""
    return (Link(row.object, held.crm_id), Link(row.object, str(row.crm_id)))


def _same_record_twice(sentence: str) -> Retry:
    return Retry(sentence, after=1, code="same_record_twice")


def _deleted() -> Reject:
    sentence = "The record was deleted in HubSpot, or the app can no longer see it; it is not created again"
    return Reject(Problem("deleted_in_crm", sentence))
