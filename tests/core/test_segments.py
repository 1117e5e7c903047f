"""Segments and personas: who belongs where, what has changed, why, and what is wrong with rules about it."""

# ruff: noqa: E501 -- rule files of one line each are easier to compare

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents import read_document
from core.fields import STANDARD
from core.lead import Value
from core.operators import FALSE, TRUE, UNKNOWN
from core.problems import Problem
from core.rule_files import compile_rules
from core.rule_tests import run_rule_tests
from core.rules import Rules
from core.segments import Placed, changed
from tests.support.one_file import NOW, lead, read, right

RULES = """\
checks:
  large: {company.employees: {at_least: 250}}
segments:
  dach:       {when: {company.country: {in: [DE, AT, CH]}}, label: DACH}
  enterprise: {when: {all: [large, {company.country: {known: true}}]}}
  bounced:    {when: {none: [large]}}
personas:
  - {persona: it_lead, when: {person.job_title: {contains: it}}, points: 2}
  - {persona: boss,    when: {person.job_title: {contains: ceo}}}
  - {persona: boss,    when: {segments: {contains: enterprise}}, points: 2}
  - {persona: other,   otherwise: true}
"""


def rules(text: str = RULES) -> Rules:
    return right(text)


def placed(text: str = RULES, **values: Value) -> Placed:
    return rules(text).decide(lead(**values), NOW).placed


# --- membership -----------------------------------------------------------------------------------------------------


def test_a_lead_is_in_every_segment_that_holds() -> None:
    assert placed(company__country="DE", company__employees="500").segments == ("dach", "enterprise")


def test_what_is_unknown_is_no_member_and_the_explanation_says_what_is_missing() -> None:
    found = placed(company__country="DE")
    assert found.segments == ("dach",)
    assert found.open == ("enterprise", "bounced")
    why = {one.text: one for one in found.explanation}
    assert why["enterprise"].truth is UNKNOWN
    assert why["enterprise"].reason == "no member, as this is not known: company.employees"
    assert why["dach"].truth is TRUE
    assert why["dach"].parts[0].value == "DE"
    assert why["dach"].parts[0].touch == "T1"


def test_what_has_changed_is_told_in_order_and_segments_that_are_gone_are_left() -> None:
    found = changed(("dach", "small", "old"), ("enterprise", "dach"))
    assert found.as_json() == {"entered": ["enterprise"], "left": ["small", "old"]}
    assert not changed(("dach",), ("dach",))


@given(before=st.lists(st.sampled_from("abcdef"), unique=True), now=st.lists(st.sampled_from("abcdef"), unique=True))
def test_what_is_entered_and_left_leads_from_one_membership_to_the_other(before: list[str], now: list[str]) -> None:
    found = changed(before, now)
    assert (set(before) | set(found.entered)) - set(found.left) == set(now)
    assert not set(found.entered) & set(before)
    assert set(found.left) <= set(before)
    assert bool(found) == (set(before) != set(now))


def test_segments_that_the_lead_still_holds_do_not_count() -> None:
    text = "segments:\n  all_of_them: {when: {company.name: {known: true}}}\npersonas:\n- {persona: a, when: {segments: {contains: all_of_them}}}"
    assert placed(text, segments=("all_of_them",)) == Placed()


# --- personas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "persona"),
    [
        ({"person__job_title": "Head of IT"}, "it_lead"),
        ({"person__job_title": "CEO"}, "boss"),
        ({"person__job_title": "CEO and head of IT"}, "it_lead"),
        ({"person__job_title": "CEO and IT", "company__country": "DE", "company__employees": "500"}, "boss"),
        ({"person__job_title": "IT", "company__country": "DE", "company__employees": "500"}, "it_lead"),
        ({}, "other"),
    ],
)
def test_the_persona_with_the_most_points_is_taken_and_of_equal_ones_the_first(values: dict[str, Value], persona: str) -> None:
    assert placed(**values).persona == persona


def test_without_otherwise_a_lead_may_have_no_persona() -> None:
    assert placed("personas:\n- {persona: a, when: {company.name: {known: true}}}").persona == ""


