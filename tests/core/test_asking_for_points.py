"""What to ask next where outcomes ask for points: what is unknown gives none, and known it might."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.lead import Lead, Won
from core.qualification import asked_for
from core.questions import Question
from core.rules import Rules
from tests.support.scoring import CATALOGUE, NOW, did, lead, rules_of
from tests.support.scoring_drawn import LEADS, SCORINGS, VALUES

SCORING = """
scoring:
  limit: 100
  fit:
    limit: 50
    lines:
      - {name: DACH, when: {company.country: {in: [DE, AT, CH]}}, points: 20}
      - {name: large, when: {company.employees: {at_least: 100}}, points: 30}
      - {name: private, when: {custom.tier: {is: none}}, points: -15}
  engagement: {visit: 10}
  bands: {hot: 80, warm: 40, cold: 0}
  grades: {A: 40, B: 0}
"""


def _rules(when: str, more: str = "") -> Rules:
    lines = f"  - {{outcome: talk, when: {when}, reason: good}}\n  - {{outcome: wait, otherwise: true, reason: not yet}}\n"
    return rules_of(f"{SCORING}\n{more}\nqualification:\n{lines}")


def _ask(rules: Rules, subject: Lead) -> tuple[str, ...]:
    return rules.decide(subject, NOW).verdict.ask


def _questions(rules: Rules, subject: Lead) -> dict[str, Question]:
    found = rules.decide(subject, NOW)
    held = Lead("L", 1, {**subject.fields, "score.total": Won(0 if found.score is None else found.score.total, 5, "t1")}, {})
    held = Lead("L", 1, held.fields, subject.kinds, acts=subject.acts)
    return {one.path: one for one in rules.questions(held, NOW, CATALOGUE)}


def test_a_field_whose_points_could_lift_the_score_over_what_is_asked_is_worth_asking_for() -> None:
    rules = _rules("{score.total: {at_least: 80}}")
    subject = lead(did(*range(6)), custom__tier="gold")  # 60 points
    assert _ask(rules, subject) == ("company.country", "company.employees")
    found = _questions(rules, subject)
    assert list(found) == ["company.country", "company.employees"]
    assert all(one.outcomes == ("talk",) for one in found.values())


@pytest.mark.parametrize(
    ("visits", "fields", "wanted"),
    [
        (3, {}, {"company.country": (), "company.employees": ()}),  # 30: only both together come to 80
        (2, {}, {}),  # 20: not even both do
        (5, {"company__country": "FR"}, {"company.employees": ("talk",)}),
        (5, {"company__country": "DE", "company__employees": "10"}, {}),
    ],
)
def test_what_could_not_lift_it_even_together_is_not_asked(
    visits: int, fields: dict[str, str], wanted: dict[str, tuple[str, ...]]
) -> None:
    rules = _rules("{score.total: {at_least: 80}}")
    subject = lead(did(*range(visits)), custom__tier="gold", **fields)
    assert {path: one.outcomes for path, one in _questions(rules, subject).items()} == wanted
    assert set(_ask(rules, subject)) == set(wanted)


def test_a_group_at_its_limit_is_not_asked_for_more() -> None:
    text = SCORING.replace("limit: 50", "limit: 20")
    rules = rules_of(f"{text}\nqualification:\n  - {{outcome: talk, when: {{score.total: {{at_least: 45}}}}, reason: good}}\n"
                     "  - {outcome: wait, otherwise: true, reason: not yet}\n")  # fmt: skip
    assert _ask(rules, lead(did(0, 1), custom__tier="gold", company__country="DE")) == ()
    assert _ask(rules, lead(did(0, 1, 2), custom__tier="gold")) == ("company.country", "company.employees")


def test_points_that_could_be_lost_leave_an_outcome_open_as_well() -> None:
    rules = _rules("{score.total: {at_least: 80}}")
    subject = lead(did(*range(8)), company__country="FR", company__employees="5")
    assert rules.decide(subject, NOW).verdict.outcome == "talk"
    assert {path: one.outcomes for path, one in _questions(rules, subject).items()} == {"custom.tier": ("wait",)}
    sure = lead(did(*range(10)), company__country="DE", company__employees="500")
    assert _ask(rules, sure) == (), "85 at the least"


COUNTRY, EMPLOYEES, TIER = "company.country", "company.employees", "custom.tier"


@pytest.mark.parametrize(
    ("when", "visits", "wanted"),
    [
        ("{score.fit: {at_least: 50}}", 0, {COUNTRY, EMPLOYEES, TIER}),
        ("{score.fit: {at_least: 51}}", 0, set()),
        ("{score.engagement: {at_least: 20}}", 1, set()),
        ("{score.band: {is: hot}}", 4, {COUNTRY, EMPLOYEES, TIER}),
        ("{score.band: {is: hot}}", 2, set()),
        ("{score.grade: {is: A}}", 0, {COUNTRY, EMPLOYEES, TIER}),
        ("{none: [{score.total: {at_least: 80}}]}", 6, {COUNTRY, EMPLOYEES, TIER}),
        ("keen", 6, {COUNTRY, EMPLOYEES, TIER}),
        ("{score.total: {known: true}}", 6, set()),
        ("{all: [{score.total: {at_least: 80}}, {company.country: {is: DE}}]}", 6, {COUNTRY, EMPLOYEES, TIER}),
    ],
)
def test_groups_bands_grades_and_checks_are_seen_through(when: str, visits: int, wanted: set[str]) -> None:
    rules = _rules(when, "checks: {keen: {score.total: {at_least: 80}}}")
    assert set(_questions(rules, lead(did(*range(visits))))) == wanted


def test_another_list_that_asks_for_points_is_seen_through_to_them() -> None:
    rules = rules_of(
        f"""{SCORING}
qualification:
  hot:
    - {{outcome: is_hot, when: {{score.total: {{at_least: 80}}}}, reason: keen}}
    - {{outcome: is_not, otherwise: true, reason: not yet}}
  lead:
    - {{outcome: talk, when: {{qualification.hot: {{is: is_hot}}}}, reason: keen}}
    - {{outcome: wait, otherwise: true, reason: not yet}}
"""
    )
    found = _questions(rules, lead(did(*range(6)), custom__tier="gold", company__employees="7"))
    assert {path: one.outcomes for path, one in found.items()} == {"company.country": ("talk",)}


@settings(max_examples=100, deadline=None)
@given(SCORINGS, st.integers(1, 60), LEADS, st.sampled_from(["at_least", "at_most"]))
def test_whatever_answer_would_change_the_outcome_by_its_points_is_asked_for(
    text: str, asked: int, subject: Lead, operator: str
) -> None:
    assume('"known"' not in text)  # whether something is known is never open
    lines = [
        {"outcome": "talk", "when": {"score.total": {operator: asked}}, "reason": "a"},
        {"outcome": "wait", "otherwise": True, "reason": "b"},
    ]
    rules = rules_of(json.dumps(json.loads(text) | {"qualification": lines}))
    found = rules.decide(subject, NOW).verdict
    asks, questions = set(found.ask), set(_questions(rules, subject))
    assert questions <= asks
    for path, several in VALUES.items():
        if subject.value(path) is not None:
            continue
        for value in several:
            answered = Lead("L", 1, {**subject.fields, path: Won(value, 5, "t1")}, subject.kinds, acts=subject.acts)
            if value != "unknown" and rules.decide(answered, NOW).verdict.outcome != found.outcome:
                assert asked_for(path) in questions
