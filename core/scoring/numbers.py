"""Whole numbers of the section `scoring`."""

from __future__ import annotations

import re

from core.documents import Node
from core.mapping.reader import Reader

MOST = 1_000_000
_WHOLE = re.compile(r"[+-]?\d{1,9}\Z")


def whole_number(reader: Reader, node: Node, what: str, lowest: int = -MOST) -> int | None:
    """A whole number from `lowest` to MOST; None after a complaint."""
    text = reader.text(node, what)
    if text is None:
        return None
    number = int(text) if _WHOLE.match(text.strip()) else None
    if number is not None and lowest <= number <= MOST:
        return number
    least = "" if lowest == -MOST else f" of {lowest} or more"
    reader.complain("wrong_value", f"{what} wants a whole number{least}; here is `{text}`.", node.place)
    return None
