"""A real server on loopback around an intake that remembers, for the tests of the web process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from connectors.sources import SourceContext
from connectors.webform import SPEC
from connectors.webform.config import WebformConfig
from leadrelay.engine.captures import Accepted, NewSubmission, Unavailable
from leadrelay.store.ids import to_uid
from leadrelay.web.app import create_app
from leadrelay.web.entrances import Entrance, Entrances, limits_of
from leadrelay.web.metrics import Metrics
from leadrelay.web.server import make_server, open_socket

TOKEN = "s3cret-token"


@dataclass
class RememberingIntake:
    """Accepts into a list. `gate` closed holds answers back; `failure` is raised instead of accepting."""

    taken: list[NewSubmission] = field(default_factory=list)
    uids: dict[tuple[str, str], str] = field(default_factory=dict)
    failure: Exception | None = None
    gate: threading.Event = field(default_factory=threading.Event)
    is_away: bool = False

    def __post_init__(self) -> None:
        self.gate.set()

    async def accept(self, submission: NewSubmission) -> Accepted:
        while not self.gate.is_set():
            await asyncio.sleep(0.005)
        if self.failure is not None:
            raise self.failure
        self.taken.append(submission)
        key = (submission.source, submission.key)
        is_duplicate = key in self.uids
        uid = self.uids.setdefault(key, to_uid(len(self.taken)))
        return Accepted(uid, is_duplicate, self.is_away)

    def is_ready(self) -> bool:
        return not isinstance(self.failure, Unavailable)

    def is_store_away(self) -> bool:
        return self.is_away

    def spooled(self) -> int:
        return 7 if self.is_away else 0


def entrance(name: str, mapped_names: frozenset[str] = frozenset(), **settings: object) -> Entrance:
    config = WebformConfig.model_validate({"token": TOKEN} | settings)
    return Entrance(name, SPEC.open_source(SourceContext(name), config), mapped_names, limits_of(config))


@dataclass
class Web:
    """A running server: its address, a client for it, and what stands behind it."""

    url: str
    client: httpx.Client
    intake: RememberingIntake
    entrances: Entrances
    metrics: Metrics
    now: list[int]

    @property
    def port(self) -> int:
        return httpx.URL(self.url).port


@contextmanager
def serving(app: object) -> Iterator[str]:
    """The app on a free port of loopback, on uvloop and httptools as in production."""
    listening = open_socket("127.0.0.1", 0)
    server = make_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@pytest.fixture
def open_web() -> Iterator[Callable[..., Web]]:
    """Starts a server around the given entrances; further arguments go to `create_app`."""
    running = []

    def start(*entrances: Entrance, loaded: Entrances | None = None, **collaborators: object) -> Web:
        table = Entrances(entrances) if loaded is None else loaded
        intake, metrics, now = RememberingIntake(), Metrics(), [1_700_000_000_000]
        app = create_app(entrances=table, intake=intake, metrics=metrics, clock=lambda: now[0], **collaborators)
        context = serving(app)
        url = context.__enter__()
        client = httpx.Client(base_url=url, timeout=10)
        running.append((context, client, intake))
        return Web(url, client, intake, table, metrics, now)

    yield start
    for context, client, intake in running:
        intake.gate.set()
        client.close()
        context.__exit__(None, None, None)


@pytest.fixture
def make_entrance() -> Callable[..., Entrance]:
    """Makes an entrance of a webform source from its settings."""
    return entrance


@pytest.fixture
def remembering_intake() -> RememberingIntake:
    """An intake without a server around it."""
    return RememberingIntake()


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged meanwhile, kept from the terminal (whose pretty traces take seconds)."""
    with capture_logs() as entries:
        yield entries
