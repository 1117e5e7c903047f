"""E-mail addresses: what the CRM gets, the form that matching compares, and the class of the mailbox."""

from __future__ import annotations

import re
from functools import lru_cache

from core.normalize.mailboxes import (
    DISPOSABLE_DOMAINS,
    FREE_DOMAINS,
    NO_REPLY,
    PLACEHOLDER_LABELS,
    PLACEHOLDER_LOCALS,
    PLACES,
    ROLES,
    TYPO_DOMAINS,
    TYPO_ENDINGS,
)
from core.normalize.reading import NOTHING, Reading
from core.normalize.text import clean, is_empty_mark
from core.normalize.web import name_label, registered_domain

_LONGEST = 1_000
_PLAIN = re.compile(r"[a-z0-9_-]+(?:[.+][a-z0-9_-]+)*\Z")
_PLAIN_DOMAIN = re.compile(r"(?:(?!..--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}\Z")
_SPECIAL_USE = ("test", "invalid", "localhost", "local", "onion", "arpa")
_STAND_IN = "example"
"""Put behind a special-use domain while the library looks at it: the library refuses those names, networks of firms use them."""
_IN_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
_AROUND_AT = re.compile(r"\s*@\s*")
_LEADING, _TRAILING = "<([{,;:'`´‘’“”„«»>", ">)]},;:.!?'`´‘’“”„«»"
_BETWEEN = re.compile(r"[,;|\s]+")
_TOKENS = re.compile(r"[._\-]+|\d+")
_SAME_CHARACTER = re.compile(r"(.)\1*\Z")
_KEYBOARD = re.compile(r"(asdf|qwer|yxcv|zxcv)\w*\Z|(asd|qwe){2,}\Z")
_GMAIL = ("gmail.com", "googlemail.com")
_INVALID = "this is no e-mail address, so it is kept as text and never used to recognise a person; correct it in the source."


def read_email(text: str) -> Reading:
    """The address in lower case with an IDNA domain; what is no address stays as text, with a problem. No typo is corrected."""
    text = clean(text)
    if not text or is_empty_mark(text):
        return Reading(None, "placeholder", "the text stands for no e-mail address and was left out.") if text else NOTHING
    address = _unwrap(text)
    valid = _validated(address)
    if valid is None:
        return Reading(address or text, "email_invalid", _INVALID)
    domain = valid.rpartition("@")[2]
    if email_class(valid) == "placeholder":
        return Reading(valid, "email_placeholder", "this address is a placeholder: it is never used to recognise a person.")
    likely = _likely_domain(domain)
    if likely:
        return Reading(
            valid, "email_typo_suspected", f"the domain `{domain}` looks like a typing error of `{likely}`; it was left as it is."
        )
    return Reading(valid)


def addresses_in(text: str) -> list[str]:
    """The texts of the single addresses, where one text holds several separated by comma, semicolon, bar or white space."""
    if text.count("@") < 2 or len(text) > _LONGEST or '"' in text:
        return [text]
    found = [part for part in _BETWEEN.split(clean(text)) if "@" in part.strip("@")]
    whole = len(found) > 1 and all(_validated(_unwrap(part)) for part in found)
    return found if whole else [text]


def canonical_email(address: str) -> str:
    """The form in which addresses are compared: lower case, without a plus tag, and for Gmail without dots and as gmail.com."""
    return _canonical(address) if len(address) <= _LONGEST else _canonical.__wrapped__(address)


@lru_cache(maxsize=1024)  # asked for the same address at every step of one lead
def _canonical(address: str) -> str:
    address = clean(address).lower()
    local, at, domain = address.rpartition("@")
    if not at or local.startswith('"'):
        return address
    local = local[: local.find("+", 1)] if "+" in local[1:] else local
    if domain in _GMAIL:
        return f"{local.replace('.', '') or local}@gmail.com"
    return f"{local}@{domain}"


def email_class(address: str) -> str:
    """The class of a mailbox: placeholder, invalid, disposable, role, free, personal (a family's own domain) or business."""
    return _class(address) if len(address) <= _LONGEST else "invalid"


@lru_cache(maxsize=4096)
def _class(address: str) -> str:
    address = clean(address).lower()
    local, at, domain = address.rpartition("@")
    if not at or _validated(address) is None:
        return "invalid"
    local = local.partition("+")[0] or local
    if _is_placeholder(local, domain):
        return "placeholder"
    kind = _domain_class(domain)
    if kind != "disposable" and _is_role(local):
        return "role"
    return kind


