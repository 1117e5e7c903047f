"""Why something else came than a test expects: the clauses that decided, with the values that they were asked of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from core.conditions import Case, Condition, Explained
from core.journeys import LIFECYCLE_STAGE
from core.operators import FALSE, TRUE
from core.persons import VERDICT, VERDICT_REASONS
from core.problems import Place
from core.qualification import SET_PREFIX, OutcomeLine
from core.routing.choosing import Line, Stays, ToField, ToOwner, ToPool, ToQueue, Waits
from core.rule_tests.model import CHECKS, EXPECT_OF_ROUTING, NONE, QUARANTINE
from core.rule_tests.playing import Played
from core.scoring.model import GROUP_NAMES, Mark, Stage
from core.segments import JOURNEY_STAGE

if TYPE_CHECKING:
    from core.rules import Rules

_MOST = 6
"""Clauses and lines that one sentence names."""


_Asks = tuple[Place, Condition | None]
"""A line of an ordered list: where it stands and what it asks."""


def why(rules: Rules, played: Played, name: str, expected: str) -> str:
    """Why this is not what was expected; empty where the values say all."""
    verdict = played.decided.verdict
    if name.startswith(CHECKS):
        return clauses(rules.checks[name.removeprefix(CHECKS)], played.case)
    if name in ("outcome", "rule", "reason"):
        return _first_of(rules.lines, _outcome_like(name, expected), verdict.rule, played.case)
    if name.startswith(SET_PREFIX):
        verdict = played.decided.sets[name.removeprefix(SET_PREFIX)]
        lines = next(one.lines for one in rules.sets if SET_PREFIX + one.name == name)
        return _first_of(lines, _outcome_like("outcome", expected), verdict.rule, played.case)
    if name in EXPECT_OF_ROUTING:
        return _routed(rules, played, name, expected)
    if name == QUARANTINE:
        signs = played.case.subject.value(VERDICT_REASONS) or "nothing speaks against it"
        return f"the person is {played.case.subject.value(VERDICT)} ({_shown(signs)})"
    if name == "segments":
        return _segments(rules, played, expected)
    if name == "persona":
        held = [
            f"{line.persona} ({line.points})" for line in rules.segments.personas if line.when and line.when.truth(played.case)
        ]
        return f"lines that hold: {', '.join(held)}" if held else "no line holds"
    if name == JOURNEY_STAGE:
        return _journey(rules, played, expected)
    return _scored(rules, played, name, expected)


def _outcome_like(name: str, expected: str) -> Callable[[OutcomeLine], bool]:
    if name == "rule":
        return lambda line: line.name == expected
    if name == "reason":
        return lambda line: line.reason == expected
    return lambda line: line.outcome == expected


# --- clauses --------------------------------------------------------------------------------------------------------


def clauses(condition: Condition, case: Case) -> str:
    """The clauses that make a condition what it is, with what each was asked of."""
    found = list(dict.fromkeys(_deciding(condition.explain(case))))
    more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return ", ".join(found[:_MOST]) + more


def _deciding(explained: Explained) -> Iterator[str]:
    """The single questions that decide: of `any` that holds those that hold, of `all` that does not hold those that do not."""
    if not explained.parts:
        held = f" (it is {_shown(explained.value)})" if explained.value is not None and explained.truth is not TRUE else ""
        yield f"`{explained.text}` is {explained.truth}{held}"
        return
    holds = explained.truth is TRUE
    for part in explained.parts:
        is_silent = (
            (explained.text == "all" and not holds and part.truth is TRUE)
            or (explained.text == "any" and holds and part.truth is not TRUE)
            or (explained.text == "none" and not holds and part.truth is FALSE)
        )
        if not is_silent:
            yield from _deciding(part)


def _shown(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


# --- ordered lists --------------------------------------------------------------------------------------------------


def _first_of(lines: Sequence[OutcomeLine], is_meant: Callable[[OutcomeLine], bool], decided: str, case: Case) -> str:
    """Why another line decided than the first of those that are meant."""
    taken = next((number for number, line in enumerate(lines) if line.name == decided), None)
    meant = next((number for number, line in enumerate(lines) if is_meant(line)), None)
    return _passed([(line.place, line.condition) for line in lines], meant, taken, case)


def _passed(lines: Sequence[_Asks], meant: int | None, taken: int | None, case: Case) -> str:
    """Why, of an ordered list, this line was taken and not the one that was meant, each by its number."""
    if taken is None:
        return ""
    if meant is not None:
        place, condition = lines[meant]
        if condition is not None and condition.truth(case) is not TRUE:
            return f"the line in {place} does not hold, as {clauses(condition, case)}"
    place, condition = lines[taken]
    because = "no line above it holds" if condition is None else clauses(condition, case)
    above = " above it" if meant is not None and taken < meant else ""
    return f"the line{above} in {place} decides, as {because}"


def _journey(rules: Rules, played: Played, expected: str) -> str:
    journey, lines = played.decided.journey, rules.stages.journey
    if journey.refused is not None:
        return f"the move from {journey.refused.before} to {journey.refused.now} is not allowed"
    meant = next((number for number, line in enumerate(lines) if line.stage == expected), None)
    taken = next((number for number, line in enumerate(lines) if line.when is None or line.when.truth(played.case) is TRUE), None)
    return _passed([(line.place, line.when) for line in lines], meant, taken, played.case)


def _routed(rules: Rules, played: Played, name: str, expected: str) -> str:
    routing, went = rules.routing, played.went
    if routing is None or went is None:
        return ""
    if isinstance(went, Stays):
        return f"{went.owner} {went.reason}"
    if isinstance(went, Waits):
        asked = "" if routing.start_when is None else f", as {clauses(routing.start_when, played.case)}"
        return f"the lead is not routed: {went.reason}{asked}"
    lines = routing.lines
    meant = next((number for number, line in enumerate(lines) if _leads_to(line, name, expected)), None)
    taken = next(number for number, line in enumerate(lines) if line.name == went.line)
    skipped = None if meant is None else went.skipped.get(lines[meant].name)
    if skipped is not None:
        return f"the line `{expected}` was passed over, as {skipped}"
    return _passed([(line.place, line.when) for line in lines], meant, taken, played.case)


def _leads_to(line: Line, name: str, expected: str) -> bool:
    match line.to:
        case ToOwner(email):
            there = {"owner": email}
        case ToField():
            there = {}
        case ToPool(pool):
            there = {"pool": pool}
        case ToQueue(queue):
            there = {"queue": queue}
    return {**there, "line": line.name}.get(name) == expected


# --- scores, stages, segments ---------------------------------------------------------------------------------------


def _scored(rules: Rules, played: Played, name: str, expected: str) -> str:
    """What gave the points; of a stage also what else it asks."""
    score, scoring = played.decided.score, rules.scoring
    if score is None or scoring is None:
        return ""
    group = "fit" if name == "grade" else name.removeprefix("score.")
    lines = [one for one in score.lines if group not in GROUP_NAMES or one.group == group]
    points = ", ".join(f"{one.line} {one.points:g}" for one in lines) or "nothing gave points"
    marks: Sequence[Mark | Stage] = {"band": scoring.bands, "grade": scoring.grades}.get(name, ())
    if name in (LIFECYCLE_STAGE, "entered"):
        marks = scoring.stages
    total = score.groups.get("fit", 0) if name == "grade" else score.total
    found = [points if not marks else f"the score is {total} ({points})"]
    for mark in marks:
        if mark.name == expected and mark.at_least is not None:
            found.append(f"`{mark.name}` begins at {mark.at_least}")
        if mark.name == expected and isinstance(mark, Stage) and mark.when is not None:
            found.append(clauses(mark.when, played.case))
    return "; ".join(found)


def _segments(rules: Rules, played: Played, expected: str) -> str:
    """Of each segment that is missing or too many, the clauses."""
    wanted = set() if expected == NONE else set(expected.split(", "))
    differ = wanted ^ set(played.decided.placed.segments)
    return "; ".join(f"{one.name}: {clauses(one.when, played.case)}" for one in rules.segments.segments if one.name in differ)
