"""Lifecycle stages by score, with hysteresis: crossing a threshold is told once, however often the score comes back to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import field
from typing import NamedTuple

from core.conditions import Case
from core.operators import TRUE
from core.quick_dataclass import quick_dataclass
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


@quick_dataclass(frozen=True, slots=True)
class StageNow:
    """A lead's stage now, and the moves that led there from the one before: none when it stays. `told` are the stages whose
    threshold has been told and stands: what to ask with the next time."""

    stage: str
    moves: tuple[Move, ...] = ()
    told: tuple[str, ...] = field(default=(), compare=False)


def stage_now(stages: Sequence[Stage], before: str, score: Score, case: Case, told: Collection[str] | None = None) -> StageNow:
    """The stage that a score gives a lead that was in `before` until now.

    Onwards: the furthest stage that can be entered, passing those in between; never one that was told and stands, since then
    somebody else has moved the lead back. Back: when the total is below the `until_below` of a stage that was told, to the
    nearest one before it that the score does not leave, or to none. Without `told` the stage until now is taken as told.
    Asked again with its own answer and the same score, it moves nothing.
    """
    standing = {before} if told is None else told
    at = -1
    for number, stage in enumerate(stages):
        if stage.name == before:
            at = number
    if at < 0 and before not in BEFORE_ALL:
        return StageNow(before, (), _told(stages, len(stages) - 1, standing, score, case))
    move, now = _moved(stages, at, before, standing, score, case)
    told_now = _told(stages, now, standing, score, case) if now >= 0 or standing else ()
    return StageNow(before, (), told_now) if move is None else StageNow(move.now, (move,), told_now)


def _moved(
    stages: Sequence[Stage], at: int, before: str, standing: Collection[str], score: Score, case: Case
) -> tuple[Move | None, int]:
    """The move onwards or back from the stage with this number, if there is one, and the number of the stage where it ends."""
    for number in range(len(stages) - 1, at, -1):
        stage = stages[number]
        if stage.name not in standing and _is_entered(stage, score, case):
            skipped = tuple([one.name for one in stages[at + 1 : number]])
            return Move(before, stage.name, skipped, _entered_because(stage, score)), number
    if at < 0 or before not in standing or not _is_left(stages[at], score):
        return None, at
    names = [stage.name for stage in stages]
    back = next((number for number in range(at - 1, -1, -1) if _is_kept(stages[number], stages[at], score, case)), -1)
    reason = f"a score of {score.total} is below {stages[at].until_below}"
    return Move(before, names[back] if back >= 0 else "", tuple(names[back + 1 : at]), reason), back


def _told(stages: Sequence[Stage], now: int, standing: Collection[str], score: Score, case: Case) -> tuple[str, ...]:
    """The stages that stand as told: those that did, and those up to the present one that the score reaches, whoever moved the
    lead there; without those that the score leaves."""
    found: list[str] = []
    for number, stage in enumerate(stages):
        stands = stage.name in standing or (number <= now and _is_entered(stage, score, case))
        if stands and not _is_left(stage, score):
            found.append(stage.name)
    return tuple(found)


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
