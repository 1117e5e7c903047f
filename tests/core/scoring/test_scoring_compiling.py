"""The section `scoring`: read as written, complained about at the place, with a hash of what it says."""

from __future__ import annotations

import pytest

from core.instants import DAY
from core.rule_tests import covered_rules, rule_names, run_rule_tests
from core.rules import Rules
from core.scoring.model import ActivityLine
from core.scoring.reach import Findings
from tests.support.scoring import CATALOGUE, EXAMPLE, lead, read, rules_of, score_of


def lines_of(scoring: str) -> list[ActivityLine]:
    found = rules_of(f"scoring: {scoring}").scoring
    assert found is not None
    return [line for _, line in found.lines if isinstance(line, ActivityLine)]


def test_the_example_of_the_documentation_is_read() -> None:
    found = rules_of(EXAMPLE).scoring
    assert found is not None
    assert [group.name for group in found.groups] == ["fit", "engagement"]
    assert found.line_names == (
        "fit: big_enough", "fit: DACH", "engagement: newsletter_signup", "engagement: email_reply", "engagement: webinar_signup",
        "engagement: meeting_scheduled", "engagement: unsubscribed",
    )  # fmt: skip
    assert (found.limit, [group.limit for group in found.groups]) == (100, [None, 60])
    assert [(mark.name, mark.at_least) for mark in (*found.bands, *found.grades)] == [
        ("hot", 80), ("warm", 40), ("cold", 0), ("A", 40), ("B", 20), ("C", 0)
    ]  # fmt: skip
    assert [(one.name, one.at_least, one.until_below) for one in found.stages] == [("mql", 25, None), ("sql", 60, 50)]


def test_a_kind_may_have_all_that_a_line_has_and_the_groups_half_life_unless_it_has_its_own() -> None:
    plain, full, listed = lines_of(
        "{engagement: {reply: 5, webinar: {points: 8, again: 2, at_most: 3, per: 30 days, within: 1 year, half_life: 2 days,"
        " content: [a]}, half_life: 90 days, lines: [{touch: [limit, call], points: -1}]}}"
    )
    assert (plain.half_life, full.half_life, listed.half_life) == (90 * DAY, 2 * DAY, 90 * DAY)
    assert (full.points, full.again, full.at_most, full.per, full.within) == (8, 2, 3, 30 * DAY, 365 * DAY)
    assert (full.contents, full.name, listed.kinds, listed.again) == (("a",), "webinar (a)", ("limit", "call"), -1)


def test_a_line_without_a_name_is_called_what_it_asks() -> None:
    found = rules_of(
        "checks: {big: {custom.crm_users: {at_least: 10}}}\n"
        "scoring: {fit: [{when: big, points: 1}, {when: {company.country: {in: [DE, AT]}}, points: 1},"
        " {when: {none: [big], status: {is: new}}, points: 1}, {touch: [a, b], points: 1}]}"
    ).scoring
    assert found is not None
    assert [line.name for _, line in found.lines] == [
        "big", "company.country in DE, AT", "not (big) and status is new", "a or b"
    ]  # fmt: skip


# --- the hash -------------------------------------------------------------------------------------------------------


def hash_of(text: str) -> str:
    found = rules_of(text).scoring
    assert found is not None
    return found.rules_hash


def test_the_hash_is_of_what_is_said_and_not_of_how_it_is_written() -> None:
    one = "checks: {a: {status: {is: new}}}\nscoring: {fit: [{when: a, points: 3}], engagement: {x: 1, y: 2}}"
    other = (
        "# a comment\nscoring:\n  engagement:\n    y: 2   # two\n    x: '1'\n  fit:\n    - points: 3\n      when: a\n"
        "checks:\n  b: {status: {is: won}}\n  a:\n    status: {is: new}"
    )
    assert hash_of(one) == hash_of(other)
    assert len(hash_of(one)) == 16


@pytest.mark.parametrize(
    "changed",
    [
        EXAMPLE.replace("points: 30", "points: 31"),
        EXAMPLE.replace("at_least: 10}", "at_least: 11}"),
        EXAMPLE.replace("half_life: 90", "half_life: 91"),
        EXAMPLE.replace("limit: 100", "limit: 99"),
        EXAMPLE.replace("{mql: {at_least: 25}, sql", "{sql").replace("below: 50}}", "below: 50}, mql: {at_least: 25}}"),
    ],
)  # fmt: skip
def test_a_change_of_what_is_said_is_another_hash(changed: str) -> None:
    assert changed != EXAMPLE
    assert hash_of(changed) != hash_of(EXAMPLE)


