"""Bytes into a `ParsedMail`: whatever they are, within bounds of time and memory, and never an exception."""

from __future__ import annotations

import hashlib
import re

from core.mail.decoding import decode_header, decode_text, decode_words
from core.mail.headers import addresses, answered_ids, file_name, message_id, sent_at
from core.mail.message import Attachment, ParsedMail
from core.mail.mime import MAX_FIELD, Headers, Part, read_headers, split_parts
from core.mail.text import html_to_text, without_armor

MAX_NESTING = 64
MAX_PARTS = 500
MAX_TEXT = 2_000_000
MAX_EMBEDDED = 20
MAX_HEADER_TEXT = 4_000
MAX_HEADERS_TEXT = 200_000
_ADDRESS_FIELDS = frozenset({"from", "to", "cc", "bcc", "reply-to", "sender", "resent-from", "resent-to", "references"})
_STUB = re.compile(
    r"(?:mail|client|program|reader|browser|viewer)\b.{0,80}?(?:not|n't|unable|kann|keine|nicht|pas|no puede|no soporta|non )"
    r".{0,60}?(?:html|support|display|show|render|view|anzeigen|afficher|mostrar|visualizza)"
    r"|html.{0,60}?(?:mail|client|message|nachricht|format).{0,80}?(?:required|only|enable|view|necess|requis|ansehen|anzeigen)"
    r"|(?:view|read|see|display).{0,40}?(?:html|online|browser)|this is a multi-?part message"
    r"|enthält html|html-(?:nachricht|mail)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_STUB = 400
_UNBROKEN = re.compile(r"([!-~]{1000})[!-~]+")
"""A file pasted into the text, or a hostile line: what looks for addresses goes over such a word once for each of its letters."""
_IS_HTML = re.compile(r"\s*(?:<!doctype html|<html\b|<\?xml[^>]{0,100}\?>\s*<html\b)", re.IGNORECASE)
_HAS_TAG = re.compile(r"<(?:[a-z][a-z0-9]*|/[a-z][a-z0-9]*)\b[^<>]{0,500}>", re.IGNORECASE)
_CARD_TYPES = frozenset({"text/vcard", "text/x-vcard", "text/directory", "application/vcard"})
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)

_GIVEN_ON = re.compile(r"\bvia\b", re.IGNORECASE)
"""A group that writes in place of the author (`Anna via Sales`) keeps who that was in X-Original-From."""

Segment = tuple[bool, str]
"""A piece of the body: whether it is HTML, and its source."""


def parse_mail(raw: bytes) -> ParsedMail:
    """Read a mail. Also of one that is broken, hostile or stored only in part all that can be read is returned."""
    try:
        return _Reader().mail(raw, 0)
    except RecursionError:
        headers = read_headers(raw[:MAX_FIELD])
        text = decode_text(raw[headers.body_at :][:MAX_TEXT])
        return ParsedMail(headers={}, text=text, shortened=("nesting",), raw_size=len(raw))


