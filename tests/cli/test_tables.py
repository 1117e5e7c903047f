"""Tables for people: whole words on every terminal, whole lines in a pipe."""

from __future__ import annotations

import os
import pty
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadrelay.commands.tables import fitted, listed
from tests.cli.conftest import Posted
from tests.support.commands import Commands
from tests.support.terminal import rest_of

_WORDS = st.lists(st.text("abcxyz0189-@._", min_size=1, max_size=30), max_size=12).map(" ".join)


def typed_at_a_terminal(commands: Commands, columns: int, *words: str) -> list[str]:
    """What a command shows on a terminal of this width, line by line, without colours."""
    person, terminal = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "dumb"}
    process = commands.start(*words, stdout=terminal, stderr=terminal, env=env)
    os.close(terminal)
    shown = rest_of(person)
    assert process.wait(timeout=60) == 0, shown.decode()
    return shown.decode().splitlines()


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 250])
def test_ids_and_reasons_are_whole_on_every_terminal(folder: Path, posted: Posted, commands: Commands, columns: int) -> None:
    (uid,) = posted({"Phone": "+4930123456"}, decide=False)
    shown = typed_at_a_terminal(commands, columns, "submissions", "list")
    text = " ".join(" ".join(shown).split())
    assert any(uid in line for line in shown)
    assert "…" not in text
    assert "website" in text and "received" in text
    assert max(len(line) for line in shown) <= columns


def test_a_narrow_terminal_shows_a_line_for_each_value(folder: Path, posted: Posted, commands: Commands) -> None:
    (uid,) = posted({"Name": "Anna Weber"}, decide=False)
    shown = [line.rstrip() for line in typed_at_a_terminal(commands, 50, "submissions", "list")]
    assert f"submission  {uid}" in shown
    assert "state       new" in shown
    assert not any(line.startswith("lead ") for line in shown), "what is empty is left out"


@given(st.lists(st.tuples(_WORDS, _WORDS, _WORDS), min_size=1, max_size=4), st.integers(20, 300))
def test_columns_have_room_for_their_longest_word_and_never_more_than_there_is(rows: list[tuple[str, ...]], room: int) -> None:
    natural = [max(len(row[at]) for row in rows) for at in range(3)]
    words = [max((len(word) for row in rows for word in row[at].split()), default=0) for at in range(3)]
    widths = fitted(natural, words, room)
    if widths is None:
        assert sum(min(wish, max(word, 24)) for wish, word in zip(natural, words, strict=True)) + 8 > room
        return
    assert sum(widths) + 8 <= room
    assert all(word <= width <= wish for width, word, wish in zip(widths, words, natural, strict=True))


@given(st.lists(st.tuples(_WORDS, _WORDS), min_size=1, max_size=4), st.integers(8, 100))
def test_a_list_keeps_every_word_in_its_order(rows: list[tuple[str, ...]], room: int) -> None:
    names = ("ID", "REASON")
    said = [word for line in listed(names, rows, room) for word in line.split() if word not in names]
    assert said == [word for row in rows for cell in row for word in cell.split()]


def test_a_wish_that_is_small_is_met_before_a_long_text() -> None:
    assert fitted([30, 200], [5, 10], 30 + 70 + 5) == [30, 70]
