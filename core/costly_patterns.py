"""Regular expressions that might run for too long on some text: these are refused before they are compiled."""

from __future__ import annotations

import re

MOST_REPEATS = 2

_PIECES = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P=|\((?:\?(?:P<\w+>|[:=!]|<[=!]))?|\)|[*+?]|\{\d*(?:,\d*)?\}|\||.", re.DOTALL
)


def too_costly(text: str) -> str | None:
    """Why an expression might run for too long on some text: repeats inside of repeats, many open repeats, references."""
    open_repeats = 0
    stack: list[bool] = [False]
    pieces = [found[0] for found in _PIECES.finditer(text)]
    for number, piece in enumerate(pieces):
        following = pieces[number + 1] if number + 1 < len(pieces) else ""
        if piece == "(?P=" or re.fullmatch(r"\\[1-9]", piece):
            return "refers back to a group, which is not supported. Write it without"
        if piece.startswith("(") and piece != "(?P=":
            stack.append(False)
        elif piece == ")" and len(stack) > 1:
            inner = stack.pop()
            if inner and _repeats(following):
                return "repeats a group that has a repeat or an alternative inside, which can take forever. Write it flatter"
            stack[-1] = stack[-1] or inner
        elif piece == "|" or _repeats(piece) or piece == "?":
            stack[-1] = True
            open_repeats += _is_open(piece)
    if open_repeats > MOST_REPEATS:
        return (
            f"has more than {MOST_REPEATS} open repeats (`*`, `+`, `{{2,}}`). Use `contains`, or bounded ones such as `{{0,20}}`"
        )
    return None


def _repeats(piece: str) -> bool:
    """Whether a piece repeats what stands before it more than once."""
    return piece in ("*", "+") or (piece.startswith("{") and piece not in ("{0,1}", "{1}", "{0}", "{,1}"))


def _is_open(piece: str) -> bool:
    """Whether a repeat has no bound, or one so wide that it is none."""
    if not _repeats(piece):
        return False
    most = re.fullmatch(r"\{(?:\d*,)?(\d+)\}", piece)
    return most is None or int(most[1]) > 20
