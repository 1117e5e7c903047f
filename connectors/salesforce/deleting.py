"""Removing an erased person's records: those that are linked, and those that carry the lead's external id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.base import Act, Done, Outcome, Reject
from connectors.salesforce.client import Client, is_record_id, long_id
from connectors.salesforce.errors import CrmError, Next, as_retry, gravest, record_errors
from core.problems import Problem

_AT_ONCE = 200
_OBJECTS = {"00Q": "Lead", "003": "Contact"}
_GONE = ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "NOT_FOUND")
"""What a delete is answered with when the record is gone already: deleted by a person, merged away, or by an earlier try."""
_FORBIDDEN = ("INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")


def delete_records(client: Client, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """Each erased person's leads and contacts removed; what is gone already is done."""
    wanted = {index: [long_id(link.crm_id) for link in act.links if _is_person(link.crm_id)] for index, act in acts.items()}
    for index, crm_id in _by_external_id(client, acts):
        wanted[index].append(crm_id)
    ids = list(dict.fromkeys(crm_id for mine in wanted.values() for crm_id in mine))
    failures: dict[str, Outcome | None] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        for crm_id, result in zip(part, client.delete(part), strict=True):
            failures[crm_id] = None if result.get("success") is True else _refusal(crm_id, record_errors(result))
    return {index: _outcome(failures[crm_id] for crm_id in mine) for index, mine in wanted.items()}


def _is_person(crm_id: str) -> bool:
    return is_record_id(crm_id) and crm_id[:3] in _OBJECTS


def _by_external_id(client: Client, acts: Mapping[int, Act]) -> Iterable[tuple[int, str]]:
    """Records that a call made whose answer never came."""
    by_uid = {act.payload["external_id"].lower(): index for index, act in acts.items() if act.payload.get("external_id")}
    for name in _OBJECTS.values() if by_uid else ():
        schema = client.describe_if_visible(name)
        if schema is None or not schema.has(client.external_id):
            continue
        spelled = [act.payload["external_id"] for act in acts.values() if act.payload.get("external_id")]
        for row in client.select(("Id", client.external_id), name, client.external_id, spelled):
            index = by_uid.get(str(row.get(client.external_id) or "").lower())
            if index is not None:
                yield index, long_id(str(row["Id"]))


def _refusal(crm_id: str, errors: list[CrmError]) -> Outcome | None:
    """Why a record is still there; None when it is gone."""
    if any(error.code in _GONE for error in errors):
        return None
    error, rule = gravest(errors)
    if rule.next is Next.RETRY:
        return as_retry(rule)
    name = _OBJECTS[crm_id[:3]]
    if error.code in _FORBIDDEN:
        sentence = f"the integration user may not delete a {name}: extend its permission set and retry, or delete it there"
    else:
        sentence = f"Salesforce does not delete the {name} ({error.code}): delete it there by hand, with what depends on it"
    return Reject(Problem("not_deleted", sentence))


def _outcome(failures: Iterable[Outcome | None]) -> Outcome:
    """One person's outcome: done when all records are gone."""
    left = [failure for failure in failures if failure is not None]
    rejected = [failure for failure in left if isinstance(failure, Reject)]
    return (rejected or left or [Done("", note="no record is left")])[0]
