"""What a scoring can reach: thresholds out of reach, lines that never give anything, stages and bands in a wrong order.

The highest totals are upper bounds: no lead gets more, so what is called unreachable is. A lead gets at most `once` when it does
each activity once, and at most `ever` when it does them as often as windows, limits and the touches that a lead remembers allow
(touches that are dated days ahead, of which windows may hold more, are not thought of).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.conditions import Condition
from core.contradictions import why_never
from core.fields import Catalogue
from core.lead import MOST_ACTS
from core.possible import Possible
from core.problems import Place, Problem
from core.routing.implied import is_same
from core.scoring.model import FIT, ActivityLine, ConditionLine, Group, Line, Mark, Scoring
from core.scoring.numbers import MOST
from core.unread import Unread
from core.walking import asked_by


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with rules although they can be read: `problems` must be mended, `warnings` stop nothing."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


class Highest(NamedTuple):
    """The highest points that a lead can get: doing each activity once, and with repeats or over time."""

    once: int
    ever: int


@dataclass(frozen=True, slots=True)
class Reach:
    """The highest total of a scoring, and the highest points of each of its groups."""

    total: Highest
    groups: Mapping[str, Highest]


def reach(scoring: Scoring, possible: Possible) -> Reach:
    """How far a scoring can get a lead."""
    groups = {group.name: _highest_of(scoring, group, possible) for group in scoring.groups}
    conditions = [(line.condition, line.points) for _, line in scoring.lines if isinstance(line, ConditionLine)]
    activities = [line for _, line in scoring.lines if isinstance(line, ActivityLine)]
    together = possible.most(conditions)
    totals = []
    for number in (0, 1):
        in_groups = sum(highest[number] for highest in groups.values())
        apart = together + sum(_most_of(scoring, line)[number] for line in activities)
        limit = in_groups if scoring.limit is None else scoring.limit
        totals.append(max(min(in_groups, apart, limit), 0))
    return Reach(Highest(*totals), groups)


def lint_scoring(scoring: Scoring, checks: Mapping[str, Condition], catalogue: Catalogue) -> Findings:
    """Everything that is wrong with a scoring that can be read, in the file's order."""
    possible = Possible(catalogue, checks)
    found = reach(scoring, possible)
    problems = [*_silent_lines(scoring, checks, possible), *_silent_stages(scoring, checks, possible), *_order_of_stages(scoring)]
    warnings = [
        *_untimed_lines(scoring, checks),
        *_repeated_lines(scoring, checks, catalogue),
        *_swaying_stages(scoring),
        *_order_of_marks("bands", scoring.bands),
        *_order_of_marks("grades", scoring.grades),
    ]
    for threshold in _thresholds(scoring):
        highest = found.total if threshold.group is None else found.groups.get(threshold.group, Highest(0, 0))
        if threshold.at_least > highest.ever:
            problems.append(_unreachable(scoring, found, threshold, highest.ever))
        elif threshold.at_least > highest.once:
            warnings.append(_only_by_repeating(scoring, found, threshold, highest))
    return Findings(tuple(sorted(problems, key=_place_of)), tuple(sorted(warnings, key=_place_of)))


def _place_of(problem: Problem) -> Place:
    return problem.place or Place("", 0, 0)


# --- upper bounds ---------------------------------------------------------------------------------------------------


def _highest_of(scoring: Scoring, group: Group, possible: Possible) -> Highest:
    conditions = possible.most([(line.condition, line.points) for line in group.lines if isinstance(line, ConditionLine)])
    activities = [_most_of(scoring, line) for line in group.lines if isinstance(line, ActivityLine)]
    found = [conditions + sum(most[number] for most in activities) for number in (0, 1)]
    return Highest(*(points if group.limit is None else min(points, group.limit) for points in found))


def _most_of(scoring: Scoring, line: ActivityLine) -> Highest:
    """The most that a line can give: for each of its activities once, and for as many as can count at a time."""
    once = _given(line, min(_activities(scoring, line), _most_counted(line)))
    return Highest(once, max(once, _ever(line)))


def _activities(scoring: Scoring, line: ActivityLine) -> int:
    """How many different touches a line counts when each activity is done once: of a kind, each content that any line names."""
    if line.contents:
        return len(line.kinds) * len(line.contents)
    named: dict[str, set[str]] = {kind: set() for kind in line.kinds}
    for _, other in scoring.lines:
        if isinstance(other, ActivityLine):
            for kind in named.keys() & set(other.kinds):
                named[kind].update(other.contents)
    return sum(max(len(contents), 1) for contents in named.values())


