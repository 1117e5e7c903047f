"""Who a record is given to: users by their e-mail and queues by their name, found in the org and kept for a while.

A record is never given to somebody who was not meant: no such user, none that is active, or several that can not be told apart
leave the owner to Salesforce, with a problem. The record itself is written all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from connectors.base import OWNER_INACTIVE
from connectors.salesforce.bodies import Body
from connectors.salesforce.client import Client, Row, long_id, same_id
from connectors.salesforce.people import LIVES_FOR, plain_email, spellings
from connectors.salesforce.schema import Schema
from core.problems import Problem, did_you_mean
from core.rendering import OwnerWanted

_UNKNOWN_LIVES_FOR = 60.0
"""Seconds until somebody who was not found is looked for again: an admin may be setting the user up right now."""


@dataclass(slots=True)
class _Queues:
    """The org's queues by lower-case name and developer name; `of` lists those that hold an object, when the org tells."""

    by_name: dict[str, list[str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    of: dict[str, set[str]] | None = None


class Owners:
    """The owners that mappings want, by OwnerId; used by one thread at a time."""

    def __init__(self, client: Client, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._users: dict[str, tuple[float, str | Problem]] = {}
        self._ids: dict[str, frozenset[str]] = {}
        self._queues: tuple[float, _Queues] | None = None

    def forget(self) -> None:
        """Look everybody up again with the next use: somebody has left."""
        self._users.clear()
        self._queues = None

    def load(self, wanted: Iterable[OwnerWanted]) -> None:
        """Look up those that are not known, with those whom they replace: one call for all users, one or two for the queues."""
        owners = [each for one in wanted for each in (one, *one.instead_of)]
        emails = sorted({plain_email(owner.email) for owner in owners if owner.email})
        missing = [email for email in emails if not self._is_known(email)]
        if missing:
            found = self._find_users(missing)
            now = self._monotonic()
            self._users |= {email: (now, found[email]) for email in missing}
        is_fresh = self._queues is not None and self._monotonic() - self._queues[0] < LIVES_FOR
        if not is_fresh and any(owner.queue and not owner.email for owner in owners):
            self._queues = (self._monotonic(), self._read_queues())

    def find(self, owner: OwnerWanted, object_name: str) -> str | Problem:
        """The id of an owner that was loaded, or why there is none."""
        if owner.email:
            return self._users[plain_email(owner.email)][1]
        return self._find_queue(owner.queue, object_name)

    def has(self, owner: OwnerWanted, held: str, object_name: str) -> bool:
        """Whether a record's owner is known to be the wanted one already; nobody is looked up for it."""
        if owner.email:
            return any(same_id(held, each) for each in self._ids.get(plain_email(owner.email), ()))
        found = self._find_queue(owner.queue, object_name)
        return isinstance(found, str) and same_id(held, found)

    def gives_way(self, owner: OwnerWanted, held: str, object_name: str) -> bool:
        """Whether a record's owner is one of those, loaded before, whom this one replaces; somebody who has left is one too."""
        for one in owner.instead_of:
            found = self._find_queue(one.queue, object_name) if not one.email else ""
            ids = self._ids.get(plain_email(one.email), frozenset()) if one.email else frozenset([found] * isinstance(found, str))
            if any(same_id(held, str(each)) for each in ids):
                return True
        return False

    def problems(self, emails: Iterable[str], queues: Iterable[str], object_name: str) -> list[Problem]:
        """Whom the org does not know, asked anew: each e-mail or queue with the reason, and with it as the problem's `field`."""
        self.forget()
        wanted = {email: OwnerWanted(email=email) for email in emails} | {name: OwnerWanted(queue=name) for name in queues}
        self.load(wanted.values())
        found = {name: self.find(owner, object_name) for name, owner in wanted.items()}
        return [replace(problem, field=name) for name, problem in found.items() if isinstance(problem, Problem)]

    # --- users --------------------------------------------------------------------------------------------------------

    def _is_known(self, email: str) -> bool:
        known = self._users.get(email)
        if known is None:
            return False
        lives_for = LIVES_FOR if isinstance(known[1], str) else _UNKNOWN_LIVES_FOR
        return self._monotonic() - known[0] < lives_for

    def _find_users(self, emails: list[str]) -> dict[str, str | Problem]:
        schema = self._client.describe_if_visible("User")
        if schema is None:
            return dict.fromkeys(emails, _owner_unknown("The integration user may not read users, so no owner can be found"))
        columns = ["Id", "Email", *filter(schema.has, ("Username", "IsActive", "UserType"))]
        asked = [spelling for email in emails for spelling in spellings(email)]
        rows = self._client.select(columns, "User", "Email", asked)
        by_email: dict[str, list[Row]] = {}
        for row in rows:
            by_email.setdefault(plain_email(str(row.get("Email") or "")), []).append(row)
        self._ids |= {email: frozenset(str(row["Id"]) for row in by_email.get(email, [])) for email in emails}
        return {email: _chosen(email, by_email.get(email, [])) for email in emails}

    # --- queues -------------------------------------------------------------------------------------------------------

    def _read_queues(self) -> _Queues:
        schema = self._client.describe_if_visible("Group")
        if schema is None:
            return _Queues()
        found = _Queues()
        columns = ["Id", "Name", *filter(schema.has, ("DeveloperName",))]
        for row in self._client.select(columns, "Group", "Type", ["Queue"]):
            crm_id = long_id(str(row["Id"]))
            names = {str(row.get(key) or "").strip() for key in ("Name", "DeveloperName")} - {""}
            found.names += sorted(names)
            for name in {name.lower() for name in names}:
                found.by_name.setdefault(name, []).append(crm_id)
        if found.names and self._client.describe_if_visible("QueueSobject") is not None:
            found.of = {}
            for row in self._client.select(("QueueId", "SobjectType"), "QueueSobject", "SobjectType", ["Lead", "Contact"]):
                found.of.setdefault(str(row.get("SobjectType")), set()).add(long_id(str(row.get("QueueId"))))
        return found

    def _find_queue(self, name: str, object_name: str) -> str | Problem:
        queues = self._queues[1] if self._queues else _Queues()
        ids = queues.by_name.get(name.strip().lower(), [])
        if not ids:
            hint = did_you_mean(name, queues.names) or " Create it in Salesforce, or correct its name in team.yaml."
            return _owner_unknown(f"Salesforce has no queue `{name}` that the integration user can see.{hint}")
        fitting = [crm_id for crm_id in ids if queues.of is None or crm_id in queues.of.get(object_name, ())]
        if not fitting:
            return _owner_unknown(f"The queue `{name}` does not take {object_name} records: add the object to it in Salesforce")
        if len(fitting) > 1:
            return _owner_unknown(f"Salesforce has several queues `{name}`: use the developer name of the one that is meant")
        return fitting[0]


def _chosen(email: str, rows: list[Row]) -> str | Problem:
    """The one active user of an e-mail address: a standard one before others, the one that logs in with it before others."""
    active = [row for row in rows if row.get("IsActive") is not False]
    if not active:
        state = "no active user" if rows else "no user"
        unknown = _owner_unknown(f"Salesforce has {state} with the owner's e-mail address: create or activate the user there")
        return replace(unknown, code=OWNER_INACTIVE) if rows else unknown
    standard = [row for row in active if row.get("UserType") in (None, "Standard")]
    if not standard:
        return _owner_unknown("The Salesforce user with the owner's e-mail address is no standard user, who could own records")
    if len(standard) > 1:
        standard = [row for row in standard if plain_email(str(row.get("Username") or "")) == email]
    if len(standard) != 1:
        return _owner_unknown("Salesforce has several active users with the owner's e-mail address: leave it to one of them")
    return long_id(str(standard[0]["Id"]))


def _owner_unknown(sentence: str) -> Problem:
    return Problem("owner_unknown", sentence, "OwnerId")


def owner_body(
    body: Body,
    owner: OwnerWanted | None,
    owners: Owners,
    schema: Schema,
    current: Mapping[str, object] | None,
    user_id: str,
) -> Body:
    """The body with the wanted owner, where the update policy lets it be set: our own user counts as nobody."""
    if owner is None or "OwnerId" in body.fields:
        return body
    held = "" if current is None else str(current.get("OwnerId") or "")
    gives_way = owner.update == "if_empty" and owners.gives_way(owner, held, schema.object)
    if not (is_owner_due(owner, current, user_id) or gives_way):
        is_wanted = owner.update == "if_empty" and bool(owner.email or owner.queue)
        stays = is_wanted and bool(held) and not owners.has(owner, held, schema.object)
        return replace(body, kept=(*body.kept, "OwnerId")) if stays else body
    known = schema.fields.get("OwnerId")
    if known is None or not (known.is_createable if current is None else known.is_updateable):
        found: str | Problem = _owner_unknown(f"The integration user may not set the owner of a {schema.object}")
    else:
        found = owners.find(owner, schema.object)
    if isinstance(found, Problem):
        return replace(body, problems=(*body.problems, found))
    if current is not None and same_id(held, found):
        return body
    return replace(body, fields={**body.fields, "OwnerId": found})


def is_owner_due(owner: OwnerWanted | None, current: Mapping[str, object] | None, user_id: str) -> bool:
    """Whether the owner may be set now, as far as the update policy goes and whoever has the record."""
    if owner is None or not (owner.email or owner.queue):
        return False
    if current is None or owner.update == "always":
        return True
    held = str(current.get("OwnerId") or "")
    return owner.update == "if_empty" and "OwnerId" in current and (not held or same_id(held, user_id))
