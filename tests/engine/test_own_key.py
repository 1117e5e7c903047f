"""The key of an installation: made once, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from leadrelay.engine.own_key import NoKey, own_key


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB on which not one byte more can be written."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        with (folder / "filling").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(b"\0" * 4096)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: own_key(None, tmp_path), range(24)))
    assert keys == {(tmp_path / "secret.key").read_bytes()}
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_configured_key_goes_before_the_made_one(tmp_path: Path) -> None:
    assert own_key(SecretStr("said"), tmp_path) == b"said"
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_key_behind_that_would_be_taken_for_a_lost_one(full_disk: Path) -> None:
    with pytest.raises(NoKey, match="make room there"):
        own_key(None, full_disk)
    assert [path.name for path in full_disk.iterdir()] == ["filling"]
    (full_disk / "filling").unlink()
    assert len(own_key(None, full_disk)) == 64


def test_a_key_that_has_been_emptied_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    with pytest.raises(NoKey, match="bring it back"):
        own_key(None, tmp_path)
    assert (tmp_path / "secret.key").read_bytes() == b""
