"""The Acme sink: the suite that every sink passes, against an Acme in memory, and what is special about Acme."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from ruamel.yaml import YAML

import connectors.acme
from connectors.acme import SPEC
from connectors.base import Act, Link, Reject, Retry, Upsert
from core.rendering import FieldWrite, Rendered
from tests.conformance import SECRET_OF_TEST, Crm, SinkConformance

URL = "https://api.acme.example"
TOKEN = "t0ken"
TOO_LONG = "Maximiliane" * 10
ANSWERS = {
    "unavailable": httpx.Response(503, json={}),
    "html": httpx.Response(503, html="<h1>maintenance</h1>"),
    "busy": httpx.Response(429, headers={"Retry-After": "7"}),
}


@dataclass
class AcmeInMemory:
    """What Acme would do, as far as the sink asks; replace it by recorded bodies or a simulator of the service."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    is_down: bool = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError("refused")
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return httpx.Response(401)
        failure = self.failures.pop() if self.failures else ""
        if failure == "cut_before":
            raise httpx.ReadError("cut")
        if failure in ANSWERS:
            return ANSWERS[failure]
        if request.url.path == "/me":
            return httpx.Response(200, json={"account": "A1", "user": "bot@acme.example"})
        body = json.loads(request.content)
        if request.url.path == "/records/read":
            self.failures += [failure] if failure else []
            return httpx.Response(200, json={"records": list(self._found(body))})
        results = [self._upsert(record) for record in body["records"]]
        if failure == "cut_after_write":
            raise httpx.ReadError("cut")
        return httpx.Response(200, json={"results": results})

    def _found(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for external_id, fields in self.records.items():
            if external_id in body.get("external_ids", ()) or f"r-{external_id}" in body.get("ids", ()):
                yield {"id": f"r-{external_id}", "external_id": external_id, "fields": fields}

    def _upsert(self, record: dict[str, Any]) -> dict[str, Any]:
        if any(len(value) > 80 for value in record["fields"].values()):
            return {"error": {"code": "too_long", "field": "last_name", "message": f"too long: {record['fields']}"}}
        is_new = record["external_id"] not in self.records
        self.records.setdefault(record["external_id"], {"last_name": None, "city": None}).update(record["fields"])
        return {"id": f"r-{record['external_id']}", "created": is_new}


@pytest.fixture
def acme() -> Iterator[AcmeInMemory]:
    made = AcmeInMemory()
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        router.route().mock(side_effect=made.answer)
        yield made


def lead(number: int, **fields: str) -> Upsert:
    writes = tuple(FieldWrite(name, value) for name, value in ({"last_name": f"Weber {number}"} | fields).items())
    return Upsert(f"lead{number}", "Lead", {"Lead": Rendered("Lead", writes, digest=number)})


def crm_of(acme: AcmeInMemory) -> Crm:
    example = YAML(typ="safe").load(Path(connectors.acme.__file__).with_name("example.yaml").read_text(encoding="utf-8"))
    common = ("connector", "mode", "mapping")
    return Crm(
        spec=SPEC,
        settings={"base_url": URL, "token": TOKEN},
        wrong_credentials={"base_url": URL, "token": SECRET_OF_TEST},
        example={name: value for name, value in example["sinks"]["acme"].items() if name not in common},
        lead=lead,
        refused=lambda row: replace(row, rendered=lead(0, last_name=TOO_LONG).rendered),
        count=lambda: len(acme.records),
        fail=lambda kind: acme.failures.append(kind) if kind != "expire_tokens" else None,  # Acme's tokens do not expire
        down=lambda: setattr(acme, "is_down", True),
        edit=lambda crm_id: acme.records[crm_id.removeprefix("r-")].update(last_name="Annegret"),
        edited=lambda crm_id: acme.records[crm_id.removeprefix("r-")]["last_name"] == "Annegret",
        personal=(TOO_LONG,),
    )


class TestAcmeConforms(SinkConformance):
    @pytest.fixture
    def crm(self, acme: AcmeInMemory) -> Crm:
        return crm_of(acme)


def test_a_wait_that_the_service_asks_for_is_kept(acme: AcmeInMemory) -> None:
    sink = crm_of(acme).open()
    acme.failures.append("busy")
    with pytest.raises(Retry) as raised:
        sink.upsert([lead(1)])
    assert raised.value.after == 7


def test_a_value_that_stands_in_acme_is_not_written_over(acme: AcmeInMemory) -> None:
    sink = crm_of(acme).open()
    acme.records["lead1"] = {"last_name": "Winter", "city": None}
    sink.upsert([lead(1, city="Berlin")])
    assert acme.records["lead1"] == {"last_name": "Winter", "city": "Berlin"}


def test_an_action_is_refused_and_not_lost(acme: AcmeInMemory) -> None:
    (outcome,) = crm_of(acme).open().act([Act("k1", "task", {}, (Link("Lead", "r-lead1"),))])
    assert isinstance(outcome, Reject)


def test_a_record_that_is_gone_reads_without_fields(acme: AcmeInMemory) -> None:
    acme.records["lead1"] = {"city": "Berlin"}
    here, gone = crm_of(acme).open().read([Link("Lead", "r-lead1"), Link("Lead", "r-lead2")], ["city"])
    assert (here.fields, gone.fields) == ({"city": "Berlin"}, None)
