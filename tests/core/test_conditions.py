"""Conditions: three-valued, typed by the field they ask of, explained, and complained about at their place."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping

import pytest

from core.condition_compiling import compile_condition
from core.condition_scope import lead_scope
from core.conditions import Case, Condition
from core.costly_patterns import too_costly
from core.documents import read_document
from core.fields import STANDARD, Field, FieldType
from core.instants import DAY
from core.lead import Lead, Value, Won
from core.mapping.reader import Reader
from core.operators import FALSE, MEANINGS, OPERATORS, TRUE, UNKNOWN, Truth
from core.problems import Problem

NOW = 1_763_726_400_000  # 2025-11-21T12:00:00Z
TYPES: tuple[FieldType, ...] = ("text", "integer", "decimal", "range", "boolean", "date", "datetime", "list", "country", "choice")
CATALOGUE = STANDARD.with_custom(
    Field(f"custom.{kind}", kind, kind, False, choices=("gold", "silver", "unknown") if kind == "choice" else ())
    for kind in TYPES
)


def read(text: str, checks: tuple[str, ...] = ()) -> tuple[Condition | None, list[Problem]]:
    document = read_document(text, "rules.yaml")
    assert not document.problems
    reader = Reader(CATALOGUE)
    return compile_condition(reader, document.root, lead_scope(CATALOGUE, checks)), reader.problems


def compiled(text: str, checks: tuple[str, ...] = ()) -> Condition:
    condition, problems = read(text, checks)
    assert not problems, problems
    assert condition is not None
    return condition


def lead(kinds: Mapping[str, int] | None = None, **fields: Value) -> Lead:
    return Lead("L", 1, {path.replace("__", "."): Won(value, 5, "t1") for path, value in fields.items()}, kinds or {})


def answer(text: str, subject: Lead) -> Truth:
    return compiled(text).truth(Case(subject, NOW))


# --- logic ----------------------------------------------------------------------------------------------------------


class Fixed:
    """A check with a given answer."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def truth(self, case: Case) -> Truth:
        return self._truth


def kleene(kind: str, answers: tuple[Truth, ...]) -> Truth:
    """The logic said plainly: an unknown stands for both; the result is known when both give the same."""
    python = {"all": all, "any": any, "none": lambda values: not any(values)}[kind]
    options = [(True, False) if one is UNKNOWN else (one is TRUE,) for one in answers]
    results = {python(values) for values in itertools.product(*options)}
    return UNKNOWN if len(results) == 2 else TRUE if results == {True} else FALSE


@pytest.mark.parametrize("kind", ["all", "any", "none"])
@pytest.mark.parametrize("answers", list(itertools.product(Truth, repeat=2)), ids=str)
def test_unknown_is_never_no(kind: str, answers: tuple[Truth, ...]) -> None:
    checks = {"one": Fixed(answers[0]), "two": Fixed(answers[1])}
    condition = compiled(f"{{{kind}: [one, two]}}", ("one", "two"))
    assert condition.truth(Case(lead(), NOW, checks)) is kleene(kind, answers)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", list(Truth))
@pytest.mark.parametrize(("wanted", "flips"), [("true", False), ("false", True)])
def test_a_check_may_be_asked_for_no(given: Truth, wanted: str, flips: bool) -> None:
    condition = compiled(f"{{one: {{is: {wanted}}}}}", ("one",))
    expected = given if not flips or given is UNKNOWN else (FALSE if given is TRUE else TRUE)
    assert condition.truth(Case(lead(), NOW, {"one": Fixed(given)})) is expected  # type: ignore[dict-item]


def test_several_lines_mean_all_of_them() -> None:
    text = "{company.country: {in: [DE, AT]}, company.employees: {at_least: 250}}"
    assert answer(text, lead(company__country="DE", company__employees="250-500")) is TRUE
    assert answer(text, lead(company__country="DE")) is UNKNOWN
    assert answer(text, lead(company__country="US")) is FALSE


def test_only_true_counts_as_true() -> None:
    assert [bool(one) for one in (TRUE, FALSE, UNKNOWN)] == [True, False, False]


# --- operators ------------------------------------------------------------------------------------------------------

