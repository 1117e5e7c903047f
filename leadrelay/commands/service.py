"""The commands that run: `run`, `web`, `worker`, `sandbox`, and those beside them, `migrate` and `reload`."""

from __future__ import annotations

import errno
import logging
import os
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from leadrelay.commands.options import Config, Json, config_path
from leadrelay.commands.output import answering, counted, give_up, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.problems import Problem
    from leadrelay.app import App


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (run, web, worker, migrate, reload, sandbox):
        app.command()(command)


def run(config: Config = None) -> None:
    """Run everything on this machine: what takes forms, and what makes leads and sends them.

    Ctrl-C or SIGTERM ends it cleanly; SIGHUP reads the configuration again.

    Example: leadrelay run
    """
    with answering():
        from leadrelay import logs
        from leadrelay.family import hold_reloads, run_all

        hold_reloads()
        path = config_path(config)
        logs.configure()
        with ExitStack() as held:  # the lock of a store in one file
            run_all(path, lambda: _may_start(path, held))


def web(
    config: Config = None,
    reuse_port: Annotated[
        bool, typer.Option("--reuse-port", help="Let several web processes of this machine listen on the same port.")
    ] = False,
) -> None:
    """Run only the part that takes forms and answers the API. Several may run, on PostgreSQL.

    Example: leadrelay web
    """
    with answering():
        from leadrelay.family import end_with_parent, hold_reloads

        hold_reloads()
        end_with_parent()
        from leadrelay.serving import serve_web

        app = _opened(config)
        _refuse_newer(app)
        try:
            serve_web(app, reuse_port=reuse_port)
        except OSError as error:
            if not _is_no_place(error):
                raise
            place = f"{app.settings.web.host}:{app.settings.web.port}"
            refuse(f"{place} can not be listened on: {error.strerror}. Change `web.host` or `web.port`, or end what uses it.")


def _refuse_newer(app: App) -> None:
    """Refuse an embedded store of a newer version. One on a server is not waited for: posts go into the spool until it answers,
    and the worker refuses it."""
    from leadrelay.store.database import StoreUnavailable
    from leadrelay.store.migrate import pending

    if app.database.is_sqlite:
        with suppress(StoreUnavailable):
            pending(app.database)


def _is_no_place(error: OSError) -> bool:
    """Whether an address can not be listened on: in use, not ours, or none at all."""
    return isinstance(error, socket.gaierror) or error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)


def worker(config: Config = None) -> None:
    """Run only the part that makes leads and sends them to the CRMs. Several may run.

    Example: leadrelay worker
    """
    with answering():
        from leadrelay.family import end_with_parent, hold_reloads

        hold_reloads()
        end_with_parent()
        from leadrelay.serving import serve_worker

        app = _opened(config)
        app.keep_key()
        serve_worker(app)


def _may_start(path: Path, held: ExitStack) -> bool:
    """Whether the processes can start at all; asked while the web process, which says what is wrong, is starting already.

    Refuses a second `run` on the same SQLite store, and a start without the installation's key.
    """
    from leadrelay.configuration import build_sources, read_files
    from leadrelay.engine.own_key import own_key

    settings = build_sources(read_files(path), os.environ).settings
    if settings is None:
        return False
    scheme, _, file = settings.store.partition(":///")
    if scheme == "sqlite":
        _hold_store(file, held)
    own_key(settings.secret_key, settings.data_dir)
    return True


def _hold_store(file: str, held: ExitStack) -> None:
    from leadrelay.run_lock import Taken, hold

    try:
        held.enter_context(hold(Path(file)))
    except Taken as taken:
        refuse(
            f"`leadrelay run` works on {file} already ({taken}). End that one first. To share the work on this machine, start "
            "`leadrelay worker` beside it; several `run`s or machines need PostgreSQL: change `store`."
        )
    except OSError as error:
        give_up(f"{Path(file).parent} can not be written: {error.strerror}. The store is there: change its rights, or `store`.")


def _opened(config: Config, level: int = logging.INFO) -> App:
    from leadrelay import logs
    from leadrelay.app import open_app

    logs.configure(level=level)
    return open_app(config_path(config))


def migrate(config: Config = None, as_json: Json = False) -> None:
    """Bring the store up to date after an update of leadrelay. `run`, `web` and `worker` do it at start.

    A SQLite store is copied first.

    Example: leadrelay migrate
    """
    with answering(as_json) as out:
        app = _opened(config, logging.WARNING)
        try:
            steps = app.migrate()
        finally:
            app.close()
        out.document({"steps": steps})
        out.say(f"{counted(len(steps), 'step')} done: {', '.join(steps)}" if steps else "The store is up to date.")


def reload(config: Config = None, as_json: Json = False) -> None:
    """Bring a changed configuration into force, without a stop.

    It is checked first. When something is wrong, all of it is named, and the last good configuration stays in force. Tests of
    your own that fail are named as well and stop nothing.

    Example: leadrelay reload
    """
    with answering(as_json) as out:
        app = _opened(config, logging.WARNING)
        try:
            app.migrate()
            built = app.keeper.reload()
            warnings = (*built.warnings, *_failing_tests(app, built.hash))
        finally:
            app.close()
        out.document({"hash": built.hash, "warnings": [problem.as_json() for problem in warnings]})
        out.problems(warnings)
        out.say(f"Configuration {built.hash} is in force; running processes follow within seconds.")


def _failing_tests(app: App, config_hash: str) -> Iterator[Problem]:
    """The tests in the users' files that this configuration does not pass; the files as they came into force, whatever was saved
    since."""
    from core.problems import Problem
    from leadrelay.file_tests import run_file_tests
    from leadrelay.files import Files
    from leadrelay.store import replays

    with app.database.read() as connection:
        text = replays.files_of(connection, config_hash)
    for one in () if text is None else run_file_tests(Files.from_json(text), ()).tests:
        if not one.passed:
            message = f"the test `{one.name}` fails under what is in force now. `leadrelay test` says why."
            yield Problem("test_failed", message, one.name, one.place)


def sandbox(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65534, help="Salesforce's port, HubSpot gets the next one; 0 takes free ones.")
    ] = 8181,
    only: Annotated[
        Literal["salesforce", "hubspot"] | None, typer.Option("--only", help="Run one of them alone; it gets the port itself.")
    ] = None,
) -> None:
    """Run a Salesforce and a HubSpot simulator that speak the real APIs, for trying things and for tests.

    Point a sink's `base_url` (and Salesforce's `auth.login_url`) at the addresses it prints. Salesforce takes client id
    `leadrelay` and client secret `sandbox-secret`, HubSpot the access token `sandbox-token`. Below /sandbox/ they take orders:
    faults, edits by sales, conversions, merges (see docs/sandbox.md).

    Example: leadrelay sandbox --port 8181
    """
    with answering():
        from leadrelay.sandbox.server import chosen_ports, main

        ports = chosen_ports(port, only)
        try:
            main(host, ports)
        except OSError as error:
            if not _is_no_place(error):
                raise
            place = f"{host}:{'/'.join(str(one) for one in ports.values())}"
            refuse(
                f"{place} can not be listened on: {error.strerror}. Name another --port (0 takes free ones), or end what uses it."
            )