class _Reader:
    """What one mail with all that it encloses may use up, and what was cut off."""

    def __init__(self) -> None:
        self.parts_left = MAX_PARTS
        self.text_left = MAX_TEXT
        self.embedded_left = MAX_EMBEDDED
        self.shortened: dict[str, None] = {}

    def mail(self, raw: bytes, depth: int) -> ParsedMail:
        """The mail, at this depth of nesting."""
        size = len(raw)
        if b"\n" not in raw[:MAX_FIELD] and b"\r" in raw[:MAX_FIELD]:
            raw = raw.replace(b"\r", b"\n")
        headers = read_headers(raw)
        if headers.is_shortened:
            self.shortened["headers"] = None
        part = Part(headers, raw[headers.body_at :])
        body = _Body(self)
        segments = body.read(part, depth, is_top=True)
        texts = self.texts(headers, part.charset)
        fields = {name: "" if not values else values[0] for name, values in texts.items()}
        given = {name: self.structured(headers, name, part.charset) for name in ("from", "sender", "reply-to", "to", "cc")}
        senders = addresses(given["from"])
        if "x-original-from" in fields and senders and _GIVEN_ON.search(senders[0].name):
            senders = addresses(self.structured(headers, "x-original-from", part.charset)) or senders
        if not any(sender.email for sender in senders):
            senders = addresses(given["sender"]) or senders
        references = self.structured(headers, "references", "", tail=True)
        return ParsedMail(
            headers=texts, message_id=message_id(fields.get("message-id", "")),
            in_reply_to=answered_ids(fields.get("in-reply-to", ""), references),
            senders=senders, reply_to=addresses(given["reply-to"]), to=addresses(given["to"]), cc=addresses(given["cc"]),
            subject=fields.get("subject", "")[:1_000], sent_at=_date(fields), media_type=part.media_type,
            text=_UNBROKEN.sub(r"\1…", without_armor(body.text(segments))),
            html="\n".join(body.html), attachments=tuple(body.attachments),
            embedded=tuple(body.embedded), cards=tuple(body.cards), documents=tuple(body.documents),
            shortened=tuple(self.shortened) if depth == 0 else (), raw_size=size,
        )  # fmt: skip

    def structured(self, headers: Headers, name: str, hint: str, *, tail: bool = False) -> str:
        """All fields of one name with their encoded words as they stand, since structure comes before decoding."""
        values = headers.fields.get(name)
        if not values:
            return ""
        value = values[0] if len(values) == 1 else b", ".join(values)
        if len(value) > MAX_FIELD or (name != "references" and len(value) > 2_000):
            self.shortened["references" if tail else "addresses"] = None
        return decode_header(value[-MAX_FIELD:] if tail else value[:MAX_FIELD], hint)

    def texts(self, headers: Headers, hint: str) -> dict[str, tuple[str, ...]]:
        """Every header decoded, as long as they are short together."""
        left = MAX_HEADERS_TEXT
        texts: dict[str, tuple[str, ...]] = {}
        for name, values in headers.fields.items():
            decoded = []
            for value in values:
                if len(value) > MAX_HEADER_TEXT and name not in _ADDRESS_FIELDS:
                    self.shortened["headers"] = None
                text = decode_header(value[:MAX_HEADER_TEXT], hint)
                if "=?" in text:
                    text = decode_words(text).replace("\n", " ").strip()
                left -= len(text)
                decoded.append(text)
                if left < 0:
                    self.shortened["headers"] = None
                    return texts
            texts[name] = tuple(decoded)
        return texts

    def take(self, text: str) -> str:
        """As much of a text as may still be kept."""
        if len(text) > self.text_left:
            self.shortened["text"] = None
            text = text[: self.text_left]
        self.text_left -= len(text)
        return text


