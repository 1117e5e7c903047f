"""The key of this installation. Imports nothing heavy: `run` looks for it before its processes have started."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
import time
from pathlib import Path

from pydantic import SecretStr


class NoKey(Exception):
    """The installation's key can neither be read nor made."""


def own_key(given: SecretStr | None, data_dir: Path) -> bytes:
    """The key of this installation: the configured one, else one that is made once and kept in the data folder. Raises NoKey."""
    if given is not None and given.get_secret_value():
        return given.get_secret_value().encode()
    path = data_dir / "secret.key"
    try:
        return _kept_key(path)
    except OSError as error:
        way = "make room there" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "give leadrelay's user the right to"
        said = f"the key {path} can not be read or made ({error.strerror or error})"
        raise NoKey(f"{said}: {way}, or set LEADRELAY_SECRET_KEY to what stands in it") from error


def _kept_key(path: Path) -> bytes:
    """The key in the file, which is there whole or not at all, however the process that makes it ends."""
    if path.exists():
        return _read_key(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_hex(32).encode()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner alone
    half = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        _name(half, path)
    except FileExistsError:  # another process was quicker
        return _read_key(path)
    finally:
        half.unlink(missing_ok=True)
    return key


def _name(half: Path, path: Path) -> None:
    """Give the whole file its name, unless another has it."""
    try:
        os.link(half, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        half.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_key(path: Path) -> bytes:
    """The key that another process made; one of an earlier version may be writing it right now."""
    for _ in range(100):
        key = path.read_bytes().strip()
        if len(key) == 64:
            return key
        time.sleep(0.02)
    raise NoKey(
        f"{path} holds no key (64 letters and digits): bring it back from where you keep it, or delete it. A new one is made "
        "then: the CRMs are logged into again, but who was erased can not be recognized any more"
    )
