"""What a sink mapping makes of a lead."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.lead import Lead, Value
from core.mapping import ActionWanted, OutboundMapping
from core.rendering import FieldWrite

Compile = Callable[[str], Any]
MakeLead = Callable[[dict[str, Value]], Lead]

HEAD = "mapping: out\nto: salesforce\nobject: Lead\n"


def with_fields(*lines: str) -> str:
    return HEAD + "fields:\n" + "".join(f"  {line}\n" for line in lines)


def only(mapping: OutboundMapping, lead: Lead) -> FieldWrite:
    [write] = mapping.render(lead).writes
    return write


def test_a_field_takes_the_leads_value_and_the_mappings_policy(compiled: Compile, lead_of: MakeLead) -> None:
    mapping = compiled(with_fields("Email: person.email", "Phone: {from: person.phone, update: never}"))
    writes = mapping.render(lead_of({"person.email": "a@acme.de"})).writes
    assert writes == (
        FieldWrite("Email", "a@acme.de", "if_empty", source="person.email"),
        FieldWrite("Phone", None, "never", source="person.phone"),
    )


def test_the_files_update_policy_holds_for_every_field_that_says_nothing(compiled: Compile, lead_of: MakeLead) -> None:
    text = with_fields("A: person.email", "B: {from: person.email, update: never}", "Status: status")
    mapping = compiled(text.replace("fields:", "update: always\nfields:"))
    assert [write.update for write in mapping.render(lead_of({})).writes] == ["always", "never", "never"]


@pytest.mark.parametrize(
    ("line", "known", "value"),
    [
        ("{from: [person.mobile, person.phone]}", {"person.phone": "+491"}, "+491"),
        ("[person.mobile, person.phone]", {"person.mobile": "+492", "person.phone": "+491"}, "+492"),
        ("[person.mobile, person.phone]", {"person.mobile": "", "person.phone": "+491"}, "+491"),
        ('{from: [person.first_name, person.last_name], join: " "}', {"person.last_name": "Weber"}, "Weber"),
        (
            '{from: [person.first_name, person.last_name], join: " "}',
            {"person.first_name": "Anna", "person.last_name": "Weber"},
            "Anna Weber",
        ),
        ("{from: custom.products, join: ' / '}", {"custom.products": ("a", "b")}, "a / b"),
        ("custom.products", {"custom.products": ("a", "b")}, ("a", "b")),
        ("{from: custom.products, values: {a: A}, otherwise: leave_out}", {"custom.products": ("a", "b")}, ("A",)),
        ("{from: custom.products, values: {a: A, b: B}, join: ;}", {"custom.products": ("a", "b")}, "A;B"),
        (
            "{from: company.industry, values: {software: Technology}, otherwise: leave_out}",
            {"company.industry": "Software"},
            "Technology",
        ),
        ("{from: company.industry, values: {software: Technology}, otherwise: leave_out}", {"company.industry": "fishing"}, None),
        ("{from: company.industry, values: {software: Technology}, otherwise: Other}", {"company.industry": "fishing"}, "Other"),
        ("{from: company.industry, values: {software: Technology}, otherwise: Other}", {}, None),
        ("{from: interest.confirmed, values: {true: Yes, false: No}}", {"interest.confirmed": False}, "No"),
        ("{from: custom.crm_users, values: {1: One}}", {"custom.crm_users": 1}, "One"),
        ("custom.crm_users", {"custom.crm_users": 0}, 0),
        ("interest.confirmed", {"interest.confirmed": False}, False),
        ("{from: company.employees, range: lowest}", {"company.employees": "11-50"}, 11),
        ("{from: company.employees, range: highest}", {"company.employees": "11-50"}, 50),
        ("{from: company.employees, range: text}", {"company.employees": "11-50"}, "11-50"),
        ("{from: company.employees, range: lowest}", {"company.employees": "25"}, 25),
        ("{from: company.employees, range: lowest}", {"company.employees": "1000-"}, 1000),
        ("{from: company.employees, range: highest}", {"company.employees": "1000-"}, 1000),
        ("{from: company.employees, range: lowest}", {"company.employees": "-10"}, 10),
        ("{from: score.total, ranges: {80: Hot, 40: Warm, 0: Cold}}", {"score.total": 80}, "Hot"),
        ("{from: score.total, ranges: {80: Hot, 40: Warm, 0: Cold}}", {"score.total": 79}, "Warm"),
        ("{from: score.total, ranges: {80: Hot, 40: Warm, 0: Cold}}", {"score.total": 0}, "Cold"),
        ("{from: score.total, ranges: {80: Hot, 40: Warm, 0: Cold}}", {"score.total": -1}, None),
        ("{from: score.total, ranges: {80: Hot}, otherwise: Cold}", {"score.total": 3}, "Cold"),
        ("{from: score.total, ranges: {80: Hot}, otherwise: Cold}", {}, None),
        ("{from: company.employees, ranges: {250: Enterprise, 0: Small}}", {"company.employees": "200-500"}, "Small"),
        ("{from: company.employees, ranges: {250: Enterprise, 0: Small}}", {"company.employees": "500-"}, "Enterprise"),
        ("{from: custom.balance, ranges: {0.5: Plus, -10: Minus}}", {"custom.balance": "-5.25"}, "Minus"),
        ("lead.uid", {}, "L1"),
        ("first_touch.lead_source", {"first_touch.lead_source": "Web"}, "Web"),
        ("consent.email_marketing", {"consent.email_marketing": "pending"}, "pending"),
    ],
)
def test_a_value_as_the_crm_field_takes_it(
    compiled: Compile, lead_of: MakeLead, line: str, known: dict[str, Value], value: Value | None
) -> None:
    found = only(compiled(with_fields(f"F: {line}")), lead_of(known)).value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("state", "value"), [("opted_out", True), ("given", None), ("not_given", None), (None, None)])
@pytest.mark.parametrize("line", ["%s", "{from: %s, update: never}", "{from: %s, update: if_empty}"])
def test_an_opt_out_has_its_own_policy_whatever_the_file_says(
    compiled: Compile, lead_of: MakeLead, state: str | None, value: bool | None, line: str
) -> None:
    mapping = compiled(with_fields("F: " + line % "consent.email_marketing.opted_out"))
    write = only(mapping, lead_of({"consent.email_marketing": state} if state else {}))
    assert (write.value, write.update) == (value, "opt_out")


def test_a_value_that_is_not_listed_is_left_out_with_a_problem(compiled: Compile, lead_of: MakeLead) -> None:
    rendered = compiled(with_fields("Status: {from: status, values: {new: Open}}")).render(lead_of({"status": "secret-status"}))
    assert rendered.writes[0].value is None
    [problem] = rendered.problems
    assert (problem.code, problem.field) == ("unlisted_value", "Status")
    assert str(problem.place) == "m.yaml:5:3"
    assert "secret-status" not in problem.message


def test_a_required_field_without_value_is_a_problem(compiled: Compile, lead_of: MakeLead) -> None:
    mapping = compiled(
        with_fields("A: {from: person.email, required: true}", "B: {from: person.email, required: true, default: x}")
    )
    rendered = mapping.render(lead_of({}))
    assert [(problem.code, problem.field) for problem in rendered.problems] == [("required_missing", "A")]
    assert [write.is_required for write in rendered.writes] == [True, True]
    assert mapping.render(lead_of({"person.email": "a@acme.de"})).problems == ()


def test_constants_are_set_with_a_policy_of_their_own(compiled: Compile, lead_of: MakeLead) -> None:
    mapping = compiled(with_fields("A: person.email") + "set: {Lead_Origin__c: relay, B: {value: 01067, update: never}}\n")
    writes = {write.name: write for write in mapping.render(lead_of({})).writes}
    assert (writes["Lead_Origin__c"].value, writes["Lead_Origin__c"].update) == ("relay", "if_empty")
    assert (writes["B"].value, writes["B"].update) == ("01067", "never")


def test_the_digest_follows_what_would_be_sent_and_nothing_else(compiled: Compile, lead_of: MakeLead) -> None:
    text = with_fields("A: person.email", "B: {from: person.phone, default: x}")
    mapping = compiled(text)
    lead = lead_of({"person.email": "a@acme.de"})
    digest = mapping.render(lead).digest
    assert -(2**63) <= digest < 2**63
    assert compiled(text.replace("mapping: out", "mapping: other")).render(lead).digest == digest
    assert mapping.render(lead_of({"person.email": "a@acme.de", "company.name": "X"})).digest == digest
    others = [
        mapping.render(lead_of({"person.email": "b@acme.de"})),
        mapping.render(lead_of({"person.phone": "a@acme.de"})),
        compiled(text.replace("default: x", "default: y")).render(lead),
        compiled(text.replace("default: x", "default: x, update: always")).render(lead),
        compiled(text.replace("default: x", "default: x, required: true")).render(lead),
        compiled(text.replace("A: ", "C: ")).render(lead),
        compiled(text.replace("object: Lead", "object: Contact")).render(lead),
    ]
    assert len({digest, *(other.digest for other in others)}) == len(others) + 1


def test_values_of_different_types_have_different_digests(compiled: Compile, lead_of: MakeLead) -> None:
    mapping = compiled(with_fields("A: custom.crm_users"))
    values: list[Value] = [1, "1", True, ("1",), ("1", "1"), "1;1", "", "null"]
    digests = {mapping.render(lead_of({"custom.crm_users": value})).digest for value in values}
    assert len(digests) == len(values)


def test_the_digest_is_the_same_in_every_process(compiled: Compile, lead_of: MakeLead) -> None:
    mapping = compiled(with_fields("A: person.email", "B: custom.products"))
    digest = mapping.render(lead_of({"person.email": "jörg@müller.de", "custom.products": ("b", "a")})).digest
    code = (
        "from core.documents import read_document; from core.fields import STANDARD, Field;"
        "from core.mapping import compile_mapping;"
        "from core.lead import Lead, Won;"
        "catalogue = STANDARD.with_custom([Field('custom.products', 'list', '', False)]);"
        f"mapping, _ = compile_mapping(read_document({with_fields('A: person.email', 'B: custom.products')!r}, 'x'), catalogue);"
        "values = {'custom.products': ('b', 'a'), 'person.email': 'jörg@müller.de'};"
        "print(mapping.render(Lead('L9', 7, {p: Won(v, 5, 't') for p, v in values.items()})).digest)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) == digest
    assert digest == 5_295_631_492_072_808_823, "another digest makes every lead of every store be sent again: only with a reason"


ACTIONS = (
    with_fields("A: person.email")
    + """
