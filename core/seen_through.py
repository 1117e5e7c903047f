"""Conditions that ask for the verdict of another list or for points, seen through to what that list or the scoring asks.

A list always has a verdict, since its last line takes the rest; but a line above that one may be open. So what is worth asking is
found in conditions that ask what the list's lines ask. They are open where an answer could still give that list another verdict.
Of points see core/seen_points.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from core.conditions import Case, Condition, FieldIs, Group
from core.operators import TRUE, UNKNOWN
from core.qualification import SET_PREFIX, OutcomeLine, RuleSet
from core.scoring.model import Scoring
from core.seen_points import AsksPoints, sees_points

Lists = Mapping[str, Sequence[OutcomeLine]]


class SeenThrough(NamedTuple):
    """The checks, and the lines of a list, as they ask for no other list and no points."""

    checks: Mapping[str, Condition]
    lines: tuple[OutcomeLine, ...]

    def open_conditions(self, case: Case) -> tuple[Case, list[Condition]]:
        """What answers could still make true or untrue, down to the line that surely decides, and the case to ask it of."""
        here = Case(case.subject, case.as_of, self.checks)
        found: list[Condition] = []
        for line in self.lines:
            answer = TRUE if line.condition is None else line.condition.truth(here)
            if answer is TRUE:
                break
            if answer is UNKNOWN and line.condition is not None:
                found.append(line.condition)
        return here, found


class _Beneath(NamedTuple):
    """What lies beneath: the lists by their fields, and the scoring."""

    lists: Lists
    scoring: Scoring | None


def seen_through(
    checks: Mapping[str, Condition], sets: Sequence[RuleSet], lines: Sequence[OutcomeLine], scoring: Scoring | None = None
) -> SeenThrough:
    """The checks and lines with the lists of `sets`, each of which may ask for those before it, and with the lines of the scoring
    put in their place."""
    lists: dict[str, Sequence[OutcomeLine]] = {}
    beneath = _Beneath(lists, scoring)
    for one in sets:
        lists[SET_PREFIX + one.name] = _lines(one.lines, beneath)
    return SeenThrough({name: _seen(one, beneath) for name, one in checks.items()}, _lines(lines, beneath))


def _lines(lines: Sequence[OutcomeLine], beneath: _Beneath) -> tuple[OutcomeLine, ...]:
    return tuple(line if line.condition is None else replace(line, condition=_seen(line.condition, beneath)) for line in lines)


def _seen(condition: Condition, beneath: _Beneath) -> Condition:
    if isinstance(condition, Group):
        return Group(condition.kind, tuple(_seen(part, beneath) for part in condition.parts), condition.place)
    if isinstance(condition, FieldIs) and condition.ask is not None:
        if condition.path in beneath.lists:
            return _verdict(condition, beneath.lists[condition.path])
        if beneath.scoring is not None and sees_points(beneath.scoring, condition.path):
            return AsksPoints(condition, beneath.scoring)
    return condition


def _verdict(asked: FieldIs, lines: Sequence[OutcomeLine]) -> Condition:
    """That one of the lines decides whose outcome is asked for: it holds, and none above it."""
    ways: list[Condition] = []
    above: list[Condition] = []
    for line in lines:
        if asked.ask is not None and asked.ask(line.outcome, 0) is TRUE:
            parts = [] if line.condition is None else [line.condition]
            parts += [Group("none", tuple(above), asked.place)] if above else []
            ways.append(Group("all", tuple(parts), asked.place))
        if line.condition is not None:
            above.append(line.condition)
    return Group("any", tuple(ways), asked.place) if ways else asked
