"""Typed writers: a lead's canonical value as the JSON value that a Salesforce field takes, chosen by the org's describe."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from connectors.salesforce.schema import CrmField
from core.lead import Value

Json = str | int | float | bool


class BadValue(Exception):
    """A value that the field can not hold; `code` for programs, `reason` for people, never the value itself."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_EMAIL = re.compile(r"[^\s@,;<>()\[\]\\\"]+@[^\s@,;<>()\[\]\\\"]+\.[^\s@.,;<>()\[\]\\\"]{2,}")
_RECORD_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")


def crm_value(field: CrmField, value: Value) -> Json:
    """The value as this field's JSON; raises BadValue when the field can not hold it."""
    return _WRITERS.get(field.type, _text)(field, value)


def is_same(field: CrmField | None, wanted: Value, held: object) -> bool:
    """Whether the CRM already holds what is wanted, compared as the field's type compares."""
    if field is None:
        return False
    try:
        value = crm_value(field, wanted)
    except BadValue:
        return False
    return _comparable(field.type, value) == _comparable(field.type, held)


def _comparable(kind: str, value: object) -> object:
    if kind in _NUMBERS:
        return _decimal(value)
    if kind == "boolean":
        return str(value).lower() in _TRUE
    text = str(value).replace("\r\n", "\n").strip()
    if kind == "datetime":
        return _moment(text)
    if kind == "multipicklist":
        return frozenset(text.split(";"))
    if kind in ("reference", "id"):
        return text[:15]
    return text.lower() if kind == "email" else text


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _text(field: CrmField, value: Value) -> str:
    text = _plain(value)
    if field.length and len(text.encode("utf-16-le")) // 2 > field.length:  # Salesforce counts UTF-16 units, as Java does
        raise BadValue("too_long", f"is longer than {field.length} characters")
    return text


def _email(field: CrmField, value: Value) -> str:
    text = _text(field, value)
    if not _EMAIL.fullmatch(text) or ".." in text:
        raise BadValue("invalid_email", "is no e-mail address")
    return text


def _boolean(_: CrmField, value: Value) -> bool:
    text = _plain(value).strip().lower()
    if text not in (*_TRUE, *_FALSE):
        raise BadValue("wrong_type", "is neither true nor false")
    return text in _TRUE


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _integer(_: CrmField, value: Value) -> int:
    number = None if isinstance(value, bool) else _decimal(_plain(value))
    if number is None or number != number.to_integral_value():
        raise BadValue("wrong_type", "is no whole number")
    return int(number)


def _double(_: CrmField, value: Value) -> float | int:
    number = None if isinstance(value, bool) else _decimal(_plain(value))
    if number is None:
        raise BadValue("wrong_type", "is no number")
    return int(number) if number == number.to_integral_value() else float(number)


def _date(_: CrmField, value: Value) -> str:
    text = _plain(value).strip()[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadValue("wrong_type", "is no date") from error


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0)  # Salesforce keeps whole seconds


def _datetime(_: CrmField, value: Value) -> str:
    moment = _moment(_plain(value).strip())
    if moment is None:
        raise BadValue("wrong_type", "is no date with a time")
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _choice(field: CrmField, text: str) -> str:
    """The picklist's own spelling of a value; any text where the picklist is not restricted."""
    if text in field.choices:
        return text
    near = [choice for choice in field.choices if choice.lower() == text.lower()]
    if len(near) == 1:
        return near[0]
    if field.is_restricted:
        raise BadValue(
            "not_in_picklist", "is not in the picklist: add it in Salesforce, or translate it with `values` in the mapping"
        )
    return text


def _picklist(field: CrmField, value: Value) -> str:
    return _text(field, _choice(field, _plain(value).strip()))


def _multipicklist(field: CrmField, value: Value) -> str:
    parts = value if isinstance(value, tuple) else tuple(_plain(value).split(";"))
    if isinstance(value, tuple) and any(";" in part for part in value):
        raise BadValue("not_in_picklist", "holds a `;`, which separates values in Salesforce")
    chosen = dict.fromkeys(_choice(field, part.strip()) for part in parts if part.strip())
    return _text(field, ";".join(chosen))


def _reference(_: CrmField, value: Value) -> str:
    text = _plain(value).strip()
    if not _RECORD_ID.fullmatch(text):
        raise BadValue("bad_reference", "is no Salesforce id of 15 or 18 characters")
    return text


def _unwritable(_: CrmField, __: Value) -> str:
    raise BadValue("not_writable", "belongs to a kind of field that is not written over the API")


_NUMBERS = ("int", "long", "double", "currency", "percent")
_WRITERS: Mapping[str, Callable[[CrmField, Value], Json]] = {
    "boolean": _boolean, "int": _integer, "long": _integer, "double": _double, "currency": _double, "percent": _double,
    "date": _date, "datetime": _datetime, "picklist": _picklist, "multipicklist": _multipicklist, "email": _email,
    "reference": _reference, "id": _reference, "address": _unwritable, "location": _unwritable, "base64": _unwritable,
}  # fmt: skip
