"""What a score may not ask: what is worked out of it, or after it."""

from __future__ import annotations

from collections.abc import Mapping

from core.conditions import Condition
from core.mapping.reader import Reader
from core.scoring.model import ConditionLine, Scoring
from core.walking import asked_by

_AFTER = ("outcome", "outcome_reason")
_LATER = ("segments", "persona", "journey_stage")


def refuse_circles(reader: Reader, scoring: Scoring, checks: Mapping[str, Condition]) -> None:
    """Complain where a line that gives points asks for the score, for the outcome, or for a stage that the score decides."""
    for group, line in scoring.lines:
        if not isinstance(line, ConditionLine):
            continue
        for path, place, by in asked_by(line.condition, checks):
            reason = _refused(path, scoring)
            if reason is None:
                continue
            asks = f"asks {path}" if by is None else f"asks the check `{by.name}`, which asks {path} ({place})"
            message = f"the line `{line.name}` of `{group}` {asks}, {reason}. Ask for what the answer follows from instead."
            reader.complain("circle", message, place if by is None else by.place, path)


def _refused(path: str, scoring: Scoring) -> str | None:
    if path.startswith("score."):
        return "but the score is made of this line: it would depend on itself"
    if path in _AFTER:
        return "but the score is worked out before the outcome"
    if path in _LATER:
        return "but the score is worked out before segments and places in the journey"
    if path == "lifecycle_stage" and scoring.stages:
        return "but the score decides the lifecycle stage: it would depend on itself"
    return None
