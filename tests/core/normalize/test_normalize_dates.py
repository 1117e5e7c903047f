"""Dates and times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.normalize.dates import read_date, read_datetime


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "21.11.2026",
        "11/21/2026",
        "21/11/2026",
        "21. November 2026",
        "November 21, 2026",
        "21 nov 2026",
        "20261121",
        "2026/11/21",
        "21.11.26",
        "Samstag, 21. November 2026",
        "21 de noviembre de 2026",
        "21 novembre 2026",
        "2026年11月21日",
        "2026-11-21T09:30:00Z",
        "1795253400",
        "1795253400000",
        "2026-11-21 09:30",
    ],
)
def test_a_day_in_many_spellings(text: str) -> None:
    assert read_date(text, "UTC", "") == ("2026-11-21", "", "")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"),
        ("2026-11-21T09:30:00+01:00", "2026-11-21T08:30:00Z"),
        ("2026-11-21T09:30:00.120Z", "2026-11-21T09:30:00.120Z"),
        ("2026-11-21 09:30", "2026-11-21T08:30:00Z"),
        ("21.11.2026 09:30 Uhr", "2026-11-21T08:30:00Z"),
        ("11/21/2026 2:30 PM", "2026-11-21T13:30:00Z"),
        ("11/21/2026 12:30 AM", "2026-11-20T23:30:00Z"),
        ("Sat, 21 Nov 2026 14:30:00 +0100", "2026-11-21T13:30:00Z"),
        ("2026-11-21 14:30:00 CET", "2026-11-21T13:30:00Z"),
        ("2026-07-01 14:30", "2026-07-01T12:30:00Z"),
        ("1795253400", "2026-11-21T09:30:00Z"),
        ("1795253400000", "2026-11-21T09:30:00Z"),
        ("2026-11-21", "2026-11-20T23:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_and_without_a_zone_is_local(text: str, moment: str) -> None:
    assert read_datetime(text, "Europe/Berlin", "") == (moment, "", "")


@pytest.mark.parametrize(
    ("zone", "region", "day"),
    [
        ("Europe/Berlin", "", "2026-04-03"),
        ("America/New_York", "", "2026-03-04"),
        ("UTC", "US", "2026-03-04"),
        ("UTC", "DE", "2026-04-03"),
        ("UTC", "GB", "2026-04-03"),
    ],
)
def test_zone_or_region_says_whether_the_day_comes_first(zone: str, region: str, day: str) -> None:
    assert read_date("03/04/2026", zone, region).value == day


def test_without_a_hint_day_and_month_are_not_guessed() -> None:
    assert read_date("03/04/2026", "UTC", "")[:2] == (None, "date_ambiguous")
    assert read_date("04/04/2026", "UTC", "").value == "2026-04-04"
    assert read_date("03.04.2026", "UTC", "").value == "2026-04-03"


def test_the_day_of_a_moment_is_the_day_in_the_zone() -> None:
    assert read_date("2026-11-21T23:30:00Z", "Europe/Berlin", "").value == "2026-11-22"


@pytest.mark.parametrize(
    "text", ["2026-02-30", "tomorrow", "25", "9999-12-31", "31.02.2026", "1e9", "2026-13-01T00:00:00Z", "x" * 500]
)
def test_what_is_no_date_is_left_out_with_a_problem(text: str) -> None:
    assert read_date(text, "UTC", "")[:2] == (None, "date_unreadable")
    assert read_datetime(text, "UTC", "")[:2] == (None, "datetime_unreadable")


def test_an_unknown_zone_is_utc() -> None:
    assert read_datetime("2026-11-21 09:30", "Mars/Base", "").value == "2026-11-21T09:30:00Z"


@given(
    st.text(st.sampled_from("0123456789-/.: TZ+novmay"), max_size=22),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_reading_a_date_twice_changes_nothing(text: str, zone: str) -> None:
    for read in (read_date, read_datetime):
        value = read(text, zone, "").value
        if value is not None:
            assert read(str(value), zone, "").value == value
