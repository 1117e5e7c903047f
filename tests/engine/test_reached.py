"""Whether somebody can be reached, as touches and CRMs tell it: proved by an answer, closed by a bounce or an opt-out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.instants import to_iso
from leadrelay.sandbox.hubspot.people import speak
from tests.engine import feedback
from tests.engine.conftest import Hand
from tests.engine.feedback import FeedbackBench, both_crms
from tests.support.project import ROOT

RULES = """\
qualification:
  - {outcome: reached, when: {person.reachable: {is: proved}}, reason: answered us}
  - {outcome: lost,    when: {person.reachable: {is: no}}, reason: no channel is open}
  - {outcome: open,    otherwise: true, reason: not yet}
"""


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[FeedbackBench]:
    rules = tmp_path / "config" / "rules"
    rules.mkdir(parents=True)
    (rules / "rules.yaml").write_text(RULES)
    with both_crms(tmp_path, store_url, clock) as made:
        yield made


def reads(bench: FeedbackBench, tmp_path: Path, path: str) -> None:
    """Let this lead field be read back from a datetime of Salesforce."""
    lead = feedback.SF_LEAD.replace("from_crm:\n", f"from_crm:\n  {path}: EmailBouncedDate\n", 1)
    (tmp_path / "config" / "mappings" / "lead.yaml").write_text(lead)
    bench.app.keeper.reload()


def state(bench: FeedbackBench) -> tuple[object, object, object]:
    lead = bench.lead(0)
    return lead["person.verdict"], lead["person.reachable"], lead["outcome"]


def test_an_answer_that_a_crm_tells_proves_that_the_person_is_real_and_can_be_reached(
    bench: FeedbackBench, tmp_path: Path
) -> None:
    reads(bench, tmp_path, "sales.answered_at")
    bench.seed(1)
    assert state(bench) == ("real", "yes", "open")
    bench.org.edit("Lead", bench.crm_id(0, "salesforce"), {"EmailBouncedDate": to_iso(bench.clock())})
    bench.settle()
    assert state(bench) == ("real", "proved", "reached")
    assert bench.lead(0)["person.reachable_reasons"][0] == "the person was reached (sales.answered_at)"
    assert [one["changes"][0]["path"] for one in bench.events("crm_activity")] == ["sales.answered_at"]


def test_a_bounce_closes_the_address_that_was_known_then_and_no_later_one(bench: FeedbackBench, tmp_path: Path) -> None:
    reads(bench, tmp_path, "sales.bounced_at")
    bench.seed(1)
    bench.org.edit("Lead", bench.crm_id(0, "salesforce"), {"EmailBouncedDate": to_iso(bench.clock())})
    bench.settle()
    assert state(bench) == ("real", "no", "lost")
    assert bench.lead(0)["person.reachable_reasons"] == ["email: a mail to the address came back"]
    bench.clock.forward(1000)
    bench.post(**feedback.person(0, phone="030 901820"))
    bench.settle()
    assert state(bench)[1:] == ("yes", "open")


def test_the_shipped_mappings_read_back_what_came_back_and_who_answered(bench: FeedbackBench, tmp_path: Path) -> None:
    names = {"lead.yaml": ("salesforce-lead", "lead"), "sf-contact.yaml": ("salesforce-contact", "sf-contact")}
    for file, (shipped, name) in (names | {"contact.yaml": ("hubspot-contact", "contact")}).items():
        text = (
            (ROOT / "mappings" / f"{shipped}.yaml").read_text(encoding="utf-8").replace(f"mapping: {shipped}", f"mapping: {name}")
        )
        text = text.replace("mapping: salesforce-contact", "mapping: sf-contact")
        (tmp_path / "config" / "mappings" / file).write_text(text, encoding="utf-8")
    bench.app.keeper.reload()
    bench.seed(1)
    bench.org.edit("Lead", bench.crm_id(0, "salesforce"), {"EmailBouncedDate": to_iso(bench.clock())})
    bench.settle()
    assert bench.lead(0)["person.reachable"] == "no"
    bench.clock.forward(1000)
    bench.post(**feedback.person(0, phone="030 901820"))
    speak(bench.portal, bench.crm_id(0, "hubspot"), "email", {"hs_email_direction": "INCOMING_EMAIL"})
    bench.settle()
    assert state(bench) == ("real", "proved", "reached")
    assert bench.lead(0)["sales.answered_at"] > bench.lead(0)["sales.bounced_at"]


def test_an_opt_out_closes_the_channel(bench: FeedbackBench) -> None:
    bench.seed(1)
    bench.org.edit("Lead", bench.crm_id(0, "salesforce"), {"HasOptedOutOfEmail": True})
    bench.settle()
    assert state(bench) == ("real", "no", "lost")
    assert bench.lead(0)["person.reachable_reasons"] == ["email: the person opted out of e-mails"]
