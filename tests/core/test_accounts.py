"""Which company a lead belongs to."""

from __future__ import annotations

import pytest

from core.accounts import account_hash, account_of, accounts_in


@pytest.mark.parametrize(
    ("said", "account"),
    [
        ({"person.email": "pat.lee@mail.acme.co.uk"}, "acme.co.uk"),
        ({"person.email": "info@acme.example"}, "acme.example"),
        ({"company.domain": "acme.example", "person.email": "pat.lee@other.example"}, "acme.example"),
        ({"company.website": "https://shop.acme.example:8080/en?a=b", "person.email": "pat@gmail.com"}, "acme.example"),
        ({"company.domain": "github.io", "company.website": "https://acme.github.io/start"}, "acme.github.io"),
        ({"company.website": "https://www.facebook.com/acme", "person.email": "pat.lee@acme.example"}, "acme.example"),
        ({"company.domain": "gmail.com", "person.email": "pat.lee@acme.example"}, "acme.example"),
    ],
)
def test_a_company_is_known_by_the_domain_that_it_has_to_itself(said: dict[str, str], account: str) -> None:
    assert account_of(said.get) == account
    assert account in accounts_in(said.get)
    assert -(1 << 63) <= account_hash(account) < 1 << 63


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"person.email": "pat.lee@gmail.com"},
        {"person.email": "pat.lee@t-online.de"},
        {"person.email": "pat.lee@mailinator.com"},
        {"person.email": "test@test.de"},
        {"person.email": "no address at all"},
        {"person.email": "eva@familie-huber.at"},
        {"company.domain": "co.uk"},
        {"company.domain": "github.io"},
        {"company.domain": "yahoo.co.uk"},
        {"company.website": "http://10.0.0.1/"},
        {"company.website": "http://[broken"},
        {"company.website": "https://linkedin.com/company/acme"},
        {"company.website": "https://example"},
        {"company.domain": ("acme.example", "other.example")},
    ],
)
def test_what_everybody_can_have_a_name_under_is_no_company(said: dict[str, object]) -> None:
    assert account_of(said.get) == ""  # type: ignore[arg-type]
    assert accounts_in(said.get) == set()  # type: ignore[arg-type]
