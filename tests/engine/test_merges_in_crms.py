"""Merges by a person, and taking them back, with a Salesforce and a HubSpot simulator behind: no record is doubled or lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leadrelay.engine.merges import Merges
from leadrelay.engine.unmerging import Unmerges
from leadrelay.store import tables
from leadrelay.store.ids import from_uid, to_uid
from tests.engine.conftest import Hand
from tests.engine.feedback import FeedbackBench, both_crms, person


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[FeedbackBench]:
    with both_crms(tmp_path, store_url, clock) as made:
        yield made


def uid(bench: FeedbackBench, number: int) -> str:
    return next(to_uid(row.id) for row in bench.rows(tables.lead) if f"pat{number}@acme.example" in row.record)


def merge(bench: FeedbackBench, winner: str, loser: str) -> None:
    Merges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids).merge(winner, loser, by="test")


def unmerge(bench: FeedbackBench, winner: str, loser: str) -> None:
    Unmerges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids).unmerge(winner, loser, by="test")


def counts(bench: FeedbackBench) -> tuple[int, int, int, int]:
    """Records and things that were done once in both CRMs."""
    return (
        len(bench.org.records("Lead")), len(bench.org.records("Task")),
        len(bench.portal.records("contacts")), len(bench.portal.records("notes")),
    )  # fmt: skip


def alerts(bench: FeedbackBench) -> list[Any]:
    return [row for row in bench.rows(tables.alert) if row.kind == "merge_in_crm" and row.resolved_at is None]


def records(bench: FeedbackBench) -> set[tuple[str, str, str | None, str]]:
    return {(row.sink, to_uid(row.lead_id), row.crm_id, row.state) for row in bench.rows(tables.delivery)}


def test_a_merge_taken_back_leaves_both_crms_as_they_were(bench: FeedbackBench) -> None:
    bench.seed(2, message="hello")
    before, known = counts(bench), records(bench)
    one, two = uid(bench, 0), uid(bench, 1)
    merge(bench, one, two)
    bench.settle()
    assert counts(bench) == before
    assert {row.key.split(":")[1] for row in alerts(bench)} == {"salesforce", "hubspot"}
    assert bench.is_whole()
    unmerge(bench, one, two)
    bench.settle()
    bench.settle()
    assert counts(bench) == before
    assert records(bench) == known
    assert alerts(bench) == []
    assert bench.is_whole()
    assert all(bench.audit_live(name)["unaccounted"] == 0 for name in ("salesforce", "hubspot"))
    bench.post(**person(1, phone="030 7777777"))
    bench.settle()
    by_email = {record.get("Email"): record.get("Phone") for record in bench.org.records("Lead")}
    assert by_email["pat1@acme.example"] == "+49307777777"
    assert by_email["pat0@acme.example"] is None
    assert counts(bench)[0] == before[0]


def test_what_was_asked_for_is_over_when_sales_has_merged_the_records(bench: FeedbackBench) -> None:
    bench.seed(2)
    one, two = uid(bench, 0), uid(bench, 1)
    first, second = bench.crm_id(0, "salesforce"), bench.crm_id(1, "salesforce")
    merge(bench, one, two)
    bench.settle()
    bench.org.merge(first, [second])
    bench.settle()
    assert [row for row in alerts(bench) if "salesforce" in row.key] == []
    assert len([row for row in bench.rows(tables.lead) if row.merged_into is None]) == 1
    unmerge(bench, one, two)
    for _ in range(3):
        bench.settle()
    assert len(bench.org.records("Lead")) == 2  # there are two persons again, so there is a second record again
    assert bench.is_whole()
    links = {row.crm_id: to_uid(row.lead_id) for row in bench.rows(tables.crm_link) if row.sink == "salesforce"}
    assert links[first] == one
    assert {row.crm_id for row in bench.rows(tables.delivery) if row.sink == "salesforce" and row.lead_id == from_uid(two)} != {
        second
    }


def test_a_lead_that_was_never_sent_goes_on_with_the_other_ones_record(bench: FeedbackBench) -> None:
    bench.seed(1)
    bench.post(**person(7))
    bench.process()  # and nothing is delivered
    one, new = uid(bench, 0), uid(bench, 7)
    before = counts(bench)
    merge(bench, new, one)
    bench.settle()
    assert counts(bench)[0::2] == before[0::2]
    assert {record.get("Email") for record in bench.org.records("Lead")} == {"pat0@acme.example"}  # sales' value stays
    assert bench.is_whole()
    unmerge(bench, new, one)
    for _ in range(3):
        bench.settle()
    assert (counts(bench)[0], counts(bench)[2]) == (before[0] + 1, before[2] + 1)
    assert bench.is_whole()
    assert {row.state for row in bench.rows(tables.delivery)} == {"in_sync"}
    owners = {(row.sink, row.crm_id): to_uid(row.lead_id) for row in bench.rows(tables.crm_link)}
    assert sorted(owners.values()).count(one) == sorted(owners.values()).count(new) == 2
