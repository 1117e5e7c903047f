"""Dates and times as people and programs write them, to `2026-11-21` and `2026-11-21T09:30:00Z`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.normalize.reading import NOTHING, Reading
from core.normalize.text import is_empty_mark, one_line
from core.normalize.words import MONTH_FIRST_ZONES, MONTHS

_LONGEST = 80
_YEARS = range(1900, 2201)
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})\Z|(\d{4})(\d{2})(\d{2})\Z|(\d{4})年(\d{1,2})月(\d{1,2})日\Z")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\Z")
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})\Z")
_DAY_MONTH_NAME = re.compile(
    r"(\d{1,2})(?:\.|st|nd|rd|th|er|º|ª)?[\s-]*(?:of |de |d')?\s*([^\W\d_]{3,})\.?,?[\s-]*(?:de[l]? )?(\d{4}|\d{2})\Z"
)
_MONTH_NAME_DAY = re.compile(r"([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\Z")
_WEEKDAY = re.compile(r"[^\W\d_]{2,12}[.,]{1,2}\s+(?=\d|[^\W\d_]{3,}\.? \d)")
_TIME = re.compile(
    r"(?P<date>.+?)(?:,?\s+(?:at |um |à )?|T)(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"\s*(?:Uhr)?\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|[A-Z]{3,4}|"
    r"\[?[A-Z][A-Za-z]+/[A-Za-z_]+\]?)?\Z",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?\Z", re.IGNORECASE)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?\Z|\d{12,13}\Z")
_NAMED_ZONES = {
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "BST": 1,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
_MONTH_FIRST_REGIONS = frozenset(("US", "PH", "FM", "MH", "PW", "GU", "AS", "PR"))
_DAY_FIRST_ZONES = (
    "Europe/",
    "Africa/",
    "Australia/",
    "America/Sao_Paulo",
    "America/Mexico_City",
    "America/Argentina",
    "Asia/Kolkata",
)
_NO_DATE = "this is no date that can be read, so the field was left out; write it as 2026-11-21."
_NO_TIME = "this is no date and time that can be read, so the field was left out; write it as 2026-11-21T09:30:00Z."
_AMBIGUOUS = (
    "this date can be read as day/month and as month/day, so the field was left out;"
    " give the source a zone or region, or write 2026-11-21."
)


class _AmbiguousDate(ValueError):
    """Day and month can not be told apart."""


def read_date(text: str, zone: str, region: str) -> Reading:
    """The day as `YYYY-MM-DD`; a point in time is the day that it is in `zone`."""
    return _read(text[: _LONGEST + 1], zone, region, "date_unreadable", _NO_DATE, wants_time=False)


def read_datetime(text: str, zone: str, region: str) -> Reading:
    """The point in time in UTC; a text without a zone is in `zone`."""
    return _read(text[: _LONGEST + 1], zone, region, "datetime_unreadable", _NO_TIME, wants_time=True)


@lru_cache(maxsize=2048)
def _read(text: str, zone: str, region: str, code: str, message: str, *, wants_time: bool) -> Reading:
    text = one_line(text)
    if not text or is_empty_mark(text):
        return NOTHING
    try:
        found = _parse(text, zone, region) if len(text) < _LONGEST else None
        if found is None or found.year not in _YEARS:
            return Reading(None, code, message)
        return Reading(_datetime_text(found, zone) if wants_time else _date_text(found, zone))
    except _AmbiguousDate:
        return Reading(None, "date_ambiguous", _AMBIGUOUS)
    except (ValueError, OverflowError):
        return Reading(None, code, message)


def _date_text(found: date, zone: str) -> str:
    if isinstance(found, datetime):
        found = (found.astimezone(_zone(zone)) if found.tzinfo else found).date()
    return found.isoformat()


def _datetime_text(found: date, zone: str) -> str:
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)
    if found.tzinfo is None:
        found = found.replace(tzinfo=_zone(zone))
    found = found.astimezone(UTC)
    return found.isoformat(timespec="milliseconds" if found.microsecond >= 1000 else "seconds")[:-6] + "Z"


def _parse(text: str, zone: str, region: str) -> date | None:
    """A date, an aware datetime, or a naive one whose zone the text does not say."""
    if _EPOCH.match(text):
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if number >= 1e11 else number, UTC)
    found = _date(text, zone, region)
    if found is not None:
        return found
    return _iso(text) or _with_time(text, zone, region) or _of_mail(text)


def _iso(text: str) -> datetime | None:
    if not text[:4].isdigit():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _of_mail(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None


def _with_time(text: str, zone: str, region: str) -> datetime | None:
    found = _TIME.match(text)
    day = _date(found["date"].rstrip(","), zone, region) if found else None
    if not found or day is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower().startswith("p") else 0)
    part = int((found["part"] or "0").ljust(6, "0")[:6])
    moment = datetime(day.year, day.month, day.day, hour, int(found["minute"]), int(found["second"] or 0), part)
    return _in_zone(moment, found["zone"] or "")


def _in_zone(moment: datetime, name: str) -> datetime:
    if not name:
        return moment
    offset = _OFFSET.match(name)
    if name.upper() in ("Z", "UTC", "GMT"):
        return moment.replace(tzinfo=UTC)
    if offset:
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return (moment - ahead if offset[1] == "+" else moment + ahead).replace(tzinfo=UTC)
    if name.upper() in _NAMED_ZONES:
        return (moment - timedelta(hours=_NAMED_ZONES[name.upper()])).replace(tzinfo=UTC)
    if "/" in name:
        return moment.replace(tzinfo=_zone(name.strip("[]")))
    raise ValueError("unknown zone")


def _date(text: str, zone: str, region: str) -> date | None:
    text = _WEEKDAY.sub("", text, count=1)
    for pattern in (_ISO_DATE, _YEAR_FIRST):
        found = pattern.match(text)
        if found:
            year, month, day = (int(group) for group in found.groups() if group)
            return date(year, month, day)
    found = _DOTTED.match(text)
    if found:
        return date(_year(found[3]), int(found[2]), int(found[1]))
    found = _SLASHED.match(text)
    if found:
        return _of_unknown_order(int(found[1]), int(found[3]), _year(found[4]), zone, region)
    return _with_month_name(text)


def _with_month_name(text: str) -> date | None:
    text = text.lower()
    found = _DAY_MONTH_NAME.match(text)
    if found and found[2] in MONTHS:
        return date(_year(found[3]), MONTHS[found[2]], int(found[1]))
    found = _MONTH_NAME_DAY.match(text)
    if found and found[1] in MONTHS:
        return date(int(found[3]), MONTHS[found[1]], int(found[2]))
    return None


def _of_unknown_order(first: int, second: int, year: int, zone: str, region: str) -> date:
    if first == second:
        return date(year, first, second)
    if first > 12 or second > 12:
        return date(year, second, first) if first > 12 else date(year, first, second)
    if region in _MONTH_FIRST_REGIONS or (not region and _is_month_first(zone)):
        return date(year, first, second)
    if (region and region != "CA") or (not region and zone.startswith(_DAY_FIRST_ZONES)):
        return date(year, second, first)
    raise _AmbiguousDate


def tells_order(zone: str) -> bool:
    """Whether people in this zone write either the day or the month first, so that the zone says which."""
    return zone.startswith(_DAY_FIRST_ZONES) or _is_month_first(zone)


def _is_month_first(zone: str) -> bool:
    return zone in MONTH_FIRST_ZONES or zone.startswith("US/")


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    """The named zone; UTC for a name that is none, so that a lead never waits for a setting."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
