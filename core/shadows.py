"""Lines of ordered lists that are never reached, because those above them take all of their leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.conditions import Condition
from core.fields import Catalogue
from core.possible import Possible
from core.problems import Place, Problem
from core.routing.choosing import Routing, ToField, ToOwner
from core.routing.implied import implies

_MOST_TOGETHER = 12
"""Of so many lines above, which ones together take all leads is looked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an ordered list; without a condition it is the last one. A line that does not take every lead for which it
    holds hides none."""

    name: str
    when: Condition | None
    place: Place
    takes_all: bool = True


def routing_rows(routing: Routing) -> list[Row]:
    """The lines of a routing: one that leads to a person may have nobody, and then those below it are asked."""
    return [Row(line.name, line.when, line.place, not isinstance(line.to, ToField | ToOwner)) for line in routing.lines]


class Shadows:
    """Finds hidden lines, under a catalogue of fields and these checks."""

    def __init__(self, checks: Mapping[str, Condition], catalogue: Catalogue) -> None:
        self._checks, self._catalogue = checks, catalogue
        self._possible = Possible(catalogue, checks)

    def hidden(self, rows: Sequence[Row], what: str) -> Iterator[Problem]:
        """A problem for each line that is never reached; `what` is how a line is named, such as `the line`."""
        for number, row in enumerate(rows):
            above = [one for one in rows[:number] if one.when is not None and one.takes_all]
            hiding = () if row.when is None else self._hiding(row.when, above)
            if hiding:
                names = " and ".join(f"`{one.name}` in line {one.place.line}" for one in hiding)
                takes = "take" if len(hiding) > 1 else "takes"
                message = (
                    f"{what} `{row.name}` is never reached: {names} {takes} all of its leads. "
                    f"Move it above {'them' if len(hiding) > 1 else 'that line'}, or remove it."
                )
                yield Problem("shadowed", message, row.name, row.place)

    def _hiding(self, when: Condition, above: Sequence[Row]) -> Sequence[Row]:
        """The fewest lines above that together hold wherever a condition does; nothing when there are none, or it never does."""
        for one in above:
            if one.when is not None and implies(when, one.when, self._checks, self._catalogue):
                return (one,)
        near = [one for one in above if one.when is not None and self._possible.asks_no_more(one.when, when)][:_MOST_TOGETHER]
        if not near or self._is_reached(when, near) or not self._possible.can_be_true(when):
            return ()
        return next((some for count in (1, 2, 3) for some in combinations(near, count) if not self._is_reached(when, some)), near)

    def _is_reached(self, when: Condition, above: Sequence[Row]) -> bool:
        return self._possible.can_be_reached(when, [one.when for one in above if one.when is not None])
