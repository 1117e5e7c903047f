"""When a score changes by itself: found exactly, so that a timer can be set."""

from __future__ import annotations

import itertools
import json
from bisect import bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.instants import DAY, HOUR, MINUTE
from core.lead import Lead
from core.rules import Rules
from core.scoring import Score, decide_again_at, next_change
from core.scoring.evaluating import cut_groups, cut_total
from tests.support.scoring import NOW, did, lead, rules_of, score_of
from tests.support.scoring_drawn import LEADS, SCORINGS


def changes(rules: Rules, subject: Lead, most: int = 50) -> list[tuple[int, int]]:
    """Every change to come: when, and to which total."""
    found: list[tuple[int, int]] = []
    at = NOW
    for _ in range(most):
        then = next_change(score_of(rules, subject, at), at)
        if then is None:
            return found
        found.append((then, score_of(rules, subject, then).total))
        at = then
    raise AssertionError("it never ends")


def test_decay_takes_point_by_point_at_the_instants_where_rounding_turns() -> None:
    rules = rules_of("scoring: {engagement: {visit: 4, half_life: 90 days}}")
    found = changes(rules, lead(did(0)))
    assert [points for _, points in found] == [3, 2, 1, 0]
    for at, points in found:
        assert score_of(rules, lead(did(0)), at - 1).total == points + 1


def test_a_negative_touch_is_forgiven_with_time() -> None:
    rules = rules_of("scoring: {engagement: {reply: 10, unsubscribed: {points: -4, half_life: 30 days}}}")
    found = changes(rules, lead([*did(5, kind="reply"), *did(0, kind="unsubscribed")]))
    assert [points for _, points in found] == [7, 8, 9, 10]


def test_rising_and_falling_points_together_are_followed_through_every_turn() -> None:
    rules = rules_of("scoring: {engagement: {visit: {points: 40, half_life: 90 days}, spam: {points: -30, half_life: 3 days}}}")
    subject = lead([*did(0), *did(0, kind="spam")])
    found = changes(rules, subject, 200)
    totals = [10, *(points for _, points in found)]
    assert max(totals) > 30
    assert totals[-1] == 0
    assert all(abs(one - other) == 1 for one, other in itertools.pairwise(totals))


@pytest.mark.parametrize(
    ("scoring", "days"),
    [
        ("{behaviour: {visit: {points: 5, within: 30 days}}}", 20),
        ("{fit: [{when: {has_touch: {kind: visit, within: 30 days}}, points: 5}]}", 20),
    ],
)
def test_what_leaves_a_window_is_gone_one_instant_later(scoring: str, days: int) -> None:
    rules = rules_of(f"scoring: {scoring}")
    subject = lead(did(10))
    assert changes(rules, subject) == [(NOW + days * DAY + 1, 0)]


def test_a_date_enters_and_leaves_a_window() -> None:
    rules = rules_of("scoring: {fit: [{when: {custom.trial_until: {within: 2 days}}, points: 5}]}")
    subject = lead(custom__trial_until="2025-12-01")
    found = changes(rules, subject)
    assert [(at - NOW + 12 * HOUR, points) for at, points in found] == [(8 * DAY, 5), (13 * DAY, 0)]


def test_a_score_that_time_does_not_touch_never_changes() -> None:
    rules = rules_of("scoring: {engagement: {visit: 5}, fit: [{when: {status: {is: new}}, points: 3}]}")
    assert next_change(score_of(rules, lead(did(1), status="new")), NOW) is None


def test_above_the_limit_nothing_changes_until_decay_comes_below_it() -> None:
    rules = rules_of("scoring: {limit: 20, engagement: {visit: 40, half_life: 10 days}}")
    at, points = changes(rules, lead(did(0)), 100)[0]
    assert points == 19
    assert at - NOW > 10 * DAY


@settings(max_examples=100, deadline=None)
@given(SCORINGS, LEADS, st.lists(st.floats(0, 1, exclude_max=True), min_size=5, max_size=5))
def test_nothing_changes_before_the_next_change_and_something_does_then(text: str, subject: Lead, parts: list[float]) -> None:
    rules = rules_of(text)
    score = score_of(rules, subject)
    then = next_change(score, NOW)
    end = NOW + 400 * DAY if then is None else then
    for part in parts:
        at = NOW + int((end - NOW) * part)
        assert score_of(rules, subject, at).total == score.total
    if then is not None:
        assert then > NOW
        assert score_of(rules, subject, then - 1).total == score.total
        assert score_of(rules, subject, then).total != score.total


@pytest.mark.parametrize(("hot", "days"), [(90, 1.0), (95, 0.816)])
def test_a_lead_is_due_again_when_it_crosses_a_threshold_and_otherwise_a_day_later(hot: int, days: float) -> None:
    rules = rules_of(f"scoring: {{engagement: {{visit: 100, half_life: 10 days}}, bands: {{hot: {hot}, cold: 0}}}}")
    score = score_of(rules, lead(did(0)))
    due = decide_again_at((), score, score.case)
    assert due is not None and (due - NOW) / DAY == pytest.approx(days, abs=0.001)
    bands = [score_of(rules, lead(did(0)), at).band for at in (due - MINUTE, due)]
    assert bands == (["hot", "hot"] if days == 1.0 else ["hot", "cold"])
    assert decide_again_at((), score_of(rules, lead()), score_of(rules, lead()).case) is None


# --- when to decide again -------------------------------------------------------------------------------------------


