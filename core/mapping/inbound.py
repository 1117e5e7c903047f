"""A compiled source mapping, and what it takes from a submission before anything is normalized."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.lead import Names
from core.mapping.clauses import Clause, fold
from core.mapping.inputs import Spellings, all_filled, filled, first_filled
from core.mapping.testcases import MappingTest
from core.mapping.tracking import PAGE_PATHS, parameters_of, tracking_path
from core.mapping.translation import LEAVE_OUT, Translation
from core.problems import Place, Problem

WHO = (
    "person.email", "person.emails", "person.phone", "person.mobile", "person.phones", "person.last_name", "person.first_name",
    "person.full_name", "company.name", "company.domain", "company.website",
)  # fmt: skip
"""Fields of which one must be known before a submission says anything of a person or a company."""

READ_BY_SOURCES = frozenset(
    ["submission_id", "is_test", "submitted_at", "created_at", "redirect", "_redirect", "_next", "retURL"]
)
"""Names that a source may have read for itself (idempotency key, submit time, thank-you page): no drift when unmapped."""

_MOST_PLANS, _LARGEST_PLAN = 200, 200
"""Sets of names remembered per mapping, and the largest that is: a form sends a handful, a hostile sender any number."""

_MOST_UNREAD = 50
"""Unmapped names that are told one by one."""


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One line under `fields:`: which inputs fill a lead field, and how. `join` None: the first filled input alone."""

    path: str
    inputs: tuple[str, ...]
    place: Place
    region: str = ""
    translation: Translation | None = None
    join: str | None = None
    default: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """One line under `set:`."""

    path: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """One line under `consent:`: when a purpose was agreed to, and to which text. With double opt-in the agreement is
    pending until it is confirmed."""

    purpose: str
    clauses: tuple[Clause, ...]
    text: str
    double_opt_in: bool
    place: Place

    @property
    def path(self) -> str:
        """The lead field that holds the state."""
        return f"consent.{self.purpose}"


@dataclass(frozen=True, slots=True)
class InboundMapping:
    """A compiled source mapping. `input_names` are all names that it reads or ignores, as the file spells them; `recognized`
    are lead fields that fill themselves from an input of their own name, where no line does."""

    name: str
    lines: tuple[FieldLine, ...]
    constants: tuple[Constant, ...] = ()
    consents: tuple[ConsentRule, ...] = ()
    ignored: frozenset[str] = frozenset()
    tests: tuple[MappingTest, ...] = ()
    place: Place | None = None
    recognized: frozenset[str] = frozenset()
    input_names: frozenset[str] = field(init=False)
    targets: frozenset[str] = field(init=False)
    who: tuple[str, ...] = field(init=False)
    _plans: dict[tuple[str, ...], Plan] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        read = {name for line in self.lines for name in line.inputs}
        asked = {clause.name for rule in self.consents for clause in rule.clauses}
        fixed = {constant.path for constant in self.constants}
        object.__setattr__(self, "input_names", frozenset(read | asked | self.ignored))
        object.__setattr__(self, "targets", frozenset({line.path for line in self.lines} | fixed))
        object.__setattr__(self, "who", tuple(path for path in WHO if path not in fixed))
        object.__setattr__(self, "_plans", {})

    def plan(self, names: Names) -> Plan:
        """How submissions with these names are read; kept, because a form sends the same names every time."""
        shape = tuple(names)
        plan = self._plans.get(shape)
        if plan is None:
            plan = _planned(self, shape)
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            if len(shape) <= _LARGEST_PLAN:
                self._plans[shape] = plan
        return plan


