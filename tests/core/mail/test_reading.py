"""All of a mail together: which reader understands it, and which names a mapping sees."""

# ruff: noqa: E501 -- mails as they come

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fields import STANDARD
from core.mail.message import MailOptions
from core.mail.reading import explain, read_mail, read_names

OURS = MailOptions(own_addresses=frozenset({"leads@widgets.example"}), own_domains=frozenset({"widgets.example"}), region="DE")

LETTER = """From: "Weber, Anna" <anna@acme.de>
To: leads@widgets.example
Subject: Offer
Date: Mon, 2 Nov 2026 09:14:00 +0100
Message-ID: <a1@acme.de>
Content-Type: text/plain; charset=utf-8

We need 25 licences.

Best regards
Anna Weber
Head of IT
Acme GmbH
Tel. 030 23125 014
"""

FORM = """From: Widgets <wordpress@widgets.example>
To: leads@widgets.example
Subject: New submission
Reply-To: {reply}
Date: Mon, 2 Nov 2026 09:14:00 +0100
Content-Type: text/plain; charset=utf-8

Name: Anna Weber
Email: anna@acme.de
Phone: 030 23125 014
Company: Acme GmbH
Favourite colour: green
Message: We need 25 licences.
Email: attacker@evil.example

---

Date: November 2, 2026
Time: 9:14 am
Page URL: https://widgets.example/contact
User Agent: Mozilla/5.0
Remote IP: 192.0.2.7
Powered by: Elementor
"""

ADF = """From: Portal <leads@portal.example>
To: leads@widgets.example
Subject: ADF lead
Content-Type: text/plain; charset=utf-8

<?xml version="1.0"?><?adf version="1.0"?>
<adf><prospect><customer><contact><name part="full">Anna Weber</name><email>anna@acme.de</email></contact>
<comments>Please call.</comments></customer>
<vendor><contact><name part="full">Motors</name><email>sales@motors.example</email></contact></vendor></prospect></adf>
"""

CARD = """From: {author}
To: leads@widgets.example
Subject: Contact
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

See you.
--b
Content-Type: text/vcard; name="card.vcf"

BEGIN:VCARD
VERSION:3.0
FN:Anna Weber
EMAIL:anna@acme.de
ORG:Acme GmbH
TITLE:Head of IT
TEL;TYPE=CELL:+491711234567
END:VCARD
--b--
"""


def names(raw: str, options: MailOptions = OURS) -> dict[str, str | tuple[str, ...]]:
    return dict(read_names(raw.encode(), options))


def test_a_letter_tells_the_person_their_words_and_the_mail_itself() -> None:
    assert names(LETTER) == {
        "person.email": "anna@acme.de", "person.full_name": "Anna Weber", "person.phone": "+493023125014",
        "person.phones": ("+493023125014",), "person.job_title": "Head of IT", "company.name": "Acme GmbH",
        "touch.message": "We need 25 licences.", "touch.subject": "Offer", "touch.message_id": "a1@acme.de",
        "touch.kind": "email", "touch.lead_source": "E-mail", "touch.submitted_at": "2026-11-02T08:14:00.000Z",
    }  # fmt: skip


def test_a_reply_names_the_mails_that_it_answers_and_not_what_it_quotes() -> None:
    raw = LETTER.replace("Subject: Offer", "Subject: Re: Offer\nIn-Reply-To: <q1@widgets.example>")
    raw += "\nOn 1 Nov 2026, Carla Colleague wrote:\n> Tel +49 30 999999\n> Widgets GmbH\n"
    found = names(raw)
    assert (found["touch.kind"], found["touch.in_reply_to"]) == ("email_reply", ("q1@widgets.example",))
    assert (found["touch.message"], found["person.phones"]) == ("We need 25 licences.", ("+493023125014",))


@pytest.mark.parametrize("reply", ["anna@acme.de", "", "Anna Weber <anna@acme.de>"])
def test_a_form_tells_its_fields_and_every_other_label_by_its_name(reply: str) -> None:
    found = names(FORM.format(reply=reply))
    assert {key: found[key] for key in ("person.full_name", "person.email", "company.name", "touch.kind", "touch.lead_source")} == {
        "person.full_name": "Anna Weber", "person.email": "anna@acme.de", "company.name": "Acme GmbH",
        "touch.kind": "contact", "touch.lead_source": "Website",
    }  # fmt: skip
    assert found["Favourite colour"] == "green"
    assert found["touch.page_url"] == "https://widgets.example/contact"
    assert str(found["touch.message"]).startswith("We need 25 licences.")
    assert read_mail(FORM.format(reply=reply).encode(), OURS).verdict.kind == "form"


BOB = "Name: Bob Stone\nEmail: bob@stone.example\nCompany: Stone Ltd\nMessage: Hello\n"


