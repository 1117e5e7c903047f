"""Search: filters, sorts and pages over an index that lags behind the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import reading
from leadrelay.sandbox.hubspot.refusals import invalid_input
from leadrelay.sandbox.hubspot.values import NotValid, kept
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.properties import Property
    from leadrelay.sandbox.hubspot.routes import Asked
    from leadrelay.sandbox.hubspot.tables import Record, Table

LONGEST_BODY = 3_000
MOST_GROUPS = 5
MOST_IN_GROUP = 6
MOST_FILTERS = 18
LARGEST_PAGE = 200
MOST_RESULTS = 10_000
_TEXT_SEARCHED = ("email", "firstname", "lastname", "phone", "company", "name", "domain", "dealname", "hs_additional_emails")
Test = Callable[["Record"], bool]


def answer(asked: Asked, table: Table) -> Answer:
    """`POST /objects/{object}/search`; raises Refusal."""
    if len(asked.request.body) > LONGEST_BODY:
        raise invalid_input(f"The request body must be at most {LONGEST_BODY} characters")
    body = asked.object_body()
    limit, after = _page(body)
    test = _condition(asked.portal, table, body)
    found = [one for one in _indexed(asked, table) if test(one)]
    _sort(table, found, body.get("sorts") or ())
    names = [str(one) for one in body.get("properties") or ()]
    page = [reading.shown(asked.portal, table, one, names) for one in found[after : after + limit]]
    answered: dict[str, Any] = {"total": len(found), "results": page}
    if after + limit < len(found):
        answered["paging"] = {"next": {"after": str(after + limit)}}
    return Answer(200, answered)


def _page(body: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid_input(f"limit must be between 1 and {LARGEST_PAGE}")
    if after < 0 or after + limit > MOST_RESULTS:
        raise invalid_input(f"Search returns at most {MOST_RESULTS} results; after + limit is {after + limit}")
    return limit, after


def _indexed(asked: Asked, table: Table) -> list[Record]:
    """The records as the index knows them: what was written in the last seconds is not there yet."""
    border = asked.portal.now() - timedelta(seconds=asked.portal.settings.index_lag_for)
    found = []
    for record in table.records.values():
        seen: Record | None = record
        while seen is not None and seen.updated_at > border:
            seen = seen.before
        if seen is not None and not seen.is_archived:
            found.append(seen)
    return found


# --- filters -----------------------------------------------------------------------------------------------------------


def _condition(portal: HubSpotPortal, table: Table, body: Mapping[str, Any]) -> Test:
    """The filter groups (any of them, each with all of its filters) and the query text."""
    groups = body.get("filterGroups") or ([{"filters": body["filters"]}] if body.get("filters") else [])
    if len(groups) > MOST_GROUPS or any(len(one.get("filters") or ()) > MOST_IN_GROUP for one in groups):
        raise invalid_input(f"A search has at most {MOST_GROUPS} filter groups with {MOST_IN_GROUP} filters each")
    if sum(len(one.get("filters") or ()) for one in groups) > MOST_FILTERS:
        raise invalid_input(f"A search has at most {MOST_FILTERS} filters")
    tests = [[_test(portal, table, one) for one in group.get("filters") or ()] for group in groups]
    text = str(body.get("query") or "").lower()
    return lambda record: (
        (not tests or any(all(test(record) for test in group) for group in tests))
        and (not text or any(text in record.get(name).lower() for name in _TEXT_SEARCHED))
    )


def _associated(portal: HubSpotPortal, table: Table, to_name: str, wanted: Mapping[str, Any]) -> Test:
    """`associations.contact`: only whether a record hangs on one of these is asked."""
    to = portal.table(to_name)
    ids = {str(one) for one in wanted.get("values") or [wanted.get("value")]}
    if wanted.get("operator") not in ("EQ", "IN"):
        raise invalid_input("Associations can only be compared with EQ and IN")
    return lambda record: not ids.isdisjoint(portal.associations.of(table.name, record.id, to.name))


def _test(portal: HubSpotPortal, table: Table, wanted: Mapping[str, Any]) -> Test:
    name, operator = str(wanted.get("propertyName") or ""), str(wanted.get("operator") or "")
    if name.startswith("associations."):
        return _associated(portal, table, name.partition(".")[2], wanted)
    about = table.properties.get(name)
    if about is None:
        raise invalid_input(f"There was a problem with the request: property {name} does not exist")
    if operator == "HAS_PROPERTY":
        return lambda record: bool(record.get(name))
    if operator == "NOT_HAS_PROPERTY":
        return lambda record: not record.get(name)
    if operator in ("IN", "NOT_IN"):
        values = {_operand(about, one) for one in _several(wanted)}
        is_in = operator == "IN"
        return lambda record: bool(record.get(name)) and (_stored(about, record.get(name)) in values) == is_in
    if operator == "BETWEEN":
        low, high = (_operand(about, wanted.get(one)) for one in ("value", "highValue"))
        return lambda record: bool(record.get(name)) and low <= _stored(about, record.get(name)) <= high
    compare = _OPERATORS.get(operator)
    if compare is None:
        raise invalid_input(f"Invalid input JSON: {operator} is not a filter operator")
    operand = _operand(about, wanted.get("value"))
    if operator == "NEQ":
        return lambda record: not record.get(name) or _stored(about, record.get(name)) != operand
    return lambda record: bool(record.get(name)) and compare(_stored(about, record.get(name)), operand)


def _several(wanted: Mapping[str, Any]) -> list[Any]:
    values = wanted.get("values")
    if not isinstance(values, list) or not values:
        raise invalid_input("Invalid input JSON: IN and NOT_IN need values")
    return values


def _operand(about: Property, given: Any) -> Any:
    if given in (None, ""):
        raise invalid_input(f"Invalid input JSON: the filter on {about.name} needs a value")
    text = str(given)
    if about.type in ("number", "date", "datetime"):
        try:
            text = kept(about, text, "")
        except NotValid as error:
            raise invalid_input(str(error)) from None
    return _stored(about, text)


def _stored(about: Property, text: str) -> Any:
    """A kept value as it is compared: numbers by size, texts without case; times are kept in a form that sorts."""
    return float(text) if about.type == "number" else text if about.type in ("date", "datetime") else text.lower()


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda have, want: bool(have == want),
    "NEQ": lambda have, want: bool(have != want),
    "LT": lambda have, want: bool(have < want),
    "LTE": lambda have, want: bool(have <= want),
    "GT": lambda have, want: bool(have > want),
    "GTE": lambda have, want: bool(have >= want),
    "CONTAINS_TOKEN": lambda have, want: _has_token(have, want),
    "NOT_CONTAINS_TOKEN": lambda have, want: not _has_token(have, want),
}


def _has_token(have: Any, want: Any) -> bool:
    text, token = str(have), str(want)
    if token.startswith("*") or token.endswith("*"):
        return token.strip("*") in text
    return token in text.replace(";", " ").replace("@", " ").split() or token == text


def _sort(table: Table, found: list[Record], sorts: Any) -> None:
    """One sort is taken; without one the oldest come first."""
    if not isinstance(sorts, list | tuple) or len(sorts) > 1:
        raise invalid_input("A search takes one sort")
    name, is_falling = "createdate", False
    for one in sorts:
        name = one if isinstance(one, str) else str(one.get("propertyName"))
        is_falling = name.startswith("-") or (isinstance(one, dict) and one.get("direction") == "DESCENDING")
        name = name.lstrip("-")
    about = table.properties.get(name)
    if about is None:
        raise invalid_input(f"There was a problem with the request: property {name} does not exist")
    empty = [one for one in found if not one.get(name)]
    filled = [one for one in found if one.get(name)]
    filled.sort(key=lambda one: (_stored(about, one.get(name)), int(one.id)), reverse=is_falling)
    found[:] = filled + empty
