"""The text of a CEL expression: cut into pieces that know where they stood, so that names can be exchanged and errors placed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.documents import ScalarNode
from core.problems import Place

MACROS = ("all", "exists", "exists_one", "filter", "map")
FUNCTIONS = (
    "size", "contains", "startsWith", "endsWith", "matches", "has", *MACROS, "int", "uint", "double", "string", "bool", "bytes",
    "timestamp", "duration", "type", "dyn", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
    "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
)  # fmt: skip
WORDS = ("true", "false", "null", "in", "int", "uint", "double", "string", "bool", "bytes", "list", "map", "type")
"""Names that mean something in CEL by themselves: they are no fields."""

_PIECES = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<text>[rRbB]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
  | (?P<decimal>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<whole>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
  | (?P<sign>&&|\|\||[<>=!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: what it is, what it says now, and the part of the original text that it stands for."""

    kind: str
    text: str
    start: int
    length: int

    def saying(self, text: str) -> Piece:
        """This piece with another text."""
        return replace(self, text=text)


def pieces_of(text: str) -> list[Piece]:
    """The pieces of an expression; together they are its text."""
    return [Piece(found.lastgroup or "", found[0], found.start(), len(found[0])) for found in _PIECES.finditer(text)]


def split(piece: Piece, count: int) -> tuple[Piece, Piece]:
    """A dotted name cut after so many parts; the second piece begins with its dot, or is empty."""
    parts = piece.text.split(".")
    head = ".".join(parts[:count])
    tail = piece.text[len(head) :]
    return (
        Piece(piece.kind, head, piece.start, len(head)),
        Piece("rest", tail, piece.start + len(head), len(tail)),
    )


class Written:
    """An expression as it is handed to CEL, which leads each of its offsets back to the original text."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        self.text = "".join(piece.text for piece in pieces)
        self._starts: list[int] = []
        at = 0
        for piece in pieces:
            self._starts.append(at)
            at += len(piece.text)

    def index(self, line: int, column: int) -> int | None:
        """The piece at a line and column as CEL counts them, from 1; None when there is none."""
        rows = self.text.split("\n")
        if line < 1 or line > len(rows) or not self.pieces:
            return None
        offset = sum(len(row) + 1 for row in rows[: line - 1]) + column - 1
        return min(bisect_right(self._starts, offset), len(self.pieces)) - 1

    def origin(self, line: int, column: int) -> int:
        """The offset in the original text of a line and column as CEL counts them; 0 when CEL does not know."""
        index = self.index(line, column)
        if index is None:
            return 0
        piece = self.pieces[index]
        offset = sum(len(row) + 1 for row in self.text.split("\n")[: line - 1]) + column - 1
        inside = offset - self._starts[index]
        return piece.start + (inside if inside >= len(piece.text) else min(inside, max(piece.length - 1, 0)))


def neighbour(pieces: Sequence[Piece], index: int, step: int) -> int | None:
    """The index of the next piece in one direction that is no space, or None."""
    index += step
    while 0 <= index < len(pieces):
        if pieces[index].kind != "space" and pieces[index].text:
            return index
        index += step
    return None


def place_inside(node: ScalarNode, offset: int) -> Place:
    """The place of an offset of a scalar's text in its file.

    Exact for a text in one line, however it is quoted, and for one of several lines; only when such a one has escapes or doubled
    quotes, its beginning is its place.
    """
    before, place, written = node.text[:offset], node.place, node.end - node.start
    if node.style == "" and written == len(node.text):
        return replace(place, column=place.column + offset)
    if node.style == "'" and written == len(node.text) + node.text.count("'") + 2:
        return replace(place, column=place.column + 1 + offset + before.count("'"))
    if node.style == '"' and "\n" not in node.text:
        doubled = sum(node.text.count(sign) for sign in '"\\')
        if written == len(node.text) + doubled + 2:
            return replace(place, column=place.column + 1 + offset + sum(before.count(sign) for sign in '"\\'))
    return _place_in_lines(node, offset) or place


def _place_in_lines(node: ScalarNode, offset: int) -> Place | None:
    """Where a sign stands in a text of several lines: both hold the same signs apart from blanks and ends of lines."""
    start = node.written.find("\n") + 1 if node.style in ("|", ">") else 0
    signs = [at for at in range(start, len(node.written)) if not node.written[at].isspace()]
    signs = signs[1:-1] if node.style in ("'", '"') else signs
    said = [at for at, sign in enumerate(node.text) if not sign.isspace()]
    if [node.written[at] for at in signs] != [node.text[at] for at in said] or not said:
        return None
    number = bisect_left(said, offset)
    at = signs[number] if number < len(signs) else signs[-1] + 1
    above = node.written[:at]
    row, column = above.count("\n"), at - (above.rfind("\n") + 1)
    return Place(node.place.file, node.place.line + row, column + (node.place.column if row == 0 else 1))
