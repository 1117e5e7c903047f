"""Where a lead stands as two CRMs tell it: every move is logged with what it skips, allowed or not; sales has the last word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.instants import HOUR
from leadrelay.engine.merges import Merges
from leadrelay.engine.redeciding import Rescore
from leadrelay.engine.unmerging import Unmerges
from leadrelay.history import in_words
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from tests.engine import feedback
from tests.engine.conftest import Hand
from tests.engine.feedback import FeedbackBench, both_crms

RULES = """\
scoring:
  engagement: {demo_request: 30, webinar_signup: 5}
  lifecycle_stage: {mql: {at_least: 25}, sql: {at_least: 60}}
stages:
  lifecycle_stage: {order: [subscriber, lead, mql, sql, opportunity, customer]}
  status:          {order: [new, working], aside: [lost], moves: {lost: []}}
  journey_stage:
    order: [awareness, consideration, decision]
    returns: no
    rules:
      - {stage: decision, when: {has_touch: {kind: demo_request}}}
      - {stage: awareness, otherwise: true}
"""
RATING = "  Rating: {from: journey_stage, values: {awareness: Cold, consideration: Warm, decision: Hot}, update: always}\n"
LOST = "values: {new: Open - Not Contacted, working: Working - Contacted, lost: Closed - Not Converted}"


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[FeedbackBench]:
    rules = tmp_path / "config" / "rules"
    rules.mkdir(parents=True)
    (rules / "rules.yaml").write_text(RULES)
    with both_crms(tmp_path, store_url, clock) as made:
        lead = feedback.SF_LEAD.replace("from_crm:\n", f"{RATING}from_crm:\n", 1)
        lead = lead.replace("values: {new: Open - Not Contacted, working: Working - Contacted}", LOST)
        (tmp_path / "config" / "mappings" / "lead.yaml").write_text(lead)
        made.app.keeper.reload()
        yield made


def edit_contact(bench: FeedbackBench, *stages: str) -> None:
    for stage in stages:
        bench.portal.edit("contacts", bench.crm_id(0, "hubspot"), {"lifecyclestage": stage})
    bench.settle()


def edit_lead(bench: FeedbackBench, **values: str) -> None:
    bench.org.edit("Lead", bench.crm_id(0, "salesforce"), values)
    bench.settle()


def moves(bench: FeedbackBench, field: str) -> list[dict[str, Any]]:
    rows = sorted((row for row in bench.rows(tables.event) if row.kind == "stage"), key=lambda row: row.id)
    assert all(one.at <= other.at for one, other in pairwise(rows))
    return [said for row in rows if (said := json.loads(row.data))["field"] == field]


def ways(found: list[dict[str, Any]]) -> list[tuple[str, str, str, list[str], bool]]:
    return [(one["from"], one["to"], one["kind"], one["skipped"], one["allowed"]) for one in found]


def test_every_move_that_a_crm_tells_is_logged_with_what_it_skips_and_who_told_it(bench: FeedbackBench) -> None:
    bench.seed(1)
    edit_contact(bench, "customer")
    edit_contact(bench, "", "lead")
    assert bench.lead(0)["lifecycle_stage"] == "lead"
    found = moves(bench, "lifecycle_stage")
    assert ways(found) == [
        ("", "mql", "enter", [], True),
        ("mql", "customer", "jump", ["sql", "opportunity"], True),
        ("customer", "lead", "return", ["mql", "sql", "opportunity"], True),
    ]
    assert [one.get("sink", "") for one in found] == ["", "hubspot", "hubspot"]
    assert in_words("stage", found[1]) == ("lifecycle_stage went from mql to customer, past sql, opportunity: hubspot says so")
    bench.settle()
    assert len(moves(bench, "lifecycle_stage")) == 3 and bench.is_whole()


def test_a_move_that_no_stage_allows_is_taken_and_told_as_such(bench: FeedbackBench) -> None:
    bench.seed(1)
    edit_lead(bench, Status="Closed - Not Converted")
    edit_lead(bench, Status="Working - Contacted")
    assert bench.lead(0)["status"] == "working"
    found = moves(bench, "status")
    assert ways(found) == [("new", "lost", "aside", [], True), ("lost", "working", "aside", [], False)]
    assert "which `stages` does not allow" in in_words("stage", found[1])
    assert bench.portal.tables["contacts"].needed(bench.crm_id(0, "hubspot")).properties["hs_lead_status"] == "NEW"


def test_a_stage_of_the_journey_goes_to_a_crm_and_what_sales_says_there_stands_until_the_person_does_more(
    bench: FeedbackBench,
) -> None:
    bench.seed(1)
    assert bench.org.records("Lead")[0]["Rating"] == "Hot"
    edit_lead(bench, Rating="Warm")
    assert bench.lead(0)["journey_stage"] == "consideration"
    bench.clock.forward(HOUR)
    Rescore(bench.app.database, bench.app.process_plan(), bench.clock, bench.app.ids).run(lambda *_: None)
    bench.settle()
    assert (bench.lead(0)["journey_stage"], bench.org.records("Lead")[0]["Rating"]) == ("consideration", "Warm")
    bench.post(**feedback.person(0, message="tell me more"))
    bench.settle()
    assert (bench.lead(0)["journey_stage"], bench.org.records("Lead")[0]["Rating"]) == ("decision", "Hot")
    assert ways(moves(bench, "journey_stage")) == [
        ("", "decision", "enter", ["awareness", "consideration"], True),
        ("decision", "consideration", "return", [], False),
        ("consideration", "decision", "next", [], True),
    ]


def test_a_merge_tells_no_move_again_and_the_history_of_the_lead_that_stays_has_them_all(bench: FeedbackBench) -> None:
    bench.seed(2)
    bench.portal.edit("contacts", bench.crm_id(1, "hubspot"), {"lifecyclestage": "customer"})
    bench.settle()
    first, second = (next(to_uid(row.id) for row in bench.rows(tables.lead) if bench._is(row, number)) for number in (0, 1))
    Merges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids).merge(first, second, by="anna")
    assert bench.lead(0)["lifecycle_stage"] == "customer"
    assert len([one for one in moves(bench, "lifecycle_stage") if one["to"] == "customer"]) == 1
    history = bench.app.views.history(first)
    assert history is not None
    assert [one.what for one in history.events if one.kind == "stage" and "customer" in one.what] == [
        "lifecycle_stage went from mql to customer, past sql, opportunity: hubspot says so"
    ]


def test_the_stage_that_hubspot_gives_each_new_contact_takes_no_merged_lead_back(bench: FeedbackBench, tmp_path: Path) -> None:
    by_phone = RULES.replace("demo_request: 30, webinar_signup: 5", "webinar_signup: 5").replace(
        "  engagement:", "  fit: [{when: {person.phone: {known: yes}}, points: 30}]\n  engagement:"
    )
    (tmp_path / "config" / "rules" / "rules.yaml").write_text(by_phone)
    bench.app.keeper.reload()
    bench.seed(1, phone="030 1234567")
    bench.post(**feedback.person(1))
    bench.process()
    bench.deliver()
    assert bench.portal.tables["contacts"].needed(bench.crm_id(1, "hubspot")).properties["lifecyclestage"] == "lead"
    winner, loser = (to_uid(row.id) for row in sorted(bench.rows(tables.lead), key=lambda row: row.id))
    Merges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids).merge(winner, loser, by="maria")
    bench.settle()
    bench.settle()
    assert bench.lead(0)["lifecycle_stage"] == "mql"
    assert ways(moves(bench, "lifecycle_stage")) == [("", "mql", "enter", [], True)]
    edit_contact(bench, "", "lead")
    assert bench.lead(0)["lifecycle_stage"] == "lead"


def test_a_merge_taken_back_tells_each_of_the_two_what_moved_by_it_and_why(bench: FeedbackBench) -> None:
    bench.seed(2)
    first, second = (next(to_uid(row.id) for row in bench.rows(tables.lead) if bench._is(row, number)) for number in (0, 1))
    app = bench.app
    theirs = bench.crm_id(1, "salesforce")
    Merges(app.database, app.process_plan, bench.clock, app.ids).merge(first, second, by="anna")
    bench.org.edit("Lead", theirs, {"Status": "Closed - Not Converted"})
    bench.settle()
    assert bench.lead(0)["status"] == "lost"
    Unmerges(app.database, app.process_plan, bench.clock, app.ids).unmerge(first, second, by="anna")
    assert [bench.lead(number)["status"] for number in (0, 1)] == ["new", "lost"]
    told = {
        to_uid(row.lead_id): (said["from"], said["to"], said["allowed"], said["reason"])
        for row in bench.rows(tables.event)
        if row.kind == "stage" and (said := json.loads(row.data)).get("by") == "anna"
    }
    assert told == {
        first: ("lost", "new", True, f"the merge with lead {second} was taken back"),
        second: ("new", "lost", True, f"the merge with lead {first} was taken back"),
    }
    for uid, way in ((first, "lost to new"), (second, "new to lost")):
        history = app.views.history(uid)
        assert history is not None
        assert f"status went from {way}: the merge with lead" in [one.what for one in history.events if one.by == "anna"][-1]
    bench.settle()
    assert bench.is_whole()
