"""`run`: one web and one worker process under one command. Imports nothing heavy, so that both start at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_LIFELINE = "LEADRELAY_LIFELINE"
"""Names, to a child, the pipe whose other end the parent holds."""
_GRACE_S = 30.0
_RESTART_AFTER_S, _RESTART_AFTER_AT_MOST_S = 1.0, 60.0
_REFUSES_WITHIN_S = 10.0
"""A worker that ends with status 3 later than this has waited for a store that did not answer, and should wait again. A child
that ends by itself sooner, again and again, is started again later and later; one that was well, or was killed, at once."""


class Family:
    """Child processes that are started again when they die, until the parent is told to stop."""

    def __init__(self, commands: dict[str, list[str]]) -> None:
        self._commands = commands
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._steps: dict[str, float] = {}
        self._waits: dict[str, float] = {}
        self._ended_at: dict[str, float] = {}
        self._refusing: set[str] = set()
        self._stopping = threading.Event()
        self._lifeline, self._held = os.pipe()

    def run(self, may_start: Callable[[], bool]) -> None:
        """Start all, watch them, and end them with SIGTERM when told to.

        The first one is started at once; where `may_start` then says no, it says itself what is wrong, and ends the same way.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        take_reloads(lambda: self._tell(signal.SIGHUP))
        first, *others = self._commands
        self._start(first)
        try:
            for name in others if may_start() else ():
                self._start(name)
        except BaseException:
            self._stop()
            raise
        while not self._stopping.wait(0.2):
            for name, child in list(self._children.items()):
                if child.poll() is None:
                    continue
                if name not in self._ended_at:
                    self._note_end(name, child.returncode)
                if child.returncode == 2 or self._all_refuse():  # told already: starting it again would not help
                    self._stopping.set()
                elif time.monotonic() >= self._ended_at[name] + self._waits[name]:
                    self._start(name)
        self._stop()
        if any(child.returncode == 2 for child in self._children.values()):
            raise SystemExit(2)
        if self._all_refuse():
            raise SystemExit(3)

    def _note_end(self, name: str, status: int) -> None:
        """Remember when a child died, and for how long to wait until it is started again: longer each time that it dies soon."""
        self._ended_at[name] = time.monotonic()
        lived_for = self._ended_at[name] - self._started_at[name]
        if status == 3 and lived_for < _REFUSES_WITHIN_S:
            self._refusing.add(name)
        is_hopeless = status > 0 and lived_for < _REFUSES_WITHIN_S
        self._steps[name] = min(max(1.0, 2 * self._steps.get(name, 0.0)), _RESTART_AFTER_AT_MOST_S) if is_hopeless else 0.0
        self._waits[name] = max(self._steps[name], _RESTART_AFTER_S - lived_for)
        log.error("child_died", child=name, status=status, again_after_s=round(self._waits[name], 1))

    def _all_refuse(self) -> bool:
        """Whether each of them has ended at once: neither can work with this store, or without its key."""
        return self._refusing == set(self._commands)

    def _start(self, name: str) -> None:
        mask = hold_reloads()  # the child begins with it, and takes them when it can
        try:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own commands
                self._commands[name],
                start_new_session=True,
                pass_fds=(self._lifeline,),
                env={**os.environ, _LIFELINE: str(self._lifeline)},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._started_at[name] = time.monotonic()
        self._ended_at.pop(name, None)

    def _tell(self, number: signal.Signals) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(number)

    def _stop(self) -> None:
        self._tell(signal.SIGTERM)
        give_up_at = time.monotonic() + _GRACE_S
        for child in self._children.values():
            try:
                child.wait(max(0.1, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def hold_reloads() -> set[signal.Signals | int]:
    """Keep back each SIGHUP until `take_reloads`: one that comes while a process starts is not lost, and does not end it. Returns
    the signals that were kept back before."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def take_reloads(reload: Callable[[], object]) -> None:
    """Call `reload` at each SIGHUP from now on, and for one that was kept back."""
    signal.signal(signal.SIGHUP, lambda *_: reload())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


def end_with_parent() -> None:
    """Have this process end at once when the `run` that has started it is gone without a word, as after SIGKILL.

    Else the port and the store would stay taken for the `run` that is started next. Nothing is lost by an end at any moment. Does
    nothing in a process that was started by hand.
    """
    lifeline = os.environ.pop(_LIFELINE, "")
    if lifeline.isdecimal():
        threading.Thread(target=_await_end, args=(int(lifeline),), name="lifeline", daemon=True).start()


def _await_end(lifeline: int) -> None:
    """Nothing is ever written into the pipe: it can be read from once nobody holds its other end."""
    os.read(lifeline, 1)
    os._exit(1)


def run_all(path: Path, may_start: Callable[[], bool]) -> None:
    """One web and one worker process under one command; `may_start` says whether their settings are right."""
    program = [sys.executable, "-m", "leadrelay.cli"]
    option = ["--config", str(path)]
    Family({"web": [*program, "web", *option], "worker": [*program, "worker", *option]}).run(may_start)
