"""Files of mails, business cards and ADF documents as records, and what a kept one means; used by every source of files or mails.

A file is known by what is in it; its name only helps where that leaves a doubt.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, pairwise
from pathlib import Path
from typing import BinaryIO

from connectors.mbox import MAIL_HEADERS, FromLines, begins_mbox, unquoted
from connectors.sources import FileRecord, Ignored, SourceContext, Unreadable, UnreadableFile
from core.lead import Names
from core.mail.adf import decode_document, is_adf, prospect_texts, read_adf
from core.mail.keys import mail_key
from core.mail.message import MailOptions
from core.mail.vcard import decode_card, read_vcards
from core.problems import Problem

MAIL, CARD, ADF = "message/rfc822", "text/vcard", "application/x-adf+xml"
"""The content types of the records."""

MAX_MAIL, MAX_CARD, _MAX_DOCUMENT = 25_000_000, 5_000_000, 50_000_000
_SNIFFED, _MAX_LINE = 65_536, 1_000_000
_KEY_BYTES = 15
_HEADER = re.compile(rb"([!-9;-~]{1,80})[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(?:\r?\n|\Z)")


def document_names(headers: Mapping[str, str], body: bytes, options: MailOptions | None = None) -> Names:
    """What a kept mail, card or ADF document means; raises Ignored for what is no lead, and Unreadable.

    Names that are lead fields are those for certain; everything else has its own name.
    """
    kind = headers.get("content-type", MAIL).partition(";")[0].strip().lower()
    if kind == MAIL:
        from core.mail.reading import read_mail

        reading = read_mail(body, options or MailOptions())
        if not reading.verdict.is_lead:
            raise Ignored(reading.verdict.code, reading.verdict.reason, reading.names)
        return reading.names
    if kind == CARD:
        cards = read_vcards(decode_card(body))
        if not cards:
            raise _unreadable("no_card", "the business card names neither a person nor a company nor a way to reach them")
        return cards[0]
    if kind == ADF:
        names = read_adf(body)
        if names is None:
            raise _unreadable("no_prospect", "the ADF document names no customer: look at what the sender has put into it")
        return names
    raise _unreadable("unsupported_type", f"the record's type `{kind[:80]}` is not read here")


def document_places(headers: Mapping[str, str], body: bytes, options: MailOptions) -> Mapping[str, str]:
    """Where in a kept mail each name stood; of cards and documents, whose names say it themselves, nothing."""
    if headers.get("content-type", MAIL).partition(";")[0].strip().lower() != MAIL:
        return {}
    from core.mail.reading import read_mail

    return {one.name: one.where for one in reversed(read_mail(body, options).found)}


def _unreadable(code: str, message: str) -> Unreadable:
    return Unreadable(Problem(code, message))


def open_document(path: Path, context: SourceContext) -> DocumentFeed | None:
    """A file of mails (.eml, mbox, Maildir), business cards or ADF documents as its records; None when it is none of these."""
    if path.is_dir():
        return _maildir(path) if (path / "cur").is_dir() or (path / "new").is_dir() else None
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFFED)
    except OSError as error:
        raise UnreadableFile(f"{path.name}: this file can not be read ({error.strerror}).") from error
    kind = _kind(start, path.suffix.lower())
    return DocumentFeed(path, kind) if kind else None


def _maildir(path: Path) -> DocumentFeed:
    return DocumentFeed(path, "Maildir")


def _kind(start: bytes, suffix: str) -> str:
    """What a file is by its beginning, in the words of `DocumentFeed`; empty when it is none of them."""
    text = decode_card(start).lstrip("\ufeff \t\r\n")
    plain = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if re.match(r"begin\s*:\s*vcard", text, re.IGNORECASE):
        return "vCard"
    if begins_mbox(plain):
        return "mbox"
    if text[:1] == "<":
        return "ADF" if is_adf(text) else ""
    told = _header_names(plain)
    known = len(told & MAIL_HEADERS)
    if known >= 2 or (known and suffix in (".eml", ".mht", ".mail", ".msg", ".txt", "")):
        return "mail"
    return ""


def _header_names(start: bytes) -> set[bytes]:
    found, at = set[bytes](), 0
    while header := _HEADER.match(start, at):
        found.add(header[1].lower())
        at = header.end()
    return found


class DocumentFeed:
    """The records of an open file of mails, cards or ADF documents; implements `FileFeed`."""

    def __init__(self, path: Path, kind: str) -> None:
        self._path = path
        self._kind = kind
        self._done = 0
        self._files: list[BinaryIO] = []
        self._size = sum(one.stat().st_size for one in _mails_of(path)) if kind == "Maildir" else path.stat().st_size

    @property
    def headers(self) -> Mapping[str, str]:
        """What is kept with each record: its type, and the file's name."""
        types = {"vCard": CARD, "ADF": ADF}
        return {"content-type": types.get(self._kind, MAIL), "x-leadrelay-file": self._path.name}

    @property
    def columns(self) -> tuple[str, ...]:
        """None: such records have no cells."""
        return ()

    @property
    def kept_as(self) -> Mapping[str, str]:
        """Nothing: such records have no columns."""
        return {}

    @property
    def reading(self) -> str:
        """How the file is read, as JSON: its contents say it anew every time."""
        return "{}"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the file is, for people."""
        return (("kind", self._kind),)

    @property
    def size(self) -> int:
        """How long the file is, in bytes."""
        return self._size

    def done_bytes(self) -> int:
        """How far into the file `records` has come."""
        return self._done

    def close(self) -> None:
        """Give the file back."""
        for file in self._files:
            file.close()
        self._files.clear()

    def records(self) -> Iterator[FileRecord]:
        """All mails, cards or prospects in order; of a file that may be large one at a time is in memory."""
        readers: Mapping[str, Callable[[], Iterator[FileRecord]]] = {
            "mail": self._one_mail, "mbox": self._mbox, "Maildir": self._maildir, "vCard": self._cards, "ADF": self._prospects,
        }  # fmt: skip
        return readers[self._kind]()

    def _open(self, path: Path) -> BinaryIO:
        file = path.open("rb")
        self._files.append(file)
        return file

    # --- mails ------------------------------------------------------------------------------------------------------

    def _one_mail(self) -> Iterator[FileRecord]:
        yield self._mail_file(1, self._path)

    def _maildir(self) -> Iterator[FileRecord]:
        for number, path in enumerate(_mails_of(self._path), 1):
            yield self._mail_file(number, path)

    def _mail_file(self, number: int, path: Path) -> FileRecord:
        with path.open("rb") as file:
            raw = file.read(MAX_MAIL)
        size = path.stat().st_size
        self._done += size
        return _mail(number, 1, raw.removeprefix(codecs.BOM_UTF8), size)

    def _mbox(self) -> Iterator[FileRecord]:
        """The mails between `From ` lines, with the quoting of such lines undone."""
        mail, size, number, begun = bytearray(), 0, 0, 0
        is_after_blank, is_line_start, from_lines = True, True, FromLines()
        for (line_number, line), (_, following) in pairwise(chain(self._lines(), [(0, b"")])):
            if is_line_start and from_lines.begins(line, following, is_after_blank=is_after_blank):
                if begun:
                    number += 1
                    yield _mail(number, begun, bytes(mail), size)
                mail, size, begun = bytearray(), 0, line_number
            else:
                line = unquoted(line) if is_line_start else line
                size += len(line)
                if len(mail) < MAX_MAIL:
                    mail += line
            is_after_blank = is_line_start and line in (b"\n", b"\r\n")
            is_line_start = line[-1:] == b"\n"
        if begun:
            yield _mail(number + 1, begun, bytes(mail), size)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """The file's lines with their numbers, one longer than a million bytes in several pieces."""
        file, number = self._open(self._path), 1
        while line := file.readline(_MAX_LINE):
            self._done += len(line)
            yield number, line
            number += line[-1:] == b"\n"

    # --- cards ------------------------------------------------------------------------------------------------------

    def _cards(self) -> Iterator[FileRecord]:
        """The cards from BEGIN to END; a card that is another one's AGENT belongs to that one. Where an END is missing, the card
        ends before the next BEGIN."""
        card, number, begun, depth, before = bytearray(), 0, 0, 0, b""
        for line_number, line in self._card_lines():
            word = line.strip().removeprefix(codecs.BOM_UTF8).upper().replace(b" ", b"")
            if word == b"BEGIN:VCARD" or (word.endswith(b"BEGIN:VCARD") and (not depth or b"AGENT" in word)):
                if depth and word == b"BEGIN:VCARD" and not (b"AGENT" in before and before.endswith(b":")):
                    number += 1
                    yield _card(number, begun, bytes(card))
                    depth = 0
                depth += 1
                if depth == 1:
                    card, begun = bytearray(), line_number
            before = word or before
            if depth and len(card) < MAX_CARD:
                card += line
            if word == b"END:VCARD" and depth:
                depth -= 1
                if not depth:
                    number += 1
                    yield _card(number, begun, bytes(card))
        if depth:
            yield _card(number + 1, begun, bytes(card))

    def _card_lines(self) -> Iterator[tuple[int, bytes]]:
        with self._path.open("rb") as file:
            start = file.read(_SNIFFED)
        is_wide = start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        if not is_wide and (b"\n" in start or b"\r" not in start):
            yield from self._lines()
            return
        if self._size > _MAX_DOCUMENT:
            what = "in UTF-16" if is_wide else "whose lines end in CR alone"
            raise UnreadableFile(f"{self._path.name}: cards {what} are read up to 50 MB. Save the file as UTF-8 and import that.")
        with self._path.open("rb") as file:
            lines = decode_card(file.read(_MAX_DOCUMENT)).encode("utf-8", "replace").splitlines(keepends=True)
        self._done = self._size
        yield from enumerate(lines, 1)

    # --- ADF --------------------------------------------------------------------------------------------------------

    def _prospects(self) -> Iterator[FileRecord]:
        """Each prospect as a document of its own; one alone as the file stands."""
        with self._path.open("rb") as file:
            raw = file.read(_MAX_DOCUMENT + 1)
        if len(raw) > _MAX_DOCUMENT:
            raise UnreadableFile(f"{self._path.name}: this ADF document is larger than 50 MB. Split it, then import the parts.")
        self._done = self._size
        prospects = list(prospect_texts(decode_document(raw)))
        if len(prospects) < 2:
            yield FileRecord(1, 1, raw, _key(raw))
            return
        for number, (line, text) in enumerate(prospects, 1):
            body = f'<?xml version="1.0" encoding="UTF-8"?><adf>{text}</adf>'.encode("utf-8", "replace")
            yield FileRecord(number, line, body, _key(body))


def _mails_of(folder: Path) -> list[Path]:
    return [path for part in ("cur", "new") for path in sorted((folder / part).glob("*")) if path.is_file()]


def _mail(number: int, line: int, raw: bytes, size: int) -> FileRecord:
    """A mail as a record; of one that is too large its beginning is kept, and how large it was."""
    if not raw.strip():
        return FileRecord(number, line)
    headers = {"x-leadrelay-oversize": str(size)} if size > len(raw) + 16 else None
    key, _ = mail_key(raw)
    return FileRecord(number, line, raw, _key(key.encode()), headers=headers, lasting_key=key)


def _card(number: int, line: int, raw: bytes) -> FileRecord:
    return FileRecord(number, line, raw, _key(raw))


def _key(contents: bytes) -> bytes:
    """A short hash of a record's contents, whichever way its lines end."""
    return hashlib.sha256(contents.replace(b"\r\n", b"\n").strip()).digest()[:_KEY_BYTES]
