"""The people who can own records: owners have an id of their own beside the user's, and stay as archived ones when they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot.refusals import not_found
from leadrelay.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal


@dataclass(slots=True)
class Owner:
    """One owner."""

    id: str
    user_id: str
    email: str
    first_name: str
    last_name: str
    created_at: str
    is_archived: bool = False
    teams: list[dict[str, Any]] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """As the owners API answers; an archived one has lost its user id."""
        user_id = int(self.user_id)
        return {
            "id": self.id,
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.is_archived else user_id,
            "userIdIncludingInactive": user_id,
            "createdAt": self.created_at,
            "updatedAt": self.created_at,
            "archived": self.is_archived,
            "teams": self.teams,
        }


class Owners:
    """All owners of one portal: an admin, a salesperson, and one who left."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self._portal = portal
        self.all: list[Owner] = []
        self.add("Integration Admin", "admin@sandbox.example")
        self.add("Sally Sales", "sally@sandbox.example")
        self.add("Gone Salesman", "gone@sandbox.example", is_active=False)

    def add(self, name: str, email: str, *, is_active: bool = True) -> Owner:
        """A new owner."""
        first, _, last = name.rpartition(" ")
        place = len(self.all) + 1
        at = stamp(self._portal.now())
        made = Owner(str(700_100 + place * 13), str(9_100_000 + place * 17), email, first, last, at, not is_active)
        self.all.append(made)
        return made

    def get(self, owner_id: str) -> Owner | None:
        """An owner by owner id."""
        return next((one for one in self.all if one.id == owner_id), None)

    def named(self, text: str) -> Owner:
        """An owner by owner id or e-mail address; raises KeyError."""
        found = next((one for one in self.all if text in (one.id, one.email)), None)
        if found is None:
            raise KeyError(f"no owner is {text}")
        return found

    def listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        """`GET /owners`: active ones, or with `archived=true` those who left; by `email`; in pages."""
        wants_archived = query.get("archived", "false") == "true"
        wanted = query.get("email", "").lower()
        found = [one for one in self.all if one.is_archived == wants_archived and (not wanted or one.email.lower() == wanted)]
        limit, after = min(500, int(query.get("limit", "100"))), int(query.get("after") or "0")
        body: dict[str, Any] = {"results": [one.described() for one in found[after : after + limit]]}
        if after + limit < len(found):
            body["paging"] = {"next": {"after": str(after + limit), "link": "?after=" + str(after + limit)}}
        return body

    def shown(self, wanted: str, query: Mapping[str, str]) -> dict[str, Any]:
        """`GET /owners/{id}`, where `idProperty=userId` takes a user's id."""
        is_user = query.get("idProperty") == "userId"
        wants_archived = query.get("archived", "false") == "true"
        for one in self.all:
            if (one.user_id if is_user else one.id) == wanted and one.is_archived == wants_archived:
                return one.described()
        raise not_found()
