"""The API, health and metrics, spoken to without a network."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from prometheus_client.core import GaugeMetricFamily

from core.problems import Problem
from leadrelay.engine.captures import Unavailable
from leadrelay.store.database import StoreUnavailable
from leadrelay.web import views
from leadrelay.web.access import ApiUser, ApiUsers
from leadrelay.web.app import create_app
from leadrelay.web.entrances import Entrances
from leadrelay.web.health import Condition
from leadrelay.web.metrics import Metrics

UID = "01JD3N8Q0X4T2"
AT = 1_700_000_000_250
LEAD = views.LeadRow(UID, 3, "Anna Weber", "anna@acme.example", "Acme", "convert", False, AT, AT)
DELIVERY = views.DeliveryRow(
    UID, "salesforce", "Lead", UID, "failed", 3, 2, 1, None, AT, AT, views.ProblemView("too_long", "too long", "Company")
)
SUBMISSION = views.SubmissionRow(UID, "demo", "held", "no e-mail", AT, None, False)


@dataclass
class FakeViews:
    """Answers with one of each and remembers what was asked."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    failure: Exception | None = None

    def leads(self, only, after, limit):
        self.asked.append((only, after, limit))
        if self.failure:
            raise self.failure
        return views.Page([LEAD], "next-cursor")

    def lead(self, uid):
        value = views.FieldView("Weber", AT, UID, "demo", "weber")
        return views.LeadView(LEAD, {"person.last_name": value}, [], [DELIVERY]) if uid == UID else None

    def history(self, uid):
        events = [views.Happened(AT, "crm_change", "salesforce", "status from new to working", {"sink": "salesforce"})]
        return views.History(uid, events) if uid == UID else None

    def why(self, uid, topic):
        if topic == "person.emial":
            raise views.UnknownTopic("`person.emial` is nothing. Did you mean `person.email`?")
        return views.Why(uid, topic, [views.Reason("captured", AT, {"bytes": 12})]) if uid == UID else None

    def submissions(self, only, after, limit):
        self.asked.append((only, after, limit))
        return views.Page([SUBMISSION])

    def submission(self, uid):
        return views.SubmissionView(SUBMISSION, {}, "a=b", {"a": ["b", "c"]}) if uid == UID else None

    def deliveries(self, only, after, limit):
        self.asked.append((only, after, limit))
        return views.Page([DELIVERY])

    def sources(self):
        return [views.SourceView("demo", "webform", "demo-request", 3, {"processed": 2, "held": 1}, AT)]

    def sinks(self):
        return [views.SinkView("salesforce", "salesforce", "live", {"failed": 1}, paused="wrong password")]


@dataclass
class FakeOperations:
    """Remembers what was done; there is one of everything."""

    done: list[tuple[Any, ...]] = field(default_factory=list)

    def retry_submissions(self, only, *, by, dry_run):
        self.done.append(("retry", only, by, dry_run))
        return int(only.uid in (None, UID))

    def retry_deliveries(self, only, *, by, dry_run):
        self.done.append(("retry", only, by, dry_run))
        return int(only.uid in (None, UID))

    def pause(self, kind, name, reason, *, by):
        self.done.append(("pause", kind, name, reason, by))
        return name in ("demo", "salesforce")

    def resume(self, kind, name, *, by):
        self.done.append(("resume", kind, name, by))
        return name in ("demo", "salesforce")


