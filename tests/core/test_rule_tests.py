"""Tests in rule files: touches are decided at their times, one after another, and every kind of rule counts for coverage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fields import STANDARD
from core.routing.compiling import Team
from core.rule_tests import covered_rules, rule_names, run_rule_tests
from tests.support.one_file import read, right

AROUND_80 = """\
scoring:
  engagement: {plus_79: 79, plus_2: 2, minus_2: -2, plus_3: 3, minus_20: -20, plus_20: 20}
  lifecycle_stage: {mql: {at_least: 79}, sql: {at_least: 80, until_below: 70}}
"""
TEAM = Team(people=("a@x.example", "b@x.example"), pools={"one": "rest"}, queues=("rest",), members={"one": ("a@x.example",)})


def failures(rules: str, *tests: str) -> list[str]:
    """What the tests of a rules file complain of."""
    found = right(f"{rules}tests:\n" + "".join(f"- {test}\n" for test in tests), team=TEAM)
    return [result.message for result in run_rule_tests(found, STANDARD, TEAM) if not result.passed]


def touches(*kinds: str) -> str:
    """Touches day by day, the last one of today."""
    listed = [f"{{kind: {kind}, ago: {len(kinds) - number} days}}" for number, kind in enumerate(kinds, start=1)]
    return f"[{', '.join(listed)}]"


@pytest.mark.parametrize(
    ("did", "entered"),
    [
        (("plus_79", "plus_2", "minus_2", "plus_3"), "[mql, sql]"),  # 79, 81, 79, 82
        (("plus_79", "plus_2", "minus_20", "plus_20"), "[mql, sql, sql]"),  # 79, 81, 61, 81
        (("plus_79", "minus_2", "plus_2"), "[mql]"),
        (("minus_2",), "none"),
    ],
)
def test_what_was_entered_on_the_way_is_told_as_often_as_it_happened(did: tuple[str, ...], entered: str) -> None:
    assert failures(AROUND_80, f"{{given: {{touches: {touches(*did)}}}, expect: {{entered: {entered}}}}}") == []
    assert failures(AROUND_80, f"{{given: {{touches: {touches(*did)}}}, expect: {{entered: [sql, mql]}}}}") != []


def test_what_is_of_the_same_time_is_decided_together() -> None:
    assert failures(AROUND_80, "{given: {touches: [plus_79, plus_2]}, expect: {entered: [sql], lifecycle_stage: sql}}") == []


def test_a_stage_that_is_given_was_there_until_now() -> None:
    given_sql = f"{{lifecycle_stage: sql, touches: {touches('plus_79', 'minus_2')}}}"
    assert failures(AROUND_80, f"{{given: {given_sql}, expect: {{lifecycle_stage: sql, entered: none}}}}") == []


def test_time_alone_takes_a_stage_back_before_it_is_entered_again() -> None:
    fading = (
        "scoring:\n  engagement: {call: {points: 80, half_life: 10 days}}\n"
        "  lifecycle_stage: {sql: {at_least: 80, until_below: 40}}\n"
    )
    given_calls = "{touches: [{kind: call, ago: 40 days}, {kind: call, ago: 15 days}]}"
    assert failures(fading, f"{{given: {given_calls}, expect: {{entered: [sql, sql], lifecycle_stage: none}}}}") == []


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_in_which_touches_are_written_changes_nothing_that_their_times_decide(order: list[int]) -> None:
    listed = [
        "{kind: plus_79, ago: 9 days}",
        "{kind: plus_2, ago: 8 days}",
        "{kind: minus_20, ago: 7 days}",
        "{kind: plus_20, ago: 1 days}",
    ]
    shuffled = ", ".join(listed[number] for number in order)
    assert failures(AROUND_80, f"{{given: {{touches: [{shuffled}]}}, expect: {{entered: [mql, sql, sql], score: 81}}}}") == []


def test_a_journey_without_returns_remembers_the_furthest_place() -> None:
    journey = (
        "stages:\n  journey_stage:\n    returns: no\n    rules:\n"
        "    - {stage: decision, when: {has_touch: {kind: demo, within: 30 days}}}\n    - {stage: awareness, otherwise: true}\n"
    )
    old = "{touches: [{kind: demo, ago: 300 days}]}"
    assert failures(journey, f"{{given: {old}, expect: {{journey_stage: decision}}}}") == []
    (said,) = failures(journey, f"{{given: {old}, expect: {{journey_stage: awareness}}}}")
    assert "the move from decision to awareness is not allowed" in said


def test_every_person_of_a_test_is_judged_as_in_earnest() -> None:
    checks = "checks: {reachable: {person.reachable: {is: yes}}, real: {person.verdict: {is: real}}}\n"
    assert (
        failures(
            checks,
            "{given: {person.email: anna@acme.de}, expect: {checks: {reachable: true, real: true}}}",
            "{given: {}, expect: {checks: {reachable: unknown}}}",
            "{given: {person.email: anna@acme.de, person.verdict: spam}, expect: {checks: {real: false}}}",
        )
        == []
    )


def test_coverage_counts_every_kind_of_rule_once_it_was_at_work() -> None:
    text = (
        "checks: {de: {company.country: {is: DE}}}\n"
        "qualification:\n  side: [{outcome: s, when: de, reason: r}, {outcome: n, otherwise: true, reason: r}]\n"
        "  lead: [{outcome: x, when: de, reason: r}, {outcome: y, otherwise: true, reason: r}]\n"
        "scoring: {fit: [{when: de, points: 5}], bands: {hot: 5, cold: 0}, grades: {A: 5, B: 0},\n"
        "  lifecycle_stage: {mql: {at_least: 5}}}\n"
        "segments: {german: {when: de}}\n"
        "personas: [{persona: p, when: de}, {persona: p, when: {company.name: {known: true}}}, {persona: q, otherwise: true}]\n"
        "stages: {journey_stage: {rules: [{stage: decision, when: de}, {stage: awareness, otherwise: true}]}}\n"
        "routing: {to: [{name: de, when: de, pool: one}, {name: rest, otherwise: true, queue: rest}]}\n"
        "tests:\n- {given: {company.country: DE}, expect: {outcome: x, owner: a@x.example}}\n"
    )
    rules, problems = read(text, team=TEAM)
    assert problems == []
    covered = covered_rules(rules, STANDARD)
    assert covered == {
        "checks: de", "qualification side: s", "qualification: x", "fit: de", "bands: hot", "grades: A", "lifecycle_stage: mql",
        "segments: german", "personas: p", "journey_stage: decision", "routing: de",
    }  # fmt: skip
    assert set(rule_names(rules)) - covered == {
        "qualification side: n", "qualification: y", "bands: cold", "grades: B", "personas: p (2)", "personas: q",
        "journey_stage: awareness", "routing: rest",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("test", "code", "words"),
    [
        ("{given: {}, expect: {}}", "missing_key", "with something in it"),
        ("{given: {touches: [plus_2]}}", "missing_key", "with something in it"),
        ("{given: {}, expect: {entered: [sqll]}}", "unknown_value", "Did you mean `sql`?"),
        ("{given: {}, expect: {line: rest}}", "missing_section", "`routing`"),
        ("{given: {}, expect: {quarantine: spam}}", "missing_section", "`quarantine`"),
        ("{given: {touches: [{kind: x, ago: soon}]}, expect: {score: 0}}", "wrong_value", "a duration with its unit"),
    ],
)
def test_a_slip_in_a_test_is_named_at_its_place(test: str, code: str, words: str) -> None:
    _, problems = read(f"{AROUND_80}tests:\n- {test}\n", team=TEAM)
    assert [problem.code for problem in problems] == [code]
    assert words in problems[0].message
    assert problems[0].place is not None
    assert problems[0].place.line == 5
