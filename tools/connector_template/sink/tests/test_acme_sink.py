"""The Acme sink: one outcome per lead, and errors sorted by what happens next."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
import respx
from pydantic import SecretStr, ValidationError

from connectors.acme import SPEC
from connectors.acme.config import AcmeSinkConfig
from connectors.base import Act, Done, Link, Reject, Retry, Sink, SinkContext, Stop, Upsert
from core.rendering import FieldWrite, Rendered

URL = "https://api.acme.example"


class NoTokens:
    """A token store that is never asked: Acme's token is a setting."""

    def current(self) -> str | None:
        return None

    def refresh(self, stale: str | None, fetch: object) -> str:
        raise AssertionError("Acme has nothing to refresh")


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        router.post("/records/read").respond(json={"records": []})
        yield router


@pytest.fixture
def sink() -> Iterator[Sink]:
    config = AcmeSinkConfig(base_url=URL, token=SecretStr("s3cret"))
    assert SPEC.open_sink is not None
    opened = SPEC.open_sink(config, SinkContext("crm", NoTokens(), ("Record",)))
    yield opened
    opened.close()


def row(uid: str, **fields: str) -> Upsert:
    writes = tuple(FieldWrite(name, value) for name, value in fields.items())
    return Upsert(uid, "Record", {"Record": Rendered("Record", writes, digest=1)})


def test_each_lead_gets_its_own_outcome_in_order(api: respx.MockRouter, sink: Sink) -> None:
    refused = {"error": {"code": "bad_email", "message": "no such domain", "field": "email"}}
    api.post("/records/upsert").respond(json={"results": [{"id": "r1", "created": True}, refused]})
    first, second = sink.upsert([row("L1", email="a@b.example"), row("L2", email="x")])
    assert first == Done("r1", created=True, sent=("email",))
    assert isinstance(second, Reject)
    assert second.problem.field == "email"


def test_a_value_that_stands_in_the_crm_is_not_written_over(api: respx.MockRouter, sink: Sink) -> None:
    api.post("/records/read").respond(
        json={"records": [{"external_id": "L1", "id": "r1", "fields": {"phone": "1", "city": None}}]}
    )
    write = api.post("/records/upsert").respond(json={"results": [{"id": "r1", "created": False}]})
    sink.upsert([row("L1", phone="2", city="Berlin")])
    assert json.loads(write.calls.last.request.content)["records"][0]["fields"] == {"city": "Berlin"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(503, html="<h1>maintenance</h1>"), Retry),
        (httpx.Response(429, headers={"Retry-After": "7"}), Retry),
        (httpx.Response(401), Stop),
        (httpx.Response(404), Stop),
    ],
)
def test_an_error_of_the_whole_call_is_raised_as_what_happens_next(
    api: respx.MockRouter, sink: Sink, answer: httpx.Response, error: type[Exception]
) -> None:
    api.post("/records/upsert").mock(return_value=answer)
    with pytest.raises(error):
        sink.upsert([row("L1")])


def test_a_wait_that_the_service_asks_for_is_kept(api: respx.MockRouter, sink: Sink) -> None:
    api.post("/records/upsert").respond(429, headers={"Retry-After": "7"})
    with pytest.raises(Retry) as raised:
        sink.upsert([row("L1")])
    assert raised.value.after == 7


@pytest.mark.parametrize(("error", "is_unsure"), [(httpx.ConnectError("no"), False), (httpx.ReadTimeout("slow"), True)])
def test_a_cut_connection_says_whether_the_write_may_have_happened(
    api: respx.MockRouter, sink: Sink, error: Exception, is_unsure: bool
) -> None:
    api.post("/records/upsert").mock(side_effect=error)
    with pytest.raises(Retry) as raised:
        sink.upsert([row("L1")])
    assert raised.value.may_have_happened is is_unsure


def test_an_action_is_refused_and_not_lost(sink: Sink) -> None:
    (outcome,) = sink.act([Act("k1", "task", {}, (Link("Record", "r1"),))])
    assert isinstance(outcome, Reject)


def test_a_record_that_is_gone_reads_without_fields(api: respx.MockRouter, sink: Sink) -> None:
    api.post("/records/read").respond(json={"records": [{"id": "r1", "fields": {"city": "Berlin"}}]})
    here, gone = sink.read([Link("Record", "r1"), Link("Record", "r2")], ["city"])
    assert (here.fields, gone.fields) == ({"city": "Berlin"}, None)


def test_probe_names_the_account_and_the_user(api: respx.MockRouter, sink: Sink) -> None:
    api.get("/me").respond(json={"account": "A1", "user": "bot@acme.example"})
    assert sink.probe().account_id == "A1"


def test_an_unknown_setting_is_refused_and_the_token_is_never_printed() -> None:
    with pytest.raises(ValidationError):
        AcmeSinkConfig.model_validate({"base_url": URL, "token": "s3cret", "tokne": "x"})
    assert "s3cret" not in repr(AcmeSinkConfig(base_url=URL, token=SecretStr("s3cret")))
