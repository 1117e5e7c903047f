"""The composition root: the only place that builds the parts and hands them to each other."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from connectors.base import Sink
from core.instants import DAY, MINUTE, Instant
from core.problems import ConfigProblems, Problem
from leadrelay import half_made, heartbeat, plans, pullers
from leadrelay.configuration import Configuration, build_sources, read_files
from leadrelay.engine import erase, resync, retention, schema_watch, suppressions, watchman
from leadrelay.engine.account import Account
from leadrelay.engine.audit import audit
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.engine.credentials import StoredTokens, Vault
from leadrelay.engine.drain import Left, left
from leadrelay.engine.intake import Intake
from leadrelay.engine.keeper import Keeper
from leadrelay.engine.operations import Kind, StoreOperations
from leadrelay.engine.own_key import own_key
from leadrelay.engine.plan import ProcessPlan, SinkPlan
from leadrelay.engine.process import Processor
from leadrelay.engine.read_back import ReadBack
from leadrelay.engine.reconcile import Reconciler
from leadrelay.engine.redeciding import DecideAgain
from leadrelay.engine.spool import Spool
from leadrelay.engine.team_desk import TeamDesk
from leadrelay.engine.timers import Again, Timers, Work, set_timer
from leadrelay.engine.worker import Away, Worker
from leadrelay.notify import notifier
from leadrelay.notify.notifier import Notifier
from leadrelay.settings import Settings, SinkSettings
from leadrelay.store import work
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids
from leadrelay.store.migrate import NewerStore, migrate
from leadrelay.views import StoreViews
from leadrelay.web.entrances import Entrances

log = structlog.get_logger(__name__)

_RETENTION = "retention"
_WAKE = "wake_actions"
_INTAKE_BUSY_S = 3.0
_NEWER_S = 60.0


@dataclass(frozen=True)
class Plans:
    """The plans of one configuration."""

    configuration: Configuration
    process: ProcessPlan
    sinks: Mapping[str, SinkPlan]


class App:
    """One process' parts around one store. Opened by `open_app`; `close` gives everything back."""

    def __init__(self, path: Path, settings: Settings, env: Mapping[str, str], *, clock: Clock = system_clock) -> None:
        self.path = path
        self.settings = settings
        self.env = env
        self.clock = clock
        self.ids = Ids()
        self.database = Database(settings.store)
        self._apart: list[Database] = []
        self.keeper = Keeper(self.database, path, env, clock=clock, ids=self.ids)
        self.keeper.on_change(self._swap)
        self._plans: Plans | None = None

    @property
    def configuration(self) -> Configuration:
        """The configuration in force in this process."""
        return self.keeper.current

    @cached_property
    def vault(self) -> Vault:
        """What encrypts under this installation's key."""
        return Vault(own_key(self.settings.secret_key, self.settings.data_dir))

    def keep_key(self) -> None:
        """Read this installation's key, or make it; raises NoKey. Without it no source and no CRM can be logged into."""
        own_key(self.settings.secret_key, self.settings.data_dir)

    @cached_property
    def spool(self) -> Spool:
        """This machine's spool."""
        return Spool(self.settings.data_dir / "spool")

    @cached_property
    def views(self) -> StoreViews:
        """What people see of the store."""
        return StoreViews(self)

    @cached_property
    def notifier(self) -> Notifier:
        """What tells people of alerts."""
        return Notifier(self.database, lambda: self.configuration.settings, clock=self.clock, ids=self.ids)

    @cached_property
    def operations(self) -> StoreOperations:
        """What people may change of the work."""
        return StoreOperations(self.database, self._names, self.clock, self.ids)

    @cached_property
    def team_desk(self) -> TeamDesk:
        """Who takes leads, and days off."""
        return TeamDesk(self.database, lambda: self.configuration.team, self.clock, self.ids)

    def _names(self) -> dict[Kind, tuple[str, ...]]:
        settings = self.configuration.settings
        return {"source": tuple(settings.sources), "sink": tuple(settings.sinks)}

    def audit(self) -> dict[str, Any]:
        """The conservation ledger, as `leadrelay audit` prints it."""
        return audit(self.database, self.spool, self.process_plan(), self.clock())

    def left(self) -> Left:
        """What is still to be done now, as `leadrelay drain` waits for."""
        live = {name: self.sink_plan(name).objects for name in self.live_sinks()}
        return left(self.database, self.spool, live, self.clock())

    def migrate(self) -> list[str]:
        """Bring the store's tables up to date; returns the steps that ran."""
        return migrate(self.database)

    def connect_apart(self, *, pool_size: int, busy_timeout_s: float) -> Database:
        """The store through connections that nobody else in this process waits for; `close` gives them back as well."""
        database = Database(self.settings.store, pool_size=pool_size, busy_timeout_s=busy_timeout_s)
        self._apart.append(database)
        return database

    def close(self) -> None:
        """Give the store's connections back, all of them: a restore is refused while one is open."""
        for database in (*self._apart, self.database):
            database.close()

    # --- plans ---

    @property
    def plans(self) -> Plans:
        """The plans of the configuration in force."""
        if self._plans is None:
            self._swap(self.keeper.current)
        assert self._plans is not None  # noqa: S101 - set by the line above
        return self._plans

    def _swap(self, configuration: Configuration) -> None:
        process = plans.process_plan(configuration)
        self._plans = Plans(configuration, process, {sink.name: sink for sink in process.sinks})

    def process_plan(self) -> ProcessPlan:
        """What submissions are decided by now."""
        return self.plans.process

    def sink_plan(self, name: str) -> SinkPlan:
        """A sink as configured now."""
        return self.plans.sinks[name]

    def known_sink_plan(self, name: str) -> SinkPlan:
        """A sink as configured now; a bare one where it is configured no more, or no configuration is in force yet."""
        found = self.plans.sinks.get(name) if self.keeper.is_started else None
        return found or SinkPlan(name, (), {})

    # --- parts ---

    def open_sink(self, sink: SinkSettings) -> Sink:
        """A sink's connector, sharing its tokens with all other workers through the store."""
        assert sink.spec.open_sink is not None  # noqa: S101 - the settings take only connectors that are sinks
        plan = self.sink_plan(sink.name)
        wait_for = (
            plan.lease // 4
        )  # rows are claimed by then: what waited for longer might be sent after another worker's newer version
        tokens = StoredTokens(self.database, f"sink:{sink.name}", self.vault, clock=self.clock, ids=self.ids, wait_for=wait_for)
        return sink.spec.open_sink(sink.config, plan.context(tokens))

    def processor(self, *, batch: int | None = None) -> Processor:
        """What decides submissions; `batch` instead of the configured number at once."""
        worker = self.configuration.settings.worker  # `settings` were read for the sources alone
        return Processor(
            self.database, self.process_plan, clock=self.clock, ids=self.ids, batch=batch or worker.batch, lease_for=worker.lease
        )

    def decide_again(self) -> DecideAgain:
        """What decides leads that time alone may have changed."""
        return DecideAgain(self.database, self.process_plan, clock=self.clock, ids=self.ids)

    def reconciler(self, name: str) -> Reconciler:
        """What keeps one sink in step."""
        return Reconciler(
            self.database,
            lambda: self.sink_plan(name),
            lambda: self.open_sink(self.configuration.settings.sinks[name]),
            clock=self.clock,
            ids=self.ids,
        )

    def account(self, name: str) -> Account:
        """One sink's way to its CRM, for what is no delivery; to be closed."""
        return Account(
            self.database,
            lambda: self.sink_plan(name),
            lambda: self.open_sink(self.configuration.settings.sinks[name]),
            clock=self.clock,
            ids=self.ids,
        )

    def read_back(self, name: str, reconciler: Reconciler) -> ReadBack:
        """What listens to one sink's CRM, between the passes of its reconciler and through its account."""
        return ReadBack(
            self.database, self.process_plan, lambda: self.sink_plan(name), reconciler.account, clock=self.clock, ids=self.ids
        )

    def timers(self) -> Timers:
        """What happens later."""
        works: dict[str, Work] = {
            _RETENTION: self._retain,
            _WAKE: self._wake_actions,
            resync.KIND: resync.Resync(self.database, self.ids, self.process_plan),
            suppressions.KIND: self._apply_suppressions,
            schema_watch.KIND: schema_watch.SchemaWatch(self.database, lambda: self.configuration, self.account),
            notifier.KIND: self.notifier,
            watchman.KIND: self._watch,
            watchman.LEDGER: self._check_ledger,
        }
        return Timers(self.database, works, clock=self.clock, ids=self.ids)

    def worker(self) -> Worker:
        """A worker around all of these; its timers are set."""
        erase.apply_suppressions(self)
        for kind in (_RETENTION, _WAKE, notifier.KIND, watchman.KIND):
            set_timer(self.database, self.ids, kind, kind, self.clock())
        set_timer(self.database, self.ids, watchman.LEDGER, watchman.LEDGER, self.clock() + watchman.LEDGER_AFTER)
        self._follow_mappings()
        worker = Worker(
            self.processor(),
            self.timers(),
            again=self.decide_again(),
            sinks=self.live_sinks,
            reconciler=self.reconciler,
            read_back=self.read_back,
            pulled=self.pulled_sources,
            puller=lambda name: pullers.open_puller(self, name),
            follow_configuration=self._follow_configuration,
            now=self.clock,
        )
        self.keeper.on_change(lambda _: worker.restart())
        return worker

    def live_sinks(self) -> tuple[str, ...]:
        """The names of the sinks that send."""
        return tuple(name for name, sink in self.plans.sinks.items() if sink.is_live)

    def pulled_sources(self) -> tuple[str, ...]:
        """The names of the sources that a worker asks: mailboxes and watched folders."""
        sources = self.configuration.settings.sources
        return tuple(name for name, source in sources.items() if pullers.is_pulled(source))

    def _follow_configuration(self) -> None:
        heartbeat.beat(self.settings.data_dir)
        if self.keeper.poll():
            self._follow_mappings()

    def _follow_mappings(self) -> None:
        """Want every lead again in sinks whose mappings have changed."""
        sinks = self.plans.sinks
        resync.forget(self.database, sinks)
        for name, sink in sinks.items():
            resync.follow(self.database, self.ids, name, sink.fingerprint, self.clock())
        schema_watch.follow(self.database, self.ids, self.live_sinks(), self.clock())

    def _apply_suppressions(self, _data: str, _now: Instant) -> Again | None:
        erase.apply_suppressions(self, is_due=True)
        return None

    def _wake_actions(self, _data: str, now: Instant) -> Again:
        """Find actions whose lead got its record in the same moment in which they were wanted, which neither side saw."""
        with self.database.write(is_durable=False) as connection:
            work.wake_actions(connection, now)
        return Again(now + MINUTE)

    def _watch(self, _data: str, now: Instant) -> Again:
        settings = self.configuration.settings
        watched = watchman.Watched(
            self.live_sinks(), tuple(settings.sinks), tuple(settings.sources), settings.notify.failed_deliveries
        )
        watchman.look(self.database, watched, now)
        watchman.look_at_machine(self.database, self.settings.data_dir, self.spool, now)
        return Again(now + MINUTE)

    def _check_ledger(self, _data: str, now: Instant) -> Again:
        wrong = watchman.check_ledger(self.database, self.spool, now)
        log.info("ledger_checked", unaccounted=wrong)
        return Again(now + DAY)

    def _retain(self, _data: str, now: Instant) -> Again:
        kept = self.configuration.settings.retention.model_dump()
        gone = retention.expire(self.database, kept, now)
        if self.database.file is not None:
            half_made.clear_stores(self.database.file)
        log.info("retention", **gone, notices=notifier.forget_old(self.database, now))
        return Again(now + DAY)


