"""Compiling the section `checks` of rule files: each check by its name, which must be free, and none that asks itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.condition_compiling import compile_condition
from core.condition_scope import EXPRESSION, GROUPS, HAS_TOUCH, Scope
from core.conditions import Condition
from core.documents import Entry, MapNode
from core.expression_names import NOW, TOUCHES
from core.fields import Catalogue
from core.mapping.reader import Reader
from core.unread import Unread

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
RESERVED = (*GROUPS, HAS_TOUCH, EXPRESSION, TOUCHES, NOW)
"""Words of conditions and expressions: a check of such a name would hide one, or be hidden by it."""


def check_entries(reader: Reader, roots: Sequence[MapNode], catalogue: Catalogue) -> dict[str, Entry]:
    """Every check of every file by its name, which must be free."""
    found: dict[str, Entry] = {}
    for root in roots:
        node = root.get("checks")
        for entry in () if node is None else reader.entries(node, "`checks`"):
            name, place = entry.key.text, entry.key.place
            if name in RESERVED or name in catalogue:
                message = f"a check can not be called `{name}`, which means something already. Give it another name."
                reader.complain("reserved_name", message, place, name)
            elif not _NAME.match(name):
                message = f"`{name}` is no name for a check: use small letters, digits and `_`, and begin with a letter."
                reader.complain("wrong_name", message, place, name)
                found.setdefault(name, entry)
            elif name in found:
                message = f"the check `{name}` stands in {found[name].key.place} already. Rename or remove one of them."
                reader.complain("duplicate_name", message, place, name)
            else:
                found[name] = entry
    return found


def compiled_checks(reader: Reader, sources: Mapping[str, Entry], scope: Scope) -> dict[str, Condition]:
    """The conditions of these checks; one that asks itself is complained of, and stands as unread."""
    checks = {name: compile_condition(reader, entry.value, scope) for name, entry in sources.items()}
    circles = {name: circle for name in checks if (circle := _circle(name, checks))}
    for name, circle in circles.items():
        if name == min(circle):
            shown = " -> ".join((*circle, circle[0]))
            message = f"these checks ask each other in a circle: {shown}. Take one of them out of it."
            reader.complain("circle", message, sources[name].key.place, name)
    return checks | {name: Unread(sources[name].key.place) for name in circles}


def _circle(start: str, checks: Mapping[str, Condition]) -> tuple[str, ...]:
    """The way from a check back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for name in checks[way[-1]].names():
            if name == start:
                return way
            if name in checks and name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()
