"""From bytes to text: what the sender declared, else UTF-8, else the West European Windows page, so no lead is lost to it."""

from __future__ import annotations

import re

_FALLBACK = "cp1252"
# Encodings that web pages use; Python's other codecs (unicode_escape, idna, zip ...) are no character sets or are slow.
_KNOWN = re.compile(
    r"utf-?8|us-ascii|ascii|utf-?16(-?[lb]e)?|iso-?8859-?\d{1,2}|latin-?[19]|(windows|cp)-?125\d|shift[_-]?jis|euc-(jp|kr)"
    r"|gb2312|gbk|gb18030|big5|koi8-[ru]|macintosh"
)
_READ_AS = {"iso-8859-1": _FALLBACK, "iso8859-1": _FALLBACK, "latin1": _FALLBACK, "latin-1": _FALLBACK, "us-ascii": "utf-8",
            "ascii": "utf-8", "macintosh": "mac_roman"}  # fmt: skip


def known_charset(name: str) -> str | None:
    """The Python codec for a declared character set as browsers understand it; None when it is no web character set."""
    label = name.strip().strip("\"'").lower()
    if not _KNOWN.fullmatch(label):
        return None
    codec = _READ_AS.get(label, label)
    try:
        "".encode(codec)
    except LookupError:
        return None
    return codec


def decode_all(pieces: list[bytes], declared: str | None) -> list[str]:
    """Every piece in the one character set that fits them all: the declared one, UTF-8, else Windows-1252."""
    for codec in (declared, "utf-8"):
        if codec:
            try:
                return [piece.decode(codec) for piece in pieces]
            except UnicodeDecodeError:
                continue
    return [piece.decode(_FALLBACK, "replace") for piece in pieces]


def decode(piece: bytes, declared: str | None) -> str:
    """One text, decoded like `decode_all`."""
    return decode_all([piece], declared)[0]