def test_a_persona_says_why_it_was_taken_and_why_others_were_not() -> None:
    why = {one.text: one for one in placed(person__job_title="CEO of IT").explanation}
    assert why["persona it_lead"].reason == "gives 2 to the persona of this lead"
    assert why["persona other"].truth is FALSE
    assert why["persona other"].reason == "another line holds"


# --- asked by others ------------------------------------------------------------------------------------------------


def test_routing_lines_may_ask_for_segments_and_no_segment_is_a_no_and_not_unknown() -> None:
    text = """\
segments:
  dach: {when: {company.country: {in: [DE, AT, CH]}}}
routing:
  to:
    - {name: abroad, when: {none: [{segments: {contains: dach}}]}, queue: world}
    - {name: rest, otherwise: true, queue: home}
"""
    from core.routing.compiling import Team

    found, problems = compile_rules([read_document(text, "r.yaml")], STANDARD, Team(queues=("world", "home")))
    assert problems == []

    def goes(**values: Value) -> str:
        subject = lead(**values)
        went = found.route(found.decide(subject, NOW).subject(subject), NOW)
        return getattr(went, "line", "")

    assert goes(company__country="FR") == "abroad"
    assert goes(company__country="DE") == "rest"
    assert goes() == "abroad"


def test_tests_in_the_file_expect_segments_and_personas() -> None:
    text = (
        RULES
        + """\
tests:
  - {name: right, given: {company.country: DE, company.employees: "500"}, expect: {segments: [enterprise, dach], persona: boss}}
  - {name: none, given: {company.name: Acme}, expect: {segments: [], persona: other}}
  - {name: wrong, given: {company.country: DE}, expect: {segments: [enterprise]}}
"""
    )
    results = run_rule_tests(rules(text), STANDARD)
    assert [result.passed for result in results] == [True, True, False]
    assert "r.yaml:15" in results[2].message
    assert "expected `enterprise`, got `dach`" in results[2].message


