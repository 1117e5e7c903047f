"""The values of a mail: what parsing makes, what the verdict says, and what was found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.instants import Instant
from core.lead import Names

MailKind = Literal[
    "person", "form", "forward", "reply", "adf", "vcard",
    "auto_reply", "bounce", "report", "list", "newsletter", "notification", "spam", "own", "empty",
]  # fmt: skip
"""What a mail is. The kinds of the first line are leads, those of the second are not."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: its address as it stands (may be none), and the decoded display name."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file: a name that is safe to use as a file name, its type, size in bytes and SHA-256 in hex."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail read within bounds. `headers` hold decoded texts by lower-case name, in the mail's order; `raw_size` is in bytes.

    `text` is the plain text part, or the text of the HTML part where there is none; `html` the HTML part. `embedded` are
    enclosed messages (message/rfc822), `cards` and `documents` the decoded texts of enclosed vCards and XML documents.
    `shortened` says what was cut off at a limit.
    """

    headers: Mapping[str, tuple[str, ...]]
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    """In-Reply-To and References, the nearest first, at most 20."""
    senders: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    sent_at: Instant | None = None
    media_type: str = "text/plain"
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    embedded: tuple[ParsedMail, ...] = ()
    cards: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()
    raw_size: int = 0

    def header(self, name: str) -> str:
        """The first text of a header, or an empty one."""
        found = self.headers.get(name.lower(), ())
        return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class MailVerdict:
    """What kind of mail it is. For what is no lead `code` is a stable word (such as `auto_submitted`), `reason` a sentence."""

    kind: MailKind
    is_lead: bool
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MailOptions:
    """What the source knows: its own addresses and domains (whose mails are no leads), whether list mail is taken, and the
    country of phone numbers without a code. `forms` pins senders (an address or a domain) whose mails are form mails."""

    own_addresses: frozenset[str] = frozenset()
    own_domains: frozenset[str] = frozenset()
    takes_lists: bool = False
    region: str = ""
    forms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """One thing read from a mail: the lead field or the literal label, its texts, where it stood, and how sure that is (0-1)."""

    name: str
    texts: tuple[str, ...]
    where: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class MailReading:
    """A mail as it is understood. `names` are what a mapping sees: lead fields by their path for what was recognized (they
    fill themselves), and every other label by its own name."""

    verdict: MailVerdict
    found: tuple[Found, ...] = ()
    names: Names = field(default_factory=dict)
    mail: ParsedMail | None = None
