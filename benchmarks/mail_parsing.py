"""How fast mails are read, beside `email.policy.default` doing the same work on the same mails in the same run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

from benchmarks.report import Line, Run, share
from core.mail.parsing import parse_mail

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "mail"
AT_LEAST = 6.0
_ROUNDS = 5


def measure(run: Run) -> list[Line]:
    """One line for generated mails, and one for the labelled ones where they are there."""
    sets = [("generated mails", generated(run.pick(400, 120)))]
    files = sorted(SHARED.glob("*/*.eml"))
    if files:
        sets.append(("sample mails", [path.read_bytes() for path in files]))
    lines: list[Line] = []
    for name, mails in sets:
        run.say(f"{len(mails)} {name}")
        ours, theirs = rates(mails)
        lines.append(
            share(
                "mail_parsing", f"{name} read", ours, theirs, AT_LEAST, unit="mails/s",
                floor_of="email.policy.default: text, addresses, attachments",
            )
        )  # fmt: skip
    return lines


def rates(mails: Sequence[bytes]) -> tuple[float, float]:
    """Mails a second of ours and of the standard library: the best of several rounds, which take turns."""
    best = [float("inf"), float("inf")]
    for _ in range(_ROUNDS):
        for number, read in enumerate((parse_mail, read_by_default)):
            best[number] = min(best[number], _spent(read, mails))
    return len(mails) / best[0], len(mails) / best[1]


def _spent(read: Callable[[bytes], object], mails: Sequence[bytes]) -> float:
    began = time.perf_counter()
    for raw in mails:
        read(raw)
    return time.perf_counter() - began


def read_by_default(raw: bytes) -> int:
    """What `parse_mail` finds, by the standard library's own reader: how much there is of it. It fails on some mails."""
    found = 0
    try:
        message = message_from_bytes(raw, policy=policy.default)
        found += sum(len(str(value)) for value in message.values())
        for name in ("from", "to", "cc", "reply-to"):
            for header in message.get_all(name, []):
                found += sum(len(address.addr_spec) + len(address.display_name) for address in header.addresses)
        body = message.get_body(("plain", "html"))  # type: ignore[attr-defined]
        if body is not None:
            found += len(body.get_content())
        for part in message.iter_attachments():  # type: ignore[attr-defined]
            found += len(part.get_filename() or "") + len(part.get_payload(decode=True) or b"")
    except (LookupError, AttributeError, ValueError, TypeError, RecursionError):
        return found
    return found


def generated(count: int) -> list[bytes]:
    """Mails as an enquiry mailbox gets them: plain, with HTML, quoted, with files, in several languages, the same each time."""
    chance = random.Random(7)
    sentences = (
        "We need a quote for fifty chairs.", "Wir benötigen ein Angebot für fünfzig Stühle.", "Nous souhaitons un devis.",
        "Necesitamos un presupuesto.", "お見積もりをお願いします。", "Пришлите, пожалуйста, предложение.",
    )  # fmt: skip
    mails = []
    for number in range(count):
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = f"Jürgen Beispiel {number} <j{number}@client{number % 40}.example>"
        message["To"] = ", ".join(f"Team {at} <t{at}@widgets.example>" for at in range(chance.randint(1, 4)))
        message["Subject"] = f"Anfrage über Stühle, Vorgang {number}"
        message["Date"] = formatdate(1_790_000_000 + number * 60)
        message["Message-ID"] = f"<{number}.{chance.randrange(10**9)}@client.example>"
        for hop in range(chance.randint(2, 6)):
            message["Received"] = (
                f"from mx{hop}.example (mx{hop}.example [192.0.2.{hop}]) by mx.widgets.example with ESMTPS id {number}"
            )
        text = "\n\n".join(chance.choice(sentences) for _ in range(chance.randint(3, 25)))
        message.set_content(f"{text}\n\nMit freundlichen Grüßen\nJürgen Beispiel\n\n> {text[:200]}\n")
        if number % 2:
            message.add_alternative(f"<html><body><p>{text}</p><p>Jürgen Beispiel</p></body></html>", subtype="html")
        if number % 3 == 0:
            message.add_attachment(
                chance.randbytes(20_000), maintype="application", subtype="pdf", filename=f"Pläne {number}.pdf"
            )
        mails.append(message.as_bytes())
    return mails
