"""From a submission's names to a touch: what a mapping takes, normalized, or why the submission is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.fields import Catalogue
from core.instants import Instant, from_datetime, to_iso
from core.lead import Cell, Names, Touch
from core.mapping.clauses import all_hold
from core.mapping.inbound import WHO, ConsentRule, InboundMapping, Plan, Taken, take
from core.mapping.inputs import filled, first_filled
from core.normalize import normalize
from core.problems import Problem
from core.visits import CONTENT_INPUT, KIND_INPUT, is_visit_named, visit_moment

DEFAULT_KIND = "form_post"
"""The kind of a touch whose mapping says nothing of it."""


_VISITS = InboundMapping("visits", (), recognized=frozenset({CONTENT_INPUT}))
"""What a visit's names mean, whatever the mapping of its source says of forms."""


@dataclass(frozen=True, slots=True)
class Held:
    """A submission that says nothing of a person or a company; the problems say what to do."""

    problems: tuple[Problem, ...]


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
    if is_visit_named(names):
        cells = _visit_cells(mapping, names, catalogue)
        return Touch(uid, source, visit_moment(names, received_at), str(names[KIND_INPUT]), cells, is_test=is_test)
    plan = mapping.plan(names)
    taken = take(plan, names)
    cells, problems = normalize_taken(taken, catalogue, zone=zone, region=region)
    problems.extend(plan.unread)
    if not any(path in cells for path in mapping.who):
        return Held((_nobody(mapping, plan, names), *problems))
    for rule, spellings in plan.consents:
        cells[rule.path] = consent_cell(rule, spellings, names)
    kind = cells.get("touch.kind")
    if kind is None:
        kind = cells["touch.kind"] = Cell(DEFAULT_KIND)
    at = _moment(cells, submitted_at, received_at)
    if submitted_at is not None and "touch.submitted_at" not in cells:
        cells["touch.submitted_at"] = Cell(to_iso(submitted_at))
    return Touch(uid, source, at, str(kind.value), cells, tuple(problems), is_test)


def _visit_cells(mapping: InboundMapping, names: Names, catalogue: Catalogue) -> dict[str, Cell]:
    """What a visit says, and its kind."""
    cells, _ = normalize_taken(take_visit(mapping, names), catalogue, zone="UTC", region="")
    cells["touch.kind"] = Cell(str(names[KIND_INPUT]))
    return cells


def take_visit(mapping: InboundMapping, names: Names) -> dict[str, Taken]:
    """What a visit says: pages, campaign parameters and its content. Of the mapping, which is about forms, only the lead source
    holds for a visit as well."""
    taken = take(_VISITS.plan(names), names)
    for constant in mapping.constants:
        if constant.path == "touch.lead_source":
            taken[constant.path] = Taken(constant.path, "", constant.text, (constant.text,), constant.place)
    return taken


def normalize_taken(
    taken: Mapping[str, Taken], catalogue: Catalogue, *, zone: str, region: str
) -> tuple[dict[str, Cell], list[Problem]]:
    """The canonical values of what was taken, each with the text as it was sent, and what was wrong with it."""
    normalized = normalize(taken, catalogue, zone=zone, region=region)
    cells = dict(normalized.fields)
    problems = list(normalized.problems)
    for path, found in taken.items():
        if found.problem is not None:
            problems.append(found.problem)
        cell = cells.get(path)
        if cell is not None and cell.raw != found.raw:
            cells[path] = Cell(cell.value, found.raw)
    return cells, problems


def consent_cell(rule: ConsentRule, spellings: Mapping[str, tuple[str, ...]], names: Names) -> Cell:
    """The state of one consent: a box that is not ticked, or not there, is not given.

    Its raw text is the evidence: what was answered, and which text was agreed to.
    """
    answers = {name: first_filled(names, found)[1] for name, found in spellings.items()}
    evidence = "; ".join([f"{name}: {', '.join(texts)}" for name, texts in answers.items() if texts])
    if not all_hold(rule.clauses, answers.__getitem__):
        return Cell("not_given", evidence)
    if rule.text:
        evidence = f"{evidence}; text: {rule.text}" if evidence else f"text: {rule.text}"
    return Cell("pending" if rule.double_opt_in else "given", evidence)


def _nobody(mapping: InboundMapping, plan: Plan, names: Names) -> Problem:
    """What to do about a submission that names nobody."""
    wanted = [name for line in mapping.lines if line.path in WHO for name in line.inputs]
    unmapped = [problem.field for problem in plan.unread if problem.field in names and filled(names[problem.field])]
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
