"""Which answers a condition can have at all: what no lead could ever make true, and how many points lines can give together.

Only what follows from single fields is used: a field with one value can not be two things at once. Whatever is not understood
(a text's pattern, an expression, two fields that hang together) is taken as possible, so nothing that can happen is called
impossible.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.conditions import Case, CheckIs, Condition, FieldIs, Group, HasTouch
from core.fields import Catalogue
from core.instants import Instant
from core.lead import Act, Value
from core.operators import FALSE, TRUE, UNKNOWN, Truth, truth
from core.possible_values import NOON, possible_values
from core.routing.implied import implies

MOST_COMBINATIONS = 4_000
"""Beyond this many combinations of values each line is looked at alone."""

Key = Hashable
Answers = Mapping[Key, Truth]
"""What single questions are answered, by what they ask."""

_FREE = ("contains", "matches", "starts_with", "between")


@dataclass(frozen=True, slots=True)
class _OneValue:
    """A subject of which one value is known."""

    path: str
    held: Value | None

    @property
    def kinds(self) -> Mapping[str, Instant]:
        return {}

    @property
    def acts(self) -> tuple[Act, ...]:
        return ()

    def value(self, path: str) -> Value | None:
        return self.held if path == self.path else None


class Possible:
    """What is possible under a catalogue of fields and these checks."""

    def __init__(self, catalogue: Catalogue, checks: Mapping[str, Condition]) -> None:
        self._catalogue = catalogue
        self._checks = checks

    def can_be_true(self, condition: Condition) -> bool:
        """Whether some lead could make a condition true; False only when that is certain."""
        if self._contradicts_itself(condition):
            return False
        combinations = self._combinations(self._questions([condition]))
        return combinations is None or any(self._answer(condition, answers) is TRUE for answers in combinations)

    def _contradicts_itself(self, condition: Condition) -> bool:
        """Whether all of a condition must hold, and one part of it is ruled out wherever another one holds: a touch of the last
        month, and none of the last quarter."""
        held, excluded = list(wanted(condition, self._checks)), list(_excluded(condition, self._checks))
        return any(implies(one, other, self._checks, self._catalogue) for one in held for other in excluded)

    def can_be_reached(self, condition: Condition, above: Sequence[Condition]) -> bool:
        """Whether some lead could make a condition true and none of those above it; False only when that is certain."""
        combinations = self._combinations(self._questions([condition, *above]))
        return combinations is None or any(
            self._answer(condition, answers) is TRUE and all(self._answer(one, answers) is not TRUE for one in above)
            for answers in combinations
        )

    def asks_no_more(self, condition: Condition, other: Condition) -> bool:
        """Whether a condition asks only about what another one asks about."""
        return self._questions([condition]).keys() <= self._questions([other]).keys()

    def most(self, lines: Sequence[tuple[Condition, int]]) -> int:
        """The most points that lines can give to one lead: never less than any lead could get."""
        return sum(self._most_of(part) for part in self._parts(lines))

    def _most_of(self, lines: Sequence[tuple[Condition, int]]) -> int:
        combinations = self._combinations(self._questions(condition for condition, _ in lines))
        if combinations is None:
            return sum(points for _, points in lines if points > 0)
        sums = (
            sum(points for condition, points in lines if self._answer(condition, answers) is TRUE) for answers in combinations
        )
        return max(sums, default=0)

    def _parts(self, lines: Sequence[tuple[Condition, int]]) -> Iterable[list[tuple[Condition, int]]]:
        """The lines in parts that ask nothing in common."""
        parts: list[tuple[set[Key], list[tuple[Condition, int]]]] = []
        for line in lines:
            asked, together = set(self._questions([line[0]])), [line]
            apart = []
            for part in parts:
                if part[0] & asked:
                    asked |= part[0]
                    together = [*part[1], *together]
                else:
                    apart.append(part)
            parts = [*apart, (asked, together)]
        return [part for _, part in parts]

    # --- questions and answers --------------------------------------------------------------------------------------

    def _questions(self, conditions: Iterable[Condition]) -> dict[Key, list[Condition]]:
        """The single questions of conditions, under what they ask about: a field, touches, or something of its own."""
        found: dict[Key, list[Condition]] = {}
        open_ones, seen = list(conditions), set[str]()
        while open_ones:
            one = open_ones.pop()
            if isinstance(one, Group):
                open_ones += one.parts
            elif isinstance(one, CheckIs) and one.name in self._checks:
                if one.name not in seen:
                    seen.add(one.name)
                    open_ones.append(self._checks[one.name])
            else:
                found.setdefault(one.path if isinstance(one, FieldIs) else _key(one), []).append(one)
        return found

    def _combinations(self, questions: Mapping[Key, Sequence[Condition]]) -> Iterable[Answers] | None:
        """Every combination of answers that is possible, or None when these are too many."""
        options: list[list[Answers]] = []
        for asked in questions.values():
            fields = [one for one in asked if isinstance(one, FieldIs)]
            several = self._field_answers(fields) if fields else _any_answers(asked)
            if several is None:
                return None
            options.append(several)
        if math.prod(len(several) for several in options) > MOST_COMBINATIONS:
            return None
        return ({key: one for answers in chosen for key, one in answers.items()} for chosen in itertools.product(*options))

    def _answer(self, condition: Condition, answers: Answers) -> Truth:
        """A condition's answer from those of its single questions."""
        if isinstance(condition, CheckIs) and condition.name in self._checks:
            return self._answer(self._checks[condition.name], answers)
        if not isinstance(condition, Group):
            return answers[_key(condition)]
        parts = {self._answer(part, answers) for part in condition.parts}
        decided, otherwise = (FALSE, TRUE) if condition.kind == "all" else (TRUE, FALSE)
        found = decided if decided in parts else UNKNOWN if UNKNOWN in parts else otherwise
        if condition.kind != "none":
            return found
        return {TRUE: FALSE, FALSE: TRUE, UNKNOWN: UNKNOWN}[found]

    # --- one field --------------------------------------------------------------------------------------------------

    def _field_answers(self, asked: Sequence[FieldIs]) -> list[Answers] | None:
        """The answers that the questions about one field can have together; None when they are too many to tell."""
        path = asked[0].path
        field = self._catalogue.get(path)
        values = None if field is None else possible_values(field, asked)
        nothing = {_key(one): truth(not one.wants_known) if one.ask is None else UNKNOWN for one in asked}
        if values is None:
            known = {_key(one): truth(one.wants_known) for one in asked if one.ask is None}
            free = _with_free(known, asked)
            return None if free is None else [nothing, *free]
        # A pattern sees a text as it was written, and the other questions see it folded: so it may find something in any text.
        held = [*((value, ("matches",)) for value in values.told), *(() if values.other is None else ((values.other, _FREE),))]
        found: list[Answers] = [nothing]
        for value, free_operators in held:
            case = Case(_OneValue(path, value), NOON)
            fixed = {_key(one): one.truth(case) for one in asked if one.operator not in free_operators}
            several = _with_free(fixed, asked)
            if several is None:
                return None
            found += several
        return list({frozenset(answers.items()): answers for answers in found}.values())