def is_free_domain(domain: str) -> bool:
    """Whether everybody can have a mailbox at this domain, so that it tells nothing of a company."""
    return _domain_class(domain) in ("free", "disposable")


@lru_cache(maxsize=8192)
def _domain_class(domain: str) -> str:
    registered = registered_domain(domain)
    if domain in DISPOSABLE_DOMAINS or registered in DISPOSABLE_DOMAINS:
        return "disposable"
    if domain in FREE_DOMAINS or registered in FREE_DOMAINS:
        return "free"
    is_family = domain.endswith(".name") or name_label(domain).startswith(("familie-", "family-", "famille-"))
    return "personal" if is_family else "business"


def _is_placeholder(local: str, domain: str) -> bool:
    plain = _TOKENS.sub("", local)
    if plain in PLACEHOLDER_LOCALS or plain in NO_REPLY or _KEYBOARD.match(plain):
        return True
    label = name_label(domain)
    if label in PLACEHOLDER_LABELS or _KEYBOARD.match(label):
        return True
    is_repeated = _SAME_CHARACTER.match(local) is not None
    if is_repeated and (len(local) >= 4 or _SAME_CHARACTER.match(label) is not None):
        return True
    return local == label and label in ("abc", "abcd", "foo", "bar", "xyz", "email", "mail", "no", "me", "name", "user")


@lru_cache(maxsize=4096)
def _is_role(local: str) -> bool:
    """Whether every word of the local part is a role or too short to be a name: `info`, `sales-emea`, `office.de`, `team1`."""
    if local in ROLES:
        return True
    words = [word for word in _TOKENS.split(local) if word]
    if not words:
        return False
    if "".join(words) in ROLES:
        return True
    return any(word in ROLES for word in words) and all(word in ROLES or len(word) <= 2 or word in PLACES for word in words)


@lru_cache(maxsize=2048)
def _likely_domain(domain: str) -> str:
    if domain in TYPO_DOMAINS:
        return TYPO_DOMAINS[domain]
    head, _, ending = domain.rpartition(".")
    return f"{head}.{TYPO_ENDINGS[ending]}" if ending in TYPO_ENDINGS else ""


def _unwrap(text: str) -> str:
    """The address without what is put around it: `mailto:`, a display name, brackets, punctuation, white space."""
    if len(text) > _LONGEST:
        return text[:_LONGEST]
    bracketed = _IN_BRACKETS.search(text)
    if bracketed:
        text = bracketed[1]
    text = _without_ends(text, _LEADING, "")
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1]
    return _AROUND_AT.sub("@", _without_ends(text, _LEADING, _TRAILING))


def _without_ends(text: str, leading: str, trailing: str) -> str:
    """The text without these characters and white space of any kind at its ends."""
    start, end = 0, len(text)
    while start < end and (text[start] in leading or text[start].isspace()):
        start += 1
    while end > start and trailing and (text[end - 1] in trailing or text[end - 1].isspace()):
        end -= 1
    return text[start:end]


@lru_cache(maxsize=4096)
def _validated(address: str) -> str | None:
    """The normal form of a valid address, or None.

    The common shape is decided without the library, which costs 27 microseconds; a test holds that it decides the same.
    """
    address = address.lower()
    local, at, domain = address.rpartition("@")
    if not at:
        return None
    if len(local) <= 64 and len(address) <= 254 and _PLAIN.match(local) and _has_plain_domain(domain):
        return address
    return _validated_by_library(address, domain)


@lru_cache(maxsize=8192)
def _has_plain_domain(domain: str) -> bool:
    return _PLAIN_DOMAIN.match(domain) is not None and all(len(label) <= 63 for label in domain.split("."))


def _validated_by_library(address: str, domain: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    is_special = domain == "localhost" or ("." in domain and domain.rpartition(".")[2] in _SPECIAL_USE)
    try:
        found = validate_email(
            f"{address}.{_STAND_IN}" if is_special else address, check_deliverability=False, allow_quoted_local=True, strict=True
        )
    except EmailNotValidError:
        return None
    domain = found.ascii_domain.removesuffix("." + _STAND_IN) if is_special else found.ascii_domain
    return f"{found.local_part}@{domain}".lower()
