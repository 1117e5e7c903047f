"""Qualification: the first line whose condition is true decides, and what is unknown says what to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from core.checks import Case, Condition, Explained, Subject
from core.instants import Instant
from core.operators import TRUE, UNKNOWN, Truth
from core.problems import Place

LEAD_SET, SET_PREFIX = "lead", "qualification."
"""The list of lines that is the outcome when there are several, and what the field of each other one begins with."""

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


def _nothing() -> tuple[Explained, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Qualified:
    """The verdict on a lead. `rule` is the line that decided, `checks` the answer of every check, `ask` the fields whose
    value could still change the verdict; without any rules all of it is empty."""

    outcome: str = ""
    reason: str = ""
    rule: str = ""
    checks: Mapping[str, Truth] = field(default_factory=dict)
    ask: tuple[str, ...] = ()
    explain: Callable[[], tuple[Explained, ...]] = field(default=_nothing, compare=False, repr=False)

    @property
    def explanation(self) -> tuple[Explained, ...]:
        """Every line down to the one that decided, with its conditions; worked out when it is asked for."""
        return self.explain()

    def as_json(self) -> dict[str, object]:
        """The verdict without its explanation, as plain JSON values."""
        checks = {name: answer.value for name, answer in self.checks.items()}
        return {"outcome": self.outcome, "reason": self.reason, "rule": self.rule, "checks": checks, "ask": list(self.ask)}


def qualify(subject: Subject, as_of: Instant, checks: Mapping[str, Condition], lines: Sequence[OutcomeLine]) -> Qualified:
    """The verdict of these lines, from the top, at a point in time.

    `ask` names what is missing in lines above the deciding one that are still open: known values could make them true.
    """
    case = Case(subject, as_of, checks)
    answers = {name: case.answer(name) for name in checks}
    still_open: list[Condition] = []
    for number, line in enumerate(lines):
        answer = TRUE if line.condition is None else line.condition.truth(case)
        if answer is TRUE:
            explain = partial(_explained, lines[: number + 1], case)
            return Qualified(line.outcome, line.reason, line.name, answers, _ask(still_open, case), explain)
        if answer is UNKNOWN and line.condition is not None:
            still_open.append(line.condition)
    return Qualified(checks=answers)


def _ask(still_open: Sequence[Condition], case: Case) -> tuple[str, ...]:
    """Each open field once, in the rules' order; for a derived field the one that it follows from."""
    if not still_open:
        return ()
    open_fields = (path for condition in still_open for path in condition.unknowns(case))
    return tuple(dict.fromkeys(asked_for(path) for path in open_fields))


def asked_for(path: str) -> str:
    """The field that is asked for to learn this one: a derived field follows from another."""
    return _FOLLOWS_FROM.get(path, path).removesuffix(".opted_out")


def _explained(lines: Sequence[OutcomeLine], case: Case) -> tuple[Explained, ...]:
    return tuple(_explained_line(line, case) for line in lines)


def _explained_line(line: OutcomeLine, case: Case) -> Explained:
    title = f"{line.name}: {line.reason}"
    if line.condition is None:
        return Explained(title, TRUE, line.place)
    found = line.condition.explain(case)
    return Explained(title, found.truth, line.place, parts=(found,))
