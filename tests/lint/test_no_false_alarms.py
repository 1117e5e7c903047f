"""What is right is not complained of: the shipped files, and whatever line some lead does reach."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditions import Case
from core.documents import read_document
from core.fields import STANDARD
from core.instants import DAY, Instant
from core.lead import Act, Value
from core.operators import TRUE
from core.problems import ConfigProblems
from core.routing.compiling import Team
from core.rule_files import compile_rules
from core.rules import Rules
from leadrelay.configuration import build
from leadrelay.files import read_files

ROOT = Path(__file__).parents[2]
SECRETS = (
    "WEBSITE_TOKEN", "MAIL_PASSWORD", "SALESFORCE_URL", "SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET",
    "HUBSPOT_ACCESS_TOKEN",
)  # fmt: skip
ENV = dict.fromkeys(SECRETS, "https://acme.example")
EXAMPLES = sorted(path.name for path in (ROOT / "config" / "examples").glob("*.yaml"))
MEANT = {"points-table.yaml": ["only_by_repeating"]}
"""Warnings that an example shall show: of points that need repeats. What other examples use of the one team does not count."""


def said_of(folder: Path) -> list[str]:
    try:
        return [warning.code for warning in build(read_files(folder / "config" / "leadrelay.yaml"), ENV).warnings]
    except ConfigProblems as wrong:
        return [str(problem) for problem in wrong.problems]


def test_the_shipped_configuration_has_no_problem_and_no_warning() -> None:
    assert said_of(ROOT) == []


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ("fields.yaml", "team.yaml")])
def test_each_shipped_example_has_no_problem_and_only_the_warnings_that_it_shall_show(name: str, tmp_path: Path) -> None:
    config, examples = tmp_path / "config", ROOT / "config" / "examples"
    (config / "rules").mkdir(parents=True)
    shutil.copy(examples / name, config / "rules" / name)
    shutil.copy(examples / "team.yaml", config / "team.yaml")
    texts = [(folder / "fields.yaml").read_text("utf-8") for folder in (ROOT / "config", examples)]
    (config / "fields.yaml").write_text("\n".join(texts), encoding="utf-8")
    (config / "leadrelay.yaml").write_text("store: sqlite:///leads.db\n", encoding="utf-8")
    codes = said_of(tmp_path)
    assert [code for code in codes if code not in ("unused_name", "unused", *MEANT.get(name, []))] == []


# --- no line that a lead reaches is called unreachable ----------------------------------------------------------------

NOW = 1_763_726_400_000
SINGLE = (
    "{company.country: {is: DE}}", "{company.country: {in: [DE, AT]}}", "{company.country: {not_in: [DE]}}",
    "{company.employees: {at_least: 50}}", "{company.employees: {at_most: 50}}",
    "{company.employees: {at_least: 10, at_most: 60}}",
    "{interest.timeframe: {is: now}}", "{interest.timeframe: {not_in: [now, later]}}", "{interest.timeframe: {is: unknown}}",
    "{interest.confirmed: {is: true}}", "{interest.confirmed: {is: false}}", "{interest.confirmed: {known: false}}",
    "{has_touch: {kind: [demo, call]}}", "{has_touch: {kind: demo, within: 9 days}}", "{person.job_title: {contains: head of}}",
    "{person.job_title: {contains: head of sales}}", "{score.total: {at_least: 9}}", "{address.postcode: {between: 10000-19999}}",
    "{segments: {contains: home}}", "{segments: {contains: large}}", "big",
)  # fmt: skip
conditions = st.recursive(
    st.sampled_from(SINGLE),
    lambda inner: st.builds(
        lambda kind, parts: f"{{{kind}: [{', '.join(parts)}]}}",
        st.sampled_from(("all", "any", "none")),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)
VALUES: dict[str, tuple[Value, ...]] = {
    "company.country": ("DE", "AT", "FR"), "company.employees": ("5", "11-50", "55", "20-70", "500-", "50"),
    "interest.timeframe": ("now", "later", "unknown", "within_3_months"), "interest.confirmed": (True, False),
    "person.job_title": ("Head of Sales", "Head of IT", "CEO"), "score.total": (0, 9, 20),
    "address.postcode": ("10115", "1011", "80331"),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A lead of drawn values."""

    values: dict[str, Value]
    kinds: dict[str, Instant]
    acts: tuple[Act, ...] = field(default=())

    def value(self, path: str) -> Value | None:
        return self.values.get(path)


leads = st.builds(
    Drawn,
    st.fixed_dictionaries({}, optional={path: st.sampled_from(values) for path, values in VALUES.items()}),
    st.dictionaries(st.sampled_from(("demo", "call")), st.integers(0, 20).map(lambda days: NOW - days * DAY)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(conditions, min_size=2, max_size=5), st.lists(leads, min_size=5, max_size=40))
def test_a_line_that_some_lead_reaches_is_never_called_hidden_or_impossible(lines: list[str], drawn: list[Drawn]) -> None:
    rules = routed(lines)
    named = {problem.field for problem in rules.lint(STANDARD).problems if problem.code in ("shadowed", "never_fires")}
    for lead in drawn:
        decided = rules.decide(lead, NOW)
        case = Case(decided.subject(lead), NOW, rules.checks)
        assert rules.routing is not None
        first = next(line.name for line in rules.routing.lines if line.when is None or line.when.truth(case) is TRUE)
        assert first not in named, (first, lead)


def routed(lines: list[str]) -> Rules:
    text = "\n".join(f"  - {{name: l{number}, when: {line}, queue: q}}" for number, line in enumerate(lines))
    whole = f"""\
checks: {{big: {{company.employees: {{at_least: 50}}}}}}
segments: {{home: {{when: {{company.country: {{is: DE}}}}}}, large: {{when: big}}}}
routing:
  to:
{text}
  - {{name: rest, otherwise: true, queue: q}}
"""
    rules, problems = compile_rules([read_document(whole, "r.yaml")], STANDARD, Team(queues=("q",)))
    assert problems == []
    return rules


@pytest.mark.parametrize(
    ("when", "codes"),
    [
        ("{interest.decision_date: {at_most: 9999-12-31}}", []),
        ("{interest.decision_date: {at_least: 0001-01-01}}", []),
        ("{sales.converted_at: {at_most: '9999-12-31T23:59:59Z'}}", []),
        ("{interest.decision_date: {within: 999999 years}}", []),
        ("{interest.decision_date: {older_than: 999999 years}}", ["never_fires"]),
    ],
)
def test_the_first_and_the_last_day_that_there_is_can_be_asked_for(when: str, codes: list[str]) -> None:
    text = f"qualification:\n- {{outcome: one, when: {when}, reason: x}}\n- {{outcome: two, otherwise: true, reason: y}}\n"
    rules, problems = compile_rules([read_document(text, "rules.yaml")], STANDARD)
    assert problems == []
    assert [problem.code for problem in rules.lint(STANDARD).problems] == codes
