"""Working hours: open or not, the next opening, and durations in open time, over nights, holidays and changes of the clock."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.hours import DAYS, Calendar, make_calendar, wrong_hours
from core.instants import DAY, HOUR, MINUTE, Instant, from_datetime, to_datetime

BERLIN = make_calendar("Europe/Berlin", {"mon-fri": ["09:00-17:30"]}, "DE-BE")
ALWAYS = make_calendar("Europe/Berlin", {"mon-sun": ["00:00-24:00"]})
NIGHTS = make_calendar("Europe/Berlin", {"sat": ["22:00-24:00"], "sun": ["00:00-06:00"]})


def at(text: str, zone: str = "Europe/Berlin") -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def shown(instant: Instant, zone: str = "Europe/Berlin") -> str:
    return to_datetime(instant).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20 09:00", True),
        ("2026-11-20 17:29", True),
        ("2026-11-20 17:30", False),
        ("2026-11-20 08:59", False),
        ("2026-11-21 10:00", False),  # Saturday
        ("2026-04-03 10:00", False),  # Good Friday
        ("2026-03-09 10:00", True),
        ("2027-03-08 10:00", False),  # in Berlin, not in all of Germany
    ],
)
def test_it_is_open_on_working_days_within_the_hours(moment: str, is_open: bool) -> None:
    assert BERLIN.is_open(at(moment)) is is_open


def test_the_next_opening_passes_over_weekends_and_holidays() -> None:
    assert shown(BERLIN.next_open(at("2026-04-02 17:30"))) == "2026-04-07 09:00"
    assert BERLIN.next_open(at("2026-04-02 12:00")) == at("2026-04-02 12:00")
    assert BERLIN.holiday(at("2026-04-06 12:00")) == "Easter Monday"
    assert BERLIN.holiday(at("2026-04-07 12:00")) is None


@pytest.mark.parametrize(
    ("start", "minutes", "deadline"),
    [
        ("2026-11-20 10:00", 30, "2026-11-20 10:30"),
        ("2026-11-20 17:20", 30, "2026-11-23 09:20"),
        ("2026-11-20 17:00", 30, "2026-11-20 17:30"),  # to the end of the hours, not the next morning
        ("2026-11-21 03:00", 30, "2026-11-23 09:30"),
        ("2026-04-02 17:00", 60, "2026-04-07 09:30"),  # over Easter
        ("2026-12-24 17:00", 60, "2026-12-28 09:30"),
        ("2026-03-27 17:00", 60, "2026-03-30 09:30"),  # the clock changes in between
        ("2026-11-20 10:00", 10 * 510, "2026-12-04 10:00"),
    ],
)
def test_a_deadline_counts_open_time_alone(start: str, minutes: int, deadline: str) -> None:
    assert shown(BERLIN.add(at(start), minutes * MINUTE)) == deadline


def test_open_time_is_real_time_when_the_clock_changes() -> None:
    assert ALWAYS.open_time_between(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 23 * HOUR
    assert ALWAYS.open_time_between(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 25 * HOUR
    assert shown(NIGHTS.add(at("2026-03-28 22:00"), 5 * HOUR)) == "2026-03-29 04:00"
    assert shown(NIGHTS.add(at("2026-10-24 22:00"), 5 * HOUR)) == "2026-10-25 02:00"
    assert NIGHTS.open_time_between(at("2026-03-28 22:00"), at("2026-03-29 12:00")) == 7 * HOUR


def test_a_span_in_the_hour_that_is_left_out_begins_after_it() -> None:
    early = make_calendar("Europe/Berlin", {"sun": ["02:30-04:00"]})
    assert shown(early.next_open(at("2026-03-29 00:00"))) == "2026-03-29 03:00"
    assert early.open_time_between(at("2026-03-29 00:00"), at("2026-03-29 12:00")) == HOUR
    left_out = make_calendar("Europe/Berlin", {"sun": ["02:10-02:50"]})
    assert shown(left_out.next_open(at("2026-03-29 00:00"))) == "2026-04-05 02:10"


def test_a_span_in_the_hour_that_comes_twice_lasts_to_its_last_end() -> None:
    early = make_calendar("Europe/Berlin", {"sun": ["02:00-03:00"]})
    assert early.open_time_between(at("2026-10-25 00:00"), at("2026-10-25 12:00")) == 2 * HOUR


def test_a_zone_that_changes_at_midnight_is_right_too() -> None:
    cairo = make_calendar("Africa/Cairo", {"mon-sun": ["00:00-24:00"]})
    day = at("2026-04-24 12:00", "Africa/Cairo")
    assert cairo.open_time_between(day - 3 * DAY, day + 3 * DAY) == 6 * DAY
    assert cairo.is_open(day)


def test_spans_that_touch_are_one_and_the_lunch_break_is_closed() -> None:
    found = make_calendar("UTC", {"mon": ["12:00-13:00", "09:00-12:00", "14:00-24:00"]})
    assert found.week[0] == ((540, 780), (840, 1440))
    assert not found.is_open(at("2026-11-23 13:30", "UTC"))


@pytest.mark.parametrize(
    ("days", "holidays", "key", "words"),
    [
        ({}, None, "", "never be open"),
        ({"mon": []}, None, "mon", "wrong hours"),
        ({"mo": ["09:00-17:00"]}, None, "mo", "is no day"),
        ({"fri-mon": ["09:00-17:00"]}, None, "fri-mon", "is no day"),
        ({"mon": ["9-17"]}, None, "mon", "wrong hours"),
        ({"mon": ["22:00-06:00"]}, None, "mon", "Cut a night at midnight"),
        ({"mon": ["09:00-12:00", "11:00-13:00"]}, None, "mon", "overlap"),
        ({"mon-fri": ["09:00-17:00"], "fri": ["09:00-14:00"]}, None, "fri", "`fri` is in `mon-fri` already"),
        ({"mon": ["09:00-17:00"]}, "DE-BER", "holidays", "Did you mean `DE-BE`?"),
        ({"mon": ["09:00-17:00"]}, "DE-XX", "holidays", "Known regions of DE are BB, BE"),
        ({"mon": ["09:00-17:00"]}, "Germany", "holidays", "such as `AT`"),
        ({"mon": ["09:00-17:00"]}, "de-be", "holidays", "Did you mean `DE-BE`?"),
    ],
)
def test_wrong_hours_are_complained_of(days: dict[str, list[str]], holidays: str | None, key: str, words: str) -> None:
    found = list(wrong_hours(days, holidays))
    assert [each[0] for each in found] == [key]
    assert words in found[0][1]
    with pytest.raises(ValueError, match=r"."):
        make_calendar("UTC", days, holidays)


def test_a_calendar_that_is_closed_for_ever_ends_the_search() -> None:
    closed = Calendar(ZoneInfo("UTC"), (((0, 60),), *((),) * 6), lambda day: "always")
    with pytest.raises(ValueError, match="no open time"):
        closed.add(0, MINUTE)
    with pytest.raises(ValueError, match="without any open time"):
        Calendar(ZoneInfo("UTC"), ((),) * 7)


def test_hours_without_holidays_do_not_load_the_library() -> None:
    program = "import sys, core.hours as h; h.make_calendar('UTC', {'mon': ['09:00-17:00']}); sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- properties -----------------------------------------------------------------------------------------------------


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = {}
    for day in draw(st.sets(st.sampled_from(DAYS), min_size=1)):
        minutes = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
        pairs = zip(minutes[::2], minutes[1::2], strict=False)
        days[day] = [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs]
    zone = draw(
        st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "UTC"])
    )
    return make_calendar(zone, days, draw(st.sampled_from([None, "DE-BE", "US"])))


INSTANTS = st.integers(at("2025-01-01"), at("2029-01-01"))
DURATIONS = st.integers(0, 12 * HOUR)


@settings(deadline=None)
@given(calendars(), INSTANTS, DURATIONS)
def test_the_open_time_up_to_a_deadline_is_the_duration(calendar: Calendar, start: Instant, duration: int) -> None:
    deadline = calendar.add(start, duration)
    assert calendar.open_time_between(start, deadline) == duration
    assert deadline >= start
    if duration:
        assert calendar.is_open(deadline - 1)


@settings(deadline=None)
@given(calendars(), INSTANTS, st.integers(0, 3 * DAY), DURATIONS, st.integers(0, HOUR))
def test_a_later_start_or_a_longer_duration_is_no_earlier_deadline(
    calendar: Calendar, start: Instant, later: int, duration: int, more: int
) -> None:
    assert calendar.add(start, duration) <= calendar.add(start + later, duration)
    assert calendar.add(start, duration) <= calendar.add(start, duration + more)


@settings(deadline=None)
@given(calendars(), INSTANTS, st.integers(0, 20 * DAY), st.integers(0, 20 * DAY))
def test_open_time_adds_up(calendar: Calendar, start: Instant, first: int, second: int) -> None:
    middle, end = start + first, start + first + second
    parts = calendar.open_time_between(start, middle) + calendar.open_time_between(middle, end)
    assert calendar.open_time_between(start, end) == parts


@settings(deadline=None)
@given(calendars(), INSTANTS)
def test_the_next_opening_is_open_and_nothing_is_before_it(calendar: Calendar, start: Instant) -> None:
    opening = calendar.next_open(start)
    assert calendar.is_open(opening)
    assert calendar.open_time_between(start, opening) == 0
    assert calendar.is_open(start) == (opening == start)
