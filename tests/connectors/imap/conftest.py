"""One Dovecot for the tests of a module, and a mailbox of its own for each of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.imap.config import ImapConfig
from connectors.imap.source import ImapSource
from connectors.sources import Fetch
from tests.support.dovecot import PrivateDovecot, needs_dovecot


class NoTokens:
    """A place for access tokens that is never asked."""

    def current(self) -> str | None:
        raise AssertionError("nobody should ask for a token")

    def refresh(self, stale: str | None, fetch: Callable[[], str]) -> str:
        raise AssertionError("nobody should ask for a token")


class Box:
    """One user's mailbox on a server, and a source that reads it."""

    def __init__(self, server: PrivateDovecot) -> None:
        self.server = server
        self.user = f"u{uuid.uuid4().hex[:8]}"
        self.now = 0.0
        self.sources: list[ImapSource] = []

    def config(self, **more: Any) -> ImapConfig:
        given: dict[str, Any] = {"host": self.server.host, "port": self.server.port, "tls": "off", "user": self.user}
        return ImapConfig.model_validate({**given, "password": self.server.password, **more})

    def source(self, **more: Any) -> ImapSource:
        self.sources.append(ImapSource(self.config(**more), NoTokens()))
        return self.sources[-1]

    def slow_source(self, **more: Any) -> ImapSource:
        """A source whose clock the test moves."""
        self.sources.append(ImapSource(self.config(**more), NoTokens(), clock=lambda: self.now))
        return self.sources[-1]

    def deliver(self, *mails: bytes) -> None:
        for raw in mails:
            self.server.deliver(self.user, raw)

    def count(self, folder: str = "INBOX") -> int:
        return len(self.server.mails(self.user, folder))


def read_all(source: ImapSource, position: str = "", *, limit: int = 100) -> tuple[list[Fetch], str]:
    """Fetch and settle until nothing is left; the fetches and the last position."""
    fetches = []
    while True:
        fetch = source.fetch(position, limit)
        fetches.append(fetch)
        source.settle(fetch)
        position = fetch.position
        if not fetch.has_more:
            return fetches, position


def keys(fetches: list[Fetch]) -> list[str]:
    return [item.key for fetch in fetches for item in fetch.items]


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateDovecot]:
    needs_dovecot()
    with PrivateDovecot() as started:
        yield started


@pytest.fixture
def box(server: PrivateDovecot) -> Iterator[Box]:
    opened = Box(server)
    yield opened
    for source in opened.sources:
        source.close()
