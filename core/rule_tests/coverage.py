"""Which rules the tests of rule files show at work: a rule counts when a test made it true, or let it decide or give points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.fields import Catalogue
from core.operators import TRUE
from core.problems import Place
from core.routing.choosing import Route
from core.rule_tests.playing import Played, play
from core.segments import JOURNEY_STAGE

if TYPE_CHECKING:
    from core.rules import Rules


@dataclass(frozen=True, slots=True)
class NamedRule:
    """One rule: the section in which it stands, what it is called there, and where."""

    section: str
    name: str
    place: Place

    def __str__(self) -> str:
        return f"{self.section}: {self.name}"


def rules_by_name(rules: Rules) -> dict[str, NamedRule]:
    """Every rule that tests can cover, by its section and name, in the order in which they are worked out."""
    return {str(rule): rule for rule in _rules(rules)}


def rule_names(rules: Rules) -> Iterator[str]:
    """What coverage counts: `checks: in_time`, `qualification: convert`, `fit: DACH`, `routing: everyone else`, ..."""
    yield from rules_by_name(rules)


def _rules(rules: Rules) -> Iterator[NamedRule]:
    yield from (NamedRule("checks", name, rules.written[name]) for name in rules.checks)
    yield from (NamedRule("quarantine", line.name, line.place) for line in rules.quarantine)
    for one in rules.sets:
        yield from (NamedRule(f"qualification {one.name}", line.name, line.place) for line in one.lines)
    yield from (NamedRule("qualification", line.name, line.place) for line in rules.lines)
    if rules.scoring is not None:
        yield from (NamedRule(group, line.name, line.place) for group, line in rules.scoring.lines)
        for section, marks in (("bands", rules.scoring.bands), ("grades", rules.scoring.grades)):
            yield from (NamedRule(section, mark.name, mark.place) for mark in marks)
        yield from (NamedRule("lifecycle_stage", stage.name, stage.place) for stage in rules.scoring.stages)
    yield from (NamedRule("segments", one.name, one.place) for one in rules.segments.segments)
    personas = [(line.persona, line.place) for line in rules.segments.personas]
    yield from (NamedRule("personas", name, place) for name, place in _numbered(personas))
    journey = [(line.stage, line.place) for line in rules.stages.journey]
    yield from (NamedRule(JOURNEY_STAGE, name, place) for name, place in _numbered(journey))
    if rules.routing is not None:
        yield from (NamedRule("routing", line.name, line.place) for line in rules.routing.lines)


def _numbered(lines: Iterable[tuple[str, Place]]) -> Iterator[tuple[str, Place]]:
    """Lines that may share a name: the second one of a name is `NAME (2)`."""
    seen: Counter[str] = Counter()
    for name, place in lines:
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), place


def covered_rules(rules: Rules, catalogue: Catalogue) -> frozenset[str]:
    """The names of the rules that at least one test shows at work."""
    found = {name for test in rules.tests for name in _shown(rules, play(rules, test, catalogue))}
    return frozenset(found.intersection(rules_by_name(rules)))


def _shown(rules: Rules, played: Played) -> Iterator[str]:
    """The rules that one test shows at work."""
    decided, case = played.decided, played.case
    yield from (f"checks: {name}" for name in rules.checks if case.answer(name) is TRUE)
    if played.aside is not None:
        yield f"quarantine: {played.aside.name}"
    yield f"qualification: {decided.verdict.rule}"
    yield from (f"qualification {name}: {verdict.rule}" for name, verdict in decided.sets.items())
    if (score := decided.score) is not None:
        names = score.scoring.line_names
        yield from (names[gave.number] for gave in score.lines)
        yield from (f"bands: {score.band}", f"grades: {score.grade}", f"lifecycle_stage: {decided.stage.stage}")
        yield from (f"lifecycle_stage: {name}" for name in played.entered)
    yield from (f"segments: {name}" for name in decided.placed.segments)
    yield from _places(rules, played)
    if isinstance(played.went, Route):
        yield f"routing: {played.went.line}"


def _places(rules: Rules, played: Played) -> Iterator[str]:
    """The lines of the personas that hold, and the one of the journey that was taken."""
    case, persona = played.case, played.decided.placed.persona
    lines = rules.segments.personas
    names = [name for name, _ in _numbered((line.persona, line.place) for line in lines)]
    for name, line in zip(names, lines, strict=True):
        if line.persona == persona if line.when is None else line.when.truth(case) is TRUE:
            yield f"personas: {name}"
    names = [name for name, _ in _numbered((line.stage, line.place) for line in rules.stages.journey)]
    taken = (
        name for name, line in zip(names, rules.stages.journey, strict=True) if line.when is None or line.when.truth(case) is TRUE
    )
    yield from (f"{JOURNEY_STAGE}: {name}" for name in list(taken)[:1])
