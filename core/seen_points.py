"""Conditions that ask for points, seen through to the lines of the scoring that are still open.

A score always has a number, since what is unknown gives no points; but known, it might. So a condition that asks for the score, a
group of it, its band or its grade is open where the answers to what the lines ask could still give it another answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.asked_totals import asked_totals
from core.conditions import Case, Condition, Explained, FieldIs
from core.lead import Value
from core.operators import UNKNOWN, Truth
from core.problems import Place
from core.scoring.evaluating import cut_total, given_points, name_of
from core.scoring.model import FIT, Mark, Scoring, cut, rounded

_BEGINS = "score."


class _Range(NamedTuple):
    """The fewest and the most points that answers can still make of a number, and the lines that they depend on."""

    fewest: int
    most: int
    lines: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AsksPoints:
    """What `asked` asks of a score, as far as the answers to the scoring's open lines leave it open."""

    asked: FieldIs
    scoring: Scoring

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.asked.place

    def truth(self, case: Case) -> Truth:
        """The answer that all these points have in common; unknown where they have none."""
        ask = self.asked.ask
        if ask is None:
            return self.asked.truth(case)
        answers = {ask(value, case.as_of) for value in self._values(self._range(case))}
        return answers.pop() if len(answers) == 1 else UNKNOWN

    def explain(self, case: Case) -> Explained:
        """What the condition itself says of the score as it is."""
        return self.asked.explain(case)

    def unknowns(self, case: Case) -> Iterator[str]:
        """What the open lines ask for and nobody has told, where it could change the answer."""
        if self.truth(case) is UNKNOWN:
            for line in self.open_lines(case):
                yield from line.unknowns(case)

    def names(self) -> Iterator[str]:
        """None."""
        return iter(())

    def open_lines(self, case: Case) -> tuple[Condition, ...]:
        """The conditions of the lines that could still give points, or take some."""
        return self._range(case).lines

    # --- what the points could be ---

    @property
    def _group(self) -> int | None:
        """The position of the group that is asked for; None for the whole score."""
        name = FIT if self.asked.path == "score.grade" else self.asked.path.removeprefix(_BEGINS)
        return next((position for position, group in enumerate(self.scoring.groups) if group.name == name), None)

    def _range(self, case: Case) -> _Range:
        plan, wanted = self.scoring.plan, self._group
        fewest = [0] * len(plan.limits)
        for _, group, points in given_points(self.scoring, case):
            fewest[group] += points
        most, lines = list(fewest), []
        for _, group, points, condition in plan.conditions:
            if wanted in (None, group) and condition.truth(case) is UNKNOWN:
                (most if points > 0 else fewest)[group] += points
                lines.append((group, condition))
        low, high = (list(map(cut, sums, plan.limits)) for sums in (fewest, most))
        ends = [rounded(cut_total(self.scoring, sum(sums)) if wanted is None else sums[wanted]) for sums in (low, high)]
        return _Range(ends[0], ends[1], tuple(condition for group, condition in lines if low[group] != high[group]))

    def _values(self, found: _Range) -> set[Value]:
        """The values that stand for all that the points between two ends can be, as far as the condition tells them apart."""
        marks = self._marks()
        if marks is not None:
            between = [mark.at_least for mark in marks if found.fewest <= mark.at_least <= found.most]
            return {name_of(marks, points) for points in (found.fewest, found.most, *between)}
        turns = asked_totals([self.asked], {}, self.asked.path)
        around = {points for turn in turns for points in (turn - 1, turn) if found.fewest <= points <= found.most}
        return {found.fewest, found.most, *around}

    def _marks(self) -> tuple[Mark, ...] | None:
        return {"score.band": self.scoring.bands, "score.grade": self.scoring.grades}.get(self.asked.path)


def sees_points(scoring: Scoring | None, path: str) -> bool:
    """Whether a field holds points of this scoring, or what these come to."""
    if scoring is None or not path.startswith(_BEGINS):
        return False
    named = {"total": True, "band": bool(scoring.bands), "grade": bool(scoring.grades)}
    name = path.removeprefix(_BEGINS)
    return named.get(name, any(group.name == name for group in scoring.groups))
