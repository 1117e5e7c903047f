"""Read what people did in a CRM, page by page, and take it into our leads; each page is one transaction with its position.

A page that comes again changes nothing; one that a worker did not end is read again by the next. The position of each object
is the `data` of a timer row, which one worker leases at a time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from connectors.base import Change, Changes, ReadsBack, Retry, Sink, Stop, TooLarge
from core.identity import MatchKey, Name, match_keys, name_tokens
from core.instants import HOUR, MINUTE, SECOND, Instant
from core.lead import Lead
from core.problems import Problem
from leadrelay.engine import known_accounts, lateness, merges, merging
from leadrelay.engine import seen as seeing
from leadrelay.engine.account import Account, NotNow
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.deciding import Decided, decide, one_of, still_decided, told_moves
from leadrelay.engine.hearing import Heard, Hearing
from leadrelay.engine.knowing import in_our_words, known_of, terms_of
from leadrelay.engine.known_accounts import Accounts
from leadrelay.engine.owning import OWNER, QUEUE
from leadrelay.engine.plan import ProcessPlan, SinkPlan
from leadrelay.engine.rows import changed_row, delivery_rows, once_rows, touch_row
from leadrelay.store import bulk, feedback, leads, positions, work
from leadrelay.store.database import Database
from leadrelay.store.feedback import Record
from leadrelay.store.ids import Ids, to_uid
from leadrelay.store.leads import Moved
from leadrelay.store.positions import Position

log = structlog.get_logger(__name__)

PAGE = 200
"""How many changes are asked for at once: about so many leads are written in one transaction."""
_CALLS = 2
_LOOK_EVERY = SECOND
_AGAIN_AFTER = 2 * SECOND
_PATIENCE = 10 * MINUTE
"""For so long a change waits for a call of ours that may have caused it; a lease that ran out ends within it."""
_WHILE_SHUT = 15 * SECOND
_REFUSED_FOR = 5 * MINUTE
_NOT_HERE_FOR = HOUR
_MAX_ROUNDS = 20
_KEY_PATHS = ("person.email", "person.emails", "person.phone", "person.mobile", "person.phones", "person.first_name",
              "person.last_name")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What one look at a CRM came to: how many changes it told, and when the next look is worth taking."""

    changes: int = 0
    next_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class _Refusal:
    """The CRM does not let us read this object; everything else goes on."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it is to be written: rows for each table, made before any lock is held."""

    heard: Heard
    versions: Mapping[int, int]
    read: Mapping[Record, feedback.LinkRow | None]
    leads: Sequence[bulk.Row] = ()
    touches: Sequence[bulk.Row] = ()
    events: Sequence[bulk.Row] = ()
    claims: Sequence[tuple[MatchKey, int, Name]] = ()
    deliveries: Sequence[bulk.Row] = ()
    actions: Sequence[bulk.Row] = ()
    owned: Sequence[Lead] = ()
    accounts: Accounts = field(default_factory=Accounts)
    kinds: Counter[str] = field(default_factory=Counter)


