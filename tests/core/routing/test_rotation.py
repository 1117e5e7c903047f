"""Turns in a pool: every member within one lead of their share at every moment, whoever is away, comes or goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.routing.rotation import LEAD, take_turn

WEIGHTS = st.dictionaries(st.text("abcdefghijkl", min_size=1, max_size=1), st.integers(1, 1000), min_size=2, max_size=12)


def farthest(
    weights: Mapping[str, int], turns: int, eligible: Callable[[int], Collection[str] | None] = lambda turn: None
) -> tuple[float, Counter[str]]:
    """How far any count was from its ideal at any moment, and the counts at the end."""
    state: Mapping[str, int] = {}
    counts: Counter[str] = Counter()
    ideal: dict[str, Fraction] = dict.fromkeys(weights, Fraction(0))
    worst = Fraction(0)
    for number in range(turns):
        allowed = eligible(number)
        turn = take_turn(weights, state, allowed)
        if turn is None:
            continue
        assert turn.before == {**dict.fromkeys(weights, 0), **state}
        state = turn.after
        counts[turn.member] += 1
        present = [name for name in weights if allowed is None or name in allowed]
        total = sum(weights[name] for name in present)
        for name in present:
            ideal[name] += Fraction(weights[name], total)
        worst = max(worst, *(abs(counts[name] - ideal[name]) for name in weights))
    return float(worst), counts


def test_ten_thousand_turns_of_unequal_weights_stay_within_one_lead_at_every_moment() -> None:
    worst, counts = farthest({"anna": 30, "ben": 30, "chen": 30, "dora": 15, "emil": 15}, 10_000)
    assert worst <= 0.875
    assert counts == {"anna": 2500, "ben": 2500, "chen": 2500, "dora": 1250, "emil": 1250}


def test_three_of_six_are_away_and_the_others_share_evenly() -> None:
    weights = dict.fromkeys("abcdef", 1)
    assert farthest(weights, 60, lambda turn: {"a", "c", "f"})[1] == {"a": 20, "c": 20, "f": 20}
    worst, counts = farthest(weights, 120, lambda turn: {"a", "c", "f"} if turn < 60 else None)
    assert worst < 1
    assert counts == {"a": 30, "c": 30, "f": 30, "b": 10, "d": 10, "e": 10}


@settings(max_examples=40, deadline=None)
@given(WEIGHTS, st.integers(1, 300))
def test_any_weights_stay_within_one_lead_at_every_moment(weights: dict[str, int], turns: int) -> None:
    assert farthest(weights, turns)[0] <= 1 - 1 / (2 * len(weights) - 2) + 1e-6


def test_many_light_members_beside_a_heavy_one_stay_within_one_lead() -> None:
    assert farthest({"heavy": 1000} | dict.fromkeys("abcdefghijklmnopqrst", 1), 3000)[0] < 1


@settings(max_examples=30, deadline=None)
@given(WEIGHTS, st.data())
def test_whoever_is_ruled_out_now_and_then_the_others_keep_their_shares(weights: dict[str, int], data: st.DataObject) -> None:
    turns = data.draw(st.lists(st.sets(st.sampled_from(sorted(weights))), max_size=80))
    assert farthest(weights, len(turns), lambda turn: turns[turn])[0] < 2


@settings(max_examples=30, deadline=None)
@given(WEIGHTS, st.data())
def test_credits_always_sum_to_nothing(weights: dict[str, int], data: st.DataObject) -> None:
    state: Mapping[str, int] = {}
    for _ in range(20):
        turn = take_turn(weights, state, data.draw(st.none() | st.sets(st.sampled_from(sorted(weights)))))
        state = state if turn is None else turn.after
        assert sum(state.values()) == 0


def test_turns_alternate_instead_of_coming_in_blocks() -> None:
    state: Mapping[str, int] = {}
    taken = ""
    for _ in range(8):
        turn = take_turn({"a": 2, "b": 1, "c": 1}, state)
        assert turn is not None
        taken, state = taken + turn.member, turn.after
    assert taken.count("a") == 4
    assert "aaa" not in taken
    assert taken[:4] == taken[4:]


def test_a_new_member_is_not_flooded_and_one_that_went_is_forgotten() -> None:
    state: Mapping[str, int] = {}
    for _ in range(101):
        turn = take_turn({"a": 1, "b": 1, "gone": 5}, state)
        assert turn is not None
        state = turn.after
    counts: Counter[str] = Counter()
    for _ in range(30):
        turn = take_turn({"a": 1, "b": 1, "new": 1}, state)
        assert turn is not None
        state = turn.after
        counts[turn.member] += 1
        assert max(counts.values()) - min(counts[name] for name in ("a", "b", "new")) <= 2
    assert "gone" not in state
    assert abs(sum(state.values())) <= 3


def test_a_changed_weight_counts_from_now_on() -> None:
    state: Mapping[str, int] = {}
    for _ in range(50):
        turn = take_turn({"a": 500, "b": 1}, state)
        assert turn is not None
        state = turn.after
    counts: Counter[str] = Counter()
    for _ in range(40):
        turn = take_turn({"a": 1, "b": 1}, state)
        assert turn is not None
        state = turn.after
        counts[turn.member] += 1
    assert abs(counts["a"] - counts["b"]) <= 2


@pytest.mark.parametrize(("weights", "eligible"), [({}, None), ({"a": 0}, None), ({"a": 1}, ()), ({"a": 1}, ("b",))])
def test_nobody_may_take_it(weights: dict[str, int], eligible: Collection[str] | None) -> None:
    assert take_turn(weights, {}, eligible) is None


def test_a_turn_is_the_same_whatever_order_the_stored_credits_have() -> None:
    state = {"b": LEAD // 3, "a": -LEAD // 3, "c": 0}
    assert take_turn(dict.fromkeys("abc", 1), state) == take_turn(dict.fromkeys("abc", 1), dict(sorted(state.items())))
