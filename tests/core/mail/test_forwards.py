"""Forwarded mails: the lead is who wrote them, not who passes them on."""

# ruff: noqa: E501 -- blocks of header lines, one a line

from __future__ import annotations

import pytest

from core.mail.forwards import find_forward, text_before
from core.mail.message import MailOptions
from core.mail.parsing import parse_mail

NOTHING_KNOWN = MailOptions()
OURS = MailOptions(own_domains=frozenset({"widgets.example"}))

BLOCKS = {
    "gmail": "---------- Forwarded message ---------\nFrom: Anna Weber <anna@acme.de>\nDate: Mon, 2 Nov 2026 at 09:14\nSubject: Offer\nTo: <info@widgets.example>\n",
    "apple": "Begin forwarded message:\n\nFrom: Anna Weber <anna@acme.de>\nSubject: Offer\nDate: 2. November 2026 at 09:14:00 CET\nTo: info@widgets.example\n",
    "apple, german": "Anfang der weitergeleiteten Nachricht:\n\nVon: Anna Weber <anna@acme.de>\nBetreff: Offer\nDatum: 2. November 2026 um 09:14\nAn: info@widgets.example\n",
    "apple, quoted": "Begin forwarded message:\n\n> From: Anna Weber <anna@acme.de>\n> Subject: Offer\n> Date: 2 November 2026\n> To: info@widgets.example\n>\n",
    "outlook": "________________________________\nFrom: Anna Weber <anna@acme.de>\nSent: Monday, November 2, 2026 9:14 AM\nTo: info@widgets.example\nSubject: Offer\n",
    "outlook, mailto": "-----Original Message-----\nFrom: Anna Weber [mailto:anna@acme.de]\nSent: Monday, November 2, 2026 9:14 AM\nTo: info@widgets.example\nSubject: Offer\n",
    "outlook, bold": "*From:* Anna Weber <anna@acme.de>\n*Sent:* Monday, November 2, 2026 9:14 AM\n*To:* info@widgets.example\n*Subject:* Offer\n",
    "outlook, german": "Von: Anna Weber <anna@acme.de>\nGesendet: Montag, 2. November 2026 09:14\nAn: info@widgets.example\nBetreff: Offer\n",
    "outlook, french": "De : Anna Weber <anna@acme.de>\nEnvoyé : lundi 2 novembre 2026 09:14\nÀ : info@widgets.example\nObjet : Offer\n",
    "outlook, spanish": "De: Anna Weber <anna@acme.de>\nEnviado el: lunes, 2 de noviembre de 2026 9:14\nPara: info@widgets.example\nAsunto: Offer\n",
    "outlook, italian": "Da: Anna Weber <anna@acme.de>\nInviato: lunedì 2 novembre 2026 09:14\nA: info@widgets.example\nOggetto: Offer\n",
    "outlook, dutch": "Van: Anna Weber <anna@acme.de>\nVerzonden: maandag 2 november 2026 9:14\nAan: info@widgets.example\nOnderwerp: Offer\n",
    "outlook, portuguese": "De: Anna Weber <anna@acme.de>\nEnviada em: segunda-feira, 2 de novembro de 2026 09:14\nPara: info@widgets.example\nAssunto: Offer\n",
    "outlook, polish": "Od: Anna Weber <anna@acme.de>\nWysłano: poniedziałek, 2 listopada 2026 09:14\nDo: info@widgets.example\nTemat: Offer\n",
    "outlook, swedish": "Från: Anna Weber <anna@acme.de>\nSkickat: den 2 november 2026 09:14\nTill: info@widgets.example\nÄmne: Offer\n",
    "outlook, danish": "Fra: Anna Weber <anna@acme.de>\nSendt: 2. november 2026 09:14\nTil: info@widgets.example\nEmne: Offer\n",
    "outlook, russian": "От: Anna Weber <anna@acme.de>\nОтправлено: 2 ноября 2026 г. 9:14\nКому: info@widgets.example\nТема: Offer\n",
    "outlook, chinese": "发件人: Anna Weber <anna@acme.de>\n发送时间: 2026年11月2日 9:14\n收件人: info@widgets.example\n主题: Offer\n",
    "outlook, japanese": "差出人: Anna Weber <anna@acme.de>\n送信日時: 2026年11月2日 9:14\n宛先: info@widgets.example\n件名: Offer\n",
    "thunderbird": "-------- Forwarded Message --------\nSubject: \tOffer\nDate: \tMon, 2 Nov 2026 09:14:00 +0100\nFrom: \tAnna Weber <anna@acme.de>\nTo: \tinfo@widgets.example\n",
    "thunderbird, german": "-------- Weitergeleitete Nachricht --------\nBetreff: Offer\nDatum: Mon, 2 Nov 2026 09:14:00 +0100\nVon: Anna Weber <anna@acme.de>\nAn: info@widgets.example\n",
}  # fmt: skip


