"""A mail taken apart: header fields and MIME parts by offsets, in a time that grows with its size and no recursion over lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from core.mail.decoding import decode_header, decode_transfer
from core.mail.headers import media_type, parameters

MAX_HEADER_BYTES = 262_144
MAX_FIELDS = 1_000
MAX_FIELD = 16_384
_END_OF_HEADERS = re.compile(rb"\n[ \t]*\r?\n")
_NAME = re.compile(rb"[!-9;-~]{1,200}[ \t]*\Z")
_KNOWN = re.compile(
    rb"(?:content-[a-z-]+|from|to|cc|subject|date|mime-version|message-id|received|return-path|reply-to|sender|x-[\w-]+)[ \t]*:",
    re.IGNORECASE,
)
_FIRST_LINE = re.compile(rb"\A>?From [^\n]*\n")
_GUESSED_BOUNDARY = re.compile(rb"^--([^\s\"]{1,200}?)[ \t]*\r?\n(?:content-[a-z-]+[ \t]*:)", re.IGNORECASE | re.MULTILINE)

Fields = dict[str, list[bytes]]
"""Header fields by lower-case name: unfolded, not decoded."""


@dataclass(slots=True)
class Headers:
    """The header fields of a mail or part, where its body begins, and whether some were left out."""

    fields: Fields
    body_at: int
    is_shortened: bool = False

    def first(self, name: str) -> bytes:
        """The first field of this name that says anything."""
        return next((value for value in self.fields.get(name, ()) if value), b"")


class Part:
    """One MIME part: its headers, and its body still encoded."""

    def __init__(self, headers: Headers, body: bytes, default_type: str = "text/plain") -> None:
        self.headers = headers
        self.body = body
        head = decode_header(headers.first("content-type")[:MAX_FIELD])
        word, self.parameters = parameters(head) if head else ("", {})
        named = media_type(word)
        if not named and word.startswith("multipart") and "boundary" in self.parameters:
            named = "multipart/mixed"
        self.media_type = named or default_type

    @cached_property
    def disposition(self) -> tuple[str, str]:
        """`attachment`, `inline` or nothing, and the file name as it was sent."""
        value = headers_text(self.headers, "content-disposition")
        word, given = parameters(value) if value else ("", {})
        return word, given.get("filename") or self.parameters.get("name", "")

    @property
    def charset(self) -> str:
        """The character set as the part names it."""
        return self.parameters.get("charset", "")

    def content(self, most: int = 0) -> bytes:
        """The decoded body; of a long one only as much as makes `most` bytes, when given."""
        encoding = self.headers.first("content-transfer-encoding").decode("latin-1")
        return decode_transfer(self.body[: most * 3] if most and len(self.body) > most * 3 else self.body, encoding)


def headers_text(headers: Headers, name: str) -> str:
    """The first field of a name as text, its encoded words as they stand."""
    value = headers.first(name)
    return decode_header(value[:MAX_FIELD]) if value else ""


def read_headers(data: bytes) -> Headers:
    """The header fields at the start of a mail or part. Also what is not quite right is read: mbox lines, missing blank lines."""
    start = len(data) - len(data.lstrip(b"\r\n\t \xef\xbb\xbf")) if data[:1] in b"\r\n \t\xef" else 0
    if first := _FIRST_LINE.match(data, start):
        start = first.end()
    elif start and b":" not in data[start : start + 200].partition(b"\n")[0]:
        start = 0
    end = _END_OF_HEADERS.search(data, max(0, start - 1), start + MAX_HEADER_BYTES)
    stop, body_at = (end.start(), end.end()) if end else (min(len(data), start + MAX_HEADER_BYTES), len(data))
    is_cut = end is None and len(data) > stop
    lines = data[start:stop].replace(b"\r\n", b"\n").split(b"\n") if stop > start else []
    fields: Fields = {}
    unended = _collect(lines, fields)
    if unended is not None:
        body_at = data.find(lines[unended], start) if lines[unended] else body_at
    elif is_cut:
        later = _END_OF_HEADERS.search(data, stop)
        body_at = later.end() if later else len(data)
    return Headers(fields, body_at, is_cut or len(fields) >= MAX_FIELDS)


def _collect(lines: list[bytes], fields: Fields) -> int | None:
    """Fill the fields; the number of the line where the body begins without a blank line before it, if it does."""
    name = ""
    pieces: list[bytes] = []
    count = 0

    def keep() -> None:
        if name:
            fields.setdefault(name, []).append(b" ".join(pieces).strip())

    for number, line in enumerate(lines):
        if line.startswith((b" ", b"\t")):
            if len(pieces) < 2_000:
                pieces.append(line.strip())
            continue
        before, colon, after = line.partition(b":")
        if colon and _NAME.match(before):
            keep()
            count += 1
            name = before.strip().decode("latin-1").lower() if count <= MAX_FIELDS else ""
            pieces = [after.strip()]
        elif not any(_KNOWN.match(later) for later in lines[number + 1 : number + 4]):
            keep()
            return number
    keep()
    return None


def split_parts(part: Part, most: int) -> list[bytes] | None:
    """The raw parts of a multipart, at most so many; None when no boundary is found in it."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "surrogateescape")
    pieces = _between(part.body, b"--" + boundary, most) if boundary else []
    if not pieces and (guessed := _GUESSED_BOUNDARY.search(part.body)):
        pieces = _between(part.body, b"--" + guessed[1], most)
    return pieces or None


def _between(body: bytes, delimiter: bytes, most: int) -> list[bytes]:
    pieces: list[bytes] = []
    begin = -1
    at = body.find(delimiter)
    while at >= 0:
        after = at + len(delimiter)
        line_end = body.find(b"\n", after, after + 200)
        rest = body[after : line_end if line_end >= 0 else after + 200].strip()
        is_line = (at == 0 or body[at - 1 : at] == b"\n") and rest in (b"", b"--")
        if is_line:
            if begin >= 0:
                pieces.append(_without_last_break(body, begin, at))
            begin = line_end + 1 if line_end >= 0 else len(body)
            if rest == b"--" or len(pieces) >= most:
                begin = -1
                break
        at = body.find(delimiter, after)
    if 0 <= begin < len(body):
        pieces.append(body[begin:])
    return pieces


def _without_last_break(body: bytes, begin: int, end: int) -> bytes:
    if body[end - 2 : end] == b"\r\n" and end - 2 >= begin:
        end -= 2
    elif end - 1 >= begin:
        end -= 1
    return body[begin : max(begin, end)]
