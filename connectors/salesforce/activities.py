"""What people did with a lead beside editing it: calls, mails, completed tasks and meetings, as Tasks and Events tell them."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.salesforce.client import Client, Row
from connectors.salesforce.people import People
from connectors.salesforce.sweep import instant_of
from core.instants import Instant

ACTIVITIES = ("Task", "Event")
_NEEDED = ("Id", "WhoId", "SystemModstamp", "IsDeleted", "CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate")
_OF_TASKS = ("IsClosed", "Status", "CompletedDateTime")


class Activities:
    """Reads which records people have worked on."""

    def __init__(self, client: Client, people: People) -> None:
        self._client = client
        self._people = people

    def queries(self, name: str, object_name: str, is_stamped: bool, start: str) -> list[str]:
        """The activities of people with an object's records since a time: the best query first, the plainest last."""
        schema = self._client.describe(name)
        columns = [*_NEEDED, *(column for column in _OF_TASKS if name == "Task" and schema.has(column))]
        since = f"SELECT {','.join(columns)} FROM {name} WHERE SystemModstamp >= {start}"
        tail = " ORDER BY SystemModstamp"
        done = " AND IsClosed = true" if name == "Task" and schema.has("IsClosed") else ""
        ours = f"SELECT Id FROM {object_name} WHERE {self._client.external_id} != null"
        # of contacts too many are ours without saying so: those that a conversion has made
        best = [f"{since}{done} AND WhoId IN ({ours}){tail}"] if object_name == "Lead" and is_stamped else []
        return [*best, f"{since}{done}{tail}", f"{since}{tail}"]

    def first(self, name: str, key_prefix: str, rows: Sequence[Row]) -> dict[str, Instant]:
        """When people first did something with records, by the first 15 characters of the records' ids."""
        rows = [
            row for row in rows if str(row.get("WhoId") or "").startswith(key_prefix or "?") and row.get("IsDeleted") is not True
        ]
        self._people.load(str(row.get(key) or "") for row in rows for key in ("CreatedById", "LastModifiedById"))
        found: dict[str, Instant] = {}
        for row in rows:
            at = self._done_at(name, row)
            who = str(row["WhoId"])[:15]
            if at is not None:
                found[who] = min(at, found.get(who, at))
        return found

    def _done_at(self, name: str, row: Row) -> Instant | None:
        """When a person did it: not a task that is still to be done, and nothing that only our own user has touched."""
        is_made_by_person = self._is_person(row.get("CreatedById"))
        if name == "Event":
            return instant_of(row.get("CreatedDate")) if is_made_by_person else None
        if not (row.get("IsClosed") is True or row.get("Status") == "Completed"):
            return None
        if not (is_made_by_person or self._is_person(row.get("LastModifiedById"))):
            return None
        completed = instant_of(row.get("CompletedDateTime"))
        return completed or instant_of(row.get("CreatedDate" if is_made_by_person else "LastModifiedDate"))

    def _is_person(self, user_id: object) -> bool:
        text = str(user_id or "")
        if not text or text[:15] == self._client.token().user_id[:15]:
            return False
        known = self._people.user(text)
        return known is None or known.is_person
