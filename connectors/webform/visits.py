"""A batch of visits as the script `/capture.js` posts it, taken apart into one submission for each visit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from connectors.sources import Part
from core.problems import Problem
from core.visits import AGO_INPUT, CONTENT_INPUT, KIND_INPUT, VISIT_KINDS, VISITOR_INPUT, visitor_id

MOST_VISITS = 50
_START = b'{"leadrelay_visits":'
_LONGEST_TEXT, _LONGEST_CONTENT = 2_000, 200
_VISIT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TEXTS = {"page_url": _LONGEST_TEXT, "landing_page": _LONGEST_TEXT, "referrer": _LONGEST_TEXT, "content_id": _LONGEST_CONTENT}
_KEPT_AS = {"content_id": CONTENT_INPUT}


def is_batch(body: bytes) -> bool:
    """Whether a body is one of the script's: it begins as the script writes it, whatever the content type says."""
    return body.startswith(_START)


def read_visits(body: bytes) -> tuple[Part, ...] | Problem:
    """The visits of a batch, each with its own key; what is no visit among them is left out."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Problem("invalid_json", "the visits are not valid JSON: send them as `/capture.js` does")
    visits = document["leadrelay_visits"]
    visitor = visitor_id(document.get("visitor"))
    if not visitor or not isinstance(visits, list):
        return Problem("no_visits", "the visits name no visitor: send them as `/capture.js` does")
    parts = [_part(visitor, visit) for visit in visits[:MOST_VISITS] if _is_one(visit)]
    return tuple(parts) or Problem("no_visits", "there is no visit among those that were sent: send them as `/capture.js` does")


def _is_one(visit: Any) -> bool:
    if not isinstance(visit, dict) or visit.get("kind") not in VISIT_KINDS:
        return False
    number = visit.get("id")
    return isinstance(number, str) and _VISIT_ID.fullmatch(number) is not None


def _part(visitor: str, visit: Mapping[str, Any]) -> Part:
    ago = visit.get("ago")
    names = {
        KIND_INPUT: visit["kind"],
        VISITOR_INPUT: visitor,
        AGO_INPUT: str(ago) if isinstance(ago, int) and not isinstance(ago, bool) and ago > 0 else "0",
    }
    for name, longest in _TEXTS.items():
        text = visit.get(name)
        if isinstance(text, str) and text.strip():
            names[_KEPT_AS.get(name, name)] = text[:longest]
    # Plain ASCII, so that a lone surrogate of a hostile sender can be written.
    return Part(f"visit:{visitor}:{visit['id']}", json.dumps(names).encode())
