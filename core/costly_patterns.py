"""Regular expressions that might run for too long on some text: these are refused before they are compiled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_REPEATS = 2
MOST_WAYS = (10_000, 64, 4)
"""In so many ways an expression may fit at one place, by its open repeats: less than a second for the worst text."""

_PIECES = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P=|\((?:\?(?:P<\w+>|[:=!]|<[=!]))?|\)|[*+?]|\{\d*(?:,\d*)?\}|\||.", re.DOTALL
)


@dataclass(slots=True)
class _Frame:
    """What was read of a group so far: in how many ways it may fit at one place, and the same of its alternatives."""

    ways: int = 1
    before: int = 1
    """The ways without what was read last."""
    literal: str | None = ""
    """The plain text that the alternative is, as long as it is one."""
    done: list[tuple[int, str | None]] = field(default_factory=list)
    has_choice: bool = False
    is_atom: bool = False
    """Whether what was read last can be repeated."""

    def add(self, ways: int, text: str | None = None) -> None:
        """A piece that fits in so many ways."""
        self.before, self.ways, self.is_atom = self.ways, self.ways * ways, True
        self.literal = None if text is None or self.literal is None else self.literal + text

    def repeat(self, ways: int) -> None:
        """What was read last, in so many lengths; a second sign only says how to try them."""
        if self.is_atom:
            last = self.ways // self.before
            self.ways = self.before * (last + 1 if ways == 2 else last * ways)
            self.literal, self.is_atom, self.has_choice = None, False, True

    def end_alternative(self) -> None:
        """The next alternative begins, or the group ends."""
        self.done.append((self.ways, self.literal))
        self.ways, self.before, self.literal, self.is_atom = 1, 1, "", False

    def all_ways(self) -> int:
        """Of plain texts only those can fit together that begin with each other."""
        self.end_alternative()
        texts = sorted({text.casefold() for _, text in self.done if text is not None})
        together = max((sum(text.startswith(one) for one in texts) for text in texts), default=0)
        return max(1, together + sum(ways for ways, text in self.done if text is None))


def too_costly(text: str) -> str | None:
    """Why an expression might run for too long on some text: repeats inside of repeats, many open repeats, references, or so many
    choices that a text can fit in too many ways."""
    open_repeats = 0
    stack = [_Frame()]
    pieces = [found[0] for found in _PIECES.finditer(text)]
    for number, piece in enumerate(pieces):
        frame = stack[-1]
        following = pieces[number + 1] if number + 1 < len(pieces) else ""
        if piece == "(?P=" or re.fullmatch(r"\\[1-9]", piece):
            return "refers back to a group, which is not supported. Write it without"
        if piece.startswith("("):
            stack.append(_Frame())
        elif piece == ")" and len(stack) > 1:
            inner = stack.pop()
            if inner.has_choice and _repeats(following):
                return "repeats a group that has a repeat or an alternative inside, which can take forever. Write it flatter"
            stack[-1].has_choice |= inner.has_choice
            stack[-1].add(inner.all_ways())
        elif piece == "|":
            frame.end_alternative()
            frame.has_choice = True
        elif _repeats(piece) or piece in _OPTIONAL:
            open_repeats += _is_open(piece) and frame.is_atom
            frame.repeat(_lengths(piece))
        else:
            frame.add(1, piece if len(piece) == 1 and piece not in ".^$" else None)
    return _refusal(open_repeats, stack)


def _refusal(open_repeats: int, stack: Sequence[_Frame]) -> str | None:
    if open_repeats > MOST_REPEATS:
        return (
            f"has more than {MOST_REPEATS} open repeats (`*`, `+`, `{{2,}}`). Use `contains`, or bounded ones such as `{{0,20}}`"
        )
    if stack[0].all_ways() > MOST_WAYS[open_repeats]:
        return (
            "has so many optional parts and alternatives that some text may take forever. Write several shorter ones under `any`"
        )
    return None


_OPTIONAL = ("?", "{0,1}", "{,1}")


def _lengths(piece: str) -> int:
    """How many lengths a bounded repeat can have; an open one is counted by itself."""
    bounds = re.fullmatch(r"\{(\d*),(\d+)\}", piece)
    if piece in _OPTIONAL:
        return 2
    return 1 if bounds is None or _is_open(piece) else max(1, int(bounds[2]) - int(bounds[1] or 0) + 1)


def _repeats(piece: str) -> bool:
    """Whether a piece repeats what stands before it more than once."""
    return piece in ("*", "+") or (piece.startswith("{") and piece not in ("{0,1}", "{1}", "{0}", "{,1}"))


def _is_open(piece: str) -> bool:
    """Whether a repeat has no bound, or one so wide that it is none."""
    if not _repeats(piece):
        return False
    most = re.fullmatch(r"\{(?:\d*,)?(\d+)\}", piece)
    return most is None or int(most[1]) > 20
