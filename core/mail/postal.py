"""A postal address in the lines of a signature: only where its form leaves no doubt."""

# ruff: noqa: E501, SIM905 -- lists of words and patterns are easier to read and extend as text

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.mail.signature_words import STREET
from core.normalize.places import read_country

_PREFIXED = re.compile(r"\b(?:(DE?|CH|AT?|FR?|I|IT|ES?|NL|BE?|L|PL|CZ|SE?|DK|FI)-)(\d{4,5})\s+(\S.*)")
_EUROPE = re.compile(r"(?:^|[,|]\s*)(\d{4,5}|\d{2}-\d{3}|\d{3} \d{2}|\d{4} ?[A-Z]{2})\s+([^\W\d_][^\d,|]{1,40})(?:$|[,|])")
_AMERICA = re.compile(
    r"(?:^|[,|]\s*)([A-Z][\w .'-]{1,30}),?\s+([A-Z]{2}|[A-Z][a-z]+(?: [A-Z][a-z]+)?)\.?\s+(\d{5}(?:-\d{4})?)(?:$|[,|])"
)
_BRITAIN = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2})\b")
_PREFIXES = {"D": "DE", "A": "AT", "F": "FR", "I": "IT", "E": "ES", "B": "BE", "L": "LU", "S": "SE"}
_STATES = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA"
    " WA WV WI WY DC".split()
)
_STATE_NAMES = frozenset(
    "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas kentucky"
    " louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada ohio oklahoma oregon pennsylvania"
    " tennessee texas utah vermont virginia washington wisconsin wyoming".split()
)


@dataclass(frozen=True, slots=True)
class Postal:
    """A postal address; the country is a two-letter code, empty where nothing says it."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether there are a street and a town that belong together."""
        return bool(self.street and self.city and self.postcode)


def postal_in(lines: Sequence[str]) -> Postal:
    """The postal address in these lines, where a street stands before a postcode with its town."""
    parts = [
        part.strip(" \t*_|,")
        for line in lines[:40]
        for part in re.split(r"\s*[|•·]\s*|\s{3,}", line[:200])
        if part.strip(" \t*_|,")
    ]
    for at, part in enumerate(parts):
        town = _town(part)
        if town is None:
            continue
        street = _street(part, parts[at - 1] if at else "")
        country = town.country or _country(parts[at + 1 : at + 2]) or _country([part.rpartition(",")[2]])
        found = Postal(street, town.postcode, town.city, town.region, country)
        if found.is_certain:
            return found
    return Postal()


def country_in(lines: Sequence[str]) -> str:
    """The country that a signature names: by its name on a line of its own or behind a comma, or by the form of the town's line."""
    parts = [part.strip(" \t*_|,.") for line in lines[:40] for part in re.split(r"\s*[|•·,]\s*|\s{3,}", line[:200])]
    named = _country([part for part in parts if len(part) > 3 or part in ("USA", "UK", "UAE")])
    if named:
        return named
    for line in lines[:40]:
        for part in re.split(r"\s*[|•·]\s*|\s{3,}", line[:200].strip(" \t*_|")):
            town = _town(part)
            if town is not None and town.country:
                return town.country
    return ""


def _country(parts: Sequence[str]) -> str:
    for part in parts:
        if 1 < len(part) <= 30 and part[:1].isupper() and (code := read_country(part).value):
            return str(code)
    return ""


def _town(part: str) -> Postal | None:
    found = _PREFIXED.search(part)
    if found:
        return Postal("", found[2], found[3].split(",")[0].strip(), "", _PREFIXES.get(found[1], found[1]))
    found = _AMERICA.search(part)
    if found and (found[2] in _STATES or found[2].lower() in _STATE_NAMES):
        return Postal("", found[3], found[1].strip(), found[2], "US")
    found = _BRITAIN.search(part)
    if found:
        before = [one.strip() for one in part[: found.start()].split(",") if one.strip()]
        after = [one.strip() for one in part[found.end() :].split(",") if one.strip()]
        city = before[-1] if before else after[0] if after else ""
        return Postal("", found[1], city, "", "GB")
    found = _EUROPE.search(part)
    return Postal("", found[1], found[2].strip(), "", "") if found else None


def _street(part: str, above: str) -> str:
    """The street: before the town on the same line, or the line above it."""
    pieces = [piece.strip() for piece in part.split(",")]
    for piece in (*pieces[:-1], *above.split(",")[::-1]):
        if STREET.search(piece) and any(c.isdigit() for c in piece) and len(piece) <= 60 and ":" not in piece:
            return piece.strip()
    return ""
