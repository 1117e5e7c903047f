"""The traps of the client package, each shown not to catch us."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import respx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from httpx import ConnectError, Response

from connectors.base import Done, Retry, Stop
from connectors.salesforce.auth import fetch_token, login_fingerprint, read_token
from connectors.salesforce.client import Client, Refused, is_record_id, long_id
from connectors.salesforce.config import SalesforceConfig
from leadrelay.sandbox.salesforce import AssignmentEntry, AssignmentRule
from tests.conformance import MemoryTokens
from tests.connectors.salesforce.support import World, ids, lead, login


def client_of(
    world: World, tokens: MemoryTokens | None = None, monotonic: Callable[[], float] = lambda: 0.0, **more: object
) -> Client:
    config = SalesforceConfig.model_validate({"auth": login(world.server.url), **more})
    return Client(config, tokens or world.tokens, monotonic)


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_the_repeat_after_an_expired_token_keeps_the_calls_headers(world: World) -> None:
    queue = world.org.add_queue("Inbound")
    world.org.rules.assignment = AssignmentRule([AssignmentEntry(queue)])
    sink = world.sink()
    sink.probe()
    world.fail("expire_tokens", on="write")
    crm_id = ids(sink.upsert([lead(1)]))[0]
    assert world.stored(crm_id)["OwnerId"] != queue  # Sforce-Auto-Assign: FALSE was sent again
    assert world.tokens.fetched == 2


def test_a_token_that_is_refused_twice_is_not_asked_for_again_in_the_same_call(world: World) -> None:
    sink = world.sink()
    sink.probe()
    before = sink.calls
    world.fail("expire_tokens", times=None)
    with pytest.raises(Retry) as raised:
        sink.upsert([lead(1)])
    assert sink.calls - before == 2
    assert world.tokens.fetched == 2
    assert raised.value.code == "session_refused"


def test_twenty_threads_after_one_expiry_log_in_once(world: World) -> None:
    sinks = [world.sink() for _ in range(20)]
    for sink in sinks:
        sink.probe()
    assert world.tokens.fetched == 1
    world.org.accounts.expire_all()
    gate = threading.Barrier(20)

    def deliver(number: int) -> object:
        gate.wait()
        return sinks[number].upsert([lead(number)])[0]

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(deliver, range(20)))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert world.tokens.fetched == 2


def test_a_token_that_another_worker_let_expire_does_not_stop_this_one(world: World) -> None:
    mine, others = world.sink(), world.sink()
    mine.probe()
    world.org.accounts.expire_all()
    others.probe()
    world.org.accounts.expire_all()
    assert isinstance(mine.upsert([lead(1)])[0], Done)


def test_a_stored_token_of_another_login_is_not_used(world: World) -> None:
    other = SalesforceConfig.model_validate({"auth": login(world.server.url, username="someone")})
    world.tokens.document = fetch_token(other).as_document()
    mine = SalesforceConfig.model_validate({"auth": login(world.server.url)})
    assert read_token(world.tokens.document, login_fingerprint(mine)) is None
    assert isinstance(world.sink().upsert([lead(1)])[0], Done)


@pytest.mark.parametrize("document", ["", "no json", "[]", '{"access_token": "x"}', "null"])
def test_a_damaged_token_document_is_replaced(world: World, document: str) -> None:
    world.tokens.document = document
    assert isinstance(world.sink().upsert([lead(1)])[0], Done)


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, {"error": "invalid_client", "error_description": "invalid client credentials"}, Stop, "client_secret"),
        (400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}, Stop, "pre-authorise"),
        (400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"}, Stop, "flow"),
        (400, {"error": "invalid_grant", "error_description": "inactive user"}, Stop, "active"),
        (400, {"error": "invalid_grant", "error_description": "login rate exceeded"}, Retry, "log"),
        (503, "<html>Maintenance</html>", Retry, "503"),
        (200, "<html>Portal</html>", Retry, "200"),
        (500, {"error": "server_error"}, Retry, "500"),
    ],
)
def test_a_refused_login_says_what_to_do(status: int, body: object, kind: type[Exception], told: str) -> None:
    config = SalesforceConfig.model_validate({"auth": login("https://acme.my.salesforce.com")})
    text = body if isinstance(body, str) else json.dumps(body)
    with respx.mock, pytest.raises(kind) as raised:
        respx.post("https://acme.my.salesforce.com/services/oauth2/token").mock(Response(status, text=text))
        fetch_token(config)
    assert told in str(raised.value)
    assert "sandbox-secret" not in str(raised.value)


def test_a_login_address_that_is_not_there_is_tried_again() -> None:
    config = SalesforceConfig.model_validate({"auth": login("https://acme.my.salesforce.com")})
    with respx.mock, pytest.raises(Retry):
        respx.post("https://acme.my.salesforce.com/services/oauth2/token").mock(side_effect=ConnectError("no"))
        fetch_token(config)


@pytest.mark.parametrize(
    ("base_url", "answered", "used"),
    [
        (None, "https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://proxy.example", "https://acme.my.salesforce.com", "https://proxy.example"),
    ],
)
def test_calls_go_where_the_token_says_unless_a_setting_says_otherwise(base_url: str | None, answered: str, used: str) -> None:
    config = SalesforceConfig.model_validate({"auth": login("https://login.example"), "base_url": base_url})
    with respx.mock:
        respx.post("https://login.example/services/oauth2/token").mock(
            Response(200, json={"access_token": "t", "instance_url": answered, "id": "https://login.example/id/00D1/0051"})
        )
        assert fetch_token(config).instance_url == used


def test_a_login_on_this_machine_keeps_the_token_on_this_machine() -> None:
    config = SalesforceConfig.model_validate({"auth": login("http://127.0.0.1:9")})
    with respx.mock:
        respx.post("http://127.0.0.1:9/services/oauth2/token").mock(
            Response(200, json={"access_token": "t", "instance_url": "https://real.my.salesforce.com", "id": ""})
        )
        assert fetch_token(config).instance_url == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("answered", "used"),
    [
        ("https://127.0.0.1:9", "http://127.0.0.1:9"),
        ("https://localhost:9/", "http://localhost:9"),
        ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("http://127.0.0.1:10", "http://127.0.0.1:10"),
    ],
)
def test_the_port_of_a_plain_login_on_this_machine_is_not_spoken_to_with_tls(answered: str, used: str) -> None:
    config = SalesforceConfig.model_validate({"auth": login("http://127.0.0.1:9")})
    with respx.mock:
        respx.post("http://127.0.0.1:9/services/oauth2/token").mock(
            Response(200, json={"access_token": "t", "instance_url": answered})
        )
        assert fetch_token(config).instance_url == used


@pytest.fixture(scope="session")
def keys() -> tuple[str, str]:
    """A private key and its public one, as PEM texts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode(), public.decode()