# --- what is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("segments: [a]", "wrong_type", "1:11", "`segments`"),
        ("segments:\n  A b: {when: {company.name: {known: true}}}", "wrong_name", "2:3", "small letters"),
        ("segments:\n  a: {label: A}", "missing_key", "2:3", "`when`"),
        ("segments:\n  a: {wen: x}", "unknown_key", "2:7", "Did you mean `when`?"),
        ("segments:\n  a: {when: {compny.name: {is: x}}}", "unknown_field", "2:14", "company.name"),
        ("segments:\n  a: {when: {segments: {contains: a}}}", "circle", "2:25", "which segments"),
        ("checks:\n  c: {persona: {is: x}}\nsegments:\n  a: {when: c}", "circle", "4:13", "check `c`, which asks persona"),
        ("qualification:\n- {outcome: x, when: {segments: {contains: a}}, reason: r}\n- {outcome: y, otherwise: true, reason: r}",
         "circle", "2:34", "after it"),
        ("scoring:\n  fit: [{when: {segments: {contains: a}}, points: 1}]", "circle", "2:28", "segments"),
        ("scoring:\n  fit: [{when: {company.name: {known: true}}, points: 9}]\n  lifecycle_stage: {mql: {when: {persona: {is: a}}}}",
         "circle", "3:44", "after it"),
        ("personas: {a: b}", "wrong_type", "1:11", "list of lines"),
        ("personas:\n- {when: {company.name: {known: true}}}", "missing_key", "2:3", "`persona`"),
        ("personas:\n- {persona: a}", "missing_key", "2:3", "`when`"),
        ("personas:\n- {persona: a, otherwise: true}\n- {persona: b, when: {company.name: {known: true}}}", "wrong_key", "2:16", "end"),
        ("personas:\n- {persona: a, otherwise: true, points: 3}", "wrong_key", "2:33", "points"),
        ("personas:\n- {persona: a, when: {company.name: {known: true}}, points: 0}", "wrong_value", "2:61", "`points`"),
        ("personas:\n- {persona: a, when: {persona: {is: a}}}", "circle", "2:33", "itself"),
        ("segments:\n  a: {when: {company.name: {known: true}}}\npersonas:\n- {persona: p, when: {segments: {contains: aa}}}",
         "unknown_name", "4:44", "Did you mean `a`?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_place_with_what_to_do(text: str, code: str, place: str, words: str) -> None:
    _, problems = read(text)
    assert [(problem.code, str(problem.place)) for problem in problems] == [(code, f"r.yaml:{place}")]
    assert words in problems[0].message


def test_the_same_segment_in_two_files_is_refused_and_different_ones_add_up() -> None:
    one = read_document("segments:\n  a: {when: {company.name: {known: true}}}", "a.yaml")
    other = read_document("segments:\n  b: {when: {company.name: {known: true}}}", "b.yaml")
    found, problems = compile_rules([one, other], STANDARD)
    assert (found.segments.names, problems) == (("a", "b"), [])
    _, problems = compile_rules([one, read_document("segments:\n  a: {when: {company.name: {known: true}}}", "b.yaml")], STANDARD)
    assert [(problem.code, str(problem.place)) for problem in problems] == [("duplicate_name", "b.yaml:2:3")]


# --- lint -----------------------------------------------------------------------------------------------------------

FREE = "segments:\n  de: {when: {company.country: {is: DE}}}\n  fr: {when: {company.country: {is: FR}}}\n"


def lines_of(problems: tuple[Problem, ...]) -> list[tuple[str, int]]:
    return [(problem.code, problem.place.line if problem.place else 0) for problem in problems]


@pytest.mark.parametrize(
    ("text", "problems", "warnings"),
    [
        ("segments:\n  a: {when: {company.country: {is: DE, is_not: DE}}}", [("never_fires", 2)], []),
        (FREE + "personas:\n- {persona: p, when: {segments: {contains: de}}}", [], []),
        (
            FREE + "personas:\n- {persona: p, when: {all: [{segments: {contains: de}}, {segments: {contains: fr}}]}}",
            [("never_fires", 5)],
            [],
        ),
        (FREE + "personas:\n- {persona: p, when: {segments: {contains: de}}, points: 1}\n- {persona: q, when: {segments: {contains: fr}}}", [], []),
        ("personas:\n- {persona: p, when: {company.employees: {at_least: 10}}}\n- {persona: q, when: {company.employees: {at_least: 50}}}",
         [("shadowed", 3)], []),
        ("personas:\n- {persona: p, when: {company.employees: {at_least: 10}}}\n- {persona: q, when: {company.employees: {at_least: 50}}, points: 2}",
         [], []),
        ("personas:\n- {persona: p, when: {company.employees: {at_least: 10}}}\n- {persona: q, when: {company.employees: {at_most: 50}}}",
         [], [("overlap", 3)]),
        ("personas:\n- {persona: p, when: {company.employees: {at_least: 51}}}\n- {persona: q, when: {company.employees: {at_most: 50}}}",
         [], []),
        ("qualification:\n- {outcome: x, when: {company.country: {is: DE, is_not: DE}}, reason: r}\n- {outcome: y, otherwise: true, reason: r}",
         [("never_fires", 2)], []),
    ],
)  # fmt: skip
def test_lint_finds_what_never_holds_is_hidden_or_overlaps(
    text: str, problems: list[tuple[str, int]], warnings: list[tuple[str, int]]
) -> None:
    found = rules(text).lint(STANDARD)
    assert (lines_of(found.problems), lines_of(found.warnings)) == (problems, warnings)


def test_who_must_not_be_in_a_segment_of_an_unknown_field_is_not_called_impossible() -> None:
    text = FREE + "personas:\n- {persona: p, when: {none: [{segments: {contains: de}}], company.country: {known: false}}}"
    assert rules(text).lint(STANDARD).problems == ()
    assert placed(text).persona == "p"


def test_the_shipped_example_loads_passes_its_tests_and_has_nothing_wrong() -> None:
    path = Path(__file__).parents[2] / "config" / "examples" / "segments.yaml"
    found = rules(path.read_text("utf-8"))
    assert [result.message for result in run_rule_tests(found, STANDARD) if not result.passed] == []
    findings = found.lint(STANDARD)
    assert (findings.problems, findings.warnings) == ((), ())
