"""The lead of a test as the rules see it: its touches are decided one after another, at their times, as if they came in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.conditions import Case, Subject
from core.fields import SIGNS, Catalogue
from core.golden import fold_all
from core.instants import Instant
from core.journeys import LIFECYCLE_STAGE
from core.lead import Cell, Lead, Touch, Value, Won
from core.normalize import RawValue, normalize
from core.persons import judgement
from core.problems import Problem
from core.quarantine import QuarantineLine, put_aside
from core.realness import signs_of
from core.routing.choosing import Decision
from core.rule_tests.model import GivenField, GivenTouch, RuleTest
from core.segments import JOURNEY_STAGE

if TYPE_CHECKING:
    from core.rules import Decided, Rules

NOON = 1_763_726_400_000
"""When every test is: 2025-11-21T12:00:00Z."""

_CONTENT = "touch.content_id"


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a test's lead: what was decided of it in the end, where it goes, and the stages that it entered on the way.

    `aside` is the line that puts its last touch aside, if that came in alone; `unread` is what of its fields could not be read.
    """

    decided: Decided
    case: Case
    went: Decision | None
    entered: tuple[str, ...]
    aside: QuarantineLine | None
    unread: tuple[Problem, ...]


def play(rules: Rules, test: RuleTest, catalogue: Catalogue) -> Played:
    """Decide a test's lead, and before that what it was after each touch, unless the test says the stage it had until now."""
    lead, submitted, unread = _lead(test, test.touches, catalogue)
    aside = put_aside(rules.quarantine, submitted, signs_of(submitted), NOON, rules.checks, catalogue)
    stage, journey = _given(lead, LIFECYCLE_STAGE), _given(lead, JOURNEY_STAGE)
    told: Collection[str] | None = None
    entered: list[str] = []
    if not stage and not journey and _has_memory(rules):
        for before, starts, ends in _steps(test, catalogue):
            at: Instant | None = starts
            while at is not None and at < ends:
                decided = rules.decide(_with(before, stage, journey), at, told)
                entered += _entered(rules, decided)
                stage, journey, told = decided.stage.stage, decided.journey.stage, decided.stage.told
                later = rules.again_at(before, decided, at)
                at = later if later is not None and later > at else None
    lead = _with(lead, stage, journey)
    decided = rules.decide(lead, NOON, told)
    subject: Subject = decided.subject(lead)
    went = rules.route(subject, NOON)
    all_entered = (*entered, *_entered(rules, decided))
    return Played(decided, Case(subject, NOON, rules.checks), went, all_entered, aside, unread)


def _has_memory(rules: Rules) -> bool:
    """Whether what a lead was before changes what it is now."""
    return bool(rules.stages.journey or (rules.scoring is not None and rules.scoring.stages))


def _steps(test: RuleTest, catalogue: Catalogue) -> Iterator[tuple[Lead, Instant, Instant]]:
    """The lead from each of its touches on but those of now, and until when it was so."""
    times = sorted({touch.ago for touch in test.touches if touch.ago > 0}, reverse=True)
    for ago, until in zip(times, [*times[1:], 0], strict=False):
        lead, _, _ = _lead(test, [touch for touch in test.touches if touch.ago >= ago], catalogue)
        yield lead, NOON - ago, NOON - until


def _entered(rules: Rules, decided: Decided) -> Iterator[str]:
    """The stages onwards that the score told of; a return is none."""
    names = [] if rules.scoring is None else [stage.name for stage in rules.scoring.stages]
    for move in decided.stage.moves:
        if move.now in names and (move.before not in names or names.index(move.before) < names.index(move.now)):
            yield move.now


def _given(lead: Lead, path: str) -> str:
    return str(lead.value(path) or "")


def _with(lead: Lead, stage: str, journey: str) -> Lead:
    """The lead with the stages that it was in until now."""
    said = {LIFECYCLE_STAGE: stage, JOURNEY_STAGE: journey}
    fields = {path: Won(name, NOON, "test") for path, name in said.items() if name and path not in lead.fields}
    return replace(lead, fields={**lead.fields, **fields}) if fields else lead


# --- the lead -------------------------------------------------------------------------------------------------------


def _lead(test: RuleTest, given_touches: Sequence[GivenTouch], catalogue: Catalogue) -> tuple[Lead, Touch, tuple[Problem, ...]]:
    """The lead that these of a test's touches make, the last one of them, and what of the fields could not be read: those that a
    form may fill go the way of a submission, with the last touch; derived ones are taken as they are."""
    inputs = {given.path: given for given in test.fields if catalogue.is_input(given.path)}
    normalized = normalize({path: RawValue(given.texts, path) for path, given in inputs.items()}, catalogue)
    touches = [
        Touch(f"touch{number:04}", "test", NOON - given.ago, given.kind, {_CONTENT: Cell(given.content)} if given.content else {})
        for number, given in enumerate(given_touches)
    ] or [Touch("touch", "test", NOON, "", {})]
    submitted = replace(touches[-1], fields={**normalized.fields, **touches[-1].fields}, problems=tuple(normalized.problems))
    if signs := signs_of(submitted):
        submitted = replace(submitted, fields={**submitted.fields, SIGNS: Cell(tuple(sign.code for sign in signs))})
    lead = fold_all([*touches[:-1], submitted], catalogue, "test")
    if not given_touches:
        lead = replace(lead, kinds={}, acts=())
    said = dict(judgement(lead, trusts_signs=True))  # what every lead has before any rule asks
    said |= {given.path: _derived(catalogue, given) for given in test.fields if given.path not in inputs}
    derived = {path: Won(value, NOON, "test") for path, value in said.items() if value is not None}
    unread = tuple(problem for problem in normalized.problems if problem.field not in normalized.fields)
    return replace(lead, fields={**lead.fields, **derived}), submitted, unread


def _derived(catalogue: Catalogue, given: GivenField) -> Value | None:
    text = given.texts[0]
    kind = catalogue[given.path].type
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower())
    if kind == "integer":
        return int(text) if text.lstrip("-").isdecimal() else None
    return given.texts if kind == "list" else text