ANSWERS = [
    ("custom.text: {is: Acme}", "acme ", TRUE),
    ("custom.text: {is: Acme}", "Beta", FALSE),
    ("custom.text: {is_not: Acme}", "ACME", FALSE),
    ("custom.text: {is_not: Acme}", "Beta", TRUE),
    ("custom.text: {in: [a, B]}", "b", TRUE),
    ("custom.text: {in: [a, b]}", "c", FALSE),
    ("custom.text: {in: a}", "a", TRUE),
    ("custom.text: {not_in: [a, b]}", "c", TRUE),
    ("custom.text: {not_in: [a, b]}", "B", FALSE),
    ("custom.text: {contains: chief tech}", "The CHIEF  Technology Officer", TRUE),
    ("custom.text: {contains: ceo}", "cto", FALSE),
    ("custom.text: {matches: '^(head|vp)\\b'}", "VP Sales", TRUE),
    ("custom.text: {matches: '^(head|vp)\\b'}", "MVP", FALSE),
    ("custom.text: {known: true}", "x", TRUE),
    ("custom.text: {known: false}", "x", FALSE),
    ("custom.text: {known: no}", "x", FALSE),
    ("custom.text: {is: NO}", "no", TRUE),
    ("custom.text: {is: 01067}", "01067", TRUE),
    ("custom.text: {is: 01067}", "1067", FALSE),
    ("custom.integer: {at_least: 10}", 10, TRUE),
    ("custom.integer: {at_least: 10}", 9, FALSE),
    ("custom.integer: {at_least: 10}", 0, FALSE),
    ("custom.integer: {at_most: 10}", 10, TRUE),
    ("custom.integer: {at_most: 10}", 11, FALSE),
    ("custom.integer: {at_most: 2.5}", 2, TRUE),
    ("custom.integer: {is: 25}", 25, TRUE),
    ("custom.integer: {in: [1, 2]}", 3, FALSE),
    ("custom.integer: {at_least: -1}", -5, FALSE),
    ("custom.integer: {at_least: 10, at_most: 20}", 15, TRUE),
    ("custom.integer: {at_least: 10, at_most: 20}", 25, FALSE),
    ("custom.decimal: {at_least: 1250.5}", "1250.50", TRUE),
    ("custom.decimal: {is: 1250.5}", "1250.50", TRUE),
    ("custom.decimal: {at_least: 9}", "10", TRUE),
    ("custom.decimal: {at_most: 9}", "10", FALSE),
    ("custom.range: {at_least: 250}", "250-", TRUE),
    ("custom.range: {at_least: 250}", "251-500", TRUE),
    ("custom.range: {at_least: 250}", "11-50", FALSE),
    ("custom.range: {at_least: 25}", "11-50", UNKNOWN),
    ("custom.range: {at_least: 25}", "11-", UNKNOWN),
    ("custom.range: {at_least: 25}", "-50", UNKNOWN),
    ("custom.range: {at_least: 25}", "25", TRUE),
    ("custom.range: {at_least: 25}", "-24", FALSE),
    ("custom.range: {at_least: 9}", "11", TRUE),
    ("custom.range: {at_most: 50}", "11-50", TRUE),
    ("custom.range: {at_most: 50}", "51-", FALSE),
    ("custom.range: {at_most: 20}", "11-50", UNKNOWN),
    ("custom.range: {at_most: 20}", "11-", UNKNOWN),
    ("custom.range: {is: 11-50}", "11-50", TRUE),
    ("custom.range: {is: 11-50}", "20", TRUE),
    ("custom.range: {is: 11-50}", "51-200", FALSE),
    ("custom.range: {is: 11-50}", "50-200", UNKNOWN),
    ("custom.range: {is: 20}", "11-50", UNKNOWN),
    ("custom.range: {is: 20}", "11-", UNKNOWN),
    ("custom.range: {is: 20}", "-19", FALSE),
    ("custom.range: {is_not: 20}", "11-50", UNKNOWN),
    ("custom.range: {is_not: 20}", "21-50", TRUE),
    ("custom.range: {is_not: 20}", "20", FALSE),
    ("custom.range: {in: [1-10, 250-]}", "300", TRUE),
    ("custom.range: {in: [1-10, 250-]}", "11-50", FALSE),
    ("custom.range: {not_in: [1-10, 250-]}", "200-", UNKNOWN),
    ("custom.range: {not_in: [1-10, 250-]}", "11-50", TRUE),
    ("custom.boolean: {is: true}", True, TRUE),
    ("custom.boolean: {is: yes}", False, FALSE),
    ("custom.boolean: {is_not: true}", False, TRUE),
    ("custom.boolean: {is: false}", False, TRUE),
    ("custom.country: {in: [de, AT]}", "DE", TRUE),
    ("custom.country: {in: [DE, AT]}", "CH", FALSE),
    ("custom.list: {contains: crm}", ("CRM", "erp"), TRUE),
    ("custom.list: {contains: cr}", ("crm",), FALSE),
    ("custom.list: {in: [crm, bi]}", ("bi",), TRUE),
    ("custom.list: {not_in: [crm, bi]}", ("bi",), FALSE),
    ("custom.list: {not_in: [crm]}", ("x",), TRUE),
    ("custom.choice: {is: gold}", "gold", TRUE),
    ("custom.choice: {is: gold}", "silver", FALSE),
    ("custom.choice: {is: gold}", "unknown", UNKNOWN),
    ("custom.choice: {is_not: gold}", "unknown", UNKNOWN),
    ("custom.choice: {is: unknown}", "unknown", TRUE),
    ("custom.choice: {not_in: [gold]}", "silver", TRUE),
    ("custom.datetime: {within: 90 days}", "2025-10-01T00:00:00Z", TRUE),
    ("custom.datetime: {within: 90 days}", "2025-08-01T00:00:00Z", FALSE),
    ("custom.datetime: {within: 90 days}", "2026-01-01T00:00:00.000Z", TRUE),
    ("custom.datetime: {within: 1 hour}", "2025-11-21T11:00:00Z", TRUE),
    ("custom.datetime: {within: 1 hour}", "2025-11-21T10:59:59Z", FALSE),
    ("custom.datetime: {older_than: 1 hour}", "2025-11-21T10:59:59Z", TRUE),
    ("custom.datetime: {older_than: 1 hour}", "2025-11-21T11:00:00Z", FALSE),
    ("custom.datetime: {older_than: 1 day}", "2026-11-21T11:00:00Z", FALSE),
    ("custom.datetime: {is: 2025-11-21T11:00:00Z}", "2025-11-21T12:00:00.000+01:00", TRUE),
    ("custom.date: {within: 3 days}", "2025-11-18", TRUE),
    ("custom.date: {within: 3 days}", "2025-11-17", FALSE),
    ("custom.date: {within: 3 days}", "2025-11-24", TRUE),
    ("custom.date: {within: 3 days}", "2025-11-25", FALSE),
    ("custom.date: {older_than: 1 day}", "2025-11-20", FALSE),
    ("custom.date: {older_than: 1 day}", "2025-11-19", TRUE),
    ("custom.date: {at_least: 2025-11-21}", "2025-11-21", TRUE),
    ("custom.date: {at_most: 2025-11-20}", "2025-11-21", FALSE),
    ("custom.date: {is: 2025-11-21}", "2025-11-21", TRUE),
    ("custom.date: {within: 1 month}", "2025-10-23", TRUE),
]


