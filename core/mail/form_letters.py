"""Mails of sites that say in a sentence who wrote, and put no label before it (Joomla, Drupal, FormMail)."""

from __future__ import annotations

import re

from core.mail.form_signs import announces_form, is_footer
from core.mail.form_text import Pair, without_footer

_MAX_INTRO = 400
_WRITER = re.compile(
    r"(?:\A|\n|\bfrom:?\s|\bby:?\s|\bvon:?\s|\bde:?\s)(?P<name>[^\W\d_][\w .,'’-]{1,60}?)\s*"
    r"[<(](?:(?P<email>[^\s<>()@]{1,64}@[^\s<>()@]{1,190}\.[^\s<>()@.]{2,})|https?://[^\s<>()]{1,200})[>)]"
)
_ONLY_LINK = re.compile(r"\s*(?:https?://\S+|[-=_*~]{3,})?\s*")


def letter_in(text: str) -> tuple[tuple[Pair, ...], str] | None:
    """Who a site says has written, as pairs, and what they wrote; None where its first sentence does not tell."""
    head = text.lstrip()
    writer = _WRITER.search(head[:_MAX_INTRO])
    if writer is None:
        return None
    line_end = head.find("\n", writer.end())
    said = f"{head[: writer.start()]} {head[writer.end() : line_end if line_end >= 0 else None]}"
    if line_end < 0 or len(said) > _MAX_INTRO or not announces_form(said):
        return None
    lines = head[line_end + 1 :].split("\n")
    while lines and _ONLY_LINK.fullmatch(lines[0]):
        lines.pop(0)
    pairs = [Pair("person.full_name", writer["name"].strip(" ,.-"))]
    if writer["email"]:
        pairs.append(Pair("person.email", writer["email"]))
    return tuple(pairs), "\n".join(without_footer(lines, is_footer)).strip()