def open_app(path: Path, env: Mapping[str, str] | None = None, *, clock: Clock = system_clock) -> App:
    """The parts for a configuration file; raises ConfigProblems when its settings are wrong. Nothing is connected yet."""
    env = os.environ if env is None else env
    sources = build_sources(read_files(path), env)
    if sources.settings is None:
        raise ConfigProblems(sources.problems)
    return App(path, sources.settings, env, clock=clock)


class Doors:
    """The web process' sources: opened from their own settings alone, improved by the configuration in force."""

    def __init__(self, app: App) -> None:
        self.entrances = Entrances()
        self.problems: tuple[Problem, ...] = ()
        self._app = app

    def open(self) -> None:
        """Open what can be opened from the files, without the store and whatever is wrong with mappings and rules."""
        found = build_sources(read_files(self._app.path), self._app.env)
        self.problems = found.problems
        self.entrances.replace(plans.entrances(found.sources, None, self._app.settings.web.max_body), found.closed)

    def follow(self, configuration: Configuration) -> None:
        """Open what a whole configuration says."""
        settings = configuration.settings
        self.entrances.replace(plans.entrances(settings.sources, configuration, settings.web.max_body))
        self.problems = ()


class Follower:
    """A thread that brings a web process' configuration into force and keeps it in step, also when the store comes late."""

    def __init__(self, app: App, doors: Doors, *, every_s: float = 1.0) -> None:
        self._app = app
        self._doors = doors
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="configuration", daemon=True)
        app.keeper.on_change(doors.follow)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        step: Callable[[], object] = self._begin
        away = Away("configuration")
        while not self._stopping.is_set():
            try:
                step()
                away.over()
                step = self._app.keeper.poll
            except StoreUnavailable as error:
                away.tell(str(error), time.monotonic())
            except NewerStore as error:  # another machine has it migrated while we run; what is added does not hinder captures
                log.warning("store_newer", reason=str(error))
                self._stopping.wait(_NEWER_S)
            except ConfigProblems as error:
                self._doors.problems = error.problems
                step = self._app.keeper.poll if self._app.keeper.is_started else self._begin
            self._stopping.wait(self._every_s)

    def _begin(self) -> None:
        self._app.migrate()
        self._app.keeper.start()


def intake(app: App, on_commit: Callable[[int, float], None] | None = None) -> Intake:
    """Durable intake on a connection of its own, which gives up on a busy store sooner and spools instead."""
    database = app.connect_apart(pool_size=1, busy_timeout_s=_INTAKE_BUSY_S)
    return Intake(database, app.spool, ids=app.ids, clock=app.clock, on_commit=on_commit)
