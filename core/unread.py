"""What stands in the place of a condition that could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.conditions import Case, Explained
from core.operators import UNKNOWN, Truth
from core.problems import Place


@dataclass(frozen=True, slots=True)
class Unread:
    """A condition that could not be read: any answer is possible, so that what stands around it can be looked at all the same.
    Rules that hold one are never asked."""

    place: Place

    @property
    def text(self) -> str:
        """What stands in its place."""
        return f"what stands in {self.place}"

    def truth(self, case: Case) -> Truth:
        """Unknown."""
        return UNKNOWN

    def explain(self, case: Case) -> Explained:
        """Nothing but the place."""
        return Explained(self.text, UNKNOWN, self.place)

    def unknowns(self, case: Case) -> Iterator[str]:
        """None."""
        return iter(())

    def names(self) -> Iterator[str]:
        """None."""
        return iter(())
