"""What values say of themselves: whether a column holds e-mail addresses, phone numbers, dates, forms of address ..."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from core.labels.meaning import folded_words

Kind = Literal["empty", "email", "phone", "url", "date", "number", "salutation", "text"]

_MOST_VALUES, _MAX_LENGTH = 60, 400
_EMAIL = re.compile(r"(?:mailto:)?<?[^\s@<>,;:]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,}>?", re.IGNORECASE)
_URL = re.compile(r"(?:https?://|www\.)\S+|[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,4}(?:/\S*)?", re.IGNORECASE)
_PHONE = re.compile(r"(?:p:|tel:)?[+(]?[\d\s().\-\u2010-\u2013/+]{6,30}(?:\s?(?:x|ext\.?|durchwahl)\s?\d{1,6})?", re.IGNORECASE)
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T\s].{0,30})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:,?\s.{0,30})?"
    r"|\d{4}年\d{1,2}月\d{1,2}日.{0,20}|\w{3,12}\.? \d{1,2}, \d{4}.{0,20}|\d{1,2}\.? \w{3,12}\.? \d{4}.{0,20}"
)
_NUMBER = re.compile(r"[-+]?\d[\d.,'\s]{0,20}%?")
_SALUTATIONS_WORDS = """
mr mrs ms miss mx dr prof sir madam herr frau fraulein monsieur madame mademoiselle m mme mlle sr sra srta senor senora
senorita don dona sig sigra signor signora signorina dott dottssa ing dhr mevr mw heer mevrouw pan pani pani hr fru froken
bay sayin pr me maitre mister doctor professor divers г г-н господин госпожа 様 先生 女士 小姐 氏
"""
_SALUTATIONS = frozenset(_SALUTATIONS_WORDS.split())
_COMPANY_WORDS = """
gmbh ag inc llc ltd limited corp corporation co kg ohg ug se sa sas sarl srl spa bv nv ab as aps oy oyj plc llp lp kft sro
zoo spzoo pty ltda eirl group holding holdings gruppe company technologies solutions consulting partners industries
systems services university bank ev
"""
_COMPANY = frozenset(_COMPANY_WORDS.split())


@dataclass(frozen=True)
class Evidence:
    """The values of one column, looked at; blank ones do not count."""

    values: tuple[str, ...]

    @cached_property
    def kind(self) -> Kind:
        """What most of the values are."""
        if not self.values:
            return "empty"
        for kind, least, holds in _KINDS:
            if self._share(holds) >= least:
                return kind
        return "text"

    @cached_property
    def company_share(self) -> float:
        """How many of the values end like a firm's name."""
        return self._share(lambda value: not _COMPANY.isdisjoint(folded_words(value)[1:]))

    @cached_property
    def postal_share(self) -> float:
        """How many of the values hold digits and letters, as an address does."""
        return self._share(lambda value: any(map(str.isdigit, value)) and any(map(str.isalpha, value)))

    @cached_property
    def digit_share(self) -> float:
        """How many of the values have five digits or more."""
        return self._share(lambda value: sum(map(str.isdigit, value)) >= 5)

    @cached_property
    def at_share(self) -> float:
        """How many of the values hold an at sign."""
        return self._share(lambda value: "@" in value)

    @cached_property
    def usual_length(self) -> int:
        """The length of the value in the middle."""
        return sorted(map(len, self.values))[len(self.values) // 2] if self.values else 0

    def _share(self, holds: Callable[[str], object]) -> float:
        return sum(1 for value in self.values if holds(value)) / len(self.values) if self.values else 0.0


def evidence_of(values: Sequence[str]) -> Evidence:
    """The evidence of a column's cells, of the first sixty that are filled."""
    filled = []
    for value in values:
        text = value.strip()
        if text:
            filled.append(text[:_MAX_LENGTH])
            if len(filled) == _MOST_VALUES:
                break
    return Evidence(tuple(filled))


def _is_phone(value: str) -> bool:
    return bool(_PHONE.fullmatch(value)) and 6 <= sum(map(str.isdigit, value)) <= 17 and not _DATE.fullmatch(value)


def _is_phone_for_certain(value: str) -> bool:
    """Digits alone may be any number; after a plus sign or a zero, or in brackets and with dashes, they are a phone's."""
    return _is_phone(value) and (value[:1] in ("+", "0") or not _NUMBER.fullmatch(value))


def _is_salutation(value: str) -> bool:
    words = folded_words(value)
    return bool(words) and len(words) < 5 and all(word in _SALUTATIONS for word in words)


_KINDS: tuple[tuple[Kind, float, Callable[[str], object]], ...] = (
    ("email", 0.8, _EMAIL.fullmatch),
    ("date", 0.8, _DATE.fullmatch),
    ("phone", 0.6, _is_phone_for_certain),
    ("number", 0.9, _NUMBER.fullmatch),
    ("url", 0.8, _URL.fullmatch),
    ("salutation", 0.8, _is_salutation),
)

_NEVER: dict[str, frozenset[str]] = {
    path: frozenset(kinds.split())
    for paths, kinds in (
        ("person.first_name person.last_name person.full_name person.middle_name", "email url date number phone"),
        ("person.salutation person.job_title person.department person.name_suffix", "email url date number phone"),
        ("person.phone person.mobile person.phones", "email url date"),
        ("person.email person.emails", "phone url date number salutation"),
        ("person.language company.industry address.city address.region address.country company.country", "email url date phone"),
        ("company.name", "email date salutation"),
        ("company.domain", "email date phone number"),
        ("company.website person.website", "email date phone number salutation"),
        ("touch.page_url touch.landing_page touch.referrer", "email date phone number salutation"),
        ("company.employees company.revenue interest.budget", "email url"),
        ("address.street address.postcode", "email url"),
        ("touch.submitted_at", "email url phone salutation"),
        ("touch.name touch.lead_source touch.campaign interest.product", "email date"),
    )
    for path in paths.split()
}
_FEW = 3
"""Under so many values nobody can tell a wrong column from a wrong value."""


def contradicts(path: str, seen: Evidence) -> str:
    """Why values as these can not be of a field; empty where nothing speaks against it."""
    if seen.kind in _NEVER.get(path, ()):
        return f"its values look like {_PLURALS[seen.kind]}"
    if len(seen.values) < _FEW:
        return ""
    if path in ("person.email", "person.emails") and seen.at_share < 0.2:
        return "its values are no e-mail addresses"
    if path in ("person.phone", "person.mobile", "person.phones") and seen.digit_share < 0.2:
        return "its values are no phone numbers"
    if path in ("touch.page_url", "touch.landing_page") and seen.kind != "url":
        return "its values are no addresses of pages"
    if path == "touch.submitted_at" and seen.kind not in ("date", "number"):
        return "its values are no times"
    return ""


_PLURALS: dict[Kind, str] = {
    "email": "e-mail addresses", "phone": "phone numbers", "url": "web addresses", "date": "dates", "number": "numbers",
    "salutation": "forms of address", "text": "texts", "empty": "nothing",
}  # fmt: skip
