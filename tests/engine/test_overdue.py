"""Leads that nobody answers, and leads that get their owner late: what becomes of them in the ledger and in both CRMs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.instants import HOUR, MINUTE
from leadrelay.store import tables
from tests.engine import feedback
from tests.engine.conftest import Hand
from tests.engine.feedback import FeedbackBench, both_crms, person
from tests.support.project import FORM_MAPPING

ANNA, BEN, CARA = "anna@acme.example", "ben@acme.example", "cara@acme.example"
RULES = """\
routing:
  start_when: {has_touch: {kind: demo_request}}
  reroute: when_overdue
  to:
    - {name: all, when: {lead.uid: {known: true}}, pool: sales}
    - {name: rest, otherwise: true, queue: unassigned}
  respond_within: {minutes: 30, warn: owner, then: manager}
"""
TEAM = f"""\
people: {{{ANNA}: {{}}, {BEN}: {{}}, {CARA}: {{manager: true}}}}
pools: {{sales: {{members: [{ANNA}, {BEN}], fallback: unassigned}}}}
queues: {{unassigned: {{salesforce: Inbound Leads, hubspot: desk@acme.example}}}}
"""
FORM = FORM_MAPPING.replace("set:\n  touch.kind: demo_request\n", "  touch.kind: kind\nset:\n")


class Desk(FeedbackBench):
    """A bench whose CRMs know the team."""

    def owners(self, number: int = 0) -> tuple[str, str]:
        """Who has a lead's record in Salesforce and in HubSpot: a user's address, a queue's name, `us` or nobody."""
        org, portal = self.org, self.portal
        held = org.tables["Lead"].records[self.crm_id(number)]["OwnerId"]
        names = {org.queue_id: "Inbound Leads", org.integration_user_id: "us"}
        user = org.tables["User"].records.get(held)
        contact = portal.tables["contacts"].needed(self.crm_id(number, "hubspot")).properties.get("hubspot_owner_id")
        owner = portal.owners.get(contact) if contact else None
        return names.get(held) or (user or {})["Email"], owner.email if owner else ""

    def ledger(self) -> list[Any]:
        return sorted(self.rows(tables.assignment), key=lambda row: row.id)

    def decide(self) -> int:
        return self.app.decide_again().run_once()

    def wait(self, milliseconds: int) -> None:
        """Let time pass, and all of it take its course."""
        self.clock.forward(milliseconds)
        self.decide()
        self.settle()
        while self.decide():
            self.settle()

    def give(self, email: str) -> None:
        """Sales gives the lead to somebody in Salesforce."""
        self.org.edit("Lead", self.crm_id(0), {"OwnerId": self.users[email]})

    users: dict[str, str]


@pytest.fixture
def desk(store_url: str, tmp_path: Path, clock: Hand, update: str, extra: str) -> Iterator[Desk]:
    config = tmp_path / "config"
    (config / "rules").mkdir(parents=True)
    (config / "rules" / "rules.yaml").write_text(RULES)
    (config / "team.yaml").write_text(TEAM)
    with both_crms(tmp_path, store_url, clock, extra) as made:
        (config / "mappings" / "form.yaml").write_text(FORM)
        for name, text in (("lead", feedback.SF_LEAD), ("contact", feedback.HS_CONTACT)):
            (config / "mappings" / f"{name}.yaml").write_text(f"{text}owner: {{assigned_by: leadrelay, update: {update}}}\n")
        made.app.keeper.reload()
        made.__class__ = Desk
        assert isinstance(made, Desk)
        made.users = {email: made.org.add_user(email.partition("@")[0], email) for email in (ANNA, BEN, CARA)}
        for email in (ANNA, BEN, CARA, "desk@acme.example"):
            made.portal.owners.add(email.partition("@")[0], email)
        yield made


@pytest.fixture
def update() -> str:
    return "if_empty"


@pytest.fixture
def extra() -> str:
    return ""


def nurtured(desk: Desk) -> None:
    desk.seed(1, kind="newsletter_signup")
    assert desk.owners() == ("us", "")


