"""What the rules make of a lead, the same whoever asks for it and whatever changed the lead.

The order is fixed: whether the person is real and can be reached, then score, outcome, lifecycle stage, segments, persona, stage
of the journey. Each becomes fields of the lead, dated by its newest touch, and what moved is told by events. `stage:` marks
remember which stages were told, so that a threshold is told once however often it is crossed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import structlog

from core import rules as rule_files
from core.instants import HOUR, Instant, earliest
from core.journeys import TRACKED
from core.lead import Lead, Value, Won, make_won
from core.persons import judgement
from core.qualification import SET_PREFIX
from core.quick_dataclass import quick_dataclass
from core.scoring.stages import BEFORE_ALL
from core.segments import JOURNEY_STAGE, PERSONA, SEGMENTS, changed
from core.sent_score import SENT, let_out
from leadrelay.engine.plan import ProcessPlan

log = structlog.get_logger(__name__)

STAGE = "lifecycle_stage"
TOLD_STAGE = "stage:"
"""What the mark of a stage that was told begins with; it holds when that was, and by which touch."""
SCORED_BY = "score:rules"
"""The mark that holds by which rules the score was made."""
_AFTER_FAILURE = HOUR
_SCORES = ("score.total", "score.fit", "score.behaviour", "score.engagement", "score.band", "score.grade")

Said = tuple[str, dict[str, Any]]
"""The kind of an event, and what it says."""


@quick_dataclass(frozen=True, slots=True)
class Decided:
    """A lead with what was decided of it, the events that tell what moved, and when time alone may change any of it."""

    lead: Lead
    events: Sequence[Said] = ()
    again_at: Instant | None = None
    found: rule_files.Decided | None = field(default=None, compare=False, repr=False)


def decide(plan: ProcessPlan, lead: Lead, before: Lead | None, now: Instant) -> Decided:
    """The lead as the rules see it now; what they change makes another version than that of `before`, the stored lead.

    Rules that fail leave the lead as it is, and the log has the trace.
    """
    rules = plan.rules
    newest = _newest(lead)
    if newest is None:
        return Decided(lead)
    said = judgement(lead, trusts_signs=_is_news(newest, before))
    judged = lead.holding(_with(lead.fields, said, newest), lead.marks, lead.version)
    if rules.decides_nothing and not _was_decided(lead):
        return Decided(_settled(lead, before, judged.fields, lead.marks))
    try:
        found = rules.decide(judged, now, told(lead))
        again_at = rules.again_at(judged, found, now)
    except Exception:
        log.exception("deciding_failed", lead=lead.uid)
        return Decided(lead, (), now + _AFTER_FAILURE)
    fields, marks = _fields(rules, found, judged, newest), _marks(rules, found, judged, newest)
    events = _events(rules, found, lead, before)
    if found.score is not None:
        marks[SENT], let_out_at = let_out(lead, fields, now, is_crossed=bool(events))
        again_at = earliest(again_at, let_out_at)
    return Decided(_settled(lead, before, fields, marks), events, again_at, found)


def _newest(lead: Lead) -> Won | None:
    """By which touch what is decided is dated: the person's newest one, else whatever told of the lead last."""
    return lead.fields.get("last_touch.kind") or max(lead.fields.values(), key=lambda won: (won.at, won.touch), default=None)


def _is_news(newest: Won, before: Lead | None) -> bool:
    """Whether the newest touch was read just now. The signs of one that is stored may be those of an earlier version, which knew
    fewer or none: those are looked for again."""
    return before is None or newest != before.fields.get("last_touch.kind")


def _settled(lead: Lead, before: Lead | None, fields: Mapping[str, Won], marks: Mapping[str, tuple[Instant, str]]) -> Lead:
    """The lead with what was decided of it: the same one where nothing changed, and another version where only that did."""
    version = lead.version
    if before is not None and before.version == version:
        version += fields != before.fields or _without_hash(marks) != _without_hash(before.marks)
    if (version, fields, marks) == (lead.version, lead.fields, lead.marks):
        return lead
    return lead.holding(fields, marks, version)


