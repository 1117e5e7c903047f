"""The single rules a record must pass on its way into the org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.refusals import Error, Refusal, refuse
from leadrelay.sandbox.salesforce.rules import DuplicateRule
from leadrelay.sandbox.salesforce.tables import Stored, Table
from leadrelay.sandbox.salesforce.values import stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import Call, SalesforceOrg


def set_derived(org: SalesforceOrg, table: Table, record: Stored) -> None:
    """Values the service works out itself."""
    if table.name in ("Lead", "Contact"):
        record["Name"] = " ".join(part for part in (record.get("FirstName"), record.get("LastName")) if part)
    elif table.name == "Task":
        record["IsClosed"] = record.get("Status") == "Completed"
        record["CompletedDateTime"] = (record.get("CompletedDateTime") or stamp(org.now())) if record["IsClosed"] else None
    elif table.name == "CampaignMember":
        record["LeadOrContactId"] = record.get("ContactId") or record.get("LeadId")
        record["HasResponded"] = record.get("Status") == "Responded"


def check_references(org: SalesforceOrg, table: Table, record: Stored, clean: Stored) -> None:
    """Ids must be ids, of an object that the field may point to, of a record that is there and not converted."""
    for name, value in clean.items():
        field = table.fields[name]
        if field.type != "reference" or value is None:
            continue
        found = full_id(value)
        target = org.object_of_id(found) if found else None
        if found is None or target not in field.reference_to:
            raise refuse("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", [name])
        held = org.tables[target].get(found)
        if held is None:
            raise refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name] if name == "OwnerId" else [])
        if target == "Lead" and held["IsConverted"]:
            raise refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [name])
        record[name] = found


def assign_owner(org: SalesforceOrg, table: Table, record: Stored, call: Call) -> None:
    """The active assignment rule overwrites the owner of a lead, on create and update, unless the header says FALSE."""
    if table.name == "Lead" and call.auto_assign and org.rules.assignment is not None:
        owner = org.rules.assignment.owner_of(record)
        if owner is not None:
            record["OwnerId"] = full_id(owner) or owner


def check_owner(org: SalesforceOrg, table: Table, record: Stored, clean: Stored) -> None:
    """An owner who is written must be an active user, or a queue and not any other group."""
    if clean.get("OwnerId") is None:
        return
    owner = record["OwnerId"]
    if owner.startswith("00G"):
        if org.tables["Group"].records[owner]["Type"] != "Queue":
            raise refuse("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be a group that is not a queue", ["OwnerId"])
    elif not org.tables["User"].records[owner]["IsActive"]:
        text = f"operation performed with inactive user [{owner[:15]}] as owner of {table.name.lower()}"
        raise refuse("INACTIVE_OWNER_OR_USER", text, ["OwnerId"])


def check_object_rules(org: SalesforceOrg, table: Table, record: Stored) -> None:
    """Rules that belong to one object."""
    if table.name == "CampaignMember":
        _check_campaign_member(org, record)
    elif table.name == "Task" and record.get("WhatId") and str(record.get("WhoId")).startswith("00Q"):
        text = "Related To ID: a task of a lead can not be related to another record"
        raise refuse("FIELD_INTEGRITY_EXCEPTION", text, ["WhatId"])


def _check_campaign_member(org: SalesforceOrg, record: Stored) -> None:
    person = next((name for name in ("ContactId", "LeadId") if record.get(name)), None)
    if person is None:
        raise refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [LeadId]", ["LeadId"])
    for other in org.tables["CampaignMember"].matching(person, record[person]):
        is_other = other["Id"] != record.get("Id") and not other["IsDeleted"]
        if is_other and other["CampaignId"] == record["CampaignId"]:
            raise refuse("DUPLICATE_VALUE", "Already a campaign member.", [])


def check_validation_rules(org: SalesforceOrg, table: Table, record: Stored) -> None:
    """The admin's validation rules; all broken ones are reported."""
    broken = [rule for rule in org.rules.validation if rule.object == table.name and rule.is_broken_by(record)]
    if broken:
        raise Refusal(
            Error("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, (rule.field,) if rule.field else ()) for rule in broken
        )


def check_unique(table: Table, record: Stored, clean: Stored) -> None:
    """No two live records share the value of a unique field."""
    for field in table.unique_fields:
        if clean.get(field.name) is None:
            continue
        for other in table.matching(field.name, record[field.name]):
            if other["Id"] != record.get("Id") and not other["IsDeleted"]:
                text = f"duplicate value found: {field.name} duplicates value on record with id: {other['Id'][:15]}"
                raise refuse("DUPLICATE_VALUE", text, [])


def check_duplicates(org: SalesforceOrg, table: Table, record: Stored, old: Stored | None, call: Call) -> None:
    """Duplicate rules: an alert stops the save unless allowSave=true was sent, a block always does."""
    for rule in org.rules.duplicates:
        action = rule.on_create if old is None else rule.on_update
        if rule.object != table.name or action == "allow" or (action == "alert" and call.allow_save):
            continue
        if old is not None and all(old.get(name) == record.get(name) for name in rule.fields):
            continue
        found = _look_alikes(org, rule, record, call)
        if found:
            raise _duplicates_detected(org, rule, action == "alert", found)


def _look_alikes(org: SalesforceOrg, rule: DuplicateRule, record: Stored, call: Call) -> dict[str, list[Stored]]:
    """By object, other records that agree in all of the rule's fields; those of the same call are not compared."""
    first = rule.fields[0]
    if any(record.get(name) is None for name in rule.fields):
        return {}
    found: dict[str, list[Stored]] = {}
    for name in rule.against:
        table = org.tables[name]
        for other in table.matching(first, record[first]):
            is_other = other["Id"] != record.get("Id") and other["Id"] not in call.created
            if is_other and not other["IsDeleted"] and all(_alike(record.get(key), other.get(key)) for key in rule.fields):
                found.setdefault(name, []).append(other)
    return found


def _alike(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()


def _duplicates_detected(org: SalesforceOrg, rule: DuplicateRule, may_save: bool, found: dict[str, list[Stored]]) -> Refusal:
    results = [
        {
            "entityType": name,
            "errors": [],
            "matchEngine": "ExactMatchEngine",
            "matchRecords": [
                {
                    "additionalInformation": [],
                    "fieldDiffs": [],
                    "matchConfidence": 100.0,
                    "record": {
                        "attributes": {"type": name, "url": f"/services/data/v68.0/sobjects/{name}/{one['Id']}"},
                        "Id": one["Id"],
                    },
                }
                for one in records
            ],
            "rule": f"Standard_{name}_Match_Rule_v1_0",
            "size": len(records),
            "success": True,
        }
        for name, records in found.items()
    ]
    about = {
        "allowSave": may_save,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": rule.message,
        "matchResults": results,
    }
    return Refusal([Error("DUPLICATES_DETECTED", rule.message, None, {org.settings.duplicate_result_key: about})])
