"""XML as mails carry it, read without a parser that could be led astray: broken documents are read as far as they go.

There are no entities but the named characters, no document types and nothing is ever fetched: a DOCTYPE is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

MAX_XML = 2_000_000
_MOST_ELEMENTS, _MAX_DEPTH, _MAX_TEXT = 20_000, 40, 100_000
_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<\?[^>]*>?|<![^>\[]*(?:\[[^\]]*\]\s*)?>?"
    r"|<(?P<close>/?)(?P<tag>[A-Za-z_][\w.:-]{0,100})(?P<rest>[^<>]{0,4000})>|(?P<text>[^<]+|<)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w.:-]{0,100})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>/]+))")


@dataclass(slots=True)
class Element:
    """One element: its tag and attributes in lower case, its own text, and what stands inside it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The element's own text, without blanks around it."""
        return "".join(self.pieces).strip()

    def all(self, tag: str) -> Iterator[Element]:
        """The elements of a tag that stand right inside."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """The first element of a tag right inside, or None."""
        return next(self.all(tag), None)

    def texts(self, tag: str) -> list[str]:
        """The filled texts of the elements of a tag right inside."""
        return [child.text for child in self.all(tag) if child.text]


def read_elements(text: str) -> Element:
    """The elements of a text under one nameless root; what is not closed ends with what holds it."""
    root = Element("")
    opened, count = [root], 0
    for token in _TOKEN.finditer(text[:MAX_XML]):
        if (tag := token["tag"]) is not None:
            count += 1
            if count > _MOST_ELEMENTS:
                break
            _tag(opened, tag.lower().rpartition(":")[2], bool(token["close"]), token["rest"])
        elif token["cdata"] is not None:
            opened[-1].pieces.append(token["cdata"][:_MAX_TEXT])
        elif token["text"] is not None:
            opened[-1].pieces.append(unescape(token["text"][:_MAX_TEXT]))
    return root


def _tag(opened: list[Element], tag: str, is_end: bool, rest: str) -> None:
    if is_end:
        if any(element.tag == tag for element in opened[1:]):
            while opened.pop().tag != tag:
                pass
        return
    attributes = {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(rest)}
    element = Element(tag, attributes)
    opened[-1].children.append(element)
    if not rest.rstrip().endswith("/") and len(opened) < _MAX_DEPTH:
        opened.append(element)


def named(element: Element, tag: str) -> Iterator[Element]:
    """All elements of a tag at any depth, in order, those inside of a found one left out."""
    waiting = [element]
    while waiting:
        one = waiting.pop()
        if one.tag == tag:
            yield one
        else:
            waiting.extend(reversed(one.children))


def flattened(element: Element, prefix: str) -> Iterator[tuple[str, str]]:
    """Every text and attribute as a dotted name and its value."""
    waiting = [(prefix, element)]
    while waiting:
        name, one = waiting.pop()
        if one.text:
            yield name, one.text
        for key, value in one.attributes.items():
            if value.strip():
                yield f"{name}.{key}", value.strip()
        waiting.extend((f"{name}.{child.tag}", child) for child in reversed(one.children))
