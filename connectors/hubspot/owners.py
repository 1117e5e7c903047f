"""Who owns a contact: a person by e-mail as one of the account's active owners. HubSpot has no queues: one is an owner too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.base import OWNER_INACTIVE
from connectors.hubspot.schema import OWNER
from core.problems import Problem
from core.rendering import FieldWrite, OwnerWanted

Rows = Sequence[Mapping[str, Any]]


class Owners:
    """The account's active owners by e-mail, looked up only when somebody is wanted as owner; good for one pass."""

    def __init__(self, read: Callable[[], Rows]) -> None:
        self._read = read
        self._all: Rows | None = None
        self._known: Mapping[str, str] | None = None

    def wanted(self, owner: OwnerWanted | None, *, is_new: bool, held: object = None) -> FieldWrite | Problem | None:
        """The owner property to write by the owner's own policy, or why it is left out; None when nobody is to be set. `held` is
        the id of the owner whom an existing record has."""
        if owner is None or not (owner.email or owner.queue) or (owner.update == "never" and not is_new):
            return None
        owner_id = self.id_of(owner.email) or self.id_of(owner.queue)
        if owner_id:
            update = "always" if owner.update == "if_empty" and self._gives_way(owner, str(held or "")) else owner.update
            return FieldWrite(OWNER, owner_id, update, source="owner.email" if owner.email else "owner.queue")
        what = "the lead's owner" if owner.email else "the queue's owner"
        sentence = (
            f"HubSpot property `{OWNER}` was left out: {what} is no active owner in this account; add the user in HubSpot"
            " (Settings > Users & Teams), or correct config/team.yaml"
        )
        return Problem("owner_unknown", sentence, OWNER)

    def _gives_way(self, owner: OwnerWanted, held: str) -> bool:
        """Whether the record's owner is one of those whom we gave it to before; somebody who has left is one too."""
        before = {(one.email or one.queue).strip().lower() for one in owner.instead_of}
        if not held or not before:
            return False
        return any(str(row.get("id")) == held and str(row.get("email") or "").strip().lower() in before for row in self._rows())

    def id_of(self, email: str) -> str:
        """The owner id of an active owner, or an empty text."""
        if not email.strip():
            return ""
        if self._known is None:
            self._known = _active(self._rows())
        return self._known.get(email.strip().lower(), "")

    def _rows(self) -> Rows:
        if self._all is None:
            self._all = self._read()
        return self._all


def owner_problems(rows: Rows, emails: Sequence[str], queues: Sequence[str]) -> list[Problem]:
    """Each e-mail, a person's or a queue's, that is no active owner of the account, with it as the problem's `field`."""
    active = _active(rows)
    known = {str(row.get("email") or "").strip().lower() for row in rows}
    found = []
    for what, addresses in (("nobody", emails), ("no queue's owner", queues)):
        for address in dict.fromkeys(addresses):
            plain = address.strip().lower()
            if plain in active:
                continue
            state = "is deactivated" if plain in known else f"is {what}"
            sentence = (
                f"`{address}` {state} in HubSpot: add the user there (Settings > Users & Teams), or correct config/team.yaml."
            )
            found.append(Problem(OWNER_INACTIVE if plain in known else "owner_unknown", sentence, address))
    return found


def _active(rows: Rows) -> dict[str, str]:
    """Owner ids by e-mail; an owner without a user any more, or an archived one, can not be given anything."""
    found: dict[str, str] = {}
    for row in rows:
        email = str(row.get("email") or "").strip().lower()
        if email and row.get("id") and row.get("archived") is not True and row.get("active") is not False:
            found.setdefault(email, str(row["id"]))
    return found
