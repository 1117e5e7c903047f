"""Bytes of a mail into text: character sets as they are really used, transfer encodings, encoded words. Nothing raises here."""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache

_MEANT = {
    "": "ascii us-ascii ansi_x3.4-1968 unknown unknown-8bit x-unknown 8bit 7bit binary default unicode",
    "utf-8": "utf8",
    "utf-7": "unicode-1-1-utf-7",
    "cp1252": "iso-8859-1 iso8859-1 latin1 latin-1 iso_8859-1 x-cp1252",
    "cp1254": "iso-8859-9",
    "gb18030": "gb2312 gbk x-gbk gb_2312-80",
    "hz": "hz-gb-2312",
    "cp949": "ks_c_5601-1987 ks_c_5601 euc-kr euckr korean",
    "cp932": "shift_jis shift-jis sjis x-sjis windows-31j",
    "iso2022_jp_ext": "iso-2022-jp",
    "cp950": "big5",
    "cp874": "tis-620 windows-874 iso-8859-11",
    "iso8859_8": "iso-8859-8-i iso-8859-8-e",
    "iso8859_6": "iso-8859-6-i",
    "mac_roman": "x-mac-roman macintosh",
    "mac_cyrillic": "x-mac-cyrillic",
    "koi8_u": "koi8-ru",
}
"""What a name stands for in mails: senders say iso-8859-1 and mean Windows, and the Asian sets are the wider ones of Windows."""
_BETTER = {name: codec for codec, names in _MEANT.items() for name in names.split()}
_SET_NAME = re.compile(r"[a-z0-9_.:+()-]{1,40}")
_UNFIT = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape", "raw-unicode-escape"}
)
_REMOVED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029|\x85")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_WHITE = b" \t\r\n\x0b\x0c"
_SPACES = re.compile(r"[ \t\r\n]+")
_PRINTABLE = re.compile(rb"[ -~]*")
_UNDERSCORES = bytes.maketrans(b"_", b" ")


@lru_cache(maxsize=256)
def codec_of(charset: str) -> str:
    """The name of the codec for a character set as a mail names it; empty where it says nothing usable."""
    found = _SET_NAME.search(charset.strip("\"' \t").lower())
    if not found:
        return ""
    name = _BETTER.get(found[0], found[0])
    if not name:
        return ""
    try:
        known = codecs.lookup(name)
        known.decode(b"")  # bytes into bytes (zip, base64) are codecs too
        is_text = known.name not in _UNFIT and isinstance(known.decode(b"a ")[0], str)
    except (LookupError, UnicodeError, ValueError, binascii.Error, TypeError, AssertionError):
        return ""
    except Exception:  # a codec that is none for text raises what its own library raises
        return ""
    return known.name if is_text else ""


def decode_text(data: bytes, charset: str = "", hint: str = "") -> str:
    """The text of bytes: in the named character set when it fits, as UTF-8 when that fits better, never failing."""
    codec = codec_of(charset)
    if data.isascii() and codec in ("", "utf-8", "cp1252", "cp1254") and b"\x1b" not in data:
        return clean(data.decode("ascii"))
    if data[:3] == b"\xef\xbb\xbf":
        data, codec = data[3:], "utf-8"
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff") and not codec.startswith("utf-32"):
        codec = "utf-16"
    for guess in _guesses(data, codec, codec_of(hint) if hint else ""):
        try:
            return clean(data.decode(guess))
        except (UnicodeError, ValueError):
            continue
    text = data.decode(codec or "utf-8", "replace")
    if codec in ("", "utf-8") and text.count("\ufffd") * 8 > sum(map(len, re.findall(rb"[\x80-\xff]+", data[:100_000]))):
        text = data.decode("cp1252", "replace")
    return clean(text)


def _guesses(data: bytes, codec: str, hint: str) -> list[str]:
    if not codec and b"\x1b$" in data:
        return ["iso2022_jp_ext"]
    is_single = codec.startswith(("cp125", "iso8859")) or codec in ("", "ascii")
    first = (
        ["utf-8"] if is_single and not data.isascii() else []
    )  # text that reads as UTF-8 by chance is rarer than a wrong label
    return [*first, *([codec] if codec else []), *([hint] if hint else [])]


