"""From a submission's names to a touch: applying a compiled source mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.fields import Catalogue
from core.instants import Instant, from_datetime, to_iso
from core.lead import Cell, Names, Touch
from core.mapping.clauses import Clause, all_hold, fold
from core.mapping.inputs import Inputs
from core.mapping.testcases import MappingTest
from core.mapping.tracking import PAGES, parameters_of, tracking_path
from core.mapping.translation import LEAVE_OUT, Translation
from core.normalize import RawValue, normalize
from core.problems import Place, Problem

DEFAULT_KIND = "form_post"
"""The kind of a touch whose mapping says nothing of it."""

WHO = (
    "person.email", "person.emails", "person.phone", "person.mobile", "person.phones", "person.last_name", "person.first_name",
    "person.full_name", "company.name", "company.domain", "company.website",
)  # fmt: skip
"""Fields of which one must be known before a submission says anything of a person or a company."""


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
    """A compiled source mapping. `input_names` are all names that it reads or ignores, as the file spells them."""

    name: str
    readings: tuple[FieldLine, ...]
    constants: tuple[Constant, ...] = ()
    consents: tuple[ConsentRule, ...] = ()
    ignored: frozenset[str] = frozenset()
    tests: tuple[MappingTest, ...] = ()
    place: Place | None = None
    input_names: frozenset[str] = field(init=False)
    folded_names: Mapping[str, tuple[str, ...]] = field(init=False)
    targets: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        read = {name for reading in self.readings for name in reading.inputs}
        asked = {clause.name for rule in self.consents for clause in rule.clauses}
        names = frozenset(read | asked | self.ignored)
        folded: dict[str, tuple[str, ...]] = {}
        for name in sorted(names):
            folded[fold(name)] = (*folded.get(fold(name), ()), name)
        targets = {reading.path for reading in self.readings} | {constant.path for constant in self.constants}
        object.__setattr__(self, "input_names", names)
        object.__setattr__(self, "folded_names", folded)
        object.__setattr__(self, "targets", frozenset(targets))


@dataclass(frozen=True, slots=True)
class Held:
    """A submission that says nothing of a person or a company; the problems say what to do."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken for one lead field: the input's name (empty for a constant), its text as it was sent, and the text
    after the mapping's own verbs; `place` is the mapping's line, None for what is read without being mapped."""

    path: str
    input_name: str
    raw: str
    texts: tuple[str, ...]
    place: Place | None
    region: str = ""
    problem: Problem | None = None


def take(mapping: InboundMapping, inputs: Inputs) -> dict[str, Taken]:
    """What the mapping takes from a submission, by lead field, before it is normalized."""
    taken: dict[str, Taken] = {}
    for reading in mapping.readings:
        found = _read(reading, inputs)
        if found is not None:
            taken[reading.path] = found
    _take_tracking(mapping, inputs, taken)
    for constant in mapping.constants:
        taken[constant.path] = Taken(constant.path, "", constant.text, (constant.text,), constant.place)
    return taken


def _read(reading: FieldLine, inputs: Inputs) -> Taken | None:
    name, texts = inputs.first(reading.inputs) if reading.join is None else inputs.all(reading.inputs)
    if not texts:
        if not reading.default:
            return None
        return Taken(reading.path, "", reading.default, (reading.default,), reading.place, reading.region)
    raw = texts[0] if len(texts) == 1 else "; ".join(texts)
    problem: Problem | None = None
    if reading.translation is not None:
        texts, problem = _translated(reading, reading.translation, texts, name)
        if not texts:
            return None
    if reading.join is not None:
        texts = (reading.join.join(texts),)
    return Taken(reading.path, name, raw, texts, reading.place, reading.region, problem)


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
        elif translation.otherwise is None:
            found.append(text)
            message = f"input `{name}` holds a text that `values` of {reading.path} does not list; it was taken as it is. Add it to `values`, or add `otherwise`."  # noqa: E501
            problem = Problem("unlisted_value", message, reading.path, reading.place)
        elif translation.otherwise != LEAVE_OUT:
            found.append(translation.otherwise)
    return tuple(dict.fromkeys(found)), problem


def _take_tracking(mapping: InboundMapping, inputs: Inputs, taken: dict[str, Taken]) -> None:
    """Campaign parameters, click ids and pages: from inputs of that name, else from the addresses' queries."""
    for name in inputs.names:
        path = tracking_path(name)
        if path is None or path in mapping.targets or path in taken or fold(name) in inputs.ignored:
            continue
        texts = inputs.texts(name)
        if texts:
            taken[path] = Taken(path, name, texts[0], texts[:1], None)
    for page in PAGES:
        source = taken.get(f"touch.{page}")
        if source is None or "=" not in source.raw:
            continue
        for path, text in parameters_of(source.raw).items():
            if path not in mapping.targets and path not in taken and path.removeprefix("touch.") not in inputs.ignored:
                taken[path] = Taken(path, source.input_name, source.raw, (text,), source.place)


