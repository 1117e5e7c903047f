"""Multipart forms: fields with their values, files by name, type and size only."""

from __future__ import annotations

import binascii
import quopri
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from connectors.webform.charsets import decode, decode_all, known_charset
from connectors.webform.names import MAX_VALUES, NameGatherer, form_name, too_many_values, unreadable
from core.lead import Names

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MAX_BOUNDARY = 200
_MAX_SEMICOLONS = 50


@dataclass(slots=True)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


class _Parts:
    """Collects a body's parts from the parser's callbacks."""

    def __init__(self) -> None:
        self.found: list[_Part] = []
        self.is_complete = False
        self._header_name = bytearray()
        self._header_value = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._on_part_begin,
            "on_part_data": self._on_part_data,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_end": self._on_end,
        }

    def _on_part_begin(self) -> None:
        if len(self.found) >= MAX_VALUES:
            raise too_many_values()
        self.found.append(_Part())

    def _on_part_data(self, chunk: bytes, start: int, end: int) -> None:
        self.found[-1].content += chunk[start:end]

    def _on_header_field(self, chunk: bytes, start: int, end: int) -> None:
        self._header_name += chunk[start:end]

    def _on_header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._header_value += chunk[start:end]

    def _on_header_end(self) -> None:
        name = self._header_name.decode("latin-1").lower()
        self.found[-1].headers.setdefault(name, self._header_value.decode("latin-1"))
        self._header_name, self._header_value = bytearray(), bytearray()

    def _on_end(self) -> None:
        self.is_complete = True


def multipart_names(body: bytes, parameters: Mapping[str, str]) -> Names:
    """The fields' names and values; a file `cv` gives `cv.filename`, `cv.type` and `cv.size`, an empty file input nothing."""
    parts = _split(body, parameters.get("boundary", ""))
    read = [(_disposition(part), part) for part in parts]
    charset = _charset(read, parameters)
    gatherer = NameGatherer()
    for disposition, part in read:
        name = form_name(_header_text(disposition.get(b"name", b"")))
        if b"filename" in disposition:
            _add_file(gatherer, name, _header_text(disposition[b"filename"]), part)
        else:
            own = known_charset(_option(part.headers.get("content-type", ""), b"charset")) or charset
            gatherer.add(name, decode(_content(part), own))
    return gatherer.names()


def _split(body: bytes, boundary: str) -> list[_Part]:
    if not boundary or len(boundary) > _MAX_BOUNDARY or not boundary.isascii():
        raise unreadable(
            "invalid_multipart", "the multipart body's boundary is missing from the Content-Type header, or is no boundary"
        )
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(body)
    except MultipartParseError:
        raise unreadable(
            "invalid_multipart", "the multipart body does not follow its boundary: it can not be split into fields"
        ) from None
    if not parts.is_complete:
        raise unreadable("invalid_multipart", "the multipart body is cut off before its closing boundary: send it again")
    return parts.found


def _disposition(part: _Part) -> dict[bytes, bytes]:
    header = part.headers.get("content-disposition", "")
    kind, options = parse_options_header(header) if header.count(";") <= _MAX_SEMICOLONS else (b"", {})
    if kind != b"form-data" or b"name" not in options:
        raise unreadable(
            "invalid_multipart", "a part of the multipart body names no field (Content-Disposition: form-data; name=...)"
        )
    return options


def _charset(read: list[tuple[dict[bytes, bytes], _Part]], parameters: Mapping[str, str]) -> str | None:
    for disposition, part in read:
        if disposition.get(b"name") == b"_charset_" and len(part.content) < 40:
            return known_charset(part.content.decode("latin-1"))
    declared = known_charset(parameters.get("charset", ""))
    if declared:
        return declared
    plain = [bytes(part.content) for disposition, part in read if b"filename" not in disposition]
    return None if _are_utf8(plain) else known_charset("windows-1252")


def _are_utf8(pieces: list[bytes]) -> bool:
    try:
        for piece in pieces:
            piece.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _header_text(value: bytes) -> str:
    """A name as the form spells it: browsers write a quote and line breaks in it as %22, %0D and %0A."""
    text = decode_all([value], None)[0]
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _option(header: str, name: bytes) -> str:
    return parse_options_header(header)[1].get(name, b"").decode("latin-1")


def _content(part: _Part) -> bytes:
    """The part's content, with the transfer encodings undone that old clients still use."""
    encoding = part.headers.get("content-transfer-encoding", "").strip().lower()
    if encoding == "quoted-printable":
        return quopri.decodestring(bytes(part.content))
    if encoding == "base64":
        try:
            return binascii.a2b_base64(bytes(part.content))
        except binascii.Error:
            raise unreadable("invalid_multipart", "a part of the multipart body says that it is base64 and is not") from None
    return bytes(part.content)


def _add_file(gatherer: NameGatherer, name: str, filename: str, part: _Part) -> None:
    if not filename and not part.content:
        return
    gatherer.add(f"{name}.filename", filename)
    gatherer.add(f"{name}.type", part.headers.get("content-type", "application/octet-stream"))
    gatherer.add(f"{name}.size", str(len(part.content)))
