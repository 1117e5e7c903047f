"""Several verdicts by name, packs of criteria with their evidence, and the questions that are worth asking."""

# ruff: noqa: E501 -- rule files of one line each are easier to compare

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conditions import Case
from core.documents import read_document
from core.fields import STANDARD, TIMEFRAMES, Catalogue, Field
from core.lead import Lead, Value, Won
from core.questions import Question, sentence_of
from core.rule_files import compile_rules
from core.rule_tests import covered_rules, rule_names, run_rule_tests
from core.rules import Rules
from leadrelay.custom_fields import read_fields
from tests.support.one_file import NOW, read, right

PACKS = Path(__file__).parents[2] / "config" / "examples"

SETS = """\
checks:
  uses: {has_touch: {kind: [product_used]}}
qualification:
  pql:
    - {outcome: yes_it_is, when: uses, reason: uses the product}
    - {outcome: not_yet, otherwise: true, reason: does not use it}
  lead:
    - {outcome: convert, when: {qualification.pql: {is: yes_it_is}}, reason: uses the product}
    - {outcome: undecided, otherwise: true, reason: unknown}
"""


def lead(*kinds: str, **values: Value) -> Lead:
    fields = {path.replace("__", "."): Won(value, NOW, "T1") for path, value in values.items()}
    return Lead("L1", 1, fields, dict.fromkeys(kinds, NOW))


# --- several verdicts -----------------------------------------------------------------------------------------------


def test_each_list_gives_a_verdict_and_the_one_called_lead_is_the_outcome() -> None:
    found = right(SETS).decide(lead("product_used"), NOW)
    assert (found.verdict.outcome, found.verdict.reason) == ("convert", "uses the product")
    assert {name: (one.outcome, one.reason) for name, one in found.sets.items()} == {"pql": ("yes_it_is", "uses the product")}
    assert found.subject(lead()).value("qualification.pql") == "yes_it_is"
    assert right(SETS).decide(lead(), NOW).verdict.outcome == "undecided"


def test_without_lead_the_first_list_is_the_outcome() -> None:
    text = "qualification:\n  b2b: [{outcome: x, otherwise: true, reason: r}]\n  b2c: [{outcome: y, otherwise: true, reason: r}]"
    found = right(text).decide(lead(), NOW)
    assert found.verdict.outcome == "x"
    assert found.sets["b2c"].outcome == "y"


def test_segments_and_stages_may_ask_for_a_verdict() -> None:
    text = SETS + "segments:\n  users: {when: {qualification.pql: {is: yes_it_is}}}\n"
    assert right(text).decide(lead("product_used"), NOW).placed.segments == ("users",)


def test_tests_and_coverage_know_the_verdicts() -> None:
    text = (
        SETS
        + "tests:\n- {name: t, given: {touches: [product_used]}, expect: {outcome: convert, qualification: {pql: yes_it_is}}}\n"
    )
    found = right(text)
    assert [result.passed for result in run_rule_tests(found, STANDARD)] == [True]
    assert covered_rules(found, STANDARD) == {"checks: uses", "qualification pql: yes_it_is", "qualification: convert"}
    rest = {"qualification pql: not_yet", "qualification: undecided"}
    assert set(rule_names(found)) == covered_rules(found, STANDARD) | rest