@pytest.mark.parametrize(
    "below",
    [
        "\nOn Mon, Nov 2, 2026 at 9:14 AM Widgets Leads <leads@widgets.example> wrote:\n\n> Hello, I am Tom.\n",
        "\nAm Mo., 2. Nov. 2026 um 09:14 Uhr schrieb Widgets <leads@widgets.example>:\n\n> Hallo\n",
        "\n-----Original Message-----\nFrom: Widgets <leads@widgets.example>\nSent: Monday\nTo: Anna\nSubject: Hello\n\n" + BOB,
    ],
)
def test_the_labels_of_a_signature_and_of_what_is_quoted_make_no_form_of_a_reply(below: str) -> None:
    raw = LETTER.replace("Subject: Offer", "Subject: Re: Offer\nIn-Reply-To: <q1@widgets.example>")
    found = names(raw.replace("Tel. 030 23125 014", "Tel.: 030 23125 014\nE-mail: anna@acme.de") + below)
    assert (found["person.email"], found["person.full_name"]) == ("anna@acme.de", "Anna Weber")
    assert (found["touch.kind"], found["touch.message"]) == ("email_reply", "We need 25 licences.")


def test_a_form_that_a_stranger_pastes_into_a_letter_is_part_of_the_letter() -> None:
    pasted = "Your form sent us this:\n\nName: Bob Stone\nEmail: bob@stone.example\nCompany: Stone Ltd\n\nPlease repair it."
    found = names(LETTER.replace("We need 25 licences.", pasted))
    assert (found["person.email"], found["person.full_name"]) == ("anna@acme.de", "Anna Weber")
    assert found["touch.message"] == pasted


def test_a_header_of_somebody_else_does_not_fill_a_forms_gaps() -> None:
    raw = FORM.format(reply="Bob Stone <bob@stone.example>").replace("Name: Anna Weber\n", "")
    assert "person.full_name" not in names(raw)
    raw = FORM.format(reply="Anna Weber <anna@acme.de>").replace("Name: Anna Weber\n", "")
    assert names(raw)["person.full_name"] == "Anna Weber"


def test_an_adf_document_goes_before_everything_else() -> None:
    reading = read_mail(ADF.encode(), OURS)
    assert reading.verdict.kind == "adf"
    assert (reading.names["person.email"], reading.names["touch.message"]) == ("anna@acme.de", "Please call.")
    assert reading.names["touch.lead_source"] == "Website"


def test_a_card_of_the_sender_completes_them() -> None:
    found = names(CARD.format(author="anna@acme.de"))
    assert (found["person.email"], found["company.name"], found["person.mobile"]) == (
        "anna@acme.de",
        "Acme GmbH",
        "+491711234567",
    )
    assert found["touch.message"] == "See you."


def test_a_card_that_a_colleague_sends_on_is_the_lead() -> None:
    reading = read_mail(CARD.format(author="Carla Colleague <carla@widgets.example>").encode(), OURS)
    assert (reading.verdict.kind, reading.names["person.email"]) == ("vcard", "anna@acme.de")


def test_a_card_that_a_program_sends_on_is_the_lead_whatever_the_programs_headers_say() -> None:
    raw = CARD.format(author="Card scanner <noreply@cards.example>").replace(
        "Subject:", "Auto-Submitted: auto-generated\nSubject:"
    )
    reading = read_mail(raw.encode(), OURS)
    assert (reading.verdict.kind, reading.names["person.email"]) == ("vcard", "anna@acme.de")


def test_of_several_cards_the_first_is_the_lead_and_the_others_are_told() -> None:
    cards = "".join(
        f"BEGIN:VCARD\nVERSION:3.0\nFN:{name} Ode\nEMAIL:{name.lower()}@ode.example\nORG:Ode Ltd\nEND:VCARD\n"
        for name in ("Ada", "Bea", "Cleo")
    )
    head = "From: Carla <carla@widgets.example>\nTo: leads@widgets.example\nContent-Type: text/vcard; name=cards.vcf\n"
    found = names(f"{head}Content-Disposition: attachment\n\n{cards}")
    assert found["person.email"] == "ada@ode.example"
    assert found["further cards"] == ("Bea Ode, bea@ode.example, Ode Ltd", "Cleo Ode, cleo@ode.example, Ode Ltd")


def test_a_card_of_somebody_else_tells_nothing_of_a_stranger() -> None:
    found = names(CARD.format(author="Bob Stone <bob@stone.example>"))
    assert found["person.email"] == "bob@stone.example"
    assert "company.name" not in found


def test_of_a_forwarded_letter_the_author_is_the_lead() -> None:
    inner = "From: Anna Weber <anna@acme.de>\nDate: Mon, 2 Nov 2026\nSubject: Offer\nTo: leads@widgets.example\n\nWe need 25 licences.\n"
    raw = (
        "From: Carla Colleague <carla@widgets.example>\nTo: leads@widgets.example\nSubject: Fwd: Offer\nMessage-ID: <c1@widgets.example>\n\n"
        f"Yours?\nCarla\nTel 030 999999\n\n---------- Forwarded message ---------\n{inner}"
    )
    reading = read_mail(raw.encode(), OURS)
    assert reading.verdict.kind == "forward"
    assert reading.verdict.is_lead
    assert (reading.names["person.email"], reading.names["touch.message"]) == ("anna@acme.de", "We need 25 licences.")
    assert reading.names["touch.message_id"] == "c1@widgets.example"
    assert "person.phone" not in reading.names
    assert any("forwarded text" in one.where for one in reading.found)


