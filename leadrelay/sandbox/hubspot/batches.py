"""The batch calls of an object: read, create, update, upsert, archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import reading, writing
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input, not_found
from leadrelay.sandbox.hubspot.schema import SINGULAR
from leadrelay.sandbox.hubspot.values import stamp
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import Call, HubSpotPortal
    from leadrelay.sandbox.hubspot.tables import Record, Table

Row = Mapping[str, Any]
Write = Callable[[int, Row], dict[str, Any]]


class UnknownId(Exception):
    """A row's id names no record; reported beside the others, whatever the trace ids."""


def answer(portal: HubSpotPortal, table: Table, verb: str, body: Any, query: Mapping[str, str], call: Call) -> Answer:
    """Serve one batch call; raises Refusal for the whole of it."""
    inputs = _inputs(portal, body)
    match verb:
        case "read":
            return _read(portal, table, body, inputs, query)
        case "create":
            return _rows(portal, table, verb, inputs, _creating(portal, table, call), status=201)
        case "update":
            _check_ids(inputs)
            return _rows(portal, table, verb, inputs, _updating(portal, table, call))
        case "upsert":
            _check_ids(inputs)
            return _rows(portal, table, verb, inputs, _upserting(portal, table, call))
        case "archive":
            return _archive(portal, table, inputs, call)
        case _:
            raise not_found()


def inputs_of(body: Any, most: int) -> list[dict[str, Any]]:
    """The inputs of a batch call's body, at most `most`."""
    if not isinstance(body, dict) or not isinstance(body.get("inputs"), list):
        raise invalid_input("Invalid input JSON: Some required fields were not set: [inputs]")
    inputs: list[Any] = body["inputs"]
    if not inputs:
        raise invalid_input("Invalid input JSON: inputs must not be empty")
    if len(inputs) > most:
        raise invalid_input(f"The maximum number of inputs in a batch is {most}, but {len(inputs)} were given")
    if not all(isinstance(one, dict) for one in inputs):
        raise invalid_input("Invalid input JSON: every input must be an object")
    return inputs


def _inputs(portal: HubSpotPortal, body: Any) -> list[dict[str, Any]]:
    inputs = inputs_of(body, portal.settings.batch_limit)
    for one in inputs:
        if not isinstance(one.get("properties", {}), dict):
            raise invalid_input("Invalid input JSON: properties must be an object")
    return inputs


def _key(one: Row) -> tuple[str, str]:
    if not one.get("id") or not isinstance(one["id"], str | int):
        raise invalid_input("Invalid input JSON: Some required fields were not set: [id]")
    name, value = str(one.get("idProperty") or ""), str(one["id"])
    return name, value.strip().lower() if name == "email" else value


def _check_ids(inputs: Iterable[Row]) -> None:
    seen: set[tuple[str, str]] = set()
    twice = sorted({key[1] for key in map(_key, inputs) if key in seen or seen.add(key)})  # type: ignore[func-returns-value]
    if twice:
        raise invalid_input(
            f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique", context={"ids": twice}
        )


# --- reading -----------------------------------------------------------------------------------------------------------


def _read(portal: HubSpotPortal, table: Table, body: Row, inputs: list[dict[str, Any]], query: Mapping[str, str]) -> Answer:
    key = str(body.get("idProperty") or "")
    _check_ids([{**one, "idProperty": key} for one in inputs])
    archived = query.get("archived", "false") == "true"
    properties, history = body.get("properties") or (), body.get("propertiesWithHistory") or ()
    found: dict[str, Record] = {}
    missing: list[str] = []
    for one in inputs:
        _, value = _key(one)
        record = table.find(key, value, archived=archived)
        if record is None:
            missing.append(str(one["id"]))
        else:
            found[record.id] = record
    results = [reading.shown(portal, table, record, properties, history) for record in found.values()]
    errors = [_unknown(table, missing)] if missing else []
    return _answer(portal, results, errors, 200)


def _unknown(table: Table, ids: list[str]) -> dict[str, Any]:
    text = (
        f"Could not get some {SINGULAR[table.name].upper()} objects, they may be deleted or not exist. Check that ids are valid."
    )
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": text, "context": {"ids": ids}}


# --- writing -----------------------------------------------------------------------------------------------------------


def _creating(portal: HubSpotPortal, table: Table, call: Call) -> Write:
    def write(index: int, one: Row) -> dict[str, Any]:
        given = one.get("properties") or {}
        made = writing.create(portal, table, given, call, index)
        for wanted in one.get("associations") or ():
            portal.associations.from_input(table, made.id, wanted)
        return reading.written(portal, table, made, given)

    return write


def _updating(portal: HubSpotPortal, table: Table, call: Call) -> Write:
    def write(index: int, one: Row) -> dict[str, Any]:
        key, value = _key(one)
        record = table.find(key, value)
        if record is None:
            raise UnknownId(str(one["id"]))
        given = one.get("properties") or {}
        made = writing.update(portal, table, record, given, call, index)
        return reading.written(portal, table, made, given)

    return write


def _upserting(portal: HubSpotPortal, table: Table, call: Call) -> Write:
    def write(index: int, one: Row) -> dict[str, Any]:
        key, value = _key(one)
        if not key:
            raise invalid_input("Invalid input JSON: Some required fields were not set: [idProperty]")
        record = table.find(key, value)
        given = one.get("properties") or {}
        if record is not None:
            made = writing.update(portal, table, record, given, call, index)
        elif key == "hs_object_id":
            raise UnknownId(str(one["id"]))
        else:
            made = writing.create(portal, table, {key: value, **given}, call, index)
        return {**reading.written(portal, table, made, {key: value, **given}), "new": record is None}

    return write


def _rows(
    portal: HubSpotPortal, table: Table, verb: str, inputs: list[dict[str, Any]], write: Write, *, status: int = 200
) -> Answer:
    """Write row by row where every input is traced; otherwise one bad row refuses all."""
    traces = [one.get("objectWriteTraceId") for one in inputs]
    is_traced = all(traces) and verb in portal.settings.traced
    if is_traced and len(set(map(str, traces))) < len(traces):
        raise invalid_input("objectWriteTraceId must be unique in a batch")
    results, errors, unknown = [], [], []
    for index, (one, trace) in enumerate(zip(inputs, traces, strict=True)):
        mark = portal.mark()
        try:
            echo = {"objectWriteTraceId": str(trace)} if trace and portal.settings.echo_traces else {}
            results.append(write(index, one) | echo)
        except UnknownId as error:
            unknown.append(str(error))
        except Refusal as refusal:
            is_for_all = not is_traced or refusal.status >= 429
            portal.roll_back(0 if is_for_all else mark)
            if is_for_all:
                raise
            errors.append(refusal.row(str(trace)))
    if unknown:
        errors.append(_unknown(table, unknown))
    return _answer(portal, results, errors, status)


def _archive(portal: HubSpotPortal, table: Table, inputs: list[dict[str, Any]], call: Call) -> Answer:
    """Archive what is there; ids that are not are passed over."""
    for one in inputs:
        _, value = _key(one)
        record = table.find(None, value)
        if record is not None:
            writing.archive(portal, table, record, call)
    return Answer(204)


def _answer(portal: HubSpotPortal, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int) -> Answer:
    """A batch's answer; the order of results is nobody's to rely on."""
    if portal.settings.shuffle:
        portal.random.shuffle(results)
    at = stamp(portal.now())
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Answer(207 if errors else status, body)
