"""The timer's work: plans what is to be told, and sends each notice at least once, a target never keeping back another.

A notice is a row. A worker leases the rows of one message, sends them outside of any transaction and marks them, fenced by its
token. Killed in between, the message goes out again under the same id.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import Connection, or_, select, update
from sqlalchemy.engine import make_url

from core.instants import DAY, HOUR, MINUTE, SECOND, Instant
from core.retry import Again as Later
from core.retry import decide_retry
from leadrelay.engine import alerts
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.timers import Again
from leadrelay.notify import planning
from leadrelay.notify.clean import cleaned
from leadrelay.notify.kinds import FAILING, KINDS, AlertKind, kind_of
from leadrelay.notify.messages import TEST, Item, Message
from leadrelay.notify.planning import RESOLVED, Alert, Told, Wanted
from leadrelay.notify.sending import WITHIN_S, NotSent, send
from leadrelay.notify.settings import secret_values
from leadrelay.settings import Settings
from leadrelay.store import bulk, tables
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids, taken_at, to_uid

T = TypeVar("T")
log = structlog.get_logger(__name__)

KIND = "notify"
_EVERY, _IDLE_EVERY = 5 * SECOND, MINUTE
_LEASE_FOR = MINUTE
_TELL_AFTER_TRIES = 3
_KEPT_FOR = 7 * DAY
_MOST_AT_ONCE = 50
_LOOKED_AT = 500
"""Of how many notices that are due those that belong together are sought."""
_PART = 200
"""Notices a transaction."""
_NOTICE, _ALERT = tables.notice, tables.alert


class Notifier:
    """Tells people of alerts. One planner at a time holds the timer; any number of workers send."""

    def __init__(
        self,
        database: Database,
        settings: Callable[[], Settings],
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._ids = ids or Ids()
        self._jitter = jitter
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Thread] = {}

    def __call__(self, _data: str, now: Instant) -> Again:
        """The timer's work: plan, and begin to send in the background."""
        notify = self._settings().notify
        if not notify.targets:
            return Again(now + _IDLE_EVERY)
        self.plan(now)
        for name in notify.targets:
            self._begin(name)
        return Again(now + _EVERY)

    # --- planning ---

    def plan(self, now: Instant) -> None:
        """Have a row for each notice that is to be sent. It is decided without a lock and written in parts, so that thousands of
        alerts keep nobody else waiting; what has changed meanwhile is put right by the next plan."""
        notify = self._settings().notify
        with self._database.read(is_snapshot=True) as connection:
            found = planning.plan(notify, *_known(connection, now), now)
        for make in _parts(found.make):
            self._database.repeat(partial(self._make, make, now))
        free = _NOTICE.c.sent_at.is_(None) & (_NOTICE.c.leased_until <= now)
        for ids in _parts(found.take_back):
            with self._database.write() as connection:
                connection.execute(_NOTICE.delete().where(_NOTICE.c.id.in_(ids), free))
        for ids in _parts(found.count_as_told):
            with self._database.write() as connection:
                connection.execute(_NOTICE.update().where(_NOTICE.c.id.in_(ids), free).values(sent_at=now, token=None))

    def _make(self, wanted: Sequence[Wanted], now: Instant) -> None:
        with self._database.write() as connection:
            bulk.insert(
                connection,
                _NOTICE,
                ("id", "alert_key", "since_at", "target", "kind", "due"),
                [(self._ids.one(now), one.alert_key, one.since_at, one.target, one.kind, now) for one in wanted],
                conflict="ON CONFLICT (alert_key, since_at, target, kind) DO NOTHING",
            )

    # --- sending ---

    def _begin(self, target: str) -> None:
        """Send what is due to a target in a thread of its own, unless one is at it."""
        with self._lock:
            before = self._busy.get(target)
            if before is not None and before.is_alive():
                return
            thread = threading.Thread(target=self._send_quietly, args=(target,), name=f"notify-{target}", daemon=True)
            self._busy[target] = thread
            thread.start()

    def _send_quietly(self, target: str) -> None:
        try:
            self.send_due(target)
        except StoreUnavailable as error:
            log.warning("store_away", loop="notify", reason=str(error))
        except Exception:
            log.exception("notify_failed", target=target)

    def close(self) -> None:
        """Let messages that are under way arrive; not longer than they may take."""
        give_up_at = time.monotonic() + WITHIN_S
        for thread in list(self._busy.values()):
            thread.join(max(0.0, give_up_at - time.monotonic()))

    def send_due(self, target: str) -> int:
        """Send everything that is due to a target, until it fails; returns how many messages went."""
        count = 0
        while (claimed := self._database.repeat(lambda: self._claim(target))) is not None:
            if not self._send(target, *claimed):
                break
            count += 1
        return count

    def _claim(self, target: str) -> tuple[list[Any], int] | None:
        """The rows of the next message, leased; None when nothing is due."""
        now = self._clock()
        due = (
            (_NOTICE.c.target == target) & _NOTICE.c.sent_at.is_(None) & (_NOTICE.c.due <= now) & (_NOTICE.c.leased_until <= now)
        )
        with self._database.read() as connection:
            if connection.execute(select(_NOTICE.c.id).where(due).limit(1)).first() is None:
                return None
        with self._database.write() as connection:
            columns = _ALERT.c.kind.label("alert_kind"), _ALERT.c.data.label("alert_data")
            query = select(_NOTICE, *columns).join(_ALERT, _ALERT.c.key == _NOTICE.c.alert_key)
            found = list(
                connection.execute(
                    query.where(due).order_by(_NOTICE.c.id).limit(_LOOKED_AT).with_for_update(skip_locked=True, of=_NOTICE)
                )
            )
            if not found:
                return None
            first = found[0]
            rows = [row for row in found if _belongs(row, first)][:_MOST_AT_ONCE]
            token = self._ids.one(now)
            mine = {"token": token, "leased_until": now + _LEASE_FOR, "tries": _NOTICE.c.tries + 1}
            connection.execute(update(_NOTICE).where(_NOTICE.c.id.in_([row.id for row in rows])).values(**mine))
            return rows, token

    def _send(self, name: str, rows: Sequence[Any], token: int) -> bool:
        settings = self._settings()
        target = settings.notify.targets.get(name)
        if target is None:
            return False
        with self._database.read() as connection:
            message = _message(connection, settings, rows)
        people = _people(rows[0].alert_kind, rows[0].alert_data)
        failure: NotSent | None = None
        try:
            send(target.to_people(people) if people else target, message)
        except NotSent as error:
            failure = error
        except Exception:
            log.exception("notice_failed", target=name)
            failure = NotSent("leadrelay failed inside; the log has the trace", may_have_arrived=True)
        self._database.repeat(lambda: self._settle(name, rows, token, failure))
        return failure is None

    def _settle(self, target: str, rows: Sequence[Any], token: int, failure: NotSent | None) -> None:
        now = self._clock()
        held = _NOTICE.c.id.in_([row.id for row in rows]) & (_NOTICE.c.token == token)
        key, tries = f"notify:{target}", max(row.tries for row in rows)
        with self._database.write() as connection:
            if failure is None:
                values: dict[str, object] = {"sent_at": now, "token": None, "leased_until": 0, "problem": None}
                connection.execute(_NOTICE.update().where(held).values(**values))
                alerts.resolve(connection, key, now)
                log.info("notice_sent", target=target, kind=rows[0].kind, alert=rows[0].alert_kind, count=len(rows))
                return
            reason = cleaned(str(failure), secrets_of(self._settings()))
            next_try = decide_retry(tries, failure, now=now, jitter=self._jitter())
            due = next_try.due if isinstance(next_try, Later) else now + HOUR  # as long as it is open, somebody must be told
            values = {"due": due, "leased_until": 0, "problem": reason}
            if not failure.may_have_arrived:
                values["token"] = None
            connection.execute(_NOTICE.update().where(held).values(**values))
            log.warning("notice_failed", target=target, reason=reason, tries=tries + 1)
            if tries + 1 >= _TELL_AFTER_TRIES:
                alerts.raise_alert(connection, key, FAILING, f"notices to `{target}` can not be sent: {reason}", now)


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _PART):
        yield values[start : start + _PART]


