"""What `values` and `otherwise` do to a text, the same way in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.mapping.clauses import fold

LEAVE_OUT: Final = "leave_out"
"""The word after `otherwise:` that sends or keeps nothing for an unlisted value."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A table from texts to texts. A key is found as it is written, then without regard to case and spacing.

    `otherwise` None says nothing of unlisted texts; LEAVE_OUT drops them; any other text replaces them. With
    `keeps_unlisted` they are taken as they are, and nothing is wrong with that.
    """

    values: Mapping[str, str]
    otherwise: str | None = None
    keeps_unlisted: bool = False
    folded: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", {fold(key): value for key, value in reversed(tuple(self.values.items()))})

    def listed(self, text: str) -> str | None:
        """The listed replacement of a text, or None."""
        found = self.values.get(text)
        return self.folded.get(fold(text)) if found is None else found
