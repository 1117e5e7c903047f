"""When a score will change although nothing happens: by decay, or because something leaves a window."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.conditions import Case, Condition
from core.instants import MINUTE, Instant
from core.lead import Act
from core.moments import moments
from core.operators import TRUE
from core.scoring.counting import counted, left
from core.scoring.evaluating import Score, cut_total
from core.scoring.model import POINT, ActivityLine, Scoring, cut, rounded


class _Decaying(NamedTuple):
    group: int
    points: int
    at: Instant
    half_life: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of time in which nothing enters or leaves a window: what stays the same, and what decays. The total of `group`
    is what that group alone gives."""

    scoring: Scoring
    fixed: tuple[int, ...]
    falling: tuple[_Decaying, ...]
    rising: tuple[_Decaying, ...]
    group: int | None = None

    def total(self, falling_at: Instant, rising_at: Instant) -> int:
        """The total when the points above 0 are as at one time, and those below 0 as at another."""
        sums = list(self.fixed)
        for at, decaying in ((falling_at, self.falling), (rising_at, self.rising)):
            for group, points, since, half_life in decaying:
                sums[group] += left(points, at - since, half_life)
        limits = self.scoring.plan.limits
        if self.group is not None:
            return rounded(cut(sums[self.group], limits[self.group]))
        return rounded(cut_total(self.scoring, sum(map(cut, sums, limits))))

    def first_change(self, total: int, start: Instant, end: Instant, of: Callable[[int], int]) -> Instant | None:
        """The first instant from `start` to `end` with another total, as far as `of` tells totals apart (it never falls while
        the total rises).

        Over any part of the stretch the total lies between that of the best and the worst combination at its two ends; a part in
        which both are the given total holds no change, and any other one is halved until it is one instant.
        """
        wanted = of(total)
        parts = [(start, end)]
        while parts:
            first, last = parts.pop()
            if of(self.total(first, last)) == wanted == of(self.total(last, first)):
                continue
            if first == last:
                return first
            middle = (first + last) // 2
            parts += [(middle + 1, last), (first, middle)]
        return None

    def settled_at(self) -> Instant:
        """When so little is left to decay that the total can not change any more."""
        decaying = (*self.falling, *self.rising)
        whole = sum(abs(one.points) for one in decaying) * 4 * POINT
        return max((one.at + math.ceil(one.half_life * math.log2(whole)) for one in decaying), default=0)


def number_of(score: Score, group: int | None) -> int:
    """A score's total, or what a group gives, by its position."""
    return score.total if group is None else score.groups[score.scoring.groups[group].name]


def _itself(total: int) -> int:
    return total


def next_change(
    score: Score,
    as_of: Instant,
    *,
    of: Callable[[int], int] = _itself,
    until: Instant | None = None,
    group: int | None = None,
) -> Instant | None:
    """The first instant after `as_of` at which the total, or what a group gives, is another than the score's, if no touch comes
    and no field changes.

    `of` says which totals are told apart, such as only those on two sides of a threshold: it never falls while the total rises.
    Nothing after `until` is looked for.
    """
    scoring, case = score.scoring, score.case
    ends = sorted({end for end in window_ends(score) if end > as_of})
    if not ends and all(act.kind not in scoring.decaying_kinds for act in case.subject.acts):
        return None
    starts = [as_of + 1, *(end for end in ends if end > as_of + 1)]
    for number, start in enumerate(starts):
        if until is not None and start > until:
            return None
        stretch = replace(_stretch(scoring, replace(case, as_of=start, answers={})), group=group)
        last = starts[number + 1] - 1 if number + 1 < len(starts) else max(start, stretch.settled_at())
        found = stretch.first_change(number_of(score, group), start, last if until is None else min(last, until), of)
        if found is not None:
            return found
    return None


def crossing_at(
    score: Score, first: Instant, last: Instant | None, of: Callable[[int], int], *, is_one_way: bool, group: int | None = None
) -> Instant | None:
    """When `of` tells the total, or what a group gives, apart from the score's, from `first` to `last`, between which nothing
    enters or leaves a window. Of a number that goes one way it is told to the minute."""
    stretch = replace(_stretch(score.scoring, replace(score.case, as_of=first, answers={})), group=group)
    wanted, last = of(number_of(score, group)), max(first, stretch.settled_at()) if last is None else last
    if not is_one_way:
        return stretch.first_change(number_of(score, group), first, last, of)
    if of(stretch.total(last, last)) == wanted:
        return None
    while last - first > MINUTE:
        middle = (first + last) // 2
        if of(stretch.total(middle, middle)) == wanted:
            first = middle
        else:
            last = middle
    return last


def window_ends(score: Score, lines: Iterable[Condition] | None = None) -> Iterator[Instant]:
    """Every instant at which a touch or a field's value may enter or leave a window of a line, or a touch from a clock that runs
    ahead begins to decay. `lines` are the single questions of the lines whose answer time may change."""
    plan, case = score.scoring.plan, score.case
    for condition in (condition for *_, condition in plan.conditions) if lines is None else lines:
        yield from moments(condition, case)
    if plan.has_windows:
        for _, line in plan.activities.values():
            if line.within is not None:
                yield from (act.at + line.within + 1 for act in _acts(case, line))
    for act in case.subject.acts:
        if act.at <= case.as_of:
            break
        yield act.at


def _stretch(scoring: Scoring, case: Case) -> _Stretch:
    plan = scoring.plan
    fixed = [0] * len(plan.limits)
    decaying: list[_Decaying] = []
    for _, group, points, condition in plan.conditions:
        fixed[group] += points if condition.truth(case) is TRUE else 0
    for group, line in plan.activities.values():
        for act, points, now in counted(line, _acts(case, line), case.as_of):
            if line.half_life is None:
                fixed[group] += now
            else:
                decaying.append(_Decaying(group, points, act.at, line.half_life))
    falling = tuple(one for one in decaying if one.points > 0)
    rising = tuple(one for one in decaying if one.points < 0)
    return _Stretch(scoring, tuple(fixed), falling, rising)


def _acts(case: Case, line: ActivityLine) -> Sequence[Act]:
    return [act for act in case.subject.acts if act.kind in line.kinds]
