"""Words in a CEL expression: the texts that fields are compared with, and what people write who think of another language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.expression_text import Piece, neighbour, pieces_of

_INSTEAD = {"and": "&&", "or": "||", "not": "!", "=": "==", "=>": ">=", "=<": "<=", "<>": "!=", "&": "&&", "|": "||"}
_SIGNS = ("==", "!=")


class Compared(NamedTuple):
    """A text that a name is compared with, and its offset in the expression."""

    name: str
    word: str
    offset: int


def compared(text: str) -> Iterator[Compared]:
    """The texts that stand beside `==` and `!=` of a name, or in a list that it is looked for in."""
    pieces = pieces_of(text)
    for index, piece in enumerate(pieces):
        if piece.kind == "text" and piece.text[:1] in ("'", '"') and "\\" not in piece.text:
            name = _beside(pieces, index, -1) or _beside(pieces, index, 1) or _before_list(pieces, index)
            if name is not None:
                yield Compared(name, piece.text.strip(piece.text[0]), piece.start)


def _beside(pieces: Sequence[Piece], index: int, step: int) -> str | None:
    sign = neighbour(pieces, index, step)
    name = None if sign is None or pieces[sign].text not in _SIGNS else neighbour(pieces, sign, step)
    return pieces[name].text if name is not None and pieces[name].kind == "name" else None


def _before_list(pieces: Sequence[Piece], index: int) -> str | None:
    """The name before `in [`, when the list holds texts only up to this one."""
    at = neighbour(pieces, index, -1)
    while at is not None and (pieces[at].kind == "text" or pieces[at].text == ","):
        at = neighbour(pieces, at, -1)
    if at is None or pieces[at].text != "[":
        return None
    sign = neighbour(pieces, at, -1)
    name = None if sign is None or pieces[sign].text != "in" else neighbour(pieces, sign, -1)
    return pieces[name].text if name is not None and pieces[name].kind == "name" else None


def slips(text: str) -> Iterator[tuple[int, str]]:
    """What is written as in another language, each with its offset and what to write here."""
    pieces = pieces_of(text)
    for index, piece in enumerate(pieces):
        following = neighbour(pieces, index, 1)
        is_call = following is not None and pieces[following].text in ("(", ".")
        word = piece.text.lower()
        if piece.kind == "sign" and index + 1 < len(pieces) and pieces[index + 1].text in ("<", ">"):
            word += pieces[index + 1].text
        is_word = piece.kind == "name" and (word in ("and", "or") or (word == "not" and not is_call))
        if is_word or (piece.kind == "sign" and word in _INSTEAD):
            here = _INSTEAD[word]
            yield piece.start, f"this is written `{here}` in an expression. Write `{here}` for `{word}`."
