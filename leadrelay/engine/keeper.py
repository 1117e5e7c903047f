"""The configuration in force: checked before it counts, kept in the store, the same for all processes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from sqlalchemy import select

from core.problems import ConfigProblems
from leadrelay.configuration import Configuration, Files, build, read_files
from leadrelay.engine import alerts
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.store import tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids

log = structlog.get_logger(__name__)

_VERSION = tables.config_version
ALERT = "configuration"
"""The key of the alert that is open while the files on disk can not be used."""

Changed = Callable[[Configuration], None]


class Keeper:
    """Holds one process' configuration and swaps it as a whole. `on_change` is called with each new one."""

    def __init__(
        self,
        database: Database,
        path: Path,
        env: Mapping[str, str],
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
    ) -> None:
        self._database = database
        self._path = path
        self._env = env
        self._clock = clock
        self._ids = ids or Ids()
        self._lock = threading.Lock()
        self._current: Configuration | None = None
        self._refused = ""
        self._listeners: list[Changed] = []

    @property
    def current(self) -> Configuration:
        """The configuration in force."""
        if self._current is None:
            raise RuntimeError("no configuration is in force yet: start() comes first")
        return self._current

    @property
    def is_started(self) -> bool:
        """Whether a configuration is in force."""
        return self._current is not None

    def on_change(self, listener: Changed) -> None:
        """Call `listener` with each configuration that comes into force from now on."""
        self._listeners.append(listener)

    def start(self) -> Configuration:
        """Bring the files into force, else the last good version with an alert; raises ConfigProblems when there is none."""
        try:
            return self.reload()
        except ConfigProblems as error:
            newest = self._newest()
            if newest is None:
                raise
            log.error("configuration_broken", problems=[str(problem) for problem in error.problems])
            self._swap(build(newest, self._env))
            return self.current

    def reload(self) -> Configuration:
        """Check the files and bring them into force for all processes; raises ConfigProblems and then changes nothing."""
        try:
            files = read_files(self._path)
            built = build(files, self._env)
        except ConfigProblems as error:
            self._tell(error)
            raise
        with self._database.write() as connection:
            newest = select(_VERSION.c.hash).order_by(_VERSION.c.id.desc()).limit(1)
            now = self._clock()
            if connection.execute(newest).scalar_one_or_none() != files.hash:
                row = {"id": self._ids.one(now), "hash": files.hash, "files": files.as_json(), "loaded_at": now}
                connection.execute(_VERSION.insert().values(**row))
            alerts.resolve(connection, ALERT, now)
        self._swap(built)
        return built

    def look(self) -> Configuration:
        """The newest version in force, else the files, for a process that only looks: nothing is brought into force."""
        self._swap(build(self._newest() or read_files(self._path), self._env))
        return self.current

    def poll(self) -> bool:
        """Follow a version that another process brought into force; returns whether the configuration changed."""
        with self._database.read() as connection:
            newest = connection.execute(select(_VERSION.c.hash).order_by(_VERSION.c.id.desc()).limit(1)).scalar_one_or_none()
        if newest is None or newest == self.current.hash or newest == self._refused:
            return False
        files = self._newest()
        if files is None:
            return False
        try:
            built = build(files, self._env)
        except ConfigProblems as error:
            self._refused = newest
            log.error("configuration_refused_here", problems=[str(problem) for problem in error.problems])
            self._tell(error)
            return False
        self._swap(built)
        return True

    def _newest(self) -> Files | None:
        with self._database.read() as connection:
            row = connection.execute(select(_VERSION.c.files).order_by(_VERSION.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else Files.from_json(row.files)

    def _swap(self, built: Configuration) -> None:
        with self._lock:
            self._current = built
        log.info("configuration_in_force", hash=built.hash)
        for listener in self._listeners:
            listener(built)

    def _tell(self, error: ConfigProblems) -> None:
        """Open the alert that says what is wrong with the files."""
        data = json.dumps([problem.as_json() for problem in error.problems])
        message = f"the configuration on disk has {len(error.problems)} problem(s); the last good one stays in force"
        with self._database.write() as connection:
            alerts.raise_alert(connection, ALERT, "configuration", message, self._clock(), data=data)
