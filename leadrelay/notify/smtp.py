"""Notices as mail, by the standard library."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from leadrelay.notify.clean import without_secrets
from leadrelay.notify.messages import Message, as_text
from leadrelay.notify.sending import NotSent
from leadrelay.notify.settings import SmtpTarget

LOOP_MARK = "leadrelay"
"""What `X-Loop` begins with; the addresses follow, since a mailbox that we read knows its own mails by its address there."""


def compose(target: SmtpTarget, message: Message) -> EmailMessage:
    """The mail: the same notice always has the same Message-ID, and all about one trouble refer to the same thread."""
    domain = parseaddr(target.sender)[1].rpartition("@")[2]
    mail = EmailMessage()
    mail["Subject"] = without_secrets(f"[{message.installation}] {message.title}", ())  # on one line, whatever names hold
    mail["From"] = target.sender
    mail["To"] = ", ".join(target.to)
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<notice-{message.uid.lower()}@{domain}>"
    mail["References"] = f"<alert-{message.thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Loop"] = " ".join([LOOP_MARK, *(parseaddr(address)[1].lower() for address in (target.sender, *target.to))])
    mail["X-Leadrelay-Notice"] = ", ".join(item.uid for item in message.items)
    mail.set_content(as_text(message))
    return mail


def send_mail(target: SmtpTarget, message: Message, *, within_s: float) -> str:
    """Hand the mail to the server; returns its answer, with the addresses it refused. Raises NotSent."""
    is_under_way = threading.Event()
    server = f"{target.host}:{target.port_used}"
    try:
        with _connected(target, within_s) as smtp:
            if target.user is not None and target.password is not None:
                smtp.login(target.user, target.password.get_secret_value())
            return _handed_over(smtp, target, compose(target, message), is_under_way)
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent(f"{server} refuses the login: {_said(error.smtp_code, error.smtp_error)}") from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"{server} answers {_said(error.smtp_code, error.smtp_error)}") from error
    except ssl.SSLCertVerificationError as error:
        raise NotSent(f"the certificate of {server} is not trusted: {error.verify_message}. Name its CA in `ca_file`") from error
    except (OSError, smtplib.SMTPException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise NotSent(f"{server} can not be reached: {reason}", may_have_arrived=is_under_way.is_set()) from error


@contextlib.contextmanager
def _connected(target: SmtpTarget, within_s: float) -> Iterator[smtplib.SMTP]:
    """A connection to the server, under TLS where the target says so."""
    context = ssl.create_default_context(cafile=target.ca_file)
    if target.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(target.host, target.port_used, timeout=within_s, context=context)
    else:
        smtp = smtplib.SMTP(target.host, target.port_used, timeout=within_s)
    try:
        if target.tls == "starttls":
            smtp.starttls(context=context)
        yield smtp
        with contextlib.suppress(OSError, smtplib.SMTPException):  # the mail is taken: nobody minds how the talk ends
            smtp.quit()
    finally:
        smtp.close()


def _handed_over(smtp: smtplib.SMTP, target: SmtpTarget, mail: EmailMessage, is_under_way: threading.Event) -> str:
    smtp.ehlo_or_helo_if_needed()
    code, said = smtp.mail(parseaddr(target.sender)[1])
    if code != 250:
        raise NotSent(f"{target.host} does not take mails from this sender: {_said(code, said)}")
    answers = [(address, *smtp.rcpt(parseaddr(address)[1])) for address in target.to]
    refused = [
        f"{number} of {len(answers)}: {_said(code, said)}" for number, (_, code, said) in enumerate(answers, 1) if code > 251
    ]
    if len(refused) == len(answers):
        raise NotSent(f"{target.host} takes mails for none of the addresses in `to` ({refused[0]})")
    is_under_way.set()
    code, said = smtp.data(mail.as_bytes())
    if code != 250:
        is_under_way.clear()
        raise NotSent(f"{target.host} does not take the mail: {_said(code, said)}")
    return _said(code, said) + (f"; refused addresses: {'; '.join(refused)}" if refused else "")


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {words}".strip()