class ReadBack:
    """One sink's listener, in the thread that also reconciles it. `run_once` reads at most one page; it raises
    StoreUnavailable, and nothing that a CRM can cause. Any number of workers may listen to one sink."""

    def __init__(
        self,
        database: Database,
        plan: Callable[[], ProcessPlan],
        sink: Callable[[], SinkPlan],
        account: Account,
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        page: int = PAGE,
    ) -> None:
        self._database = database
        self._plan = plan
        self._sink = sink
        self._account = account
        self._clock = clock
        self._ids = ids or Ids()
        self._page = page
        self._followed: tuple[str, ...] = ()
        self._next_look: Instant = 0

    def run_once(self) -> Read:
        """Read one page of the object whose turn it is, if any is due."""
        sink, now = self._sink(), self._clock()
        if not sink.is_live or sink.read_back_every is None:
            return Read()
        if now < self._next_look:
            return Read(next_at=self._next_look)
        self._follow_objects(sink, now)
        position = self._database.repeat(partial(self._claim, sink, now))
        if position is None:
            self._next_look = now + _LOOK_EVERY
            return Read(next_at=self._next_look)
        read = self._look(sink, position)
        return Read(read.changes, self._clock())  # another object may be due as well

    # --- positions ----------------------------------------------------------------------------------------------------

    def _follow_objects(self, sink: SinkPlan, now: Instant) -> None:
        """One position for each object that leads are written to; a new one begins now, so nothing of the past is read."""
        objects = objects_of(sink)
        if objects == self._followed:
            return
        with self._database.write(is_durable=False) as connection:
            positions.follow(connection, sink.name, objects, now, self._ids.take(len(objects), now))
        self._followed = objects

    def _claim(self, sink: SinkPlan, now: Instant) -> Position | None:
        with self._database.read() as connection:
            if not positions.is_due(connection, sink.name, objects_of(sink), now):
                return None
        with self._database.write(is_durable=False) as connection:
            return positions.claim(connection, sink.name, objects_of(sink), now, self._ids.one(now), now + sink.lease)

    # --- asking -------------------------------------------------------------------------------------------------------

    def _look(self, sink: SinkPlan, position: Position) -> Read:
        asked_at = self._clock()
        fields = seeing.watched(sink, position.object)
        every = sink.read_back_every or MINUTE
        if self._is_idle(sink, position):
            return self._put_off(sink, replace(position, since=asked_at, as_of=asked_at, trouble=""), asked_at + every)
        try:
            found = self._account.call(partial(_ask, position, fields, self._page), calls=_CALLS, kind="read_back")
        except NotNow as shut:
            until = asked_at + _WHILE_SHUT if shut.until is None else max(shut.until, asked_at + SECOND)
            return self._put_off(sink, position, until)
        except Retry as error:
            wait = MINUTE if error.code == "internal_error" else _AGAIN_AFTER
            return self._put_off(sink, position, asked_at + wait, why=error.reason)
        except Stop as stop:
            return self._put_off(sink, position, asked_at + _WHILE_SHUT, why=stop.problem.message)
        except TooLarge:
            return self._put_off(sink, position, asked_at + every, why="an answer was too large")
        if found is None:
            return self._put_off(sink, replace(position, as_of=asked_at), asked_at + _NOT_HERE_FOR)
        if isinstance(found, _Refusal):
            return self._put_off(sink, position, asked_at + _REFUSED_FOR, refused=found.problem)
        return self._take(sink, position, found, asked_at)

    def _is_idle(self, sink: SinkPlan, position: Position) -> bool:
        """Whether nothing can have happened: no lead lives on as a record of this object yet, so no call is spent on it."""
        if position.object in sink.objects or position.cursor:
            return False
        with self._database.read() as connection:
            return not feedback.is_linked(connection, sink.name, position.object)

    def _put_off(
        self, sink: SinkPlan, position: Position, until: Instant, *, why: str = "", refused: Problem | None = None
    ) -> Read:
        """Nothing was read: the cursor stays, and whoever waits for it is told when it takes too long."""
        if why:
            position = replace(position, trouble=why)
            log.warning("read_back_failed", sink=sink.name, object=position.object, reason=why)
        now = self._clock()
        with self._database.write(is_durable=False) as connection:
            if positions.settle(connection, position, until):
                lateness.watch(connection, sink, position, now, refused=refused)
        return Read(next_at=until)

    # --- taking in ----------------------------------------------------------------------------------------------------

    def _take(self, sink: SinkPlan, position: Position, found: Changes, asked_at: Instant) -> Read:
        for _ in range(_MAX_ROUNDS):
            try:
                after, due, count = self._database.repeat(partial(self._take_once, sink, position, found, asked_at))
            except Moved:
                continue
            except Exception:
                log.exception("read_back_broken", sink=sink.name, object=position.object)
                return self._put_off(sink, position, self._clock() + MINUTE, why="taking a page in failed; the log has the trace")
            if after.object and count:
                log.info("read_back", sink=sink.name, object=after.object, changes=len(found.changes), taken=count)
            return Read(len(found.changes), due)
        log.warning("page_kept_moving", sink=sink.name, object=position.object)
        return self._put_off(sink, position, self._clock() + _AGAIN_AFTER)

    def _take_once(self, sink: SinkPlan, position: Position, found: Changes, asked_at: Instant) -> tuple[Position, Instant, int]:
        """Decide the page and write it with the position behind it; raises Moved when it has to be decided again."""
        now = self._clock()
        page = self._decided(sink, position, found.changes, asked_at, now)
        after, due = self._after(sink, position, found, page, asked_at, now)
        with self._database.write() as connection:
            if not positions.settle(connection, after, due):
                log.warning("read_back_lease_lost", sink=sink.name, object=position.object)
                return position, due, 0
            self._write(connection, sink, page, now)
            lateness.watch(connection, sink, after, now)
        return after, due, sum(page.kinds.values())

    def _after(
        self, sink: SinkPlan, position: Position, found: Changes, page: _Page, asked_at: Instant, now: Instant
    ) -> tuple[Position, Instant]:
        """The position behind the page and when to go on; where something was doubtful, the same page once more."""
        counts = dict(Counter(position.counts) + page.kinds)
        if page.heard.doubtful:
            doubted_at = position.doubted_at or now
            return replace(position, counts=counts, doubted_at=doubted_at), now + _AGAIN_AFTER
        newest = max((change.at for change in found.changes), default=position.as_of)
        as_of = max(position.as_of, min(newest, asked_at)) if found.has_more else asked_at
        after = replace(position, cursor=found.cursor, as_of=as_of, counts=counts, doubted_at=0, trouble="")
        return after, now if found.has_more else now + (sink.read_back_every or MINUTE)

    # --- deciding: what is read, is read without a lock ---

    def _decided(self, sink: SinkPlan, position: Position, changes: Sequence[Change], asked_at: Instant, now: Instant) -> _Page:
        plan = self._plan()
        changes = [in_our_words(sink, change) for change in changes]
        with self._database.read() as connection:
            known, read = known_of(connection, sink.name, changes)
        is_sure = position.doubted_at > 0 and now - position.doubted_at > _PATIENCE
        hearing = Hearing(
            terms_of(plan, sink, position.object), known, asked_at=asked_at, now=now, new_id=lambda: self._ids.one(now),
            is_sure=is_sure,
        )  # fmt: skip
        heard = hearing.hear(changes)
        versions = {number: row.version for number, row in known.leads.items() if number in heard.involved}
        before = {number: row.lead for number, row in known.leads.items()}
        decided = _decided_again(plan, heard, before, now)
        changed = {number: one.lead for number, one in decided.items()}
        by_uid = {lead.uid: lead for lead in changed.values()}
        claims, perhaps = self._claims(changed, before, heard)
        owned = [lead for lead in changed.values() if lead.told_by(OWNER) or lead.told_by(QUEUE)]
        with self._database.read() as connection:
            accounts = known_accounts.look_up(connection, plan, owned)
        heard.events += perhaps
        numbers = self._ids.take(len(heard.events), now)
        return _Page(
            heard,
            versions,
            read,
            leads=[
                changed_row(one.lead, versions[number], now, plan.look_again(one.again_at, now))
                for number, one in decided.items()
            ],
            touches=[touch_row(number, lead_id, touch, plan.config_hash) for number, lead_id, touch in heard.touches],
            events=[
                (number, now, kind, lead_id, None, json.dumps(said, ensure_ascii=False))
                for number, (kind, lead_id, said) in zip(numbers, heard.events, strict=True)
            ],
            claims=claims,
            deliveries=delivery_rows(plan, by_uid, now, self._ids),
            actions=once_rows(plan, by_uid, now, self._ids),
            owned=owned,
            accounts=accounts,
            kinds=Counter(kind for kind, _, _ in heard.events),
        )

    def _claims(
        self, changed: Mapping[int, Lead], before: Mapping[int, Lead | None], heard: Heard
    ) -> tuple[list[tuple[MatchKey, int, Name]], list[tuple[str, int, dict[str, Any]]]]:
        """The match keys of what the CRM told of a person, as far as nobody has them; who has one is perhaps the same."""
        merged = {merge.winner for merge in heard.merges}
        wanted: dict[int, list[MatchKey]] = {}
        names: dict[int, Name] = {}
        for number, lead in changed.items():
            was = before[number]
            if number not in merged and was is not None and all(lead.value(path) == was.value(path) for path in _KEY_PATHS):
                continue
            values = {path: won.value for path, won in lead.fields.items()}
            wanted[number], names[number] = list(match_keys(values)), name_tokens(values)
        if not wanted:
            return [], []
        with self._database.read() as connection:
            owners = feedback.key_owners(connection, [key.hash for keys in wanted.values() for key in keys])
        losers = {merge.loser: merge.winner for merge in heard.merges}
        claims: list[tuple[MatchKey, int, Name]] = []
        events: list[tuple[str, int, dict[str, Any]]] = []
        for number, keys in wanted.items():
            owned = {key.hash: losers.get(owners[key.hash], owners[key.hash]) for key in keys if key.hash in owners}
            claims += [(key, number, names[number]) for key in keys if key.hash not in owned]
            others = sorted({owner for owner in owned.values() if owner != number})
            if others:
                events.append(("perhaps_same", number, {"leads": [to_uid(other) for other in others]}))
        return _first_of_each(claims), events

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(self, connection: Connection, sink: SinkPlan, page: _Page, now: Instant) -> None:
        """Everything of a page, or nothing when something it was decided by has moved."""
        heard, name = page.heard, sink.name
        feedback.confirm_leads(connection, page.versions)
        feedback.confirm_links(connection, page.read)
        merging.write(connection, heard.merges, now)
        leads.claim_keys(connection, page.claims)
        leads.write_leads(connection, (), page.leads)
        leads.write_touches(connection, page.touches)
        leads.write_events(connection, page.events)
        merges.asked_no_more(connection, name, _ended(heard), now)
        feedback.link(
            connection, [(*record, lead, now, seeing.written(heard.seen[record])) for record, lead in heard.linked.items()]
        )
        stored = [record for record in heard.seen if record not in heard.linked]
        feedback.remember(connection, [(seeing.written(heard.seen[record]), *record) for record in stored])
        feedback.follow(connection, name, heard.followed, now)
        feedback.restore(connection, name, heard.restored, now)
        feedback.discard(connection, name, heard.discarded, json.dumps([_deleted(sink).as_json()]), now)
        feedback.give_up_actions(connection, name, heard.without_record, json.dumps([_deleted(sink).as_json()]), now)
        leads.want_deliveries(connection, page.deliveries)
        leads.want_actions(connection, page.actions)
        work.wake_actions(connection, now, {*heard.linked.values(), *(row[3] for row in page.actions)})
        page.accounts.write(connection, page.owned)


