"""Which company a lead belongs to: the domain that the company has to itself. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from core.lead import Value
from core.normalize.email import email_class, is_free_domain
from core.normalize.web import own_domain

DOMAIN, WEBSITE, EMAIL = "company.domain", "company.website", "person.email"
_OF_FIRMS = frozenset({"business", "role"})
"""Classes of e-mail addresses whose domain is a firm's: `info@acme.example` is of Acme, whoever writes."""
_SHARED = frozenset({
    "facebook.com", "fb.com", "instagram.com", "linkedin.com", "xing.com", "twitter.com", "x.com", "youtube.com", "youtu.be",
    "tiktok.com", "pinterest.com", "google.com", "goo.gl", "linktr.ee", "bit.ly", "github.com", "medium.com", "whatsapp.com",
    "wa.me", "t.me", "wordpress.com", "wix.com", "jimdo.com",
})  # fmt: skip
"""Sites on which many firms have a page: as a website they say nothing of whose it is."""


def account_of(value: Callable[[str], Value | None]) -> str:
    """The domain that stands for a lead's company; empty where nothing names one. `value` gives a field of the lead.

    The company's own domain or website goes before the address of the person. Free mailers, throw-away addresses, families'
    domains, placeholders and what everybody can have a name under (`co.uk`, `github.io`) name no company.
    """
    for path in (DOMAIN, WEBSITE):
        said = value(path)
        found = _of_site(said) if isinstance(said, str) else ""
        if found:
            return found
    said = value(EMAIL)
    return _of_email(said) if isinstance(said, str) else ""


@lru_cache(maxsize=4096)
def account_hash(account: str) -> int:
    """A signed 64-bit number for an account."""
    return int.from_bytes(hashlib.blake2b(f"account\0{account}".encode(), digest_size=8).digest(), "big", signed=True)


def accounts_in(value: Callable[[str], Value | None]) -> set[str]:
    """Every account that one of these values names, whichever of them will count in the end."""
    found = [(read, value(path)) for path, read in ((DOMAIN, _of_site), (WEBSITE, _of_site), (EMAIL, _of_email))]
    return {read(said) for read, said in found if isinstance(said, str)} - {""}


@lru_cache(maxsize=4096)
def _of_site(said: str) -> str:
    text = said.strip().lower()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    found = own_domain(host)
    is_own = found and found not in _SHARED and email_class(f"j.doe@{found}") == "business"
    return found if is_own and not is_free_domain(host) else ""


@lru_cache(maxsize=4096)
def _of_email(said: str) -> str:
    host = said.rpartition("@")[2].lower()
    return own_domain(host) if email_class(said) in _OF_FIRMS and not is_free_domain(host) else ""
