"""What the section `scoring` of a rules file says, compiled: groups of lines, bands, grades and lifecycle stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from core.conditions import Condition
from core.problems import Place

GROUP_NAMES = ("fit", "behaviour", "engagement")
FIT = "fit"

POINT = 1000
"""Points are counted in whole thousandths, so that what decay leaves of them adds up exactly, in any order."""


def rounded(thousandths: int) -> int:
    """Whole points; a half goes up. The one rule by which a score becomes a whole number."""
    return (thousandths + POINT // 2) // POINT


Points = TypeVar("Points", int, float)


def cut(points: Points, limit: Points | None) -> Points:
    """Points cut at a limit, if there is one."""
    return points if limit is None or points <= limit else limit


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """Points for a lead of which a condition is true; one that is false or unknown gives nothing."""

    name: str
    points: int
    condition: Condition
    place: Place


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """Points for touches of some kinds (with some contents, when there are any).

    The first one that counts gives `points` and each further one `again`; `at_most` of them count, the oldest first, in all
    or in any window of `per` milliseconds; touches older than `within` are not looked at; each touch's points are halved
    every `half_life`.
    """

    name: str
    kinds: tuple[str, ...]
    points: int
    again: int
    place: Place
    contents: tuple[str, ...] = ()
    at_most: int | None = None
    per: int | None = None
    within: int | None = None
    half_life: int | None = None


Line = ConditionLine | ActivityLine


@dataclass(frozen=True, slots=True)
class Group:
    """One of the groups of lines. What they give together is cut at `limit`, but never from below: points below 0 lower the
    total, also those of a group in which nothing else was earned."""

    name: str
    lines: tuple[Line, ...]
    limit: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Mark:
    """A band or a grade, and the points from which it is given."""

    name: str
    at_least: int
    place: Place


@dataclass(frozen=True, slots=True)
class Stage:
    """A lifecycle stage that the score decides: entered when the total is `at_least` this and `when` is true (of the two what
    is written), left when the total is below `until_below`; without it the score never takes it back."""

    name: str
    at_least: int | None
    until_below: int | None
    when: Condition | None
    place: Place
    points_place: Place
    """Where `at_least` stands, or the stage itself without it."""


class Bounds(NamedTuple):
    """What cuts a number of a score, in thousandths: each group at its limit, their sum at `lowest` and `highest`. `marks` are
    the whole points at which something else than the number changes."""

    limits: tuple[int | None, ...]
    lowest: int | None
    highest: int | None
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A section's lines by what sets them off; each is known by its number, each group by its position, points in thousandths."""

    conditions: tuple[tuple[int, int, int, Condition], ...]
    activities: Mapping[int, tuple[int, ActivityLine]]
    by_kind: Mapping[str, tuple[int, ...]]
    limits: tuple[int | None, ...]
    limit: int | None
    has_windows: bool
    """Whether touches leave the score when they grow older than `within`."""
    thresholds: tuple[int, ...]
    """The totals at which something else than the number changes: a stage is entered or left, a band begins, another rule
    asks for them."""
    group_marks: tuple[tuple[int, ...], ...]
    """Of each group the points at which something else than the number changes: the grade, or what another rule asks for."""
    bounds: Bounds
    """What cuts the total."""


@dataclass(frozen=True)
class Scoring:
    """The whole section. The total is what the groups give, cut at 0 and at `limit`; raw points are never rescaled.

    `bands` and `grades` are sorted from the highest, `stages` stand as written. `rules_hash` is the same as long as the
    section and the checks that it asks say the same, whatever their comments and layout.
    """

    groups: tuple[Group, ...]
    limit: int | None
    bands: tuple[Mark, ...]
    grades: tuple[Mark, ...]
    stages: tuple[Stage, ...]
    rules_hash: str
    place: Place
    asked: tuple[int, ...] = ()
    """Further totals at which something changes, since other rules ask for them."""
    asked_of: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The points of groups, by name, that other rules ask for."""

    @cached_property
    def lines(self) -> tuple[tuple[str, Line], ...]:
        """Every line with the name of its group, as written."""
        return tuple((group.name, line) for group in self.groups for line in group.lines)

    @cached_property
    def decaying_kinds(self) -> frozenset[str]:
        """The kinds of touches of which time leaves less."""
        lines = (line for _, line in self.lines if isinstance(line, ActivityLine) and line.half_life is not None)
        return frozenset(kind for line in lines for kind in line.kinds)

    @property
    def line_names(self) -> tuple[str, ...]:
        """What coverage and tests call each line: `fit: DACH`."""
        return tuple(f"{group}: {line.name}" for group, line in self.lines)

    @cached_property
    def plan(self) -> Plan:
        """The section as evaluating wants it, made once."""
        conditions: list[tuple[int, int, int, Condition]] = []
        activities: dict[int, tuple[int, ActivityLine]] = {}
        by_kind: dict[str, tuple[int, ...]] = {}
        places = [(position, line) for position, group in enumerate(self.groups) for line in group.lines]
        for number, (position, line) in enumerate(places):
            if isinstance(line, ConditionLine):
                conditions.append((number, position, line.points * POINT, line.condition))
            else:
                activities[number] = (position, line)
                by_kind |= {kind: (*by_kind.get(kind, ()), number) for kind in line.kinds}
        limits = tuple(None if group.limit is None else group.limit * POINT for group in self.groups)
        limit = None if self.limit is None else self.limit * POINT
        has_windows = any(line.within is not None for _, line in activities.values())
        stages = [points for stage in self.stages for points in (stage.at_least, stage.until_below) if points is not None]
        marks = sorted({*stages, *self.asked, *(band.at_least for band in self.bands)})
        groups = tuple(tuple(sorted(self._marks_of(group.name))) for group in self.groups)
        bounds = Bounds(limits, 0, limit, tuple(marks))
        return Plan(tuple(conditions), activities, by_kind, limits, limit, has_windows, tuple(marks), groups, bounds)

    def _marks_of(self, group: str) -> set[int]:
        """Who has fewer points than the lowest grade asks has that one all the same, so nothing changes there."""
        return {*self.asked_of.get(group, ()), *(grade.at_least for grade in self.grades[:-1] if group == FIT)}
