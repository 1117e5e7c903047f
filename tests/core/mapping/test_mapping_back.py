"""What a sink mapping takes back from the CRM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.fields import STANDARD, Field
from core.lead import CRM_CHANGE, Cell, Touch, Value
from core.mapping import OutboundMapping, read_change, run_mapping_tests
from core.mapping.reading_back import crm_text
from core.problems import Problem

Compile = Callable[[str], Any]
Problems = Callable[[str], list[Problem]]

CATALOGUE = STANDARD.with_custom(
    [
        Field("custom.crm_users", "integer", "CRM users", False),
        Field("custom.balance", "decimal", "Balance", False),
        Field("custom.products", "list", "Products", False, "union"),
    ]
)
HEAD = "mapping: out\nto: salesforce\nobject: Lead\n"
LEAD = (
    HEAD
    + """\
fields:
  Email: person.email
  Phone: person.phone
  Status: {from: status, values: {new: Open, nurturing: Nurturing, asleep: Nurturing}, otherwise: leave_out}
  Stage__c: {from: lifecycle_stage, values: {customer: Kunde}}
  HasOptedOutOfEmail: consent.email_marketing.opted_out
"""
)
BACK = (
    LEAD
    + """\
from_crm:
  person.phone: Phone
  person.job_title: [Title, Title__c]
  person.mobile: {from: MobilePhone, region: DE}
  custom.crm_users: Seats__c
  custom.balance: Balance__c
  custom.products: Products__c
  company.employees: Employees__c
  interest.timeframe: {from: Timing__c, values: {Soon: now}, otherwise: leave_out}
  interest.confirmed: Interested__c
  interest.decision_date: Decides__c
  sales.converted_at: ConvertedDate
