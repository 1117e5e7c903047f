"""The sample mails: what a sales mailbox holds on a Monday morning. Everybody in them is invented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

OURS = "sales@ours.example"
_MONDAY = "Mon, 16 Nov 2026 08:{minute:02d}:00 +0100"


@dataclass(frozen=True, slots=True)
class SampleMail:
    """One mail as its file name and bytes, and what is special about it for the one who watches."""

    name: str
    raw: bytes
    story: str


_ENQUIRY = """\
Hello,

we are looking for a CRM for our sales team of 30 and would like to see a demo.
Could you call me this week?

Kind regards
Hannah Brooks

Hannah Brooks
Head of Sales | Brookside Ltd
Tel. +44 20 7946 0321 | Fax +44 20 7946 0322
www.brookside.example
"""
_REPLY = """\
Tuesday at ten suits me. My mobile is +44 7700 900123.

Hannah

On Mon, 16 Nov 2026 at 09:30, Sales <sales@ours.example> wrote:
> Dear Ms Brooks, when may we call you?
> Sales, Ours Ltd, phone +49 30 5550100
"""
_FORWARD = """\
FYI, please take care of him.

---------- Forwarded message ---------
From: Matteo Conti <matteo.conti@conti.example>
Date: Mon, 16 Nov 2026 at 07:58
Subject: Preisliste
To: <info@ours.example>

Guten Tag, bitte senden Sie mir die Preisliste.

Matteo Conti
Conti SpA
Tel. +39 02 5550199
"""
_FORM = """\
Name: Yuki Tanaka
E-Mail: yuki.tanaka@sakura.example
Telefon: +81 3 5550 0123
Firma: Sakura Trading
Nachricht: Wir sind 40 Leute im Vertrieb und suchen ein CRM.

--
Diese E-Mail wurde vom Kontaktformular auf Ours (https://www.ours.example) gesendet
"""
_AWAY = "I am out of the office until 23 November and will answer your mail when I am back."
_BOUNCE = "Your message to nobody@nowhere.example could not be delivered: the address was not found."
_NEWS = "Our autumn offers! Unsubscribe: https://shop.example/unsubscribe"


def sample_mails() -> Iterator[SampleMail]:
    """Enquiries in the ways in which they come, and what only looks like one."""
    enquiry = _mail("Hannah Brooks <hannah.brooks@brookside.example>", "CRM for 30 people", _ENQUIRY, 5)
    yield SampleMail("1-enquiry.eml", bytes(enquiry), "an enquiry: name, phone, company and title stand in the signature")
    reply = _mail("Hannah Brooks <hannah@private.example>", "Re: CRM for 30 people", _REPLY, 40)
    reply["In-Reply-To"], reply["References"] = "<answer-1@ours.example>", f"{enquiry['Message-ID']} <answer-1@ours.example>"
    yield SampleMail(
        "2-reply.eml", bytes(reply), "her answer from another address joins the same lead; the phone in the quote is ours"
    )
    forward = _mail("Jo Colleague <jo@ours.example>", "Fwd: Preisliste", _FORWARD, 12)
    yield SampleMail("3-forwarded.eml", bytes(forward), "a colleague forwards a mail: the lead is who wrote it")
    form = _mail("Ours <wordpress@ours.example>", "Neue Anfrage", _FORM, 20)
    form["Reply-To"] = "yuki.tanaka@sakura.example"
    yield SampleMail("4-contact-form.eml", bytes(form), "a website's contact form sends mails: read label by label")
    away = _mail("Pat Absent <pat@absent.example>", "Automatic reply: Your offer", _AWAY, 22)
    away["Auto-Submitted"] = "auto-replied"
    yield SampleMail("5-out-of-office.eml", bytes(away), "an out-of-office note: no lead")
    bounce = _mail("Mail Delivery System <MAILER-DAEMON@mx.example>", "Undelivered Mail Returned to Sender", _BOUNCE, 25)
    bounce["Return-Path"] = "<>"
    yield SampleMail("6-bounce.eml", bytes(bounce), "a bounce: no lead")
    news = _mail("Shop <news@shop.example>", "Autumn offers", _NEWS, 30)
    news["List-Unsubscribe"], news["Precedence"] = "<https://shop.example/unsubscribe>", "bulk"
    yield SampleMail("7-newsletter.eml", bytes(news), "a newsletter: no lead")
    yield SampleMail("8-enquiry-again.eml", bytes(enquiry), "the first mail once more, as mail servers do: nothing new")


def _mail(sender: str, subject: str, text: str, minute: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, OURS, subject
    mail["Date"] = _MONDAY.format(minute=minute)
    mail["Message-ID"] = f"<demo-{minute}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail.set_content(text)
    return mail
