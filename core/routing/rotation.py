"""Turns in a pool: smooth weighted round robin that keeps every member within one lead of their share at every moment.

Each member has a credit, in billionths of a lead: with every turn it grows by the member's share of those who may take this one,
and whoever takes it pays a whole lead. Who is ruled out for a turn neither gains nor pays, so the others keep their shares among
themselves and nobody has to catch up afterwards.

Taking the largest credit each time, as the usual smooth round robin does, lets credits pass one lead when weights differ much.
Here the turn goes to the member whose credit would be the first to pass the limit (R. Tijdeman, "The chairman assignment
problem", 1980): while the same n members take part, no count ever differs from its ideal by more than 1 - 1/(2n - 2). Whoever
may come and go at random stays within two leads of the sum of their shares.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

LEAD = 1_000_000_000_000
"""One lead in units of credit: whole numbers, so that a turn is the same on every machine; rounding stays below 1e-6 leads for a
million turns."""

Credits = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: who takes the lead, and the credits of all members before and after."""

    member: str
    before: Credits
    after: Credits


def take_turn(weights: Mapping[str, int], credits_now: Credits, eligible: Collection[str] | None = None) -> Turn | None:
    """The next turn in a pool whose members have these weights; None when nobody may take it.

    The order of the weights decides between equals. Members that are gone are forgotten, and new ones begin with nothing owed.
    """
    before = _settled(weights, credits_now)
    present = {name: weight for name, weight in weights.items() if weight > 0 and (eligible is None or name in eligible)}
    if not present:
        return None
    after = dict(before)
    total, paid = sum(present.values()), 0
    for name, weight in present.items():
        share = LEAD * weight // total
        after[name] += share
        paid += share
    member = _most_urgent(present, after)
    after[member] -= paid  # a lead, less what rounding left out
    return Turn(member, before, after)


def _most_urgent(present: Mapping[str, int], credit: Credits) -> str:
    """Who would be the first to be owed more than the limit; only those who do not get too far ahead by it are asked."""
    slack = LEAD // (2 * len(present) - 2) if len(present) > 1 else 0
    limit = LEAD - slack
    found, found_left, found_weight = "", 0, 1
    for name, weight in present.items():
        left = limit - credit[name]
        # the time until the limit is left / weight; whole numbers compare without rounding
        if credit[name] >= slack and (not found or left * found_weight < found_left * weight):
            found, found_left, found_weight = name, left, weight
    return found or max(present, key=lambda name: credit[name])


def _settled(weights: Mapping[str, int], credits_now: Credits) -> dict[str, int]:
    """The credits of today's members; when members came or went, what the rest is owed in sum is taken back by their weights."""
    found = {name: credits_now.get(name, 0) for name in weights}
    if found.keys() == credits_now.keys():
        return found
    total = sum(weights.values())
    left = sum(found.values())
    if total == 0 or left == 0:
        return found
    return {name: credit - left * weights[name] // total for name, credit in found.items()}
