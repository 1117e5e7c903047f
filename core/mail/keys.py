"""Under which key a mail is kept: the same one, however it came (over IMAP, from an .eml file, out of an mbox)."""

from __future__ import annotations

import hashlib
import re

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:((?:[^\r\n]*(?:\r?\n[ \t])?)*)", re.IGNORECASE | re.MULTILINE)
_MAX_HEADERS = 262_144
_MAX_LENGTH = 200
_PLAIN = re.compile(r"[!-9;-~]+")
"""Printable ASCII without a colon, which ends the id within the key."""


def mail_key(raw: bytes) -> tuple[str, str]:
    """The idempotency key of a mail, and how the keys of other mails with its Message-ID begin (empty when it has none).

    A Message-ID alone does not do: forms send each enquiry under one id at times. So the hash of the body belongs to the key.
    Line endings and blank lines at the end are left out of every hash, since each way of keeping mail writes them its own way.
    """
    end = _END_OF_HEADERS.search(raw)
    headers, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    message_id = _message_id(headers)
    if not message_id:
        return f"sha256:{_digest(raw)}", ""
    begin = f"mid:{message_id}:"
    return begin + _digest(body)[:16], begin


def _message_id(headers: bytes) -> str:
    found = _MESSAGE_ID.search(headers, 0, _MAX_HEADERS)
    if found is None:
        return ""
    text = "".join(found[1].decode("latin-1").split())
    inner = text[text.find("<") + 1 :].partition(">")[0] if "<" in text else text
    if not inner:
        return ""
    if len(inner) > _MAX_LENGTH or not _PLAIN.fullmatch(inner):
        return hashlib.sha256(inner.encode()).hexdigest()
    return inner


def _digest(contents: bytes) -> str:
    return hashlib.sha256(contents.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()
