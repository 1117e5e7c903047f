"""When time alone will change the answer of a condition: the ends of its windows; each day where an expression asks for `now`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from core.conditions import Case, Condition, FieldIs, Group, HasTouch
from core.expression import Expression
from core.instants import DAY, Instant
from core.operators import instant_of, milliseconds

_WINDOWS = ("within", "older_than")


def moments(condition: Condition, case: Case) -> Iterator[Instant]:
    """The instants at which time may change a condition's answer; what an expression does with `now` is looked at once a day.

    They may lie before the case's own instant, and not each of them changes the answer.
    """
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from moments(part, case)
    elif isinstance(condition, HasTouch):
        times = case.subject.kinds if condition.within is not None else {}
        yield from (times[kind] + (condition.within or 0) + 1 for kind in condition.kinds if kind in times)
    elif isinstance(condition, FieldIs) and condition.operator in _WINDOWS:
        yield from _window_ends(condition, case)
    else:
        if isinstance(condition, Expression) and condition.asks_now:
            yield case.as_of + DAY
        for name in condition.names():
            yield from moments(case.checks[name], case)


def next_moment(timed: Iterable[Condition], case: Case) -> Instant | None:
    """The first instant after the case's own at which time may change the answer of one of these single questions."""
    now, times = case.as_of, case.subject.kinds
    found: Instant | None = None
    for condition in timed:
        if isinstance(condition, HasTouch) and condition.within is not None:
            several: Iterable[Instant] = [times[kind] + condition.within + 1 for kind in condition.kinds if kind in times]
        else:
            several = moments(condition, case)
        for at in several:
            if at > now and (found is None or at < found):
                found = at
    return found


def timed_parts(conditions: Iterable[Condition], checks: Mapping[str, Condition]) -> tuple[Condition, ...]:
    """The single questions of conditions, also through checks, whose answer time may change: each once."""
    found: list[Condition] = []
    open_ones, seen = list(conditions), set[str]()
    while open_ones:
        one = open_ones.pop()
        if isinstance(one, Group):
            open_ones += one.parts
        elif isinstance(one, HasTouch | FieldIs):
            is_timed = one.within is not None if isinstance(one, HasTouch) else one.operator in _WINDOWS
            if is_timed and one not in found:
                found.append(one)
        else:
            if isinstance(one, Expression) and one.asks_now and one not in found:
                found.append(one)
            names = [name for name in one.names() if name in checks and name not in seen]
            seen.update(names)
            open_ones += [checks[name] for name in names]
    return tuple(found)


def _window_ends(condition: FieldIs, case: Case) -> Iterator[Instant]:
    """A date stands for its whole day, so a window may end as much later."""
    value = case.subject.value(condition.path)
    start = None if value is None else instant_of(str(value))
    window = milliseconds(condition.operands[0])
    if start is not None and window is not None:
        yield from (start - window, start + window + 1, start + DAY + window)
