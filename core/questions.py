"""What to ask next: the open questions that could change the verdict, those first that could change it most. Pure.

A question is one field that nobody has told yet. Its answers are tried out: values that stand for all that the field can hold as
far as the rules tell them apart. It counts first how many other outcomes an answer gives by itself, then how many outcomes it
can tip together with answers to the other questions. One that can tip none is not asked; one whose answers can not be made up,
because a pattern or an expression asks for it, comes last.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.conditions import Case, CheckIs, Condition, FieldIs, Group
from core.expression import Expression
from core.fields import Catalogue, Field
from core.lead import Value
from core.operators import TRUE, UNKNOWN
from core.possible_values import possible_values
from core.qualification import SET_PREFIX, OutcomeLine, RuleSet, asked_for
from core.scoring.evaluating import evaluate
from core.scoring.model import Scoring
from core.seen_points import AsksPoints
from core.seen_through import SeenThrough
from core.subjects import Supposed

MOST_ANSWERS = 24
"""Of one question, so many answers are tried."""
MOST_TOGETHER = 3_000
"""Beyond this many combinations of answers, each question is tried by itself, and all are taken to matter."""

_YES_NO = (True, False)
_HOW: Mapping[str, str] = {
    "integer": "how many?", "decimal": "how much?", "range": "how many or how much?", "boolean": "yes or no?", "date": "when?",
    "datetime": "when?", "email": "which address?", "phone": "which number?", "country": "which country?", "list": "which ones?",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One field to ask for, as a sentence; `outcomes` are those that an answer gives by itself, `together` how many outcomes it
    can tip with answers to the other questions."""

    path: str
    sentence: str
    outcomes: tuple[str, ...]
    together: int

    def as_json(self) -> dict[str, object]:
        """The question as plain JSON values."""
        found: dict[str, object] = {"field": self.path, "question": self.sentence, "outcomes": list(self.outcomes)}
        return {**found, "together": self.together}


def sentence_of(field: Field) -> str:
    """The question for a field, made of its label: `Timeframe: now, within 3 months or later?`."""
    if field.choices:
        words = [choice.replace("_", " ") for choice in field.choices if choice != "unknown"]
        last = words.pop()
        return f"{field.label}: {', '.join(words)} or {last}?" if words else f"{field.label}: {last}?"
    return f"{field.label}: {_HOW.get(field.type, 'what is it?')}"


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lines whose verdict is asked for, and the score and the lists before them that they may ask for."""

    lines: Sequence[OutcomeLine]
    sets: Sequence[RuleSet] = ()
    scoring: Scoring | None = None

    def outcome(self, case: Case) -> str:
        """The verdict of the lines."""
        if self.scoring is not None:
            case = _supposed(case, evaluate(self.scoring, case).fields)
        for one in self.sets:
            case = _supposed(case, {SET_PREFIX + one.name: _first(case, one.lines) or None})
        return _first(case, self.lines)


def questions(
    case: Case,
    lines: Sequence[OutcomeLine],
    catalogue: Catalogue,
    sets: Sequence[RuleSet] = (),
    through: SeenThrough | None = None,
    scoring: Scoring | None = None,
) -> tuple[Question, ...]:
    """The questions whose answers could change the verdict of these lines, the most telling first, else in the rules' order.

    `through` are the lines as they ask for no points of the `scoring`, and for none of the lists before them, which are `sets`;
    None when they ask for none of it anyway.
    """
    lists = _Lists(lines) if through is None else _Lists(lines, sets, scoring)
    asking = case
    conditions = _open_conditions(case, lines)
    if through is not None:
        asking, conditions = through.open_conditions(case)
    paths = list(dict.fromkeys(path for condition in conditions for path in condition.unknowns(asking)))
    if not paths:
        return ()
    answers = {path: _answers(path, conditions, asking, catalogue) for path in paths}
    now = lists.outcome(case)
    alone = {path: _alone(path, answers[path], case, lists, now) for path in paths}
    together = _tipped(answers, case, lists)
    for path in _never_sure(conditions, asking):
        if path in together:
            together[path] = max(together[path], 1)
    found: dict[str, Question] = {}
    for path in paths:
        asked = asked_for(path)
        field = catalogue.get(asked)
        one = Question(asked, sentence_of(field) if field is not None else f"{asked}?", alone[path], together[path])
        before = found.get(asked)
        if one.together and (before is None or (len(before.outcomes), before.together) < (len(one.outcomes), one.together)):
            found[asked] = one
    return tuple(sorted(found.values(), key=lambda one: (-len(one.outcomes), -one.together)))


def _open_conditions(case: Case, lines: Sequence[OutcomeLine]) -> list[Condition]:
    """The conditions that could still become true above the line that decides."""
    found: list[Condition] = []
    for line in lines:
        answer = TRUE if line.condition is None else line.condition.truth(case)
        if answer is TRUE:
            break
        if answer is UNKNOWN and line.condition is not None:
            found.append(line.condition)
    return found


def _first(case: Case, lines: Sequence[OutcomeLine]) -> str:
    return next((one.outcome for one in lines if one.condition is None or one.condition.truth(case) is TRUE), "")


def _supposed(case: Case, values: Mapping[str, Value | None]) -> Case:
    return Case(Supposed(case.subject, values), case.as_of, case.checks)


def _alone(path: str, answers: Iterable[Value], case: Case, lists: _Lists, now: str) -> tuple[str, ...]:
    """The other outcomes that an answer gives by itself, in the rules' order."""
    found = {lists.outcome(_supposed(case, {path: answer})) for answer in answers}
    order = dict.fromkeys(line.outcome for line in lists.lines)
    return tuple(name for name in order if name in found and name != now)


