"""Describe, and answering a parsed query: which records, in which order, showing which fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce.conditions import Column, column, select
from leadrelay.sandbox.salesforce.refusals import refuse
from leadrelay.sandbox.salesforce.schema import READ_ONLY_OBJECTS
from leadrelay.sandbox.salesforce.soql import Query, parse
from leadrelay.sandbox.salesforce.tables import Stored, Table

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import SalesforceOrg

_VERSION = "68.0"


def describe(org: SalesforceOrg, table: Table) -> dict[str, Any]:
    """An object's describe, fields and all."""
    return {
        **summary(org, table),
        "actionOverrides": [],
        "childRelationships": [],
        "fields": [field.described() for field in table.fields.values()],
        "namedLayoutInfos": [],
        "recordTypeInfos": [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": True,
                "developerName": "Master",
                "master": True,
                "name": "Master",
                "recordTypeId": "012000000000000AAA",
            }
        ],
        "supportedScopes": [{"label": "All records", "name": "everything"}],
    }


def summary(org: SalesforceOrg, table: Table) -> dict[str, Any]:
    """An object as the list of all objects shows it."""
    writable = table.name not in READ_ONLY_OBJECTS
    may_create = writable and not org.is_denied(table.name, "create")
    may_edit = writable and not org.is_denied(table.name, "edit")
    base = f"/services/data/v{_VERSION}/sobjects/{table.name}"
    return {
        "activateable": False,
        "createable": may_create,
        "custom": False,
        "deletable": writable,
        "deprecatedAndHidden": False,
        "keyPrefix": table.prefix,
        "label": table.name,
        "labelPlural": f"{table.name}s",
        "layoutable": True,
        "mergeable": table.name in ("Lead", "Contact", "Account"),
        "name": table.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": writable,
        "triggerable": writable,
        "undeletable": writable,
        "updateable": may_edit,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def shown(table: Table, record: Stored, fields: Iterable[str] | None = None) -> dict[str, Any]:
    """A record as a single GET or a retrieve shows it: all fields, or those named (the id always with them)."""
    names = [*table.fields] if fields is None else [table.field(name).name for name in fields]
    body: dict[str, Any] = {"attributes": _attributes(table.name, record["Id"])}
    body.update((name, record.get(name)) for name in names)
    body.setdefault("Id", record["Id"])
    return body


def query(org: SalesforceOrg, text: str, *, with_deleted: bool = False) -> list[dict[str, Any]] | int:
    """The records a query answers, or their number for COUNT()."""
    parsed = parse(text)
    table = _table_of(org, parsed)
    names = _expanded(table, parsed)
    columns = [column(org, table, name) for name in names]
    found = select(org, table, parsed, with_deleted=with_deleted)
    if parsed.is_count:
        return len(found)
    project = _projection(org, table, columns)
    return [project(record) for record in found]


def _table_of(org: SalesforceOrg, parsed: Query) -> Table:
    found = next((table for name, table in org.tables.items() if name.lower() == parsed.object.lower()), None)
    if found is None or org.is_denied(found.name, "read"):
        text = (
            f"sObject type '{parsed.object}' is not supported. If you are attempting to use a custom object, be sure to append "
            "the '__c' after the entity name."
        )
        raise refuse("INVALID_TYPE", text)
    return found


def _expanded(table: Table, parsed: Query) -> list[str]:
    """The field names, FIELDS(...) written out, none twice."""
    names: list[str] = []
    for name in parsed.fields:
        if not name.startswith("FIELDS("):
            names.append(name)
            continue
        which = name[7:-1]
        if which != "STANDARD" and (parsed.limit is None or parsed.limit > 200):
            raise refuse("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
        names += [field.name for field in table.fields.values() if which == "ALL" or field.custom == (which == "CUSTOM")]
    lowered = [name.lower() for name in names]
    for name in lowered:
        if lowered.count(name) > 1:
            raise refuse("INVALID_FIELD", f"duplicate field selected: {name}")
    return names


def _attributes(name: str, record_id: str) -> dict[str, str]:
    return {"type": name, "url": f"/services/data/v{_VERSION}/sobjects/{name}/{record_id}"}


def _projection(org: SalesforceOrg, table: Table, columns: list[Column]) -> Callable[[Stored], dict[str, Any]]:
    plain = [one.field.name for one in columns if not one.path]
    related = [one for one in columns if one.path]

    def project(record: Stored) -> dict[str, Any]:
        body: dict[str, Any] = {"attributes": _attributes(table.name, record["Id"])}
        for name in plain:
            body[name] = record.get(name)
        for one in related:
            _add_related(org, body, record, one)
        return body

    return project


def _add_related(org: SalesforceOrg, body: dict[str, Any], record: Stored, one: Column) -> None:
    """Put `Owner.Name` under `Owner`, with the related record's own attributes; null when there is none."""
    here, parent = body, record
    for relationship, key in one.path:
        target_id = parent.get(key)
        name = org.object_of_id(target_id) if target_id else None
        if not target_id or name is None:
            here[relationship] = None
            return
        parent = org.tables[name].records[target_id]
        if here.get(relationship) is None:
            here[relationship] = {"attributes": _attributes(name, target_id)}
        here = here[relationship]
    here[one.field.name] = one.of(record)
