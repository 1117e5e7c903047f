"""Visits of a website: what a visitor did there before, and after, anybody knew who they are.

A visit names nobody. It is told by one kind of input (`leadrelay_visit`, with the visitor's id in `leadrelay_visitor`), becomes
a touch like any other once its visitor is known, and never makes a lead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from core.fields import VISITOR
from core.instants import DAY, Instant
from core.lead import Cell, Names, Value

VISIT_KINDS = ("page_view", "cta_click", "content_download")
KIND_INPUT, VISITOR_INPUT, AGO_INPUT = "leadrelay_visit", "leadrelay_visitor", "leadrelay_ago"
CONTENT_INPUT = "touch.content_id"

_VISITOR_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PAGES = ("touch.page_url", "touch.landing_page", "touch.referrer")
_LONGEST_AGO = DAY
_MOST_PARAMETERS = 100


def is_visit_named(names: Names) -> bool:
    """Whether a submission's names are those of a visit: one of its kinds, by a visitor whose id can be one."""
    return names.get(KIND_INPUT) in VISIT_KINDS and visitor_id(names.get(VISITOR_INPUT)) != ""


def is_visit(fields: Mapping[str, Value | Cell]) -> bool:
    """Whether a touch's fields are those of a visit: there is a visitor, and nothing but the touch itself is told."""
    return VISITOR in fields and all(path.startswith("touch.") for path in fields)


def visitor_id(given: object) -> str:
    """A visitor's id as the script makes it: random, so that nobody guesses another's; empty for anything else."""
    return given if isinstance(given, str) and _VISITOR_ID.fullmatch(given) else ""


def visitor_of(fields: Mapping[str, Value]) -> str:
    """The visitor of a touch; empty when it has none."""
    return visitor_id(fields.get(VISITOR))


def linked_visitor(fields: Mapping[str, Value]) -> str:
    """The visitor that the link in a mail was made for (`?leadrelay_visitor=...`): who opens it is taken for them."""
    for page in _PAGES:
        address = fields.get(page)
        if isinstance(address, str) and VISITOR_INPUT in address:
            found = visitor_id(_parameter(address))
            if found:
                return found
    return ""


def _parameter(address: str) -> str:
    try:
        pairs = parse_qsl(urlsplit(address).query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return ""
    return next((value for name, value in pairs if name == VISITOR_INPUT), "")


def visit_moment(names: Names, received_at: Instant) -> Instant:
    """When a visit was: so long before it arrived as the browser says, whose clock is not asked for the time."""
    ago = names.get(AGO_INPUT, "")
    is_number = isinstance(ago, str) and len(ago) < 16 and ago.isdecimal() and ago.isascii()
    return received_at - (min(int(str(ago)), _LONGEST_AGO) if is_number else 0)
