"""Capture: a post is committed before it is answered. A plain ASGI endpoint, for its speed is the product's speed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from connectors.sources import Captured, Post, Refused, kept_headers
from core.instants import Instant
from core.problems import Problem
from leadrelay.engine.captures import Accepted, NewSubmission, Unavailable, refused_key
from leadrelay.engine.clock import Clock
from leadrelay.web.entrances import Entrance, Entrances
from leadrelay.web.intake_port import Intake
from leadrelay.web.limits import HourlyCount, Rates
from leadrelay.web.metrics import Metrics

log = structlog.get_logger(__name__)

PREFIX = "/in/"
_SOURCE_NAME = re.compile(r"[a-z0-9_]{1,100}")
_READ_BODY_WITHIN_S = 60.0
_DRAIN_BYTES, _DRAIN_FOR_S = 32_000_000, 10.0
_STARTING_RETRY_S = 5
_OF_BATCHES = 1
"""The priority of what comes in batches (visits): a form that somebody has just sent goes before it."""
_Headers = list[tuple[bytes, bytes]]
_COMMON: _Headers = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class _Gone(Exception):
    """The sender hung up before its post was complete: there is nobody to answer and nothing whole to keep."""


class _TooLarge(Exception):
    """The body passes the source's limit."""


class Capture:
    """Everything under `/in/`: posts, the vendors' GET handshakes and browsers' preflights."""

    def __init__(self, entrances: Entrances, intake: Intake, metrics: Metrics, clock: Clock) -> None:
        self._entrances = entrances
        self._intake = intake
        self._metrics = metrics
        self._clock = clock
        self._rates = Rates()
        self._quarantined = HourlyCount()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong inside is logged and answered 503, so that the sender tries again."""
        name, token = _target(scope["path"])
        entrance = self._entrances.get(name)
        if entrance is None:
            await self._answer_unknown(name, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        cors = _encoded(entrance.source.cross_origin(headers["origin"])) if "origin" in headers else []
        try:
            await self._answer(_Request(scope, receive, send, headers, token, cors), entrance)
        except _Gone:
            self._metrics.count_capture(name, "gone")
        except Exception:
            log.exception("capture_failed", source=name)
            self._metrics.count_capture(name, "unavailable")
            await _send_error(send, 503, _UNAVAILABLE, [*cors, _retry_after(_STARTING_RETRY_S)])

    async def _answer_unknown(self, name: str, send: Send) -> None:
        if self._entrances.may_open(name):
            await _send_error(send, 503, _STARTING, [_retry_after(_STARTING_RETRY_S)])
        else:
            await _send_error(send, 404, _UNKNOWN_SOURCE)

    async def _answer(self, request: _Request, entrance: Entrance) -> None:
        method = request.scope["method"]
        if method == "POST":
            await self._take(request, entrance)
        elif method == "OPTIONS":
            await _send(request.send, 204, b"", [*request.cors, *(_PREFLIGHT if request.cors else []), _ALLOW])
        elif method in ("GET", "HEAD"):
            body = json.dumps({"source": entrance.name, "post": "here"}).encode()
            await _send(request.send, 200, b"" if method == "HEAD" else body, request.cors)
        else:
            await _send_error(request.send, 405, _NOT_ALLOWED, [*request.cors, _ALLOW])

    async def _take(self, request: _Request, entrance: Entrance) -> None:
        try:
            body = await _read_body(request, entrance.limits.max_body)
        except _TooLarge:
            self._metrics.count_capture(entrance.name, "too_large")
            await _refuse_large(request, entrance.limits.max_body)
            return
        except TimeoutError:
            self._metrics.count_capture(entrance.name, "too_slow")
            await _send_error(request.send, 408, _TOO_SLOW, [*request.cors, (b"connection", b"close")])
            return
        client = request.scope.get("client")
        query = request.scope["query_string"].decode("latin-1")
        post = Post(body, request.headers, query, request.token, client[0] if client else "")
        decided = entrance.source.receive(post, entrance.mapped_names)
        now = self._clock()
        is_stranger = isinstance(decided, Refused) and decided.keep != "rejected"  # whose posts must not use up the rate
        wait = 0 if is_stranger or entrance.limits.rate is None else self._rates.take(entrance.name, entrance.limits.rate, now)
        if wait:
            self._metrics.count_capture(entrance.name, "limited")
            await _send_error(request.send, 429, _LIMITED, [*request.cors, _retry_after(wait)])
        elif isinstance(decided, Refused):
            await self._refuse(request, entrance, post, decided, now)
        else:
            await self._keep(request, entrance, post, decided, now)

    async def _keep(self, request: _Request, entrance: Entrance, post: Post, captured: Captured, now: Instant) -> None:
        submission = NewSubmission(
            entrance.name,
            captured.key,
            captured.is_content_key,
            captured.state,
            captured.reason,
            captured.headers,
            post.body,
            captured.submitted_at,
            now,
            captured.is_test,
        )
        try:
            accepted = await self._accept(submission, captured)
        except Unavailable as away:
            await self._answer_unavailable(request, entrance, away)
            return
        result = "duplicate" if accepted.is_duplicate else "accepted" if captured.state == "new" else captured.state
        self._metrics.count_capture(entrance.name, result)
        if captured.redirect is not None:
            location = (b"location", captured.redirect.encode("latin-1", "ignore"))
            await _send(request.send, 303, b'{"id":"%b"}' % accepted.uid.encode(), [*request.cors, location])
        else:
            await _send(request.send, 200, b'{"id":"%b"}' % accepted.uid.encode(), request.cors)

    async def _accept(self, submission: NewSubmission, captured: Captured) -> Accepted:
        """Commit a post or, of a batch, each part of it; the first one's id stands for all. A batch that was committed in part
        is sent again as a whole, and what was kept of it is known by its keys."""
        if not captured.parts:
            return await self._intake.accept(submission)
        each = [replace(submission, key=part.key, body=part.body, priority=_OF_BATCHES) for part in captured.parts]
        taken = await asyncio.gather(*map(self._intake.accept, each), return_exceptions=True)
        for one in taken:
            if isinstance(one, BaseException):
                raise one
        return next(one for one in taken if isinstance(one, Accepted))

    async def _refuse(self, request: _Request, entrance: Entrance, post: Post, refused: Refused, now: Instant) -> None:
        uid = None
        if refused.keep == "rejected" or (
            refused.keep == "quarantined" and self._quarantined.allows(entrance.name, entrance.limits.quarantine_per_hour, now)
        ):
            try:
                uid = (await self._intake.accept(_refused_submission(entrance.name, post, refused, now))).uid
            except Unavailable as away:
                await self._answer_unavailable(request, entrance, away)
                return
        self._metrics.count_capture(entrance.name, refused.keep or "refused")
        log.info("post_refused", source=entrance.name, status=refused.status, code=refused.problem.code, submission=uid)
        extra = [(b"www-authenticate", b"Bearer")] if refused.status == 401 else []
        shown = uid if refused.keep == "rejected" else None
        await _send_error(request.send, refused.status, refused.problem, [*request.cors, *extra], shown)

    async def _answer_unavailable(self, request: _Request, entrance: Entrance, away: Unavailable) -> None:
        self._metrics.count_capture(entrance.name, "unavailable")
        log.error("capture_unavailable", source=entrance.name)
        await _send_error(request.send, 503, _UNAVAILABLE, [*request.cors, _retry_after(math.ceil(away.retry_after))])


class _Request:
    """One request while it is answered."""

    __slots__ = ("cors", "headers", "receive", "scope", "send", "token")

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], token: str | None, cors: _Headers
    ) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.headers, self.token, self.cors = headers, token, cors


_UNAVAILABLE = Problem("unavailable", "the submission could not be stored: send it again later")
_STARTING = Problem("starting", "the service is starting: send the submission again in a few seconds")
_UNKNOWN_SOURCE = Problem("unknown_source", "no source of this name takes posts: check the address")
_NOT_ALLOWED = Problem("method_not_allowed", "send submissions with POST")
_LIMITED = Problem("rate_limited", "more submissions came than this source takes: send it again later")
_TOO_SLOW = Problem("too_slow", f"the body did not arrive within {_READ_BODY_WITHIN_S:g} seconds: send it again")
_ALLOW = (b"allow", b"POST, GET, HEAD, OPTIONS")
_PREFLIGHT: _Headers = [
    (b"access-control-allow-methods", b"POST, GET"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
]


def _target(path: str) -> tuple[str, str | None]:
    """The source's name and the token of a path under `/in/`; a name that can not be one comes back empty."""
    name, _, token = path[len(PREFIX) :].partition("/")
    return (name if _SOURCE_NAME.fullmatch(name) else "", token.rstrip("/") or None)


