"""The calls for single records: read, create, change, archive, list, search, merge, erase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import links, people, reading, search, writing
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input, not_found
from leadrelay.sandbox.hubspot.schema import SINGULAR
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.routes import Asked
    from leadrelay.sandbox.hubspot.tables import Record, Table


def answer(asked: Asked, table: Table) -> Answer:
    """Serve one call below `/objects/{object}` that is not a batch."""
    match (asked.method, *asked.parts[1:]):
        case ("GET",):
            return _list(asked, table)
        case ("POST",):
            return _create(asked, table)
        case ("POST", "search"):
            return search.answer(asked, table)
        case (_, _, "associations", *_):
            return links.of_record(asked, table)
        case ("POST", "merge"):
            return _merge(asked, table)
        case ("POST", "gdpr-delete"):
            return _erase(asked, table)
        case ("GET", record_id):
            record = _found(asked, table, record_id, archived=_is_true(asked, "archived"))
            return Answer(200, _shown(asked, table, record))
        case ("PATCH", record_id):
            record = _found(asked, table, record_id)
            given = asked.object_body().get("properties") or {}
            made = writing.update(asked.portal, table, record, given, asked.call)
            return Answer(200, reading.written(asked.portal, table, made, given))
        case ("DELETE", record_id):
            found = table.find(None, record_id)
            if found is not None:
                writing.archive(asked.portal, table, found, asked.call)
            return Answer(204)
        case _:
            raise not_found()


def _names(asked: Asked, name: str) -> list[str]:
    return [one for one in asked.query.get(name, "").split(",") if one]


def _shown(asked: Asked, table: Table, record: Record) -> dict[str, Any]:
    """A record with the properties, their history and the associations that the query asks for."""
    history = _names(asked, "propertiesWithHistory")
    body = reading.shown(asked.portal, table, record, _names(asked, "properties"), history)
    associated = {}
    for to in map(asked.portal.table, _names(asked, "associations")):
        kind = f"{SINGULAR[table.name]}_to_{SINGULAR[to.name]}"
        ids = asked.portal.associations.of(table.name, record.id, to.name)
        if ids:
            associated[to.name] = {"results": [{"id": one, "type": kind} for one in ids]}
    return body | {"associations": associated} if associated else body


def _is_true(asked: Asked, name: str) -> bool:
    return asked.query.get(name, "false") == "true"


def _found(asked: Asked, table: Table, record_id: str, *, archived: bool = False) -> Record:
    found = table.find(asked.query.get("idProperty") or None, record_id, archived=archived)
    if found is None:
        raise not_found()
    return found


def _list(asked: Asked, table: Table) -> Answer:
    limit = int(asked.query.get("limit", "10"))
    if not 1 <= limit <= 100:
        raise invalid_input("limit must be between 1 and 100")
    after = asked.query.get("after") or "0"
    archived = _is_true(asked, "archived")
    records = [one for one in table.records.values() if one.is_archived == archived and int(one.id) >= int(after)]
    records.sort(key=lambda one: int(one.id))
    page = records[:limit]
    shown = [_shown(asked, table, one) for one in page]
    body: dict[str, object] = {"results": shown}
    if len(records) > limit:
        body["paging"] = {"next": {"after": records[limit].id, "link": f"?after={records[limit].id}"}}
    return Answer(200, body)


def _create(asked: Asked, table: Table) -> Answer:
    body = asked.object_body()
    given = body.get("properties") or {}
    if not isinstance(given, dict):
        raise invalid_input("Invalid input JSON: properties must be an object")
    made = writing.create(asked.portal, table, given, asked.call)
    try:
        for wanted in body.get("associations") or ():
            asked.portal.associations.from_input(table, made.id, wanted)
    except Refusal:
        asked.portal.roll_back(0)
        raise
    return Answer(201, reading.written(asked.portal, table, made, given))


def _merge(asked: Asked, table: Table) -> Answer:
    body = asked.object_body()
    winner, loser = str(body.get("primaryObjectId") or ""), str(body.get("objectIdToMerge") or "")
    if not winner or not loser or winner == loser:
        raise invalid_input("Invalid input JSON: primaryObjectId and objectIdToMerge must be two different ids")
    made = people.merge(asked.portal, table, winner, loser, asked.call)
    return Answer(200, reading.written(asked.portal, table, made))


def _erase(asked: Asked, table: Table) -> Answer:
    """GDPR delete by id or by e-mail, also of a record in the recycle bin; it is gone for good."""
    body = asked.object_body()
    key, value = str(body.get("idProperty") or ""), str(body.get("objectId") or "")
    record = table.find(key, value) or table.find(key, value, archived=True)
    if record is not None:
        people.erase(asked.portal, table, record.id, asked.call)
    return Answer(204)
