"""Rule sets and leads for the tests of scoring."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.documents import read_document
from core.fields import STANDARD, Field
from core.instants import DAY, Instant
from core.lead import Act, Lead, Value, Won
from core.problems import Problem
from core.rule_files import compile_rules
from core.rules import Rules
from core.scoring import Score
from leadrelay.pools import names_of
from leadrelay.team import read_team

FOLDER = Path(__file__).parents[2] / "config" / "examples"
NOW = 1_763_726_400_000
CATALOGUE = STANDARD.with_custom(
    [
        Field("custom.crm_users", "integer", "CRM users", False),
        Field("custom.discount", "decimal", "Discount", False),
        Field("custom.trial_until", "date", "Trial until", False),
        Field("custom.last_login", "datetime", "Last login", False),
        Field("custom.tags", "list", "Tags", False),
        Field("custom.tier", "choice", "Tier", False, choices=("gold", "silver", "none")),
    ]
)

EXAMPLE = """\
checks:
  big_enough:  {custom.crm_users: {at_least: 10}}
scoring:
  limit: 100                                       # points are never rescaled; the total is cut at 0 and 100
  fit:        [{when: big_enough, points: 30}, {name: DACH, when: {company.country: {in: [DE, AT, CH]}}, points: 20}]
  engagement: {newsletter_signup: 2, email_reply: 5, webinar_signup: {points: 8, at_most: 3, per: 30 days},
               meeting_scheduled: 10, unsubscribed: -5, half_life: 90 days, limit: 60}
  bands:  {hot: 80, warm: 40, cold: 0}
  grades: {A: 40, B: 20, C: 0}
  lifecycle_stage: {mql: {at_least: 25}, sql: {at_least: 60, until_below: 50}}
"""


def read(*texts: str) -> tuple[Rules, list[Problem]]:
    """The rules of some texts, and what is wrong with them."""
    return compile_rules([read_document(text, f"rules/{number}.yaml") for number, text in enumerate(texts)], CATALOGUE)


def rules_of(*texts: str) -> Rules:
    """The rules of texts that are right."""
    found, problems = read(*texts)
    assert problems == []
    return found


def file_rules(name: str) -> Rules:
    """The rules of one of the shipped examples, with the team beside it."""
    team, wrong = read_team(read_document((FOLDER / "team.yaml").read_text("utf-8"), "team.yaml"))
    text = (FOLDER / name).read_text("utf-8")
    found, problems = compile_rules([read_document(text, "rules/0.yaml")], CATALOGUE, names_of(team))
    assert (wrong, problems) == ([], [])
    return found


def did(*days_ago: float, kind: str = "visit", content: str = "") -> list[Act]:
    """Acts of one kind, each so many days ago."""
    return [Act(NOW - int(days * DAY), kind, content, f"{kind}{content}{number}") for number, days in enumerate(days_ago)]


def lead(acts: Iterable[Act] = (), **fields: Value) -> Lead:
    """A lead with these acts and values; `__` in a name stands for a dot."""
    newest_first = tuple(sorted(acts, key=lambda act: (act.at, act.touch), reverse=True))
    kinds: dict[str, Instant] = {}
    for act in reversed(newest_first):
        kinds[act.kind] = act.at
    return Lead(
        "L", 1, {path.replace("__", "."): Won(value, 5, "t1") for path, value in fields.items()}, kinds, acts=newest_first
    )


def score_of(rules: Rules, subject: Lead, as_of: Instant = NOW) -> Score:
    """The score of a lead under rules that have a scoring."""
    found = rules.score(subject, as_of)
    assert found is not None
    return found
