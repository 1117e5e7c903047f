"""Membership in static lists: one call for each list, and again is as good as once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.base import Act, Done, Outcome, Reject, Retry, Stop
from connectors.hubspot.answers import CrmError
from connectors.hubspot.client import Client, Row
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import Next, Refused, as_retry, gravest, problem_of
from connectors.hubspot.people import contact_gone, contacts_of
from connectors.refusals import copied
from core.problems import Problem

_CONTACT_TYPE = "0-1"


def add_to_lists(client: Client, config: HubSpotConfig, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """Each contact as a member of its list, named by id or by name."""
    contacts, outcomes = contacts_of(acts)
    by_list: dict[str, list[int]] = {}
    for index in contacts:
        by_list.setdefault(acts[index].payload.get("list", "").strip(), []).append(index)
    is_first = True
    for name, indexes in by_list.items():
        members = {index: contacts[index] for index in indexes}
        try:
            outcomes |= _add(client, name, members)
        except (Retry, Stop) as error:
            if is_first:
                raise
            outcomes |= {index: _later(error) for index in indexes}
        is_first = False
    return outcomes


def _later(error: Retry | Stop) -> Retry:
    """What a later list's call says of its members; earlier ones have been added already."""
    return copied(error) if isinstance(error, Retry) else Retry(error.problem.message, after=60, code=error.problem.code)


def _add(client: Client, name: str, members: Mapping[int, str]) -> dict[int, Outcome]:
    found = _find(client, name)
    problem = _unfit(name, found)
    if problem or found is None:
        return {index: Reject(problem or _no_list(name)) for index in members}
    list_id = str(found.get("listId") or found.get("id"))
    path = f"/crm/v3/lists/{quote(list_id, safe='')}/memberships/add"
    try:
        answer = client.call("PUT", path, list(dict.fromkeys(members.values())), writes=True)
    except Refused as refused:
        return {index: _refused(refused) for index in members}
    missing = _missing(answer)
    return {
        index: contact_gone() if contact in missing else Done(contact, note="a member of the list")
        for index, contact in members.items()
    }


def _find(client: Client, name: str) -> Row | None:
    """The list with this id, else the contact list with this name."""
    if not name:
        return None
    by_name = f"/crm/v3/lists/object-type-id/{_CONTACT_TYPE}/name/{quote(name, safe='')}"
    paths = [f"/crm/v3/lists/{name}", by_name] if name.isascii() and name.isdigit() else [by_name]
    for path in paths:
        rows = client.remembered(path, lambda path=path: _read(client, path))  # type: ignore[misc]
        if rows:
            return rows[0]
        client.forget(path)  # a list that is made in a moment shall be found
    return None


def _read(client: Client, path: str) -> list[Row]:
    try:
        answer = client.call("GET", path)
    except Refused as refused:
        rule = gravest(refused.errors)[1]
        if rule.next is Next.GONE or refused.status in (400, 404):
            return []
        raise
    except Stop as stop:
        if stop.problem.code != "not_found":
            raise
        return []
    told = answer.get("list", answer) if isinstance(answer, dict) else None
    return [told] if isinstance(told, dict) and (told.get("listId") or told.get("id")) else []


def _unfit(name: str, found: Row | None) -> Problem | None:
    """Why contacts can not be added to the list by hand, or by us."""
    if found is None:
        return _no_list(name)
    if str(found.get("processingType") or "").upper() == "DYNAMIC":
        sentence = (
            f"The list `{name[:80]}` is an active list, which HubSpot fills by its own filters: name a static list in the mapping"
        )
        return Problem("dynamic_list", sentence, "list")
    if str(found.get("objectTypeId") or _CONTACT_TYPE) not in (_CONTACT_TYPE, "contacts", "CONTACT"):
        return Problem("wrong_list", f"The list `{name[:80]}` is not a list of contacts: name another in the mapping", "list")
    return None


def _no_list(name: str) -> Problem:
    named = f"`{name[:80]}`" if name else "(none named)"
    return Problem(
        "no_list", f"HubSpot has no contact list {named} that the app can see: create it, or correct the mapping", "list"
    )


def _refused(refused: Refused) -> Outcome:
    error, rule = gravest(refused.errors)
    if rule.next is Next.RETRY:
        return as_retry(rule)
    return Reject(problem_of(CrmError(error.code, error.message, status=error.status), rule))


def _missing(answer: Any) -> set[str]:
    """The contacts that HubSpot did not find; it spells the key `recordIdsMissing`, beside `recordsIdsAdded`."""
    told = answer if isinstance(answer, dict) else {}
    listed = [value for key, value in told.items() if "missing" in key.lower() and isinstance(value, list)]
    return {str(one) for ids in listed for one in ids}
