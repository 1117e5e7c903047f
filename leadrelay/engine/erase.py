"""Erasing a person: their values leave every table, the spool and the CRMs; ids, kinds, times and counts stay.

Every step can be repeated, and an erasure that was interrupted is ended by repeating it, or by the next start of a worker: the
suppressions are on disk before the first value is blanked.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core.identity import person_keys
from core.instants import Instant, to_iso
from core.normalize import canonical_email, is_e164
from core.normalize.email import read_email
from core.normalize.phone import read_phone
from leadrelay.engine import alerts, deadlines, suppressions
from leadrelay.engine.erasing import Found, Personal, Search
from leadrelay.engine.intake import drain_spool
from leadrelay.engine.mentions import Key, Mentions
from leadrelay.engine.spool import Spool
from leadrelay.engine.suppressions import Suppressed, Suppression
from leadrelay.engine.timers import set_timer
from leadrelay.store import erasing, tables
from leadrelay.store.bulk import select_in
from leadrelay.store.ids import from_uid, taken_at, to_uid
from leadrelay.store.scrub import overwriting, scrub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from leadrelay.app import App

log = structlog.get_logger(__name__)

_MAX_PASSES = 10
_WAIT_FOR_SPOOL_S = 5.0
_BATCH = 100


class NobodyNamed(ValueError):
    """What was given names no person: it is no e-mail address, no phone number and no lead's id."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to erase: a lead, or everybody who carries an address or a number."""

    kind: str
    lead: int | None = None
    keys: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, without a value of the person. `left` names what could not be reached and what to do about it."""

    uid: str
    named_by: str
    by: str
    erased_at: Instant
    counts: Mapping[str, int] = field(default_factory=dict)
    crm_deletes: Mapping[str, int] = field(default_factory=dict)
    leads: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The receipt as plain JSON values."""
        return {
            "receipt": self.uid,
            "named_by": self.named_by,
            "by": self.by,
            "erased_at": to_iso(self.erased_at),
            "leads": list(self.leads),
            "counts": dict(self.counts),
            "crm_deletes": dict(self.crm_deletes),
            "left": list(self.left),
        }


def erase(app: App, person: str, *, by: str) -> Receipt:
    """Erase a person named by a lead's uid, an e-mail address or a phone number, and leave a receipt.

    Raises NobodyNamed when the text is none of these. A person of whom nothing is known is remembered all the same, so that
    a backup with them in it does not bring them back.
    """
    named = read_person(app, person)
    left = _drain(app)
    now = app.clock()
    erasure = _Erasure(app, named.kind, by, now)
    erasure.remember(named.keys)
    for _ in range(_MAX_PASSES):
        found = _look(app, named, now)
        if not found:
            break
        erasure.remember(_suppressed(found))
        erasure.blank(found)
    return erasure.end((*left, *scrub(app.database, erasure.residues)))


def apply_suppressions(app: App, *, is_due: bool = False) -> int:
    """Erase again whom a restored backup has brought back; returns how many leads and submissions went.

    Asks only what has changed since the last time: nothing is read but the suppressions when the store is in step with them.
    `is_due` looks through the store all the same, for what came out of a spool.
    """
    with app.database.read() as connection:
        entries = suppressions.union(suppressions.read_file(app.settings.data_dir), suppressions.read_table(connection))
        if not entries or (suppressions.is_applied(connection, entries) and not is_due):
            return 0
    suppressed = Suppressed(app.vault.erasure_key, entries)
    count = 0
    for _ in range(_MAX_PASSES):
        found = _look_for_returned(app, suppressed)
        if not found:
            break
        erasure = _Erasure(app, "suppression", "leadrelay", app.clock())
        erasure.blank(found)
        erasure.end(scrub(app.database, erasure.residues))
        count += erasure.counts["leads"] + erasure.counts["submissions"]
    with app.database.write() as connection:
        suppressions.write_table(connection, entries)
        suppressions.mark_applied(connection, suppressions.read_table(connection), app.clock())
    log.info("suppressions_applied", count=count)
    return count


# --- who is meant -----------------------------------------------------------------------------------------------------


def read_person(app: App, text: str) -> Person:
    """Whom a text names; raises NobodyNamed."""
    text = text.strip()
    if "@" in text:
        address = read_email(text).value
        keys = {("email", canonical_email(one)) for one in (text, address) if isinstance(one, str) and one}
        return Person("email", keys=frozenset(keys))
    lead = _lead_of(app, text)
    if lead is not None:
        return Person("lead", lead=lead)
    regions = dict.fromkeys(source.region for source in app.process_plan().sources.values())
    numbers = [read_phone(text, region).value for region in (*regions, "")]
    keys = {("phone", str(number)) for number in numbers if is_e164(number)}
    if not keys:
        raise NobodyNamed(
            "this names nobody: give a lead's id as `leadrelay leads list` shows it, an e-mail address, or a phone number with "
            "its country code"
        )
    return Person("phone", keys=frozenset(keys))


