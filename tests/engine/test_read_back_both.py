"""Both CRMs at once: what people do in one reaches the lead and the other, nothing is made again and nothing goes in rounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from leadrelay.sandbox.hubspot import people
from leadrelay.store import tables
from tests.engine.conftest import Hand
from tests.engine.feedback import FeedbackBench, both_crms

Deed = Callable[[FeedbackBench, int], None]
QUICK = 10
MANY = 100


@pytest.fixture
def system() -> str:
    """The `system_of_record` of the configuration."""
    return ""


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand, system: str) -> Iterator[FeedbackBench]:
    with both_crms(tmp_path, store_url, clock, system) as made:
        yield made


# --- what people do, to the lead of a number ----------------------------------------------------------------------------------


def sf_status(bench: FeedbackBench, number: int) -> None:
    bench.org.edit("Lead", bench.crm_id(number, "salesforce"), {"Status": "Working - Contacted"})


def sf_convert(bench: FeedbackBench, number: int) -> None:
    bench.org.convert(bench.crm_id(number, "salesforce"))


def sf_merge(bench: FeedbackBench, number: int) -> None:
    """Each lead of an odd number goes into the one before it."""
    if number % 2:
        bench.org.merge(bench.crm_id(number - 1, "salesforce"), [bench.crm_id(number, "salesforce")])


def sf_delete(bench: FeedbackBench, number: int) -> None:
    bench.org.remove("Lead", bench.crm_id(number, "salesforce"))


def sf_reassign(bench: FeedbackBench, number: int) -> None:
    bench.org.edit("Lead", bench.crm_id(number, "salesforce"), {"OwnerId": bench.org.sales_user_id})


def sf_opt_out(bench: FeedbackBench, number: int) -> None:
    bench.org.edit("Lead", bench.crm_id(number, "salesforce"), {"HasOptedOutOfEmail": True})


def hs_status(bench: FeedbackBench, number: int) -> None:
    bench.portal.edit("contacts", bench.crm_id(number, "hubspot"), {"hs_lead_status": "IN_PROGRESS"})


def hs_convert(bench: FeedbackBench, number: int) -> None:
    people.sell(bench.portal, bench.crm_id(number, "hubspot"), None)


def hs_merge(bench: FeedbackBench, number: int) -> None:
    if number % 2:
        contacts = bench.portal.table("contacts")
        winner, loser = bench.crm_id(number - 1, "hubspot"), bench.crm_id(number, "hubspot")
        people.merge(bench.portal, contacts, winner, loser, bench.portal.by_sales())


def hs_delete(bench: FeedbackBench, number: int) -> None:
    people.remove(bench.portal, bench.portal.table("contacts"), bench.crm_id(number, "hubspot"))


def hs_reassign(bench: FeedbackBench, number: int) -> None:
    owner = next(one for one in bench.portal.owners.all if one.user_id == bench.portal.sales_user_id)
    bench.portal.edit("contacts", bench.crm_id(number, "hubspot"), {"hubspot_owner_id": owner.id})


def hs_opt_out(bench: FeedbackBench, number: int) -> None:
    record = bench.portal.table("contacts").needed(bench.crm_id(number, "hubspot"))
    bench.portal.consent.unsubscribe_all(record.get("email"))


DEEDS = {
    "status in Salesforce": (sf_status, "crm_change"),
    "conversion in Salesforce": (sf_convert, "crm_converted"),
    "merge in Salesforce": (sf_merge, "merged"),
    "deletion in Salesforce": (sf_delete, "crm_deleted"),
    "owner in Salesforce": (sf_reassign, "crm_owner"),
    "opt-out in Salesforce": (sf_opt_out, "crm_opted_out"),
    "status in HubSpot": (hs_status, "crm_change"),
    "deal in HubSpot": (hs_convert, "crm_converted"),
    "merge in HubSpot": (hs_merge, "merged"),
    "deletion in HubSpot": (hs_delete, "crm_deleted"),
    "owner in HubSpot": (hs_reassign, "crm_owner"),
    "opt-out in HubSpot": (hs_opt_out, "crm_opted_out"),
}


def told(bench: FeedbackBench, kind: str) -> int:
    """How many events of a kind there are; HubSpot gives each new contact a stage, which is told as well."""
    events = bench.events(kind)
    return sum(any(one["path"] != "lifecycle_stage" for one in event.get("changes", [{"path": ""}])) for event in events)


def goes_no_rounds(bench: FeedbackBench, deeds: Sequence[tuple[Deed, str]], each: int, rounds: int = 10) -> None:
    """Every deed to so many leads of its own; then rounds of everything, in which nothing but the polls is called."""
    count = len(deeds) * each
    bench.seed(count)
    people_there = len(bench.org.records("Lead")) + len(bench.org.records("Contact")), len(bench.portal.records("contacts"))
    expected: Counter[str] = Counter()
    for place, (deed, kind) in enumerate(deeds):
        expected[kind] += each
        expected["crm_change"] += each * (deed is sf_convert)  # a conversion sets the status as well
        for number in range(place * each, (place + 1) * each):
            deed(bench, number)
    bench.settle()
    assert {kind: told(bench, kind) for kind in expected} == expected
    for _ in range(2):  # the other CRM is told, and what it makes of that comes back
        bench.settle()
    versions = sorted((row.id, row.version) for row in bench.rows(tables.lead))
    events = bench.count(tables.event)
    polls = bench.calls(bench.listen)
    assert bench.calls(lambda: [bench.settle() for _ in range(rounds)]) == rounds * polls
    assert sorted((row.id, row.version) for row in bench.rows(tables.lead)) == versions
    assert bench.count(tables.event) == events
    assert set(bench.states()) <= {"in_sync", "discarded", "merged"}
    assert len(bench.org.records("Lead")) + len(bench.org.records("Contact")) <= people_there[0] + each
    assert len(bench.portal.records("contacts")) <= people_there[1]
    assert bench.is_whole()


def test_every_deed_reaches_its_leads_once_and_then_only_the_polls_are_left(bench: FeedbackBench) -> None:
    goes_no_rounds(bench, list(DEEDS.values()), QUICK)
    number = 0
    for place, name in enumerate(DEEDS):
        number = place * QUICK
        if name == "status in Salesforce":
            contact = bench.portal.get("contacts", bench.crm_id(number, "hubspot"))
            assert contact is not None
            assert bench.lead(number)["status"] == "working"
        if name == "opt-out in Salesforce":
            contact = bench.portal.table("contacts").needed(bench.crm_id(number, "hubspot"))
            assert contact.get("hs_email_optout") == "true"
        if name == "opt-out in HubSpot":
            lead = bench.org.get("Lead", bench.crm_id(number, "salesforce"))
            assert lead is not None
            assert lead["HasOptedOutOfEmail"] is True
        if name == "merge in HubSpot":
            assert bench.lead(number)["lead.uid"] == bench.lead(number + 1)["lead.uid"]


@pytest.mark.slow
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", DEEDS)
def test_a_hundred_leads_of_a_deed(bench: FeedbackBench, name: str) -> None:
    goes_no_rounds(bench, [DEEDS[name]], MANY, rounds=3)


# --- who has the last word ----------------------------------------------------------------------------------------------------


class TestWithASystemOfRecord:
    """Salesforce has the last word on status and owner."""

    @pytest.fixture
    def system(self) -> str:
        return "system_of_record: {status: salesforce, owner: salesforce}"

    def test_what_the_other_crm_says_is_not_taken_over_and_why_tells_so(self, bench: FeedbackBench) -> None:
        bench.seed(1)
        hs_status(bench, 0)
        hs_reassign(bench, 0)
        bench.settle()
        assert bench.lead(0)["status"] == "new"
        assert "owner.email" not in bench.lead(0)
        for topic in ("status", "owner"):
            why = bench.app.views.why(bench.lead(0)["lead.uid"], topic)
            assert why is not None
            assert any("salesforce has the last word on it" in reason.what for reason in why.reasons)

    def test_what_the_system_of_record_says_replaces_what_the_other_holds(self, bench: FeedbackBench) -> None:
        bench.seed(1)
        sf_status(bench, 0)
        for _ in range(3):
            bench.settle()
        contact = bench.portal.table("contacts").needed(bench.crm_id(0, "hubspot"))
        assert contact.get("hs_lead_status") == "IN_PROGRESS"
        assert bench.lead(0)["status"] == "working"
        polls = bench.calls(bench.listen)
        assert bench.calls(bench.settle) == polls
