"""Who writes a mail: the headers of invented people, lists, robots and forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail.message import MailOptions
from core.mail.parsing import parse_mail
from core.mail.people import Sender, name_of_mailbox, person_found, read_display_name, sender_of

OURS = MailOptions(own_addresses=frozenset({"leads@widgets.example"}), own_domains=frozenset({"widgets.example"}), region="DE")


def sender(headers: str, options: MailOptions = OURS) -> Sender | None:
    return sender_of(parse_mail(f"{headers}\n\nHello\n".encode()), options)


def names(raw: str, options: MailOptions = OURS) -> dict[str, str]:
    return {one.name: "; ".join(one.texts) for one in person_found(parse_mail(raw.encode()), options)}


@pytest.mark.parametrize(
    ("display", "email", "name", "company"),
    [
        ("Anna Weber", "a@acme.de", "Anna Weber", ""),
        ("Quinn, Dell", "d@x.com", "Dell Quinn", ""),
        ("Dr. Anna Weber", "", "Dr. Anna Weber", ""),
        ("Miller, Dr. Hans-Peter", "", "Dr. Hans-Peter Miller", ""),
        ("Weber, Anna (Acme)", "anna@acme.de", "Anna Weber", "Acme"),
        ("Smith, John [EXT]", "j@x.com", "John Smith", ""),
        ("Anna Weber | Acme GmbH", "a@acme.de", "Anna Weber", "Acme GmbH"),
        ("Anna Weber - Acme", "anna@acme.de", "Anna Weber", "Acme"),
        ("Anna Weber, Acme GmbH", "a@x.de", "Anna Weber", "Acme GmbH"),
        ("Acme GmbH | Anna Weber", "a@acme.de", "Anna Weber", "Acme GmbH"),
        ("Anna at Acme", "anna@acme.com", "Anna", "Acme"),
        ("Aherne Peter-pahern02", "pahern02@mot.example", "Peter Aherne", ""),
        ("Aherne Peter", "peter.aherne@mot.example", "Peter Aherne", ""),
        ("van der Berg, Jan", "j@x.nl", "Jan van der Berg", ""),
        ("Ludwig van Beethoven", "l@x.de", "Ludwig van Beethoven", ""),
        ("Robert (Bob) Smith", "r@x.com", "Robert Smith", ""),
        ("Tim hobbs", "t@x.com", "Tim Hobbs", ""),
        ("山田 太郎", "t@x.jp", "山田 太郎", ""),
        ("'Anna Weber' via Contact", "contact@groups.x", "Anna Weber", ""),
        ("Anna Weber (via Google Docs)", "d@docs.x", "Anna Weber", ""),
        ("Office of the Chair on behalf of Anna Weber", "o@x.com", "Anna Weber", ""),
        ("Ben Ode on behalf of The Purchasing", "ben.ode@x.com", "Ben Ode", ""),
        ("Ben Ode on behalf of Anna Weber", "anna@x.com", "Anna Weber", ""),
        ("Weber Anna, Einkauf", "anna.weber@x.com", "Anna Weber", ""),
        ("Anna Weber, Head of Sales", "a@x.com", "Anna Weber", ""),
        ("LE GALL Yann", "y.legall@x.com", "Yann LE GALL", ""),
        ("Praxis Dr. Weber", "praxis@x.com", "", ""),
        ("Acme Support", "support@acme.example", "", "Acme Support"),
        ("anna.weber@acme.de", "anna.weber@acme.de", "", ""),
        ("'anna.weber@acme.de'", "anna.weber@acme.de", "", ""),
        ("Acme GmbH", "info@acme.de", "", "Acme GmbH"),
        ("Acme", "info@acme.de", "", "Acme"),
        ("Smith & Sons Ltd", "j@x.com", "", "Smith & Sons Ltd"),
        ("Support Team", "support@x.de", "", ""),
        ("Mail Delivery Subsystem", "mailer-daemon@x.de", "", ""),
        ("", "x@y.de", "", ""),
        ("---", "x@y.de", "", ""),
    ],
)
def test_a_display_name_is_a_person_a_company_or_nobody(display: str, email: str, name: str, company: str) -> None:
    read = read_display_name(display, email)
    assert (read.name, read.company) == (name, company)


@pytest.mark.parametrize(
    ("headers", "email", "where"),
    [
        ("From: Anna <anna@acme.de>", "anna@acme.de", "From"),
        ("From: anna@acme.de (Anna Weber)", "anna@acme.de", "From"),
        ("From: Anna Weber <anna@acme.de>\nReply-To: Anna Weber <aw@gmail.com>", "aw@gmail.com", "Reply-To"),
        ("From: Anna Weber <anna@acme.de>\nReply-To: office@acme.de", "office@acme.de", "Reply-To"),
        ("From: Widgets <wordpress@widgets.example>\nReply-To: anna@acme.de", "anna@acme.de", "Reply-To"),
        ("From: Jotform <noreply@jotform.example>\nReply-To: anna@acme.de", "anna@acme.de", "Reply-To"),
        ("From: Anna <anna@acme.de>\nReply-To: leads@widgets.example", "anna@acme.de", "From"),
        ("From: Anna <anna@acme.de>\nReply-To: no-reply@acme.de", "anna@acme.de", "From"),
        ("From: Anna <anna@acme.de>\nTo: users@lists.example\nReply-To: users@lists.example", "anna@acme.de", "From"),
        (
            "From: Anna <anna@acme.de>\nTo: x@y.example\nList-Id: <users.lists.example>\nReply-To: users@lists.example",
            "anna@acme.de",
            "From",
        ),
        ("From: Anna <anna@acme.de>\nList-Post: <mailto:talk@l.example>\nReply-To: talk@l.example", "anna@acme.de", "From"),
        ("From: Anna <anna@acme.de>\nReply-To: nonsense", "anna@acme.de", "From"),
        ("Reply-To: anna@acme.de", "anna@acme.de", "Reply-To"),
        ("Sender: anna@acme.de", "anna@acme.de", "From"),
    ],
)
def test_the_one_to_answer_is_neither_a_list_nor_a_robot_nor_ourselves(headers: str, email: str, where: str) -> None:
    found = sender(headers)
    assert found is not None
    assert (found.email, found.where) == (email, where)


def test_without_any_sender_there_is_nobody() -> None:
    assert sender("To: leads@widgets.example\nSubject: Hi") is None
    assert names("To: leads@widgets.example\n\nHi") == {}


def test_a_service_that_writes_for_somebody_names_them() -> None:
    found = names("From: \"'Anna Weber' via Contact\" <noreply@groups.example>\nReply-To: anna@acme.de\n\nHello\n")
    assert (found["person.full_name"], found["person.email"]) == ("Anna Weber", "anna@acme.de")


def test_the_name_comes_from_the_closing_where_the_header_has_none() -> None:
    raw = "From: aw71@acme.de\nTo: leads@widgets.example\n\nGuten Tag,\nbitte um Rückruf.\n\nViele Grüße\nAnna Weber\n"
    assert names(raw)["person.full_name"] == "Anna Weber"


def test_a_name_that_is_told_in_the_text_counts() -> None:
    raw = "From: aw71@acme.de\nTo: leads@widgets.example\n\nHello, my name is Anna Weber and I like widgets.\n"
    assert names(raw)["person.full_name"] == "Anna Weber"


def test_a_mailbox_of_first_and_last_name_is_the_last_resort() -> None:
    assert names("From: anna.weber@acme.de\n\nHello")["person.full_name"] == "Anna Weber"
    assert "person.full_name" not in names("From: sales.team@acme.de\n\nHello")
    assert "person.full_name" not in names("From: x.y@acme.de\n\nHello")


@pytest.mark.parametrize("email", ["info@acme.de", "a.b@acme.de", "anna@acme.de", "anna.weber2@acme.de", "xxx.yyy@acme.de", ""])
def test_other_mailboxes_tell_no_name(email: str) -> None:
    assert name_of_mailbox(email) == ""


def test_our_own_signature_in_a_quote_is_not_theirs() -> None:
    raw = """From: Anna Weber <anna@gmail.com>
