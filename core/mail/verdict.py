"""What kind of mail it is, and whether it is a lead; for what is none, the reason as a code and a sentence.

A mail is stopped for what its headers, structure or own text say, never for what it quotes. A form's notification, a lead
in ADF and what a colleague forwards stay leads also where a program sent them.
"""

from __future__ import annotations

import re

from core.mail import verdict_words as words
from core.mail.form_senders import FormFinder
from core.mail.forwards import find_forward
from core.mail.judged import Judged
from core.mail.message import MailKind, MailOptions, MailVerdict, ParsedMail
from core.mail.people import is_own, is_robot
from core.mail.quotes import split_forward
from core.mail.verdict_reasons import REASONS
from core.normalize.email import is_free_domain

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
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"']{1,64}@[^\s@<>()\[\],;:\"']{1,190}\.[^\W\d_]{2,}")


def judge_mail(mail: ParsedMail, options: MailOptions, forms: FormFinder | None = None) -> MailVerdict:
    """Tell a lead from what is none. In doubt a mail is a lead: somebody can put it away, but nobody finds what was dropped.

    `forms` reads the form in a mail; who reads the mail further gives their own, so that it is read once.
    """
    judged = Judged(mail, options, forms or FormFinder(options))
    for look in (_machine_made, _absent, _sent_to_many, _marked_or_own, _notifies):
        code = look(judged)
        if code:
            return _stopped(code, judged)
    return MailVerdict(_lead_kind(judged), is_lead=True)


def _machine_made(judged: Judged) -> str:
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


def _has_auto_subject(judged: Judged) -> bool:
    found = words.AUTO_SUBJECT.match(judged.subject)
    if found is None:
        return False
    if judged.absence < 0 or (judged.absence == 0 and judged.asks):
        return False
    return judged.absence >= 3 or words.AUTO_SUBJECT_GOES_ON.match(judged.subject, found.end()) is not None


def _auto_submitted(judged: Judged, auto: str) -> str:
    is_answer = bool(judged.mail.in_reply_to) or judged.absence >= 3
    if auto and auto != "no" and (is_answer or not judged.holds_enquiry):
        return "auto_submitted"
    suppress = judged.header("x-auto-response-suppress")
    if suppress and suppress != "none" and not judged.holds_enquiry and not judged.is_letter:
        return "suppresses_answers"
    return ""


def _report_code(judged: Judged) -> str:
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
    if words.MEETING_ANSWER.match(judged.subject) and (
        is_calendar or not judged.mail.text.strip() or words.MEETING_TEXT.search(judged.mail.text[:2_000])
    ):
        return "meeting_answer"
    if _DMARC.match(judged.subject):
        return "feedback_report"
    is_receipt = words.READ_RECEIPT.match(judged.subject) or words.RECEIPT_TEXT.search(judged.mail.text[:2_000])
    if is_receipt and words.RECEIPT_TEXT.search(judged.mail.text[:2_000]) and not judged.form_kind:
        return "read_receipt"
    return ""


def _bounce_points(judged: Judged) -> int:
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


def _absent(judged: Judged) -> str:
    """Automatic answers by what they say, and challenges."""
    if judged.absence >= 4 and not judged.holds_enquiry and not judged.has_forward:
        return "out_of_office"
    asks_for_proof = words.CHALLENGE.search(f"{judged.subject}\n{judged.words[:2_000]}")
    if asks_for_proof and not judged.holds_enquiry and (judged.mail.in_reply_to or is_robot(judged.sender) or _has_link(judged)):
        return "challenge"
    return ""


def _has_link(judged: Judged) -> bool:
    return bool(words.CLICK.search(judged.words)) or bool(judged.mail.html and "href" in judged.mail.html.lower())


def _sent_to_many(judged: Judged) -> str:
    """List mails and newsletters."""
    if judged.holds_enquiry:
        return ""
    takes = judged.options.takes_lists or judged.is_own_list
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
        if "list-unsubscribe" in mail.headers and not (judged.answers and mail.in_reply_to and judged.is_letter):
            return "list_unsubscribe"
    return "newsletter_text" if _newsletter_points(judged) >= 4 else ""


def _footers(judged: Judged) -> int:
    return len({found[0].lower() for found in words.LIST_FOOTER.finditer(judged.ends[-1_500:])})


def _newsletter_points(judged: Judged) -> int:
    """How much the own text is that of a mail to many; 4 is enough."""
    mail = judged.mail
    if judged.answers and mail.in_reply_to:
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


def _marked_or_own(judged: Judged) -> str:
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


def _notifies(judged: Judged) -> str:
    """Receipts, builds, accounts, social networks, and mails that name nobody."""
    if words.SITE_NOTICE.match(judged.subject) and is_robot(judged.sender):
        return "notification_subject"
    if judged.holds_enquiry:
        return ""
    mail, own = judged.mail, judged.words
    is_program = is_robot(judged.sender)
    takes_no_answer = words.NO_REPLY.search(judged.local) is not None and not judged.is_answered_elsewhere
    if judged.asks and is_free_domain(judged.sender.rpartition("@")[2]):
        is_program = takes_no_answer = False  # whoever has a mailbox there can be answered, whatever it is called
    if _has_notice(judged, takes_no_answer=takes_no_answer):
        return "notification_subject"
    names_nobody = not _EMAIL.search(own)
    may_be_asked = words.ROLE.match(judged.local) and len(own) < 600 and "http" not in own and words.ASKS.search(own)
    if judged.is_call:
        return ""
    if takes_no_answer and not may_be_asked and (names_nobody or words.SAYS_AUTOMATIC.search(own)):
        return "notification_sender"
    if is_program and names_nobody and not judged.is_answered_elsewhere and not _REACHABLE.search(mail.text[:50_000]):
        return "notification_sender"
    if words.SAYS_AUTOMATIC.search(own) and not judged.asks:
        return "says_automatic"
    is_unknown = not judged.sender and not any(one.email for one in mail.reply_to)
    holds_more = mail.cards or mail.documents or mail.embedded or mail.attachments
    if is_unknown and not holds_more and not _REACHABLE.search(mail.text[:50_000]):
        return "empty"
    return ""


def _has_notice(judged: Judged, *, takes_no_answer: bool) -> bool:
    """Whether the subject is that of a notice, and something else says so too."""
    if words.VOICE_OR_FAX.search(judged.subject) and words.VOICE_OR_FAX_TEXT.search(judged.words):
        return not judged.asks
    if words.NOTICE_SUBJECT.search(judged.subject) is None or judged.answers:
        return takes_no_answer and words.NOTICE_SUBJECT.search(judged.subject) is not None and not judged.mail.in_reply_to
    if takes_no_answer or words.SAYS_AUTOMATIC.search(judged.words):
        return True
    if words.NOTICE_TEXT.search(judged.words) and not judged.asks:
        return True
    signs = {found[0].lower() for found in words.TRANSACTION.finditer(judged.words)}
    return len(signs) >= 2 and not judged.asks


def _stopped(code: str, judged: Judged) -> MailVerdict:
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


def _lead_kind(judged: Judged) -> MailKind:
    if judged.form_kind is not None:
        return judged.form_kind
    if judged.is_forward or (find_forward(judged.mail, judged.options) is not None):
        return "forward"
    if judged.is_card:
        return "vcard"
    return "reply" if judged.mail.in_reply_to or judged.answers else "person"
