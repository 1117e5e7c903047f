"""The unique properties of ours: which objects have them, and records found by them at once, where search would be late."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.hubspot.client import Client, Row


def has_unique(client: Client, object_name: str) -> bool:
    """Whether the object has our property and HubSpot keeps its values unique."""
    return any(is_unique(row) for row in client.properties_if_visible(object_name) if row.get("name") == client.external_id)


def is_unique(row: Row) -> bool:
    """Whether HubSpot refuses a second record with the same value of this property."""
    return row.get("hasUniqueValue") is True and row.get("archived") is not True


def found_by_key(client: Client, object_name: str, keys: Iterable[str], properties: Iterable[str] = ()) -> dict[str, Row]:
    """The records that carry these values of ours, by value as it was asked for."""
    asked = {key.casefold(): key for key in keys}
    if not asked:
        return {}
    names = (*dict.fromkeys((client.external_id, *properties)),)
    rows = client.read(object_name, list(asked.values()), names, id_property=client.external_id)
    told = {value_of(row, client.external_id).casefold(): row for row in rows}
    return {asked[key]: row for key, row in told.items() if key in asked}


def value_of(row: Row, name: str) -> str:
    """A property's value in a row, "" for an empty or missing one."""
    properties = row.get("properties")
    value = properties.get(name) if isinstance(properties, dict) else None
    return "" if value is None else str(value)
