"""Rule files: qualification from the top, complaints at their place, and the files' own tests."""

from __future__ import annotations

import itertools

import pytest

from core.documents import read_document
from core.fields import STANDARD, Field
from core.instants import DAY
from core.lead import Act, Lead, Value, Won
from core.operators import FALSE, TRUE, UNKNOWN, Truth
from core.problems import Problem
from core.qualification import Qualified
from core.rule_files import compile_rules
from core.rule_tests import rule_names, run_rule_tests
from core.rules import Rules

NOW = 1_763_726_400_000
CATALOGUE = STANDARD.with_custom([Field("custom.crm_users", "integer", "CRM users", False)])

YAML_MD = """\
checks:
  real_person: {person.email_class: {not_in: [disposable, placeholder]}}
  interested:  {any: [{has_touch: {kind: [demo_request, meeting_scheduled], within: 90 days}}, {interest.confirmed: {is: true}}]}
  in_time:     {interest.timeframe: {is: within_3_months}}
  big_enough:  {custom.crm_users: {at_least: 10}}
qualification:                                     # from the top, the first that is true decides
  - {outcome: convert,    when: {all: [real_person, interested, in_time, big_enough]}, reason: all criteria met}
  - {outcome: nurture,    when: {all: [real_person, interested], none: [in_time]},     reason: later than 3 months}
  - {outcome: disqualify, when: {none: [real_person, interested, in_time]},            reason: no criterion met}
  - {outcome: undecided,  otherwise: true, reason: unknown or mixed}
tests:
  - {name: bare newsletter sign-up, given: {touches: [newsletter_signup]}, expect: {outcome: undecided}}
"""

THREE = """\
checks:
  real:       {person.email_class: {not_in: [disposable, placeholder]}}
  interested: {interest.confirmed: {is: true}}
  in_time:    {interest.timeframe: {is: within_3_months}}
qualification:
  - {outcome: convert,    when: {all: [real, interested, in_time]},          reason: all criteria met}
  - {outcome: nurture,    when: {all: [real, interested], none: [in_time]},  reason: later than 3 months}
  - {outcome: disqualify, when: {none: [real, interested, in_time]},         reason: no criterion met}
  - {outcome: undecided,  otherwise: true,                                   reason: unknown or mixed}
"""


def read(*texts: str) -> tuple[Rules, list[Problem]]:
    return compile_rules([read_document(text, f"rules/{number}.yaml") for number, text in enumerate(texts)], CATALOGUE)


def rules(*texts: str) -> Rules:
    found, problems = read(*texts)
    assert problems == []
    return found


def lead(**fields: Value) -> Lead:
    return Lead("L", 1, {path.replace("__", "."): Won(value, 5, "t1") for path, value in fields.items()})


# --- the golden table -----------------------------------------------------------------------------------------------

SAYS: dict[str, dict[Truth, Value | None]] = {
    "person.email_class": {TRUE: "business", FALSE: "disposable", UNKNOWN: None},
    "interest.confirmed": {TRUE: True, FALSE: False, UNKNOWN: None},
    "interest.timeframe": {TRUE: "within_3_months", FALSE: "later", UNKNOWN: "unknown"},
}
Y, N, U = TRUE, FALSE, UNKNOWN
GOLDEN = {
    (Y, Y, Y): "convert", (Y, Y, N): "nurture", (Y, Y, U): "undecided",
    (Y, N, Y): "undecided", (Y, N, N): "undecided", (Y, N, U): "undecided",
    (Y, U, Y): "undecided", (Y, U, N): "undecided", (Y, U, U): "undecided",
    (N, Y, Y): "undecided", (N, Y, N): "undecided", (N, Y, U): "undecided",
    (N, N, Y): "undecided", (N, N, N): "disqualify", (N, N, U): "undecided",
    (N, U, Y): "undecided", (N, U, N): "undecided", (N, U, U): "undecided",
    (U, Y, Y): "undecided", (U, Y, N): "undecided", (U, Y, U): "undecided",
    (U, N, Y): "undecided", (U, N, N): "undecided", (U, N, U): "undecided",
    (U, U, Y): "undecided", (U, U, N): "undecided", (U, U, U): "undecided",
}  # fmt: skip
ASKED = {"person.email_class": "person.email"}


