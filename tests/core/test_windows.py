"""Rolling windows: no schedule that they allow ever exceeds the limit, and little of it is wasted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import windows
from core.windows import Spent, Window

HUBSPOT = Window(100, 10_000)
START = 1_790_000_000_000


def most_in_any_window(made: list[int], per_ms: int) -> int:
    """The most calls that fall into one window of this length, wherever it begins."""
    made = sorted(made)
    most = first = 0
    for last, at in enumerate(made):
        while made[first] <= at - per_ms:
            first += 1
        most = max(most, last - first + 1)
    return most


passes = st.tuples(
    st.integers(0, 3_000),  # how long after the last one it is asked for
    st.integers(1, 9),  # reserved calls
    st.lists(st.integers(0, 4_000), max_size=9),  # when the calls are made, after the pass began
    st.integers(0, 500),  # how long after its last call the pass reports
    st.integers(-120, 120),  # how far the worker's clock is off
)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.sampled_from([500, 1_000, 10_000]), st.lists(passes, min_size=1, max_size=60))
def test_no_schedule_that_is_allowed_exceeds_the_limit_in_any_rolling_window(limit, per_ms, wanted) -> None:  # type: ignore[no-untyped-def]
    window = Window(limit, per_ms)
    skew = 0 if per_ms < 10_000 else 1
    spent: Spent = ()
    made: list[int] = []
    open_passes: list[tuple[int, int, int, int]] = []  # when each reports, its reservation, its calls, the time on its clock
    now = START
    for after, reserved, offsets, late, off in wanted:
        now += after
        for _, _, calls, on_its_clock in sorted(one for one in open_passes if one[0] <= now):
            spent = windows.record(spent, window, on_its_clock, calls)
        open_passes = [one for one in open_passes if one[0] > now]
        seen_at = now + off * skew
        under_way = sum(one[1] for one in open_passes)
        if windows.opens_at(spent, window, under_way, reserved, seen_at) > seen_at:
            continue
        offsets = sorted(offsets)[: min(reserved, window.room)]
        made += [now + offset for offset in offsets]
        reported_at = now + (offsets[-1] if offsets else 0) + late
        open_passes.append((reported_at, reserved, len(offsets), reported_at + off * skew))
    assert most_in_any_window(made, per_ms) <= limit


def test_a_bucket_would_let_twice_the_limit_through_and_this_does_not() -> None:
    spent: Spent = ()
    made: list[int] = []
    for now in range(START, START + 60_000, 5):
        if windows.opens_at(spent, HUBSPOT, 0, 1, now) <= now:
            spent = windows.record(spent, HUBSPOT, now, 1)
            made.append(now)
    assert most_in_any_window(made, HUBSPOT.per_ms) <= 100
    assert len(made) >= 0.93 * 600


def test_calls_count_from_when_they_can_have_been_made_last() -> None:
    """A pass that began long ago may have made its calls just now."""
    spent = windows.record((), HUBSPOT, START + 4_000, 98)
    assert windows.opens_at(spent, HUBSPOT, 0, 1, START + 10_500) == START + 4_000 + HUBSPOT.lasts


def test_whoever_waits_is_told_when_enough_calls_come_free() -> None:
    spent: Spent = ()
    for second in range(7):
        spent = windows.record(spent, HUBSPOT, START + second * 1_000, 14)
    now = START + 6_500
    assert windows.opens_at(spent, HUBSPOT, 0, 14, now) == START + HUBSPOT.lasts
    assert windows.opens_at(spent, HUBSPOT, 0, 15, now) == START + 1_000 + HUBSPOT.lasts


@pytest.mark.parametrize(("wanted", "under_way", "waits"), [(3, 0, False), (500, 0, False), (3, 96, True), (500, 1, True)])
def test_calls_under_way_count_and_more_than_ever_fit_wait_for_an_empty_window_only(
    wanted: int, under_way: int, waits: bool
) -> None:
    assert (windows.opens_at((), HUBSPOT, under_way, wanted, START) > START) is waits


def test_the_log_stays_small_however_many_calls_are_made() -> None:
    spent: Spent = ()
    for now in range(START, START + 100_000, 3):
        spent = windows.record(spent, Window(5_000, 10_000), now, 1)
    assert len(spent) <= 210
    assert sum(calls for _, calls in spent) >= 6_600


def test_a_backlog_leaves_calls_to_fresh_leads_and_does_not_spend_a_window_at_once() -> None:
    kept = windows.reserve(HUBSPOT, 3)
    pace = windows.paced(HUBSPOT, 3, kept)
    assert kept == 4
    assert (pace.limit, pace.per_ms) == (24, 2_500)
    assert windows.reserve(Window(5, 1_000), 3) == 1
    assert windows.reserve(Window(1, 1_000), 3) == 0
    assert windows.reserve(Window(1_000, 10_000), 3) == 49


@pytest.mark.parametrize(
    ("ours", "under_way", "remaining", "others"),
    [(40, 0, 60, 0), (40, 0, 30, 30), (40, 10, 45, 5), (40, 30, 45, 0), (0, 0, -3, 100)],
)
def test_calls_of_other_programs_are_seen_in_what_remains(ours: int, under_way: int, remaining: int, others: int) -> None:
    spent = windows.record((), HUBSPOT, START, ours)
    assert windows.foreign(spent, HUBSPOT, remaining, under_way, START) == others


def test_the_tightest_window_is_told_by_calls_a_second() -> None:
    assert windows.tightest([Window(190, 10_000), Window(5, 1_000)]) == Window(5, 1_000)
    assert windows.tightest([]) is None
