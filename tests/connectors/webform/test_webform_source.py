"""Who may post to a webform source, under which key, and where a browser goes afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.sources import Captured, Post, Refused, SourceContext
from connectors.webform import SPEC
from connectors.webform.config import WebformConfig
from connectors.webform.origins import web_address
from core.documents import read_document, validate
from core.instants import from_datetime

FORM = "application/x-www-form-urlencoded"
BROWSER = {"accept": "text/html,application/xhtml+xml", "content-type": FORM}


def source(name="demo", **settings):
    settings = {"token": "s3cret-token"} | settings if settings.get("auth") != "public" else settings
    return SPEC.open_source(SourceContext(name), WebformConfig.model_validate(settings))


def post(body=b"email=a%40b.example", token="s3cret-token", **headers):
    headers = {"content-type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Post(body if isinstance(body, bytes) else urlencode(body).encode(), headers, token=token)


def taken(decided) -> Captured:
    assert isinstance(decided, Captured), decided
    return decided


def refused(decided) -> Refused:
    assert isinstance(decided, Refused), decided
    return decided


# --- who may post ---


@pytest.mark.parametrize(
    ("token", "authorization"),
    [("s3cret-token", None), (None, "Bearer s3cret-token"), (None, "bearer  s3cret-token "), ("wrong", "Bearer s3cret-token")],
)
def test_a_post_with_the_token_is_taken(token, authorization):
    headers = {} if authorization is None else {"authorization": authorization}
    assert taken(source().receive(post(token=token, **headers), frozenset()))


@pytest.mark.parametrize(
    ("token", "authorization"),
    [(None, None), ("", None), ("s3cret-toke", None), ("S3CRET-TOKEN", None), (None, "Basic s3cret-token"), (None, "Bearer"),
     (None, "s3cret-token"), ("\udcff", None)],
)  # fmt: skip
def test_a_post_without_the_token_is_kept_apart(token, authorization):
    headers = {} if authorization is None else {"authorization": authorization}
    answer = refused(source().receive(post(token=token, **headers), frozenset()))
    assert (answer.status, answer.keep) == (401, "quarantined")
    assert "s3cret" not in answer.problem.message


def test_two_tokens_are_taken_during_a_change():
    rotating = source(token=["old-token", "new-token"])
    assert taken(rotating.receive(post(token="old-token"), frozenset()))
    assert taken(rotating.receive(post(token="new-token"), frozenset()))
    assert refused(rotating.receive(post(token="s3cret-token"), frozenset()))


def test_a_public_source_takes_posts_without_token():
    assert taken(source(auth="public").receive(post(token=None), frozenset()))


@pytest.mark.parametrize(
    "settings", [{}, {"token": ""}, {"token": []}, {"auth": "none", "token": "x"}, {"token": ["a", "b", "c"]}]
)
def test_a_source_is_never_open_by_accident(settings):
    with pytest.raises(ValidationError):
        WebformConfig.model_validate(settings)


def test_the_settings_do_not_print_the_token():
    assert "s3cret" not in repr(WebformConfig.model_validate({"token": "s3cret-token"}))


@pytest.mark.parametrize(
    ("origin", "is_taken"),
    [
        ("https://www.acme.example", True),
        ("https://WWW.acme.example", True),
        ("http://localhost:8080", True),
        ("https://acme.example", False),
        ("http://www.acme.example", False),
        ("https://www.acme.example:8443", False),
        ("https://www.acme.example.evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_browsers_post_from_a_foreign_website_is_refused(origin, is_taken):
    shop = source(auth="public", origins=["https://www.acme.example", "http://localhost:8080"])
    decided = shop.receive(post(token=None, origin=origin), frozenset())
    if is_taken:
        assert taken(decided)
        assert shop.cross_origin(origin) == {"access-control-allow-origin": origin, "vary": "Origin"}
    else:
        assert (refused(decided).status, refused(decided).keep) == (403, "quarantined")
        assert shop.cross_origin(origin) == {}


def test_a_post_that_names_no_origin_is_no_browsers_and_passes():
    assert taken(source(auth="public", origins="https://a.example").receive(post(token=None), frozenset()))


def test_without_origins_forms_of_every_website_may_post_and_no_script_reads_the_answer():
    shop = source(auth="public")
    assert taken(shop.receive(post(token=None, origin="https://x.example"), frozenset()))
    assert shop.cross_origin("https://x.example") == {}
    assert shop.cross_origin(None) == {}


def test_a_filled_honeypot_is_taken_and_ignored():
    trapped = source(honeypot=["website_url"])
    robot = taken(trapped.receive(post({"email": "a", "website_url": "http://spam"}), frozenset()))
    person = taken(trapped.receive(post({"email": "a", "website_url": " "}), frozenset()))
    assert (robot.state, person.state) == ("ignored", "new")
    assert "website_url" in robot.reason


def test_a_robots_post_does_not_make_a_persons_look_repeated():
    trapped = source(honeypot=["website_url"])
    robot = taken(trapped.receive(post({"submission_id": "1", "website_url": "http://spam"}), frozenset()))
    person = taken(trapped.receive(post({"submission_id": "1"}), frozenset()))
    assert robot.key != person.key


@pytest.mark.parametrize(
    ("body", "content_type", "status", "keep"),
    [
        (b"", FORM, 400, "rejected"),
        (b"{", "application/json", 400, "rejected"),
        (b"<adf/>", "image/svg", 415, "rejected"),
    ],
)
def test_what_can_not_be_read_is_refused_and_kept(body, content_type, status, keep):
    answer = refused(source().receive(post(body, content_type=content_type), frozenset()))
    assert (answer.status, answer.keep) == (status, keep)


def test_headers_with_credentials_or_cookies_are_not_kept():
    kept = taken(
        source().receive(post(authorization="Bearer s3cret-token", cookie="a=b", referer="https://a.example"), frozenset())
    )
    assert kept.headers == {"content-type": FORM, "referer": "https://a.example"}


# --- the key ---


def key(body, mapped=frozenset(), name="demo", **headers):
    return taken(source(name).receive(post(body, **headers), mapped)).key


def test_the_submission_id_is_the_key():
    captured = taken(source().receive(post({"submission_id": " 42 ", "email": "a"}), frozenset()))
    assert captured.key == "id:42"
    assert not captured.is_content_key
    assert key({"submission_id": "42", "email": "b"}) == "id:42"


@pytest.mark.parametrize("body", [{"submission_id": "", "email": "a"}, {"email": "a"}])
def test_without_a_submission_id_the_content_is_the_key(body):
    assert taken(source().receive(post(body), frozenset())).is_content_key


def test_a_mapped_submission_id_is_content():
    captured = taken(source().receive(post({"submission_id": "42", "email": "a"}), frozenset({"submission_id"})))
    assert captured.is_content_key


def test_a_very_long_submission_id_gives_a_short_key_of_its_own():
    first, second = key({"submission_id": "x" * 5_000 + "1"}), key({"submission_id": "x" * 5_000 + "2"})
    assert first != second
    assert len(first) < 100


def test_the_content_key_does_not_depend_on_order_type_or_page_tokens():
    plain = key({"email": "a", "name": "b"})
    assert key({"name": "b", "email": "a"}) == plain
    assert key(b'{"email": "a", "name": "b"}', content_type="application/json") == plain
    assert key({"email": "a", "name": "b", "retURL": "https://x.example", "_wpnonce": "123"}) == plain
    for boundary in ("one", "two"):
        parts = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {"email": "a", "name": "b"}.items()
        )
        body = f"{parts}--{boundary}--\r\n".encode()
        assert key(body, content_type=f"multipart/form-data; boundary={boundary}") == plain


def test_the_content_key_depends_on_values_names_and_source():
    plain = key({"email": "a", "name": "b"})
    others = [key({"email": "a", "name": "c"}), key({"email": "a", "nam": "b"}), key({"email": "b", "name": "a"})]
    assert len({plain, *others, key({"email": "a", "name": "b"}, name="other")}) == 5


def test_a_mapped_redirect_field_is_content():
    mapped = frozenset({"redirect"})
    assert key({"email": "a", "redirect": "x"}, mapped) != key({"email": "a", "redirect": "y"}, mapped)


# --- time and test ---


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T10:00:00Z", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T11:00:00.250+01:00", datetime(2026, 1, 1, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-01-01 10:00:00+00:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("1767261600", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("1767261600000", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T10:00:00", None),
        ("2026-01-01", None),
        ("01.02.2026 10:00", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("42", None),
        ("", None),
    ],
)
def test_a_submit_time_is_taken_only_when_it_says_its_zone(text, moment):
    captured = taken(source().receive(post({"email": "a", "submitted_at": text}), frozenset()))
    assert captured.submitted_at == (None if moment is None else from_datetime(moment))


def test_a_mapped_submit_time_is_the_mappings():
    assert taken(source().receive(post({"created_at": "1767261600"}), frozenset({"created_at"}))).submitted_at is None


@pytest.mark.parametrize(("value", "is_test"), [("true", True), ("TRUE", True), ("1", True), ("false", False), ("", False)])
def test_a_test_submission_says_so(value, is_test):
    assert taken(source().receive(post({"is_test": value, "a": "b"}), frozenset())).is_test is is_test
    assert taken(source(test=True).receive(post({"is_test": value, "a": "b"}), frozenset())).is_test


# --- thank-you pages ---


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("https://www.acme.example", "https://www.acme.example/"),
        ("https://www.acme.example/thanks?a=1#top", "https://www.acme.example/thanks?a=1#top"),
        ("HTTPS://WWW.ACME.example:443/thanks", "https://www.acme.example/thanks"),
        ("https://www.acme.example/größe", "https://www.acme.example/gr%C3%B6%C3%9Fe"),
        ("https://landing.example/de/danke", "https://landing.example/de/danke"),
        ("https://landing.example/de", "https://landing.example/de"),
        ("https://landing.example/de?x=1", "https://landing.example/de?x=1"),
        ("https://landing.example/design", None),
        ("https://landing.example/", None),
        ("https://landing.example/de/../admin", None),
        ("https://landing.example/de/%2e%2E/admin", None),
        ("https://www.acme.example.evil.example/", None),
        ("https://www.acme.example@evil.example/", None),
        ("https://evil.example/https://www.acme.example", None),
        ("https://evil.example\\@www.acme.example/", None),
        ("https://www.acme.example\\.evil.example/", None),
        ("https://www.acme.example:443@evil.example/", None),
        ("http://www.acme.example/", None),
        ("https://www.acme.example:8443/", None),
        ("//www.acme.example/", None),
        ("/thanks", None),
        ("javascript:alert(1)//https://www.acme.example", None),
        ("https:www.acme.example", None),
        ("https:///www.acme.example", None),
        ("https://www.acme.example/\r\nSet-Cookie: a=b", None),
        ("https://www.acme.example/a b", None),
        ("https://www.acme.example%2eevil.example/", None),
        ("https://www.acme.example/" + "a" * 3_000, None),
        ("https://www.acme.example\uff0f.evil.example/", None),
        ("https://www.acme.example\xa0/", None),
        ("https://xn--/", None),
        ("", None),
    ],
)
def test_a_form_may_redirect_only_to_allowed_addresses(wanted, location):
    shop = source(redirects=["https://www.acme.example", "https://landing.example/de/"])
    captured = taken(shop.receive(post({"email": "a", "retURL": wanted}, **BROWSER), frozenset()))
    assert captured.redirect == location


@pytest.mark.parametrize("name", ["redirect", "_redirect", "_next", "retURL"])
def test_the_redirect_field_has_the_names_that_form_services_use(name):
    shop = source(redirects=["https://a.example"])
    assert taken(shop.receive(post({name: "https://a.example/ok"}), frozenset())).redirect == "https://a.example/ok"


def test_the_configured_thank_you_page_is_for_browsers_only():
    shop = source(thank_you="https://a.example/thanks")
    assert taken(shop.receive(post(accept="text/html,*/*"), frozenset())).redirect == "https://a.example/thanks"
    assert taken(shop.receive(post(sec_fetch_mode="navigate"), frozenset())).redirect == "https://a.example/thanks"
    assert (
        taken(shop.receive(post({"retURL": "https://evil.example"}, **BROWSER), frozenset())).redirect
        == "https://a.example/thanks"
    )
    assert taken(shop.receive(post(accept="*/*"), frozenset())).redirect is None


def test_a_script_or_json_post_is_not_redirected():
    shop = source(redirects=["https://a.example"])
    assert taken(shop.receive(post({"redirect": "https://a.example"}, sec_fetch_mode="cors"), frozenset())).redirect is None
    json_post = post(b'{"redirect": "https://a.example"}', content_type="application/json", accept="*/*")
    assert taken(shop.receive(json_post, frozenset())).redirect is None


def test_an_international_host_is_compared_and_sent_in_ascii():
    shop = source(redirects=["https://müller.example"])
    captured = taken(shop.receive(post({"redirect": "https://Müller.example/danke"}), frozenset()))
    assert captured.redirect == "https://xn--mller-kva.example/danke"


@given(st.text(max_size=60))
def test_an_address_is_read_as_itself_or_not_at_all(text):
    for url in (text, "https://a.example" + text, "https://" + text):
        address = web_address(url)
        if address is not None:
            assert str(address).isascii()
            assert web_address(str(address)) == address


# --- Salesforce Web-to-Lead ---


def test_a_web_to_lead_form_works_with_only_its_action_changed():
    fields = {"oid": "00D000000000001", "retURL": "https://www.acme.example/thanks", "debug": "1", "first_name": "Ana",
              "email": "ana@acme.example", "00N000000000001": "custom", "lead_source": "Web"}  # fmt: skip
    shop = source(redirects=["https://www.acme.example"])
    sent = Post(urlencode(fields).encode(), BROWSER, query="encoding=UTF-8", token="s3cret-token")
    assert taken(shop.receive(sent, frozenset())).redirect == "https://www.acme.example/thanks"
    assert shop.names(sent.headers, sent.body) == fields


# --- nothing breaks it ---


@given(
    st.binary(max_size=300),
    st.dictionaries(
        st.sampled_from(["content-type", "authorization", "origin", "accept", "content-encoding", "referer", "sec-fetch-mode"]),
        st.text(st.characters(max_codepoint=255), max_size=60)
        | st.sampled_from(["application/json", FORM, "multipart/form-data; boundary=x", "Bearer s3cret-token", "text/html"]),
    ),
    st.none() | st.text(max_size=20) | st.just("s3cret-token"),
)
def test_receive_decides_whatever_is_sent(body, headers, token):
    for opened in (source(origins=["https://a.example"], redirects=["https://a.example"]), source(auth="public")):
        assert isinstance(opened.receive(Post(body, headers, token=token), frozenset()), Captured | Refused)


class AsSource(WebformConfig):
    """The settings together with the keys that every source has."""

    connector: str
    mapping: str


def test_the_example_passes_validation():
    path = Path(__file__).parents[3] / "connectors" / "webform" / "example.yaml"
    document = read_document(path.read_text(encoding="utf-8"), "example.yaml")
    for name in ("website", "form_vendor"):
        model, problems = validate(document, AsSource, at=("sources", name))
        assert problems == []
        assert model is not None


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("origins: [https://a.example, a.example]", "wrong_value", "3:30"),
        ("thank_you: /thanks", "wrong_value", "3:12"),
        ("redirects: https://*.a.example", "wrong_value", "3:12"),
        ("rate: many", "wrong_value", "3:7"),
        ("redirect: https://a.example", "unknown_key", "3:1"),
        ("auth: open", "wrong_choice", "3:7"),
    ],
)
def test_a_wrong_setting_is_explained_at_its_place(line, code, place):
    document = read_document(f"connector: webform\ntoken: x\n{line}\nmapping: m\n", "c.yaml")
    model, problems = validate(document, AsSource)
    assert model is None
    assert [(problem.code, str(problem.place)) for problem in problems] == [(code, f"c.yaml:{place}")]
