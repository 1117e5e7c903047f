"""The users' YAML files: read with every scalar as text and its exact place, checked against a model, saved to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.edits import added, replaced
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
    Token,
    TokenStr,
    refusal,
)
from core.validation import dotted, validate, validate_tree

__all__ = [
    "AnyText", "Count", "Document", "Duration", "Entry", "Flag", "ListNode", "Loc", "LoopbackOrHttpsUrl", "MapNode", "Node",
    "OneOrMore", "Plain", "Port", "PositiveCount", "Rate", "RateLimit", "ScalarNode", "Secret", "Size", "Text", "Token",
    "TokenStr", "dotted", "plain",
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

    @property
    def is_readable(self) -> bool:
        """Whether the text is YAML at all, so that the tree says what the file says."""
        return not any(problem.code == "yaml" for problem in self.problems)

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

    def with_value(self, loc: Loc, text: str) -> Document:
        """This document with one text replaced or added; every other byte stays. ValueError when there is no place for it."""
        wanted = _with_text(self.root, loc, text)
        if self.problems or wanted is None:
            raise ValueError(f"{self.file}: `{dotted(loc)}` can not be set to one text here")
        for candidate in self._candidates(loc, text):
            changed = read_document(candidate, self.file)
            if not changed.problems and changed.plain() == wanted:
                return changed
        raise ValueError(f"{self.file}: `{dotted(loc)}` can not be set without changing other lines")

    def _candidates(self, loc: Loc, text: str) -> Iterator[str]:
        node, key, depth = self.root, None, 0
        while depth < len(loc) and (child := _child(node, loc[depth])) is not None:
            entry = node.entry(str(loc[depth])) if isinstance(node, MapNode) else None
            node, key, depth = child, entry.key if entry else None, depth + 1
        if depth < len(loc):
            yield from added(self.text, node, key, loc[depth:], text)
        elif isinstance(node, ScalarNode):
            yield from replaced(self.text, node, text)


def read_document(text: str, file: str) -> Document:
    """Read one YAML text; what is wrong stands in `problems`, and the tree is empty when the text is no YAML at all."""
    composer = Composer(text, file)
    root = composer.compose()
    return Document(text, file, root, tuple(composer.problems))


def mapping_at(node: Node, place: Place, *, by_key: bool = False) -> MapNode | None:
    """The mapping that begins at a place, or whose key does; None when there is none."""
    if isinstance(node, MapNode):
        found = next((entry.value for entry in node.entries if entry.key.place == place), None) if by_key else node
        if isinstance(found, MapNode) and (by_key or found.place == place):
            return found
    children = [entry.value for entry in node.entries] if isinstance(node, MapNode) else getattr(node, "items", ())
    return next((found for child in children if (found := mapping_at(child, place, by_key=by_key)) is not None), None)


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


def _with_text(node: Node | None, loc: Loc, text: str) -> Plain | None:
    """The plain tree with one text set; None when a list or mapping, or a text that has no keys, is in the way."""
    if not loc:
        return text if node is None or isinstance(node, ScalarNode) else None
    if isinstance(node, ScalarNode) and not node.is_empty:
        return None
    child = _with_text(_child(node, loc[0]), loc[1:], text)
    if child is None:
        return None
    if isinstance(node, ListNode) or (isinstance(loc[0], int) and not isinstance(node, MapNode)):
        items = [plain(item) for item in node.items] if isinstance(node, ListNode) else []
        is_near = isinstance(loc[0], int) and 0 <= loc[0] <= len(items)
        return [*items[: int(loc[0])], child, *items[int(loc[0]) + 1 :]] if is_near else None
    tree = plain(node) if isinstance(node, MapNode) else {}
    return {**tree, str(loc[0]): child} if isinstance(tree, dict) else None
