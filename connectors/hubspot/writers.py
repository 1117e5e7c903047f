"""Typed writers: a lead's canonical value as the text that a HubSpot property takes, chosen by the portal's definitions.

Every value travels as a string (HubSpot's own answers hold strings only).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from connectors.hubspot.schema import LONGEST_TEXT, Property, folded
from core.lead import Value
from core.normalize.numbers import read_decimal


class BadValue(Exception):
    """A value that the property can not hold; `code` for programs, `reason` for people, never the value itself."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_EMAIL = re.compile(r"[^\s@,;<>()\[\]\\\":]+@[^\s@,;<>()\[\]\\\":/]+\.[^\s@.,;<>()\[\]\\\":/]{2,}")
_EPOCH_MS = re.compile(r"-?[0-9]{5,16}")
_PHONE_SIGNS = re.compile(r"[^0-9+]")
_OWNER_ID = re.compile(r"[0-9]{1,20}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def crm_value(about: Property, value: Value, zone: ZoneInfo) -> str:
    """The value as this property's text; raises BadValue when the property can not hold it."""
    return _WRITERS[about.kind](about, value, zone)


def is_same(about: Property | None, wanted: Value, held: object, zone: ZoneInfo) -> bool:
    """Whether the CRM already holds what is wanted, compared as the property's type compares.

    Several choices are the same when all the wanted ones are ticked: other ticks are sales' own.
    """
    if about is None:
        return False
    try:
        value = crm_value(about, wanted, zone)
    except BadValue:
        return False
    if about.kind == "choices":
        return ticked(value) <= ticked(held)
    return _comparable(about, value) == _comparable(about, held)


def ticked(value: object) -> frozenset[str]:
    """The choices in a text of several."""
    return frozenset(part.strip() for part in str(value or "").split(";") if part.strip())


def is_email(text: str) -> bool:
    """Whether this can be an e-mail address for HubSpot."""
    return bool(_EMAIL.fullmatch(text)) and ".." not in text


def _comparable(about: Property, value: object) -> object:
    text = str(value).replace("\r\n", "\n").strip()
    match about.kind:
        case "number":
            return _decimal(text)
        case "boolean":
            return text.lower() in _TRUE
        case "date":
            moment = _moment(text)
            return text[:10] if moment is None else moment.date().isoformat()
        case "datetime":
            return _moment(text)
        case "email":
            return text.lower()
        case "phone":
            return _PHONE_SIGNS.sub("", text)  # HubSpot sets spaces into numbers whose country it knows
    return text


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _text(_: Property, value: Value, __: ZoneInfo) -> str:
    text = _plain(value)
    if len(text) > LONGEST_TEXT:
        raise BadValue("too_long", f"is longer than {LONGEST_TEXT} characters")
    return text


def _email(_: Property, value: Value, __: ZoneInfo) -> str:
    text = _plain(value).strip().lower()
    if not is_email(text):
        raise BadValue("invalid_email", "is no e-mail address")
    return text


def _boolean(_: Property, value: Value, __: ZoneInfo) -> str:
    text = _plain(value).strip().lower()
    if text not in (*_TRUE, *_FALSE):
        raise BadValue("wrong_type", "is neither true nor false")
    return "true" if text in _TRUE else "false"


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _number(_: Property, value: Value, __: ZoneInfo) -> str:
    """Digits with at most one point: HubSpot refuses separators of thousands (changelog of May 2023)."""
    text = _plain(value).strip()
    number = None if isinstance(value, bool) else _decimal(text)
    if number is None and not isinstance(value, bool):
        read = read_decimal(text).value
        number = _decimal(str(read)) if read is not None else None
    if number is None:
        raise BadValue("wrong_type", "is no number")
    if number == number.to_integral_value():
        return str(int(number))
    return format(number, "f").rstrip("0")


def _moment(text: str) -> datetime | None:
    """An instant written in ISO 8601 or as milliseconds since 1970; a day is its midnight, and without a zone it is UTC."""
    try:
        if _EPOCH_MS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(text))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    aware = aware.astimezone(UTC)
    return aware.replace(microsecond=aware.microsecond // 1000 * 1000)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _date(_: Property, value: Value, zone: ZoneInfo) -> str:
    """A day; an instant is its day in the sink's zone. HubSpot reads `YYYY-MM-DD` as midnight UTC of that day."""
    text = _plain(value).strip()
    day = _day(text) if len(text) <= 10 else None
    if day is None:
        moment = _moment(text)
        day = None if moment is None else moment.astimezone(zone).date() if _has_zone(text) else moment.date()
    if day is None:
        raise BadValue("wrong_type", "is no date")
    return day.isoformat()


def _has_zone(text: str) -> bool:
    return _EPOCH_MS.fullmatch(text) is not None or datetime.fromisoformat(text).tzinfo is not None


def _datetime(_: Property, value: Value, zone: ZoneInfo) -> str:
    """An instant in UTC; a day is its midnight in the sink's zone."""
    text = _plain(value).strip()
    day = _day(text) if len(text) <= 10 else None
    moment = _moment(text) if day is None else datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    if moment is None:
        raise BadValue("wrong_type", "is no date with a time")
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _option(about: Property, text: str) -> str:
    """The internal name of an option: as it stands, else by another case or its label where only one option fits."""
    if text in about.values or not about.options:
        return text
    known = about.by_spelling.get(folded(text))
    if known is None:
        raise BadValue(
            "not_in_picklist", "is not among its options: add it in HubSpot, or translate it with `values` in the mapping"
        )
    return known


def _choice(about: Property, value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, bool) and about.options:
        words = _TRUE if value else _FALSE
        return _option(about, next((word for word in words if word in about.by_spelling), words[0]))
    return _option(about, _text(about, value, zone).strip())


def _choices(about: Property, value: Value, _: ZoneInfo) -> str:
    parts = value if isinstance(value, tuple) else tuple(_plain(value).split(";"))
    if isinstance(value, tuple) and any(";" in part for part in value):
        raise BadValue("not_in_picklist", "holds a `;`, which separates choices in HubSpot")
    return ";".join(dict.fromkeys(_option(about, part.strip()) for part in parts if part.strip()))


def _owner(_: Property, value: Value, __: ZoneInfo) -> str:
    text = _plain(value).strip()
    if not _OWNER_ID.fullmatch(text):
        raise BadValue("owner_unknown", "is no owner of the HubSpot account, or an inactive one")
    return text


_WRITERS: Mapping[str, Callable[[Property, Value, ZoneInfo], str]] = {
    "text": _text, "email": _email, "phone": _text, "number": _number, "boolean": _boolean, "date": _date,
    "datetime": _datetime, "choice": _choice, "choices": _choices, "owner": _owner,
}  # fmt: skip
