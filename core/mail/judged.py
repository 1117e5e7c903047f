"""What the looks at a mail ask about it: who sent it, what it holds, and how much it speaks as an automatic answer does."""

from __future__ import annotations

import re
from functools import cached_property

from core.mail import verdict_words as words
from core.mail.form_senders import FormFinder, comes_from_form, is_pinned
from core.mail.forms import NAMES, FormReading
from core.mail.forwards import find_forward, has_forward_subject
from core.mail.message import MailKind, MailOptions, ParsedMail
from core.mail.people import is_of_recipient, is_own, is_robot
from core.mail.quotes import own_words
from core.normalize.mailboxes import ROLES

_ADF = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!DOCTYPE[^>]{0,200}>\s*)?<(?:\?adf\b|adf[\s>])", re.IGNORECASE)


_NUMBER = re.compile(r"(?:\+|\(|\b0|\b[2-9]\d{2}[-. ])[\d ()/.-]{7,}")
_EARLY = 40
"""An automatic answer comes to the point sooner."""
_SHORT = 250
"""An answer that says only that somebody is away is not longer."""
_MANY_LINKS = 6
"""A person's mail has fewer, with the signature's."""


class Judged:
    """A mail with what several looks ask about, each found out at most once."""

    def __init__(self, mail: ParsedMail, options: MailOptions, forms: FormFinder) -> None:
        self.mail = mail
        self.options = options
        self.forms = forms
        self.sender = mail.senders[0].email.lower() if mail.senders else ""
        self.local = self.sender.partition("@")[0]
        self.name = mail.senders[0].name if mail.senders else ""
        self.subject = mail.subject

    def header(self, name: str) -> str:
        """A header's text in lower case."""
        return self.mail.header(name).strip().lower()

    @cached_property
    def words(self) -> str:
        """The start of what the author wrote, without quotes."""
        return own_words(self.mail.text[:20_000])[:4_000]

    @cached_property
    def ends(self) -> str:
        """The start and the end of the text, where newsletters and lists say what they are."""
        text = self.mail.text
        return text if len(text) <= 8_000 else text[:4_000] + "\n" + text[-4_000:]

    @cached_property
    def is_adf(self) -> bool:
        """Whether it holds a lead in ADF."""
        return any(_ADF.match(text) for text in (*self.mail.documents, self.mail.text))

    @cached_property
    def form_kind(self) -> MailKind | None:
        """`adf` or `form` where the mail holds the data of an enquiry by somebody else than its sender or recipient."""
        if self.is_adf:
            return "adf"
        if is_pinned(self.mail, self.options):
            return "form"
        reading = self.forms.form_of(self.mail)
        if reading is None:
            return None
        emails = {text.lower() for path in ("person.email", "person.emails") for text in reading.fields.get(path, ())}
        ours = {one.email.lower() for one in (*self.mail.to, *self.mail.cc)} | set(self.options.own_addresses)
        if not emails and self._asks_for_call(reading):
            return "form"
        if not emails - ours:
            return None
        if words.RECEIPT.search(self.subject) and "touch.message" not in reading.fields:
            return None
        if emails <= {self.sender} and not ("touch.message" in reading.fields and reading.is_certain):
            return None
        return "form"

    @cached_property
    def is_forward(self) -> bool:
        """Whether one of ours passes on somebody's mail."""
        is_ours = is_own(self.sender, self.options) or is_of_recipient(self.sender, self.mail)
        if not is_ours or words.DAEMON.match(self.local) or is_robot(self.sender):
            return False
        return find_forward(self.mail, self.options) is not None

    @cached_property
    def has_forward(self) -> bool:
        """Whether it forwards a mail: the same letters before a subject are an answer's in another language (`VS:`)."""
        return has_forward_subject(self.subject) and find_forward(self.mail, self.options) is not None

    @cached_property
    def holds_enquiry(self) -> bool:
        """Whether it is a lead although a program may have sent it."""
        return self.form_kind is not None or self.is_forward or self.is_card or self.is_written_for

    @cached_property
    def is_card(self) -> bool:
        """Whether a program or one of ours passes on somebody's card."""
        return bool(self.mail.cards) and (is_robot(self.sender) or is_own(self.sender, self.options))

    @cached_property
    def is_written_for(self) -> bool:
        """Whether a site or group of ours wrote it for somebody else, who alone is to be answered."""
        is_ours = is_own(self.sender, self.options) or is_of_recipient(self.sender, self.mail)
        if not is_ours or words.DAEMON.match(self.local) or not self.is_answered_elsewhere:
            return False
        return self.is_own_list or not any(name in self.mail.headers for name in words.LIST_HEADERS)

    @cached_property
    def is_answered_elsewhere(self) -> bool:
        """Whether an answer goes to somebody else, as with forms that send from noreply@ and name the person in Reply-To."""
        replies = [one.email.lower() for one in self.mail.reply_to if one.email]
        return any(
            reply != self.sender and not words.NO_REPLY.search(reply.partition("@")[0])
            and not is_of_recipient(reply, self.mail) and not is_own(reply, self.options)
            and reply.rpartition("@")[2] != self.sender.rpartition("@")[2]
            for reply in replies
        )  # fmt: skip

    @cached_property
    def is_own_list(self) -> bool:
        """Whether the list is how the source's own address is shared out (a group address)."""
        posting = " ".join(self.header(name) for name in ("list-post", "list-id", "mailing-list", "x-beenthere"))
        return any(own in posting or own.replace("@", ".") in posting for own in self.options.own_addresses)

    @cached_property
    def answers(self) -> bool:
        """Whether its subject says that it answers one."""
        return words.REPLY_SUBJECT.match(self.subject) is not None

    @cached_property
    def asks(self) -> bool:
        """Whether its own text asks for something."""
        return words.ASKS.search(self.words[:1_500]) is not None

    @cached_property
    def is_letter(self) -> bool:
        """Whether somebody who can be answered wrote it, wants something, and says nothing that programs say."""
        if not self.asks or self.absence > 0 or is_robot(self.sender) or words.NO_REPLY.search(self.local):
            return False
        if words.SAYS_AUTOMATIC.search(self.words) or words.NOTICE_SUBJECT.search(self.subject):
            return False
        if words.AUTO_SUBJECT.match(self.subject) or words.NOTICE_TEXT.search(self.words):
            return False
        return not words.UNSUBSCRIBE.search(self.ends) and self.mail.html.lower().count("href=") < _MANY_LINKS

    @cached_property
    def is_call(self) -> bool:
        """Whether it tells of a call with a number to call back and words that ask for something."""
        return bool(
            words.VOICE_OR_FAX.search(self.subject) and self.asks and _NUMBER.search(f"{self.subject}\n{self.mail.text[:5_000]}")
        )

    def _asks_for_call(self, reading: FormReading) -> bool:
        """Whether a form without an address asks to call somebody by name."""
        is_reachable = "person.phone" in reading.fields or "person.mobile" in reading.fields
        is_named = any(path in reading.fields for path in NAMES)
        is_form = reading.is_certain or comes_from_form(self.mail, self.options)
        return is_reachable and is_named and is_form and not words.RECEIPT.search(self.subject)

    @cached_property
    def absence(self) -> int:
        """How much the own words are those of an automatic answer; 4 is enough."""
        return _absence_points(self)


