"""Forwarded mails: who wrote what a colleague passes on, from the block of headers inside the text or the enclosed mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.mail.header_blocks import HeaderBlock, address_in, find_block
from core.mail.message import Address, MailOptions, ParsedMail
from core.mail.people import is_of_recipient, is_own, is_robot
from core.mail.quote_words import BEGIN_FORWARDED, FORWARDED
from core.mail.signature import own_lines
from core.normalize.text import fold

_MAX_LINES, _MAX_CHAIN = 5_000, 20
_PREFIX = re.compile(
    r"^\s*(?:\[[^\]]{0,40}\]\s*)*\(?(?:fwd?|wg|weitergeleitet|tr|rv|i|inoltra|enc|encaminhada|doorst|vs|vb|vl|pd|pdl|fs|předáno|továbbítás|ilt|iletilen|转发|轉寄|転送|전달|"
    r"пересылка|fwd\s*:\s*re|προώθηση|fv|tov)\s*[:\uff1a]",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"^[\s>*_=-]*(?:" + "|".join(sorted(map(re.escape, (*FORWARDED, *BEGIN_FORWARDED)), key=len, reverse=True)) + r")[\s:*_=-]*",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s*>\s?")
_POINTER = re.compile(
    r"^(?:fyi|f\.y\.i\.?|zk|z\.k\.|zur\s+(?:info\w*|kenntnis\w*)|see\s+below|s\.\s?u\.|siehe\s+unten|voir\s+ci-dessous|pour\s+info\w*|ver\s+abajo|para\s+tu\s+info\w*|vedi\s+sotto|zie\s+onder\w*|se\s+nedan|"
    r"please\s+(?:handle|take\s+care|see\s+below|take\s+over)|bitte\s+(?:übernehmen|bearbeiten)|for\s+you|für\s+(?:dich|euch)|lead|anfrage|enquiry|inquiry|forwarding)\b.{0,60}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Forward:
    """A forwarded mail as a mail of its own: its author as the only sender, their text, their subject. `where` says how."""

    mail: ParsedMail
    where: str


def find_forward(mail: ParsedMail, options: MailOptions) -> Forward | None:
    """The mail that this one passes on; None where its sender speaks for themselves.

    Whoever is one of the source's own, or of the recipient's domain, passes on. A stranger does where the inner mail was
    sent to us, or where they add nothing but `see below`; else the stranger is the one who asks. Of a chain, the outermost
    author counts who is not one of our own; where all are, the first program, whose mail may be a form of our site.
    """
    forwards = list(_chain(mail))
    if not forwards:
        return None
    outer = mail.senders[0].email if mail.senders else ""
    if not _passes_on(mail, outer, forwards[0], options):
        return None
    for forward in forwards:
        author = forward.mail.senders[0]
        if (author.email or author.name) and not _is_one_of_us(author.email, outer, mail, options):
            return forward
    return next((forward for forward in forwards if is_robot(forward.mail.senders[0].email)), None)


def has_forward_subject(subject: str) -> bool:
    """Whether a subject begins as mail programs mark what is passed on: `Fwd:`, `WG:`, `TR:`."""
    return bool(_PREFIX.match(subject))


def text_before(mail: ParsedMail) -> str:
    """What the one who forwards wrote above the forwarded mail."""
    lines = mail.text.splitlines()[:_MAX_LINES]
    block = _first_block(mail, lines)
    return "\n".join(_without_marker(lines[: block.start])) if block is not None else mail.text


def _passes_on(mail: ParsedMail, outer: str, first: Forward, options: MailOptions) -> bool:
    if not outer or is_own(outer, options) or is_of_recipient(outer, mail) or is_robot(outer):
        return True
    ours = [one.email for one in first.mail.to]
    if any(is_own(one, options) or is_of_recipient(one, mail) for one in ours):
        return True
    lines = [line.strip() for line in own_lines(text_before(mail)) if line.strip()]
    said = lines[: next((at for at, line in enumerate(lines) if set(line) <= set("-_ ")), len(lines))]
    name = fold(mail.senders[0].name).split()
    telling = [line for line in said if not _POINTER.match(line) and not set(fold(line).split()) <= set(name)]
    return not telling


def _is_one_of_us(email: str, outer: str, mail: ParsedMail, options: MailOptions) -> bool:
    if not email:
        return False
    return email.lower() == outer.lower() or is_own(email, options) or is_of_recipient(email, mail)


def _chain(mail: ParsedMail) -> Iterator[Forward]:
    """The forwarded mails from the outermost to the innermost: those in the text, then the enclosed ones."""
    current, count = mail, 0
    while count < _MAX_CHAIN:
        inner = _inline(current, is_outermost=count == 0)
        if inner is None:
            break
        yield Forward(inner, "forwarded text")
        current, count = inner, count + 1
    enclosed = mail
    while enclosed.embedded and count < _MAX_CHAIN:
        enclosed = enclosed.embedded[0]
        if enclosed.senders:
            yield Forward(enclosed, "enclosed mail")
        inner = _inline(enclosed, is_outermost=True)
        if inner is not None:
            yield Forward(inner, "forwarded text in the enclosed mail")
        count += 1


def _inline(mail: ParsedMail, *, is_outermost: bool) -> ParsedMail | None:
    lines = mail.text.splitlines()[:_MAX_LINES]
    block = _first_block(mail, lines) if is_outermost else find_block(lines)
    if block is None:
        return None
    email, name = address_in(block.values["from"])
    below = lines[block.end :]
    filled = [line for line in below if line.strip()]
    is_quoted = any(_QUOTED.match(lines[at]) for at in range(block.start, block.end))
    if is_quoted or (filled and all(_QUOTED.match(line) for line in filled)):
        below = [_QUOTED.sub("", line) for line in below]
    to = tuple(Address(*address_in(one)) for one in re.split(r"[,;]", block.values.get("to", "")) if "@" in one)
    reply = block.values.get("reply-to", "")
    return replace(
        mail, headers={}, senders=(Address(email, name),), reply_to=(Address(*address_in(reply)),) if "@" in reply else (),
        to=to, cc=(), subject=block.values.get("subject", "") or mail.subject, text="\n".join(below).strip("\n"),
        html="", embedded=(), in_reply_to=(), message_id="",
    )  # fmt: skip


def _first_block(mail: ParsedMail, lines: list[str]) -> HeaderBlock | None:
    """The block of the forwarded mail: under a line that says so, or the first one where the subject says so."""
    for at, line in enumerate(lines):
        if _MARKER.match(line) and len(line) < 120:
            block = find_block(lines[: at + 14], at + 1)
            if block is not None:
                return block
    return find_block(lines) if has_forward_subject(mail.subject) else None


def _without_marker(lines: list[str]) -> list[str]:
    return [line for line in lines if not _MARKER.match(line)]
