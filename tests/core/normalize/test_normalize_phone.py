"""Phone numbers: E.164, the extension apart, what is not readable, and what is a placeholder."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.normalize import is_e164
from core.normalize.phone import read_phone

FIXTURE = Path(__file__).parents[4] / "shared/data/dedupe/fixtures/phones.csv"


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("030/1234567", "DE", "+49301234567"),
        ("+49 (0)30 1234567", "US", "+49301234567"),
        ("0049 (0) 30 1234567", "", "+49301234567"),
        ("0049 30 1234567", "US", "+49301234567"),
        ("011 49 30 1234567", "US", "+49301234567"),
        ("0114930 1234567", "", "+49301234567"),
        ("001 305 241 6036", "US", "+13052416036"),
        ("49 30 1234567", "DE", "+49301234567"),
        ("tel:+49-30-1234567", "", "+49301234567"),
        ("p:+491711234567", "", "+491711234567"),
        ("Tel.: 030 1234567 (Büro)", "DE", "+49301234567"),
        ("call me at 030 1234567", "DE", "+49301234567"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("０３０ １２３４５６７", "DE", "+49301234567"),
        ("٠١٠١٢٣٤٥٦٧٨", "EG", "+201012345678"),
        ("06 12345678", "IT", "+390612345678"),
        ("+1\u202f212\u00a0555\u20110123", "", "+12125550123"),
    ],
)
def test_a_number_becomes_e164(text: str, region: str, number: str) -> None:
    assert read_phone(text, region).value == number
    assert is_e164(number)


@pytest.mark.parametrize(
    "text",
    [
        "030 1234567 ext. 12",
        "030 1234567 ext 12",
        "030 1234567 x12",
        "030 1234567x12",
        "030 1234567 Durchwahl 12",
        "030 1234567 DW: 12",
        "+49301234567;ext=12",
        "tel:+49-30-1234567;ext=12",
        "030 1234567 App. 12",
        "030 1234567, extension 12",
        "030 1234567 (ext. 12)",
        "+49 30 1234567 #12",
    ],
)
def test_a_marked_extension_stands_apart(text: str) -> None:
    reading = read_phone(text, "DE")
    assert (reading.value, reading.extension) == ("+49301234567", "12")


def test_an_unmarked_direct_dial_belongs_to_the_number() -> None:
    assert read_phone("030 1234567-12", "DE")[:2] == ("+4930123456712", "")


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("0000000", "DE"),
        ("123456", "DE"),
        ("1111111", "DE"),
        ("1234567890", "US"),
        ("123-456-7890", "US"),
        ("0123456789", "FR"),
        ("1234567890", "GB"),
        ("5555555555", "US"),
        ("+1 555 555 5555", ""),
        ("+49 123456789", ""),
        ("999999999", "GB"),
        ("0000000000", ""),
        ("987654321", "DE"),
        ("-", "DE"),
        ("n/a", ""),
        ("xxxx", "DE"),
    ],
)
def test_a_placeholder_gives_no_number_and_a_problem(text: str, region: str) -> None:
    reading = read_phone(text, region)
    assert reading.value is None
    assert reading.code in ("phone_placeholder", "placeholder")


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("030 1234567", ""),
        ("call me", "DE"),
        ("12", "DE"),
        ("555-1234", "US"),
        ("4.93012E+11", "DE"),
        ("1" * 300, "DE"),
    ],
)
def test_an_unreadable_number_is_kept_as_typed_and_is_no_key(text: str, region: str) -> None:
    reading = read_phone(text, region)
    assert reading.value == text[:250]
    assert reading.code == "phone_unreadable"
    assert not is_e164(reading.value)
    assert text not in reading.message


def test_a_missing_country_code_is_named_as_the_reason() -> None:
    assert "region" in read_phone("030 1234567", "").message


def test_a_number_that_its_plan_does_not_know_is_kept_with_a_problem() -> None:
    reading = read_phone("+16141875453", "")
    assert (reading.value, reading.code) == ("+16141875453", "phone_not_valid")


def test_two_numbers_in_one_text_are_both_found() -> None:
    reading = read_phone("030 1234567 / 0171 2345678", "DE")
    assert (reading.value, reading.others) == ("+49301234567", ("+491712345678",))


def test_a_region_that_does_not_exist_stops_nothing() -> None:
    assert read_phone("030 1234567", "XX").code == "phone_unreadable"
    assert read_phone("+49 30 1234567", "XX").value == "+49301234567"


@pytest.mark.parametrize("text", ["+49 30 123", "49301234567", "+0301234567", "+49301234567 ", "", "+4930123456789012345"])
def test_only_plain_e164_is_e164(text: str) -> None:
    assert not is_e164(text)


@given(st.text(st.sampled_from("0123456789+-()/ .xe#"), max_size=24), st.sampled_from(["", "DE", "US", "IT"]))
def test_reading_a_number_twice_changes_nothing(text: str, region: str) -> None:
    value = read_phone(text, region).value
    if value is not None:
        assert read_phone(value, region).value == value


def test_a_row_of_zeros_that_loses_one_each_time_it_is_read_is_kept_as_typed() -> None:
    reading = read_phone("+43000000", "")
    assert (reading.value, reading.code) == ("+43000000", "phone_unreadable")


@pytest.mark.skipif(not FIXTURE.exists(), reason="the shared data is not here")
def test_numbers_agree_with_the_shared_ones() -> None:
    with FIXTURE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    differing = [row["text"] for row in rows if read_phone(row["text"], row["region"]).value != row["e164"]]
    assert set(differing) <= {"0123456789", "2345678", "901234"}  # runs of digits are placeholders here, whatever the plan says
    assert len(differing) <= len(rows) // 200