To: leads@widgets.example
Subject: Re: Offer

Ja, das passt.

Anna Weber

Am 02.11.2026 um 09:14 schrieb Carla Colleague <carla@widgets.example>:
> Gerne.
>
> Carla Colleague
> Office Manager, Widgets GmbH
> Tel +49 30 23125 014
"""
    assert names(raw) == {"person.email": "anna@gmail.com", "person.full_name": "Anna Weber"}


def test_our_own_company_is_never_the_leads() -> None:
    raw = "From: Anna Weber <anna@gmail.com>\n\nHi\n\nBest regards\nAnna Weber\nBuyer, Widgets GmbH\n"
    assert "company.name" not in names(raw)


def test_an_organization_header_names_the_company_where_the_signature_does_not() -> None:
    assert names("From: Anna <anna@x.de>\nOrganization: Acme Works\n\nHi")["company.name"] == "Acme Works"
    assert "company.name" not in names("From: Anna <anna@x.de>\nOrganization: none\n\nHi")


def test_a_signature_fills_phones_job_and_address() -> None:
    raw = """From: "Weber, Anna" <Anna.Weber@muster-technik.de>
To: leads@widgets.example
Content-Type: text/plain; charset=utf-8

Bitte um ein Angebot.

Mit freundlichen Grüßen
Anna Weber
Leiterin Einkauf
Muster Technik GmbH
Hauptstraße 12, 10115 Berlin
Tel. 030 23125 014 / Mobil 0171 1234567
www.muster-technik.de
"""
    assert names(raw) == {
        "person.email": "anna.weber@muster-technik.de", "person.full_name": "Anna Weber", "person.phone": "+493023125014",
        "person.mobile": "+491711234567", "person.phones": "+493023125014; +491711234567", "person.job_title": "Leiterin Einkauf",
        "company.name": "Muster Technik GmbH", "company.website": "www.muster-technik.de", "address.street": "Hauptstraße 12",
        "address.postcode": "10115", "address.city": "Berlin",
    }  # fmt: skip


def test_a_signature_in_html_is_read_as_well() -> None:
    raw = """From: Anna Weber <anna@acme.example>
