"""What people did with our records in an org: changed, converted, merged, deleted, handed on, worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.base import Change, Changes, Link, Stop, TooLarge
from connectors.salesforce.activities import ACTIVITIES, Activities
from connectors.salesforce.client import Client, Page, Refused, Row, long_id
from connectors.salesforce.errors import problem_of, rule_for
from connectors.salesforce.people import People
from connectors.salesforce.schema import Schema
from connectors.salesforce.sweep import Position, instant_of, literal, read_position
from core.instants import SECOND, Instant
from core.problems import Problem

_RECORDS, _CONVERTED = "records", "converted"
_PEOPLE = ("Lead", "Contact")
_ALWAYS = ("Id", "SystemModstamp", "IsDeleted")
_TOLD = (
    "CreatedDate", "LastModifiedById", "OwnerId", "MasterRecordId", "IsConverted", "ConvertedDate", "ConvertedContactId",
    "ConvertedAccountId", "ConvertedOpportunityId",
)  # fmt: skip
_MADE_BY_CONVERSION = {
    "ConvertedContactId": "Contact", "ConvertedAccountId": "Account", "ConvertedOpportunityId": "Opportunity",
}  # fmt: skip
_MERGES_FOLLOWED = 10
_PAGE_SIZES = range(200, 2001)


class ChangeReader:
    """Reads an object's changes a page at a time; what it remembers only spares calls."""

    def __init__(self, client: Client, people: People) -> None:
        self._client = client
        self._people = people
        self._activities = Activities(client, people)
        self._plain: set[tuple[str, str]] = set()

    def changes(self, object_name: str, cursor: str, since: Instant, fields: Sequence[str], limit: int) -> Changes:
        """The changes since the cursor, oldest first within a page; raises Retry or Stop for the whole call."""
        try:
            return self._changes(object_name, cursor, since, fields, limit)
        except Refused:  # a field that we know was removed from the org, or hidden from us
            self._client.forget_schemas()
        try:
            return self._changes(object_name, cursor, since, fields, limit)
        except Refused as refused:
            raise Stop(problem_of(refused.error, rule_for(refused.error))) from refused
        except TooLarge as error:
            raise Stop(Problem("too_large", f"A query of {object_name} is too long: {error}", object_name)) from error

    def _changes(self, object_name: str, cursor: str, since: Instant, fields: Sequence[str], limit: int) -> Changes:
        look = _Look(object_name, self._client.describe(object_name), self._client.external_id, tuple(fields), limit)
        position = read_position(cursor, since)
        steps = self._steps(look)
        if position.step not in steps:
            position = position.begun(steps[0])
        found: dict[Link, Change] = {}
        while True:
            page, made = self._step(look, position)
            _put_together(found, made)
            position = position.seen(_stamps(page.rows), self._client.clock, page.next)
            if not position.page:
                if position.step == steps[-1]:
                    return Changes(tuple(found.values()), position.ended().as_cursor())
                position = position.begun(steps[steps.index(position.step) + 1])
            if position.page or len(found) >= limit:
                return Changes(tuple(found.values()), position.as_cursor(), has_more=True)

    def _steps(self, look: _Look) -> list[str]:
        if look.name not in _PEOPLE:
            return [_RECORDS]
        is_hidden_conversion = look.name == "Contact" and look.is_stamped and (look.name, _CONVERTED) not in self._plain
        activities = [name for name in ACTIVITIES if self._client.describe_if_visible(name) is not None]
        return [_RECORDS, *([_CONVERTED] if is_hidden_conversion else []), *activities]

    def _step(self, look: _Look, position: Position) -> tuple[Page, list[Change]]:
        start = position.floor if position.at is None else position.at
        if position.step in ACTIVITIES:
            return self._activity_step(look, position, start)
        page = self._page(look, position, start)
        return page, self._read(look, page.rows)

    def _activity_step(self, look: _Look, position: Position, start: Instant) -> tuple[Page, list[Change]]:
        page = self._next(position) or self._first(
            look, position.step, self._activities.queries(position.step, look.name, look.is_stamped, literal(start))
        )
        first = self._activities.first(position.step, look.schema.key_prefix, page.rows)
        rows = self._client.select(look.columns(), look.name, "Id", map(long_id, first)) if first else []
        made = self._read(look, rows)
        return page, [replace(change, activity_at=first[change.link.crm_id[:15]]) for change in made]

    # --- queries ------------------------------------------------------------------------------------------------------

    def _page(self, look: _Look, position: Position, start: Instant) -> Page:
        return self._next(position) or self._first(look, position.step, _queries(look, position.step, start))

    def _next(self, position: Position) -> Page | None:
        """The next page of the step in hand; None when there is none, or Salesforce does not know it any more."""
        if not position.page:
            return None
        try:
            return self._client.next_page(position.page)
        except Refused:  # a locator lives two days, and is closed when too many are open: read on from the newest row
            return None
        except Stop as stop:
            if stop.problem.code != "not_found":
                raise
            return None

    def _first(self, look: _Look, step: str, queries: Sequence[str]) -> Page:
        """The first page of the best query that the org understands: the last one asks for nothing unusual."""
        size = min(max(look.limit, _PAGE_SIZES.start), _PAGE_SIZES.stop - 1)
        known = (look.name, step)
        for soql in queries[:-1] if known not in self._plain else ():
            try:
                return self._client.page(soql, deleted_too=True, size=size)
            except (Refused, Stop) as refusal:
                if isinstance(refusal, Stop) and refusal.problem.code != "query_refused":
                    raise
                self._plain.add(known)
        return self._client.page(queries[-1], deleted_too=True, size=size) if queries[-1] else Page([])

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _read(self, look: _Look, rows: Sequence[Row]) -> list[Change]:
        survivors = self._survivors(look, rows)
        self._people.load(str(row["OwnerId"]) for row in rows if row.get("OwnerId"))
        return [self._change(look, row, survivors) for row in rows]

    def _change(self, look: _Look, row: Row, survivors: Mapping[str, str]) -> Change:
        crm_id = long_id(str(row["Id"]))
        user_id = self._client.token().user_id[:15]
        change = Change(
            Link(look.name, crm_id),
            at=instant_of(row.get("SystemModstamp")) or 0,
            external_id=str(row.get(look.external_id) or ""),
            is_ours=bool(user_id) and str(row.get("LastModifiedById") or "")[:15] == user_id,
        )
        if row.get("IsDeleted") is True:
            survivor = survivors.get(crm_id, "")
            merged_into = Link(look.name, survivor) if survivor else None
            return replace(change, is_deleted=merged_into is None, merged_into=merged_into)
        owner, queue = self._owner(str(row.get("OwnerId") or ""), user_id)
        change = replace(change, fields=look.asked(row), owner=owner, queue=queue)
        if row.get("IsConverted") is not True:
            return change
        made = tuple(Link(name, long_id(str(row[key]))) for key, name in _MADE_BY_CONVERSION.items() if row.get(key))
        return replace(change, converted_to=made, converted_at=_converted_at(row))

    def _owner(self, owner_id: str, user_id: str) -> tuple[str | None, str | None]:
        """The owner's e-mail or the queue's name. Our own user owns what nobody was given: that is nobody."""
        if not owner_id or owner_id[:15] == user_id:
            return None, None
        user, queue = self._people.user(owner_id), self._people.queue(owner_id)
        return (user.email or None if user else None), (queue.name or None if queue else None)

    def _survivors(self, look: _Look, rows: Sequence[Row]) -> dict[str, str]:
        """Where merged records live on, by their ids: a survivor may have been merged itself, or deleted since."""
        masters = {long_id(str(row["Id"])): long_id(str(row["MasterRecordId"])) for row in rows if row.get("MasterRecordId")}
        merged = set(masters)
        gone = {long_id(str(row["Id"])) for row in rows if row.get("IsDeleted") is True} - merged
        known = {long_id(str(row["Id"])) for row in rows}
        for _ in range(_MERGES_FOLLOWED):
            asked = sorted({master for master in masters.values() if master not in known})
            if not asked:
                break
            known |= set(asked)
            for row in self._client.select(("Id", "IsDeleted", "MasterRecordId"), look.name, "Id", asked, deleted_too=True):
                crm_id = long_id(str(row["Id"]))
                if row.get("MasterRecordId"):
                    masters[crm_id] = long_id(str(row["MasterRecordId"]))
                elif row.get("IsDeleted") is True:
                    gone.add(crm_id)
        ends = {loser: _end_of(masters, loser) for loser in merged}
        return {loser: end for loser, end in ends.items() if end not in gone}


