"""Numbers, ranges, yes and no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.normalize import range_bounds
from core.normalize.numbers import read_boolean, read_decimal, read_integer, read_range


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", 25),
        ("ca. 25", 25),
        ("~25 users", 25),
        ("10k", 10_000),
        ("1,5 Mio", 1_500_000),
        ("-3", -3),
        ("+5", 5),
        ("1.250", 1250),
        ("1,250", 1250),
        ("1'250", 1250),
        ("1 250", 1250),
        ("25.0", 25),
        ("1,00,000", 100_000),
        ("007", 7),
    ],
)
def test_a_whole_number_is_an_int(text: str, number: int) -> None:
    assert read_integer(text) == (number, "", "")


@pytest.mark.parametrize("text", ["12-13", "many", "25.5", "1,2,3", "1e5", "9" * 19, "3 or 4"])
def test_what_is_no_whole_number_is_left_out_with_a_problem(text: str) -> None:
    assert read_integer(text)[:2] == (None, "number_unreadable")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1250.50", "1250.50"),
        ("1250,50 €", "1250.50"),
        ("$ 1,250.50", "1250.50"),
        ("1'250.50", "1250.50"),
        ("1 250,50", "1250.50"),
        ("1\u202f250,50", "1250.50"),
        ("0.125", "0.125"),
        ("0001.234", "1.2340"),
        (".5", "0.5"),
        ("3,14", "3.14"),
        ("2.5k", "2500"),
        ("1.234.567,89", "1234567.89"),
        ("-0", "0"),
        ("25 %", "25"),
    ],
)
def test_a_decimal_is_canonical_text(text: str, number: str) -> None:
    assert read_decimal(text) == (number, "", "")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("11-50", "11-50"),
        ("11 – 50", "11-50"),
        ("11 to 50", "11-50"),
        ("11 bis 50 Mitarbeiter", "11-50"),
        ("50+", "50-"),
        ("> 250", "250-"),
        ("mehr als 250", "250-"),
        ("bis 10", "-10"),
        ("<10", "-10"),
        ("less than 10", "-10"),
        ("25", "25"),
        ("1,000-5,000 employees", "1000-5000"),
        ("10,000+ employees", "10000-"),
        ("10k-20k", "10000-20000"),
        ("10-20k", "10000-20000"),
        ("1,5-2 Mio €", "1500000-2000000"),
        ("€10,000 - €20,000", "10000-20000"),
        ("50-11", "11-50"),
        ("10-10", "10"),
        ("between 10 and 20", "10-20"),
        ("Under $500K", "-500000"),
        ("1000 and more", "1000-"),
        ("ca. 25", "25"),
        ("-10", "-10"),
        ("50-", "50-"),
        ("minimum 5", "5-"),
    ],
)
def test_a_range_has_one_spelling(text: str, canonical: str) -> None:
    assert read_range(text) == (canonical, "", "")


@pytest.mark.parametrize("text", ["Nov 50", "10-Feb", "2 10", "self-employed", "2026-11-21"])
def test_what_is_no_range_is_left_out_with_a_problem(text: str) -> None:
    assert read_range(text)[:2] == (None, "range_unreadable")


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("11-50", (11, 50)),
        ("50-", (50, None)),
        ("-10", (None, 10)),
        ("25", (25, 25)),
        ("", (None, None)),
        ("-", (None, None)),
        ("x", (None, None)),
    ],
)
def test_bounds_of_a_canonical_range(text: str, bounds: tuple[int | None, int | None]) -> None:
    assert range_bounds(text) == bounds


@pytest.mark.parametrize("text", ["yes", "Ja", "OUI", "sí", "on", "1", "true", "X", "✓", " y "])
def test_yes_in_many_words(text: str) -> None:
    assert read_boolean(text).value is True


@pytest.mark.parametrize("text", ["no", "Nein", "non", "off", "0", "False", "n"])
def test_no_in_many_words(text: str) -> None:
    assert read_boolean(text).value is False


def test_neither_yes_nor_no_is_left_out_with_a_problem() -> None:
    assert read_boolean("perhaps")[:2] == (None, "boolean_unreadable")
    assert read_boolean("-") == (None, "", "")


@given(st.text(st.sampled_from("0123456789.,-+k %<>'bisto\u00a0"), max_size=16))
def test_reading_a_number_twice_changes_nothing(text: str) -> None:
    for read in (read_integer, read_decimal, read_range):
        value = read(text).value
        if value is not None:
            assert read(str(value)).value == value
    value = read_range(text).value
    assert value is None or range_bounds(str(value)) != (None, None)
