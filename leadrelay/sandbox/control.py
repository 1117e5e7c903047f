"""The control API below `/sandbox/`: what a test or a demo does to an org from outside, in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.org import SalesforceOrg, Settings
from leadrelay.sandbox.salesforce.refusals import Refusal
from leadrelay.sandbox.salesforce.rules import AssignmentEntry, AssignmentRule, DuplicateRule, ValidationRule
from leadrelay.sandbox.salesforce.tables import Stored
from leadrelay.sandbox.wire import Answer, BadJson, Request

Body = dict[str, Any]
_HIDDEN = ("client_secret",)


def answer(org: SalesforceOrg, faults: Faults, request: Request) -> Answer:
    """Serve one control call; what is wrong with it is said in a sentence with status 400."""
    name = request.path.removeprefix("/sandbox").strip("/")
    try:
        if (request.method, name) == ("GET", "state"):
            return Answer(200, state(org, faults, request.query))
        if (request.method, name) == ("GET", "faults"):
            return Answer(200, {"faults": faults.listed()})
        if (request.method, name) == ("DELETE", "faults"):
            faults.clear(int(request.query["id"]) if "id" in request.query else None)
            return Answer(200, {"faults": faults.listed()})
        serve = _POSTS.get(name)
        if serve is None or request.method != "POST":
            known = ", ".join(f"POST /sandbox/{one}" for one in _POSTS)
            return Answer(
                404, {"error": f"no such control; there are GET /sandbox/state, GET and DELETE /sandbox/faults, {known}"}
            )
        body = request.json() if request.body else {}
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        return Answer(200, serve(org, faults, body))
    except KeyError as error:
        return Answer(400, {"error": f"not found or not given: {error}"})
    except Refusal as refusal:
        return Answer(400, {"error": str(refusal), "errors": refusal.in_rest()})
    except (BadJson, ValueError, TypeError) as error:
        return Answer(400, {"error": str(error)})


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


def _set_faults(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """One fault, or several under `faults`; `clear` takes the old ones away first, `seed` starts the random sequence again."""
    several = body.pop("faults", None)
    if body.pop("clear", False):
        faults.clear()
    if "seed" in body:
        faults.seed(int(body.pop("seed")))
    for one in several if several is not None else [body] if body else []:
        faults.add(one)
    return {"faults": faults.listed()}


def _seed_records(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """`{"object": "Lead", "records": [...]}`: put them there without rules; answers their ids."""
    return {"ids": org.seed(body["object"], body["records"])}


def _act(org: SalesforceOrg, faults: Faults, body: Body) -> Body:
    """What people do in the CRM: one `action`, or several under `actions`."""
    if "actions" in body:
        return {"results": [_act(org, faults, dict(one)) for one in body["actions"]]}
    name = body.pop("action", None)
    serve = _ACTIONS.get(str(name))
    if serve is None:
        raise ValueError(f"action must be one of {', '.join(_ACTIONS)}")
    return serve(org, body) or {"ok": True}


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
    known = {one.name for one in fields(Settings)}
    unknown = sorted(set(body) - known)
    if unknown:
        raise ValueError(f"there is no setting {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    for name, value in body.items():
        setattr(org.settings, name, frozenset(value) if name == "approved_users" and value is not None else value)
    shown = {name: getattr(org.settings, name) for name in sorted(known) if name not in _HIDDEN}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in shown.items()}


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
    "faults": _set_faults,
    "records": _seed_records,
    "actions": _act,
    "fields": _change_fields,
    "rules": _change_rules,
    "settings": _change_settings,
    "clock": _move_clock,
    "reset": _reset,
}
