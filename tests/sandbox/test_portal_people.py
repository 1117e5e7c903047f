"""What people do in the portal, and what hangs on a contact: activities, deals, associations, lists, subscriptions."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_client import PortalClient

from leadrelay.sandbox.hubspot import HubSpotPortal


@pytest.fixture
def anna(portal: HubSpotPortal) -> str:
    return portal.seed("contacts", [{"email": "anna@acme.example", "firstname": "Anna", "lifecyclestage": "lead"}])[0]


def value(portal: HubSpotPortal, record_id: str, name: str, of: str = "contacts") -> str:
    record = portal.get(of, record_id)
    assert record is not None
    return record.get(name)


def test_sales_changes_owner_stage_status_and_opts_somebody_out(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    orders: list[dict[str, Any]] = [
        {"action": "set_owner", "id": anna, "owner": "sally@sandbox.example"},
        {"action": "set_stage", "id": anna, "value": "customer"},
        {"action": "set_stage", "id": anna, "value": "subscriber"},
        {"action": "set_status", "id": anna, "value": "CONNECTED"},
        {"action": "opt_out", "id": anna},
    ]
    hs.control("actions", actions=orders)
    assert value(portal, anna, "hubspot_owner_id") == portal.owners.all[1].id
    assert value(portal, anna, "lifecyclestage") == "subscriber"
    assert value(portal, anna, "hs_lead_status") == "CONNECTED"
    assert value(portal, anna, "hs_email_optout") == "true"
    assert {entry["by"] for entry in portal.history[1:]} == {"sales", "crm"}


def test_every_change_moves_the_modification_date(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    before = value(portal, anna, "lastmodifieddate")
    portal.advance(1)
    hs.control("actions", action="edit", id=anna, properties={"city": "Bonn"})
    assert value(portal, anna, "lastmodifieddate") > before


def test_a_call_leaves_its_marks_on_the_contact(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    assert not value(portal, anna, "notes_last_contacted")
    hs.control("actions", action="activity", id=anna, kind="call")
    portal.advance(60)
    hs.control("actions", action="activity", id=anna, kind="email")
    assert value(portal, anna, "num_contacted_notes") == "2"
    assert value(portal, anna, "notes_last_contacted") > value(portal, anna, "first_outreach_date")
    assert value(portal, anna, "hs_last_sales_activity_timestamp") == value(portal, anna, "notes_last_contacted")


def test_an_answer_to_a_mail_of_sales_is_dated_and_is_no_contact_by_sales(
    hs: PortalClient, portal: HubSpotPortal, anna: str
) -> None:
    hs.control("actions", action="activity", id=anna, kind="email", properties={"hs_email_direction": "INCOMING_EMAIL"})
    assert value(portal, anna, "hs_sales_email_last_replied")
    assert not value(portal, anna, "notes_last_contacted")


def test_our_own_note_is_no_contact_by_sales(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]
    note = {
        "properties": {"hs_timestamp": "2026-11-21T10:00:00Z", "hs_note_body": "From the form"},
        "associations": [{"to": {"id": anna}, "types": types}],
        "objectWriteTraceId": "n1",
    }
    answer = hs.batch("create", note, name="notes")
    assert answer.status_code == 201
    assert list(portal.associations.of("contacts", anna, "notes")) == [answer.json()["results"][0]["id"]]
    assert value(portal, anna, "notes_last_updated")
    assert not value(portal, anna, "notes_last_contacted")


def test_a_note_for_nobody_is_refused_and_not_made(hs: PortalClient, portal: HubSpotPortal) -> None:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]
    note = {"properties": {"hs_timestamp": "2026-11-21T10:00:00Z"}, "associations": [{"to": {"id": "7"}, "types": types}]}
    answer = hs.batch("create", {**note, "objectWriteTraceId": "n1"}, name="notes")
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"]["CONTACT"] == ["7"]
    assert hs.post("/crm/v3/objects/notes", note).status_code == 400
    assert not portal.records("notes")


def test_a_deal_moves_its_contact_on(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    deal = hs.control("actions", action="create_deal", where={"email": "anna@acme.example"}, properties={"amount": "900"})["id"]
    assert value(portal, anna, "lifecyclestage") == "opportunity"
    assert value(portal, anna, "num_associated_deals") == "1"
    assert value(portal, deal, "hs_is_closed", "deals") == "false"
    answer = hs.get(f"/crm/v4/objects/contacts/{anna}/associations/deals").json()
    assert [(str(one["toObjectId"]), one["associationTypes"][0]["typeId"]) for one in answer["results"]] == [(deal, 4)]
    hs.control("actions", action="edit", object="deals", id=deal, properties={"dealstage": "closedwon"})
    assert value(portal, deal, "hs_is_closed_won", "deals") == "true"
    shown = hs.get(f"/crm/v3/objects/contacts/{anna}", associations="deals,companies").json()["associations"]
    assert shown == {"deals": {"results": [{"id": deal, "type": "contact_to_deal"}]}}
    portal.advance(5)
    wanted = [{"propertyName": "associations.contact", "operator": "EQ", "value": anna}]
    found = hs.post("/crm/v3/objects/deals/search", {"filterGroups": [{"filters": wanted}]}).json()
    assert [one["id"] for one in found["results"]] == [deal]
    stages = hs.get("/crm/v3/pipelines/deals/default").json()["stages"]
    assert "closedwon" in [one["id"] for one in stages]


def test_deleted_records_come_back_and_erased_ones_do_not(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    hs.control("actions", action="delete", id=anna)
    assert not portal.records("contacts")
    hs.control("actions", action="restore", id=anna)
    assert value(portal, anna, "firstname") == "Anna"
    hs.control("actions", action="delete", id=anna)
    answer = hs.post("/crm/objects/2026-09/contacts/gdpr-delete", {"objectId": "anna@acme.example", "idProperty": "email"})
    assert answer.status_code == 204
    assert portal.get("contacts", anna) is None
    assert hs.batch("read", {"id": anna}, archived=True).json()["results"] == []
    assert "Anna" not in str(portal.history)


# --- associations ------------------------------------------------------------------------------------------------------


def link(source: str, target: str, *types: int) -> dict[str, Any]:
    listed = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number} for number in types]
    return {"from": {"id": source}, "to": {"id": target}, **({"types": listed} if types else {})}


@pytest.mark.parametrize("base", ["/crm/v4/associations", "/crm/associations/2026-09"])
def test_a_contact_has_one_primary_company(hs: PortalClient, portal: HubSpotPortal, anna: str, base: str) -> None:
    first, second = portal.seed("companies", [{"name": "Acme"}, {"name": "Umbrella"}])
    path = f"{base}/contacts/companies/batch"
    assert hs.post(f"{path}/associate/default", {"inputs": [link(anna, first)]}).status_code == 200
    assert value(portal, anna, "associatedcompanyid") == first
    assert hs.post(f"{path}/create", {"inputs": [link(anna, second, 279)]}).status_code == 201
    assert portal.associations.of("contacts", anna, "companies") == {first: {279, 1}, second: {279}}
    hs.post(f"{path}/create", {"inputs": [link(anna, second, 1)]})
    assert portal.associations.of("contacts", anna, "companies") == {first: {279}, second: {279, 1}}
    assert portal.associations.of("companies", second, "contacts") == {anna: {280, 2}}
    (read,) = hs.post(f"{path}/read", {"inputs": [{"id": anna}]}).json()["results"]
    assert {str(one["toObjectId"]) for one in read["to"]} == {first, second}
    assert hs.post(f"{path}/archive", {"inputs": [{"from": {"id": anna}, "to": [{"id": first}]}]}).status_code == 204
    assert list(portal.associations.of("contacts", anna, "companies")) == [second]


def test_associating_with_nothing_is_told_beside_the_others(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    (company,) = portal.seed("companies", [{"name": "Acme"}])
    answer = hs.post(
        "/crm/v4/associations/contacts/companies/batch/create", {"inputs": [link(anna, "7", 279), link(anna, company, 279)]}
    )
    assert answer.status_code == 207
    assert len(answer.json()["results"]) == 1
    assert answer.json()["errors"][0]["subCategory"] == "crm.associations.INVALID_OBJECT_IDS"


def test_the_default_association_of_two_records(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    (company,) = portal.seed("companies", [{"name": "Acme"}])
    path = f"/crm/objects/2026-09/contacts/{anna}/associations/default/companies/{company}"
    answer = hs.call("PUT", path)
    assert answer.status_code == 200
    assert {one["associationSpec"]["associationTypeId"] for one in answer.json()["results"]} == {279, 280}
    assert hs.call("PUT", path).status_code == 200  # a second time changes nothing
    assert list(portal.associations.of("contacts", anna, "companies")) == [company]


def test_a_merge_takes_associations_and_memberships_along(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    (other,) = portal.seed("contacts", [{"email": "b@acme.example"}])
    deal = hs.control("actions", action="create_deal", id=other)["id"]
    made = portal.lists.add("Fair")
    portal.lists.change(made.id, [other])
    hs.control("actions", action="merge", winner=anna, loser=other)
    assert list(portal.associations.of("contacts", anna, "deals")) == [deal]
    assert list(portal.associations.of("deals", deal, "contacts")) == [anna]
    assert list(made.members) == [anna]


# --- lists -------------------------------------------------------------------------------------------------------------


def test_manual_lists_take_members_and_dynamic_ones_refuse(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    manual = hs.control("actions", action="add_list", name="Fair 2026")["listId"]
    dynamic = hs.control("actions", action="add_list", name="All leads", kind="DYNAMIC")["listId"]
    path = "/crm/lists/2026-09"
    added = hs.call("PUT", f"{path}/{manual}/memberships/add", [anna, "7"])
    assert added.json() == {"recordIdsAdded": [anna], "recordIdsRemoved": [], "recordIdsMissing": ["7"]}
    assert hs.call("PUT", f"/crm/v3/lists/{manual}/memberships/add", [anna]).json()["recordIdsAdded"] == []
    refused = hs.call("PUT", f"{path}/{dynamic}/memberships/add", [anna])
    assert (refused.status_code, refused.json()["subCategory"]) == (400, "ILS.INVALID_LIST_PROCESSING_TYPE")
    assert hs.call("PUT", f"{path}/999/memberships/add", [anna]).status_code == 404
    assert [one["recordId"] for one in hs.get(f"{path}/{manual}/memberships").json()["results"]] == [anna]
    found = hs.post(f"{path}/search", {"query": "fair"}).json()
    assert [(one["listId"], one["processingType"]) for one in found["lists"]] == [(manual, "MANUAL")]
    assert hs.get(f"{path}/object-type-id/0-1/name/fair 2026").json()["list"]["listId"] == manual


# --- subscriptions -----------------------------------------------------------------------------------------------------


def test_subscriptions_are_kept_by_address(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    path = "/communication-preferences/2026-09/statuses/anna@acme.example"
    body = {"channel": "EMAIL", "statusState": "SUBSCRIBED", "subscriptionId": 102, "legalBasis": "CONSENT_WITH_NOTICE"}
    assert hs.post(path, body).status_code == 200
    states = {one["subscriptionId"]: one["status"] for one in hs.get(path, channel="EMAIL").json()["results"]}
    assert states == {101: "NOT_SPECIFIED", 102: "SUBSCRIBED", 103: "NOT_SPECIFIED"}
    assert hs.post(f"{path}/unsubscribe-all", None, channel="EMAIL").status_code == 200
    assert {one["status"] for one in hs.get(path).json()["results"]} == {"UNSUBSCRIBED"}
    assert value(portal, anna, "hs_email_optout") == "true"
    assert hs.post(path, {**body, "subscriptionId": 7}).status_code == 404
    assert hs.post(path, {**body, "statusState": "YES"}).status_code == 400


def test_addresses_leave_in_batches_and_before_there_is_a_contact(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    base = "/communication-preferences/v4/statuses/batch"
    answer = hs.post(
        f"{base}/unsubscribe-all", {"inputs": ["Anna@acme.example", "later@acme.example", "nobody"]}, channel="EMAIL"
    )
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["context"] == {"subscriberIdString": ["nobody"]}
    later = portal.create("contacts", {"email": "later@acme.example"})
    for one in (anna, later):
        assert value(portal, one, "hs_email_optout") == value(portal, one, "hs_email_optout_102") == "true"
    wide = hs.post(f"{base}/unsubscribe-all/read", {"inputs": ["later@acme.example", "else@acme.example"]}).json()["results"]
    assert [len(one["wideStatuses"]) for one in wide] == [1, 0]


def test_one_subscription_ends_and_is_not_brought_back(hs: PortalClient, portal: HubSpotPortal, anna: str) -> None:
    one = {"subscriberIdString": "anna@acme.example", "subscriptionId": 102, "channel": "EMAIL", "statusState": "UNSUBSCRIBED"}
    path = "/communication-preferences/2026-09/statuses/batch/write"
    reasons = [hs.post(path, {"inputs": [one]}).json()["results"][0]["setStatusSuccessReason"] for _ in range(2)]
    assert reasons == ["UNSUBSCRIBED_STATUS_CHANGE", "NO_STATUS_CHANGE"]
    assert (value(portal, anna, "hs_email_optout_102"), value(portal, anna, "hs_email_optout")) == ("true", "")
    assert hs.post(path, {"inputs": [{**one, "statusState": "SUBSCRIBED"}]}).status_code == 207


def test_the_installed_salesforce_integration_shows_in_the_properties(hs: PortalClient, portal: HubSpotPortal) -> None:
    assert hs.get("/crm/properties/2026-09/contacts/salesforceleadid").status_code == 404
    hs.control("actions", action="install_salesforce")
    about = hs.get("/crm/properties/2026-09/contacts/salesforceleadid").json()
    assert about["modificationMetadata"]["readOnlyValue"] is True
    portal.reset()
    assert hs.get("/crm/properties/2026-09/contacts/salesforceleadid").status_code == 200