def _belongs(row: Any, first: Any) -> bool:
    """Whether a notice goes into the same message: the same is said of the same kind of alert."""
    is_alike = row.alert_kind == first.alert_kind and planning.event_of(row.kind) == planning.event_of(first.kind)
    return is_alike and _people(row.alert_kind, row.alert_data) == _people(first.alert_kind, first.alert_data)


def _people(kind: str, data: str) -> tuple[str, ...]:
    """Whom an alert is for itself, as far as mail can reach them; empty where its targets say who is told."""
    found = json.loads(data).get("people", ()) if kind_of(kind).is_once else ()
    return tuple(one for one in found if one.isascii())


def _known(connection: Connection, now: Instant) -> tuple[list[Alert], list[Told]]:
    """The alerts that are open or were told of, and all notices."""
    notices = [
        Told(
            row.id, row.alert_key, row.since_at, row.target, row.kind, taken_at(row.id), row.sent_at,
            row.sent_at is None and row.leased_until > now, row.token is not None,
        )
        for row in connection.execute(select(_NOTICE).order_by(_NOTICE.c.id))
    ]  # fmt: skip
    named = _ALERT.c.key.in_(select(_NOTICE.c.alert_key).distinct())
    query = select(_ALERT.c.key, _ALERT.c.kind, _ALERT.c.since_at, _ALERT.c.resolved_at, _ALERT.c.data)
    rows = connection.execute(query.where(or_(_ALERT.c.resolved_at.is_(None), named)).order_by(_ALERT.c.since_at, _ALERT.c.key))
    return [Alert(row.key, row.kind, row.since_at, row.resolved_at, _people(row.kind, row.data)) for row in rows], notices


