"""What kind of mail it is, and whether it is a lead; for what is none, the reason as a code and a sentence.

A mail is stopped for what its headers, structure or own text say, never for what it quotes. A form's notification, a lead
in ADF and what a colleague forwards stay leads also where a program sent them.
"""

from __future__ import annotations

import re
from functools import cached_property

from core.mail import verdict_words as words
from core.mail.form_senders import FormFinder, is_pinned
from core.mail.forwards import find_forward, has_forward_subject
from core.mail.message import MailKind, MailOptions, MailVerdict, ParsedMail
from core.mail.people import is_of_recipient, is_own, is_robot
from core.mail.quotes import own_words, split_forward
from core.mail.verdict_reasons import REASONS

_REPORT_PARTS = {
    "message/delivery-status": "delivery_report", "message/global-delivery-status": "delivery_report",
    "message/feedback-report": "feedback_report", "message/disposition-notification": "read_receipt",
    "message/global-disposition-notification": "read_receipt", "message/tracking-status": "delivery_report",
    "application/tlsrpt+gzip": "feedback_report",
}  # fmt: skip
_LIST_SENDERS = ("sender", "errors-to", "return-path", "resent-sender", "x-envelope-sender")
_DMARC = re.compile(
    r"\s*(?:\[?(?:preview|dmarc)\]?\s*)?report[ -]domain:.{1,120}submitter:|dmarc (?:aggregate )?report", re.IGNORECASE
)
_REACHABLE = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}\.\w|(?:\+|\b0)[\d ()/.-]{7,}")
_ADF = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!DOCTYPE[^>]{0,200}>\s*)?<(?:\?adf\b|adf[\s>])", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"']{1,64}@[^\s@<>()\[\],;:\"']{1,190}\.[^\W\d_]{2,}")


def judge_mail(mail: ParsedMail, options: MailOptions, forms: FormFinder | None = None) -> MailVerdict:
    """Tell a lead from what is none. In doubt a mail is a lead: somebody can put it away, but nobody finds what was dropped.

    `forms` reads the form in a mail; who reads the mail further gives their own, so that it is read once.
    """
    judged = _Judged(mail, options, forms or FormFinder(options))
    for look in (_machine_made, _absent, _sent_to_many, _marked_or_own, _notifies):
        code = look(judged)
        if code:
            return _stopped(code, judged)
    return MailVerdict(_lead_kind(judged), is_lead=True)


class _Judged:
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
    def holds_enquiry(self) -> bool:
        """Whether it is a lead although a program may have sent it."""
        return self.form_kind is not None or self.is_forward or self.is_card

    @cached_property
    def is_card(self) -> bool:
        """Whether a program or one of ours passes on somebody's card."""
        return bool(self.mail.cards) and (is_robot(self.sender) or is_own(self.sender, self.options))

    @cached_property
    def absence(self) -> int:
        """How much the own words are those of an automatic answer; 4 is enough."""
        return _absence_points(self)


def _machine_made(judged: _Judged) -> str:
    """Reports, bounces and automatic answers by structure and headers."""
    structure = _report_code(judged)
    if structure:
        return structure
    is_daemon = bool(words.DAEMON.match(judged.local) or words.DAEMON_NAME.search(judged.name))
    return_path = judged.header("return-path").replace(" ", "")
    auto = judged.header("auto-submitted").partition(";")[0].partition("(")[0].strip()
    if judged.header("x-leadrelay-notice"):
        return "own_loop"
    if judged.header("x-loop") and any(own in judged.header("x-loop") for own in judged.options.own_addresses):
        return "own_loop"
    if auto.startswith("auto-replied"):
        return "bounce_text" if is_daemon or _bounce_points(judged) >= 4 else "auto_replied"
    if is_daemon:
        return "daemon_sender"
    bounce = _bounce_points(judged)
    if bounce >= 6 or (bounce >= 4 and not judged.form_kind):
        return "bounce_text"
    if (
        any(judged.header(name) not in ("", "no", "none", "false", "0") for name in words.AUTO_REPLY_HEADERS)
        and not judged.holds_enquiry
    ):
        return "autoreply_header"
    if judged.header("delivered-to") == "autoresponder" or "autorespond" in judged.header("x-post-messageclass"):
        return "autoreply_header"
    if "auto_reply" in (judged.header("precedence"), judged.header("x-precedence"), judged.header("preference")):
        return "precedence_auto_reply"
    if _has_auto_subject(judged) and not judged.form_kind:
        return "auto_reply_subject"
    if return_path == "<>" and not judged.holds_enquiry:
        return "null_return_path"
    return _auto_submitted(judged, auto)


