"""Why a lead is where it is: its segments, its persona, its stage of the journey, its lifecycle stage and its status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.conditions import Explained
from core.instants import to_iso
from core.journeys import LIFECYCLE_STAGE, STATUS
from core.segments import JOURNEY_STAGE, PERSONA, SEGMENTS
from leadrelay.engine.deciding import told as told_stages
from leadrelay.history import in_words
from leadrelay.lineage.clauses import conditions
from leadrelay.lineage.origins import refused
from leadrelay.lineage.records import wanted_in
from leadrelay.lineage.scores import thresholds
from leadrelay.lineage.story import Story, Told, plain, shown, step
from leadrelay.lineage.values import value
from leadrelay.store.ids import to_uid
from leadrelay.web.views import Reason


def segments(story: Story) -> Told:
    """All segments: which the lead is in, which it is not, which stay open, and when it entered and left them."""
    placed = story.decided.placed
    if not story.rules.segments.segments:
        return _left(story, SEGMENTS, "no rules name segments")
    stored = story.lead.value(SEGMENTS)
    since = "" if stored in (None, placed.segments) else f"; {shown(stored)} when it was last decided"
    still = f"; it is not known yet whether it is in {', '.join(placed.open)}" if placed.open else ""
    answer = f"the lead is in {_listed(placed.segments)}{still}{since}"
    steps = [one for explained in _of(story, is_persona=False) for one in conditions_of(story, explained)]
    return Told(answer, [*steps, *_memberships(story), *wanted_in(story, SEGMENTS)], list(placed.segments))


def segment(story: Story, name: str) -> Told:
    """One segment by its name."""
    placed = story.decided.placed
    (explained,) = (one for one in _of(story, is_persona=False) if one.text == name)
    is_in = name in placed.segments
    label = next(one.label for one in story.rules.segments.segments if one.name == name)
    called = f"{name} ({label})" if label and label != name else name
    answer = f"the lead is {'' if is_in else 'not '}in the segment {called}{f': {explained.reason}' if explained.reason else ''}"
    return Told(answer, [*conditions_of(story, explained), *_memberships(story, name)], is_in)


def persona(story: Story) -> Told:
    """The persona: the points of each line, and which has the most."""
    lines = story.rules.segments.personas
    if not lines:
        return _left(story, PERSONA, "no rules name personas")
    now, stored = story.decided.placed.persona or None, story.lead.value(PERSONA)
    since = "" if stored in (None, now) else f"; {stored} when it was last decided"
    points: dict[str, int] = {}
    steps: list[Reason] = []
    for line, explained in zip(lines, _of(story, is_persona=True), strict=True):
        gave = line.points if explained.truth and line.when is not None else 0
        points[line.persona] = points.get(line.persona, 0) + gave
        steps += conditions_of(story, explained, points=gave, persona=line.persona)
    told = ", ".join(f"{name} {number}" for name, number in points.items())
    steps.append(
        step("points", f"points by persona: {told}; the most count, of equal ones who stands first", None, 0, points=points)
    )
    return Told(f"the persona is {now or 'none'}{since}", [*steps, *wanted_in(story, PERSONA)], now)


def journey(story: Story) -> Told:
    """The stage of the journey: the first rule that holds, and every move."""
    found, stored = story.decided.journey, story.lead.value(JOURNEY_STAGE)
    if not story.rules.stages.journey:
        told = _left(story, JOURNEY_STAGE, "no rules give a stage of the journey")
        return Told(told.answer, [*told.steps, *_moves(story, JOURNEY_STAGE)], told.value)
    if story.lead.told_by(JOURNEY_STAGE):
        told = value(story, JOURNEY_STAGE)
        rules = step("rules", f"by the rules it would be {found.stage or 'none'}", None, 0, stage=found.stage)
        more = [one for explained in found.explanation for one in conditions_of(story, explained)]
        return Told(told.answer, [*told.steps, rules, *more, *_moves(story, JOURNEY_STAGE)], told.value)
    since = "" if stored in (None, found.stage) else f"; {stored} when it was last decided"
    answer = f"the stage of the journey is {found.stage or 'none'}{since}"
    steps = [one for explained in found.explanation for one in conditions_of(story, explained)]
    if found.refused is not None:
        move = found.refused
        what = f"the rules would give {move.now}, and `stages` does not allow to go there from {move.before}: it stays"
        steps.append(step("not_allowed", what, None, 0, **move.as_json()))
    return Told(answer, [*steps, *_moves(story, JOURNEY_STAGE), *wanted_in(story, JOURNEY_STAGE)], found.stage or None)


def lifecycle_stage(story: Story) -> Told:
    """The lifecycle stage: whether the score or sales gave it, and when each stage was entered and left."""
    won = story.lead.fields.get(LIFECYCLE_STAGE)
    by = story.lead.told_by(LIFECYCLE_STAGE)
    if by:
        told = value(story, LIFECYCLE_STAGE)
        return Told(told.answer, [*told.steps, *_moves(story, LIFECYCLE_STAGE), *_standing(story)], told.value)
    moves = list(_moves(story, LIFECYCLE_STAGE))
    there = [one for one in reversed(moves) if won is not None and one.details.get("to") == won.value]
    last = next(iter(sorted(there, key=lambda one: one.details["lead"] != story.lead.uid)), None)
    because = f", since {last.details['rule']}" if last is not None and last.details.get("rule") else ""
    answer = f"lifecycle_stage is {'none' if won is None else shown(won.value)}{because}"
    score = story.decided.score
    asked = [] if score is None else list(thresholds(story, score))
    steps = [*asked, *refused(story, LIFECYCLE_STAGE), *wanted_in(story, LIFECYCLE_STAGE)]
    return Told(answer, [*moves, *_standing(story), *steps], None if won is None else plain(won.value))


def status(story: Story) -> Told:
    """The status that sales sets, and the lifecycle stage beside it."""
    found, stage = value(story, STATUS), lifecycle_stage(story)
    beside = step("stage", stage.answer, None, 0, value=stage.value)
    moves = list(_moves(story, STATUS))
    return Told(found.answer, [*found.steps, *moves, beside, *stage.steps], found.value)


def conditions_of(story: Story, explained: Explained, **more: Any) -> list[Reason]:
    """An explanation as steps; `more` joins the data of the first."""
    first, *rest = conditions(story, explained)
    return [Reason(first.what, first.at, {**first.details, **more}, first.kind, first.depth), *rest]


def _left(story: Story, path: str, why: str) -> Told:
    stored = story.lead.value(path)
    left = "" if stored in (None, ()) else f"; {shown(stored)} is left from rules that were in force before"
    return Told(why + left, [*wanted_in(story, path)], plain(stored))


def _listed(names: tuple[str, ...]) -> str:
    return f"the segment{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else "no segment"


def _of(story: Story, *, is_persona: bool) -> list[Explained]:
    """The explanations of the segments, or those of the lines of the personas, which stand behind them."""
    number = len(story.rules.segments.segments)
    found = story.decided.placed.explanation
    return list(found[number:] if is_persona else found[:number])


def _memberships(story: Story, name: str = "") -> Iterator[Reason]:
    """When segments were entered and left."""
    for row, data in story.events("segment"):
        if not name or name in (*data.get("entered", ()), *data.get("left", ())):
            what = in_words("segment", data) + story.of(row.lead_id)
            yield step("membership", what, row.at, 0, lead=to_uid(row.lead_id), **data)


# --- stages -------------------------------------------------------------------------------------------------------------


def _moves(story: Story, path: str) -> Iterator[Reason]:
    """Each stage that the lead was in, with when and why it was entered and left, by the rules or by sales."""
    moves = sorted(_stage_moves(story, path), key=lambda move: move[:2])
    for number, (lead, at, data) in enumerate(moves):
        after = moves[number + 1] if number + 1 < len(moves) else None
        left = None if after is None or after[0] != lead else to_iso(after[1])
        details = {**data, "lead": to_uid(lead), "entered_at": to_iso(at), "left_at": left}
        yield Reason(in_words("stage", data) + story.of(lead), at, details, "moved", 0)


def _stage_moves(story: Story, path: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The lead that moved, when, and from where to where."""
    told: set[object] = set()
    for row, data in story.events("stage"):
        if data.get("field", LIFECYCLE_STAGE) == path:
            told.add(data.get("touch"))
            kept = {name: value for name, value in data.items() if name != "told_at"}
            yield row.lead_id, data.get("told_at") or row.at, kept
    for row, data in story.events("crm_change"):  # before what CRMs told was a move of its own
        for change in data.get("changes", ()):
            if change["path"] == path and not change.get("kept") and data.get("touch") not in told:
                rule = f"{data['sink']} {data['object']} {data['crm_id']} says so"
                move = {"field": path, "from": change.get("from", ""), "to": change.get("to", ""), "skipped": [], "rule": rule}
                yield row.lead_id, data.get("told_at") or row.at, move


def _standing(story: Story) -> Iterator[Reason]:
    stands = sorted(told_stages(story.lead))
    if stands:
        what = f"told, and not told again until the score has left them: {', '.join(stands)}"
        yield step("standing", what, None, 0, told=stands)
