"""The numbers of a score as CRMs are told them: at once when something of weight changes with them, else once a day. Pure.

A person who reads page after page moves their score a little each time, and a write for each would use up a CRM's calls for
nothing that anybody acts on. What a mapping makes of the score by `ranges` is told at once, since it only changes at its steps.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.instants import DAY, Instant
from core.lead import Lead, Value, Won

NUMBERS = ("score.total", "score.fit", "score.behaviour", "score.engagement")
WORDS = ("score.band", "score.grade")
"""What the numbers come to; where one of these changes, a threshold was crossed."""
SENT = "score:sent"
"""The mark that holds which numbers CRMs are told, and since when."""
AT_MOST_EVERY = DAY
_NOTHING = "-"

Mark = tuple[Instant, str]


def sent_value(lead: Lead, path: str) -> Value | None:
    """The value of a field as CRMs are told it: of a number of the score the one that was let out last."""
    mark = lead.marks.get(SENT) if path in NUMBERS else None
    if mark is None:
        return lead.value(path)
    told = mark[1].split(" ")[NUMBERS.index(path)]
    return None if told == _NOTHING else int(told)


def let_out(lead: Lead, fields: Mapping[str, Won], now: Instant, *, is_crossed: bool) -> tuple[Mark, Instant | None]:
    """The mark for a lead whose score was worked out anew (`fields`), and when to look again while numbers are held back.

    They are let out when something was crossed (`is_crossed`, or another band or grade), and when a day has passed.
    """
    text = " ".join(_NOTHING if (won := fields.get(path)) is None else str(won.value) for path in NUMBERS)
    mark = lead.marks.get(SENT)
    if mark is None:
        return (now, text), None
    if mark[1] == text:
        return mark, None
    is_crossed = is_crossed or any(_value(fields, path) != lead.value(path) for path in WORDS)
    if is_crossed or now - mark[0] >= AT_MOST_EVERY:
        return (now, text), None
    return mark, mark[0] + AT_MOST_EVERY


def _value(fields: Mapping[str, Won], path: str) -> Value | None:
    won = fields.get(path)
    return None if won is None else won.value
