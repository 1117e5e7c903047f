"""Which spellings of a value are one, so that an echo of our own write is never taken for a person's change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadrelay.engine import seen

LEAD = ("salesforce", "Lead", "00Q000000000001AAA")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, ""),
        (True, "true"),
        (False, "False"),
        (25, "25"),
        (25.0, "25"),
        ("25.50", 25.5),
        ("2026-11-21T09:30:00.000+0000", "2026-11-21T09:30:00Z"),
        ("2026-11-21T10:30:00+01:00", "2026-11-21T09:30:00.000Z"),
        ("b;a", ("a", "b")),
        (" Weber ", "Weber"),
    ],
)
def test_spellings_of_one_value_are_the_same(one: object, other: object) -> None:
    assert seen.digest(LEAD, "Field", one) == seen.digest(LEAD, "Field", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("007", "7"),
        ("", "0"),
        (False, ""),
        ("Weber", "weber"),
        ("2026-11-21", "2026-11-22"),
        ("1.05", "1.5"),
        ("+49 30 1", "+49301"),
    ],
)
def test_other_values_are_told_apart(one: object, other: object) -> None:
    assert seen.digest(LEAD, "Field", one) != seen.digest(LEAD, "Field", other)


def test_a_hash_says_nothing_of_another_record_or_field() -> None:
    assert seen.digest(LEAD, "Phone", "1") != seen.digest(LEAD, "MobilePhone", "1")
    assert seen.digest(LEAD, "Phone", "1") != seen.digest((*LEAD[:2], "00Q000000000002AAA"), "Phone", "1")


@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.lists(st.text())
    )
)
def test_a_value_is_always_the_same_as_itself_and_never_fails(value: object) -> None:
    assert seen.digest(LEAD, "Field", value) == seen.digest(LEAD, "Field", value)


def test_the_document_survives_the_store() -> None:
    document = {"Phone": "ab", seen.WROTE_AT: "17"}
    assert seen.read(seen.written(document)) == document
    assert seen.read(None) == {}