"""
)


def change(mapping: OutboundMapping, fields: Mapping[str, object], **extra: Value) -> Touch:
    said = {name.replace("__", "."): value for name, value in extra.items()}
    return read_change(
        mapping, fields, uid="t9", source="salesforce", at=7, catalogue=CATALOGUE, zone="Europe/Berlin", region="", extra=said
    )


def read(mapping: OutboundMapping, **fields: object) -> dict[str, Value]:
    return {path: cell.value for path, cell in change(mapping, fields).fields.items()}


# --- by itself ------------------------------------------------------------------------------------------------------


def test_status_stage_and_opt_outs_are_watched_without_being_named(compiled: Compile) -> None:
    assert compiled(LEAD).watched == ("Status", "Stage__c", "HasOptedOutOfEmail")
    assert compiled(LEAD).from_crm.targets == {"status", "lifecycle_stage", "consent.email_marketing"}


def test_a_mapping_that_fills_none_of_them_watches_nothing(compiled: Compile) -> None:
    assert compiled(HEAD + "fields: {Email: person.email, Rating: {from: score.total, ranges: {50: Hot}}}\n").watched == ()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"Status": "Open"}, {"status": "new"}),
        ({"Status": "nurturing"}, {"status": "nurturing"}),
        ({"Status": "Working - Contacted"}, {"status": "Working - Contacted"}),
        ({"Status": None, "Stage__c": ""}, {}),
        ({"Stage__c": "Kunde"}, {"lifecycle_stage": "customer"}),
        ({"Stage__c": "Evangelist"}, {}),
        ({"HasOptedOutOfEmail": True}, {"consent.email_marketing": "opted_out"}),
        ({"HasOptedOutOfEmail": "true"}, {"consent.email_marketing": "opted_out"}),
        ({"HasOptedOutOfEmail": False}, {}),
        ({"HasOptedOutOfEmail": "false"}, {}),
        ({"Email": "new@acme.de", "Unknown": 5}, {}),
    ],
)
def test_values_come_back_in_the_leads_words(compiled: Compile, fields: dict[str, object], said: dict[str, Value]) -> None:
    touch = change(compiled(LEAD), fields)
    assert {path: cell.value for path, cell in touch.fields.items()} == said
    assert touch.problems == ()


def test_a_stage_without_values_comes_back_as_it_is(compiled: Compile) -> None:
    mapping = compiled(
        HEAD.replace("salesforce", "hubspot") + "fields: {lifecyclestage: lifecycle_stage, hs_lead_status: status}\n"
    )
    assert read(mapping, lifecyclestage="customer", hs_lead_status="IN_PROGRESS") == {
        "lifecycle_stage": "customer", "status": "IN_PROGRESS",
    }  # fmt: skip


def test_from_crm_goes_before_what_is_read_by_itself(compiled: Compile) -> None:
    mapping = compiled(LEAD + "from_crm:\n  status: {from: Status, values: {Open: offen}, otherwise: anders}\n")
    assert read(mapping, Status="Open") == {"status": "offen"}
    assert read(mapping, Status="Nurturing") == {"status": "anders"}
    assert mapping.watched == ("Status", "Stage__c", "HasOptedOutOfEmail")


# --- from_crm -------------------------------------------------------------------------------------------------------


def test_the_fields_to_ask_for_are_named_once_in_the_files_order(compiled: Compile) -> None:
    assert " ".join(compiled(BACK).watched) == (
        "Phone Title Title__c MobilePhone Seats__c Balance__c Products__c Employees__c Timing__c Interested__c Decides__c "
        "ConvertedDate Status Stage__c HasOptedOutOfEmail"
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"Phone": "+49 30 1234567"}, {"person.phone": "+49301234567", "person.phones": ("+49301234567",)}),
        ({"MobilePhone": "0171 1234567"}, {"person.mobile": "+491711234567", "person.phones": ("+491711234567",)}),
        ({"Title": None, "Title__c": "CTO"}, {"person.job_title": "CTO"}),
        ({"Title": " "}, {}),
        ({"Seats__c": 25.0}, {"custom.crm_users": 25}),
        ({"Seats__c": "25"}, {"custom.crm_users": 25}),
        ({"Seats__c": "25.0"}, {"custom.crm_users": 25}),
        ({"Seats__c": 0}, {"custom.crm_users": 0}),
        ({"Balance__c": 1.234}, {"custom.balance": "1.2340"}),
        ({"Balance__c": "1234.5"}, {"custom.balance": "1234.5"}),
        ({"Balance__c": "1.234567"}, {"custom.balance": "1.234567"}),
        ({"Seats__c": "1.234"}, {}),
        ({"Employees__c": "1500.0"}, {"company.employees": "1500"}),
        ({"Balance__c": "-1.234"}, {"custom.balance": "-1.2340"}),
        ({"Products__c": "crm;erp"}, {"custom.products": ("crm", "erp")}),
        ({"Products__c": ["crm", "erp"]}, {"custom.products": ("crm", "erp")}),
        ({"Timing__c": "Soon"}, {"interest.timeframe": "now"}),
        ({"Timing__c": "Later"}, {}),
        ({"Interested__c": True}, {"interest.confirmed": True}),
        ({"Interested__c": False}, {"interest.confirmed": False}),
        ({"Decides__c": "2026-12-01"}, {"interest.decision_date": "2026-12-01"}),
        ({"Decides__c": "2026-12-01T23:30:00.000+0000"}, {"interest.decision_date": "2026-12-02"}),
        ({"ConvertedDate": "2026-11-21T09:30:00.000+0000"}, {"sales.converted_at": "2026-11-21T09:30:00Z"}),
        ({"ConvertedDate": "1763717400000"}, {"sales.converted_at": "2025-11-21T09:30:00Z"}),
    ],
)
def test_each_type_is_read_as_crms_write_it(compiled: Compile, fields: dict[str, object], said: dict[str, Value]) -> None:
    assert read(compiled(BACK), **fields) == said


def test_a_change_is_a_touch_of_its_sink_with_the_crms_own_text_beside_each_value(compiled: Compile) -> None:
    touch = change(
        compiled(BACK), {"Status": "Open", "Phone": "+49 30 1234567", "Seats__c": 25.0}, owner__email="ben@acme.example"
    )
    assert (touch.uid, touch.source, touch.at, touch.kind, touch.is_test) == ("t9", "salesforce", 7, CRM_CHANGE, False)
    assert touch.fields["status"] == Cell("new", "Open")
    assert touch.fields["person.phone"] == Cell("+49301234567", "+49 30 1234567")
    assert touch.fields["custom.crm_users"] == Cell(25, "25")
    assert touch.fields["owner.email"] == Cell("ben@acme.example", "ben@acme.example")


def test_what_can_not_be_read_is_a_problem_of_the_touch_and_stops_nothing(compiled: Compile) -> None:
    touch = change(compiled(BACK), {"Seats__c": "a few", "Phone": "+49 30 1234567"})
    assert touch.fields["person.phone"].value == "+49301234567"
    (problem,) = touch.problems
    assert (problem.code, problem.field) == ("number_unreadable", "custom.crm_users")
    assert "a few" not in problem.message


def test_what_is_told_beside_the_fields_wins_and_an_empty_text_tells_nothing(compiled: Compile) -> None:
    touch = change(compiled(LEAD), {"Status": "Open"}, status="converted", owner__email="", sales__contact_id="003")
    assert {path: cell.value for path, cell in touch.fields.items()} == {"status": "converted", "sales.contact_id": "003"}


def test_no_campaign_parameters_are_looked_for_in_a_crm(compiled: Compile) -> None:
    mapping = compiled(HEAD + "fields: {Email: person.email}\nfrom_crm: {company.website: utm_source, person.website: Page}\n")
    assert read(mapping, utm_source="https://acme.de", Page="https://x.de/?utm_source=a") == {
        "company.website": "https://acme.de", "person.website": "https://x.de/?utm_source=a",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (3.0, "3"),
        (0.5, "0.5"),
        (1e20, "1" + "0" * 20),
        (["a", "b"], "a;b"),
    ],
)
def test_a_crms_value_has_one_text(value: object, text: str) -> None:
    assert crm_text(value) == text


# --- what is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "place", "hint"),
    [
        ("person.phne: Phone", "11:3", "Did you mean `person.phone`?"),
        ("person.phone: {from: Phone, valeus: {a: b}}", "11:31", "Did you mean `values`?"),
        ("person.phone: {from: Phone, default: x}", "11:31", "`default` is not known"),
        ("score.total: Score__c", "11:3", "`score.total` is computed by leadrelay and can not be read back. Remove the line."),
        ("consent.email_marketing.opted_out: Box", "11:3", "Map to `consent.email_marketing` with `values:"),
        ("touch.message: Description", "11:3", "`touch.message` belongs to one touch, and a CRM tells of the lead."),
        ("person.full_name: Name", "11:3", "Read `person.first_name` and `person.last_name` back."),
        ("owner.email: OwnerId", "11:3", "`owner.email` is read back by itself"),
        ("person.phone: Phone\n  person.phone: MobilePhone", "12:3", "person.phone"),
        ("interest.timeframe: {from: When__c, values: {Soon: nwo}}", "11:54", "Did you mean `now`?"),
        ("person.phone: {region: DE}", "11:17", "needs `from:`"),
        ("person.phone: {from: Phone, region: XX}", "11:39", "two letters"),
    ],
)
def test_a_wrong_line_is_named_with_its_place(problems_of: Problems, lines: str, place: str, hint: str) -> None:
    (problem,) = problems_of(f"{LEAD}from_crm:\n  {lines}\n")
    assert str(problem).startswith(f"m.yaml:{place}: ")
    assert hint in problem.message


def test_a_source_mapping_knows_no_from_crm_and_fills_nothing_that_crms_tell(problems_of: Problems) -> None:
    text = "mapping: m\nto: lead\nfields: {person.email: e, status: s, owner.email: o}\nfrom_crm: {person.phone: Phone}\n"
    assert [str(problem.place) for problem in problems_of(text)] == ["m.yaml:3:27", "m.yaml:3:38", "m.yaml:4:1"]


# --- tests in the file ----------------------------------------------------------------------------------------------


def results(compiled: Compile, given: str, expect: str) -> list[tuple[bool, str]]:
    text = f"{BACK}tests:\n  - name: t\n    given: {given}\n    expect: {expect}\n"
    return [(result.passed, result.message) for result in run_mapping_tests(compiled(text), CATALOGUE)]


@pytest.mark.parametrize(
    ("given", "expect", "said"),
    [
        ("{in_crm: {Phone: +49 30 1234567}}", "{back: {person.phone: +49301234567}}", ""),
        ("{in_crm: {Seats__c: 25}}", "{back: {custom.crm_users: 25}}", ""),
        ("{in_crm: {Status: Working}}", "{back: {status: Working}}", ""),
        ("{in_crm: {HasOptedOutOfEmail: true}}", "{back: {consent.email_marketing: opted_out}}", ""),
        ("{in_crm: {HasOptedOutOfEmail: false}}", "{back: {}}", ""),
        ("{in_crm: {Email: a@acme.de}}", "{back: {person.email: none}}", ""),
        ("{in_crm: {Status: Open}}", "{back: {status: nurturing}}", "m.yaml:25:21: status: expected `nurturing`, got `new`"),
        ("{in_crm: {Status: Open}}", "{back: {}}", "back: expected nothing to be read back, got status"),
        ("{in_crm: {Phone: ''}}", "{back: {person.phone: +49301234567}}", "person.phone: expected `+49301234567`, got nothing"),
        ("{status: new}", "{back: {status: new}}", "the test gives no `in_crm`, so there is nothing to read back"),
    ],
)
def test_tests_say_what_reading_a_record_back_makes_of_the_lead(compiled: Compile, given: str, expect: str, said: str) -> None:
    ((passed, message),) = results(compiled, given, expect)
    assert passed == (not said), message
    assert said in message


def test_a_test_names_crm_fields_and_lead_fields_that_there_are(problems_of: Problems) -> None:
    expect = "{back: {person.job_titel: CTO}, not_sent: [Title]}"
    text = f"{BACK}tests:\n  - name: t\n    given: {{in_crm: {{Titel: CTO}}}}\n    expect: {expect}\n"
    said = [str(problem) for problem in problems_of(text)]
    assert said[0].startswith("m.yaml:24:22: this mapping neither writes nor reads the CRM field `Titel`. Did you mean `Title`?")
    assert said[1].startswith("m.yaml:25:21: field `person.job_titel` is not a lead field. Did you mean `person.job_title`?")
    assert said[2].startswith("m.yaml:25:56: this mapping does not write the CRM field `Title`.")
