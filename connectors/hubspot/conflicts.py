"""Two records that want one value: HubSpot holds an e-mail address (and every unique property) once, our leads do not.

The record in the way is read before anything is decided, and it is never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Found, Reject, Retry
from connectors.hubspot.answers import CrmError
from connectors.hubspot.bodies import EMAIL, without_email
from connectors.hubspot.records import Held, Reader
from connectors.hubspot.schema import Schemas
from connectors.hubspot.writing import Verdict, Write
from core.problems import Problem

Conflict = tuple[Write, CrmError]


@dataclass(slots=True)
class Conflicts:
    """Settles the conflicts of one pass; `given` are the records that it has handed to a lead already."""

    reader: Reader
    schemas: Schemas
    object: str
    given: set[str] = field(default_factory=set)

    def settle(self, conflicts: Sequence[Conflict], is_certain: bool) -> dict[int, Write | Verdict]:
        """What becomes of each record that another one is in the way of. When that is certain only for one of them, those
        whose address nobody else holds are left out of the answer."""
        by_email = [(write, error) for write, error in conflicts if self._is_about_email(write, error)]
        found = self._in_the_way(by_email) if by_email else []
        settled: dict[int, Write | Verdict] = {}
        for write, error in by_email:
            held = _holder(write, error, found, is_certain=is_certain)
            if held is not None or is_certain:
                settled[write.index] = self._email_is_taken(write, held)
        if is_certain:
            others = [(write, error) for write, error in conflicts if (write, error) not in by_email]
            settled |= {write.index: self._other_value(write, error) for write, error in others}
        return settled

    def _is_about_email(self, write: Write, error: CrmError) -> bool:
        return EMAIL in write.body.fields and (EMAIL in error.names or not error.names)

    def _in_the_way(self, conflicts: Sequence[Conflict]) -> list[Held]:
        """The records with the addresses of these, and those that the errors name."""
        schema = self.schemas.of(self.object)
        found = self.reader.by_email(schema, [write.body.fields[EMAIL] for write, _ in conflicts])
        known = {held.crm_id for held in found}
        named = [one for _, error in conflicts for one in error.ids if one not in known]
        return [*found, *self.reader.plain(schema, named)]

    def _email_is_taken(self, write: Write, held: Held | None) -> Write | Verdict:
        if write.crm_id is None and held is not None:
            if held.external_id.lower() == write.row.external_id.lower():
                return Found(held.crm_id)
            if not held.external_id:
                if held.crm_id in self.given:
                    return Retry("another lead of the batch took the same record over", after=1, code="same_record_twice")
                self.given.add(held.crm_id)
                return Found(held.crm_id)
        return leave_email_out(write)

    def _other_value(self, write: Write, error: CrmError) -> Write | Verdict:
        """Another unique property, or our own key: the property is left out, or the record that has the key is the lead's."""
        named = [name for name in error.names if name in write.body.fields]
        if named:
            problem = Problem("duplicate_value", _DUPLICATE.format(name=named[0]), named[0])
            return Reject(problem) if write.body.must & set(named) else write.without(named, [problem])
        if write.crm_id is None:
            return self._has_our_key(write, error)
        if write.stamp:
            body = replace(write.body, problems=(*write.body.problems, _key_taken(self.reader.external_id)))
            return replace(write, body=body, stamp=False, rounds=write.rounds + 1)
        sentence = "Another record in HubSpot has a value that must be unique, and the answer does not say which property it is"
        return Reject(Problem("duplicate_value", sentence))

    def _has_our_key(self, write: Write, error: CrmError) -> Verdict:
        """A new record whose key stands on another one: that is the lead's own, or what it was merged into."""
        schema = self.schemas.of(self.object)
        own = self.reader.by_external_id(schema, [write.row.external_id], ()).get(write.row.external_id.lower())
        if own is not None:
            return Found(own.crm_id)
        for held in self.reader.plain(schema, error.ids):
            if not held.external_id or held.merged_ids:
                return Found(held.crm_id)
        return Reject(_key_taken(self.reader.external_id))


def leave_email_out(write: Write) -> Write | Reject:
    """The record without its address, which is another contact's."""
    try:
        body = without_email(write.body, email_taken(), is_new=write.crm_id is None)
    except Reject as reject:
        return reject
    return replace(write, body=body, rounds=write.rounds + 1)


def _holder(write: Write, error: CrmError, found: Sequence[Held], *, is_certain: bool) -> Held | None:
    """The record that has the address: by the address itself, else the one that the record's own error names."""
    email = write.body.fields[EMAIL].lower()
    others = [held for held in found if held.crm_id != write.crm_id]
    by_address = next((held for held in others if email in held.emails), None)
    if by_address is not None or not is_certain:
        return by_address
    return next((held for held in others if held.crm_id in error.ids), None)


_DUPLICATE = "HubSpot property `{name}` was left out: another record has this value, which must be unique"


def email_taken() -> Problem:
    """Why a record goes without its address."""
    sentence = (
        "HubSpot property `email` was left out: another contact has this address, and HubSpot holds it only once. If both are"
        " one person, merge the contacts in HubSpot"
    )
    return Problem("email_taken", sentence, EMAIL)


def _key_taken(name: str) -> Problem:
    sentence = f"HubSpot property `{name}` was not set: another record, perhaps one that was merged away, holds this lead's id"
    return Problem("external_id_taken", sentence, name)
