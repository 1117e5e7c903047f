"""What a mapping wants done beside the record: per touch by each CRM's own kinds, and the company once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.lead import Lead, Value
from core.mapping import ActionWanted
from core.problems import Problem

Compile = Callable[[str], Any]
MakeLead = Callable[[dict[str, Value]], Lead]

HUBSPOT = """\
mapping: out
to: hubspot
object: contacts
fields: {email: person.email}
each_touch:
  note: {body: [touch.message, touch.name]}
  task: {subject: touch.name, description: touch.message, when: {touch.kind: {is: demo_request}}}
  list_membership: {list: touch.campaign}
company: {domain: [company.domain, company.website], name: company.name}
"""


def test_hubspot_has_notes_tasks_and_lists(compiled: Compile, lead_of: MakeLead) -> None:
    touch = {"touch.kind": "demo_request", "touch.name": "Demo", "touch.message": "Hi", "touch.campaign": "42"}
    assert compiled(HUBSPOT).touch_actions(lead_of({}), touch) == (
        ActionWanted("note", {"body": "Hi"}),
        ActionWanted("task", {"subject": "Demo", "description": "Hi"}),
        ActionWanted("list_membership", {"list": "42"}),
    )


def test_a_company_is_wanted_once_for_each_domain_and_its_key_does_not_say_which(compiled: Compile, lead_of: MakeLead) -> None:
    mapping = compiled(HUBSPOT)
    (acme,) = mapping.touch_actions(lead_of({"company.domain": "Acme.de", "company.name": "Acme"}), {})
    assert (acme.kind, acme.payload) == ("company", {"domain": "acme.de", "name": "Acme"})
    assert acme.once
    assert "acme" not in acme.once
    assert mapping.company_wanted(lead_of({"company.domain": "acme.de"})).once == acme.once
    assert mapping.company_wanted(lead_of({"company.domain": "beta.de"})).once != acme.once
    assert mapping.company_wanted(lead_of({"company.website": "https://acme.de"})).payload == {"domain": "https://acme.de"}


@pytest.mark.parametrize(
    ("email", "domain"),
    [("anna@mail.acme.co.uk", "acme.co.uk"), ("info@acme.de", "acme.de"), ("anna@gmail.com", None), ("anna(at)acme.de", None)],
)
def test_an_address_stands_for_its_domain_where_a_firm_gave_it(
    compiled: Compile, lead_of: MakeLead, email: str, domain: str | None
) -> None:
    mapping = compiled(HUBSPOT.replace("[company.domain, company.website]", "[company.domain, person.email]"))
    wanted = mapping.company_wanted(lead_of({"person.email": email}))
    assert (wanted and wanted.payload["domain"]) == domain
    told = mapping.company_wanted(lead_of({"person.email": email, "company.domain": "beta.de"}))
    assert told is not None
    assert told.payload["domain"] == "beta.de"


def test_without_a_domain_no_company_is_wanted(compiled: Compile, lead_of: MakeLead) -> None:
    lead = lead_of({"company.name": "Acme"})
    assert compiled(HUBSPOT).touch_actions(lead, {}) == ()
    assert compiled(HUBSPOT.partition("company:")[0]).company_wanted(lead) is None


@pytest.mark.parametrize(
    ("line", "place", "hint"),
    [
        ("each_touch: {campaign_member: {campaign: touch.campaign}}", "5:14", "Known are note, task, list_membership."),
        ("each_touch: {nte: {body: touch.message}}", "5:14", "Did you mean `note`?"),
        ("each_touch: {note: {text: touch.message}}", "5:21", "`text` is not known in `note`"),
        ("each_touch: {task: {subject: x, priority: High}}", "5:33", "`priority` is not known in `task`"),
        ("each_touch: {list_membership: {lst: 7}}", "5:32", "Did you mean `list`?"),
        ("company: {name: company.name}", "5:10", "`company` needs `domain:`"),
        ("company: {domain: company.domian}", "5:19", "Did you mean `company.domain`?"),
        ("company: {domain: [company.domain, touch.page_url]}", "5:36", "`touch.page_url` belongs to a touch"),
        ("company: {domain: company.domain, nme: company.name}", "5:35", "Did you mean `name`?"),
        ("company: company.domain", "5:10", "must be a mapping"),
    ],
)
def test_a_wrong_action_is_named_with_its_place(
    problems_of: Callable[[str], list[Problem]], line: str, place: str, hint: str
) -> None:
    said = [str(problem) for problem in problems_of(HUBSPOT.partition("each_touch:")[0] + line + "\n")]
    assert [one for one in said if one.startswith(f"m.yaml:{place}: ") and hint in one], said
