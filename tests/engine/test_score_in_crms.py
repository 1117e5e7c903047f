"""A score and a lifecycle stage on their way to both CRMs, and a stage that sales changes on its way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.instants import DAY, HOUR
from core.problems import ConfigProblems
from leadrelay.configuration import build, read_files
from leadrelay.engine.redeciding import DecideAgain
from leadrelay.store import tables
from tests.engine import feedback
from tests.engine.conftest import Hand
from tests.engine.feedback import FeedbackBench, both_crms

RULES = """\
scoring:
  engagement: {demo_request: {points: 30, half_life: 90 days}}
  lifecycle_stage: {mql: {at_least: 25}, sql: {at_least: 60, until_below: 50}}
"""
RATING = "  Rating: {from: score.total, ranges: {80: Hot, 40: Warm, 0: Cold}, update: always}\n"


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[FeedbackBench]:
    rules = tmp_path / "config" / "rules"
    rules.mkdir(parents=True)
    (rules / "rules.yaml").write_text(RULES)
    with both_crms(tmp_path, store_url, clock) as made:
        lead = feedback.SF_LEAD.replace("from_crm:\n", f"{RATING}from_crm:\n", 1)
        (tmp_path / "config" / "mappings" / "lead.yaml").write_text(lead)
        made.app.keeper.reload()
        yield made


def rating(bench: FeedbackBench) -> object:
    return bench.org.records("Lead")[0]["Rating"]


def contact(bench: FeedbackBench) -> object:
    return bench.portal.tables["contacts"].needed(bench.crm_id(0, "hubspot")).properties.get("lifecyclestage")


def again(bench: FeedbackBench, number: int) -> None:
    bench.post(**feedback.person(0, message=f"once more {number}"))
    bench.settle()


def test_score_and_stage_reach_both_crms_and_a_stage_that_sales_moved_back_stays_there(bench: FeedbackBench) -> None:
    bench.seed(1)
    assert (rating(bench), contact(bench)) == ("Cold", "marketingqualifiedlead")
    again(bench, 1)
    assert (rating(bench), contact(bench), bench.lead(0)["score.total"]) == ("Warm", "salesqualifiedlead", 60)
    for stage in ("", "lead"):  # HubSpot takes a stage back only once it was cleared
        bench.portal.edit("contacts", bench.crm_id(0, "hubspot"), {"lifecyclestage": stage})
    bench.settle()
    assert bench.lead(0)["lifecycle_stage"] == "lead"
    again(bench, 2)
    assert (rating(bench), contact(bench), bench.lead(0)["lifecycle_stage"]) == ("Hot", "lead", "lead")
    moves = [(one["from"], one["to"], one.get("sink", "")) for one in bench.events("stage")]
    assert moves == [("", "mql", ""), ("mql", "sql", ""), ("sql", "lead", "hubspot")]
    (row,) = bench.rows(tables.lead)
    assert (row.score, row.stage) == (90, "lead")


def test_a_named_verdict_of_the_rules_goes_to_a_crm_by_its_name(bench: FeedbackBench, tmp_path: Path) -> None:
    config = tmp_path / "config"
    verdicts = "qualification: {mail: [{outcome: hot, when: {score.total: {at_least: 30}}, reason: x}, {outcome: cold, otherwise: true, reason: y}], lead: [{outcome: talk, otherwise: true, reason: z}]}\n"  # noqa: E501
    (config / "rules" / "rules.yaml").write_text(RULES + verdicts)
    mapping = (config / "mappings" / "lead.yaml").read_text()
    line = "  Rating: {from: qualification.mail, values: {hot: Hot, cold: Cold}, update: always}\n"
    (config / "mappings" / "lead.yaml").write_text(mapping.replace(RATING, line))
    bench.app.keeper.reload()
    bench.seed(1)
    assert (bench.lead(0)["qualification.mail"], rating(bench)) == ("hot", "Hot")
    assert bench.is_whole()
    (config / "mappings" / "lead.yaml").write_text(mapping.replace(RATING, line.replace("mail", "male")))
    with pytest.raises(ConfigProblems, match=r"`qualification.male` is not a lead field.*Did you mean `qualification.mail`"):
        build(read_files(config / "leadrelay.yaml"), {})


SCORED = """\
scoring:
  engagement: {demo_request: 10, page: 1, webinar_signup: 10}
  lifecycle_stage: {mql: {at_least: 25}, sql: {at_least: 40}}
"""
NUMBER = "  NumberOfEmployees: {from: score.total, update: always}\n"


def number(bench: FeedbackBench) -> object:
    return bench.org.records("Lead")[0]["NumberOfEmployees"]


def test_a_number_that_creeps_is_told_once_a_day_and_a_threshold_at_once(bench: FeedbackBench, tmp_path: Path) -> None:
    config = tmp_path / "config"
    (config / "rules" / "rules.yaml").write_text(SCORED)
    mapping = (config / "mappings" / "lead.yaml").read_text().replace(RATING, NUMBER)
    (config / "mappings" / "lead.yaml").write_text(mapping)
    form = (config / "mappings" / "form.yaml").read_text()
    (config / "mappings" / "form.yaml").write_text(
        form.replace("set:\n  touch.kind: demo_request\n", "  touch.kind: kind\nset:\n")
    )
    bench.app.keeper.reload()
    again = DecideAgain(bench.app.database, bench.app.process_plan, clock=bench.clock, ids=bench.app.ids)

    def did(kind: str, times: int = 1) -> int:
        """The calls that it takes to tell the CRMs what a person does, one thing an hour."""
        return sum(bench.calls(lambda: come(kind)) for _ in range(times))

    def come(kind: str) -> None:
        bench.clock.forward(HOUR)
        bench.post(**feedback.person(0, kind=kind, at=str(bench.clock())))
        bench.process()
        while again.run_once():
            pass
        bench.deliver()

    bench.seed(1, kind="webinar_signup")
    assert number(bench) == 10
    assert did("page", times=10) == 0
    assert (number(bench), bench.lead(0)["score.total"]) == (10, 20) and bench.is_whole()
    bench.clock.forward(14 * HOUR)
    assert bench.calls(lambda: (again.run_once(), bench.deliver())) > 0 and number(bench) == 20
    assert did("page", times=4) == 0 and number(bench) == 20
    assert did("page") > 0 and (number(bench), bench.lead(0)["lifecycle_stage"]) == (25, "mql")
    assert did("page", times=3) == 0
    bench.clock.forward(DAY)
    again.run_once()
    bench.deliver()
    assert number(bench) == 28 and bench.is_whole()
    assert again.run_once() == 0
