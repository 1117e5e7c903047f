"""`replay` as it is typed: the preview, applying it, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Posted, Type

RULES = """\
scoring:
  engagement: {{contact: {points}, half_life: 90 days}}
  lifecycle_stage: {{mql: {{at_least: 50}}}}
qualification:
  - {{outcome: talk, when: {{company.name: {{known: true}}}}, reason: a company}}
  - {{outcome: wait, otherwise: true, reason: nobody's}}
"""
ANNA = {"Name": "Anna Muster", "E-Mail": "anna@acme.example", "Company": "Acme", "Note": "GPU"}
BERND = {"Name": "Bernd Muster", "E-Mail": "bernd@acme.example"}


def write_rules(folder: Path, *, points: int = 10) -> None:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "rules.yaml").write_text(RULES.format(points=points))


@pytest.fixture
def stored(folder: Path, posted: Posted) -> Path:
    """Two leads that were decided with ten points each."""
    write_rules(folder)
    posted(ANNA, BERND)
    return folder


def test_the_preview_shows_each_lead_with_what_would_change_and_counts_it(stored: Path, leadrelay: Type) -> None:
    nothing = leadrelay("replay")
    assert nothing.status == 0 and "No lead would change." in nothing.out and "2 leads looked at, 0 would change." in nothing.out
    write_rules(stored, points=60)
    shown = leadrelay("replay")
    assert shown.status == 0 and "2 leads looked at, 2 would change: score 2, lifecycle stage 2." in shown.out
    assert "score.total" in shown.out and "mql" in shown.out and "These files are not in force." in shown.err
    document = leadrelay("replay", "--json").document
    assert {name: count for name, count in document["counts"].items() if count} == {
        "leads": 2, "changed": 2, "score": 2, "stage": 2,
    }  # fmt: skip
    assert document["as_of"].endswith("Z") and document["configuration"] != document["in_force"]
    changes = {change["field"]: (change["before"], change["after"]) for change in document["leads"][0]["changes"]}
    assert changes["score.total"] == (10, 60) and changes["lifecycle_stage"] == (None, "mql")
    history = leadrelay("leads", "history", "anna@acme.example", "--json").document["events"]
    assert [one["kind"] for one in history] == ["lead"], "a preview changes nothing"


def test_applying_does_what_was_shown_once_and_leaves_the_next_preview_empty(stored: Path, leadrelay: Type) -> None:
    write_rules(stored, points=60)
    shown = leadrelay("replay", "--json").document
    assert leadrelay("replay", "--apply").status == 2, "without a terminal --yes must be said"
    applied = leadrelay("replay", "--apply", "--yes", "--json")
    assert applied.status == 0
    document = applied.document
    assert (document["applied"], document["changed_since"], document["resumed_after"]) == (2, [], 0)
    assert (document["preview"], document["as_of"]) == (shown["preview"], shown["as_of"])
    after = leadrelay("replay", "--json").document
    assert (after["leads"], after["counts"]["changed"], after["configuration"]) == ([], 0, after["in_force"])
    told = leadrelay("replay", "--apply", "--yes")
    assert told.status == 0 and "There is nothing to apply." in told.out
    history = leadrelay("leads", "history", "anna@acme.example", "--json").document["events"]
    kinds = [one["kind"] for one in history]
    assert kinds.count("replayed") == 1 and "by a replay" in next(one["what"] for one in history if one["kind"] == "replayed")


def test_a_lead_that_changed_since_the_preview_is_refused_by_name(stored: Path, leadrelay: Type, posted: Posted) -> None:
    write_rules(stored, points=60)
    shown = leadrelay("replay", "--json").document
    write_rules(stored)
    posted({**ANNA, "Phone": "+49 30 1234567"})
    write_rules(stored, points=60)
    refused = leadrelay("replay", "--apply", "--yes", "--json")
    assert (refused.status, refused.document["applied"]) == (1, 0)
    (moved,) = refused.document["changed_since"]
    anna = next(lead["uid"] for lead in leadrelay("leads", "list", "--json").document if "anna" in json.dumps(lead))
    assert moved == anna and f"lead {anna}: it has changed since" in refused.err
    assert len(shown["leads"]) == 2


def test_files_in_a_folder_stand_for_their_namesakes_and_are_not_brought_into_force(stored: Path, leadrelay: Type) -> None:
    changed = stored / "changed"
    shutil.copytree(stored / "rules", changed)
    (changed / "rules.yaml").write_text(RULES.format(points=60))
    shown = leadrelay("replay", "--rules", str(changed), "--json").document
    assert shown["counts"]["changed"] == 2
    applied = leadrelay("replay", "--rules", str(changed), "--apply", "--yes", "--json")
    assert applied.document["applied"] == 2 and "These files are not in force" in applied.err
    assert applied.document["configuration"] != applied.document["in_force"]
    assert leadrelay("replay", "--rules", str(changed), "--json").document["leads"] == []
    back = leadrelay("replay", "--json").document
    assert back["counts"]["score"] == 2, "under the rules that are in force they would go back"


def test_a_folder_without_files_and_rules_that_are_wrong_are_refused_with_their_place(folder: Path, leadrelay: Type) -> None:
    (folder / "changed").mkdir()
    for name, said in (("nowhere", "there is no such folder"), ("changed", "there is no YAML file in it")):
        ended = leadrelay("replay", "--rules", str(folder / name))
        assert ended.status == 2 and said in ended.err
    (folder / "changed" / "rules.yaml").write_text("scoring:\n  engagemnt: {contact: 5}\n")
    ended = leadrelay("replay", "--rules", str(folder / "changed"))
    assert ended.status == 2 and "changed/rules.yaml:2:3" in ended.err


def test_a_changed_mapping_reads_what_was_captured_again(stored: Path, leadrelay: Type) -> None:
    path = stored / "mappings" / "contact.yaml"
    path.write_text(path.read_text().replace("  company.name: Company\n", "  company.name: Company\n  interest.need: Note\n"))
    document = leadrelay("replay", "--json").document
    (one,) = document["leads"]
    changes = {(change["what"], change["field"]): (change["before"], change["after"]) for change in one["changes"]}
    assert changes == {("fields", "interest.need"): (None, "GPU"), ("touches", "interest.need"): (None, "GPU")}
    assert leadrelay("replay", "--apply", "--yes", "--json").document["applied"] == 1
    shown = leadrelay("leads", "show", "anna@acme.example", "--json").document
    assert "GPU" in json.dumps(shown)
    assert leadrelay("replay", "--json").document["leads"] == []


def test_a_changed_sink_mapping_lists_the_crm_fields_that_would_be_sent(stored: Path, leadrelay: Type) -> None:
    path = stored / "mappings" / "crm-lead.yaml"
    path.write_text(path.read_text().replace("  Email: person.email\n", "  Email: person.email\n  Description: outcome\n"))
    document = leadrelay("replay", "--json").document
    assert document["counts"]["crm"] == document["counts"]["changed"] == 2
    wanted = {"what": "crm", "field": "Description", "before": None, "sink": "crm", "object": "Lead", "update": "if_empty"}
    found = sorted((one["changes"] for one in document["leads"]), key=str)
    assert found == [[{**wanted, "after": outcome}] for outcome in ("talk", "wait")]
    assert leadrelay("replay", "--apply", "--yes", "--json").document["applied"] == 2
    assert leadrelay("replay", "--json").document["leads"] == []


def test_submissions_that_a_new_line_would_put_aside_or_let_through_are_listed_and_counted_and_stay(
    stored: Path, leadrelay: Type, posted: Posted
) -> None:
    rules = stored / "rules" / "rules.yaml"
    line = "quarantine: {{when: {{company.name: {{is: {firm}}}}}, reason: {firm} never buys}}\n"
    rules.write_text(line.format(firm="Casino") + RULES.format(points=10))
    (games,) = posted({"Name": "Gus Muster", "E-Mail": "gus@casino.example", "Company": "Casino"})
    rules.write_text(line.format(firm="Acme") + RULES.format(points=10))

    shown = leadrelay("replay")
    assert shown.status == 0 and "2 leads looked at, 0 would change." in shown.out
    assert "put aside: Acme never buys" in shown.out and "put aside: Casino never buys" in shown.out
    assert "1 lead came in last by a submission that these rules put aside" in shown.out and "takes nothing back" in shown.out
    assert "1 submission in quarantine would be let through: a replay leaves them there" in shown.out
    document = leadrelay("replay", "--json").document
    assert (document["counts"]["put_aside"], document["counts"]["let_through"], document["leads"]) == (1, 1, [])
    (aside,) = document["put_aside"]
    assert aside["reason"] == "Acme never buys" and aside["line"].endswith("rules.yaml:1:13") and aside["submission"]
    assert document["let_through"] == [{"submission": games, "source": "website", "reason": "Casino never buys"}]
    few = leadrelay("replay", "--limit", "0", "--json").document
    assert (few["put_aside"], few["let_through"], few["counts"]["put_aside"]) == ([], [], 1)

    applied = leadrelay("replay", "--apply", "--yes", "--json")
    assert applied.status == 0 and applied.document["applied"] == 0 and "There is nothing to apply." in applied.err
    states = [one["state"] for one in leadrelay("submissions", "list", "--json").document]
    assert sorted(states) == ["processed", "processed", "quarantined"] and len(leadrelay("leads", "list", "--json").document) == 2


def test_a_replay_that_finds_no_lead_says_why_and_what_to_do(stored: Path, leadrelay: Type) -> None:
    ahead = leadrelay("replay", "--since", "2999-01-01")
    assert ahead.status == 0 and "`--since 2999-01-01` lies ahead: it is 20" in ahead.err and '--since "30 days"' in ahead.err
    late = leadrelay("replay", "--since", "0 seconds", "--json")
    assert "Name an earlier time, or leave --since out for all 2 leads." in late.document["hint"]
    assert "No lead has a touch since" in late.err and "the newest one was on 20" in late.err
    assert "hint" not in leadrelay("replay", "--json").document


def test_without_a_store_or_leads_a_replay_says_where_it_looked_and_makes_none(folder: Path, leadrelay: Type) -> None:
    missing = leadrelay("replay")
    assert missing.status == 2 and "There is no store at sqlite:///" in missing.err and "leadrelay run" in missing.err
    assert not (folder / "data" / "leadrelay.db").exists()
    assert leadrelay("migrate").status == 0
    empty = leadrelay("replay", "--json")
    assert empty.status == 0 and empty.document["counts"]["leads"] == 0
    assert "There are no leads in the store sqlite:///" in empty.document["hint"] and "`store:`" in empty.err


def test_since_looks_only_at_leads_with_a_touch_from_then_on(stored: Path, leadrelay: Type) -> None:
    write_rules(stored, points=60)
    assert leadrelay("replay", "--since", "2999-01-01", "--json").document["counts"]["leads"] == 0
    assert leadrelay("replay", "--since", "1 days", "--json").document["counts"]["leads"] == 2
    assert leadrelay("replay", "--since", "1 days", "--apply", "--yes", "--json").document["applied"] == 2


def test_limit_shows_so_many_and_counts_all(stored: Path, leadrelay: Type) -> None:
    write_rules(stored, points=60)
    shown = leadrelay("replay", "--limit", "1")
    assert "... and 1 more lead" in shown.out and "2 would change" in shown.out
