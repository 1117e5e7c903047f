"""Which records of a refused batch may be the ones that HubSpot does not take, judged by the one error that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.hubspot.answers import CrmError
from connectors.hubspot.schema import Schema
from connectors.hubspot.writing import Write

_SENT_ALONE = 3
_SHORTEST = 3
"""A shorter value stands in a sentence by chance."""


def split(group: list[Write], error: CrmError) -> list[list[Write]]:
    """The groups to send in place of a refused one: those that the error points to apart, else two halves."""
    named = [write for write in group if any(name in write.body.fields for name in error.names)]
    quoted = [write for write in named if any(_is_quoted(write.body.fields.get(name, ""), error.message) for name in error.names)]
    suspects = quoted or named
    if not suspects or len(suspects) == len(group):
        return _halves(group)
    guilty = {write.index for write in suspects}
    rest = [write for write in group if write.index not in guilty]
    alone = [[write] for write in suspects] if len(suspects) <= _SENT_ALONE else _halves(suspects)
    return [rest, *alone]


def _halves(group: list[Write]) -> list[list[Write]]:
    middle = len(group) // 2
    return [group[:middle], group[middle:]]


def _is_quoted(value: str, message: str) -> bool:
    """Whether an error's sentence repeats the value."""
    if len(value) < _SHORTEST:
        return False
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", message, re.IGNORECASE) is not None


def not_an_option(schema: Schema, write: Write, name: str) -> bool:
    """Whether what a record was to get is none of a property's options (any more)."""
    known = schema.properties.get(name)
    parts: Sequence[str] = [part for part in write.body.fields[name].split(";") if part]
    return known is None or any(part not in known.values for part in parts)
