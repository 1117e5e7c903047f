"""Tokens, scopes, limits and faults of the HubSpot simulator, seen from outside; also with the real client package."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hubspot import HubSpot
from hubspot.crm.contacts.exceptions import ApiException
from sandbox_client import HTTP, PortalClient

from leadrelay.sandbox.hubspot import HubSpotPortal
from leadrelay.sandbox.server import HubSpotServer, chosen_ports

ONE = {"id": "L1", "idProperty": "leadrelay_id", "properties": {"email": "a@b.example"}, "objectWriteTraceId": "1"}
GRANT = {
    "grant_type": "refresh_token",
    "client_id": "leadrelay",
    "client_secret": "sandbox-secret",
    "refresh_token": "sandbox-refresh-token",
}


def token(server: HubSpotServer, path: str = "/oauth/v1/token", **other: str) -> httpx.Response:
    return HTTP.post(server.url + path, data={**GRANT, **other})


# --- tokens and scopes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-09/token"])
def test_a_refresh_token_gives_a_token_that_lives_for_a_while(hubspot: HubSpotServer, path: str) -> None:
    answer = token(hubspot, path).json()
    assert (answer["token_type"], answer["expires_in"], answer["refresh_token"]) == ("bearer", 1800, GRANT["refresh_token"])
    client = PortalClient(hubspot, answer["access_token"])
    assert client.get("/crm/v3/owners").status_code == 200
    hubspot.portal.advance(1807)
    late = client.get("/crm/v3/owners")
    assert (late.status_code, late.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert late.json()["message"] == "The OAuth token used to make this call expired 7 second(s) ago."


def test_a_rotated_refresh_token_ends_the_old_one(hubspot: HubSpotServer) -> None:
    hubspot.portal.settings.rotate_refresh_token = True
    new = token(hubspot).json()["refresh_token"]
    assert new != GRANT["refresh_token"]
    assert token(hubspot).status_code == 400
    assert token(hubspot, refresh_token=new).status_code == 200


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("grant_type", "BAD_GRANT_TYPE"),
        ("client_id", "BAD_CLIENT_ID"),
        ("client_secret", "BAD_CLIENT_SECRET"),
        ("refresh_token", "BAD_REFRESH_TOKEN"),
    ],
)
def test_a_wrong_grant_is_refused(hubspot: HubSpotServer, name: str, status: str) -> None:
    answer = token(hubspot, **{name: "wrong"})
    assert (answer.status_code, answer.json()["status"]) == (400, status)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nobody", "Basic c2FuZGJveC10b2tlbg=="])
def test_a_call_without_a_good_token_is_a_401(hubspot: HubSpotServer, header: str) -> None:
    answer = HTTP.get(f"{hubspot.url}/crm/v3/owners", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert hubspot.portal.limits.used == 0


def test_an_app_that_was_taken_away_gets_nothing(hubspot: HubSpotServer, hs: PortalClient) -> None:
    hs.control("actions", action="revoke")
    assert hs.get("/crm/v3/owners").status_code == 401
    assert token(hubspot).status_code == 400
    hs.control("actions", action="revoke", revoked=False)
    assert hs.get("/crm/v3/owners").status_code == 200


@pytest.mark.parametrize(
    ("missing", "method", "path"),
    [
        ("crm.objects.contacts.read", "GET", "/crm/v3/objects/contacts"),
        ("crm.objects.contacts.write", "POST", "/crm/v3/objects/contacts/batch/upsert"),
        ("crm.objects.companies.write", "POST", "/crm/v3/objects/companies"),
        ("crm.schemas.contacts.write", "POST", "/crm/v3/properties/contacts"),
        ("crm.objects.owners.read", "GET", "/crm/v3/owners"),
        ("crm.lists.write", "PUT", "/crm/v3/lists/7/memberships/add"),
    ],
)
def test_missing_scopes_are_a_403_that_names_them(hs: PortalClient, missing: str, method: str, path: str) -> None:
    scopes = hs.control("settings")["scopes"]
    hs.control("settings", scopes=[one for one in scopes if one != missing])
    answer = hs.call(method, path, None if method == "GET" else {"inputs": [ONE]})
    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")
    assert missing in answer.json()["errors"][0]["context"]["requiredGranularScopes"]


def test_tokens_tell_what_they_are_for(hubspot: HubSpotServer, hs: PortalClient) -> None:
    text = token(hubspot).json()["access_token"]

    def introspected() -> dict[str, Any]:
        asked = {**GRANT, "token": text, "token_type_hint": "access_token"}
        return dict(HTTP.post(f"{hubspot.url}/oauth/v3/token/introspect", data=asked).json())

    assert introspected()["hub_id"] == hubspot.portal.settings.portal_id
    hubspot.portal.advance(1801)
    assert introspected() == {"active": False}
    told = hs.post("/oauth/v2/private-apps/get/access-token-info", {"tokenKey": "sandbox-token"}).json()
    assert (told["hubId"], told["appId"]) == (hubspot.portal.settings.portal_id, hubspot.portal.settings.app_id)
    assert hs.post("/oauth/v2/private-apps/get/access-token-info", {"tokenKey": "other"}).status_code == 404


# --- limits ------------------------------------------------------------------------------------------------------------


def test_the_burst_window_rolls(hs: PortalClient, portal: HubSpotPortal) -> None:
    portal.settings.burst_limit = 4
    left = []
    for seconds in (0, 3, 3, 3):
        portal.advance(seconds)
        left.append(hs.get("/crm/v3/owners").headers["x-hubspot-ratelimit-remaining"])
    assert left == ["3", "2", "1", "0"]
    refused = hs.get("/crm/v3/owners")
    assert refused.status_code == 429
    body = refused.json()
    assert (body["policyName"], body["errorType"], "category" in body) == ("TEN_SECONDLY_ROLLING", "RATE_LIMIT", False)
    assert "retry-after" not in refused.headers
    portal.advance(1.5)  # ten seconds after the first call, not after the last one
    assert hs.get("/crm/v3/owners").status_code == 200
    assert hs.get("/crm/v3/owners").status_code == 429


def test_the_headers_tell_window_and_day(hubspot: HubSpotServer, hs: PortalClient) -> None:
    said = {name: value for name, value in hs.get("/crm/v3/owners").headers.items() if name.startswith("x-hubspot")}
    assert said == {
        "x-hubspot-ratelimit-max": "100",
        "x-hubspot-ratelimit-remaining": "99",
        "x-hubspot-ratelimit-interval-milliseconds": "10000",
        "x-hubspot-ratelimit-daily": "250000",
        "x-hubspot-ratelimit-daily-remaining": "249999",
    }
    by_oauth = PortalClient(hubspot, token(hubspot).json()["access_token"]).get("/crm/v3/owners")
    assert "x-hubspot-ratelimit-max" in by_oauth.headers
    assert "x-hubspot-ratelimit-daily" not in by_oauth.headers
    hubspot.portal.settings.rate_headers = False
    assert "x-hubspot-ratelimit-max" not in hs.get("/crm/v3/owners").headers


def test_the_day_ends_at_midnight_of_the_account(hs: PortalClient, portal: HubSpotPortal) -> None:
    hs.control("actions", action="set_usage", used=portal.settings.daily_limit)
    refused = hs.get("/crm/v3/owners")
    assert (refused.status_code, refused.json()["policyName"]) == (429, "DAILY")
    assert refused.json()["message"] == "You have reached your daily limit."
    portal.advance(24 * 3600)
    assert hs.get("/crm/v3/owners").status_code == 200


# --- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "unavailable"}, 503, {"category": "SERVICE_UNAVAILABLE"}),
        ({"kind": "unknown_exception"}, 500, {"category": "INTERNAL_ERROR"}),
        ({"kind": "locked"}, 423, {"category": "LOCKED"}),
        ({"kind": "too_many_requests"}, 429, {"policyName": "TEN_SECONDLY_ROLLING"}),
        ({"kind": "too_many_requests", "code": "DAILY"}, 429, {"policyName": "DAILY"}),
        ({"kind": "too_many_requests", "code": "SECONDLY"}, 429, {"policyName": "SECONDLY"}),
    ],
)
def test_faults_refuse_once_and_do_nothing(
    hubspot: HubSpotServer, hs: PortalClient, fault: dict[str, Any], status: int, body: dict[str, str]
) -> None:
    hubspot.faults.add(fault)
    answer = hs.batch("upsert", ONE)
    assert answer.status_code == status
    assert body.items() <= answer.json().items()
    assert not hubspot.portal.records("contacts")
    assert hs.batch("upsert", ONE).status_code == 200


@pytest.mark.parametrize("status", [502, 504, 521, 523, 524])
def test_error_pages_are_html(hubspot: HubSpotServer, hs: PortalClient, status: int) -> None:
    hubspot.faults.add({"kind": "html", "status": status})
    answer = hs.batch("upsert", ONE)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, "text/html")


def test_a_migration_says_how_long(hubspot: HubSpotServer, hs: PortalClient) -> None:
    hubspot.faults.add({"kind": "migrating", "retry_after": 86400})
    answer = hs.batch("upsert", ONE)
    assert (answer.status_code, answer.headers["retry-after"]) == (477, "86400")


def test_a_wait_is_told_only_where_asked_for(hubspot: HubSpotServer, hs: PortalClient) -> None:
    hubspot.faults.add({"kind": "too_many_requests", "retry_after": 3})
    assert hs.get("/crm/v3/owners").headers["retry-after"] == "3"
    hubspot.portal.settings.retry_after = True
    hubspot.faults.add({"kind": "too_many_requests"})
    assert hs.get("/crm/v3/owners").headers["retry-after"] == "10"


def test_a_cut_after_the_write_leaves_the_record_and_sales_may_be_quicker(hubspot: HubSpotServer, hs: PortalClient) -> None:
    hubspot.faults.add({"kind": "cut_after_write", "then_edit": {"hs_lead_status": "CONNECTED"}})
    with pytest.raises(httpx.TransportError):
        hs.batch("upsert", ONE)
    (record,) = hubspot.portal.records("contacts")
    assert record.get("hs_lead_status") == "CONNECTED"
    assert hs.batch("upsert", ONE).json()["results"][0]["new"] is False


def test_sales_can_not_edit_what_the_cut_call_archived(hubspot: HubSpotServer, hs: PortalClient) -> None:
    (one,) = hubspot.portal.seed("contacts", [{"email": "a@b.example"}])
    hubspot.faults.add({"kind": "cut_after_write", "then_edit": {"city": "Bonn"}})
    with pytest.raises(httpx.TransportError):
        hs.batch("archive", {"id": one})
    assert not hubspot.portal.records("contacts")


def test_a_cut_after_write_does_not_strike_reads_by_post(hubspot: HubSpotServer, hs: PortalClient) -> None:
    hubspot.faults.add({"kind": "cut_after_write"})
    assert hs.batch("read", {"id": "1"}).status_code == 207
    assert hs.post("/crm/v3/objects/contacts/search", {}).status_code == 200


@pytest.mark.parametrize("kind", ["cut_before", "truncate"])
def test_broken_connections(hubspot: HubSpotServer, hs: PortalClient, kind: str) -> None:
    hubspot.faults.add({"kind": kind})
    with pytest.raises(httpx.TransportError):
        hs.batch("upsert", ONE)
    assert len(hubspot.portal.records("contacts")) == (kind == "truncate")


def test_tokens_expire_on_command_but_not_the_static_one(hubspot: HubSpotServer, hs: PortalClient) -> None:
    client = PortalClient(hubspot, token(hubspot).json()["access_token"])
    hubspot.faults.add({"kind": "expire_tokens"})
    assert client.get("/crm/v3/owners").status_code == 401
    assert hs.get("/crm/v3/owners").status_code == 200


@pytest.mark.parametrize(
    ("fault", "category", "names"),
    [
        ({}, "VALIDATION_ERROR", []),
        ({"code": "CONFLICT", "message": "Contact already exists. Existing ID: 7"}, "CONFLICT", []),
        ({"code": "INVALID_OPTION", "name": "city", "message": "no such city"}, "VALIDATION_ERROR", ["city"]),
    ],
)
def test_single_records_can_be_struck(
    hubspot: HubSpotServer, hs: PortalClient, fault: dict[str, Any], category: str, names: list[str]
) -> None:
    hubspot.faults.add({"kind": "record_error", "match": {"email": "b@b.example"}, **fault})
    other = {**ONE, "id": "L2", "properties": {"email": "b@b.example"}, "objectWriteTraceId": "2"}
    answer = hs.batch("upsert", ONE, other)
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert (error["category"], error["context"]["objectWriteTraceId"]) == (category, ["2"])
    assert [one["context"]["propertyName"][0] for one in error.get("errors", [])] == names
    assert [one.get("leadrelay_id") for one in hubspot.portal.records("contacts")] == ["L1"]


def test_a_share_of_calls_is_refused_repeatably(hubspot: HubSpotServer, hs: PortalClient) -> None:
    def statuses() -> list[int]:
        hs.control("faults", clear=True, seed=3, faults=[{"kind": "too_many_requests", "rate": 0.3}])
        return [hs.get("/crm/v3/owners").status_code for _ in range(20)]

    first = statuses()
    assert 0 < first.count(429) < 20
    assert statuses() == first


# --- control and running -----------------------------------------------------------------------------------------------


def test_the_state_counts_calls_by_kind_and_dumps_records(hubspot: HubSpotServer, hs: PortalClient) -> None:
    hs.batch("upsert", ONE)
    hs.batch("read", {"id": "a@b.example"}, idProperty="email", version="v3")
    hs.get("/crm/v3/objects/contacts/51000000")
    state = HTTP.get(f"{hubspot.url}/sandbox/state", params={"history": "1"}).json()
    counters = state["counters"]
    assert counters["POST objects/contacts/batch/upsert"] == counters["POST objects/contacts/batch/read"] == 1
    assert counters["GET objects/contacts/{id}"] == counters["refused 404"] == 1
    assert counters["calls"] == 3
    assert state["records"]["contacts"][0]["properties"]["leadrelay_id"] == "L1"
    assert [(one["kind"], one["by"]) for one in state["history"]] == [("create", "api")]
    hs.control("reset")
    assert not hubspot.portal.records("contacts")


@pytest.mark.parametrize(
    ("order", "body"),
    [
        ("actions", {"action": "dance"}),
        ("actions", {"action": "edit", "where": {"email": "nobody@b.example"}, "properties": {}}),
        ("settings", {"colour": "red"}),
        ("faults", {"kind": "earthquake"}),
        ("properties", {"add": {"name": "Bad Name", "label": "x"}}),
        ("records", {"object": "unicorns", "records": []}),
    ],
)
def test_a_wrong_order_is_answered_with_a_sentence(hubspot: HubSpotServer, order: str, body: dict[str, Any]) -> None:
    answer = HTTP.post(f"{hubspot.url}/sandbox/{order}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_simulator_runs_as_a_process_of_its_own() -> None:
    with HubSpotServer(mode="process") as server:
        client = PortalClient(server)
        assert client.batch("upsert", ONE).status_code == 200
        assert client.control("clock", advance=60)["now"]


def test_both_simulators_run_in_one_process_each_under_its_port() -> None:
    command = [sys.executable, "-m", "leadrelay.sandbox", "--until-input-ends"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        addresses = json.loads(process.stdout.readline())
        assert sorted(addresses) == ["hubspot", "salesforce"]
        assert "portal_id" in HTTP.get(f"{addresses['hubspot']}/sandbox/state").json()
        assert "organization_id" in HTTP.get(f"{addresses['salesforce']}/sandbox/state").json()
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_ports_follow_the_first_one() -> None:
    assert chosen_ports(8181) == {"salesforce": 8181, "hubspot": 8182}
    assert chosen_ports(0) == {"salesforce": 0, "hubspot": 0}
    assert chosen_ports(9000, "hubspot") == {"hubspot": 9000}


# --- the real client package -------------------------------------------------------------------------------------------


@contextmanager
def speaking(server: HubSpotServer) -> Iterator[HubSpot]:
    yield HubSpot(access_token="sandbox-token", host=server.url)


def test_the_real_client_writes_reads_and_searches(hubspot: HubSpotServer) -> None:
    with speaking(hubspot) as client:
        batch_api = client.crm.contacts.batch_api
        made = batch_api.upsert({"inputs": [ONE]})
        assert made.results[0].new is True
        read = batch_api.read({"inputs": [{"id": "A@b.example"}], "idProperty": "email", "properties": ["leadrelay_id"]})
        assert read.results[0].properties["leadrelay_id"] == "L1"
        hubspot.portal.advance(5)
        filters = [{"propertyName": "email", "operator": "EQ", "value": "a@b.example"}]
        found = client.crm.contacts.search_api.do_search({"filterGroups": [{"filters": filters}], "sorts": [], "after": "0"})
        assert (found.total, found.results[0].id) == (1, made.results[0].id)
        assert client.crm.owners.owners_api.get_page().results[0].email == "admin@sandbox.example"
        names = {one.name for one in client.crm.properties.core_api.get_all("contacts").results}
        assert {"email", "leadrelay_id"} <= names


def test_the_real_client_sees_rows_and_refusals_apart(hubspot: HubSpotServer) -> None:
    with speaking(hubspot) as client:
        bad = {**ONE, "id": "L2", "objectWriteTraceId": "2", "properties": {"email": "broken"}}
        parsed, status, _ = client.crm.contacts.batch_api.upsert_with_http_info(
            {"inputs": [ONE, bad]}, _return_http_data_only=False
        )
        assert (status, parsed.num_errors, parsed.errors[0].context) == (207, 1, {"objectWriteTraceId": ["2"]})
        with pytest.raises(ApiException) as refused:
            client.crm.contacts.basic_api.create({"properties": {"email": "a@b.example"}, "associations": []})
        assert refused.value.status == 409
        assert "Existing ID: " in refused.value.body
        company = hubspot.portal.seed("companies", [{"name": "Acme"}])[0]
        contact = parsed.results[0].id
        linked = client.crm.associations.v4.basic_api.create_default("contacts", contact, "companies", company)
        assert {one.association_spec.association_type_id for one in linked.results} == {279, 280}


def test_a_thousand_rows_of_ten_calls_are_all_there_with_their_own_values(hubspot: HubSpotServer, hs: PortalClient) -> None:
    rows = [[{**ONE, "id": f"{n}-{i}", "objectWriteTraceId": str(i)} for i in range(100)] for n in range(10)]
    for number, inputs in enumerate(rows):
        for place, one in enumerate(inputs):
            one["properties"] = {"email": f"{number}-{place}@b.example", "firstname": "Anna", "lastname": "Weber", "city": "Bonn"}
    for inputs in rows:
        answer = hs.batch("upsert", *inputs)
        assert answer.status_code == 200
        assert {(one["objectWriteTraceId"], one["properties"]["email"]) for one in answer.json()["results"]} == {
            (one["objectWriteTraceId"], one["properties"]["email"]) for one in inputs
        }
