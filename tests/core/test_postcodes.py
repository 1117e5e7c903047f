"""Postcodes in conditions: ranges with `between`, beginnings with `starts_with`."""

from __future__ import annotations

import pytest

from core.condition_compiling import compile_condition
from core.condition_scope import lead_scope
from core.conditions import Case, Condition
from core.documents import read_document
from core.fields import STANDARD
from core.lead import Lead, Won
from core.mapping.reader import Reader
from core.operators import FALSE, TRUE, UNKNOWN, Truth
from core.unread import Unread


def read(text: str) -> tuple[Condition, list[str]]:
    reader = Reader(STANDARD)
    found = compile_condition(reader, read_document(text, "rules.yaml").root, lead_scope(STANDARD))
    return found, [str(problem) for problem in reader.problems]


@pytest.mark.parametrize(
    ("operator", "postcode", "expected"),
    [
        ("between: 10000-19999", "10000", TRUE),
        ("between: 10000-19999", "19999", TRUE),
        ("between: 10000-19999", "20000", FALSE),
        ("between: 00000-09999", "01067", TRUE),
        ("between: 1000-1999", "10115", FALSE),
        ("between: [10000-10999, 80000-87999]", "80331", TRUE),
        ("between: 10000-10999", "100 15", TRUE),
        ("between: 10000-10999", "10001-1234", TRUE),
        ("between: EC1-EC4", "ec2v 7hh", TRUE),
        ("between: EC1-EC4", "EC5A 1AA", FALSE),
        ("between: 10000-19999", None, UNKNOWN),
        ("starts_with: SW1", "sw1a 1aa", TRUE),
        ("starts_with: [EC, SW1]", "SW2 1AA", FALSE),
        ("starts_with: 80", "80331", TRUE),
        ("starts_with: 80", None, UNKNOWN),
    ],
)
def test_a_postcode_lies_in_a_range_or_begins_so(operator: str, postcode: str | None, expected: Truth) -> None:
    condition, problems = read(f"{{address.postcode: {{{operator}}}}}")
    assert problems == []
    fields = {} if postcode is None else {"address.postcode": Won(postcode, 1, "t")}
    assert condition.truth(Case(Lead("L", 1, fields), 0)) is expected


@pytest.mark.parametrize("operand", ["10000", "10000-199999", "19999-10000", "[10000-19999, a-1]"])
def test_a_range_that_is_none_is_complained_of(operand: str) -> None:
    condition, problems = read(f"{{address.postcode: {{between: {operand}}}}}")
    assert isinstance(condition, Unread)
    assert len(problems) == 1
    assert "two ends of the same length, such as `10000-19999`" in problems[0]


def test_numbers_are_not_asked_so() -> None:
    assert "can not be asked of company.employees" in read("{company.employees: {between: 10-20}}")[1][0]
