"""From a CRM record's fields to a touch: what sales did there, in the lead's own words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from core.fields import Catalogue
from core.instants import Instant
from core.lead import CRM_CHANGE, Cell, Touch, Value
from core.mapping.clauses import plain_text
from core.mapping.inbound import InboundMapping, Taken, take_lines
from core.mapping.reading import normalize_taken


class TakesBack(Protocol):
    """A mapping as far as it says what is read back."""

    @property
    def from_crm(self) -> InboundMapping:
        """The lead fields that are read back, with the CRM's names."""

    @property
    def watched(self) -> tuple[str, ...]:
        """The CRM fields to ask for."""


_NUMBERS = ("integer", "decimal", "range")


def read_change(
    mapping: TakesBack,
    fields: Mapping[str, object],
    *,
    uid: str,
    source: str,
    at: Instant,
    catalogue: Catalogue,
    zone: str,
    region: str,
    extra: Mapping[str, Value],
) -> Touch:
    """The touch that a change in a CRM makes, of the fields that the mapping reads back.

    `fields` are by the CRM's name and as it holds them; an empty one says nothing, and one that is not watched is passed over.
    `source` is the sink's name. `extra` are values that no field tells, such as the owner's e-mail, by their lead field. What
    can not be read becomes a problem of the touch.
    """
    back = mapping.from_crm
    names = {name: crm_text(fields[name]) for name in mapping.watched if name in fields}
    taken = {path: _as_typed(found, catalogue) for path, found in take_lines(back.plan(names), names).items()}
    cells, problems = normalize_taken(taken, catalogue, zone=zone, region=region)
    for path, value in extra.items():
        if value != "" and value != ():
            cells[path] = Cell(value, plain_text(value))
    return Touch(uid, source, at, CRM_CHANGE, cells, tuple(problems))


def crm_text(value: object) -> str:
    """A CRM's value as the text that `values` may list: `true`, `25`, a date as it stands, several choices with `;` between."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, list | tuple):
        return ";".join(crm_text(item) for item in value)
    return str(value)


def _as_typed(found: Taken, catalogue: Catalogue) -> Taken:
    """The texts as our reader of that type understands them: a CRM writes numbers with a point and no separators, so that
    `1.234` is no thousand, and puts several choices into one text."""
    kind = catalogue[found.path].type
    if kind == "list":
        return found._replace(texts=tuple(text for texts in found.texts for text in texts.split(";")))
    if kind not in _NUMBERS:
        return found
    return found._replace(texts=tuple(_number_text(text) for text in found.texts))


def _number_text(text: str) -> str:
    """A whole number without its `.0`; a zero more behind three decimals, which people write to group thousands."""
    whole, point, decimals = text.partition(".")
    if not point or not decimals.isdecimal():
        return text
    if not decimals.strip("0"):
        return whole
    return text + "0" if len(decimals) == 3 else text