class Api:
    """The app with its fakes; `call` sends one request with a token."""

    def __init__(self, remembering_intake, **collaborators: Any) -> None:
        self.views, self.operations, self.intake = FakeViews(), FakeOperations(), remembering_intake
        self.users = ApiUsers([ApiUser(role, role, f"{role}-token") for role in ("reader", "operator", "admin")])
        self.metrics = Metrics()
        self.app = create_app(
            **({"entrances": Entrances([])} | collaborators), intake=self.intake, views=self.views, operations=self.operations,
            users=self.users, metrics=self.metrics,
        )  # fmt: skip

    def call(self, method: str, path: str, token: str | None = "operator-token", **request: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                headers = {} if token is None else {"authorization": f"Bearer {token}"}
                return await client.request(method, path, headers=headers, **request)

        return asyncio.run(send())


@pytest.fixture
def api(remembering_intake):
    return Api(remembering_intake)


# --- who may ---

READS = [
    "/leads",
    f"/leads/{UID}",
    f"/leads/{UID}/why",
    f"/leads/{UID}/why/person.email",
    "/submissions",
    f"/submissions/{UID}",
    "/deliveries",
    "/sources",
    "/sinks",
]
WRITES = [f"/submissions/{UID}/retry", f"/deliveries/{UID}/retry", "/sinks/salesforce/pause", "/sinks/salesforce/resume",
          "/sources/demo/pause", "/sources/demo/resume"]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_reading_needs_a_token(api, path):
    assert api.call("GET", "/api/v1" + path, "reader-token").status_code == 200
    for token in (None, "wrong", "reader-toke"):
        answer = api.call("GET", "/api/v1" + path, token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", WRITES)
def test_changing_needs_an_operator(api, path):
    assert api.call("POST", "/api/v1" + path, None).status_code == 401
    answer = api.call("POST", "/api/v1" + path, "reader-token")
    assert (answer.status_code, api.operations.done) == (403, [])
    assert "operator" in answer.json()["error"]["message"]
    for token in ("operator-token", "admin-token"):
        assert api.call("POST", "/api/v1" + path, token).status_code == 200
    assert [done[-1] if done[0] != "retry" else done[2] for done in api.operations.done] == ["operator", "admin"]


def test_users_can_be_swapped_while_running(api):
    api.users.replace([ApiUser("new", "reader", "new-token")])
    assert api.call("GET", "/api/v1/leads", "reader-token").status_code == 401
    assert api.call("GET", "/api/v1/leads", "new-token").status_code == 200


def test_without_any_user_nobody_gets_in(remembering_intake):
    app = Api(remembering_intake)
    app.users.replace([])
    assert app.call("GET", "/api/v1/leads", "").status_code == 401


# --- what is answered ---


def test_a_lead_is_shown_with_provenance_and_times_as_text(api):
    shown = api.call("GET", f"/api/v1/leads/{UID}").json()
    assert shown["fields"]["person.last_name"] == {
        "value": "Weber", "at": "2023-11-14T22:13:20.250Z", "touch": UID, "source": "demo", "raw": "weber",
    }  # fmt: skip
    assert shown["deliveries"][0]["problem"] == {"code": "too_long", "message": "too long", "field": "Company"}


def test_filters_and_cursors_reach_the_store(api):
    page = api.call(
        "GET", "/api/v1/leads?text=anna&outcome=convert&updated_since=2023-11-14T22:13:20Z&is_test=false&after=x&limit=2"
    )
    assert page.json()["next"] == "next-cursor"
    assert api.views.asked == [(views.LeadFilter("anna", "convert", 1_700_000_000_000, False), "x", 2)]
    api.call("GET", "/api/v1/submissions?source=demo&state=held")
    assert api.views.asked[1:] == [(views.SubmissionFilter(None, "demo", "held", None), None, 50)]
    api.call("GET", f"/api/v1/deliveries?sink=salesforce&state=failed&lead={UID}")
    assert api.views.asked[2:] == [(views.DeliveryFilter(None, "salesforce", None, "failed", UID), None, 50)]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/leads?limit=0", "limit"),
        ("/leads?limit=9999", "limit"),
        ("/leads?updated_since=2023-11-14", "updated_since"),
        ("/leads?updated_since=yesterday", "updated_since"),
        ("/leads?text=%00", "text"),
        ("/leads/nope", "uid"),
        ("/submissions?state=lost", "state"),
        ("/deliveries?sink=A%20b", "sink"),
    ],
)
def test_a_request_that_makes_no_sense_is_explained(api, path, name):
    answer = api.call("GET", "/api/v1" + path)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, name)
    assert name in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/leads/0000000000000"),
        ("GET", "/leads/0000000000000/why"),
        ("GET", "/leads/0000000000000/why/person.email"),
        ("GET", "/submissions/0000000000000"),
        ("POST", "/submissions/0000000000000/retry"),
        ("POST", "/deliveries/0000000000000/retry"),
        ("POST", "/sinks/nope/pause"),
        ("POST", "/sources/nope/resume"),
        ("GET", "/nothing"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(api, method, path):
    answer = api.call(method, "/api/v1" + path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["why?topic=person.emial", "why/person.emial"])
def test_what_can_not_be_explained_is_said_with_what_was_perhaps_meant(api, path):
    answer = api.call("GET", f"/api/v1/leads/{UID}/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_topic")
    assert "Did you mean `person.email`?" in answer.json()["error"]["message"]
    found = api.call("GET", f"/api/v1/leads/{UID}/{path.replace('emial', 'email')}").json()
    assert (found["topic"], found["reasons"][0]["details"]) == ("person.email", {"bytes": 12})


def test_a_filter_is_retried_only_with_a_condition(api):
    answer = api.call("POST", "/api/v1/deliveries/retry", json={"sink": "salesforce", "dry_run": True})
    assert answer.json() == {"count": 1, "dry_run": True}
    assert api.operations.done == [("retry", views.DeliveryFilter(sink="salesforce", state="failed"), "operator", True)]
    assert api.call("POST", "/api/v1/deliveries/retry", json={}).status_code == 422
    assert api.call("POST", "/api/v1/submissions/retry", json={"dry_run": False}).status_code == 422
    assert api.call("POST", "/api/v1/submissions/retry", json={"state": "processed"}).status_code == 422
    assert len(api.operations.done) == 1


def test_a_pause_carries_its_reason(api):
    answer = api.call("POST", "/api/v1/sinks/salesforce/pause", json={"reason": "migration"})
    assert answer.json() == {"name": "salesforce", "paused": True}
    assert api.operations.done == [("pause", "sink", "salesforce", "migration", "operator")]


def test_an_absent_store_and_a_bug_are_told_apart(api):
    api.views.failure = StoreUnavailable("secret detail")
    answer = api.call("GET", "/api/v1/leads")
    assert (answer.status_code, "retry-after" in answer.headers, "secret" in answer.text) == (503, True, False)
    api.views.failure = RuntimeError("secret detail")
    answer = api.call("GET", "/api/v1/leads")
    assert (answer.status_code, answer.json()["error"]["code"], "secret" in answer.text) == (500, "internal_error", False)


def test_wrong_methods_and_addresses_are_json_and_never_redirected(api):
    assert api.call("DELETE", "/api/v1/leads").json()["error"]["code"] == "method_not_allowed"
    answer = api.call("GET", "/api/v1/leads/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_the_openapi_document_describes_every_route_and_its_errors(api):
    document = api.call("GET", "/api/v1/openapi.json", None).json()
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"200", "401", "403", "422", "503"} <= set(operation["responses"]), path
            assert operation["security"], path
            assert operation["description"], path
    assert document["components"]["schemas"]["LeadRow"]["properties"]["created_at"]["format"] == "date-time"


def test_answers_carry_headers_that_keep_browsers_from_guessing(api):
    for path in ("/api/v1/leads", "/health/live", "/nothing"):
        headers = api.call("GET", path).headers
        assert (headers["x-content-type-options"], headers["x-frame-options"], headers["cache-control"]) == (
            "nosniff",
            "DENY",
            "no-store",
        )


# --- health and metrics ---


def test_ready_means_that_captures_can_be_committed(remembering_intake):
    entrances = Entrances()
    api = Api(remembering_intake, entrances=entrances)
    assert api.call("GET", "/health/live", None).status_code == 200
    assert api.call("GET", "/health/ready", None).status_code == 503
    entrances.replace([])
    assert api.call("GET", "/health/ready", None).json()["ready"] is True
    remembering_intake.is_away = True
    answer = api.call("GET", "/health/ready", None)
    assert (answer.status_code, answer.json()["store"], answer.json()["spool"]) == (200, "away", 7)
    remembering_intake.failure = Unavailable(1)
    answer = api.call("GET", "/health/ready", None)
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert api.call("HEAD", "/health/ready", None).status_code == 503
    assert api.call("HEAD", "/health/live", None).status_code == 200
    assert api.call("GET", "/health/live", None).status_code == 200


def test_ready_tells_of_configuration_problems_and_of_what_is_paused_or_fails(remembering_intake):
    condition = Condition(
        (Problem("unknown_key", "no such key"),),
        {"salesforce": "wrong password"},
        {"inbox": "the login was refused"},
        {"lists": "A file was not imported"},
    )
    answer = Api(remembering_intake, condition=lambda: condition).call("GET", "/health/ready", None)
    body = answer.json()
    assert (answer.status_code, body["ready"]) == (200, True), "a restart would mend none of it"
    assert body["paused_sources"] == {"inbox": "the login was refused"}
    assert body["failing_sources"] == {"lists": "A file was not imported"}
    assert body["problems"] == [{"code": "unknown_key", "message": "no such key"}]
    assert body["paused_sinks"] == {"salesforce": "wrong password"}


@pytest.mark.parametrize("ask", [lambda: 1 / 0, lambda: time.sleep(2.5) or Condition()])
def test_ready_does_not_depend_on_what_else_it_tells(remembering_intake, ask):
    answer = Api(remembering_intake, condition=ask).call("GET", "/health/ready", None)
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert "problems" not in answer.json(), "it was waited for"


def test_metrics_count_captures_commits_and_what_the_store_adds(api):
    api.call("POST", "/in/nope", None, json={})
    api.metrics.committed(3, 0.004)

    def of_store():
        gauge = GaugeMetricFamily("leadrelay_deliveries", "Deliveries by state", labels=("sink", "state"))
        gauge.add_metric(("salesforce", "failed"), 4)
        yield gauge

    api.metrics.add(of_store)
    api.intake.is_away = True
    page = api.call("GET", "/metrics", None)
    assert page.headers["content-type"].startswith("text/plain")
    assert "leadrelay_commit_size_sum 3.0" in page.text
    assert 'leadrelay_commit_seconds_bucket{le="0.005"} 1.0' in page.text
    assert "leadrelay_spool_size 7.0" in page.text
    assert 'leadrelay_deliveries{sink="salesforce",state="failed"} 4.0' in page.text


def test_metrics_are_answered_while_the_store_is_away(api):
    def broken():
        raise StoreUnavailable("away")
        yield

    api.metrics.add(broken)
    page = api.call("GET", "/metrics", None)
    assert page.status_code == 200
    assert "leadrelay_spool_size" in page.text
