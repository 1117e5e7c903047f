"""The pooled connection under hubspot-api-client: one origin, a time-out on every call, and what each answer's headers say."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import certifi
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)

from connectors.base import Burst, Retry, Stop, Usage
from connectors.http import untrusted_certificate
from connectors.hubspot.config import HubSpotConfig
from core.instants import Instant, from_datetime

_NOT_SENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, ProxyError)
_CONNECT_WITHIN = 10.0
_USUAL_WINDOW_MS = 10_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it came: the real status, and the body as JSON, or None when it is empty or no JSON."""

    status: int
    content: Any
    headers: Mapping[str, str]
    is_json: bool

    @property
    def retry_after(self) -> float | None:
        """The wait in seconds that the answer asks for; HTTP allows a number and a date."""
        wait = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", wait):
            return float(wait)
        until, now = _instant(wait), _instant(self.headers.get("date", ""))
        return None if until is None or now is None else max((until - now) / 1000, 0.0)

    @property
    def is_day_over(self) -> bool:
        """Whether no call of the day is left."""
        return _number(self.headers, "daily-remaining") == 0

    @property
    def window(self) -> float:
        """Seconds of the rolling window in which calls are counted."""
        return (_number(self.headers, "interval-milliseconds") or _USUAL_WINDOW_MS) / 1000


class Transport:
    """Sends calls to one origin over kept connections and counts them; nothing is taken from the environment, no redirect is
    followed, and nothing is sent twice."""

    def __init__(self, config: HubSpotConfig) -> None:
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # its debug lines hold whole addresses
        self._origin = config.base_url
        self._pool = _open_pool(config)
        self.calls = 0
        self.usage: Usage | None = None
        self.clock: Instant | None = None

    def send(
        self, method: str, path: str, token: str, query: Mapping[str, object] | None, body: object, *, writes: bool
    ) -> Reply:
        """Send one call below the origin; raises Retry or Stop when no answer comes."""
        if not path.startswith("/") or path.startswith("//"):
            raise ValueError("a call outside the API's own address was stopped")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "leadrelay"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        self.calls += 1
        try:
            answer = self._pool.request(
                method, self._origin + path + _query(query), body=content, headers=headers, redirect=False, retries=False
            )
        except HTTPError as error:
            raise _unreachable(error, writes) from None
        reply = _reply(answer)
        self._note(reply)
        return reply

    def close(self) -> None:
        """Give the connections back."""
        self._pool.clear()

    def _note(self, reply: Reply) -> None:
        """Read the call allowance from an answer, an error's too; search answers carry none (HubSpot's usage guidelines)."""
        limit, left = _number(reply.headers, "max"), _number(reply.headers, "remaining")
        self.clock = _instant(reply.headers.get("date", "")) or self.clock
        daily, daily_left = _number(reply.headers, "daily"), _number(reply.headers, "daily-remaining")
        burst = None
        if limit is not None and left is not None:
            burst = Burst(limit, left, _number(reply.headers, "interval-milliseconds") or _USUAL_WINDOW_MS)
        used = daily - daily_left if daily is not None and daily_left is not None else None
        if burst or used is not None:
            self.usage = Usage(used, daily if used is not None else None, burst)


def _open_pool(config: HubSpotConfig) -> urllib3.PoolManager:
    more: dict[str, Any] = {
        "num_pools": 1,
        "maxsize": 2,
        "retries": False,
        "timeout": urllib3.Timeout(connect=min(config.timeout, _CONNECT_WITHIN), read=config.timeout),
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": str(config.ca_file) if config.ca_file else certifi.where(),
    }
    return urllib3.ProxyManager(config.proxy, **more) if config.proxy else urllib3.PoolManager(**more)


def _query(query: Mapping[str, object] | None) -> str:
    told = {name: value for name, value in (query or {}).items() if value is not None}
    spelled = {name: str(value).lower() if isinstance(value, bool) else value for name, value in told.items()}
    return "?" + urlencode(spelled, doseq=True) if spelled else ""


def _reply(answer: urllib3.BaseHTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    try:
        return Reply(answer.status, json.loads(answer.data) if answer.data else None, headers, True)
    except ValueError:  # HTML of a proxy or a maintenance page, or an answer that was cut
        return Reply(answer.status, None, headers, False)


def _instant(http_date: str) -> Instant | None:
    try:
        return from_datetime(parsedate_to_datetime(http_date))
    except ValueError:
        return None


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(f"x-hubspot-ratelimit-{name}", "").strip()
    return int(text) if text.isdigit() else None


def _unreachable(error: HTTPError, writes: bool) -> Retry | Stop:
    """Whether the call can have arrived: not when no connection came about."""
    cause: BaseException | None = error.reason if isinstance(error, MaxRetryError) else error
    if "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return Stop(untrusted_certificate())
    was_sent = not isinstance(cause, _NOT_SENT)
    sentence = f"HubSpot could not be reached ({type(cause).__name__}): check `base_url` and the network, if it stays so"
    return Retry(sentence, may_have_happened=writes and was_sent, code="unreachable")
