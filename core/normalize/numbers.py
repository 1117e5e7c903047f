"""Numbers as people write them, ranges such as `11-50`, and yes or no."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from core.normalize.reading import NOTHING, Reading
from core.normalize.text import bounded, is_empty_mark, one_line
from core.normalize.words import NO, YES

_NUMBER = r"(?:(?<!\d)[.,])?\d+(?:['’ \u00a0\u202f]\d{3}(?!\d))*(?:[.,]\d+)*"
_SCALE = (
    r"(?:\s?(?:thousand|tausend|tsd|mille|mil|million(?:en|s|es)?|"
    r"millones|mio|mill|mn|mm|billion(?:en|s)?|milliarden?|mrd|bn|k|m|b|t)\b\.?)"
)
_NUMBER_INSIDE = re.compile(rf"(?P<sign>(?<![\w.,])[-−+])?(?P<number>{_NUMBER})(?P<scale>{_SCALE})?", re.IGNORECASE)
_RANGE = re.compile(
    rf"(?P<low>{_NUMBER})(?P<low_scale>{_SCALE})?\D{{0,12}}?(?:[-–—−~…]|\.\.+|\b(?:to|bis|à|a|au?|y|and|und|et|tot|do)\b)\D{{0,12}}?"
    rf"(?P<high>{_NUMBER})(?P<high_scale>{_SCALE})?",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"^\D*?(?:>=?|≥|\b(?:more than|over|above|at least|from|greater than|"
    r"mehr als|über|ueber|ab|mindestens|plus de|más de|oltre|meer dan|min(?:imum)?)\b)",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"^\D*?(?:<=?|≤|\b(?:less than|fewer than|under|below|up to|at most|bis(?: zu)?|weniger als|unter|höchstens|"
    r"max(?:imal|imum)?|moins de|menos de|hasta|jusqu|fino a|tot|minder dan)\b)|^\s*[-–—]\s*(?=\d)",
    re.IGNORECASE,
)
_OPEN_END = re.compile(
    r"^\s*(?:\+|-\s*$|–\s*$|(?:and|or|und|oder)\s+(?:more|above|over|mehr|dar[üu]ber)|plus\b|ou plus|o m[áa]s)", re.IGNORECASE
)
_CANONICAL_RANGE = re.compile(r"(\d{0,18})(-?)(\d{0,18})\Z")
_SCALES = {
    "thousand": 3, "tausend": 3, "tsd": 3, "mille": 3, "mil": 3, "k": 3, "t": 3, "million": 6, "millionen": 6, "millions": 6,
    "millones": 6, "mio": 6, "mill": 6, "mn": 6, "mm": 6, "m": 6, "billion": 9, "billions": 9, "billionen": 12,
    "milliarde": 9,
    "milliarden": 9, "mrd": 9, "bn": 9, "b": 9,
}  # fmt: skip
_MONTH = re.compile(r"\b(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*\b", re.IGNORECASE)
"""A spreadsheet that took `11-50` for a date leaves `Nov 50`."""
_LAKHS = r"\d{1,2}(?:,\d{2})+,\d{3}"
_MOST_DIGITS = 18
_NO_NUMBER = "this is no number that can be read, so the field was left out; write it as 1250.50."
_NO_INTEGER = "this is no whole number, so the field was left out; write it as 25."
_NO_RANGE = "this is no number or range that can be read, so the field was left out; write it as 11-50, 50- or 25."
_NO_BOOLEAN = "this is neither yes nor no, so the field was left out; map its words with `values`."


@bounded
def read_boolean(text: str) -> Reading:
    """Yes or no in the words that forms send."""
    word = one_line(text).casefold()
    if word in YES:
        return Reading(True)
    if word in NO:
        return Reading(False)
    if not word or is_empty_mark(word):
        return NOTHING
    return Reading(None, "boolean_unreadable", _NO_BOOLEAN)


@bounded
def read_integer(text: str) -> Reading:
    """A whole number as an int."""
    number = _single_number(text)
    if number is None:
        return _nothing_or(text, "number_unreadable", _NO_INTEGER)
    if number != number.to_integral_value() or abs(number) >= 10**_MOST_DIGITS:
        return Reading(None, "number_unreadable", _NO_INTEGER)
    return Reading(int(number))


@bounded
def read_decimal(text: str) -> Reading:
    """A number as canonical text with a decimal point and no separators."""
    number = _single_number(text)
    if number is None or abs(number) >= 10**_MOST_DIGITS:
        return _nothing_or(text, "number_unreadable", _NO_NUMBER)
    return Reading(_decimal_text(number))


@bounded
def read_range(text: str) -> Reading:
    """A range of whole numbers as `11-50`, `50-` (at least), `-10` (at most) or `25`."""
    text = one_line(text)
    low, high = _bounds(text) or (None, None)
    if low is None and high is None:
        return _nothing_or(text, "range_unreadable", _NO_RANGE)
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
        return Reading(str(low) if low == high else f"{low}-{high}")
    return Reading(f"{low}-" if high is None else f"-{high}")


def range_bounds(text: str) -> tuple[int | None, int | None]:
    """The lowest and the highest number of a canonical range; None where it is open, both None when it is no range."""
    found = _CANONICAL_RANGE.match(text)
    if not found or not (found[1] or found[3]):
        return None, None
    low, high = (int(part) if part else None for part in (found[1], found[3]))
    return (low, high) if found[2] else (low, low)


def _bounds(text: str) -> tuple[int | None, int | None] | None:
    canonical = range_bounds(text)
    if canonical != (None, None):
        return canonical
    found = list(_NUMBER_INSIDE.finditer(text))
    if len(found) > 2 or _MONTH.search(text):
        return None
    both = _RANGE.search(text)
    if both:
        low_scale = both["low_scale"] or both["high_scale"]
        return _whole(both["low"], low_scale), _whole(both["high"], both["high_scale"])
    return _one_bound(text, found[0]) if len(found) == 1 else None


def _one_bound(text: str, found: re.Match[str]) -> tuple[int | None, int | None] | None:
    number = _whole(found["number"], found["scale"])
    before, after = text[: found.end("sign") if found["sign"] else found.start()], text[found.end() :]
    if _AT_MOST.search(before + "0") and not _AT_LEAST.search(before):
        return None, number
    if _AT_LEAST.search(before) or _OPEN_END.match(after):
        return number, None
    return number, number


def _single_number(text: str) -> Decimal | None:
    text = one_line(text)
    found = list(_NUMBER_INSIDE.finditer(text))
    if len(found) != 1:
        return None
    number = _number(found[0]["number"], found[0]["scale"])
    return -number if number is not None and found[0]["sign"] in ("-", "−") else number


def _whole(text: str, scale: str | None) -> int | None:
    number = _number(text, scale)
    return None if number is None or number >= 10**_MOST_DIGITS else int(number)


def _number(text: str, scale: str | None) -> Decimal | None:
    """The number of digits and separators; of two kinds of separators the last one is the decimal one.

    One separator with exactly three digits after it groups thousands, as in `1.250` and `1,250`, except after a zero (`0.125`).
    """
    text = re.sub(r"['’ \u00a0\u202f]", "", text)
    last = max(text.rfind("."), text.rfind(","))
    if last >= 0 and not _is_group(text, text[last]):
        if text.count(text[last]) > 1:
            return None
        text = re.sub("[.,]", "", text[:last]) + "." + text[last + 1 :]
    else:
        text = re.sub("[.,]", "", text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number.scaleb(_SCALES.get((scale or "").strip().rstrip(".").lower(), 0))


def _is_group(text: str, separator: str) -> bool:
    """Whether a number's last separator groups thousands."""
    pieces = text.split(separator)
    if len(pieces) > 2:
        return all(len(piece) == 3 for piece in pieces[1:]) or (separator == "," and re.fullmatch(_LAKHS, text) is not None)
    other = "," if separator == "." else "."
    return other not in text and len(pieces[1]) == 3 and 1 <= len(pieces[0]) <= 3 and not pieces[0].startswith("0")


def _decimal_text(number: Decimal) -> str:
    """The canonical text; `1.2340` keeps its zero, because `1.234` would be read as a thousand."""
    text = format(number, "f")
    text = text if text.strip("-0.") else "0"
    return text + "0" if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", text) else text


def _nothing_or(text: str, code: str, message: str) -> Reading:
    text = one_line(text)
    return Reading(None, code, message) if text and not is_empty_mark(text) else NOTHING