FLOWS: dict[str, dict[str, Any]] = {
    "client_credentials": {"client_secret": "sandbox-secret"},
    "jwt": {"username": "integration@sandbox.example"},
    "refresh_token": {"client_secret": "sandbox-secret", "refresh_token": "sandbox-refresh-token"},
    "password": {
        "client_secret": "sandbox-secret", "username": "integration@sandbox.example", "password": "sandbox-password",
    },
}  # fmt: skip


def flow_login(world: World, flow: str, keys: tuple[str, str], **more: Any) -> dict[str, Any]:
    auth = {"flow": flow, "login_url": world.server.url, "client_id": "leadrelay", **FLOWS[flow], **more}
    if flow == "jwt":
        world.org.settings.public_key = keys[1]
        auth.setdefault("private_key", keys[0])
    return auth


@pytest.mark.parametrize("flow", FLOWS)
def test_each_flow_delivers_leads_also_after_its_token_has_expired(world: World, flow: str, keys: tuple[str, str]) -> None:
    sink = world.sink(auth=flow_login(world, flow, keys))
    assert sink.account() == world.org.organization_id[:15]
    for number in range(3):
        assert isinstance(sink.upsert([lead(number)])[0], Done)
        world.org.accounts.expire_all()
    assert world.tokens.fetched == 3


@pytest.mark.parametrize(
    ("flow", "wrong"),
    [
        ("client_credentials", {"client_secret": "nope"}),
        ("jwt", {"username": "nobody@sandbox.example"}),
        ("refresh_token", {"refresh_token": "nope"}),
        ("password", {"password": "nope"}),
    ],
)
def test_each_flow_stops_at_wrong_credentials_without_telling_them(
    world: World, flow: str, wrong: dict[str, Any], keys: tuple[str, str]
) -> None:
    sink = world.sink(auth=flow_login(world, flow, keys, **wrong))
    with pytest.raises(Stop) as raised:
        sink.upsert([lead(1)])
    assert raised.value.problem.field == "auth"
    assert not any(str(secret) in str(raised.value) for secret in wrong.values())


def test_a_key_of_another_app_is_refused(world: World, keys: tuple[str, str]) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with pytest.raises(Stop):
        world.sink(auth=flow_login(world, "jwt", keys, private_key=pem.decode())).probe()


def test_a_refresh_token_that_salesforce_replaces_is_kept_before_it_is_used(world: World, keys: tuple[str, str]) -> None:
    world.org.settings.rotate_refresh_tokens = True
    auth = flow_login(world, "refresh_token", keys)
    for number in range(3):
        assert isinstance(world.sink(auth=auth).upsert([lead(number)])[0], Done)
        world.org.accounts.expire_all()
    assert len(world.org.accounts.refresh_tokens) == 1


