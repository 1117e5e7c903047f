"""Structured header fields within bounds: addresses, message ids, dates, parameters and file names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from core.instants import Instant, from_datetime
from core.mail.decoding import decode_text, decode_words
from core.mail.message import Address

MAX_ADDRESS_TEXT = 2_000
MAX_ADDRESSES = 50
MAX_REFERENCES = 20
_ID = re.compile(r"<\s*([^<>\s]{1,900})\s*>")
_BARE_ID = re.compile(r"[^<>\s,;()\"]{1,900}@[^<>\s,;()\"]{1,300}")
_BARE_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,200}@[^\s<>\"'(),;:\[\]]{1,200}")
_STRUCTURE = re.compile(r'[",;<>()\\:]')
_WHITE = re.compile(r"\s+")
_DATE_COMMENT = re.compile(r"\([^()]{0,100}\)")
_ISO_DATE = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)[T ,]+(\d\d?):(\d\d)(?::(\d\d))?[\d.]*\s*(Z|[+-]\d\d:?\d\d)?")
_ZONE = re.compile(r"(?:GMT|UTC?|[A-Z]{3,4})?([+-])(\d{1,2}):?(\d\d)?$")
_PARAMETER = re.compile(r";\s*([^\s=;\"]{1,80})\s*=\s*(\"(?:[^\"\\]|\\.)*\"?|[^;]*)")
_MEDIA_TYPE = re.compile(r"\s*\"?([\w!#$&.+^-]{1,80}/[\w!#$&.+^-]{1,100})")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]")
_UNSAFE = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)", re.IGNORECASE)
_MAX_NAME = 120


def addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of an address header, read in one pass over its first 2,000 characters. Groups are flattened."""
    if len(value) > MAX_ADDRESS_TEXT:
        cut = value[:MAX_ADDRESS_TEXT]
        value = cut[: cut.rfind(",")] if "," in cut else cut
    found: list[Address] = []
    waiting = ""
    for text, angle, comment in _entries(value):
        if not angle and "@" not in text and "@" not in decode_words(text):
            waiting = f"{waiting}{text}, " if text else waiting  # `Weber, Anna <a@b>` without the quotes it needs
            continue
        found.append(_address(waiting + text, angle, comment))
        waiting = ""
        if len(found) >= MAX_ADDRESSES:
            break
    if waiting and not found:
        found.append(Address("", decode_words(waiting.rstrip(", "))))
    return tuple(address for address in found if address.email or address.name)


def _entries(value: str) -> list[tuple[str, str, str]]:
    """Each entry of the list as display text, text within <>, and comment."""
    scan = _Scan(value)
    at = 0
    while at < len(value):
        mark = _STRUCTURE.search(value, at)
        if mark is None:
            scan.add(value[at:])
            break
        scan.add(value[at : mark.start()])
        at = mark.end()
        if mark[0] == "\\":
            scan.add(value[at : at + 1])
            at += 1
        elif mark[0] == '"':
            scan.quote(at)
        else:
            scan.sign(mark[0])
    scan.end_entry()
    return scan.entries


class _Scan:
    """Where a scan over an address list is, and what it has gathered."""

    def __init__(self, value: str) -> None:
        self.entries: list[tuple[str, str, str]] = []
        self.parts = {"text": "", "angle": "", "comment": ""}
        self.place = "text"
        self.depth = 0
        self.is_quoted = False
        self.last_quote = value.rfind('"')

    def add(self, text: str) -> None:
        self.parts[self.place] += text

    def quote(self, at: int) -> None:
        if self.place == "text":
            self.is_quoted = not self.is_quoted and self.last_quote >= at

    def end_entry(self) -> None:
        if any(self.parts.values()):
            self.entries.append((self.parts["text"].strip(), self.parts["angle"].strip(), self.parts["comment"].strip()))
        self.parts = {"text": "", "angle": "", "comment": ""}

    def sign(self, sign: str) -> None:
        if self.is_quoted:
            self.add(sign)
        elif sign == "(" and self.place != "angle":
            self.place, self.depth = "comment", self.depth + 1
        elif self.place == "comment":
            self._sign_in_comment(sign)
        elif sign == "<" and self.place == "text":
            self.place = "angle"
        elif sign == ">":
            self.place = "text"
        elif sign == ":" and self.place == "text" and "@" not in self.parts["text"]:
            self.parts["text"] = ""  # the name of a group, or a `mailto:`
        elif sign in ",;":
            self.place = "text"
            self.end_entry()
        else:
            self.add(sign)

    def _sign_in_comment(self, sign: str) -> None:
        if sign != ")":
            self.add(sign)
            return
        self.depth -= 1
        self.place = "comment" if self.depth else "text"


