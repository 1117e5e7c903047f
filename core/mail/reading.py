"""All of a mail together: from its bytes to the names that a mapping sees, or to the reason why it is no lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.fields import IN_REPLY_TO, MESSAGE_ID, STANDARD
from core.instants import DAY, Instant, to_iso
from core.lead import Names
from core.mail.adf import is_adf, read_adf
from core.mail.form_senders import FormFinder
from core.mail.forms import FormReading
from core.mail.forwards import Forward, find_forward
from core.mail.headers import sent_at
from core.mail.message import Found, MailKind, MailOptions, MailReading, MailVerdict, ParsedMail
from core.mail.parsing import parse_mail
from core.mail.people import is_of_recipient, is_own, is_robot, person_found, sender_of
from core.mail.quotes import own_text, split_signature
from core.mail.signature import without_disclaimer, without_signature
from core.mail.vcard import read_vcards
from core.mail.verdict import judge_mail
from core.normalize.text import fold

EMAIL, EMAIL_REPLY, CONTACT = "email", "email_reply", "contact"
"""The kinds of touch that a mail is: a person's own, a reply, a form that somebody filled in."""

FURTHER_CARDS = "further cards"
"""The name under which the cards after the first stand, for a mapping to take and for people to see."""
_CARD, _MAX_SEARCHED = "BEGIN:VCARD", 200_000
_EARLIEST, _LATEST = 788_918_400_000, 4_102_444_800_000
"""1995 and 2100: a Date outside of them is a broken clock's."""


def read_mail(raw: bytes, options: MailOptions) -> MailReading:
    """Read a mail and all that can be known of the lead in it; whatever the bytes are, nothing is raised.

    What was found is told of every mail; `verdict.is_lead` says whether it counts.
    """
    mail = parse_mail(raw)
    forms = FormFinder(options)
    verdict = judge_mail(mail, options, forms)
    forward = find_forward(mail, options)
    inner = forward.mail if forward is not None else mail
    kind, found = _lead(inner, options, forms)
    if verdict.is_lead:
        verdict = replace(verdict, kind=_kind(verdict, kind, forward))
    elif verdict.kind == "own" and kind == "vcard":
        verdict = MailVerdict("vcard", True)
    if forward is not None:
        found = tuple(replace(one, where=f"{one.where}, {forward.where}") for one in found)
    every = (*found, *_touch(mail, inner, verdict, found))
    return MailReading(verdict, every, names_of(every), mail)


def read_names(raw: bytes, options: MailOptions) -> Names:
    """The names of a mail alone, as a mapping sees them."""
    return read_mail(raw, options).names


def names_of(found: Iterable[Found]) -> Names:
    """The names of what was found; of one name found twice the first telling counts."""
    names: dict[str, str | tuple[str, ...]] = {}
    for one in found:
        if one.name not in names and any(text.strip() for text in one.texts):
            is_list = one.name in STANDARD and STANDARD[one.name].type == "list"
            names[one.name] = one.texts if is_list or len(one.texts) > 1 else one.texts[0]
    return names


def explain(reading: MailReading) -> tuple[tuple[str, str, str, float], ...]:
    """Each thing that was read, for people: the field or label, its text, where it stood, and how sure that is (0-1)."""
    return tuple((one.name, "; ".join(one.texts), one.where, one.confidence) for one in reading.found)


def _lead(mail: ParsedMail, options: MailOptions, forms: FormFinder) -> tuple[MailKind, tuple[Found, ...]]:
    """What the mail tells of the lead, by the first reader that understands it."""
    adf = _adf(mail)
    if adf:
        return "adf", tuple(_found_of(adf, "ADF document"))
    form = forms.form_of(mail)
    if form is not None:
        return "form", _form_with_header(tuple(_form_found(form)), mail, options)
    person = person_found(mail, options)
    cards = read_vcards("\n".join((*mail.cards, mail.text if _CARD in mail.text[:_MAX_SEARCHED].upper() else "")))
    if cards:
        kind, found = _card_with_person(tuple(_found_of(cards[0], "vCard")), person, mail, options)
        return kind, (*found, *_further(cards[1:])) if kind == "vcard" else found
    return "person", person


def _adf(mail: ParsedMail) -> Names | None:
    """The first prospect of an ADF document in the mail, attached or in its text."""
    for text in (*mail.documents, mail.text, mail.html):
        if text and is_adf(text) and (names := read_adf(text)):
            return names
    return None


def _found_of(names: Names, where: str) -> Iterator[Found]:
    for name, texts in names.items():
        yield Found(name, (texts,) if isinstance(texts, str) else tuple(texts), where)


def _form_found(form: FormReading) -> Iterator[Found]:
    sure = 1.0 if form.is_certain else 0.7
    for path, texts in form.fields.items():
        yield Found(path, texts, f"form ({form.format})", sure)
    if form.message and "touch.message" not in form.fields:
        yield Found("touch.message", (form.message,), f"form ({form.format})", sure)
    for label, texts in form.labels.items():
        yield Found(label, texts, f"form ({form.format})", sure)


