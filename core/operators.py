"""What may be asked of one field, by its type: operators compiled to functions that answer true, false or unknown.

Unknown is never no: a question about a value that says neither yes nor no (the range `11-50` and `at_least: 25`) is unknown.
A field that is not known never gets here; `known` is asked of it by the clause itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache
from math import inf

from core.costly_patterns import too_costly
from core.documents import Node, ScalarNode
from core.fields import Field
from core.instants import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime
from core.lead import Value
from core.mapping.reader import Reader
from core.normalize.numbers import range_bounds
from core.problems import Place
from core.territory import cleaned, read_range


class Truth(Enum):
    """The answer to a question about a lead; only TRUE counts as true where Python asks."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __init__(self, word: str) -> None:
        self.word = word
        """The same as `value`, which an enumeration looks up ten times as slowly: every trace of a decision holds some ten."""

    def __bool__(self) -> bool:
        return self is Truth.TRUE

    def __str__(self) -> str:
        return self.value


TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

Ask = Callable[[Value, Instant], Truth]
"""A compiled question to a known value, at a point in time."""

_EQUAL = ("is", "is_not", "in", "not_in")
_TEXT = (*_EQUAL, "known", "contains", "starts_with", "between", "matches")
_NUMBER = (*_EQUAL, "known", "at_least", "at_most")
_TIME = ("known", "within", "older_than", "at_least", "at_most", "is", "is_not")

OPERATORS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("text", "name", "email", "phone", "url", "domain", "region"), _TEXT),
    **dict.fromkeys(("country", "language", "choice"), (*_EQUAL, "known")),
    **dict.fromkeys(("integer", "decimal", "range"), _NUMBER),
    "boolean": ("is", "is_not", "known"),
    **dict.fromkeys(("date", "datetime"), _TIME),
    "list": ("contains", "in", "not_in", "known"),
}
"""The operators of each field type."""

MEANINGS: Mapping[str, str] = {
    "is": "equal to this", "is_not": "known and not equal to this", "in": "equal to one of these",
    "not_in": "known and equal to none of these", "known": "true: there is a value; false: there is none",
    "at_least": "this or more", "at_most": "this or less", "within": "no further than this from now, before or after",
    "older_than": "longer ago than this", "matches": "a regular expression finds something in it",
    "contains": "this text or element is in it", "starts_with": "begins with this text, or one of these; spaces do not count",
    "between": "lies in this range of postcodes, or one of these, such as 10000-19999; both ends belong to it",
}  # fmt: skip
"""What each operator asks, for documentation and JSON Schema."""

LONGEST_MATCHED = 500
"""`matches` reads this many characters: with two open-ended repeats the worst expression takes some 25 ms."""


def truth(answer: bool) -> Truth:
    """A plain yes or no as a truth."""
    return TRUE if answer else FALSE


def folded(text: str) -> str:
    """A text as it is compared: without regard to case and spacing."""
    return " ".join(text.split()).casefold()


def compile_operator(reader: Reader, field: Field, operator: str, node: Node) -> Ask | None:
    """The question that an operator with its operand asks of a field; None after a complaint."""
    what = f"`{operator}` of {field.path}"
    if operator in ("is", "is_not"):
        single = reader.text(node, what)
        wanted = None if single is None else _values(reader, field, (single,), node)
        return None if wanted is None else _equal(wanted, operator == "is", field)
    if operator in ("in", "not_in"):
        several = reader.texts(node, what)
        wanted = _values(reader, field, several, node) if several else None
        return None if wanted is None else _equal(wanted, operator == "in", field)
    if operator in ("at_least", "at_most"):
        return _bound(reader, field, node, what, is_lower=operator == "at_least")
    if operator in ("within", "older_than"):
        window = duration(reader, node, what)
        return None if window is None else _window(window, operator == "within", field)
    if operator in ("starts_with", "between"):
        several = reader.texts(node, what)
        return _starts(several) if operator == "starts_with" and several else _between(reader, several, node, what)
    if operator == "contains":
        found = reader.text(node, what)
        return None if found is None else _contains(folded(found))
    return _matches(reader, node, what)


def duration(reader: Reader, node: Node, what: str) -> int | None:
    """A duration with its unit, in milliseconds; None after a complaint."""
    text = reader.text(node, what)
    if text is None:
        return None
    found = milliseconds(text)
    if found is None:
        reader.complain("wrong_value", f"{what} wants a duration with its unit, such as `90 days`; here is `{text}`.", node.place)
    return found


_DURATION = re.compile(r"(\d{1,6})\s*(seconds?|s|minutes?|min|hours?|h|days?|d|weeks?|w|months?|years?)")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY, "y": 365 * DAY}


