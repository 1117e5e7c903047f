"""A HubSpot portal in memory: records, properties, owners, limits and the history of every accepted write. No HTTP here."""

from __future__ import annotations

import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from leadrelay.sandbox.hubspot import writing
from leadrelay.sandbox.hubspot.accounts import Accounts
from leadrelay.sandbox.hubspot.associations import Associations
from leadrelay.sandbox.hubspot.consent import Consent
from leadrelay.sandbox.hubspot.limits import Limits
from leadrelay.sandbox.hubspot.lists import Lists
from leadrelay.sandbox.hubspot.owners import Owners
from leadrelay.sandbox.hubspot.properties import Property, property_from
from leadrelay.sandbox.hubspot.properties import changed as changed_property
from leadrelay.sandbox.hubspot.refusals import Invalid, Refusal, not_found
from leadrelay.sandbox.hubspot.rules import Format, Rule
from leadrelay.sandbox.hubspot.schema import GROUPS, SALESFORCE_PROPERTIES, TYPE_IDS, parsed, standard_objects
from leadrelay.sandbox.hubspot.settings import Settings
from leadrelay.sandbox.hubspot.tables import Record, Table

Interference = Callable[[str, int, Mapping[str, Any]], Refusal | None]
_FIRST_IDS = 51_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """Who writes, and over which version; `is_system` may set any property and meets no rule (seeding)."""

    by: str = "api"
    user_id: str = ""
    is_enforcing: bool = False
    is_system: bool = False