def test_a_grade_is_met_at_once_although_the_total_stays_the_same() -> None:
    rules = rules_of(
        "scoring: {limit: 50, fit: {visit: {points: 100, half_life: 10 days}}, engagement: {webinar: 200}, grades: {A: 95, B: 0}}"
    )
    subject = lead([*did(0), *did(0, kind="webinar")])
    score = score_of(rules, subject)
    assert next_change(score, NOW) is None, "the total is cut at its limit for ever"
    due = decide_again_at((), score, score.case)
    assert due is not None and (due - NOW) / DAY == pytest.approx(0.816, abs=0.001)
    assert [score_of(rules, subject, at).grade for at in (due - MINUTE, due)] == ["A", "B"]


def test_a_group_that_other_rules_ask_for_is_met_at_once_where_it_crosses_what_they_ask() -> None:
    text = """
scoring: {engagement: {visit: {points: 100, half_life: 10 days}}, behaviour: {spam: -300}}
qualification:
  - {outcome: talk, when: {score.engagement: {at_least: 95}}, reason: keen}
  - {outcome: wait, otherwise: true, reason: not yet}
"""
    rules = rules_of(text)
    subject = lead([*did(0), *did(0, kind="spam")])
    score = score_of(rules, subject)
    assert score.total == 0
    due = decide_again_at((), score, score.case)
    assert due is not None and (due - NOW) / DAY == pytest.approx(0.816, abs=0.001)
    outcomes = [rules.decide(subject, at).verdict.outcome for at in (due - MINUTE, due)]
    assert outcomes == ["talk", "wait"]


@pytest.mark.parametrize(
    ("scoring", "days"),
    [
        ("{limit: 50, engagement: {visit: {points: 100, half_life: 100 days}}}", 1),  # 100 to 99.3
        ("{engagement: {visit: {points: 100, half_life: 20 days}}, behaviour: {spam: -300}}", 1),  # the total stays at 0
        (
            "{behaviour: {visit: {points: 4, half_life: 90 days, at_most: 1}, spam: -300}}",
            17.337,
        ),  # 4, and 3 below 3.5
        ("{fit: {spam: -2}, behaviour: {visit: {points: 8, half_life: 9 days, within: 90 days}, spam: 40}}", 1),
        ("{limit: 5, fit: {visit: {points: 9, within: 30 days}}, behaviour: {spam: 40}}", 30),  # one of two leaves a window
        ("{engagement: {limit: 30, visit: {points: 100, half_life: 10 days}}}", 10 * 1.7613),  # its own limit holds it so long
    ],
)
def test_a_number_of_a_group_follows_once_a_day_also_where_the_total_stays(scoring: str, days: float) -> None:
    rules = rules_of(f"scoring: {scoring}")
    subject = lead([*did(0), *did(0, kind="spam")])
    score = score_of(rules, subject)
    due = decide_again_at((), score, score.case)
    assert due is not None and (due - NOW) / DAY == pytest.approx(days, abs=0.03)
    assert score_of(rules, subject, due).groups != score.groups
    assert days == 1 or score_of(rules, subject, due - HOUR).groups == score.groups


def _marked(scoring: str, marks: list[int]) -> Rules:
    """Rules with bands at these totals, and with grades at these points of the group `fit`, where there is one."""
    named = {"lowest": 0, **{f"from {points}": points for points in marks}}
    section = json.loads(scoring)["scoring"]
    more = {"bands": named, "grades": named} if "fit" in section else {"bands": named}
    return rules_of(json.dumps({"scoring": section | more}))


def _is_doubtful(score: Score) -> bool:
    """Whether a number is so near to the next whole one that halves of thousandths decide between them."""
    groups = cut_groups(score.scoring, score.given)
    exact = [*groups, cut_total(score.scoring, sum(groups))]
    return any(abs(one % 1000 - 500) <= len(score.case.subject.acts) * len(score.scoring.lines) for one in exact)


def _numbers(score: Score) -> tuple[int, ...]:
    return (score.total, *score.groups.values())


def _first(*instants: int | None) -> int | None:
    return min((at for at in instants if at is not None), default=None)


@settings(max_examples=100, deadline=None)
@given(SCORINGS, st.lists(st.integers(1, 60), max_size=3, unique=True), LEADS, st.floats(0, 1, exclude_max=True))
def test_a_threshold_is_met_at_once_and_a_number_follows_once_a_day(
    text: str, marks: list[int], subject: Lead, part: float
) -> None:
    rules = _marked(text, marks)
    score = score_of(rules, subject)
    due = decide_again_at((), score, score.case)

    def side(points: int) -> int:
        return bisect_right(sorted(marks), points)

    graded = [number for number, group in enumerate(score.scoring.groups) if group.name == "fit"]
    crossing = _first(*(next_change(score, NOW, of=side, group=number) for number in (None, *graded)))
    numbers = (None, *range(len(score.scoring.groups)))
    if due is None:
        tomorrow = _first(*(next_change(score, NOW + DAY - 1, group=number) for number in numbers))
        assert (crossing, tomorrow, _numbers(score_of(rules, subject, NOW + DAY))) == (None, None, _numbers(score))
        return
    assert crossing is None or due <= crossing + MINUTE
    if crossing is not None and due >= crossing:
        return
    assert due >= NOW + DAY
    now, then = _numbers(score), score_of(rules, subject, due)
    assert _numbers(then) != now or _is_doubtful(then)
    between = score_of(rules, subject, NOW + DAY + int((due - NOW - DAY) * part))
    assert _numbers(between) == now or _is_doubtful(between) or due - between.case.as_of <= MINUTE
