"""How far a mailbox was read, as it is stored, and how patient it is with a mail that can not be had."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.imap.place import GIVEN_UP, Patience, Place, read_place

UIDS = st.integers(1, 2**32 - 1)


@given(UIDS, UIDS, st.dictionaries(UIDS, st.integers(-1, 4), max_size=5))
def test_a_place_is_read_as_it_was_stored(validity: int, highest: int, gaps: dict[int, int]) -> None:
    place = Place("box", validity, highest, gaps)
    assert read_place(place.as_position(), "box", validity) == place


@pytest.mark.parametrize("position", ["", "nonsense", "[]", "{}", '{"mailbox": "box", "validity": 1}'])
def test_a_position_that_says_nothing_is_the_beginning(position: str) -> None:
    assert read_place(position, "box", 1) == Place("box", 1)


@pytest.mark.parametrize(("mailbox", "validity"), [("other", 1), ("box", 2)])
def test_another_folder_or_numbering_is_begun_anew(mailbox: str, validity: int) -> None:
    assert read_place(Place("box", 1, 9).as_position(), mailbox, validity).highest == 0


def test_a_mail_is_asked_for_less_and_less_often_and_then_given_up() -> None:
    patience, now, tries, waits = Patience(), 0.0, 0, []
    while tries != GIVEN_UP:
        tries = patience.fail(7, tries, now)
        due = patience.next_due()
        assert due is not None
        assert not patience.is_due(7, due - 0.1)
        assert patience.is_due(7, due)
        waits.append(due - now)
        now = due
    assert waits == [10, 30, 90, 3600]
    assert patience.fail(7, GIVEN_UP, now) == GIVEN_UP
    patience.succeed(7)
    assert patience.is_due(7, now)
