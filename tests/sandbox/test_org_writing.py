"""Single records and collections, with the exact errors of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sandbox_client import GOOD, refused
from simple_salesforce import Salesforce, format_external_id
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from leadrelay.sandbox.salesforce import SalesforceOrg, ValidationRule

Upsert = Callable[..., list[dict[str, Any]]]


def test_record_lives_from_create_to_delete(sf: Salesforce, org: SalesforceOrg) -> None:
    made = sf.Lead.create({**GOOD, "Email": "anna@acme.de"})
    assert made == {"id": made["id"], "success": True, "errors": []}
    assert len(made["id"]) == 18
    assert sf.Lead.update(made["id"][:15], {"Title": "CEO"}) == 204
    lead = sf.Lead.get(made["id"])
    assert (lead["Name"], lead["Title"], lead["Status"]) == ("Weber", "CEO", "Open - Not Contacted")
    assert (lead["IsConverted"], lead["OwnerId"]) == (False, org.integration_user_id)
    assert sf.Lead.delete(made["id"]) == 204
    status, error = refused(lambda: sf.Lead.get(made["id"]))
    assert (status, error["errorCode"], error["message"]) == (404, "ENTITY_IS_DELETED", "entity is deleted")


NOT_TEXT = (
    "Cannot deserialize instance of string from VALUE_NUMBER_INT value 5 or request may be missing a required field at "
    "[line:1, column:2]"
)
NOT_WRITABLE = (
    "Unable to create/update fields: EmailBouncedDate. Please check the security settings of this field and verify that it is "
    "read/write for your profile or permission set."
)
CASES: list[tuple[dict[str, Any], str, str, list[str] | None]] = [
    ({"FirstName": "A"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Company]", ["LastName", "Company"]),
    ({**GOOD, "LastName": "  "}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"]),
    (
        {**GOOD, "FirstName": "x" * 41},
        "STRING_TOO_LONG",
        f"First Name: data value too large: {'x' * 41} (max length=40)",
        ["FirstName"],
    ),
    ({**GOOD, "Email": "a@b"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: a@b", ["Email"]),
    ({**GOOD, "Nope__c": "x"}, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Lead", None),
    (
        {**GOOD, "Email": 5},
        "JSON_PARSER_ERROR",
        NOT_TEXT,
        None,
    ),
    (
        {**GOOD, "EmailBouncedDate": "2026-01-01"},
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        NOT_WRITABLE,
        ["EmailBouncedDate"],
    ),
    ({**GOOD, "OwnerId": "nonsense"}, "MALFORMED_ID", "Owner ID: id value of incorrect type: nonsense", ["OwnerId"]),
    ({**GOOD, "OwnerId": "005Hs00000zzzzz"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ["OwnerId"]),
    (
        {**GOOD, "OwnerId": "001Hs0000000001"},
        "MALFORMED_ID",
        "Owner ID: id value of incorrect type: 001Hs0000000001",
        ["OwnerId"],
    ),
    (
        {**GOOD, "DoNotCall": None},
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "Do Not Call: value not of required type: null",
        ["DoNotCall"],
    ),
]


@pytest.mark.parametrize(("fields", "code", "message", "names"), CASES)
def test_refused_create_has_the_exact_body(
    sf: Salesforce, upsert: Upsert, fields: dict[str, Any], code: str, message: str, names: list[str] | None
) -> None:
    status, error = refused(lambda: sf.Lead.create(fields))
    expected: dict[str, Any] = {"message": message, "errorCode": code}
    assert status == 400
    assert error == (expected if names is None else {**expected, "fields": names})
    [result] = upsert({"Leadrelay_Id__c": "L1", **fields})
    assert result == {"success": False, "errors": [{"statusCode": code, "message": message, "fields": names or []}]}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("NumberOfEmployees", "many", "int"),
        ("NumberOfEmployees", 1.5, "int"),
        ("AnnualRevenue", "1,000", "currency"),
        ("ActivityDate", "21.11.2026", "date"),
        ("ActivityDate", "2026-11-21T10:00:00Z", "date"),
        ("DoNotCall", "yes", "boolean"),
        ("Industry", ["a", "b"], "string"),
    ],
)
def test_value_of_a_wrong_type_is_a_parser_error(sf: Salesforce, field: str, value: Any, kind: str) -> None:
    call = sf.Task if field == "ActivityDate" else sf.Lead
    _, error = refused(lambda: call.create({**({} if call.name == "Task" else GOOD), field: value}))
    assert error["errorCode"] == "JSON_PARSER_ERROR"
    assert error["message"].startswith(f"Cannot deserialize instance of {kind} from ")


def test_restricted_picklist_takes_only_its_active_values_and_others_take_any(sf: Salesforce, org: SalesforceOrg) -> None:
    segment = {
        "name": "Segment__c",
        "label": "Segment",
        "type": "picklist",
        "restrictedPicklist": True,
        "choices": ["SMB", {"value": "Old", "active": False}],
    }
    org.add_field("Lead", segment)
    for value in ("Nano", "Old"):
        status, error = refused(lambda value=value: sf.Lead.create({**GOOD, "Segment__c": value}))
        assert status == 400
        assert error == {
            "message": f"Segment: bad value for restricted picklist field: {value}",
            "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "fields": ["Segment__c"],
        }
    sf.Lead.create({**GOOD, "Segment__c": "SMB", "LeadSource": "Anything at all"})


def test_inactive_owner_is_refused(sf: Salesforce, org: SalesforceOrg) -> None:
    status, error = refused(lambda: sf.Lead.create({**GOOD, "OwnerId": org.inactive_user_id}))
    assert (status, error["errorCode"]) == (400, "INACTIVE_OWNER_OR_USER")
    assert error["message"] == f"operation performed with inactive user [{org.inactive_user_id[:15]}] as owner of lead"


def test_queue_may_own_a_lead_but_no_other_group_and_no_contact(sf: Salesforce, org: SalesforceOrg) -> None:
    sf.Lead.create({**GOOD, "OwnerId": org.queue_id})
    group = org.add_queue("Everyone", kind="Regular")
    assert refused(lambda: sf.Lead.create({**GOOD, "OwnerId": group}))[1]["errorCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert refused(lambda: sf.Contact.create({"LastName": "W", "OwnerId": org.queue_id}))[1]["errorCode"] == "MALFORMED_ID"


def test_validation_rule_answers_with_the_admins_text(sf: Salesforce, org: SalesforceOrg) -> None:
    rule = ValidationRule("no_test", "We do not want test leads", field="LastName", pattern=r"^(?!Test)")
    org.rules.validation = [rule, ValidationRule("both", "Too small", refuses=lambda lead: lead.get("NumberOfEmployees") == 1)]
    status, error = refused(lambda: sf.Lead.create({**GOOD, "LastName": "Tester"}))
    assert status == 400
    assert error == {
        "message": "We do not want test leads",
        "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "fields": ["LastName"],
    }
    assert refused(lambda: sf.Lead.create({**GOOD, "NumberOfEmployees": 1}))[1]["message"] == "Too small"


def test_text_is_trimmed_and_empty_text_clears(sf: Salesforce) -> None:
    lead = sf.Lead.create({**GOOD, "Title": "  CEO "})["id"]
    assert sf.Lead.get(lead)["Title"] == "CEO"
    sf.Lead.update(lead, {"Title": ""})
    assert sf.Lead.get(lead)["Title"] is None


def test_required_field_can_not_be_cleared(sf: Salesforce) -> None:
    lead = sf.Lead.create(GOOD)["id"]
    assert refused(lambda: sf.Lead.update(lead, {"Company": ""}))[1]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_unknown_id_is_404_alone_and_a_cross_reference_in_a_collection(sf: Salesforce) -> None:
    unknown = "00QHs00000zzzzzAAA"
    assert refused(lambda: sf.Lead.update("00QHs00000zzzzz", {"Title": "x"}))[0] == 404
    [result] = sf.restful(
        "composite/sobjects",
        method="PATCH",
        json={"records": [{"attributes": {"type": "Lead"}, "id": "00QHs00000zzzzz", "Title": "x"}]},
    )
    assert result["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert unknown  # the 18-character form with a wrong checksum is no id at all
    assert refused(lambda: sf.Lead.get(unknown))[1]["errorCode"] == "NOT_FOUND"


# --- upsert by external id ---------------------------------------------------------------------------------------------


def test_upsert_of_one_says_created_then_updated_and_ignores_case(sf: Salesforce) -> None:
    path = format_external_id("Leadrelay_Id__c", "L/ 1")
    first = sf.Lead.upsert(path, GOOD, raw_response=True)
    assert (first.status_code, first.json()["created"]) == (201, True)
    second = sf.Lead.upsert(format_external_id("Leadrelay_Id__c", "l/ 1"), {"Title": "CEO"}, raw_response=True)
    assert (second.status_code, second.json()) == (
        200,
        {"id": first.json()["id"], "success": True, "errors": [], "created": False},
    )


def test_upsert_body_must_not_name_the_external_id(sf: Salesforce) -> None:
    status, error = refused(lambda: sf.Lead.upsert("Leadrelay_Id__c/L1", {**GOOD, "Leadrelay_Id__c": "L1"}))
    assert (status, error["errorCode"]) == (400, "INVALID_FIELD")
    assert error["message"] == "The Leadrelay_Id__c field should not be specified in the sobject data."


def test_external_id_that_is_not_unique_may_match_several(sf: Salesforce, org: SalesforceOrg) -> None:
    org.add_field("Lead", {"name": "Loose__c", "externalId": True})
    ids = org.seed("Lead", [{**GOOD, "Loose__c": "x"}, {**GOOD, "Loose__c": "X"}])
    with pytest.raises(SalesforceMoreThanOneRecord) as caught:
        sf.Lead.upsert("Loose__c/x", {"Title": "CEO"})
    assert caught.value.content == [f"/services/data/v68.0/sobjects/Lead/{one}" for one in ids]
    body = {"records": [{"attributes": {"type": "Lead"}, "Loose__c": "x", "Title": "CEO"}]}
    [result] = sf.restful("composite/sobjects/Lead/Loose__c", method="PATCH", json=body)
    assert result["errors"][0]["statusCode"] == "DUPLICATE_EXTERNAL_ID"


def test_field_that_is_no_external_id_can_not_be_used_as_one(sf: Salesforce) -> None:
    with pytest.raises(SalesforceResourceNotFound, match="Provided external ID field does not exist or is not accessible: Title"):
        sf.Lead.upsert("Title/x", GOOD)


def test_unique_value_of_another_record_is_named_by_its_short_id(sf: Salesforce, org: SalesforceOrg) -> None:
    [held] = org.seed("Lead", [{**GOOD, "Leadrelay_Id__c": "L1"}])
    status, error = refused(lambda: sf.Lead.create({**GOOD, "Leadrelay_Id__c": "l1"}))
    assert (status, error["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert error["message"] == f"duplicate value found: Leadrelay_Id__c duplicates value on record with id: {held[:15]}"


def test_collection_answers_each_record_in_order(upsert: Upsert, org: SalesforceOrg) -> None:
    results = upsert({"Leadrelay_Id__c": "A", **GOOD}, {"Leadrelay_Id__c": "B"}, {"Leadrelay_Id__c": "C", **GOOD})
    assert [one["success"] for one in results] == [True, False, True]
    assert results[0] == {"id": results[0]["id"], "success": True, "errors": [], "created": True}
    assert "id" not in results[1]
    again = upsert({"Leadrelay_Id__c": "a", "Title": "CEO"})
    assert (again[0]["id"], again[0]["created"]) == (results[0]["id"], False)
    assert org.counters["calls"] == 2
    assert org.counters["PATCH composite/sobjects/Lead/Leadrelay_Id__c"] == 2
    assert org.counters["records written"] == 3


def test_same_external_id_twice_in_a_call_fails_both(upsert: Upsert, org: SalesforceOrg) -> None:
    results = upsert({"Leadrelay_Id__c": "A", **GOOD}, {"Leadrelay_Id__c": "B", **GOOD}, {"Leadrelay_Id__c": "a", **GOOD})
    assert [one["success"] for one in results] == [False, True, False]
    assert results[0]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert len(org.records("Lead")) == 1


def test_record_without_external_id_is_refused_alone(upsert: Upsert) -> None:
    results = upsert(GOOD, {"Leadrelay_Id__c": "B", **GOOD})
    assert [one["success"] for one in results] == [False, True]
    assert results[0]["errors"][0] == {"statusCode": "MISSING_ARGUMENT", "message": "Leadrelay_Id__c not specified", "fields": []}


def test_all_or_none_takes_the_good_ones_back_with_their_history(upsert: Upsert, org: SalesforceOrg) -> None:
    [held] = upsert({"Leadrelay_Id__c": "A", **GOOD})
    results = upsert(
        {"Leadrelay_Id__c": "A", "Title": "CEO"}, {"Leadrelay_Id__c": "B", **GOOD}, {"Leadrelay_Id__c": "C"}, all_or_none=True
    )
    codes = [one["errors"][0]["statusCode"] for one in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert [lead.get("Title") for lead in org.records("Lead")] == [None]
    assert [(entry["id"], entry["kind"]) for entry in org.history] == [(held["id"], "create")]
    assert upsert({"Leadrelay_Id__c": "B", **GOOD})[0]["created"]


def test_more_than_200_records_are_refused_whole(upsert: Upsert, org: SalesforceOrg) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        upsert(*({"Leadrelay_Id__c": str(number), **GOOD} for number in range(201)))
    assert caught.value.content[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
    assert not org.records("Lead")


def test_collection_creates_updates_retrieves_and_deletes(sf: Salesforce) -> None:
    lead = {"attributes": {"type": "Lead"}, **GOOD}
    made = sf.restful("composite/sobjects", method="POST", json={"records": [lead, {"LastName": "no type"}]})
    assert [one["success"] for one in made] == [True, False]
    lead_id = made[0]["id"]
    changed = [{"attributes": {"type": "Lead"}, "id": lead_id, "Title": "CEO"}, {"attributes": {"type": "Lead"}, "Title": "x"}]
    results = sf.restful("composite/sobjects", method="PATCH", json={"records": changed})
    assert [one["success"] for one in results] == [True, False]
    assert results[1]["errors"][0]["statusCode"] == "MISSING_ARGUMENT"
    asked = {"ids": [lead_id, "00QHs00000zzzzz"], "fields": ["Title", "IsConverted"]}
    for answer in (
        sf.restful("composite/sobjects/Lead", method="POST", json=asked),
        sf.restful("composite/sobjects/Lead", params={key: ",".join(value) for key, value in asked.items()}),
    ):
        assert answer[1] is None
        assert (answer[0]["Id"], answer[0]["Title"], answer[0]["IsConverted"]) == (lead_id, "CEO", False)
    [gone] = sf.restful("composite/sobjects", params={"ids": lead_id}, method="DELETE")
    assert gone["success"]
    assert sf.restful("composite/sobjects/Lead", method="POST", json=asked) == [None, None]
    assert (
        refused(lambda: sf.restful("composite/sobjects/Lead", params={"ids": lead_id, "fields": "Nope"}))[1]["errorCode"]
        == "INVALID_FIELD"
    )


def test_upsert_by_id_updates_or_creates(sf: Salesforce, org: SalesforceOrg) -> None:
    [held] = org.seed("Lead", [GOOD])
    records = [{"attributes": {"type": "Lead"}, "Id": held, "Title": "CEO"}, {"attributes": {"type": "Lead"}, **GOOD}]
    results = sf.restful("composite/sobjects/Lead/Id", method="PATCH", json={"records": records})
    assert [one["created"] for one in results] == [False, True]


def test_composite_calls_name_results_of_earlier_ones(sf: Salesforce, org: SalesforceOrg) -> None:
    base = "/services/data/v68.0/sobjects"
    calls = [
        {"method": "POST", "url": f"{base}/Lead", "referenceId": "lead", "body": GOOD},
        {"method": "POST", "url": f"{base}/Task", "referenceId": "task", "body": {"WhoId": "@{lead.id}", "Subject": "Call"}},
        {"method": "GET", "url": f"{base}/Lead/@{{lead.id}}?fields=Company", "referenceId": "read"},
    ]
    answers = sf.restful("composite", method="POST", json={"compositeRequest": calls})["compositeResponse"]
    assert [one["httpStatusCode"] for one in answers] == [201, 201, 200]
    assert org.records("Task")[0]["WhoId"] == answers[0]["body"]["id"]
    assert answers[2]["body"]["Company"] == "Acme"


def test_composite_rolls_back_and_halts(sf: Salesforce, org: SalesforceOrg) -> None:
    base = "/services/data/v68.0/sobjects"
    calls = [
        {"method": "POST", "url": f"{base}/Lead", "referenceId": "good", "body": GOOD},
        {"method": "POST", "url": f"{base}/Lead", "referenceId": "bad", "body": {}},
        {"method": "POST", "url": f"{base}/Task", "referenceId": "after", "body": {"WhoId": "@{bad.id}"}},
    ]
    answers = sf.restful("composite", method="POST", json={"compositeRequest": calls, "allOrNone": True})["compositeResponse"]
    codes = [one["body"][0]["errorCode"] for one in answers]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert not org.records("Lead")
    with pytest.raises(SalesforceMalformedRequest, match="exceeds the maximum of 25"):
        sf.restful("composite", method="POST", json={"compositeRequest": calls[:1] * 26})


def test_body_that_is_not_json_is_refused(sf: Salesforce) -> None:
    status, error = refused(lambda: sf.restful("sobjects/Lead", method="POST", data="{nope"))
    assert (status, error["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_wrong_type_can_be_told_to_fail_the_whole_collection(upsert: Upsert, org: SalesforceOrg) -> None:
    org.settings.wrong_type_fails_call = True
    try:
        with pytest.raises(SalesforceMalformedRequest):
            upsert({"Leadrelay_Id__c": "A", **GOOD}, {"Leadrelay_Id__c": "B", **GOOD, "Email": 5})
    finally:
        org.settings.wrong_type_fails_call = False
    assert not org.records("Lead")


def test_composite_with_a_broken_frame_does_nothing(sf: Salesforce, org: SalesforceOrg) -> None:
    call = {"method": "POST", "url": "/services/data/v68.0/sobjects/Lead", "referenceId": "same", "body": GOOD}
    with pytest.raises(SalesforceMalformedRequest, match="referenceId"):
        sf.restful("composite", method="POST", json={"compositeRequest": [call, call]})
    assert not org.records("Lead")
    stray = {**call, "url": "/elsewhere"}
    [answer] = sf.restful("composite", method="POST", json={"compositeRequest": [stray]})["compositeResponse"]
    assert answer["httpStatusCode"] == 404
