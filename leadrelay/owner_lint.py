"""Mappings that would never let a CRM know who got a lead: found by `check`, shown at the mapping's line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from core.documents import Document
from core.mapping import OutboundMapping
from core.problems import Problem
from core.routing.choosing import Routing


def lint_owners(
    routing: Routing | None, mappings: Iterable[tuple[Document, OutboundMapping]], used: Collection[str]
) -> Iterator[Problem]:
    """A warning for each mapping of a sink that sends owners on create alone, where leads are routed later than that or again."""
    why = _later(routing)
    for document, mapping in mappings if why else ():
        if mapping.name in used and mapping.owner.assigned_by == "leadrelay" and mapping.owner.update == "never":
            message = (
                f"with `update: never` the owner goes out only with a new record, and {why}: the CRM is not told who has it. "
                "Write `owner: {assigned_by: leadrelay, update: if_empty}`: whom sales set stays all the same."
            )
            yield Problem("owner_not_sent", message, "owner", document.place(("owner", "update")))


def _later(routing: Routing | None) -> str:
    """Why a lead may get its owner when its record is there already; empty where that can not be."""
    if routing is None:
        return ""
    if routing.start_when is not None:
        return "a lead that waits for `start_when` of `routing` has its record before it has an owner"
    return "`reroute: when_overdue` gives a lead to somebody else later" if routing.reroute == "when_overdue" else ""
