"""What is wrong with segments, personas and stages of the journey that can be read: what never holds, what is always hidden by
another line, and personas that a lead can be both of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.conditions import CheckIs, Condition, FieldIs, Group
from core.contradictions import why_never
from core.fields import Catalogue
from core.operators import folded
from core.possible import Possible
from core.problems import Problem
from core.routing.implied import implies, is_same
from core.scoring.reach import Findings
from core.segments import SEGMENTS, PersonaLine, Segments
from core.unread import Unread


def lint_segments(segments: Segments, checks: Mapping[str, Condition], catalogue: Catalogue) -> Findings:
    """Everything that is wrong with segments and personas, in the file's order."""
    possible = Possible(catalogue, checks)
    problems = [*_empty_segments(segments, checks, possible), *_silent_personas(segments, checks, possible)]
    silent = {problem.place for problem in problems}
    lines = [line for line in segments.personas if line.when is not None and line.place not in silent]
    hidden = list(_hidden_personas(lines, checks, catalogue))
    hidden_at = {problem.place for problem in hidden}
    open_lines = [line for line in lines if line.place not in hidden_at]
    warnings = [*_repeated_segments(segments, checks, catalogue), *_overlapping(open_lines, segments, checks, possible)]
    return Findings((*problems, *hidden), tuple(warnings))


def can_hold(condition: Condition, segments: Segments, checks: Mapping[str, Condition], possible: Possible) -> bool:
    """Whether some lead could make a condition true that may ask for segments: False also when it asks for several that exclude
    each other."""
    return possible.can_be_true(expanded(condition, segments, checks))


def expanded(condition: Condition, segments: Segments, checks: Mapping[str, Condition]) -> Condition:
    """A condition that is true wherever this one is, with what its segments ask in their stead.

    Under `none` nothing is exchanged: who is not known to be in a segment is not in it, and its condition is only unknown.
    """
    if isinstance(condition, CheckIs) and condition.name in checks:
        return expanded(checks[condition.name], segments, checks)
    if isinstance(condition, Group) and condition.kind != "none":
        parts = tuple(expanded(part, segments, checks) for part in condition.parts)
        return Group(condition.kind, parts, condition.place)
    if isinstance(condition, FieldIs) and condition.path == SEGMENTS and condition.operator in ("contains", "in"):
        asked = {folded(operand) for operand in condition.operands}
        parts = tuple(segment.when for segment in segments.segments if folded(segment.name) in asked)
        return Group("any", parts, condition.place) if parts else condition
    return condition


def _empty_segments(segments: Segments, checks: Mapping[str, Condition], possible: Possible) -> Iterator[Problem]:
    for segment in segments.segments:
        if not possible.can_be_true(segment.when):
            message = (
                f"no lead can ever be in the segment `{segment.name}`: {why_never(segment.when, checks, possible)}. "
                "Change its condition, or remove it."
            )
            yield Problem("never_fires", message, segment.name, segment.place)


def _repeated_segments(segments: Segments, checks: Mapping[str, Condition], catalogue: Catalogue) -> Iterator[Problem]:
    """Segments that ask the same: most likely a copy that was not changed."""
    for number, segment in enumerate(segments.segments):
        for other in segments.segments[:number]:
            if is_same(segment.when, other.when, checks, catalogue):
                message = (
                    f"the segment `{segment.name}` asks the same as `{other.name}` ({other.place}), so the same leads are "
                    "in both. Change its condition, or keep one of them."
                )
                yield Problem("same", message, segment.name, segment.place)
                break


def _silent_personas(segments: Segments, checks: Mapping[str, Condition], possible: Possible) -> Iterator[Problem]:
    for line in segments.personas:
        if line.when is not None and not can_hold(line.when, segments, checks, possible):
            message = (
                f"this line of the persona `{line.persona}` can never hold: "
                f"{why_never(expanded(line.when, segments, checks), checks, possible)}. "
                "Change its condition, or remove it."
            )
            yield Problem("never_fires", message, line.persona, line.place)


def _hidden_personas(lines: Sequence[PersonaLine], checks: Mapping[str, Condition], catalogue: Catalogue) -> Iterator[Problem]:
    """A persona of one line is never taken when another one's line holds wherever it does and comes before it."""
    for number, line in enumerate(lines):
        if line.when is None or sum(other.persona == line.persona for other in lines) > 1:
            continue
        for place, other in enumerate(lines):
            comes_first = other.points > line.points or (other.points == line.points and place < number)
            if other.persona == line.persona or not comes_first or other.when is None:
                continue
            if implies(line.when, other.when, checks, catalogue):
                message = (
                    f"no lead ever becomes `{line.persona}`: `{other.persona}` in line {other.place.line} holds for all of them "
                    f"and comes first. Give `{line.persona}` more points, or write it above that line."
                )
                yield Problem("shadowed", message, line.persona, line.place)
                break


def _overlapping(
    lines: Sequence[PersonaLine], segments: Segments, checks: Mapping[str, Condition], possible: Possible
) -> Iterator[Problem]:
    """Two personas with as many points that one lead can be: then only their order decides, which is most likely not meant."""
    for number, line in enumerate(lines):
        for earlier in lines[:number]:
            if isinstance(line.when, Unread) or isinstance(earlier.when, Unread):
                continue
            if earlier.persona == line.persona or earlier.points != line.points or earlier.when is None or line.when is None:
                continue
            both = Group("all", (earlier.when, line.when), line.place)
            if can_hold(both, segments, checks, possible):
                message = (
                    f"a lead can be `{earlier.persona}` (line {earlier.place.line}) and `{line.persona}` with as many points; "
                    f"then `{earlier.persona}` is taken because it stands first. Give one of them more `points`, or make them "
                    "exclude each other with `none`."
                )
                yield Problem("overlap", message, line.persona, line.place)
                break
