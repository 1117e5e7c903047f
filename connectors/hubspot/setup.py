"""Who we are at the account and what it lacks: the probe, and our unique properties created or explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.base import Preparation, Probe, Retry, Stop, TooLarge
from connectors.hubspot.client import HIDDEN, Client, Row
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.credentials import Credentials, look_up
from connectors.hubspot.errors import Refused
from connectors.hubspot.object_schema import object_schema as object_schema
from connectors.hubspot.people import CONTACTS
from connectors.hubspot.unique import is_unique
from connectors.hubspot.versions import ending
from core.instants import DAY, Instant, to_iso
from core.problems import Problem

_LABEL = "Leadrelay ID"
_DESCRIPTION = "The id that leadrelay knows this record by. Do not edit."
_SOON = 120 * DAY
_V4_ENDS = "2027-03-30"
_SALESFORCE = (
    "salesforceleadid",
    "salesforcecontactid",
    "salesforcelastsynctime",
    "hs_salesforceleadid",
    "hs_salesforcecontactid",
)
_GROUP_OF = ("email", "domain", "dealname", "hs_timestamp", "hs_object_id")
_GROUPS = {CONTACTS: "contactinformation", "companies": "companyinformation", "deals": "dealinformation"}
_FOR_ACTIONS = ("notes", "tasks")
_SCHEMA_SCOPE = "crm.schemas.{name}.write"


def probe(client: Client, config: HubSpotConfig, objects: Sequence[str]) -> Probe:
    """Name account and app, and list what is missing on the objects; nothing is written."""
    account = client.portal()
    credentials = look_up(client, config)
    problems = [
        *ending(config, client.now() + _SOON),
        *_associations_ending(config, client.now() + _SOON),
        *_missing_scopes(client, credentials, objects),
        *(problem for name in dict.fromkeys(objects) for problem in _missing(client, config, name)),
        *_native_sync(client),
    ]
    return Probe(account or credentials.portal, credentials.acting, config.api_version, tuple(problems), client.usage)


def _associations_ending(config: HubSpotConfig, by: Instant) -> Iterator[Problem]:
    """The numbered paths of associations are v4's, which end half a year before the others."""
    if config.api_version == "v3" and to_iso(by)[:10] >= _V4_ENDS:
        sentence = f"HubSpot ends the associations of its numbered API versions on {_V4_ENDS}. Set `api_version` to a dated one."
        yield Problem("version_ending", sentence, "api_version")


# --- permissions ------------------------------------------------------------------------------------------------------


def _needed(objects: Sequence[str]) -> list[str]:
    scoped = [name for name in dict.fromkeys((CONTACTS, *objects)) if name in _GROUPS]
    return [f"crm.objects.{name}.{verb}" for name in scoped for verb in ("read", "write")] + ["crm.objects.owners.read"]


def _missing_scopes(client: Client, credentials: Credentials, objects: Sequence[str]) -> Iterator[Problem]:
    if credentials.scopes:
        missing = [scope for scope in _needed(objects) if not credentials.may(scope)]
    else:
        missing = [] if _may_read_owners(client) else ["crm.objects.owners.read"]
    if missing:
        named = ", ".join(f"`{scope}`" for scope in missing)
        sentence = f"The app lacks the scope {named}: add it to the service key or app, and use the new token"
        yield Problem("missing_scopes", sentence, "auth")


def _may_read_owners(client: Client) -> bool:
    try:
        client.owners()
    except Stop as stop:
        if stop.problem.code not in HIDDEN or stop.problem.code == "not_found":  # owners are everywhere: the address is wrong
            raise
        return False
    return True


# --- the unique property ----------------------------------------------------------------------------------------------


def _missing(client: Client, config: HubSpotConfig, object_name: str) -> Iterator[Problem]:
    client.forget_properties(object_name)
    rows = client.properties_if_visible(object_name)
    if not rows:
        sentence = f"The app can not see the properties of {object_name}: give it the scopes `{_read_scope(object_name)}`"
        yield Problem("no_object", sentence, object_name)
        return
    held = _property(rows, config.external_id)
    if held is None:
        yield Problem("no_external_id", _how(object_name, config.external_id), f"{object_name}.{config.external_id}")
    elif not _is_fit(held):
        yield Problem(
            "external_id_not_unique", _how_other(object_name, config.external_id), f"{object_name}.{config.external_id}"
        )