def clean(text: str) -> str:
    """The text with plain line ends, and without NULs, other control characters and halves of characters."""
    if "\r" in text or "\u2028" in text or "\u2029" in text or "\x85" in text:
        text = _LINE_ENDS.sub("\n", text)
    return _REMOVED.sub("", text)


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """The bytes behind a transfer encoding; what is not really encoded stays as it is."""
    name = encoding.strip().lower().replace(" ", "").replace("-", "").replace("_", "")
    if name.startswith("quoted"):
        return binascii.a2b_qp(data)
    if name.startswith("base64"):
        return _from_base64(data)
    if name.startswith(("uuencode", "xuu", "uue")):
        return _from_uu(data)
    return data


def _from_base64(data: bytes) -> bytes:
    inked = data.translate(None, _WHITE)
    strange = len(inked.translate(None, _BASE64))
    lines = data.strip().count(b"\n") + 1
    if strange * 20 > len(inked) or data.strip().count(b" ") > 2 * lines:
        inked = _leading_base64(data)  # a list may have appended its footer in plain text
        if not inked:
            return data  # plain text under a wrong label
    letters = inked.translate(None, bytes(set(range(256)) - set(_BASE64)))
    try:
        return binascii.a2b_base64(letters)
    except binascii.Error:
        bare = letters.replace(b"=", b"")
        if len(bare) % 4 == 1:
            bare = bare[:-1]
        return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))


def _leading_base64(data: bytes) -> bytes:
    """The lines at the start that are base64 and nothing else, when they are as good as whole lines of it."""
    good: list[bytes] = []
    for line in data.strip().split(b"\n"):
        line = line.strip()
        if not line or line.translate(None, _BASE64):
            break
        good.append(line)
    joined = b"".join(good)
    return joined if good and (len(joined) >= 60 or joined.endswith(b"=")) else b""


def _from_uu(data: bytes) -> bytes:
    decoded = bytearray()
    for line in data.splitlines():
        if line.startswith((b"begin ", b"end")) or not line.strip():
            continue
        try:
            decoded += binascii.a2b_uu(line)
        except binascii.Error:
            # a known fault of encoders: too many characters at the end of the line
            try:
                decoded += binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3])
            except binascii.Error:
                continue
    return bytes(decoded)


def decode_words(text: str) -> str:
    """A header's text with its encoded words (RFC 2047) decoded; adjacent words of one set are joined before decoding."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    run: list[bytes] = []
    charset = ""
    at = 0
    for start, end, word_set, data in _words(text):
        between = text[at:start]
        if run and (between.strip(" \t\r\n") or word_set != charset):
            pieces.append(decode_text(b"".join(run), charset))
            run = []
        if between.strip(" \t\r\n") or at == 0:
            pieces.append(between)
        charset = word_set
        run.append(data)
        at = end
    if run:
        pieces.append(decode_text(b"".join(run), charset))
    return "".join([*pieces, text[at:]])


def _words(text: str) -> list[tuple[int, int, str, bytes]]:
    """Start, end, character set and bytes of each encoded word, in one pass over the text."""
    found: list[tuple[int, int, str, bytes]] = []
    at = 0
    while (start := text.find("=?", at)) >= 0:
        set_end = text.find("?", start + 2, start + 64)
        kind = text[set_end + 1 : set_end + 3].lower()
        if set_end < 0 or kind not in ("b?", "q?"):
            at = start + 2
            continue
        end = text.find("?=", set_end + 3)
        if end < 0:
            break
        content = text[set_end + 3 : end].encode("utf-8", "replace")
        data = _from_base64(content) if kind == "b?" else binascii.a2b_qp(content.translate(_UNDERSCORES).replace(b"\n", b""))
        found.append((start, end + 2, text[start + 2 : set_end].partition("*")[0].lower(), data))
        at = end + 2
    return found


def decode_header(value: bytes, hint: str = "") -> str:
    """A header's bytes as text, before its encoded words are decoded: ASCII, else UTF-8, else what the mail itself uses."""
    if _PRINTABLE.fullmatch(value):
        text = value.decode("ascii").strip(" ")
        return _SPACES.sub(" ", text) if "  " in text else text
    return _SPACES.sub(" ", decode_text(value, "", hint)).strip(" ")
