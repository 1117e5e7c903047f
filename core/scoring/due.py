"""When to decide a lead again although nothing happens: at once where it matters, else not more than once a day.

What matters is the total and what each group gives: both are fields of the lead, grades are made of the group `fit`, and rules
may ask for any of them. A group may go on while the total is cut at its limit, or two groups outweigh each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from core.conditions import Case, Condition
from core.instants import DAY, Instant
from core.moments import next_moment
from core.scoring.changes import crossing_at, number_of, window_ends
from core.scoring.course import Course
from core.scoring.evaluating import Score, evaluate


def decide_again_at(
    conditions: Iterable[Condition], score: Score | None, case: Case, lines: Collection[Condition] | None = None
) -> Instant | None:
    """When deciding a lead of this case again may come to something else; None when time alone never changes it.

    That is the first instant at which one of these conditions may have another answer, or the total or a group crosses a mark (to
    the minute), or the first one a day from now or later at which one of these numbers is another one, as far as fractions tell.
    `lines` are the single questions of the scoring's lines whose answer time may change, where they are known already.
    """
    now = case.as_of
    until = next_moment(conditions, case)
    if score is None:
        return until
    ends = sorted({end for end in window_ends(score, lines) if end > now}) if _has_ends(score, lines) else ()
    if not ends and not score.decaying:
        return until
    course = Course.of(score.scoring, now, score.given, score.decaying)
    return _with_ends(score, course, ends, until) if ends else _without_ends(score, course, until)


def _has_ends(score: Score, lines: Collection[Condition] | None) -> bool:
    acts = score.case.subject.acts
    return lines is None or bool(lines) or score.scoring.plan.has_windows or (bool(acts) and acts[0].at > score.case.as_of)


def _without_ends(score: Score, course: Course, until: Instant | None) -> Instant | None:
    """When to decide again where nothing but decay changes the score, as most often."""
    total, plan, limit = score.total, score.scoring.plan, score.scoring.limit
    now = course.start
    tomorrow = now + DAY
    if until is None or tomorrow <= until:
        found = course.changed_at(total, tomorrow, until)
        until = until if found is None else found
        decaying = course.decaying
        # A single group that decays has the total's own course, as long as nothing cuts the total.
        if total <= 0 or total == limit or (len(decaying) > 1 and any(one.group != decaying[0].group for one in decaying)):
            for group in sorted({one.group for one in decaying}):
                if until == tomorrow:
                    break
                found = course.group_changed_at(group, number_of(score, group), tomorrow, until)
                until = until if found is None else found
    if plan.thresholds:
        until = _crossed(score, course, None, plan.thresholds, until)
    for group, marks in enumerate(plan.group_marks):
        if marks and any(one.group == group for one in course.decaying):
            until = _crossed(score, course.of_group(group, marks), group, marks, until)
    return until


def _crossed(score: Score, course: Course, group: int | None, marks: tuple[int, ...], until: Instant | None) -> Instant | None:
    """When decay has taken the total, or what a group gives, to another side of a mark, to the minute; `until` where that is
    sooner."""
    between = course.may_cross(number_of(score, group), course.start + 1, until)
    if between is None:
        return until
    found = crossing_at(score, *between, partial(bisect_right, marks), is_one_way=course.is_one_way, group=group)
    return until if found is None else found


def _with_ends(score: Score, course: Course, ends: Sequence[Instant], until: Instant | None) -> Instant | None:
    """When to decide again where something also enters or leaves windows."""
    ahead, plan = _Ahead(score, course, ends), score.scoring.plan
    for group in (None, *range(len(plan.limits))):
        later = ahead.changed_a_day_later(group, until)
        until = until if later is None else later
    for group, marks in ((None, plan.thresholds), *enumerate(plan.group_marks)):
        if marks:
            until = ahead.crossing(group, marks, until)
    return until


class _Ahead:
    """A score's time to come in stretches in which nothing enters or leaves a window; each is worked out when it is looked at."""

    def __init__(self, score: Score, course: Course, ends: Sequence[Instant]) -> None:
        self._score = score
        self._ends = ends
        self._known = [(course, score)]

    def changed_a_day_later(self, group: int | None, until: Instant | None) -> Instant | None:
        """When the total, or what a group gives, is another number, a day from now or later."""
        tomorrow = self._score.case.as_of + DAY
        now = number_of(self._score, group)
        for course, number, last in self._stretches(group, ()):
            first = max(course.start, tomorrow)
            if until is not None and first > until:
                return None
            if last is not None and last < first:
                continue
            found = first if number != now else course.changed_at(number, first, _sooner(last, until))
            if found is not None:
                return found
        return None

    def crossing(self, group: int | None, marks: tuple[int, ...], until: Instant | None) -> Instant | None:
        """The first instant at which the total, or what a group gives, is on another side of a mark, to the minute; `until` where
        that comes sooner."""
        score = self._score

        def side(number: int) -> int:
            return bisect_right(marks, number)

        now = number_of(score, group)
        for course, number, last in self._stretches(group, marks):
            first = max(course.start, score.case.as_of + 1)
            if until is not None and first > until:
                return until
            if side(number) != side(now):
                return first
            between = course.may_cross(number, first, _sooner(last, until))
            found = None
            if between is not None:
                found = crossing_at(score, *between, side, is_one_way=course.is_one_way, group=group)
            if found is not None:
                return found
        return until

    def _stretches(self, group: int | None, marks: tuple[int, ...]) -> Iterator[tuple[Course, int, Instant | None]]:
        """Each stretch: the number's course, the number at its start, and its last instant."""
        ends = self._ends
        for at in range(len(ends) + 1):
            course, score = self._stretch(at)
            last = ends[at] - 1 if at < len(ends) else None
            yield course if group is None else course.of_group(group, marks), number_of(score, group), last

    def _stretch(self, at: int) -> tuple[Course, Score]:
        if at == len(self._known):
            score, start = self._score, self._ends[at - 1]
            then = evaluate(score.scoring, Case(score.case.subject, start, score.case.checks))
            self._known.append((Course.of(score.scoring, start, then.given, then.decaying), then))
        return self._known[at]


def _sooner(one: Instant | None, other: Instant | None) -> Instant | None:
    return other if one is None else one if other is None else min(one, other)
