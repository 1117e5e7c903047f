"""What people did with our records in an account: changed, merged, deleted, handed on, worked on, made deals of.

Search only tells which records have changed and when: it shows values late and none of archived records. So the values come
from a batch read, which is never late, deletions from a walk through the recycle bin, and no page is reached by an offset,
since a record that is changed meanwhile moves to the end and would push another one past it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Change, Changes, Link, Stop, TooLarge
from connectors.hubspot.associations import associated
from connectors.hubspot.client import HIDDEN, Client, Row, checked_name, next_page, rows_of
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import Refused, gravest, problem_of
from connectors.hubspot.people import CONTACTS
from connectors.hubspot.sweep import Position, read_position
from connectors.hubspot.told import (
    FIRST_DEAL,
    MERGED,
    OWNER,
    TELLING,
    first_activity,
    instant_of,
    may_have_deals,
    merged_ids,
    modified_at,
)
from connectors.hubspot.unique import value_of
from core.instants import Instant
from core.problems import Problem

_LARGEST_PAGE = 200
_BIN_PAGE = 100
_BIN_PAGES = 5
"""Pages of the recycle bin read in one sweep: HubSpot lists it by id only, so a large one is walked through in parts."""


def changes(
    client: Client, config: HubSpotConfig, object_name: str, cursor: str, since: Instant, fields: Sequence[str], limit: int
) -> Changes:
    """A page of changes, oldest first; raises Retry or Stop for the whole call."""
    try:
        return _Look(client, object_name, fields, limit).page(read_position(cursor, since))
    except Refused:  # a property that we know was removed from the account, or hidden from us
        client.forget_properties(object_name)
    try:
        return _Look(client, object_name, fields, limit).page(read_position(cursor, since))
    except Refused as refused:
        raise Stop(problem_of(*gravest(refused.errors))) from refused
    except TooLarge as error:
        raise Stop(Problem("too_large", f"A search of {object_name} is too long: {error}", object_name)) from error


@dataclass(frozen=True, slots=True)
class _Query:
    """What one page of the search asks for."""

    filters: tuple[Mapping[str, object], ...]
    sort: str


class _Look:
    """One object as it is looked at now."""

    def __init__(self, client: Client, object_name: str, fields: Sequence[str], limit: int) -> None:
        self._client = client
        self._object = object_name
        self._known = {str(row.get("name")): row for row in client.properties(object_name)}
        self._fields = tuple(name for name in fields if name in self._known)
        self._size = min(max(limit, 1), _LARGEST_PAGE)
        is_old = object_name == CONTACTS or "hs_lastmodifieddate" not in self._known
        self._stamp = "lastmodifieddate" if is_old and "lastmodifieddate" in self._known else "hs_lastmodifieddate"

    def page(self, position: Position) -> Changes:
        """The next page of the sweep: changes first, then the recycle bin."""
        if not position.is_binned:
            made, position = self._changed(position)
            if not position.is_binned:
                return Changes(tuple(made), position.as_cursor(), has_more=True)
        else:
            made = []
        gone, position = self._walk(position)
        return Changes((*made, *gone), position.ended().as_cursor())

    # --- changed ------------------------------------------------------------------------------------------------------

    def _changed(self, position: Position) -> tuple[list[Change], Position]:
        now = self._client.server_time()
        query = self._query(position)
        groups = [(*query.filters, narrow) for narrow in self._ours()] or [query.filters]
        found, _, _ = self._client.search(
            self._object, groups[0], (self._stamp,), more=groups[1:],
            sorts=({"propertyName": query.sort, "direction": "ASCENDING"},), limit=self._size,
        )  # fmt: skip
        stamps = [(modified_at(row, self._stamp), str(row.get("id"))) for row in found]
        moved = position.seen(stamps, is_full=len(found) >= self._size, now=now)
        return self._read([crm_id for _, crm_id in stamps], position.floor), moved

    def _query(self, position: Position) -> _Query:
        """By time; where more records than a page holds have the same time, those of that time by id."""
        if not position.tie:
            return _Query(({"propertyName": self._stamp, "operator": "GTE", "value": str(position.start)},), self._stamp)
        same = {"propertyName": self._stamp, "operator": "EQ", "value": str(position.start)}
        return _Query((same, {"propertyName": "hs_object_id", "operator": "GT", "value": position.tie}), "hs_object_id")

    def _ours(self) -> list[Mapping[str, object]]:
        """The filters of which one must hold: our own id is there, or others were merged in, of which one may be ours."""
        names = (self._client.external_id, MERGED) if self._client.external_id in self._known else ()
        return [{"propertyName": name, "operator": "HAS_PROPERTY"} for name in names if name in self._known]

    def _read(self, ids: Sequence[str], since: Instant) -> list[Change]:
        """The changes of these records, as they are now; one that went meanwhile is found in the recycle bin."""
        if not ids:
            return []
        more = (self._client.external_id, self._stamp, *TELLING)
        names = (*self._fields, *(name for name in more if name in self._known))
        rows = self._client.read(self._object, ids, tuple(dict.fromkeys(names)))
        deals = self._deals(rows)
        owners = self._owners(rows)
        made: dict[Link, Change] = {}
        for row in rows:
            for change in self._changes_of(row, deals, owners, since):
                made[change.link] = change
        return sorted(made.values(), key=lambda change: change.at)

    def _changes_of(
        self, row: Row, deals: Mapping[str, list[str]], owners: Mapping[str, str], since: Instant
    ) -> Iterator[Change]:
        link, at = Link(self._object, str(row.get("id"))), modified_at(row, self._stamp)
        for old in merged_ids(row, since):
            yield Change(Link(self._object, old), at, merged_into=link)
        converted = tuple(Link("deals", one) for one in deals.get(link.crm_id, ()))
        yield Change(
            link,
            at,
            external_id=value_of(row, self._client.external_id),
            fields={name: value_of(row, name) or None for name in self._fields},
            converted_to=converted,
            converted_at=instant_of(value_of(row, FIRST_DEAL)) if converted else None,
            owner=owners.get(value_of(row, OWNER)) or None,
            activity_at=first_activity(row),
        )

    def _owners(self, rows: Sequence[Row]) -> dict[str, str]:
        """Owners' addresses by id; none when the app may not see them."""
        if not any(value_of(row, OWNER) for row in rows):
            return {}
        try:
            listed = self._client.owners()
        except Refused:
            return {}
        except Stop as stop:
            if stop.problem.code not in HIDDEN:
                raise
            return {}
        return {str(row.get("id")): str(row.get("email") or "").strip().lower() for row in listed}

    def _deals(self, rows: Sequence[Row]) -> dict[str, list[str]]:
        """The deals of contacts; none when the app may not see them."""
        sold = [str(row.get("id")) for row in rows if may_have_deals(row, self._known)] if self._object == CONTACTS else []
        if not sold:
            return {}
        try:
            return associated(self._client, CONTACTS, "deals", sold)
        except Refused:
            return {}
        except Stop as stop:
            if stop.problem.code not in HIDDEN:
                raise
            return {}

    # --- deleted ------------------------------------------------------------------------------------------------------

    def _walk(self, position: Position) -> tuple[list[Change], Position]:
        """Some pages of the recycle bin; what was put there since the walk before."""
        gone: list[Change] = []
        now = self._client.server_time()
        for _ in range(_BIN_PAGES):
            query = {
                "archived": True,
                "limit": _BIN_PAGE,
                "after": position.after or None,
                "properties": self._client.external_id,
            }
            try:
                page = self._client.call("GET", f"/crm/v3/objects/{checked_name(self._object)}", query=query)
            except Refused:  # a place in the walk that HubSpot does not know (any more): begin anew
                return gone, position.walked(None, now)
            except Stop as stop:
                if stop.problem.code not in HIDDEN:
                    raise
                return gone, position.walked(None, now)
            gone += self._gone(rows_of(page), position.bin_floor or position.floor, now)
            after = next_page(page)
            position = position.walked(after, now)
            if not after:
                break
        return gone, position

    def _gone(self, rows: Sequence[Row], since: Instant, now: Instant) -> list[Change]:
        uid = self._client.external_id
        told = [row for row in rows if uid not in self._known or value_of(row, uid)]
        fresh = [row for row in told if (instant_of(row.get("archivedAt")) or now) >= since]
        if not fresh:
            return []
        living = self._living([str(row.get("id")) for row in fresh])
        made = []
        for row in fresh:
            crm_id = str(row.get("id"))
            link, at = Link(self._object, crm_id), instant_of(row.get("archivedAt")) or now
            survivor = living.get(crm_id, "")
            if survivor == crm_id:
                continue  # taken out of the bin meanwhile
            merged_into = Link(self._object, survivor) if survivor else None
            made.append(Change(link, at, value_of(row, uid), is_deleted=merged_into is None, merged_into=merged_into))
        return sorted(made, key=lambda change: change.at)

    def _living(self, ids: Sequence[str]) -> dict[str, str]:
        """The ids that still answer, with the record that does: a merged record lies in the bin and lives on in another."""
        rows = self._client.read(self._object, ids, (MERGED,))
        found: dict[str, str] = {}
        for row in rows:
            own = str(row.get("id"))
            found |= {old: own for old in (own, *merged_ids(row, 0)) if old in ids}
        return found
