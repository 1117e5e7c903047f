"""Writing one record: what is refused, what is quietly not applied, and what the service fills in itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot.refusals import Invalid, Refusal, invalid_input, invalid_values
from leadrelay.sandbox.hubspot.rules import Rule
from leadrelay.sandbox.hubspot.schema import SINGULAR
from leadrelay.sandbox.hubspot.tables import Record, Table, changed
from leadrelay.sandbox.hubspot.values import NotValid, kept, stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import Call, HubSpotPortal

_ONE_OF = {"contacts": ("email", "firstname", "lastname"), "companies": ("name", "domain")}
_ALL_OF = {
    "deals": ("dealname",),
    "notes": ("hs_timestamp",),
    "tasks": ("hs_timestamp",),
    "calls": ("hs_timestamp",),
    "emails": ("hs_timestamp",),
    "meetings": ("hs_timestamp",),
}
_MODIFIED = {"contacts": "lastmodifieddate"}
_SOURCES = {"api": "INTEGRATION", "sales": "CRM_UI", "seed": "IMPORT"}
_STAGES_WITH_DATE = frozenset({"lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer"})


# --- the four writes ---------------------------------------------------------------------------------------------------


def create(portal: HubSpotPortal, table: Table, given: Mapping[str, Any], call: Call, index: int = 0) -> Record:
    """Create a record or raise Refusal."""
    _interfere(portal, table, given, index)
    now = portal.now()
    changes = _checked(portal, table, None, given, call)
    if not call.is_system:
        _check_required(table, changes)
    record_id = changes.get("hs_object_id") or table.new_id(portal.random.randint(1, 40))
    blank = Record(record_id, {}, now, now)
    if table.name == "contacts" and "lifecyclestage" not in changes and portal.settings.default_lifecyclestage:
        changes["lifecyclestage"] = portal.settings.default_lifecyclestage
    _check_rules(portal, table, changes, changes, call)
    _check_unique(portal, table, record_id, changes)
    at = stamp(now)
    system = {
        "hs_object_id": record_id,
        "createdate": at,
        "hs_createdate": at,
        "hs_object_source": _SOURCES.get(call.by, "INTEGRATION"),
        "hs_object_source_label": _SOURCES.get(call.by, "INTEGRATION"),
        "hs_object_source_id": str(portal.settings.app_id) if call.by == "api" else f"userId:{call.user_id}",
        "hs_created_by_user_id": call.user_id,
    }
    if table.name == "contacts":
        system |= {"hs_marketable_status": "false", "hs_is_contact": "true", "hs_all_contact_vids": record_id}
    made = changed(blank, system | _derived(portal, table, blank, changes, call, now) | changes, now)
    made.before = None
    return portal.store(table, made, "create", changes, call)


def update(
    portal: HubSpotPortal,
    table: Table,
    record: Record,
    given: Mapping[str, Any],
    call: Call,
    index: int = 0,
    kind: str = "update",
) -> Record:
    """Change a record or raise Refusal."""
    _interfere(portal, table, given, index)
    changes = _checked(portal, table, record, given, call)
    after = {**record.properties, **changes}
    _check_rules(portal, table, after, changes, call)
    _check_unique(portal, table, record.id, changes)
    now = portal.now()
    derived = {} if call.is_system else _derived(portal, table, record, changes, call, now)
    made = changed(record, {**derived, **changes}, now)
    return portal.store(table, made, kind, changes, call)


def archive(portal: HubSpotPortal, table: Table, record: Record, call: Call) -> None:
    """Put a record into the recycle bin; its unique values become free."""
    now = portal.now()
    gone = replace(record, archived_at=now, updated_at=now, before=record)
    portal.store(table, gone, "archive", {}, call)


def restore(portal: HubSpotPortal, table: Table, record: Record, call: Call) -> None:
    """Take a record out of the recycle bin."""
    now = portal.now()
    back = replace(record, archived_at=None, updated_at=now, before=record)
    _check_unique(portal, table, record.id, {name: value for name, value in record.properties.items() if table.is_key(name)})
    portal.store(table, back, "restore", {}, call)


# --- checks ------------------------------------------------------------------------------------------------------------


def _interfere(portal: HubSpotPortal, table: Table, given: Mapping[str, Any], index: int) -> None:
    refusal = portal.interfere(table.name, index, given) if portal.interfere else None
    if refusal is not None:
        raise refusal


def _checked(portal: HubSpotPortal, table: Table, record: Record | None, given: Mapping[str, Any], call: Call) -> dict[str, str]:
    """The values as they will be kept; raises Refusal naming every property of this record that is not valid."""
    wrong: list[Invalid] = []
    changes: dict[str, str] = {}
    for name, value in given.items():
        about = table.properties.get(name)
        if about is None:
            wrong.append(Invalid(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
        elif about.read_only and not call.is_system:
            wrong.append(Invalid(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'))
        else:
            try:
                changes[name] = kept(about, value, record.get(name) if record else "")
                if about.references and changes[name]:
                    _check_owner(portal, about.name, changes[name], wrong)
                if portal.formats and not call.is_system:
                    wrong += portal.format_problems(table.name, name, changes[name])
            except NotValid as error:
                wrong.append(error.invalid)
    if wrong:
        raise invalid_values(wrong, portal.settings.portal_id, structured=portal.settings.structured_errors)
    if record is not None and not call.is_system:
        _keep_stage(table, record, changes)
    return changes


def _check_owner(portal: HubSpotPortal, name: str, value: str, wrong: list[Invalid]) -> None:
    owner = portal.owners.get(value)
    if owner is None or (owner.is_archived and portal.settings.archived_owner_refused):
        wrong.append(Invalid(name, "INVALID_OWNER_ID", f"Owner {value} does not exist or is not active"))


def _keep_stage(table: Table, record: Record, changes: dict[str, str]) -> None:
    """A lifecycle stage only moves forward; a backward one is quietly not applied, unless the stage was cleared before."""
    wanted, present = changes.get("lifecyclestage"), record.get("lifecyclestage")
    if not wanted or not present or wanted == present:
        return
    order = [option.value for option in table.properties["lifecyclestage"].options]
    if present in order and order.index(wanted) < order.index(present):
        del changes["lifecyclestage"]


def _check_required(table: Table, changes: Mapping[str, str]) -> None:
    one_of, all_of = _ONE_OF.get(table.name, ()), _ALL_OF.get(table.name, ())
    missing = [name for name in all_of if not changes.get(name)]
    if one_of and not any(changes.get(name) for name in one_of):
        missing = list(one_of)
    if missing:
        text = f"Error creating {SINGULAR[table.name].upper()}. Some required properties were not set."
        raise invalid_input(text, context={"properties": missing})


def _check_rules(portal: HubSpotPortal, table: Table, after: Mapping[str, str], changes: Mapping[str, str], call: Call) -> None:
    """Admin validation rules, which API writes meet from 2026-09 on."""
    rules: list[Rule] = portal.rules if call.is_enforcing else []
    for rule in rules:
        if rule.object == table.name:
            rule.check(after, changes)


def _check_unique(portal: HubSpotPortal, table: Table, record_id: str, changes: Mapping[str, str]) -> None:
    for name, value in changes.items():
        if not value or (name != "hs_additional_emails" and not table.is_key(name)):
            continue
        key = "email" if name == "hs_additional_emails" else name
        for one in value.split(";") if key == "email" else [value]:
            held = table.find(key, one)
            if held is not None and held.id != record_id:
                raise _taken(portal, table, name, one, record_id, held.id)


def _taken(portal: HubSpotPortal, table: Table, name: str, value: str, record_id: str, holder: str) -> Refusal:
    if table.name == "contacts" and name in ("email", "hs_additional_emails"):
        return Refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {holder}")
    text = (
        f"Cannot set PropertyValueCoordinates{{portalId={portal.settings.portal_id}, objectTypeId={table.type_id}, "
        f"propertyName={name}, value={value}}} on {record_id}. {holder} already has that value."
    )
    invalid = Invalid(name, "CONFLICTING_UNIQUE_VALUE", text)
    return invalid_values([invalid], portal.settings.portal_id, structured=portal.settings.structured_errors)


# --- what the service fills in -----------------------------------------------------------------------------------------


def _derived(
    portal: HubSpotPortal, table: Table, record: Record, changes: Mapping[str, str], call: Call, now: datetime
) -> dict[str, str]:
    """Properties that follow from the others, from who wrote and from when."""
    at = stamp(now)
    found = stamps(table, call, now)
    owner = changes.get("hubspot_owner_id")
    if owner is not None and owner != record.get("hubspot_owner_id"):
        found |= {"hubspot_owner_assigneddate": at if owner else "", "hs_all_owner_ids": owner}
    if table.name == "contacts":
        if "email" in changes:
            found["hs_email_domain"] = changes["email"].partition("@")[2]
            found |= portal.consent.opted_out(changes["email"])
        stage = changes.get("lifecyclestage")
        if stage in _STAGES_WITH_DATE and stage != record.get("lifecyclestage"):
            found[f"hs_lifecyclestage_{stage}_date"] = at
    if table.name == "deals" and "dealstage" in changes:
        stage = changes["dealstage"]
        found |= {"hs_is_closed": _yes(stage.startswith("closed")), "hs_is_closed_won": _yes(stage == "closedwon")}
    return found


def stamps(table: Table, call: Call, now: datetime) -> dict[str, str]:
    """When a record was changed last, and by which user: none for an app."""
    return {_MODIFIED.get(table.name, "hs_lastmodifieddate"): stamp(now), "hs_updated_by_user_id": call.user_id}


def _yes(is_so: bool) -> str:
    return "true" if is_so else "false"


def tell(portal: HubSpotPortal, table: Table, record: Record, values: Mapping[str, str]) -> Record:
    """The service fills in properties of its own: nobody's write, but a change that a reader notices."""
    now = portal.now()
    modified = {_MODIFIED.get(table.name, "hs_lastmodifieddate"): stamp(now)}
    return portal.store(table, changed(record, {**values, **modified}, now), "derive", values, portal.by_itself())
