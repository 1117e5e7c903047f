"""The long-running commands `web` and `worker`. The worker imports nothing of the web side: it would cost time and memory."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from core.problems import Problem, problem_from_json
from leadrelay import heartbeat
from leadrelay.app import App, Doors, Follower, intake
from leadrelay.engine import alerts
from leadrelay.engine.keeper import ALERT
from leadrelay.family import take_reloads
from leadrelay.notify.kinds import FAILING, SOURCE_FAILS, SOURCE_PAUSED, kind_of
from leadrelay.settings import Settings
from leadrelay.store import gates, markers
from leadrelay.store.database import StoreUnavailable

if TYPE_CHECKING:
    from fastapi import FastAPI

    from leadrelay.web.access import ApiUser
    from leadrelay.web.health import Condition

log = structlog.get_logger(__name__)

_RESTART_AFTER_S = 1.0
_STORE_WAIT_S = 60.0
_STORE_TOLD_EVERY_S = 15.0


# --- web ------------------------------------------------------------------------------------------------------------


def serve_web(app: App, *, reuse_port: bool = False) -> None:
    """Capture posts and answer the API until SIGTERM or SIGINT; also while the store is away, into the spool."""
    from leadrelay.web.server import run

    made = make_web(app)
    tune_interpreter()
    take_reloads(lambda: threading.Thread(target=_reload, args=(app,), daemon=True).start())
    web = app.settings.web
    run(made, web.host, web.port, reuse_port=reuse_port)


def make_web(app: App) -> FastAPI:
    """The web application with its intake and its doors, which live as long as it is served."""
    from leadrelay import store_metrics
    from leadrelay.web.access import ApiUsers
    from leadrelay.web.app import create_app
    from leadrelay.web.metrics import Metrics

    metrics = Metrics()
    metrics.add(lambda: store_metrics.collect(app))
    users = ApiUsers(_users(app.settings))
    app.keeper.on_change(lambda built: users.replace(_users(built.settings)))
    doors = Doors(app)
    doors.open()
    follower = Follower(app, doors)
    durable = intake(app, metrics.committed)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        durable.start()
        follower.start()
        try:
            yield
        finally:
            follower.stop()
            durable.stop()

    return create_app(
        entrances=doors.entrances, intake=durable, views=app.views, operations=app.operations, desk=app.team_desk,
        users=users, metrics=metrics,
        condition=lambda: _condition(app, doors.problems),
        clock=app.clock, lifespan=life,
    )  # fmt: skip


def _users(settings: Settings) -> list[ApiUser]:
    """Who may use the API."""
    from leadrelay.web.access import ApiUser

    return [ApiUser(name, entry.role, entry.token.get_secret_value()) for name, entry in settings.web.tokens.items()]


def _condition(app: App, problems: tuple[Problem, ...]) -> Condition:
    """What a person should look at: problems of the files on disk, what is paused, and what fails."""
    from leadrelay.web.health import Condition

    with app.database.read() as connection:
        gates_now = gates.read_all(connection)
        by_hand = markers.paused_sources(connection)
        open_now = alerts.open_alerts(connection)
    broken = [alert for alert in open_now if alert["key"] == ALERT]
    found = tuple(problem_from_json(each) for alert in broken for each in json.loads(str(alert["data"])))
    paused = {name: gate.paused.message for name, gate in gates_now.items() if gate.paused is not None}

    def told(kind: str) -> dict[str, str]:
        return {kind_of(kind).subject(str(one["key"])): str(one["message"]) for one in open_now if one["kind"] == kind}

    # Why a source fails is told by its title alone: the message may name a file, and a file's name a person.
    failing = {name: kind_of(kind).title for kind in reversed(SOURCE_FAILS) for name in told(kind)}
    waiting = {name: message.removeprefix(f"source `{name}`: ") for name, message in told(SOURCE_PAUSED).items()}
    sources = {**{name: reason or "paused by a person" for name, reason in by_hand.items()}, **waiting}
    return Condition(tuple(dict.fromkeys((*problems, *found))), paused, sources, failing, told(FAILING))


def tune_interpreter() -> None:
    """Make Python fit for threads that share a store.

    What was made at the start is kept out of garbage collection, and the collector comes less often: what leads leave behind
    is freed without it, and its passes took a sixth of the time to decide a lead. Threads take turns every half millisecond
    instead of five: one that holds SQLite's write lock must not wait long for the interpreter.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    sys.setswitchinterval(0.0005)


# --- worker ---------------------------------------------------------------------------------------------------------


def serve_worker(app: App) -> None:
    """Decide, reconcile and keep house until SIGTERM or SIGINT."""
    _with_store(app, lambda: (app.migrate(), app.keeper.start()))
    worker = app.worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.tell_stop())
    take_reloads(lambda: threading.Thread(target=_reload, args=(app,), daemon=True).start())
    tune_interpreter()
    worker.start()
    log.info("worker_started", pid=os.getpid())
    worker.wait()
    worker.stop()
    app.notifier.close()
    heartbeat.stop(app.settings.data_dir)
    log.info("worker_stopped", pid=os.getpid())


def _with_store(app: App, work: Callable[[], object]) -> None:
    """Do something that needs the store, waiting for one that is just starting; the log says so now and then."""
    tell_at = time.monotonic()
    give_up_at = tell_at + _STORE_WAIT_S
    while True:
        try:
            work()
        except StoreUnavailable as error:
            if time.monotonic() > give_up_at:
                raise
            if time.monotonic() >= tell_at:
                log.warning("waiting_for_store", reason=str(error))
                tell_at = time.monotonic() + _STORE_TOLD_EVERY_S
            time.sleep(_RESTART_AFTER_S)
        else:
            return


def _reload(app: App) -> None:
    """SIGHUP: bring the files into force; what is wrong with them is logged and alerted, and nothing changes."""
    from core.problems import ConfigProblems

    try:
        app.keeper.reload()
    except ConfigProblems as error:
        log.error("configuration_broken", problems=[str(problem) for problem in error.problems])
    except StoreUnavailable as error:
        log.error("reload_failed", reason=str(error))
