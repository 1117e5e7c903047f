"""A posted body read into literal input names, by its content type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from connectors.sources import Unreadable
from connectors.webform.charsets import decode, decode_all, known_charset
from connectors.webform.multipart import multipart_names
from connectors.webform.names import (
    MAX_DEPTH,
    MAX_VALUES,
    NameGatherer,
    flat_names,
    form_name,
    storable,
    too_deep,
    too_many_values,
    unreadable,
)
from connectors.webform.xml_bodies import is_xml, xml_names
from core.lead import Names
from core.mail.adf import decode_document, is_adf

UNSUPPORTED = "unsupported_type"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_PARAMETER = re.compile(r';\s*([A-Za-z0-9_-]{1,40})\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s"]*)')
_MAX_CONTENT_TYPE = 1_000
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
# Objects as tuples of pairs, so that a key given twice is kept twice; numbers as their literal text.
_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str)
# Senders that give no type of their own: the browser's sendBeacon, curl, plain HTTP libraries.
_UNTYPED = frozenset({"", "text/plain", "application/octet-stream"})


def media_type(headers: Mapping[str, str]) -> str:
    """The content type without its parameters, in lower case; empty when none was sent."""
    return headers.get("content-type", "")[:_MAX_CONTENT_TYPE].partition(";")[0].strip().lower()


def read_names(headers: Mapping[str, str], body: bytes) -> Names:
    """The names of a body; raises Unreadable with a reason a person understands, and nothing else."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise unreadable(UNSUPPORTED, "the body is compressed: send it without Content-Encoding")
    if not body.strip():
        raise unreadable("empty_body", "the body is empty: send the form's fields in it")
    content_type = headers.get("content-type", "")
    if len(content_type) > _MAX_CONTENT_TYPE:
        raise unreadable(UNSUPPORTED, "the Content-Type header is too long to be one")
    kind = media_type(headers)
    reader = _reader(kind, body)
    if reader is None:
        shown = f"`{storable(kind)[:80]}`" if kind else "no Content-Type"
        raise unreadable(
            UNSUPPORTED, f"the body's type ({shown}) is not read here: send JSON, form-encoded or multipart fields, or XML"
        )
    names = reader(body, _parameters(content_type))
    if not names:
        raise unreadable("no_fields", "the body holds no fields: send at least one with a value")
    return names


def _reader(kind: str, body: bytes) -> Callable[[bytes, Mapping[str, str]], Names] | None:
    if kind == FORM:
        # A raw brace can not start an encoded form: it is JSON from a client that left its default type in place.
        return _form_or_json if body.lstrip()[:1] == b"{" else form_names
    if kind == MULTIPART:
        return multipart_names
    if kind in ("application/json", "text/json") or (kind.startswith("application/") and kind.endswith("+json")):
        return json_names
    if is_xml(kind):
        return xml_names
    if kind in _UNTYPED:
        start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        return json_names if start == b"{" else xml_names if start == b"<" and is_adf(decode_document(body)) else None
    return None


def _parameters(content_type: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in _PARAMETER.findall(content_type):
        found.setdefault(key.lower(), re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value)
    return found


# --- JSON -----------------------------------------------------------------------------------------------------------


def json_names(body: bytes, parameters: Mapping[str, str]) -> Names:
    """A JSON object's names: nested keys joined with a dot, lists of objects by index, numbers as they are written."""
    document = _parse_json(body, parameters)
    if not isinstance(document, tuple):
        raise unreadable("not_an_object", 'the JSON body is not an object: send one such as {"email": "..."}')
    flat = flat_names(document)
    if flat is not None:
        return flat
    gatherer = NameGatherer()
    for key, value in document:
        _flatten(gatherer, key, value, 1)
    return gatherer.names()


def _parse_json(body: bytes, parameters: Mapping[str, str]) -> object:
    """The document with objects as tuples of pairs and numbers as text."""
    codec = json.detect_encoding(body)
    if codec.startswith("utf-8"):
        text = decode(body, None if _is_utf8(body) else known_charset(parameters.get("charset", "")))
    else:
        text = body.decode(codec, "replace")
    try:
        return _DECODER.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        message = f"the body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise unreadable("invalid_json", message) from None
    except RecursionError:
        raise too_deep() from None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _flatten(gatherer: NameGatherer, name: str, value: object, depth: int) -> None:
    if isinstance(value, str):
        gatherer.add(name, value)
        return
    if isinstance(value, bool):
        gatherer.add(name, "true" if value else "false")
        return
    gatherer.step(name)
    if depth >= MAX_DEPTH and value:
        raise too_deep()
    if isinstance(value, tuple):
        for key, inner in value:
            _flatten(gatherer, f"{name}.{key}", inner, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            is_nested = isinstance(inner, tuple | list)
            _flatten(gatherer, f"{name}.{index}" if is_nested else name, inner, depth + 1)


# --- form-encoded ---------------------------------------------------------------------------------------------------


def _form_or_json(body: bytes, parameters: Mapping[str, str]) -> Names:
    try:
        return json_names(body, {})
    except Unreadable as error:
        if error.problem.code != "invalid_json":
            raise
        return form_names(body, parameters)


def form_names(body: bytes, parameters: Mapping[str, str]) -> Names:
    """An encoded form's names, PHP brackets joined with a dot; the character set by `_charset_` or the header."""
    if body.count(b"&") > MAX_VALUES:
        raise too_many_values()
    pieces: list[bytes] = []
    declared = known_charset(parameters.get("charset", ""))
    for pair in body.strip(b"\r\n\t ").replace(b"+", b" ").split(b"&"):
        if not pair:
            continue
        name, _, value = pair.partition(b"=")
        pieces += (_unquoted(name), _unquoted(value))
        if pieces[-2] == b"_charset_":
            declared = known_charset(pieces[-1].decode("latin-1")) or declared
    texts = decode_all(pieces, declared)
    gatherer = NameGatherer()
    for index in range(0, len(texts), 2):
        gatherer.add(form_name(texts[index]), texts[index + 1])
    return gatherer.names()


def _unquoted(piece: bytes) -> bytes:
    """The bytes with %XX undone. Not urllib's, which takes a second for two megabytes of lone percent signs."""
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), piece) if b"%" in piece else piece
