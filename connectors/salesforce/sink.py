"""The Salesforce sink: each method does one thing for a batch and returns one outcome per input, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import cast

from connectors.base import (
    Act,
    BulkRows,
    Changes,
    Link,
    Outcome,
    Preparation,
    Probe,
    Record,
    Reject,
    SinkContext,
    TooLarge,
    Upsert,
    Usage,
)
from connectors.salesforce import bulk, setup
from connectors.salesforce.actions import add_members, add_tasks, rest_of_actions
from connectors.salesforce.changes import ChangeReader
from connectors.salesforce.client import Client, Refused, is_record_id
from connectors.salesforce.config import MAX_BATCH, SalesforceConfig
from connectors.salesforce.deleting import delete_records
from connectors.salesforce.errors import problem_of, rule_for
from connectors.salesforce.owners import Owners
from connectors.salesforce.people import People
from connectors.salesforce.records import Held, Reader
from connectors.salesforce.schema import object_schema
from connectors.salesforce.upserting import UpsertPass
from core.crm_schema import ObjectSchema
from core.instants import Instant
from core.problems import Problem

_KINDS = {"task": add_tasks, "campaign_member": add_members, "delete": delete_records}


class SalesforceSink:
    """One org, used by one thread at a time; keeps nothing but a token, connections and the objects' schemas."""

    def __init__(self, config: SalesforceConfig, context: SinkContext, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._objects = context.objects or ("Lead",)
        self._assigned = frozenset(context.assigned_by_crm)
        self._client = Client(config, context.tokens, monotonic)
        self._owners = Owners(self._client, monotonic)
        self._changes = ChangeReader(self._client, People(self._client, monotonic))
        self.max_batch = min(config.batch, MAX_BATCH)

    @property
    def calls(self) -> int:
        """How many API calls were sent so far; token requests, which the org does not count, are left out."""
        return self._client.calls

    @property
    def usage(self) -> Usage | None:
        """The org's API usage of the last 24 hours, as of the newest answer."""
        return self._client.usage

    def upsert(self, batch: Sequence[Upsert]) -> list[Outcome]:
        """Bring each lead's record to what is wanted; one outcome per input, in order."""
        if len(batch) > MAX_BATCH or len({row.object for row in batch}) > 1:
            raise TooLarge(f"a batch holds at most {MAX_BATCH} leads of one object")
        try:
            return self._upsert(batch) if batch else []
        except TooLarge as error:
            if len(batch) > 1:
                raise
            return [_too_large(error)]
        except Refused as refused:
            return _refused(refused, len(batch))

    def _upsert(self, batch: Sequence[Upsert]) -> list[Outcome]:
        is_assigned = batch[0].object in self._assigned
        try:
            return UpsertPass(self._client, self._config, self._owners, batch, is_assigned=is_assigned).run()
        except Refused:  # only reads let this through, so nothing was written: a field we know was removed from the org
            self._client.forget_schemas()
            return UpsertPass(self._client, self._config, self._owners, batch, is_assigned=is_assigned).run()

    def act(self, batch: Sequence[Act]) -> list[Outcome]:
        """Make each task and campaign member once; one outcome per input, in order."""
        if len(batch) > MAX_BATCH:
            raise TooLarge(f"a batch holds at most {MAX_BATCH} actions")
        outcomes: dict[int, Outcome] = {}
        for kind in dict.fromkeys(act.kind for act in batch):
            acts = {index: act for index, act in enumerate(batch) if act.kind == kind}
            outcomes |= self._act(kind, acts, is_first=not outcomes)
        return [outcomes[index] for index in range(len(batch))]

    def _act(self, kind: str, acts: dict[int, Act], *, is_first: bool) -> dict[int, Outcome]:
        make = _KINDS.get(kind)
        if make is None:
            return {index: _unknown_kind(kind) for index in acts}
        if not is_first:
            return rest_of_actions(acts, lambda: make(self._client, acts))
        try:
            return make(self._client, acts)
        except Refused as refused:
            return dict(zip(acts, _refused(refused, len(acts)), strict=True))

    def read(self, links: Sequence[Link], fields: Sequence[str]) -> list[Record]:
        """The records as they stand in the CRM, in order; merged and converted ones say where they went."""
        reader = Reader(self._client, self._config.external_id)
        found: dict[tuple[str, str], Held] = {}
        for name in dict.fromkeys(link.object for link in links):
            ids = [link.crm_id for link in links if link.object == name and is_record_id(link.crm_id)]
            if ids:
                held = reader.by_id(self._client.describe(name), ids, fields)
                found |= {(name, asked): record for asked, record in held.items()}
        return [_record(link, found.get((link.object, link.crm_id[:15])), fields) for link in links]

    def account(self) -> str:
        """The org's id as the token's answer names it; empty when it names none."""
        return self._client.token().organization_id[:15]

    def probe(self) -> Probe:
        """The org and user behind the credentials, and what is missing there; writes nothing."""
        return setup.probe(self._client, self._config, self._objects)

    def prepare(self, objects: Sequence[str]) -> list[Preparation]:
        """Create the external-id field where it is missing, or say how an admin does."""
        return setup.prepare(self._client, self._config, objects)

    def schema(self, object_name: str) -> ObjectSchema | None:
        """The object as our user sees it now; None when the org has no such object or hides it from our user."""
        self._client.forget_schema(object_name)
        found = self._client.describe_if_visible(object_name)
        return None if found is None else object_schema(found)

    def changes(self, object_name: str, cursor: str, since: Instant, fields: Sequence[str], limit: int) -> Changes:
        """What people did with an object's records since the cursor: changed, converted, merged, deleted, worked on."""
        return self._changes.changes(object_name, cursor, since, fields, limit)

    def owner_problems(self, emails: Sequence[str], queues: Sequence[str]) -> list[Problem]:
        """Each e-mail that is no active user of the org and each name that is no queue for leads, as the problem's `field`."""
        return self._owners.problems(emails, queues, self._objects[0])

    def bulk_open(self, object_name: str) -> str | None:
        """Open a job for an object's new records; None when the org takes no such jobs from our user."""
        return bulk.open_job(self._client, self._config.external_id, object_name)

    def bulk_file(self, object_name: str) -> bulk.BulkFile:
        """A file for one job, still empty."""
        return bulk.BulkFile(self._client, self._config, self._owners, object_name)

    def bulk_send(self, job: str, file: BulkRows) -> None:
        """Upload the file that `bulk_file` gave, and let the job begin."""
        bulk.send(self._client, job, cast("bulk.BulkFile", file))

    def bulk_collect(self, job: str, external_ids: Sequence[str]) -> list[Outcome] | None:
        """What became of the rows with these external ids, in order; None while the job is not done."""
        return bulk.collect(self._client, self._config.external_id, job, external_ids)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def _record(link: Link, held: Held | None, fields: Sequence[str]) -> Record:
    if held is None:
        return Record(link, None)
    moved = held.links if held.crm_id[:15] == link.crm_id[:15] else (Link(held.object, held.crm_id), *held.links)
    return Record(link, {name: held.fields[name] for name in fields if name in held.fields}, moved)


def _too_large(error: TooLarge) -> Reject:
    return Reject(Problem("too_large", f"This lead alone is too large for one call to Salesforce: {error}"))


def _refused(refused: Refused, rows: int) -> list[Outcome]:
    """A read was refused: the rows are tried in smaller batches, and the one that can not be read is rejected."""
    if rows > 1:
        raise TooLarge("Salesforce refused the call for one of its records") from refused
    return [Reject(problem_of(refused.error, rule_for(refused.error)))]


def _unknown_kind(kind: str) -> Reject:
    return Reject(Problem("unknown_action", f"Salesforce knows no action `{kind}` here: use {' or '.join(_KINDS)}"))
