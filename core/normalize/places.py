"""Countries to ISO 3166-1 alpha-2, regions to ISO 3166-2 where that is sure, languages to ISO 639-1."""

from __future__ import annotations

import re
from functools import lru_cache

from core.normalize.country_data import COUNTRIES
from core.normalize.reading import NOTHING, Reading
from core.normalize.region_data import LANGUAGES, REGIONS
from core.normalize.text import LONGEST_WORD, bounded, fold, is_empty_mark, one_line

_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?\Z", re.IGNORECASE)
_COUNTRY_PARTS = re.compile(r"[()\[\]/,|;]|\s[-–]\s")
_NO_COUNTRY = "this is no country that is known, so the field was left out; write its name or its two-letter code."
_NO_LANGUAGE = "this is no language that is known, so the field was left out; write its two-letter code."


@bounded
def read_country(text: str) -> Reading:
    """The two-letter code of a country given by name (in several languages), by code, or by habit (`UK`)."""
    text = one_line(text)
    key = fold(text)
    if not key:
        return NOTHING
    code = _country_code(key)
    if code:
        return Reading(code)
    parts = {_country_code(part) for part in map(fold, _COUNTRY_PARTS.split(text)) if part}
    if len(parts) == 1 and None not in parts:
        return Reading(parts.pop())
    return NOTHING if is_empty_mark(text) else Reading(None, "country_unknown", _NO_COUNTRY)


def read_region(text: str, country: str) -> Reading:
    """The code of a state, province, Land or canton of the countries whose codes are known here; else the text as it is."""
    return _region(text[:LONGEST_WORD], country)


def regions_named(text: str) -> dict[str, str]:
    """The codes, by their country, of the regions that a name stands for; nothing for a text that is a code itself."""
    key = fold(one_line(text[:LONGEST_WORD]))
    named = {country: code for country in REGIONS if (code := _region_by_name(country).get(key))}
    return {} if any(key == code.lower() for country in REGIONS for code in _region_by_name(country).values()) else named


@lru_cache(maxsize=2048)
def _region(text: str, country: str) -> Reading:
    text = one_line(text)
    if not text or is_empty_mark(text):
        return NOTHING
    key = fold(text)
    if country in REGIONS:
        code = _regions(country).get(key) or _regions(country).get(key.removeprefix(country.lower() + " "))
        return Reading(code or text)
    if country:
        return Reading(text)
    codes = {code for one in REGIONS if (code := _region_by_name(one).get(key))}
    return Reading(codes.pop() if len(codes) == 1 else text)


@bounded
def read_language(text: str) -> Reading:
    """A language tag such as `de` or `de-AT`; also from a language's name, and the first one of a browser's list."""
    text = one_line(text)
    first = re.split("[,;]", text, maxsplit=1)[0].strip()
    named = _languages().get(fold(first))
    if named:
        return Reading(named)
    tag = _LANGUAGE_TAG.match(first.partition(".")[0])
    code = _languages().get(tag[1].lower(), "") if tag else ""
    if tag and code:
        region = (tag[3] or "").upper()
        return Reading(f"{code}-{region}" if region else code)
    return NOTHING if not text or is_empty_mark(text) else Reading(None, "language_unknown", _NO_LANGUAGE)


def _country_code(key: str) -> str | None:
    known = _countries()
    return known.get(key) or known.get(key.replace(" ", "")) or known.get(key.removeprefix("the "))


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    lines = [line.partition(" ") for line in COUNTRIES.strip().splitlines()]
    known = {code.lower(): codes[:2] for codes, _, _ in lines for code in codes.split("/")}
    for codes, _, names in lines:
        for name in names.split(";"):
            known.setdefault(fold(name), codes[:2])
    return known


@lru_cache(maxsize=16)
def _regions(country: str) -> dict[str, str]:
    return {code.lower(): code for code in _region_by_name(country).values()} | _region_by_name(country)


@lru_cache(maxsize=16)
def _region_by_name(country: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for entry in REGIONS[country].split("|"):
        code, _, names = entry.strip().partition(" ")
        for name in names.split(";"):
            known[fold(name)] = code
    return known


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    known: dict[str, str] = {}
    for entry in LANGUAGES.split("|"):
        code, *names = entry.strip().replace(";", " ;").split(" ", 1)
        known[code] = code
        for name in " ".join(names).split(";"):
            if name.strip():
                known.setdefault(fold(name), code)
    return known