def _decided_again(plan: ProcessPlan, heard: Heard, before: Mapping[int, Lead | None], now: Instant) -> dict[int, Decided]:
    """What the rules say of each lead that the page changed; the moves of stages that came with it are told."""
    _join_stages(plan, heard, before)
    decided = {
        number: decide(plan, lead, before[number], now) for number, lead in heard.leads.items() if lead is not before[number]
    }
    told = {touch.uid for _, _, touch in heard.touches}
    for number, one in decided.items():
        moves = told_moves(plan, heard.leads[number], before[number], told)
        heard.events += [(kind, number, said) for kind, said in (*moves, *one.events)]
    return decided


def _join_stages(plan: ProcessPlan, heard: Heard, before: Mapping[int, Lead | None]) -> None:
    """What was decided of leads that went into another one is that one's as well."""
    into = {merge.loser: merge.winner for merge in heard.merges}
    for merge in heard.merges:
        winner, gone = merge.winner, before.get(merge.loser)
        while winner in into:
            winner = into[winner]
        had = before.get(winner)
        lead = heard.leads.get(winner) or had
        if lead is not None and gone is not None:
            heard.leads[winner] = one_of(plan, lead if had is None else still_decided(lead, had), gone)


def _ended(heard: Heard) -> list[str]:
    """The records that went in the CRM, and those that they were merged into."""
    told = [said for kind, _, said in heard.events if kind in ("crm_merged", "crm_deleted")]
    return sorted({str(said[key]) for said in told for key in ("crm_id", "into") if key in said})


def objects_of(sink: SinkPlan) -> tuple[str, ...]:
    """The objects whose records stand for leads in a sink."""
    return tuple(dict.fromkeys((*sink.objects, *sink.converted)))


def _ask(position: Position, fields: Sequence[str], limit: int, sink: Sink) -> Changes | _Refusal | None:
    """A page of changes; None from a connector that does not read back. What may not be read stops nothing else."""
    if not isinstance(sink, ReadsBack):
        return None
    try:
        return sink.changes(position.object, position.cursor, position.since, fields, limit)
    except Stop as stop:
        if stop.problem.field == "auth":
            raise
        return _Refusal(stop.problem)


def _first_of_each(claims: Sequence[tuple[MatchKey, int, Name]]) -> list[tuple[MatchKey, int, Name]]:
    """Of two leads of a page that want one key the first has it."""
    return list({claim[0].hash: claim for claim in reversed(claims)}.values())


def _deleted(sink: SinkPlan) -> Problem:
    after = "a new touch makes it again (on_deleted: recreate)" if sink.recreates else "it is not made again (on_deleted: leave)"
    return Problem(feedback.DELETED_IN_CRM, f"a person deleted the record in {sink.name}; {after}")
