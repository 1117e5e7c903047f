"""Who owns records in an org: users by id and e-mail, queues by id and name, looked up in batches and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.salesforce.client import Client, Row, long_id

LIVES_FOR = 900.0
"""Seconds until a user or queue is looked up again: people leave, and queues are renamed."""
_USER_PREFIX, _QUEUE_PREFIX = "005", "00G"
_SANDBOX_SUFFIX = ".invalid"
"""What Salesforce puts behind users' addresses in a sandbox, so that nobody gets mail from there."""
_NO_PEOPLE = ("AutomatedProcess", "CloudIntegrationUser", "Guest")


def plain_email(text: str) -> str:
    """A user's address in lower case, as it stands in production."""
    return text.strip().lower().removesuffix(_SANDBOX_SUFFIX)


def spellings(email: str) -> tuple[str, str]:
    """How a user's address may stand in the org: as it is, and as a sandbox spells it."""
    return email, email + _SANDBOX_SUFFIX


@dataclass(frozen=True, slots=True)
class User:
    """One user of the org; `is_person` is false for the users under which Salesforce itself acts."""

    crm_id: str
    email: str
    is_active: bool = True
    is_person: bool = True


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of the org."""

    crm_id: str
    name: str
    developer_name: str = ""


class People:
    """The users and queues of one org; a lookup costs one call for all that are not known yet."""

    def __init__(self, client: Client, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, User | Queue | None]] = {}

    def load(self, ids: Iterable[str]) -> None:
        """Look up the users and queues with these ids that are not known yet."""
        missing = [crm_id for crm_id in dict.fromkeys(map(long_id, ids)) if crm_id and not self._is_known(crm_id)]
        found: dict[str, User | Queue] = {}
        for prefix, name, read in ((_USER_PREFIX, "User", _user), (_QUEUE_PREFIX, "Group", _queue)):
            wanted = [crm_id for crm_id in missing if crm_id.startswith(prefix)]
            if wanted:
                found |= {long_id(str(row["Id"])): read(row) for row in self._rows(name, wanted)}
        now = self._monotonic()
        self._known |= {crm_id: (now, found.get(crm_id)) for crm_id in missing}

    def user(self, crm_id: str) -> User | None:
        """The user with this id, once it was loaded; None for a queue and for one that our user does not see."""
        found = self._known.get(long_id(crm_id), (0.0, None))[1]
        return found if isinstance(found, User) else None

    def queue(self, crm_id: str) -> Queue | None:
        """The queue with this id, once it was loaded."""
        found = self._known.get(long_id(crm_id), (0.0, None))[1]
        return found if isinstance(found, Queue) else None

    def _is_known(self, crm_id: str) -> bool:
        known = self._known.get(crm_id)
        return known is not None and self._monotonic() - known[0] < LIVES_FOR

    def _rows(self, name: str, ids: list[str]) -> list[Row]:
        schema = self._client.describe_if_visible(name)
        if schema is None:
            return []
        wanted = ("Email", "IsActive", "UserType") if name == "User" else ("Name", "DeveloperName", "Type")
        return self._client.select(["Id", *filter(schema.has, wanted)], name, "Id", ids)


def _user(row: Row) -> User:
    return User(
        long_id(str(row["Id"])),
        plain_email(str(row.get("Email") or "")),
        row.get("IsActive") is not False,
        row.get("UserType") not in _NO_PEOPLE,
    )


def _queue(row: Row) -> Queue:
    return Queue(long_id(str(row["Id"])), str(row.get("Name") or ""), str(row.get("DeveloperName") or ""))
