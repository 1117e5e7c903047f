"""Leads and touches as plain JSON values for the store: compact, and quick to read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.instants import Instant
from core.lead import Act, Cell, Lead, Touch, Value, Won, make_won
from core.problems import Place, Problem

Json = dict[str, Any]
"""What `json.loads` gives for an object; it exists only between here and the store."""


def lead_to_json(lead: Lead) -> Json:
    """The lead without its uid and version; fields stand under the touch that gave them, so that each is named once."""
    by_touch: dict[tuple[Instant, str], dict[str, Value]] = {}
    values: dict[str, Value] = {}
    last: tuple[Instant, str] | None = None
    for path, won in lead.fields.items():
        if won[1:] != last:  # most fields come from the same touch as the one before
            last = won[1:]
            values = by_touch.setdefault(last, {})
        values[path] = won[0]
    found: Json = {"won": [[at, uid, values] for (at, uid), values in by_touch.items()], "kinds": dict(lead.kinds)}
    if lead.marks:
        found["marks"] = dict(lead.marks)
    if lead.is_test:
        found["test"] = True
    if lead.acts:
        found["acts"] = lead.acts
    return found


def lead_from_json(uid: str, version: int, data: Mapping[str, Any]) -> Lead:
    """The lead that `lead_to_json` wrote; one that was written before acts were kept has none."""
    fields: dict[str, Won] = {}
    for at, touch, values in data["won"]:
        for path, value in values.items():
            fields[path] = make_won((tuple(value) if type(value) is list else value, at, touch))
    marks = {mark: (at, touch) for mark, (at, touch) in data["marks"].items()} if "marks" in data else {}
    acts = tuple(map(Act._make, data["acts"])) if "acts" in data else ()
    return Lead(uid, version, fields, data["kinds"], "test" in data, marks, acts)


def touch_to_json(touch: Touch) -> Json:
    """The touch whole; a cell whose raw text is its value is written as the value alone."""
    found: Json = {
        "uid": touch.uid,
        "source": touch.source,
        "at": touch.at,
        "kind": touch.kind,
        "fields": cells_to_json(touch.fields),
    }
    if touch.problems:
        found["problems"] = [problem.as_json() for problem in touch.problems]
    if touch.is_test:
        found["test"] = True
    return found


def touch_from_json(data: Mapping[str, Any]) -> Touch:
    """The touch that `touch_to_json` wrote."""
    fields = cells_from_json(data["fields"])
    problems = tuple(_problem_from_json(problem) for problem in data.get("problems", ()))
    return Touch(data["uid"], data["source"], data["at"], data["kind"], fields, problems, "test" in data)


def cells_to_json(fields: Mapping[str, Cell]) -> Json:
    """A touch's fields alone."""
    found = fields.items()
    return {path: value if raw == value and isinstance(value, str) else {"v": value, "r": raw} for path, (value, raw) in found}


def cells_from_json(data: Mapping[str, Any]) -> dict[str, Cell]:
    """The fields that `cells_to_json` wrote."""
    return {path: _cell_from_json(cell) for path, cell in data.items()}


def _cell_from_json(cell: Any) -> Cell:
    if type(cell) is str:
        return Cell(cell, cell)
    value = cell["v"]
    return Cell(tuple(value) if type(value) is list else value, cell["r"])


def _problem_from_json(problem: Mapping[str, Any]) -> Problem:
    place = Place(problem["file"], problem["line"], problem["column"]) if "file" in problem else None
    return Problem(problem["code"], problem["message"], problem.get("field", ""), place)
