"""A lead's score at a point in time: the total, what each group and line gave, band and grade; explained when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from core.conditions import Case
from core.lead import Act, Value
from core.operators import TRUE
from core.quick_dataclass import quick_dataclass
from core.scoring.counting import worth
from core.scoring.course import Decaying
from core.scoring.model import FIT, POINT, Mark, Plan, Scoring, rounded


class Gave(NamedTuple):
    """What one line gave: its number in `Scoring.lines`, its name, its group, and its points with their fraction."""

    number: int
    line: str
    group: str
    points: float


@quick_dataclass(frozen=True, slots=True)
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
    decaying: tuple[Decaying, ...] = field(default=(), compare=False, repr=False)
    """What time takes from."""

    @property
    def lines(self) -> tuple[Gave, ...]:
        """The lines that gave anything, as written."""
        lines = self.scoring.lines
        return tuple(Gave(number, lines[number][1].name, lines[number][0], points / POINT) for number, _, points in self.given)

    @property
    def fields(self) -> dict[str, Value | None]:
        """What a lead with this score holds, by lead field; None where it holds nothing."""
        of = self.groups.get
        return {
            "score.total": self.total, "score.fit": of("fit"), "score.behaviour": of("behaviour"),
            "score.engagement": of("engagement"), "score.band": self.band or None, "score.grade": self.grade or None,
        }  # fmt: skip

    def as_json(self) -> dict[str, object]:
        """The score without its explanation, as plain JSON values."""
        lines = [{"line": one.line, "group": one.group, "points": one.points} for one in self.lines]
        found: dict[str, object] = {"total": self.total, "groups": dict(self.groups), "lines": lines, "rules": self.rules_hash}
        named = {"band": self.band, "grade": self.grade}
        return found | {name: value for name, value in named.items() if value}


def evaluate(scoring: Scoring, case: Case) -> Score:
    """The score of a case. Lines are independent of each other, and of the order in which touches arrived."""
    given, decaying = _points(scoring, case)
    sums = cut_groups(scoring, given)
    total = rounded(cut_total(scoring, sum(sums)))
    groups = {group.name: rounded(sums[position]) for position, group in enumerate(scoring.groups)}
    band = name_of(scoring.bands, total) if scoring.bands else ""
    grade = name_of(scoring.grades, groups.get(FIT, 0)) if scoring.grades else ""
    return Score(total, groups, tuple(given), band, grade, scoring.rules_hash, scoring, case, tuple(decaying))


def given_points(scoring: Scoring, case: Case) -> list[tuple[int, int, int]]:
    """Of each line that gives anything: its number, its group's position, and its points in thousandths."""
    return _points(scoring, case)[0]


def _points(scoring: Scoring, case: Case) -> tuple[list[tuple[int, int, int]], list[Decaying]]:
    plan, as_of = scoring.plan, case.as_of
    found = [(number, group, points) for number, group, points, condition in plan.conditions if condition.truth(case) is TRUE]
    decaying: list[Decaying] = []
    for number, acts in _touched(plan, case.subject.acts):
        group, line = plan.activities[number]
        points, still, exact, touches = worth(line, acts, as_of)
        if points:
            found.append((number, group, points))
        if touches and line.half_life is not None:
            decaying.append(Decaying(group, line.half_life, points - still, exact, touches))
    found.sort()
    return found, decaying if len(decaying) < 2 else _together(decaying)


def _together(decaying: Sequence[Decaying]) -> list[Decaying]:
    """One for each group and half-life."""
    found: dict[tuple[int, int], Decaying] = {}
    for one in decaying:
        key = one[:2]
        if key in found:
            other = found[key]
            one = Decaying(*key, one[2] + other[2], one[3] + other[3], one[4] + other[4])
        found[key] = one
    return list(found.values())


def _touched(plan: Plan, acts: Sequence[Act]) -> Iterator[tuple[int, list[Act]]]:
    """The lines that touches set off, by their numbers, each with its touches in their order."""
    by_kind = plan.by_kind
    found: dict[str, list[Act]] = {}
    for act in acts:
        kind = act[1]
        if kind in found:
            found[kind].append(act)
        elif kind in by_kind:
            found[kind] = [act]
    for kind, several in found.items():
        for number in by_kind[kind]:
            kinds = plan.activities[number][1].kinds
            if len(kinds) == 1:
                yield number, several
            elif kind == next(one for one in kinds if one in found):
                yield number, [act for act in acts if act.kind in kinds]


def cut_groups(scoring: Scoring, given: Sequence[tuple[int, int, int]]) -> list[int]:
    """What each group gives, cut at its limit, in thousandths."""
    limits = scoring.plan.limits
    sums = [0] * len(limits)
    for _, group, points in given:
        sums[group] += points
    for group, limit in enumerate(limits):
        if limit is not None and sums[group] > limit:
            sums[group] = limit
    return sums


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