def _with(fields: Mapping[str, Won], said: Mapping[str, Value | None], newest: Won) -> dict[str, Won]:
    """The fields with what is said of some of them; None is that nothing is known any more."""
    found, (_, at, touch) = dict(fields), newest
    for path, value in said.items():
        if value is not None:
            found[path] = make_won((value, at, touch))
        elif path in found:
            del found[path]
    return found


def _was_decided(lead: Lead) -> bool:
    """Whether a lead holds what rules said of it that are there no more."""
    return SCORED_BY in lead.marks or any(path in (SEGMENTS, PERSONA) or path.startswith(SET_PREFIX) for path in lead.fields)


def told(lead: Lead) -> frozenset[str]:
    """The stages that were told of a lead and stand."""
    return frozenset(mark.removeprefix(TOLD_STAGE) for mark in lead.marks if mark.startswith(TOLD_STAGE))


def one_of(plan: ProcessPlan, merged: Lead, *others: Lead) -> Lead:
    """A lead that others' touches were folded into, with what was decided of them: every mark of a stage that was told, and the
    furthest of their stages, wherever no CRM told it otherwise."""
    marks = dict(merged.marks)
    best = merged.fields.get(STAGE)
    for other in others:
        marks |= {mark: key for mark, key in other.marks.items() if mark.startswith(TOLD_STAGE) and mark not in marks}
        theirs = other.fields.get(STAGE)
        if theirs is not None and _rank(plan, theirs) > _rank(plan, best):
            best = theirs
    fields = dict(merged.fields) if best is None else {**merged.fields, STAGE: best}
    if fields == merged.fields and marks == merged.marks:
        return merged
    return replace(merged, fields=fields, marks=marks)


def still_decided(lead: Lead, before: Lead) -> Lead:
    """A lead that older touches were folded into, with the stage that was decided of it after all that a CRM has told of that.

    The fold lets a CRM's word displace whatever no CRM told, also a word that was said before the stage was reached, such as the
    `lead` that HubSpot gives each new contact.
    """
    had, now = before.fields.get(STAGE), lead.fields.get(STAGE)
    if had is None or before.told_by(STAGE) or (now is not None and (now.at, now.touch) >= (had.at, had.touch)):
        return lead
    return replace(lead, fields={**lead.fields, STAGE: had})


def _rank(plan: ProcessPlan, stage: Won | None) -> int:
    """How far on a stage is: those of the score as they are written, and after them those that only people give, a customer."""
    name = "" if stage is None else str(stage.value)
    names = [] if plan.rules.scoring is None else [one.name for one in plan.rules.scoring.stages]
    if name in names:
        return names.index(name) + len(BEFORE_ALL)
    return BEFORE_ALL.index(name) if name in BEFORE_ALL else len(names) + len(BEFORE_ALL)


def _fields(rules: rule_files.Rules, found: rule_files.Decided, lead: Lead, newest: Won) -> Mapping[str, Won]:
    said: dict[str, Value | None] = {}
    if found.verdict.outcome:
        said = {"outcome": found.verdict.outcome, "outcome_reason": found.verdict.reason or None}
    said |= {path: None for path in lead.fields if path[0] == "q" and path.startswith(SET_PREFIX)}  # most begin otherwise
    said |= {SET_PREFIX + name: verdict.outcome or None for name, verdict in found.sets.items()}
    said |= dict.fromkeys(_SCORES) if found.score is None else found.score.fields
    is_placed = bool(rules.segments.segments or rules.segments.personas)
    said |= found.placed.values if is_placed else dict.fromkeys(found.placed.values)
    if found.journey.move is not None and not _stands(lead, newest):
        said[JOURNEY_STAGE] = found.journey.stage or None
    if rules.scoring is not None and found.stage.moves:
        said[STAGE] = found.stage.stage or None
    return _with(lead.fields, said, newest)


