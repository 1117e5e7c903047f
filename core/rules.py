"""Rule files (config/rules/*.yaml): all their sections, compiled with problems at their places; their tests.

The score is worked out first, then the verdicts and the outcome, then the lifecycle stage, segments, persona and the stage of the
journey; `Rules.decide` does all in that order. Routing comes last, by `Rules.route`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from core.asked_totals import asked_totals
from core.check_section import check_entries, compiled_checks
from core.condition_scope import Scope, lead_scope
from core.conditions import Case, Condition, Subject
from core.criteria import Criterion, Pack, compile_packs, states_of
from core.documents import Document, Entry, MapNode
from core.fields import Catalogue
from core.instants import Instant
from core.journey_rules import compile_stages
from core.journeys import LIFECYCLE_STAGE, NO_STAGE, JourneyNow, Stages
from core.known_words import known_words, refuse_unknown_words
from core.lead import Value
from core.mapping.reader import Reader
from core.moments import timed_parts
from core.problems import Place, Problem, did_you_mean
from core.qualification import LEAD_SET, SET_PREFIX, OutcomeLine, Qualified, RuleSet, qualified, qualify
from core.qualification_rules import compile_sets, set_names, with_sets
from core.quarantine import QuarantineLine, compile_quarantine
from core.questions import Question, questions
from core.quick_dataclass import quick_dataclass
from core.routing.choosing import NOTHING_BESIDE, Circumstances, Decision, Routing, choose
from core.routing.compiling import Team, compile_routing
from core.rule_lint import lint_rules
from core.rule_tests import Expectable, RuleTest, covered_rules, read_tests, rule_names, run_rule_tests
from core.scoring import Score, Scoring, StageNow, compile_scoring, decide_again_at, evaluate, stage_now
from core.scoring.circles import refuse_circles
from core.scoring.model import ConditionLine
from core.scoring.reach import Findings
from core.seen_through import SeenThrough, seen_through
from core.segment_rules import BEFORE_SEGMENTS, compile_personas, compile_segments, refuse_asking
from core.segments import JOURNEY_STAGE, NOWHERE, PERSONA, SEGMENTS, Placed, Segments
from core.subjects import Supposed
from core.walking import asked_by

__all__ = ["LATER_SECTIONS", "SECTIONS", "Rules", "compile_rules", "covered_rules", "rule_names", "run_rule_tests"]

SECTIONS = ("checks", "criteria", "quarantine", "qualification", "scoring", "stages", "segments", "personas", "routing", "tests")
LATER_SECTIONS = ("nurture",)
"""Sections that the design knows and this version does not evaluate: accepting them silently would be a lie."""

_DECIDED = frozenset({"outcome", "outcome_reason", LIFECYCLE_STAGE, SEGMENTS, PERSONA, JOURNEY_STAGE})
_DECIDED_BEGIN = ("score.", SET_PREFIX)
"""The fields that hold what is decided."""


@quick_dataclass(frozen=True, slots=True)
class Decided:
    """All that the rules say of a lead at one point in time; without a scoring there is no score."""

    score: Score | None
    verdict: Qualified
    stage: StageNow
    sets: Mapping[str, Qualified] = field(default_factory=dict)
    """The verdicts of the named lists of the qualification beside the outcome."""
    placed: Placed = NOWHERE
    journey: JourneyNow = NO_STAGE

    def subject(self, lead: Subject) -> Subject:
        """The lead as if it held all this already."""
        said: dict[str, Value | None] = {} if self.score is None else self.score.fields
        for name, verdict in self.sets.items():
            said[SET_PREFIX + name] = verdict.outcome or None
        said["outcome"], said["outcome_reason"] = self.verdict.outcome or None, self.verdict.reason or None
        said[LIFECYCLE_STAGE] = self.stage.stage or None
        said.update(self.placed.values)
        said[JOURNEY_STAGE] = self.journey.stage or None
        return Supposed(lead, said)


@dataclass(frozen=True)
class Rules:
    """All rule files together: checks by name, the lines of the qualification, the scoring, the routing, and the tests."""

    checks: Mapping[str, Condition] = field(default_factory=dict)
    lines: tuple[OutcomeLine, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    scoring: Scoring | None = None
    routing: Routing | None = None
    sets: tuple[RuleSet, ...] = ()
    """The named lists of the qualification beside the one that is the outcome, in the order in which they are worked out."""
    packs: tuple[Pack, ...] = ()
    segments: Segments = field(default_factory=Segments)
    stages: Stages = field(default_factory=Stages)
    quarantine: tuple[QuarantineLine, ...] = ()
    """The lines that put submissions aside before they become leads."""
    written: Mapping[str, Place] = field(default_factory=dict)
    """Where each check's name stands."""

    @classmethod
    def none(cls) -> Rules:
        """No rules: every lead is left without an outcome."""
        return cls()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that a lead can get."""
        return tuple(dict.fromkeys(line.outcome for line in self.lines))

    @cached_property
    def decides_nothing(self) -> bool:
        """Whether these rules leave every lead as it is."""
        return self.scoring is None and not any((self.lines, self.sets, self._placing))

    def qualify(self, lead: Subject, as_of: Instant) -> Qualified:
        """The verdict on a lead at a point in time."""
        return qualify(lead, as_of, self.checks, self.lines)

    def score(self, lead: Subject, as_of: Instant) -> Score | None:
        """The score of a lead at a point in time; None without a scoring."""
        return None if self.scoring is None else evaluate(self.scoring, Case(lead, as_of, self.checks))

    def stage(
        self, lead: Subject, score: Score | None, before: str, as_of: Instant, told: Collection[str] | None = None
    ) -> StageNow:
        """The lifecycle stage that a score gives a lead that was in `before` until now; `told` as in `stage_now`."""
        if self.scoring is None or score is None:
            return StageNow(before)
        return self.stages.held(stage_now(self.scoring.stages, before, score, Case(lead, as_of, self.checks), told))

    def route(self, lead: Subject, as_of: Instant, beside: Circumstances = NOTHING_BESIDE) -> Decision | None:
        """Where a lead that holds what was decided of it goes at a point in time; None without a routing."""
        return None if self.routing is None else choose(self.routing, Case(lead, as_of, self.checks), beside)

    def questions(self, lead: Subject, as_of: Instant, catalogue: Catalogue) -> tuple[Question, ...]:
        """What to ask next of a lead that holds what was decided of it, the most telling question first."""
        return questions(Case(lead, as_of, self.checks), self.lines, catalogue, self.sets, self._through.get(LEAD_SET))

    def criteria(self, lead: Subject, as_of: Instant) -> dict[str, dict[str, Criterion]]:
        """The state of every criterion of every pack, by their names."""
        return states_of(self.packs, Case(lead, as_of, self.checks))

    def lint(self, catalogue: Catalogue, team: Team | None = None, kinds: Collection[str] = ()) -> Findings:
        """What is wrong with rules that can be read: what can never happen is a problem, what is most likely a slip a warning.
        `kinds` are the kinds of touches that mappings name."""
        return lint_rules(self, catalogue, team, kinds)

    @property
    def outcome_lines(self) -> tuple[OutcomeLine, ...]:
        """The lines of all lists of the qualification."""
        return (*(line for one in self.sets for line in one.lines), *self.lines)

    @property
    def asked(self) -> list[Condition]:
        """What is asked from the qualification on: by its lines, segments, personas, the journey and the routing."""
        routed = [] if self.routing is None else [self.routing.start_when, *(line.when for line in self.routing.lines)]
        found = [*(line.condition for line in self.outcome_lines), *self._placing, *routed]
        return [condition for condition in found if condition is not None]

    @cached_property
    def _placing(self) -> list[Condition | None]:
        """What segments, personas and the journey ask."""
        found: list[Condition | None] = [segment.when for segment in self.segments.segments]
        return [*found, *(line.when for line in self.segments.personas), *(line.when for line in self.stages.journey)]

    def decide(self, lead: Subject, as_of: Instant, told: Collection[str] | None = None) -> Decided:
        """Score, outcome and stage of a lead; each is worked out of what comes before it, whatever the lead still holds of it.

        `told` are the stages that were told of it before and stand, as the stage that was decided last says.
        """
        case = Case(lead, as_of, self.checks)
        score = None if self.scoring is None else evaluate(self.scoring, case)
        said: dict[str, Value | None] = {} if score is None else score.fields
        sets: dict[str, Qualified] = {}
        for one in self.sets:
            sets[one.name] = qualified(self._supposed("verdicts", case, said), one.lines, self._through.get(one.name))
            said = {**said, SET_PREFIX + one.name: sets[one.name].outcome or None}
        verdict = qualified(self._supposed("verdicts", case, said), self.lines, self._through.get(LEAD_SET))
        stage = StageNow(str(lead.value(LIFECYCLE_STAGE) or ""))
        said = {**said, "outcome": verdict.outcome or None, "outcome_reason": verdict.reason or None}
        if score is not None and score.scoring.stages:
            asked = self._supposed("stages", case, said)
            stage = self.stages.held(stage_now(score.scoring.stages, stage.stage, score, asked, told))
        before = str(lead.value(JOURNEY_STAGE) or "")
        if not self._placing:
            return Decided(score, verdict, stage, sets, NOWHERE, JourneyNow(before))
        is_asking = "places" in self._asking
        if is_asking:
            said = {**said, LIFECYCLE_STAGE: stage.stage or None, SEGMENTS: (), PERSONA: None, JOURNEY_STAGE: None}
            case = Case(Supposed(lead, said), as_of, self.checks)
        placed, case = self.segments.place(case, is_asking)
        return Decided(score, verdict, stage, sets, placed, self.stages.journey_now(before, case))

    @cached_property
    def _through(self) -> Mapping[str, SeenThrough]:
        """The lists of the qualification as they ask for no other one; empty where none asks for another."""
        if not self.sets or not self._asks_sets:
            return {}
        found = {one.name: seen_through(self.checks, self.sets[:at], one.lines) for at, one in enumerate(self.sets)}
        return {**found, LEAD_SET: seen_through(self.checks, self.sets, self.lines)}

    @property
    def _asks_sets(self) -> bool:
        conditions = [line.condition for line in self.outcome_lines if line.condition is not None]
        return any(one.path.startswith(SET_PREFIX) for asked in conditions for one in asked_by(asked, self.checks))

    def _supposed(self, step: str, case: Case, said: Mapping[str, Value | None]) -> Case:
        """What a step asks: the lead with what was decided before, or the lead as it is where the step asks for none of that."""
        return Case(Supposed(case.subject, said), case.as_of, case.checks) if step in self._asking else case

    @cached_property
    def _asking(self) -> frozenset[str]:
        """The steps that ask for what others decide before them, be it through a check."""
        lines = [line.condition for line in self.outcome_lines]
        stages = [] if self.scoring is None else [stage.when for stage in self.scoring.stages]
        asked = {
            "verdicts": [*lines, *self.checks.values()], "stages": stages, "places": self._placing, "times": self._timed
        }  # fmt: skip
        return frozenset(step for step, several in asked.items() if any(map(self._asks_decided, several)))

    def _asks_decided(self, condition: Condition | None) -> bool:
        paths = [] if condition is None else [asked.path for asked in asked_by(condition, self.checks)]
        return any(path in _DECIDED or path.startswith(_DECIDED_BEGIN) for path in paths)

    def again_at(self, lead: Subject, decided: Decided, as_of: Instant) -> Instant | None:
        """When time alone may change what was decided of a lead: at once where it matters, a mere number at most daily."""
        subject = decided.subject(lead) if "times" in self._asking else lead
        return decide_again_at(self._timed, decided.score, Case(subject, as_of, self.checks), self._timed_lines)

    @cached_property
    def _timed_lines(self) -> tuple[Condition, ...]:
        """What the lines of the scoring ask of the present time."""
        lines = () if self.scoring is None else self.scoring.plan.conditions
        return timed_parts((condition for *_, condition in lines), self.checks)

    @cached_property
    def _timed(self) -> tuple[Condition, ...]:
        """What is asked of the present time by anything but the score."""
        stages = () if self.scoring is None else self.scoring.stages
        conditions = [line.condition for line in self.outcome_lines] + [stage.when for stage in stages] + self._placing
        return timed_parts((condition for condition in conditions if condition is not None), self.checks)


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


# --- qualification, segments, stages --------------------------------------------------------------------------------


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
