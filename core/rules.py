"""Rule files (config/rules/*.yaml): checks, qualification, scoring, routing, compiled with problems at their places; their tests.

The score is worked out first, then the outcome, then the lifecycle stage; `Rules.decide` does all in that order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.checks import GROUPS, HAS_TOUCH, Case, Condition, Scope, Subject, compile_condition, lead_scope
from core.documents import Document, Entry, ListNode, MapNode, Node
from core.fields import Catalogue
from core.instants import Instant
from core.lead import Value
from core.mapping.reader import Reader
from core.problems import Problem, did_you_mean
from core.qualification import OutcomeLine, Qualified, qualify
from core.routing.choosing import NOTHING_BESIDE, Circumstances, Decision, Routing, choose
from core.routing.compiling import Team, compile_routing
from core.rule_tests import Expectable, RuleTest, covered_rules, read_tests, run_rule_tests
from core.scoring import Score, Scoring, StageNow, compile_scoring, evaluate, stage_now
from core.scoring.circles import refuse_circles
from core.scoring.reach import Findings, lint_scoring
from core.subjects import Supposed

__all__ = ["LATER_SECTIONS", "SECTIONS", "Rules", "compile_rules", "covered_rules", "rule_names", "run_rule_tests"]

SECTIONS = ("checks", "qualification", "scoring", "routing", "tests")
LATER_SECTIONS = ("segments", "nurture")
"""Sections that the design knows and this version does not evaluate: accepting them silently would be a lie."""

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Decided:
    """All that the rules say of a lead at one point in time; without a scoring there is no score."""

    score: Score | None
    verdict: Qualified
    stage: StageNow

    def subject(self, lead: Subject) -> Subject:
        """The lead as if it held all this already."""
        said: dict[str, Value | None] = {"outcome": self.verdict.outcome or None, "outcome_reason": self.verdict.reason or None}
        said["lifecycle_stage"] = self.stage.stage or None
        return Supposed(lead, said if self.score is None else {**said, "score.total": self.score.total})


@dataclass(frozen=True)
class Rules:
    """All rule files together: checks by name, the lines of the qualification, the scoring, the routing, and the tests."""

    checks: Mapping[str, Condition] = field(default_factory=dict)
    lines: tuple[OutcomeLine, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    scoring: Scoring | None = None
    routing: Routing | None = None

    @classmethod
    def none(cls) -> Rules:
        """No rules: every lead is left without an outcome."""
        return cls()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that a lead can get."""
        return tuple(dict.fromkeys(line.outcome for line in self.lines))

    def qualify(self, lead: Subject, as_of: Instant) -> Qualified:
        """The verdict on a lead at a point in time."""
        return qualify(lead, as_of, self.checks, self.lines)

    def score(self, lead: Subject, as_of: Instant) -> Score | None:
        """The score of a lead at a point in time; None without a scoring."""
        return None if self.scoring is None else evaluate(self.scoring, Case(lead, as_of, self.checks))

    def stage(self, lead: Subject, score: Score | None, before: str, as_of: Instant) -> StageNow:
        """The lifecycle stage that a score gives a lead that was in `before` until now."""
        if self.scoring is None or score is None:
            return StageNow(before)
        return stage_now(self.scoring.stages, before, score, Case(lead, as_of, self.checks))

    def route(self, lead: Subject, as_of: Instant, beside: Circumstances = NOTHING_BESIDE) -> Decision | None:
        """Where a lead that holds what was decided of it goes at a point in time; None without a routing."""
        return None if self.routing is None else choose(self.routing, Case(lead, as_of, self.checks), beside)

    def lint(self, catalogue: Catalogue) -> Findings:
        """What is wrong with rules that can be read: what can never happen is a problem, what is most likely a slip a warning."""
        return Findings() if self.scoring is None else lint_scoring(self.scoring, self.checks, catalogue)

    def decide(self, lead: Subject, as_of: Instant) -> Decided:
        """Score, outcome and stage of a lead; each is worked out of what comes before it, whatever the lead still holds of it."""
        score = self.score(lead, as_of)
        scored = lead if score is None else Supposed(lead, {"score.total": score.total})
        verdict = self.qualify(scored, as_of)
        if self.scoring is None or not self.scoring.stages:
            return Decided(score, verdict, StageNow(str(lead.value("lifecycle_stage") or "")))
        said = {"outcome": verdict.outcome or None, "outcome_reason": verdict.reason or None}
        before = str(lead.value("lifecycle_stage") or "")
        return Decided(score, verdict, self.stage(Supposed(scored, said), score, before, as_of))