def wanted(condition: Condition, checks: Mapping[str, Condition]) -> Iterator[Condition]:
    """The parts that must all be true."""
    if isinstance(condition, CheckIs) and condition.name in checks:
        yield from wanted(checks[condition.name], checks)
    elif isinstance(condition, Group) and condition.kind == "all":
        for part in condition.parts:
            yield from wanted(part, checks)
    else:
        yield condition


def _excluded(condition: Condition, checks: Mapping[str, Condition]) -> Iterator[Condition]:
    """The parts of which none may be true."""
    for part in wanted(condition, checks):
        if isinstance(part, Group) and part.kind == "none":
            yield from part.parts


def _key(condition: Condition) -> Key:
    """What a single question asks: two that ask the same have the same answer."""
    if isinstance(condition, FieldIs):
        return ("field", condition.path, condition.operator, condition.operands, condition.wants_known)
    if isinstance(condition, HasTouch):
        return ("touch", frozenset(condition.kinds), condition.within)
    return ("other", id(condition))


def _any_answers(asked: Collection[Condition]) -> list[Answers]:
    """A question that is not understood may have any answer; whether a touch was there is never unknown."""
    key = _key(next(iter(asked)))
    is_touch = all(isinstance(one, HasTouch) for one in asked)
    return [{key: answer} for answer in ((TRUE, FALSE) if is_touch else (TRUE, FALSE, UNKNOWN))]


def _with_free(fixed: Answers, asked: Sequence[FieldIs]) -> list[Answers] | None:
    """Fixed answers with every combination of yes and no of the other questions; None when these are too many."""
    free = list(dict.fromkeys(_key(one) for one in asked if _key(one) not in fixed))
    if 2 ** len(free) > MOST_COMBINATIONS:
        return None
    return [{**fixed, **dict(zip(free, chosen, strict=True))} for chosen in itertools.product((TRUE, FALSE), repeat=len(free))]
