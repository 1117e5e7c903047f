"""Secrets that leadrelay itself makes or is given at run time: its own key, and the access tokens of the CRMs."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import partial

import structlog
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select

from connectors.base import Retry
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.store import bulk, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids

log = structlog.get_logger(__name__)

_CREDENTIAL = tables.credential
_LEASE_MS = 30_000
_WAIT_FOR = 45_000


class Vault:
    """Encrypts what is stored, under a key made from the installation's own."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(urlsafe_b64encode(hashlib.blake2b(key, digest_size=32, person=b"lr-credential").digest()))
        self.erasure_key = hashlib.blake2b(key, digest_size=32, person=b"lr-erasure").digest()

    def lock(self, document: str) -> bytes:
        """The document, encrypted."""
        return self._fernet.encrypt(document.encode())

    def open(self, locked: bytes) -> str | None:
        """The document, or None when it was locked under another key."""
        try:
            return self._fernet.decrypt(bytes(locked)).decode()
        except InvalidToken:
            return None


class StoredTokens:
    """A CRM account's access token, shared by all workers through the store; one of them refreshes at a time.

    Implements `connectors.base.Tokens`. A new token is committed before it is used. `wait_for` is for how many milliseconds one
    waits for the worker that refreshes, which may have been killed: less than what waits for the token is leased for.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        vault: Vault,
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        wait_for: int = _WAIT_FOR,
    ) -> None:
        self._database = database
        self._name = name
        self._vault = vault
        self._clock = clock
        self._ids = ids or Ids()
        self._wait_for = wait_for

    def current(self) -> str | None:
        """The newest token document, or None when there is none yet."""
        with self._database.read() as connection:
            query = select(_CREDENTIAL.c.document).where(_CREDENTIAL.c.name == self._name)
            locked = connection.execute(query).scalar_one_or_none()
        return None if locked is None else self._opened(locked)

    def refresh(self, stale: str | None, fetch: Callable[[], str]) -> str:
        """A document newer than `stale`: another worker's if there is one by now, else `fetch()`'s, stored before use."""
        give_up_at = time.monotonic() + self._wait_for / 1000
        while True:
            token = self._ids.one(self._clock())
            newer = self._database.repeat(partial(self._newer_or_lease, stale, token))
            if newer is not None:
                return newer
            if self._holds(token):
                return self._fetch(token, fetch)
            if time.monotonic() >= give_up_at:
                raise Retry("another worker has been refreshing the access token for too long", after=5, code="unavailable")
            time.sleep(0.05)

    def _fetch(self, token: int, fetch: Callable[[], str]) -> str:
        document: str | None = None
        try:
            document = fetch()
        finally:
            self._store(token, document)
        return document

    def _newer_or_lease(self, stale: str | None, token: int) -> str | None:
        now = self._clock()
        with self._database.write() as connection:
            if not connection.execute(select(_CREDENTIAL.c.name).where(_CREDENTIAL.c.name == self._name)).first():
                insert = "INSERT INTO credential (name, updated_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
                bulk.run(connection, insert, (self._name, now))
            row = connection.execute(select(_CREDENTIAL).where(_CREDENTIAL.c.name == self._name).with_for_update()).one()
            document = None if row.document is None else self._opened(row.document)
            if document is not None and document != stale:
                return document
            if row.leased_until <= now:
                mine = {"token": token, "leased_until": now + _LEASE_MS}
                connection.execute(_CREDENTIAL.update().where(_CREDENTIAL.c.name == self._name).values(**mine))
            return None

    def _holds(self, token: int) -> bool:
        with self._database.read() as connection:
            query = select(_CREDENTIAL.c.token).where(_CREDENTIAL.c.name == self._name)
            return connection.execute(query).scalar_one_or_none() == token

    def _store(self, token: int, document: str | None) -> None:
        """End the lease; keep the new document, if there is one."""
        values: dict[str, object] = {"token": None, "leased_until": 0, "updated_at": self._clock()}
        if document is not None:
            values |= {"document": self._vault.lock(document), "version": _CREDENTIAL.c.version + 1}
        held = (_CREDENTIAL.c.name == self._name) & (_CREDENTIAL.c.token == token)
        with self._database.write() as connection:
            connection.execute(_CREDENTIAL.update().where(held).values(**values))

    def _opened(self, locked: bytes) -> str | None:
        document = self._vault.open(locked)
        if document is None:
            log.warning("credential_of_another_key", name=self._name)
        return document