def _message(connection: Connection, settings: Settings, rows: Sequence[Any]) -> Message:
    found = connection.execute(select(_ALERT).where(_ALERT.c.key.in_([row.alert_key for row in rows])))
    known = {row.key: row for row in found}
    secrets = secrets_of(settings)
    event = planning.event_of(rows[0].kind)
    items = tuple(
        Item(
            to_uid(row.id),
            row.alert_key,
            cleaned(known[row.alert_key].message, secrets),
            row.since_at,
            known[row.alert_key].resolved_at if event == RESOLVED else None,
        )
        for row in rows
    )
    return Message(event, kind_of(rows[0].alert_kind), items, settings.notify.name, settings.notify.docs_url)


def secrets_of(settings: Settings) -> frozenset[str]:
    """Every secret of the configuration, which no message may hold."""
    configs = [one.config for one in settings.sources.values()] + [one.config for one in settings.sinks.values()]
    password = make_url(settings.store).password
    found = secret_values(settings.web, settings.notify, settings.secret_key, *configs)
    return found | {password} if isinstance(password, str) and password else found


def trial_message(settings: Settings, target: str) -> Message:
    """What a target is sent to try it."""
    now = system_clock()
    kind = AlertKind("test", "it", "Alerts of leadrelay arrive here", "leadrelay notify list")
    item = Item(to_uid(Ids().one(now)), f"test:{target}", "Nothing is wrong: somebody is trying this target.", now)
    return Message(TEST, kind, (item,), settings.notify.name, settings.notify.docs_url)


def forget_old(database: Database, now: Instant) -> int:
    """Remove the notices of troubles that were over a week ago, and all of what was told once by then; returns how many."""
    with database.read() as connection:
        _, notices = _known(connection, now)
    _forget_once(database, now - _KEPT_FOR)
    old = planning.over(notices, now - _KEPT_FOR)
    for ids in _parts(old):
        with database.write(is_durable=False) as connection:
            connection.execute(_NOTICE.delete().where(_NOTICE.c.id.in_(ids)))
    return len(old)


def _forget_once(database: Database, before: Instant) -> None:
    """Alerts that are told once are no list of what is to be done: the leads say that themselves."""
    kinds = [kind.name for kind in KINDS.values() if kind.is_once]
    with database.read() as connection:
        keys = list(
            connection.execute(select(_ALERT.c.key).where(_ALERT.c.kind.in_(kinds), _ALERT.c.since_at < before)).scalars()
        )
    for some in _parts(keys):
        with database.write(is_durable=False) as connection:
            connection.execute(_NOTICE.delete().where(_NOTICE.c.alert_key.in_(some), _NOTICE.c.since_at < before))
            connection.execute(_ALERT.delete().where(_ALERT.c.key.in_(some), _ALERT.c.since_at < before))


def last_told(database: Database, targets: Sequence[str]) -> dict[str, tuple[Instant | None, str]]:
    """For each target when it was last told something, and what is wrong with the newest notice that waits."""
    with database.read() as connection:
        rows = list(connection.execute(select(_NOTICE).order_by(_NOTICE.c.id)))
    found: dict[str, tuple[Instant | None, str]] = {}
    for name in targets:
        mine = [row for row in rows if row.target == name]
        sent = max((row.sent_at for row in mine if row.sent_at is not None), default=None)
        problem = next((row.problem for row in reversed(mine) if row.sent_at is None and row.problem), "")
        found[name] = sent, cast("str", problem)
    return found
