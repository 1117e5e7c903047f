"""What is wrong with rules that can be read: what can never happen, what is hidden, and what is most likely a slip.

It also looks at rules of which some could not be read: any answer is taken as possible there, so only what is certain is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from core.conditions import Condition, FieldIs, Group
from core.contradictions import why_never
from core.fields import Catalogue
from core.journey_rules import lint_stages
from core.known_words import singles
from core.possible import Possible
from core.problems import Place, Problem
from core.qualification_rules import with_sets
from core.routing.choosing import Routing
from core.scoring.model import ConditionLine
from core.scoring.reach import Findings, lint_scoring, reach
from core.segment_lint import can_hold, expanded, lint_segments
from core.segments import Segments
from core.shadows import Row, Shadows, routing_rows
from core.touch_kinds import lint_kinds
from core.unread import Unread
from core.written_codes import lint_codes

if TYPE_CHECKING:
    from core.routing.compiling import Team
    from core.rules import Rules

Checks = Mapping[str, Condition]


def lint_rules(rules: Rules, catalogue: Catalogue, team: Team | None = None, kinds: Collection[str] = ()) -> Findings:
    """Everything that is wrong with rules that can be read: problems must be mended, warnings stop nothing. `kinds` are the kinds
    of touches that mappings name."""
    wide = with_sets(catalogue, (one.name for one in rules.sets))
    problems = list(_silent_checks(rules.checks, rules.written, wide))
    silent = {problem.field for problem in problems}
    checks = {name: Unread(one.place) if name in silent else one for name, one in rules.checks.items()}
    found = [lint_segments(rules.segments, checks, wide), lint_stages(rules.stages)]
    if rules.scoring is not None:
        found.append(lint_scoring(rules.scoring, checks, wide))
    asked = list(asked_in(rules))
    found += [_lists(rules, checks, wide), lint_codes(asked, wide), lint_kinds(rules, asked, kinds)]
    problems += _out_of_reach(rules, asked, Possible(wide, checks))
    problems += [] if team is None or team.is_unread else _unknown_owners(rules, team)
    warnings = [*_unasked_checks(rules), *_silent_parts(asked, rules.segments, checks, Possible(wide, checks))]
    problems += [problem for one in found for problem in one.problems]
    told = {problem.place for problem in problems}
    warnings = [one for one in warnings if one.place not in told] + [warning for one in found for warning in one.warnings]
    return Findings(tuple(sorted(problems, key=_place_of)), tuple(sorted(warnings, key=_place_of)))


def _place_of(problem: Problem) -> Place:
    return problem.place or Place("", 0, 0)


class Asking(NamedTuple):
    """One condition of the rules as it is written, and the name of the check that it is, if it is one."""

    condition: Condition
    check: str = ""


def asked_in(rules: Rules) -> Iterator[Asking]:
    """Every condition that stands in the rules."""
    yield from (Asking(condition, name) for name, condition in rules.checks.items())
    for _, line in () if rules.scoring is None else rules.scoring.lines:
        if isinstance(line, ConditionLine):
            yield Asking(line.condition)
    for stage in () if rules.scoring is None else rules.scoring.stages:
        if stage.when is not None:
            yield Asking(stage.when)
    yield from (Asking(line.when) for line in rules.quarantine)
    yield from (Asking(condition) for condition in rules.asked)


# --- what never holds -----------------------------------------------------------------------------------------------


def _silent_checks(checks: Checks, written: Mapping[str, Place], catalogue: Catalogue) -> Iterator[Problem]:
    """Checks that contradict themselves; of several that rest on each other the one at the root."""
    open_ones, silent = dict(checks), set[str]()
    while True:
        possible = Possible(catalogue, open_ones)
        names = [name for name, one in open_ones.items() if name not in silent and not possible.can_be_true(one)]
        roots = [name for name in names if not set(open_ones[name].names()) & set(names)] or names
        if not roots:
            return
        for name in roots:
            message = (
                f"the check `{name}` can never be true: {why_never(open_ones[name], open_ones, possible)}. "
                "Change its condition, or remove it where it is asked."
            )
            yield Problem("never_fires", message, name, written.get(name, checks[name].place))
            silent.add(name)
            open_ones[name] = Unread(checks[name].place)


def _silent_parts(asked: Iterable[Asking], segments: Segments, checks: Checks, possible: Possible) -> Iterator[Problem]:
    """Parts of `any` and `none` that contradict themselves."""
    for one in asked:
        for part in _alternatives(one.condition):
            if isinstance(part, Group) and part.kind != "none" and not can_hold(part, segments, checks, possible):
                message = "this part can never be true: what it asks contradicts itself. Change it, or remove it."
                yield Problem("never_fires", message, part.kind, part.place)


def _alternatives(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Group):
        for part in condition.parts:
            if condition.kind != "all":
                yield part
            yield from _alternatives(part)


def _out_of_reach(rules: Rules, asked: Iterable[Asking], possible: Possible) -> Iterator[Problem]:
    """Questions for more points than a lead can have."""
    if rules.scoring is None:
        return
    most = reach(rules.scoring, possible)
    highest = {"score.total": most.total.ever, **{f"score.{name}": points.ever for name, points in most.groups.items()}}
    for one in singles(asking.condition for asking in asked):
        if isinstance(one, FieldIs) and one.path in highest and one.operator in ("at_least", "is"):
            wanted = one.operands[0] if one.operands else ""
            if wanted.lstrip("+-").isdigit() and int(wanted) > highest[one.path]:
                message = (
                    f"{one.path} is never more than {highest[one.path]}, so this is never true. "
                    f"Write {highest[one.path]} or less, or give more points under `scoring`."
                )
                yield Problem("unreachable", message, one.path, one.at[0])


# --- ordered lists --------------------------------------------------------------------------------------------------


def _lists(rules: Rules, checks: Checks, catalogue: Catalogue) -> Findings:
    """The ordered lists of all sections: lines that never hold or are never reached."""
    shadows, possible = Shadows(checks, catalogue), Possible(catalogue, checks)
    named = [(one.name, one.lines) for one in rules.sets] + [("lead", rules.lines)]
    lists = [([Row(line.name, line.condition, line.place) for line in lines], "the line") for _, lines in named]
    lists.append(([Row(line.name, line.when, line.place) for line in rules.quarantine], "the line"))
    lists.append(([Row(line.stage, line.when, line.place) for line in rules.stages.journey], "the rule of"))
    problems: list[Problem] = []
    if rules.routing is not None:
        lists.append((routing_rows(rules.routing), "the line"))
        problems += _excluded(rules.routing, rules.segments, checks, possible)
    told = {problem.place for problem in problems}
    for rows, what in lists:
        silent = list(_silent_rows([row for row in rows if row.place not in told], what, rules.segments, checks, possible))
        told |= {problem.place for problem in silent}
        open_rows = [_with_segments(row, rules.segments, checks) for row in rows if row.place not in told]
        problems += [*silent, *shadows.hidden(open_rows, what)]
    return Findings(tuple(problems))


def _silent_rows(rows: Sequence[Row], what: str, segments: Segments, checks: Checks, possible: Possible) -> Iterator[Problem]:
    for row in rows:
        if row.when is not None and not can_hold(row.when, segments, checks, possible):
            why = why_never(expanded(row.when, segments, checks), checks, possible)
            message = f"{what} `{row.name}` can never hold: {why}. Change its condition, or remove it."
            yield Problem("never_fires", message, row.name, row.place)


def _with_segments(row: Row, segments: Segments, checks: Checks) -> Row:
    """A line that asks what its segments ask: a lead is in a segment exactly when its condition is true."""
    return Row(row.name, None if row.when is None else expanded(row.when, segments, checks), row.place, row.takes_all)


def _excluded(routing: Routing, segments: Segments, checks: Checks, possible: Possible) -> Iterator[Problem]:
    """A start that never comes, and lines for leads that are never routed."""
    if routing.start_when is None:
        return
    if not can_hold(routing.start_when, segments, checks, possible):
        message = "no lead is ever routed: what `start_when` asks contradicts itself. Change its condition, or remove it."
        yield Problem("never_fires", message, "start_when", routing.start_when.place)
        return
    for line in routing.lines:
        if line.when is None or not can_hold(line.when, segments, checks, possible):
            continue
        if not can_hold(Group("all", (routing.start_when, line.when), line.place), segments, checks, possible):
            message = (
                f"the line `{line.name}` can never hold: `start_when` (line {routing.start_when.place.line}) lets none of its "
                "leads be routed. Change one of the two."
            )
            yield Problem("never_fires", message, line.name, line.place)


# --- what nobody asks, and whom nobody knows ------------------------------------------------------------------------


def _unasked_checks(rules: Rules) -> Iterator[Problem]:
    """Checks that nothing asks; none of rules that consist of checks alone, which are a store of them."""
    asked = {name for pack in rules.packs for name in pack.checks}
    conditions = list(asked_in(rules))
    asked |= {name for one in conditions for name in one.condition.names() if name != one.check}
    if not asked and all(one.check for one in conditions):
        return
    for name, place in rules.written.items():
        if name not in asked:
            message = f"the check `{name}` is asked nowhere. Ask it in a line, name it under `criteria`, or remove it."
            yield Problem("unused", message, name, place)


def _unknown_owners(rules: Rules, team: Team) -> Iterator[Problem]:
    """Tests that expect an owner who is neither in the team nor told by the test itself."""
    for test in rules.tests:
        given: set[str] = {text for one in test.fields for text in one.texts}
        for expected in test.expected:
            if expected.name == "owner" and "@" in expected.text and expected.text not in (*team.people, *given):
                message = f"`{expected.text}` is nobody in team.yaml, so no lead gets them as owner. Correct the address."
                yield Problem("unknown_name", message, expected.text, expected.place)
