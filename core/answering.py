"""Conditions as functions that answer them: made once when a file is read, since each is asked of every lead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.operators import FALSE, TRUE, UNKNOWN, Ask, Truth, truth

if TYPE_CHECKING:
    from core.conditions import Case

Answer = Callable[["Case"], Truth]
"""The answer to a condition about the subject of a case, at its point in time."""


def field_answer(path: str, ask: Ask | None, wants_known: bool) -> Answer:
    """One operator on one field; unknown when nothing is known of the field. `ask` None is `known`."""
    if ask is None:
        return lambda case: truth((case.subject.value(path) is not None) == wants_known)

    def answer(case: Case) -> Truth:
        value = case.subject.value(path)
        return UNKNOWN if value is None else ask(value, case.as_of)

    return answer


def touch_answer(kinds: Sequence[str], within: int | None) -> Answer:
    """Whether there was a touch: true or false, as what is not in the history has not happened."""

    def answer(case: Case) -> Truth:
        times = case.subject.kinds
        oldest = None if within is None else case.as_of - within
        for kind in kinds:
            if kind in times and (oldest is None or times[kind] >= oldest):
                return TRUE
        return FALSE

    return answer


def check_answer(name: str) -> Answer:
    """The answer of a check, worked out once for a case."""

    def answer(case: Case) -> Truth:
        found = case.answers.get(name)
        return case.answer(name) if found is None else found

    return answer


def group_answer(kind: str, parts: Sequence[Answer]) -> Answer:
    """Kleene's logic, stopping at the first part that decides."""
    deciding, otherwise = (FALSE, TRUE) if kind == "all" else (TRUE, FALSE)
    if kind == "none":
        decided, undecided = FALSE, TRUE
    else:
        decided, undecided = deciding, otherwise

    def answer(case: Case) -> Truth:
        found = undecided
        for part in parts:
            one = part(case)
            if one is deciding:
                return decided
            if one is UNKNOWN:
                found = UNKNOWN
        return found

    return answer
