"""Conditions on a lead, as people write them in YAML: compiled once, answered true, false or unknown, and explained.

A condition is a mapping whose lines must all hold, the name of a check, or a list under `all`, `any` or `none`:

    {company.country: {in: [DE, AT]}, company.employees: {at_least: 250}}
    {any: [{has_touch: {kind: [demo_request], within: 90 days}}, interested], none: [in_time]}
    {expression: "company.employees >= 10 && person.email.endsWith('.de')"}

Logic is three-valued (Kleene's): `all` is false as soon as one part is false and unknown when otherwise one is unknown; `none`
is the contrary of `any`. A field without a value is unknown to every operator but `known`; a touch that is not in the
history has not happened, which is false.

`compile_condition` is all that another kind of file needs: a `Scope` says which names may stand on the left, and whatever has
a `value(name)`, `kinds` and `acts` can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.answering import Answer, check_answer, field_answer, group_answer, touch_answer
from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.fields import Catalogue, Field
from core.instants import Instant
from core.lead import Act, Value, Won
from core.mapping.reader import Reader
from core.operators import FALSE, OPERATORS, TRUE, UNKNOWN, Ask, Truth, compile_operator, duration
from core.other_words import meant
from core.problems import Place, did_you_mean
from core.quick_dataclass import quick_dataclass
from core.unread import Unread

GROUPS = ("all", "any", "none")
HAS_TOUCH = "has_touch"
EXPRESSION = "expression"


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


# --- compiling ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Which names a condition may use: fields (with the sentence for one that is none) and checks."""

    field: Callable[[str], Field | None]
    unknown: Callable[[str], str]
    checks: Collection[str] = ()
    has_touches: bool = True


def lead_scope(catalogue: Catalogue, checks: Collection[str] = ()) -> Scope:
    """The scope of a rule: all fields of a lead, and these checks."""

    def field_of(path: str) -> Field | None:
        found = catalogue.get(path)
        return None if found is None or found.rule == "touch" else found

    def unknown(path: str) -> str:
        if path in catalogue:
            name = path.removeprefix("touch.")
            instead = f"Use `first_touch.{name}` or `last_touch.{name}`." if name != path else "Use the parts of the name."
            return f"`{path}` belongs to a single touch and not to the lead. {instead}"
        if "." in path:
            return catalogue.unknown(path)
        known = [*checks, *GROUPS, HAS_TOUCH, EXPRESSION]
        return f"`{path}` is neither a check nor a lead field.{meant(path, known) or did_you_mean(path, catalogue.fields)}"

    return Scope(field_of, unknown, checks)


def compile_condition(reader: Reader, node: Node, scope: Scope) -> Condition:
    """The condition that a node says; what can not be read of it is complained of at its place, and stands there as Unread."""
    return _compiled(reader, node, scope) or Unread(node.place)


def _compiled(reader: Reader, node: Node, scope: Scope) -> Condition | None:
    if isinstance(node, ScalarNode):
        name = reader.text(node, "a condition")
        return None if name is None else _check(reader, name, node.place, scope)
    if isinstance(node, ListNode):
        reader.complain(
            "wrong_type", "a list is no condition by itself. Write `all: [...]`, `any: [...]` or `none: [...]`.", node.place
        )
        return None
    if not node.entries:
        reader.complain("empty", "the condition is empty. Write what must hold, or remove the line.", node.place)
        return None
    parts = [part for entry in node.entries for part in _line(reader, entry, scope)]
    return _together("all", parts, node.place)


def _together(kind: str, parts: Iterable[Condition | None], place: Place) -> Condition:
    whole = [part or Unread(place) for part in parts]
    return whole[0] if len(whole) == 1 and kind != "none" else Group(kind, tuple(whole), place)


def _line(reader: Reader, entry: Entry, scope: Scope) -> Iterator[Condition | None]:
    """One line of a condition: a group, `has_touch`, a check with its answer, or a field with its operators."""
    name = entry.key.text
    if name in GROUPS:
        yield _group(reader, entry, scope)
    elif name == HAS_TOUCH and scope.has_touches:
        yield _has_touch(reader, entry)
    elif name == EXPRESSION:
        from core.expression import compile_expression  # an expression is a condition too, so each knows the other

        yield compile_expression(reader, entry.value, scope)
    elif name in scope.checks:
        yield _check_with_answer(reader, entry)
    elif (found := scope.field(name)) is not None:
        yield from _operators(reader, found, entry)
    else:
        reader.complain("unknown_field", scope.unknown(name), entry.key.place, name)
        yield None


