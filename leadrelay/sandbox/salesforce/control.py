"""The control API of an org: what a test or a demo does to it from outside, in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from leadrelay.sandbox import control
from leadrelay.sandbox.control import Body
from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.salesforce.refusals import Refusal
from leadrelay.sandbox.salesforce.rules import AssignmentEntry, AssignmentRule, DuplicateRule, ValidationRule
from leadrelay.sandbox.salesforce.tables import Stored
from leadrelay.sandbox.wire import Answer, Request

_HIDDEN = ("client_secret",)


def answer(org: SalesforceOrg, faults: Faults, request: Request) -> Answer:
    """Serve one control call to an org."""
    orders = {name: partial(serve, org, faults) for name, serve in _POSTS.items()}
    try:
        return control.answer(request, faults, partial(state, org, faults), orders)
    except Refusal as refusal:
        return Answer(400, {"error": str(refusal), "errors": refusal.in_rest()})


# --- reading -----------------------------------------------------------------------------------------------------------


def state(org: SalesforceOrg, faults: Faults, query: Mapping[str, str]) -> Body:
    """Records by object, counters, limits and faults; `history=1` adds every accepted write, `object=` narrows to one."""
    wanted = query.get("object")
    names = [org.table(wanted).name] if wanted else [name for name, table in org.tables.items() if table.records]
    body: Body = {
        "now": org.now().isoformat(),
        "organization_id": org.organization_id,
        "users": {"integration": org.integration_user_id, "sales": org.sales_user_id, "inactive": org.inactive_user_id},
        "queue": org.queue_id,
        "counters": dict(org.counters),
        "limits": {"used": org.limits.used, "limit": org.settings.daily_limit},
        "faults": faults.listed(),
        "sequence": org.sequence,
    }
    if query.get("records", "1") != "0":
        body["records"] = {name: _listed(org, name) for name in names}
    if query.get("history", "0") != "0":
        since = int(query.get("since", 0))
        entries = org.history if not wanted else [entry for entry in org.history if entry["object"] in names]
        body["history"] = [entry for entry in entries if entry["seq"] > since]
    return body


def _listed(org: SalesforceOrg, name: str) -> list[Stored]:
    return org.records(name, with_deleted=True)


# --- changing ----------------------------------------------------------------------------------------------------------


def _seed_records(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """`{"object": "Lead", "records": [...]}`: put them there without rules; answers their ids."""
    return {"ids": org.seed(body["object"], body["records"])}


def _act(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """What people do in the CRM."""
    return control.act({name: partial(serve, org) for name, serve in _ACTIONS.items()}, body)


def _record_id(org: SalesforceOrg, body: Body, name: str) -> str:
    """The record an action means: by `id`, or by `where`, a field and its value."""
    if "id" in body:
        return org.id_of(name, str(body["id"]))
    ((field, value),) = body["where"].items()
    found = [record for record in org.table(name).matching(org.table(name).field(field).name, value) if not record["IsDeleted"]]
    if len(found) != 1:
        raise KeyError(f"{len(found)} records of {name} have {field} = {value}")
    return str(found[0]["Id"])


def _convert(org: SalesforceOrg, body: Body) -> Body:
    wanted = {key: body[key] for key in ("contact_id", "account_id", "with_opportunity", "status") if key in body}
    return dict(org.convert(_record_id(org, body, "Lead"), **wanted))


def _merge(org: SalesforceOrg, body: Body) -> Body | None:
    org.merge(body["winner"], body["losers"], body.get("object", "Lead"))
    return None


def _edit(org: SalesforceOrg, body: Body) -> Body | None:
    name = body.get("object", "Lead")
    org.edit(name, _record_id(org, body, name), body["fields"])
    return None


def _reassign(org: SalesforceOrg, body: Body) -> Body | None:
    name = body.get("object", "Lead")
    org.edit(name, _record_id(org, body, name), {"OwnerId": body["owner"]})
    return None


def _delete(org: SalesforceOrg, body: Body) -> Body | None:
    name = body.get("object", "Lead")
    org.remove(name, _record_id(org, body, name))
    return None


def _undelete(org: SalesforceOrg, body: Body) -> Body | None:
    org.undelete(body.get("object", "Lead"), body["id"])
    return None


def _create(org: SalesforceOrg, body: Body) -> Body:
    made = org.create(body.get("object", "Lead"), body["fields"], org.by_sales())
    org.end_call()
    return {"id": made}


def _expire_tokens(org: SalesforceOrg, body: Body) -> Body:
    return {"expired": org.accounts.expire_all()}


def _add_user(org: SalesforceOrg, body: Body) -> Body:
    return {"id": org.add_user(body["name"], body["email"], is_active=body.get("active", True))}


def _add_queue(org: SalesforceOrg, body: Body) -> Body:
    return {"id": org.add_queue(body["name"], kind=body.get("type", "Queue"))}


def _set_active(org: SalesforceOrg, body: Body) -> Body | None:
    org.set_user_active(body["id"], is_active=bool(body["active"]))
    return None


def _set_usage(org: SalesforceOrg, body: Body) -> Body | None:
    org.limits.set_used(int(body["used"]))
    return None


def _change_fields(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """`{"object", "add": {...}}`, `{"object", "change": NAME, "to": {...}}` or `{"object", "remove": NAME}`."""
    name = body.get("object", "Lead")
    if "add" in body:
        return org.add_field(name, body["add"]).described()
    if "change" in body:
        return org.change_field(name, body["change"], body["to"]).described()
    org.remove_field(name, body["remove"])
    return {"ok": True}


def _change_rules(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """Replace the rules that are named: `validation` and `duplicates` are lists, `assignment` is a list of entries or null."""
    if "validation" in body:
        org.rules.validation = [ValidationRule(**one) for one in body["validation"]]
    if "duplicates" in body:
        org.rules.duplicates = [_duplicate_rule(one) for one in body["duplicates"]]
    if "assignment" in body:
        entries = body["assignment"]
        org.rules.assignment = AssignmentRule([AssignmentEntry(**one) for one in entries]) if entries else None
    if "lead_status" in body:
        org.set_lead_statuses(body["lead_status"]["values"], body["lead_status"]["converted"])
    rules = org.rules
    return {
        "validation": [rule.name for rule in rules.validation],
        "duplicates": [rule.name for rule in rules.duplicates],
        "assignment": rules.assignment is not None,
    }


def _duplicate_rule(body: Body) -> DuplicateRule:
    given: Body = {key: tuple(value) if isinstance(value, list) else value for key, value in body.items()}
    return DuplicateRule(**given)


def _change_settings(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """Change settings of the org: limits, token life, what is refused how."""
    return control.change_settings(org.settings, body, _HIDDEN, sets=("approved_users",))


def _move_clock(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    return {"now": org.advance(float(body["advance"])).isoformat()}


def _reset(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    org.reset()
    faults.clear()
    return {"ok": True, "organization_id": full_id(org.organization_id)}


_ACTIONS: dict[str, Callable[[SalesforceOrg, Body], Body | None]] = {
    "convert": _convert,
    "merge": _merge,
    "delete": _delete,
    "undelete": _undelete,
    "edit": _edit,
    "reassign": _reassign,
    "create": _create,
    "expire_tokens": _expire_tokens,
    "add_user": _add_user,
    "add_queue": _add_queue,
    "set_active": _set_active,
    "set_usage": _set_usage,
}
_POSTS: dict[str, Callable[[SalesforceOrg, Faults, Body], Body]] = {
    "records": _seed_records,
    "actions": _act,
    "fields": _change_fields,
    "rules": _change_rules,
    "settings": _change_settings,
    "clock": _move_clock,
    "reset": _reset,
}