def _has_auto_subject(judged: _Judged) -> bool:
    found = words.AUTO_SUBJECT.match(judged.subject)
    if found is None:
        return False
    if judged.absence < 0:
        return False
    return judged.absence >= 3 or words.AUTO_SUBJECT_GOES_ON.match(judged.subject, found.end()) is not None


def _auto_submitted(judged: _Judged, auto: str) -> str:
    is_answer = bool(judged.mail.in_reply_to) or judged.absence >= 3
    if auto and auto != "no" and (is_answer or not judged.holds_enquiry):
        return "auto_submitted"
    suppress = judged.header("x-auto-response-suppress")
    if suppress and suppress != "none" and not judged.holds_enquiry:
        return "suppresses_answers"
    return ""


def _report_code(judged: _Judged) -> str:
    mail = judged.mail
    for attachment in mail.attachments:
        if attachment.media_type in _REPORT_PARTS:
            return _REPORT_PARTS[attachment.media_type]
    if mail.media_type == "multipart/report" or mail.media_type in _REPORT_PARTS:
        kind = judged.header("content-type")
        if "feedback" in kind or "tlsrpt" in kind:
            return "feedback_report"
        return "read_receipt" if "disposition" in kind else "delivery_report"
    is_calendar = any(attachment.media_type in ("text/calendar", "application/ics") for attachment in mail.attachments)
    if is_calendar and words.MEETING_ANSWER.match(judged.subject):
        return "meeting_answer"
    if _DMARC.match(judged.subject):
        return "feedback_report"
    is_receipt = words.READ_RECEIPT.match(judged.subject) or words.RECEIPT_TEXT.search(judged.mail.text[:2_000])
    if is_receipt and words.RECEIPT_TEXT.search(judged.mail.text[:2_000]) and not judged.form_kind:
        return "read_receipt"
    return ""


def _bounce_points(judged: _Judged) -> int:
    """How much subject and own text are those of a bounce; 4 is enough."""
    has_subject = words.BOUNCE_SUBJECT.match(judged.subject) is not None
    is_sent_by_program = is_robot(judged.sender) or judged.header("return-path") == "<>"
    if not has_subject and not judged.header("x-failed-recipients") and not is_sent_by_program:
        return 0
    text = judged.mail.text[:6_000]
    signs = len({found[0].lower()[:12] for found in words.BOUNCE_TEXT.finditer(text)})
    robot = 1 if is_robot(judged.sender) or not judged.sender else 0
    failed = 2 if judged.header("x-failed-recipients") else 0
    if not is_sent_by_program and not failed and signs < 3 and words.QUESTION.search(judged.words[:1_500]):
        return 0
    return 2 * has_subject + min(4, 2 * signs) + robot + failed


def _absence_points(judged: _Judged) -> int:
    text = judged.words[:2_500]
    away = words.ABSENCE.search(text)
    points = (3 if away.start() <= 300 else 2) if away else 0
    automatic = words.SAYS_AUTOMATIC.search(text)
    points += 3 if automatic else 0
    whole = f"{judged.subject}\n{text}"
    is_ticket = words.TICKET_OPENED.search(whole) is not None
    promises = words.PROMISE.search(text) is not None
    if is_ticket or words.RECEIVED.search(whole) or (promises and words.THANKS_FOR_MAIL.search(judged.subject)):
        points += 2 + (1 if words.TICKET.search(whole) else 0) + 2 * (is_ticket or promises)
    if not points:
        return -1 if words.ASKS.search(text) else 0
    points += 1 if words.THANKS_FOR_MAIL.search(text) else 0
    points += 1 if away and words.RETURN.search(text) else 0
    points += 2 if words.DEPUTY.search(text) else 0
    asks = words.ASKS.search(text)
    return points - (2 if asks else 0)


