"""Each of HubSpot's errors, in every form in which it comes, and what follows from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hubspot.answers import CrmError, errors_in, record_errors
from connectors.hubspot.errors import TABLE, Next, as_retry, gravest, next_step, problem_of


def first(body: Any, status: int = 400) -> CrmError:
    return errors_in(body, status)[0]


def invalid(name: str, code: str, message: str = "no") -> dict[str, Any]:
    return {"isValid": False, "message": message, "error": code, "name": name, "localizedErrorMessage": message, "portalId": 1}


def inside(*parts: dict[str, Any]) -> dict[str, Any]:
    """The errors as JSON within the message."""
    return {"status": "error", "category": "VALIDATION_ERROR", "message": f"Property values were not valid: {json.dumps(parts)}"}


def listed(*parts: dict[str, Any]) -> dict[str, Any]:
    """The errors beside the message, in the documented form."""
    errors = [{"message": one["message"], "code": one["error"], "context": {"propertyName": [one["name"]]}} for one in parts]
    return {"status": "error", "category": "VALIDATION_ERROR", "message": "Property values were not valid", "errors": errors}


@pytest.mark.parametrize("form", [inside, listed])
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("PROPERTY_DOESNT_EXIST", "unknown_field"), ("INVALID_OPTION", "not_in_picklist"), ("INVALID_EMAIL", "invalid_email"),
        ("READ_ONLY_VALUE", "not_writable"), ("INVALID_INTEGER", "wrong_type"), ("INVALID_DATE", "wrong_type"),
        ("INVALID_LONG", "wrong_type"), ("SOMETHING_NEW", "invalid_value"),
    ],
)  # fmt: skip
def test_a_refused_value_is_named_by_its_property(form: Any, code: str, problem: str) -> None:
    errors = errors_in(form(invalid("city", code), invalid("zip", code)), 400)
    assert [error.names for error in errors] == [("city",), ("zip",)]
    rule = next_step(errors[0])
    assert rule.next is Next.LEAVE_OUT
    told = problem_of(errors[0], rule)
    assert (told.code, told.field) == (problem, "city")
    assert "`city`" in told.message


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        ("Contact already exists. Existing ID: 123", ("123",)),
        ("A contact with the email 'a@b.example' already exists. Existing ID: 123.", ("123",)),
        ("Existing Object Id: 123", ("123",)),
        ("Cannot set X{portalId=1, propertyName=leadrelay_id, value=x} on 12. 123 already has that value.", ("123",)),
        ("Contact already exists.", ()),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 409])
def test_a_conflict_names_the_record_that_holds_the_value(message: str, ids: tuple[str, ...], status: int) -> None:
    error = first({"message": message, "category": "CONFLICT" if status == 409 else "VALIDATION_ERROR"}, status)
    assert next_step(error).next is Next.CONFLICT
    assert error.ids == ids


def test_a_conflict_over_a_unique_property_names_the_property() -> None:
    error = first({"message": "Cannot set X{propertyName=leadrelay_id, value=v} on 12. 34 already has that value."})
    assert error.names == ("leadrelay_id",)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"message": "Some required properties were not set.", "errors": [{"context": {"properties": ["a", "b"]}}]}, ("a", "b")),
        ({"errors": [{"code": "MISSING_REQUIRED_PROPERTY", "context": {"propertyName": "a"}}]}, ("a",)),
        ({"message": 'The property "jobtitle" is required'}, ("jobtitle",)),
        ({"message": 'Required properties were not set: ["company", "zip"]'}, ("company", "zip")),
        ({"message": "Required properties are missing: [company]"}, ("company",)),
    ],
)  # fmt: skip
def test_a_missing_required_property_refuses_the_record_and_is_named(body: dict[str, Any], names: tuple[str, ...]) -> None:
    error = first(body)
    assert next_step(error).problem == "required_missing"
    assert next_step(error).next is Next.REJECT
    assert error.names == names


def test_a_property_that_no_error_names_can_not_be_left_out() -> None:
    assert next_step(first({"category": "VALIDATION_ERROR", "message": "Something is wrong"})).next is Next.REJECT


@pytest.mark.parametrize(
    "item",
    [
        {"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["row-7"]}, "message": "x"},
        {"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": "row-7"}, "errors": [{"code": "INVALID_EMAIL"}]},
        {"objectWriteTraceId": "row-7", **inside(invalid("email", "INVALID_EMAIL"))},
    ],
)
def test_a_rows_error_carries_its_trace_down_to_its_parts(item: dict[str, Any]) -> None:
    errors = record_errors({"results": [], "errors": [item]}, 207)
    assert {error.trace_id for error in errors} == {"row-7"}


def test_missing_ids_are_told_and_the_rows_are_gone() -> None:
    item = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects", "context": {"ids": ["1", "2"]}}
    (error,) = record_errors({"errors": [item]}, 207)
    assert error.ids == ("1", "2")
    assert next_step(error).next is Next.GONE


def test_missing_ids_are_gone_without_a_category_too() -> None:
    item = {"message": "Could not get some CONTACT objects, they may be deleted or not exist.", "context": {"ids": ["1", "2"]}}
    (error,) = record_errors({"errors": [item]}, 207)
    assert next_step(error).next is Next.GONE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 423, 429, 477, 500, 503, 524])
@pytest.mark.parametrize("body", [None, "", "<html>", [], {}, {"errors": []}, {"errors": [{}]}, {"message": "x: [{broken"}])
def test_every_status_has_a_rule_whatever_the_body(status: int, body: Any) -> None:
    errors = errors_in(body, status)
    assert errors
    assert gravest(errors)[1] is not None


_KEYS = ["message", "category", "errors", "context", "code", "name", "subCategory", "policyName", "ids"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(_KEYS), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(_JSON, st.sampled_from([207, 400, 403, 429, 500]))
def test_no_body_can_break_the_reading(body: Any, status: int) -> None:
    error, rule = gravest(errors_in(body, status))
    problem_of(error, rule)
    record_errors(body, status)


def test_a_problem_holds_no_value() -> None:
    message = (
        'Property values were not valid: "anna@acme.example" was not one of the allowed options: [Anna, Berta] for Anna Weber'
    )
    error = CrmError("SOMETHING", message, ("city",), status=400)
    told = problem_of(error, next_step(error), values=["Anna Weber"]).message
    assert "acme" not in told
    assert "Anna" not in told
    assert "Berta" not in told


def test_the_gravest_of_several_decides() -> None:
    errors = [CrmError("INVALID_EMAIL", names=("email",), status=400), CrmError("MISSING_SCOPES", status=400)]
    assert gravest(errors)[1].next is Next.STOP


@pytest.mark.parametrize("rule", [rule for rule in TABLE if rule.next is Next.RETRY], ids=lambda rule: rule.problem)
def test_a_wait_is_never_shorter_than_the_rule_asks(rule: Any) -> None:
    assert (as_retry(rule, after=0.0).after or 0.0) >= rule.at_least


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: f"{rule.code}-{rule.status}-{rule.problem}")
def test_every_sentence_can_be_said(rule: Any) -> None:
    told = problem_of(CrmError("X", "text", ("a", "b")), rule)
    assert told.message[0].isupper()
    assert "{" not in told.message
