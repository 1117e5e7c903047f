"""What a score may not ask: what is worked out of it, or after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.checks import CheckIs, Condition, FieldIs, Group
from core.mapping.reader import Reader
from core.problems import Place
from core.scoring.model import ConditionLine, Scoring

_AFTER = ("outcome", "outcome_reason")


def refuse_circles(reader: Reader, scoring: Scoring, checks: Mapping[str, Condition]) -> None:
    """Complain where a line that gives points asks for the score, for the outcome, or for a stage that the score decides."""
    for group, line in scoring.lines:
        if not isinstance(line, ConditionLine):
            continue
        for found, by in _fields(line.condition, checks, None):
            reason = _refused(found.path, scoring)
            if reason is None:
                continue
            asks = f"asks {found.path}" if by is None else f"asks the check `{by.name}`, which asks {found.path} ({found.place})"
            message = f"the line `{line.name}` of `{group}` {asks}, {reason}. Ask for what the answer follows from instead."
            reader.complain("circle", message, _place(found, by), found.path)


def _refused(path: str, scoring: Scoring) -> str | None:
    if path.startswith("score."):
        return "but the score is made of this line: it would depend on itself"
    if path in _AFTER:
        return "but the score is worked out before the outcome"
    if path == "lifecycle_stage" and scoring.stages:
        return "but the score decides the lifecycle stage: it would depend on itself"
    return None


def _place(found: FieldIs, by: CheckIs | None) -> Place:
    return found.place if by is None else by.place


def _fields(
    condition: Condition, checks: Mapping[str, Condition], by: CheckIs | None, seen: frozenset[str] = frozenset()
) -> Iterator[tuple[FieldIs, CheckIs | None]]:
    """Every field that a condition asks, with the check of its own through which it does."""
    if isinstance(condition, FieldIs):
        yield condition, by
    elif isinstance(condition, Group):
        for part in condition.parts:
            yield from _fields(part, checks, by, seen)
    elif isinstance(condition, CheckIs) and condition.name in checks and condition.name not in seen:
        yield from _fields(checks[condition.name], checks, by or condition, seen | {condition.name})
