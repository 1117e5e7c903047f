"""What the HubSpot simulator takes, refuses and quietly does not apply when records are written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_client import PortalClient

from leadrelay.sandbox.hubspot import HubSpotPortal, Rule


def row(name: str, **properties: Any) -> dict[str, Any]:
    return {"id": name, "idProperty": "leadrelay_id", "objectWriteTraceId": f"t-{name}", "properties": properties}


def inner(message: str) -> list[dict[str, Any]]:
    """The JSON inside a validation message."""
    listed: list[dict[str, Any]] = json.loads(message.partition(": ")[2])
    return listed


def made(hs: PortalClient, **properties: Any) -> str:
    answer = hs.post("/crm/objects/2026-09/contacts", {"properties": properties})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


# --- batches -----------------------------------------------------------------------------------------------------------


def test_upsert_creates_then_changes_by_the_unique_property(hs: PortalClient, portal: HubSpotPortal) -> None:
    first = hs.batch("upsert", row("L1", email="Anna@Acme.example", firstname="Anna"))
    assert first.status_code == 200
    (result,) = first.json()["results"]
    assert result["new"] is True
    assert result["objectWriteTraceId"] == "t-L1"
    assert result["properties"]["email"] == "anna@acme.example"
    second = hs.batch("upsert", row("L1", firstname="Anne"))
    assert second.json()["results"][0]["new"] is False
    assert second.json()["results"][0]["id"] == result["id"]
    assert [one.get("firstname") for one in portal.records("contacts")] == ["Anne"]


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
@pytest.mark.parametrize("name", ["contacts", "0-1"])
def test_legacy_and_dated_paths_and_type_ids_reach_the_same_records(
    hs: PortalClient, portal: HubSpotPortal, version: str, name: str
) -> None:
    assert hs.batch("create", {"properties": {"email": "a@b.example"}}, version=version, name=name).status_code == 201
    assert len(portal.records("contacts")) == 1


def test_traced_rows_are_refused_one_by_one(hs: PortalClient, portal: HubSpotPortal) -> None:
    answer = hs.batch(
        "upsert", row("L1", email="a@b.example"), row("L2", email="broken"), row("L3", email="c@b.example", nope="x")
    )
    assert answer.status_code == 207
    body = answer.json()
    assert body["numErrors"] == 2
    assert {one["context"]["objectWriteTraceId"][0] for one in body["errors"]} == {"t-L2", "t-L3"}
    assert [one.get("leadrelay_id") for one in portal.records("contacts")] == ["L1"]


@pytest.mark.parametrize("verb", ["create", "upsert"])
def test_without_trace_ids_one_bad_row_refuses_all_and_only_the_first_is_named(
    hs: PortalClient, portal: HubSpotPortal, verb: str
) -> None:
    rows = [row("L1", email="a@b.example"), row("L2", email="b@b.example", nope="x"), row("L3", email="broken")]
    answer = hs.batch(verb, *({**one, "objectWriteTraceId": None} for one in rows))
    assert answer.status_code == 400
    assert [one["error"] for one in inner(answer.json()["message"])] == ["PROPERTY_DOESNT_EXIST"]
    assert not portal.records("contacts")
    assert not portal.history


def test_one_row_without_a_trace_id_makes_the_batch_untraced(hs: PortalClient, portal: HubSpotPortal) -> None:
    untraced = {key: value for key, value in row("L2", email="broken").items() if key != "objectWriteTraceId"}
    assert hs.batch("upsert", row("L1", email="a@b.example"), untraced).status_code == 400
    assert not portal.records("contacts")


def test_a_portal_may_trace_creates_only(hs: PortalClient, portal: HubSpotPortal) -> None:
    portal.settings.traced = frozenset({"create"})
    assert hs.batch("upsert", row("L1", email="a@b.example"), row("L2", email="broken")).status_code == 400
    assert hs.batch("create", row("L1", email="a@b.example"), row("L2", email="broken")).status_code == 207


def test_a_taken_address_names_the_record_that_has_it(hs: PortalClient, portal: HubSpotPortal) -> None:
    existing = made(hs, email="info@acme.example")
    answer = hs.batch("upsert", row("L1", email="INFO@acme.example"))
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert (error["category"], error["message"]) == ("CONFLICT", f"Contact already exists. Existing ID: {existing}")
    single = hs.post("/crm/v3/objects/contacts", {"properties": {"email": "info@acme.example"}})
    assert (single.status_code, single.json()["category"]) == (409, "CONFLICT")
    assert existing in single.json()["message"]


def test_a_secondary_address_is_taken_as_well(hs: PortalClient) -> None:
    made(hs, email="a@b.example", hs_additional_emails="second@b.example")
    assert hs.post("/crm/v3/objects/contacts", {"properties": {"email": "second@b.example"}}).status_code == 409


def test_two_new_rows_with_one_address_conflict_with_each_other(hs: PortalClient, portal: HubSpotPortal) -> None:
    answer = hs.batch("upsert", row("L1", email="info@acme.example"), row("L2", email="info@acme.example"))
    assert answer.status_code == 207
    assert len(portal.records("contacts")) == 1


def test_a_taken_unique_value_is_a_validation_error(hs: PortalClient) -> None:
    hs.batch("upsert", row("L1", email="a@b.example"))
    answer = hs.post("/crm/v3/objects/contacts", {"properties": {"email": "c@b.example", "leadrelay_id": "L1"}})
    assert [one["error"] for one in inner(answer.json()["message"])] == ["CONFLICTING_UNIQUE_VALUE"]


@pytest.mark.parametrize("verb", ["read", "update", "upsert"])
def test_the_same_id_twice_refuses_the_batch(hs: PortalClient, verb: str) -> None:
    one = {"id": "L1", "idProperty": "leadrelay_id", "properties": {"email": "a@b.example"}}
    answer = hs.batch(verb, one, one, idProperty="leadrelay_id")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Duplicate IDs found in batch input: [L1]")


def test_the_same_address_in_two_spellings_is_the_same_id(hs: PortalClient) -> None:
    answer = hs.batch("read", {"id": "A@b.example"}, {"id": "a@B.example"}, idProperty="email")
    assert answer.status_code == 400


def test_an_update_of_unknown_ids_names_them_and_writes_the_others(hs: PortalClient, portal: HubSpotPortal) -> None:
    known = made(hs, email="a@b.example")
    answer = hs.batch("update", {"id": known, "properties": {"city": "Bonn"}}, {"id": "999", "properties": {"city": "Ulm"}})
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert (error["category"], error["context"]["ids"]) == ("OBJECT_NOT_FOUND", ["999"])
    record = portal.get("contacts", known)
    assert record is not None
    assert record.get("city") == "Bonn"


def test_more_than_a_hundred_inputs_are_refused(hs: PortalClient) -> None:
    assert hs.batch("create", *({"properties": {"email": f"{n}@b.example"}} for n in range(101))).status_code == 400


def test_results_come_in_another_order_than_the_inputs(hs: PortalClient) -> None:
    rows = [row(f"L{number}", email=f"{number}@b.example") for number in range(50)]
    results = hs.batch("upsert", *rows).json()["results"]
    found = [one["properties"]["leadrelay_id"] for one in results]
    assert sorted(found) == sorted(one["id"] for one in rows)
    assert found != [one["id"] for one in rows]


def test_upsert_needs_a_property_with_unique_values(hs: PortalClient) -> None:
    answer = hs.batch("upsert", {"id": "Anna", "idProperty": "firstname", "properties": {"email": "a@b.example"}})
    assert answer.status_code == 400
    assert hs.batch("upsert", {"id": "Anna", "properties": {"email": "a@b.example"}}).status_code == 400


def test_archived_records_free_their_address(hs: PortalClient, portal: HubSpotPortal) -> None:
    old = made(hs, email="a@b.example")
    assert hs.batch("archive", {"id": old}).status_code == 204
    assert made(hs, email="a@b.example") != old


# --- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"nope": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"Firstname": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"email": "broken"}, "INVALID_EMAIL"),
        ({"email": "a@b"}, "INVALID_EMAIL"),
        ({"hs_lead_status": "New"}, "INVALID_OPTION"),
        ({"hs_buying_role": "CHAMPION;NOBODY"}, "INVALID_OPTION"),
        ({"hs_object_id": "7"}, "READ_ONLY_VALUE"),
        ({"createdate": "2026-11-21T10:00:00Z"}, "READ_ONLY_VALUE"),
        ({"hs_email_optout": "true"}, "READ_ONLY_VALUE"),
        ({"subscribed": "yes"}, "INVALID_OPTION"),
        ({"score": "1,5"}, "INVALID_INTEGER"),
        ({"score": "1.000,5"}, "INVALID_INTEGER"),
        ({"score": "NaN"}, "INVALID_INTEGER"),
        ({"birthday": "1763722800000"}, "INVALID_DATE"),
        ({"birthday": "21.11.2026"}, "INVALID_DATE"),
        ({"birthday": "2026-11-21T10:00:00Z"}, "INVALID_DATE"),
        ({"closedate": "tomorrow"}, "INVALID_DATE"),
        ({"closedate": "2026-11-21T10:00:00"}, "INVALID_DATE"),
        ({"hubspot_owner_id": "1"}, "INVALID_OWNER_ID"),
        ({"message": "x" * 65_537}, "PROPERTY_VALUE_TOO_LONG"),
    ],
)
def test_values_that_are_not_valid_are_named_with_their_property(
    hs: PortalClient, portal: HubSpotPortal, properties: dict[str, str], code: str
) -> None:
    portal.add_property("contacts", {"name": "score", "type": "number"})
    portal.add_property("contacts", {"name": "birthday", "type": "date"})
    portal.add_property("contacts", {"name": "subscribed", "type": "bool"})
    answer = hs.post("/crm/objects/2026-09/contacts", {"properties": {"firstname": "A", **properties}})
    assert answer.status_code == 400
    body = answer.json()
    assert [(one["error"], one["name"]) for one in inner(body["message"])] == [(code, next(iter(properties)))]
    assert [one["code"] for one in body["errors"]] == [code]


def test_structured_errors_may_be_missing(hs: PortalClient, portal: HubSpotPortal) -> None:
    portal.settings.structured_errors = False
    answer = hs.post("/crm/v3/objects/contacts", {"properties": {"firstname": "A", "nope": "1"}})
    assert "errors" not in answer.json()
    assert inner(answer.json()["message"])[0]["name"] == "nope"


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("email", " Anna@ACME.example ", "anna@acme.example"),
        ("score", "7.50", "7.50"),
        ("score", 7, "7"),
        ("birthday", "1763683200000", "2025-11-21"),
        ("birthday", "2026-11-21", "2026-11-21"),
        ("closedate", "1763722800000", "2025-11-21T11:00:00.000Z"),
        ("closedate", "2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00.000Z"),
        ("subscribed", True, "true"),
        ("hs_buying_role", "CHAMPION;END_USER", "CHAMPION;END_USER"),
    ],
)
def test_values_are_kept_in_one_form(hs: PortalClient, portal: HubSpotPortal, name: str, given: Any, kept: str) -> None:
    portal.add_property("contacts", {"name": "score", "type": "number"})
    portal.add_property("contacts", {"name": "birthday", "type": "date"})
    portal.add_property("contacts", {"name": "subscribed", "type": "bool"})
    record = portal.get("contacts", made(hs, firstname="A", **{name: given}))
    assert record is not None
    assert record.get(name) == kept


def test_an_empty_text_clears_and_a_leading_semicolon_appends(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = made(hs, firstname="A", city="Bonn", hs_buying_role="CHAMPION")
    hs.call("PATCH", f"/crm/v3/objects/contacts/{one}", {"properties": {"city": "", "hs_buying_role": ";END_USER;CHAMPION"}})
    record = portal.get("contacts", one)
    assert record is not None
    assert (record.get("city"), record.get("hs_buying_role")) == ("", "CHAMPION;END_USER")
    hs.call("PATCH", f"/crm/v3/objects/contacts/{one}", {"properties": {"hs_buying_role": "BLOCKER"}})
    record = portal.get("contacts", one)
    assert record is not None
    assert record.get("hs_buying_role") == "BLOCKER"


def test_the_lifecycle_stage_goes_back_only_after_it_was_cleared(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = made(hs, firstname="A", lifecyclestage="opportunity")

    def after(value: str) -> str:
        assert hs.call("PATCH", f"/crm/v3/objects/contacts/{one}", {"properties": {"lifecyclestage": value}}).status_code == 200
        record = portal.get("contacts", one)
        assert record is not None
        return record.get("lifecyclestage")

    assert after("lead") == "opportunity"
    assert after("customer") == "customer"
    assert after("") == ""
    assert after("lead") == "lead"


def test_new_contacts_get_the_portals_default_stage(hs: PortalClient, portal: HubSpotPortal) -> None:
    record = portal.get("contacts", made(hs, firstname="A"))
    assert record is not None
    assert record.get("lifecyclestage") == "lead"
    assert record.get("hs_lifecyclestage_lead_date")


@pytest.mark.parametrize("name", ["contacts", "companies", "notes", "tasks", "deals"])
def test_an_empty_record_is_refused(hs: PortalClient, name: str) -> None:
    answer = hs.post(f"/crm/objects/2026-09/{name}", {"properties": {}})
    assert answer.status_code == 400
    assert answer.json()["context"]["properties"]


def test_an_archived_owner_is_refused_and_an_active_one_is_dated(hs: PortalClient, portal: HubSpotPortal) -> None:
    active, _, gone = portal.owners.all
    record = portal.get("contacts", made(hs, firstname="A", hubspot_owner_id=active.id))
    assert record is not None
    assert record.get("hubspot_owner_assigneddate")
    for wrong in (gone.id, active.user_id):
        answer = hs.post("/crm/v3/objects/contacts", {"properties": {"firstname": "A", "hubspot_owner_id": wrong}})
        assert answer.status_code == 400


# --- admin rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "status"), [("v3", 201), ("2026-03", 201), ("2026-09", 400)])
def test_conditional_rules_hold_from_2026_09_on(hs: PortalClient, portal: HubSpotPortal, version: str, status: int) -> None:
    portal.rules.append(Rule(required=("jobtitle",), when={"hs_lead_status": "NEW"}))
    rows = [{"properties": {"firstname": "A", "hs_lead_status": "NEW"}}, {"properties": {"firstname": "B"}}]
    answer = hs.batch("create", *rows, version=version)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["errors"][0]["context"]["propertyName"] == ["jobtitle"]
    assert hs.get("/crm/property-validations/2026-09/0-1").json()["results"][0]["propertyName"] == "jobtitle"


def test_a_rule_without_condition_concerns_every_write(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = made(hs, firstname="A")
    portal.rules.append(Rule(required=("jobtitle",)))
    patch = {"properties": {"city": "Bonn"}}
    assert hs.call("PATCH", f"/crm/objects/2026-09/contacts/{one}", patch).status_code == 400
    assert hs.call("PATCH", f"/crm/objects/2026-09/contacts/{one}", {"properties": {"jobtitle": "CTO"}}).status_code == 200


@pytest.mark.parametrize("version", ["v3", "2026-09"])
@pytest.mark.parametrize(
    ("kind", "argument", "code"),
    [
        ("ALPHANUMERIC", "NUMERIC_ONLY", "INVALID_NUMERIC"),
        ("MAX_LENGTH", "4", "INVALID_MAX_LENGTH"),
        ("MIN_LENGTH", "9", "INVALID_MIN_LENGTH"),
    ],
)
def test_formats_hold_on_every_version(hs: PortalClient, version: str, kind: str, argument: str, code: str) -> None:
    hs.control("rules", formats=[{"name": "zip", "kind": kind, "argument": argument}])
    answer = hs.batch("create", {"properties": {"firstname": "A", "zip": "D-5311"}}, version=version)
    assert [one["error"] for one in inner(answer.json()["message"])] == [code]
    assert hs.get("/crm/v3/property-validations/0-1/zip").json()["results"][0]["ruleType"] == kind


# --- properties --------------------------------------------------------------------------------------------------------


def test_a_property_is_described_as_the_api_does(hs: PortalClient) -> None:
    about = hs.get("/crm/properties/2026-09/0-1/hs_lead_status").json()
    assert about["options"][0] == {"label": "New", "value": "NEW", "displayOrder": 0, "hidden": False}
    assert about["modificationMetadata"]["readOnlyValue"] is False
    read_only = hs.get("/crm/v3/properties/contacts/lastmodifieddate").json()
    assert (read_only["type"], read_only["fieldType"], read_only["modificationMetadata"]["readOnlyValue"]) == (
        "datetime",
        "date",
        True,
    )
    assert hs.get("/crm/v3/properties/contacts/nope").status_code == 404


def unique(name: str) -> dict[str, Any]:
    kinds = {"type": "string", "fieldType": "text", "groupName": "contactinformation"}
    return {"name": name, "label": name, "hasUniqueValue": True, **kinds}


def test_unique_values_are_set_when_the_property_is_made_and_at_most_ten_times(hs: PortalClient) -> None:
    path = "/crm/properties/2026-09/contacts"
    for number in range(9):  # leadrelay_id is there already
        assert hs.post(path, unique(f"key_{number}")).status_code == 201
    assert hs.post(path, unique("key_9")).status_code == 400
    assert hs.post(path, unique("key_8")).status_code == 409
    assert hs.post(path, {**unique("plain"), "hasUniqueValue": False, "groupName": "nowhere"}).status_code == 400
    assert hs.post(path, {**unique("plain"), "hasUniqueValue": False}).status_code == 201
    assert hs.call("PATCH", f"{path}/plain", {"hasUniqueValue": True}).status_code == 400


def test_renaming_and_removing_a_property_leaves_the_old_name_unknown(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = made(hs, firstname="A", leadrelay_id="L1")
    hs.control("properties", rename="leadrelay_id", to="relay_key")
    record = portal.get("contacts", one)
    assert record is not None
    assert record.get("relay_key") == "L1"
    assert hs.batch("read", {"id": "L1"}, idProperty="relay_key").json()["results"][0]["id"] == one
    assert hs.post("/crm/v3/objects/contacts", {"properties": {"firstname": "B", "leadrelay_id": "L2"}}).status_code == 400
    hs.control("properties", change="hs_lead_status", to={"options": ["NEW"]})
    assert hs.post("/crm/v3/objects/contacts", {"properties": {"firstname": "B", "hs_lead_status": "OPEN"}}).status_code == 400
    assert hs.call("DELETE", "/crm/v3/properties/contacts/relay_key").status_code == 204
    assert hs.call("DELETE", "/crm/v3/properties/contacts/firstname").status_code == 400


@pytest.mark.parametrize("body", [[], {"inputs": {}}, {"inputs": []}, {"inputs": ["x"]}, {"inputs": [{"properties": []}]}, "x"])
def test_a_body_of_the_wrong_shape_is_a_400(hs: PortalClient, body: Any) -> None:
    assert hs.post("/crm/v3/objects/contacts/batch/create", body).status_code == 400