@pytest.mark.parametrize(("text", "value", "expected"), ANSWERS)
def test_an_operator_answers_by_the_type_of_its_field(text: str, value: Value, expected: Truth) -> None:
    path = text.split(":")[0].replace(".", "__")
    assert answer("{" + text + "}", lead(**{path: value})) is expected


@pytest.mark.parametrize("text", sorted({text for text, _, _ in ANSWERS if "known:" not in text}))
def test_nothing_is_known_of_a_field_without_a_value(text: str) -> None:
    assert answer("{" + text + "}", lead()) is UNKNOWN


def test_whether_a_field_is_known_is_always_known() -> None:
    assert answer("{company.name: {known: true}}", lead()) is FALSE
    assert answer("{company.name: {known: false}}", lead()) is TRUE


def test_every_operator_has_a_meaning_and_every_type_has_operators() -> None:
    assert set(OPERATORS) == {field.type for field in CATALOGUE.fields.values()} | {"decimal", "range"}
    assert {operator for several in OPERATORS.values() for operator in several} == set(MEANINGS)


@pytest.mark.parametrize(
    ("text", "kinds", "expected"),
    [
        ("{has_touch: {kind: demo_request}}", {"demo_request": 0}, TRUE),
        ("{has_touch: {kind: demo_request}}", {"contact": NOW}, FALSE),
        ("{has_touch: {kind: [contact, demo_request], within: 90 days}}", {"demo_request": NOW - 90 * DAY}, TRUE),
        ("{has_touch: {kind: [contact, demo_request], within: 90 days}}", {"demo_request": NOW - 90 * DAY - 1}, FALSE),
        ("{has_touch: {kind: contact, within: 2 hours}}", {}, FALSE),
    ],
)
def test_a_touch_that_is_not_in_the_history_has_not_happened(text: str, kinds: dict[str, int], expected: Truth) -> None:
    assert answer(text, lead(kinds)) is expected


