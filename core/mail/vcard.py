"""Business cards (vCard 2.1, 3.0 and 4.0) as input names: lead fields by their path, the rest by its own name."""

from __future__ import annotations

import binascii
import codecs
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.lead import Names

_MAX_TEXT, _MOST_LINES, _MAX_VALUE = 5_000_000, 200_000, 5_000
_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,60}\.)?([A-Za-z0-9-]{1,60})")
_MAX_HEAD, _MAX_LINE = 2_000, 100_000
_PARAMETER = re.compile(r";\s*([A-Za-z0-9-]{1,40})(?:\s*=\s*((?:\"[^\"]*\"|[^;\"])*))?")
_SEMICOLON, _COMMA = re.compile(r"(?<!\\);"), re.compile(r"(?<!\\),")
_ESCAPE = re.compile(r"\\([\\;,:nN])")
_SKIPPED = frozenset([
    "photo", "logo", "sound", "key", "version", "begin", "end", "prodid", "rev", "agent", "mailer", "sort-string",
])  # fmt: skip
_BARE_TYPES = frozenset([
    "work", "home", "cell", "fax", "pager", "voice", "pref", "internet", "msg", "car", "video", "text", "main", "x400", "modem",
])  # fmt: skip
_NO_PHONE = frozenset(["fax", "pager", "modem", "bbs", "isdn", "telex"])
_PARTS = ("person.last_name", "person.first_name", "person.middle_name", "person.salutation", "person.name_suffix")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    types: frozenset[str]
    value: str
    preference: int

    @property
    def text(self) -> str:
        return _unescaped(self.value)

    def parts(self) -> list[str]:
        """The value's parts between semicolons."""
        return [_unescaped(" ".join(_COMMA.split(part))) for part in _SEMICOLON.split(self.value)]


def decode_card(raw: bytes) -> str:
    """The text of a card file: by its byte order mark, as UTF-8, else as Windows writes it."""
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def read_vcards(text: str) -> tuple[Names, ...]:
    """All cards of a text that name a person, a firm or a way to reach them, in order."""
    return tuple(names for card in card_lines(text) if (names := _names(card)))


def card_lines(text: str) -> Iterator[list[str]]:
    """The unfolded lines of each card between BEGIN and END; a card inside a card is left out."""
    depth, card = 0, list[str]()
    for line in _unfolded(text[:_MAX_TEXT]):
        word = line.strip().upper().replace(" ", "")
        if word == "BEGIN:VCARD" or word.endswith(":BEGIN:VCARD"):
            depth += 1
            if depth == 1:
                card = []
        elif word == "END:VCARD":
            depth = max(0, depth - 1)
            if depth == 0 and card:
                yield card
                card = []
        elif depth == 1:
            card.append(line)
    if card:
        yield card


def _unfolded(text: str) -> Iterator[str]:
    """The lines with their continuations: those that begin with a blank, and those after a soft break of quoted-printable."""
    pieces: list[str] = []
    length, is_quoted = 0, False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n", _MOST_LINES)[:_MOST_LINES]:
        is_soft = is_quoted and pieces[-1].endswith("=")
        if pieces and (is_soft or line[:1] in (" ", "\t")):
            if is_soft:
                pieces[-1] = pieces[-1][:-1]
            length += len(line)
            pieces.append((line if is_soft else line[1:]) if length < _MAX_LINE else "")
            continue
        if pieces:
            yield "".join(pieces)
        pieces, length, is_quoted = [line], len(line), _is_quoted(line[:_MAX_HEAD])
    yield "".join(pieces)


def _is_quoted(line: str) -> bool:
    return "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _properties(lines: Iterable[str]) -> Iterator[_Property]:
    for line in lines:
        colon = _colon(line)
        head = line[: max(colon, 0)].strip()
        found = _NAME.match(head)
        if found is None or found[1].lower() in _SKIPPED:
            continue
        parameters = _parameters(head[found.end() :])
        types = frozenset(
            word.strip().lower() for value in parameters.get("type", []) for word in value.replace('"', "").split(",")
        )
        preference = 0 if "pref" in types else _number(parameters.get("pref", ["100"])[0])
        yield _Property(found[1].lower(), types, _decoded(line[colon + 1 :], parameters)[:_MAX_VALUE].strip(), preference)


def _colon(line: str) -> int:
    """Where the value begins: at the first colon that does not stand in quotes; -1 where there is none."""
    at = 0
    while True:
        colon, quote = line.find(":", at, _MAX_HEAD), line.find('"', at, _MAX_HEAD)
        closed = line.find('"', quote + 1, _MAX_HEAD) if quote >= 0 else -1
        if colon < 0 or quote < 0 or colon < quote or closed < 0:
            return colon
        at = closed + 1