def _read_scope(object_name: str) -> str:
    named = object_name if object_name in _GROUPS else CONTACTS
    return f"crm.objects.{named}.read` and `crm.schemas.{named}.read"


def _property(rows: Sequence[Row], name: str) -> Row | None:
    return next((row for row in rows if row.get("name") == name and row.get("archived") is not True), None)


def _is_fit(row: Row) -> bool:
    return is_unique(row) and str(row.get("type") or "string") == "string"


def prepare(client: Client, config: HubSpotConfig, objects: Sequence[str]) -> list[Preparation]:
    """Our unique property on each object: there, created now, or how an admin creates it.

    Nothing is created any more once an object has another property of that name: the name is the wrong one.
    """
    steps: list[Preparation] = []
    wrong = ""
    for name in dict.fromkeys(objects):
        if wrong:
            steps.append(Preparation(f"{name}.{config.external_id}", "missing", f"First settle {wrong}"))
            continue
        steps.append(_prepare(client, config.external_id, name))
        if steps[-1].state == "missing" and _property(client.properties_if_visible(name), config.external_id) is not None:
            wrong = steps[-1].name
    return steps


def _prepare(client: Client, name: str, object_name: str) -> Preparation:
    full_name = f"{object_name}.{name}"
    client.forget_properties(object_name)
    rows = client.properties_if_visible(object_name)
    held = _property(rows, name)
    if held is not None and _is_fit(held):
        return Preparation(full_name, "ready")
    if held is not None:
        return _not_made(full_name, object_name, _how_other(object_name, name))
    try:
        client.call("POST", f"/crm/v3/properties/{object_name}", _definition(name, _group(rows, object_name)), writes=True)
    except (Refused, Stop, Retry, TooLarge):
        return _not_made(full_name, object_name, _how(object_name, name))
    client.forget_properties(object_name)
    held = _property(client.properties_if_visible(object_name), name)
    if held is not None and _is_fit(held):
        return Preparation(full_name, "created")
    return _not_made(full_name, object_name, _how(object_name, name))


def _not_made(full_name: str, object_name: str, how: str) -> Preparation:
    """Notes and tasks do without: their texts then carry a marker line."""
    if object_name in _FOR_ACTIONS:
        return Preparation(
            full_name, "ready", f"Done without: the text of {object_name} ends with a marker line. To avoid it: {how}"
        )
    return Preparation(full_name, "missing", how)


def _group(rows: Sequence[Row], object_name: str) -> str:
    """The property group that the object's usual properties stand in."""
    groups = {str(row.get("name")): str(row.get("groupName") or "") for row in rows}
    return next((groups[name] for name in _GROUP_OF if groups.get(name)), _GROUPS.get(object_name, "engagement"))


def _definition(name: str, group: str) -> Row:
    return {
        "name": name, "label": _LABEL, "description": _DESCRIPTION, "groupName": group, "type": "string", "fieldType": "text",
        "hasUniqueValue": True, "formField": False,
    }  # fmt: skip


def _how(object_name: str, name: str) -> str:
    """What an admin has to do on this object, step by step."""
    scope = _SCHEMA_SCOPE.format(name=object_name if object_name in _GROUPS else CONTACTS)
    return (
        f"{object_name} has no property {name} that the app can see. Give the app the scope `{scope}` and run"
        " `leadrelay sinks prepare` again, or in HubSpot: Settings > Properties > Create property, type 'Single-line text',"
        f" label '{_LABEL}', internal name {name}, and in its rules tick 'Require unique values'. That can be set only when"
        " a property is created, and an object may have 10 such properties"
    )


def _how_other(object_name: str, name: str) -> str:
    return (
        f"{object_name}.{name} does not keep its values unique, and HubSpot can not change that later: set `external_id` to"
        " the name of another property and run `leadrelay sinks prepare`, or delete this one in HubSpot and run it then"
    )


# --- beside us --------------------------------------------------------------------------------------------------------


def _native_sync(client: Client) -> Iterator[Problem]:
    """HubSpot's own Salesforce integration leaves its properties at the contacts."""
    seen = [str(row.get("name")) for row in client.properties_if_visible(CONTACTS) if row.get("name") in _SALESFORCE]
    if seen:
        sentence = (
            f"HubSpot's own Salesforce integration is or was installed (`{seen[0]}`): where both CRMs are sinks here, let"
            " one of the two carry contacts between them, else each change goes round twice"
        )
        yield Problem("native_sync", sentence, seen[0])
