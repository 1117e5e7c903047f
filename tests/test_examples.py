"""The shipped rule files: each is right, passes its own tests, and its tests show every rule at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.documents import read_document
from core.fields import Catalogue
from core.routing.compiling import Team
from core.rules import Rules, compile_rules, covered_rules, rule_names, run_rule_tests
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_rule_file_fits_the_schema_of_editors(path: Path) -> None:
    catalogue, _ = beside(path)
    assert accepts(rules_schema(catalogue), read_document(path.read_text("utf-8"), path.name).plain())


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
