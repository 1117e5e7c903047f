"""The tree of one of the users' YAML files: every scalar as the text it says, every node with where it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from core.problems import Place, Problem

MAX_DEPTH = 60
"""Nesting beyond this is refused: no file of ours needs ten levels, and a hostile one must not exhaust the stack."""

BOM = "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One text. `start` and `end` are its offsets in the file's text; `style` is YAML's: empty for plain, `'`, `"`, `|`, `>`."""

    text: str
    place: Place
    start: int
    end: int
    style: str = ""
    written: str = ""
    """A text of several lines as it stands in the file."""

    @property
    def is_quoted(self) -> bool:
        """Whether the text was written in quotes or as a block."""
        return self.style != ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written, which stands for an empty text, list or mapping as the reader needs it."""
        return not self.text and not self.is_quoted


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of nodes, in the file's order."""

    items: tuple[Node, ...]
    place: Place
    start: int
    end: int
    is_flow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value."""

    key: ScalarNode
    value: Node


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping; its entries stand in the file's order, the first of each key only."""

    entries: tuple[Entry, ...]
    place: Place
    start: int
    end: int
    is_flow: bool = False

    def entry(self, name: str) -> Entry | None:
        """The entry of a key, or None."""
        return next((entry for entry in self.entries if entry.key.text == name), None)

    def get(self, name: str) -> Node | None:
        """The value of a key, or None."""
        entry = self.entry(name)
        return None if entry is None else entry.value


Node = ScalarNode | ListNode | MapNode


