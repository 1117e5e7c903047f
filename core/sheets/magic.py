"""Recognize by its first bytes what is no table at all, and say what to do with it."""

from __future__ import annotations

import json
import re

from core.sheets.layout import NotATable

_EXPORT = "export it as CSV or Excel and import that."
_UNPACK = "unpack it and import the file that is in it."

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"\x89PNG\r\n", "a PNG picture", _EXPORT),
    (b"\xff\xd8\xff", "a JPEG picture", _EXPORT),
    (b"GIF87a", "a GIF picture", _EXPORT),
    (b"GIF89a", "a GIF picture", _EXPORT),
    (b"II*\x00", "a TIFF picture", _EXPORT),
    (b"MM\x00*", "a TIFF picture", _EXPORT),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x7fELF", "a program", _EXPORT),
    (b"SQLite format 3\x00", "an SQLite database", _EXPORT),
    (b"PAR1", "a Parquet file", _EXPORT),
    (b"Obj\x01", "an Avro file", _EXPORT),
    (b"ARROW1", "an Arrow file", _EXPORT),
    (b"{\\rtf", "an RTF document", _EXPORT),
    (b"%!PS", "a PostScript document", _EXPORT),
    (b"\xca\xfe\xba\xbe", "a program", _EXPORT),
    (b"RIFF", "a sound, film or picture", _EXPORT),
    (b"ID3", "a sound", _EXPORT),
    (b"OggS", "a sound", _EXPORT),
)

ZIP = b"PK\x03\x04"
"""The beginning of xlsx, xlsb, ods and of every other zip archive."""

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The beginning of xls, of an encrypted xlsx, and of old Word and Outlook files."""

_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|table|meta|div|style)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"\s*<(?:\?xml\b|!DOCTYPE\b|([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>.*</\1\s*>)", re.DOTALL)
_JSON = re.compile(rb"\s*(?:\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\})|\[\s*(?:\{\s*[\"}]|\]\s*$))")


def is_workbook(sample: bytes) -> bool:
    """Whether a file may be a spreadsheet's."""
    return sample.startswith((ZIP, COMPOUND, b"PK\x05\x06"))


def refuse_foreign(sample: bytes) -> None:
    """Raise NotATable for an empty file and for what is known to be something else."""
    bare = sample.removeprefix(b"\xef\xbb\xbf")
    if not bare.strip(b" \t\r\n\x00\xff\xfe"):
        raise NotATable("The file is empty.")
    for magic, what, advice in _MAGIC:
        if sample.startswith(magic) and (not magic.isalnum() or _has_controls(sample)):
            raise NotATable(f"The file is {what}, not a table: {advice}")
    if b"%PDF-" in sample[:1024] and _has_controls(sample):
        raise NotATable(f"The file is a PDF document, not a table: {_EXPORT}")
    if sample[257:262] == b"ustar":
        raise NotATable(f"The file is a tar archive, not a table: {_UNPACK}")
    if bare.startswith(b"-----BEGIN "):
        raise NotATable("The file is an encrypted message or a key, not a table: decrypt it and import the file that is in it.")
    if sample.startswith(b"MZ") and _has_controls(sample):
        raise NotATable("The file is a program, not a table.")
    if _HTML.match(_without_comments(bare)):
        raise NotATable(
            "The file is a web page (HTML), whatever its name says: open it in a spreadsheet and save it as CSV or xlsx."
        )
    if _XML.match(bare):
        raise NotATable("The file is XML, not a table: open it in a spreadsheet and save it as CSV or xlsx.")
    if _JSON.match(bare) or _is_json_list(bare):
        raise NotATable("The file is JSON, not a table: export it as CSV, or post it to a webform source.")


def _without_comments(sample: bytes) -> bytes:
    """A page from its first word that is no comment."""
    place = 0
    while (start := sample[place : place + 4096].lstrip()).startswith(b"<!--"):
        place = sample.find(b"-->", place) + 3
        if place < 3:
            return b""
    return start


def _is_json_list(sample: bytes) -> bool:
    if not sample.lstrip().startswith(b"["):
        return False
    try:
        return isinstance(json.loads(sample), list)
    except (ValueError, RecursionError):
        return False


def _has_controls(sample: bytes) -> bool:
    return any(byte < 9 for byte in sample[:4096])


def refuse_binary(text: str) -> None:
    """Raise NotATable for text that no one wrote: too many control characters in it."""
    part = text[:20_000]
    odd = sum(
        1
        for character in part
        if (character < " " and character not in "\t\n\r\x0b\x0c\x1a\x1b\x1c\x1d\x1e\x1f\x01") or "\x7f" <= character < "\xa0"
    )
    if (odd > 2 and odd > 0.02 * len(part)) or part.count("\ufffd") > 0.1 * len(part) + 3:
        raise NotATable("The file is not text: it holds no table that can be read.")
