"""Conditions that ask for the verdict of another list, seen through to what that list asks.

A list always has a verdict, since its last line takes the rest; but a line above that one may be open. So what is worth asking is
found in conditions that ask what the list's lines ask. They are open where an answer could still give that list another verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from core.conditions import Case, Condition, FieldIs, Group
from core.operators import TRUE, UNKNOWN
from core.qualification import SET_PREFIX, OutcomeLine, RuleSet

Lists = Mapping[str, Sequence[OutcomeLine]]


class SeenThrough(NamedTuple):
    """The checks, and the lines of a list, as they ask for no other list."""

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


def seen_through(checks: Mapping[str, Condition], sets: Sequence[RuleSet], lines: Sequence[OutcomeLine]) -> SeenThrough:
    """The checks and lines with the lists of `sets`, each of which may ask for those before it, put in their place."""
    lists: dict[str, Sequence[OutcomeLine]] = {}
    for one in sets:
        lists[SET_PREFIX + one.name] = _lines(one.lines, lists)
    return SeenThrough({name: _seen(one, lists) for name, one in checks.items()}, _lines(lines, lists))


def _lines(lines: Sequence[OutcomeLine], lists: Lists) -> tuple[OutcomeLine, ...]:
    return tuple(line if line.condition is None else replace(line, condition=_seen(line.condition, lists)) for line in lines)


def _seen(condition: Condition, lists: Lists) -> Condition:
    if isinstance(condition, Group):
        return Group(condition.kind, tuple(_seen(part, lists) for part in condition.parts), condition.place)
    if isinstance(condition, FieldIs) and condition.ask is not None and condition.path in lists:
        return _verdict(condition, lists[condition.path])
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
