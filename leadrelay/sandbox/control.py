"""The control API below `/sandbox/`: what every simulator takes from outside, in JSON, besides its own orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.wire import Answer, BadJson, Request

Body = dict[str, Any]
Order = Callable[[Body], Body]


def answer(request: Request, faults: Faults, state: Callable[[Mapping[str, str]], Body], orders: Mapping[str, Order]) -> Answer:
    """Serve one control call; what is wrong with it is said in a sentence with status 400."""
    name = request.path.removeprefix("/sandbox").strip("/")
    posts = {"faults": lambda body: _set_faults(faults, body), **orders}
    try:
        match (request.method, name):
            case ("GET", "state"):
                return Answer(200, state(request.query))
            case ("GET", "faults"):
                return Answer(200, {"faults": faults.listed()})
            case ("DELETE", "faults"):
                faults.clear(int(request.query["id"]) if "id" in request.query else None)
                return Answer(200, {"faults": faults.listed()})
            case ("POST", order) if order in posts:
                return Answer(200, posts[order](_body(request)))
        known = ", ".join(f"POST /sandbox/{one}" for one in posts)
        return Answer(404, {"error": f"no such control; there are GET /sandbox/state, GET and DELETE /sandbox/faults, {known}"})
    except KeyError as error:
        return Answer(400, {"error": f"not found or not given: {error}"})
    except (BadJson, ValueError, TypeError) as error:
        return Answer(400, {"error": str(error)})


def _body(request: Request) -> Body:
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def _set_faults(faults: Faults, body: Body) -> Body:
    """One fault, or several under `faults`; `clear` takes the old ones away first, `seed` starts the random sequence again."""
    several = body.pop("faults", None)
    if body.pop("clear", False):
        faults.clear()
    if "seed" in body:
        faults.seed(int(body.pop("seed")))
    for one in several if several is not None else [body] if body else []:
        faults.add(one)
    return {"faults": faults.listed()}


def act(actions: Mapping[str, Callable[[Body], Body | None]], body: Body) -> Body:
    """What people do in the CRM: one `action`, or several under `actions`."""
    if "actions" in body:
        return {"results": [act(actions, dict(one)) for one in body["actions"]]}
    name = body.pop("action", None)
    serve = actions.get(str(name))
    if serve is None:
        raise ValueError(f"action must be one of {', '.join(actions)}")
    return serve(body) or {"ok": True}


def change_settings(settings: Any, body: Body, hidden: Iterable[str] = (), sets: Iterable[str] = ()) -> Body:
    """Change settings of a simulator and answer all but the `hidden` ones; `sets` names those that hold a set of texts."""
    known = {one.name for one in fields(settings)}
    unknown = sorted(set(body) - known)
    if unknown:
        raise ValueError(f"there is no setting {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    for name, value in body.items():
        setattr(settings, name, frozenset(value) if name in sets and value is not None else value)
    shown = {name: getattr(settings, name) for name in sorted(known.difference(hidden))}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in shown.items()}