def masked_path(path: str) -> str:
    """The path without the token that may stand in it, for logs."""
    if not path.startswith(PREFIX):
        return path
    name, has_more, rest = path[len(PREFIX) :].partition("/")
    return f"{PREFIX}{name}/***" if has_more and rest.strip("/") else path


async def _read_body(request: _Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        raise _TooLarge
    async with asyncio.timeout(_READ_BODY_WITHIN_S):
        message = await request.receive()
        _check_connected(message)
        body = message.get("body", b"")
        if not message.get("more_body", False):
            if len(body) > limit:
                raise _TooLarge
            return bytes(body)
        chunks, size = [body], len(body)
        while message.get("more_body", False):
            message = await request.receive()
            _check_connected(message)
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > limit:
                raise _TooLarge
        return b"".join(chunks)


def _check_connected(message: MutableMapping[str, Any]) -> None:
    if message["type"] == "http.disconnect":
        raise _Gone


async def _refuse_large(request: _Request, limit: int) -> None:
    """Answer 413 at once, then read on a little: a sender that is cut off while it writes never sees the answer."""
    problem = Problem("too_large", f"the body is larger than the {limit} bytes this source takes: send less")
    body = _error_body(problem, None)
    await request.send(_start(413, body, [*request.cors, (b"connection", b"close")]))
    await request.send({"type": "http.response.body", "body": body, "more_body": True})
    left = _DRAIN_BYTES
    try:
        async with asyncio.timeout(_DRAIN_FOR_S):
            while left > 0:
                message = await request.receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
    except TimeoutError:
        log.info("large_body_cut_off", bytes_left=left)
    await request.send({"type": "http.response.body", "body": b"", "more_body": False})


def _refused_submission(source: str, post: Post, refused: Refused, now: Instant) -> NewSubmission:
    state = refused.keep or "rejected"
    # Its own key space: what was refused must never make a later good post look like a duplicate.
    key = refused_key(state, refused.problem.code, hashlib.sha256(post.body).hexdigest())
    return NewSubmission(
        source, key, True, state, refused.problem.message, kept_headers(post.headers), post.body, None, now, is_test=False
    )


# --- answers --------------------------------------------------------------------------------------------------------


def _encoded(headers: Mapping[str, str]) -> _Headers:
    return [(name.encode("latin-1"), value.encode("latin-1", "ignore")) for name, value in headers.items()]


def _retry_after(seconds: int) -> tuple[bytes, bytes]:
    return (b"retry-after", str(max(1, seconds)).encode())


def _start(status: int, body: bytes, extra: Iterable[tuple[bytes, bytes]]) -> dict[str, object]:
    length = [(b"content-length", str(len(body)).encode())] if status != 204 else []
    return {"type": "http.response.start", "status": status, "headers": [*_COMMON, *length, *extra]}


async def _send(send: Send, status: int, body: bytes, extra: Iterable[tuple[bytes, bytes]] = ()) -> None:
    await send(_start(status, body, extra))
    await send({"type": "http.response.body", "body": body})


def _error_body(problem: Problem, uid: str | None) -> bytes:
    document: dict[str, object] = {"error": problem.as_json()}
    if uid is not None:
        document["id"] = uid
    return json.dumps(document).encode()


async def _send_error(
    send: Send, status: int, problem: Problem, extra: Iterable[tuple[bytes, bytes]] = (), uid: str | None = None
) -> None:
    await _send(send, status, _error_body(problem, uid), extra)
