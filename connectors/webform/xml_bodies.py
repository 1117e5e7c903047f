"""XML bodies read into literal input names: ADF documents by their prospect, any other by its elements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

from connectors.sources import Unreadable
from connectors.webform.charsets import decode, known_charset
from connectors.webform.names import MAX_DEPTH, NameGatherer, too_deep, unreadable
from core.lead import Names
from core.mail.adf import decode_document, is_adf, read_adf

ADF = "application/x-adf+xml"
_DECLARED = re.compile(r"(<\?xml[^>]{0,200}?)\s+encoding\s*=\s*(?:\"[^\">]*\"|'[^'>]*')")
_UNREAD = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_TYPE_DEFINITION = re.compile(r"<!ENTITY\b|<!DOCTYPE\s[^<>\[]{0,1000}(?:\[|\bSYSTEM\b|\bPUBLIC\b)", re.IGNORECASE)


def is_xml(kind: str) -> bool:
    """Whether a content type is one of XML."""
    return kind in ("application/xml", "text/xml") or (kind.startswith("application/") and kind.endswith("+xml"))


def xml_names(body: bytes, parameters: Mapping[str, str]) -> Names:
    """An XML body's names. Documents that bring a type definition or entities are refused: nothing is fetched or expanded."""
    charset = known_charset(parameters.get("charset", ""))
    text = (decode(body, charset) if charset else decode_document(body)).removeprefix("\ufeff").lstrip()
    if _TYPE_DEFINITION.search(_UNREAD.sub("", text)):
        raise _refused()
    if is_adf(text):
        return _prospect(text)
    return _flattened(text)


def _refused() -> Unreadable:
    message = "the XML body brings a document type definition or entities, which are not taken: send it without its DOCTYPE"
    return unreadable("type_definition", message)


def _prospect(text: str) -> Names:
    names = read_adf(text)
    if names is None:
        raise unreadable("no_prospect", "the ADF document names no customer: send one with a name, an e-mail address or a phone")
    gatherer = NameGatherer()
    for name, texts in names.items():
        for value in (texts,) if isinstance(texts, str) else texts:
            gatherer.add(name, value)
    return gatherer.names()


def _flattened(text: str) -> Names:
    reader = _Elements()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(_DECLARED.sub(r"\1", text, count=1).encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        message = f"the body is not valid XML: {problem} at line {error.lineno}, column {error.offset + 1}"
        raise unreadable("invalid_xml", message) from None
    return reader.gatherer.names()


class _Elements:
    """Gathers the texts of elements and attributes under dotted names; the outermost element only holds the others."""

    def __init__(self) -> None:
        self.gatherer = NameGatherer()
        self._path: list[str] = []
        self._pieces: list[list[str]] = []

    def doctype(self, _name: str, system: str | None, public: str | None, has_definitions: int) -> None:
        """A document type is named; it may not bring anything with it."""
        if system or public or has_definitions:
            raise _refused()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if len(self._path) >= MAX_DEPTH:
            raise too_deep()
        self._path.append(_bare(tag))
        self._pieces.append([])
        for name, value in attributes.items():
            if not name.startswith("xmlns") and not name.startswith("xsi:"):
                self.gatherer.add(".".join((*self._path[1:], _bare(name))), value)

    def text(self, piece: str) -> None:
        """Some text stands inside of the current element."""
        self._pieces[-1].append(piece)

    def end(self, _tag: str) -> None:
        """The current element ends."""
        text = "".join(self._pieces.pop()).strip()
        if text:
            self.gatherer.add(".".join(self._path[1:] or self._path), text)
        self._path.pop()


def _bare(name: str) -> str:
    return name.rpartition(":")[2]
