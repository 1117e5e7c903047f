"""Faults, limits and the control API, seen from outside over sockets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import requests
from sandbox_client import GOOD, HTTP, client_of, refused
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceGeneralError

from leadrelay.sandbox.salesforce import SalesforceOrg
from leadrelay.sandbox.server import SandboxServer

Upsert = Callable[..., list[dict[str, Any]]]
ONE = {"Leadrelay_Id__c": "L1", **GOOD}


def control(server: SandboxServer, name: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = HTTP.post(f"{server.url}/sandbox/{name}", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_cut_before_the_work_leaves_nothing(server: SandboxServer, upsert: Upsert) -> None:
    server.faults.add({"kind": "cut_before"})
    with pytest.raises(requests.exceptions.ConnectionError):
        upsert(ONE)
    assert not server.org.records("Lead")
    assert upsert(ONE)[0]["created"]


def test_cut_after_the_write_leaves_the_record_and_no_answer(server: SandboxServer, upsert: Upsert) -> None:
    server.faults.add({"kind": "cut_after_write"})
    with pytest.raises(requests.exceptions.ConnectionError):
        upsert(ONE)
    assert len(server.org.records("Lead")) == 1
    assert not upsert(ONE)[0]["created"]


def test_cut_after_write_does_not_strike_reads_or_retrieves(server: SandboxServer, sf: Salesforce) -> None:
    server.faults.add({"kind": "cut_after_write"})
    sf.query("SELECT COUNT() FROM Lead")
    sf.restful("composite/sobjects/Lead", method="POST", json={"ids": [], "fields": ["Id"]})
    assert server.faults.listed()[0]["struck"] == 0


def test_cut_after_write_waits_for_a_call_that_was_accepted(server: SandboxServer, sf: Salesforce, upsert: Upsert) -> None:
    server.org.accounts.expire_all()
    server.faults.add({"kind": "cut_after_write"})
    with pytest.raises(requests.exceptions.ConnectionError):
        upsert(ONE)  # the client's first try meets a 401, its second is cut
    assert len(server.org.records("Lead")) == 1


def test_sales_may_edit_right_after_the_cut_so_that_a_careless_repeat_is_caught(server: SandboxServer, upsert: Upsert) -> None:
    server.faults.add({"kind": "cut_after_write", "then_edit": {"Status": "Working"}})
    with pytest.raises(requests.exceptions.ConnectionError):
        upsert({**ONE, "Status": "Nurturing"})
    assert [(entry["by"], entry["fields"].get("Status")) for entry in server.org.history] == [
        ("api", "Nurturing"),
        ("sales", "Working"),
    ]
    upsert({**ONE, "Status": "Nurturing"})
    assert server.org.history[-1]["fields"]["Status"] == "Nurturing"  # what a test looks for


def test_truncated_answer_breaks_off_in_the_middle(server: SandboxServer, upsert: Upsert) -> None:
    server.faults.add({"kind": "truncate"})
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        upsert(ONE)
    assert len(server.org.records("Lead")) == 1


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("unavailable", 503, "SERVER_UNAVAILABLE"),
        ("unknown_exception", 500, "UNKNOWN_EXCEPTION"),
        ("too_many_requests", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("concurrent_requests", 403, "REQUEST_LIMIT_EXCEEDED"),
    ],
)
def test_refused_call_writes_nothing_and_the_next_one_works(
    server: SandboxServer, upsert: Upsert, kind: str, status: int, code: str
) -> None:
    server.faults.add({"kind": kind})
    got, error = refused(lambda: upsert(ONE))
    assert (got, error["errorCode"]) == (status, code)
    assert not server.org.records("Lead")
    assert upsert(ONE)[0]["created"]


def test_maintenance_page_is_html(server: SandboxServer, upsert: Upsert) -> None:
    server.faults.add({"kind": "html"})
    with pytest.raises(SalesforceGeneralError) as caught:
        upsert(ONE)
    assert caught.value.status == 503
    assert str(caught.value.content).startswith("<html>")


def test_expired_tokens_are_refused_before_the_work(server: SandboxServer, sf: Salesforce, upsert: Upsert) -> None:
    server.faults.add({"kind": "expire_tokens"})
    assert upsert(ONE)[0]["created"]  # the real client logs in again by itself
    assert server.org.counters["logins"] == 2


def test_login_can_fail_too(server: SandboxServer) -> None:
    server.faults.add({"kind": "cut_before", "on": "login"})
    with pytest.raises(requests.exceptions.ConnectionError):
        client_of(server)


def test_one_record_of_a_batch_is_locked(server: SandboxServer, upsert: Upsert) -> None:
    ids = [one["id"] for one in upsert(*({"Leadrelay_Id__c": str(number), **GOOD} for number in range(3)))]
    server.faults.add({"kind": "record_error", "index": 1})
    results = upsert(*({"Leadrelay_Id__c": str(number), "Title": "CEO"} for number in range(3)))
    assert [one["success"] for one in results] == [True, False, True]
    text = f"unable to obtain exclusive access to this record or 1 records: {ids[1]}"
    assert results[1]["errors"] == [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": text, "fields": []}]


def test_record_error_can_name_a_record_by_its_values(server: SandboxServer, upsert: Upsert) -> None:
    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    server.faults.add({"kind": "record_error", "match": {"Leadrelay_Id__c": "b"}, "code": code, "times": None})
    for _ in range(2):
        results = upsert({"Leadrelay_Id__c": "a", **GOOD}, {"Leadrelay_Id__c": "b", **GOOD})
        assert [one["success"] for one in results] == [True, False]
        assert results[1]["errors"][0]["statusCode"] == code


def test_slow_answer_takes_its_time(server: SandboxServer, upsert: Upsert) -> None:
    server.faults.add({"kind": "slow", "seconds": 0.3})
    begin = time.monotonic()
    upsert(ONE)
    assert time.monotonic() - begin >= 0.3


def test_long_calls_take_the_concurrent_places(server: SandboxServer, upsert: Upsert) -> None:
    settings = server.org.settings
    settings.concurrent_limit, settings.concurrent_after = 0, 0.0
    try:
        server.faults.add({"kind": "slow", "seconds": 0.01})
        status, error = refused(lambda: upsert(ONE))
    finally:
        settings.concurrent_limit, settings.concurrent_after = 25, 20.0
    expected = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    assert (status, error["errorCode"], error["message"]) == (403, "REQUEST_LIMIT_EXCEEDED", expected)


def test_outage_window_follows_the_orgs_clock(server: SandboxServer, upsert: Upsert) -> None:
    begin = server.org.now() + timedelta(hours=1)
    server.faults.add({"kind": "unavailable", "after": begin.isoformat(), "until": (begin + timedelta(hours=1)).isoformat()})
    upsert(ONE)
    server.org.advance(3700)
    for _ in range(3):
        assert refused(lambda: upsert(ONE))[0] == 503
    server.org.advance(3600)
    client = client_of(server)  # the first one's token has aged
    client.query("SELECT COUNT() FROM Lead")


def test_random_faults_repeat_with_their_seed(server: SandboxServer, upsert: Upsert) -> None:
    def struck() -> list[bool]:
        server.faults.clear()
        server.faults.seed(7)
        server.faults.add({"kind": "unavailable", "rate": 0.4})
        outcome = []
        for _ in range(20):
            try:
                upsert(ONE)
                outcome.append(False)
            except SalesforceGeneralError:
                outcome.append(True)
        return outcome

    first = struck()
    assert first == struck()
    assert 2 <= sum(first) <= 14


def test_daily_limit_frees_itself_in_a_rolling_day(server: SandboxServer, sf: Salesforce, org: SalesforceOrg) -> None:
    org.settings.daily_limit = 10
    org.settings.token_life_for = 200_000.0
    try:
        client = client_of(server)
        org.limits.set_used(9)
        org.advance(3600)
        client.limits()
        assert client.api_usage["api-usage"] == (10, 10)
        for _ in range(2):
            status, error = refused(client.limits)
            assert (status, error["message"]) == (403, "TotalRequests Limit exceeded.")
        org.advance(23 * 3600)
        assert client.limits()["DailyApiRequests"] == {"Max": 10, "Remaining": 8}
    finally:
        org.settings.daily_limit, org.settings.token_life_for = 100_000, 7200.0


# --- the control API ---------------------------------------------------------------------------------------------------


def test_control_seeds_acts_and_shows(server: SandboxServer, sf: Salesforce) -> None:
    ids = control(server, "records", {"object": "Lead", "records": [{**ONE, "CreatedDate": "2020-01-01T00:00:00Z"}, GOOD]})["ids"]
    control(server, "actions", {"action": "edit", "where": {"Leadrelay_Id__c": "L1"}, "fields": {"Status": "Working"}})
    control(server, "actions", {"action": "reassign", "id": ids[0], "owner": server.org.sales_user_id})
    converted = control(server, "actions", {"action": "convert", "id": ids[0], "with_opportunity": False})
    control(server, "actions", {"actions": [{"action": "delete", "id": ids[1]}, {"action": "undelete", "id": ids[1]}]})
    state = HTTP.get(f"{server.url}/sandbox/state", params={"history": 1, "object": "Lead"}).json()
    first = next(one for one in state["records"]["Lead"] if one["Id"] == ids[0])
    assert (first["ConvertedContactId"], first["OwnerId"]) == (converted["contactId"], server.org.sales_user_id)
    assert first["CreatedDate"] == "2020-01-01T00:00:00.000+0000"
    assert [entry["kind"] for entry in state["history"]] == [
        "create",
        "create",
        "update",
        "update",
        "convert",
        "delete",
        "undelete",
    ]
    assert all(entry["seq"] > 5 for entry in HTTP.get(f"{server.url}/sandbox/state?history=1&since=5").json()["history"])
    assert state["counters"]["logins"] == 1
    assert "calls" not in state["counters"]  # control calls do not count


def test_control_changes_fields_rules_settings_and_the_clock(server: SandboxServer, upsert: Upsert) -> None:
    control(
        server,
        "fields",
        {"object": "Lead", "add": {"name": "Segment__c", "type": "picklist", "restricted": True, "choices": ["SMB"]}},
    )
    control(server, "fields", {"object": "Lead", "change": "Title", "to": {"length": 3}})
    control(server, "fields", {"object": "Lead", "remove": "Jigsaw"})
    control(
        server,
        "rules",
        {"duplicates": [{"name": "D", "fields": ["Email"], "against": ["Lead"]}], "assignment": [{"owner": server.org.queue_id}]},
    )
    control(server, "rules", {"validation": [{"name": "v", "message": "No", "field": "Company", "pattern": "^A"}]})
    codes = [
        one["errors"][0]["statusCode"] if one["errors"] else one["created"]
        for one in upsert(
            {"Leadrelay_Id__c": "1", **GOOD, "Segment__c": "x"},
            {"Leadrelay_Id__c": "2", **GOOD, "Title": "long"},
            {"Leadrelay_Id__c": "3", **GOOD, "Jigsaw": "x"},
            {"Leadrelay_Id__c": "4", **GOOD, "Company": "B"},
            {"Leadrelay_Id__c": "5", **GOOD},
        )
    ]
    assert codes == [
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "STRING_TOO_LONG",
        "INVALID_FIELD",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        True,
    ]
    assert server.org.records("Lead")[0]["OwnerId"] == server.org.queue_id
    before = server.org.now()
    control(server, "clock", {"advance": 3600})
    assert server.org.now() - before >= timedelta(hours=1)
    assert control(server, "settings", {"page_size": 2000})["daily_limit"] == 100_000
    control(server, "actions", {"action": "set_usage", "used": 99_000})
    control(server, "reset", {})
    assert not server.org.records("Lead")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", {"kind": "earthquake"}),
        ("faults", {"kind": "slow", "sceonds": 3}),
        ("actions", {"action": "explode"}),
        ("actions", {"action": "convert", "id": "00Q000000000000"}),
        ("actions", {"action": "delete"}),
        ("fields", {"object": "Lead", "remove": "Nope__c"}),
        ("records", {"object": "Lead", "records": [{"Nope__c": 1}]}),
        ("settings", {"speed": 5}),
        ("rules", {"duplicates": [{"nmae": "x"}]}),
    ],
)
def test_wrong_control_call_is_explained(server: SandboxServer, name: str, body: dict[str, Any]) -> None:
    assert control(server, name, body, status=400)["error"]


def test_faults_are_listed_and_cleared_over_http(server: SandboxServer) -> None:
    control(server, "faults", {"faults": [{"kind": "html"}, {"kind": "cut_before", "rate": 0.1}], "seed": 3})
    listed = HTTP.get(f"{server.url}/sandbox/faults").json()["faults"]
    assert [(one["kind"], one["times"]) for one in listed] == [("html", 1), ("cut_before", None)]
    HTTP.delete(f"{server.url}/sandbox/faults", params={"id": listed[0]["id"]})
    assert [one["kind"] for one in server.faults.listed()] == ["cut_before"]
    HTTP.delete(f"{server.url}/sandbox/faults")
    assert server.faults.listed() == []


def test_unknown_control_names_the_known_ones(server: SandboxServer) -> None:
    answer = HTTP.get(f"{server.url}/sandbox/nothing")
    assert answer.status_code == 404
    assert "/sandbox/state" in answer.json()["error"]


# --- running it --------------------------------------------------------------------------------------------------------


def test_simulator_runs_as_a_process_of_its_own() -> None:
    with SandboxServer(mode="process") as server:
        assert server.process is not None
        client = client_of(server)
        assert client.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
        control(server, "faults", {"kind": "cut_after_write"})
        with pytest.raises(requests.exceptions.ConnectionError):
            client.Lead.upsert("Leadrelay_Id__c/L1", GOOD)
        state = HTTP.get(f"{server.url}/sandbox/state").json()
        assert [one["Leadrelay_Id__c"] for one in state["records"]["Lead"]] == ["L1"]
        process = server.process
    assert process.poll() is not None


def test_stopped_simulator_refuses_connections_and_comes_back_with_its_records() -> None:
    server = SandboxServer().start()
    client_of(server).Lead.create(GOOD)
    server.stop()
    with pytest.raises(requests.exceptions.ConnectionError):
        client_of(server)
    with server:
        assert client_of(server).query("SELECT COUNT() FROM Lead")["totalSize"] == 1


def test_a_slow_call_that_outlived_its_test_takes_no_fault_of_the_next() -> None:
    with SandboxServer() as server:
        server.faults.add({"kind": "slow", "seconds": 0.4, "on": "any"})
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"{server.url}/services/data", timeout=0.1, trust_env=False)
        server.faults.clear()
        fault = server.faults.add({"kind": "cut_before", "on": "any"})
        time.sleep(0.6)
        assert fault.struck == 0
