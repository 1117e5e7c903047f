"""Phone numbers: E.164 with the extension apart. A number that can not be read stays visible as typed and is never a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from core.normalize.text import clean, is_empty_mark

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_LONGEST = 250
_E164 = re.compile(r"\+[1-9]\d{4,14}\Z")
_LABEL = re.compile(
    r"^(?:p|t|m|f|tel|telefon|telephone|phone|fon|mobil|mobile|cell|handy|whatsapp|tlf|tél)\s*[.:]+\s*", re.IGNORECASE
)
_EXTENSION = re.compile(
    r"[\s,;./-]*\(?\b(?:ext(?:ension)?n?|durchwahl|dw|app(?:arat)?|nst|nebenstelle|poste|anexo|interno|int|toestel|ramal|extensi[oó]n)"
    r"\b[\s.:=#-]*(\d{1,8})\)?\s*\Z|(?<=\d)[\s,;]*(?:x|#)[\s.:]*(\d{1,8})\s*\Z",
    re.IGNORECASE,
)
_RFC3966_EXTENSION = re.compile(r";ext=(\d{1,8})\b.*\Z", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_NUMBER_INSIDE = re.compile(r"\+?\(?\d[\d\s().\-/]{4,40}\d")
_SEVERAL = re.compile(r"\s*[;|,\n]\s*|\s+(?:or|oder|ou|o|und|and|/)\s+|(?<=\d{6})\s*/\s*(?=[+0(]\d)", re.IGNORECASE)
_SEPARATED = re.compile(r"\d\D+\d")
_SPREADSHEET = re.compile(r"\d[.,]?\d*[eE]\+?\d{1,2}\Z")
_DIGITS = re.compile(r"\D+")
_RUNS = ("0123456789012345", "1234567890123456", "9876543210987654", "0987654321098765")

_UNREADABLE = "the number can not be read as a phone number{where}; it is kept as typed and never used to recognise a person."
_NO_REGION = " because it has no country code: give the mapping a `region` or map the country"
_ROUNDED = (
    "a spreadsheet has rounded this number (as 4.93E+11), so its digits are lost; it is kept as typed: format the column as text."
)
_NOT_ASSIGNED = "the number has a possible length, but its numbering plan does not know it; it is kept."
_PLACEHOLDER = "the number is a placeholder and was left out."


class PhoneReading(NamedTuple):
    """What a phone text says: E.164 (or the typed text when unreadable), the extension, any further numbers, and a doubt."""

    value: str | None
    extension: str = ""
    others: tuple[str, ...] = ()
    code: str = ""
    message: str = ""


def read_phone(text: str, region: str) -> PhoneReading:
    """The phone number of a text, where a number without a country code is one of `region`."""
    return _read(text[: _LONGEST + 50], region)


@lru_cache(maxsize=2048)
def _read(text: str, region: str) -> PhoneReading:
    text = " ".join(clean(text).replace("\n", " ; ").split())
    if not text:
        return PhoneReading(None)
    if is_empty_mark(text):
        return PhoneReading(None, code="placeholder", message="the text stands for no phone number and was left out.")
    if len(text) > _LONGEST:
        return _unreadable(text[:_LONGEST].strip(), region)
    if _SPREADSHEET.match(text):
        return PhoneReading(text, code="phone_unreadable", message=_ROUNDED)
    first = _read_one(text, region)
    if is_e164(first.value) and first.code != "phone_not_valid":
        return first
    several = [_read_one(part, region) for part in _SEVERAL.split(text) if len(_DIGITS.sub("", part)) >= 5]
    numbers = [one for one in several if is_e164(one.value)]
    if len(several) < 2 or not numbers:
        return first
    others = tuple(dict.fromkeys(one.value for one in numbers[1:] if one.value and one.value != numbers[0].value))
    return numbers[0]._replace(others=others)


def is_e164(text: object) -> bool:
    """Whether a value is a number in E.164, and so may be a key: text that could not be read is not."""
    return isinstance(text, str) and _E164.match(text) is not None


def _read_one(text: str, region: str) -> PhoneReading:
    body, extension = _split_extension(_LABEL.sub("", text))
    if _is_placeholder(body):
        return _placeholder_unless_valid(body, region)
    number, is_valid = _parsed(body, region)
    if number is None or not (is_valid or _is_stable(number)):
        return _unreadable(text, region)
    return _reading(number, is_valid, extension)


def _is_stable(number: PhoneNumber) -> bool:
    """Whether a number stays itself when it is read again: of rows of zeros each reading takes one for the trunk prefix."""
    import phonenumbers

    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    try:
        return phonenumbers.format_number(phonenumbers.parse(value), phonenumbers.PhoneNumberFormat.E164) == value
    except phonenumbers.NumberParseException:
        return False


def _reading(number: PhoneNumber, is_valid: bool, extension: str) -> PhoneReading:
    import phonenumbers

    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    extension = extension or number.extension or ""
    if is_valid:
        return PhoneReading(value, extension)
    if _is_run(_DIGITS.sub("", str(number.national_number))):
        return PhoneReading(None, code="phone_placeholder", message=_PLACEHOLDER)
    return PhoneReading(value, extension, code="phone_not_valid", message=_NOT_ASSIGNED)


def _placeholder_unless_valid(body: str, region: str) -> PhoneReading:
    """A run of digits such as `1234567890` is a placeholder, unless it is typed like a number that the region really has.

    Typed like a number: with separators (Bedford's 01234 567890), or short with a trunk zero (Zagreb's 012345678).
    """
    number, is_valid = _parsed(body, region)
    digits = _DIGITS.sub("", body)
    is_typed_so = _SEPARATED.search(body) is not None or (digits.startswith("01") and len(digits) < 10)
    if number is not None and is_valid and is_typed_so and len(set(digits)) > 2:
        return _reading(number, is_valid, "")
    return PhoneReading(None, code="phone_placeholder", message=_PLACEHOLDER)


def _unreadable(text: str, region: str) -> PhoneReading:
    where = "" if region or text.startswith("+") else _NO_REGION
    return PhoneReading(text, code="phone_unreadable", message=_UNREADABLE.format(where=where))


def _split_extension(text: str) -> tuple[str, str]:
    for pattern in (_RFC3966_EXTENSION, _EXTENSION):
        found = pattern.search(text)
        if found and len(_DIGITS.sub("", text[: found.start()])) >= 5:
            return text[: found.start()], next(group for group in found.groups() if group)
    return text, ""


def _is_placeholder(text: str) -> bool:
    return _is_run(_DIGITS.sub("", text)) and not re.search("[a-zA-Z]{3}", text)


def _is_run(digits: str) -> bool:
    """Whether the digits are one digit repeated (a country code or trunk zero before them aside) or count up or down."""
    if len(digits) < 3:
        return False
    if len(set(digits)) == 1 or (len(digits) >= 7 and len(set(digits[1:])) == 1):
        return True
    return any(run.startswith(digits) for run in _RUNS)


def _parsed(text: str, region: str) -> tuple[PhoneNumber | None, bool]:
    """The first way of reading the text that gives a valid number, else the first that gives a possible one; and whether it
    is valid, which takes long to find out."""
    import phonenumbers

    possible = None
    for candidate in _candidates(text):
        try:
            number = phonenumbers.parse(candidate, region or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
            if phonenumbers.is_valid_number(number):
                return number, True
            possible = possible or number
    return possible, False


def _candidates(text: str) -> Iterator[str]:
    """The text itself, then with the international prefixes that people type everywhere, then only the digits inside it."""
    digits = _DIGITS.sub("", text)
    is_international = text.lstrip(" (").startswith(("+", "00", "tel:+", "011"))
    text = _TRUNK_ZERO.sub(" ", text) if is_international else text
    yield text
    if digits.startswith("00"):
        yield "+" + _DIGITS.sub("", text)[2:]
    if digits.startswith("011"):
        yield "+" + _DIGITS.sub("", text)[3:]
    inside = _NUMBER_INSIDE.search(text)
    if inside and inside[0] != text:
        yield inside[0]