def _tipped(answers: Mapping[str, Sequence[Value]], case: Case, lists: _Lists) -> dict[str, int]:
    """How many outcomes the answer to each question can tip, whatever the other answers are (or nobody gives one)."""
    options = {path: (None, *several) for path, several in answers.items()}
    if math.prod(len(several) for several in options.values()) > MOST_TOGETHER:
        return dict.fromkeys(answers, len({line.outcome for line in lists.lines}))
    paths = list(options)
    outcomes = {
        chosen: lists.outcome(_supposed(case, dict(zip(paths, chosen, strict=True))))
        for chosen in itertools.product(*options.values())
    }
    return {path: len(_differing(outcomes, number)) for number, path in enumerate(paths)}


def _differing(outcomes: Mapping[tuple[Value | None, ...], str], number: int) -> set[str]:
    """The outcomes that change into another one when only the answer at this position changes."""
    groups: dict[tuple[Value | None, ...], set[str]] = {}
    for chosen, outcome in outcomes.items():
        groups.setdefault((*chosen[:number], *chosen[number + 1 :]), set()).add(outcome)
    return {outcome for group in groups.values() if len(group) > 1 for outcome in group}


# --- answers --------------------------------------------------------------------------------------------------------


def _answers(path: str, conditions: Iterable[Condition], case: Case, catalogue: Catalogue) -> tuple[Value, ...]:
    """Values that stand for all that may be answered; where they can not be told, what the rules name and something else."""
    field = catalogue.get(path)
    asked = [one for one in _questions_of(conditions, case) if one.path == path]
    values = None if field is None else possible_values(field, asked)
    if values is None:
        named = tuple(dict.fromkeys(operand for one in asked for operand in one.operands))
        found: tuple[Value, ...] = _YES_NO if field is not None and field.type == "boolean" else (*named, "\x00 something else")
        if field is not None and field.type == "list":
            found = tuple((str(value),) for value in found)
    else:
        found = values.told if values.other is None else (*values.told, values.other)
    is_list = field is not None and field.type == "list"
    found = (*found, *(() if is_list else _parts_of(asked)))
    return _told_apart([value for value in found if value != "unknown"], asked, path, case)


def _parts_of(asked: Iterable[FieldIs]) -> Iterator[str]:
    """Texts of which the parts that are asked for are true; none can be made for a pattern."""
    for one in asked:
        if one.operator in ("contains", "starts_with"):
            yield from one.operands
        elif one.operator == "between":
            yield from (text.partition("-")[0].strip() for text in one.operands)


def _never_sure(conditions: Iterable[Condition], case: Case) -> set[str]:
    """Open fields of which no answers can be made up, because a pattern or an expression asks for them."""
    leaves = list(_leaves(conditions, case))
    found = {one.path for one in leaves if isinstance(one, FieldIs) and one.operator == "matches"}
    return found | {name.path for one in leaves if isinstance(one, Expression) for name in one.variables if name.kind != "check"}


def _told_apart(values: Iterable[Value], asked: Sequence[FieldIs], path: str, case: Case) -> tuple[Value, ...]:
    """One value for each way in which the rules' questions can be answered together."""
    found: dict[tuple[object, ...], Value] = {}
    for value in values:
        given = _supposed(case, {path: value})
        key = tuple(one.truth(given) for one in asked) if asked else (value,)
        found.setdefault(key, value)
    return tuple(found.values())[:MOST_ANSWERS]


def _questions_of(conditions: Iterable[Condition], case: Case) -> Iterator[FieldIs]:
    """The single questions to fields, also through checks."""
    return (one for one in _leaves(conditions, case) if isinstance(one, FieldIs))


def _leaves(conditions: Iterable[Condition], case: Case) -> Iterator[FieldIs | Expression]:
    """What conditions are made of in the end, also through checks."""
    open_ones, seen = list(conditions), set[str]()
    while open_ones:
        one = open_ones.pop()
        if isinstance(one, FieldIs | Expression):
            yield one
        if isinstance(one, Group):
            open_ones += one.parts
        elif isinstance(one, AsksPoints):
            open_ones += one.open_lines(case)
        elif isinstance(one, CheckIs | Expression):
            new = [name for name in one.names() if name in case.checks and name not in seen]
            seen.update(new)
            open_ones += [case.checks[name] for name in new]