END = "{outcome: y, otherwise: true, reason: r}"


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("qualification: {}", "wrong_type", "1:16", "list of lines"),
        (f"qualification:\n  A b: [{END}]", "wrong_name", "2:3", "small letters"),
        ("qualification:\n  a: []", "wrong_type", "2:6", "list of lines"),
        ("qualification:\n  a: [{outcome: y, otherwise: true}]", "missing_key", "2:7", "`reason`"),
        (f"qualification:\n  a:\n  - {{outcome: x, when: {{qualification.b: {{is: y}}}}, reason: r}}\n  - {END}\n  b: [{END}]\n  lead: [{END}]",
         "circle", "3:43", "worked out of this line, or after it"),
        (f"qualification:\n  a:\n  - {{outcome: x, when: {{qualification.a: {{is: y}}}}, reason: r}}\n  - {END}\n  lead: [{END}]",
         "circle", "3:43", "worked out of this line"),
        (f"qualification:\n  a:\n  - {{outcome: x, when: {{qualification.lead: {{is: y}}}}, reason: r}}\n  - {END}\n  lead: [{END}]",
         "unknown_field", "3:25", "qualification.lead"),
        (f"scoring: {{fit: [{{when: {{qualification.a: {{is: y}}}}, points: 3}}]}}\nqualification:\n  a: [{END}]\n  lead: [{END}]",
         "circle", "1:43", "before the verdicts"),
        ("criteria: [a]", "wrong_type", "1:11", "mapping"),
        ("checks: {budget: {interest.budget: {known: true}}}\ncriteria: {bant: [budgte]}", "unknown_check", "2:19", "Did you mean `budget`?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_place_with_what_to_do(text: str, code: str, place: str, words: str) -> None:
    _, problems = read(text)
    assert [(problem.code, str(problem.place)) for problem in problems] == [(code, f"r.yaml:{place}")]
    assert words in problems[0].message


# --- criteria -------------------------------------------------------------------------------------------------------


def packs() -> tuple[Rules, Catalogue]:
    catalogue, problems = read_fields(read_document((PACKS / "fields.yaml").read_text("utf-8"), "fields.yaml"))
    assert problems == []
    names = ("bant.yaml", "meddic.yaml", "champ.yaml", "gpct.yaml")
    found, problems = compile_rules([read_document((PACKS / name).read_text("utf-8"), name) for name in names], catalogue)
    assert problems == []
    return found, catalogue


def test_the_shipped_packs_load_together_and_pass_their_tests() -> None:
    found, catalogue = packs()
    assert [result.message for result in run_rule_tests(found, catalogue) if not result.passed] == []
    assert [pack.name for pack in found.packs] == ["bant", "meddic", "champ", "gpct"]
    assert found.lint(catalogue).problems == ()


def test_a_criterion_is_met_or_not_or_unknown_with_its_evidence_and_what_is_missing() -> None:
    found = packs()[0].criteria(lead(interest__budget="10000", interest__authority="no"), NOW)["bant"]
    assert {name: one.state for name, one in found.items()} == {
        "bant_budget": "yes", "bant_authority": "no", "bant_need": "unknown", "bant_timeline": "unknown",
    }  # fmt: skip
    assert found["bant_budget"].as_json() == {
        "state": "yes",
        "evidence": [{"asked": "interest.budget at least 5000", "value": "10000", "at": NOW, "touch": "T1"}],
        "missing": [],
    }
    assert found["bant_timeline"].missing == ("interest.timeframe",)
    assert found["bant_timeline"].evidence == ()


# --- questions ------------------------------------------------------------------------------------------------------

ASKING = """\
qualification:
  - {outcome: big,   when: {company.employees: {at_least: 250}, interest.confirmed: {is: true}}, reason: r}
  - {outcome: early, when: {interest.timeframe: {is: later}}, reason: r}
  - {outcome: soon,  when: {interest.timeframe: {in: [now, within_3_months]}}, reason: r}
  - {outcome: rest,  otherwise: true, reason: r}
"""


def asked(**values: Value) -> tuple[Question, ...]:
    return right(ASKING).questions(lead(**values), NOW, STANDARD)


def test_the_question_whose_answers_give_most_outcomes_comes_first() -> None:
    found = asked()
    assert [one.path for one in found] == ["interest.timeframe", "company.employees", "interest.confirmed"]
    assert found[0].outcomes == ("early", "soon")
    assert found[1].outcomes == ()
    assert found[1].together == 4
    assert found[1].sentence == "Number of employees: how many or how much?"


def test_what_can_no_longer_matter_is_not_asked() -> None:
    assert [one.path for one in asked(interest__confirmed=False)] == ["interest.timeframe"]
    assert asked(interest__confirmed=True, company__employees="500") == ()


@given(
    known=st.fixed_dictionaries(
        {},
        optional={
            "company.employees": st.sampled_from(["10", "500", "100-300"]),
            "interest.confirmed": st.booleans(),
            "interest.timeframe": st.sampled_from(TIMEFRAMES),
        },
    )
)
def test_every_outcome_that_a_question_names_is_given_by_an_answer(known: dict[str, Value]) -> None:
    found = right(ASKING)
    held = Lead("L1", 1, {path: Won(value, NOW, "T1") for path, value in known.items()})
    now = found.qualify(held, NOW).outcome
    answers: dict[str, list[Value]] = {
        "company.employees": ["1", "249", "250", "251", "1000"], "interest.confirmed": [True, False], "interest.timeframe": list(TIMEFRAMES),
    }  # fmt: skip
    for question in found.questions(held, NOW, STANDARD):
        given_by = {
            found.qualify(Lead("L1", 1, {**held.fields, question.path: Won(answer, NOW, "T2")}), NOW).outcome
            for answer in answers[question.path]
        }
        assert set(question.outcomes) == given_by - {now}
        assert question.together >= 2
    ranks = [(-len(one.outcomes), -one.together) for one in found.questions(held, NOW, STANDARD)]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    "field", [*STANDARD.fields.values(), Field("custom.x", "choice", "X", False, choices=("a",))], ids=lambda field: field.path
)
def test_every_field_has_a_question(field: Field) -> None:
    sentence = sentence_of(field)
    assert sentence.startswith(f"{field.label}: ")
    assert sentence.endswith("?")
    assert "unknown" not in sentence


