"""What people do in the org's user interface: convert, merge, undelete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce.checks import check_unique
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.tables import Stored
from leadrelay.sandbox.salesforce.writing import existing

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import Call, SalesforceOrg

_TO_CONTACT = (
    "LastName",
    "FirstName",
    "Salutation",
    "Title",
    "Phone",
    "MobilePhone",
    "Fax",
    "Email",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "DoNotCall",
    "LeadSource",
    "Description",
)
_TO_ACCOUNT = ("Phone", "Website", "Industry", "AnnualRevenue", "NumberOfEmployees")
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")


def convert(
    org: SalesforceOrg,
    lead_id: str,
    *,
    contact_id: str | None = None,
    account_id: str | None = None,
    with_opportunity: bool = True,
    status: str | None = None,
) -> dict[str, str | None]:
    """Convert a lead into a new or given contact and account; its tasks and memberships follow to the contact."""
    call = _by_sales(org)
    lead = existing(org.tables["Lead"], lead_id)
    if lead["IsConverted"]:
        raise ValueError(f"lead {lead_id} is converted already")
    owner = lead["OwnerId"] if str(lead["OwnerId"]).startswith("005") else org.sales_user_id
    account = account_id or org.create("Account", _account_of(lead, owner), call)
    contact = contact_id or org.create("Contact", {**_contact_of(org, lead, owner), "AccountId": account}, call)
    opportunity = None
    if with_opportunity:
        close = (org.now() + timedelta(days=90)).date().isoformat()
        about = {"Name": f"{lead['Company']}-", "AccountId": account, "StageName": "Prospecting", "CloseDate": close}
        opportunity = org.create("Opportunity", {**about, "OwnerId": owner}, call)
    ids = {"ConvertedAccountId": full_id(account), "ConvertedContactId": full_id(contact), "ConvertedOpportunityId": opportunity}
    today = org.now().date().isoformat()
    changed = {"IsConverted": True, "ConvertedDate": today, "Status": status or org.converted_status, **ids}
    org.store(org.tables["Lead"], {**lead, **changed}, "convert", changed, call)
    for activity in ("Task", "Event"):
        _move(org, activity, "WhoId", lead["Id"], {"WhoId": full_id(contact)}, call)
    _move(org, "CampaignMember", "LeadId", lead["Id"], {"ContactId": full_id(contact), "LeadOrContactId": full_id(contact)}, call)
    org.end_call()
    return {"leadId": lead["Id"], "contactId": full_id(contact), "accountId": full_id(account), "opportunityId": opportunity}


def merge(org: SalesforceOrg, name: str, winner_id: str, loser_ids: Iterable[str]) -> None:
    """Keep the winner, fill its empty fields from the losers, move what hangs on them, and delete them as merged."""
    call, table = _by_sales(org), org.tables[name]
    for loser_id in loser_ids:
        winner, loser = existing(table, winner_id), existing(table, loser_id)
        if winner["Id"] == loser["Id"]:
            raise ValueError(f"{winner_id} can not be merged into itself")
        org.store(
            table,
            {**loser, "IsDeleted": True, "MasterRecordId": winner["Id"]},
            "merged away",
            {"MasterRecordId": winner["Id"]},
            call,
        )
        filled = {key: value for key, value in loser.items() if winner.get(key) is None and _may_fill(org, name, key)}
        org.store(table, {**winner, **filled}, "merge", filled, call)
        for activity in ("Task", "Event"):
            _move(org, activity, "WhoId", loser["Id"], {"WhoId": winner["Id"]}, call)
        member = f"{name}Id"
        if member in ("LeadId", "ContactId"):
            _move(org, "CampaignMember", member, loser["Id"], {member: winner["Id"], "LeadOrContactId": winner["Id"]}, call)
    org.end_call()


def undelete(org: SalesforceOrg, name: str, record_id: str) -> None:
    """Take a record out of the recycle bin; a merged one stays gone."""
    table = org.table(name)
    old = table.records[org.id_of(table.name, record_id)]
    if not old["IsDeleted"] or old.get("MasterRecordId"):
        raise ValueError(f"{record_id} is not a deleted record that can be brought back")
    check_unique(table, old, old)
    org.store(table, {**old, "IsDeleted": False}, "undelete", {}, _by_sales(org))
    org.end_call()


def _by_sales(org: SalesforceOrg) -> Call:
    return org.call(user_id=org.sales_user_id, by="sales", auto_assign=False, allow_save=True, is_system=True)


def _may_fill(org: SalesforceOrg, name: str, key: str) -> bool:
    field = org.tables[name].find_field(key)
    return field is not None and field.updateable and not field.unique


def _account_of(lead: Stored, owner: str) -> Stored:
    made = {name: lead[name] for name in _TO_ACCOUNT if lead.get(name) is not None}
    made |= {f"Billing{name}": lead[name] for name in _ADDRESS if lead.get(name) is not None}
    return {**made, "Name": lead["Company"], "OwnerId": owner}


def _contact_of(org: SalesforceOrg, lead: Stored, owner: str) -> Stored:
    made = {name: lead[name] for name in _TO_CONTACT if lead.get(name) is not None}
    made |= {f"Mailing{name}": lead[name] for name in _ADDRESS if lead.get(name) is not None}
    custom = [field.name for field in org.tables["Contact"].fields.values() if field.custom]
    made |= {name: lead[name] for name in custom if lead.get(name) is not None}
    return {**made, "OwnerId": owner}


def _move(org: SalesforceOrg, name: str, key: str, old_id: str, changed: Mapping[str, Any], call: Call) -> None:
    table = org.tables[name]
    for record in table.matching(key, old_id):
        if not record["IsDeleted"]:
            org.store(table, {**record, **changed}, "moved", dict(changed), call)