def _lead_of(app: App, text: str) -> int | None:
    try:
        number = from_uid(text)
    except ValueError:
        return None
    with app.database.read() as connection:
        return number if select_in(connection, "SELECT id FROM lead WHERE id {in}", [number]) else None


def _drain(app: App) -> tuple[str, ...]:
    """Bring this machine's spool into the store; a running web process that writes to it does the same within a second."""
    spool = Spool(app.settings.data_dir / "spool")
    give_up_at = time.monotonic() + _WAIT_FOR_SPOOL_S
    if drain_spool(app.database, spool):
        set_timer(app.database, app.ids, suppressions.KIND, suppressions.KIND, app.clock())
    left = []
    while not spool.is_empty():
        if time.monotonic() >= give_up_at:
            left.append("the spool of a running web process: what it holds is looked through when it drains")
            break
        time.sleep(0.1)
        drain_spool(app.database, spool)
    damaged = sorted(path.name for path in spool.folder.glob("*.damaged"))
    if damaged:
        left.append(f"damaged files in the spool ({', '.join(damaged)}): look through them, then delete them")
    return tuple(left)


# --- what is theirs ---------------------------------------------------------------------------------------------------


def _look(app: App, named: Person, until: Instant) -> Found:
    """Everything of the person that the store holds now."""
    plan = app.process_plan()
    with app.database.read() as connection:
        search = Search(connection, Mentions(plan), plan.catalogue, until)
        named_ones = set(search.carriers(named.keys)) if named.lead is None else {named.lead}
        leads = _living(connection, set().union(*map(search.family, named_ones)))
        own, values = search.own(leads)
        shared = {key for lead, keys in search.carriers(own - named.keys).items() if lead not in leads for key in keys}
        keys = set(named.keys) | (own - shared)
        submissions = search.linked(leads) | search.unlinked_of(keys) | search.visits(leads)
        return Found(leads, submissions | search.repeats(submissions), keys, values)


def _living(connection: Connection, leads: set[int]) -> set[int]:
    return leads - erasing.erased_among(connection, leads)


def _suppressed(found: Found) -> set[Key]:
    """What the person must not come back by: their addresses and numbers, and the ids of what a backup may hold of them."""
    leads = {("lead", to_uid(number)) for number in found.leads}
    return found.keys | leads | {("submission", to_uid(number)) for number in found.submissions}


def _look_for_returned(app: App, suppressed: Suppressed) -> Found:
    """Leads and unlinked submissions that were captured before they were erased, and are here all the same."""
    plan = app.process_plan()
    found = Found()
    with app.database.read() as connection:
        search = Search(connection, Mentions(plan), plan.catalogue, app.clock())
        for number, fields in search.living():
            if suppressed.means((("lead", to_uid(number)), *person_keys(fields)), taken_at(number)):
                found.leads.add(number)
        for number, received_at, mentioned, _ in search.unlinked():
            if suppressed.means((("submission", to_uid(number)), *mentioned), received_at):
                found.submissions.add(number)
        found.keys, found.values = search.own(found.leads)
        found.submissions |= search.linked(found.leads) | search.visits(found.leads)
        found.submissions |= search.repeats(found.submissions)
    return found


# --- erasing ----------------------------------------------------------------------------------------------------------


