"""Web addresses and domains."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.normalize.reading import NOTHING, Reading
from core.normalize.text import is_empty_mark, one_line

if TYPE_CHECKING:
    from tldextract import TLDExtract

_LONGEST = 500
_LONGEST_URL = 10_000
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?:mailto|javascript|data|tel|ftp|file|about):", re.IGNORECASE)
_REST = re.compile("[/?#]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_ENDING = re.compile(r"(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})\Z")
_NO_URL = "this is no web address; write it as https://www.example.com."
_NO_DOMAIN = "this is no domain; write it as example.com."


def read_url(text: str) -> Reading:
    """The address with a scheme and its host in lower case and IDNA; path, query and fragment stay as they are."""
    text = one_line(text).strip("<>\"'").replace(" ", "%20")
    if not text or is_empty_mark(text):
        return NOTHING
    if len(text) > _LONGEST_URL or _OTHER_SCHEME.match(text):
        return Reading(None, "url_unreadable", _NO_URL)
    text = text.removeprefix("//")
    if not _SCHEME.match(text):
        if "@" in _REST.split(text, maxsplit=1)[0]:
            return Reading(None, "url_unreadable", _NO_URL)
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host, port = host_of(parts.hostname or ""), parts.port
    except ValueError:
        return Reading(None, "url_unreadable", _NO_URL)
    if host is None or parts.scheme not in ("http", "https"):
        return Reading(None, "url_unreadable", _NO_URL)
    rest = text[text.index("//") + 2 + len(parts.netloc) :]
    return Reading(f"{parts.scheme}://{host}{f':{port}' if port else ''}{'' if rest == '/' else rest}")


def read_domain(text: str) -> Reading:
    """The registered domain of a domain, a web address or an e-mail address: `acme.co.uk` of `https://www.acme.co.uk/en`."""
    text = one_line(text)
    if not text or is_empty_mark(text):
        return NOTHING
    bare = text[:_LONGEST].strip("<>\"' ").removeprefix("//")
    scheme = _SCHEME.match(bare)
    bare = _REST.split(bare[scheme.end() if scheme else 0 :], maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    host = host_of(bare)
    if host is None:
        return Reading(None, "domain_unreadable", _NO_DOMAIN)
    return Reading(registered_domain(host))


def host_of(text: str) -> str | None:
    """The host in lower case and IDNA, or None when the text is no public host name."""
    return _host_of(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=8192)
def _host_of(text: str) -> str | None:
    text = text.strip().strip(".").lower()
    if not text.isascii():
        ascii_text = _idna(text)
        if ascii_text is None:
            return None
        text = ascii_text
    labels = text.split(".")
    if len(text) > 253 or len(labels) < 2 or not all(_LABEL.match(label) for label in labels):
        return None
    return text if _ENDING.match(labels[-1]) or _is_ipv4(labels) else None


@lru_cache(maxsize=8192)
def registered_domain(host: str) -> str:
    """The part of a host that somebody registered, by the public suffix list: `acme.co.uk` of `mail.acme.co.uk`."""
    host = host.lower().strip(".")
    found = _extractor()(host).top_domain_under_public_suffix
    if found:
        return found
    labels = host.split(".")
    return host if _is_ipv4(labels) else ".".join(labels[-2:])


@lru_cache(maxsize=8192)
def own_domain(host: str) -> str:
    """The part of a host that one holder has to themselves: `acme.github.io` of `www.acme.github.io`. Empty for what is given out
    to everybody, such as `github.io` or `co.uk`, and for a number."""
    host = host.lower().strip(".")
    found = _extractor()(host, include_psl_private_domains=True)
    if found.suffix:
        return found.top_domain_under_public_suffix
    labels = host.split(".")
    return "" if len(labels) < 2 or _is_ipv4(labels) else ".".join(labels[-2:])


def name_label(domain: str) -> str:
    """The word that a domain's owner chose: `acme` of `mail.acme.co.uk`."""
    return registered_domain(domain).partition(".")[0]


def _is_ipv4(labels: list[str]) -> bool:
    return len(labels) == 4 and all(label.isdigit() and int(label) < 256 for label in labels)


def _idna(host: str) -> str | None:
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


@lru_cache(maxsize=1)
def _extractor() -> TLDExtract:
    """The public suffix list that comes with the library: no download, no cache folder. Loading takes 0.2 s, so not at import."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)
