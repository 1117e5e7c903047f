"""Which touches of a lead an activity line counts, and what each is worth at a point in time."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp2
from typing import NamedTuple

from core.instants import Instant
from core.lead import Act
from core.scoring.model import POINT, ActivityLine


class Counted(NamedTuple):
    """One touch that counts: the points it was given, and what is left of them now, in thousandths."""

    act: Act
    points: int
    left: int


class Worth(NamedTuple):
    """What touches give together, in thousandths of a point; `still` is the part that time does not take from now, `decaying`
    the other part with its fraction, made of so many touches."""

    points: int
    still: int
    decaying: float = 0.0
    touches: int = 0


def worth(line: ActivityLine, acts: Sequence[Act], as_of: Instant) -> Worth:
    """What a lead's touches of the line's kinds (newest first, at least one) give together."""
    half_life, at_most = line.half_life, line.at_most
    if acts[0].at > as_of:
        return _worth_of(counted(line, acts, as_of), half_life, as_of)
    if line.contents or line.within is not None or (at_most is not None and at_most < len(acts)):
        acts = _chosen(line, acts, as_of)[::-1]
        if not acts:
            return Worth(0, 0)
    if half_life is None:
        points = (line.points + line.again * (len(acts) - 1)) * POINT
        return Worth(points, points)
    again = line.again * POINT
    parts = [again * exp2((at - as_of) / half_life) for at, _, _, _ in acts]
    if line.points != line.again:
        parts[-1] = line.points * POINT * exp2((acts[-1].at - as_of) / half_life)
    return Worth(sum(map(round, parts)), 0, sum(parts), len(parts))


def _worth_of(found: Sequence[Counted], half_life: int | None, as_of: Instant) -> Worth:
    points = sum(one.left for one in found)
    if half_life is None:
        return Worth(points, points)
    still = sum(one.left for one in found if one.act.at > as_of)
    parts = [given * POINT * exp2((act.at - as_of) / half_life) for act, given, _ in found if act.at <= as_of]
    return Worth(points, still, sum(parts), len(parts))


def counted(line: ActivityLine, acts: Sequence[Act], as_of: Instant) -> list[Counted]:
    """The touches that count, the oldest first."""
    half_life = line.half_life
    found: list[Counted] = []
    for act in _chosen(line, acts, as_of):
        points = line.again if found else line.points
        found.append(Counted(act, points, left(points, as_of - act.at, half_life)))
    return found


def left(points: int, age: int, half_life: int | None) -> int:
    """What is left of points after a time, in thousandths; a touch from a clock that runs ahead is as good as new."""
    if half_life is None or age <= 0:
        return points * POINT
    return round(points * POINT * exp2(-age / half_life))


def _chosen(line: ActivityLine, acts: Sequence[Act], as_of: Instant) -> list[Act]:
    oldest = None if line.within is None else as_of - line.within
    contents = line.contents
    fitting = [act for act in acts if (oldest is None or act.at >= oldest) and (not contents or act.content in contents)]
    fitting.reverse()
    if line.at_most is None:
        return fitting
    return fitting[: line.at_most] if line.per is None else _in_windows(fitting, line.at_most, line.per)


def _in_windows(acts: Sequence[Act], at_most: int, per: int) -> list[Act]:
    """From the oldest on, each that has less than `at_most` chosen ones in the `per` milliseconds up to it."""
    chosen: list[Act] = []
    for act in acts:
        if len(chosen) < at_most or chosen[-at_most].at <= act.at - per:
            chosen.append(act)
    return chosen
