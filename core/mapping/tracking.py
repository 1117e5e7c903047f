"""Campaign parameters, click ids and pages: what every source is read for without being mapped."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from core.fields import CLICK_IDS, UTM, VISITOR
from core.mapping.clauses import fold
from core.visits import VISITOR_INPUT

PARAMETERS = frozenset((*UTM, *CLICK_IDS))
"""Names of query parameters, and of inputs, that fill the touch field of the same name."""

PAGES = ("landing_page", "page_url", "referrer")
"""Touch fields with an address, in the order in which they are asked for parameters: the landing page is what the
advertisement pointed to, and a redirect or a later page may have lost them."""

PAGE_PATHS = tuple(f"touch.{page}" for page in PAGES)
_INPUTS = PARAMETERS | frozenset(PAGES)
_SEARCHED_LENGTH = 8_192
_MOST_PARAMETERS = 200


def tracking_path(input_name: str) -> str | None:
    """The touch field that an input of this name fills without being mapped, or None."""
    folded = fold(input_name)
    if folded == VISITOR_INPUT:
        return VISITOR
    return f"touch.{folded}" if folded in _INPUTS else None


def parameters_of(address: str) -> dict[str, str]:
    """The campaign parameters and click ids in an address's query, by touch field; names in any case, the first one counts.

    An address that can not be read has none. The fragment is searched too: some page builders route in it.
    """
    found: dict[str, str] = {}
    if "=" not in address:
        return found
    for query in _queries(address[:_SEARCHED_LENGTH]):
        for name, value in _pairs(query):
            folded = name.strip().lower()
            if folded in PARAMETERS and value.strip():
                found.setdefault(f"touch.{folded}", value.strip())
    return found


def _queries(address: str) -> Iterable[str]:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        head, _, query = address.partition("?")
        return (query,) if head else ()
    return (parts.query, parts.fragment.partition("?")[2])


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, max_num_fields=_MOST_PARAMETERS, errors="replace")
    except ValueError:
        return parse_qsl("&".join(query.split("&")[:_MOST_PARAMETERS]), errors="replace")
