"""Turning the JSON value of a field into what the org stores, or into the complaint the real service makes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from leadrelay.sandbox.salesforce.fields import NUMBERS, TEXTS, Field
from leadrelay.sandbox.salesforce.refusals import Error, Refusal, refuse

_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*/=?^_+\-`{|}~]+(\.[A-Za-z0-9!#$%&'*/=?^_+\-`{|}~]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
)
_TRUE_FALSE = {"true": True, "false": False}


def stamp(at: datetime) -> str:
    """An instant as the API answers it; the service keeps whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def read_datetime(text: str) -> datetime:
    """The aware instant in an ISO 8601 text; raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def accept(field: Field, value: Any) -> Any:
    """The stored form of a value; raises Refusal for a wrong type."""
    if field.type == "boolean":
        return _boolean(field, value)
    if value is None or value == "":
        return None
    if field.type in TEXTS:
        return _text(field, value)
    if field.type in NUMBERS:
        return _number(field, value)
    if field.type in ("date", "datetime"):
        return _moment(field, value)
    if not isinstance(value, str):
        raise _cannot_read("id" if field.type == "id" else "string", value)
    return value


def complaints(field: Field, value: Any) -> Error | None:
    """What is wrong with a value of the right type: too long, no e-mail address, not in a restricted picklist."""
    if value is None or not isinstance(value, str):
        return None
    if field.length and len(value) > field.length and field.type not in ("reference", "id"):
        text = f"{field.label}: data value too large: {value} (max length={field.length})"
        return Error("STRING_TOO_LONG", text, (field.name,))
    if field.type == "email" and not _EMAIL.fullmatch(value):
        return Error("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", (field.name,))
    if field.restricted and field.choices:
        return _not_a_choice(field, value)
    return None


def _not_a_choice(field: Field, value: str) -> Error | None:
    allowed = {choice.value for choice in field.choices if choice.active}
    for part in value.split(";") if field.type == "multipicklist" else [value]:
        if part not in allowed:
            text = f"{field.label}: bad value for restricted picklist field: {part}"
            return Error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, (field.name,))
    return None


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value is None:
        text = f"{field.label}: value not of required type: null"
        raise refuse("INVALID_TYPE_ON_FIELD_IN_RECORD", text, [field.name])
    if isinstance(value, str) and value.lower() in _TRUE_FALSE:
        return _TRUE_FALSE[value.lower()]
    raise _cannot_read("boolean", value)


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _cannot_read("string", value)
    return value.strip() or None


def _number(field: Field, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _cannot_read(field.type, value)
    try:
        number = float(value)
    except ValueError:
        raise _cannot_read(field.type, value) from None
    if number != number or abs(number) == float("inf"):
        raise _cannot_read(field.type, value)
    if field.type == "int" and number != int(number):
        raise _cannot_read("int", value)
    if field.precision and abs(number) >= 10 ** (field.precision - field.scale):
        text = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise Refusal([Error("NUMBER_OUTSIDE_VALID_RANGE", text, (field.name,))])
    if field.type == "int":
        return int(number)
    return round(number, field.scale) if field.precision else number


def _moment(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _cannot_read(field.type, value)
    try:
        if field.type == "date":
            if len(value) != 10:
                raise ValueError(value)
            return date.fromisoformat(value).isoformat()
        return stamp(read_datetime(value))
    except ValueError:
        raise _cannot_read(field.type, value) from None


def _token(value: Any) -> str:
    match value:
        case bool():
            return f"VALUE_{str(value).upper()} value {str(value).lower()}"
        case int():
            return f"VALUE_NUMBER_INT value {value}"
        case float():
            return f"VALUE_NUMBER_FLOAT value {value}"
        case list():
            return "START_ARRAY value ["
        case dict():
            return "START_OBJECT value {"
    return f"VALUE_STRING value {value}"


def _cannot_read(kind: str, value: Any) -> Refusal:
    where = "or request may be missing a required field at [line:1, column:2]"
    text = f"Cannot deserialize instance of {kind} from {_token(value)} {where}"
    return refuse("JSON_PARSER_ERROR", text)