def read_touch(
    mapping: InboundMapping,
    names: Names,
    *,
    uid: str,
    source: str,
    received_at: Instant,
    submitted_at: Instant | None,
    is_test: bool,
    catalogue: Catalogue,
    zone: str,
    region: str,
) -> Touch | Held:
    """The touch that a submission makes, or why it is held.

    `zone` is for times without an offset, `region` for phone numbers without a country code. A submit time that the
    mapping reads wins over the vendor's `submitted_at`; one in the future is taken as the time of capture.
    """
    inputs = Inputs(names, mapping.folded_names, mapping.input_names, mapping.ignored)
    taken = take(mapping, inputs)
    cells, problems = normalize_taken(taken, catalogue, zone=zone, region=region)
    problems.extend(_unmapped(inputs))
    if not any(path in cells and path not in _constant_paths(mapping) for path in WHO):
        return Held((_nobody(mapping, inputs), *problems))
    for rule in mapping.consents:
        cells[rule.path] = consent_cell(rule, inputs)
    kind = cells.get("touch.kind")
    if kind is None:
        kind = cells["touch.kind"] = Cell(DEFAULT_KIND)
    at = _moment(cells, submitted_at, received_at)
    if submitted_at is not None and "touch.submitted_at" not in cells:
        cells["touch.submitted_at"] = Cell(to_iso(submitted_at))
    return Touch(uid, source, at, str(kind.value), cells, tuple(problems), is_test)


def normalize_taken(
    taken: Mapping[str, Taken], catalogue: Catalogue, *, zone: str, region: str
) -> tuple[dict[str, Cell], list[Problem]]:
    """The canonical values of what was taken, each with the text as it was sent, and what was wrong with it."""
    raw = {path: RawValue(found.texts, found.input_name, found.region) for path, found in taken.items()}
    normalized = normalize(raw, catalogue, zone=zone, region=region)
    cells = dict(normalized.fields)
    problems = list(normalized.problems)
    for path, found in taken.items():
        if found.problem is not None:
            problems.append(found.problem)
        cell = cells.get(path)
        if cell is not None and cell.raw != found.raw:
            cells[path] = Cell(cell.value, found.raw)
    return cells, problems


def consent_cell(rule: ConsentRule, inputs: Inputs) -> Cell:
    """The state of one consent: a box that is not ticked, or not there, is not given."""
    raw = "; ".join(text for clause in rule.clauses for text in inputs.find(clause.name)[1])
    if not all_hold(rule.clauses, lambda name: inputs.find(name)[1]):
        return Cell("not_given", raw)
    return Cell("pending" if rule.double_opt_in else "given", raw)


def _constant_paths(mapping: InboundMapping) -> Iterable[str]:
    return [constant.path for constant in mapping.constants]


def _unmapped(inputs: Inputs) -> Iterable[Problem]:
    for name in inputs.unmapped():
        if tracking_path(name) is None:
            message = (
                f"input `{name}` is not mapped; it is kept with the submission. Map it under `fields`, or list it under `ignore`."
            )
            yield Problem("unmapped_name", message, name)


def _nobody(mapping: InboundMapping, inputs: Inputs) -> Problem:
    """What to do about a submission that names nobody."""
    wanted = [name for reading in mapping.readings if reading.path in WHO for name in reading.inputs]
    unmapped = [name for name in inputs.unmapped() if inputs.texts(name)]
    said = "no e-mail address, phone number, name or company could be read from this submission."
    if wanted:
        said += f" Mapping {mapping.name} looks for them in {_listed(wanted)}."
    if unmapped:
        said += f" Not mapped are {_listed(unmapped)}: map the right one under `fields`, then retry the submission."
    else:
        said += " Correct the submission and retry it, or discard it."
    return Problem("nobody", said, "", mapping.place)


def _listed(names: Iterable[str], most: int = 8) -> str:
    shown = list(dict.fromkeys(names))
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(f"`{name}`" for name in shown[:most]) + more


def _moment(cells: Mapping[str, Cell], submitted_at: Instant | None, received_at: Instant) -> Instant:
    read = cells.get("touch.submitted_at")
    moment = submitted_at
    if read is not None:
        moment = from_datetime(datetime.fromisoformat(str(read.value)))
    return received_at if moment is None else min(moment, received_at)
