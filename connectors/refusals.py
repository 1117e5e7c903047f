"""What connectors do alike with a CRM's refusal: its text without personal values, and one wait for each row."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.base import Retry

_MAIL = re.compile(r"[^\s@:;,<>()\[\]\"']+@[^\s@:;,<>()\[\]\"']+")
_DIGITS = re.compile(r"(?<![A-Za-z0-9])\+?\d[\d\s()/.-]{4,}\d(?![A-Za-z0-9])")
_LONGEST = 500


def cleaned(text: str, values: Iterable[object] = ()) -> str:
    """A CRM's text without personal values: what was sent, addresses and long numbers become `…`; markup is dropped."""
    plain = re.sub(r"<[^>]*>", " ", text)
    for value in sorted({str(value) for value in values}, key=len, reverse=True):
        if len(value.strip()) > 1:
            plain = re.sub(rf"(?<!\w){re.escape(value.strip())}(?!\w)", "…", plain, flags=re.IGNORECASE)
    plain = _DIGITS.sub("…", _MAIL.sub("…", plain))
    return " ".join(plain.split())[:_LONGEST]


def copied(retry: Retry) -> Retry:
    """The same wait for another row: each row gets an exception of its own."""
    return Retry(retry.reason, after=retry.after, until=retry.until, may_have_happened=retry.may_have_happened, code=retry.code)