def _stands(lead: Lead, newest: Won | None) -> bool:
    """Whether sales has said where the person is on their journey after all that the person did: then no rule knows better."""
    told = lead.fields.get(JOURNEY_STAGE) if lead.told_by(JOURNEY_STAGE) else None
    return told is not None and newest is not None and (told.at, told.touch) > (newest.at, newest.touch)


def _marks(rules: rule_files.Rules, found: rule_files.Decided, lead: Lead, newest: Won) -> dict[str, tuple[Instant, str]]:
    """What is remembered beside the fields; a mark that stands keeps when it was set."""
    if rules.scoring is None:
        return {mark: key for mark, key in lead.marks.items() if mark not in (SCORED_BY, SENT)}
    known = {TOLD_STAGE + stage.name for stage in rules.scoring.stages}
    marks = {mark: key for mark, key in lead.marks.items() if mark not in known}
    for name in found.stage.told:
        mark = TOLD_STAGE + name
        marks[mark] = lead.marks.get(mark, (newest.at, newest.touch))
    return marks | {SCORED_BY: (0, rules.scoring.rules_hash)}


def _without_hash(marks: Mapping[str, tuple[Instant, str]]) -> dict[str, tuple[Instant, str]]:
    return {mark: key for mark, key in marks.items() if mark != SCORED_BY}


def told_moves(plan: ProcessPlan, lead: Lead, before: Lead | None, touches: Collection[str]) -> list[Said]:
    """The moves of a lead's stages and status that these touches of a CRM tell. They are told as they are, also where `stages`
    does not allow them: sales knows. What comes with another lead in a merge was told of that one."""
    events: list[Said] = []
    for path in TRACKED:
        won, sink = lead.fields.get(path), lead.told_by(path)
        if won is None or won.touch not in touches:
            continue
        was = "" if before is None else str(before.value(path) or "")
        move = plan.rules.stages.move(path, was, str(won.value), f"{sink} says so")
        if move is None:
            continue
        said = {**move.as_json(), "sink": sink, "touch": won.touch}
        if not move.is_allowed:
            log.warning("stage_not_allowed", lead=lead.uid, field=path, before=move.before, now=move.now, sink=sink)
        events.append(("stage", said))
    return events


def moves_undone(plan: ProcessPlan, found: Decided, stored: Lead, by: str, reason: str) -> list[Said]:
    """The moves of a lead's stages and status from what is stored of it to what `found` begins from, because a person has taken
    something back: `reason` says what. No such move is one that `stages` could forbid."""
    events: list[Said] = []
    for path in TRACKED:
        first = next((said["from"] for kind, said in found.events if kind == "stage" and said["field"] == path), None)
        now = found.lead.value(path) if first is None else first
        move = plan.rules.stages.move(path, str(stored.value(path) or ""), str(now or ""), reason)
        if move is not None:
            events.append(("stage", {**move.as_json(), "allowed": True, "by": by}))
    return events


def _events(rules: rule_files.Rules, found: rule_files.Decided, lead: Lead, before: Lead | None) -> list[Said]:
    """What moved: the outcome of a lead that had been decided before, and each move of the stage."""
    events: list[Said] = []
    was = None if before is None else str(before.value("outcome") or "")
    verdict, score = found.verdict, found.score
    if was is not None and verdict.outcome and verdict.outcome != was:
        events.append(("outcome", {"from": was, "to": verdict.outcome, "rule": verdict.rule}))
    for move in found.stage.moves:
        way = rules.stages.move(STAGE, move.before, move.now)
        said: dict[str, Any] = {
            "field": STAGE,
            "from": move.before,
            "to": move.now,
            "skipped": list(move.skipped),
            "rule": move.reason,
        }
        if way is not None:
            said |= {"kind": way.kind, "allowed": way.is_allowed}
        events.append(("stage", said if score is None else {**said, "score": score.total, "rules": score.rules_hash}))
    if found.journey.move is not None and not _stands(lead, _newest(lead)):
        events.append(("stage", found.journey.move.as_json()))
    held = lead.value("segments")
    moved = changed(held if isinstance(held, tuple) else (), found.placed.segments)
    if moved:
        events.append(("segment", moved.as_json()))
    return events
