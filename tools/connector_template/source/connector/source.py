"""The Acme source: a signed JSON webhook, one lead a post."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from connectors.acme.config import AcmeSourceConfig
from connectors.sources import Captured, Post, Refused, Unreadable
from core.lead import Names
from core.problems import Problem

SIGNATURE = "x-acme-signature"


class AcmeSource:
    """Takes Acme's posts; pure, so the web process and every worker may use the same one."""

    def __init__(self, name: str, config: AcmeSourceConfig) -> None:
        self._name = name
        self._secret = config.secret.get_secret_value().encode()

    def receive(self, post: Post, mapped_names: frozenset[str]) -> Captured | Refused:
        """Take a signed post under the event's own id; an unsigned one is kept apart."""
        wanted = hmac.new(self._secret, post.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), post.headers.get(SIGNATURE, "").encode()):
            message = "the signature is missing or wrong: is `secret` the one that Acme signs with?"
            return Refused(401, Problem("bad_signature", message, "secret"), keep="quarantined")
        try:
            event_id = _parsed(post.body).get("event_id")
        except Unreadable as error:
            return Refused(400, error.problem, keep="rejected")
        key = str(event_id) if event_id else hashlib.sha256(post.body).hexdigest()
        return Captured(key=key, is_content_key=not event_id, headers={"content-type": post.headers.get("content-type", "")})

    def cross_origin(self, origin: str | None) -> Mapping[str, str]:
        """Acme's servers post, no browser does: nothing is allowed."""
        return {}

    def names(self, headers: Mapping[str, str], body: bytes) -> Names:
        """The lead's keys as they stand in the post; raises Unreadable."""
        lead = _parsed(body).get("lead", {})
        if not isinstance(lead, dict):
            raise Unreadable(Problem("not_readable", "`lead` in the post is not a JSON object"))
        return {str(name): str(value) for name, value in lead.items() if value is not None}


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Unreadable(Problem("not_readable", "the post is not JSON")) from error
    if not isinstance(found, dict):
        raise Unreadable(Problem("not_readable", "the post is not a JSON object"))
    return found
