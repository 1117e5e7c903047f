"""All rules together: what they say of a lead, and what of them is asked again when time passes.

The score is worked out first, then the verdicts and the outcome, then the lifecycle stage, segments, persona and the stage of the
journey; `Rules.decide` does all in that order. Routing comes last, by `Rules.route`. They are read by core/rule_files.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.conditions import Case, Condition, Subject
from core.criteria import Criterion, Pack, states_of
from core.fields import Catalogue
from core.instants import Instant
from core.journeys import LIFECYCLE_STAGE, NO_STAGE, JourneyNow, Stages
from core.lead import Value
from core.moments import timed_parts
from core.problems import Place
from core.qualification import LEAD_SET, SET_PREFIX, OutcomeLine, Qualified, RuleSet, qualified, qualify
from core.quarantine import QuarantineLine
from core.questions import Question, questions
from core.quick_dataclass import quick_dataclass
from core.routing.choosing import NOTHING_BESIDE, Circumstances, Decision, Routing, choose
from core.routing.compiling import Team
from core.rule_lint import lint_rules
from core.rule_tests import RuleTest
from core.scoring import Score, Scoring, StageNow, decide_again_at, evaluate, stage_now
from core.scoring.reach import Findings
from core.seen_points import sees_points
from core.seen_through import SeenThrough, seen_through
from core.segments import JOURNEY_STAGE, NOWHERE, PERSONA, SEGMENTS, Placed, Segments
from core.subjects import Supposed
from core.walking import asked_by

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
        return questions(
            Case(lead, as_of, self.checks), self.lines, catalogue, self.sets, self._through.get(LEAD_SET), self.scoring
        )

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
        """The lists of the qualification as they ask for no other one and no points; empty where none does anyway."""
        if not self._asks_what_is_decided:
            return {}
        checks, sets = self.checks, self.sets
        found = {one.name: seen_through(checks, sets[:at], one.lines, self.scoring) for at, one in enumerate(sets)}
        return {**found, LEAD_SET: seen_through(checks, sets, self.lines, self.scoring)}

    @property
    def _asks_what_is_decided(self) -> bool:
        """Whether a list of the qualification asks for the verdict of another, or for points."""
        conditions = [line.condition for line in self.outcome_lines if line.condition is not None]
        paths = [one.path for asked in conditions for one in asked_by(asked, self.checks)]
        return any(path.startswith(SET_PREFIX) or sees_points(self.scoring, path) for path in paths)

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
