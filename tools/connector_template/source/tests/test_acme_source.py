"""The Acme source: signed posts are taken under their own id, others are kept apart."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from pydantic import SecretStr, ValidationError

from connectors.acme import SPEC
from connectors.acme.config import AcmeSourceConfig
from connectors.sources import Captured, Post, PushSource, Refused, SourceContext, Unreadable

SECRET = "s3cret"


@pytest.fixture
def source() -> PushSource:
    assert SPEC.open_source is not None
    return SPEC.open_source(SourceContext("acme"), AcmeSourceConfig(secret=SecretStr(SECRET)))


def signed(body: bytes, secret: str = SECRET) -> Post:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Post(body, {"content-type": "application/json", "x-acme-signature": signature})


def test_a_signed_post_is_taken_under_the_events_own_id(source: PushSource) -> None:
    body = json.dumps({"event_id": "e-1", "lead": {"email": "a@b.example"}}).encode()
    taken = source.receive(signed(body), frozenset())
    assert isinstance(taken, Captured)
    assert (taken.key, taken.is_content_key) == ("e-1", False)


def test_a_post_without_an_id_is_known_by_its_content(source: PushSource) -> None:
    taken = source.receive(signed(b'{"lead": {}}'), frozenset())
    assert isinstance(taken, Captured)
    assert taken.is_content_key


@pytest.mark.parametrize("headers", [{}, {"x-acme-signature": "0" * 64}, {"x-acme-signature": "\u00e9"}])
def test_a_post_that_is_not_signed_is_kept_apart(source: PushSource, headers: dict[str, str]) -> None:
    refused = source.receive(Post(b"{}", headers), frozenset())
    assert isinstance(refused, Refused)
    assert (refused.status, refused.keep) == (401, "quarantined")


@pytest.mark.parametrize("body", [b"<xml/>", b"[1]", b"\xff"])
def test_a_signed_post_that_can_not_be_read_is_refused_with_a_reason(source: PushSource, body: bytes) -> None:
    refused = source.receive(signed(body), frozenset())
    assert isinstance(refused, Refused)
    assert refused.status == 400


def test_the_leads_keys_are_its_names(source: PushSource) -> None:
    names = source.names({}, b'{"lead": {"email": "a@b.example", "size": 5, "fax": null}}')
    assert names == {"email": "a@b.example", "size": "5"}


def test_a_lead_that_is_no_object_is_unreadable(source: PushSource) -> None:
    with pytest.raises(Unreadable):
        source.names({}, b'{"lead": "x"}')


def test_an_unknown_setting_is_refused_and_the_secret_is_never_printed() -> None:
    with pytest.raises(ValidationError):
        AcmeSourceConfig.model_validate({"secret": SECRET, "secrte": "x"})
    assert SECRET not in repr(AcmeSourceConfig(secret=SecretStr(SECRET)))
