"""The users' YAML files: read with every scalar as text and its exact place, checked against a model, saved to the byte."""

from __future__ import annotations

from dataclasses import dataclass

from core.nodes import Composer, Entry, ListNode, MapNode, Node, ScalarNode
from core.problems import Place, Problem
from core.texts import (
    AnyText,
    Count,
    Duration,
    Flag,
    LoopbackOrHttpsUrl,
    OneOrMore,
    Port,
    PositiveCount,
    Rate,
    RateLimit,
    Secret,
    Size,
    Text,
    refusal,
)
from core.validation import dotted, validate, validate_tree

__all__ = [
    "AnyText", "Count", "Document", "Duration", "Entry", "Flag", "ListNode", "Loc", "LoopbackOrHttpsUrl", "MapNode", "Node",
    "OneOrMore", "Plain", "Port", "PositiveCount", "Rate", "RateLimit", "ScalarNode", "Secret", "Size", "Text", "dotted", "plain",
    "read_document", "refusal", "validate", "validate_tree",
]  # fmt: skip

Plain = str | list["Plain"] | dict[str, "Plain"]
"""A tree as Python's own values: nothing but texts at its ends."""

Loc = tuple[str | int, ...]
"""The way from the root to a node: keys of mappings and indexes of lists."""


@dataclass(frozen=True)
class Document:
    """One file: its text as it was read, its tree, and what is wrong with it as YAML."""

    text: str
    file: str
    root: Node
    problems: tuple[Problem, ...] = ()

    def plain(self) -> Plain:
        """The tree as dicts, lists and texts."""
        return plain(self.root)

    def plain_at(self, loc: Loc) -> Plain:
        """The tree at a loc; an empty text when nothing is there."""
        found = self.node(loc)
        return "" if found is None else plain(found)

    def node(self, loc: Loc) -> Node | None:
        """The node at a loc, or None."""
        found: Node | None = self.root
        for step in loc:
            found = _child(found, step)
        return found

    def place(self, loc: Loc, key: bool = False) -> Place:
        """The place of the value at a loc, or of its key; what is missing is placed at its nearest parent that exists."""
        entry: Entry | None = None
        found = self.root
        for step in loc:
            child = _child(found, step)
            if child is None:
                break
            entry = found.entry(str(step)) if isinstance(found, MapNode) else None
            found = child
        return entry.key.place if key and entry is not None else found.place

    def save(self) -> str:
        """The file's text, byte for byte as it was read."""
        return self.text


def read_document(text: str, file: str) -> Document:
    """Read one YAML text; what is wrong stands in `problems`, and the tree is empty when the text is no YAML at all."""
    composer = Composer(text, file)
    root = composer.compose()
    return Document(text, file, root, tuple(composer.problems))


def plain(node: Node) -> Plain:
    """A node as dicts, lists and texts."""
    if isinstance(node, MapNode):
        return {entry.key.text: plain(entry.value) for entry in node.entries}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return node.text


def _child(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, MapNode):
        return node.get(str(step))
    if isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None
