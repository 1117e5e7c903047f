"""Compiling a mapping file: everything wrong with it at once, or a mapping that is cheap to apply."""

from __future__ import annotations

from collections.abc import Collection

from core.documents import Document, MapNode, Node
from core.fields import Catalogue
from core.mapping.compile_inbound import INBOUND_KEYS, compile_inbound
from core.mapping.compile_outbound import OUTBOUND_KEYS, compile_outbound
from core.mapping.inbound import InboundMapping
from core.mapping.outbound import OutboundMapping
from core.mapping.reader import Reader
from core.problems import Place, Problem

TO_LEAD = "lead"
SINKS = ("salesforce", "hubspot")
"""CRMs that a mapping may name after `to:` when the caller does not say otherwise."""


def compile_mapping(
    document: Document, catalogue: Catalogue, *, sinks: Collection[str] = SINKS
) -> tuple[InboundMapping | OutboundMapping | None, list[Problem]]:
    """The mapping of a file, or None with every problem in it, each at its place and in the order of the file."""
    reader = Reader(catalogue)
    reader.problems.extend(document.problems)
    mapping = _compile(reader, document.root, sinks)
    problems = sorted(reader.problems, key=lambda problem: problem.place or Place(document.file, 0, 0))
    return (None if problems else mapping), problems


def _compile(reader: Reader, root: Node, sinks: Collection[str]) -> InboundMapping | OutboundMapping | None:
    if not isinstance(root, MapNode):
        reader.complain("wrong_type", "a mapping file must be a mapping that starts with `mapping: its name`.", root.place)
        return None
    if not root.entries and reader.problems:
        return None
    name = _required(reader, root, "mapping", "the mapping's name, as sources and sinks refer to it")
    to = _required(reader, root, "to", "`lead` for a source's names, or the CRM's name")
    if to is None:
        return None
    directions = (TO_LEAD, *sinks)
    if to not in directions:
        node = root.get("to")
        if node is not None:
            reader.choice(node, "`to`", directions)
        return None
    known = INBOUND_KEYS if to == TO_LEAD else OUTBOUND_KEYS
    for _ in reader.entries(root, f"a mapping to {to}", known):
        pass
    if to == TO_LEAD:
        return compile_inbound(reader, root, name or "")
    return compile_outbound(reader, root, name or "", to)


def _required(reader: Reader, root: MapNode, key: str, meaning: str) -> str | None:
    node = root.get(key)
    if node is None:
        reader.complain("missing_key", f"`{key}:` is missing: {meaning}.", root.place, key)
        return None
    return reader.text(node, f"`{key}`")