def _parameters(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in _PARAMETER.findall(text):
        name = key.lower()
        if value:
            found.setdefault(name, []).append(value.strip())
        elif name in ("quoted-printable", "base64"):
            found.setdefault("encoding", []).append(name)
        elif name in _BARE_TYPES:
            found.setdefault("type", []).append(name)
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 100


def _decoded(value: str, parameters: Mapping[str, Sequence[str]]) -> str:
    encoding = parameters.get("encoding", [""])[0].lower()
    charset = parameters.get("charset", ["utf-8"])[0].strip('"')
    if encoding == "quoted-printable":
        raw = quopri.decodestring(value.encode("utf-8", "replace"))
    elif encoding in ("b", "base64"):
        try:
            raw = binascii.a2b_base64(value.encode("ascii", "ignore"))
        except binascii.Error:
            return ""
    else:
        return value
    for tried in (charset, "utf-8", "cp1252"):
        try:
            return raw.decode(tried)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], text).strip()


def _names(lines: Sequence[str]) -> Names:
    by_name: dict[str, list[_Property]] = {}
    for one in list(_properties(lines))[:500]:
        if one.value.strip(";, "):
            by_name.setdefault(one.name, []).append(one)
    for found in by_name.values():
        found.sort(key=lambda one: one.preference)
    names: dict[str, list[str]] = {}
    _person(names, by_name)
    _company(names, by_name)
    _reached(names, by_name)
    if not names:
        return {}
    for name, properties in by_name.items():
        if name not in ("n", "fn", "org", "title", "email", "tel", "adr", "url", "lang"):
            names[f"vcard.{name}"] = [one.text for one in properties]
    return {name: texts[0] if len(texts) == 1 else tuple(texts) for name, texts in names.items()}


def _put(names: dict[str, list[str]], name: str, text: str) -> None:
    if text and name not in names:
        names[name] = [text]


def _person(names: dict[str, list[str]], by_name: Mapping[str, Sequence[_Property]]) -> None:
    is_firm = any(one.text.lower() in ("org", "organization") for one in by_name.get("kind", ()))
    parts = by_name["n"][0].parts() if "n" in by_name and not is_firm else []
    for path, part in zip(
        ("person.last_name", "person.first_name", "person.middle_name", "person.salutation", "person.name_suffix"),
        parts,
        strict=False,
    ):
        _put(names, path, part)
    full = by_name["fn"][0].text if "fn" in by_name else ""
    org = by_name["org"][0].parts()[0] if "org" in by_name else ""
    if is_firm:
        _put(names, "company.name", full)
    elif not ("person.first_name" in names and "person.last_name" in names) and full.casefold() != org.casefold():
        for path in _PARTS[:3] if full else ():
            names.pop(path, None)
        _put(names, "person.full_name", full)
    if "title" in by_name:
        _put(names, "person.job_title", by_name["title"][0].text)
    if "role" in by_name:
        _put(names, "person.job_title", by_name["role"][0].text)
    if "lang" in by_name:
        _put(names, "person.language", by_name["lang"][0].text)


def _company(names: dict[str, list[str]], by_name: Mapping[str, Sequence[_Property]]) -> None:
    if "org" in by_name:
        name, *units = by_name["org"][0].parts()
        _put(names, "company.name", name)
        _put(names, "person.department", ", ".join(filter(None, units)))
    for url in by_name.get("url", ()):
        _put(names, "person.website" if "home" in url.types else "company.website", url.text)


def _reached(names: dict[str, list[str]], by_name: Mapping[str, Sequence[_Property]]) -> None:
    for mail in by_name.get("email", ()):
        address = re.sub(r"^mailto:", "", mail.text, flags=re.IGNORECASE)
        _several(names, "person.email", "person.emails", address)
    for phone in by_name.get("tel", ()):
        number = re.sub(r"^tel:", "", phone.text, flags=re.IGNORECASE).replace(";ext=", " ext. ").partition(";")[0]
        if not phone.types.isdisjoint(_NO_PHONE):
            names.setdefault("vcard.fax" if "fax" in phone.types else "vcard.tel.other", []).append(number)
        elif not phone.types.isdisjoint(("cell", "mobile", "iphone")):
            _several(names, "person.mobile", "person.phones", number)
        else:
            _several(names, "person.phone", "person.phones", number)
    for home in by_name.get("adr", ())[:1]:
        box, extended, street, city, region, postcode, country, *_ = [*home.parts(), *[""] * 7]
        _put(names, "address.street", ", ".join(filter(None, (street.replace("\n", ", "), extended, box))))
        for path, text in (("city", city), ("region", region), ("postcode", postcode), ("country", country)):
            _put(names, f"address.{path}", text)


def _several(names: dict[str, list[str]], first: str, rest: str, text: str) -> None:
    if text and first not in names:
        names[first] = [text]
    elif text and text not in names[first] and text not in names.get(rest, ()):
        names.setdefault(rest, []).append(text)
