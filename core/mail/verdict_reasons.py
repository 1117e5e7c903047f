"""Why a mail is no lead: each code with the kind of mail that it makes, and its sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.mail.message import MailKind

REASONS: Mapping[str, tuple[MailKind, str]] = MappingProxyType({
    "delivery_report": ("bounce", "It reports that a mail was not delivered, or late (delivery status)."),
    "feedback_report": ("report", "It is a report about mail (abuse feedback, DMARC or TLS), made by a program."),
    "read_receipt": ("report", "It confirms that a mail was received or read."),
    "null_return_path": ("bounce", "Its return path is empty, as only bounces and automatic answers have it."),
    "daemon_sender": ("bounce", "A mail server sent it (mailer-daemon, postmaster)."),
    "bounce_text": ("bounce", "Its subject and text say that a mail could not be delivered."),
    "auto_replied": ("auto_reply", "Its header Auto-Submitted says that it is an automatic answer."),
    "auto_submitted": ("notification", "Its header Auto-Submitted says that a program sent it, and it holds no enquiry."),
    "autoreply_header": ("auto_reply", "A header of its sender's mail program marks it as an automatic answer."),
    "says_automatic": ("notification", "Its own text says that a program sent it, and it asks for nothing."),
    "suppresses_answers": ("notification", "X-Auto-Response-Suppress says that a program sent it, and it holds no enquiry."),
    "precedence_auto_reply": ("auto_reply", "Its header Precedence says that it is an automatic answer."),
    "auto_reply_subject": ("auto_reply", "Its subject is that of an automatic answer."),
    "out_of_office": ("auto_reply", "Its own text says that its author is away, or that a mail was received automatically."),
    "challenge": ("auto_reply", "It asks to confirm that a person sent a mail."),
    "list_header": ("list", "It came over a mailing list (List-Id, List-Post and the like)."),
    "list_footer": ("list", "It ends with the footer of a mailing list."),
    "list_unsubscribe": ("newsletter", "Its header List-Unsubscribe marks it as sent to many, and it holds no enquiry."),
    "precedence_bulk": ("newsletter", "Its header Precedence marks it as sent to many, and it holds no enquiry."),
    "newsletter_text": ("newsletter", "Several signs say that it was sent to many (how to unsubscribe, offers, links)."),
    "notification_sender": ("notification", "It comes from an address that takes no answer, and names no person."),
    "notification_subject": ("notification", "Sender and subject are those of an automatic notice (receipt, build, account)."),
    "spam_header": ("spam", "The mail server has marked it as spam."),
    "own_mail": ("own", "It comes from one of the source's own addresses, and it forwards no one's enquiry."),
    "own_loop": ("own", "It is a mail of ours that came back (X-Loop, X-Leadrelay-Notice)."),
    "meeting_answer": ("notification", "It answers or calls off an invitation to a meeting."),
    "empty": ("empty", "It names nobody who could be answered: no sender, address or telephone number."),
})  # fmt: skip
"""Each code with the kind of mail that it makes, and its sentence for people."""