def milliseconds(text: str) -> int | None:
    """A duration with its unit; a month is 30 days here and a year 365."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        return None
    return int(found[1]) * (30 * DAY if found[2].startswith("mo") else _UNITS[found[2][0]])


# --- equality -------------------------------------------------------------------------------------------------------


def _values(reader: Reader, field: Field, texts: tuple[str, ...], node: Node) -> frozenset[Value] | None:
    """The operands as values of the field's type; None after complaints."""
    found = [operand_value(field, text) for text in texts]
    for text, value in zip(texts, found, strict=True):
        if value is None and field.choices:
            as_node = ScalarNode(text, _place_of(node, text), 0, 0)
            reader.choice(as_node, field.path, field.choices)
        elif value is None:
            message = f"`{text}` is no value of {field.path}, which is {_KINDS.get(field.type, field.type)}."
            reader.complain("wrong_value", message, _place_of(node, text), field.path)
    return None if None in found else frozenset(value for value in found if value is not None)


_KINDS = {
    "integer": "a whole number such as `25`",
    "decimal": "a number such as `1250.50`",
    "range": "a number or a range such as `11-50`",
    "boolean": "`true` or `false`",
    "country": "a country's two letters such as `DE`",
    "language": "a language's two letters such as `de`",
    "date": "a date such as `2026-11-21`",
    "datetime": "a time such as `2026-11-21T09:30:00Z`",
}


def operand_value(field: Field, text: str) -> Value | None:
    """One operand as a value of the field's type, or None."""
    text = text.strip()
    if field.choices:
        return text if text in field.choices else None
    reader = _OPERANDS.get(field.type)
    return folded(text) if reader is None else reader(text)


def _place_of(node: Node, text: str) -> Place:
    items = getattr(node, "items", ())
    return next((item.place for item in items if isinstance(item, ScalarNode) and item.text.strip() == text), node.place)


def _integer(text: str) -> Value | None:
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None


def _decimal(text: str) -> Value | None:
    number = decimal_of(text)
    return None if number is None else str(number.normalize())


