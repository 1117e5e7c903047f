"""A Salesforce org in memory: records, users, rules, limits and the history of every accepted write. No HTTP here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from leadrelay.sandbox.salesforce import reading, sales, writing
from leadrelay.sandbox.salesforce.auth import Accounts
from leadrelay.sandbox.salesforce.fields import Field, field_from
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.ingest import Job
from leadrelay.sandbox.salesforce.limits import Limits
from leadrelay.sandbox.salesforce.refusals import Refusal, refuse
from leadrelay.sandbox.salesforce.rules import Rules
from leadrelay.sandbox.salesforce.schema import CONVERTED_STATUS, PREFIXES, standard_objects
from leadrelay.sandbox.salesforce.tables import Stored, Table
from leadrelay.sandbox.salesforce.values import stamp

Interference = Callable[[str, str, int, Mapping[str, Any], str | None], Refusal | None]


@dataclass(slots=True)
class Settings:
    """What differs between orgs, or is not known of the real service for certain."""

    client_id: str = "leadrelay"
    client_secret: str = "sandbox-secret"  # noqa: S105 - the simulator's published secret
    public_key: str | None = None
    token_life_for: float = 7200.0
    daily_limit: int = 100_000
    concurrent_limit: int = 25
    concurrent_after: float = 20.0
    logins_per_hour: int = 3600
    wrong_type_fails_call: bool = False
    duplicate_result_key: str = "duplicateResult"
    page_size: int = 2000
    client_credentials_enabled: bool = True
    password_flow_enabled: bool = True
    rotate_refresh_tokens: bool = False
    approved_users: frozenset[str] | None = None
    bulk_enabled: bool = True
    bulk_takes_for: float = 0.0
    bulk_failure: str = ""
    bulk_unprocessed: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """Who writes and under which request headers; `is_system` may set any field and meets no rule (seeding)."""

    user_id: str
    auto_assign: bool = True
    allow_save: bool = False
    by: str = "api"
    is_system: bool = False
    created: set[str] = field(default_factory=set)


class SalesforceOrg:
    """State and rules of one org. `clock` gives aware instants; `advance` moves the org's time on top of it."""

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        *,
        settings: Settings | None = None,
        external_id_fields: Iterable[str] = (),
    ) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.settings = settings or Settings()
        self._external_id_fields = tuple(external_id_fields)
        self.interfere: Interference | None = None
        self.reset()

    def reset(self) -> None:
        """Back to a fresh org: standard objects, one integration user, one salesperson, one queue; settings stay."""
        self._moved = timedelta(0)
        self.tables = {name: Table(name, PREFIXES[name], fields) for name, fields in standard_objects().items()}
        self.rules = Rules()
        self.denied: dict[str, frozenset[str]] = {}
        self.counters: Counter[str] = Counter()
        self.history: list[dict[str, Any]] = []
        self.sequence = 0
        self.pages: dict[str, list[dict[str, Any]]] = {}
        self.jobs: dict[str, Job] = {}
        self._undo: list[tuple[Table, str, Stored | None]] = []
        self._by_prefix = {prefix: name for name, prefix in PREFIXES.items()}
        self._populate()
        for name in self._external_id_fields:
            for owner in ("Lead", "Contact"):
                self.add_field(owner, {"name": name, "length": 64, "externalId": True, "unique": True})
        self.accounts = Accounts(self)
        self.limits = Limits(self)

    # --- time ---

    def now(self) -> datetime:
        """The org's present instant."""
        return self.clock() + self._moved

    def advance(self, seconds: float) -> datetime:
        """Move the org's time forward; tokens age and rolling limits free themselves."""
        self._moved += timedelta(seconds=seconds)
        return self.now()

    # --- people ---

    def _populate(self) -> None:
        self.organization_id = self._install("Organization", {"Name": "Sandbox GmbH", "OrganizationType": "Developer Edition"})
        self.integration_user_id = self.add_user("Integration User", "integration@sandbox.example")
        self.sales_user_id = self.add_user("Sally Sales", "sally@sandbox.example")
        self.inactive_user_id = self.add_user("Gone Salesman", "gone@sandbox.example", is_active=False)
        self.queue_id = self.add_queue("Inbound Leads")
        self.set_lead_statuses([choice.value for choice in self.tables["Lead"].fields["Status"].choices], CONVERTED_STATUS)

    def _install(self, name: str, values: Mapping[str, Any]) -> str:
        table, at = self.tables[name], stamp(self.now())
        record = {
            **table.blank(),
            "Id": table.new_id(),
            "CreatedDate": at,
            "LastModifiedDate": at,
            "SystemModstamp": at,
            **values,
        }
        table.put(record)
        return str(record["Id"])

    def add_user(self, name: str, email: str, *, is_active: bool = True) -> str:
        """A user who can own records; answers the id."""
        first, _, last = name.rpartition(" ")
        return self._install(
            "User",
            {
                "Username": email,
                "FirstName": first or None,
                "LastName": last,
                "Name": name,
                "Email": email,
                "Alias": last[:8].lower(),
                "IsActive": is_active,
                "UserType": "Standard",
                "TimeZoneSidKey": "Europe/Berlin",
            },
        )

    def add_queue(self, name: str, *, kind: str = "Queue", holds: Iterable[str] = ("Lead",)) -> str:
        """A queue for these objects (or a regular group, which can not own leads); answers the id."""
        made = self._install("Group", {"Name": name, "DeveloperName": name.replace(" ", "_"), "Type": kind})
        for object_name in holds if kind == "Queue" else ():
            self._install("QueueSobject", {"QueueId": made, "SobjectType": object_name})
        return made

    def set_user_active(self, user_id: str, *, is_active: bool) -> None:
        """Activate or deactivate a user."""
        table = self.tables["User"]
        table.put({**table.records[self.id_of("User", user_id)], "IsActive": is_active})

    # --- schema ---

    def table(self, name: str) -> Table:
        """The object of this name in any case; an unknown one is refused as the API does."""
        found = self.tables.get(name) or next((one for key, one in self.tables.items() if key.lower() == name.lower()), None)
        if found is None or self.is_denied(found.name, "read"):
            raise refuse("NOT_FOUND", "The requested resource does not exist")
        return found

    def deny(self, name: str, *verbs: str) -> None:
        """Take `read`, `create` or `edit` of an object away from the integration user; no verb gives all back."""
        self.denied[name] = frozenset(verbs)

    def is_denied(self, name: str, verb: str) -> bool:
        """Whether the integration user may not do this with the object; who may not read it sees no such object."""
        return verb in self.denied.get(name, ())

    def object_of_id(self, record_id: str) -> str | None:
        """Which object an id belongs to, by its first three characters."""
        return self._by_prefix.get(record_id[:3])

    def id_of(self, name: str, text: str) -> str:
        """The 18-character id of an existing or deleted record of this object; raises KeyError."""
        found = full_id(text)
        if found is None or found not in self.tables[name].records:
            raise KeyError(f"no {name} has the id {text}")
        return found

    def add_field(self, name: str, description: Field | Mapping[str, Any]) -> Field:
        """Create a field, as an admin does in Setup; JSON uses describe's names."""
        made = description if isinstance(description, Field) else field_from(description)
        self.table(name).set_field(made)
        return made

    def change_field(self, name: str, field_name: str, changes: Mapping[str, Any]) -> Field:
        """Change a field: restrict a picklist, take a permission away, make it required."""
        table = self.table(name)
        made = field_from(changes, base=table.field(field_name))
        table.set_field(made)
        return made

    def remove_field(self, name: str, field_name: str) -> None:
        """Delete a field: every record that still names it is refused from now on."""
        self.table(name).drop_field(field_name)

    def set_lead_statuses(self, values: list[str], converted: str) -> None:
        """The values of Lead Status, and which of them means converted."""
        self.change_field("Lead", "Status", {"choices": values, "default": values[0]})
        table = self.tables["LeadStatus"]
        table.records.clear()
        for place, value in enumerate(values, start=1):
            about = {"IsDefault": place == 1, "IsConverted": value == converted}
            self._install("LeadStatus", {"MasterLabel": value, "ApiName": value, "SortOrder": place, **about})
        self.converted_status = converted

    def describe(self, name: str) -> dict[str, Any]:
        """An object's describe."""
        return reading.describe(self, self.table(name))

    # --- writes: each a transaction that can be taken back until the call ends ---

    def call(self, **about: Any) -> Call:
        """A call by the integration user unless told otherwise."""
        about.setdefault("user_id", self.integration_user_id)
        return Call(**about)

    def create(self, name: str, values: Mapping[str, Any], call: Call | None = None, index: int = 0) -> str:
        """Create a record; answers its id or raises Refusal."""
        return writing.create(self, self.table(name), values, call or self.call(), index)

    def update(self, name: str, record_id: str, values: Mapping[str, Any], call: Call | None = None, index: int = 0) -> None:
        """Change a record or raise Refusal."""
        writing.update(self, self.table(name), record_id, values, call or self.call(), index)

    def upsert(
        self, name: str, key: str, value: str, values: Mapping[str, Any], call: Call | None = None, index: int = 0
    ) -> tuple[str, bool]:
        """Create or change the record with this external id; answers its id and whether it was created."""
        return writing.upsert(self, self.table(name), key, value, values, call or self.call(), index)

    def delete(self, name: str, record_id: str, call: Call | None = None, index: int = 0) -> None:
        """Put a record into the recycle bin or raise Refusal."""
        writing.delete(self, self.table(name), record_id, call or self.call(), index)

    def store(self, table: Table, record: Stored, kind: str, changed: Mapping[str, Any], call: Call) -> None:
        """Put an accepted record with its stamps, and remember the write."""
        at = self.now()
        text = stamp(at)
        record["SystemModstamp"] = record["LastModifiedDate"] = text
        record["LastModifiedById"] = call.user_id
        if kind == "create":
            record.setdefault("CreatedDate", text)
            record.setdefault("CreatedById", call.user_id)
            call.created.add(record["Id"])
        if call.is_system:
            record.update({name: value for name, value in changed.items() if name in table.fields})
        self._undo.append((table, record["Id"], table.put(record)))
        self.sequence += 1
        self.history.append(
            {
                "seq": self.sequence,
                "at": at.isoformat(),
                "call": self.counters["calls"],
                "object": table.name,
                "id": record["Id"],
                "kind": kind,
                "by": call.by,
                "fields": dict(changed),
            }
        )

    def mark(self) -> int:
        """A point to roll back to, within the present call."""
        return len(self._undo)

    def roll_back(self, mark: int) -> None:
        """Take back every write since `mark`, with its history."""
        while len(self._undo) > mark:
            table, record_id, old = self._undo.pop()
            self.history.pop()
            if old is None:
                table.take_out(record_id)
            else:
                table.put(old)

    def end_call(self) -> None:
        """Make the writes of this call final."""
        self._undo.clear()

    # --- what tests and sales do ---

    def seed(self, name: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Put records there without rules, system fields included; answers their ids."""
        call = self.call(user_id=self.sales_user_id, by="seed", is_system=True, auto_assign=False, allow_save=True)
        made = [self.create(name, record, call) for record in records]
        self.end_call()
        return made

    def edit(self, name: str, record_id: str, values: Mapping[str, Any]) -> None:
        """A salesperson edits a record in the user interface."""
        self.update(name, record_id, values, self.by_sales())
        self.end_call()

    def by_sales(self) -> Call:
        """A call in the name of the salesperson, without the assignment rule."""
        return self.call(user_id=self.sales_user_id, by="sales", auto_assign=False, allow_save=True)

    def convert(self, lead_id: str, **wanted: Any) -> dict[str, str | None]:
        """Convert a lead; answers contactId, accountId and opportunityId."""
        return sales.convert(self, lead_id, **wanted)

    def merge(self, winner_id: str, loser_ids: Iterable[str], name: str = "Lead") -> None:
        """Merge records into the winner; the losers go to the recycle bin with MasterRecordId."""
        sales.merge(self, name, winner_id, loser_ids)

    def remove(self, name: str, record_id: str) -> None:
        """A salesperson deletes a record."""
        self.delete(name, record_id, self.by_sales())
        self.end_call()

    def undelete(self, name: str, record_id: str) -> None:
        """Take a record out of the recycle bin."""
        sales.undelete(self, name, record_id)

    # --- reads ---

    def get(self, name: str, record_id: str, *, with_deleted: bool = False) -> Stored | None:
        """A record by its 15- or 18-character id."""
        found = full_id(record_id)
        return self.table(name).get(found, with_deleted=with_deleted) if found else None

    def records(self, name: str, *, with_deleted: bool = False) -> list[Stored]:
        """All records of an object, oldest first."""
        table = self.table(name)
        return list(table.records.values()) if with_deleted else list(table.live())

    def query(self, soql: str, *, with_deleted: bool = False) -> list[dict[str, Any]] | int:
        """The answer to a SOQL query: records, or a number for COUNT()."""
        return reading.query(self, soql, with_deleted=with_deleted)
