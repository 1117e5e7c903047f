"""A lead's score at a point in time: the total, what each group and line gave, band and grade; explained when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.checks import Case
from core.lead import Act, Value
from core.operators import TRUE
from core.scoring.counting import worth
from core.scoring.model import FIT, GROUP_NAMES, POINT, Mark, Scoring, rounded


class Gave(NamedTuple):
    """What one line gave: its number in `Scoring.lines`, its name, its group, and its points with their fraction."""

    number: int
    line: str
    group: str
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """A score. `total` is between 0 and the section's limit; `groups` are what each group gave after its own limit (it may be
    below 0), rounded by the same rule; `given` are the points of the lines that gave anything, by number and group, in
    thousandths. `rules_hash` says by which rules it was made."""

    total: int
    groups: Mapping[str, int]
    given: tuple[tuple[int, int, int], ...]
    band: str
    grade: str
    rules_hash: str
    scoring: Scoring = field(compare=False, repr=False)
    case: Case = field(compare=False, repr=False)

    @property
    def lines(self) -> tuple[Gave, ...]:
        """The lines that gave anything, as written."""
        lines = self.scoring.lines
        return tuple(Gave(number, lines[number][1].name, lines[number][0], points / POINT) for number, _, points in self.given)

    @property
    def fields(self) -> dict[str, Value | None]:
        """What a lead with this score holds, by lead field; None where it holds nothing."""
        groups: dict[str, Value | None] = {f"score.{name}": self.groups.get(name) for name in GROUP_NAMES}
        return {"score.total": self.total, **groups, "score.band": self.band or None, "score.grade": self.grade or None}

    def as_json(self) -> dict[str, object]:
        """The score without its explanation, as plain JSON values."""
        lines = [{"line": one.line, "group": one.group, "points": one.points} for one in self.lines]
        found: dict[str, object] = {"total": self.total, "groups": dict(self.groups), "lines": lines, "rules": self.rules_hash}
        named = {"band": self.band, "grade": self.grade}
        return found | {name: value for name, value in named.items() if value}


def evaluate(scoring: Scoring, case: Case) -> Score:
    """The score of a case. Lines are independent of each other, and of the order in which touches arrived."""
    given = given_points(scoring, case)
    sums = cut_groups(scoring, given)
    total = rounded(cut_total(scoring, sum(sums)))
    groups = {group.name: rounded(points) for group, points in zip(scoring.groups, sums, strict=True)}
    band = name_of(scoring.bands, total)
    grade = name_of(scoring.grades, groups.get(FIT, 0))
    return Score(total, groups, tuple(given), band, grade, scoring.rules_hash, scoring, case)


def given_points(scoring: Scoring, case: Case) -> list[tuple[int, int, int]]:
    """Of each line that gives anything: its number, its group's position, and its points in thousandths."""
    plan = scoring.plan
    found = [(number, group, points) for number, group, points, condition in plan.conditions if condition.truth(case) is TRUE]
    touched: dict[int, list[Act]] = {}
    by_kind = plan.by_kind
    for act in case.subject.acts:
        if act.kind in by_kind:
            for number in by_kind[act.kind]:
                if number in touched:
                    touched[number].append(act)
                else:
                    touched[number] = [act]
    as_of = case.as_of
    for number, acts in touched.items():
        group, line = plan.activities[number]
        points = worth(line, acts, as_of)
        if points:
            found.append((number, group, points))
    found.sort()
    return found


def cut_groups(scoring: Scoring, given: Sequence[tuple[int, int, int]]) -> list[int]:
    """What each group gives, cut at its limit, in thousandths."""
    limits = scoring.plan.limits
    sums = [0] * len(limits)
    for _, group, points in given:
        sums[group] += points
    return [points if limit is None or points <= limit else limit for points, limit in zip(sums, limits, strict=True)]


def cut_total(scoring: Scoring, points: int) -> int:
    """The sum of all groups, cut at 0 and at the limit, in thousandths."""
    if scoring.limit is not None:
        points = min(points, scoring.limit * POINT)
    return max(points, 0)


def name_of(marks: Sequence[Mark], points: int) -> str:
    """The highest band or grade that these points reach; the lowest one for points below 0; empty when there are none."""
    for mark in marks:
        if points >= mark.at_least:
            return mark.name
    return marks[-1].name if marks else ""