def decimal_of(text: str) -> Decimal | None:
    """The number that a text is, or None."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _range(text: str) -> Value | None:
    low, high = range_bounds(text)
    is_backwards = low is not None and high is not None and low > high
    return None if is_backwards or (low, high) == (None, None) else text


def _boolean(text: str) -> Value | None:
    return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(text.lower())


def _letters(text: str) -> Value | None:
    return text.casefold() if re.fullmatch(r"[A-Za-z]{2}", text) else None


_OPERANDS: Mapping[str, Callable[[str], Value | None]] = {
    "integer": _integer, "decimal": _decimal, "range": _range, "boolean": _boolean, "country": _letters,
    "language": lambda text: text.casefold() if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*", text) else None,
    "date": lambda text: instant_of(text), "datetime": lambda text: instant_of(text),
}  # fmt: skip


def _equal(wanted: frozenset[Value], is_asked: bool, field: Field) -> Ask:
    """Whether a value is one of these. The choice `unknown` says nothing, unless it is what is asked for."""
    yes, no = truth(is_asked), truth(not is_asked)
    if field.type == "list":
        return lambda value, _: yes if any(folded(item) in wanted for item in _items(value)) else no
    if field.type == "decimal":
        return lambda value, _: yes if _decimal(str(value)) in wanted else no
    if field.type in ("date", "datetime"):
        return lambda value, _: yes if instant_of(str(value)) in wanted else no
    if field.type == "range":
        return _range_equal(wanted, is_asked)
    if field.type in ("integer", "boolean"):
        return lambda value, _: yes if value in wanted else no
    if field.choices:
        open_value = None if "unknown" in wanted else "unknown"
        return lambda value, _: UNKNOWN if value == open_value else yes if value in wanted else no
    return lambda value, _: yes if folded(str(value)) in wanted else no


_bounds = lru_cache(maxsize=4_096)(range_bounds)
"""The ends of a range: forms offer the same few ranges to everybody."""


def _range_equal(wanted: frozenset[Value], is_asked: bool) -> Ask:
    """Whether a range lies in one of these: `11-50` says neither that it is 20 nor that it is not."""
    several = [range_bounds(str(one)) for one in wanted]
    yes, no = truth(is_asked), truth(not is_asked)

    def ask(value: Value, _: Instant) -> Truth:
        low, high = _ends(_bounds(str(value)))
        if any(_ends(one)[0] <= low and high <= _ends(one)[1] for one in several):
            return yes
        is_apart = all(high < _ends(one)[0] or low > _ends(one)[1] for one in several)
        return no if is_apart else UNKNOWN

    return ask


def _ends(bounds: tuple[int | None, int | None]) -> tuple[float, float]:
    low, high = bounds
    return -inf if low is None else low, inf if high is None else high


def _items(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


# --- order ----------------------------------------------------------------------------------------------------------


_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
"""A number whose thousands are set apart: `1.000` would be 1 here, and is meant to be 1000."""


def _bound(reader: Reader, field: Field, node: Node, what: str, *, is_lower: bool) -> Ask | None:
    text = reader.text(node, what)
    if text is None:
        return None
    if field.type in ("date", "datetime"):
        moment = instant_of(text.strip())
        if moment is not None:
            return _moment_bound(moment, is_lower)
    else:
        number = None if field.type != "decimal" and _GROUPED.fullmatch(text.strip()) else decimal_of(text.strip())
        if number is not None:
            return _range_bound(number, is_lower) if field.type == "range" else _number_bound(number, is_lower)
    kind = _KINDS[field.type] if field.type in ("date", "datetime") else "a number such as `25`"
    reader.complain("wrong_value", f"{what} wants {kind}; here is `{text}`.", node.place, field.path)
    return None


def _number_bound(limit: Decimal, is_lower: bool) -> Ask:
    def ask(value: Value, _: Instant) -> Truth:
        number = value if type(value) is int else decimal_of(str(value))
        if number is None:
            return UNKNOWN
        return truth(number >= limit if is_lower else number <= limit)

    return ask


def _range_bound(limit: Decimal, is_lower: bool) -> Ask:
    """A range answers when it lies wholly on one side of the limit."""

    def ask(value: Value, _: Instant) -> Truth:
        low, high = _bounds(str(value))
        if is_lower:
            return TRUE if low is not None and low >= limit else FALSE if high is not None and high < limit else UNKNOWN
        return TRUE if high is not None and high <= limit else FALSE if low is not None and low > limit else UNKNOWN

    return ask


def _moment_bound(limit: Instant, is_lower: bool) -> Ask:
    def ask(value: Value, _: Instant) -> Truth:
        moment = instant_of(str(value))
        if moment is None:
            return UNKNOWN
        return truth(moment >= limit if is_lower else moment <= limit)

    return ask


def _window(window: int, is_within: bool, field: Field) -> Ask:
    """A date stands for its whole UTC day: its nearest moment counts for `within`, its last one for `older_than`."""
    length = DAY - 1 if field.type == "date" else 0

    def ask(value: Value, as_of: Instant) -> Truth:
        start = instant_of(str(value))
        if start is None:
            return UNKNOWN
        if is_within:
            return truth(start - window <= as_of <= start + length + window)
        return truth(start + length < as_of - window)

    return ask


def instant_of(text: str) -> Instant | None:
    """The instant of an ISO 8601 date or time; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return from_datetime(
        moment if moment.tzinfo else datetime.fromisoformat(f"{text}T00:00:00Z" if len(text) == 10 else f"{text}Z")
    )


# --- text -----------------------------------------------------------------------------------------------------------


def _contains(wanted: str) -> Ask:
    def ask(value: Value, _: Instant) -> Truth:
        if isinstance(value, tuple):
            return truth(any(folded(item) == wanted for item in value))
        return truth(wanted in folded(str(value)))

    return ask


def _starts(beginnings: tuple[str, ...]) -> Ask:
    wanted = tuple(cleaned(text) for text in beginnings)
    return lambda value, _: truth(cleaned(str(value)).startswith(wanted))


def _between(reader: Reader, texts: tuple[str, ...], node: Node, what: str) -> Ask | None:
    ranges = [(text, read_range(text)) for text in texts]
    for text, found in ranges:
        if found is None:
            message = f"{what} wants a range with two ends of the same length, such as `10000-19999`; here is `{text}`."
            reader.complain("wrong_value", message, _place_of(node, text))
    whole = tuple(found for _, found in ranges if found is not None)
    if not whole or len(whole) < len(ranges):
        return None
    return lambda value, _: truth(any(found.holds(str(value)) for found in whole))


def _matches(reader: Reader, node: Node, what: str) -> Ask | None:
    text = reader.text(node, what)
    if text is None:
        return None
    refusal = too_costly(text)
    if refusal is None:
        try:
            pattern = re.compile(text, re.IGNORECASE)
        except re.error as error:
            refusal = f"is no regular expression: {error}"
        else:
            return lambda value, _: truth(pattern.search(str(value)[:LONGEST_MATCHED]) is not None)
    reader.complain("wrong_value", f"{what} {refusal}.", node.place)
    return None
