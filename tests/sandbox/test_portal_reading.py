"""Reading from the HubSpot simulator: batches, merged and archived records, search with its lag, owners, the account."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_client import PortalClient

from leadrelay.sandbox.hubspot import HubSpotPortal

SEARCH = "/crm/objects/2026-09/contacts/search"


def contact(portal: HubSpotPortal, **properties: str) -> str:
    return portal.seed("contacts", [properties])[0]


def search(hs: PortalClient, *filters: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = hs.post(SEARCH, {"filterGroups": [{"filters": list(filters)}], "sorts": [], "limit": 200, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# --- batch reads -------------------------------------------------------------------------------------------------------


def test_asked_properties_come_empty_ones_as_null_unknown_ones_not_at_all(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = contact(portal, email="a@b.example", firstname="Anna", city="Bonn")
    (record,) = hs.batch("read", {"id": one}, properties=["firstname", "phone", "nope"]).json()["results"]
    assert record["properties"] == {
        "firstname": "Anna",
        "phone": None,
        "createdate": record["createdAt"],
        "hs_object_id": one,
        "lastmodifieddate": record["updatedAt"],
    }
    assert record["archived"] is False


@pytest.mark.parametrize("address", ["first@b.example", "SECOND@b.example", "third@b.example"])
def test_contacts_are_found_by_any_of_their_addresses(hs: PortalClient, portal: HubSpotPortal, address: str) -> None:
    one = contact(portal, email="first@b.example", hs_additional_emails="second@b.example;third@b.example")
    answer = hs.batch("read", {"id": address}, idProperty="email", properties=["email"])
    assert answer.status_code == 200
    assert answer.json()["results"][0]["id"] == one


def test_unknown_ids_are_named_beside_those_found(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = contact(portal, email="a@b.example")
    answer = hs.batch("read", {"id": "a@b.example"}, {"id": "Nobody@b.example"}, idProperty="email")
    assert answer.status_code == 207
    assert [record["id"] for record in answer.json()["results"]] == [one]
    assert answer.json()["errors"][0]["context"]["ids"] == ["Nobody@b.example"]


def test_a_property_without_unique_values_names_no_records(hs: PortalClient) -> None:
    assert hs.batch("read", {"id": "Anna"}, idProperty="firstname").status_code == 400


def test_archived_records_are_read_only_when_asked_for(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = contact(portal, email="a@b.example", leadrelay_id="L1")
    hs.control("actions", action="delete", id=one)
    assert hs.batch("read", {"id": one}).json()["results"] == []
    (record,) = hs.batch("read", {"id": one}, archived=True).json()["results"]
    assert (record["archived"], record["id"]) == (True, one)
    assert record["archivedAt"]
    assert hs.batch("read", {"id": "L1"}, idProperty="leadrelay_id", archived=True).json()["results"][0]["id"] == one
    assert hs.get(f"/crm/v3/objects/contacts/{one}").status_code == 404
    assert hs.get(f"/crm/v3/objects/contacts/{one}", archived="true").status_code == 200


def test_a_merged_id_answers_with_the_survivor(hs: PortalClient, portal: HubSpotPortal) -> None:
    winner = contact(portal, email="a@b.example", firstname="Anna")
    loser = contact(portal, email="b@b.example", firstname="Anne", phone="1", leadrelay_id="L2")
    hs.control("actions", action="merge", winner=winner, loser=loser)
    wanted = ["email", "hs_merged_object_ids", "hs_additional_emails", "phone", "firstname"]
    (record,) = hs.batch("read", {"id": loser}, properties=wanted).json()["results"]
    assert record["id"] == winner
    assert record["properties"]["hs_merged_object_ids"] == loser
    assert record["properties"]["hs_additional_emails"] == "b@b.example"
    assert (record["properties"]["phone"], record["properties"]["firstname"]) == ("1", "Anna")
    assert hs.batch("read", {"id": "b@b.example"}, idProperty="email").json()["results"][0]["id"] == winner
    assert len(hs.batch("read", {"id": loser}, {"id": winner}).json()["results"]) == 1
    changed = hs.batch("update", {"id": loser, "properties": {"city": "Bonn"}}).json()["results"]
    assert [one["id"] for one in changed] == [winner]


def test_a_merge_may_make_a_new_record(hs: PortalClient, portal: HubSpotPortal) -> None:
    portal.settings.merge_makes_new_record = True
    winner, loser = contact(portal, email="a@b.example"), contact(portal, email="b@b.example")
    new = hs.post("/crm/v3/objects/contacts/merge", {"primaryObjectId": winner, "objectIdToMerge": loser}).json()["id"]
    assert new not in (winner, loser)
    for old in (winner, loser):
        (record,) = hs.batch("read", {"id": old}, properties=["hs_merged_object_ids"]).json()["results"]
        assert (record["id"], record["properties"]["hs_merged_object_ids"]) == (new, f"{winner};{loser}")


def test_history_says_who_wrote_what(hs: PortalClient, portal: HubSpotPortal) -> None:
    hs.batch("create", {"properties": {"email": "a@b.example", "city": "Bonn"}})
    hs.control("actions", action="edit", where={"email": "a@b.example"}, properties={"city": "Ulm"})
    body = {"idProperty": "email", "propertiesWithHistory": ["city"], "properties": ["hs_updated_by_user_id"]}
    (record,) = hs.batch("read", {"id": "a@b.example"}, **body).json()["results"]
    versions = record["propertiesWithHistory"]["city"]
    assert [(one["value"], one["sourceType"]) for one in versions] == [("Ulm", "CRM_UI"), ("Bonn", "INTEGRATION")]
    assert versions[0]["updatedByUserId"] == int(portal.sales_user_id)
    assert versions[1]["sourceId"] == str(portal.settings.app_id)
    assert record["properties"]["hs_updated_by_user_id"] == portal.sales_user_id


def test_lists_of_records_come_in_pages(hs: PortalClient, portal: HubSpotPortal) -> None:
    ids = portal.seed("contacts", [{"email": f"{number}@b.example"} for number in range(7)])
    found, after = [], "0"
    while after:
        page = hs.get("/crm/objects/2026-09/contacts", limit=3, after=after).json()
        found += [one["id"] for one in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after", "")
    assert found == ids


# --- search ------------------------------------------------------------------------------------------------------------


def test_search_sees_a_write_only_after_the_index_has_caught_up(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = contact(portal, email="a@b.example", city="Bonn")
    bonn = {"propertyName": "city", "operator": "EQ", "value": "bonn"}
    assert search(hs, bonn)["total"] == 0
    portal.advance(5)
    assert search(hs, bonn)["total"] == 1
    portal.edit("contacts", one, {"city": "Ulm"})
    assert search(hs, bonn)["total"] == 1
    portal.advance(5)
    assert search(hs, bonn)["total"] == 0


def test_a_deleted_record_stays_in_the_index_for_a_moment(hs: PortalClient, portal: HubSpotPortal) -> None:
    one = contact(portal, email="a@b.example")
    portal.advance(5)
    hs.control("actions", action="delete", id=one)
    everybody = {"propertyName": "email", "operator": "HAS_PROPERTY"}
    assert search(hs, everybody)["total"] == 1
    portal.advance(5)
    assert search(hs, everybody)["total"] == 0


@pytest.mark.parametrize(
    ("operator", "more", "found"),
    [
        ("EQ", {"value": "20"}, {"b"}),
        ("NEQ", {"value": "20"}, {"a", "c", "d"}),
        ("LT", {"value": "20"}, {"a"}),
        ("GTE", {"value": "20"}, {"b", "c"}),
        ("BETWEEN", {"value": "5", "highValue": "20"}, {"a", "b"}),
        ("IN", {"values": ["9", "100"]}, {"a", "c"}),
        ("NOT_IN", {"values": ["9", "100"]}, {"b"}),
        ("HAS_PROPERTY", {}, {"a", "b", "c"}),
        ("NOT_HAS_PROPERTY", {}, {"d"}),
    ],
)
def test_filters(hs: PortalClient, portal: HubSpotPortal, operator: str, more: dict[str, Any], found: set[str]) -> None:
    portal.settings.index_lag_for = 0
    portal.add_property("contacts", {"name": "score", "type": "number"})
    portal.seed(
        "contacts", [{"firstname": one, "score": value} for one, value in zip("abcd", ("9", "20", "100", ""), strict=True)]
    )
    answer = search(hs, {"propertyName": "score", "operator": operator, **more}, properties=["firstname"])
    assert {one["properties"]["firstname"] for one in answer["results"]} == found


def test_changes_since_an_instant_come_in_order_and_in_pages(hs: PortalClient, portal: HubSpotPortal) -> None:
    portal.settings.index_lag_for = 0
    portal.settings.search_limit = 100
    ids = []
    for number in range(5):
        ids += portal.seed("contacts", [{"email": f"{number}@b.example"}])
        portal.advance(1)
    since = portal.get("contacts", ids[1])
    assert since is not None
    wanted = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(int(since.updated_at.timestamp() * 1000))}
    sorts = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
    first = search(hs, wanted, sorts=sorts, limit=3)
    rest = search(hs, wanted, sorts=sorts, limit=3, after=first["paging"]["next"]["after"])
    assert [one["id"] for one in first["results"] + rest["results"]] == ids[1:]
    assert "paging" not in rest
    falling = search(hs, wanted, sorts=["-lastmodifieddate"])
    assert [one["id"] for one in falling["results"]] == ids[:0:-1]


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "EQ", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "SOUNDS_LIKE", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "EQ"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "HAS_PROPERTY"}] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "HAS_PROPERTY"}]}] * 6},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "HAS_PROPERTY"}] * 4}] * 5},
        {"limit": 201},
        {"after": "9900", "limit": 200},
        {"query": "x" * 3_000},
        {"sorts": ["city", "zip"]},
        {"filterGroups": [{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "yesterday"}]}]},
    ],
)
def test_searches_beyond_the_limits_are_refused(hs: PortalClient, body: dict[str, Any]) -> None:
    assert hs.post(SEARCH, body).status_code == 400


def test_five_searches_a_second_and_no_headers(hs: PortalClient, portal: HubSpotPortal) -> None:
    assert portal.settings.search_for == 1
    portal.settings.search_for = 60  # so that a loaded machine asks within it as well
    answers = [hs.post(SEARCH, {"limit": 1}) for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[-1].json()["policyName"] == "SECONDLY"
    assert not [name for name in answers[0].headers if name.startswith("x-hubspot-ratelimit")]
    portal.advance(61)
    assert hs.post(SEARCH, {"limit": 1}).status_code == 200


# --- owners and the account --------------------------------------------------------------------------------------------


def test_owners_have_an_id_beside_the_users_and_stay_when_they_leave(hs: PortalClient, portal: HubSpotPortal) -> None:
    active = hs.get("/crm/v3/owners", limit=1).json()
    (first,) = active["results"]
    assert first["id"] != str(first["userId"])
    rest = hs.get("/crm/owners/2026-09/", after=active["paging"]["next"]["after"]).json()["results"]
    assert [one["email"] for one in rest] == ["sally@sandbox.example"]
    (gone,) = hs.get("/crm/owners/2026-09", archived="true").json()["results"]
    assert (gone["archived"], gone["userId"]) == (True, None)
    by_mail = hs.get("/crm/v3/owners", email="Sally@sandbox.example").json()["results"]
    assert [one["id"] for one in by_mail] == [portal.owners.all[1].id]
    assert hs.get(f"/crm/v3/owners/{first['userId']}", idProperty="userId").json()["id"] == first["id"]
    assert hs.get(f"/crm/v3/owners/{gone['id']}").status_code == 404


def test_the_account_tells_its_portal_and_its_day(hs: PortalClient, portal: HubSpotPortal) -> None:
    for path in ("/account-info/v3/details", "/account-info/2026-09/details"):
        assert hs.get(path).json()["portalId"] == portal.settings.portal_id
    assert hs.get("/integrations/v1/me").json()["portalId"] == portal.settings.portal_id
    (usage,) = hs.get("/account-info/v3/api-usage/daily/private-apps").json()["results"]
    assert (usage["usageLimit"], usage["currentUsage"]) == (250_000, 4)


@pytest.mark.parametrize(
    "path", ["/", "/crm", "/crm/v3/nothing", "/crm/objects/1999-01/contacts", "/crm/v4/owners", "/crm/v3/objects/unicorns"]
)
def test_what_is_not_there_is_a_404(hs: PortalClient, path: str) -> None:
    assert hs.get(path).status_code == 404
