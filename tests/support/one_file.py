"""The rules of one file, and a lead for them."""

from __future__ import annotations

from collections.abc import Mapping

from core.documents import read_document
from core.fields import STANDARD, Catalogue
from core.instants import Instant
from core.lead import Lead, Value, Won
from core.problems import Problem
from core.routing.compiling import Team
from core.rule_files import compile_rules
from core.rules import Rules

NOW: Instant = 1_763_726_400_000
"""2025-11-21T12:00:00Z, a Friday."""


def read(text: str, catalogue: Catalogue = STANDARD, team: Team | None = None) -> tuple[Rules, list[Problem]]:
    """What a rules file says, and what is wrong with it."""
    return compile_rules([read_document(text, "r.yaml")], catalogue, team)


def right(text: str, catalogue: Catalogue = STANDARD, team: Team | None = None) -> Rules:
    """What a rules file says in which nothing is wrong."""
    found, problems = read(text, catalogue, team)
    assert problems == []
    return found


def lead(kinds: Mapping[str, Instant] | None = None, **values: Value) -> Lead:
    """A lead with these values, `__` standing for the dot of a path, that last did each of these at a time."""
    return Lead("L1", 1, {path.replace("__", "."): Won(value, NOW, "T1") for path, value in values.items()}, dict(kinds or {}))
