"""What people do with records in the user interface: merge, erase, restore, call, write, sell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from leadrelay.sandbox.hubspot import writing
from leadrelay.sandbox.hubspot.refusals import invalid_input
from leadrelay.sandbox.hubspot.tables import Record, changed
from leadrelay.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import Call, HubSpotPortal
    from leadrelay.sandbox.hubspot.tables import Table

_NOT_MERGED = ("email", "hs_object_id", "hs_additional_emails", "createdate", "hs_createdate")
_TALKS = {"call": "calls", "email": "emails", "meeting": "meetings"}


def merge(portal: HubSpotPortal, table: Table, winner_id: str, loser_id: str, call: Call) -> Record:
    """Merge two records: the survivor takes what it had not, and both addresses; the other id now answers with it.

    Where `merge_makes_new_record` is set, both old ids answer with a record of a new id.
    """
    winner, loser = table.needed(winner_id), table.needed(loser_id)
    if winner.id == loser.id:
        raise invalid_input("Records can not be merged with themselves")
    old = [winner, loser] if portal.settings.merge_makes_new_record else [loser]
    values = _merged(table, winner, loser, old)
    for one in old:
        table.absorb(one)
    if portal.settings.merge_makes_new_record:
        new_id = table.new_id(portal.random.randint(1, 40))
        survivor = replace(winner, id=new_id, properties={**winner.properties, "hs_object_id": new_id}, before=None)
    else:
        survivor = winner
    for one in old:
        table.merged[one.id] = survivor.id
        portal.associations.move(table.name, one.id, survivor.id)
        portal.lists.move(table.type_id, one.id, survivor.id)
    now = portal.now()
    made = changed(survivor, values | writing.stamps(table, call, now), now)
    portal.store(table, made, "merge", {"hs_merged_object_ids": values["hs_merged_object_ids"]}, call)
    portal.end_call()
    return made


def _merged(table: Table, winner: Record, loser: Record, old: list[Record]) -> dict[str, str]:
    """What the survivor has after a merge."""
    values = {name: value for name, value in loser.properties.items() if not winner.get(name) and name not in _NOT_MERGED}
    before = [one for record in (winner, loser) for one in record.get("hs_merged_object_ids").split(";") if one]
    values["hs_merged_object_ids"] = ";".join(dict.fromkeys([*before, *(one.id for one in old)]))
    if table.name == "contacts":
        primary = winner.get("email") or loser.get("email")
        others = [one for one in dict.fromkeys([*winner.emails(), *loser.emails()]) if one != primary]
        values |= {"email": primary, "hs_additional_emails": ";".join(others)}
    return values


def erase(portal: HubSpotPortal, table: Table, record_id: str, call: Call) -> None:
    """Delete for good: the record, its values in the history, its associations and memberships."""
    table.erase(record_id)
    portal.associations.forget(table.name, record_id)
    portal.lists.forget(table.type_id, record_id)
    portal.note("erase", table, record_id, call)


def speak(portal: HubSpotPortal, contact_id: str, kind: str = "call", about: Mapping[str, str] | None = None) -> str:
    """A salesperson calls, writes to or meets a contact, or (an email whose `hs_email_direction` is INCOMING_EMAIL) the contact
    answers a mail of sales; answers the activity's id."""
    contacts, table = portal.tables["contacts"], portal.tables[_TALKS[kind]]
    at = stamp(portal.now())
    made = writing.create(portal, table, {"hs_timestamp": at, **(about or {})}, portal.by_sales())
    portal.associations.add(table, made.id, contacts, contact_id)
    contact = contacts.needed(contact_id)
    if made.get("hs_email_direction") == "INCOMING_EMAIL":
        writing.tell(portal, contacts, contact, {"hs_sales_email_last_replied": at})
        portal.end_call()
        return made.id
    count = int(contact.get("num_contacted_notes") or "0") + 1
    told = {
        "notes_last_contacted": at,
        "hs_last_sales_activity_timestamp": at,
        "num_contacted_notes": str(count),
        "first_outreach_date": contact.get("first_outreach_date") or at,
        "hs_sa_first_engagement_date": contact.get("hs_sa_first_engagement_date") or at,
    }
    writing.tell(portal, contacts, contact, told)
    portal.end_call()
    return made.id


def sell(portal: HubSpotPortal, contact_id: str, properties: Mapping[str, str] | None = None) -> str:
    """A salesperson makes a deal for a contact, whose lifecycle stage follows; answers the deal's id."""
    contacts, deals = portal.tables["contacts"], portal.tables["deals"]
    call = portal.by_sales()
    given = {"dealname": "New deal", "pipeline": "default", "dealstage": "appointmentscheduled", **(properties or {})}
    made = writing.create(portal, deals, given, call)
    portal.associations.add(deals, made.id, contacts, contact_id)
    stage = "customer" if given["dealstage"] == "closedwon" else "opportunity"
    writing.update(portal, contacts, contacts.needed(contact_id), {"lifecyclestage": stage}, call)
    portal.end_call()
    return made.id


def remove(portal: HubSpotPortal, table: Table, record_id: str) -> None:
    """A salesperson deletes a record."""
    writing.archive(portal, table, table.needed(record_id), portal.by_sales())
    portal.end_call()


def restore(portal: HubSpotPortal, table: Table, record_id: str) -> None:
    """A salesperson takes a record out of the recycle bin."""
    record = table.records.get(record_id)
    if record is None or not record.is_archived:
        raise KeyError(f"no archived record of {table.name} has the id {record_id}")
    writing.restore(portal, table, record, portal.by_sales())
    portal.end_call()
