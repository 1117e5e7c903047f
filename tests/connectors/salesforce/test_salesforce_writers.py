"""Typed writers: a lead's value as a field's JSON, and whether the CRM already says the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.schema import CrmField
from connectors.salesforce.writers import BadValue, Json, crm_value, is_same
from core.lead import Value


def field(kind: str, length: int = 0, choices: tuple[str, ...] = (), *, restricted: bool = False) -> CrmField:
    return CrmField("X__c", "X", kind, length, choices=choices, is_restricted=restricted)


@pytest.mark.parametrize(
    ("known", "value", "written"),
    [
        (field("boolean"), False, False),
        (field("boolean"), "true", True),
        (field("boolean"), "no", False),
        (field("int"), "42", 42),
        (field("int"), 42, 42),
        (field("int"), "42.0", 42),
        (field("double"), "1250.50", 1250.5),
        (field("currency"), "1250", 1250),
        (field("percent"), "-0.5", -0.5),
        (field("date"), "2026-11-21", "2026-11-21"),
        (field("date"), "2026-11-21T23:30:00Z", "2026-11-21"),
        (field("datetime"), "2026-11-21T09:30:00Z", "2026-11-21T09:30:00.000Z"),
        (field("datetime"), "2026-11-21T09:30:00.123+02:00", "2026-11-21T07:30:00.000Z"),
        (field("multipicklist"), ("A", "B"), "A;B"),
        (field("multipicklist"), "A;B;A", "A;B"),
        (field("picklist", choices=("Hot",)), "hot", "Hot"),
        (field("picklist", choices=("Hot",)), "Tepid", "Tepid"),
        (field("string", 10), "01067", "01067"),
        (field("string", 10), ("a", "b"), "a, b"),
        (field("string", 10), 7, "7"),
        (field("textarea", 100), "a\nb", "a\nb"),
        (field("email", 80), "anna@acme.example", "anna@acme.example"),
        (field("reference"), "0055e0000012345", "0055e0000012345"),
        (field("string", 4), "😀😀", "😀😀"),
    ],
)
def test_a_value_is_written_as_its_field_takes_it(known: CrmField, value: Value, written: Json) -> None:
    made = crm_value(known, value)
    assert made == written
    assert type(made) is type(written)


@pytest.mark.parametrize(
    ("known", "value", "code"),
    [
        (field("boolean"), "perhaps", "wrong_type"),
        (field("int"), "11-50", "wrong_type"),
        (field("int"), "1.5", "wrong_type"),
        (field("int"), True, "wrong_type"),
        (field("double"), "NaN", "wrong_type"),
        (field("date"), "21.11.2026", "wrong_type"),
        (field("datetime"), "soon", "wrong_type"),
        (field("picklist", choices=("Hot",), restricted=True), "Tepid", "not_in_picklist"),
        (field("multipicklist", choices=("A",), restricted=True), ("A", "B"), "not_in_picklist"),
        (field("multipicklist"), ("A;B",), "not_in_picklist"),
        (field("string", 3), "abcd", "too_long"),
        (field("string", 3), "😀😀", "too_long"),
        (field("email", 80), "anna at acme", "invalid_email"),
        (field("email", 80), "anna@acme", "invalid_email"),
        (field("reference"), "https://evil.example/x", "bad_reference"),
        (field("address"), "x", "not_writable"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_without_repeating_it(known: CrmField, value: Value, code: str) -> None:
    with pytest.raises(BadValue) as raised:
        crm_value(known, value)
    assert raised.value.code == code
    assert str(value) not in raised.value.reason or value == "x"


@pytest.mark.parametrize(
    ("kind", "wanted", "held", "same"),
    [
        ("double", "1250.50", 1250.5, True),
        ("int", 42, 42.0, True),
        ("int", 42, None, False),
        ("boolean", True, True, True),
        ("boolean", False, True, False),
        ("datetime", "2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000+0000", True),
        ("datetime", "2026-11-21T10:00:00Z", "2026-11-21T11:00:00.000+0000", False),
        ("multipicklist", ("A", "B"), "B;A", True),
        ("email", "Anna@Acme.example", "anna@acme.example", True),
        ("reference", "0055e0000012345", "0055e0000012345AAA", True),
        ("reference", "0055e0000012345", "0055E0000012345AAA", False),
        ("textarea", "a\nb ", "a\r\nb", True),
        ("string", "Anna", "anna", False),
    ],
)
def test_values_are_compared_as_their_type_compares(kind: str, wanted: Value, held: object, same: bool) -> None:
    assert is_same(field(kind), wanted, held) is same


@given(
    st.sampled_from(["string", "int", "double", "boolean", "date", "datetime", "multipicklist", "picklist", "email"]), st.text()
)
def test_whatever_is_written_reads_the_same_again(kind: str, text: str) -> None:
    known = field(kind)
    try:
        written = crm_value(known, text)
    except BadValue:
        return
    assert is_same(known, text, written)
