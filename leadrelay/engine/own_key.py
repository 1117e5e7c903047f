"""The key of this installation. Imports nothing heavy: `run` looks for it before its processes have started."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from pydantic import SecretStr


class NoKey(Exception):
    """The installation's key can neither be read nor made."""


def own_key(given: SecretStr | None, data_dir: Path) -> bytes:
    """The key of this installation: the configured one, else one that is made once and kept in the data folder. Raises NoKey."""
    if given is not None and given.get_secret_value():
        return given.get_secret_value().encode()
    try:
        return _kept_key(data_dir / "secret.key")
    except OSError as error:
        raise NoKey(
            f"the key {data_dir / 'secret.key'} can not be read or made ({error.strerror or error}): give leadrelay's user the "
            "right to, or set LEADRELAY_SECRET_KEY to what stands in it"
        ) from error


def _kept_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_hex(32).encode()
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def _read_key(path: Path) -> bytes:
    """The key that another process made; it may be writing it right now."""
    for _ in range(100):
        key = path.read_bytes().strip()
        if len(key) == 64:
            return key
        time.sleep(0.02)
    raise NoKey(
        f"{path} holds no key (64 letters and digits): bring it back from where you keep it, or delete it. A new one is made "
        "then: the CRMs are logged into again, but who was erased can not be recognized any more"
    )