each_touch:
  campaign_member: {campaign: touch.campaign, status: Responded}
  task:
    subject: [touch.name, touch.form_id]
    description: touch.message
    when: {touch.kind: {in: [demo_request, contact]}, company.country: {is_not: US}}
"""
)


@pytest.mark.parametrize(
    ("touch", "known", "wanted"),
    [
        (
            {"touch.kind": "contact", "touch.name": "Form", "touch.message": "Hi", "touch.campaign": "701"},
            {"company.country": "DE"},
            (
                ActionWanted("campaign_member", {"campaign": "701", "status": "Responded"}),
                ActionWanted("task", {"subject": "Form", "description": "Hi"}),
            ),
        ),
        ({"touch.kind": "contact", "touch.form_id": "F1"}, {"company.country": "DE"}, (ActionWanted("task", {"subject": "F1"}),)),
        ({"touch.kind": "contact"}, {"company.country": "DE"}, (ActionWanted("task", {"subject": "contact"}),)),
        ({"touch.kind": "contact", "company.country": "US", "touch.name": "F"}, {"company.country": "DE"}, ()),
        ({"touch.kind": "contact", "touch.name": "F"}, {}, ()),
        ({"touch.kind": "newsletter", "touch.name": "F"}, {"company.country": "DE"}, ()),
        ({"touch.kind": "newsletter", "touch.campaign": " "}, {}, ()),
    ],
)
def test_a_touch_wants_its_actions(
    compiled: Compile, lead_of: MakeLead, touch: dict[str, Value], known: dict[str, Value], wanted: tuple[ActionWanted, ...]
) -> None:
    assert compiled(ACTIONS).touch_actions(lead_of(known), touch) == wanted


def test_owner_conversion_and_names_are_there_for_the_sink(compiled: Compile) -> None:
    text = with_fields("A: person.email", "B: [person.phone, lead.uid]")
    mapping = compiled(
        text
        + "owner: {assigned_by: salesforce, update: if_empty}\nwhen_converted: {object: Contact, mapping: salesforce-contact}\n"
    )
    assert (mapping.owner.assigned_by, mapping.owner.update) == ("salesforce", "if_empty")
    assert (mapping.when_converted.object, mapping.when_converted.mapping) == ("Contact", "salesforce-contact")
    assert mapping.lead_fields == {"person.email", "person.phone", "lead.uid"}
    assert mapping.fields_written == {"A", "B"}
    assert (mapping.to, mapping.object, mapping.name) == ("salesforce", "Lead", "out")
    plain = compiled(text)
    assert (plain.owner.assigned_by, plain.owner.update, plain.when_converted) == ("leadrelay", "never", None)