def compile_rules(documents: Sequence[Document], catalogue: Catalogue, team: Team | None = None) -> tuple[Rules, list[Problem]]:
    """The rules of all files, or no rules and everything that is wrong, in the order of the files and their lines. `team` are the
    names that the routing may use."""
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
    sources = _check_entries(reader, roots, catalogue)
    scope = lead_scope(catalogue, tuple(sources))
    checks = _compiled_checks(reader, sources, scope)
    lines = _qualification(reader, roots, scope)
    outcomes = tuple(dict.fromkeys(line.outcome for line in lines))
    scoring = _scoring(reader, roots, scope, sources, checks)
    routing = _routing(reader, roots, scope, team or Team(), checks)
    expectable = Expectable(tuple(sources), outcomes, scoring, routing)
    tests = [test for root in roots for test in read_tests(reader, root.get("tests"), expectable)]
    if reader.problems:
        order = {document.file: number for number, document in enumerate(documents)}
        return Rules.none(), sorted(reader.problems, key=lambda problem: _position(problem, order))
    return Rules(checks, tuple(lines), tuple(tests), scoring, routing), []


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


# --- checks ---------------------------------------------------------------------------------------------------------


def _check_entries(reader: Reader, roots: Sequence[MapNode], catalogue: Catalogue) -> dict[str, Entry]:
    """Every check of every file by its name, which must be free."""
    found: dict[str, Entry] = {}
    for root in roots:
        node = root.get("checks")
        for entry in () if node is None else reader.entries(node, "`checks`"):
            name, place = entry.key.text, entry.key.place
            if name in GROUPS or name == HAS_TOUCH or name in catalogue:
                reader.complain(
                    "reserved_name", f"a check can not be called `{name}`, which means something already.", place, name
                )
            elif not _NAME.match(name):
                message = f"`{name}` is no name for a check: use small letters, digits and `_`, and begin with a letter."
                reader.complain("wrong_name", message, place, name)
            elif name in found:
                message = f"the check `{name}` stands in {found[name].key.place} already. Rename or remove one of them."
                reader.complain("duplicate_name", message, place, name)
            else:
                found[name] = entry
    return found


def _compiled_checks(reader: Reader, sources: Mapping[str, Entry], scope: Scope) -> dict[str, Condition]:
    checks = {name: compile_condition(reader, entry.value, scope) for name, entry in sources.items()}
    whole = {name: condition for name, condition in checks.items() if condition is not None}
    for name in whole:
        circle = _circle(name, whole)
        if circle and name == min(circle):
            shown = " -> ".join((*circle, circle[0]))
            message = f"these checks ask each other in a circle: {shown}. Take one of them out of it."
            reader.complain("circle", message, sources[name].key.place, name)
    return whole


