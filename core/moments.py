"""When time alone will change the answer of a condition: the ends of its windows."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks import Case, Condition, FieldIs, Group, HasTouch
from core.instants import DAY, Instant
from core.operators import instant_of, milliseconds


def moments(condition: Condition, case: Case) -> Iterator[Instant]:
    """The instants at which time may change a condition's answer; what an expression does with `now` is not looked into.

    They may lie before the case's own instant, and not each of them changes the answer.
    """
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from moments(part, case)
    elif isinstance(condition, HasTouch):
        times = case.subject.kinds if condition.within is not None else {}
        yield from (times[kind] + (condition.within or 0) + 1 for kind in condition.kinds if kind in times)
    elif isinstance(condition, FieldIs) and condition.operator in ("within", "older_than"):
        yield from _window_ends(condition, case)
    else:
        for name in condition.names():
            yield from moments(case.checks[name], case)


def _window_ends(condition: FieldIs, case: Case) -> Iterator[Instant]:
    """A date stands for its whole day, so a window may end as much later."""
    value = case.subject.value(condition.path)
    start = None if value is None else instant_of(str(value))
    window = milliseconds(condition.operands[0])
    if start is not None and window is not None:
        yield from (start - window, start + window + 1, start + DAY + window)
