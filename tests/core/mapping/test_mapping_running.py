"""Tests in mapping files: a right one passes, a wrong one says what was expected, what came, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.fields import Catalogue
from core.mapping import TestResult, run_mapping_tests

Compile = Callable[[str], Any]

INBOUND = """
mapping: in
to: lead
fields:
  person.email: email
  person.full_name: Name
  person.phone: {from: tel, region: DE}
  company.employees: size
  custom.crm_users: users
  custom.balance: balance
  custom.products: products
  interest.decision_date: date
  interest.confirmed: sure
consent: {email_marketing: {when: {ok: {is: yes}}}}
"""

OUTBOUND = """
mapping: out
to: salesforce
object: Lead
fields:
  LastName: {from: person.last_name, default: Not provided}
  Email: person.email
  Phone: person.phone
  Users: {from: custom.crm_users, update: always}
  Status: {from: status, values: {new: Open}, update: never}
  OptOut: consent.email_marketing.opted_out
each_touch:
  campaign_member: {campaign: touch.campaign, status: Responded}
  task: {subject: touch.name, when: {touch.kind: {is: contact}}}
"""


@pytest.fixture
def run(compiled: Compile, catalogue: Catalogue) -> Callable[[str, str], TestResult]:
    def run_one(mapping: str, test: str) -> TestResult:
        [result] = run_mapping_tests(compiled(f"{mapping}tests:\n  - name: t\n    {test}\n"), catalogue)
        return result

    return run_one


Run = Callable[[str, str], TestResult]


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        ("{email: A@Acme.de}", "{person.email: a@acme.de}"),
        ("{email: a@acme.de, Name: Anna Weber}", "{person.last_name: Weber, person.first_name: Anna}"),
        ("{email: a@acme.de, tel: 030 1234567}", "{person.phone: +49301234567}"),
        ("{email: a@acme.de, tel: 030 1234567}", "{person.phone: +49 30 1234567}"),
        ("{email: a@acme.de, users: 25}", "{custom.crm_users: 25}"),
        ("{email: a@acme.de, balance: '1.250,50'}", "{custom.balance: 1250.50}"),
        ("{email: a@acme.de, size: 11 - 50 people}", "{company.employees: 11-50}"),
        ("{email: a@acme.de, date: 21.11.2026}", "{interest.decision_date: 2026-11-21}"),
        ("{email: a@acme.de, sure: ja}", "{interest.confirmed: true}"),
        ("{email: a@acme.de, products: [b, a]}", "{custom.products: [a, b]}"),
        ("{email: a@acme.de}", "{custom.crm_users: none, person.phone: , problems: []}"),
        ("{email: a@acme.de}", "{consent.email_marketing: not_given, held: false}"),
        ("{email: a@acme.de, ok: yes}", "{consent.email_marketing: given, touch.kind: form_post}"),
        ("{size: 12}", "{held: true, problems: [nobody]}"),
        ("{email: a@acme.de, shoe: 44}", "{problems: [unmapped_name, Shoe]}"),
        ("{email: a@acme.de, users: many}", "{problems: [custom.crm_users]}"),
    ],
)
def test_a_right_test_of_a_source_mapping_passes(run: Run, given: str, expect: str) -> None:
    result = run(INBOUND, f"given: {given}\n    expect: {expect}")
    assert (result.passed, result.message, result.name) == (True, "", "t")


@pytest.mark.parametrize(
    ("given", "expect", "column", "says"),
    [
        ("{email: a@acme.de}", "{person.email: b@acme.de}", 14, "expected `b@acme.de`, got `a@acme.de`"),
        ("{email: a@acme.de}", "{person.phone: '+49'}", 14, "person.phone: expected `+49`, got nothing"),
        ("{email: a@acme.de}", "{held: false, person.email: none}", 27, "expected `none`, got `a@acme.de`"),
        ("{email: a@acme.de}", "{person.email: }", 14, "expected nothing, got `a@acme.de`"),
        ("{email: a@acme.de, products: [a, b]}", "{custom.products: [a]}", 14, "expected `a`, got `a; b`"),
        ("{email: a@acme.de}", "{held: true}", 5, "expected the submission to be held, and it is not"),
        ("{size: 1}", "{held: false}", 5, "to be taken, and it is held: no e-mail"),
        ("{size: 1}", "{company.employees: 1}", 5, "the submission is held, so no field can be compared: no e-mail"),
        ("{email: a@acme.de, shoe: 44}", "{problems: []}", 5, "expected no problem, got unmapped_name (shoe)"),
        ("{email: a@acme.de}", "{problems: [nobody]}", 25, "expected the problem `nobody`, got none"),
    ],
)
def test_a_wrong_test_of_a_source_mapping_says_expected_got_and_where(
    run: Run, given: str, expect: str, column: int, says: str
) -> None:
    result = run(INBOUND, f"given: {given}\n    expect: {expect}")
    assert not result.passed
    assert says in result.message
    assert result.message.startswith(f"m.yaml:{result.place.line}:{result.place.column}: ")
    assert (result.place.line, result.place.column) == ((18 if column > 5 else 16), column)


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        ("{person.email: a@acme.de}", "{create: {LastName: Not provided, Email: a@acme.de}}"),
        ("{person.email: a@acme.de}", "{create: {Email: a@acme.de}, sent: [LastName], not_sent: [Phone, Users]}"),
        ("{status: new}", "{create: {Status: Open}}"),
        ("{status: new, in_crm: {}}", "{not_sent: [Status]}"),
        ("{status: old}", "{not_sent: [Status], problems: [unlisted_value]}"),
        ("{custom.crm_users: 25}", "{create: {Users: 25}, problems: []}"),
        ("{custom.crm_users: 25, in_crm: {Users: 25}}", "{update: {}, sent: []}"),
        ("{custom.crm_users: 25, in_crm: {Users: 24}}", "{update: {Users: 25}}"),
        ("{person.last_name: Weber, in_crm: {LastName: Not provided}}", "{update: {LastName: Weber}}"),
        ("{person.phone: 030 1234567, in_crm: {Email: x}}", "{update: {Phone: 030 1234567}}"),
        ("{consent.email_marketing: opted_out}", "{create: {OptOut: true}}"),
        ("{consent.email_marketing: given, in_crm: {OptOut: true}}", "{update: {}}"),
        ("{touch.campaign: 701}", "{actions: {campaign_member: {campaign: 701}}}"),
        ("{touch.campaign: 701, touch.kind: contact}", "{actions: [campaign_member, task]}"),
        ("{touch.kind: web}", "{actions: }"),
    ],
)
def test_a_right_test_of_a_sink_mapping_passes(run: Run, given: str, expect: str) -> None:
    result = run(OUTBOUND, f"given: {given}\n    expect: {expect}")
    assert (result.passed, result.message) == (True, "")


@pytest.mark.parametrize(
    ("given", "expect", "says"),
    [
        ("{person.email: a@acme.de}", "{create: {Email: b@acme.de}}", "Email: expected `b@acme.de`, got `a@acme.de`"),
        ("{}", "{create: {Email: b@acme.de}}", "Email: expected `b@acme.de`, and it is not sent: nothing is known for it"),
        ("{in_crm: {}}", "{create: {LastName: Not provided}}", "the record exists"),
        ("{}", "{update: {}}", "there is no record yet"),
        ("{person.email: a@acme.de, in_crm: {}}", "{update: {}}", "expected nothing to be sent, got Email"),
        ("{person.email: a@acme.de}", "{sent: [Phone]}", "expected Phone to be sent, and it is not: nothing is known"),
        ("{person.email: a@acme.de}", "{sent: []}", "sent: expected nothing, got LastName, Email"),
        ("{person.email: a@acme.de}", "{not_sent: [Email]}", "expected Email not to be sent, and it goes out as `a@acme.de`"),
        ("{touch.kind: contact, touch.name: F}", "{actions: []}", "the action task is wanted too"),
        ("{touch.kind: contact, touch.name: F}", "{actions: {task: {subject: G}}}", "subject: expected `G`, got `F`"),
        ("{}", "{actions: [task]}", "expected the action task, got none"),
    ],
)
def test_a_wrong_test_of_a_sink_mapping_says_expected_got_and_where(run: Run, given: str, expect: str, says: str) -> None:
    result = run(OUTBOUND, f"given: {given}\n    expect: {expect}")
    assert not result.passed
    assert says in result.message
    assert result.message.startswith("m.yaml:")