class HubSpotPortal:
    """State and rules of one portal. `clock` gives aware instants; `advance` moves the portal's time on top of it."""

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        *,
        settings: Settings | None = None,
        unique_properties: Iterable[str] = (),
    ) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.settings = settings or Settings()
        self._unique_properties = tuple(unique_properties)
        self.interfere: Interference | None = None
        self.reset()

    def reset(self) -> None:
        """Back to a fresh portal: standard objects, three owners of whom one is gone; settings stay."""
        self._moved = timedelta(0)
        self.random = random.Random(7)  # noqa: S311 - repeatable, not secret
        self.counters: Counter[str] = Counter()
        self.history: list[dict[str, Any]] = []
        self.sequence = 0
        self._undo: list[tuple[Table, str, Record | None]] = []
        self.tables = {
            name: Table(name, TYPE_IDS[name], properties, _FIRST_IDS + place * 7_000_000)
            for place, (name, properties) in enumerate(standard_objects().items())
        }
        self._by_type_id = {TYPE_IDS[name]: table for name, table in self.tables.items()}
        for name in self._unique_properties:
            self.add_property("contacts", {"name": name, "label": name.replace("_", " ").title(), "hasUniqueValue": True})
        if self.settings.salesforce_integration:
            self.install_salesforce()
        self.rules: list[Rule] = []
        self.formats: list[Format] = []
        self.groups: defaultdict[str, set[str]] = defaultdict(set)
        self.associations = Associations(self)
        self.lists = Lists(self)
        self.consent = Consent(self)
        self.owners = Owners(self)
        self.admin_user_id = self.owners.all[0].user_id
        self.sales_user_id = self.owners.all[1].user_id
        self.accounts = Accounts(self)
        self.limits = Limits(self)

    # --- time and chance ---

    def now(self) -> datetime:
        """The portal's present instant, in whole milliseconds."""
        at = self.clock() + self._moved
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def advance(self, seconds: float) -> datetime:
        """Move the portal's time forward: tokens age, windows free themselves, search catches up."""
        self._moved += timedelta(seconds=seconds)
        return self.now()

    def new_correlation_id(self) -> str:
        """An id for a refused call."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    # --- schema ---

    def table(self, name: str) -> Table:
        """An object by its name (plural or singular) or type id; raises Refusal."""
        found = self.tables.get(name) or self._by_type_id.get(name)
        found = found or self.tables.get(f"{name}s" if name != "company" else "companies")
        if found is None:
            raise not_found(f"Unable to infer object type from: {name}")
        return found

    def add_property(self, name: str, body: Mapping[str, Any]) -> Property:
        """Define a property as an admin does; JSON as in the API, `type`, `fieldType` and group may be left out."""
        table = self.table(name)
        kinds = {"string": "text", "number": "number", "date": "date", "datetime": "date", "bool": "booleancheckbox"}
        kind = str(body.get("type", "enumeration" if body.get("options") else "string"))
        filled = {"type": kind, "fieldType": kinds.get(kind, "select"), "groupName": GROUPS[table.name], **body}
        made = property_from({"label": body["name"], **filled})
        table.add_property(made)
        return made

    def change_property(self, name: str, property_name: str, changes: Mapping[str, Any]) -> Property:
        """Change a property: its options, its type, its label; `read_only` takes its writing away."""
        table = self.table(name)
        read_only = changes.get("read_only")
        made = changed_property(
            table.property(property_name), {key: value for key, value in changes.items() if key != "read_only"}
        )
        if read_only is not None:
            made = replace(made, read_only=bool(read_only))
        table.set_property(made)
        return made

    def rename_property(self, name: str, old: str, new: str) -> Property:
        """A property is replaced by one of another name that holds its values, as admins do who can not rename."""
        table = self.table(name)
        made = replace(table.property(old), name=new)
        held = {record.id: record.get(old) for record in table.living() if record.get(old)}
        table.drop_property(old)
        table.add_property(made)
        for record_id, value in held.items():
            record = table.records[record_id]
            table.put(replace(record, properties={**record.properties, new: value}))
        return made

    def format_problems(self, name: str, property_name: str, value: str) -> list[Invalid]:
        """What the admin's formats have against a value."""
        found = (one.problem(value) for one in self.formats if (one.object, one.name) == (name, property_name))
        return [one for one in found if one is not None]

    def install_salesforce(self) -> None:
        """The HubSpot-Salesforce integration is installed: contacts get its properties."""
        self.settings.salesforce_integration = True
        self.tables["contacts"].properties.update(parsed(SALESFORCE_PROPERTIES, "salesforceinformation"))

    # --- writes: each a transaction that can be taken back until the call ends ---

    def store(self, table: Table, record: Record, kind: str, changes: Mapping[str, str], call: Call) -> Record:
        """Put an accepted version and remember the write."""
        old = record.before
        if old is not None and old.updated_at + timedelta(seconds=self.settings.index_lag_for) <= record.updated_at:
            old.before = None  # search has caught up with it: nobody looks behind it any more
        self._undo.append((table, record.id, table.put(record)))
        table.writes.setdefault(record.id, []).append(self.note(kind, table, record.id, call, changes))
        return record

    def note(
        self, kind: str, table: Table, record_id: str, call: Call, changes: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Add to the history of writes."""
        self.sequence += 1
        entry = {
            "seq": self.sequence,
            "at": self.now().isoformat(),
            "call": self.counters["calls"],
            "object": table.name,
            "id": record_id,
            "kind": kind,
            "by": call.by,
            "user_id": call.user_id,
            "fields": dict(changes or {}),
        }
        self.history.append(entry)
        return entry

    def mark(self) -> int:
        """A point to roll back to, within the present call."""
        return len(self._undo)

    def roll_back(self, mark: int) -> None:
        """Take back every write since `mark`, with its history."""
        while len(self._undo) > mark:
            table, record_id, old = self._undo.pop()
            self.history.pop()
            table.writes[record_id].pop()
            if old is None:
                table.take_out(record_id)
                self.associations.forget(table.name, record_id)
            else:
                table.put(old)

    def end_call(self) -> None:
        """Make the writes of this call final."""
        self._undo.clear()

    # --- what tests and sales do ---

    def seed(self, name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Put records there without rules, read-only properties included; answers their ids."""
        call = Call(by="seed", user_id=self.admin_user_id, is_system=True)
        table = self.table(name)
        made = [writing.create(self, table, record, call).id for record in records]
        self.end_call()
        return made

    def by_sales(self) -> Call:
        """A write by the salesperson in the user interface."""
        return Call(by="sales", user_id=self.sales_user_id)

    def by_itself(self) -> Call:
        """A change that the service makes."""
        return Call(by="crm", is_system=True)

    def create(self, name: str, properties: Mapping[str, Any]) -> str:
        """A salesperson creates a record; answers its id."""
        made = writing.create(self, self.table(name), properties, self.by_sales())
        self.end_call()
        return made.id

    def edit(self, name: str, record_id: str, properties: Mapping[str, Any]) -> None:
        """A salesperson edits a record; "" clears a property."""
        table = self.table(name)
        writing.update(self, table, table.needed(record_id), properties, self.by_sales())
        self.end_call()

    # --- reads ---

    def get(self, name: str, record_id: str) -> Record | None:
        """A record by id, archived ones too; a merged id gives the survivor."""
        table = self.table(name)
        return table.records.get(table.resolved(record_id))

    def records(self, name: str, *, with_archived: bool = False) -> list[Record]:
        """All records of an object, oldest first."""
        table = self.table(name)
        return list(table.records.values()) if with_archived else list(table.living())