class _Body:
    """What the parts of one mail hold."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader
        self.html: list[str] = []
        self.attachments: list[Attachment] = []
        self.embedded: list[ParsedMail] = []
        self.cards: list[str] = []
        self.documents: list[str] = []

    def read(self, part: Part, depth: int, *, is_top: bool = False) -> list[Segment]:
        """The segments of the body in a part, in order; everything else of it is noted."""
        if part.media_type.startswith("multipart/"):
            return self._multipart(part, depth, is_top=is_top)
        disposition, name = part.disposition
        if part.media_type in ("message/rfc822", "message/global"):
            return self._enclosed(part, depth)
        is_file = not is_top and (disposition == "attachment" or bool(name))
        if part.media_type in ("text/plain", "text/html", "text/enriched", "text") and not is_file:
            return self._leaf(part)
        if is_top and part.media_type.startswith("text/") and part.media_type not in _CARD_TYPES | {"text/xml", "text/calendar"}:
            return self._leaf(part)
        return self._file(part, name)

    def _multipart(self, part: Part, depth: int, *, is_top: bool) -> list[Segment]:
        if depth >= MAX_NESTING:
            self.reader.shortened["nesting"] = None
            return []
        pieces = split_parts(part, max(0, self.reader.parts_left))
        if pieces is None:
            whole = Part(Headers({}, 0), part.body)
            return self._leaf(whole) if is_top or part.body.strip() else []
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        read: list[list[Segment]] = []
        for piece in pieces:
            self.reader.parts_left -= 1
            if self.reader.parts_left <= 0:
                self.reader.shortened["parts"] = None
                break
            headers = read_headers(b"\n" + piece) if piece[:1] in (b"\r", b"\n") else read_headers(piece)
            shift = 1 if piece[:1] in (b"\r", b"\n") else 0
            read.append(self.read(Part(headers, piece[max(0, headers.body_at - shift) :], default), depth + 1))
        if part.media_type == "multipart/alternative":
            return self._chosen(read)
        return [segment for segments in read for segment in segments]

    def _chosen(self, read: list[list[Segment]]) -> list[Segment]:
        """Plain text, unless it is empty or only says that there is HTML."""
        plain = next((segments for segments in read if any(text.strip() for is_html, text in segments if not is_html)), None)
        html = next(
            (segments for segments in reversed(read) if any(is_html and text.strip() for is_html, text in segments)), None
        )
        if plain is None or html is None:
            return plain or html or []
        joined = "".join(text for is_html, text in plain if not is_html).strip()
        return html if len(joined) <= _LONGEST_STUB and _STUB.search(joined) else plain

    def _leaf(self, part: Part) -> list[Segment]:
        most = self.reader.text_left * 4
        text = decode_text(part.content(most), part.charset)
        is_html = part.media_type == "text/html"
        if is_html and not _HAS_TAG.search(text):
            is_html = False
        elif not is_html and _IS_HTML.match(text):
            is_html = True
        if part.parameters.get("format", "").lower() == "flowed" and not is_html:
            text = unflowed(text, deletes_space=part.parameters.get("delsp", "").lower() == "yes")
        text = self.reader.take(text)
        if is_html:
            self.html.append(text)
        return [(is_html, text)]

    def _enclosed(self, part: Part, depth: int) -> list[Segment]:
        if self.reader.embedded_left <= 0 or depth >= MAX_NESTING:
            self.reader.shortened["embedded"] = None
            return []
        self.reader.embedded_left -= 1
        self.embedded.append(self.reader.mail(part.content(), depth + 1))
        return []

    def _file(self, part: Part, name: str) -> list[Segment]:
        content = part.content()
        kind = part.media_type
        ending = name.rpartition(".")[2].lower()
        if kind in _CARD_TYPES or ending == "vcf":
            self.cards.append(self.reader.take(decode_text(content, part.charset)))
        elif kind not in ("image/svg+xml", "application/xhtml+xml") and (
            kind in ("text/xml", "application/xml") or kind.endswith("+xml") or ending in ("xml", "adf")
        ):
            self.documents.append(self.reader.take(_xml_text(content, part.charset)))
        digest = hashlib.sha256(content).hexdigest()
        safe = file_name(name or kind.rpartition("/")[2])
        self.attachments.append(Attachment(safe, kind, len(content), digest))
        return []

    def text(self, segments: list[Segment]) -> str:
        """The body as text: plain segments as they are, HTML as a person would see it."""
        texts = [html_to_text(source) if is_html else source.strip("\n") for is_html, source in segments]
        return "\n".join(text for text in texts if text.strip())


def _xml_text(content: bytes, charset: str) -> str:
    named = _XML_ENCODING.search(content[:400])
    return decode_text(content, charset or (named[1].decode("latin-1") if named else ""))


def _date(fields: dict[str, str]) -> int | None:
    written = sent_at(fields.get("date", ""))
    if written is not None:
        return written
    return sent_at(fields.get("received", "").rpartition(";")[2].strip())


def unflowed(text: str, *, deletes_space: bool = False) -> str:
    """Text of format=flowed (RFC 3676) with its paragraphs in one line each, quotes by their depth."""
    lines: list[str] = []
    open_depth = -1
    gathered: list[str] = []
    for line in text.split("\n"):
        quote, content = _flow(line)
        if gathered and (len(quote) != open_depth or content == "-- "):
            lines.append(_quoted(open_depth, "".join(gathered).rstrip(" ")))
            gathered = []
        is_soft = content.endswith(" ") and content != "-- "
        gathered.append(content[:-1] if is_soft and deletes_space else content)
        open_depth = len(quote)
        if not is_soft:
            lines.append(_quoted(open_depth, "".join(gathered)))
            gathered = []
    if gathered:
        lines.append(_quoted(open_depth, "".join(gathered).rstrip(" ")))
    return "\n".join(lines)


def _flow(line: str) -> tuple[str, str]:
    bare = line.lstrip(">")
    quote = line[: len(line) - len(bare)]
    return quote, bare.removeprefix(" ")


def _quoted(depth: int, text: str) -> str:
    return f"{'>' * depth} {text}" if depth else text
