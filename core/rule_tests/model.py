"""What a test in a rules file says, and what tests of some rules may expect."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.journeys import Stages
from core.problems import Place
from core.qualification import RuleSet
from core.routing.choosing import Routing, ToPool, ToQueue
from core.scoring import GROUP_NAMES, Scoring
from core.scoring.stages import BEFORE_ALL
from core.segments import Segments

NONE = "none"
"""What is expected where there is nothing: no outcome, no owner, no segment."""
CHECKS = "checks."
"""What the name of an expected answer begins with."""

QUARANTINE = "quarantine"
EXPECT_KEYS = ("outcome", "reason", "rule", "checks", "ask")
SCORES = ("score", "score.total", *(f"score.{group}" for group in GROUP_NAMES))
EXPECT_OF_SCORING = (*SCORES, "band", "grade", "lifecycle_stage", "entered")
EXPECT_OF_ROUTING = ("owner", "pool", "queue", "line")
EXPECT_OF_PLACES = {"segments": "segments", "persona": "personas", "journey_stage": "stages", "qualification": "qualification"}
"""What may be expected where a section is there, and that section."""


@dataclass(frozen=True, slots=True)
class GivenField:
    """One field of a test's lead, as texts."""

    path: str
    texts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class GivenTouch:
    """One touch of a test's lead: its kind, how long ago it was, in milliseconds, and its content, if any."""

    kind: str
    ago: int = 0
    content: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedText:
    """One thing that a test expects, and where it says so."""

    name: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One test. `ask` None: the test does not look at what is to be asked."""

    name: str
    fields: tuple[GivenField, ...]
    touches: tuple[GivenTouch, ...]
    expected: tuple[ExpectedText, ...]
    ask: tuple[ExpectedText, ...] | None
    place: Place


@dataclass(frozen=True, slots=True)
class Expectable:
    """What the tests of the rules may expect: answers of these checks, these outcomes, and what the scoring and routing give."""

    checks: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    scoring: Scoring | None = None
    routing: Routing | None = None
    segments: Segments = field(default_factory=Segments)
    stages: Stages = field(default_factory=Stages)
    sets: tuple[RuleSet, ...] = ()
    quarantine: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that `expect` may name."""
        scoring = () if self.scoring is None else EXPECT_OF_SCORING
        routing = () if self.routing is None else EXPECT_OF_ROUTING
        aside = (QUARANTINE,) if self.quarantine else ()
        return (*EXPECT_KEYS, *aside, *scoring, *routing, *self._places)

    @property
    def _places(self) -> tuple[str, ...]:
        """What may be expected of segments, personas, the journey and further verdicts."""
        there = (self.segments.segments, self.segments.personas, self.stages.journey, self.sets)
        return tuple(name for name, is_there in zip(EXPECT_OF_PLACES, there, strict=True) if is_there)

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The lifecycle stages that the score decides."""
        return () if self.scoring is None else tuple(stage.name for stage in self.scoring.stages)

    def words(self, name: str) -> tuple[str, ...]:
        """The words that may be expected of something; none when any text may."""
        if name == "outcome":
            return (*self.outcomes, NONE)
        if name == QUARANTINE:
            return (*self.quarantine, NONE)
        if name in EXPECT_OF_ROUTING and self.routing is not None:
            return self._routed(name, self.routing)
        if name in EXPECT_OF_PLACES:
            words = {"segments": self.segments.names, "persona": self.segments.persona_names}
            return (*words.get(name, self.stages.tracks["journey_stage"].names), NONE)
        if self.scoring is None:
            return ()
        marks = {"band": self.scoring.bands, "grade": self.scoring.grades}
        if name in marks:
            return tuple(mark.name for mark in marks[name])
        return (*self.stage_names, *BEFORE_ALL[1:], NONE) if name == "lifecycle_stage" else ()

    def _routed(self, name: str, routing: Routing) -> tuple[str, ...]:
        """Where leads may go by name; an owner may be anybody."""
        if name == "owner":
            return ()
        if name == "line":
            return (*(line.name for line in routing.lines), NONE)
        targets = [line.to for line in routing.lines]
        pools, queues = (
            [to.pool for to in targets if isinstance(to, ToPool)],
            [to.queue for to in targets if isinstance(to, ToQueue)],
        )
        return (*dict.fromkeys(pools if name == "pool" else queues), NONE)
