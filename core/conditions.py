"""Conditions as values: each can be asked of a lead at a point in time, answered true, false or unknown, and explained.

Logic is three-valued (Kleene's): `all` is false as soon as one part is false and unknown when otherwise one is unknown; `none`
is the contrary of `any`. A field without a value is unknown to every operator but `known`; a touch that is not in the
history has not happened, which is false.

They are made from YAML in core/condition_compiling.py; expressions in CEL (core/expression.py) and what could not be read
(core/unread.py) are conditions too. Whatever has a `value(name)`, `kinds` and `acts` can be asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.answering import Answer, check_answer, field_answer, group_answer, touch_answer
from core.instants import Instant
from core.lead import Act, Value, Won
from core.operators import FALSE, TRUE, UNKNOWN, Ask, Truth
from core.problems import Place
from core.quick_dataclass import quick_dataclass


class Subject(Protocol):
    """What a condition is asked of: a lead, or anything else with named values and times of touches."""

    @property
    def kinds(self) -> Mapping[str, Instant]:
        """The newest time of each kind of touch."""

    @property
    def acts(self) -> tuple[Act, ...]:
        """The person's newest touches, newest first."""

    def value(self, path: str) -> Value | None:
        """The value of a name, or None when nothing is known."""


@dataclass(slots=True)
class Case:
    """One subject at one point in time, with the checks by name and what is known of their answers already.

    Not frozen only because several are made for each lead, and a frozen one takes four times as long.
    """

    subject: Subject
    as_of: Instant
    checks: Mapping[str, Condition] = field(default_factory=dict)
    answers: dict[str, Truth] = field(default_factory=dict)

    def answer(self, name: str) -> Truth:
        """The answer to a check, worked out once."""
        found = self.answers.get(name)
        if found is None:
            found = self.answers[name] = self.checks[name].truth(self)
        return found


@quick_dataclass(frozen=True, slots=True)
class Explained:
    """One condition and its answer: `value` is what the field held, given at `at` by `touch`; `parts` are those it is made of;
    `reason` says why it could not be worked out."""

    text: str
    truth: Truth
    place: Place
    value: Value | None = None
    at: Instant | None = None
    touch: str = ""
    parts: tuple[Explained, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """The explanation as plain JSON values."""
        found: dict[str, object] = {"text": self.text, "truth": self.truth.word, "place": str(self.place)}
        if self.value is not None:
            found["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        if self.at is not None:
            found |= {"at": self.at, "touch": self.touch}
        if self.reason:
            found["reason"] = self.reason
        if self.parts:
            found["parts"] = [part.as_json() for part in self.parts]
        return found


class Condition(Protocol):
    """A compiled condition."""

    @property
    def place(self) -> Place:
        """Where it stands."""

    def truth(self, case: Case) -> Truth:
        """The answer."""

    def explain(self, case: Case) -> Explained:
        """The answer with how it came about."""

    def unknowns(self, case: Case) -> Iterator[str]:
        """The fields whose missing value keeps an unknown answer open; nothing when the answer is known."""

    def names(self) -> Iterator[str]:
        """The checks that it refers to."""


@dataclass(frozen=True, slots=True)
class FieldIs:
    """One operator on one field; `ask` None is `known`, which `wants_known` answers.

    `operator` and `operands` are what `ask` was made of, as written: by them others find out which answers are possible at
    all, and when time will change one.
    """

    path: str
    text: str
    place: Place
    ask: Ask | None
    wants_known: bool = True
    operator: str = "known"
    operands: tuple[str, ...] = ()
    at: tuple[Place, ...] = ()
    """Where each operand stands."""

    truth: Answer = field(init=False, compare=False, repr=False)
    """The answer; unknown when nothing is known of the field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "truth", field_answer(self.path, self.ask, self.wants_known))

    def explain(self, case: Case) -> Explained:
        """The answer with the value, and where it came from when the subject keeps provenance."""
        answer, value = self.truth(case), case.subject.value(self.path)
        won = getattr(case.subject, "fields", {}).get(self.path)
        if isinstance(won, Won):
            return Explained(self.text, answer, self.place, value, won.at, won.touch)
        return Explained(self.text, answer, self.place, value)

    def unknowns(self, case: Case) -> Iterator[str]:
        """The field itself."""
        if self.truth(case) is UNKNOWN:
            yield self.path

    def names(self) -> Iterator[str]:
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class HasTouch:
    """Whether a touch of one of these kinds is in the history, and how long ago it may be (None: any time)."""

    kinds: tuple[str, ...]
    within: int | None
    text: str
    place: Place
    at: tuple[Place, ...] = ()
    """Where each kind stands."""

    truth: Answer = field(init=False, compare=False, repr=False)
    """True or false: what is not in the history has not happened."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "truth", touch_answer(self.kinds, self.within))

    def explain(self, case: Case) -> Explained:
        """The answer with the newest touch that counts."""
        newest = self._newest(case)
        if newest is None:
            return Explained(self.text, FALSE, self.place)
        return Explained(self.text, TRUE, self.place, newest[1], newest[0])

    def unknowns(self, case: Case) -> Iterator[str]:
        """None."""
        return iter(())

    def names(self) -> Iterator[str]:
        """None."""
        return iter(())

    def _newest(self, case: Case) -> tuple[Instant, str] | None:
        times = case.subject.kinds
        oldest = None if self.within is None else case.as_of - self.within
        found = [(times[kind], kind) for kind in self.kinds if kind in times and (oldest is None or times[kind] >= oldest)]
        return max(found, default=None)


@dataclass(frozen=True, slots=True)
class CheckIs:
    """The answer of another check, by its name."""

    name: str
    place: Place

    truth: Answer = field(init=False, compare=False, repr=False)
    """The check's answer."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "truth", check_answer(self.name))

    def explain(self, case: Case) -> Explained:
        """The check's answer, with what it is made of."""
        return Explained(self.name, self.truth(case), self.place, parts=(case.checks[self.name].explain(case),))

    def unknowns(self, case: Case) -> Iterator[str]:
        """What keeps the check open."""
        if self.truth(case) is UNKNOWN:
            yield from case.checks[self.name].unknowns(case)

    def names(self) -> Iterator[str]:
        """The check."""
        yield self.name


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions under `all`, `any` or `none`."""

    kind: str
    parts: tuple[Condition, ...]
    place: Place

    truth: Answer = field(init=False, compare=False, repr=False)
    """Kleene's logic, stopping at the first part that decides."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "truth", group_answer(self.kind, [part.truth for part in self.parts]))

    def explain(self, case: Case) -> Explained:
        """The answer with all of its parts, also those that were not needed."""
        return Explained(self.kind, self.truth(case), self.place, parts=tuple(part.explain(case) for part in self.parts))

    def unknowns(self, case: Case) -> Iterator[str]:
        """What keeps the open parts open."""
        if self.truth(case) is UNKNOWN:
            for part in self.parts:
                yield from part.unknowns(case)

    def names(self) -> Iterator[str]:
        """The checks of all parts."""
        for part in self.parts:
            yield from part.names()
