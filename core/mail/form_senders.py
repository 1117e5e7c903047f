"""Whether the form in a mail is the mail's own: sent by a form, or only pasted into what a person writes."""

from __future__ import annotations

from dataclasses import replace

from core.mail.form_signs import announces_form
from core.mail.forms import FormReading, form_reading
from core.mail.message import MailOptions, ParsedMail
from core.mail.people import is_of_recipient, is_own, is_robot
from core.mail.quotes import split_forward
from core.normalize.text import fold

_FEW_WORDS = 4
"""A person writes more words than these above what they paste; a form says less there, or that it is one."""
_STRUCTURED = frozenset(["table", "list", "dashes"])


class FormFinder:
    """Reads the form of a mail for those who ask one after the other, once for each mail."""

    def __init__(self, options: MailOptions) -> None:
        self.options = options
        self._found: list[tuple[ParsedMail, FormReading | None]] = []

    def form_of(self, mail: ParsedMail) -> FormReading | None:
        """The form that the mail is, or None."""
        for known, form in self._found:
            if known is mail:
                return form
        form = form_of(mail, self.options)
        self._found.append((mail, form))
        return form


def form_of(mail: ParsedMail, options: MailOptions) -> FormReading | None:
    """The form that the mail is, or None: labels that a stranger quotes or pastes into their own words are no form."""
    is_site = comes_from_form(mail, options)
    read = mail
    if mail.in_reply_to and not is_site:
        above, below = split_forward(mail.text)
        read = replace(mail, text=above, html="") if below else mail
    form = form_reading(read, options.region)
    if form is None or not (form.is_certain or is_site):
        return None
    return form if is_site or not _is_pasted(read, form) else None


def comes_from_form(mail: ParsedMail, options: MailOptions) -> bool:
    """Whether its sender is a program or a site of ours, or one that the source's options say sends forms."""
    emails = [one.email.lower() for one in mail.senders if one.email]
    return is_pinned(mail, options) or any(
        is_robot(email) or is_own(email, options) or is_of_recipient(email, mail) for email in emails
    )


def is_pinned(mail: ParsedMail, options: MailOptions) -> bool:
    """Whether the source's options say that this sender's mails are forms."""
    pinned = {form.lower().lstrip("@") for form in options.forms}
    return any(
        email in pinned or email.rpartition("@")[2] in pinned for email in (one.email.lower() for one in mail.senders) if email
    )


def _is_pasted(mail: ParsedMail, form: FormReading) -> bool:
    """Whether a person who is not the one of the form wrote the mail around it."""
    if form.format in _STRUCTURED or announces_form(mail.subject):
        return False
    authors = {one.email.lower() for one in (*mail.senders, *mail.reply_to) if one.email}
    told = {text.lower() for path in ("person.email", "person.emails") for text in form.fields.get(path, ())}
    says_more = len(form.above.split()) >= _FEW_WORDS and not announces_form(form.above)
    if told & authors:
        return says_more and not form.message
    name = fold(mail.senders[0].name) if mail.senders else ""
    is_signed = " " in name and any(fold(line) == name for line in mail.text[-3_000:].splitlines())
    return is_signed or says_more
