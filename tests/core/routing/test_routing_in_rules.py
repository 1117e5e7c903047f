"""The section `routing` of a rules file: it stands beside the others, once, and tests may expect where a lead goes."""

from __future__ import annotations

import pytest

from core.documents import read_document
from core.fields import STANDARD
from core.problems import Problem
from core.routing.compiling import Team
from core.rule_files import compile_rules
from core.rule_tests import run_rule_tests
from core.rules import Rules

TEAM = Team(
    people=("anna@acme.example", "ben@acme.example"),
    pools={"dach": "unassigned", "enterprise": "dach"},
    queues=("unassigned",),
    hours=("business",),
)
RULES = """
checks: {german: {company.country: {is: DE}}}
qualification:
- {outcome: convert, when: german, reason: we sell there}
- {outcome: undecided, otherwise: true, reason: unknown}
scoring: {limit: 100, engagement: {demo_request: 30}, lifecycle_stage: {mql: {at_least: 10}, sql: {at_least: 30}}}
routing:
  start_when: {lifecycle_stage: {is: sql}}
  to:
  - {name: known account, when: {account.owner: {known: true}}, owner: account.owner}
  - {name: the boss, when: {interest.product: {is: Everything}}, owner: anna@acme.example}
  - {name: DACH, when: {all: [german, {outcome: {is: convert}}, {score.total: {at_least: 30}}]}, pool: dach}
  - {name: everyone else, otherwise: true, queue: unassigned}
tests:
"""


def read(*texts: str, team: Team = TEAM) -> tuple[Rules, list[Problem]]:
    return compile_rules([read_document(text, f"rules/{number}.yaml") for number, text in enumerate(texts)], STANDARD, team)


def outcome_of(given: str, expect: str) -> str:
    """What the test of a rules file says; empty when it passes."""
    rules, problems = read(f"{RULES}- {{name: t, given: {given}, expect: {expect}}}")
    assert problems == []
    (result,) = run_rule_tests(rules, STANDARD)
    return result.message


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        ("{touches: [newsletter_signup]}", "{owner: none, pool: none, queue: none, line: none}"),
        ("{company.country: DE, touches: [demo_request]}", "{pool: dach, line: DACH, queue: none}"),
        ("{touches: [demo_request]}", "{queue: unassigned, line: everyone else, owner: none}"),
        ("{account.owner: ben@acme.example, touches: [demo_request]}", "{owner: ben@acme.example, line: known account}"),
        ("{interest.product: Everything, touches: [demo_request]}", "{owner: anna@acme.example, line: the boss}"),
        ("{owner.email: cara@acme.example, touches: [demo_request]}", "{owner: cara@acme.example, line: none, pool: none}"),
    ],
)
def test_a_test_may_expect_where_a_lead_goes_by_what_was_decided_of_it(given: str, expect: str) -> None:
    assert outcome_of(given, expect) == ""


@pytest.mark.parametrize(
    ("given", "expect", "words"),
    [
        ("{company.country: DE, touches: [demo_request]}", "{owner: none}", "somebody of the pool dach"),
        ("{company.country: AT, touches: [demo_request]}", "{pool: dach}", "expected `dach`, got `none`"),
        ("{company.country: DE}", "{line: DACH}", "expected `DACH`, got `none`"),
        ("{touches: [demo_request]}", "{queue: none}", "got `unassigned`"),
    ],
)
def test_a_lead_that_goes_elsewhere_fails_the_test(given: str, expect: str, words: str) -> None:
    assert words in outcome_of(given, expect)


@pytest.mark.parametrize(
    ("expect", "words"),
    [("{pool: dahc}", "Did you mean `dach`?"), ("{queue: unasigned}", "`unassigned`"), ("{line: DAHC}", "Did you mean `DACH`?")],
)
def test_a_place_that_no_line_leads_to_can_not_be_expected(expect: str, words: str) -> None:
    _, problems = read(f"{RULES}- {{name: t, given: {{}}, expect: {expect}}}")
    assert [problem.code for problem in problems] == ["unknown_value"]
    assert words in problems[0].message


def test_one_routing_stands_in_all_files() -> None:
    section = "routing:\n  to:\n  - {name: all, otherwise: true, queue: unassigned}\n"
    _, problems = read(section, section)
    assert [(problem.code, str(problem.place)) for problem in problems] == [("duplicate_section", "rules/1.yaml:1:1")]


def test_names_that_are_not_in_the_team_are_found_at_their_places() -> None:
    _, problems = read("routing:\n  to:\n  - {name: all, otherwise: true, queue: unasigned}\n")
    assert [(problem.code, str(problem.place)) for problem in problems] == [("unknown_name", "rules/0.yaml:3:41")]
