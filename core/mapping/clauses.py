"""Conditions in a mapping file: `when: {input name or path: {verb: operand}}`, all of which must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from core.lead import Value
from core.problems import Place

ClauseVerb = Literal["is", "is_not", "in", "not_in", "known"]
"""What may be asked of one name: one text, several texts, or whether it says anything."""

CLAUSE_VERBS: tuple[ClauseVerb, ...] = ("is", "is_not", "in", "not_in", "known")


def fold(text: str) -> str:
    """A text as people mean it when they compare: without regard to case and spacing."""
    return " ".join(text.split()).casefold()


def texts_of(value: Value | None) -> tuple[str, ...]:
    """The filled texts of a value as a condition or a join sees them; nothing known is no text."""
    if value is None:
        return ()
    if isinstance(value, tuple):
        return tuple(item for item in value if item.strip())
    text = plain_text(value)
    return (text,) if text.strip() else ()


def plain_text(value: Value) -> str:
    """A single value as a person writes it in YAML: `true`, `25`, the text itself; a list joined by `; `."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "; ".join(value)
    return str(value)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one name. Unknown is not no: a name that says nothing satisfies nothing but `known: false`."""

    name: str
    verb: ClauseVerb
    operands: frozenset[str]
    place: Place

    def holds(self, texts: tuple[str, ...]) -> bool:
        """Whether the condition is true of these filled texts."""
        if self.verb == "known":
            return bool(texts) == ("true" in self.operands)
        if not texts:
            return False
        is_listed = any(fold(text) in self.operands for text in texts)
        return is_listed if self.verb in ("is", "in") else not is_listed


def all_hold(clauses: Iterable[Clause], texts: Callable[[str], tuple[str, ...]]) -> bool:
    """Whether every condition is true, given the filled texts of a name."""
    return all(clause.holds(texts(clause.name)) for clause in clauses)
