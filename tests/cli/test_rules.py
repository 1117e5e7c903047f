"""`rules rescore`, `try`, `check` and `leads why` under rules with a score, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Posted, Type

RULES = """\
scoring:
  engagement: {{contact: {points}, half_life: 90 days}}
  lifecycle_stage: {{mql: {{at_least: {mql}}}}}
"""
BODY = {"Name": "Anna Muster", "E-Mail": "anna@acme.example"}


def write_rules(folder: Path, *, points: int = 10, mql: int = 50) -> None:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "rules.yaml").write_text(RULES.format(points=points, mql=mql))


def test_a_change_of_rules_reaches_stored_leads_by_rescoring(folder: Path, leadrelay: Type, posted: Posted) -> None:
    write_rules(folder)
    posted(BODY, {**BODY, "Name": "Bernd Muster", "E-Mail": "bernd@acme.example"})
    write_rules(folder, points=60)
    assert leadrelay("reload").status == 0
    found = leadrelay("rules", "rescore", "--json")
    assert found.document == {"leads": 2, "changed": 2, "score": 2, "outcome": 0, "stage": 2, "resumed_after": 0}
    again = leadrelay("rules", "rescore")
    assert (again.status, again.out.strip()) == (0, "2 leads looked at: none has changed.")


def test_why_shows_the_score_and_the_status_of_a_lead(folder: Path, leadrelay: Type, posted: Posted) -> None:
    write_rules(folder, points=60)
    posted(BODY)
    score = leadrelay("leads", "why", "anna@acme.example", "score")
    assert "the score is 60" in score.out and "contact: +60" in score.out
    status = leadrelay("leads", "why", "anna@acme.example", "status", "--json").document
    (moved,) = [one["what"] for one in status["reasons"] if one["kind"] == "moved"]
    assert moved == "lifecycle_stage went from none to mql: a score of 60 is at least 50"


def test_try_shows_the_score_and_the_stage(folder: Path, leadrelay: Type) -> None:
    write_rules(folder, points=60)
    (folder / "post.json").write_text(json.dumps(BODY))
    tried = leadrelay("try", "website", str(folder / "post.json"))
    assert "Score    60" in tried.out and "Stage    mql: a score of 60 is at least 50" in tried.out
    document = leadrelay("try", "website", str(folder / "post.json"), "--json").document
    assert (document["score"]["total"], document["lifecycle_stage"]["stage"]) == (60, "mql")


def test_check_tells_what_can_never_happen_and_what_only_repeats_reach(folder: Path, leadrelay: Type) -> None:
    write_rules(folder, points=10, mql=50)
    checked = leadrelay("check")
    assert (
        checked.status == 0
        and "rules.yaml:3:37" in checked.out + checked.err
        and "activities repeat" in checked.out + checked.err
    )
    (folder / "rules" / "rules.yaml").write_text(
        "scoring:\n  engagement: {contact: {points: 1, at_most: 5}}\n  lifecycle_stage: {mql: {at_least: 50}}\n"
    )
    refused = leadrelay("check")
    assert refused.status == 2 and "rules.yaml:3:37" in refused.out + refused.err
