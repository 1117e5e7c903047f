"""Reading HubSpot's error bodies, of which every part is optional: as listed, as JSON inside a sentence, or as no JSON at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class CrmError:
    """One error as HubSpot sent it, of a whole call or of one record in it.

    `names` are the properties (or scopes) that it is about, `ids` the records it names: those that are missing, or the one that
    holds the value already. `trace_id` is the record's own in a batch, `status` the answer's, `policy` a rate limit's name.
    """

    code: str
    message: str = ""
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    trace_id: str = ""
    category: str = ""
    status: int = 0
    policy: str = ""


def errors_in(content: object, status: int) -> list[CrmError]:
    """The errors of a whole call's answer, the most precise ones; at least one, whatever was sent."""
    if isinstance(content, Mapping):
        return list(_errors(content, CrmError("", status=status)))
    if isinstance(content, list):
        found = [error for item in content if isinstance(item, Mapping) for error in _errors(item, CrmError("", status=status))]
        if found:
            return found
    return [CrmError("", status=status)]


def record_errors(content: object, status: int) -> list[CrmError]:
    """The errors of single records in a batch's answer that was carried out in part."""
    listed = content.get("errors") if isinstance(content, Mapping) else None
    found: list[CrmError] = []
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, Mapping):
            found += _errors(item, CrmError("", status=status))
    return found


def _errors(item: Mapping[str, Any], outer: CrmError) -> Iterator[CrmError]:
    """An error's parts where it lists some, else the error itself; a part inherits what only the whole says."""
    whole = _one(item, outer)
    parts = [part for part in _parts(item) if isinstance(part, Mapping)]
    if not parts:
        yield whole
    for part in parts:
        yield from _errors(part, whole)


def _one(item: Mapping[str, Any], outer: CrmError) -> CrmError:
    told = _context(item.get("context"))
    message = str(item.get("message") or item.get("localizedErrorMessage") or "")
    category = str(item.get("category") or outer.category)
    code = _first(item, "code", "error", "errorCode") or _tail(item.get("subCategory")) or _first(item, "category", "errorType")
    trace = _texts(told.get("objectWriteTraceId")) or _texts(item.get("objectWriteTraceId"))
    error = CrmError(
        code=code or outer.code,
        message=message or outer.message,
        names=_names(item, told, message) or outer.names,
        ids=_ids(told, message) or outer.ids,
        trace_id=trace[0] if trace else outer.trace_id,
        category=category,
        status=outer.status,
        policy=_first(item, "policyName") or outer.policy,
    )
    return error if code or error.policy == outer.policy else replace(error, code=error.policy)


_TEXT_CONTEXT = re.compile(r"(\w+)=\[([^\]]*)\]")


def _context(told: object) -> Mapping[str, Any]:
    """What an error is about; HubSpot also writes it as a text: `{missingScopes=[scope1, scope2]}`."""
    if isinstance(told, str):
        return {key: [part.strip() for part in listed.split(",")] for key, listed in _TEXT_CONTEXT.findall(told)}
    return told if isinstance(told, Mapping) else {}


def _parts(item: Mapping[str, Any]) -> list[Any]:
    listed = item.get("errors")
    if isinstance(listed, list) and listed:
        return listed
    listed = item.get("validationResults")
    if isinstance(listed, list) and listed:
        return listed
    return _json_inside(str(item.get("message") or ""))


def _json_inside(message: str) -> list[Any]:
    """The list that a message carries as JSON: `Property values were not valid: [{"isValid":false,...}]`."""
    start = message.find("[{")
    if start < 0:
        return []
    try:
        found, _ = json.JSONDecoder().raw_decode(message, start)
    except ValueError:  # cut off, or only looks like JSON
        return []
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _first(item: Mapping[str, Any], *keys: str) -> str:
    return next((str(item[key]) for key in keys if isinstance(item.get(key), str | int) and item[key]), "")


def _tail(sub_category: object) -> str:
    """The last word of `crm.associations.INVALID_...`."""
    return sub_category.rsplit(".", 1)[-1] if isinstance(sub_category, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    """One text, a number or a list of them, as texts."""
    items = value if isinstance(value, list) else [value]
    return tuple(str(item) for item in items if isinstance(item, str | int) and not isinstance(item, bool) and item != "")


_NAME_KEYS = (
    "propertyName",
    "propertyNames",
    "properties",
    "property",
    "requiredGranularScopes",
    "requiredScopes",
    "missingScopes",
)
_NAMED = (
    re.compile(r"propertyName=([A-Za-z][A-Za-z0-9_]{0,99})"),
    re.compile(
        r"propert(?:y|ies)(?: values?)?(?: (?:named|with name|called))? [\"'`]([A-Za-z][A-Za-z0-9_]{0,99})[\"'`]", re.IGNORECASE
    ),
    re.compile(r"propert(?:y|ies):? \[?([a-z][a-z0-9_]*_[a-z0-9_]*)\b", re.IGNORECASE),
    re.compile(r"required propert(?:y|ies)\b[^\[\]]{0,60}\[([^\[\]]{1,1000})\]", re.IGNORECASE),
)
_PROPERTY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,99}")


def _names(item: Mapping[str, Any], context: Mapping[str, Any], message: str) -> tuple[str, ...]:
    listed = [name for key in _NAME_KEYS for name in _texts(context.get(key))]
    listed += _texts(item.get("name"))
    if not listed:
        listed = [found for pattern in _NAMED for found in pattern.findall(message)]
    split = (part.strip(" \"'`") for name in listed for part in name.strip("[]").split(","))
    return tuple(dict.fromkeys(name for name in split if _PROPERTY_NAME.fullmatch(name)))


_EXISTING = (
    re.compile(r"existing (?:\w+ )?id:? *\"?(\d+)", re.IGNORECASE),
    re.compile(r"(\d+) already has that value", re.IGNORECASE),
)


_ID_KEYS = ("id", "ids", "objectid", "existingid", "existingobjectid", "fromobjectid", "toobjectid")


def _ids(context: Mapping[str, Any], message: str) -> tuple[str, ...]:
    keys = [key for key in context if str(key).lower() in _ID_KEYS]
    listed = [part.strip() for key in keys for text in _texts(context[key]) for part in text.strip("[]").split(",")]
    listed += [found for pattern in _EXISTING for found in pattern.findall(message)]
    return tuple(dict.fromkeys(part for part in listed if part))
