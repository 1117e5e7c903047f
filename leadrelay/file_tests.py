"""The tests that stand in mapping and rule files, run as they are written, and how many of the rules they show at work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.documents import read_document
from core.fields import STANDARD, Catalogue
from core.mapping import SINKS, compile_mapping, run_mapping_tests
from core.problems import ConfigProblems, Place, Problem
from core.qualification_rules import with_verdicts
from core.routing.compiling import Team
from core.rule_files import compile_rules
from core.rule_tests import NamedRule, covered_rules, rules_by_name, run_rule_tests
from leadrelay.custom_fields import read_fields
from leadrelay.files import ConfigFile, Files
from leadrelay.pools import names_of
from leadrelay.settings_reading import connectors_of
from leadrelay.team import read_team

NOT_TESTED = ("leadrelay", "fields", "team")
"""Files beside rules and mappings, by their names without the ending: they hold no tests."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One test of one file, as it went."""

    file: str
    name: str
    passed: bool
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class Tested:
    """The tests of some files, as they went; the rules of these files, and those that no test shows at work."""

    tests: tuple[Ran, ...]
    rules: tuple[NamedRule, ...] = ()
    uncovered: tuple[NamedRule, ...] = ()

    @property
    def percent(self) -> int:
        """The share of rules that a test shows at work; 100 only when it is all of them."""
        return 100 if not self.rules else 100 * (len(self.rules) - len(self.uncovered)) // len(self.rules)


@dataclass(slots=True)
class _Running:
    """What has been found so far, over all files."""

    tests: list[Ran] = field(default_factory=list)
    rules: list[NamedRule] = field(default_factory=list)
    uncovered: list[NamedRule] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def run_file_tests(files: Files, wanted: Sequence[ConfigFile]) -> Tested:
    """Run the tests of these files; of all files of the configuration when none is named.

    Rule files of the configuration are compiled together, any other one by itself, with the fields.yaml and team.yaml that lie
    beside it. Raises ConfigProblems with everything that is wrong with any of them.
    """
    running = _Running()
    catalogue, team = _beside(files.of_kind("fields"), files.of_kind("team"), STANDARD, Team(), running.problems)
    chosen = list(wanted) or [file for file in files.files if file.kind in ("mapping", "rules")]
    for file in chosen:
        if file.kind == "mapping":
            _run_mapping(running, file, with_verdicts(catalogue, (rules.document for rules in files.of_kind("rules"))))
    configured = list(files.of_kind("rules"))
    own = [file for file in chosen if file in configured]
    if own:
        _run_rules(running, configured, {file.path for file in own}, catalogue, team)
    for file in chosen:
        if file.kind == "rules" and file not in configured:
            there = Path(file.path).parent
            found = _beside(_read(there / "fields.yaml"), _read(there / "team.yaml"), catalogue, team, running.problems)
            _run_rules(running, [file], {file.path}, *found)
    if running.problems:
        raise ConfigProblems(running.problems)
    return Tested(tuple(running.tests), tuple(running.rules), tuple(running.uncovered))


def _read(path: Path) -> list[ConfigFile]:
    kind = "fields" if path.stem == "fields" else "team"
    return [ConfigFile(kind, str(path), path.read_text(encoding="utf-8"))] if path.is_file() else []  # type: ignore[arg-type]


def _beside(
    fields: Iterable[ConfigFile], teams: Iterable[ConfigFile], catalogue: Catalogue, team: Team, problems: list[Problem]
) -> tuple[Catalogue, Team]:
    """The catalogue with these fields too, and the names of this team, or of the one that there is when none is given."""
    for file in fields:
        own, wrong = read_fields(read_document(file.text, file.path))
        problems += wrong
        catalogue = catalogue.with_custom(found for path, found in own.fields.items() if path not in STANDARD)
    for file in teams:
        people, wrong = read_team(read_document(file.text, file.path))
        problems += wrong
        team = names_of(people)
    return catalogue, team


def _run_mapping(running: _Running, file: ConfigFile, catalogue: Catalogue) -> None:
    sinks = tuple(dict.fromkeys((*SINKS, *connectors_of("sink"))))
    mapping, problems = compile_mapping(file.document, catalogue, sinks=sinks)
    running.problems += problems
    for one in run_mapping_tests(mapping, catalogue) if mapping else ():
        running.tests.append(Ran(file.path, one.name, one.passed, one.message, one.place))


def _run_rules(running: _Running, files: Sequence[ConfigFile], shown: set[str], catalogue: Catalogue, team: Team) -> None:
    """Run the tests of files that are compiled together, and keep what is of those that are shown."""
    rules, problems = compile_rules([file.document for file in files], catalogue, team)
    running.problems += problems
    if problems:
        return
    for one in run_rule_tests(rules, catalogue, team):
        if one.place.file in shown:
            running.tests.append(Ran(one.place.file, one.name, one.passed, one.message, one.place))
    covered = covered_rules(rules, catalogue)
    for name, rule in rules_by_name(rules).items():
        if rule.place.file in shown:
            running.rules.append(rule)
            running.uncovered += () if name in covered else (rule,)


def files_in(path: Path) -> Iterator[Path]:
    """A file itself, or the mapping and rule files of a folder."""
    if not path.is_dir():
        yield path
        return
    yield from (found for found in sorted(path.glob("*.y*ml")) if found.stem not in NOT_TESTED)
