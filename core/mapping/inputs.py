"""How a mapping finds the inputs it names in a submission: exactly as written, else without regard to case and spacing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.lead import Names
from core.mapping.clauses import fold

Texts = tuple[str, ...]
NOTHING: Texts = ()


def filled(value: str | Texts) -> Texts:
    """The texts of one input that say something."""
    if type(value) is str:
        return (value,) if value and not value.isspace() else NOTHING
    return tuple(text for text in value if text and not text.isspace())


class Spellings:
    """Which of a submission's names each name of a mapping stands for.

    A name that the mapping spells exactly belongs to that spelling alone; the others are found by their folded form.
    """

    __slots__ = ("_exact", "_folded", "_names")

    def __init__(self, names: Iterable[str], exact: frozenset[str]) -> None:
        self._names = dict.fromkeys(names)
        self._exact = exact
        self._folded: dict[str, tuple[str, ...]] = {}
        for name in self._names:
            if name not in exact:
                self._folded[fold(name)] = (*self._folded.get(fold(name), ()), name)

    def of(self, name: str) -> Texts:
        """The submission's own spellings of one name, the best one first."""
        return (name,) if name in self._names else self._folded.get(fold(name), NOTHING)

    def of_all(self, wanted: Iterable[str]) -> Texts:
        """The submission's own spellings of several names, in their order."""
        return tuple(dict.fromkeys(spelling for name in wanted for spelling in self.of(name)))

    def unread(self, folded_names: Mapping[str, Texts]) -> Texts:
        """The names that no name of the mapping stands for, in the submission's order."""
        return tuple(
            name
            for name in self._names
            if name not in self._exact and all(spelling in self._names for spelling in folded_names.get(fold(name), NOTHING))
        )


def first_filled(names: Names, spellings: Iterable[str]) -> tuple[str, Texts]:
    """The first of several spellings that is filled, with its texts."""
    for name in spellings:
        texts = filled(names[name])
        if texts:
            return name, texts
    return "", NOTHING


def all_filled(names: Names, spellings: Iterable[str]) -> tuple[str, Texts]:
    """Every filled text under several spellings, in their order."""
    found = {name: texts for name in spellings if (texts := filled(names[name]))}
    return ", ".join(found), tuple(text for texts in found.values() for text in texts)