def _form_with_header(found: tuple[Found, ...], mail: ParsedMail, options: MailOptions) -> tuple[Found, ...]:
    """The form's fields, and from the header what they leave open, where both are plausibly the same person."""
    names = {one.name for one in found}
    sender = sender_of(mail, options)
    if sender is None or not sender.email or is_own(sender.email, options):
        return found
    told = {text.lower() for one in found if one.name == "person.email" for text in one.texts}
    if told and sender.email not in told:
        return found
    if not told and (sender.where != "Reply-To" or is_of_recipient(sender.email, mail)):
        return found
    has_name = bool({"person.full_name", "person.first_name", "person.last_name"} & names)
    more = [Found("person.email", (sender.email,), sender.where)] if not told else []
    person = person_found(replace(mail, text="", html=""), options)
    more += [one for one in person if one.name == "person.full_name" and one.confidence > 0.6 and not has_name]
    return (*found, *more)


def _card_with_person(
    card: tuple[Found, ...], person: tuple[Found, ...], mail: ParsedMail, options: MailOptions
) -> tuple[MailKind, tuple[Found, ...]]:
    """A card tells of its own sender, or, sent on by one of us or by a program, of the lead; a stranger's card tells nothing."""
    carded, written = _by_name(card), _by_name(person)
    is_theirs = _shares_person(carded, written)
    sender = sender_of(mail, options)
    is_sent_on = sender is None or is_own(sender.email, options) or is_of_recipient(sender.email, mail) or is_robot(sender.email)
    if not is_theirs and not is_sent_on:
        return "person", person
    if not is_theirs:
        return "vcard", card
    more = tuple(
        one for one in card if one.name not in written and one.name.partition(".")[0] in ("person", "company", "address")
    )
    return "person", (*person, *more)


def _further(cards: Iterable[Names]) -> Iterator[Found]:
    """The further cards of a mail, a line for each: a mail is one lead, and nobody who is told of may go unseen."""
    paths = ("person.full_name", "person.first_name", "person.last_name", "person.email", "person.phone", "company.name")
    told = [{one.name: one.texts[0] for one in _found_of(card, "vCard") if one.texts} for card in cards]
    lines = tuple(", ".join(card[path] for path in paths if path in card) for card in told)
    if any(lines):
        yield Found(FURTHER_CARDS, lines, "vCard")


def _by_name(found: Iterable[Found]) -> dict[str, str]:
    return {one.name: one.texts[0] for one in reversed(tuple(found)) if one.texts}


def _shares_person(carded: dict[str, str], written: dict[str, str]) -> bool:
    emails = [each.get("person.email", "").lower() for each in (carded, written)]
    if emails[0] and emails[0] == emails[1]:
        return True
    names = [
        set(fold(" ".join(each.get(f"person.{part}", "") for part in ("full_name", "first_name", "last_name"))).split())
        for each in (carded, written)
    ]
    return len(names[0] & names[1]) >= 2


def _kind(verdict: MailVerdict, kind: MailKind, forward: Forward | None) -> MailKind:
    """The kind of a lead by what was understood: a form that a colleague forwards is a form."""
    if kind != "person":
        return kind
    if forward is not None:
        return "forward"
    return verdict.kind if verdict.kind in ("reply", "person") else "person"


def _touch(mail: ParsedMail, inner: ParsedMail, verdict: MailVerdict, found: tuple[Found, ...]) -> Iterator[Found]:
    """What the mail itself is: its text, subject, ids, time and files. What a form has told of the touch goes before."""
    is_form = verdict.kind in ("form", "adf")
    told = {one.name for one in found}
    if not is_form and (text := message_of(inner.text, *_author(found))):
        yield Found("touch.message", (text,), "text")
    if "touch.subject" not in told and (subject := inner.subject or mail.subject):
        yield Found("touch.subject", (subject,), "Subject")
    if mail.message_id:
        yield Found(MESSAGE_ID, (mail.message_id,), "Message-ID")
    if mail.in_reply_to and verdict.kind == "reply":
        yield Found(IN_REPLY_TO, mail.in_reply_to, "In-Reply-To and References")
    if mail.attachments:
        yield Found("touch.attachments", tuple(f"{one.name} ({one.size} bytes)" for one in mail.attachments), "attachments")
    if "touch.kind" not in told:
        yield Found(
            "touch.kind", (CONTACT if is_form else EMAIL_REPLY if verdict.kind == "reply" else EMAIL,), "kind of the mail"
        )
    if "touch.lead_source" not in told:
        yield Found("touch.lead_source", ("Website" if is_form else "E-mail",), "kind of the mail")
    written = written_at(mail)
    if "touch.submitted_at" not in told and written is not None:
        yield Found("touch.submitted_at", (to_iso(written),), "Date")


def _author(found: tuple[Found, ...]) -> tuple[str, str]:
    """The name and the address of the person that was found."""
    told = _by_name(found)
    return told.get("person.full_name", ""), told.get("person.email", "")


def message_of(text: str, name: str = "", email: str = "") -> str:
    """What somebody wrote: without quotes and signature, by which the author's own name is known too."""
    own = own_text(text)
    body = split_signature(own)[0].strip()
    body = without_signature(without_disclaimer(body), name, email) if name else without_disclaimer(body)
    return body if body else own.strip()


def written_at(mail: ParsedMail) -> Instant | None:
    """When a mail was written: its Date where that is plausible, else when it was received."""
    received = next((at for value in mail.headers.get("received", ()) if (at := sent_at(value.rpartition(";")[2].strip()))), None)
    for moment in (mail.sent_at, received):
        if moment is not None and _EARLIEST <= moment <= _LATEST and (received is None or moment <= received + DAY):
            return moment
    return None