def _address(text: str, angle: str, comment: str) -> Address:
    name, email = decode_words(text), _WHITE.sub("", angle)
    if "@" not in email:
        inner = _BARE_ADDRESS.search(name)
        if inner and not email:
            email, name = inner[0], (name[: inner.start()] + name[inner.end() :]).strip(" <>\"'")
    email = email.rpartition("mailto:")[2].strip(".,;'\"<>")
    if email.startswith("@"):
        email = email.rpartition(":")[2]  # an obsolete route: `@a,@b:who@where`
    name = _WHITE.sub(" ", name or decode_words(comment)).strip(" \"'")
    return Address(email[:320], _UNSEEN.sub("", name)[:300])


def message_id(value: str) -> str:
    """The id of a mail without its brackets; empty when there is none."""
    found = _ID.search(value) or _BARE_ID.search(value)
    if found:
        return found[1] if found.re is _ID else found[0]
    return value.strip(" <>")[:900] if value and not _WHITE.search(value.strip()) else ""


def answered_ids(in_reply_to: str, references: str) -> tuple[str, ...]:
    """The ids that a mail answers, the nearest first."""
    nearest = _ids(in_reply_to)
    farther = list(reversed(_ids(references)))
    return tuple(dict.fromkeys([*nearest, *farther]))[:MAX_REFERENCES]


def _ids(value: str) -> list[str]:
    bracketed = _ID.findall(value)
    return bracketed or _BARE_ID.findall(value)


def sent_at(value: str) -> Instant | None:
    """The instant of a Date header, also when its zone is broken (then as UTC); None when it can not be read."""
    text = _DATE_COMMENT.sub(" ", value[:200]).strip()
    iso = _ISO_DATE.search(text)
    if iso:
        numbers = [int(part or 0) for part in iso.groups()[:6]]
        return _instant(numbers, _offset(iso[7] or ""))
    try:
        parsed = parsedate_tz(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if parsed is None:
        return None
    zone = text.rpartition(" ")[2]
    is_named = parsed[9] is None or (zone[:1].isalpha() and any(sign in zone for sign in "+-"))  # `GMT+1`
    offset = _offset(zone) if is_named else parsed[9] or 0
    return _instant(list(parsed[:6]), offset if abs(offset) < 86_400 else 0)


def _offset(zone: str) -> int:
    found = _ZONE.search(zone)
    if not found:
        return 0
    seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
    return seconds if found[1] == "+" else -seconds


def _instant(numbers: list[int], offset: int) -> Instant | None:
    year, month, day, hour, minute, second = numbers
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - timedelta(seconds=offset)
    except (ValueError, OverflowError):
        return None
    return from_datetime(moment) if 1971 <= moment.year <= 2999 else None


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The word before the first semicolon, lower-case, and the parameters after it, RFC 2231 and RFC 2047 decoded."""
    head, _, _ = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, text in _PARAMETER.findall(value):
        text = text.strip()
        if text.startswith('"'):
            text = text.strip('"').replace('\\"', '"').replace("\\\\", "\\")
        name = name.lower()
        if "*" not in name:
            plain.setdefault(name, decode_words(text))
            continue
        base, _, rest = name.partition("*")
        number = rest.rstrip("*")
        pieces.setdefault(base, []).append(
            (int(number) if number.isdecimal() and len(number) < 5 else 0, name.endswith("*"), text)
        )
    return head.strip().lower(), plain | {name: _joined(found) for name, found in pieces.items()}


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    charset = ""
    data = b""
    for index, (_, is_encoded, text) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        if index == 0 and is_encoded and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace")
    return decode_text(data, charset)


def media_type(head: str) -> str:
    """The media type of a Content-Type header; empty when it names none."""
    found = _MEDIA_TYPE.match(head)
    return found[1].lower() if found else ""


def file_name(name: str) -> str:
    """A name that is safe to use as a file name on every system: no folders, schemes, hidden marks or device names."""
    name = _UNSEEN.sub("", name).replace("\\", "/").rpartition("/")[2] if name else ""
    name = _WHITE.sub(" ", _UNSAFE.sub("_", name)).strip(" .")
    if _DEVICE.match(name):
        name = f"_{name}"
    if len(name.encode("utf-8", "replace")) > _MAX_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if dot and len(ending) <= 10 else ""
        room = _MAX_NAME - len(ending.encode())
        name = (stem if ending else name).encode("utf-8", "replace")[:room].decode("utf-8", "ignore").rstrip(" .") + ending
    return name or "attachment"
