"""Where a lead stands: `lifecycle_stage`, `status` and `journey_stage`, each with its order and the moves that are allowed.

    stages:
      lifecycle_stage: {order: [subscriber, lead, mql, sql, opportunity, customer], aside: [disqualified]}
      status:          {order: [new, working, nurturing, qualified], moves: {qualified: [working]}}
      journey_stage:
        order: [awareness, consideration, decision]
        returns: no
        rules:                                          # from the top, the first that is true
          - {stage: decision,      when: {has_touch: {kind: [demo_request, meeting_scheduled]}}}
          - {stage: consideration, when: {has_touch: {kind: [webinar_signup, content_download]}}}
          - {stage: awareness,     otherwise: true}

Each field may be left out. `order` is the way that leads usually take; `aside` are stages beside it, such as `disqualified`, with
ways to and from every stage. Jumps over stages and returns are allowed unless `jumps: no` or `returns: no`; `moves` names
all the ways that lead from a stage, instead of these. A move is logged with the stages that it skips.

What a CRM tells is taken as it is, because sales knows; a move that is not allowed is then logged as such. What is worked out
here does not move where it may not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from core.conditions import Case, Condition, Explained
from core.operators import TRUE
from core.problems import Place
from core.quick_dataclass import quick_dataclass
from core.scoring.stages import StageNow
from core.segments import JOURNEY_STAGE

LIFECYCLE_STAGE, STATUS = "lifecycle_stage", "status"
TRACKED = (LIFECYCLE_STAGE, STATUS, JOURNEY_STAGE)
"""The fields that have stages."""

USUAL_ORDER: Mapping[str, tuple[str, ...]] = {
    LIFECYCLE_STAGE: ("subscriber", "lead", "mql", "sql", "opportunity", "customer"),
    STATUS: (),
    JOURNEY_STAGE: ("awareness", "consideration", "decision"),
}
"""The order of a field of which the files say nothing; no order: any word is a stage, and no move skips one."""

MoveKind = Literal["enter", "next", "jump", "return", "aside", "foreign", "leave"]
"""Into the first stage, onwards by one, onwards over others, back, to or from a stage beside the order, to or from a word that is
no stage of ours, or to none."""


@quick_dataclass(frozen=True, slots=True)
class StageMove:
    """One move of a field; `skipped` are the stages in between in the order in which they stand, also for a return."""

    path: str
    before: str
    now: str
    kind: MoveKind
    skipped: tuple[str, ...] = ()
    is_allowed: bool = True
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """The move as an event holds it."""
        return {
            "field": self.path,
            "from": self.before,
            "to": self.now,
            "kind": self.kind,
            "skipped": list(self.skipped),
            "allowed": self.is_allowed,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Track:
    """The stages of one field and the ways between them."""

    path: str
    order: tuple[str, ...]
    aside: tuple[str, ...] = ()
    allows_jumps: bool = True
    allows_returns: bool = True
    moves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    place: Place | None = None
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each stage stands that is written."""

    @property
    def names(self) -> tuple[str, ...]:
        """All stages of the field."""
        return (*self.order, *self.aside)

    def move(self, before: str, now: str, reason: str = "") -> StageMove | None:
        """The move from one stage to another, allowed or not; None when it is none. An empty text is no stage at all."""
        if before == now:
            return None
        kind, skipped = self._kind(before, now)
        if not before:
            return StageMove(self.path, before, now, kind, skipped, True, reason)
        is_allowed = now in self.moves[before] if before in self.moves else self._allows(kind)
        return StageMove(self.path, before, now, kind, skipped, is_allowed, reason)

    def _kind(self, before: str, now: str) -> tuple[MoveKind, tuple[str, ...]]:
        if not now:
            return "leave", ()
        if self.order and (now not in self.names or (before and before not in self.names)):
            return "foreign", ()
        if now not in self.order or (before and before not in self.order):
            return ("enter" if not before else "aside"), ()
        to = self.order.index(now)
        if not before:
            return "enter", self.order[:to]
        at = self.order.index(before)
        if to < at:
            return "return", self.order[to + 1 : at]
        return ("next" if to == at + 1 else "jump"), self.order[at + 1 : to]

    def _allows(self, kind: MoveKind) -> bool:
        return {"jump": self.allows_jumps, "return": self.allows_returns}.get(kind, True)


@dataclass(frozen=True, slots=True)
class JourneyLine:
    """One rule of `journey_stage`; without a condition it is the last one, `otherwise`."""

    stage: str
    when: Condition | None
    place: Place


def _nothing() -> tuple[Explained, ...]:
    return ()


@quick_dataclass(frozen=True, slots=True)
class JourneyNow:
    """A lead's stage of the journey now, the move that led there from the one before (None: it stays), and the move that was not
    allowed, because of which it stays."""

    stage: str
    move: StageMove | None = None
    refused: StageMove | None = None
    explain: Callable[[], tuple[Explained, ...]] = field(default=_nothing, compare=False, repr=False)

    @property
    def explanation(self) -> tuple[Explained, ...]:
        """Every rule down to the one that holds; worked out when it is asked for."""
        return self.explain()


NO_STAGE = JourneyNow("")


@dataclass(frozen=True)
class Stages:
    """The stages of all three fields, and the rules of the journey."""

    tracks: Mapping[str, Track] = field(default_factory=lambda: {path: Track(path, USUAL_ORDER[path]) for path in TRACKED})
    journey: tuple[JourneyLine, ...] = ()

    def move(self, path: str, before: str, now: str, reason: str = "") -> StageMove | None:
        """A field's move from one stage to another; None when it is none."""
        return self.tracks[path].move(before, now, reason)

    def held(self, now: StageNow) -> StageNow:
        """The lifecycle stage that the score gives, or the one before where one of its moves is not allowed."""
        for move in now.moves:
            allowed = self.move(LIFECYCLE_STAGE, move.before, move.now)
            if allowed is not None and not allowed.is_allowed:
                untold = {move.now, *move.skipped} - {move.before}
                return StageNow(move.before, (), tuple(name for name in now.told if name not in untold))
        return now

    def journey_now(self, before: str, case: Case) -> JourneyNow:
        """The stage that the first rule which holds gives a lead that was in `before` until now; without rules it stays."""
        for number, line in enumerate(self.journey):
            if line.when is not None and line.when.truth(case) is not TRUE:
                continue
            explain = partial(_explained, self.journey[: number + 1], case)
            reason = f"the rule in line {line.place.line} holds" if line.when is not None else "no other rule holds"
            move = self.move(JOURNEY_STAGE, before, line.stage, reason)
            if move is not None and not move.is_allowed:
                return JourneyNow(before, None, move, explain)
            return JourneyNow(line.stage, move, None, explain)
        return JourneyNow(before)


def _explained(lines: Sequence[JourneyLine], case: Case) -> tuple[Explained, ...]:
    return tuple(_explained_line(line, case) for line in lines)


def _explained_line(line: JourneyLine, case: Case) -> Explained:
    if line.when is None:
        return Explained(line.stage, TRUE, line.place, reason="no other rule holds")
    found = line.when.explain(case)
    return Explained(line.stage, found.truth, line.place, parts=(found,))
