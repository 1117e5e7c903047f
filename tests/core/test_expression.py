"""CEL under `expression:`: typed at load with the place of each error, three-valued, bounded, and explained."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.condition_compiling import compile_condition
from core.condition_scope import lead_scope
from core.conditions import Case, Condition
from core.documents import read_document
from core.expression_errors import MOST_WORK, too_costly
from core.expression_names import LONGEST, LONGEST_LIST, LONGEST_TEXT
from core.fields import STANDARD, Field, FieldType
from core.instants import HOUR
from core.lead import Lead, Value, Won
from core.mapping.reader import Reader
from core.operators import FALSE, TRUE, UNKNOWN, Truth
from core.problems import Problem

NOW = 1_763_726_400_000  # 2025-11-21T12:00:00Z
TYPES: tuple[FieldType, ...] = ("text", "integer", "decimal", "range", "boolean", "date", "datetime", "list", "choice")
CATALOGUE = STANDARD.with_custom(
    Field(f"custom.{kind}", kind, kind, False, choices=("gold", "unknown") if kind == "choice" else ()) for kind in TYPES
)


def read(text: str, checks: tuple[str, ...] = ()) -> tuple[Condition | None, list[Problem]]:
    document = read_document(text, "rules.yaml")
    assert not document.problems
    reader = Reader(CATALOGUE)
    condition = compile_condition(reader, document.root, lead_scope(CATALOGUE, checks))
    return None if reader.problems else condition, reader.problems


def quoted(expression: str) -> str:
    return "expression: '" + expression.replace("'", "''") + "'"


def compiled(expression: str, checks: tuple[str, ...] = ()) -> Condition:
    condition, problems = read(quoted(expression), checks)
    assert not problems, problems
    assert condition is not None
    return condition


def lead(**fields: Value) -> Lead:
    kinds = {"demo_request": NOW - HOUR}
    return Lead("L", 1, {path.replace("__", "."): Won(value, 5, "t1") for path, value in fields.items()}, kinds)


def answer(expression: str, subject: Lead) -> Truth:
    return compiled(expression).truth(Case(subject, NOW))


def problems_of(text: str) -> list[str]:
    condition, problems = read(text)
    assert condition is None
    return [str(problem) for problem in problems]


ACME = lead(
    person__email="anna@acme.de",
    company__employees="11-50",
    company__country="DE",
    custom__integer=5,
    custom__decimal="12.50",
    custom__boolean=True,
    custom__list=("a", "b"),
    custom__date="2025-11-01",
    custom__datetime="2025-11-21T09:30:00Z",
)


# --- answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("company.employees >= 10 && person.email.endsWith('.de')", TRUE),
        ("company.employees >= 10 && person.email.endsWith('.at')", FALSE),
        ("person.email.matches('(?i)@ACME[.]')", TRUE),
        ("company.country in ['DE', 'AT', 'CH']", TRUE),
        ("custom.boolean && !(company.country == 'FR')", TRUE),
        ("size(custom.list) == 2 && 'a' in custom.list", TRUE),
        ("custom.list.exists(each, each == 'b')", TRUE),
        ("custom.date < timestamp('2025-11-02T00:00:00Z')", TRUE),
        ("custom.datetime > now - duration('3h')", TRUE),
        ("'demo_request' in touches && !('contact' in touches)", TRUE),
        ("has(person.email) && !has(person.phone)", TRUE),
        ("person.email == 'x' // a remark about person.nothing\n", FALSE),
        ("'person.phone' == 'person.phone'", TRUE),
    ],
)
def test_an_expression_answers(expression: str, expected: Truth) -> None:
    assert answer(expression, ACME) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "custom.integer >= 5",
        "custom.integer > 4.5",
        "4.5 < custom.integer",
        "custom.decimal >= 12",
        "12 <= custom.decimal",
        "custom.decimal * 2 == 25",
        "custom.decimal in [1, 12.5]",
        "custom.decimal - 2.5 == 10",
        "custom.decimal > custom.integer",
        "custom.integer / 2 > 2.4",
        "(custom.decimal) > (12)",
        "custom.decimal > -1",
        "size(custom.list) == 2 && custom.decimal > 1",
        "company.employees.lowest + 1 == 12",
        "company.employees.highest / company.employees.lowest > 4",
    ],
)
def test_whole_and_decimal_numbers_meet(expression: str) -> None:
    assert answer(expression, ACME) is TRUE


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("person.phone == '1'", UNKNOWN),
        ("!(person.phone == '1')", UNKNOWN),
        ("person.phone == '1' || custom.integer == 5", TRUE),
        ("custom.integer == 5 || person.phone == '1'", TRUE),
        ("person.phone == '1' && custom.integer == 6", FALSE),
        ("person.phone == '1' && custom.integer == 5", UNKNOWN),
        ("person.phone == '1' ? true : true", UNKNOWN),
        ("company.revenue.lowest > 1", UNKNOWN),
    ],
)
def test_an_absent_field_is_unknown_unless_the_rest_decides(expression: str, expected: Truth) -> None:
    assert answer(expression, ACME) is expected


@pytest.mark.parametrize(
    ("sign", "number", "expected"),
    [
        (">=", "11", TRUE),
        (">=", "12", UNKNOWN),
        (">=", "50", UNKNOWN),
        (">=", "51", FALSE),
        (">", "10", TRUE),
        (">", "50", FALSE),
        ("<=", "50", TRUE),
        ("<=", "49", UNKNOWN),
        ("<=", "10", FALSE),
        ("<", "51", TRUE),
        ("<", "11", FALSE),
        ("==", "30", UNKNOWN),
        ("==", "60", FALSE),
        ("!=", "60", TRUE),
        ("!=", "30", UNKNOWN),
        (">=", "10.5", TRUE),
        (">", "-1", TRUE),
    ],
)
def test_a_range_answers_when_all_of_it_does(sign: str, number: str, expected: Truth) -> None:
    mirrored = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}[sign]
    assert answer(f"company.employees {sign} {number}", ACME) is expected
    assert answer(f"{number} {mirrored} company.employees", ACME) is expected
    assert answer(f"custom.integer == 5 && (company.employees {sign} {number})", ACME) is expected


@settings(deadline=None)
@given(
    low=st.integers(0, 60),
    width=st.integers(0, 20),
    number=st.integers(0, 80),
    sign=st.sampled_from([">=", "<=", ">", "<", "==", "!="]),
)
def test_a_range_says_what_each_number_in_it_says(low: int, width: int, number: int, sign: str) -> None:
    truths = {answer(f"custom.integer {sign} {number}", lead(custom__integer=low + more)) for more in range(width + 1)}
    expected = truths.pop() if len(truths) == 1 else UNKNOWN
    given_range = f"{low}-{low + width}" if width else str(low)
    assert answer(f"company.employees {sign} {number}", lead(company__employees=given_range)) is expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("custom.integer + 9223372036854775807 > 1", "integer overflow"),
        ("int(person.email) == 1", "cannot convert string to int"),
        ("custom.integer / (custom.integer - 5) == 1", "divide by zero"),
    ],
)
def test_what_can_not_be_worked_out_is_unknown_and_says_why(expression: str, reason: str) -> None:
    condition, case = compiled(expression), Case(ACME, NOW)
    assert condition.truth(case) is UNKNOWN
    assert condition.explain(case).as_json()["reason"] == reason
    assert list(condition.unknowns(case)) == []


def test_a_choice_that_is_unknown_says_nothing_unless_it_is_asked_for() -> None:
    subject = lead(custom__choice="unknown")
    assert answer("custom.choice == 'gold'", subject) is UNKNOWN
    assert answer("custom.choice == 'unknown'", subject) is TRUE


def test_a_value_that_the_library_can_not_take_is_unknown() -> None:
    assert answer("custom.text == 'x'", lead(custom__text="\ud800")) is UNKNOWN
    assert answer("custom.integer == 1", lead(custom__integer=2**70)) is UNKNOWN


def test_checks_stand_in_an_expression_by_their_names() -> None:
    condition = compiled("is_big && custom.integer == 5", ("is_big",))
    size = compiled("company.employees >= 20")
    case = Case(ACME, NOW, {"is_big": size})
    assert list(condition.names()) == ["is_big"]
    assert condition.truth(case) is UNKNOWN
    assert list(condition.unknowns(case)) == ["company.employees"]
    assert condition.truth(Case(lead(company__employees="30", custom__integer=5), NOW, {"is_big": size})) is TRUE


def test_an_expression_stands_among_other_conditions() -> None:
    condition, problems = read(
        "{any: [{expression: 'custom.integer > 9'}, {company.country: {in: [DE]}}], none: [{expression: 'false'}]}"
    )
    assert not problems
    assert condition is not None
    assert condition.truth(Case(ACME, NOW)) is TRUE


def test_the_explanation_has_the_value_of_each_field_and_where_it_came_from() -> None:
    case = Case(ACME, NOW)
    found = compiled("company.employees >= 20 && person.phone != 'x'").explain(case).as_json()
    assert (found["text"], found["truth"]) == ("company.employees >= 20 && person.phone != 'x'", "unknown")
    assert found["parts"] == [
        {
            "text": "company.employees known",
            "truth": "true",
            "place": "rules.yaml:1:13",
            "value": "11-50",
            "at": 5,
            "touch": "t1",
        },
        {"text": "person.phone known", "truth": "false", "place": "rules.yaml:1:13"},
    ]
    assert list(compiled("company.employees >= 20 && person.phone != 'x'").unknowns(case)) == [
        "company.employees",
        "person.phone",
    ]


# --- complaints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "column", "words"),
    [
        ("person.emial == 'x'", 14, "field `person.emial` is not a lead field. Did you mean `person.email`?"),
        ("custom.integer == 1 && persn.email.endsWith('x')", 37, "Did you mean `person.email`?"),
        ("person.email.endsWth('x')", 27, "there is no function or name `endsWth` in an expression. Did you mean `endsWith`?"),
        ("person.email == 3", 27, "`==` does not fit a text and a whole number."),
        ("custom.boolean && custom.integer > 'x'", 47, "`>` does not fit a whole number and a text."),
        ("company.employees + 1 > 5", 14, "is a range: compare it with a number"),
        ("company.employees in [1, 2]", 14, "is a range: compare it with a number"),
        ("person.email == ", 30, "the expression ends too early"),
        ("company.employees >=", 14, "the expression ends too early"),
        ("person.email == 1 2", 32, "can not be read as an expression"),
        ("person.email", 14, "the expression gives a text, and a condition is true or false."),
        ("touch.kind == 'x'", 14, "Use `first_touch.kind` or `last_touch.kind`."),
        ("toches == []", 14, "Did you mean `touches`?"),
        ("person.email.matches('(')", 35, "this is no regular expression of RE2"),
        ("person.email.matches(person.phone)", 14, "`matches` wants one pattern that is written here"),
        ("person.email.matches('(a{100}){9}')", 35, "Repeat less."),
        ("custom.list.all(x, x.matches('a{121}'))", 43, "120 is the most here"),
        ("custom.list.all(x, custom.list.exists(y, x == y))", 33, "stands inside of another macro"),
        ("has(person.nothing)", 18, "is not a lead field"),
        ("custom.integer.lowest > 1", 14, "custom.integer is no range"),
        ("!" * 40 + "(" * 40 + "true" + ")" * 40, 14, "nested too deeply"),
    ],
)
def test_each_error_has_its_column_inside_of_the_text(expression: str, column: int, words: str) -> None:
    found = problems_of(f'expression: "{expression}"')
    assert len(found) == 1
    assert found[0].startswith(f"rules.yaml:1:{column}: ")
    assert words in found[0]


def test_all_errors_of_an_expression_are_found_at_once() -> None:
    found = problems_of("expression: person.email == 1 && custom.integer == true")
    assert [text.split(" ")[0] for text in found] == ["rules.yaml:1:26:", "rules.yaml:1:49:"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("expression: 'person.email == ''x'' && persn.email == 1'", "1:39"),
        ('any:\n  - {expression: "person.email == \\"x\\" && persn.email == 1"}\n', "2:44"),
        ("expression: |\n  person.email == 'x'\n  && persn.email == 'y'\n", "3:6"),
        ("expression: |-\n    person.email == 'x'\n    && persn.email == 'y'\n", "3:8"),
        ("expression: >\n  person.email == 'x'\n  && persn.email == 'y'\n", "3:6"),
    ],
)
def test_the_place_is_exact_however_the_text_is_written(text: str, place: str) -> None:
    assert problems_of(text)[0].startswith(f"rules.yaml:{place}: field `persn.email`")


@pytest.mark.parametrize(
    "expression",
    [
        "'" + "x" * LONGEST + "' == ''",
        " || ".join(["custom.text.matches('a')"] * 6),
        " || ".join(["custom.list.exists(x, x == 'a')"] * 6),
    ],
)
def test_an_expression_that_is_too_much_work_is_refused(expression: str) -> None:
    assert "the most" in problems_of(quoted(expression))[0]


@pytest.mark.parametrize(
    "pattern", ["a{501}", "(ab){300}", r"\\p{L}{6}".replace("\\\\", "\\"), "(a{20}){30}", "x" * 201, r"[\pL\pN]{3}"]
)
def test_a_pattern_that_grows_is_too_costly(pattern: str) -> None:
    assert too_costly(pattern) is not None


@pytest.mark.parametrize(
    "pattern", ["[.]de$", r"^\d{5}$", r"(?i)\bceo\b|founder", r"\p{L}+", "[[:alpha:]]{2,20}", "(x+x+)+y", "a{400}"]
)
def test_a_usual_pattern_is_not(pattern: str) -> None:
    assert too_costly(pattern) is None
    assert MOST_WORK == 500


def test_long_texts_and_lists_are_read_up_to_a_bound() -> None:
    assert answer("custom.text.endsWith('x')", lead(custom__text="a" * LONGEST_TEXT + "x")) is FALSE
    assert answer("size(custom.list) == 50", lead(custom__list=tuple(map(str, range(1000))))) is TRUE
    assert LONGEST_LIST == 50


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("C", "Z")), max_size=60))
def test_any_text_is_either_a_condition_or_a_complaint(text: str) -> None:
    condition, problems = read(quoted(text))
    assert (condition is None) == bool(problems)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "person.email",
                "company.employees",
                ">=",
                "==",
                "(",
                ")",
                "1",
                "2.5",
                "'x'",
                "&&",
                "!",
                "has",
                "-",
                ".",
                ",",
                "custom.decimal",
                "in",
                "[",
                "]",
                "exists",
                "matches",
                "x",
            ]
        ),
        max_size=9,
    )
)
def test_any_order_of_pieces_is_either_a_condition_or_a_complaint(pieces: list[str]) -> None:
    condition, problems = read(quoted(" ".join(pieces)))
    assert (condition is None) == bool(problems)
    if condition is not None:
        condition.explain(Case(ACME, NOW))


@settings(deadline=None)
@given(st.decimals(min_value=Decimal("-1e6"), max_value=Decimal("1e6"), places=2), st.integers(-1_000_000, 1_000_000))
def test_a_decimal_compares_with_a_whole_number_as_numbers_do(value: Decimal, number: int) -> None:
    assert answer(f"custom.decimal >= {number}", lead(custom__decimal=str(value))) is (TRUE if value >= number else FALSE)


def test_rules_without_expressions_do_not_load_the_library() -> None:
    program = "import sys, core.rule_files, core.expression; sys.exit('cel_expr_python' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
