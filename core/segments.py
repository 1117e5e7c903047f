"""Segments and personas: where a lead belongs now, what has changed since before, and why. Pure.

A lead is in every segment whose condition is true of it; what is unknown is no member, and the explanation says what is
missing. Of the personas at most one is the lead's: every line that holds gives its points to its persona, the one with the most
is taken, and of equal ones the one that is written first; the last line may be `otherwise`, for who is none of the others.

Segments are worked out after the score, the outcome and the lifecycle stage, personas after the segments, the journey's stage
after both, and routing after all of them; each may ask what comes before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from core.conditions import Case, Condition, Explained
from core.lead import Value
from core.operators import FALSE, TRUE, UNKNOWN
from core.problems import Place
from core.quick_dataclass import quick_dataclass
from core.subjects import Supposed

SEGMENTS, PERSONA, JOURNEY_STAGE = "segments", "persona", "journey_stage"
"""The lead fields that hold where a lead belongs."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One named segment."""

    name: str
    label: str
    when: Condition
    place: Place


@dataclass(frozen=True, slots=True)
class PersonaLine:
    """One line of `personas`; without a condition it is the last one, `otherwise`."""

    persona: str
    points: int
    when: Condition | None
    place: Place


def _nothing() -> tuple[Explained, ...]:
    return ()


@quick_dataclass(frozen=True, slots=True)
class Placed:
    """Where a lead belongs: its segments as the file orders them, those that stay open because something is not known, and
    its persona, if any."""

    segments: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    persona: str = ""
    explain: Callable[[], tuple[Explained, ...]] = field(default=_nothing, compare=False, repr=False)

    @property
    def explanation(self) -> tuple[Explained, ...]:
        """Every segment and every line of the personas with its conditions; worked out when it is asked for."""
        return self.explain()

    @property
    def values(self) -> Mapping[str, Value | None]:
        """What the lead's fields hold of it; no segment is known to be none, so that `contains` is false and not unknown."""
        return {SEGMENTS: self.segments, PERSONA: self.persona or None}

    def as_json(self) -> dict[str, object]:
        """The places as plain JSON values."""
        return {"segments": list(self.segments), "open": list(self.open), "persona": self.persona}


NOWHERE = Placed()
"""In no segment, and of no persona."""


@quick_dataclass(frozen=True, slots=True)
class Change:
    """Which segments a lead has entered and left."""

    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entered or self.left)

    def as_json(self) -> dict[str, object]:
        """The change as an event holds it."""
        return {"entered": list(self.entered), "left": list(self.left)}


def changed(before: Collection[str], now: Collection[str]) -> Change:
    """What has changed between two memberships; segments that no longer exist are left."""
    entered = tuple(name for name in dict.fromkeys(now) if name not in before)
    return Change(entered, tuple(name for name in dict.fromkeys(before) if name not in now))


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments and personas of all rule files."""

    segments: tuple[Segment, ...] = ()
    personas: tuple[PersonaLine, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the segments."""
        return tuple(segment.name for segment in self.segments)

    @property
    def persona_names(self) -> tuple[str, ...]:
        """The personas, each once."""
        return tuple(dict.fromkeys(line.persona for line in self.personas))

    def place(self, case: Case, is_asking: bool = True) -> tuple[Placed, Case]:
        """Where the lead of a case belongs, whatever it still holds of it, and the lead as if it held that already. With
        `is_asking` false the latter is the same case: nothing of what was decided is asked for."""
        answers = [(segment.name, segment.when.truth(case)) for segment in self.segments]
        members = tuple([name for name, answer in answers if answer is TRUE])
        still_open = tuple([name for name, answer in answers if answer is UNKNOWN])
        within = Case(Supposed(case.subject, {SEGMENTS: members}), case.as_of, case.checks) if is_asking else case
        persona = primary(self.personas, within) if self.personas else ""
        placed = Placed(members, still_open, persona, partial(self._explained, case, within, persona))
        return placed, Case(Supposed(within.subject, placed.values), case.as_of, case.checks) if is_asking else case

    def _explained(self, case: Case, within: Case, persona: str) -> tuple[Explained, ...]:
        lines = [_explained_line(line, within, persona) for line in self.personas]
        return (*(_explained_segment(segment, case) for segment in self.segments), *lines)


def primary(lines: Sequence[PersonaLine], case: Case) -> str:
    """The persona with the most points, of equal ones the one written first; `otherwise` when no other line holds."""
    points: dict[str, int] = {}
    for line in lines:
        if line.when is not None and line.when.truth(case) is TRUE:
            points[line.persona] = points.get(line.persona, 0) + line.points
    if len(points) == 1:
        return next(iter(points))
    if points:
        order = list(dict.fromkeys(line.persona for line in lines))
        return min(points, key=lambda name: (-points[name], order.index(name)))
    return next((line.persona for line in lines if line.when is None), "")


def _explained_segment(segment: Segment, case: Case) -> Explained:
    found = segment.when.explain(case)
    if found.truth is not UNKNOWN:
        return Explained(segment.name, found.truth, segment.place, parts=(found,))
    missing = ", ".join(dict.fromkeys(segment.when.unknowns(case)))
    reason = f"no member, as this is not known: {missing}" if missing else "no member, as what it asks can not be told"
    return Explained(segment.name, UNKNOWN, segment.place, parts=(found,), reason=reason)


def _explained_line(line: PersonaLine, case: Case, persona: str) -> Explained:
    name = f"{PERSONA} {line.persona}"
    if line.when is None:
        is_taken = line.persona == persona
        reason = "no other line holds" if is_taken else "another line holds"
        return Explained(name, TRUE if is_taken else FALSE, line.place, reason=reason)
    found = line.when.explain(case)
    explained = Explained(name, found.truth, line.place, parts=(found,))
    if found.truth is not TRUE:
        return explained
    if line.persona == persona:
        return replace(explained, reason=f"gives {line.points} to the persona of this lead")
    return replace(explained, reason=f"gives {line.points}, and `{persona}` has more, or as many and stands first")
