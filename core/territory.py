"""Territories: a country, one of its regions, or a range of its postcodes, as people write them for a person or a rule."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TERRITORY = re.compile(r"([A-Z]{2})(?:-([A-Za-z0-9]{1,3}))?(?:\s+(\S.*))?")
_LEADING = re.compile(r"\d*")


def cleaned(postcode: str) -> str:
    """A postcode without spaces, in small letters."""
    return "".join(postcode.split()).casefold()


@dataclass(frozen=True, slots=True)
class PostcodeRange:
    """Postcodes from one to another, both included, compared by as many characters as they are written with."""

    low: str
    high: str

    def holds(self, postcode: str) -> bool:
        """Whether a postcode lies in it; digits alone are a number, which must have as many of them."""
        code = cleaned(postcode)
        if self.low.isdigit():
            code = (_LEADING.match(code) or [""])[0]
            return len(code) == len(self.low) and self.low <= code <= self.high
        return len(code) >= len(self.low) and self.low <= code[: len(self.low)] <= self.high


def read_range(text: str) -> PostcodeRange | None:
    """The range that `10000-19999` or `SW1-SW9` says; None when its ends do not fit together."""
    low, dash, high = (cleaned(part) for part in text.partition("-"))
    is_range = bool(dash) and low.isalnum() and high.isalnum() and len(low) == len(high) and low.isdigit() == high.isdigit()
    return PostcodeRange(low, high) if is_range and low <= high else None


@dataclass(frozen=True, slots=True)
class Territory:
    """One territory; empty parts do not matter."""

    text: str
    country: str
    region: str = ""
    postcodes: PostcodeRange | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a lead is; None is what is not known of it."""

    country: str | None = None
    region: str | None = None
    postcode: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything is known, so that a territory can be asked for it."""
        return self.country is not None


def read_territory(text: str) -> Territory | None:
    """The territory that a text says: `AT`, `US-NY`, `DE 80000-87999` or `GB SW1*`; None when it says none."""
    found = _TERRITORY.fullmatch(text.strip())
    if found is None:
        return None
    country, region, codes = found[1], (found[2] or "").casefold(), found[3]
    if codes is None:
        return Territory(text, country, region)
    if codes.endswith("*") and cleaned(codes[:-1]).isalnum():
        return Territory(text, country, region, prefix=cleaned(codes[:-1]))
    postcodes = read_range(codes)
    return None if postcodes is None else Territory(text, country, region, postcodes)


def lies_in(location: Location, territory: Territory) -> bool | None:
    """Whether a place lies in a territory; None when too little is known of the place."""
    if location.country is None:
        return None
    if location.country.casefold() != territory.country.casefold():
        return False
    answers: list[bool | None] = [True]
    if territory.region:
        answers.append(None if location.region is None else _region(location.region) == territory.region)
    if territory.postcodes is not None:
        answers.append(None if location.postcode is None else territory.postcodes.holds(location.postcode))
    if territory.prefix:
        answers.append(None if location.postcode is None else cleaned(location.postcode).startswith(territory.prefix))
    return False if False in answers else None if None in answers else True


def _region(region: str) -> str:
    """A region's own letters: both `BY` and `DE-BY` are stored."""
    return region.casefold().rpartition("-")[2]
