"""Texts of team.yaml that mean days, places and languages: what is wrong with one, as the end of a sentence about it."""

from __future__ import annotations

import re
from datetime import date

from core.territory import read_territory
from core.written_codes import wrong_code

_AWAY = re.compile(r"\d{4}-\d\d-\d\d(/\d{4}-\d\d-\d\d)?")


def wrong_days(text: str) -> str | None:
    """What is wrong with a day, or a range of days."""
    wants = "is no time off, which wants days or ranges of days, such as `[2026-12-22/2027-01-02]`."
    if not _AWAY.fullmatch(text):
        return wants
    try:
        days = [date.fromisoformat(part) for part in text.split("/")]
    except ValueError:
        return wants
    return "is no time off: it ends before it begins. Write the earlier day first." if days[0] > days[-1] else None


def wrong_territory(text: str) -> str | None:
    """What is wrong with a territory."""
    found = read_territory(text)
    if found is None:
        return "is no territory, which wants countries, regions or postcodes, such as `[AT, US-NY, DE 80000-87999, GB SW1*]`."
    wrong = wrong_code("country", found.country)
    return None if wrong is None else f"is no territory: {wrong}"


def wrong_language(text: str) -> str | None:
    """What is wrong with a language's code."""
    wrong = wrong_code("language", text)
    return None if wrong is None else f"is what no lead has: {wrong}"
