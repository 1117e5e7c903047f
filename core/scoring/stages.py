"""Lifecycle stages by score, with hysteresis: crossing a threshold is told once, however often the score comes back to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.checks import Case
from core.operators import TRUE
from core.scoring.evaluating import Score
from core.scoring.model import Stage

BEFORE_ALL = ("", "subscriber", "lead")
"""Stages that come before any that a score decides; a lead in another foreign one (a customer) is never moved by its score."""


class Move(NamedTuple):
    """One move, onwards or back; `skipped` are the stages in between, in the order in which they are written."""

    before: str
    now: str
    skipped: tuple[str, ...]
    reason: str

    def as_json(self) -> dict[str, object]:
        """The move as plain JSON values."""
        return {"from": self.before, "to": self.now, "skipped": list(self.skipped), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class StageNow:
    """A lead's stage now, and the moves that led there from the one before: none when it stays."""

    stage: str
    moves: tuple[Move, ...] = ()


def stage_now(stages: Sequence[Stage], before: str, score: Score, case: Case) -> StageNow:
    """The stage that a score gives a lead that was in `before` until now.

    Onwards: the furthest stage that can be entered, passing those in between. Back: when the total is below the stage's
    `until_below`, to the nearest one before it that the score does not leave, or to none. Asked again with its own answer and
    the same score, it moves nothing.
    """
    names = [stage.name for stage in stages]
    if before not in names and before not in BEFORE_ALL:
        return StageNow(before)
    at = names.index(before) if before in names else -1
    for number in range(len(stages) - 1, at, -1):
        if _is_entered(stages[number], score, case):
            reason = _entered_because(stages[number], score)
            return StageNow(names[number], (Move(before, names[number], tuple(names[at + 1 : number]), reason),))
    if at < 0 or not _is_left(stages[at], score):
        return StageNow(before)
    back = next((number for number in range(at - 1, -1, -1) if _is_kept(stages[number], stages[at], score, case)), -1)
    now = names[back] if back >= 0 else ""
    reason = f"a score of {score.total} is below {stages[at].until_below}"
    return StageNow(now, (Move(before, now, tuple(names[back + 1 : at]), reason),))


def _is_entered(stage: Stage, score: Score, case: Case) -> bool:
    if stage.at_least is not None and score.total < stage.at_least:
        return False
    return stage.when is None or stage.when.truth(case) is TRUE


def _is_left(stage: Stage, score: Score) -> bool:
    return stage.until_below is not None and score.total < stage.until_below


def _is_kept(stage: Stage, left: Stage, score: Score, case: Case) -> bool:
    """Whether a lead that falls back stops here: whoever came to the stage that is left has passed this one, and nothing makes
    it leave."""
    passed = max(score.total, score.total if left.at_least is None else left.at_least)
    has_passed = stage.at_least is None or passed >= stage.at_least
    return has_passed and not _is_left(stage, score) and (stage.when is None or stage.when.truth(case) is TRUE)


def _entered_because(stage: Stage, score: Score) -> str:
    found = [] if stage.at_least is None else [f"a score of {score.total} is at least {stage.at_least}"]
    return " and ".join([*found, *([] if stage.when is None else [f"what `{stage.name}` asks is true"])])
