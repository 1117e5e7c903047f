"""The HubSpot sink: each method does one thing for a batch and returns one outcome per input, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from connectors.base import Act, Changes, Link, Outcome, Preparation, Probe, Record, Reject, SinkContext, TooLarge, Upsert, Usage
from connectors.hubspot import setup
from connectors.hubspot.actions import act_all
from connectors.hubspot.changes import changes
from connectors.hubspot.client import Client, Refused, is_record_id
from connectors.hubspot.config import MAX_BATCH, HubSpotConfig
from connectors.hubspot.errors import gravest, problem_of
from connectors.hubspot.owners import owner_problems
from connectors.hubspot.records import ById, Held, Reader
from connectors.hubspot.schema import Schemas
from connectors.hubspot.upserting import UpsertPass
from core.crm_schema import ObjectSchema
from core.instants import Instant
from core.problems import Problem


class HubSpotSink:
    """One account, used by one thread at a time; keeps nothing but connections, property definitions and owners."""

    def __init__(self, config: HubSpotConfig, context: SinkContext, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._objects = context.objects or ("contacts",)
        self._client = Client(config, context.tokens, monotonic)
        self._schemas = Schemas(self._client)
        self._monotonic = monotonic
        self.max_batch = min(config.batch, MAX_BATCH)

    @property
    def calls(self) -> int:
        """How many API calls were sent so far; token requests, which HubSpot does not count, are left out."""
        return self._client.calls

    @property
    def usage(self) -> Usage | None:
        """The account's call allowance, as of the newest answer that told of it."""
        return self._client.usage

    def upsert(self, batch: Sequence[Upsert]) -> list[Outcome]:
        """Bring each lead's record to what is wanted; one outcome per input, in order."""
        if len(batch) > MAX_BATCH or len({row.object for row in batch}) > 1:
            raise TooLarge(f"a batch holds at most {MAX_BATCH} leads of one object")
        if not batch:
            return []
        try:
            return self._upsert(batch)
        except TooLarge as error:
            if len(batch) > 1:
                raise
            return [_too_large(error)]
        except Refused as refused:
            return _unreadable(refused, len(batch))

    def _upsert(self, batch: Sequence[Upsert]) -> list[Outcome]:
        try:
            return UpsertPass(self._client, self._config, self._schemas, batch, self._monotonic).run()
        except Refused:  # only reads let this through, so nothing was written: a property we know was removed from the account
            self._schemas.forget(batch[0].object)
            return UpsertPass(self._client, self._config, self._schemas, batch, self._monotonic).run()

    def act(self, batch: Sequence[Act]) -> list[Outcome]:
        """Make each note, task, membership, company and deletion happen once; one outcome per input, in order."""
        if len(batch) > MAX_BATCH:
            raise TooLarge(f"a batch holds at most {MAX_BATCH} actions")
        return act_all(self._client, self._config, batch) if batch else []

    def read(self, links: Sequence[Link], fields: Sequence[str]) -> list[Record]:
        """The records as they stand in the CRM, in order; merged ones say where they went."""
        reader = Reader(self._client, self._config.external_id)
        found: dict[tuple[str, str], Held] = {}
        for name in dict.fromkeys(link.object for link in links):
            asked = {link.crm_id: "" for link in links if link.object == name and is_record_id(link.crm_id)}
            read = reader.by_id(self._schemas.of(name), asked, fields) if asked else ById({})
            while read.unknown:
                found |= {(name, crm_id): held for crm_id, held in read.held.items()}
                read = reader.by_id(self._schemas.of(name), dict.fromkeys(read.unknown, ""), fields)
            found |= {(name, crm_id): held for crm_id, held in read.held.items()}
        return [_record(link, found.get((link.object, link.crm_id)), fields) for link in links]

    def account(self) -> str:
        """The id of the account that the credentials lead to; empty when HubSpot does not tell it."""
        return self._client.portal()

    def probe(self) -> Probe:
        """The account behind the credentials, and what is missing there; writes nothing."""
        return setup.probe(self._client, self._config, self._objects)

    def prepare(self, objects: Sequence[str]) -> list[Preparation]:
        """Create the unique property that holds our ids where it is missing, or say how an admin does."""
        return setup.prepare(self._client, self._config, objects)

    def schema(self, object_name: str) -> ObjectSchema | None:
        """The object as the app sees it now; None when there is no such object for it."""
        return setup.object_schema(self._client, object_name)

    def changes(self, object_name: str, cursor: str, since: Instant, fields: Sequence[str], limit: int) -> Changes:
        """What has changed in an object's records since the cursor, with deletions and merges."""
        return changes(self._client, self._config, object_name, cursor, since, fields, limit)

    def owner_problems(self, emails: Sequence[str], queues: Sequence[str]) -> list[Problem]:
        """Each e-mail, a person's or a queue's, that is no active owner of the account, as the problem's `field`."""
        self._client.forget("owners")
        return owner_problems(self._client.owners(), emails, queues)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def _record(link: Link, held: Held | None, fields: Sequence[str]) -> Record:
    if held is None:
        return Record(link, None)
    moved = () if held.crm_id == link.crm_id else (Link(held.object, held.crm_id),)
    return Record(link, {name: held.fields[name] for name in fields if name in held.fields}, moved)


def _too_large(error: TooLarge) -> Reject:
    return Reject(Problem("too_large", f"This lead alone is too large for one call to HubSpot: {error}"))


def _unreadable(refused: Refused, rows: int) -> list[Outcome]:
    """A read was refused: the rows are tried in smaller batches, and the one that can not be read is rejected."""
    if rows > 1:
        raise TooLarge("HubSpot refused a call for one of its records") from refused
    return [Reject(problem_of(*gravest(refused.errors)))]
