"""Business cards of three versions."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail.vcard import decode_card, read_vcards


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""))


def test_a_card_of_version_3_is_read():
    text = card(
        "N:Weber;Anna;Maria;Dr.;MBA", "FN:Dr. Anna Weber", "ORG:Acme\\, Inc.;Sales;EMEA", "TITLE:Head of Sales",
        "EMAIL;TYPE=INTERNET,HOME:anna@home.example", "EMAIL;TYPE=INTERNET,WORK,PREF:anna@acme.example",
        "TEL;TYPE=WORK,FAX:+49 30 999", "TEL;TYPE=CELL:+49 171 5550123", "TEL;TYPE=WORK,VOICE:+49 30 5550123",
        "ADR;TYPE=WORK:;;Hauptstr. 1;Berlin;BE;10115;Germany", "URL:https://acme.example", "NOTE:met at\\nthe fair",
    )  # fmt: skip
    assert read_vcards(text) == (
        {
            "person.last_name": "Weber", "person.first_name": "Anna", "person.middle_name": "Maria", "person.salutation": "Dr.",
            "person.name_suffix": "MBA", "person.job_title": "Head of Sales", "company.name": "Acme, Inc.",
            "person.department": "Sales, EMEA", "company.website": "https://acme.example", "person.email": "anna@acme.example",
            "person.emails": "anna@home.example", "person.mobile": "+49 171 5550123", "person.phone": "+49 30 5550123",
            "vcard.fax": "+49 30 999", "address.street": "Hauptstr. 1", "address.city": "Berlin", "address.region": "BE",
            "address.postcode": "10115", "address.country": "Germany", "vcard.note": "met at\nthe fair",
        },
    )  # fmt: skip


def test_a_card_of_version_2_in_quoted_printable_and_another_charset_is_read():
    names = read_vcards(
        card(
            "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=FC=",
            "rgen",
            "TEL;CELL:0171 5550123",
            "TEL;WORK;FAX:030 99",
            "EMAIL;INTERNET:j@acme.example",
            version="2.1",
        )
    )[0]
    assert (names["person.last_name"], names["person.first_name"]) == ("Müller", "Jürgen")
    assert (names["person.mobile"], names["person.email"]) == ("0171 5550123", "j@acme.example")
    assert "person.phone" not in names


def test_a_card_of_version_4_is_read():
    names = read_vcards(
        card(
            "FN:Anna",
            "  Weber",
            'item1.TEL;VALUE=uri;TYPE="voice,cell";PREF=1:tel:+49-171-5550123;ext=7',
            "EMAIL;PREF=2:b@acme.example",
            "EMAIL;PREF=1:mailto:a@acme.example",
            "LANG;PREF=1:de",
            "KIND:individual",
            version="4.0",
        )
    )[0]
    assert names["person.full_name"] == "Anna Weber"
    assert names["person.mobile"] == "+49-171-5550123 ext. 7"
    assert (names["person.email"], names["person.emails"], names["person.language"]) == ("a@acme.example", "b@acme.example", "de")


def test_the_card_of_a_firm_names_a_company():
    assert read_vcards(card("KIND:org", "FN:Acme GmbH", "TEL:030 5550123"))[0] == {
        "company.name": "Acme GmbH", "person.phone": "030 5550123", "vcard.kind": "org",
    }  # fmt: skip
    assert "person.full_name" not in read_vcards(card("FN:Acme GmbH", "ORG:Acme GmbH", "N:;;;;"))[0]


def test_several_cards_are_read_and_one_inside_another_is_left_out():
    inner = "AGENT:\r\nBEGIN:VCARD\r\nFN:Secretary\r\nEND:VCARD"
    text = card("FN:Anna Weber", inner, "EMAIL:anna@acme.example") + card("FN:Bert Bee")
    assert [names["person.full_name"] for names in read_vcards(text)] == ["Anna Weber", "Bert Bee"]


def test_a_card_that_says_nothing_is_none():
    assert read_vcards(card("REV:20261103", "X-MARK:1")) == ()
    assert read_vcards("no card") == ()


def test_pictures_and_keys_are_left_out():
    names = read_vcards(card("FN:Anna Weber", "PHOTO;ENCODING=b;TYPE=JPEG:" + "A" * 5_000, " " + "B" * 5_000))[0]
    assert names == {"person.full_name": "Anna Weber"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_are_decoded(encoding: str):
    assert read_vcards(decode_card(card("FN:Jürgen Weiß").encode(encoding)))[0]["person.full_name"] == "Jürgen Weiß"


@pytest.mark.parametrize(
    "hostile",
    [
        "BEGIN:VCARD\n" + "N;" * 300_000,
        "BEGIN:VCARD\n" * 100_000,
        "BEGIN:VCARD\nN" + ';"a' * 200_000 + ":x\n",
        "BEGIN:VCARD\nN:a\n" + " b\n" * 190_000,
        "BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:" + "a=\n" * 190_000,
        "BEGIN:VCARD\nN:" + "\\;" * 400_000,
    ],
)
def test_hostile_cards_take_no_long_time(hostile: str):
    started = time.perf_counter()
    read_vcards(hostile)
    assert time.perf_counter() - started < 3


@given(st.text(alphabet='NFEMAILTORG;:="\\,\n x', max_size=200))
def test_any_text_is_read_without_complaint(text: str):
    read_vcards("BEGIN:VCARD\n" + text)
