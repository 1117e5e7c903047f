"""Commands of leadrelay as real processes that begin at once: forked from one that has everything loaded.

To start Python and to load leadrelay takes over a second of a processor, and the tests start hundreds of commands. What is
started here has a process, a working directory, an environment and an output of its own, can be killed, and ends as any other.
Tests of the start itself, of terminals and of what is installed type `python -m leadrelay.cli` or `leadrelay` instead.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]

_SHIM = """\
#!{python} -SE
import json, os, socket, sys
mine, theirs = socket.socketpair()
with socket.socket(fileno=os.dup({control})) as control:
    socket.send_fds(control, [b"!"], [theirs.fileno(), 0, 1, 2])
theirs.close()
mine.sendall(json.dumps({{"words": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}}).encode() + b"\\n")
said = b"".join(iter(lambda: mine.recv(100), b"")).split()
sys.exit(int(said[1]))
"""
"""`leadrelay` for a shell. What kills it kills its command as well."""


class Command:
    """A command that was started; used like a `subprocess.Popen`. When nobody knows it any more, it is killed."""

    def __init__(self, words: Sequence[str], line: socket.socket) -> None:
        self.args = list(words)
        self._line, self._said = line, b""
        self.returncode: int | None = None
        self.pid = int(self._told(None))

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, once it has."""
        if self.returncode is None:
            self.returncode = int(self._told(timeout))
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def _told(self, timeout: float | None) -> bytes:
        """The next line from the source: first its id, then how it ended."""
        end = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._said:
            self._line.settimeout(None if end is None else max(0.0001, end - time.monotonic()))
            try:
                more = self._line.recv(100)
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            assert more, "the process that commands are forked from has ended"
            self._said += more
        said, _, self._said = self._said.partition(b"\n")
        return said


class Commands:
    """The process that commands are forked from. It ends with the tests, however they end, and so does all that it started."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._source = subprocess.Popen([sys.executable, "-m", "tests.support.commands"], cwd=ROOT, stdin=theirs)

    def close(self) -> None:
        """End it, and whatever still runs."""
        self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        self._source.wait(30)

    def start(
        self,
        *words: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdout: IO[Any] | int = subprocess.DEVNULL,
        stderr: IO[Any] | int = subprocess.DEVNULL,
    ) -> Command:
        """Start a command, as `leadrelay WORDS` would be from this folder and environment; its standard input is empty."""
        typed = [str(word) for word in words]
        asked = {"words": typed, "cwd": str(cwd or Path.cwd()), "env": dict(os.environ if env is None else env)}
        mine, theirs = socket.socketpair()
        with theirs, Path(os.devnull).open("r+b") as nothing:
            outs = (nothing if out == subprocess.DEVNULL else out for out in (stdout, stderr))
            files = [theirs.fileno(), nothing.fileno(), *(out if isinstance(out, int) else out.fileno() for out in outs)]
            socket.send_fds(self._control, [b"!"], files)
        mine.sendall(json.dumps(asked).encode() + b"\n")
        return Command(typed, mine)

    def run(
        self, *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, and tell what it said."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            command = self.start(*words, cwd=cwd, env=env, stdout=out, stderr=err)
            try:
                status = command.wait(timeout)
            finally:
                command.kill()
            for file in (out, err):
                file.seek(0)
            return subprocess.CompletedProcess(command.args, status, out.read().decode(), err.read().decode())

    def shim(self, folder: Path) -> int:
        """Put a `leadrelay` for shells into a folder; the file that a shell has to inherit for it."""
        path = folder / "leadrelay"
        path.write_text(_SHIM.format(python=sys.executable, control=self._control.fileno()), encoding="utf-8")
        path.chmod(0o755)
        return self._control.fileno()


# --- the process that they are forked from ------------------------------------------------------------------------------------


def load_everything() -> None:
    """Load what a command may need."""
    for name in ("core", "connectors", "leadrelay"):
        for found in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            if ".migrations" not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    for name in (
        "anyascii._data",
        "holidays",
        "uvicorn",
        "psycopg",
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql",
    ):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # else a collection in a command would copy all of it


class Source:
    """Forks a command for each that is asked for, and tells how it ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._heard, self._woken = socket.socketpair()
        for end in (self._heard, self._woken):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        self._ready = selectors.DefaultSelector()
        for one in (control, self._heard):
            self._ready.register(one, selectors.EVENT_READ)
        self._running: dict[int, socket.socket] = {}

    def serve(self) -> bool:
        """True in each command, which is to begin; False when no more will be asked for."""
        while True:
            for key, _ in self._ready.select():
                if key.fileobj is self._heard:
                    self._heard.recv(100)
                    self._tell_ended()
                elif key.fileobj is self._control:
                    _, files, _, _ = socket.recv_fds(self._control, 1, 4)
                    if not files:
                        self._kill(*self._running)
                        for pid in self._running:
                            os.waitpid(pid, 0)
                        return False
                    if self._forked(socket.socket(fileno=files[0]), files[1:]):
                        return True
                elif key.data in self._running:  # whoever started it is gone
                    self._ready.unregister(key.fileobj)
                    self._kill(key.data)

    def _forked(self, line: socket.socket, files: Sequence[int]) -> bool:
        asked = json.loads(line.makefile().readline())
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._ready.close()
            for one in (self._control, self._heard, self._woken, line, *self._running.values()):
                one.close()
            become(asked, files)
            return True
        for file in files:
            os.close(file)
        self._running[pid] = line
        self._ready.register(line, selectors.EVENT_READ, pid)
        line.sendall(b"%d\n" % pid)
        return False

    def _tell_ended(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            line = self._running.pop(pid)
            with contextlib.suppress(KeyError):
                self._ready.unregister(line)
            with contextlib.suppress(OSError):  # nobody waits for it
                line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            line.close()

    def _kill(self, *pids: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def become(asked: Mapping[str, Any], files: Sequence[int]) -> None:
    """Be the command that was asked for, as a shell would have started it."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    sys.argv = ["leadrelay", *asked["words"]]
    sys.modules["__main__"].__package__ = None  # it is called as sys.argv says


if __name__ == "__main__":
    load_everything()
    if Source(socket.socket(fileno=os.dup(0))).serve():
        from leadrelay.cli import main

        main()
