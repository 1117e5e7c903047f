"""Addresses of the API: the legacy and the dated spelling of one thing become the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_DATED = re.compile(r"\d{4}-\d{2}")
_LEGACY = re.compile(r"v\d")
_KNOWN = frozenset({"2025-09", "2026-03", "2026-09"})
_ENFORCING = "2026-09"  # the first version that holds API writes to the admin's conditional rules


@dataclass(frozen=True, slots=True)
class Address:
    """What is asked for: an area (objects, properties, owners ...), the version's spelling, and the rest of the path."""

    area: str
    version: str
    parts: tuple[str, ...]

    @property
    def is_enforcing(self) -> bool:
        """Whether this version enforces admin validation rules."""
        return _DATED.fullmatch(self.version) is not None and self.version >= _ENFORCING


def address_of(path: str) -> Address | None:
    """`/crm/v3/objects/...`, `/crm/objects/2026-09/...`, `/oauth/v1/token` ...; None where the service has nothing."""
    parts = [unquote(one) for one in path.split("/") if one]
    if parts[:1] == ["crm"]:
        del parts[0]
    if len(parts) < 2:
        return None
    if _LEGACY.fullmatch(parts[0]):
        version, area, rest = parts[0], parts[1], parts[2:]
        if version == "v4" and area not in ("objects", "associations"):
            return None
    elif _LEGACY.fullmatch(parts[1]) or parts[1] in _KNOWN:
        area, version, rest = parts[0], parts[1], parts[2:]
        if _LEGACY.fullmatch(version) and path.startswith("/crm/"):
            return None
    else:
        return None
    return Address(area, version, tuple(rest))