class Lines:
    """Turns offsets in a text into places; lines end as editors see them (LF, CRLF or CR), a byte order mark takes no column."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._first = 1 if text.startswith(BOM) else 0
        self._starts = [self._first, *(found.end() for found in _LINE_END.finditer(text))]

    def place(self, offset: int) -> Place:
        """The place of an offset."""
        line = bisect_right(self._starts, max(offset, self._first))
        return Place(self.file, line, max(offset, self._first) - self._starts[line - 1] + 1)


class _Refused(Exception):
    """What was read is no tree that can be used; the problem is in the list already."""


class Composer:
    """Builds the tree of one text from the parser's events, and collects what is wrong on the way."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._lines = Lines(text, file)
        self._events: Iterator[Event] = iter(())
        self.problems: list[Problem] = []

    def compose(self) -> Node:
        """The root of the tree; an empty mapping when the text is empty or no YAML."""
        nothing = MapNode((), self._lines.place(0), len(self._text), len(self._text))
        try:
            self._events = iter(YAML(typ="safe", pure=True).parse(self._text))
            root = self._document()
        except _Refused:
            return nothing
        except YAMLError as error:
            self.problems.append(self._bad_yaml(error))
            return nothing
        return nothing if root is None or (isinstance(root, ScalarNode) and root.is_empty) else root

    def _document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    self._refuse(event, "a second document starts here. Keep one document a file: remove the line `---`")
                    return root
                root = self._node(next(self._events), 0, 0)
        return root

    def _node(self, event: Event, after: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            message = f"this is nested deeper than {MAX_DEPTH} levels. Make it flatter."
            self.problems.append(Problem("yaml", message, "", self._place(event)))
            raise _Refused
        if isinstance(event, ScalarEvent):
            self._refuse_extras(event, event.ctag)
            return self._scalar(event, after)
        if isinstance(event, SequenceStartEvent):
            self._refuse_extras(event, event.ctag)
            return self._list(event, depth)
        if isinstance(event, MappingStartEvent):
            self._refuse_extras(event, event.ctag)
            return self._mapping(event, depth)
        assert isinstance(event, AliasEvent)  # noqa: S101 - the parser gives no other event where a node is due
        self._refuse(event, f"`*{event.anchor}` stands for another value, which is not supported. Write it out, or quote it")
        return ScalarNode("", self._place(event), event.start_mark.index, event.end_mark.index, "'")

    def _refuse_extras(self, event: NodeEvent, tag: object) -> None:
        if event.anchor is not None:
            self._refuse(event, f"`&{event.anchor}` names a value for reuse, which is not supported. Remove it, or quote it")
        if tag is not None:
            self._refuse(event, f"the tag `{tag}` is not supported: every value is text. Remove it, or quote the text")

    def _scalar(self, event: ScalarEvent, after: int) -> ScalarNode:
        start, end = event.start_mark.index, event.end_mark.index
        if _SURROGATE.search(event.value):
            self._refuse(event, "an escape here gives half a character (\\ud800 to \\udfff). Write the character itself")
        if not event.value and not event.style and start == end:
            start = end = after or start
        written = self._text[start:end]
        kept = written if "\n" in written or "\r" in written else ""
        return ScalarNode(event.value, self._lines.place(start), start, end, event.style or "", kept)

    def _list(self, event: SequenceStartEvent, depth: int) -> ListNode:
        items: list[Node] = []
        last = event.start_mark.index
        while not isinstance(child := next(self._events), SequenceEndEvent):
            items.append(self._node(child, after_sign(self._text, last, "-"), depth + 1))
            last = items[-1].end
        end = child.end_mark.index if event.flow_style else last
        return ListNode(tuple(items), self._place(event), event.start_mark.index, end, bool(event.flow_style))

    def _mapping(self, event: MappingStartEvent, depth: int) -> MapNode:
        entries: dict[str, Entry] = {}
        last = event.start_mark.index
        while not isinstance(child := next(self._events), MappingEndEvent):
            key = self._node(child, 0, depth + 1)
            value = self._node(next(self._events), after_sign(self._text, key.end, ":") or key.end, depth + 1)
            last = max(value.end, key.end)
            if isinstance(key, ScalarNode):
                self._add(entries, Entry(key, value))
            else:
                self._refuse(child, "a list or a mapping can not be a key. Write the key as one text, in quotes if needed")
        end = child.end_mark.index if event.flow_style else last
        return MapNode(tuple(entries.values()), self._place(event), event.start_mark.index, end, bool(event.flow_style))

    def _add(self, entries: dict[str, Entry], entry: Entry) -> None:
        name = entry.key.text
        if name not in entries:
            entries[name] = entry
            return
        first = entries[name].key.place.line
        message = f"`{name}` stands here a second time; the first is in line {first}. Keep one of the two."
        self.problems.append(Problem("duplicate_key", message, name, entry.key.place))

    def _place(self, event: Event) -> Place:
        return self._lines.place(event.start_mark.index)

    def _refuse(self, event: Event, sentence: str) -> None:
        self.problems.append(Problem("unsupported_yaml", f"{sentence}.", "", self._place(event)))

    def _bad_yaml(self, error: YAMLError) -> Problem:
        if isinstance(error, ReaderError):
            message = "there is a character here that no text file may hold. Remove it, and save the file as UTF-8."
            return Problem("yaml", message, "", self._lines.place(error.position))
        assert isinstance(error, MarkedYAMLError)  # noqa: S101 - the parser raises no other
        said, while_doing = str(error.problem), str(error.context or "")
        mark = error.problem_mark or error.context_mark
        place = self._lines.place(mark.index if mark else 0)
        opened = self._lines.place(error.context_mark.index) if error.context_mark else place
        is_unclosed = "end of stream" in said or "scalar" not in while_doing
        if while_doing.startswith("while scanning a") and is_unclosed:
            place = opened
        return Problem("yaml", _advice(said, while_doing, opened), "", place)


def after_sign(text: str, offset: int, sign: str) -> int:
    """The offset behind the next `sign` when only blanks and comments stand before it, else 0."""
    while offset < len(text):
        letter = text[offset]
        if letter == sign:
            return offset + 1
        if letter == "#":
            while offset < len(text) and text[offset] not in "\r\n":
                offset += 1
        elif letter in " \t\r\n":
            offset += 1
        else:
            return 0
    return 0


_ADVICE = (
    (
        "mapping values are not allowed",
        "a `:` is not expected here. Quote a text that holds `: `, else look for a wrong indentation or a `:` missing above",
    ),
    ("'\\t'", "a tab stands here, and YAML indents with spaces only. Replace the tab by spaces"),
    ("that cannot start any token", "a text can not start with this character. Put the text in quotes"),
    ("while scanning an alias", "a text that starts with `*` needs quotes"),
    ("while scanning an anchor", "a text that starts with `&` needs quotes"),
    ("unknown escape character", "this escape is unknown in double quotes. Write `\\\\` for a backslash, or use single quotes"),
    ("while scanning a quoted scalar", "the quotation mark of line {line} is not closed. Close it"),
    ("while parsing a flow", "the bracket of line {line} is not closed here. Close it, or put a `,` between its parts"),
    ("could not find expected ':'", "this line has no `:`. Write `key: value`, with a space behind the colon"),
    ("but found '<scalar>'", "more text follows a closed quotation mark. Put the whole text into one pair of quotes"),
    ("but found (']'", "this `]` closes nothing. Remove it, or quote the text"),
    ("but found ('}'", "this `}` closes nothing. Remove it, or quote the text"),
    ("expected <block end>", "this line does not fit what starts in line {line}. Indent it like its neighbours"),
    ("'<document start>'", "this line does not fit the lines above. Indent it like its neighbours"),
)


def _advice(said: str, while_doing: str, opened: Place) -> str:
    advice = next((advice for sign, advice in _ADVICE if sign in f"{said} {while_doing}"), f"{said}. Correct this line")
    return f"this is not valid YAML: {advice.replace('{line}', str(opened.line))}."
