"""Why a condition can never be true, in words: the part that contradicts itself, or the two parts that exclude each other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from core.conditions import Condition, Group
from core.possible import Possible, wanted
from core.routing.compiling import words_of

_LONGEST = 90


def why_never(condition: Condition, checks: Mapping[str, Condition], possible: Possible) -> str:
    """The rest of the sentence `... can never hold: `, without its end."""
    for parts in (list(wanted(condition, {})), list(wanted(condition, checks))):  # by the names of checks where they say it
        alone = next((part for part in parts if len(parts) > 1 and not possible.can_be_true(part)), None)
        if alone is not None:
            return f"{_shown(alone)} contradicts itself" if isinstance(alone, Group) else f"{_shown(alone)} is never true"
        for one, other in combinations(parts, 2):
            if not possible.can_be_true(Group("all", (one, other), condition.place)):
                return f"{_shown(one)} and {_shown(other)} exclude each other"
    return "what it asks contradicts itself"


def _shown(condition: Condition) -> str:
    words = words_of(condition)
    return f"`{words}`" if len(words) <= _LONGEST else f"`{words[:_LONGEST]}...`"
