"""The control API of a portal: what a test or a demo does to it from outside, in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from leadrelay.sandbox import control
from leadrelay.sandbox.control import Body
from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.hubspot import people
from leadrelay.sandbox.hubspot.portal import HubSpotPortal
from leadrelay.sandbox.hubspot.refusals import Refusal
from leadrelay.sandbox.hubspot.rules import Format, Rule
from leadrelay.sandbox.hubspot.tables import Record
from leadrelay.sandbox.wire import Answer, Request

_HIDDEN = ("access_token", "client_secret", "refresh_token")


def answer(portal: HubSpotPortal, faults: Faults, request: Request) -> Answer:
    """Serve one control call to a portal."""
    orders = {name: partial(serve, portal, faults) for name, serve in _POSTS.items()}
    try:
        return control.answer(request, faults, partial(state, portal, faults), orders)
    except Refusal as refusal:
        return Answer(400, {"error": str(refusal), **refusal.body("")})


# --- reading -----------------------------------------------------------------------------------------------------------


def state(portal: HubSpotPortal, faults: Faults, query: Mapping[str, str]) -> Body:
    """Records by object, owners, lists, counters, limits and faults; `history=1` adds every write, `object=` narrows to one."""
    wanted = query.get("object")
    names = [portal.table(wanted).name] if wanted else [name for name, table in portal.tables.items() if table.records]
    body: Body = {
        "now": portal.now().isoformat(),
        "portal_id": portal.settings.portal_id,
        "owners": [one.described() for one in portal.owners.all],
        "lists": [{**one.described(), "members": list(one.members)} for one in portal.lists.all.values()],
        "counters": dict(portal.counters),
        "limits": {"used": portal.limits.used, "limit": portal.settings.daily_limit, "burst": portal.limits.in_burst},
        "faults": faults.listed(),
        "sequence": portal.sequence,
    }
    if query.get("records", "1") != "0":
        body["records"] = {name: [_shown(one) for one in portal.tables[name].records.values()] for name in names}
        body["merged"] = {name: dict(portal.tables[name].merged) for name in names}
        body["associations"] = portal.associations.all()
    if query.get("history", "0") != "0":
        since = int(query.get("since", 0))
        entries = portal.history if not wanted else [entry for entry in portal.history if entry["object"] in names]
        body["history"] = [entry for entry in entries if entry["seq"] > since]
    return body


def _shown(record: Record) -> dict[str, Any]:
    return {"id": record.id, "archived": record.is_archived, "properties": dict(record.properties)}


# --- people ------------------------------------------------------------------------------------------------------------


def _record_id(portal: HubSpotPortal, body: Body) -> tuple[str, str]:
    """The record an action means: by `id`, or by `where`, a property and its value; contacts unless `object` says else."""
    table = portal.table(body.get("object", "contacts"))
    if "id" in body:
        return table.name, table.resolved(str(body["id"]))
    ((name, value),) = body["where"].items()
    found = [one for one in table.living() if one.get(name) == value or (name == "email" and value.lower() in one.emails())]
    if len(found) != 1:
        raise KeyError(f"{len(found)} records of {table.name} have {name} = {value}")
    return table.name, found[0].id


def _edit(portal: HubSpotPortal, body: Body) -> None:
    portal.edit(*_record_id(portal, body), body["properties"])


def _set(name: str) -> Callable[[HubSpotPortal, Body], None]:
    def serve(portal: HubSpotPortal, body: Body) -> None:
        portal.edit(*_record_id(portal, body), {name: body["value"]})

    return serve


def _own(portal: HubSpotPortal, body: Body) -> None:
    owner = portal.owners.named(str(body["owner"])).id if body.get("owner") else ""
    portal.edit(*_record_id(portal, body), {"hubspot_owner_id": owner})


def _stage(portal: HubSpotPortal, body: Body) -> None:
    """A person may set a stage back, which takes two steps over the API."""
    target = _record_id(portal, body)
    portal.edit(*target, {"lifecyclestage": ""})
    portal.edit(*target, {"lifecyclestage": body["value"]})


def _opt_out(portal: HubSpotPortal, body: Body) -> None:
    name, record_id = _record_id(portal, body)
    record = portal.tables[name].needed(record_id)
    portal.consent.unsubscribe_all(record.get("email"))


def _create(portal: HubSpotPortal, body: Body) -> Body:
    return {"id": portal.create(body.get("object", "contacts"), body["properties"])}


def _deal(portal: HubSpotPortal, body: Body) -> Body:
    return {"id": people.sell(portal, _record_id(portal, body)[1], body.get("properties"))}


def _speak(portal: HubSpotPortal, body: Body) -> Body:
    return {"id": people.speak(portal, _record_id(portal, body)[1], body.get("kind", "call"), body.get("properties"))}


def _merge(portal: HubSpotPortal, body: Body) -> Body:
    table = portal.table(body.get("object", "contacts"))
    return {"id": people.merge(portal, table, str(body["winner"]), str(body["loser"]), portal.by_sales()).id}


def _delete(portal: HubSpotPortal, body: Body) -> None:
    name, record_id = _record_id(portal, body)
    people.remove(portal, portal.tables[name], record_id)


def _erase(portal: HubSpotPortal, body: Body) -> None:
    name, record_id = _record_id(portal, body)
    people.erase(portal, portal.tables[name], record_id, portal.by_sales())


def _restore(portal: HubSpotPortal, body: Body) -> None:
    people.restore(portal, portal.table(body.get("object", "contacts")), str(body["id"]))


def _associate(portal: HubSpotPortal, body: Body) -> None:
    table, to = portal.table(body.get("object", "contacts")), portal.table(body["to"])
    portal.associations.add(table, str(body["id"]), to, str(body["to_id"]), body.get("types") or ())
    portal.end_call()


def _add_owner(portal: HubSpotPortal, body: Body) -> Body:
    return portal.owners.add(body["name"], body["email"], is_active=body.get("active", True)).described()


def _set_active(portal: HubSpotPortal, body: Body) -> None:
    portal.owners.named(str(body["owner"])).is_archived = not body["active"]


def _add_list(portal: HubSpotPortal, body: Body) -> Body:
    return portal.lists.add(body["name"], body.get("kind", "MANUAL"), body.get("type_id", "0-1")).described()


def _expire_tokens(portal: HubSpotPortal, body: Body) -> Body:
    return {"expired": portal.accounts.expire_all()}


def _revoke(portal: HubSpotPortal, body: Body) -> None:
    """The app is taken away from the portal (or comes back with `revoked: false`)."""
    portal.accounts.is_revoked = bool(body.get("revoked", True))
    portal.accounts.expire_all()


def _set_usage(portal: HubSpotPortal, body: Body) -> None:
    portal.limits.set_used(int(body["used"]))


def _install_salesforce(portal: HubSpotPortal, body: Body) -> None:
    portal.install_salesforce()


_ACTIONS: dict[str, Callable[[HubSpotPortal, Body], Body | None]] = {
    "edit": _edit,
    "set_owner": _own,
    "set_stage": _stage,
    "set_status": _set("hs_lead_status"),
    "opt_out": _opt_out,
    "create": _create,
    "create_deal": _deal,
    "activity": _speak,
    "merge": _merge,
    "delete": _delete,
    "gdpr_delete": _erase,
    "restore": _restore,
    "associate": _associate,
    "add_owner": _add_owner,
    "set_active": _set_active,
    "add_list": _add_list,
    "expire_tokens": _expire_tokens,
    "revoke": _revoke,
    "set_usage": _set_usage,
    "install_salesforce": _install_salesforce,
}


# --- the portal --------------------------------------------------------------------------------------------------------


def _act(portal: HubSpotPortal, faults: Faults, body: Body) -> Body:
    return control.act({name: partial(serve, portal) for name, serve in _ACTIONS.items()}, body)


def _seed_records(portal: HubSpotPortal, faults: Faults, body: Body) -> Body:
    """`{"object": "contacts", "records": [{...properties}]}`: put them there without rules; answers their ids."""
    return {"ids": portal.seed(body.get("object", "contacts"), body["records"])}


def _change_properties(portal: HubSpotPortal, faults: Faults, body: Body) -> Body:
    """`{"object", "add": {...}}`, `"change": NAME, "to": {...}`, `"remove": NAME`, or `"rename": NAME, "to": NEW`."""
    name = body.get("object", "contacts")
    if "add" in body:
        return portal.add_property(name, body["add"]).described()
    if "change" in body:
        return portal.change_property(name, body["change"], body["to"]).described()
    if "rename" in body:
        return portal.rename_property(name, body["rename"], body["to"]).described()
    portal.table(name).drop_property(body["remove"])
    return {"ok": True}


def _change_rules(portal: HubSpotPortal, faults: Faults, body: Body) -> Body:
    """Replace the admin's rules that are named: `rules` are lists of required properties, `formats` what texts must look like."""
    if "rules" in body:
        portal.rules = [
            Rule(one.get("object", "contacts"), tuple(one["required"]), one.get("when") or {}) for one in body["rules"]
        ]
    if "formats" in body:
        portal.formats = [Format(**one) for one in body["formats"]]
    return {"rules": len(portal.rules), "formats": len(portal.formats)}


def _change_settings(portal: HubSpotPortal, faults: Faults, body: Body) -> Body:
    return control.change_settings(portal.settings, body, _HIDDEN, sets=("scopes", "traced"))


def _move_clock(portal: HubSpotPortal, faults: Faults, body: Body) -> Body:
    return {"now": portal.advance(float(body["advance"])).isoformat()}


def _reset(portal: HubSpotPortal, faults: Faults, body: Body) -> Body:
    portal.reset()
    faults.clear()
    return {"ok": True, "portal_id": portal.settings.portal_id}


_POSTS: dict[str, Callable[[HubSpotPortal, Faults, Body], Body]] = {
    "records": _seed_records,
    "actions": _act,
    "properties": _change_properties,
    "rules": _change_rules,
    "settings": _change_settings,
    "clock": _move_clock,
    "reset": _reset,
}
