"""Qualification: the first line whose condition is true decides, and what is unknown says what to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.conditions import Case, Condition, Explained, Subject
from core.fields import SET_PREFIX
from core.instants import Instant
from core.operators import TRUE, UNKNOWN, Truth
from core.problems import Place
from core.quick_dataclass import quick_dataclass

if TYPE_CHECKING:
    from core.seen_through import SeenThrough

__all__ = ["LEAD_SET", "SET_PREFIX", "OutcomeLine", "Qualified", "RuleSet", "asked_for", "qualified", "qualify"]

LEAD_SET = "lead"
"""The list of lines that is the outcome when there are several."""

_FOLLOWS_FROM = {"person.email_class": "person.email", "person.reachable": "person.email"}


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One line of `qualification`; without a condition it is the last one, `otherwise`."""

    name: str
    outcome: str
    reason: str
    condition: Condition | None
    place: Place


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One list of lines with its name."""

    name: str
    lines: tuple[OutcomeLine, ...]
    place: Place


@quick_dataclass(frozen=True, slots=True)
class Qualified:
    """The verdict on a lead. `rule` is the line that decided, `checks` the answer of every check, `ask` the fields whose
    value could still change the verdict; without any rules all of it is empty.

    All but the outcome is worked out when it is asked for: `case` is what the lines were asked of, `lines` those down to the one
    that decided, and `open` those of them that could still become true.
    """

    outcome: str = ""
    reason: str = ""
    rule: str = ""
    case: Case | None = field(default=None, compare=False, repr=False)
    lines: tuple[OutcomeLine, ...] = field(default=(), compare=False, repr=False)
    open: tuple[Condition, ...] = field(default=(), compare=False, repr=False)
    through: SeenThrough | None = field(default=None, compare=False, repr=False)
    """The lines as they ask for no other list; None where they ask for none anyway."""

    @property
    def checks(self) -> Mapping[str, Truth]:
        """The answer of every check."""
        return {} if self.case is None else {name: self.case.answer(name) for name in self.case.checks}

    @property
    def ask(self) -> tuple[str, ...]:
        """What is missing in lines above the deciding one that are still open: known values could make them true. Each field is
        named once, in the rules' order; for a derived field the one that it follows from, for the verdict of another list what
        is missing there."""
        if self.case is None:
            return ()
        case, still_open = (self.case, self.open) if self.through is None else self.through.open_conditions(self.case)
        open_fields = [path for condition in still_open for path in condition.unknowns(case)]
        return tuple(dict.fromkeys(asked_for(path) for path in open_fields))

    @property
    def explanation(self) -> tuple[Explained, ...]:
        """Every line down to the one that decided, with its conditions."""
        return () if self.case is None else tuple(_explained_line(line, self.case) for line in self.lines)

    def as_json(self) -> dict[str, object]:
        """The verdict without its explanation, as plain JSON values."""
        checks = {name: answer.value for name, answer in self.checks.items()}
        return {"outcome": self.outcome, "reason": self.reason, "rule": self.rule, "checks": checks, "ask": list(self.ask)}


def qualify(subject: Subject, as_of: Instant, checks: Mapping[str, Condition], lines: Sequence[OutcomeLine]) -> Qualified:
    """The verdict of these lines, from the top, at a point in time."""
    return qualified(Case(subject, as_of, checks), lines)


def qualified(case: Case, lines: Sequence[OutcomeLine], through: SeenThrough | None = None) -> Qualified:
    """The verdict of these lines on a case; `through` when they ask for other lists."""
    still_open: list[Condition] = []
    for number, line in enumerate(lines):
        condition = line.condition
        answer = TRUE if condition is None else condition.truth(case)
        if answer is TRUE:
            told = tuple(lines[: number + 1])
            return Qualified(line.outcome, line.reason, line.name, case, told, tuple(still_open), through)
        if answer is UNKNOWN and condition is not None:
            still_open.append(condition)
    return Qualified(case=case)


def asked_for(path: str) -> str:
    """The field that is asked for to learn this one: a derived field follows from another."""
    return _FOLLOWS_FROM.get(path, path).removesuffix(".opted_out")


def _explained_line(line: OutcomeLine, case: Case) -> Explained:
    title = f"{line.name}: {line.reason}"
    if line.condition is None:
        return Explained(title, TRUE, line.place)
    found = line.condition.explain(case)
    return Explained(title, found.truth, line.place, parts=(found,))