def _absent(judged: _Judged) -> str:
    """Automatic answers by what they say, and challenges."""
    if judged.absence >= 4 and not judged.holds_enquiry and not has_forward_subject(judged.subject):
        return "out_of_office"
    asks_for_proof = words.CHALLENGE.search(f"{judged.subject}\n{judged.words[:2_000]}")
    if asks_for_proof and not judged.holds_enquiry and (judged.mail.in_reply_to or is_robot(judged.sender) or _has_link(judged)):
        return "challenge"
    return ""


def _has_link(judged: _Judged) -> bool:
    return bool(words.CLICK.search(judged.words)) or bool(judged.mail.html and "href" in judged.mail.html.lower())


def _sent_to_many(judged: _Judged) -> str:
    """List mails and newsletters."""
    if judged.holds_enquiry:
        return ""
    takes = judged.options.takes_lists or _is_own_list(judged)
    mail = judged.mail
    if not takes:
        if any(name in mail.headers for name in words.LIST_HEADERS):
            return "list_header"
        if words.LIST_FOOTER.search(judged.ends[-1_500:]) and (words.LIST_SUBJECT.match(judged.subject) or _footers(judged) >= 2):
            return "list_footer"
        if "mailing list" in judged.header("delivered-to") or any(
            words.LIST_SENDER.search(judged.header(name)) for name in _LIST_SENDERS
        ):
            return "list_header"
        if judged.header("precedence") in ("bulk", "list", "junk"):
            return "precedence_bulk"
        if "list-unsubscribe" in mail.headers:
            return "list_unsubscribe"
    return "newsletter_text" if _newsletter_points(judged) >= 4 else ""


def _footers(judged: _Judged) -> int:
    return len({found[0].lower() for found in words.LIST_FOOTER.finditer(judged.ends[-1_500:])})


def _is_own_list(judged: _Judged) -> bool:
    """Whether the list is how the source's own address is shared out (a group address)."""
    posting = " ".join(judged.header(name) for name in ("list-post", "list-id", "mailing-list", "x-beenthere"))
    return any(own in posting or own.replace("@", ".") in posting for own in judged.options.own_addresses)