# --- explanation ----------------------------------------------------------------------------------------------------


def test_an_explanation_names_clause_value_and_touch() -> None:
    condition = compiled("{any: [{company.employees: {at_least: 25}}, {company.country: {in: [DE, AT]}}]}")
    found = condition.explain(Case(lead(company__employees="11-50"), NOW))
    assert found.as_json() == {
        "text": "any", "truth": "unknown", "place": "rules.yaml:1:2",
        "parts": [
            {"text": "company.employees at least 25", "truth": "unknown", "place": "rules.yaml:1:29", "value": "11-50", "at": 5,
             "touch": "t1"},
            {"text": "company.country in DE, AT", "truth": "unknown", "place": "rules.yaml:1:64"},
        ],
    }  # fmt: skip


def test_what_keeps_an_answer_open_is_only_what_could_close_it() -> None:
    condition = compiled("{company.country: {is: DE}, any: [{person.language: {is: de}}, {custom.integer: {at_least: 5}}]}")
    assert list(condition.unknowns(Case(lead(person__language="en"), NOW))) == ["company.country", "custom.integer"]
    assert list(condition.unknowns(Case(lead(company__country="US"), NOW))) == []
    assert list(condition.unknowns(Case(lead(person__language="de", company__country="DE"), NOW))) == []


# --- complaints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "column", "words"),
    [
        ("{compny.name: {is: x}}", "unknown_field", 2, "Did you mean `company.name`?"),
        ("{company.name: {iss: x}}", "unknown_operator", 17, "Did you mean `is`?"),
        ("{company.name: {at_least: 5}}", "unknown_operator", 17, "type text"),
        ("{company.name: Acme}", "wrong_type", 16, "company.name: {is: Acme}"),
        ("{custom.integer: {at_least: many}}", "wrong_value", 29, "number"),
        ("{custom.integer: {is: 1.5}}", "wrong_value", 23, "whole number"),
        ("{custom.integer: {in: [1, x]}}", "wrong_value", 27, "`x`"),
        ("{custom.boolean: {is: maybe}}", "wrong_value", 23, "`true` or `false`"),
        ("{custom.choice: {is: glod}}", "unknown_value", 22, "Did you mean `gold`?"),
        ("{custom.choice: {in: [gold, sliver]}}", "unknown_value", 29, "Did you mean `silver`?"),
        ("{custom.country: {is: Germany}}", "wrong_value", 23, "two letters"),
        ("{custom.date: {within: 90}}", "wrong_value", 24, "`90 days`"),
        ("{custom.date: {is: 21.11.2025}}", "wrong_value", 20, "2026-11-21"),
        ("{custom.range: {at_least: 11-50}}", "wrong_value", 27, "number"),
        ("{custom.text: {in: []}}", "empty", 20, "empty"),
        ("{custom.text: {is: ''}}", "empty", 20, "empty"),
        ("{custom.text: {known: perhaps}}", "wrong_type", 23, "true or false"),
        ("{custom.text: {matches: '('}}", "wrong_value", 25, "regular expression"),
        ("{custom.text: {matches: '(a+)+$'}}", "wrong_value", 25, "flatter"),
        ("{touch.campaign: {is: x}}", "unknown_field", 2, "last_touch.campaign"),
        ("{interestd: {is: true}}", "unknown_field", 2, "Did you mean `interested`?"),
        ("{all: [intrested]}", "unknown_check", 8, "Did you mean `interested`?"),
        ("{all: []}", "empty", 2, "at least one"),
        ("{all: [company.name]}", "wrong_type", 8, "known: true"),
        ("[interested]", "wrong_type", 1, "all: [...]"),
        ("{}", "empty", 1, "empty"),
        ("{interested: true}", "wrong_type", 14, "{is: true}"),
        ("{has_touch: {within: 3 days}}", "missing_key", 2, "kind"),
        ("{has_touch: {kind: x, wihtin: 3 days}}", "unknown_key", 23, "Did you mean `within`?"),
        ("{has_touch: {kind: x, within: soon}}", "wrong_value", 31, "90 days"),
        ("{has_touch: demo_request}", "wrong_type", 13, "mapping"),
    ],
)
def test_a_mistake_is_named_at_its_place_with_what_to_do(text: str, code: str, column: int, words: str) -> None:
    _, problems = read(text, ("interested",))
    assert [(problem.code, problem.place.column if problem.place else 0) for problem in problems] == [(code, column)]
    assert words in problems[0].message


