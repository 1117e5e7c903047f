"""The shipped rule files: each is right, passes its own tests, and its tests show every rule at work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.documents import read_document
from core.fields import STANDARD, Catalogue
from core.routing.compiling import Team
from core.rule_files import compile_rules
from core.rule_tests import covered_rules, rule_names, run_rule_tests
from core.rules import Rules
from leadrelay.custom_fields import read_fields
from leadrelay.pools import names_of
from leadrelay.rules_schema import rules_schema
from leadrelay.team import read_team
from tests.test_rules_schema import accepts

CONFIG = Path(__file__).parents[1] / "config"
EXAMPLES = sorted(path for path in (CONFIG / "examples").glob("*.yaml") if path.stem not in ("fields", "team"))
FILES = [*EXAMPLES, *sorted((CONFIG / "rules").glob("*.yaml"))]


def beside(path: Path) -> tuple[Catalogue, Team]:
    """The fields and the team that a rule file may use."""
    folder = path.parent if path.parent.name == "examples" else CONFIG
    catalogue, problems = read_fields(read_document((folder / "fields.yaml").read_text("utf-8"), "fields.yaml"))
    team, wrong = read_team(read_document((folder / "team.yaml").read_text("utf-8"), "team.yaml"))
    assert (problems, wrong) == ([], [])
    return catalogue, names_of(team)


def compiled(path: Path) -> tuple[Rules, Catalogue, Team]:
    catalogue, team = beside(path)
    rules, problems = compile_rules([read_document(path.read_text("utf-8"), path.name)], catalogue, team)
    assert [str(problem) for problem in problems] == []
    return rules, catalogue, team


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_rule_file_passes_its_own_tests_and_these_cover_every_rule(path: Path) -> None:
    rules, catalogue, team = compiled(path)
    assert [result.message for result in run_rule_tests(rules, catalogue, team) if not result.passed] == []
    assert set(rule_names(rules)) - covered_rules(rules, catalogue) == set()
    assert rules.lint(catalogue).problems == ()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_at_its_head_which_other_file_it_needs(path: Path) -> None:
    text = path.read_text("utf-8")
    catalogue, team = beside(path)
    document = read_document(text, path.name)
    head = text[: re.search(r"^\w", text, re.MULTILINE).start()]  # type: ignore[union-attr]
    needs_team = bool(compile_rules([document], catalogue, Team())[1])
    needs_fields = bool(compile_rules([document], STANDARD, team)[1])
    assert (not needs_team or "team.yaml" in head) and (not needs_fields or "fields.yaml" in head)
    assert not needs_team or "config/team.yaml" in head, "it says where to put it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_rule_file_fits_the_schema_of_editors(path: Path) -> None:
    catalogue, _ = beside(path)
    assert accepts(rules_schema(catalogue), read_document(path.read_text("utf-8"), path.name).plain())


@pytest.mark.parametrize(
    "test",
    [
        "{given: {touches: [{kindd: x}]}, expect: {score: 1}}",
        "{given: {}, expect: {}}",
        "{given: {}, expect: {scor: 1}}",
        "{given: {}}",
    ],
)
def test_a_slip_in_a_test_is_marked_by_editors(test: str) -> None:
    tree = read_document(f"tests:\n- {test}\n", "r.yaml").plain()
    assert not accepts(rules_schema(), tree)


def test_examples_of_packs_and_segments_can_be_used_together_with_the_rules_of_a_new_installation() -> None:
    """Those that have no section of which there is one in all files."""
    names = ("bant", "meddic", "champ", "gpct")
    catalogue, _ = beside(EXAMPLES[0])
    own, team = beside(CONFIG / "rules" / "new-business.yaml")
    wide = catalogue.with_custom([field for path, field in own.fields.items() if path.startswith("custom.")])
    paths = [CONFIG / "rules" / "new-business.yaml", *(CONFIG / "examples" / f"{name}.yaml" for name in names)]
    rules, problems = compile_rules([read_document(path.read_text("utf-8"), path.name) for path in paths], wide, team)
    assert problems == []
    assert [result.message for result in run_rule_tests(rules, wide, team) if not result.passed] == []


TARGET = """\
checks:                                            # each is true, false or unknown
  real_person: {person.email_class: {not_in: [disposable, placeholder]}}
  interested:  {any: [{has_touch: {kind: [demo_request, meeting_scheduled], within: 90 days}}, {interest.confirmed: {is: true}}]}
  in_time:     {interest.timeframe: {is: within_3_months}}
  big_enough:  {custom.crm_users: {at_least: 10}}