def _newsletter_points(judged: _Judged) -> int:
    """How much the own text is that of a mail to many; 4 is enough."""
    mail = judged.mail
    if _answers(judged) and mail.in_reply_to:
        return 0
    above, _ = split_forward(judged.ends)
    text = "\n".join(line for line in above.split("\n") if not line.startswith(">"))
    promotes = len({found[0].lower() for found in words.PROMOTES.finditer(text)})
    links = mail.html.lower().count("href=") if mail.html else text.count("http")
    is_advert = words.AD_SUBJECT.search(judged.subject) is not None
    says_why = words.WHY_RECEIVED.search(text) is not None
    says_how = words.HOW_TO_LEAVE.search(text[-700:]) is not None
    is_bulk = any(name in mail.headers for name in words.BULK_HEADERS) or bool(
        words.BULK_MAILER.search(judged.header("x-mailer"))
    )
    takes_no_answer = bool(words.NO_REPLY.search(judged.local)) or "newsletter" in judged.sender
    if not (links >= 3 or says_why or says_how or is_bulk or takes_no_answer or is_advert):
        return 0
    points = 2 * bool(says_how or words.UNSUBSCRIBE.search(text)) + 2 * (says_why or says_how) + 2 * is_bulk + 2 * takes_no_answer
    points += 2 * bool(links >= 3 and words.BROWSER_VIEW.search(text)) + min(2, promotes // 2)
    points += (1 if links >= 5 else 0) + (1 if links >= 10 else 0) + ("errors-to" in mail.headers)
    return points + 2 * bool(is_advert and (links or takes_no_answer or is_bulk))


def _answers(judged: _Judged) -> bool:
    """Whether its subject says that it answers one."""
    return words.REPLY_SUBJECT.match(judged.subject) is not None


def _marked_or_own(judged: _Judged) -> str:
    """What the own mail server marked as spam, and the source's own mails."""
    if judged.holds_enquiry:
        return ""
    if judged.header("x-spam-flag").startswith("yes") or judged.header("x-spam-status").startswith("yes"):
        return "spam_header"
    if words.SPAM_SUBJECT.match(judged.subject) or judged.header("x-spam-level").startswith("*****"):
        return "spam_header"
    if judged.sender and is_own(judged.sender, judged.options) and not judged.mail.embedded:
        return "own_mail"
    return ""


def _notifies(judged: _Judged) -> str:
    """Receipts, builds, accounts, social networks, and mails that name nobody."""
    if words.SITE_NOTICE.match(judged.subject) and is_robot(judged.sender):
        return "notification_subject"
    if judged.holds_enquiry:
        return ""
    mail, own = judged.mail, judged.words
    takes_no_answer = words.NO_REPLY.search(judged.local) is not None and not _is_answered_elsewhere(judged)
    if _has_notice(judged, takes_no_answer=takes_no_answer):
        return "notification_subject"
    names_nobody = not _EMAIL.search(own)
    may_be_asked = words.ROLE.match(judged.local) and len(own) < 600 and "http" not in own and words.ASKS.search(own)
    if takes_no_answer and not may_be_asked and (names_nobody or words.SAYS_AUTOMATIC.search(own)):
        return "notification_sender"
    if (
        is_robot(judged.sender)
        and names_nobody
        and not _is_answered_elsewhere(judged)
        and not _REACHABLE.search(mail.text[:50_000])
    ):
        return "notification_sender"
    is_unknown = not judged.sender and not any(one.email for one in mail.reply_to)
    holds_more = mail.cards or mail.documents or mail.embedded or mail.attachments
    if is_unknown and not holds_more and not _REACHABLE.search(mail.text[:50_000]):
        return "empty"
    return ""


def _has_notice(judged: _Judged, *, takes_no_answer: bool) -> bool:
    """Whether the subject is that of a notice, and something else says so too."""
    if words.VOICE_OR_FAX.search(judged.subject) and words.VOICE_OR_FAX_TEXT.search(judged.words):
        return not _asks(judged)
    if words.NOTICE_SUBJECT.search(judged.subject) is None or _answers(judged):
        return takes_no_answer and words.NOTICE_SUBJECT.search(judged.subject) is not None and not judged.mail.in_reply_to
    if takes_no_answer or words.SAYS_AUTOMATIC.search(judged.words):
        return True
    if words.NOTICE_TEXT.search(judged.words) and not _asks(judged):
        return True
    signs = {found[0].lower() for found in words.TRANSACTION.finditer(judged.words)}
    return len(signs) >= 2 and not _asks(judged)


def _asks(judged: _Judged) -> bool:
    return words.ASKS.search(judged.words[:1_500]) is not None


def _is_answered_elsewhere(judged: _Judged) -> bool:
    """Whether an answer goes to somebody else, as with forms that send from noreply@ and name the person in Reply-To."""
    replies = [one.email.lower() for one in judged.mail.reply_to if one.email]
    return any(
        reply != judged.sender and not words.NO_REPLY.search(reply.partition("@")[0]) and not is_of_recipient(reply, judged.mail)
        and reply.rpartition("@")[2] != judged.sender.rpartition("@")[2]
        for reply in replies
    )  # fmt: skip


def _stopped(code: str, judged: _Judged) -> MailVerdict:
    """The verdict for a code; a general sign that a program wrote is told apart by what the text says."""
    kind, reason = REASONS[code]
    if code in ("auto_submitted", "suppresses_answers", "null_return_path") and (
        judged.absence >= 3
        or (judged.mail.in_reply_to and code != "null_return_path")
        or "reply" in judged.header("auto-submitted")
    ):
        kind = "auto_reply"
    if code == "daemon_sender" and words.AUTO_SUBJECT.match(judged.subject):
        kind = "auto_reply"
    if code == "precedence_bulk" and (words.LIST_SUBJECT.match(judged.subject) or judged.header("precedence") == "list"):
        kind = "list"
    return MailVerdict(kind, is_lead=False, code=code, reason=reason)


def _lead_kind(judged: _Judged) -> MailKind:
    if judged.form_kind is not None:
        return judged.form_kind
    if judged.is_forward or (find_forward(judged.mail, judged.options) is not None):
        return "forward"
    if judged.is_card:
        return "vcard"
    return "reply" if judged.mail.in_reply_to or _answers(judged) else "person"
