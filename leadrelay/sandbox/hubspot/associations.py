"""Which records hang together: both directions, typed, a contact's primary company among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import writing
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input
from leadrelay.sandbox.hubspot.schema import SINGULAR
from leadrelay.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.tables import Table

PLAIN = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("contacts", "deals"): 4,
    ("deals", "contacts"): 3,
    ("companies", "deals"): 342,
    ("deals", "companies"): 341,
    ("contacts", "contacts"): 449,
    ("companies", "companies"): 450,
    ("notes", "contacts"): 202,
    ("contacts", "notes"): 201,
    ("notes", "companies"): 190,
    ("companies", "notes"): 189,
    ("notes", "deals"): 214,
    ("deals", "notes"): 213,
    ("tasks", "contacts"): 204,
    ("contacts", "tasks"): 203,
    ("tasks", "companies"): 192,
    ("companies", "tasks"): 191,
    ("tasks", "deals"): 216,
    ("deals", "tasks"): 215,
    ("calls", "contacts"): 194,
    ("contacts", "calls"): 193,
    ("emails", "contacts"): 198,
    ("contacts", "emails"): 197,
    ("meetings", "contacts"): 200,
    ("contacts", "meetings"): 199,
}
PRIMARY = {
    ("contacts", "companies"): 1,
    ("companies", "contacts"): 2,
    ("deals", "companies"): 5,
    ("companies", "deals"): 6,
}
_ACTIVITIES = ("notes", "tasks", "calls", "emails", "meetings")
Links = dict[str, set[int]]


class Associations:
    """All associations of one portal."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self._portal = portal
        self._links: defaultdict[tuple[str, str, str], Links] = defaultdict(dict)

    def of(self, name: str, record_id: str, to: str) -> Links:
        """The ids of `to` that hang on a record, with the association type ids."""
        return self._links.get((name, record_id, to), {})

    def all(self) -> list[dict[str, Any]]:
        """Every association, once a direction."""
        return [
            {"from": name, "id": record_id, "to": to, "to_id": to_id, "types": sorted(types)}
            for (name, record_id, to), links in self._links.items()
            for to_id, types in links.items()
        ]

    def add(self, table: Table, from_id: str, to: Table, to_id: str, types: Iterable[int] = ()) -> set[int]:
        """Associate two records that exist; without types as the default one. Answers this side's types; raises Refusal."""
        source, target = self._living(table, from_id), self._living(to, to_id)
        pair = (table.name, to.name)
        wanted = set(types) or {self.default(table, to)}
        unknown = wanted - {PLAIN.get(pair), PRIMARY.get(pair)}
        if unknown:
            text = f"Association type {min(unknown)} does not go from {table.type_id} to {to.type_id}"
            raise invalid_input(text, subCategory="crm.associations.INVALID_ASSOCIATION_TYPE")
        is_new = target not in self._links[(table.name, source, to.name)]
        wanted |= {PLAIN[pair]}
        if pair in PRIMARY and (PRIMARY[pair] in wanted or not self._primary(table.name, source, to.name)):
            self._make_primary(pair, source, target)
        self._links[(table.name, source, to.name)].setdefault(target, set()).update(wanted)
        self._links[(to.name, target, table.name)].setdefault(source, set()).update(
            {PLAIN[pair[::-1]], *({PRIMARY[pair[::-1]]} if PRIMARY.get(pair) in wanted else ())}
        )
        if is_new:
            self._tell(table, source, to, target)
            self._tell(to, target, table, source)
        return self._links[(table.name, source, to.name)][target]

    def default(self, table: Table, to: Table) -> int:
        """The association type that needs no naming; raises Refusal where none is."""
        found = PLAIN.get((table.name, to.name))
        if found is None:
            raise invalid_input(f"{table.name} can not be associated with {to.name} here")
        return found

    def from_input(self, table: Table, record_id: str, wanted: Mapping[str, Any]) -> None:
        """An association asked for together with a new record: `{"to": {"id"}, "types": [{"associationTypeId"}]}`."""
        types = {int(one["associationTypeId"]) for one in wanted.get("types") or ()}
        to_id = str((wanted.get("to") or {}).get("id") or "")
        if not types or not to_id:
            raise invalid_input("Invalid input JSON: an association needs to.id and types")
        for name, to_name in PLAIN:
            known = {PLAIN[(name, to_name)], PRIMARY.get((name, to_name))}
            if name == table.name and types <= known:
                self.add(table, record_id, self._portal.table(to_name), to_id, types)
                return
        raise invalid_input(f"Association types {sorted(types)} do not start at {table.type_id}")

    def remove(self, name: str, record_id: str, to: str, to_id: str) -> None:
        """Take an association away, both directions; none there is fine."""
        self._links[(name, record_id, to)].pop(to_id, None)
        self._links[(to, to_id, name)].pop(record_id, None)

    def move(self, name: str, old_id: str, new_id: str) -> None:
        """A merge: what hung on one record hangs on the survivor."""
        for to in SINGULAR:
            for to_id, types in self._links.pop((name, old_id, to), {}).items():
                plain = {PLAIN.get((name, to), 0)}
                self._links[(name, new_id, to)].setdefault(to_id, set()).update(types & plain)
                back = self._links[(to, to_id, name)]
                back.setdefault(new_id, set()).update(back.pop(old_id, set()))

    def forget(self, name: str, record_id: str) -> None:
        """A record is gone: so are its associations."""
        for to in SINGULAR:
            for to_id in self._links.pop((name, record_id, to), {}):
                self._links[(to, to_id, name)].pop(record_id, None)

    def _living(self, table: Table, record_id: str) -> str:
        found = table.find(None, record_id)
        if found is None:
            kind = SINGULAR[table.name].upper()
            raise Refusal(
                400,
                "VALIDATION_ERROR",
                f"{kind}={record_id} is not valid",
                context={kind: [record_id]},
                subCategory="crm.associations.INVALID_OBJECT_IDS",
            )
        return found.id

    def _primary(self, name: str, record_id: str, to: str) -> str | None:
        number = PRIMARY.get((name, to))
        return next((one for one, types in self.of(name, record_id, to).items() if number in types), None)

    def _make_primary(self, pair: tuple[str, str], source: str, target: str) -> None:
        """A record has one primary company: the old one stays associated, without the mark."""
        name, to = pair
        if to != "companies":
            self._make_primary((to, name), target, source)
            return
        for other, types in self._links[(name, source, to)].items():
            types.discard(PRIMARY[pair])
            self._links[(to, other, name)].get(source, set()).discard(PRIMARY[pair[::-1]])
        self._links[(name, source, to)].setdefault(target, set()).add(PRIMARY[pair])
        self._links[(to, target, name)].setdefault(source, set()).add(PRIMARY[pair[::-1]])

    def _tell(self, table: Table, record_id: str, to: Table, to_id: str) -> None:
        """What a contact's properties say of its associations."""
        if table.name != "contacts":
            return
        record = table.records[record_id]
        if to.name == "deals":
            count = len(self.of("contacts", record_id, "deals"))
            first = record.get("first_deal_created_date") or stamp(self._portal.now())
            told = {"num_associated_deals": str(count), "first_deal_created_date": first}
        elif to.name == "companies":
            told = {"associatedcompanyid": self._primary("contacts", record_id, "companies") or ""}
        elif to.name in _ACTIVITIES:
            count = sum(len(self.of("contacts", record_id, one)) for one in _ACTIVITIES)
            told = {"num_notes": str(count), "notes_last_updated": stamp(self._portal.now())}
        else:
            return
        writing.tell(self._portal, table, record, told)
