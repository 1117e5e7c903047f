"""What has changed in a CRM's object since it was last looked at."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crm_schema import Choice, FieldSchema, ObjectSchema
from core.schema_diff import ChangeKind, SchemaChange, change_from_json, is_over, schema_as_json, schema_changes, schema_from_json

FIRM = FieldSchema("Firm", "Company", length=255)
RANK = FieldSchema("Rank", "Rank", "choice", choices=(Choice("Hot"), Choice("Cold")))
BEFORE = ObjectSchema("Person", {"Firm": FIRM, "Rank": RANK})


def after(*fields: FieldSchema, gone: str = "") -> ObjectSchema:
    known = {**BEFORE.fields, **{field.name: field for field in fields}}
    return ObjectSchema("Person", {name: field for name, field in known.items() if name != gone})


CHANGES = {
    "gone": (after(gone="Firm"), "gone", "Firm", "gone"),
    "renamed, with its label": (
        after(FieldSchema("Account__c", "Company", length=255), gone="Firm"),
        "renamed",
        "Firm",
        "Account__c",
    ),
    "renamed, with its options": (after(replace(RANK, name="Level", label="Level"), gone="Rank"), "renamed", "Rank", "Level"),
    "another field is no new name": (after(FieldSchema("Street", length=255), gone="Firm"), "gone", "Firm", "gone"),
    "new and required": (after(FieldSchema("Tax", is_required=True)), "required", "Tax", "new"),
    "required now": (after(replace(FIRM, is_required=True)), "required", "Firm", "must be filled"),
    "another type": (after(replace(FIRM, type="number")), "type", "Firm", "number"),
    "shorter": (after(replace(FIRM, length=20)), "shorter", "Firm", "20 characters"),
    "shorter than without end": (after(replace(FIRM, length=0)), "longer", "Firm", "any length"),
    "read-only now": (after(replace(FIRM, is_createable=False, is_updateable=False)), "read_only", "Firm", "read-only"),
    "on create only now": (after(replace(FIRM, is_updateable=False)), "read_only", "Firm", "on create only"),
    "an option less": (after(replace(RANK, choices=(Choice("Hot"),))), "options", "Rank", "lost the option `Cold`"),
    "an option not active": (
        after(replace(RANK, choices=(Choice("Hot"), Choice("Cold", "", False)))),
        "options",
        "Rank",
        "`Cold`",
    ),
    "closed now": (after(replace(RANK, is_closed=True)), "closed", "Rank", "nothing but its options"),
    "all gone": (None, "object_gone", "", "Person is gone"),
}


@pytest.mark.parametrize(("now", "kind", "field", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_told_in_one_sentence(now: ObjectSchema | None, kind: str, field: str, said: str) -> None:
    [change] = schema_changes(BEFORE, now)
    assert (change.kind, change.field) == (kind, field)
    assert said in change.message
    assert change_from_json(json.loads(json.dumps(change.as_json()))) == change


def test_a_new_field_that_needs_nothing_is_no_news() -> None:
    assert schema_changes(BEFORE, after(FieldSchema("Street"), replace(FIRM, label="Firm"))) == []


def test_of_two_fields_that_are_gone_only_one_can_have_got_the_new_name() -> None:
    before = ObjectSchema("Person", {name: FieldSchema(name, "Company") for name in ("One", "Two")})
    found = schema_changes(before, ObjectSchema("Person", {"Three": FieldSchema("Three", "Company")}))
    assert sorted(change.kind for change in found) == ["gone", "renamed"]


FIELDS = st.builds(
    FieldSchema,
    st.text(min_size=1),
    st.text(),
    st.sampled_from(["text", "number", "choice", "other"]),
    st.integers(0, 10**6),
    *[st.booleans()] * 6,
    st.lists(st.builds(Choice, st.text(), st.text(), st.booleans()), max_size=3).map(tuple),
)


@given(st.lists(FIELDS), st.booleans(), st.booleans())
def test_a_schema_is_the_same_after_it_was_remembered(fields: list[FieldSchema], creates: bool, updates: bool) -> None:
    schema = ObjectSchema("Person", {field.name: field for field in fields}, creates, updates)
    again = schema_from_json(json.loads(json.dumps(schema_as_json(schema))))
    assert again == schema
    assert schema_changes(schema, again) == []


def test_what_another_version_wrote_beside_it_is_passed_over() -> None:
    document = {"object": "Person", "fields": [{"name": "Firm", "shade": "blue"}], "colour": "red"}
    assert schema_from_json(document) == ObjectSchema("Person", {"Firm": FieldSchema("Firm")})


@pytest.mark.parametrize(
    ("kind", "field", "there", "over"),
    [
        ("object_gone", "", ("Email",), True),
        ("object_gone", "", None, False),
        ("gone", "Email", ("Email",), True),
        ("renamed", "Email", ("Email", "Mail"), True),
        ("gone", "Email", ("Mail",), False),
        ("shorter", "Email", ("Email",), False),
    ],
)
def test_only_what_was_gone_is_over_when_it_is_there_again(
    kind: ChangeKind, field: str, there: tuple[str, ...] | None, over: bool
) -> None:
    now = None if there is None else ObjectSchema("Lead", {name: FieldSchema(name) for name in there})
    assert is_over(SchemaChange(kind, "Lead", field, "said"), now) is over
