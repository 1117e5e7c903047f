"""Where each value of a touch came from, for `why`: input name, text, mapping line, canonical value."""

from __future__ import annotations

from dataclasses import dataclass

from core.fields import Catalogue
from core.lead import Names, Value
from core.mapping.inbound import InboundMapping, take
from core.mapping.inputs import first_filled
from core.mapping.reading import DEFAULT_KIND, consent_cell, normalize_taken
from core.problems import Place


@dataclass(frozen=True, slots=True)
class Explained:
    """One lead field of a touch. `input_name` is empty for constants and for what the core derived; `place` is the line of
    the mapping file, None when no line says it; `value` None when the text could not be read."""

    path: str
    input_name: str
    raw: str
    place: Place | None
    value: Value | None
    note: str = ""


def explain_inbound(
    mapping: InboundMapping, names: Names, *, catalogue: Catalogue, zone: str, region: str
) -> tuple[Explained, ...]:
    """Every lead field that a submission fills or tries to fill, in the mapping's order; then what the core derived."""
    plan = mapping.plan(names)
    taken = take(plan, names)
    cells, problems = normalize_taken(taken, catalogue, zone=zone, region=region)
    said = {problem.field: problem.message for problem in problems}
    found: list[Explained] = []
    for path, source in taken.items():
        cell = cells.pop(path, None)
        note = _note(path, source.input_name, source.place, said)
        found.append(Explained(path, source.input_name, source.raw, source.place, cell.value if cell else None, note))
    for rule, spellings in plan.consents:
        asked = ", ".join(first_filled(names, found)[0] or name for name, found in spellings.items())
        cell = consent_cell(rule, spellings, names)
        note = f"text {rule.text}" if rule.text else ""
        found.append(Explained(rule.path, asked, cell.raw, rule.place, cell.value, note))
    found.extend(Explained(path, "", cell.raw, None, cell.value, "derived from other fields") for path, cell in cells.items())
    if not any(item.path == "touch.kind" and item.value is not None for item in found):
        found.append(Explained("touch.kind", "", "", None, DEFAULT_KIND, "the mapping sets no kind"))
    return tuple(found)


def _note(path: str, input_name: str, place: Place | None, said: dict[str, str]) -> str:
    if path in said:
        return said[path]
    if place is None:
        return "read without being mapped"
    return "" if input_name else "constant"
