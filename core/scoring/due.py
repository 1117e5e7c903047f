"""When to decide a lead again although nothing happens: at once where it matters, else not more than once a day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence

from core.conditions import Case, Condition
from core.instants import DAY, Instant
from core.moments import next_moment
from core.scoring.changes import crossing_at, window_ends
from core.scoring.course import Course
from core.scoring.evaluating import Score, evaluate


def decide_again_at(
    conditions: Iterable[Condition], score: Score | None, case: Case, lines: Collection[Condition] | None = None
) -> Instant | None:
    """When deciding a lead of this case again may come to something else; None when time alone never changes it.

    That is the first instant at which one of these conditions may have another answer, or the total crosses a threshold (to the
    minute), or the first one a day from now or later at which the total is another one, as far as fractions tell. `lines` are
    the single questions of the scoring's lines whose answer time may change, where they are known already.
    """
    now = case.as_of
    until = next_moment(conditions, case)
    if score is None:
        return until
    ends = sorted({end for end in window_ends(score, lines) if end > now}) if _has_ends(score, lines) else ()
    if not ends and not score.decaying:
        return until
    now_on = Course.of(score.scoring, now, score.given, score.decaying)
    later = _changed_a_day_later(score, now_on, ends, until)
    until = until if later is None else later
    crossing = _crossing(score, now_on, ends, until) if score.scoring.plan.thresholds else None
    return until if crossing is None else crossing


def _has_ends(score: Score, lines: Collection[Condition] | None) -> bool:
    acts = score.case.subject.acts
    return lines is None or bool(lines) or score.scoring.plan.has_windows or (bool(acts) and acts[0].at > score.case.as_of)


Stretch = tuple[Course, int, Instant | None]
"""A stretch of time in which nothing enters or leaves a window, with the total at its start and its last instant."""


def _stretches(score: Score, now_on: Course, ends: Sequence[Instant]) -> Iterator[Stretch]:
    yield now_on, score.total, ends[0] - 1 if ends else None
    case = score.case
    for number, start in enumerate(ends, start=1):
        then = evaluate(score.scoring, Case(case.subject, start, case.checks))
        last = ends[number] - 1 if number < len(ends) else None
        yield Course.of(score.scoring, start, then.given, then.decaying), then.total, last


def _changed_a_day_later(score: Score, now_on: Course, ends: Sequence[Instant], until: Instant | None) -> Instant | None:
    """When the total is another one, a day from now or later."""
    tomorrow = score.case.as_of + DAY
    for course, total, last in _stretches(score, now_on, ends):
        first = max(course.start, tomorrow)
        if until is not None and first > until:
            return None
        if last is not None and last < first:
            continue
        found = first if total != score.total else course.changed_at(total, first, _sooner(last, until))
        if found is not None:
            return found
    return None


def _crossing(score: Score, now_on: Course, ends: Sequence[Instant], until: Instant | None) -> Instant | None:
    """The first instant at which the total is on another side of a threshold, to the minute."""
    thresholds = score.scoring.plan.thresholds

    def side(total: int) -> int:
        return bisect_right(thresholds, total)

    for course, total, last in _stretches(score, now_on, ends):
        first = max(course.start, score.case.as_of + 1)
        if until is not None and first > until:
            return None
        if side(total) != side(score.total):
            return first
        between = course.may_cross(total, first, _sooner(last, until))
        found = None if between is None else crossing_at(score, *between, side, is_one_way=course.is_one_way)
        if found is not None:
            return found
    return None


def _sooner(one: Instant | None, other: Instant | None) -> Instant | None:
    return other if one is None else one if other is None else min(one, other)