def test_all_mistakes_are_named_at_once() -> None:
    _, problems = read("{compny: {is: x}, any: [{company.name: {iss: x}}, nobody], custom.integer: {at_least: x, at_most: y}}")
    assert len(problems) == 5


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*",
        "(a|a)*b",
        "([a-z]+)*x",
        "((a)+b)+",
        "(a?){30}",
        "(x+x+)+y",
        ".*.*.*x",
        "(a)\\1",
        "(?P<n>a)(?P=n)",
        "(a{1,30}){30}",
        "a{0,500}b{0,500}c{0,500}",
    ],
)
def test_an_expression_that_can_take_forever_is_refused(pattern: str) -> None:
    _, problems = read(f"{{custom.text: {{matches: '{pattern}'}}}}")
    assert len(problems) == 1


@pytest.mark.parametrize(
    "pattern", ["^(head|vp|chief) of", "[(+*]+x", "\\(.*\\)", "(?:foo|bar)?baz", "\\d{5}", "(ab)+", "a.*b", "(?i:x)y", "[^|]+"]
)
def test_an_ordinary_expression_is_accepted(pattern: str) -> None:
    _, problems = read(f"{{custom.text: {{matches: '{pattern}'}}}}")
    assert problems == []


@pytest.mark.parametrize("pattern", [".*.*x", "[a-z]+[a-z]+1", "(?:a?)b", "a{0,20}a{0,20}a{0,20}x"])
def test_the_worst_accepted_expression_stays_cheap_on_a_long_text(pattern: str) -> None:
    condition = compiled(f"{{custom.text: {{matches: '{pattern}'}}}}")
    started = time.thread_time()  # what other programs do does not count; one that explodes would not end at all
    condition.truth(Case(lead(custom__text="a" * 100_000), NOW))
    assert time.thread_time() - started < 5.0


# --- regular expressions that no text makes slow -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        "a?" * 24 + "a" * 24, "(aa?)" * 24 + "c", "(a|aa)" * 24 + "c", "a{0,9}" * 8 + "c", "(a?|b)" * 20, "a?" * 5 + "a*a*c",
        "(a|[a-z])" * 20 + "c", "(?i)" + "x{0,1}" * 15, "(a(b|c)?)" * 14 + "d",
    ],
)  # fmt: skip
def test_a_pattern_with_too_many_ways_to_fit_is_refused(pattern: str) -> None:
    assert "some text may take forever" in str(too_costly(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?i)\b(ceo|cfo|cio|cto|owner|director|head of (it|sales|marketing)|gesch[äa]ftsf[üu]hrer(in)?)\b",
        r"(?i)\b(head|chief|vp|leiter|leiterin) (of|der|von) (it|edv|sales|vertrieb|marketing)\b",
        r".*@(acme|beta)\.(de|com|co\.uk)$",
        r"(?i)e-?mail.*(gmbh|ag|kg)", r"^[A-Z]{2}\d{3,5}$", r"colou?r",
        "(" + "|".join(f"word{number}" for number in range(200)) + ")",
        r"(?:\+|00)49[ -]?\d{2,5}", r".+@.+", r"\d+(,\d+)?", "a+?b", "[?*+|()]{3}", r"\?\*\|",
    ],
)  # fmt: skip
def test_a_pattern_as_people_write_it_is_taken(pattern: str) -> None:
    assert too_costly(pattern) is None
