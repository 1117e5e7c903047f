"""Typed writers: canonical values as the texts that a portal's properties take, and when two of them are the same."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Reject
from connectors.hubspot.bodies import Maker
from connectors.hubspot.owners import Owners
from connectors.hubspot.schema import OWNER, Property, Schema, read_schema
from connectors.hubspot.writers import BadValue, crm_value, is_same
from core.lead import Value
from core.problems import Problem
from core.rendering import FieldWrite, OwnerWanted

BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


def about(kind: str = "string", field_type: str = "text", *options: tuple[str, str], name: str = "x", **more: Any) -> Property:
    row = {
        "name": name, "type": kind, "fieldType": field_type,
        "options": [{"value": value, "label": label, "displayOrder": place} for place, (value, label) in enumerate(options)],
        **more,
    }  # fmt: skip
    return read_schema("contacts", [row]).properties[name]


TEXT, NUMBER, DAY, MOMENT = about(), about("number", "number"), about("date", "date"), about("datetime", "date")
YES_NO = about("bool", "booleancheckbox", ("true", "Yes"), ("false", "No"))
ENUMERATED_YES_NO = about("enumeration", "booleancheckbox", ("true", "Yes"), ("false", "No"))
STATUS = about("enumeration", "radio", ("NEW", "New"), ("OPEN_DEAL", "Open deal"), ("Hot", "Very warm"), ("hot", "Quite warm"))
TICKS = about("enumeration", "checkbox", ("a", "Alpha"), ("b", "Beta"), ("c", "Gamma"))
EMAIL, PHONE = about(name="email"), about("string", "phonenumber")
OWNED = about("enumeration", "select", name=OWNER, externalOptions=True, referencedObjectType="OWNER")


@pytest.mark.parametrize(
    ("property_", "value", "text"),
    [
        (TEXT, "Anna", "Anna"), (TEXT, True, "true"), (TEXT, 7, "7"), (TEXT, ("a", "b"), "a, b"),
        (NUMBER, 1250, "1250"), (NUMBER, "1250.50", "1250.5"), (NUMBER, "1.2340", "1.234"), (NUMBER, "1E3", "1000"),
        (NUMBER, "-0.5", "-0.5"), (NUMBER, "5,333,222", "5333222"), (NUMBER, "1 250,5", "1250.5"), (NUMBER, "0", "0"),
        (YES_NO, True, "true"), (YES_NO, "No", "false"), (ENUMERATED_YES_NO, False, "false"), (ENUMERATED_YES_NO, "1", "true"),
        (DAY, "2026-11-21", "2026-11-21"), (DAY, "2026-11-21T23:30:00Z", "2026-11-22"),
        (DAY, "2026-11-21T22:59:59Z", "2026-11-21"), (DAY, "2026-11-21T09:30:00", "2026-11-21"),
        (MOMENT, "2026-11-21T09:30:00Z", "2026-11-21T09:30:00.000Z"), (MOMENT, "2026-11-21", "2026-11-20T23:00:00.000Z"),
        (MOMENT, "2026-11-21T09:30:00.5+01:00", "2026-11-21T08:30:00.500Z"),
        (MOMENT, "1763717400000", "2025-11-21T09:30:00.000Z"),
        (STATUS, "NEW", "NEW"), (STATUS, "new", "NEW"), (STATUS, "open  DEAL", "OPEN_DEAL"), (STATUS, "Hot", "Hot"),
        (STATUS, "very warm", "Hot"),
        (TICKS, ("a", "Beta"), "a;b"), (TICKS, "a;c;a", "a;c"), (TICKS, "gamma", "c"),
        (EMAIL, " Anna@ACME.example ", "anna@acme.example"), (PHONE, "+49301234567", "+49301234567"), (OWNED, "700113", "700113"),
    ],
)  # fmt: skip
def test_a_value_becomes_the_propertys_text(property_: Property, value: Value, text: str) -> None:
    assert crm_value(property_, value, BERLIN) == text


@pytest.mark.parametrize(
    ("property_", "value", "code"),
    [
        (TEXT, "x" * 65_537, "too_long"), (NUMBER, "many", "wrong_type"), (NUMBER, True, "wrong_type"),
        (NUMBER, "NaN", "wrong_type"),
        (YES_NO, "maybe", "wrong_type"), (DAY, "soon", "wrong_type"), (MOMENT, "soon", "wrong_type"),
        (STATUS, "HOT", "not_in_picklist"), (STATUS, "Cold", "not_in_picklist"), (TICKS, ("a", "z"), "not_in_picklist"),
        (TICKS, ("a;b",), "not_in_picklist"), (EMAIL, "anna", "invalid_email"), (EMAIL, "a@b", "invalid_email"),
        (OWNED, "sally@acme.example", "owner_unknown"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_without_being_repeated(property_: Property, value: Value, code: str) -> None:
    with pytest.raises(BadValue) as raised:
        crm_value(property_, value, BERLIN)
    assert raised.value.code == code
    assert str(value) not in raised.value.reason or len(str(value)) < 5


@pytest.mark.parametrize(
    ("property_", "wanted", "held", "is_it"),
    [
        (MOMENT, "2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z", True), (MOMENT, "2025-11-21T09:30:00Z", "1763717400000", True),
        (MOMENT, "2026-11-21T09:30:00Z", "2026-11-21T09:30:01Z", False), (DAY, "2025-11-21", "1763683200000", True),
        (DAY, "2026-11-21", "2026-11-22", False), (EMAIL, "Anna@acme.example", "ANNA@ACME.example", True),
        (NUMBER, "1250.50", "1250.5", True), (NUMBER, 5, "5.0", True), (NUMBER, 5, "five", False),
        (TICKS, ("c", "a"), "a;b;c", True), (TICKS, ("c",), "a;b", False), (STATUS, "new", "NEW", True),
        (YES_NO, True, "True", True), (YES_NO, False, "true", False), (PHONE, "+49301234567", "+49 30 1234567", True),
        (TEXT, "a\r\nb", "a\nb ", True), (TEXT, "Anna", "anna", False), (NUMBER, "many", "many", False),
    ],
)  # fmt: skip
def test_values_are_compared_as_their_type_does(property_: Property, wanted: Value, held: str, is_it: bool) -> None:
    assert is_same(property_, wanted, held, BERLIN) is is_it


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=3))
def test_any_number_is_written_plainly_and_says_the_same(number: Any) -> None:
    text = crm_value(NUMBER, str(number), UTC)
    assert set(text) <= set("-0123456789.")
    assert is_same(NUMBER, str(number), text, UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_instant_that_was_written_says_the_same(moment: Any) -> None:
    text = crm_value(MOMENT, moment.isoformat(), UTC)
    assert is_same(MOMENT, moment.isoformat(), text, UTC)


# --- definitions --------------------------------------------------------------------------------------------------------


def test_a_bare_definition_is_a_plain_text() -> None:
    schema = read_schema("contacts", [{"name": "x"}, {"label": "no name"}, {"name": "old", "archived": True}])
    assert list(schema.properties) == ["x"]
    assert schema.properties["x"].kind == "text"
    assert schema.properties["x"].is_writable


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("hs_marketable_status", {}), ("createdate", {}), ("hs_object_id", {}), ("x", {"calculated": True}),
        ("x", {"fieldType": "calculation_equation"}), ("x", {"modificationMetadata": {"readOnlyValue": True}}),
    ],
)  # fmt: skip
def test_what_only_hubspot_sets_is_not_writable(name: str, more: dict[str, Any]) -> None:
    assert not read_schema("contacts", [{"name": name, "type": "string", **more}]).properties[name].is_writable


# --- bodies -------------------------------------------------------------------------------------------------------------

STAGES = about(
    "enumeration", "radio", ("lead", "Lead"), ("8231", "Trial"), ("customer", "Customer"), ("opportunity", "Opportunity"),
    name="lifecyclestage",
)  # fmt: skip
SCHEMA = Schema(
    "contacts",
    {one.name: one for one in (
        EMAIL, about(name="firstname"), about(name="lastname"), STAGES,
        about("enumeration", "checkbox", ("a", "A"), ("b", "B"), ("c", "C"), name="topics"),
        about("bool", "booleancheckbox", name="hs_email_optout", modificationMetadata={"readOnlyValue": True}),
        about("bool", "booleancheckbox", name="no_newsletter"), about(name="hs_marketable_status"),
    )},
)  # fmt: skip
MAKER = Maker(SCHEMA, "leadrelay_id", BERLIN)


@pytest.mark.parametrize(
    ("held", "wanted", "sent"),
    [
        ("", "lead", "lead"), (None, "Trial", "8231"), ("lead", "8231", "8231"), ("8231", "lead", None),
        ("customer", "8231", None),
        ("customer", "opportunity", "opportunity"), ("opportunity", "customer", None), ("lead", "lead", None),
        ("unheard_of", "customer", None),
    ],
)  # fmt: skip
def test_a_lifecycle_stage_goes_forward_only_in_the_portals_own_order(held: str | None, wanted: str, sent: str | None) -> None:
    body = MAKER.body([FieldWrite("lifecyclestage", wanted, "always")], {"lifecyclestage": held})
    assert body.fields.get("lifecyclestage") == sent


def test_without_options_the_usual_stages_are_known() -> None:
    plain = Maker(Schema("contacts", {"lifecyclestage": about(name="lifecyclestage")}), "leadrelay_id", UTC)
    forward = plain.body([FieldWrite("lifecyclestage", "customer", "always")], {"lifecyclestage": "lead"})
    back = plain.body([FieldWrite("lifecyclestage", "lead", "always")], {"lifecyclestage": "customer"})
    assert (forward.fields, back.fields) == ({"lifecyclestage": "customer"}, {})


@pytest.mark.parametrize(
    ("held", "sent", "echo"), [("a;b", ";c", "a;b;c"), ("c", ";a", "c;a"), ("", "a;c", None), ("a;c;b", None, None)]
)
def test_ticks_of_sales_stay(held: str, sent: str | None, echo: str | None) -> None:
    body = MAKER.body([FieldWrite("topics", ("a", "c"), "always")], {"topics": held})
    assert body.fields.get("topics") == sent
    assert body.echo.get("topics") == echo


def test_ticks_that_were_not_read_are_added_to() -> None:
    assert MAKER.body([FieldWrite("topics", "a", "always")], {}).fields == {"topics": ";a"}


@pytest.mark.parametrize(("value", "told"), [(True, ("hs_email_optout",)), (False, ()), (None, ())])
def test_a_read_only_opt_out_is_told_by_address(value: bool | None, told: tuple[str, ...]) -> None:
    writes = [FieldWrite("firstname", "Anna"), FieldWrite("hs_email_optout", value, "opt_out")]
    body = MAKER.body(writes, None)
    assert (body.opt_outs, body.problems) == (told, ())


@pytest.mark.parametrize(
    ("value", "held", "sent"), [(True, "", "true"), (True, "false", "true"), (True, "true", None), (False, "", None)]
)
def test_an_opt_out_of_ones_own_is_sent_and_never_taken_back(value: bool, held: str, sent: str | None) -> None:
    body = MAKER.body([FieldWrite("no_newsletter", value, "opt_out")], {"no_newsletter": held})
    assert body.fields.get("no_newsletter") == sent


def test_unknown_and_unwritable_properties_are_left_out_and_named() -> None:
    writes = [FieldWrite("firstname", "A"), FieldWrite("firstnam", "A"), FieldWrite("hs_marketable_status", "true")]
    body = MAKER.body(writes, None)
    assert body.fields == {"firstname": "A"}
    assert [(problem.code, problem.field) for problem in body.problems] == [
        ("unknown_field", "firstnam"), ("not_writable", "hs_marketable_status"),
    ]  # fmt: skip
    assert "Did you mean `firstname`?" in body.problems[0].message


def test_a_required_property_that_does_not_fit_rejects_the_record() -> None:
    with pytest.raises(Reject) as raised:
        MAKER.body([FieldWrite("firstname", "A"), FieldWrite("topics", "z", is_required=True)], None)
    assert raised.value.problem.field == "topics"


# --- owners -------------------------------------------------------------------------------------------------------------

PEOPLE = [
    {"id": "1", "email": "Sally@Acme.example", "archived": False},
    {"id": "2", "email": "gone@acme.example", "archived": True},
    {"id": "3", "email": ""},
    {"id": "4", "email": "desk@acme.example"},
]


@pytest.mark.parametrize(
    ("wanted", "is_new", "found"),
    [
        (OwnerWanted("sally@acme.example"), True, "1"), (OwnerWanted(queue="DESK@acme.example"), True, "4"),
        (OwnerWanted("sally@acme.example"), False, None), (OwnerWanted("sally@acme.example", update="always"), False, "1"),
        (OwnerWanted("gone@acme.example"), True, "owner_unknown"), (OwnerWanted("who@acme.example"), True, "owner_unknown"),
        (OwnerWanted("who@acme.example", "desk@acme.example"), True, "4"), (OwnerWanted(), True, None), (None, True, None),
    ],
)  # fmt: skip
def test_an_owner_is_an_active_one_by_address(wanted: OwnerWanted | None, is_new: bool, found: str | None) -> None:
    told = Owners(lambda: PEOPLE).wanted(wanted, is_new=is_new)
    assert (told.value if isinstance(told, FieldWrite) else told.code if isinstance(told, Problem) else told) == found


def test_owners_are_not_read_when_nobody_is_wanted() -> None:
    def read() -> list[dict[str, Any]]:
        raise AssertionError("owners were read")

    assert Owners(read).wanted(OwnerWanted("sally@acme.example"), is_new=False) is None
