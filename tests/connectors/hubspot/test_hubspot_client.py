"""The client package's gaps, closed: one connection, one login, time-outs, dated paths, and every odd answer understood."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Done, Retry, Stop, TooLarge
from connectors.hubspot.auth import Token, fetch_token, login_fingerprint, read_token
from connectors.hubspot.client import Client
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import Refused
from connectors.hubspot.paths import TABLE, in_version
from connectors.hubspot.windows import next_midnight
from core.instants import HOUR, MINUTE, from_datetime, to_datetime
from tests.conformance import MemoryTokens
from tests.connectors.hubspot.hostile import Asked, Hostile, Say, hostile_server
from tests.connectors.hubspot.support import World, ids, lead, login

SECRET = "very-secret-token"
ROW = {"results": [{"id": "1", "properties": {}}]}


@pytest.fixture
def odd() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


def config_of(url: str, **more: Any) -> HubSpotConfig:
    return HubSpotConfig.model_validate({"auth": {"access_token": SECRET}, "base_url": url, **more})


def client_of(odd: Hostile, tokens: MemoryTokens | None = None, **more: Any) -> Client:
    return Client(config_of(odd.url, **more), tokens or MemoryTokens())


def write(client: Client) -> Any:
    return client.batch("contacts", "upsert", {"inputs": [{"id": "1", "idProperty": "leadrelay_id"}]}, writes=True)


@pytest.mark.parametrize(
    "error",
    [
        {"category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects", "context": {"ids": ["2"]}},
        {"status": "error", "message": "Could not get some CONTACT objects, they may be deleted or not exist."},
        {"message": "Unbekannt", "context": {"ids": ["2"]}},
        {},
    ],
)
def test_unknown_ids_beside_the_found_ones_refuse_no_read_however_they_are_told(odd: Hostile, error: dict[str, Any]) -> None:
    odd.say(Say(207, {**ROW, "numErrors": 1, "errors": [error]}))
    assert [row["id"] for row in client_of(odd).read("contacts", ["1", "2"], ["email"])] == ["1"]


# --- sending ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("2026-09", "/crm/objects/2026-09/contacts"),
        ("2026-03", "/crm/objects/2026-03/contacts"),
        ("v3", "/crm/v3/objects/contacts"),
    ],
)
def test_a_batch_goes_to_the_versions_own_path_with_its_body_and_real_status(odd: Hostile, version: str, path: str) -> None:
    odd.say(Say(207, {**ROW, "errors": [{"category": "OBJECT_NOT_FOUND", "message": "x", "context": {"ids": ["2"]}}]}))
    client = client_of(odd, api_version=version)
    answer = write(client)
    (asked,) = odd.asked
    assert (asked.method, asked.path) == ("POST", f"{path}/batch/upsert")
    assert json.loads(asked.body) == {"inputs": [{"id": "1", "idProperty": "leadrelay_id"}]}
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert (answer.status, answer.rows, answer.errors[0].ids) == (207, [{"id": "1", "properties": {}}], ("2",))


@pytest.mark.parametrize(("legacy", "dated"), TABLE)
def test_every_legacy_path_has_its_dated_one(legacy: str, dated: str) -> None:
    assert in_version(f"{legacy}/x/y", "2026-09") == dated.format(version="2026-09") + "/x/y"
    assert in_version(legacy, "v3") == legacy
    assert in_version(f"{legacy}else", "2026-09") == f"{legacy}else"


def test_all_calls_share_one_connection(odd: Hostile) -> None:
    odd.say(Say(200, ROW))
    client = client_of(odd)
    for _ in range(5):
        write(client)
        client.read("contacts", ["1"], ["email"])
        client.call("GET", "/crm/v3/owners")
    assert len(odd.connections) == 1
    assert client.calls == 15


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed_and_the_token_goes_nowhere_else(odd: Hostile, status: int) -> None:
    with hostile_server() as other:
        odd.say(Say(status, {}, {"Location": f"{other.url}/crm/v3/owners"}))
        with pytest.raises(Retry) as raised:
            client_of(odd).call("GET", "/crm/v3/owners")
        assert raised.value.code == "maintenance"
        assert not other.asked


@pytest.mark.parametrize("path", ["//elsewhere.example/x", "https://elsewhere.example/x", "@elsewhere.example", "x"])
def test_a_path_that_leads_elsewhere_is_never_sent(odd: Hostile, path: str) -> None:
    client = client_of(odd)
    with pytest.raises(ValueError, match="stopped"):
        client.call("GET", path)
    assert not odd.asked


@pytest.mark.parametrize("name", ["contacts/../deals", "Contacts", "", "contacts?x", "contacts%2f"])
def test_an_objects_name_is_checked_before_it_is_part_of_a_path(odd: Hostile, name: str) -> None:
    with pytest.raises(Stop, match="no object"):
        client_of(odd).batch(name, "read", {"inputs": []}, writes=False)
    assert not odd.asked


def test_nothing_is_taken_from_the_environment(odd: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "/no/such/file")
    odd.say(Say(200, ROW))
    assert write(client_of(odd)).status == 200
    odd.say(Say(200, {"access_token": "a", "expires_in": 1800}))
    assert fetch_token(config_of(odd.url, auth=login()), None, 0.0).access_token == "a"


def test_the_proxy_setting_is_used(odd: Hostile) -> None:
    odd.say(Say(200, ROW))
    client = Client(config_of("http://localhost:1", proxy=odd.url), MemoryTokens())
    assert write(client).status == 200
    assert odd.asked[0].path.startswith("http://localhost:1/crm/objects/")


def test_a_slow_answer_ends_at_the_time_out(odd: Hostile) -> None:
    odd.say(Say(200, ROW, after=60))
    with pytest.raises(Retry) as raised:
        write(client_of(odd, timeout=0.2))
    assert raised.value.may_have_happened


def test_nothing_is_sent_twice_by_itself(odd: Hostile) -> None:
    odd.say(Say(cut=0))
    with pytest.raises(Retry):
        client_of(odd).call("GET", "/crm/v3/owners")
    assert len(odd.asked) == 1


def test_an_address_where_nobody_listens_did_nothing(odd: Hostile) -> None:
    client = Client(config_of("http://127.0.0.1:9"), MemoryTokens())
    with pytest.raises(Retry) as raised:
        write(client)
    assert (raised.value.code, raised.value.may_have_happened) == ("unreachable", False)


def test_an_id_is_asked_for_once_and_in_slices_of_a_hundred(odd: Hostile) -> None:
    def answer(asked: Asked) -> Say:
        return Say(200, {"results": [{"id": one["id"]} for one in json.loads(asked.body)["inputs"]]})

    odd.say(answer)
    rows = client_of(odd).read("contacts", [str(number) for number in range(250)] * 2, ["email"], archived=True)
    assert len(rows) == 250
    assert [len(json.loads(asked.body)["inputs"]) for asked in odd.asked] == [100, 100, 50]
    assert all(asked.path.endswith("?archived=true") for asked in odd.asked)


# --- odd answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "code", "is_unsure"),
    [
        (Say(502, b"<html><body>Bad gateway</body></html>"), "unavailable", True),
        (Say(503, b""), "unavailable", True),
        (Say(521, b"web server is down"), "unavailable", True),
        (Say(524, b"\xff\xfe"), "unavailable", True),
        (Say(500, {"status": "error", "message": "internal error", "category": "INTERNAL_ERROR"}), "server_error", True),
        (Say(200, b"<html>maintenance</html>"), "unavailable", True),
        (Say(200, b'{"results": [{"id": "1"'), "unavailable", True),
        (Say(200, {"status": "COMPLETE"}), "strange_answer", True),
        (Say(200, [1, 2]), "strange_answer", True),
        (Say(200, ROW, cut=5), "unreachable", True),
        (Say(cut=0), "unreachable", True),
        (Say(408, b""), "unavailable", True),
        (Say(423, {"category": "LOCKED"}), "locked", False),
        (Say(429, b"<html>slow down</html>"), "rate_limit", False),
    ],
)
def test_an_answer_that_is_none_is_tried_again(odd: Hostile, say: Say, code: str, is_unsure: bool) -> None:
    odd.say(say)
    with pytest.raises(Retry) as raised:
        write(client_of(odd))
    assert (raised.value.code, raised.value.may_have_happened) == (code, is_unsure)


@pytest.mark.parametrize("status", [502, 503])
def test_a_read_that_failed_did_nothing(odd: Hostile, status: int) -> None:
    odd.say(Say(status, b""))
    with pytest.raises(Retry) as raised:
        client_of(odd).read("contacts", ["1"], [])
    assert not raised.value.may_have_happened


@pytest.mark.parametrize(
    ("say", "code"),
    [
        (Say(403, {"category": "MISSING_SCOPES", "errors": [{"context": {"requiredScopes": ["crm.x.read"]}}]}), "missing_scopes"),
        (Say(403, {"category": "MISSING_SCOPES", "context": "{missingScopes=[crm.x.read, crm.y.read]}"}), "missing_scopes"),
        (Say(403, {"message": "This app lacks the scope crm.x.read"}), "missing_scopes"),
        (Say(403, {"message": "This account has been suspended"}), "account_suspended"),
        (Say(403, b"<html>Forbidden</html>"), "no_permission"),
        (Say(404, b"<html>Not found</html>"), "not_found"),
        (Say(405, b""), "not_found"),
        (Say(410, {"message": "gone"}), "api_version"),
        (Say(401, {"category": "INVALID_AUTHENTICATION", "message": "The access token is wrong"}), "login_refused"),
        (Say(401, b""), "login_refused"),
        (Say(400, {"message": "Unable to infer object type from: leads"}), "no_object"),
    ],
)  # fmt: skip
def test_what_a_person_must_see_to_stops(odd: Hostile, say: Say, code: str) -> None:
    odd.say(say)
    with pytest.raises(Stop) as raised:
        write(client_of(odd))
    assert raised.value.problem.code == code
    assert len(odd.asked) == 1


@pytest.mark.parametrize("say", [Say(413, b""), Say(414, b""), Say(400, {"message": "Duplicate IDs found in batch input: [1]"})])
def test_a_call_that_is_too_large_comes_again_smaller(odd: Hostile, say: Say) -> None:
    odd.say(say)
    with pytest.raises(TooLarge):
        write(client_of(odd))


@pytest.mark.parametrize("body", [{}, [], None, "text", {"errors": None}, {"errors": [None, 1]}, {"message": None, "context": 5}])
def test_a_refusal_without_any_of_its_parts_is_a_refusal(odd: Hostile, body: Any) -> None:
    odd.say(Say(400, body))
    with pytest.raises(Refused) as raised:
        write(client_of(odd))
    assert raised.value.status == 400
    assert raised.value.errors


def test_no_secret_and_no_value_stands_in_what_is_raised(odd: Hostile) -> None:
    odd.say(Say(500, {"message": f"failed for anna@acme.example with {SECRET}"}, {"X-Echo": SECRET}))
    try:
        write(client_of(odd))
    except Retry:
        told = traceback.format_exc()
    assert SECRET not in told
    assert "anna@acme" not in told


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers", "code", "after"),
    [
        ({"policyName": "TEN_SECONDLY_ROLLING", "errorType": "RATE_LIMIT"}, {}, "rate_limit", 10.0),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": "3"}, "rate_limit", 3.0),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, {"X-HubSpot-RateLimit-Interval-Milliseconds": "7000"}, "rate_limit", 7.0),
        ({"message": "You have reached your ten_secondly_rolling limit."}, {}, "rate_limit", 10.0),
        ({"policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": "1.5"}, "rate_limit", 1.5),
        (
            {},
            {"Retry-After": "Sun, 22 Nov 2026 00:00:30 GMT", "Date": "Sun, 22 Nov 2026 00:00:10 GMT"},
            "rate_limit",
            20.0,
        ),
        ({"policyName": "SECONDLY"}, {}, "search_limit", 1.0),
        ({"message": "You have reached your secondly limit."}, {}, "search_limit", 1.0),
        ({"policyName": "DAILY"}, {"Retry-After": "60"}, "daily_limit", 60.0),
        ({"category": "RATE_LIMITS"}, {}, "rate_limit", 10.0),
        ({}, {}, "rate_limit", 10.0),
    ],
)
def test_a_limit_is_waited_out_by_its_policy(
    odd: Hostile, body: dict[str, Any], headers: dict[str, str], code: str, after: float
) -> None:
    odd.say(Say(429, {"status": "error", **body}, headers))
    with pytest.raises(Retry) as raised:
        write(client_of(odd))
    assert (raised.value.code, raised.value.after, raised.value.until) == (code, after, None)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "US/Pacific", "Asia/Kolkata", "Pacific/Auckland"])
def test_the_days_limit_ends_at_midnight_where_the_account_is(odd: Hostile, zone: str) -> None:
    odd.say(
        Say(200, {"portalId": 7, "timeZone": zone}),
        Say(429, {"policyName": "DAILY", "message": "You have reached your daily limit."}),
    )
    client = client_of(odd)
    assert client.portal() == "7"
    with pytest.raises(Retry) as raised:
        write(client)
    until = raised.value.until
    assert until is not None
    local = to_datetime(until).astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute) == (0, 1)
    assert timedelta(0) < to_datetime(until) - datetime.now(UTC) <= timedelta(hours=25, minutes=1)


@pytest.mark.parametrize(
    "say",
    [
        Say(429, {"policyName": "DAILY"}),
        Say(429, {"message": "You have reached your daily limit."}),
        Say(429, b"", {"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "0"}),
    ],
)
def test_without_the_accounts_zone_the_days_limit_is_looked_at_each_hour(odd: Hostile, say: Say) -> None:
    odd.say(say)
    with pytest.raises(Retry) as raised:
        write(client_of(odd))
    until = raised.value.until
    assert until is not None
    assert (until % HOUR, raised.value.code) == (MINUTE, "daily_limit")


@pytest.mark.parametrize("zone", ["", "No/Where", "../etc/passwd"])
def test_an_unknown_zone_has_the_next_full_hour_for_midnight(zone: str) -> None:
    assert next_midnight(5 * HOUR + 1, zone) == 6 * HOUR + MINUTE


def test_midnight_is_the_zones_own_on_the_day_when_clocks_change() -> None:
    now = from_datetime(datetime(2026, 10, 24, 23, 30, tzinfo=UTC))  # 01:30 on the long day in Berlin
    assert next_midnight(now, "Europe/Berlin") == from_datetime(datetime(2026, 10, 25, 23, 1, tzinfo=UTC))


@pytest.mark.parametrize(("told", "after"), [("0", 2.0), ("1", 2.0), ("5", 5.0), ("", 2.0), ("soon", 2.0)])
def test_a_lock_is_waited_for_two_seconds_at_least(odd: Hostile, told: str, after: float) -> None:
    odd.say(Say(423, {}, {"Retry-After": told} if told else {}))
    with pytest.raises(Retry) as raised:
        write(client_of(odd))
    assert raised.value.after == after


@pytest.mark.parametrize(("told", "after"), [("86400", 86_400.0), ("999999", 86_400.0), ("30", 30.0)])
def test_a_migration_is_waited_for_a_day_at_most(odd: Hostile, told: str, after: float) -> None:
    odd.say(Say(477, {}, {"Retry-After": told}))
    with pytest.raises(Retry) as raised:
        write(client_of(odd))
    assert (raised.value.code, raised.value.after) == ("migrating", after)


def test_usage_is_read_from_every_answer_and_kept_where_one_says_nothing(odd: Hostile) -> None:
    names = ("Max", "Remaining", "Interval-Milliseconds", "Daily", "Daily-Remaining")

    def told(*values: str) -> dict[str, str]:
        return {f"X-HubSpot-RateLimit-{name}": value for name, value in zip(names, values, strict=False)}

    odd.say(
        Say(200, ROW, told("190", "180", "10000", "625000", "600000")),
        Say(429, {}, told("190", "0", "10000", "625000", "599999")),
        Say(200, ROW),
        Say(200, ROW, told("110", "109", "10000")),
        Say(200, ROW, told("many", "", "x", "-", "?")),
    )
    client = client_of(odd)
    seen = []
    for _ in range(5):
        with contextlib.suppress(Retry):
            write(client)
        assert client.usage is not None
        assert client.usage.burst is not None
        seen.append((client.usage.used, client.usage.limit, client.usage.burst.limit, client.usage.burst.remaining))
    assert seen[:3] == [(25_000, 625_000, 190, 180), (25_001, 625_000, 190, 0), (25_001, 625_000, 190, 0)]
    assert seen[3:] == [(None, None, 110, 109)] * 2


# --- tokens -----------------------------------------------------------------------------------------------------------


def app(world: World, **more: Any) -> dict[str, Any]:
    return {"auth": login(), **more}


def test_a_token_is_renewed_from_the_clock_and_not_from_a_401(world: World) -> None:
    """Tokens of 30 seconds, four workers, ten minutes: one login for each life, and no call is refused."""
    world.portal.settings.token_life_for = 30
    start = time.time()
    config = HubSpotConfig.model_validate({"auth": login(), "base_url": world.server.url})
    clock = [start]
    clients = [Client(config, world.tokens, now=lambda: clock[0]) for _ in range(4)]
    for second in range(0, 600, 5):
        clock[0] = start + second
        world.portal.advance(0 if second == 0 else 5)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda client: client.call("GET", "/crm/v3/owners"), clients))
    assert world.portal.counters["refused 401"] == 0
    assert 600 / 30 <= world.portal.counters["token requests"] <= 600 / 25 + 1
    assert world.portal.counters["token requests"] == world.tokens.fetched


def test_twenty_workers_after_one_expiry_log_in_once(world: World) -> None:
    sinks = [world.sink(**app(world)) for _ in range(20)]
    for sink in sinks:
        sink.account()
    assert world.tokens.fetched == 1
    world.portal.accounts.expire_all()
    gate = threading.Barrier(20)

    def deliver(number: int) -> object:
        gate.wait()
        return sinks[number].upsert([lead(number)])[0]

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(deliver, range(20)))
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    assert world.tokens.fetched == 2


def test_a_rotated_refresh_token_wins_over_the_configured_one(world: World) -> None:
    world.portal.settings.rotate_refresh_token = True
    sink = world.sink(**app(world))
    for number in range(3):
        ids(sink.upsert([lead(number)]))
        world.portal.accounts.expire_all()
    ids(world.sink(**app(world)).upsert([lead(9)]))  # another process, with the tokens of the store
    assert world.tokens.fetched == 4


def test_a_new_refresh_token_in_the_settings_replaces_what_was_kept(world: World) -> None:
    world.sink(**app(world)).account()
    old = json.loads(world.tokens.document or "")
    config = config_of(world.server.url, auth=login(refresh_token="another"))
    assert read_token(json.dumps(old), login_fingerprint(config)) is None


def test_a_token_that_is_refused_twice_is_not_asked_for_again_in_the_same_call(world: World) -> None:
    sink = world.sink(**app(world))
    sink.account()
    before = sink.calls
    world.fail("expire_tokens", times=None)
    with pytest.raises(Retry) as raised:
        sink.upsert([lead(1)])
    assert raised.value.code == "session_refused"
    assert sink.calls - before == 2


def test_a_static_token_that_is_refused_stops_at_once(world: World) -> None:
    sink = world.sink(auth={"access_token": "wrong"})
    with pytest.raises(Stop) as raised:
        sink.upsert([lead(1)])
    assert "auth.access_token" in raised.value.problem.message
    assert sink.calls == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"client_secret": "x"}, "client_secret"), ({"client_id": "x"}, "client_id"), ({"refresh_token": "x"}, "refresh_token")],
)
def test_a_refused_login_stops_and_names_the_setting(world: World, wrong: dict[str, str], named: str) -> None:
    with pytest.raises(Stop) as raised:
        world.sink(auth=login(**wrong)).upsert([lead(1)])
    assert f"auth.{named}" in raised.value.problem.message


@pytest.mark.parametrize(
    ("say", "kind"),
    [
        (Say(429, {"message": "slow down"}, {"Retry-After": "9"}), Retry),
        (Say(502, b"<html>"), Retry),
        (Say(200, b"<html>"), Retry),
        (Say(200, {"token_type": "bearer"}), Retry),
        (Say(302, {}, {"Location": "https://elsewhere.example"}), Retry),
        (Say(cut=0), Retry),
        (Say(400, {"status": "BAD_REFRESH_TOKEN", "message": "missing or unknown refresh token"}), Stop),
        (Say(400, {"error": "invalid_grant", "error_description": "x"}), Stop),
        (Say(401, {"error": "invalid_client"}), Stop),
    ],
)
def test_every_odd_answer_to_a_login_is_a_wait_or_a_stop(odd: Hostile, say: Say, kind: type[Exception]) -> None:
    odd.say(say)
    with pytest.raises(kind):
        client_of(odd, auth=login()).portal()
    (asked,) = odd.asked
    assert asked.path == "/oauth/2026-09/token"
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(("life", "good_for"), [(1800, 1740), (30, 27), ("60", 54), (None, 1740), (-5, 1740), ("soon", 1740)])
def test_a_token_is_good_until_a_little_before_its_end(odd: Hostile, life: object, good_for: float) -> None:
    odd.say(Say(200, {"access_token": "a", "expires_in": life}))
    token = fetch_token(config_of(odd.url, auth=login()), None, 1_000.0)
    assert token.good_until == 1_000.0 + good_for


@pytest.mark.parametrize("document", [None, "", "x", "[]", "{}", '{"access_token": 1}'])
def test_a_document_that_is_no_token_is_none(document: str | None) -> None:
    assert read_token(document, "x") is None


def test_a_token_survives_its_document() -> None:
    token = Token("a", 5.0, "r", "x", "7", ("oauth",))
    assert read_token(token.as_document(), "x") == token
    assert read_token(token.as_document(), "y") is None
