"""When to decide a lead again although nothing happens: at once where it matters, else not more than once a day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from core.checks import Case, Condition
from core.instants import DAY, Instant
from core.moments import moments
from core.scoring.changes import next_change
from core.scoring.evaluating import Score
from core.scoring.model import Scoring


def decide_again_at(conditions: Iterable[Condition], score: Score | None, case: Case) -> Instant | None:
    """When deciding a lead of this case again may come to something else; None when time alone never changes it.

    That is the first instant at which one of these conditions may have another answer or the total crosses a threshold, or the
    first one a day from now or later at which the total is another one.
    """
    now = case.as_of
    found = [at for condition in conditions for at in moments(condition, case) if at > now]
    if score is not None:
        found += _changes(score, now, min(found, default=None))
    return min(found, default=None)


def _changes(score: Score, now: Instant, until: Instant | None) -> Iterator[Instant]:
    """When the total crosses a threshold, and when it is another one a day from now or later."""
    later = next_change(score, now + DAY - 1, until=until)
    if later is not None:
        yield later
        until = later
    marks = thresholds(score.scoring)
    crossing = next_change(score, now, of=lambda total: bisect_right(marks, total), until=until) if marks else None
    if crossing is not None:
        yield crossing


def thresholds(scoring: Scoring) -> list[int]:
    """The totals at which something else than the number changes: a stage is entered or left, a band begins."""
    stages = [points for stage in scoring.stages for points in (stage.at_least, stage.until_below) if points is not None]
    return sorted({*stages, *(band.at_least for band in scoring.bands)})
