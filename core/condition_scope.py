"""What a condition may name: its own words, and the fields and checks of the file that it stands in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from core.fields import Catalogue, Field
from core.other_words import meant
from core.problems import did_you_mean

GROUPS = ("all", "any", "none")
HAS_TOUCH = "has_touch"
EXPRESSION = "expression"


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
