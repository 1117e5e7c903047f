"""Whether a value may stand in a property, and in which form it is kept."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from leadrelay.sandbox.hubspot.properties import Property
from leadrelay.sandbox.hubspot.refusals import Invalid

LONGEST = 65_536  # characters in a text property
_EMAIL = re.compile(r"[^\s@;,<>()\[\]\"]+@[^\s@;,<>()\[\]\"]+\.[^\s@.;,<>()\[\]\"]{2,}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MILLISECONDS = re.compile(r"-?\d{1,16}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN_CHOICES = frozenset({"hs_additional_emails", "hs_additional_domains", "hs_attachment_ids"})


class NotValid(Exception):
    """A value that is refused."""

    def __init__(self, about: Property, code: str, message: str) -> None:
        super().__init__(message)
        self.invalid = Invalid(about.name, code, message)


def stamp(at: datetime) -> str:
    """An instant as the service writes it."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"{text[:-6]}Z"


def is_email(text: str) -> bool:
    """Whether the service takes this as an e-mail address."""
    return _EMAIL.fullmatch(text) is not None and ".." not in text


def kept(about: Property, given: Any, before: str) -> str:
    """The value as it is kept, "" for a cleared one; raises NotValid. `before` is what stands there now."""
    text = _as_text(about, given)
    if not text.strip():
        return ""
    if len(text) > LONGEST:
        raise NotValid(about, "PROPERTY_VALUE_TOO_LONG", f"Property values must be at most {LONGEST} characters long")
    match about.type:
        case "string":
            return _email(about, text) if about.name == "email" else text
        case "number":
            return _number(about, text)
        case "date":
            return _day(about, text)
        case "datetime":
            return _instant(about, text)
        case _:
            return _choice(about, text, before)


def _as_text(about: Property, given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str | int | float):
        return str(given)
    raise NotValid(about, "INVALID_TYPE", f"{about.name} must be a text, a number or a boolean")


def _email(about: Property, text: str) -> str:
    text = text.strip().lower()
    if not is_email(text):
        raise NotValid(about, "INVALID_EMAIL", f"Email address {text} is invalid")
    return text


def _number(about: Property, text: str) -> str:
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise NotValid(about, "INVALID_INTEGER", f"{text} was not a valid number.")
    return text


def _moment(about: Property, text: str) -> datetime:
    """A date or instant in one of the forms the service reads."""
    code = "INVALID_DATE"
    try:
        if _MILLISECONDS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(text))
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise NotValid(about, code, f"{text} was not a valid long.") from None
    if at.tzinfo is None:
        raise NotValid(about, code, f"{text} was not a valid long.")
    return at.astimezone(UTC)


def _day(about: Property, text: str) -> str:
    at = _moment(about, text)
    if (at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0):
        clock = f"{at.hour}:{at.minute}:{at.second}.{at.microsecond // 1000}"
        raise NotValid(about, "INVALID_DATE", f"{text} is at {clock} UTC, not midnight!")
    return at.date().isoformat()


def _instant(about: Property, text: str) -> str:
    return stamp(_moment(about, text))


def _choice(about: Property, text: str, before: str) -> str:
    if about.field_type != "checkbox":
        _check_option(about, text)
        return text
    wanted = [one.strip() for one in text.split(";") if one.strip()]
    for one in wanted:
        _check_option(about, one)
    if text.startswith(";"):
        wanted = [one for one in before.split(";") if one] + wanted
    return ";".join(dict.fromkeys(wanted))


def _check_option(about: Property, text: str) -> None:
    if text in about.values or about.references:  # an owner's id is checked where the owners are known
        return
    if about.name in _OPEN_CHOICES:
        if about.name == "hs_additional_emails" and not is_email(text):
            raise NotValid(about, "INVALID_EMAIL", f"Email address {text} is invalid")
        return
    allowed = ", ".join(option.value for option in about.options)
    raise NotValid(about, "INVALID_OPTION", f"{text} was not one of the allowed options: [{allowed}]")