def test_many_open_questions_are_still_ranked_in_time() -> None:
    checks = "".join(f"  c{number}: {{custom.n{number}: {{at_least: {number + 3}}}}}\n" for number in range(12))
    catalogue = STANDARD.with_custom(Field(f"custom.n{number}", "integer", f"N{number}", False) for number in range(12))
    lines = f"qualification:\n- {{outcome: x, when: {{all: [{', '.join(f'c{number}' for number in range(12))}]}}, reason: r}}\n- {END}\n"
    found = right(f"checks:\n{checks}{lines}", catalogue)
    assert len(found.questions(lead(), NOW, catalogue)) == 12
    assert Case(lead(), NOW, found.checks).answer("c0").value == "unknown"


@pytest.mark.parametrize(
    ("when", "outcomes"),
    [
        ("{company.name: {contains: acme}}", ("x",)),
        ("{address.postcode: {between: 10000-19999}}", ("x",)),
        ("{address.postcode: {starts_with: 79}}", ("x",)),
        ("{person.job_title: {matches: '(?i)cto'}}", ()),
        ("{expression: 'person.job_title.endsWith(\"CTO\")'}", ()),
    ],
)
def test_a_field_of_which_parts_or_patterns_are_asked_is_asked_for(when: str, outcomes: tuple[str, ...]) -> None:
    found = right(f"qualification:\n- {{outcome: x, when: {when}, reason: r}}\n- {END}").questions(lead(), NOW, STANDARD)
    assert [one.outcomes for one in found] == [outcomes]


# --- what a list asks for that asks for another list ----------------------------------------------------------------

CHAIN = """\
qualification:
  pql:
    - {outcome: team, when: {company.employees: {at_least: 20}, has_touch: {kind: product_used}}, reason: a team}
    - {outcome: nobody, otherwise: true, reason: nobody}
  sql:
    - {outcome: ready, when: {qualification.pql: {is: team}, interest.confirmed: {is: true}}, reason: ready}
    - {outcome: open, otherwise: true, reason: open}
  lead:
    - {outcome: convert, when: {qualification.sql: {is_not: open}}, reason: call them}
    - {outcome: wait, otherwise: true, reason: wait}
"""


@pytest.mark.parametrize(
    ("employees", "confirmed", "outcome", "ask"),
    [
        (None, True, "wait", ("company.employees",)),
        ("10-50", True, "wait", ("company.employees",)),
        (None, None, "wait", ("company.employees", "interest.confirmed")),
        ("5", None, "wait", ()),
        (None, False, "wait", ()),
        ("50", True, "convert", ()),
    ],
)
def test_what_is_missing_in_another_list_is_asked_for_where_it_could_change_the_outcome(
    employees: str | None, confirmed: bool | None, outcome: str, ask: tuple[str, ...]
) -> None:
    found, told = right(CHAIN), {"company__employees": employees, "interest__confirmed": confirmed}
    held = lead("product_used", **{path: value for path, value in told.items() if value is not None})
    decided = found.decide(held, NOW)
    assert (decided.verdict.outcome, decided.verdict.ask) == (outcome, ask)
    assert {one.path for one in found.questions(decided.subject(held), NOW, STANDARD)} == set(ask)


def test_a_list_that_has_one_outcome_for_all_leaves_nothing_to_ask() -> None:
    text = """\
qualification:
  all_same: [{outcome: same, otherwise: true, reason: r}]
  lead:
    - {outcome: convert, when: {qualification.all_same: {is: same}, interest.confirmed: {is: true}}, reason: r}
    - {outcome: wait, otherwise: true, reason: r}
"""
    assert right(text).decide(lead(), NOW).verdict.ask == ("interest.confirmed",)
    assert right(text).decide(lead(interest__confirmed=False), NOW).verdict.ask == ()
