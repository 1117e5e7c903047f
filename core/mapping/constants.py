"""Checking the constants of a mapping file: what an admin writes must be what a lead field can hold."""

from __future__ import annotations

from phonenumbers import SUPPORTED_REGIONS

from core.mapping.reader import Reader
from core.normalize import RawValue, normalize
from core.normalize.places import read_country
from core.problems import Place, did_you_mean


def is_region(text: str) -> bool:
    """Whether a text is a country's two letters, known to have phone numbers."""
    return text.strip().upper() in SUPPORTED_REGIONS


def region_meant(text: str) -> str:
    """A sentence with the two letters of a country that was named otherwise, or an empty text."""
    country = read_country(text).value
    return f" Did you mean `{country}`?" if isinstance(country, str) and is_region(country) else ""


def check_constant(reader: Reader, path: str, text: str, place: Place) -> None:
    """Complain of a constant that its lead field's type can not hold."""
    field = reader.catalogue.get(path)
    if field is None:
        return
    if field.choices:
        if text not in field.choices:
            message = f"`{path}` can not be `{text}`.{did_you_mean(text, field.choices)} Known are {', '.join(field.choices)}."
            reader.complain("unknown_value", message, place, path)
        return
    for problem in normalize({path: RawValue((text,), path)}, reader.catalogue).problems:
        why = problem.message.rpartition("): ")[2].replace(", so the field was left out", "")
        reader.complain("wrong_type", f"`{text}` is no value for `{path}`: {why}", place, path)
