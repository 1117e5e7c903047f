"""Notices by webhook: one POST of JSON, signed where a secret is given."""

from __future__ import annotations

import hashlib
import hmac
import ssl
import time

import httpx

from leadrelay.notify.messages import Message, as_bytes, as_chat, as_json
from leadrelay.notify.sending import NotSent
from leadrelay.notify.settings import WebhookTarget

_MOST_READ = 2_000


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What `X-Leadrelay-Signature` holds: `sha256=` and the HMAC-SHA256, in hex, of time stamp, dot and body."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(target: WebhookTarget, message: Message, *, within_s: float) -> str:
    """Post the message; returns the status and the beginning of the answer. Raises NotSent."""
    body = as_bytes(as_chat(message) if target.format == "slack" else as_json(message))
    headers = {"content-type": "application/json", "user-agent": "leadrelay", "x-leadrelay-notice": message.uid}
    if target.secret is not None:
        stamp = str(int(time.time()))
        headers |= {
            "x-leadrelay-timestamp": stamp,
            "x-leadrelay-signature": signature(target.secret.get_secret_value(), stamp, body),
        }
    try:
        status, said, after = _answer(target, headers, body, within_s)
    except httpx.ConnectError as error:
        raise NotSent(f"the webhook can not be reached: {error}") from error
    except httpx.HTTPError as error:
        raise NotSent(f"the webhook did not answer: {error or type(error).__name__}", may_have_arrived=True) from error
    if not 200 <= status < 300:
        raise NotSent(f"the webhook answers {status}{': ' if said else ''}{said}", after=after)
    return f"{status} {said}".strip()


def _answer(target: WebhookTarget, headers: dict[str, str], body: bytes, within_s: float) -> tuple[int, str, float | None]:
    """Status, the beginning of the answer's text, and the wait that it asks for; the address is never part of it."""
    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=target.ca_file) if target.ca_file else True
    end_at = time.monotonic() + within_s
    with (
        httpx.Client(timeout=within_s, verify=verify, trust_env=False, follow_redirects=False) as client,
        client.stream("POST", target.url.get_secret_value(), content=body, headers=headers) as answer,
    ):
        read = b""
        for part in answer.iter_bytes():
            read += part
            if len(read) >= _MOST_READ or time.monotonic() > end_at:
                break
        asked = answer.headers.get("retry-after", "")
        after = float(asked) if asked.isdecimal() else None
        return answer.status_code, " ".join(read[:200].decode("utf-8", "replace").split()), after
