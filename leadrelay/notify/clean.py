"""Taking out of a sentence what must not leave this installation: secrets, addresses and numbers of people."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ADDRESS = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\w.])(?:\+|00)\d[\d\s()/.-]{6,}\d")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LONGEST = 2_000


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The sentence without any of these."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "(a secret)")
    return _CONTROL.sub(" ", text).strip()[:_LONGEST]


def cleaned(text: str, secrets: Iterable[str] = ()) -> str:
    """The sentence as it may be sent: without secrets, mail addresses and phone numbers, on one line."""
    return _NUMBER.sub("(a number)", _ADDRESS.sub("(an address)", without_secrets(text, secrets)))
