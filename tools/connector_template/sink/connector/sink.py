"""The Acme sink: one call a batch, one outcome per lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from connectors.acme.config import AcmeSinkConfig
from connectors.base import (
    Act,
    Done,
    Link,
    Outcome,
    Preparation,
    Probe,
    Record,
    Reject,
    Retry,
    SinkContext,
    Stop,
    Upsert,
    Usage,
)
from core.problems import Problem
from core.rendering import Rendered, decide_writes


class AcmeSink:
    """One Acme account over one pooled connection; used by one thread at a time."""

    def __init__(self, config: AcmeSinkConfig, context: SinkContext) -> None:
        self.max_batch = config.batch
        self.calls = 0
        self.usage: Usage | None = None
        self._name = context.name
        self._client = httpx.Client(
            base_url=config.base_url,
            timeout=config.timeout,
            headers={"Authorization": f"Bearer {config.token.get_secret_value()}"},
        )

    def upsert(self, batch: Sequence[Upsert]) -> list[Outcome]:
        """Bring each lead's record to what is wanted, found by its external id, so that a repeat makes no second one."""
        if not batch:
            return []
        existing = self._existing([row.external_id for row in batch])
        prepared = [_prepared(row.external_id, row.rendered[row.object], existing.get(row.external_id)) for row in batch]
        answer = self._call("POST", "/records/upsert", {"records": prepared})
        return [_outcome(result, one["fields"]) for result, one in zip(answer["results"], prepared, strict=True)]

    def act(self, batch: Sequence[Act]) -> list[Outcome]:
        """Acme knows no tasks or memberships: every action is refused, visibly."""
        return [
            Reject(Problem("not_supported", f"Acme has nothing like `{row.kind}`: take it out of the mapping")) for row in batch
        ]

    def read(self, links: Sequence[Link], fields: Sequence[str]) -> list[Record]:
        """The records as they stand in Acme, in order; gone ones without fields."""
        if not links:
            return []
        answer = self._call("POST", "/records/read", {"ids": [link.crm_id for link in links], "fields": list(fields)})
        found = {record["id"]: record["fields"] for record in answer["records"]}
        return [Record(link, found.get(link.crm_id)) for link in links]

    def account(self) -> str:
        """The account that the token belongs to; the sink is bound to it at its first use."""
        return str(self._call("GET", "/me")["account"])

    def probe(self) -> Probe:
        """Who we are at Acme; nothing is written."""
        answer = self._call("GET", "/me")
        return Probe(account_id=answer["account"], user=answer["user"], api_version="1")

    def prepare(self, objects: Sequence[str]) -> list[Preparation]:
        """Acme's records have an external id of their own: nothing has to be made."""
        return [Preparation(f"{name}.external_id", "ready") for name in objects]

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _existing(self, external_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        answer = self._call("POST", "/records/read", {"external_ids": list(external_ids)})
        return {record["external_id"]: record["fields"] for record in answer["records"]}

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self.calls += 1
        try:
            response = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            was_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            raise Retry(f"Acme does not answer: {type(error).__name__}", may_have_happened=was_sent) from error
        _raise_for_call(response)
        answer: dict[str, Any] = response.json()
        return answer


def _raise_for_call(response: httpx.Response) -> None:
    """Sort an error of the whole call by what happens next."""
    status = response.status_code
    if status in (401, 403):
        message = "Acme refuses the credentials: check `token` and what its user may do, then `leadrelay sinks resume`"
        raise Stop(Problem("bad_credentials", message, "token"))
    if status == 429:
        raise Retry("Acme asks to slow down", after=_seconds(response.headers.get("retry-after")), code="limited")
    if status >= 500:
        raise Retry(f"Acme answers {status}", may_have_happened=True)
    if status >= 400:
        raise Stop(Problem("refused_call", f"Acme refuses the call with status {status}: is `base_url` right?", "base_url"))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None


def _prepared(external_id: str, rendered: Rendered, current: Mapping[str, Any] | None) -> dict[str, Any]:
    decided = decide_writes(rendered.writes, current)
    return {"external_id": external_id, "fields": dict(decided.body)}


def _outcome(result: Mapping[str, Any], sent: Mapping[str, Any]) -> Outcome:
    """What Acme says of one record. Its own message is not passed on: it may repeat a person's values."""
    if "error" in result:
        code, field = result["error"]["code"], result["error"].get("field", "")
        return Reject(Problem(code, f"Acme does not take this lead: field `{field}` ({code})", field))
    return Done(result["id"], created=result["created"], sent=tuple(sorted(sent)))
