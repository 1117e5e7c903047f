"""Web addresses and domains."""

import pytest

from core.normalize.web import read_domain, read_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("WWW.Acme.DE", "https://www.acme.de"),
        ("acme.de/Path?Q=1#F", "https://acme.de/Path?Q=1#F"),
        ("HTTP://Acme.de:8080/x", "http://acme.de:8080/x"),
        ("https://acme.de/", "https://acme.de"),
        ("//acme.de", "https://acme.de"),
        ("https://www.müller.de", "https://www.xn--mller-kva.de"),
        ("https://user:secret@acme.de/a", "https://acme.de/a"),
        ("<https://acme.de>", "https://acme.de"),
    ],
)
def test_a_web_address_has_a_scheme_and_a_plain_host(text: str, url: str) -> None:
    assert read_url(text) == (url, "", "")
    assert read_url(url).value == url


@pytest.mark.parametrize(
    "text", ["acme", "javascript:alert(1)", "http://", "http://[::1", "mailto:a@acme.de", "anna@acme.de", "a b c"]
)
def test_what_is_no_web_address_is_left_out_with_a_problem(text: str) -> None:
    assert read_url(text)[:2] == (None, "url_unreadable")


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.acme.co.uk/en", "acme.co.uk"),
        ("Acme.DE", "acme.de"),
        ("mail.acme.de", "acme.de"),
        ("anna@mail.acme.de", "acme.de"),
        ("müller.de", "xn--mller-kva.de"),
        ("acme.example", "acme.example"),
        ("www.acme.test:8080", "acme.test"),
    ],
)
def test_a_domain_is_the_registered_one(text: str, domain: str) -> None:
    assert read_domain(text) == (domain, "", "")
    assert read_domain(domain).value == domain


def test_what_is_no_domain_is_left_out_with_a_problem() -> None:
    assert read_domain("Acme GmbH")[:2] == (None, "domain_unreadable")
