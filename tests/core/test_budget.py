"""A day's calls: who may still spend of them, and how many the current volume is going to need."""

from __future__ import annotations

import pytest

from core.budget import Allowance, Kind, Spending, refusal, warning
from core.instants import HOUR, MINUTE

NOW = 1_790_000_000_000


def spending(**day: int) -> Spending:
    kinds: dict[Kind, int] = {"fresh": 0, "backlog": 0, "read_back": 0, "watch": 0, **day}  # type: ignore[typeddict-item]
    return Spending(day=kinds, week=kinds, leads_day=100, leads_week=100, all_leads_week=100)


@pytest.mark.parametrize(
    ("used", "goes_on"),
    [
        (7_900, {"fresh", "backlog", "read_back", "watch"}),
        (8_000, {"fresh", "read_back", "watch"}),
        (9_000, {"fresh", "watch"}),
        (9_500, {"fresh"}),
        (10_000, {"fresh"}),
        (12_000, {"fresh"}),
    ],
)
def test_fresh_leads_go_on_to_the_end_and_a_backlog_stops_at_its_share(used: int, goes_on: set[Kind]) -> None:
    told = Allowance(used, 10_000, NOW - MINUTE)
    kinds: tuple[Kind, ...] = ("fresh", "backlog", "read_back", "watch")
    assert {kind for kind in kinds if not refusal(kind, told, spending(), NOW)} == goes_on


def test_a_backlog_stops_sooner_when_fresh_leads_are_going_to_need_the_rest() -> None:
    told = Allowance(5_000, 10_000, NOW)
    assert not refusal("backlog", told, spending(fresh=3_000), NOW)
    busy = Spending(
        day={"fresh": 1_000, "backlog": 4_000}, week={"fresh": 14_000}, leads_day=1_000, leads_week=7_000, all_leads_week=7_000,
        days=1.0,
    )  # fmt: skip
    assert "fresh leads are going to need" in refusal("backlog", told, busy, NOW)
    assert not refusal("fresh", told, busy, NOW)


def test_calls_of_fresh_leads_that_were_made_are_not_kept_for_twice() -> None:
    """6,000 of 10,000 are used, all by fresh leads, which need no more a day: a backlog may have of the rest."""
    assert not refusal("backlog", Allowance(6_000, 10_000, NOW), spending(fresh=6_000), NOW)


def test_reading_back_has_a_share_of_its_own() -> None:
    told = Allowance(3_000, 10_000, NOW)
    assert not refusal("read_back", told, spending(read_back=1_999), NOW)
    assert "reading back" in refusal("read_back", told, spending(read_back=2_000), NOW)


def test_an_old_word_of_the_crm_keeps_nobody_waiting() -> None:
    """The day may have begun anew: one pass goes and brings a newer word."""
    assert refusal("backlog", Allowance(9_999, 10_000, NOW - 14 * MINUTE), spending(), NOW)
    assert not refusal("backlog", Allowance(9_999, 10_000, NOW - HOUR), spending(), NOW)


def test_our_own_cap_holds_for_all_and_keeps_the_reserve() -> None:
    capped = Allowance(cap=1_000, reserve=30)
    assert not refusal("backlog", capped, spending(fresh=600), NOW)
    assert "`daily_calls`" in refusal("backlog", capped, spending(fresh=600, backlog=100), NOW)
    assert not refusal("fresh", capped, spending(fresh=900), NOW)
    assert refusal("fresh", capped, spending(fresh=900, backlog=100), NOW)


def test_without_a_known_allowance_everything_goes_on() -> None:
    assert not refusal("backlog", Allowance(), spending(fresh=10**9), NOW)


def test_the_forecast_goes_by_calls_per_lead_and_leads_a_day_and_leaves_a_backlog_out() -> None:
    week = Spending(
        day={"fresh": 300, "backlog": 4_000},
        week={"fresh": 1_800, "backlog": 4_200, "read_back": 7_000, "watch": 70},
        leads_day=200, leads_week=1_200, all_leads_week=3_000, days=7.0,
    )  # fmt: skip
    assert week.calls_per_lead == 2.0
    assert week.fresh_a_day == 400
    assert week.forecast == 400 + 1_010


def test_within_the_first_day_what_is_done_at_intervals_is_carried_forward_and_leads_are_not() -> None:
    counts = {"fresh": 50, "read_back": 420, "watch": 5}
    first = Spending(day=counts, week=counts, leads_day=100, leads_week=100, all_leads_week=100, days=1 / 24)  # type: ignore[arg-type]
    assert first.forecast == 50 + 24 * 425


def test_nothing_counted_yet_forecasts_nothing() -> None:
    assert Spending().forecast == 0
    assert warning(Allowance(1, 10), Spending()) == ""


def test_a_person_is_told_when_the_volume_needs_more_calls_than_there_are() -> None:
    volume = Spending(day={"fresh": 12_000}, week={"fresh": 12_000}, leads_day=4_000, leads_week=4_000, all_leads_week=4_000)
    assert "about 12000 calls a day are needed and 10000 are allowed" in warning(Allowance(1, 10_000), volume)
    assert "5000 are allowed" in warning(Allowance(1, 10_000, cap=5_000), volume)
    assert warning(Allowance(1, 100_000), volume) == ""