To: leads@widgets.example
Content-Type: text/html; charset=utf-8

<html><body><p>Hello,</p><p>please call.</p><p>Best regards</p>
<table><tr><td><b>Anna Weber</b><br>Head of IT</td></tr><tr><td>Acme Ltd.</td></tr>
<tr><td>T&nbsp;+44&nbsp;20&nbsp;7946&nbsp;0958</td></tr></table></body></html>
"""
    found = names(raw)
    assert (found["person.job_title"], found["company.name"], found["person.phone"]) == (
        "Head of IT",
        "Acme Ltd.",
        "+442079460958",
    )


@given(st.text(max_size=120), st.text(max_size=40))
def test_no_display_name_is_too_strange(text: str, email: str) -> None:
    read_display_name(text, email)


@given(st.binary(max_size=600))
def test_no_mail_is_too_strange(raw: bytes) -> None:
    person_found(parse_mail(b"From: " + raw), OURS)


def test_a_name_without_a_gap_in_the_header_goes_before_how_a_letter_is_signed() -> None:
    head = "From: 박서연 <seoyeon@client.example>\nContent-Type: text/plain; charset=utf-8\n"
    assert names(f"{head}\n견적을 부탁드립니다.\n\n감사합니다.\n박서연 드림\n")["person.full_name"] == "박서연"


def test_who_signs_for_a_firm_is_named_by_the_last_line() -> None:
    found = names("From: Hotel Krone <orders@krone.example>\n\nPlease deliver twenty pieces.\nPetra Vogel\n")
    assert found["person.full_name"] == "Petra Vogel"
    assert "person.full_name" not in names(
        "From: Hotel Krone <orders@krone.example>\n\nPlease deliver twenty pieces.\nBest Western\n, etc"
    )


def test_whom_a_group_writes_for_is_told_by_the_header_that_it_adds() -> None:
    head = "From: 'Ilse Brandl' via Leads <leads@widgets.example>\nReply-To: leads@widgets.example\nTo: leads@widgets.example\n"
    found = names(f"{head}X-Original-From: Ilse Brandl <ilse@brandl.example>\n\nWe need a ramp.")
    assert (found["person.email"], found["person.full_name"]) == ("ilse@brandl.example", "Ilse Brandl")


def test_the_number_of_who_called_is_read_from_what_the_answering_machine_sends() -> None:
    head = "From: notify@pbx.example\nTo: leads@widgets.example\nSubject: New voice message from (415) 555-0132\n"
    assert names(f"{head}\nYou have a new voice message.\n")["person.phone"] == "+14155550132"


@pytest.mark.parametrize(
    ("subject", "text", "numbers"),
    [
        ("Please call 0171 2345678", "", ("0171 2345678",)),
        ("Tel. 030 23125 014", "Bitte um Rückruf", ("030 23125 014",)),
        ("x", "0171 2345678", ("0171 2345678",)),
        ("+49 30 23125 014", "", ("+493023125014",)),
        ("Order 4711 2233 8899", "Hello", None),
        ("x", "4711 2233 8899", None),
    ],
)
def test_the_number_is_read_where_it_is_all_that_a_mail_says(subject: str, text: str, numbers: tuple[str, ...] | None) -> None:
    head = f"From: Anna Weber <anna@acme.example>\nTo: leads@widgets.example\nSubject: {subject}\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    found = {one.name: one.texts for one in person_found(parse_mail(raw.encode()), MailOptions())}
    assert found.get("person.phones") == numbers
