"""Why a score is what it is: every line with its condition or the touches that count, and the steps that sum to the total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from core.conditions import Explained
from core.instants import Instant
from core.problems import Place
from core.scoring.counting import counted
from core.scoring.evaluating import Score, cut_groups, cut_total, given_points
from core.scoring.model import POINT, ActivityLine, ConditionLine, Line, rounded


@dataclass(frozen=True, slots=True)
class CountedTouch:
    """One touch that a line counts: the points it was given, and what time has left of them."""

    touch: str
    kind: str
    content: str
    at: Instant
    points: int
    left: float

    def as_json(self) -> dict[str, object]:
        """The touch as plain JSON values."""
        found: dict[str, object] = {
            "touch": self.touch,
            "kind": self.kind,
            "at": self.at,
            "points": self.points,
            "left": self.left,
        }
        return found | ({"content": self.content} if self.content else {})


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One line and what it gave: a condition line has its `condition`, an activity line the `touches` that count."""

    line: str
    group: str
    points: float
    place: Place
    condition: Explained | None = None
    touches: tuple[CountedTouch, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The line as plain JSON values."""
        found: dict[str, object] = {"line": self.line, "group": self.group, "points": self.points, "place": str(self.place)}
        if self.condition is not None:
            return found | {"condition": self.condition.as_json()}
        return found | {"touches": [touch.as_json() for touch in self.touches]}


class Step(NamedTuple):
    """One step from 0 to the total: what a line gave, or what a limit or rounding took or added."""

    what: str
    points: float


@dataclass(frozen=True, slots=True)
class ExplainedScore:
    """Every line, also those that gave nothing, and the steps, whose points sum to the total."""

    total: int
    lines: tuple[ExplainedLine, ...]
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, object]:
        """The explanation as plain JSON values."""
        steps = [{"what": step.what, "points": step.points} for step in self.steps]
        return {"total": self.total, "lines": [line.as_json() for line in self.lines], "steps": steps}


def explain(score: Score) -> ExplainedScore:
    """The explanation of a score, worked out now, of the lead and the time that the score was made of."""
    lines = tuple(_explained(score, group, line) for group, line in score.scoring.lines)
    return ExplainedScore(score.total, lines, tuple(_steps(score)))


def _explained(score: Score, group: str, line: Line) -> ExplainedLine:
    if isinstance(line, ConditionLine):
        found = line.condition.explain(score.case)
        return ExplainedLine(line.name, group, float(line.points if found.truth else 0), line.place, found)
    touches = _touches(score, line)
    points = sum(round(touch.left * POINT) for touch in touches) / POINT
    return ExplainedLine(line.name, group, points, line.place, None, touches)


def _touches(score: Score, line: ActivityLine) -> tuple[CountedTouch, ...]:
    acts = [act for act in score.case.subject.acts if act.kind in line.kinds]
    return tuple(
        CountedTouch(act.touch, act.kind, act.content, act.at, points, left / POINT)
        for act, points, left in counted(line, acts, score.case.as_of)
    )


def _steps(score: Score) -> list[Step]:
    scoring = score.scoring
    given = given_points(scoring, score.case)
    names = scoring.line_names
    steps = [Step(names[number], points / POINT) for number, _, points in given]
    cut = cut_groups(scoring, given)
    for position, group in enumerate(scoring.groups):
        over = cut[position] - sum(points for _, its, points in given if its == position)
        if over:
            steps.append(Step(f"limit of {group.name}: {group.limit}", over / POINT))
    total = cut_total(scoring, sum(cut))
    if total != sum(cut):
        steps.append(Step(f"limit: {scoring.limit}" if total else "never below 0", (total - sum(cut)) / POINT))
    if total != rounded(total) * POINT:
        steps.append(Step("rounded", (rounded(total) * POINT - total) / POINT))
    return steps
