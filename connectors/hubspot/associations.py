"""Which records belong together: read and made in batches, on both sides bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Retry
from connectors.hubspot.answers import CrmError, record_errors
from connectors.hubspot.client import Client, Row, checked_name
from connectors.hubspot.errors import Next, gravest, next_step

_READ_AT_ONCE = 1_000
_CREATE_AT_ONCE = 2_000
_MOST_PAGES = 10

CONTACT_TO_COMPANY = 279
CONTACT_TO_PRIMARY_COMPANY = 1
NOTE_TO_CONTACT = 202
TASK_TO_CONTACT = 204


def kind(type_id: int) -> Row:
    """One of HubSpot's own association types, as a body names it."""
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def associated(client: Client, of: str, to: str, ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids that each record is associated with; a record without any is missing."""
    found: dict[str, list[str]] = {}
    path = f"/crm/v4/associations/{checked_name(of)}/{checked_name(to)}/batch/read"
    asked: list[Row] = [{"id": one} for one in dict.fromkeys(ids)]
    for _ in range(_MOST_PAGES):
        more: list[Row] = []
        for start in range(0, len(asked), _READ_AT_ONCE):
            answer = client.call("POST", path, {"inputs": asked[start : start + _READ_AT_ONCE]})
            more += _note(answer, found)
        if not more:
            break
        asked = more
    return found


def _note(answer: object, found: dict[str, list[str]]) -> list[Row]:
    """Take a page's pairs; what to ask for next."""
    rows = answer.get("results") if isinstance(answer, Mapping) else None
    more: list[Row] = []
    for row in rows if isinstance(rows, list) else ():
        of = _id(row.get("from") or row.get("_from"))
        to = row.get("to")
        ids = found.setdefault(of, [])
        ids += [one for one in map(_id, to if isinstance(to, list) else ()) if one and one not in ids]
        after = (row.get("paging") or {}).get("next", {}).get("after")
        if after:
            more.append({"id": of, "after": str(after)})
    return more


def _id(told: Any) -> str:
    if isinstance(told, Mapping):
        told = told.get("toObjectId") or told.get("id") or ""
    return str(told) if isinstance(told, str | int) else ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records to associate, and by which of HubSpot's types; `index` names the action."""

    index: int
    of: str
    to: str
    types: tuple[int, ...]


def associate(client: Client, of: str, to: str, pairs: Sequence[Pair]) -> dict[int, CrmError | None]:
    """Make associations; by index None when it stands, else why not. To make one again does no harm."""
    path = f"/crm/v4/associations/{checked_name(of)}/{checked_name(to)}/batch/create"
    outcomes: dict[int, CrmError | None] = {}
    for start in range(0, len(pairs), _CREATE_AT_ONCE):
        part = pairs[start : start + _CREATE_AT_ONCE]
        inputs = [{"from": {"id": pair.of}, "to": {"id": pair.to}, "types": [kind(one) for one in pair.types]} for pair in part]
        answer = client.call("POST", path, {"inputs": inputs}, writes=True)
        outcomes |= _made(part, answer, record_errors(answer, 207))
    return outcomes


def _made(pairs: Sequence[Pair], answer: object, errors: Sequence[CrmError]) -> dict[int, CrmError | None]:
    """Each pair's outcome; an error that names no pair is everyone's whose pair is not among the results."""
    rows = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list):
        raise Retry("HubSpot's answer holds no results", may_have_happened=True, code="strange_answer")
    made = {_pair(row) for row in rows if isinstance(row, Mapping)}
    outcomes: dict[int, CrmError | None] = {}
    for pair in pairs:
        mine = [error for error in errors if pair.of in error.ids or pair.to in error.ids] or list(errors)
        outcomes[pair.index] = gravest(mine)[0] if mine and (pair.of, pair.to) not in made else None
    return outcomes


def _pair(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("fromObjectId") or _id(row.get("from"))), str(row.get("toObjectId") or _id(row.get("to")))


def is_gone(error: CrmError) -> bool:
    """Whether an error says that one of the records is not there."""
    return next_step(error).next is Next.GONE
