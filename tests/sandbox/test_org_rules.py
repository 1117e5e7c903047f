"""Duplicate rules, the assignment rule, lead's special rules, and what sales does to records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sandbox_client import GOOD, refused
from simple_salesforce import Salesforce

from leadrelay.sandbox.salesforce import AssignmentEntry, AssignmentRule, DuplicateRule, Refusal, SalesforceOrg

Upsert = Callable[..., list[dict[str, Any]]]
ANNA = {**GOOD, "Email": "anna@acme.de"}
ALLOW = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true"}
NO_ASSIGNMENT = {"Sforce-Auto-Assign": "FALSE"}


def test_alert_refuses_alone_with_the_matches_and_in_a_collection_without(
    sf: Salesforce, org: SalesforceOrg, upsert: Upsert
) -> None:
    [lead] = org.seed("Lead", [ANNA])
    [contact] = org.seed("Contact", [{"LastName": "W", "Email": "Anna@ACME.de"}])
    org.rules.duplicates = [DuplicateRule()]
    status, error = refused(lambda: sf.Lead.create(ANNA))
    assert (status, error["errorCode"], error["message"]) == (400, "DUPLICATES_DETECTED", "Use one of these records?")
    about = error["duplicateResult"]
    assert (about["allowSave"], about["duplicateRule"], about["duplicateRuleEntityType"]) == (
        True,
        "Standard_Lead_Duplicate_Rule",
        "Lead",
    )
    found = {one["entityType"]: one["matchRecords"][0]["record"]["Id"] for one in about["matchResults"]}
    assert found == {"Lead": lead, "Contact": contact}
    [result] = upsert({"Leadrelay_Id__c": "L1", **ANNA})
    expected = {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    assert result == {"success": False, "errors": [expected]}


def test_allow_save_overrules_an_alert_but_not_a_block(org: SalesforceOrg, upsert: Upsert) -> None:
    org.seed("Lead", [ANNA])
    org.rules.duplicates = [DuplicateRule()]
    assert upsert({"Leadrelay_Id__c": "L1", **ANNA}, headers=ALLOW)[0]["success"]
    org.rules.duplicates = [DuplicateRule(on_create="block")]
    assert not upsert({"Leadrelay_Id__c": "L2", **ANNA}, headers=ALLOW)[0]["success"]


def test_records_of_one_call_are_not_duplicates_of_each_other(org: SalesforceOrg, upsert: Upsert) -> None:
    org.rules.duplicates = [DuplicateRule()]
    results = upsert({"Leadrelay_Id__c": "L1", **ANNA}, {"Leadrelay_Id__c": "L2", **ANNA})
    assert all(one["success"] for one in results)


def test_update_meets_the_rule_only_when_it_is_set_for_updates_and_the_match_field_changes(
    sf: Salesforce, org: SalesforceOrg
) -> None:
    lead, other = org.seed("Lead", [ANNA, {**GOOD, "Email": "b@acme.de"}])
    org.rules.duplicates = [DuplicateRule(on_update="alert")]
    sf.Lead.update(lead, {"Title": "CEO"})
    assert refused(lambda: sf.Lead.update(other, {"Email": "anna@acme.de"}))[1]["errorCode"] == "DUPLICATES_DETECTED"


def test_result_key_can_have_the_misspelling_of_some_versions(sf: Salesforce, org: SalesforceOrg) -> None:
    org.seed("Lead", [ANNA])
    org.rules.duplicates = [DuplicateRule()]
    org.settings.duplicate_result_key = "duplicateResut"
    try:
        assert "duplicateResut" in refused(lambda: sf.Lead.create(ANNA))[1]
    finally:
        org.settings.duplicate_result_key = "duplicateResult"


def test_assignment_rule_steals_the_owner_on_create_and_update_unless_switched_off(org: SalesforceOrg, upsert: Upsert) -> None:
    dach = AssignmentEntry(org.sales_user_id, {"Country": "DE"})
    org.rules.assignment = AssignmentRule([dach, AssignmentEntry(org.queue_id)])

    def owner() -> str:
        return str(org.records("Lead")[0]["OwnerId"])

    mine = {"Leadrelay_Id__c": "L1", **GOOD, "OwnerId": org.integration_user_id}
    upsert(mine)
    assert owner() == org.queue_id
    upsert({"Leadrelay_Id__c": "L1", "OwnerId": org.integration_user_id}, headers=NO_ASSIGNMENT)
    assert owner() == org.integration_user_id
    upsert({"Leadrelay_Id__c": "L1", "Title": "CEO"}, headers=NO_ASSIGNMENT)
    assert owner() == org.integration_user_id
    upsert({"Leadrelay_Id__c": "L1", "Country": "DE"})
    assert owner() == org.sales_user_id


def test_converted_lead_refuses_writes_and_its_tasks_and_memberships_follow_to_the_contact(
    sf: Salesforce, org: SalesforceOrg, upsert: Upsert
) -> None:
    [made] = upsert({"Leadrelay_Id__c": "L1", **ANNA, "City": "Berlin"})
    campaign = sf.Campaign.create({"Name": "Expo"})["id"]
    sf.CampaignMember.create({"CampaignId": campaign, "LeadId": made["id"], "Status": "Responded"})
    sf.Task.create({"WhoId": made["id"], "Subject": "Call"})
    ids = org.convert(made["id"])
    lead = sf.Lead.get(made["id"])
    assert (lead["IsConverted"], lead["Status"], lead["ConvertedContactId"]) == (True, "Closed - Converted", ids["contactId"])
    contact = sf.Contact.get(str(ids["contactId"]))
    assert (contact["Email"], contact["MailingCity"], contact["Leadrelay_Id__c"]) == ("anna@acme.de", "Berlin", "L1")
    assert org.records("Task")[0]["WhoId"] == ids["contactId"]
    assert org.records("CampaignMember")[0]["ContactId"] == ids["contactId"]
    [result] = upsert({"Leadrelay_Id__c": "L1", "Title": "CEO"})
    refusal = {"statusCode": "CANNOT_UPDATE_CONVERTED_LEAD", "message": "cannot reference converted lead", "fields": []}
    assert result == {"success": False, "errors": [refusal]}
    assert refused(lambda: sf.Lead.update(made["id"], {"Title": "CEO"}))[1]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert refused(lambda: sf.Task.create({"WhoId": made["id"]}))[1]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    with pytest.raises(ValueError, match="converted already"):
        org.convert(made["id"])


def test_second_campaign_membership_is_refused(sf: Salesforce, org: SalesforceOrg) -> None:
    [lead] = org.seed("Lead", [GOOD])
    campaign = sf.Campaign.create({"Name": "Expo"})["id"]
    sf.CampaignMember.create({"CampaignId": campaign, "LeadId": lead})
    status, error = refused(lambda: sf.CampaignMember.create({"CampaignId": campaign[:15], "LeadId": lead[:15]}))
    assert (status, error["errorCode"], error["message"]) == (400, "DUPLICATE_VALUE", "Already a campaign member.")
    assert refused(lambda: sf.CampaignMember.create({"CampaignId": campaign}))[1]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_merged_lead_is_gone_but_query_all_names_its_master(sf: Salesforce, org: SalesforceOrg, upsert: Upsert) -> None:
    winner, loser = (
        one["id"] for one in upsert({"Leadrelay_Id__c": "W", **GOOD}, {"Leadrelay_Id__c": "L", **GOOD, "Title": "CEO"})
    )
    task = sf.Task.create({"WhoId": loser, "Subject": "Call"})["id"]
    org.merge(winner, [loser])
    assert sf.Lead.get(winner)["Title"] == "CEO"
    assert sf.Task.get(task)["WhoId"] == winner
    assert refused(lambda: sf.Lead.update(loser, {"Title": "x"})) == (
        404,
        {"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []},
    )
    soql = "SELECT Id, MasterRecordId FROM Lead WHERE IsDeleted = true"
    assert sf.query(soql)["totalSize"] == 0
    assert sf.query(soql, include_deleted=True)["records"][0]["MasterRecordId"] == winner
    assert upsert({"Leadrelay_Id__c": "L", **GOOD})[0]["created"]


def test_deleted_lead_is_created_anew_by_its_external_id_and_can_not_come_back_then(org: SalesforceOrg, upsert: Upsert) -> None:
    [made] = upsert({"Leadrelay_Id__c": "L1", **GOOD})
    org.remove("Lead", made["id"])
    org.undelete("Lead", made["id"])
    assert not upsert({"Leadrelay_Id__c": "L1", **GOOD})[0]["created"]
    org.remove("Lead", made["id"])
    assert upsert({"Leadrelay_Id__c": "L1", **GOOD})[0]["created"]
    with pytest.raises(Refusal, match="DUPLICATE_VALUE"):
        org.undelete("Lead", made["id"])


def test_reference_to_a_deleted_record_is_refused(sf: Salesforce, org: SalesforceOrg) -> None:
    [lead] = org.seed("Lead", [GOOD])
    org.remove("Lead", lead)
    assert refused(lambda: sf.Task.create({"WhoId": lead}))[1]["errorCode"] == "INVALID_CROSS_REFERENCE_KEY"


def test_edits_of_sales_move_stamps_and_name_the_salesperson(sf: Salesforce, org: SalesforceOrg) -> None:
    lead = sf.Lead.create(GOOD)["id"]
    before = sf.Lead.get(lead)
    org.advance(60)
    org.edit("Lead", lead, {"Status": "Working"})
    after = sf.Lead.get(lead)
    assert after["CreatedDate"] == before["CreatedDate"]
    assert after["SystemModstamp"] > before["SystemModstamp"]
    assert after["SystemModstamp"] == after["LastModifiedDate"]
    assert after["SystemModstamp"].endswith(".000+0000")
    assert (before["LastModifiedById"], after["LastModifiedById"]) == (org.integration_user_id, org.sales_user_id)


def test_history_tells_every_accepted_write_in_order(org: SalesforceOrg, upsert: Upsert) -> None:
    [made] = upsert({"Leadrelay_Id__c": "L1", **GOOD})
    upsert({"Leadrelay_Id__c": "L1", "Title": "1"}, {"Leadrelay_Id__c": "L2"})
    org.edit("Lead", made["id"], {"Title": "2"})
    told = [(entry["seq"], entry["kind"], entry["by"], entry["fields"].get("Title")) for entry in org.history]
    assert told == [(1, "create", "api", None), (2, "update", "api", "1"), (3, "update", "sales", "2")]
    assert {entry["id"] for entry in org.history} == {made["id"]}


def test_field_that_is_removed_is_gone_from_describe_and_writes(sf: Salesforce, org: SalesforceOrg, upsert: Upsert) -> None:
    org.add_field("Lead", {"name": "Budget__c", "type": "double", "precision": 10})
    upsert({"Leadrelay_Id__c": "L1", **GOOD, "Budget__c": 5})
    org.remove_field("Lead", "Budget__c")
    assert "Budget__c" not in {field["name"] for field in sf.Lead.describe()["fields"]}
    [result] = upsert({"Leadrelay_Id__c": "L1", "Budget__c": 6})
    assert result["errors"][0]["message"] == "No such column 'Budget__c' on sobject of type Lead"


def test_field_can_become_read_only_or_required_while_running(sf: Salesforce, org: SalesforceOrg, upsert: Upsert) -> None:
    org.change_field("Lead", "Title", {"createable": False, "updateable": False})
    assert refused(lambda: sf.Lead.create({**GOOD, "Title": "CEO"}))[1]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    org.change_field("Lead", "Phone", {"nillable": False})
    assert refused(lambda: sf.Lead.create(GOOD))[1]["fields"] == ["Phone"]


def test_describe_says_what_a_writer_must_know(sf: Salesforce, org: SalesforceOrg) -> None:
    fields = {field["name"]: field for field in sf.Lead.describe()["fields"]}
    lengths = {"FirstName": 40, "LastName": 80, "Company": 255, "Email": 80, "Phone": 40, "Title": 128, "City": 40, "State": 80}
    assert {name: fields[name]["length"] for name in lengths} == lengths
    required = {
        name for name, one in fields.items() if one["createable"] and not one["nillable"] and not one["defaultedOnCreate"]
    }
    assert required == {"LastName", "Company"}
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert (fields["Leadrelay_Id__c"]["externalId"], fields["Leadrelay_Id__c"]["unique"]) == (True, True)
    assert fields["Status"]["picklistValues"][0]["defaultValue"]
    names = {one["name"] for one in sf.describe()["sobjects"]}
    assert names >= {
        "Lead",
        "Contact",
        "Account",
        "Task",
        "Campaign",
        "CampaignMember",
        "User",
        "Group",
        "LeadStatus",
        "Organization",
    }


def test_read_only_objects_refuse_writes(sf: Salesforce) -> None:
    assert refused(lambda: sf.User.create({"LastName": "x"}))[1]["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"


def test_custom_field_can_be_made_through_the_tooling_api(sf: Salesforce, upsert: Upsert) -> None:
    about = {"type": "Text", "length": 36, "label": "Other", "externalId": True, "unique": True}
    made = sf.toolingexecute("sobjects/CustomField", "POST", {"FullName": "Lead.Other_Id__c", "Metadata": about})
    assert made["success"]
    sf.Lead.upsert("Other_Id__c/x", GOOD)
    again = sf.Lead.describe()
    assert any(field["name"] == "Other_Id__c" and field["externalId"] for field in again["fields"])
