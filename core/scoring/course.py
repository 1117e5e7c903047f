"""How a number of a score goes on from a point in time as long as nothing enters or leaves a window, told by a few numbers: the
total, or what one group gives.

The touches need not be counted anew for each look ahead: of what decays with one half-life only the sum matters. Each touch's
points are whole thousandths, so the sum may differ from them by half a thousandth a touch, the `doubt`; as they go up and down,
most often by no more than half of their number's root, the `usual` one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil, exp2, log2, sqrt
from typing import NamedTuple

from core.instants import MINUTE, Instant
from core.scoring.model import POINT, Bounds, Scoring, cut

_GRAIN = MINUTE
"""The shortest stretch of time that is looked into: nobody minds when a number follows a minute later."""
_SPARE = 0.01
"""Beside the doubt, in thousandths: for what adding up fractions in another order makes of them."""
_MOST_DOUBT = 250
"""A quarter of a point: more than the halves of thousands of touches ever come to, as they go up and down."""
_HALF = POINT // 2


class Decaying(NamedTuple):
    """What time takes from: the points that a group has now by touches that decay with one half-life, in thousandths, whole and
    with their fraction, and of how many touches."""

    group: int
    half_life: int
    points: int
    exact: float
    touches: int


class _One(NamedTuple):
    """A total that is `still` and one `decaying` part, which is halved every `half_life`; both together are cut at `limit`."""

    still: float
    decaying: float
    half_life: int
    limit: float | None
    doubt: float
    usual: float

    def time_to(self, points: float) -> float | None:
        """How long it takes until the total has come down or up to so many thousandths; None when it never does."""
        if self.decaying < 0 and self.limit is not None and self.limit <= points:
            return None
        above = points - self.still
        ratio = self.decaying / above if above else 0.0
        return max(self.half_life * log2(ratio), 0.0) if ratio > 0 else None

    def changed_at(self, total: int, start: Instant, first: Instant, last: Instant | None) -> Instant | None:
        """When the total is another one than this, which it is at the start: `first` at the soonest, up to `last`."""
        takes = self.time_to(total * POINT + (-_HALF - self.usual if self.decaying > 0 else _HALF + self.usual))
        found = None if takes is None else max(first, start + ceil(takes))
        return None if found is None or (last is not None and found > last) else found


class Course:
    """The course of a number, called the total, from `start` on. `still` is what each group has that does not decay, in
    thousandths."""

    def __init__(self, bounds: Bounds, start: Instant, still: Sequence[int], decaying: Sequence[Decaying]) -> None:
        self.bounds, self.start, self.still, self.decaying = bounds, start, still, decaying
        self._one = self._as_one() if decaying else None

    @classmethod
    def of(cls, scoring: Scoring, start: Instant, given: Iterable[tuple[int, int, int]], decaying: Sequence[Decaying]) -> Course:
        """The course of the total from what the lines give now, and what of it decays."""
        still = [0] * len(scoring.groups)
        for _, group, points in given:
            still[group] += points
        for one in decaying:
            still[one.group] -= one.points
        return cls(scoring.plan.bounds, start, still, decaying)

    def of_group(self, group: int, marks: tuple[int, ...]) -> Course:
        """The course of what one group gives, out of that of the total; it may be below 0."""
        decaying = [one._replace(group=0) for one in self.decaying if one.group == group]
        return Course(Bounds((self.bounds.limits[group],), None, None, marks), self.start, (self.still[group],), decaying)

    def changed_at(self, total: int, first: Instant, last: Instant | None) -> Instant | None:
        """When the total is another one than this, which is the one at the start: `first` at the soonest, up to `last`. It is
        told by the sum, and with several half-lives to the minute: now and then the total is another one a little later."""
        if not self.decaying:
            return None if self._total(first, first, 0) == (total, total) else first
        one = self._one
        if one is None:
            return next(self._doubts(total, first, last, _itself), None)
        if total * POINT == (self.bounds.lowest if one.decaying > 0 else self.bounds.highest):
            return None
        return one.changed_at(total, self.start, first, last)

    def group_changed_at(self, group: int, points: int, first: Instant, last: Instant | None) -> Instant | None:
        """When a group gives other points than these, which it gives at the start, as `changed_at` tells it of the total."""
        parts = [one for one in self.decaying if one.group == group]
        if len(parts) != 1:
            return self.of_group(group, ()).changed_at(points, first, last)
        _, half_life, _, exact, touches = parts[0]
        one = _One(self.still[group], exact, half_life, self.bounds.limits[group], *_doubts(touches))
        return one.changed_at(points, self.start, first, last)

    def may_cross(self, total: int, first: Instant, last: Instant | None) -> tuple[Instant, Instant | None] | None:
        """Between which instants the total, which is this one at the start, may come to the other side of a threshold first; None
        when it surely does not."""
        _, lowest, highest, marks = self.bounds
        side = bisect_right(marks, total)
        one = self._one
        if one is None:
            found = next(self._doubts(total, first, last, lambda points: bisect_right(marks, points)), None)
            return None if found is None else (max(first, found - _GRAIN), last)
        is_falling = one.decaying > 0
        if not 0 <= side - is_falling < len(marks):
            return None
        mark = marks[side - is_falling] * POINT
        if (lowest is not None and mark <= lowest) or (highest is not None and mark > highest):
            return None
        turn = mark - _HALF
        doubt = one.doubt if is_falling else -one.doubt
        begins = one.time_to(turn + doubt)
        if begins is None or (last is not None and self.start + begins > last):
            return None
        ends = one.time_to(turn - doubt)
        end = last if ends is None else self.start + ceil(ends)
        return max(first, self.start + int(begins)), end if last is None or end is None else min(end, last)

    @property
    def is_one_way(self) -> bool:
        """Whether the total only falls, or only rises."""
        return self._one is not None

    # --- one half-life ----------------------------------------------------------------------------------------------

    def _as_one(self) -> _One | None:
        """All that decays as one sum: where it has one half-life, and no limit cuts a group while another one decays."""
        limits, still, decaying = self.bounds.limits, self.still, self.decaying
        group, half_life, *_ = decaying[0]
        exact, touches = 0.0, 0
        for one in decaying:
            if one.half_life != half_life or one.group != group:
                return self._one_of_several()
            exact, touches = exact + one.exact, touches + one.touches
        others = sum(cut(points, limits[number]) for number, points in enumerate(still) if number != group)
        limit = limits[group]
        return _One(others + still[group], exact, half_life, None if limit is None else others + limit, *_doubts(touches))

    def _one_of_several(self) -> _One | None:
        limits, half_life = self.bounds.limits, self.decaying[0].half_life
        for group in {one.group for one in self.decaying}:
            limit = limits[group]
            most = sum(one.exact for one in self.decaying if one.group == group and one.exact > 0)
            if limit is not None and self.still[group] + most + _MOST_DOUBT > limit:
                return None
        if any(one.half_life != half_life for one in self.decaying):
            return None
        still = sum(cut(points, limit) for points, limit in zip(self.still, limits, strict=True))
        exact, touches = sum(one.exact for one in self.decaying), sum(one.touches for one in self.decaying)
        return _One(still, exact, half_life, None, *_doubts(touches))

    # --- several half-lives -----------------------------------------------------------------------------------------

    def _doubts(self, total: int, first: Instant, last: Instant | None, of: Callable[[int], int]) -> Iterator[Instant]:
        """The ends of the shortest stretches in which the total may be another one, as far as `of` tells totals apart.

        Over any stretch the total lies between that of the best and the worst combination at its two ends; one in which both are
        the given total holds no change, and any other one is halved.
        """
        wanted, (doubt, _) = of(total), _doubts(sum(one.touches for one in self.decaying))
        parts = [(first, max(first, self._settled_at()) if last is None else last)]
        while parts:
            begin, end = parts.pop()
            lowest, highest = self._total(begin, end, doubt)
            if of(lowest) == wanted == of(highest):
                continue
            if end - begin <= _GRAIN:
                yield end
                continue
            middle = (begin + end) // 2
            parts += [(middle + 1, end), (begin, middle)]

    def _total(self, first: Instant, last: Instant, doubt: float) -> tuple[int, int]:
        """The lowest and the highest total between two instants."""
        lowest: list[float] = list(self.still)
        highest: list[float] = list(self.still)
        for group, half_life, _, exact, _ in self.decaying:
            soon, late = exact * exp2((self.start - first) / half_life), exact * exp2((self.start - last) / half_life)
            lowest[group] += late if exact > 0 else soon
            highest[group] += soon if exact > 0 else late
        return self._rounded(lowest, -doubt), self._rounded(highest, doubt)

    def _rounded(self, sums: Sequence[float], doubt: float) -> int:
        limits, lowest, highest, _ = self.bounds
        points = cut(sum(cut(one, most) for one, most in zip(sums, limits, strict=True)) + doubt, highest)
        return int(((points if lowest is None else max(points, lowest)) + _HALF) // POINT)

    def _settled_at(self) -> Instant:
        """When so little is left to decay that the total can not change any more."""
        whole = max(sum(abs(one.exact) for one in self.decaying) * 4 * POINT, 1.0)
        return self.start + max((ceil(one.half_life * log2(whole)) for one in self.decaying), default=0)


def _doubts(touches: int) -> tuple[float, float]:
    """By how much the sum of so many touches may differ from their whole thousandths, at most and usually."""
    return min(touches / 2 + _SPARE, _MOST_DOUBT), sqrt(touches) / 2 + _SPARE


def _itself(total: int) -> int:
    return total
