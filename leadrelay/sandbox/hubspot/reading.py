"""How a record is shown: asked-for properties, the few that always come, and who wrote what when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot.schema import ALWAYS_SHOWN, SHOWN_ALWAYS_ELSEWHERE, SHOWN_BY_DEFAULT
from leadrelay.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.tables import Record, Table

_SOURCES = {"api": "INTEGRATION", "sales": "CRM_UI", "seed": "IMPORT"}


def shown(
    portal: HubSpotPortal, table: Table, record: Record, properties: Collection[str] | None, history: Collection[str] = ()
) -> dict[str, Any]:
    """A record as an answer holds it; `properties` None shows the usual few, unknown names are left out without a word."""
    always = ALWAYS_SHOWN.get(table.name, SHOWN_ALWAYS_ELSEWHERE)
    wanted = properties or SHOWN_BY_DEFAULT.get(table.name, ())
    known = table.properties
    values = {name: record.properties.get(name) for name in wanted if name in known}
    values.update({name: record.properties.get(name) for name in always})
    return _object(portal, table, record, values) | (_with_history(portal, table, record, history) if history else {})


def written(portal: HubSpotPortal, table: Table, record: Record, given: Iterable[str] = ()) -> dict[str, Any]:
    """A record as a write's answer holds it: what was given, as it stands now, and what always comes."""
    names = (*given, *ALWAYS_SHOWN.get(table.name, SHOWN_ALWAYS_ELSEWHERE))
    return _object(portal, table, record, {name: record.properties.get(name) for name in names})


def _object(portal: HubSpotPortal, table: Table, record: Record, values: dict[str, Any]) -> dict[str, Any]:
    body = {
        "id": record.id,
        "properties": values,
        "createdAt": _short(record.created_at),
        "updatedAt": _short(record.updated_at),
        "archived": record.archived_at is not None,
        "url": f"https://app.hubspot.com/contacts/{portal.settings.portal_id}/record/{table.type_id}/{record.id}",
    }
    if record.archived_at is not None:
        body["archivedAt"] = _short(record.archived_at)
    return body


def _short(at: datetime) -> str:
    return stamp(at)


def _with_history(portal: HubSpotPortal, table: Table, record: Record, names: Collection[str]) -> dict[str, Any]:
    """Every value a property had, newest first, with its source."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names if name in table.properties}
    for entry in reversed(table.writes.get(record.id, [])):
        for name, versions in found.items():
            if name in entry["fields"]:
                versions.append(_version(portal, entry, entry["fields"][name]))
    return {"propertiesWithHistory": found}


def _version(portal: HubSpotPortal, entry: dict[str, Any], value: str) -> dict[str, Any]:
    version: dict[str, Any] = {
        "value": value,
        "timestamp": stamp(datetime.fromisoformat(entry["at"])),
        "sourceType": _SOURCES.get(entry["by"], "INTEGRATION"),
        "sourceId": f"userId:{entry['user_id']}" if entry["user_id"] else str(portal.settings.app_id),
    }
    if entry["user_id"]:
        version["updatedByUserId"] = int(entry["user_id"])
    return version
