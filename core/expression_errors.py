"""What RE2 and CEL say and cost: the size of a pattern before it is run, and CEL's list of errors cut into its parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

LONGEST_PATTERN = 200
MOST_WORK = 500
"""The size of a pattern after its counted repeats are written out; RE2 compiles one of this size, and runs it
over the longest text, in at most 8 milliseconds."""
MOST_REPEATED_WORK = 120
"""The same for a pattern that each element of a list is held against."""
_UNICODE_CLASS = 100
"""What a class such as `\\p{L}` counts for: RE2 makes some hundred states of it."""

_PIECES = re.compile(
    r"\\[pP](?:\{[^}]*\}|.)|\\.|\[\^?\]?(?:\\[pP](?:\{[^}]*\}|.)|\\.|\[:\^?\w+:\]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|\(\?[^:)]*:?|.",
    re.DOTALL,
)


def too_costly(pattern: str, most: int = MOST_WORK) -> str | None:
    """Why a pattern would take too long to compile, as the end of a sentence about it, or None."""
    if len(pattern) > LONGEST_PATTERN:
        return f"has {len(pattern)} characters, and {LONGEST_PATTERN} is the most"
    size = _size(pattern)
    if size > most:
        return f"is as large as {size} steps when its repeats are written out, and {most} is the most here. Repeat less"
    return None


def _size(pattern: str) -> int:
    groups: list[list[int]] = [[]]
    for found in _PIECES.finditer(pattern):
        piece = found[0]
        if piece.startswith("("):
            groups.append([])
        elif piece == ")" and len(groups) > 1:
            inner = sum(groups.pop())
            groups[-1].append(inner)
        elif piece.startswith("{") and len(piece) > 1:
            if groups[-1]:
                groups[-1][-1] *= max(1, *(int(part) for part in piece.strip("{}").split(",") if part))
        else:
            groups[-1].append(_UNICODE_CLASS * max(1, piece.count("\\p") + piece.count("\\P")) if "\\p" in piece.lower() else 1)
    return sum(sum(group) for group in groups)


@dataclass(frozen=True)
class CelError:
    """One of CEL's complaints, with the place as CEL counts it; -1 when it does not say."""

    line: int
    column: int
    message: str

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The types that an operator does not fit, or nothing."""
        found = re.search(r"found no matching overload for '[^']*' applied to '(?:([^(]*)\.)?\((.*)\)'", self.message)
        if not found:
            return ()
        return tuple(([found[1]] if found[1] else []) + _split(found[2]))


def _split(types: str) -> list[str]:
    """A list of types at its outer commas."""
    found, depth = [""], 0
    for sign in types:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return [each.strip() for each in found]


_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")


def cel_errors(text: str) -> Sequence[CelError]:
    """The errors of a refused expression, in their order; one without a place when CEL says it another way."""
    found = [CelError(int(each[1]), int(each[2]), each[3].removesuffix(" [INVALID_ARGUMENT]")) for each in _ERROR.finditer(text)]
    return found or [CelError(-1, -1, text.split(" [")[0])]
