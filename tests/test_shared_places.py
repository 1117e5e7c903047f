"""Sources that read one place, and folders that files are moved back into, are told when the configuration is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.problems import ConfigProblems
from leadrelay.configuration import Configuration, build, read_files


def configured(folder: Path, sources: str) -> Configuration:
    path = folder / "config" / "leadrelay.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"sources:\n{sources}")
    return build(read_files(path), {})


MAILBOX = "connector: imap, host: mail.acme.example, user: leads@acme.example, password: secret-word"


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("connector: csvfile, folder: in", "connector: csvfile, folder: ./in/", 1),
        ("connector: csvfile, folder: in", "connector: csvfile, folder: in, patterns: '*.csv'", 1),
        ("connector: csvfile, folder: in, patterns: '*.vcf'", "connector: csvfile, folder: in, patterns: '*.csv'", 0),
        ("connector: csvfile, folder: in", "connector: csvfile, folder: other", 0),
        ("connector: csvfile", "connector: csvfile", 0),
        (MAILBOX, MAILBOX.replace("leads@acme", "LEADS@acme"), 1),
        (MAILBOX, f"{MAILBOX}, folder: Website", 0),
    ],
)
def test_two_sources_that_read_one_place_are_warned_of(tmp_path: Path, first: str, second: str, count: int) -> None:
    found = configured(tmp_path, f"  one: {{{first}}}\n  two: {{{second}}}\n").warnings
    said = [warning for warning in found if warning.code == "same_place"]
    assert len(said) == count
    assert all("`one` and `two`" in warning.message and warning.place is not None for warning in said)


def test_a_folder_that_files_are_moved_back_into_is_refused_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "config" / "in").mkdir(parents=True)
    (tmp_path / "config" / "same").symlink_to(tmp_path / "config" / "in")
    with pytest.raises(ConfigProblems, match="again and again"):
        configured(tmp_path, "  one: {connector: csvfile, folder: in, done_folder: same}\n")