def _given(line: ActivityLine, most: int) -> int:
    """The most points of up to so many touches, all of them new; none is needed."""
    return max(0, line.points, line.points + line.again * (most - 1))


def _most_counted(line: ActivityLine) -> int:
    """How many touches can count at a time: of a closed stretch of time, each window in it gives at most its own number."""
    if line.at_most is None:
        return MOST_ACTS
    if line.per is None:
        return min(line.at_most, MOST_ACTS)
    windows = MOST_ACTS if line.within is None else line.within // line.per + 1
    return min(line.at_most * windows, MOST_ACTS)


def _ever(line: ActivityLine) -> int:
    """The most points at any time. What was counted in older windows has decayed: a geometric series bounds it."""
    most = _given(line, _most_counted(line))
    if line.at_most is None or line.per is None or line.half_life is None:
        return most
    best = max(line.points, line.again, 0)
    kept = 2.0 ** -(line.per / line.half_life)
    if kept == 1.0:
        return most
    return min(most, int(line.at_most * best / (1 - kept)) + 1)


# --- thresholds -----------------------------------------------------------------------------------------------------


class _Threshold(NamedTuple):
    what: str
    at_least: int
    place: Place
    group: str | None
    setting: str


def _thresholds(scoring: Scoring) -> Iterator[_Threshold]:
    for stage in scoring.stages:
        if stage.at_least is not None:
            yield _Threshold(f"the stage `{stage.name}`", stage.at_least, stage.points_place, None, "`at_least`")
    for band in scoring.bands:
        if band.at_least:
            yield _Threshold(f"the band `{band.name}`", band.at_least, band.place, None, "it")
    for grade in scoring.grades:
        if grade.at_least:
            yield _Threshold(f"the grade `{grade.name}`", grade.at_least, grade.place, FIT, "it")


def _unreachable(scoring: Scoring, found: Reach, threshold: _Threshold, highest: int) -> Problem:
    why = _why(scoring, found, threshold, 1)
    message = (
        f"{threshold.what} needs {threshold.at_least} points, and no lead can get more than {highest}: {why}. "
        f"Lower {threshold.setting} to {highest} or less, or give more points."
    )
    return Problem("unreachable", message, threshold.what, threshold.place)


def _only_by_repeating(scoring: Scoring, found: Reach, threshold: _Threshold, highest: Highest) -> Problem:
    why = _why(scoring, found, threshold, 0)
    message = (
        f"{threshold.what} needs {threshold.at_least} points and is unreachable unless activities repeat: each activity once "
        f"gives at most {highest.once} ({why}); with repeats or over time it is at most {highest.ever}. Lower "
        f"{threshold.setting} to {highest.once} or less, give more points, or leave it when repeats are meant."
    )
    return Problem("only_by_repeating", message, threshold.what, threshold.place)


def _why(scoring: Scoring, found: Reach, threshold: _Threshold, number: int) -> str:
    """What the highest points are made of: `engagement at most 26 (meeting_scheduled 10, webinar_signup 8)`."""
    groups = [group for group in scoring.groups if threshold.group in (None, group.name)]
    parts = [_group_why(scoring, group, found.groups[group.name][number], number) for group in groups]
    uncut = sum(max(found.groups[group.name][number], 0) for group in groups)
    if threshold.group is None and scoring.limit is not None and uncut > scoring.limit:
        parts.append(f"the total is cut at {scoring.limit}")
    elif threshold.group is None and uncut > found.total[number]:
        parts.append("not all of these can be true of one lead")
    return ", ".join(parts)


_MOST_NAMED = 6


def _group_why(scoring: Scoring, group: Group, highest: int, number: int) -> str:
    if any(
        isinstance(line, ConditionLine) and isinstance(line.condition, Unread) and line.points == MOST for line in group.lines
    ):
        return f"{group.name} with a line that can not be read"
    most = [(_line_most(scoring, line, number), line.name) for line in group.lines]
    named = sorted((one for one in most if one[0] > 0), key=lambda one: -one[0])
    shown = ", ".join(f"{name} {points}" for points, name in named[:_MOST_NAMED]) + (", ..." if len(named) > _MOST_NAMED else "")
    if group.limit == highest and sum(points for points, _ in named) > highest:
        shown += f"; its limit is {group.limit}"
    return f"{group.name} at most {highest}" + (f" ({shown})" if shown else "")


