"""Kinds of touches that rules name: any word may be one, so a slip is found only by a word that is written much like it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from core.conditions import HasTouch
from core.known_words import singles
from core.lead import CRM_CHANGE
from core.problems import Place, Problem
from core.scoring.model import ActivityLine
from core.scoring.reach import Findings
from core.visits import VISIT_KINDS

if TYPE_CHECKING:
    from core.rule_lint import Asking
    from core.rules import Rules

USUAL = (
    *VISIT_KINDS, CRM_CHANGE, "demo_request", "contact", "newsletter_signup", "email", "email_reply", "webinar_signup",
    "meeting_scheduled", "unsubscribed",
)  # fmt: skip
"""Kinds that leadrelay gives by itself, and that its own mappings and examples use."""

_SHORTEST = 6
"""Shorter words are alike too easily."""


def lint_kinds(rules: Rules, asked: Iterable[Asking], given: Collection[str] = ()) -> Findings:
    """Kinds that are written much like a better known one: `given` are those that the mappings give."""
    used = list(_used(rules, asked))
    counts = {kind: sum(one == kind for one, _ in used) for kind, _ in used}
    sure = {*USUAL, *given}
    warnings: list[Problem] = []
    for kind, place in used:
        if kind in sure or len(kind) < _SHORTEST:
            continue
        better = [one for one in sure if _is_slip(kind, one)]
        better += [one for one, count in counts.items() if count > counts[kind] and _is_slip(kind, one)]
        if better:
            message = (
                f"no touch is known as `{kind}`. Did you mean `{better[0]}`? If your sources do send `{kind}`, "
                "name it in a mapping's `touch.kind`."
            )
            warnings.append(Problem("unknown_kind", message, kind, place))
    return Findings((), tuple(dict.fromkeys(warnings)))


def _used(rules: Rules, asked: Iterable[Asking]) -> Iterator[tuple[str, Place]]:
    for one in singles(each.condition for each in asked):
        if isinstance(one, HasTouch):
            yield from zip(one.kinds, one.at, strict=False)
    for _, line in () if rules.scoring is None else rules.scoring.lines:
        if isinstance(line, ActivityLine):
            yield from ((kind, line.place) for kind in line.kinds)


def _is_slip(word: str, known: str) -> bool:
    """Whether a word is another one with a slip or two: other signs between its parts, or letters left out, added or swapped."""
    one, other = (text.replace("-", "_").replace(" ", "_").casefold() for text in (word, known))
    if word == known or word in (f"{known}ed", f"{known}d") or known in (f"{word}ed", f"{word}d"):
        return False
    if [letter for letter in one if letter.isdigit()] != [letter for letter in other if letter.isdigit()]:
        return False
    return one.replace("_", "") == other.replace("_", "") or _distance(one, other) <= (1 if len(one) < 10 else 2)


def _distance(one: str, other: str) -> int:
    """How many letters to leave out, add, exchange or swap with their neighbour lead from one word to another."""
    if abs(len(one) - len(other)) > 2:
        return 3
    rows: list[Sequence[int]] = [range(len(other) + 1)]
    for number, letter in enumerate(one, 1):
        row = [number]
        for at, wanted in enumerate(other, 1):
            least = min(rows[-1][at] + 1, row[at - 1] + 1, rows[-1][at - 1] + (letter != wanted))
            if number > 1 and at > 1 and letter == other[at - 2] and one[number - 2] == wanted:
                least = min(least, rows[-2][at - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]