def test_an_unreadable_private_key_stops_with_the_setting_to_correct() -> None:
    auth = {"flow": "jwt", "client_id": "x", "username": "u", "private_key": "no key"}
    with pytest.raises(Stop) as raised:
        fetch_token(SalesforceConfig.model_validate({"auth": auth}))
    assert "private_key" in raised.value.problem.message


# --- the package's other traps ----------------------------------------------------------------------------------------


def test_the_environment_changes_neither_trust_nor_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    sink = world.sink()
    assert isinstance(sink.upsert([lead(1)])[0], Done)
    assert sink._client._session.trust_env is False


def test_a_call_that_takes_too_long_is_given_up(world: World) -> None:
    sink = world.sink(timeout=0.3)
    sink.probe()
    world.fail("slow", seconds=2.0, on="write")
    with pytest.raises(Retry) as raised:
        sink.upsert([lead(1)])
    assert raised.value.may_have_happened
    assert raised.value.code == "unreachable"


@pytest.mark.parametrize("path", ["https://evil.example/x", "../../../evil", "//evil.example", "sobjects/Lead/../../x"])
def test_the_token_never_leaves_for_another_host(world: World, path: str) -> None:
    client = client_of(world)
    with pytest.raises(ValueError, match=r"letters|outside"):
        client.describe(path)
    with pytest.raises(ValueError, match="record id"):
        client.update([{"id": path}], {})


def test_usage_and_calls_are_read_from_every_answer_an_error_too(world: World) -> None:
    client = client_of(world)
    client.describe("Lead")
    world.fail("unknown_exception")
    with pytest.raises(Retry):
        client.first(("Id",), "Organization")
    assert client.calls == 2
    assert client.usage is not None
    assert client.usage.limit == world.org.settings.daily_limit


@pytest.mark.parametrize("kind", ["cut_before", "truncate", "html", "unknown_exception", "slow", "concurrent_requests"])
def test_a_trace_of_a_failure_holds_no_address(world: World, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    sink = world.sink(timeout=0.3)
    sink.probe()
    world.fail(kind, path="/query")
    with pytest.raises(Retry) as raised:
        sink.upsert([lead(1)])
    told = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert "acme.example" not in told


def test_a_trace_of_a_refusal_holds_no_value(world: World) -> None:
    client = client_of(world)
    name = "Weber".upper()
    with pytest.raises(Refused) as raised:
        client.select(("Id", "Nope__c"), "Lead", "LastName", [name])
    assert name not in "".join(traceback.format_exception(raised.value))


def test_a_used_up_day_is_a_long_wait(world: World) -> None:
    sink = world.sink()
    sink.probe()
    world.org.limits.set_used(world.org.settings.daily_limit)
    with pytest.raises(Retry) as raised:
        sink.upsert([lead(1)])
    assert (raised.value.code, raised.value.after) == ("daily_limit", 900)


def test_values_in_a_query_can_not_leave_their_quotes(world: World) -> None:
    world.org.seed("Lead", [{"LastName": "O'Hara\\", "Company": "B"}])
    client = client_of(world)
    assert len(client.select(("Id",), "Lead", "LastName", ["O'Hara\\"])) == 1
    assert client.select(("Id",), "Lead", "LastName", ["x') OR (LastName != '"]) == []


def test_long_lists_are_split_below_the_addresses_limit(world: World) -> None:
    client = client_of(world)
    names = [f"{'ü' * 30}{number}" for number in range(400)]
    world.org.seed("Lead", [{"LastName": name, "Company": "B"} for name in names])
    assert len(client.select(("Id",), "Lead", "LastName", names)) == 400
    assert client.calls > 1


def test_further_pages_are_read(world: World) -> None:
    world.org.settings.page_size = 10
    world.org.seed("Lead", [{"LastName": f"L{n}", "Company": "B", "Email": "a@b.example"} for n in range(35)])
    assert len(client_of(world).select(("Id",), "Lead", "Email", ["a@b.example"])) == 35


def test_describe_is_asked_again_after_some_minutes(world: World) -> None:
    now = [0.0]
    client = client_of(world, monotonic=lambda: now[0])
    client.describe("Lead")
    client.describe("Lead")
    assert client.calls == 1
    now[0] = 3600.0
    client.describe("Lead")
    assert client.calls == 2


def test_ids_are_checked_and_made_long() -> None:
    assert is_record_id("00Q5e00000A1b2C")
    assert not is_record_id("00Q5e00000A1b2C\n")
    assert not is_record_id("00Q5e00000A1b2")
    assert long_id("0015000000Gv7qJ") == "0015000000Gv7qJAAR"
    assert long_id("0015000000Gv7qJAAR") == "0015000000Gv7qJAAR"