def verdict(answers: tuple[Truth, ...]) -> Qualified:
    values = {path: says[answer] for (path, says), answer in zip(SAYS.items(), answers, strict=True)}
    subject = lead(**{path: value for path, value in values.items() if value is not None})
    return rules(THREE).qualify(subject, NOW)


def test_the_golden_table_is_whole() -> None:
    assert set(GOLDEN) == set(itertools.product(Truth, repeat=3))


@pytest.mark.parametrize(
    ("answers", "outcome"), GOLDEN.items(), ids=lambda given: "-".join(map(str, given)) if isinstance(given, tuple) else given
)
def test_three_criteria_give_the_outcome_of_the_golden_table(answers: tuple[Truth, ...], outcome: str) -> None:
    found = verdict(answers)
    assert found.outcome == outcome
    assert tuple(found.checks.values()) == answers


@pytest.mark.parametrize("answers", list(GOLDEN), ids=lambda given: "-".join(map(str, given)))
def test_exactly_the_answers_that_could_change_the_verdict_are_asked_for(answers: tuple[Truth, ...]) -> None:
    """A field is asked for when some answers to all that is unknown give another outcome, and it is one of the unknown ones."""
    open_paths = [path for path, answer in zip(SAYS, answers, strict=True) if answer is UNKNOWN]
    options = [(TRUE, FALSE) if answer is UNKNOWN else (answer,) for answer in answers]
    can_change = any(GOLDEN[possible] != GOLDEN[answers] for possible in itertools.product(*options))
    asked = set(verdict(answers).ask)
    assert asked == ({ASKED.get(path, path) for path in open_paths} if can_change else set())


# --- verdicts -------------------------------------------------------------------------------------------------------


def test_the_rules_of_the_documentation_load_and_pass_their_tests() -> None:
    found = rules(YAML_MD)
    assert [result.passed for result in run_rule_tests(found, CATALOGUE)] == [True]
    assert list(found.outcomes) == ["convert", "nurture", "disqualify", "undecided"]
    lines = [name.removeprefix("qualification: ") for name in rule_names(found) if name.startswith("qualification: ")]
    assert lines == list(found.outcomes)


def test_time_is_an_argument() -> None:
    found = rules(YAML_MD)
    subject = Lead("L", 1, {}, {"demo_request": NOW})
    assert found.qualify(subject, NOW + 90 * DAY).checks["interested"] is TRUE
    assert found.qualify(subject, NOW + 91 * DAY).checks["interested"] is UNKNOWN


def test_without_rules_there_is_no_outcome() -> None:
    assert Rules.none().qualify(lead(), NOW) == Qualified()
    assert rules("").qualify(lead(), NOW).outcome == ""
    assert rules("checks: {a: {company.name: {known: true}}}").qualify(lead(), NOW).checks == {"a": FALSE}


def test_the_explanation_goes_down_to_the_deciding_line_and_its_touches() -> None:
    found = verdict((TRUE, TRUE, FALSE))
    assert [(line.text, line.truth) for line in found.explanation] == [
        ("convert: all criteria met", FALSE),
        ("nurture: later than 3 months", TRUE),
    ]
    shown = str([line.as_json() for line in found.explanation])
    assert all(word in shown for word in ("interest.timeframe is within_3_months", "'later'", "t1", "rules/0.yaml:4:37"))


def test_two_lines_may_give_the_same_outcome_under_different_names() -> None:
    found = rules(
        "qualification:\n- {name: free mail, outcome: nurture, when: {person.email_class: {is: free}}, reason: a}\n"
        "- {outcome: nurture, otherwise: true, reason: b}"
    )
    assert [found.qualify(lead(person__email_class=kind), NOW).rule for kind in ("free", "business")] == ["free mail", "nurture"]


def test_checks_of_all_files_are_known_in_each() -> None:
    found = rules(
        "checks: {a: {company.name: {known: true}}}",
        "qualification:\n- {outcome: x, when: a, reason: r}\n- {outcome: y, otherwise: true, reason: s}",
    )
    assert found.qualify(lead(company__name="Acme"), NOW).outcome == "x"


# --- complaints -----------------------------------------------------------------------------------------------------