def test_a_check_that_is_asked_through_another_one_is_part_of_the_hash() -> None:
    text = "checks: {a: {all: [b]}, b: {status: {is: OURS}}, c: {status: {is: OTHER}}}\nscoring: {fit: [{when: a, points: 3}]}"
    assert hash_of(text) != hash_of(text.replace("OURS", "new"))
    assert hash_of(text) == hash_of(text.replace("OTHER", "new"))


# --- complaints -----------------------------------------------------------------------------------------------------

MARKS = "scoring:\n  engagement: {reply: 5}\n"
STAGES = f"{MARKS}  lifecycle_stage:\n    "


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("scoring: 5", "wrong_type", "1:10", "mapping of groups"),
        ("scoring: {limit: 100}", "missing_key", "1:10", "gives no points"),
        ("scoring: {engagment: {reply: 5}}", "unknown_key", "1:11", "Did you mean `engagement`?"),
        ("scoring: {limit: many, engagement: {reply: 5}}", "wrong_value", "1:18", "a whole number of 1 or more; here is `many`"),
        ("scoring: {engagement: 5}", "wrong_type", "1:23", "kinds of touches"),
        ("scoring: {engagement: []}", "wrong_type", "1:23", "list of lines"),
        ("scoring: {engagement: {reply: 2.5}}", "wrong_value", "1:31", "whole number; here is `2.5`"),
        ("scoring: {engagement: {reply: 0}}", "wrong_value", "1:31", "gives 0 points"),
        ("scoring: {engagement: {reply: {at_most: 3}}}", "missing_key", "1:24", "needs `points`"),
        ("scoring: {engagement: {reply: {points: 3, per: 2 days}}}", "missing_key", "1:48", "`per` without `at_most`"),
        ("scoring: {engagement: {reply: {points: 3, at_most: 0}}}", "wrong_value", "1:52", "of 1 or more"),
        ("scoring: {engagement: {reply: {points: 3, halflife: 2 days}}}", "unknown_key", "1:43", "`half_life`"),
        ("scoring: {engagement: {reply: {points: 3, half_life: 2}}}", "wrong_value", "1:54", "such as `90 days`"),
        ("scoring: {engagement: {reply: {points: 3, within: 0 days}}}", "wrong_value", "1:51", "no time at all"),
        ("scoring: {engagement: {reply: 5, limit: -1}}", "wrong_value", "1:41", "of 1 or more"),
        ("scoring: {engagement: {reply: 5, half_life: soon}}", "wrong_value", "1:45", "`half_life` of `engagement`"),
        ("scoring: {engagement: {lines: {touch: a, points: 1}}}", "wrong_type", "1:31", "`lines` of `engagement` is a list"),
        ("scoring: {fit: [big]}", "wrong_type", "1:17", "when: big_enough"),
        ("scoring: {fit: [{points: 5}]}", "missing_key", "1:17", "needs `when` (a condition) or `touch`"),
        ("scoring: {fit: [{when: big, touch: a, points: 5}]}", "wrong_key", "1:17", "not both"),
        ("scoring: {fit: [{when: big, points: 5}]}", "unknown_check", "1:24", "no check `big`"),
        ("scoring: {fit: [{when: {compny.name: {is: x}}, points: 5}]}", "unknown_field", "1:25", "company.name"),
        ("scoring: {fit: [{when: {status: {is: x}}}]}", "missing_key", "1:17", "needs `points`"),
        ("scoring: {fit: [{when: {status: {is: x}}, points: 5, half_life: 3 days}]}", "unknown_key", "1:54", "half_life"),
        ("scoring: {fit: [{touch: a, points: 5, touch: b}]}", "duplicate_key", "1:39", "second time"),
        ("scoring: {fit: [{touch: a, points: 5}, {touch: a, points: 6}]}", "duplicate_name", "1:40", "Give one a `name:`"),
        (f"{MARKS}  bands: {{hot: 80}}", "missing_lowest", "3:3", "must begin at 0"),
        (f"{MARKS}  bands: {{hot: 80, hotter: 80, cold: 0}}", "duplicate", "3:28", "both begin at 80"),
        (f"{MARKS}  bands: {{hot: -80, cold: 0}}", "wrong_value", "3:16", "of 0 or more"),
        (f"{MARKS}  grades: {{A: 80, C: 0}}", "missing_key", "3:3", "the group `fit`, which is missing"),
        (f"{STAGES}sql: {{}}", "missing_key", "4:5", "`at_least`, `when` or both"),
        (f"{STAGES}sql: 80", "wrong_type", "4:10", "sql: {at_least: 80}"),
        (f"{STAGES}Sql: {{at_least: 80}}", "wrong_name", "4:5", "small letters"),
        (f"{STAGES}sql: {{at_least: 80, until_below: 90}}", "wrong_order", "4:38", "Set `until_below` to 80 or less"),
        (f"{STAGES}sql: {{until_below: 90, when: {{status: {{is: x}}}}}}", "missing_key", "4:24", "without `at_least`"),
        (f"{STAGES}sql: {{at_least: 80, untill: 90}}", "unknown_key", "4:25", "until_below"),
        (f"{MARKS}  lifecycle_stage: sql", "wrong_type", "3:20", "a mapping of stages"),
        ("scoring: {fit: [{when: {score.total: {at_least: 5}}, points: 5}]}", "circle", "1:39", "it would depend on itself"),
        (
            "checks: {hot: {any: [warm]}, warm: {score.total: {at_least: 5}}}\nscoring: {fit: [{when: {all: [hot]}, points: 5}]}",
            "circle", "2:31", "asks the check `hot`, which asks score.total (rules/0.yaml:1:51)",
        ),
        ("scoring: {fit: [{when: {outcome: {is: convert}}, points: 5}]}", "circle", "1:35", "before the outcome"),
        (
            "scoring: {fit: [{when: {lifecycle_stage: {is: sql}}, points: 5}], lifecycle_stage: {sql: {at_least: 5}}}",
            "circle", "1:43", "decides the lifecycle stage",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_place_with_what_to_do(text: str, code: str, place: str, words: str) -> None:
    found, problems = read(text)
    assert [(problem.code, str(problem.place)) for problem in problems] == [(code, f"rules/0.yaml:{place}")]
    assert words in problems[0].message
    assert found == Rules.none()


def test_everything_wrong_in_the_section_is_named_at_once() -> None:
    _, problems = read(
        "scoring:\n  limit: x\n  fit: [{when: big, points: y}]\n  bands: {hot: 1}\n  lifecycle_stage: {sql: {at_least: z}}"
    )
    assert [problem.place.line for problem in problems if problem.place] == [2, 3, 3, 4, 5]


def test_there_is_one_scoring_in_all_files() -> None:
    _, problems = read("scoring: {engagement: {a: 1}}", "scoring: {engagement: {a: 1}}")
    assert [(problem.code, str(problem.place)) for problem in problems] == [("duplicate_section", "rules/1.yaml:1:1")]


def test_a_condition_outside_of_the_score_may_ask_for_it() -> None:
    rules = rules_of(
        "checks: {hot: {score.total: {at_least: 10}}}\nscoring: {engagement: {reply: 10}}\n"
        "qualification:\n- {outcome: convert, when: hot, reason: r}\n- {outcome: wait, otherwise: true, reason: s}\n"
        "tests:\n- {given: {touches: [reply]}, expect: {outcome: convert, score: 10}}\n"
        "- {given: {score.total: 90}, expect: {outcome: wait, score: 0}}"
    )
    assert [result.message for result in run_rule_tests(rules, CATALOGUE)] == ["", ""]


# --- tests in the files ---------------------------------------------------------------------------------------------


def outcome_of(test: str) -> tuple[bool, str]:
    (result,) = run_rule_tests(rules_of(f"{EXAMPLE}tests:\n- {test}"), CATALOGUE)
    return result.passed, result.message


@pytest.mark.parametrize(
    "test",
    [
        "{given: {touches: [newsletter_signup]}, expect: {score: 2, band: cold, grade: C, lifecycle_stage: none}}",
        "{given: {touches: [email_reply, email_reply, {kind: email_reply, ago: 90 days}]}, expect: {score.engagement: 13}}",
        "{given: {custom.crm_users: 10}, expect: {score.total: 30, score.fit: 30, score.behaviour: 0, lifecycle_stage: mql}}",
        "{given: {lifecycle_stage: sql}, expect: {lifecycle_stage: mql}}",
        "{given: {lifecycle_stage: subscriber}, expect: {lifecycle_stage: subscriber}}",
    ],
)
def test_a_test_that_holds_passes(test: str) -> None:
    assert outcome_of(test) == (True, "")


def test_the_content_of_a_touch_can_be_given() -> None:
    rules = rules_of(
        "scoring: {behaviour: [{touch: visit, content: [prices], points: 5}]}\n"
        "tests:\n- given: {touches: [{kind: visit, content: prices, ago: 2 days}, {kind: visit, content: jobs}]}\n"
        "  expect: {score: 5}"
    )
    assert run_rule_tests(rules, CATALOGUE)[0].passed
    assert covered_rules(rules, CATALOGUE) == set(rule_names(rules)) == {"behaviour: visit (prices)"}


def test_a_score_that_differs_is_named_with_what_came() -> None:
    passed, message = outcome_of("{given: {touches: [email_reply]}, expect: {score: 6, band: hot, lifecycle_stage: sql}}")
    assert not passed
    assert message.splitlines() == [
        "rules/0.yaml:12:53: score: expected `6`, got `5`: email_reply 5",
        "rules/0.yaml:12:62: band: expected `hot`, got `cold`: the score is 5 (email_reply 5); `hot` begins at 80",
        "rules/0.yaml:12:84: lifecycle_stage: expected `sql`, got `none`: the score is 5 (email_reply 5); `sql` begins at 60",
    ]


@pytest.mark.parametrize(
    ("expected", "code", "words"),
    [
        ("{score: many}", "wrong_value", "whole number"),
        ("{band: wram}", "unknown_value", "Did you mean `warm`?"),
        ("{grade: X}", "unknown_value", "Known are A, B, C"),
        ("{lifecycle_stage: sq}", "unknown_value", "Did you mean `sql`?"),
        ("{scor: 5}", "unknown_key", "Did you mean `score`?"),
        ("{owner: ben}", "missing_section", "owner"),
    ],
)
def test_what_can_not_be_expected_is_named(expected: str, code: str, words: str) -> None:
    _, problems = read(f"{EXAMPLE}tests:\n- {{given: {{}}, expect: {expected}}}")
    assert [problem.code for problem in problems] == [code]
    assert words in problems[0].message


def test_a_score_can_not_be_expected_where_there_is_no_scoring() -> None:
    _, problems = read("tests:\n- {given: {}, expect: {score: 5}}")
    assert [(problem.code, str(problem.place)) for problem in problems] == [("missing_section", "rules/0.yaml:2:24")]


# --- expressions ----------------------------------------------------------------------------------------------------


def test_an_expression_gives_points_and_may_not_ask_for_the_score_either() -> None:
    rules = rules_of('scoring: {fit: [{when: {expression: "custom.crm_users >= 10"}, points: 30}]}')
    assert [score_of(rules, lead(**known)).total for known in ({"custom__crm_users": 12}, {"custom__crm_users": 9}, {})] == [
        30,
        0,
        0,
    ]
    assert rules.lint(CATALOGUE) == Findings()
    _, problems = read(
        "checks: {hot: {expression: score.total >= 5}}\n"
        "scoring: {fit: [{when: {expression: \"hot || status == 'new'\"}, points: 5}]}"
    )
    assert [problem.code for problem in problems] == ["circle"]


def test_a_check_that_an_expression_names_is_part_of_the_hash() -> None:
    text = 'checks: {a: {expression: "b || false"}, b: {status: {is: OURS}}}\nscoring: {fit: [{when: a, points: 3}]}'
    assert hash_of(text) != hash_of(text.replace("OURS", "new"))


def test_an_expression_that_asks_for_now_is_a_warning() -> None:
    found = rules_of(
        "checks: {fresh: {expression: \"custom.last_login > now - duration('72h')\"}}\n"
        "scoring: {fit: [{name: login, when: {all: [fresh]}, points: 5}]}"
    ).lint(CATALOGUE)
    assert [(one.code, str(one.place)) for one in found.warnings] == [("untimed", "rules/0.yaml:2:17")]
