"""Which lines of an mbox begin a mail: there is no standard, and every program writes and quotes them its own way."""

from __future__ import annotations

import codecs
import re

_DAYS, _MONTHS = b"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", b"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATED = re.compile(
    rb"From (?:.{0,300} )?" + _DAYS + rb",? +(?:" + _MONTHS + rb" +\d|\d{1,2} +" + _MONTHS + rb").*", re.IGNORECASE
)
_TIME = re.compile(rb"\d:\d\d")
_UNDATED = re.compile(rb"From [^\s,;:]+[^,;\r\n]*\r?\n(?:>?From |[!-9;-~]{1,80}:)")
_HEADER = re.compile(rb"(?:>?From |([!-9;-~]{1,80})[ \t]*:)")
_QUOTED = re.compile(rb">+From ")

MAIL_HEADERS = frozenset([
    b"from", b"to", b"received", b"return-path", b"message-id", b"date", b"subject", b"mime-version", b"delivered-to",
    b"reply-to", b"content-type", b"x-gm-thrid", b"cc", b"sender", b"dkim-signature", b"x-original-to",
])  # fmt: skip
"""Headers that mails have, and other files hardly."""


def begins_mbox(start: bytes) -> bool:
    """Whether a file that begins like this is an mbox."""
    return start[:5] == b"From " and bool(_DATED.match(start) or _UNDATED.match(start))


def unquoted(line: bytes) -> bytes:
    """A mail's line without the `>` that keeps it from beginning another mail."""
    return line[1:] if _QUOTED.match(line) else line


class FromLines:
    """Tells the lines that begin a mail from those that only begin with `From `, in one file from its first line on."""

    def __init__(self) -> None:
        self._first = b""

    def begins(self, line: bytes, following: bytes, *, is_after_blank: bool) -> bool:
        """Whether a line begins a mail. In a file whose first such line has no date, others have none either."""
        if not self._first:
            line = line.removeprefix(codecs.BOM_UTF8)
            self._first = line if line[:5] == b"From " else b""
            return bool(self._first)
        if line[:5] != b"From ":
            return False
        header = _HEADER.match(following)
        if _DATED.match(line):
            return header is not None or (is_after_blank and _TIME.search(line) is not None)
        if header is None or _DATED.match(self._first):
            return False
        sender = line.split(maxsplit=2)[1:2]
        is_sender = sender == self._first.split(maxsplit=2)[1:2] or any(b"@" in word for word in sender)
        return is_sender and (header[1] or b"from").lower() in MAIL_HEADERS
