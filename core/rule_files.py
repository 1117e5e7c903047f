"""Rule files (config/rules/*.yaml): all their sections, compiled with problems at their places; their tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.asked_totals import asked_totals
from core.check_section import check_entries, compiled_checks
from core.condition_scope import Scope, lead_scope
from core.conditions import Condition
from core.criteria import compile_packs
from core.documents import Document, Entry, MapNode
from core.fields import Catalogue
from core.journey_rules import compile_stages
from core.journeys import Stages
from core.known_words import known_words, refuse_unknown_words
from core.mapping.reader import Reader
from core.problems import Problem, did_you_mean
from core.qualification import SET_PREFIX, RuleSet
from core.qualification_rules import compile_sets, set_names, with_sets
from core.quarantine import QuarantineLine, compile_quarantine
from core.routing.choosing import Routing
from core.routing.compiling import Team, compile_routing
from core.rule_tests import Expectable, read_tests
from core.rules import Rules
from core.scoring import Scoring, compile_scoring
from core.scoring.circles import refuse_circles
from core.scoring.model import ConditionLine
from core.segment_rules import BEFORE_SEGMENTS, compile_personas, compile_segments, refuse_asking
from core.segments import Segments

SECTIONS = ("checks", "criteria", "quarantine", "qualification", "scoring", "stages", "segments", "personas", "routing", "tests")
LATER_SECTIONS = ("nurture",)
"""Sections that the design knows and this version does not evaluate: accepting them silently would be a lie."""


def compile_rules(documents: Sequence[Document], catalogue: Catalogue, team: Team | None = None) -> tuple[Rules, list[Problem]]:
    """The rules of all files, or no rules and everything that is wrong, in the order of the files and their lines. `team` are the
    names that the routing may use."""
    rules, problems = read_rules(documents, catalogue, team)
    return (Rules.none() if problems else rules), problems


def read_rules(documents: Sequence[Document], catalogue: Catalogue, team: Team | None = None) -> tuple[Rules, list[Problem]]:
    """The rules of all files as far as they can be read, to look at and never to ask, and everything that is wrong with them."""
    reader = Reader(catalogue)
    roots: list[MapNode] = []
    for document in documents:
        reader.problems.extend(document.problems)
        if isinstance(document.root, MapNode):
            roots.append(document.root)
        else:
            reader.complain("wrong_type", "a rules file is a mapping of sections, such as `checks:`.", document.root.place)
    for root in roots:
        _refuse_other_sections(reader, root)
    wide = with_sets(catalogue, set_names(roots))
    sources = check_entries(reader, roots, wide)
    scope = lead_scope(wide, tuple(sources))
    checks = compiled_checks(reader, sources, scope)
    sets = _qualification(reader, roots, scope, checks)
    scoring = _scoring(reader, roots, scope, sources, checks)
    rules = Rules(
        checks,
        sets[-1].lines if sets else (),
        scoring=scoring,
        routing=_routing(reader, roots, scope, team or Team()),
        sets=tuple(sets[:-1]),
        packs=tuple(compile_packs(reader, _all_sections(roots, "criteria"), tuple(sources))),
        segments=_segments(reader, roots, scope, checks),
        stages=_stages(reader, roots, scope, checks, scoring),
        quarantine=_quarantine(reader, roots, scope, checks),
        written={name: entry.key.place for name, entry in sources.items()},
    )
    _refuse_what_comes_later(reader, rules)
    if scoring is not None:
        rules = replace(rules, scoring=_with_asked(scoring, rules.asked, checks))
    aside = tuple(line.name for line in rules.quarantine)
    expectable = Expectable(
        tuple(sources), rules.outcomes, scoring, rules.routing, rules.segments, rules.stages, rules.sets, aside
    )
    tests = [test for root in roots for test in read_tests(reader, root.get("tests"), expectable)]
    order = {document.file: number for number, document in enumerate(documents)}
    return replace(rules, tests=tuple(tests)), sorted(reader.problems, key=lambda problem: _position(problem, order))


def _with_asked(scoring: Scoring, conditions: Iterable[Condition], checks: Mapping[str, Condition]) -> Scoring:
    """The scoring with the points, of the whole score and of groups, that its stages and all other rules ask for."""
    asking = [*conditions, *(stage.when for stage in scoring.stages if stage.when is not None)]
    groups = {group.name: asked_totals(asking, checks, f"score.{group.name}") for group in scoring.groups}
    return replace(scoring, asked=asked_totals(asking, checks), asked_of={name: asked for name, asked in groups.items() if asked})


def _position(problem: Problem, order: Mapping[str, int]) -> tuple[int, int, int]:
    place = problem.place
    return (-1, 0, 0) if place is None else (order.get(place.file, -1), place.line, place.column)


def _refuse_other_sections(reader: Reader, root: MapNode) -> None:
    for entry in root.entries:
        name = entry.key.text
        if name in LATER_SECTIONS:
            message = f"this version does not evaluate `{name}` yet. Remove the section, or keep it in a file outside of rules/."
            reader.complain("not_yet", message, entry.key.place, name)
        elif name not in SECTIONS:
            message = f"`{name}` is no section of a rules file.{did_you_mean(name, SECTIONS)} Known are {', '.join(SECTIONS)}."
            reader.complain("unknown_key", message, entry.key.place, name)


def _scoring(
    reader: Reader, roots: Sequence[MapNode], scope: Scope, sources: Mapping[str, Entry], checks: Mapping[str, Condition]
) -> Scoring | None:
    """The scoring of the one file that has one."""
    found = _sections(reader, roots, "scoring", "one score has one set of limits")
    scoring = compile_scoring(reader, found[0].value, scope, checks, sources) if found else None
    if scoring is not None:
        refuse_circles(reader, scoring, checks)
    return scoring


def _routing(reader: Reader, roots: Sequence[MapNode], scope: Scope, team: Team) -> Routing | None:
    """The routing of the one file that has one."""
    found = _sections(reader, roots, "routing", "its lines have one order")
    return compile_routing(reader, found[0].value, scope, team) if found else None


def _sections(reader: Reader, roots: Sequence[MapNode], name: str, why: str) -> list[Entry]:
    """A section of which there may be one in all files, with a complaint for each further one."""
    found = [entry for root in roots if (entry := root.entry(name)) is not None]
    for entry in found[1:]:
        message = f"`{name}` stands in {found[0].key.place} already, and {why}. Keep them in one file."
        reader.complain("duplicate_section", message, entry.key.place, name)
    return found


def _all_sections(roots: Sequence[MapNode], name: str) -> list[Entry]:
    """A section of which there may be one in every file."""
    return [entry for root in roots if (entry := root.entry(name)) is not None]


def _qualification(reader: Reader, roots: Sequence[MapNode], scope: Scope, checks: Mapping[str, Condition]) -> list[RuleSet]:
    """The lists of the one file that has a qualification; the last one is the outcome."""
    found = _sections(reader, roots, "qualification", "its lines have one order")
    return compile_sets(reader, found[0].value, scope, checks) if found else []


def _quarantine(
    reader: Reader, roots: Sequence[MapNode], scope: Scope, checks: Mapping[str, Condition]
) -> tuple[QuarantineLine, ...]:
    """The lines of all files, in the order of the files."""
    sections = _all_sections(roots, "quarantine")
    return tuple(line for section in sections for line in compile_quarantine(reader, section.value, scope, checks))


def _segments(reader: Reader, roots: Sequence[MapNode], scope: Scope, checks: Mapping[str, Condition]) -> Segments:
    """The segments of all files, and the personas of the one file that has them."""
    segments = compile_segments(reader, _all_sections(roots, "segments"), scope, checks)
    found = _sections(reader, roots, "personas", "their lines have one order")
    return Segments(tuple(segments), tuple(compile_personas(reader, found[0].value, scope, checks)) if found else ())


def _stages(
    reader: Reader, roots: Sequence[MapNode], scope: Scope, checks: Mapping[str, Condition], scoring: Scoring | None
) -> Stages:
    """The stages of the one file that has them."""
    found = _sections(reader, roots, "stages", "each field has one order")
    return compile_stages(reader, found[0].value, scope, checks, scoring) if found else Stages()


def _refuse_what_comes_later(reader: Reader, rules: Rules) -> None:
    """Complain where scores and stages ask for what is worked out after them, and where anything asks for words that are none."""
    scoring, conditions = rules.scoring, [*rules.checks.values()]
    later = {SET_PREFIX + one.name: "but the score is worked out before the verdicts" for one in rules.sets}
    for _, line in () if scoring is None else scoring.lines:
        if isinstance(line, ConditionLine):
            conditions.append(line.condition)
            refuse_asking(reader, f"the line `{line.name}` of `scoring`", line.condition, rules.checks, later)
    for stage in () if scoring is None else scoring.stages:
        if stage.when is not None:
            conditions.append(stage.when)
            refuse_asking(reader, f"the stage `{stage.name}`", stage.when, rules.checks, BEFORE_SEGMENTS)
    refuse_unknown_words(reader, [*conditions, *rules.asked], known_words(rules))