def asked(desk: Desk) -> None:
    """The lead, known in both CRMs since its first touch, asks for a demo."""
    nurtured(desk)
    desk.post(**person(0, kind="demo_request"))
    desk.settle()


def test_a_lead_that_was_in_the_crms_before_it_was_routed_gets_its_owner_there(desk: Desk) -> None:
    asked(desk)
    assert desk.owners() == (ANNA, ANNA)
    assert [row.member for row in desk.ledger()] == [ANNA]
    assert desk.is_whole()


@pytest.mark.parametrize("update", ["never"])
def test_with_never_the_owner_of_a_record_is_not_sent_later(desk: Desk) -> None:
    asked(desk)
    assert (desk.owners(), desk.ledger()[0].member) == (("us", ""), ANNA)


@pytest.mark.parametrize("update", ["if_empty", "always"])
def test_a_lead_that_nobody_answers_goes_to_the_next_one_and_then_into_the_queue_in_both_crms(desk: Desk) -> None:
    asked(desk)
    desk.wait(30 * MINUTE)
    assert desk.owners() == (BEN, BEN)
    desk.wait(31 * MINUTE)
    assert desk.owners() == ("Inbound Leads", "desk@acme.example")
    desk.wait(5 * HOUR)
    assert [(row.member or row.queue, bool(row.is_current)) for row in desk.ledger()] == [
        (ANNA, False), (BEN, False), ("unassigned", True),
    ]  # fmt: skip
    assert all(row.closed_at is not None for row in desk.ledger()[:2])
    assert [one["owner"] for one in desk.events("response_overdue")] == [ANNA, BEN, "unassigned"]
    assert [one["to"] for one in desk.events("routed")] == [ANNA, BEN, "unassigned"]
    assert desk.events("owner_moved") == []
    assert desk.is_whole()


def test_an_owner_whom_sales_set_is_read_back_stays_and_ends_our_assignment(desk: Desk) -> None:
    asked(desk)
    desk.give(CARA)
    desk.wait(MINUTE)
    (moved,) = desk.events("owner_moved")
    assert (moved["from"], moved["to"], moved["by"]) == (ANNA, CARA, "crm")
    (row,) = desk.ledger()
    assert (bool(row.is_current), row.closed_at is None) == (False, False)
    assert desk.owners() == (CARA, CARA), "our own assignment in the other CRM gives way to what sales said"
    desk.wait(2 * HOUR)
    assert (desk.owners(), desk.events("response_overdue")) == ((CARA, CARA), [])
    assert desk.is_whole()


@pytest.mark.parametrize("extra", ["", "system_of_record: {owner: salesforce}\n"])
def test_an_owner_whom_sales_set_just_before_we_move_the_lead_is_not_written_over(desk: Desk) -> None:
    asked(desk)
    desk.clock.forward(30 * MINUTE)
    desk.give(CARA)
    assert desk.decide() == 1
    assert desk.lead(0)["owner.email"] == BEN
    desk.deliver()
    assert desk.owners()[0] == CARA
    desk.settle()
    desk.wait(MINUTE)
    assert desk.lead(0)["owner.email"] == CARA
    assert [(one["from"], one["to"]) for one in desk.events("owner_moved")] == [(BEN, CARA)]
    assert not any(row.is_current for row in desk.ledger())


def test_an_answer_that_is_read_back_stops_the_clock(desk: Desk) -> None:
    asked(desk)
    desk.wait(21 * MINUTE)
    assert [one["people"] for one in desk.events("response_due")] == [[ANNA]]
    assert [row.key.split(":")[0] for row in desk.rows(tables.alert) if row.resolved_at is None] == ["response_due"]
    task = {"WhoId": desk.crm_id(0), "Subject": "Call", "Status": "Completed"}
    desk.org.create("Task", task, desk.org.by_sales())
    desk.wait(MINUTE)
    assert [row.key for row in desk.rows(tables.alert) if row.resolved_at is None] == []
    desk.wait(HOUR)
    assert desk.owners() == (ANNA, ANNA)
    assert desk.events("response_overdue") == []
