"""Removing an erased person's contacts: those that are linked, and those that carry the lead's external id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.base import Act, Done, Outcome, Reject, Retry, Stop, TooLarge
from connectors.hubspot.answers import CrmError
from connectors.hubspot.client import AT_ONCE, HIDDEN, Client, Row, is_record_id
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import Next, Refused, as_retry, gravest, next_step
from connectors.hubspot.people import CONTACTS
from connectors.hubspot.unique import found_by_key, has_unique, value_of
from connectors.refusals import copied
from core.problems import Problem

_BINNED = "a person had deleted the contact already: HubSpot keeps it in its recycle bin for up to 90 days"


def delete_records(client: Client, config: HubSpotConfig, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """Each erased person's contacts removed, for good or into the recycle bin (`erase`); what is gone already is done."""
    wanted, moved, binned = _linked(client, acts)
    for index, contact in _by_external_id(client, acts):
        if contact not in wanted[index]:
            wanted[index].append(contact)
    ids = list(dict.fromkeys(contact for mine in wanted.values() for contact in mine))
    failures = _erase(client, ids) if config.erase == "gdpr_delete" else _archive(client, ids)
    outcomes: dict[int, Outcome] = {}
    for index, mine in wanted.items():
        elsewhere = [one for one in moved[index] if one not in ids]
        note = _BINNED if binned.intersection(mine) else "no record is left"
        outcomes[index] = _outcome([failures.get(contact) for contact in mine], elsewhere, note)
    return outcomes


def _linked(client: Client, acts: Mapping[int, Act]) -> tuple[dict[int, list[str]], dict[int, list[str]], set[str]]:
    """The linked contacts that are there, those that another contact has taken in (an old id answers as the survivor, and a
    survivor may be another person's), and which of all lie in the recycle bin."""
    linked = {
        index: list(dict.fromkeys(link.crm_id for link in act.links if link.object == CONTACTS and is_record_id(link.crm_id)))
        for index, act in acts.items()
    }
    wanted: dict[int, list[str]] = {}
    moved: dict[int, list[str]] = {}
    ids = [contact for mine in linked.values() for contact in mine]
    there = _there(client, ids)
    for index, mine in linked.items():
        uid = acts[index].payload.get("external_id", "").casefold()
        found = [there[contact] for contact in mine if contact in there]
        own = [str(row.get("id")) for row in found if _is_own(row, mine, uid, client.external_id)]
        wanted[index] = list(dict.fromkeys(own))
        moved[index] = [str(row.get("id")) for row in found if str(row.get("id")) not in own]
    return wanted, moved, {one for one, row in there.items() if row.get("archived") is True}


def _is_own(row: Row, linked: Sequence[str], uid: str, external_id: str) -> bool:
    return str(row.get("id")) in linked or (bool(uid) and value_of(row, external_id).casefold() == uid)


def _there(client: Client, ids: Sequence[str]) -> dict[str, Row]:
    """The contacts by the id that was asked for, the archived ones too: their data is still held."""
    names = (client.external_id, "hs_merged_object_ids")
    rows = client.read(CONTACTS, ids, names) if ids else []
    found = {str(row.get("id")): row for row in rows}
    for row in rows:
        for old in value_of(row, "hs_merged_object_ids").split(";"):
            if old.strip() in ids:
                found.setdefault(old.strip(), row)
    missing = [one for one in ids if one not in found]
    for row in client.read(CONTACTS, missing, names, archived=True) if missing else ():
        found.setdefault(str(row.get("id")), row)
    return found


def _by_external_id(client: Client, acts: Mapping[int, Act]) -> Iterable[tuple[int, str]]:
    """Contacts that a call made whose answer never came."""
    uids = {act.payload["external_id"]: index for index, act in acts.items() if act.payload.get("external_id")}
    if not uids or not has_unique(client, CONTACTS):
        return
    for uid, row in found_by_key(client, CONTACTS, uids).items():
        yield uids[uid], str(row.get("id"))


def _erase(client: Client, ids: Sequence[str]) -> dict[str, Outcome | None]:
    """Each contact for good, one call each; a limit that is met on the way concerns those that are left only."""
    failures: dict[str, Outcome | None] = {}
    for place, contact in enumerate(ids):
        try:
            client.call("POST", f"/crm/v3/objects/{CONTACTS}/gdpr-delete", {"objectId": contact}, writes=True)
            failures[contact] = None
        except Refused as refused:
            failures[contact] = _refusal(refused.errors, refused.status)
        except Retry as retry:
            if not place:
                raise
            return failures | {left: copied(retry) for left in ids[place:]}
        except Stop as stop:
            if stop.problem.code == "not_found":
                failures[contact] = None
            elif stop.problem.code in HIDDEN:
                failures[contact] = _may_not()
            elif not place:
                raise
            else:
                return failures | {left: Retry(stop.problem.message, after=900, code=stop.problem.code) for left in ids[place:]}
    return failures


def _archive(client: Client, ids: Sequence[str]) -> dict[str, Outcome | None]:
    """All contacts into the recycle bin, in one call for a hundred."""
    failures: dict[str, Outcome | None] = {}
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        try:
            answer = client.batch(CONTACTS, "archive", {"inputs": [{"id": one} for one in part]}, writes=True)
        except Refused as refused:
            if len(part) > 1:
                raise TooLarge("HubSpot refused the call for one of its contacts") from refused
            failures[part[0]] = _refusal(refused.errors, refused.status)
            continue
        for one in part:
            mine = [error for error in answer.errors if one in error.ids]
            failures[one] = _refusal(mine, answer.status) if mine else None
    return failures


def _refusal(errors: Sequence[CrmError], status: int) -> Outcome | None:
    """Why a contact is still there; None when it is gone."""
    if status == 404 or all(next_step(error).next is Next.GONE for error in errors):
        return None
    error, rule = gravest(errors)
    if rule.next is Next.RETRY:
        return as_retry(rule)
    return Reject(
        Problem("not_deleted", f"HubSpot does not delete the contact ({error.code or status}): delete it there by hand")
    )


def _may_not() -> Reject:
    sentence = (
        "the app may not delete contacts: give it the scope `crm.objects.contacts.write` and retry, or delete it there by hand"
    )
    return Reject(Problem("not_deleted", sentence[0].upper() + sentence[1:]))


def _outcome(failures: Sequence[Outcome | None], elsewhere: Sequence[str], note: str) -> Outcome:
    """One person's outcome: done when all contacts are gone."""
    left = [failure for failure in failures if failure is not None]
    rejected = [failure for failure in left if isinstance(failure, Reject)]
    if not left and elsewhere:
        sentence = (
            f"The contact was merged into another one ({', '.join(elsewhere)}) that leadrelay does not know:"
            " look there whether it is the same person's, and delete it by hand"
        )
        return Reject(Problem("not_deleted", sentence))
    return (rejected or left or [Done("", note=note)])[0]
