"""Points: groups, limits, windows, repeats, decay; explained to the last fraction."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.instants import DAY
from core.lead import Lead
from core.problems import Place
from core.scoring import explain
from core.scoring.counting import counted, left, worth
from core.scoring.model import ActivityLine, rounded
from tests.support.scoring import EXAMPLE, NOW, did, lead, rules_of, score_of
from tests.support.scoring_drawn import LEADS, SCORINGS


def total(scoring: str, subject: Lead, as_of: int = NOW) -> int:
    return score_of(rules_of(f"scoring: {scoring}"), subject, as_of).total


# --- lines ----------------------------------------------------------------------------------------------------------


def test_a_condition_that_is_unknown_gives_nothing() -> None:
    fit = "{fit: [{when: {custom.crm_users: {at_least: 10}}, points: 30}, {when: {none: [{status: {is: won}}]}, points: 5}]}"
    assert [total(fit, one) for one in (lead(custom__crm_users=10), lead(custom__crm_users=9), lead())] == [30, 0, 0]
    assert total(fit, lead(custom__crm_users=10, status="new")) == 35


def test_each_touch_of_a_kind_counts() -> None:
    assert total("{engagement: {reply: 5, visit: 1}}", lead([*did(1, 2, kind="reply"), *did(1), *did(3, kind="other")])) == 11


def test_a_content_makes_a_line_of_its_own() -> None:
    lines = "{behaviour: [{touch: visit, points: 1}, {touch: visit, content: [prices, demo], points: 10}]}"
    assert total(lines, lead([*did(1), *did(1, content="prices"), *did(1, content="jobs")])) == 13


def test_a_line_may_count_several_kinds_together() -> None:
    lines = "{engagement: [{touch: [reply, call], points: 4, at_most: 2}]}"
    assert total(lines, lead([*did(1, 2, kind="reply"), *did(3, kind="call")])) == 8


def test_coming_back_can_be_worth_more_than_the_first_time() -> None:
    assert [total("{behaviour: {visit: {points: 2, again: 5}}}", lead(did(*range(n)))) for n in range(4)] == [0, 2, 7, 12]


def test_at_most_so_many_count_in_any_window() -> None:
    webinars = "{engagement: {visit: {points: 8, at_most: 3, per: 30 days}}}"
    assert total(webinars, lead(did(1, 2, 3, 4))) == 24
    assert total(webinars, lead(did(0.5, 10, 20, 30.5, 40))) == 40
    assert total(webinars, lead(did(0, 1, 2, 30))) == 32
    assert total(webinars, lead(did(0, 1, 2, 29.9))) == 24


def test_in_a_window_the_oldest_count_and_exactly_a_window_later_the_next_one() -> None:
    line = ActivityLine("x", ("visit",), 8, 8, Place("f", 1, 1), at_most=1, per=10 * DAY)
    acts = did(0, 5, 10, 14, 20.001)
    assert [one.act.at for one in counted(line, acts, NOW)] == [NOW - int(20.001 * DAY), NOW - 10 * DAY, NOW]


def test_what_is_older_than_within_is_not_looked_at() -> None:
    line = "{behaviour: {visit: {points: 2, again: 5, within: 30 days}}}"
    assert total(line, lead(did(1, 30))) == 7
    assert total(line, lead(did(1, 31))) == 2


def test_points_are_halved_every_half_life() -> None:
    line = "{engagement: {visit: 40, half_life: 90 days}}"
    assert [total(line, lead(did(0)), NOW + days * DAY) for days in (0, 90, 180, 270)] == [40, 20, 10, 5]
    assert total("{engagement: {visit: {points: 40, half_life: 10 days}, half_life: 90 days}}", lead(did(20))) == 10


def test_a_touch_from_a_clock_that_runs_ahead_is_as_good_as_new() -> None:
    assert total("{engagement: {visit: 40, half_life: 90 days}}", lead(did(-1))) == 40


# --- totals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("thousandths", "points"), [(2499, 2), (2500, 3), (-2500, -2), (-2501, -3), (0, 0), (999, 1)])
def test_a_half_goes_up(thousandths: int, points: int) -> None:
    assert rounded(thousandths) == points


def test_the_total_is_cut_at_0_and_at_the_limit_and_never_rescaled() -> None:
    assert total("{limit: 100, engagement: {visit: 30}}", lead(did(1, 2, 3, 4))) == 100
    assert total("{engagement: {visit: 30}}", lead(did(1, 2, 3, 4))) == 120
    assert total("{limit: 100, engagement: {visit: -30}}", lead(did(1))) == 0


def test_a_groups_limit_holds_for_the_group_and_points_below_0_lower_the_total() -> None:
    rules = rules_of("scoring: {behaviour: {visit: 30}, engagement: {reply: 30, unsubscribed: -5, limit: 40}}")
    score = score_of(rules, lead([*did(1), *did(1, 2, kind="reply")]))
    assert (score.total, score.groups) == (70, {"behaviour": 30, "engagement": 40})
    score = score_of(rules, lead([*did(1), *did(1, kind="unsubscribed")]))
    assert (score.total, score.groups) == (25, {"behaviour": 30, "engagement": -5})


def test_bands_go_by_the_total_and_grades_by_fit() -> None:
    rules = rules_of(EXAMPLE)
    found = [
        score_of(rules, one)
        for one in (
            lead(),
            lead(custom__crm_users=10),
            lead(custom__crm_users=10, company__country="DE"),
            lead(did(0, 0, 0, kind="meeting_scheduled"), custom__crm_users=10, company__country="DE"),
        )
    ]
    assert [(one.total, one.band, one.grade) for one in found] == [
        (0, "cold", "C"), (30, "cold", "B"), (50, "warm", "A"), (80, "hot", "A"),
    ]  # fmt: skip
    assert score_of(rules_of("scoring: {engagement: {visit: 1}}"), lead()).band == ""


def test_a_fit_below_0_has_the_lowest_grade() -> None:
    rules = rules_of("scoring: {fit: [{when: {status: {is: new}}, points: -5}], grades: {A: 40, C: 0}}")
    assert score_of(rules, lead(status="new")).grade == "C"


# --- explanation ----------------------------------------------------------------------------------------------------


def test_the_explanation_names_conditions_values_touches_and_steps() -> None:
    rules = rules_of(EXAMPLE)
    acts = [*did(0, 90, kind="meeting_scheduled"), *did(1, 2, 3, 4, kind="webinar_signup")]
    found = explain(score_of(rules, lead(acts, custom__crm_users=12)))
    lines = {line.line: line for line in found.lines}
    assert set(lines) == {
        "big_enough", "DACH", "newsletter_signup", "email_reply", "webinar_signup", "meeting_scheduled", "unsubscribed"
    }  # fmt: skip
    condition = lines["big_enough"].condition
    assert condition is not None
    assert (condition.parts[0].value, condition.parts[0].touch, str(condition.place)) == (12, "t1", "rules/0.yaml:5:23")
    assert (lines["DACH"].points, lines["DACH"].condition and lines["DACH"].condition.truth.value) == (0, "unknown")
    assert [(one.at, one.points, one.left) for one in lines["meeting_scheduled"].touches] == [
        (NOW - 90 * DAY, 10, 5.0),
        (NOW, 10, 10.0),
    ]
    assert [one.at for one in lines["webinar_signup"].touches] == [NOW - days * DAY for days in (4, 3, 2)]
    assert [step.what for step in found.steps] == [
        "fit: big_enough", "engagement: webinar_signup", "engagement: meeting_scheduled", "rounded"
    ]  # fmt: skip
    assert found.as_json()["total"] == found.total == 68


def test_limits_are_steps_of_their_own() -> None:
    rules = rules_of("scoring: {limit: 50, engagement: {visit: 30, limit: 40}, behaviour: {reply: 20}}")
    steps = explain(score_of(rules, lead([*did(1, 2), *did(1, kind="reply")]))).steps
    assert [tuple(step) for step in steps] == [
        ("engagement: visit", 60.0), ("behaviour: reply", 20.0), ("limit of engagement: 40", -20.0), ("limit: 50", -10.0)
    ]  # fmt: skip
    steps = explain(score_of(rules_of("scoring: {engagement: {visit: -3}}"), lead(did(1)))).steps
    assert [tuple(step) for step in steps] == [("engagement: visit", -3.0), ("never below 0", 3.0)]


# --- properties -----------------------------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(SCORINGS, LEADS)
def test_the_steps_sum_to_the_total_and_lines_to_their_step(text: str, subject: Lead) -> None:
    score = score_of(rules_of(text), subject)
    found = explain(score)
    assert sum(round(step.points * 1000) for step in found.steps) == score.total * 1000
    given_by_line = {f"{line.group}: {line.line}": line.points for line in found.lines if line.points}
    assert given_by_line == {f"{gave.group}: {gave.line}": gave.points for gave in score.lines}
    for line in found.lines:
        assert round(sum(touch.left for touch in line.touches) * 1000) == round(line.points * 1000) or line.condition is not None


@settings(max_examples=120, deadline=None)
@given(SCORINGS, LEADS)
def test_totals_and_groups_keep_to_their_limits(text: str, subject: Lead) -> None:
    score = score_of(rules_of(text), subject)
    assert 0 <= score.total <= (score.scoring.limit or 10**6)
    for group in score.scoring.groups:
        assert score.groups[group.name] <= (group.limit or 10**6)


@settings(max_examples=60, deadline=None)
@given(SCORINGS, LEADS, st.permutations(range(6)))
def test_neither_the_order_of_lines_nor_of_touches_matters(text: str, subject: Lead, order: list[int]) -> None:
    acts = [act for _, act in sorted(zip(order * 3, subject.acts, strict=False), key=lambda pair: pair[0])]
    shuffled = lead([*acts, *subject.acts[len(acts) :]], **{path: won.value for path, won in subject.fields.items()})
    one, other = score_of(rules_of(text), subject), score_of(rules_of(text), shuffled)
    assert one == other


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=20), st.integers(1, 4), st.integers(1, 20),
    st.one_of(st.none(), st.integers(1, 20)),
)  # fmt: skip
def test_no_window_ever_holds_more_than_it_may_and_a_higher_cap_never_gives_less(
    ages: list[int], at_most: int, per: int, half_life: int | None
) -> None:
    line = ActivityLine(
        "x", ("visit",), 5, 5, Place("f", 1, 1), at_most=at_most, per=per * DAY, half_life=half_life and half_life * DAY
    )
    acts = lead(did(*ages)).acts
    times = [one.act.at for one in counted(line, acts, NOW)]
    for start in times:
        assert sum(start <= at < start + per * DAY for at in times) <= at_most
    without_decay = replace(line, half_life=None)
    assert worth(replace(without_decay, at_most=at_most + 1), acts, NOW).points >= worth(without_decay, acts, NOW).points
    assert worth(replace(line, at_most=None, per=None), acts, NOW).points >= worth(line, acts, NOW).points
    assert worth(line, acts, NOW).points == sum(one.left for one in counted(line, acts, NOW))


@settings(max_examples=200, deadline=None)
@given(st.integers(-50, 50), st.integers(0, 10**11), st.integers(0, 10**9), st.integers(1, 10**10))
def test_decay_only_ever_goes_towards_0(points: int, age: int, more: int, half_life: int) -> None:
    assert abs(left(points, age + more, half_life)) <= abs(left(points, age, half_life)) <= abs(points) * 1000