@dataclass(frozen=True, slots=True)
class _Look:
    """One object as it is looked at now: its schema, and the fields that were asked for."""

    name: str
    schema: Schema
    external_id: str
    fields: tuple[str, ...]
    limit: int

    @property
    def is_stamped(self) -> bool:
        """Whether our records can be told by the external id that they carry."""
        return self.schema.has(self.external_id)

    def columns(self) -> list[str]:
        """What a query of records asks for: nothing that the object does not have, nothing twice."""
        more = (self.external_id, *_TOLD, *self.fields)
        return list(dict.fromkeys([*_ALWAYS, *(name for name in more if self.schema.has(name))]))

    def asked(self, row: Row) -> dict[str, object]:
        """The fields that were asked for, as the row holds them."""
        return {name: row.get(name) for name in self.fields if self.schema.has(name)}


def _queries(look: _Look, step: str, start: Instant) -> list[str]:
    """The queries of a step of records, the best first; the last one is understood by every org, or empty: nothing to ask."""
    head = f"SELECT {','.join(look.columns())} FROM {look.name} WHERE SystemModstamp"
    tail = " ORDER BY SystemModstamp, Id"
    stamp, since = look.external_id, f"{head} >= {literal(start)}"
    if step == _CONVERTED:
        ours = f"SELECT ConvertedContactId FROM Lead WHERE IsConverted = true AND {stamp} != null"
        return [f"{since} AND {stamp} = null AND Id IN ({ours}){tail}", ""]
    plain = f"{head} > {literal(start - SECOND)} ORDER BY SystemModstamp"
    return [f"{since} AND {stamp} != null{tail}", plain] if look.is_stamped else [f"{since}{tail}", plain]


def _put_together(found: dict[Link, Change], made: Iterable[Change]) -> None:
    """Add changes to those of this call; of two looks at one record the later one stays, with the first activity."""
    for change in made:
        before = found.pop(change.link, None)
        if before is not None and before.activity_at is not None:
            earliest = min(before.activity_at, change.activity_at or before.activity_at)
            change = replace(change, activity_at=earliest)
        found[change.link] = change


def _stamps(rows: Iterable[Row]) -> Iterator[Instant]:
    return (stamp for row in rows if (stamp := instant_of(row.get("SystemModstamp"))) is not None)


def _end_of(masters: Mapping[str, str], loser: str) -> str:
    end = loser
    for _ in range(_MERGES_FOLLOWED):
        if end not in masters:
            break
        end = masters[end]
    return end


def _converted_at(row: Row) -> Instant | None:
    """The time of a conversion, which Salesforce tells to the day: not before the lead was there."""
    day, created = instant_of(row.get("ConvertedDate")), instant_of(row.get("CreatedDate"))
    return day if day is None or created is None else max(day, created)