class _Erasure:
    """One erasure: what it has remembered and blanked so far, under one receipt."""

    def __init__(self, app: App, named_by: str, by: str, now: Instant) -> None:
        self._app = app
        self._number = app.ids.one(now)
        self._now = now
        self._receipt = Receipt(to_uid(self._number), named_by, by, now)
        self._remembered: list[Suppression] = []
        self.counts: Counter[str] = Counter()
        self._deletes: Counter[str] = Counter()
        self._leads: set[int] = set()
        self._sources: set[str] = set()
        self.residues: set[str] = set()

    def remember(self, keys: set[Key] | frozenset[Key]) -> None:
        """Put suppressions on disk, before anything is blanked."""
        entries = suppressions.hashed(self._app.vault.erasure_key, keys, self._now, self._receipt.uid)
        new = [entry for entry in entries if entry not in self._remembered]
        if new:
            suppressions.append(self._app.settings.data_dir, new)
            self._remembered += new

    def blank(self, found: Found) -> None:
        """Blank what was found, a hundred leads in a transaction, each with its suppressions."""
        plan = self._app.process_plan()
        personal = Personal(Mentions(plan), found.keys, found.values)
        leads = sorted(found.leads)
        self._blank_texts(personal)  # first, as long as the person's values can be read
        self._app.database.repeat(lambda: self._write([], sorted(found.submissions), personal))
        for start in range(0, len(leads), _BATCH):
            part = leads[start : start + _BATCH]
            self._app.database.repeat(partial(self._write, part, [], personal))
        self._blank_texts(personal)
        self.residues |= {text for _, text in found.keys}

    def _blank_texts(self, personal: Personal) -> None:
        with self._app.database.read() as connection:
            changes = list(erasing.personal_texts(connection, personal, personal.is_named_in))
        for start in range(0, len(changes), _BATCH):
            with self._app.database.write() as connection, overwriting(connection):
                self.counts["texts"] += sum(connection.execute(change).rowcount for change in changes[start : start + _BATCH])

    def _write(self, leads: list[int], submissions: list[int], personal: Personal) -> None:
        with self._app.database.write() as connection, overwriting(connection):
            ours, rows = erasing.lock(connection, leads, submissions)
            busy = erasing.in_flight_until(connection, ours)
            in_crm = erasing.in_crm(connection, ours)
            counts = erasing.blank_leads(connection, ours, self._now)
            alerts.resolve_all(connection, deadlines.keys_of(map(to_uid, ours)), self._now)
            counts["submissions"] = erasing.blank_submissions(connection, rows, personal)
            self._want_deletes(connection, in_crm, busy)
            self._note_suppressions(connection)
        self.counts.update(counts)
        self._deletes.update(sink for sink, _ in in_crm)
        self._leads.update(ours)
        self._sources.update(row.source for row in rows)

    def _want_deletes(
        self, connection: Connection, in_crm: list[tuple[str, int]], busy: Mapping[tuple[str, int], Instant]
    ) -> None:
        """Have the records in the CRMs removed, but not while a worker may still be writing one."""
        numbers = self._app.ids.take(len(in_crm), self._now)
        wanted = [
            (number, sink, to_uid(lead), lead, max(self._now, busy.get((sink, lead), 0)))
            for number, (sink, lead) in zip(numbers, in_crm, strict=True)
        ]
        erasing.want_deletes(connection, wanted, self._now)

    def _note_suppressions(self, connection: Connection) -> None:
        """Take the suppressions into the store; it stays in step with them if it was so before."""
        if not self._remembered:
            return
        before = suppressions.read_table(connection)
        is_in_step = suppressions.is_applied(connection, before)
        suppressions.write_table(connection, self._remembered)
        if is_in_step:
            suppressions.mark_applied(connection, suppressions.read_table(connection), self._now)

    def _originals(self) -> list[str]:
        """Where the mails and files themselves are, which are not ours to change."""
        settings = self._app.configuration.settings.sources
        specs = {name: settings[name].spec for name in sorted(self._sources) if name in settings}
        mailboxes = ", ".join(name for name, spec in specs.items() if spec.open_pull is not None)
        files = ", ".join(name for name, spec in specs.items() if spec.open_pull is None and spec.open_file is not None)
        found = [f"the mails themselves: look through the mailbox of {mailboxes}"] if mailboxes else []
        return [*found, f"the files themselves and those of their rejected rows, which {files} was given"] if files else found

    def end(self, left: tuple[str, ...]) -> Receipt:
        """Write the receipt into the history and return it."""
        with self._app.database.read() as connection:
            shared = erasing.shared_records(connection, sorted(self._leads)) if self._deletes else set()
        if shared:
            records = ", ".join(f"{crm_id} in {sink}" for sink, crm_id in sorted(shared))
            left = (*left, f"records that stand for somebody else as well: look through {records}")
        left = (*left, *self._originals())
        receipt = replace(
            self._receipt, counts=dict(sorted(self.counts.items())), crm_deletes=dict(sorted(self._deletes.items())),
            leads=tuple(to_uid(number) for number in sorted(self._leads)), left=left,
        )  # fmt: skip
        document = json.dumps(receipt.as_json())
        with self._app.database.write() as connection:
            self._note_suppressions(connection)
            values = {"id": self._number, "at": self._now, "kind": "erased", "data": document}
            connection.execute(tables.event.insert().values(values))
        log.info("erased", receipt=receipt.uid, **receipt.counts)
        return receipt
