"""One value changed in a YAML text, and not a byte beside it: comments, alignment, quotes and line ends stay as they are.

Every function here offers the spellings that may do, the plainest first; the caller reads each back and takes the first
that says what is wanted and changes nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from core.nodes import BOM, ListNode, MapNode, Node, ScalarNode

Steps = tuple[str | int, ...]

_READ_OTHERWISE = {
    "word": re.compile(r"(~|null|true|false|yes|no|on|off|y|n|=|<<)?", re.IGNORECASE),
    "date": re.compile(r"\d{4}-\d\d?-\d\d?([Tt ].*)?"),
    "number": re.compile(
        r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|"
        r"[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?|\.[0-9_]+(e[-+]?[0-9]+)?|\.inf)|\.nan",
        re.IGNORECASE,
    ),
}
_NEEDS_ESCAPE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def replaced(text: str, old: ScalarNode, new: str) -> Iterator[str]:
    """The text with one scalar replaced."""
    end = old.start + len(text[old.start : old.end].rstrip()) if old.style in ("|", ">") else old.end
    gaps = (" ", ": ") if old.is_empty and old.start == old.end else ("",)
    if old.style == "|":
        yield from _as_block(text, old.start, end, new)
    for spelled in spellings(new, old):
        for gap in gaps:
            yield text[: old.start] + gap + spelled + text[end:]


def added(text: str, parent: Node, parent_key: ScalarNode | None, rest: Steps, new: str) -> Iterator[str]:
    """The text with a value added under a node, and the mappings between them where `rest` has several steps."""
    for spelled in spellings(new, None):
        if isinstance(parent, MapNode):
            yield from _into_mapping(text, parent, rest, spelled)
        elif isinstance(parent, ListNode):
            yield from _into_list(text, parent, rest[1:], spelled)
        elif parent.is_empty:
            yield from _into_nothing(text, parent, parent_key, rest, spelled)


def spellings(new: str, old: ScalarNode | None) -> Iterator[str]:
    """A text as YAML may write it. Quotes stay where they were, and come where another reader would see no text."""
    quoted = [_double(new)]
    if not re.search(r"[\x00-\x1f]", new) and not _NEEDS_ESCAPE.search(new):
        single = "'" + new.replace("'", "''") + "'"
        is_single_first = (old is not None and old.style == "'") or ("\\" in new or '"' in new)
        quoted.insert(0 if is_single_first and (old is None or old.style != '"') else 1, single)
    if (old is None or old.style not in ("'", '"')) and "\n" not in new:
        kind = _kind(new)
        if not kind or (new and old is not None and not old.is_quoted and kind == _kind(old.text)):
            yield new
    yield from quoted


def _kind(text: str) -> str:
    return next((kind for kind, pattern in _READ_OTHERWISE.items() if pattern.fullmatch(text)), "")


def _double(text: str) -> str:
    return _NEEDS_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _as_block(text: str, start: int, end: int, new: str) -> Iterator[str]:
    """The new text as a literal block in the place of another one."""
    found = re.match(r"\|[-+0-9]*([^\r\n]*)(\r\n|\n|\r)(?:[ \t]*(?:\r\n|\n|\r))*([ ]+)", text[start:end])
    body = new.removesuffix("\n")
    if found is None or not body or body[0] in " \n" or body.endswith("\n"):
        return
    sign = "|" if new.endswith("\n") else "|-"
    lines = (found[3] + line if line else "" for line in body.split("\n"))
    yield text[:start] + sign + found[1] + found[2] + found[2].join(lines) + text[end:]


def _into_mapping(text: str, parent: MapNode, rest: Steps, spelled: str) -> Iterator[str]:
    if parent.is_flow:
        yield from _before_bracket(text, parent, _flow_entry(rest, spelled))
        return
    indent = _indent(text, parent.entries[0].key.start) if parent.entries else 0
    for offset in dict.fromkeys((parent.start + len(text[parent.start : parent.end].rstrip()), parent.end)):
        yield _with_lines(text, offset, _block_entry(rest, spelled, indent, _line_end(text)))


def _into_list(text: str, parent: ListNode, rest: Steps, spelled: str) -> Iterator[str]:
    item = f"{{{_flow_entry(rest, spelled)}}}" if rest else spelled
    if parent.is_flow:
        yield from _before_bracket(text, parent, item)
        return
    for offset in dict.fromkeys((parent.start + len(text[parent.start : parent.end].rstrip()), parent.end)):
        yield _with_lines(text, offset, f"{' ' * _indent(text, parent.start)}- {item}")


def _into_nothing(text: str, parent: ScalarNode, key: ScalarNode | None, rest: Steps, spelled: str) -> Iterator[str]:
    """Under a key that has no value yet: as lines below it, or in braces where lines do not do."""
    if isinstance(rest[0], int):
        yield f"{text[: parent.start]} [{spelled}]{text[parent.start :]}"
        return
    if key is not None:
        indent = _indent(text, key.start) + 2
        yield _with_lines(text, parent.start, _block_entry(rest, spelled, indent, _line_end(text)))
    for gap in (" ", ": "):
        yield f"{text[: parent.start]}{gap}{{{_flow_entry(rest, spelled)}}}{text[parent.start :]}"


def _before_bracket(text: str, parent: MapNode | ListNode, part: str) -> Iterator[str]:
    children = parent.items if isinstance(parent, ListNode) else tuple(entry.value for entry in parent.entries)
    offset = max([parent.start + 1, *(child.end for child in children)])
    for gap in (", ", " ") if children else ("",):
        yield text[:offset] + gap + part + text[offset:]
    yield text[: parent.end - 1] + part + text[parent.end - 1 :]


def _flow_entry(rest: Steps, spelled: str) -> str:
    key = next(spellings(str(rest[0]), None))
    return f"{key}: {{{_flow_entry(rest[1:], spelled)}}}" if rest[1:] else f"{key}: {spelled}"


def _block_entry(rest: Steps, spelled: str, indent: int, newline: str) -> str:
    key = " " * indent + next(spellings(str(rest[0]), None)) + ":"
    return f"{key}{newline}{_block_entry(rest[1:], spelled, indent + 2, newline)}" if rest[1:] else f"{key} {spelled}"


def _with_lines(text: str, offset: int, lines: str) -> str:
    """The text with lines behind the line of an offset."""
    newline = _line_end(text)
    found = re.compile(r"\r\n|\n|\r").search(text, offset)
    at_start = offset == 0 or text[offset - 1] in "\r\n" or (offset == 1 and text[0] == BOM)
    if at_start and offset == len(text):
        return text + lines + newline
    if at_start and text[offset - 1 : offset] in ("\n", "\r"):
        return text[:offset] + lines + newline + text[offset:]
    if found is None:
        return text + newline + lines + newline
    return text[: found.end()] + lines + newline + text[found.end() :]


def _indent(text: str, offset: int) -> int:
    """How many columns stand before an offset in its line."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return offset - start - (1 if text[start : start + 1] == BOM else 0)


def _line_end(text: str) -> str:
    found = re.search(r"\r\n|\n|\r", text)
    return found[0] if found else "\n"
