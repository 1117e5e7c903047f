"""A submission's names as a mapping looks them up: exactly as written, else without regard to case and spacing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from core.lead import Names
from core.mapping.clauses import fold

NOTHING: tuple[str, ...] = ()


class Inputs:
    """One submission's names under one mapping.

    A name that the mapping spells exactly belongs to that spelling alone; the others are found by their folded form.
    """

    __slots__ = ("_exact", "_folded", "_known", "ignored", "names")

    def __init__(
        self, names: Names, known: Mapping[str, tuple[str, ...]], exact: frozenset[str], ignored: frozenset[str]
    ) -> None:
        self.names = names
        self.ignored = {fold(name) for name in ignored} if ignored else frozenset()
        self._exact = exact
        self._known = known
        self._folded: dict[str, list[str]] | None = None

    def texts(self, name: str) -> tuple[str, ...]:
        """The filled texts under a name that is in the submission."""
        value = self.names[name]
        if isinstance(value, str):
            return (value,) if value and not value.isspace() else NOTHING
        return tuple(text for text in value if text and not text.isspace())

    def find(self, name: str) -> tuple[str, tuple[str, ...]]:
        """The submission's own spelling of a name and its filled texts; the first spelling that is filled."""
        if name in self.names:
            return name, self.texts(name)
        for spelled in self._spelled(fold(name)):
            texts = self.texts(spelled)
            if texts:
                return spelled, texts
        return name, NOTHING

    def first(self, wanted: Iterable[str]) -> tuple[str, tuple[str, ...]]:
        """The first of several names that is filled."""
        for name in wanted:
            spelled, texts = self.find(name)
            if texts:
                return spelled, texts
        return "", NOTHING

    def all(self, wanted: Iterable[str]) -> tuple[str, tuple[str, ...]]:
        """Every filled text under several names, in the mapping's order."""
        spelled: list[str] = []
        found: list[str] = []
        for name in wanted:
            own, texts = self.find(name)
            if texts:
                spelled.append(own)
                found.extend(texts)
        return ", ".join(spelled), tuple(found)

    def unmapped(self) -> Iterator[str]:
        """The names that the mapping neither reads nor ignores, in the submission's order."""
        for name in self.names:
            if name in self._exact:
                continue
            known = self._known.get(fold(name))
            if known is None or all(spelling in self.names for spelling in known):
                yield name

    def _spelled(self, folded: str) -> list[str]:
        if self._folded is None:
            self._folded = {}
            for name in self.names:
                if name not in self._exact:
                    self._folded.setdefault(fold(name), []).append(name)
        return self._folded.get(folded, [])
