"""Which e-mail addresses and phone numbers a text mentions, however the text is encoded."""

from __future__ import annotations

import html
import json
import quopri
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, unquote_plus

from connectors.sources import Ignored, Unreadable
from core.identity import person_keys
from core.lead import Names, Touch
from core.mail.message import ParsedMail
from core.mail.parsing import parse_mail
from core.mapping import read_touch
from core.normalize import canonical_email, is_e164
from core.normalize.email import read_email
from core.normalize.phone import read_phone
from leadrelay.engine.plan import ProcessPlan, SourcePlan
from leadrelay.store.ids import to_uid

Key = tuple[str, str]
"""A kind (`email` or `phone`) and the canonical text, as `core.identity.person_keys` gives them."""

_ADDRESS = re.compile(r"[\w.+'%-]{1,64}\s?@\s?(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_NUMBER = re.compile(r"(?:\+|\b00)?[(\s]{0,2}\d(?:[\s()./\u00a0\u2010-\u2013-]{0,3}\d){5,17}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ENCODED = re.compile(r"%[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|&#?\w+;|=[0-9A-F]{2}|\+")
_NO_DIGIT = re.compile(r"\D+", re.ASCII)
_MAIL = "message/rfc822"
_TAIL = 6
_ROUNDS = 3
"""How often encodings may be nested: a JSON text inside a form field, percent-encoded once more by a proxy."""


class Mentions:
    """Finds keys in submissions and texts under one configuration: its sources' readers, mappings and regions."""

    def __init__(self, plan: ProcessPlan) -> None:
        self._plan = plan
        self._regions = tuple(dict.fromkeys(source.region for source in plan.sources.values())) or ("",)

    def of_submission(self, row: Any) -> set[Key]:
        """The keys that a stored submission names anywhere: as its mapping reads it, in its names, body, headers and texts."""
        found = self.of_text(f"{row.key}\n{row.reason}\n{row.problems or ''}")
        headers = _headers(row.headers)
        for value in headers.values():
            found |= self.of_text(value)
        if row.body is None:
            return found
        body = bytes(row.body)
        for text in _decoded(body, headers):
            found |= self.of_text(text)
        return found | self._read(row, headers, body)

    def may_name(self, row: Any, needles: Collection[str]) -> bool:
        """A quick look whether one of these stands in a submission at all: domains, and ends of numbers as digits alone."""
        texts = [row.key, row.reason, row.problems or "", row.headers]
        if row.body is not None:
            texts += _decoded(bytes(row.body), _headers(row.headers))
        for text in texts:
            for reading in readings(text):
                folded, digits = reading.casefold(), _NO_DIGIT.sub("", reading)
                if any(needle in (digits if needle.isdigit() else folded) for needle in needles):
                    return True
        return False

    def of_text(self, text: str) -> set[Key]:
        """The keys that a text mentions in any of its readings."""
        found: set[Key] = set()
        for reading in readings(text):
            found.update(("email", address) for address in _addresses(reading))
            found.update(("phone", number) for number in self._numbers(reading))
        return found

    def _read(self, row: Any, headers: dict[str, str], body: bytes) -> set[Key]:
        source = self._plan.sources.get(row.source)
        if source is None:
            return set()
        try:
            names = source.reader.names(headers, body)
        except Unreadable:
            return set()
        except Ignored as no_lead:
            names = no_lead.names
        found = self._mapped(source, names, row)
        for name, value in names.items():
            for text in (name, *((value,) if isinstance(value, str) else value)):
                found |= self.of_text(text)
        return found

    def _mapped(self, source: SourcePlan, names: Names, row: Any) -> set[Key]:
        touch = read_touch(
            source.mapping, names, uid=to_uid(row.id), source=row.source, received_at=row.received_at,
            submitted_at=row.submitted_at, is_test=bool(row.is_test), catalogue=self._plan.catalogue, zone=source.zone,
            region=source.region,
        )  # fmt: skip
        return set(person_keys({path: cell.value for path, cell in touch.fields.items()})) if isinstance(touch, Touch) else set()

    def _numbers(self, text: str) -> Iterator[str]:
        for run in _NUMBER.findall(text):
            typed = run.strip()
            digits = re.sub(r"\D", "", typed)
            # A plus sign is a space once a form's encoding is taken off: `+49 30 ...` may stand there as `49 30 ...`.
            for spelled in (typed, "+" + digits):
                for region in self._regions:
                    value = read_phone(spelled, region).value
                    if is_e164(value):
                        yield str(value)


def needles_of(keys: Iterable[Key]) -> frozenset[str]:
    """What stands in every text that mentions one of the keys, however it is spelled."""
    found = set()
    for kind, text in keys:
        if kind == "phone":
            found.add(text[-_TAIL:])
            continue
        domain = text.rpartition("@")[2]
        found |= {"gmail.com", "googlemail.com"} if domain == "gmail.com" else {domain, _unicode(domain)}
    return frozenset(found)


def _unicode(domain: str) -> str:
    """A domain as people type it."""
    try:
        return domain.encode("ascii").decode("idna").casefold()
    except UnicodeError:
        return domain


def readings(text: str) -> Iterator[str]:
    """The text, and what it is once percent, JSON, HTML and quoted-printable escapes are taken off, one after another."""
    seen = {text}
    newest = [text]
    yield text
    for _ in range(_ROUNDS):
        newest = [found for one in newest for found in _unescaped(one) if found not in seen]
        if not newest:
            return
        newest = list(dict.fromkeys(newest))
        seen.update(newest)
        yield from newest


def _unescaped(text: str) -> Iterator[str]:
    if not _ENCODED.search(text):
        return
    if "%" in text:
        yield unquote(text)
    if "%" in text or "+" in text:
        yield unquote_plus(text)
    if "\\u" in text:
        yield _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if "&" in text:
        yield html.unescape(text)
    if "=" in text:
        yield quopri.decodestring(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def _decoded(body: bytes, headers: Mapping[str, str]) -> Iterator[str]:
    """A body as text; with zero bytes also as UTF-16, and a mail also with the encodings of its parts and headers taken off."""
    yield body.decode("utf-8", "replace")
    if headers.get("content-type", "").startswith(_MAIL):
        yield from _mail_texts(parse_mail(body))
    if b"\0" in body:
        for codec in ("utf-16-le", "utf-16-be"):
            yield body.decode(codec, "replace")


def _mail_texts(mail: ParsedMail) -> Iterator[str]:
    yield "\n".join(value for values in mail.headers.values() for value in values)
    yield from (mail.text, mail.html, *mail.cards, *mail.documents, *(one.name for one in mail.attachments))
    for embedded in mail.embedded:
        yield from _mail_texts(embedded)


def _addresses(text: str) -> Iterator[str]:
    for match in _ADDRESS.findall(text):
        address = re.sub(r"\s", "", match)
        yield canonical_email(address)
        yield canonical_email(address.lstrip("'+.-%"))  # what stands before an address in running text
        if not address.isascii():
            read = read_email(address).value
            if isinstance(read, str):
                yield canonical_email(read)


def _headers(document: str) -> dict[str, str]:
    return dict(json.loads(document)) if document else {}
