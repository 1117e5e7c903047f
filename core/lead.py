"""The canonical lead: what one submission said (a touch) and what is believed of a person (a lead)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
from typing import NamedTuple, cast

from core.instants import Instant
from core.problems import Problem
from core.quick_dataclass import quick_dataclass

Value = str | int | bool | tuple[str, ...]
"""A field's canonical value. Dates, datetimes, decimals and ranges are canonical text of their field's type
(`2026-11-21`, `2026-11-21T09:30:00Z`, `1250.50`, `11-50`), so a value is the same in memory, in JSON and in a test."""

Names = Mapping[str, str | tuple[str, ...]]
"""A submission flattened to literal input names, as `leadrelay inspect` prints them; a repeated name keeps every value."""


CRM_CHANGE = "crm_change"
"""The kind of a touch that was read back from a CRM: it tells what sales did, and is none of the person's own."""

TOLD = "crm "
"""What the mark of a read-back begins with: `TOLD` and the touch's uid stand for its time and the sink that told it."""


class Cell(NamedTuple):
    """One field of one touch: its canonical value, and the text it was made from."""

    value: Value
    raw: str = ""


@quick_dataclass(frozen=True, slots=True)
class Touch:
    """One submission, mapped and normalized, as part of a lead's history.

    `at` is the vendor's submit time when it gave one, else the time of capture. `fields` are keyed by catalogue path.
    """

    uid: str
    source: str
    at: Instant
    kind: str
    fields: Mapping[str, Cell]
    problems: tuple[Problem, ...] = ()
    is_test: bool = False


class Won(NamedTuple):
    """One field of the golden record: the value that won, with the time and the touch that gave it.

    A named tuple, because every lead that is read holds some forty of them, and a frozen dataclass takes four times as long.
    """

    value: Value
    at: Instant
    touch: str


make_won = cast(Callable[[tuple[Value, Instant, str]], Won], partial(tuple.__new__, Won))
"""A `Won` of its three parts, in half of the time of `Won(...)`: folding and deciding a lead make some forty of them."""


class Act(NamedTuple):
    """One touch as a thing that the person did: when, of which kind, with which content (`touch.content_id`, or empty)."""

    at: Instant
    kind: str
    content: str
    touch: str


MOST_ACTS = 200
"""A lead remembers this many of its newest acts: enough for any score, and a bound for a visitor who reloads all day."""


@quick_dataclass(frozen=True, slots=True)
class Lead:
    """A person as believed now: the fold of their touches, with provenance per field.

    `version` rises with every change; `kinds` holds the newest time of each kind of touch; a lead is a test lead when all
    of its touches are. `marks` is what the fold must remember beside the values (`core.golden` writes and reads it).
    `acts` are the person's own newest touches, newest first by time and uid, at most MOST_ACTS; what a CRM told is none.
    """

    uid: str
    version: int
    fields: Mapping[str, Won] = field(default_factory=dict)
    kinds: Mapping[str, Instant] = field(default_factory=dict)
    is_test: bool = False
    marks: Mapping[str, tuple[Instant, str]] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()

    def value(self, path: str) -> Value | None:
        """The value at a catalogue path, or None when nothing is known."""
        won = self.fields.get(path)
        return None if won is None else won.value

    def holding(self, fields: Mapping[str, Won], marks: Mapping[str, tuple[Instant, str]], version: int) -> Lead:
        """The lead with other values and marks at a version; `dataclasses.replace` takes three times as long."""
        return Lead(self.uid, version, fields, self.kinds, self.is_test, marks, self.acts)

    def told_by(self, path: str) -> str:
        """The sink whose read-back gave the value at a path; empty when a touch of the person's own did, or nothing is known."""
        won = self.fields.get(path)
        mark = None if won is None or not self.marks else self.marks.get(TOLD + won.touch)
        return "" if mark is None else mark[1]