def test_a_forwarded_form_is_read_as_a_form() -> None:
    body = FORM.format(reply="anna@acme.de").partition("\n\n")[2]
    raw = (
        "From: Carla Colleague <carla@widgets.example>\nTo: leads@widgets.example\nSubject: WG: New submission\n"
        "Content-Type: text/plain; charset=utf-8\n\nBitte übernehmen.\n\nVon: Widgets <wordpress@widgets.example>\n"
        f"Gesendet: Montag, 2. November 2026 09:14\nAn: info@widgets.example\nBetreff: New submission\n\n{body}"
    )
    found = names(raw)
    assert (found["person.email"], found["person.full_name"]) == ("anna@acme.de", "Anna Weber")


def test_attached_files_are_told_with_their_sizes() -> None:
    raw = """From: anna@acme.de
To: leads@widgets.example
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

See the plan.
--b
Content-Type: application/pdf; name="plan.pdf"
Content-Disposition: attachment; filename="plan.pdf"

12345
--b--
"""
    assert names(raw)["touch.attachments"] == ("plan.pdf (5 bytes)",)


def test_a_mail_that_is_no_lead_says_why() -> None:
    raw = LETTER.replace("Subject: Offer", "Subject: Out of office\nAuto-Submitted: auto-replied")
    reading = read_mail(raw.encode(), OURS)
    assert not reading.verdict.is_lead
    assert reading.verdict.code
    assert reading.verdict.reason


@pytest.mark.parametrize(
    ("date", "wanted"),
    [
        ("Mon, 2 Nov 2026 09:14:00 +0100", "2026-11-02T08:14:00.000Z"),
        ("Thu, 1 Jan 1970 00:00:00 +0000", "2026-11-02T09:00:00.000Z"),
        ("Mon, 2 Nov 2037 09:14:00 +0100", "2026-11-02T09:00:00.000Z"),
        ("nonsense", "2026-11-02T09:00:00.000Z"),
    ],
)
def test_an_implausible_date_gives_way_to_when_the_mail_was_received(date: str, wanted: str) -> None:
    received = "Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0100\n"
    raw = received + LETTER.replace("Mon, 2 Nov 2026 09:14:00 +0100", date)
    assert names(raw)["touch.submitted_at"] == wanted


def test_recognized_names_are_lead_fields_that_a_source_may_fill() -> None:
    for raw in (LETTER, FORM.format(reply="anna@acme.de"), ADF, CARD.format(author="anna@acme.de")):
        for name in names(raw):
            if name.partition(".")[0] in ("person", "company", "address", "touch"):
                assert STANDARD.is_input(name), name


def test_what_was_read_can_be_explained_with_its_place_and_certainty() -> None:
    lines = {field: (text, where, confidence) for field, text, where, confidence in explain(read_mail(LETTER.encode(), OURS))}
    assert lines["person.full_name"] == ("Anna Weber", "display name in From", 0.95)
    assert lines["person.job_title"][:2] == ("Head of IT", "signature")
    assert all(0 < confidence <= 1 for _, _, confidence in lines.values())


@given(st.binary(max_size=2_000))
def test_no_bytes_are_too_strange(raw: bytes) -> None:
    read_mail(raw, OURS)


@given(st.text(alphabet="From:to Subject>\n-_|@.<>:ad+0123 \tBEGIN", max_size=600))
def test_no_text_is_too_strange(text: str) -> None:
    read_mail(f"From: a@b.de\nSubject: Fwd: x\n\n{text}".encode(), OURS)


@pytest.mark.parametrize(
    "print_",
    [
        "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, informieren Sie bitte den Absender.",
        "This message is confidential and intended only for the addressee. If you received it in error, please delete it.",
        "Ce message est confidentiel et destiné à son destinataire.",
        "-- \nThis email has been checked for viruses by Some antivirus software.",
    ],
)
def test_small_print_at_the_end_is_no_message(print_: str) -> None:
    head = "From: Jo <jo@client.example>\nTo: leads@widgets.example\nContent-Type: text/plain; charset=utf-8\n"
    assert names(f"{head}\nPrices for 4711?\n\nIs it confidential who gets it?\n\n{print_}\n")["touch.message"] == (
        "Prices for 4711?\n\nIs it confidential who gets it?"
    )
    assert names(f"{head}\n{print_}\n")["touch.message"]


def test_what_a_mail_program_quotes_in_html_is_no_part_of_the_paragraph_above() -> None:
    html = "<div>Ok, order it.</div><div class='yahoo_quoted'><div>On Monday, November 16, 2026 at 04:05 PM, Leads &lt;leads@widgets.example&gt; wrote: </div><div>Order?</div></div>"
    head = "From: Jo <jo@client.example>\nTo: leads@widgets.example\nSubject: Re: x\nContent-Type: text/html; charset=utf-8\n"
    assert names(f"{head}\n<html><body>{html}</body></html>\n")["touch.message"] == "Ok, order it."