LAST = "- {outcome: b, otherwise: true, reason: r}"
LINES = "- {outcome: convert, when: {status: {known: true}}, reason: why}\n- {outcome: undecided, otherwise: true, reason: else}"
WITH_TESTS = f"qualification:\n{LINES}\ntests:\n"


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("nurture: {}", "not_yet", 1, "does not evaluate `nurture`"),
        ("checks: {}\nnurture: {}", "not_yet", 2, "nurture"),
        ("chekcs: {}", "unknown_key", 1, "Did you mean `checks`?"),
        ("- a", "wrong_type", 1, "mapping of sections"),
        ("checks:\n  a: {compny.name: {is: x}}", "unknown_field", 2, "Did you mean `company.name`?"),
        ("checks:\n  Big One: {company.name: {is: x}}", "wrong_name", 2, "small letters"),
        ("checks:\n  status: {company.name: {is: x}}", "reserved_name", 2, "`status`"),
        ("checks:\n  any: [{company.name: {is: x}}]", "reserved_name", 2, "`any`"),
        ("checks:\n  a: {all: [b]}\n  b: {any: [c]}\n  c: a", "circle", 2, "a -> b -> c -> a"),
        ("checks:\n  a: a", "circle", 2, "a -> a"),
        ("qualification: x", "wrong_type", 1, "list of lines"),
        ("qualification:\n- {outcome: a, when: nobody, reason: r}\n" + LAST, "unknown_check", 2, "nobody"),
        ("qualification:\n- {outcome: a, when: {status: {known: true}}}\n" + LAST, "missing_key", 2, "`reason`"),
        ("qualification:\n- {outcome: a, reason: r}\n" + LAST, "missing_key", 2, "`when`"),
        ("qualification:\n- {when: {status: {known: true}}, reason: r}\n" + LAST, "missing_key", 2, "`outcome`"),
        ("qualification:\n- {outcome: a, when: {status: {known: true}}, reason: r}", "missing_otherwise", 2, "otherwise: true"),
        ("qualification:\n- {outcome: a, otherwise: true, reason: r}\n" + LAST, "wrong_key", 2, "to the end"),
        ("qualification:\n- {outcome: b, otherwise: false, reason: r}", "wrong_value", 2, "otherwise: true"),
        ("qualification:\n- {outcome: b, otherwise: true, when: {status: {known: true}}, reason: r}", "wrong_key", 2, "not both"),
        ("qualification:\n- {outcome: a, all: [x], reason: r}\n" + LAST, "wrong_key", 2, "when: {all: [...]}"),
        (
            "qualification:\n- {outcome: a, when: {status: {known: yes}}, reason: r}\n- {outcome: a, otherwise: true, reason: r}",
            "duplicate_name",
            3,
            "line 2",
        ),
        ("qualification:\n- {outcome: Not now, otherwise: true, reason: r}", "wrong_name", 2, "not_now"),
        ("qualification:\n- {outcom: a, outcome: a, otherwise: true, reason: r}", "unknown_key", 2, "Did you mean `outcome`?"),
        (f"{WITH_TESTS}- {{name: t, given: {{}}, expect: {{outcome: convret}}}}", "unknown_value", 5, "Did you mean `convert`?"),
        (
            f"{WITH_TESTS}- {{name: t, given: {{compny.name: x}}, expect: {{outcome: convert}}}}",
            "unknown_field",
            5,
            "company.name",
        ),
        (f"{WITH_TESTS}- {{name: t, expect: {{outcome: convert, owner: x}}}}", "missing_section", 5, "owner"),
        (f"{WITH_TESTS}- {{name: t, expect: {{outcom: convert}}}}", "unknown_key", 5, "Did you mean `outcome`?"),
        (f"{WITH_TESTS}- {{name: t}}", "missing_key", 5, "expect"),
        (f"{WITH_TESTS}- {{name: t, given: {{touches: [{{ago: 3 days}}]}}, expect: {{}}}}", "missing_key", 5, "kind"),
        ("checks:\n  a: {company.name: {is: x}}\n  a: {company.name: {is: y}}", "duplicate_key", 3, "second time"),
    ],
)
def test_a_mistake_is_named_at_its_place_with_what_to_do(text: str, code: str, line: int, words: str) -> None:
    found, problems = read(text)
    assert [(problem.code, problem.place.line if problem.place else 0) for problem in problems] == [(code, line)]
    assert words in problems[0].message
    assert found == Rules.none()