def _is_shared(judged: Judged) -> bool:
    """Whether it comes from a mailbox that several read."""
    return judged.local in ROLES


def _absence_points(judged: Judged) -> int:
    text = judged.words[:2_500]
    away = words.ABSENCE.search(text)
    points = (3 if away.start() <= 300 else 2) if away else 0
    automatic = words.SAYS_AUTOMATIC.search(text)
    points += (3 + (judged.answers or bool(judged.mail.in_reply_to))) if automatic else 0
    whole = f"{judged.subject}\n{text}"
    is_ticket = words.TICKET_OPENED.search(whole) is not None
    answers_soon = words.SOON.search(text) is not None
    promises = answers_soon or words.PROMISE.search(text) is not None
    is_filed = bool(words.ACKNOWLEDGES.search(text)) or (
        promises and words.THANKS_FOR_MAIL.search(text) and words.TICKET.search(whole)
    )
    if is_ticket or is_filed or words.RECEIVED.search(whole) or (promises and words.THANKS_FOR_MAIL.search(judged.subject)):
        points += 2 + (1 if words.TICKET.search(whole) else 0) + 2 * (is_ticket or promises)
    is_answer = judged.answers or bool(judged.mail.in_reply_to)
    if not away and (topic := words.AWAY.search(text[:1_000])):
        points += 2 + (is_answer and topic.start() < _EARLY) + bool(words.RETURN.search(text)) + answers_soon
    elif answers_soon and not points and words.THANKS_FOR_MAIL.search(text[:300]) and (is_answer or _is_shared(judged)):
        points += 3
    if not points:
        return -1 if words.ASKS.search(text) else 0
    points += 1 if words.THANKS_FOR_MAIL.search(text) else 0
    points += 1 if away and words.RETURN.search(text) else 0
    points += 2 if words.DEPUTY.search(text) else 0
    asks = words.ASKS.search(text) or words.AGREES.search(text)
    says_nothing_else = bool(away) and is_answer and not asks and len(text.strip()) < _SHORT
    points += 1 if says_nothing_else else 0
    return points - (2 if asks else 0)
