"""A mailbox on a real server that loses its power, and mails that come in meanwhile, some of them twice."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

from tests.support.dovecot import PrivateDovecot

USER = "leads"
RESTARTS = 2


@dataclass(frozen=True)
class Mailing:
    """What comes in: `arriving` in this order, of which `leads` different mails are leads and `ignored` ones are none."""

    arriving: list[bytes]
    leads: int
    ignored: int
    emails: frozenset[str]


NO_MAIL = Mailing([], 0, 0, frozenset())


def make_mailing(mails: int, posting: int, rng: random.Random) -> Mailing:
    """Enquiries of new people and of some who post forms, and automatic replies; 2 % without Message-ID, 5 % twice."""
    enquiries = int(mails * 0.9)
    made = [_enquiry(number, posting, rng) for number in range(enquiries)]
    away = [_automatic_reply(number) for number in range(mails - enquiries)]
    arriving = [*(raw for raw, _ in made), *away]
    arriving += rng.sample(arriving, int(mails * 0.05))
    rng.shuffle(arriving)
    return Mailing(arriving, len(made), len(away), frozenset(email for _, email in made))


def _enquiry(number: int, posting: int, rng: random.Random) -> tuple[bytes, str]:
    person = rng.randrange(posting) if number % 4 == 0 else None
    name, email = ("Pat", f"person{person}@acme.example") if person is not None else ("Mail", f"mail{number}@post.example")
    surname = f"Nr{number if person is None else person}"
    identity = "" if number % 50 == 7 else f"Message-ID: <enquiry-{number}@post.example>\r\n"
    head = f"From: {name} {surname} <{email}>\r\nTo: leads@ours.example\r\nSubject: Enquiry {number}\r\n{identity}"
    return f"{head}Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nPlease send me offer number {number}.\r\n".encode(), email


def _automatic_reply(number: int) -> bytes:
    head = f"From: Away <away{number}@post.example>\r\nTo: leads@ours.example\r\nSubject: Automatic reply\r\n"
    return f"{head}Auto-Submitted: auto-replied\r\nMessage-ID: <away-{number}@post.example>\r\n\r\nI am away.\r\n".encode()


def deliver(server: PrivateDovecot, mailing: Mailing, over_s: float, rng: random.Random, stopping: threading.Event) -> None:
    """Let the mails come in over a while; the server's power is cut twice, and once all mails get new UIDs."""
    moments = sorted(rng.sample(range(len(mailing.arriving)), RESTARTS + 1))
    struck = dict(zip(moments, rng.sample(["power", "power", "uidvalidity"], RESTARTS + 1), strict=True))
    for number, raw in enumerate(mailing.arriving):
        server.deliver(USER, raw)
        if struck.get(number) == "power":
            server.restart(hard=True, down_s=0.3)
        elif struck.get(number) == "uidvalidity":
            server.reset_uidvalidity(USER)
        stopping.wait(over_s / len(mailing.arriving))


def source(server: PrivateDovecot) -> str:
    """The mailbox as a source in leadrelay.yaml."""
    return (
        f"  mailbox: {{connector: imap, host: {server.host}, port: {server.tls_port}, ca_file: {server.ca_file}, user: {USER},"
        f" password: {server.password}, done_folder: Done}}\n"
    )
