"""Lists: manual ones take members over the API, dynamic ones find theirs themselves and refuse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot.refusals import invalid_input, not_found
from leadrelay.sandbox.hubspot.values import stamp
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.routes import Asked

_KINDS = ("MANUAL", "DYNAMIC", "SNAPSHOT")
_MOST = 100_000


@dataclass(slots=True)
class List:
    """One list of records of one object type; `members` remember when they came."""

    id: str
    name: str
    type_id: str
    kind: str
    made_at: str
    members: dict[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """As the lists API shows it."""
        return {
            "listId": self.id,
            "listVersion": 1,
            "name": self.name,
            "objectTypeId": self.type_id,
            "processingType": self.kind,
            "processingStatus": "COMPLETE",
            "size": len(self.members),
            "createdAt": self.made_at,
            "updatedAt": self.made_at,
        }


class Lists:
    """All lists of one portal."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self._portal = portal
        self.all: dict[str, List] = {}

    def add(self, name: str, kind: str = "MANUAL", type_id: str = "0-1") -> List:
        """A new list; raises Refusal."""
        if kind not in _KINDS:
            raise invalid_input(f"processingType must be one of {', '.join(_KINDS)}")
        if any(one.name.lower() == name.lower() and one.type_id == type_id for one in self.all.values()):
            raise invalid_input(f"A list named {name} already exists", subCategory="ILS.DUPLICATE_LIST_NAMES")
        made = List(str(7 + 3 * len(self.all)), name, type_id, kind, stamp(self._portal.now()))
        self.all[made.id] = made
        return made

    def get(self, list_id: str) -> List:
        """A list by id; raises Refusal."""
        if list_id not in self.all:
            raise not_found(f"List does not exist with ID {list_id}.", subCategory="ILS.LIST_NOT_FOUND")
        return self.all[list_id]

    def named(self, name: str, type_id: str) -> List:
        """A list by its name in any case; raises Refusal."""
        for one in self.all.values():
            if one.name.lower() == name.lower() and one.type_id == type_id:
                return one
        raise not_found(f"List does not exist with name {name}.", subCategory="ILS.LIST_NOT_FOUND")

    def change(self, list_id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> dict[str, list[str]]:
        """Add and remove members; who is a member already, or is not, is in neither answer. Raises Refusal for dynamic lists."""
        found = self.get(list_id)
        if found.kind == "DYNAMIC":
            raise invalid_input(
                f"List {list_id} is DYNAMIC: its members follow from its filters and can not be set",
                subCategory="ILS.INVALID_LIST_PROCESSING_TYPE",
            )
        table, at = self._portal.table(found.type_id), stamp(self._portal.now())
        added, missing = [], []
        for one in add:
            record = table.find(None, one)
            if record is None:
                missing.append(one)
            elif record.id not in found.members:
                found.members[record.id] = at
                added.append(record.id)
        removed = [one for one in remove if found.members.pop(table.resolved(one), None) is not None]
        return {"recordIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}

    def move(self, type_id: str, old_id: str, new_id: str) -> None:
        """A merge: the survivor is where the other one was."""
        for one in self.all.values():
            if one.type_id == type_id and old_id in one.members:
                one.members.setdefault(new_id, one.members.pop(old_id))

    def forget(self, type_id: str, record_id: str) -> None:
        """A record is gone for good."""
        for one in self.all.values():
            if one.type_id == type_id:
                one.members.pop(record_id, None)


def answer(asked: Asked) -> Answer:
    """Serve a call below `/lists`."""
    lists = asked.portal.lists
    is_read = asked.method == "GET" or asked.parts[:1] == ("search",)
    asked.needs("crm.lists.read" if is_read else "crm.lists.write")
    match (asked.method, *asked.parts):
        case ("POST",):
            body = asked.object_body()
            kind = str(body.get("processingType") or "")
            return Answer(200, {"list": lists.add(str(body.get("name") or ""), kind, str(body.get("objectTypeId"))).described()})
        case ("POST", "search"):
            return _search(asked)
        case ("GET", "object-type-id", type_id, "name", name):
            return Answer(200, {"list": lists.named(name, type_id).described()})
        case ("GET", list_id):
            return Answer(200, {"list": lists.get(list_id).described()})
        case ("GET", list_id, "memberships"):
            return _members(asked, lists.get(list_id))
        case ("PUT", list_id, "memberships", verb):
            return _change(asked, list_id, verb)
        case _:
            raise not_found()


def _search(asked: Asked) -> Answer:
    body = asked.object_body()
    wanted = str(body.get("query") or "").lower()
    found = [one.described() for one in asked.portal.lists.all.values() if wanted in one.name.lower()]
    offset, count = int(body.get("offset") or 0), int(body.get("count") or 20)
    page = found[offset : offset + count]
    more = {"offset": offset + len(page), "hasMore": offset + len(page) < len(found), "total": len(found)}
    return Answer(200, {"lists": page, **more})


def _members(asked: Asked, one: List) -> Answer:
    limit, after = min(250, int(asked.query.get("limit", "100"))), int(asked.query.get("after") or "0")
    members = [{"recordId": record_id, "membershipTimestamp": at} for record_id, at in one.members.items()]
    body: dict[str, Any] = {"results": members[after : after + limit], "total": len(members)}
    if after + limit < len(members):
        body["paging"] = {"next": {"after": str(after + limit)}}
    return Answer(200, body)


def _change(asked: Asked, list_id: str, verb: str) -> Answer:
    body = asked.body()
    if verb == "add-and-remove":
        add, remove = body.get("recordIdsToAdd") or [], body.get("recordIdsToRemove") or []
    elif verb in ("add", "remove") and isinstance(body, list):
        add, remove = (body, []) if verb == "add" else ([], body)
    else:
        raise invalid_input("Invalid input JSON: a list of record ids is expected")
    if len(add) + len(remove) > _MOST:
        raise invalid_input(f"At most {_MOST} record ids are taken in one call")
    return Answer(200, asked.portal.lists.change(list_id, map(str, add), map(str, remove)))