def _circle(start: str, checks: Mapping[str, Condition]) -> tuple[str, ...]:
    """The way from a check back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for name in checks[way[-1]].names():
            if name == start:
                return way
            if name in checks and name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()


# --- scoring --------------------------------------------------------------------------------------------------------


def _scoring(
    reader: Reader, roots: Sequence[MapNode], scope: Scope, sources: Mapping[str, Entry], checks: Mapping[str, Condition]
) -> Scoring | None:
    """The scoring of the one file that has one."""
    found = _sections(reader, roots, "scoring", "one score has one set of limits")
    scoring = compile_scoring(reader, found[0].value, scope, checks, sources) if found else None
    if scoring is not None:
        refuse_circles(reader, scoring, checks)
    return scoring


def _routing(
    reader: Reader, roots: Sequence[MapNode], scope: Scope, team: Team, checks: Mapping[str, Condition]
) -> Routing | None:
    """The routing of the one file that has one."""
    found = _sections(reader, roots, "routing", "its lines have one order")
    return compile_routing(reader, found[0].value, scope, team, checks) if found else None


def _sections(reader: Reader, roots: Sequence[MapNode], name: str, why: str) -> list[Entry]:
    """A section of which there may be one in all files, with a complaint for each further one."""
    found = [entry for root in roots if (entry := root.entry(name)) is not None]
    for entry in found[1:]:
        message = f"`{name}` stands in {found[0].key.place} already, and {why}. Keep them in one file."
        reader.complain("duplicate_section", message, entry.key.place, name)
    return found


# --- qualification --------------------------------------------------------------------------------------------------


def _qualification(reader: Reader, roots: Sequence[MapNode], scope: Scope) -> list[OutcomeLine]:
    """The lines of the one file that has a qualification."""
    found = _sections(reader, roots, "qualification", "its lines have one order")
    if not found:
        return []
    node = found[0].value
    if not isinstance(node, ListNode) or not node.items:
        reader.complain("wrong_type", "`qualification` is a list of lines, each with `outcome`, `when` and `reason`.", node.place)
        return []
    lines = [_line(reader, item, scope, is_last=item is node.items[-1]) for item in node.items]
    whole = [line for line in lines if line is not None]
    _refuse_repeated_names(reader, whole)
    return whole


_LINE_KEYS = ("name", "outcome", "when", "all", "any", "none", "reason", "otherwise")


def _line(reader: Reader, item: Node, scope: Scope, *, is_last: bool) -> OutcomeLine | None:
    entries = {entry.key.text: entry for entry in reader.entries(item, "a line of `qualification`", _LINE_KEYS)}
    outcome = _word(reader, item, entries, "outcome", "what a lead becomes, such as `nurture`")
    reason = _word(reader, item, entries, "reason", "why, in words that sales understands")
    name = reader.text(entries["name"].value, "`name`") if "name" in entries else outcome
    condition = _condition(reader, item, entries, scope, is_last=is_last)
    if outcome is not None and not _NAME.match(outcome):
        message = f"`{outcome}` is no outcome: use small letters, digits and `_`, such as `not_now`."
        reader.complain("wrong_name", message, entries["outcome"].value.place, "outcome")
    if outcome is None or reason is None or (condition is None and not is_last):
        return None
    return OutcomeLine(name or outcome, outcome, reason, condition, item.place)


def _word(reader: Reader, item: Node, entries: Mapping[str, Entry], key: str, meaning: str) -> str | None:
    if key in entries:
        return reader.text(entries[key].value, f"`{key}`")
    if isinstance(item, MapNode):
        reader.complain("missing_key", f"a line of `qualification` needs `{key}`: {meaning}.", item.place, key)
    return None


def _condition(reader: Reader, item: Node, entries: Mapping[str, Entry], scope: Scope, *, is_last: bool) -> Condition | None:
    """A line's condition; the last line has none but `otherwise: true`, and only that one."""
    when, otherwise = entries.get("when"), entries.get("otherwise")
    for key in GROUPS:
        if key in entries:
            message = f"write `when: {{{key}: [...]}}`: conditions stand under `when`."
            reader.complain("wrong_key", message, entries[key].key.place, key)
    if is_last:
        if otherwise is None and isinstance(item, MapNode):
            message = "the last line must be `otherwise: true` with an outcome and a reason, so that every lead gets one. Add it."
            reader.complain("missing_otherwise", message, item.place, "otherwise")
        elif otherwise is not None and not reader.truth(otherwise.value, "`otherwise`"):
            reader.complain("wrong_value", "the last line wants `otherwise: true`.", otherwise.value.place, "otherwise")
        if when is not None and otherwise is not None:
            message = "a line has `when` or `otherwise`, not both. Remove `when` from the last line."
            reader.complain("wrong_key", message, when.key.place, "when")
        elif when is not None:
            compile_condition(reader, when.value, scope)
        return None
    if otherwise is not None:
        message = "`otherwise` decides every lead, so nothing below it is ever reached. Move this line to the end."
        reader.complain("wrong_key", message, otherwise.key.place, "otherwise")
        return None
    if when is None:
        if isinstance(item, MapNode) and not any(key in entries for key in GROUPS):
            reader.complain(
                "missing_key", "a line of `qualification` needs `when`: the checks that must hold.", item.place, "when"
            )
        return None
    return compile_condition(reader, when.value, scope)


def _refuse_repeated_names(reader: Reader, lines: Sequence[OutcomeLine]) -> None:
    first: dict[str, OutcomeLine] = {}
    for line in lines:
        if line.name in first:
            message = (
                f"two lines are called `{line.name}`; the first is in line {first[line.name].place.line}. Give one a `name:`."
            )
            reader.complain("duplicate_name", message, line.place, line.name)
        first.setdefault(line.name, line)


def rule_names(rules: Rules) -> Iterator[str]:
    """The names of the qualification's lines, from the top, and then those of the scoring's: what coverage counts."""
    yield from (line.name for line in rules.lines)
    if rules.scoring is not None:
        yield from rules.scoring.line_names
