"""Where each value of a touch came from, for `why` and `try`: input name, text, mapping line, how it was read, and the value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.fields import Catalogue
from core.lead import Cell, Names, Value
from core.mapping.inbound import InboundMapping, Taken, take
from core.mapping.inputs import first_filled
from core.mapping.reading import DEFAULT_KIND, consent_cell, normalize_taken, take_visit
from core.problems import Place
from core.visits import KIND_INPUT, is_visit_named

_READ_AS: Mapping[str, str] = {
    "text": "text, tidied", "name": "a name", "email": "an e-mail address", "phone": "a phone number", "url": "a web address",
    "domain": "a domain", "country": "a country", "region": "a state or region", "language": "a language",
    "integer": "a whole number", "decimal": "a number", "range": "a range of numbers", "boolean": "yes or no",
    "date": "a date", "datetime": "a time", "choice": "one of the field's choices", "list": "a list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explained:
    """One lead field of a touch. `input_name` is empty for constants and for what the core derived; `place` is the line of
    the mapping file, None when no line says it; `value` None when the text could not be read.

    `said` is the text that the mapping's own verbs (`values`, `join`) made of the raw one, empty where they changed nothing;
    `read_as` is what the text was then read as, empty where nothing was read.
    """

    path: str
    input_name: str
    raw: str
    place: Place | None
    value: Value | None
    note: str = ""
    said: str = ""
    read_as: str = ""


def explain_inbound(
    mapping: InboundMapping, names: Names, *, catalogue: Catalogue, zone: str, region: str
) -> tuple[Explained, ...]:
    """Every lead field that a submission fills or tries to fill, in the mapping's order; then what the core derived."""
    if is_visit_named(names):
        return _explain_visit(mapping, names, catalogue)
    plan = mapping.plan(names)
    taken = take(plan, names)
    found, cells = _taken(taken, catalogue, zone, region)
    for rule, spellings in plan.consents:
        asked = ", ".join(first_filled(names, found)[0] or name for name, found in spellings.items())
        cell = consent_cell(rule, spellings, names)
        note = f"text {rule.text}" if rule.text else ""
        found.append(Explained(rule.path, asked, cell.raw, rule.place, cell.value, note))
    found.extend(Explained(path, "", cell.raw, None, cell.value, "derived from other fields") for path, cell in cells.items())
    if not any(item.path == "touch.kind" and item.value is not None for item in found):
        found.append(Explained("touch.kind", "", "", None, DEFAULT_KIND, "the mapping sets no kind"))
    return tuple(found)


def _explain_visit(mapping: InboundMapping, names: Names, catalogue: Catalogue) -> tuple[Explained, ...]:
    """What a visit says, whatever the mapping of its source says of forms."""
    found, cells = _taken(take_visit(mapping, names), catalogue, "UTC", "")
    found.extend(Explained(path, "", cell.raw, None, cell.value, "derived from other fields") for path, cell in cells.items())
    kind = str(names[KIND_INPUT])
    found.append(Explained("touch.kind", KIND_INPUT, kind, None, kind, "what the visitor did"))
    return tuple(found)


def _taken(taken: Mapping[str, Taken], catalogue: Catalogue, zone: str, region: str) -> tuple[list[Explained], dict[str, Cell]]:
    """What was taken, explained, and the cells that nothing was taken for."""
    cells, problems = normalize_taken(taken, catalogue, zone=zone, region=region)
    problem_of = {problem.field: problem.message for problem in problems}
    found: list[Explained] = []
    for path, source in taken.items():
        cell = cells.pop(path, None)
        note = _note(path, source.name, source.place, problem_of)
        said = "; ".join(source.texts)
        value = cell.value if cell else None
        read_as = _read_as(catalogue, path, source.region or region)
        found.append(
            Explained(path, source.name, source.raw, source.place, value, note, said if said != source.raw else "", read_as)
        )
    return found, cells


def _read_as(catalogue: Catalogue, path: str, region: str) -> str:
    field = catalogue.get(path)
    if field is None:
        return ""
    words = _READ_AS[field.type]
    return f"{words}, of {region} where it has no country code" if field.type == "phone" and region else words


def _note(path: str, input_name: str, place: Place | None, said: Mapping[str, str]) -> str:
    if path in said:
        return said[path]
    if place is None:
        return "read without being mapped"
    return "" if input_name else "constant"