def _group(reader: Reader, entry: Entry, scope: Scope) -> Condition | None:
    node = entry.value
    items = node.items if isinstance(node, ListNode) else (node,)
    if not items or (isinstance(node, ScalarNode) and not node.text.strip()):
        reader.complain("empty", f"`{entry.key.text}` has no conditions. Name at least one.", entry.key.place, entry.key.text)
        return None
    return _together(entry.key.text, [compile_condition(reader, item, scope) for item in items], entry.key.place)


def _check(reader: Reader, name: str, place: Place, scope: Scope) -> Condition | None:
    if name in scope.checks:
        return CheckIs(name, place)
    if scope.field(name) is not None:
        message = f"`{name}` is a field: say what must hold of it, such as `{{{name}: {{known: true}}}}`."
        reader.complain("wrong_type", message, place, name)
    else:
        is_compared = any(sign in name for sign in "<>=&|")
        advice = (
            f" Write a comparison as `expression: {name}`."
            if is_compared
            else " Add it under `checks`, or name one that is there."
        )
        hint = did_you_mean(name, scope.checks) or advice
        reader.complain("unknown_check", f"there is no check `{name}`.{hint}", place, name)
    return None


def _check_with_answer(reader: Reader, entry: Entry) -> Condition | None:
    """`in_time: {is: false}`: a check as a line of its own."""
    name, node = entry.key.text, entry.value
    wanted = node.get("is") if isinstance(node, MapNode) and len(node.entries) == 1 else None
    if wanted is None:
        reader.complain("wrong_type", f"a check is asked as `{name}: {{is: true}}`, or by its name alone.", node.place, name)
        return None
    check = CheckIs(name, entry.key.place)
    return check if reader.truth(wanted, f"`is` of {name}") else Group("none", (check,), entry.key.place)


def _operators(reader: Reader, found: Field, entry: Entry) -> Iterator[Condition | None]:
    """Each operator of a field is a condition of its own; all must hold."""
    node, path = entry.value, found.path
    if not isinstance(node, MapNode) or not node.entries:
        short = node.text if isinstance(node, ScalarNode) and node.text else "..."
        reader.complain("wrong_type", f"say what must hold of {path}, such as `{path}: {{is: {short}}}`.", node.place, path)
        yield None
        return
    known = OPERATORS[found.type]
    for line in node.entries:
        operator = line.key.text
        text = f"{path} {operator.replace('_', ' ')} {_shown(line.value)}"
        if operator not in known:
            message = f"`{operator}` can not be asked of {path}, a field of type {found.type}.{meant(operator, known)}"
            reader.complain("unknown_operator", f"{message} Known are {', '.join(known)}.", line.key.place, operator)
            yield None
        elif operator == "known":
            wanted = reader.truth(line.value, f"`known` of {path}")
            yield None if wanted is None else FieldIs(path, text, line.key.place, None, wanted)
        else:
            ask = compile_operator(reader, found, operator, line.value)
            said = _operands(line.value)
            operands, places = tuple(said.values()), tuple(said)
            yield None if ask is None else FieldIs(path, text, line.key.place, ask, True, operator, operands, places)


def _has_touch(reader: Reader, entry: Entry) -> Condition | None:
    """`has_touch: {kind: [...], within: 90 days}`; kinds are the company's own words, so any is accepted."""
    lines = {line.key.text: line.value for line in reader.entries(entry.value, "`has_touch`", ("kind", "within"))}
    if "kind" not in lines:
        if isinstance(entry.value, MapNode):
            reader.complain(
                "missing_key", "`has_touch` needs `kind`: one kind of touch or a list of them.", entry.key.place, "kind"
            )
        return None
    kinds = reader.texts(lines["kind"], "`kind` of `has_touch`")
    within = duration(reader, lines["within"], "`within` of `has_touch`") if "within" in lines else None
    if within == 0:
        message = "`within` of `has_touch` is no time at all. Write one such as `90 days`, or remove it."
        reader.complain("wrong_value", message, lines["within"].place, "within")
    if not kinds or ("within" in lines and within is None):
        return None
    text = f"has touch {' or '.join(kinds)}" + (f" within {_shown(lines['within'])}" if within is not None else "")
    return HasTouch(kinds, within, text, entry.key.place, tuple(_operands(lines["kind"])))


def _operands(node: Node) -> dict[Place, str]:
    items = node.items if isinstance(node, ListNode) else (node,)
    return {item.place: item.text.strip() for item in items if isinstance(item, ScalarNode)}


def _shown(node: Node) -> str:
    if isinstance(node, ListNode):
        return ", ".join(_shown(item) for item in node.items)
    return node.text if isinstance(node, ScalarNode) else "..."