class Taken(NamedTuple):
    """What was taken for one lead field, to be normalized as it is: the input's name (empty for a constant), its text as it was
    sent, and the text after the mapping's own verbs; `place` is the mapping's line, None for what is read without being
    mapped."""

    path: str
    name: str
    raw: str
    texts: tuple[str, ...]
    place: Place | None
    region: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One mapping held against one set of names: the submission's spellings for every line, for every untold tracking
    field and for every question of a consent, and a problem for each name that nothing reads."""

    lines: tuple[tuple[FieldLine, tuple[str, ...]], ...]
    tracking: tuple[tuple[str, str], ...]
    constants: tuple[Taken, ...]
    consents: tuple[tuple[ConsentRule, Mapping[str, tuple[str, ...]]], ...]
    unread: tuple[Problem, ...]
    not_searched: frozenset[str]
    recognized: frozenset[str] = frozenset()


def _planned(mapping: InboundMapping, names: tuple[str, ...]) -> Plan:
    spellings = Spellings(names, mapping.input_names)
    ignored = {fold(name) for name in mapping.ignored}
    tracking = {
        name: path
        for name in names
        if fold(name) not in ignored
        and (path := name if name in mapping.recognized else tracking_path(name))
        and path not in mapping.targets
    }
    folded: dict[str, tuple[str, ...]] = {}
    for name in sorted(mapping.input_names):
        folded[fold(name)] = (*folded.get(fold(name), ()), name)
    unread = [name for name in spellings.unread(folded) if name not in tracking and name not in READ_BY_SOURCES]
    return Plan(
        tuple((line, found) for line in mapping.lines if (found := spellings.of_all(line.inputs)) or line.default),
        tuple((path, name) for name, path in tracking.items()),
        tuple(Taken(each.path, "", each.text, (each.text,), each.place) for each in mapping.constants),
        tuple((rule, {clause.name: spellings.of(clause.name) for clause in rule.clauses}) for rule in mapping.consents),
        tuple(_unmapped(unread)),
        mapping.targets | {f"touch.{name}" for name in ignored},
        mapping.recognized,
    )


def take(plan: Plan, names: Names) -> dict[str, Taken]:
    """What a mapping takes from a submission, by lead field, before it is normalized."""
    taken = take_lines(plan, names)
    for path, name in plan.tracking:
        texts = filled(names[name])
        if texts and path not in taken:
            several = path in plan.recognized
            taken[path] = Taken(path, name, "; ".join(texts) if several else texts[0], texts if several else texts[:1], None)
    for page in PAGE_PATHS:
        source = taken.get(page)
        if source is not None and "=" in source.raw:
            _take_parameters(source, plan.not_searched, taken)
    for constant in plan.constants:
        taken[constant.path] = constant
    return taken


def take_lines(plan: Plan, names: Names) -> dict[str, Taken]:
    """What the lines under `fields` alone take, by lead field."""
    taken: dict[str, Taken] = {}
    for line, spellings in plan.lines:
        found = _read(line, spellings, names)
        if found is not None:
            taken[line.path] = found
    return taken


def _take_parameters(source: Taken, not_searched: frozenset[str], taken: dict[str, Taken]) -> None:
    """Campaign parameters and click ids in an address, where no input of their own gave them."""
    for path, text in parameters_of(source.raw).items():
        if path not in not_searched and path not in taken:
            taken[path] = Taken(path, source.name, source.raw, (text,), source.place)


def _read(line: FieldLine, spellings: tuple[str, ...], names: Names) -> Taken | None:
    name, texts = first_filled(names, spellings) if line.join is None else all_filled(names, spellings)
    if not texts:
        if not line.default:
            return None
        return Taken(line.path, "", line.default, (line.default,), line.place, line.region)
    raw = texts[0] if len(texts) == 1 else "; ".join(texts)
    problem: Problem | None = None
    if line.translation is not None:
        texts, problem = _translated(line, line.translation, texts, name)
        if not texts:
            return None
    if line.join is not None:
        texts = (line.join.join(texts),)
    return Taken(line.path, name, raw, texts, line.place, line.region, problem)


def _translated(
    reading: FieldLine, translation: Translation, texts: tuple[str, ...], name: str
) -> tuple[tuple[str, ...], Problem | None]:
    """The texts after `values`; an unlisted one is kept as it is, with a problem, when the file says nothing `otherwise`."""
    found: list[str] = []
    problem: Problem | None = None
    for text in texts:
        listed = translation.listed(text)
        if listed is not None:
            found.append(listed)
        elif translation.keeps_unlisted:
            found.append(text)
        elif translation.otherwise is None:
            found.append(text)
            message = f"input `{name}` holds a text that `values` of {reading.path} does not list; it was taken as it is. Add it to `values`, or add `otherwise`."  # noqa: E501
            problem = Problem("unlisted_value", message, reading.path, reading.place)
        elif translation.otherwise != LEAVE_OUT:
            found.append(translation.otherwise)
    return tuple(dict.fromkeys(found)), problem


def _unmapped(names: Sequence[str]) -> Iterable[Problem]:
    """A problem for each name that nothing reads; of very many the rest is told by its number."""
    for name in names[:_MOST_UNREAD]:
        message = (
            f"input `{name}` is not mapped; it is kept with the submission. Map it under `fields`, or list it under `ignore`."
        )
        yield Problem("unmapped_name", message, name)
    more = len(names) - _MOST_UNREAD
    if more > 0:
        yield Problem("unmapped_names", f"{more} more inputs are not mapped; they are kept with the submission.")
