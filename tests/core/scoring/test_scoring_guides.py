"""The exact numbers of the guides, as rule sets with their own tests."""

from __future__ import annotations

import pytest

from core.instants import DAY
from core.lead import Act
from core.rule_tests import covered_rules, rule_names, run_rule_tests
from tests.support.scoring import CATALOGUE, NOW, file_rules, lead

S4 = {"post_liked": 1, "newsletter_signup": 2, "email_reply": 5, "webinar_signup": 8, "meeting_scheduled": 10, "unsubscribed": -5}


@pytest.mark.parametrize("name", ["course-school.yaml", "points-table.yaml"])
def test_a_guides_rule_set_passes_its_own_tests_and_these_cover_every_line(name: str) -> None:
    rules = file_rules(name)
    assert [result.message for result in run_rule_tests(rules, CATALOGUE) if not result.passed] == []
    assert covered_rules(rules, CATALOGUE) == set(rule_names(rules))


def test_the_six_actions_of_the_point_table_give_21_points() -> None:
    rules = file_rules("points-table.yaml")
    acts = [Act(NOW, kind, "", kind) for kind in S4]
    score = rules.score(lead(acts), NOW)
    assert score is not None
    assert score.total == 21
    assert {gave.line: gave.points for gave in score.lines} == S4


def test_80_points_are_out_of_reach_of_the_six_actions_unless_they_repeat() -> None:
    found = file_rules("points-table.yaml").lint(CATALOGUE)
    assert found.problems == ()
    (warning,) = found.warnings
    assert (warning.code, str(warning.place)) == ("only_by_repeating", "rules/0.yaml:13:58")
    assert "80 points and is unreachable unless activities repeat" in warning.message
    assert "at most 26 (" in warning.message
    assert "meeting_scheduled 10, webinar_signup 8, email_reply 5, newsletter_signup 2, post_liked 1" in warning.message


def test_a_lead_that_does_more_and_more_becomes_sales_qualified_exactly_once() -> None:
    rules = file_rules("course-school.yaml")
    known = {"interest__budget": "5000", "interest__authority": "yes", "interest__need": "x", "interest__timeframe": "now"}
    kinds = ["email_opened", "content_download", "email_clicked", "webinar_attended", "email_opened"]
    stage, entered, totals, acts = "", [], list[int](), list[Act]()
    for day in range(60):
        if day < len(kinds) or day == 50:
            acts.append(Act(NOW + day * DAY, "webinar_attended" if day == 50 else kinds[day], "", f"t{day}"))
        decided = rules.decide(lead(acts, lifecycle_stage=stage, **known), NOW + day * DAY)
        entered += [(day, move.now) for move in decided.stage.moves]
        stage = decided.stage.stage
        totals.append(decided.score.total if decided.score else -1)
    assert entered == [(1, "mql"), (3, "sql")]
    assert totals[3] == 80
    assert min(totals[20:50]) < 80 <= totals[50]
