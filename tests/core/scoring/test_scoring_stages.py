"""Lifecycle stages by score: entered once, left late, skipped ones named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditions import Case
from core.lead import Lead
from core.scoring import Move, StageNow, stage_now
from core.scoring.model import Stage
from tests.support.scoring import NOW, did, lead, rules_of, score_of

STAGES = "{mql: {at_least: 25, until_below: 20}, sql: {at_least: 80, until_below: 60}}"


def stage(stages: str, before: str, total: int, subject: Lead | None = None) -> StageNow:
    rules = rules_of(f"scoring: {{engagement: {{visit: 1}}, lifecycle_stage: {stages}}}")
    assert rules.scoring is not None
    subject = subject or lead()
    score = replace(score_of(rules, subject), total=total)
    return stage_now(rules.scoring.stages, before, score, Case(subject, NOW, rules.checks))


def walk(stages: str, totals: list[int], before: str = "") -> list[Move]:
    moves: list[Move] = []
    for total in totals:
        found = stage(stages, before, total)
        moves += found.moves
        before = found.stage
    return moves


@pytest.mark.parametrize("stages", ["{sql: {at_least: 80, until_below: 70}}", "{sql: {at_least: 80}}"])
def test_a_score_that_swings_around_a_threshold_enters_once(stages: str) -> None:
    assert walk(stages, [79, 81, 79, 82]) == [Move("", "sql", (), "a score of 81 is at least 80")]


def test_below_until_below_a_stage_is_left_and_can_be_entered_again() -> None:
    moves = walk("{sql: {at_least: 80, until_below: 70}}", [80, 70, 69, 79, 80])
    assert [(move.before, move.now) for move in moves] == [("", "sql"), ("sql", ""), ("", "sql")]
    assert moves[1].reason == "a score of 69 is below 70"


def test_without_until_below_a_score_never_takes_a_stage_back() -> None:
    assert walk("{mql: {at_least: 25}}", [30, 0]) == [Move("", "mql", (), "a score of 30 is at least 25")]


def test_thresholds_that_are_crossed_at_once_name_those_in_between() -> None:
    assert stage(STAGES, "", 85).moves == (Move("", "sql", ("mql",), "a score of 85 is at least 80"),)
    three = "{mql: {at_least: 25}, pql: {when: {custom.crm_users: {at_least: 1}}}, sql: {at_least: 80}}"
    assert stage(three, "subscriber", 85).moves[0].skipped == ("mql", "pql")


@pytest.mark.parametrize(("total", "now"), [(59, "mql"), (25, "mql"), (20, "mql"), (19, ""), (60, "sql")])
def test_who_falls_back_stops_at_the_nearest_stage_that_holds(total: int, now: str) -> None:
    assert stage(STAGES, "sql", total).stage == now


def test_falling_past_a_stage_names_it() -> None:
    assert stage(STAGES, "sql", 5).moves == (Move("sql", "", ("mql",), "a score of 5 is below 60"),)


def test_a_condition_and_a_number_must_both_hold() -> None:
    stages = "{pql: {at_least: 50, when: {custom.crm_users: {at_least: 1}}}}"
    found = [stage(stages, "", total, lead(**known)) for total, known in ((50, {}), (49, {"custom__crm_users": 2}))]
    assert [one.stage for one in found] == ["", ""]
    entered = stage(stages, "", 50, lead(custom__crm_users=2))
    assert entered.moves[0].reason == "a score of 50 is at least 50 and what `pql` asks is true"
    assert stage(stages, "pql", 0, lead()).stage == "pql"


@pytest.mark.parametrize("before", ["customer", "opportunity"])
def test_a_stage_beyond_those_of_the_score_is_left_alone(before: str) -> None:
    assert stage(STAGES, before, 100) == StageNow(before)


def test_a_stage_may_ask_for_the_outcome_and_the_score_of_now() -> None:
    rules = rules_of(
        "checks: {hot: {score.total: {at_least: 5}}}\n"
        "scoring: {engagement: {visit: 5}, lifecycle_stage: {mql: {when: {all: [hot, {outcome: {is: convert}}]}}}}\n"
        "qualification:\n- {outcome: convert, when: hot, reason: r}\n- {outcome: wait, otherwise: true, reason: s}"
    )
    decided = rules.decide(lead(did(1)), NOW)
    assert (decided.verdict.outcome, decided.stage.stage) == ("convert", "mql")
    assert rules.decide(lead(), NOW).stage.stage == ""


def _stages(drawn: list[tuple[int, int, bool, bool]]) -> list[str]:
    found = []
    for number, (step, below, has_floor, has_when) in enumerate(drawn):
        at_least = sum(one[0] for one in drawn[: number + 1])
        floor = f", until_below: {max(1, at_least - below)}" if has_floor and at_least else ""
        when = ", when: {status: {is: new}}" if has_when else ""
        found.append(f"s{number}: {{at_least: {at_least}{floor}{when}}}")
        assert step
    return found


DRAWN = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 15), st.booleans(), st.booleans()), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(DRAWN, st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["new", "won"])), min_size=1, max_size=12))
def test_asked_again_with_its_own_answer_it_moves_nothing(
    drawn: list[tuple[int, int, bool, bool]], walked: list[tuple[int, str]]
) -> None:
    rules = rules_of(f"scoring: {{engagement: {{visit: 1}}, lifecycle_stage: {{{', '.join(_stages(drawn))}}}}}")
    assert rules.scoring is not None
    stages: tuple[Stage, ...] = rules.scoring.stages
    names = ["", *(one.name for one in stages)]
    before = ""
    for total, status in walked:
        subject = lead(status=status)
        case = Case(subject, NOW)
        score = replace(score_of(rules, subject), total=total)
        found = stage_now(stages, before, score, case)
        assert stage_now(stages, found.stage, score, case) == StageNow(found.stage)
        assert len(found.moves) == (found.stage != before)
        for move in found.moves:
            low, high = sorted((names.index(move.before), names.index(move.now)))
            assert move.skipped == tuple(names[low + 1 : high])
        before = found.stage


@settings(max_examples=80, deadline=None)
@given(st.integers(2, 100), st.data())
def test_whatever_the_score_does_above_until_below_a_stage_is_entered_once(at_least: int, data: st.DataObject) -> None:
    until_below = data.draw(st.integers(1, at_least))
    totals = data.draw(st.lists(st.integers(until_below, 100), max_size=20))
    moves = walk(f"{{sql: {{at_least: {at_least}, until_below: {until_below}}}}}", totals)
    assert len(moves) == any(total >= at_least for total in totals)


def told_walk(stages: str, walked: list[tuple[str, int]]) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The moves of a lead whose stage (None: as the score left it) and total go this way, and what stands as told at the end."""
    rules = rules_of(f"scoring: {{engagement: {{visit: 1}}, lifecycle_stage: {stages}}}")
    assert rules.scoring is not None
    told: tuple[str, ...] = ()
    now, moves = "", []
    for moved_to, total in walked:
        now = now if moved_to == "as it is" else moved_to
        score = replace(score_of(rules, lead()), total=total)
        found = stage_now(rules.scoring.stages, now, score, Case(lead(), NOW), told)
        moves += [(move.before, move.now) for move in found.moves]
        now, told = found.stage, found.told
    return moves, told


def test_a_stage_that_sales_took_back_is_not_told_again_until_the_score_has_left_it() -> None:
    stays = "as it is"
    moves, told = told_walk(STAGES, [(stays, 85), ("mql", 85), (stays, 90), (stays, 61)])
    assert (moves, told) == ([("", "sql")], ("mql", "sql"))
    moves, told = told_walk(STAGES, [(stays, 85), ("lead", 85), (stays, 59), (stays, 81)])
    assert (moves, told) == ([("", "sql"), ("lead", "sql")], ("mql", "sql"))


def test_a_stage_that_sales_gave_stays_until_the_score_has_reached_and_left_it() -> None:
    stays = "as it is"
    assert told_walk(STAGES, [("sql", 5), (stays, 10)])[0] == []
    assert told_walk(STAGES, [("sql", 5), (stays, 85), (stays, 50)])[0] == [("sql", "mql")]


def test_who_was_a_customer_is_not_told_as_something_less_afterwards() -> None:
    assert told_walk(STAGES, [("customer", 90), ("lead", 90)])[0] == []
