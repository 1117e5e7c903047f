"""Sample posts: each number is another person, the same in every run."""

from __future__ import annotations

import json

_FIRST = ("Anna", "Jonas", "Marie", "Paul", "Zoë", "Lars", "Giulia", "Ben", "Sofía", "Tomasz", "Emma", "Felix", "Clara", "Noah")
_LAST = ("Weber", "Keller", "Dubois", "O'Brien", "Müller", "Nilsson", "Rossi", "Carter", "García", "Nowak", "Baumann", "Schmidt")
_STARTS = ("Now", "This year", "Next year")
_COUNTRIES = ("Germany", "Austria", "France", "Germany", "Switzerland", "Poland", "Germany")
_SIZES = ("1-10", "11-50", "51-200", "201-500")


def post(number: int, touch: int = 0) -> dict[str, str]:
    """One person's form; another `touch` is another post of the same person."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    return {
        "submission_id": f"{number}-{touch}",
        "Name": f"{first} {last}{_letters(number)}",
        "E-Mail": f"{first}.{number}@firm{number % 20_000}.example".encode("ascii", "ignore").decode(),
        "Telefon": f"030 {2_000_000 + number}",
        "Company": f"Firm {number % 20_000} GmbH",
        "Country": _COUNTRIES[number % len(_COUNTRIES)],
        "Company size": _SIZES[number % len(_SIZES)],
        "start": _STARTS[(number + touch) % len(_STARTS)],
        "Number of users": str(number % 90 + 1),
        "Comments": f"Please show us how it works, request {number} of visit {touch}.",
        "newsletter_ok": "on",
        "utm_source": "google",
        "utm_campaign": f"autumn-{number % 7}",
    }


def body(number: int, touch: int = 0) -> bytes:
    """The same as JSON."""
    return json.dumps(post(number, touch)).encode()


def _letters(number: int) -> str:
    """A number as letters, so that every person has a name of their own."""
    text = ""
    while True:
        number, rest = divmod(number, 26)
        text += "abcdefghijklmnopqrstuvwxyz"[rest]
        if number == 0:
            return text
