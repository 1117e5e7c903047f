"""A batch of visits at a webform source: who may send one, and what becomes of each visit in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.sources import Captured, Post, Refused, SourceContext
from connectors.webform import SPEC
from connectors.webform.config import WebformConfig
from connectors.webform.visits import MOST_VISITS, is_batch, read_visits
from core.visits import is_visit_named, visitor_id

SITE = "https://www.acme.example"
VISITOR = "0123456789abcdef0123456789abcdef"


def source(**settings):
    given = {"auth": "public", "origins": SITE, "tracks": True} | settings
    return SPEC.open_source(SourceContext("visits"), WebformConfig.model_validate(given))


def batch(*visits, visitor=VISITOR):
    return json.dumps({"leadrelay_visits": visits, "visitor": visitor}, separators=(",", ":")).encode()


def visit(number=1, **said):
    return {"id": f"v{number}", "kind": "page_view", "ago": 40, "page_url": f"{SITE}/{number}"} | said


def receive(body, origin=SITE, **settings):
    return source(**settings).receive(
        Post(body, {"origin": origin, "user-agent": "Firefox", "content-type": "text/plain"}), frozenset()
    )


def test_each_visit_of_a_batch_is_a_submission_of_its_own():
    taken = receive(batch(visit(1), visit(2, kind="cta_click", content_id="pricing")))
    assert isinstance(taken, Captured)
    assert [part.key for part in taken.parts] == [f"visit:{VISITOR}:v1", f"visit:{VISITOR}:v2"]
    names = source().names(taken.headers, taken.parts[1].body)
    assert names == {
        "leadrelay_visit": "cta_click", "leadrelay_visitor": VISITOR, "leadrelay_ago": "40", "page_url": f"{SITE}/2",
        "touch.content_id": "pricing",
    }  # fmt: skip
    assert is_visit_named(names)


def test_nothing_but_the_content_type_is_kept_of_the_headers():
    taken = receive(batch(visit()))
    assert isinstance(taken, Captured)
    assert taken.headers == {"content-type": "application/json"}


def test_a_source_without_tracks_takes_no_visits():
    refused = receive(batch(visit()), tracks=False)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.problem.code, refused.keep) == (400, "no_visits", None)
    assert "tracks: true" in refused.problem.message


def test_another_website_may_not_send_visits():
    refused = receive(batch(visit()), origin="https://elsewhere.example")
    assert isinstance(refused, Refused) and refused.status == 403


def test_a_form_is_taken_beside_the_visits():
    taken = source().receive(Post(b'{"email":"anna@acme.example"}', {"content-type": "application/json"}), frozenset())
    assert isinstance(taken, Captured) and taken.parts == ()


@pytest.mark.parametrize("settings", [{"auth": "token", "token": "s3cret-token-of-16"}, {"auth": "public", "origins": ()}])
def test_tracks_wants_a_public_source_with_origins(settings):
    with pytest.raises(ValidationError, match="auth: public"):
        WebformConfig.model_validate({"tracks": True, "origins": SITE} | settings)


@pytest.mark.parametrize(
    "body",
    [
        b'{"leadrelay_visits":[',
        b'{"leadrelay_visits":[]}',
        b'{"leadrelay_visits":"all","visitor":"0123456789abcdef"}',
        batch(visit(), visitor="anna@acme.example"),
        batch(visit(), visitor="short"),
        batch(visit(), visitor=None),
        batch({"kind": "page_view"}, {"id": "x", "kind": "purchase"}, {"id": "a b", "kind": "page_view"}, "page_view", None),
        b'{"leadrelay_visits":' + b"[" * 100_000,
        b'{"leadrelay_visits":[],"ago":' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_batch_of_visits_is_refused_with_a_sentence(body):
    refused = receive(body)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.keep) == (400, None)
    assert "capture.js" in refused.problem.message


def test_a_batch_is_bounded_and_what_is_no_visit_is_left_out():
    parts = read_visits(batch(*(visit(number) for number in range(200))))
    assert isinstance(parts, tuple) and len(parts) == MOST_VISITS
    parts = read_visits(batch(visit(1), {"id": "x", "kind": "purchase"}, visit(2, page_url="x" * 9_000, content_id=["a"])))
    assert isinstance(parts, tuple) and len(parts) == 2
    assert len(json.loads(parts[1].body)["page_url"]) == 2_000


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(
    visits=st.lists(
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(("ago", "page_url", "referrer", "content_id"), _JSON)
            | {"kind": st.just("page_view"), "id": st.sampled_from(["a", "b-2"]) | _JSON},
        ),
        max_size=4,
    ),
    more=_JSON,
)
def test_whatever_is_sent_it_is_answered_and_what_is_taken_can_be_read(visits, more):
    body = batch(*visits, more)
    assert is_batch(body)
    found = receive(body)
    if isinstance(found, Captured):
        for part in found.parts:
            names = source().names(found.headers, part.body)
            assert is_visit_named(names) and visitor_id(names["leadrelay_visitor"])
            assert part.key.isascii() and "\x00" not in part.key