qualification:                                     # from the top, the first that is true decides
  - {outcome: convert,    when: {all: [real_person, interested, in_time, big_enough]}, reason: all criteria met}
  - {outcome: nurture,    when: {all: [real_person, interested], none: [in_time]},     reason: later than 3 months}
  - {outcome: disqualify, when: {none: [real_person, interested, in_time]},            reason: no criterion met}
  - {outcome: undecided,  otherwise: true, reason: unknown or mixed}                   # required last line
scoring:
  limit: 100                                       # points are never rescaled; the total is cut at 0 and 100
  fit:        [{when: big_enough, points: 30}, {when: {company.country: {in: [DE, AT, CH]}}, points: 20}]   # unknown: 0 points
  engagement: {newsletter_signup: 2, email_reply: 5, webinar_signup: {points: 8, at_most: 3, per: 30 days},
               meeting_scheduled: 10, unsubscribed: -5, half_life: 90 days}
  lifecycle_stage: {mql: {at_least: 25}, sql: {at_least: 60, until_below: 50}}
routing:
  start_when: {any: [{lifecycle_stage: {is: sql}}, {has_touch: {kind: [demo_request]}}]}
  reroute: never
  to:
    - {name: known account,   when: {account.owner: {known: true}},             owner: account.owner}
    - {name: DACH enterprise, when: {company.country: {in: [DE, AT, CH]},
                             company.employees: {at_least: 250}}, pool: dach-enterprise}
    - {name: DACH,            when: {company.country: {in: [DE, AT, CH]}},      pool: dach}
    - {name: everyone else,   otherwise: true, queue: unassigned}               # required last line
  respond_within: {minutes: 30, hours: business, warn: owner, then: manager}
tests:
  - {name: bare newsletter sign-up, given: {touches: [newsletter_signup]}, expect: {outcome: undecided, score: 2, owner: none}}
"""
TARGET_TEAM = """\
hours:  {business: {zone: Europe/Berlin, mon-fri: "09:00-17:30", holidays: DE-BE}}
people:
  anna@acme.example: {manager: true}                       # resolved to each CRM's user by e-mail; inactive there = skipped
  ben@acme.example:  {languages: [de, en], away: [2026-12-22/2027-01-02]}
pools:
  dach:            {members: {anna@acme.example: 1, ben@acme.example: 2}, hours: business, per_day: 20}   # weights
  dach-enterprise: {members: [anna@acme.example]}
queues:
  unassigned: {salesforce: Inbound Leads, hubspot: desk@acme.example}
"""


def test_the_files_as_they_were_designed_work_and_pass_their_test() -> None:
    fields = read_document("custom.crm_users: {type: integer, label: CRM users, personal: false}\n", "fields.yaml")
    catalogue, problems = read_fields(fields)
    team, wrong = read_team(read_document(TARGET_TEAM, "team.yaml"))
    rules, mistakes = compile_rules([read_document(TARGET, "new-business.yaml")], catalogue, names_of(team))
    assert (problems, wrong, mistakes) == ([], [], [])
    assert [(result.name, result.message) for result in run_rule_tests(rules, catalogue, names_of(team))] == [
        ("bare newsletter sign-up", "")
    ]
    assert rules.lint(catalogue).problems == ()
