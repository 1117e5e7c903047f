"""Leads that a person adds: a source of its own that is always there, and goes the way of every other submission."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sources import Unreadable
from core.fields import Catalogue
from core.instants import Instant
from core.lead import Names
from core.mapping import InboundMapping
from core.problems import Problem
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.plan import SourcePlan

NAME = "manual"
"""The source's name; no configured source may have it."""

KIND = "manual"
"""The kind of a touch that a person added, where they say nothing else."""

ADDED_BY = "x-leadrelay-added-by"
_HEADERS = {"content-type": "application/json"}


class ManualReader:
    """Reads what a person added: a JSON object of lead fields' paths and their values."""

    def names(self, headers: Mapping[str, str], body: bytes) -> Names:
        """The fields as names; raises Unreadable for a body that is none of ours."""
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Unreadable(Problem("no_fields", "this is no JSON object of lead fields and their values: add the lead again"))
        found: dict[str, str | tuple[str, ...]] = {"touch.kind": KIND}
        for path, value in document.items():
            found[str(path)] = tuple(map(str, value)) if isinstance(value, list) else str(value)
        return found


def source(catalogue: Catalogue, zone: str, region: str) -> SourcePlan:
    """The source as the engine works by it: every lead field that a source may fill is taken by its own name."""
    recognized = frozenset(filter(catalogue.is_input, catalogue.fields))
    return SourcePlan(NAME, ManualReader(), InboundMapping(NAME, (), recognized=recognized), zone, region)


def submission(
    fields: Mapping[str, str | Sequence[str]], *, by: str, now: Instant, is_test: bool = False, again: str = ""
) -> NewSubmission:
    """What a person added as a submission. The same fields within ten minutes are one, but for a new text in `again`."""
    document: dict[str, Any] = {
        path: list(value) if not isinstance(value, str) else value for path, value in sorted(fields.items())
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    key = hashlib.sha256(body + b"\0" + again.encode()).hexdigest()
    headers = {**_HEADERS, ADDED_BY: by}
    return NewSubmission(NAME, key, True, "new", "", headers, body, None, now, is_test)
