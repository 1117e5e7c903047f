"""Working hours as a calendar: when it is open, when it opens next, and durations counted in open time alone.

A calendar is a zone, the spans of each weekday by that zone's clock, and public holidays, on which it is closed. All answers
follow from one thing, the open spans of a day as instants, so they agree with each other over changes of the clock too: a span
that begins in the hour that is left out begins after it, and one that begins or ends in an hour that comes twice lasts from the
first beginning to the last end. A span holds its beginning and not its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from core.instants import MINUTE, Instant, from_datetime, to_datetime
from core.problems import did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
FURTHEST = 366 * 30
"""Days that are looked through for open time; a deadline beyond them is refused."""

Span = tuple[Instant, Instant]
Holidays = Callable[[date], str | None]
"""The name of the holiday on a day, or None."""


def no_holidays(day: date) -> None:
    """No day is one."""


@dataclass(frozen=True)
class Calendar:
    """Working hours; `week` has the open minutes of each weekday from Monday, sorted and apart from each other."""

    zone: ZoneInfo
    week: tuple[tuple[tuple[int, int], ...], ...]
    holidays: Holidays = no_holidays
    _spans: dict[date, tuple[Span, ...]] = field(default_factory=dict, compare=False, repr=False)
    _days: dict[int, date] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.week) != len(DAYS) or not any(self.week):
            raise ValueError("hours without any open time can not be counted in")

    def is_open(self, instant: Instant) -> bool:
        """Whether an instant lies in the open hours."""
        return any(start <= instant < end for start, end in self._around(instant))

    def holiday(self, instant: Instant) -> str | None:
        """The name of the public holiday at an instant, or None."""
        return self.holidays(self.day(instant))

    def day(self, instant: Instant) -> date:
        """The day of an instant by this calendar's clock."""
        quarter = instant // _QUARTER
        found = self._days.get(quarter)
        if found is None:
            if len(self._days) > 2 * FURTHEST:
                self._days.clear()
            found = self._days[quarter] = to_datetime(instant).astimezone(self.zone).date()
        return found

    def next_open(self, instant: Instant) -> Instant:
        """The instant itself when it lies in the open hours, else the next beginning."""
        for start, end in self._from(instant):
            if end > instant:
                return max(start, instant)
        raise ValueError(_TOO_FAR)

    def add(self, instant: Instant, duration: int) -> Instant:
        """The first instant by which so many milliseconds of open time have passed."""
        if duration <= 0:
            return instant
        left = duration
        for start, end in self._from(instant):
            begin = max(start, instant)
            if end <= begin:
                continue
            if end - begin >= left:
                return begin + left
            left -= end - begin
        raise ValueError(_TOO_FAR)

    def open_time_between(self, start: Instant, end: Instant) -> int:
        """The milliseconds of open time from one instant to a later one; 0 when it is not later."""
        total = 0
        for opens, closes in self._from(start):
            if opens >= end:
                return total
            total += max(0, min(closes, end) - max(opens, start))
        raise ValueError(_TOO_FAR)

    def spans(self, day: date) -> tuple[Span, ...]:
        """The open spans of a day as instants, in their order."""
        found = self._spans.get(day)
        if found is None:
            if len(self._spans) > 2 * FURTHEST:
                self._spans.clear()
            found = self._spans[day] = self._made(day)
        return found

    def _made(self, day: date) -> tuple[Span, ...]:
        minutes = self.week[day.weekday()]
        if not minutes or self.holidays(day) is not None:
            return ()
        spans = (
            (_instant(day, start, self.zone, is_end=False), _instant(day, end, self.zone, is_end=True)) for start, end in minutes
        )
        return tuple((start, end) for start, end in spans if start < end)

    def _around(self, instant: Instant) -> tuple[Span, ...]:
        """The spans that may hold an instant: those of its day, and of the day before where 24:00 is late."""
        day = self.day(instant)
        return (*self.spans(day - timedelta(days=1)), *self.spans(day))

    def _from(self, instant: Instant) -> Iterator[Span]:
        """The open spans from the day before an instant on, in their order."""
        day = self.day(instant) - timedelta(days=1)
        for _ in range(FURTHEST):
            yield from self.spans(day)
            day += timedelta(days=1)


_QUARTER = 15 * MINUTE
"""No zone's day begins within a quarter of an hour: since 1972 their differences are multiples of it."""
_TOO_FAR = "no open time within thirty years: look at the hours and their holidays"


