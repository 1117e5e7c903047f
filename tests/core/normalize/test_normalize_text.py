"""Text that every store can hold, and the folded form for matching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.normalize import fold
from core.normalize.text import LONGEST_TEXT, clean, read_text, storable


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  a  b ", "a  b"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\x07", "ab"),
        ("e\u0301", "é"),
        ("a\ud800b", "a\ufffdb"),
        ("\ufeffa\u200b", "a"),
        ("a\tb", "a\tb"),
        ("\u202eevil", "evil"),
        ("👩‍👧", "👩‍👧"),
    ],
)
def test_clean_text_holds_nothing_that_a_store_refuses(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_runaway_text_is_cut_with_a_problem() -> None:
    reading = read_text("x" * (LONGEST_TEXT + 1))
    assert (len(str(reading.value)), reading.code) == (LONGEST_TEXT, "text_too_long")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller & Söhne GmbH", "mueller soehne gmbh"),
        ("Mu\u0308ller", "mueller"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("  O'Brien-Smith ", "o brien smith"),
        ("Łódź", "lodz"),
        ("Иван", "ivan"),
        ("", ""),
        ("--", ""),
    ],
)
def test_folded_text_compares(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(st.characters(), max_size=60))
def test_cleaning_and_folding_twice_change_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert fold(fold(text)) == fold(text)
    assert fold(text).isascii()
    clean(text).encode()
    storable(text).encode()
    assert "\x00" not in clean(text) + storable(text)
