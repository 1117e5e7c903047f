"""What `check` says of thresholds that no lead reaches and of lines that never give anything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditions import Case
from core.lead import Act, Lead
from core.operators import TRUE
from core.possible import Possible
from core.scoring.model import ConditionLine
from core.scoring.reach import Findings, Highest, reach
from tests.support.scoring import CATALOGUE, EXAMPLE, NOW, file_rules, lead, rules_of, score_of
from tests.support.scoring_drawn import CONTENTS, KINDS, LEADS, SCORINGS


def highest(scoring: str) -> Highest:
    rules = rules_of(f"scoring: {scoring}")
    assert rules.scoring is not None
    return reach(rules.scoring, Possible(CATALOGUE, rules.checks)).total


def findings(text: str) -> Findings:
    return rules_of(text).lint(CATALOGUE)


# --- how far ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scoring", "once", "ever"),
    [
        ("{engagement: {a: 8, b: -5}}", 8, 1600),
        ("{limit: 100, engagement: {a: 8}}", 8, 100),
        ("{engagement: {a: {points: 8, at_most: 1}, b: 2, limit: 9}}", 9, 9),
        ("{engagement: {a: {points: 8, at_most: 3}}}", 8, 24),
        ("{engagement: {a: {points: 2, again: 5, at_most: 3}}}", 2, 12),
        ("{engagement: {a: {points: 8, again: -1}}}", 8, 8),
        ("{engagement: {a: {points: 8, at_most: 1, per: 30 days, within: 60 days}}}", 8, 24),
        ("{engagement: {a: {points: 8, at_most: 1, per: 30 days, half_life: 30 days}}}", 8, 17),
        ("{behaviour: [{touch: a, content: [x, y], points: 3, at_most: 2}, {touch: a, points: 1, at_most: 5}]}", 8, 11),
        ("{fit: [{when: {status: {is: new}}, points: 3}, {when: {status: {is: won}}, points: 4}]}", 4, 4),
        ("{fit: [{when: {status: {is: new}}, points: 3}, {when: {company.name: {known: true}}, points: 4}]}", 7, 7),
        (("{fit: [{when: {custom.crm_users: {at_least: 10}}, points: 3}, "
         "{when: {custom.crm_users: {at_least: 50}}, points: 4}]}"), 7, 7),
        (("{fit: [{when: {custom.crm_users: {at_least: 10}}, points: 3}, "
         "{when: {custom.crm_users: {at_most: 9}}, points: 4}]}"), 4, 4),
        (("{fit: [{when: {company.employees: {at_least: 10}}, points: 3}, "
         "{when: {company.employees: {at_most: 9}}, points: 4}]}"), 4, 4),
        ("{fit: [{when: {custom.tags: {contains: a}}, points: 3}, {when: {custom.tags: {contains: b}}, points: 4}]}", 7, 7),
        (("{fit: [{when: {interest.confirmed: {is: true}}, points: 9}, "
         "{when: {interest.confirmed: {known: true}}, points: -4}]}"), 5, 5),
        ("{fit: [{when: {status: {is: new}}, points: 3}], behaviour: [{when: {status: {is: won}}, points: 4}]}", 4, 4),
        (("{fit: [{when: {custom.trial_until: {within: 5 days}}, points: 3}, "
         "{when: {custom.trial_until: {older_than: 9 days}}, points: 1}]}"), 3, 3),
    ],
)  # fmt: skip
def test_the_highest_total_counts_what_can_be_true_together(scoring: str, once: int, ever: int) -> None:
    assert highest(scoring) == (once, ever)


@settings(max_examples=120, deadline=None)
@given(SCORINGS, LEADS)
def test_no_lead_gets_more_than_the_highest_total_and_what_fires_was_possible(text: str, subject: Lead) -> None:
    rules = rules_of(text)
    assert rules.scoring is not None
    possible = Possible(CATALOGUE, rules.checks)
    found = reach(rules.scoring, possible)
    score = score_of(rules, subject)
    assert score.total <= found.total.ever
    assert all(score.groups[name] <= highest.ever for name, highest in found.groups.items())
    case = Case(subject, NOW)
    for _, line in rules.scoring.lines:
        if isinstance(line, ConditionLine) and line.condition.truth(case) is TRUE:
            assert possible.can_be_true(line.condition)


@settings(max_examples=80, deadline=None)
@given(SCORINGS, st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(CONTENTS[1:])), unique=True), LEADS)
def test_who_does_each_activity_once_gets_no_more_than_that(text: str, done: list[tuple[str, str]], subject: Lead) -> None:
    rules = rules_of(text)
    assert rules.scoring is not None
    named = {(kind, content) for group, line in rules.scoring.lines for kind in getattr(line, "kinds", ())
             for content in getattr(line, "contents", ())}  # fmt: skip
    acts = [
        Act(NOW - number, kind, content, f"t{number}") for number, (kind, content) in enumerate(done) if (kind, content) in named
    ]
    acts += [Act(NOW, kind, "", kind) for kind in KINDS if not any(kind == one for one, _ in named)]
    known = {path: won.value for path, won in subject.fields.items()}
    found = reach(rules.scoring, Possible(CATALOGUE, rules.checks))
    assert score_of(rules, lead(acts, **known)).total <= found.total.once


# --- thresholds -------------------------------------------------------------------------------------------------------


def test_a_threshold_that_repeats_can_not_reach_either_is_a_problem() -> None:
    found = findings(
        "scoring:\n  engagement: {reply: {points: 5, at_most: 2}, visit: {points: 1, at_most: 1}}\n"
        "  lifecycle_stage:\n    sql: {at_least: 80}"
    )
    (problem,) = found.problems
    assert (problem.code, str(problem.place), found.warnings) == ("unreachable", "rules/0.yaml:4:21", ())
    assert problem.message == (
        "the stage `sql` needs 80 points, and no lead can get more than 11: engagement at most 11 (reply 10, visit 1). "
        "Lower `at_least` to 11 or less, or give more points."
    )


def test_a_threshold_above_the_limit_says_so() -> None:
    (problem,) = findings("scoring: {limit: 50, engagement: {reply: 30}, bands: {hot: 60, cold: 0}}").problems
    assert "the band `hot` needs 60 points" in problem.message
    assert "the total is cut at 50" in problem.message


def test_a_groups_limit_is_named() -> None:
    (problem,) = findings("scoring: {engagement: {reply: 30, limit: 20}, bands: {hot: 60, cold: 0}}").problems
    assert "engagement at most 20 (reply 6000; its limit is 20)" in problem.message


def test_grades_are_held_against_what_fit_can_give() -> None:
    text = "scoring:\n  fit: [{when: {status: {is: new}}, points: 30}]\n  engagement: {reply: 90}\n  grades: {A: 40, B: 20, C: 0}"
    (problem,) = findings(text).problems
    assert (problem.code, str(problem.place)) == ("unreachable", "rules/0.yaml:4:15")
    assert "the grade `A` needs 40 points, and no lead can get more than 30: fit at most 30" in problem.message


def test_lines_that_exclude_each_other_are_not_added_up() -> None:
    text = (
        "scoring:\n  fit:\n  - {name: near, when: {company.country: {in: [DE, AT]}}, points: 30}\n"
        "  - {name: far, when: {company.country: {not_in: [DE, AT]}}, points: 40}\n  bands: {hot: 60, cold: 0}"
    )
    (problem,) = findings(text).problems
    assert "no lead can get more than 40" in problem.message


def test_lines_of_two_groups_that_exclude_each_other_are_named() -> None:
    text = (
        "scoring: {fit: [{when: {company.country: {is: DE}}, points: 30}],"
        " behaviour: [{when: {company.country: {is: FR}}, points: 40}], bands: {hot: 60, cold: 0}}"
    )
    (problem,) = findings(text).problems
    assert "no lead can get more than 40" in problem.message
    assert "not all of these can be true of one lead" in problem.message


def test_the_example_and_the_guides_have_no_problems() -> None:
    assert findings(EXAMPLE).problems == ()
    assert [one.field for one in findings(EXAMPLE).warnings] == ["the band `hot`"]
    assert file_rules("course-school.yaml").lint(CATALOGUE) == Findings()
    assert rules_of("checks: {a: {status: {known: true}}}").lint(CATALOGUE) == Findings()


# --- what never happens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        "{custom.crm_users: {at_least: 10, at_most: 5}}",
        "{custom.discount: {at_least: 10.5, at_most: 10.25}}",
        "{interest.authority: {not_in: [yes, no, influencer, unknown]}}",
        "{interest.authority: {is: yes, is_not: yes}}",
        "{company.country: {is: DE, not_in: [DE, AT]}}",
        "{all: [{status: {is: new}}, {status: {is: won}}]}",
        "{all: [{interest.confirmed: {is: true}}], none: [{interest.confirmed: {is: true}}]}",
        "{status: {known: false, is: new}}",
        "{custom.last_login: {within: 3 days, older_than: 5 days}}",
        "{custom.trial_until: {at_least: 2026-01-01, at_most: 2025-01-01}}",
        "{all: [{has_touch: {kind: a}}], none: [{has_touch: {kind: a}}]}",
        "{all: [small], none: [small]}",
        "{company.employees: {at_least: 50, at_most: 49}}",
    ],
)
def test_a_line_whose_condition_contradicts_itself_is_a_problem(when: str) -> None:
    text = (
        f"checks: {{small: {{custom.crm_users: {{at_most: 5}}}}}}\nscoring:\n  fit:\n  - {{name: odd, when: {when}, points: 3}}"
    )
    (problem,) = findings(text).problems
    assert (problem.code, str(problem.place)) == ("never_fires", "rules/0.yaml:4:5")
    assert "`odd` of `fit` can never give its points" in problem.message


@pytest.mark.parametrize(
    "when",
    [
        "{custom.crm_users: {at_least: 10, at_most: 10}}",
        "{custom.discount: {at_least: 10.25, at_most: 10.5}}",
        "{interest.authority: {not_in: [yes, no, influencer]}, company.name: {is: x}}",
        "{company.country: {not_in: [DE]}}",
        "{custom.tags: {contains: a, in: [b]}}",
        "{company.name: {contains: ag, matches: '^x'}}",
        "{company.name: {is: ag, matches: '^x'}}",
        "{none: [{interest.confirmed: {is: true}}, {interest.authority: {is: yes}}]}",
        "{custom.last_login: {within: 5 days, older_than: 3 days}}",
        "{custom.trial_until: {older_than: 5 days, at_least: 2026-01-01}}",
        "{company.employees: {at_least: 25, at_most: 25}}",
        "{custom.tier: {not_in: [gold, silver]}}",
        "{all: [{has_touch: {kind: a}}], none: [{has_touch: {kind: a, within: 3 days}}]}",
    ],
)
def test_a_line_that_some_lead_can_fulfil_is_none(when: str) -> None:
    found = findings(f"scoring: {{fit: [{{name: good, when: {when}, points: 3}}]}}")
    assert [problem.code for problem in found.problems] == (["never_fires"] if "company.name: {is: x}" in when else [])


def test_a_stage_whose_condition_contradicts_itself_is_a_problem() -> None:
    text = "scoring:\n  engagement: {a: 1}\n  lifecycle_stage:\n    pql: {when: {custom.crm_users: {at_least: 10, at_most: 5}}}"
    (problem,) = findings(text).problems
    assert (problem.code, str(problem.place)) == ("never_fires", "rules/0.yaml:4:5")


def test_very_many_fields_are_looked_at_in_good_time() -> None:
    lines = ", ".join(f"{{name: l{n}, when: {{{path}: {{known: true}}, custom.crm_users: {{at_least: {n}}}}}, points: 1}}"
                      for n, path in enumerate(list(CATALOGUE.fields)[:60]) if CATALOGUE[path].rule != "touch")  # fmt: skip
    count = lines.count("name: l")
    assert highest(f"{{fit: [{lines}]}}").ever == count


# --- order ------------------------------------------------------------------------------------------------------------


def test_a_later_stage_that_needs_less_is_a_problem_because_the_earlier_one_is_never_entered() -> None:
    text = "scoring:\n  engagement: {a: 90}\n  lifecycle_stage:\n    sql: {at_least: 60}\n    mql: {at_least: 25}"
    found = findings(text)
    assert found.warnings == ()
    assert [(one.code, str(one.place)) for one in found.problems] == [("wrong_order", "rules/0.yaml:5:21")]
    assert "stands after `sql`, which needs 60" in found.problems[0].message


@pytest.mark.parametrize(
    ("bands", "place"),
    [("{hot: 40, warm: 80, cold: 0}", "1:55"), ("{a: 0, c: 80, b: 40}", "1:49"), ("{cold: 0, warm: 40, hot: 80}", "")],
)
def test_bands_that_fall_and_rise_again_are_a_warning(bands: str, place: str) -> None:
    found = findings(f"scoring: {{engagement: {{a: 90}}, bands: {bands}}}")
    assert found.problems == ()
    assert [str(one.place) for one in found.warnings] == ([f"rules/0.yaml:{place}"] if place else [])
