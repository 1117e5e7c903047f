"""Moving files, while somebody else writes where they lie and where they go."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadrelay.engine.moving import OtherFile, move


@pytest.fixture(params=["here", "over there"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on the same file system, and one on another."""
    if request.param == "here":
        (tmp_path / "done").mkdir()
        yield tmp_path / "done"
        return
    if not os.path.ismount("/dev/shm"):
        pytest.skip("wants a second file system")
    folder = tempfile.mkdtemp(dir="/dev/shm")
    yield Path(folder)
    shutil.rmtree(folder)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_a_file_takes_no_other_ones_place(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("ours")
    (target / "leads.csv").write_text("theirs")
    assert move(path, target / "leads.csv", path.lstat()) == target / "leads-2.csv"
    assert (target / "leads.csv").read_text() == "theirs"
    assert (target / "leads-2.csv").read_text() == "ours"
    assert names(tmp_path) == []


@pytest.mark.parametrize("how", ["replaced", "appended", "written over"])
def test_a_file_that_is_another_one_by_now_stays(tmp_path: Path, target: Path, how: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("read")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    meant = path.lstat()
    if how == "replaced":
        (tmp_path / "new").write_text("next")
        os.utime(tmp_path / "new", (1_000_000_000, 1_000_000_000))
        (tmp_path / "new").replace(path)
    else:
        with path.open("a" if how == "appended" else "r+") as file:
            file.write("next")
    text = path.read_text()
    with pytest.raises(OtherFile):
        move(path, target / "leads.csv", meant)
    assert path.read_text() == text
    assert names(tmp_path) == ["leads.csv"]
    assert names(target) == []


def test_a_file_that_comes_while_the_one_before_it_is_copied_is_not_removed_with_it(tmp_path: Path, target: Path) -> None:
    path, new = tmp_path / "leads.csv", tmp_path / "new"
    path.write_bytes(b"x" * 60_000_000)
    new.write_text("next")

    def come() -> None:
        while not any(target.iterdir()):
            pass
        new.replace(path)

    coming = threading.Thread(target=come)
    coming.start()
    with contextlib.suppress(OtherFile):
        move(path, target / "leads.csv", path.lstat())
    coming.join()
    assert path.read_text() == "next"
    assert names(tmp_path) == ["leads.csv"]