def test_everything_wrong_in_all_files_is_named_at_once_and_in_order() -> None:
    _, problems = read(
        "nurture: {}\nchecks:\n  a: {compny.name: {is: x}}\n  b: {company.name: {iss: x}}\n"
        "qualification: [{outcome: x, otherwise: true}]",
        "checks:\n  a: {company.name: {is: x}}\nqualification:\n- {outcome: y, otherwise: true, reason: r}",
    )
    places = [(problem.place.file, problem.place.line) for problem in problems if problem.place]
    assert places == [
        ("rules/0.yaml", 1),
        ("rules/0.yaml", 3),
        ("rules/0.yaml", 4),
        ("rules/0.yaml", 5),
        ("rules/1.yaml", 2),
        ("rules/1.yaml", 3),
    ]


# --- tests in the files ---------------------------------------------------------------------------------------------


def outcome_of(test: str) -> tuple[bool, str, int]:
    (result,) = run_rule_tests(rules(f"{THREE}tests:\n- {test}"), CATALOGUE)
    return result.passed, result.message, result.place.line


@pytest.mark.parametrize(
    "test",
    [
        "{given: {person.email: ANNA@acme.de, interest.confirmed: yes, interest.timeframe: later}, expect: {outcome: nurture}}",
        "{name: t, given: {person.email_class: free}, expect: {checks: {real: true, in_time: unknown}, outcome: undecided}}",
        "{name: t, given: {}, expect: {ask: [person.email, interest.confirmed, interest.timeframe]}}",
        "{name: t, given: {person.email_class: disposable, interest.confirmed: no}, expect: {ask: [interest.timeframe]}}",
        "{given: {person.email_class: disposable, interest.confirmed: true}, expect: {ask: [], rule: undecided}}",
        "{given: {}, expect: {reason: unknown or mixed}}",
    ],
)
def test_a_test_that_holds_passes(test: str) -> None:
    assert outcome_of(test) == (True, "", 11)


def test_a_test_that_fails_says_what_was_expected_and_what_came_and_where() -> None:
    passed, message, line = outcome_of("{name: t, given: {person.email_class: free},\n   expect: {outcome: convert}}")
    assert (passed, line) == (False, 12)
    assert message == (
        "rules/0.yaml:12:22: outcome: expected `convert`, got `undecided` (unknown or mixed): the line in rules/0.yaml:6:5 does "
        "not hold, as `interest.confirmed is true` is unknown, `interest.timeframe is within_3_months` is unknown"
    )


def test_a_given_value_that_can_not_be_read_fails_the_test_instead_of_hiding() -> None:
    passed, message, _ = outcome_of("{name: t, given: {custom.crm_users: many}, expect: {outcome: undecided}}")
    assert not passed
    assert "custom.crm_users" in message


def test_an_expected_check_and_question_that_differ_are_named() -> None:
    passed, message, _ = outcome_of("{name: t, given: {}, expect: {checks: {real: false}, ask: [person.email]}}")
    assert not passed
    assert "real: expected `false`, got `unknown`" in message
    assert "ask: expected person.email, got person.email, interest.confirmed, interest.timeframe" in message


# --- what time alone changes ----------------------------------------------------------------------------------------

AT_TWENTY = """\
scoring:
  engagement: {demo_request: {points: 40, half_life: 30 days}}
checks:
  warm: {score.total: {at_least: 20}}
qualification:
  - {outcome: talk, when: warm, reason: warm}
  - {outcome: wait, otherwise: true, reason: cold}
"""


def test_a_total_that_another_rule_asks_for_is_a_threshold_that_is_told_at_once() -> None:
    found = rules(AT_TWENTY)
    held = Lead("L", 1, {}, {"demo_request": NOW}, acts=(Act(NOW, "demo_request", "", "t"),))
    at: int | None = NOW
    while at is not None and found.decide(held, at).verdict.outcome == "talk":
        before, at = at, found.again_at(held, found.decide(held, at), at)
    assert at is not None
    assert found.decide(held, at - 60_000).verdict.outcome == "talk" and before < at - 60_000


@pytest.mark.parametrize(("expression", "after"), [("now.getHours() > 12", DAY), ("touches.exists(one, one == 'call')", None)])
def test_an_expression_that_asks_for_now_is_looked_at_once_a_day(expression: str, after: int | None) -> None:
    text = f'checks:\n  late: {{expression: "{expression}"}}\nqualification:\n- {{outcome: one, when: late, reason: x}}\n'
    found = rules(text + "- {outcome: two, otherwise: true, reason: y}\n")
    assert found.again_at(lead(), found.decide(lead(), NOW), NOW) == (None if after is None else NOW + after)