def _instant(day: date, minute: int, zone: ZoneInfo, *, is_end: bool) -> Instant:
    """The instant of a minute of a day by a zone's clock; minute 1440 is the next day's midnight."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    first, last = (from_datetime(local.replace(fold=fold)) for fold in (0, 1))
    if first > last:  # the clock leaves this minute out: the first one after it counts
        return _change(last, first, zone)
    return last if is_end else first


def _change(before: Instant, after: Instant, zone: ZoneInfo) -> Instant:
    """The instant at which a zone's clock changes between two others, to the minute."""
    offset = to_datetime(before).astimezone(zone).utcoffset()
    while after - before > MINUTE:
        middle = (before + after) // (2 * MINUTE) * MINUTE
        if to_datetime(middle).astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


# --- from what people write -----------------------------------------------------------------------------------------


def make_calendar(zone: str, days: Mapping[str, Sequence[str]], holidays: str | None = None) -> Calendar:
    """The calendar of hours as team.yaml has them, such as `{"mon-fri": ["09:00-17:30"]}`; ValueError when they are wrong."""
    for _, sentence in wrong_hours(days, holidays):
        raise ValueError(sentence)
    week: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for key, spans in days.items():
        for day in _days(key):
            week[day] += [_minutes(span) for span in spans]
    found = tuple(tuple(_joined(sorted(minutes))) for minutes in week)
    return Calendar(ZoneInfo(zone), found, no_holidays if holidays is None else public_holidays(holidays))


def wrong_hours(days: Mapping[str, Sequence[str]], holidays: str | None = None) -> Iterator[tuple[str, str]]:
    """What is wrong with hours: the key it stands at (`holidays`, a day or a range of days, or empty) and the sentence."""
    if not days:
        yield "", "there are no hours here, so it would never be open. Write days and spans, such as `mon-fri: 09:00-17:30`."
    taken: dict[int, str] = {}
    for key, spans in days.items():
        if (wrong := _wrong_spans(key, spans)) is not None:
            yield key, wrong
            continue
        for day in _days(key):
            if day in taken:
                yield key, f"`{DAYS[day]}` is in `{taken[day]}` already. Let each day stand in one line, with a list of spans."
                break
            taken[day] = key
    if holidays is not None and holidays not in holiday_codes():
        yield "holidays", f"there are no public holidays known for `{holidays}`.{_nearest_code(holidays)}"


def _nearest_code(code: str) -> str:
    """What may have been meant: the regions of a country that is known, or a code that looks like it."""
    country, _, region = code.upper().partition("-")
    regions = [known.partition("-")[2] for known in holiday_codes() if known.startswith(f"{country}-")]
    if country in holiday_codes() and regions:
        near = did_you_mean(region, regions).replace("`", f"`{country}-", 1)
        return near or f" Known regions of {country} are {', '.join(regions)}."
    return did_you_mean(code.upper(), holiday_codes()) or " Write a country or one of its regions, such as `AT` or `DE-BE`."


def _wrong_spans(key: str, spans: Sequence[str]) -> str | None:
    if not _days(key):
        return f"`{key}` is no day. Write a day or a range, such as `mon` or `mon-fri`."
    if not spans or not all(SPAN.fullmatch(span) for span in spans):
        return f"`{key}` has wrong hours. Write a span such as `09:00-17:30`, or a list of spans."
    minutes = sorted(_minutes(span) for span in spans)
    if any(start >= end for start, end in minutes):
        message = f"`{key}` has a span that ends before it begins."
        return f"{message} Cut a night at midnight: `22:00-24:00` here and `00:00-06:00` on the next day."
    if any(later[0] < earlier[1] for earlier, later in pairwise(minutes)):
        return f"`{key}` has spans that overlap. Write each hour once."
    return None


def _days(key: str) -> range:
    first, _, last = key.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        return range(0)
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def _minutes(span: str) -> tuple[int, int]:
    start, end = span.split("-")
    first, last = (int(part[:2]) * 60 + int(part[3:]) for part in (start, end))
    return first, last


def _joined(minutes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans that touch, as one."""
    start, end = -1, -1
    for first, last in minutes:
        if first == end:
            end = last
            continue
        if end > 0:
            yield start, end
        start, end = first, last
    if end > 0:
        yield start, end


# --- public holidays: the library is loaded with the first hours that name some ---------------------------------------


@cache
def holiday_codes() -> Collection[str]:
    """The codes that `holidays:` knows: a country's two letters, or a country and one of its regions."""
    import holidays

    found: dict[str, None] = {}
    for country, regions in holidays.list_supported_countries(include_aliases=False).items():
        found[country] = None
        found.update(dict.fromkeys(f"{country}-{region}" for region in regions))
    return found


@cache
def public_holidays(code: str) -> Holidays:
    """The public holidays of a country or region, such as `DE-BE`."""
    import holidays

    country, _, region = code.partition("-")
    known = holidays.country_holidays(country, subdiv=region or None, language="en_US")
    return lambda day: known.get(day)