def forwarded(
    block: str, subject: str = "Fwd: Offer", author: str = "Carla Colleague <carla@widgets.example>", above: str = "FYI"
) -> str:
    return f"""From: {author}
To: leads@widgets.example
Subject: {subject}
Content-Type: text/plain; charset=utf-8

{above}

--\x20
Carla Colleague
Office Manager, Example Widgets
Tel 212-555-0123

{block}
We need 25 licences.

Anna Weber
Phone: 030 23125 014
"""


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("options", [NOTHING_KNOWN, OURS], ids=["nothing known", "own domain"])
def test_the_author_of_a_forwarded_mail_is_found_in_the_block_of_every_program(kind: str, options: MailOptions) -> None:
    found = find_forward(parse_mail(forwarded(BLOCKS[kind]).encode()), options)
    assert found is not None
    assert (found.mail.senders[0].email, found.mail.senders[0].name) == ("anna@acme.de", "Anna Weber")
    assert found.mail.text.startswith("We need 25 licences.")
    assert found.mail.subject == "Offer"


@pytest.mark.parametrize(
    "subject", ["Fwd: Offer", "FW: Offer", "WG: Offer", "TR: Offer", "RV: Offer", "I: Offer", "VS: Offer", "转发: Offer"]
)
def test_the_subject_says_that_a_block_is_a_forwarded_mail(subject: str) -> None:
    assert find_forward(parse_mail(forwarded(BLOCKS["outlook"], subject).encode()), OURS) is not None


def test_the_same_block_in_a_reply_is_a_quote() -> None:
    raw = forwarded(BLOCKS["outlook"], "RE: Offer", "Bob Stone <bob@stone.example>", "Yes, please.")
    assert find_forward(parse_mail(raw.encode()), OURS) is None


def test_a_stranger_who_asks_for_themselves_is_the_lead() -> None:
    block = BLOCKS["gmail"].replace("info@widgets.example", "bob@stone.example")
    raw = forwarded(
        block, author="Bob Stone <bob@stone.example>", above="Can you offer us what Anna asks for below? We need it in May."
    )
    assert find_forward(parse_mail(raw.encode()), OURS) is None


def test_a_stranger_who_only_passes_on_what_was_sent_to_us_is_not_the_lead() -> None:
    raw = forwarded(BLOCKS["gmail"], author="Bob Stone <bob@stone.example>", above="This came to me by mistake, I think.")
    found = find_forward(parse_mail(raw.encode()), OURS)
    assert found is not None
    assert found.mail.senders[0].email == "anna@acme.de"


def test_of_a_chain_the_outermost_author_who_is_not_one_of_us_counts() -> None:
    chain = f"""From: Carl Chief <chief@widgets.example>
To: leads@widgets.example
Subject: Fwd: Fwd: Offer

Begin forwarded message:

From: Carla Colleague <carla@widgets.example>
Subject: Fwd: Offer
Date: 3 November 2026
To: chief@widgets.example

Yours?

{BLOCKS["gmail"]}
We need 25 licences.
"""
    found = find_forward(parse_mail(chain.encode()), NOTHING_KNOWN)
    assert found is not None
    assert found.mail.senders[0].email == "anna@acme.de"
    assert found.mail.text == "We need 25 licences."


def test_an_enclosed_mail_is_a_forwarded_one() -> None:
    raw = """From: Carla Colleague <carla@widgets.example>
To: leads@widgets.example
Subject: Fwd: Offer
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

See attached.
--b
Content-Type: message/rfc822

From: Anna Weber <anna@acme.de>
To: info@widgets.example
Subject: Offer
Content-Type: text/plain

We need 25 licences.
--b--
"""
    found = find_forward(parse_mail(raw.encode()), NOTHING_KNOWN)
    assert found is not None
    assert (found.mail.senders[0].email, found.mail.text.strip(), found.where) == (
        "anna@acme.de", "We need 25 licences.", "enclosed mail",
    )  # fmt: skip


def test_an_author_without_an_address_is_told_by_name() -> None:
    block = "From: Anna Weber\nSent: Monday, November 2, 2026 9:14 AM\nTo: Info\nSubject: Offer\n"
    found = find_forward(parse_mail(forwarded(block).encode()), OURS)
    assert found is not None
    assert (found.mail.senders[0].email, found.mail.senders[0].name) == ("", "Anna Weber")


def test_a_mail_of_ones_own_is_no_forward() -> None:
    assert (
        find_forward(parse_mail(b"From: a@b.de\nSubject: From: To: Subject\n\nFrom: what I know\nthe offer is fine.\n"), OURS)
        is None
    )


def test_what_stands_above_is_the_text_of_the_one_who_passes_on() -> None:
    assert text_before(parse_mail(forwarded(BLOCKS["gmail"]).encode())).startswith("FYI")
