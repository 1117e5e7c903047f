"""Create, update, upsert and delete, in the order in which the real service checks a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce import checks
from leadrelay.sandbox.salesforce.fields import Field
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.refusals import Error, Refusal, refuse
from leadrelay.sandbox.salesforce.schema import READ_ONLY_OBJECTS
from leadrelay.sandbox.salesforce.tables import Stored, Table
from leadrelay.sandbox.salesforce.values import accept, complaints

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import Call, SalesforceOrg


def create(org: SalesforceOrg, table: Table, values: Mapping[str, Any], call: Call, index: int = 0) -> str:
    """Create a record; answers its id."""
    _allow(org, table, call, "create")
    clean = _clean(table, values, call, creating=True)
    _interfere(org, "create", table, index, values, None, call)
    record = {**table.blank(), **{name: value for name, value in clean.items() if value is not None}}
    if table.find_field("OwnerId"):
        record.setdefault("OwnerId", call.user_id)
    missing = [field.name for field in table.fields.values() if _is_required(field) and record.get(field.name) is None]
    _check(org, table, record, clean, missing, None, call)
    record["Id"] = table.new_id()
    org.store(table, record, "create", clean, call)
    org.counters[f"created {table.name}"] += 1
    return str(record["Id"])


def update(org: SalesforceOrg, table: Table, record_id: str, values: Mapping[str, Any], call: Call, index: int = 0) -> None:
    """Change a record."""
    _allow(org, table, call, "edit")
    old = existing(table, record_id)
    clean = _clean(table, values, call, creating=False)
    _interfere(org, "update", table, index, values, old["Id"], call)
    if old.get("IsConverted") and not call.is_system:
        raise refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    record = {**old, **clean}
    missing = [name for name, value in clean.items() if value is None and not table.fields[name].nillable]
    _check(org, table, record, clean, missing, old, call)
    org.store(table, record, "update", clean, call)
    org.counters[f"updated {table.name}"] += 1


def upsert(
    org: SalesforceOrg, table: Table, key: str, value: Any, values: Mapping[str, Any], call: Call, index: int = 0
) -> tuple[str, bool]:
    """Create or change the one record whose external id is `value`; several raise a 300 with their URLs."""
    field = external_id_field(table, key)
    if field.type == "id":
        if value in (None, ""):
            return create(org, table, values, call, index), True
        update(org, table, str(value), values, call, index)
        return str(full_id(str(value))), False
    found = find_by_external_id(table, field, value)
    if len(found) > 1:
        urls = [f"/sobjects/{table.name}/{record['Id']}" for record in found]
        text = f"{field.name}: more than one record found for external id field: {[record['Id'] for record in found]}"
        raise Refusal([Error("DUPLICATE_EXTERNAL_ID", text, (), {"urls": urls})], 300)
    if found:
        update(org, table, found[0]["Id"], values, call, index)
        return str(found[0]["Id"]), False
    return create(org, table, {**values, field.name: value}, call, index), True


def delete(org: SalesforceOrg, table: Table, record_id: str, call: Call, index: int = 0) -> None:
    """Put a record into the recycle bin."""
    _allow(org, table, call, "edit")
    old = existing(table, record_id)
    _interfere(org, "delete", table, index, {}, old["Id"], call)
    org.store(table, {**old, "IsDeleted": True}, "delete", {}, call)
    org.counters[f"deleted {table.name}"] += 1


def external_id_field(table: Table, name: str) -> Field:
    """The External ID field of this name (or Id); anything else is refused as the API does."""
    field = table.find_field(name)
    if field is None or not (field.external_id or field.type == "id"):
        raise refuse("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def find_by_external_id(table: Table, field: Field, value: Any) -> list[Stored]:
    """Live records with this external id; text is trimmed and compared without case."""
    wanted = accept(field, value)
    if wanted is None:
        raise refuse("MISSING_ARGUMENT", f"{field.name} not specified", [])
    return [record for record in table.matching(field.name, wanted) if not record["IsDeleted"]]


def existing(table: Table, record_id: str) -> Stored:
    """The live record of an id, or the complaint: malformed, unknown, deleted."""
    found = full_id(record_id)
    if found is None or not found.startswith(table.prefix):
        raise refuse("MALFORMED_ID", f"{table.name} ID: id value of incorrect type: {record_id}", ["Id"])
    record = table.records.get(found)
    if record is None:
        raise refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if record["IsDeleted"]:
        raise refuse("ENTITY_IS_DELETED", "entity is deleted", [])
    return record


def _allow(org: SalesforceOrg, table: Table, call: Call, verb: str) -> None:
    is_denied = call.user_id == org.integration_user_id and org.is_denied(table.name, verb)
    if (table.name in READ_ONLY_OBJECTS or is_denied) and not call.is_system:
        text = f"entity type {table.name} does not support create, update or delete for this user"
        raise refuse("INSUFFICIENT_ACCESS_OR_READONLY", text, [])


def _is_required(field: Field) -> bool:
    return field.createable and not field.nillable and not field.defaulted_on_create


def _interfere(
    org: SalesforceOrg, kind: str, table: Table, index: int, values: Mapping[str, Any], record_id: str | None, call: Call
) -> None:
    if org.interfere is not None and call.by == "api":
        refusal = org.interfere(kind, table.name, index, values, record_id)
        if refusal is not None:
            raise refusal


def _clean(table: Table, values: Mapping[str, Any], call: Call, *, creating: bool) -> Stored:
    """The values as they would be stored, by their proper names; unknown and read-only fields are refused."""
    clean: Stored = {}
    locked = []
    for name, value in values.items():
        if name == "attributes":
            continue
        field = table.field(name)
        if not call.is_system and not (field.createable if creating else field.updateable):
            locked.append(field.name)
        else:
            clean[field.name] = accept(field, value)
    if creating and "Id" in locked:
        raise refuse("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
    if locked:
        text = (
            f"Unable to create/update fields: {', '.join(locked)}. Please check the security settings of this field and "
            "verify that it is read/write for your profile or permission set."
        )
        raise refuse("INVALID_FIELD_FOR_INSERT_UPDATE", text, locked)
    return clean


def _check(
    org: SalesforceOrg, table: Table, record: Stored, clean: Stored, missing: list[str], old: Stored | None, call: Call
) -> None:
    """Everything after the types: required, lengths, references, owner, validation rules, uniqueness, duplicate rules."""
    if missing and not call.is_system:
        raise refuse("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    wrong = [error for name, value in clean.items() if (error := complaints(table.fields[name], value))]
    if wrong:
        raise Refusal(wrong)
    checks.set_derived(org, table, record)
    if call.is_system:
        checks.check_unique(table, record, clean)
        return
    checks.check_references(org, table, record, clean)
    checks.assign_owner(org, table, record, call)
    checks.check_owner(org, table, record, clean)
    checks.check_object_rules(org, table, record)
    checks.check_validation_rules(org, table, record)
    checks.check_unique(table, record, clean)
    checks.check_duplicates(org, table, record, old, call)