def _line_most(scoring: Scoring, line: Line, number: int) -> int:
    return line.points if isinstance(line, ConditionLine) else _most_of(scoring, line)[number]


# --- what never happens ---------------------------------------------------------------------------------------------


def _silent_lines(scoring: Scoring, checks: Mapping[str, Condition], possible: Possible) -> Iterator[Problem]:
    for group, line in scoring.lines:
        if isinstance(line, ConditionLine) and not possible.can_be_true(line.condition):
            message = (
                f"the line `{line.name}` of `{group}` can never give its points: {why_never(line.condition, checks, possible)}. "
                "Change its condition, or remove the line."
            )
            yield Problem("never_fires", message, line.name, line.place)


def _repeated_lines(scoring: Scoring, checks: Mapping[str, Condition], catalogue: Catalogue) -> Iterator[Problem]:
    """Lines of one group that ask the same: their points come together, which is most likely a copy that was not changed."""
    for group in scoring.groups:
        lines = [line for line in group.lines if isinstance(line, ConditionLine)]
        for number, line in enumerate(lines):
            for above in lines[:number]:
                if is_same(line.condition, above.condition, checks, catalogue):
                    message = (
                        f"the line `{line.name}` of `{group.name}` asks the same as `{above.name}` in line {above.place.line}, "
                        "so whoever has the points of one has both. Change its condition, or keep one of them."
                    )
                    yield Problem("same", message, line.name, line.place)
                    break


def _untimed_lines(scoring: Scoring, checks: Mapping[str, Condition]) -> Iterator[Problem]:
    for group, line in scoring.lines:
        if isinstance(line, ConditionLine) and any(asked.path == "now" for asked in asked_by(line.condition, checks)):
            message = (
                f"the line `{line.name}` of `{group}` has an expression that asks for `now`, so nobody knows when its points "
                "come or go: the score follows with the lead's next change. Use `within` or `older_than` to have it at once."
            )
            yield Problem("untimed", message, line.name, line.place)


def _silent_stages(scoring: Scoring, checks: Mapping[str, Condition], possible: Possible) -> Iterator[Problem]:
    for stage in scoring.stages:
        if stage.when is not None and not possible.can_be_true(stage.when):
            message = (
                f"the stage `{stage.name}` can never be entered: {why_never(stage.when, checks, possible)}. "
                "Change the condition, or remove the stage."
            )
            yield Problem("never_fires", message, stage.name, stage.place)


# --- order ----------------------------------------------------------------------------------------------------------


def _swaying_stages(scoring: Scoring) -> Iterator[Problem]:
    """Stages that are left at once below where they are entered: a score that sways around the number is told each time."""
    for stage in scoring.stages:
        if stage.at_least is not None and stage.until_below == stage.at_least:
            message = (
                f"the stage `{stage.name}` is left below {stage.at_least} points and entered again at the same number, so a "
                "score that sways around it is told every time. Set `until_below` lower, such as a tenth below it."
            )
            yield Problem("no_hysteresis", message, stage.name, stage.points_place)


def _order_of_stages(scoring: Scoring) -> Iterator[Problem]:
    """Stages go onwards as they are written: one that needs no more than an earlier one is entered in its stead."""
    for number, stage in enumerate(scoring.stages):
        if stage.at_least is None or stage.when is not None:
            continue
        for earlier in scoring.stages[:number]:
            if earlier.at_least is not None and earlier.at_least >= stage.at_least:
                message = (
                    f"the stage `{stage.name}` needs {stage.at_least} points and stands after `{earlier.name}`, which needs "
                    f"{earlier.at_least}: who could enter `{earlier.name}` goes to `{stage.name}` at once. Write the stages in "
                    "the order in which leads go through them."
                )
                yield Problem("wrong_order", message, stage.name, stage.points_place)
                break


def _order_of_marks(what: str, marks: Sequence[Mark]) -> Iterator[Problem]:
    """Bands and grades count from the highest in any order; one that falls and rises again is most likely a slip."""
    written = sorted(marks, key=lambda mark: mark.place)
    numbers = [mark.at_least for mark in written]
    if numbers in (sorted(numbers), sorted(numbers, reverse=True)):
        return
    slipped = next(mark for before, mark in itertools.pairwise(written) if mark.at_least > before.at_least)
    message = (
        f"`{slipped.name}` of `{what}` begins at {slipped.at_least}, above the one written before it. "
        f"Write `{what}` from the highest to the lowest, and look whether the number is meant."
    )
    yield Problem("wrong_order", message, slipped.name, slipped.place)
