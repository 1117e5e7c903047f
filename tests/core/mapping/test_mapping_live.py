"""A mapping held against a CRM's schema: each fault at its place, with what to do; nothing against a right mapping."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import CATALOGUE

from core.crm_schema import Choice, FieldSchema, ObjectSchema
from core.documents import read_document
from core.fields import Field
from core.mapping import OutboundMapping, compile_mapping
from core.mapping.live import Asked, Findings, check_actions, check_mapping, check_overlaps, missing_object

HEAD = "mapping: m\nto: salesforce\nobject: Person\n"
KNOWN = CATALOGUE.with_custom(
    [
        Field("custom.note", "text", "Note", False),
        Field("custom.since", "date", "Since", False),
        Field("custom.size", "choice", "Size", False, choices=("small", "large")),
    ]
)


def choices(*values: str, gone: tuple[str, ...] = ()) -> tuple[Choice, ...]:
    return (*(Choice(value, f"The {value}") for value in values), *(Choice(value, value, False) for value in gone))


FIELDS = (
    FieldSchema("Name", "Surname", length=80, is_required=True),
    FieldSchema("Firm", "Company", length=255),
    FieldSchema("Mail", "E-mail", "email", 80),
    FieldSchema("Short", length=20),
    FieldSchema("Staff", type="integer"),
    FieldSchema("Amount", type="number"),
    FieldSchema("Agreed", type="boolean"),
    FieldSchema("Since", type="date"),
    FieldSchema("At", type="datetime"),
    FieldSchema("Boss", type="reference"),
    FieldSchema("Branch", type="choice", choices=choices("Technology", "Finance", gone=("Retail",)), is_closed=True),
    FieldSchema("Rank", type="choice", choices=choices("Hot", "Cold")),
    FieldSchema("Wants", type="multichoice", choices=choices("a", "b"), is_closed=True),
    FieldSchema("Size", type="choice", choices=choices("small", "large"), is_closed=True),
    FieldSchema("Total", is_createable=False, is_updateable=False),
    FieldSchema("Once", is_updateable=False),
    FieldSchema("Later", is_createable=False),
    FieldSchema("Uid__c", length=40, is_unique=True, is_external_id=True),
    FieldSchema("Odd", type="other"),
)
PERSON = ObjectSchema("Person", {field.name: field for field in FIELDS})
NAMED = "Name: {from: person.last_name, default: Unknown}"


def schema_with(*fields: FieldSchema, **changes: bool) -> ObjectSchema:
    return replace(PERSON, fields={**PERSON.fields, **{field.name: field for field in fields}}, **changes)


def compiled(text: str) -> OutboundMapping:
    mapping, problems = compile_mapping(read_document(text, "m.yaml"), KNOWN)
    assert not problems, problems
    assert isinstance(mapping, OutboundMapping)
    return mapping


def held(*lines: str, schema: ObjectSchema = PERSON, more: str = "", asked: Asked | None = None, named: bool = True) -> Findings:
    """The findings of a mapping with these lines under `fields`; the first of them stands in line 6."""
    first = [NAMED] if named else []
    text = HEAD + "fields:\n" + "".join(f"  {line}\n" for line in [*first, *lines]) + more
    return check_mapping(compiled(text), schema, KNOWN, read_document(text, "m.yaml"), asked)


WRONG = {
    "a field that is not there": ("Frim: company.name", "unknown_crm_field", "", "`Firm`"),
    "a field in another case": ("firm: company.name", "unknown_crm_field", "", "`Firm`"),
    "a label for a name": ("Company: company.name", "unknown_crm_field", "", "`Firm`"),
    "a field that nobody may write": ("Total: company.name", "read_only_crm_field", "", "read-only"),
    "a field that is set on create only": ("Once: company.name", "not_updateable", "", "update: never"),
    "a field that is set after create only": ("Later: company.name", "not_createable", "", "created"),
    "a text into a number": ("Amount: company.name", "wrong_type", "", "number"),
    "a text into a whole number": ("Staff: custom.note", "wrong_type", "", "whole number"),
    "a range into a whole number": ("Staff: company.employees", "wrong_type", "", "range: lowest"),
    "a decimal into a whole number": ("Staff: custom.balance", "wrong_type", "", "decimal places"),
    "a list into one choice": ("Rank: custom.products", "wrong_type", "", "several values"),
    "a translated list into one choice": ("Rank: {from: custom.products, values: {x: Hot}}", "wrong_type", "", "several values"),
    "a boolean into a date": ("Since: interest.confirmed", "wrong_type", "", "a date"),
    "a text into a date and time": ("At: custom.note", "wrong_type", "", "date and time"),
    "a text into a boolean": ("Agreed: custom.note", "wrong_type", "", "`values`"),
    "a number into an address": ("Mail: custom.crm_users", "wrong_type", "", "e-mail"),
    "an address into a reference": ("Boss: owner.email", "wrong_type", "", "`owner`"),
    "a default that is no number": ("Amount: {from: custom.balance, default: none}", "wrong_type", "none}", "`none`"),
    "a default that is no date": ("Since: {from: custom.since, default: today}", "wrong_type", "today}", "`today`"),
    "a default that is too long": (f"Short: {{from: address.postcode, default: {'x' * 21}}}", "too_long", "xxx", "20 characters"),
    "a step that is no option": ("Size: {from: score.total, ranges: {80: large, 0: tiny}}", "unknown_choice", "tiny", "`tiny`"),
    "a value that is no option": (
        "Branch: {from: company.industry, values: {it: Technology, bank: Banking}}", "unknown_choice", "Banking", "Finance"),
    "an option in another case": (
        "Branch: {from: company.industry, values: {it: technology}}", "unknown_choice", "technology", "`Technology`"),
    "an option's label": ("Branch: {from: company.industry, values: {it: The Finance}}", "unknown_choice", "The", "`Finance`"),
    "an option that is not active": (
        "Branch: {from: company.industry, values: {shop: Retail}}", "inactive_choice", "Retail", "active"),
    "an otherwise that is no option": (
        "Branch: {from: company.industry, values: {it: Technology}, otherwise: Other}", "unknown_choice", "Other}", "`Other`"),
    "a default that is no option": ("Size: {from: custom.size, default: medium}", "unknown_choice", "medium", "`medium`"),
    "one of several options": ("Wants: {from: custom.products, values: {x: a, y: c}}", "unknown_choice", "c}", "`c`"),
    "a lead field's own words": ("Branch: custom.size", "unknown_choice", "", "`small`, `large`"),
    "true and false": ("Size: interest.confirmed", "unknown_choice", "", "`true`, `false`"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "code", "at", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_fault_is_told_at_its_place_with_what_to_do(line: str, code: str, at: str, said: str) -> None:
    found = held(line)
    assert [problem.code for problem in found.problems] == [code]
    [problem] = found.problems
    assert str(problem.place) == f"m.yaml:6:{3 + line.index(at)}"
    assert said in problem.message


RIGHT = (
    "Firm: company.name", "Firm: {from: [person.first_name, person.last_name], join: ' '}", "Mail: person.email",
    "Staff: {from: company.employees, range: lowest}", "Staff: custom.crm_users", "Amount: custom.balance", "Amount: score.total",
    "Agreed: interest.confirmed", "Agreed: consent.email_marketing.opted_out", "Since: interest.decision_date",
    "Since: lead.created_at", "At: first_touch.submitted_at", "Rank: {from: score.total, ranges: {80: Hot, 0: Cold}}",
    "Branch: {from: company.industry, values: {it: Technology}, otherwise: leave_out}",
    "Wants: {from: custom.products, values: {x: a}}",
    "Size: custom.size", "Once: {from: company.name, update: never}", "Short: address.postcode", "Odd: custom.products",
    "Boss: {from: custom.note, update: never}", "Rank: {from: company.industry, default: Hot}", "Short: interest.decision_date",
    "Agreed: {from: custom.size, values: {small: true, large: false}}", "Uid__c: lead.uid",
)  # fmt: skip


@pytest.mark.parametrize("line", RIGHT)
def test_nothing_is_said_against_a_right_line(line: str) -> None:
    assert held(line, asked=Asked(external_id="Uid__c")) == Findings()


WORTH_A_LOOK = {
    "free text into options": ("Branch: company.industry", "free_text"),
    "a long text into a short field": ("Short: address.street", "may_be_too_long"),
    "two names into a short field": ("Short: {from: [person.first_name, person.last_name], join: ' '}", "may_be_too_long"),
    "a text that an open list does not show": ("Rank: {from: score.total, ranges: {80: Hott, 0: Cold}}", "unlisted_choice"),
    "a text into an address": ("Mail: custom.note", "wrong_type"),
}


@pytest.mark.parametrize(("line", "code"), WORTH_A_LOOK.values(), ids=WORTH_A_LOOK.keys())
def test_what_may_go_wrong_is_a_warning_only(line: str, code: str) -> None:
    found = held(line)
    assert (found.problems, [one.code for one in found.warnings]) == ((), [code])


def test_constants_are_held_against_the_field_at_their_own_place() -> None:
    found = held("Firm: company.name", more="set:\n  Branch: Banking\n  Staff: {value: many, update: never}\n")
    assert [(one.code, str(one.place)) for one in found.problems] == [
        ("unknown_choice", "m.yaml:8:11"),
        ("wrong_type", "m.yaml:9:18"),
    ]


def test_a_required_field_that_nothing_fills_is_a_problem_and_one_that_may_stay_empty_a_warning() -> None:
    missing = held("Firm: company.name", named=False)
    assert [(one.code, one.field, str(one.place)) for one in missing.problems] == [("required_not_filled", "Name", "m.yaml:4:1")]
    perhaps = held("Name: person.last_name", named=False)
    assert (perhaps.problems, [one.code for one in perhaps.warnings]) == ((), ["required_may_be_empty"])


@pytest.mark.parametrize("line", ["Name: lead.uid", "Name: {from: person.last_name, required: true}", "Name: status"])
def test_a_required_field_that_is_always_filled_or_waited_for_is_right(line: str) -> None:
    assert held(line, named=False) == Findings()


def test_a_mapping_for_converted_records_creates_none_so_nothing_is_required_there() -> None:
    asked = Asked(creates=False)
    assert held("Firm: company.name", named=False, asked=asked, schema=schema_with(is_createable=False)) == Findings()
    assert [one.code for one in held("Once: {from: company.name, update: if_empty}", asked=asked).problems] == ["not_updateable"]


@pytest.mark.parametrize("verb", ["create", "edit"])
def test_an_object_that_may_not_be_written_is_told_at_its_line(verb: str) -> None:
    found = held(schema=schema_with(is_createable=verb != "create", is_updateable=verb != "edit"))
    assert [(one.code, str(one.place)) for one in found.problems] == [("no_permission", "m.yaml:3:9")]
    assert f"may not {verb} Person" in found.problems[0].message


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        (None, ["no_external_id"]),
        (FieldSchema("Key", is_unique=True, is_updateable=False), ["no_external_id"]),
        (FieldSchema("Key"), ["external_id_not_unique"]),
        (FieldSchema("Key", is_unique=True), []),
    ],
)
def test_the_field_for_the_leads_uid_must_be_there_unique_and_writable(field: FieldSchema | None, codes: list[str]) -> None:
    found = held(schema=schema_with(field) if field else PERSON, asked=Asked(external_id="Key"))
    assert [(one.code, one.field) for one in found.problems] == [(code, "Person.Key") for code in codes]


def test_a_field_that_was_renamed_is_named_by_its_new_name() -> None:
    [problem] = held("Firma: company.name", asked=Asked(renamed={"Firma": "Once"})).problems
    assert "renamed to `Once`" in problem.message


def test_what_comes_back_is_held_against_the_crm_too() -> None:
    more = (
        "from_crm:\n  company.name: Frim\n"
        "  company.industry: {from: Branch, values: {Technology: it, Finanz: bank}, otherwise: leave_out}\n"
        "  custom.size: {from: Size, values: {small: small}}\n"
    )
    found = held(more=more)
    told = [(one.code, one.place.line) for one in found.problems if one.place is not None]
    assert told == [("unknown_crm_field", 7), ("unknown_choice", 8)]
    assert [(one.code, "`large`" in one.message) for one in found.warnings] == [("unlisted_crm_value", True)]


def test_a_status_that_is_read_back_by_itself_needs_no_list_of_all_values() -> None:
    assert held("Branch: {from: status, values: {new: Technology}, otherwise: leave_out}") == Findings()


TASK = ObjectSchema("Task", {"Status": FieldSchema("Status", type="choice", choices=choices("Open"), is_closed=True)})
ACTIONS = HEAD + f"fields:\n  {NAMED}\neach_touch:\n  task: {{subject: touch.name, status: Done}}\n"


@pytest.mark.parametrize(
    ("schema", "code", "place"),
    [
        (None, "no_object", "m.yaml:7:3"),
        (replace(TASK, is_createable=False), "no_permission", "m.yaml:7:3"),
        (TASK, "unknown_choice", "m.yaml:7:39"),
    ],
)
def test_what_is_made_for_each_touch_must_be_permitted_and_fit(schema: ObjectSchema | None, code: str, place: str) -> None:
    found = check_actions(compiled(ACTIONS), {"task": schema}, read_document(ACTIONS, "m.yaml"))
    assert [(one.code, str(one.place)) for one in found.problems] == [(code, place)]


def test_actions_whose_object_was_not_asked_for_are_passed_over() -> None:
    assert check_actions(compiled(ACTIONS), {}) == Findings()


def test_two_mappings_of_a_sink_that_write_one_field_are_told_at_the_second() -> None:
    one, two = (compiled(HEAD.replace("m\n", f"{name}\n", 1) + f"fields:\n  {NAMED}\n") for name in ("one", "two"))
    [problem] = check_overlaps([one, two]).problems
    assert (problem.code, problem.field, "`one`" in problem.message) == ("written_twice", "Name", True)
    assert check_overlaps([one, one]) == Findings()


def test_an_object_that_is_not_there_comes_with_the_nearest_one() -> None:
    assert "`Lead`" in missing_object("Leed", None, ["Lead", "Contact"]).message


def test_without_the_file_a_fault_stands_at_its_line() -> None:
    text = HEAD + f"fields:\n  {NAMED}\n  Branch: {{from: company.industry, values: {{it: IT}}}}\n"
    [problem] = check_mapping(compiled(text), PERSON, KNOWN).problems
    assert str(problem.place) == "m.yaml:6:3"
