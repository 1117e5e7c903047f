"""A table's rows as records to keep: a JSON object of the filled cells, and a key that says which cells these are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import compress
from json.encoder import encode_basestring
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from connectors.csvfile.columns import Columns
from connectors.csvfile.sheet import Sheet, SheetRow
from connectors.sources import FileRecord

T = TypeVar("T")
_DIGEST = 15
_MOST_SHAPES = 4_096
_SEPARATOR = "\x7f"
"""Between cells that are hashed. JSON leaves it as it is, so that a row is escaped at one go and cut at it again; where a cell
holds it, it is escaped there, so that no two rows make the same text."""
_CUT, _ESCAPED_CUT = _SEPARATOR.encode(), b"\\u007f"


_TOO_MANY = "{} cells, and the table has {} columns: a quote or a delimiter is missing or too many"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is made of rows that fill the same columns: `in_order` takes the filled cells of a row in the order of their columns'
    names, `template` is the JSON object with a place for each cell, `places` takes the former in the order of these places;
    `names` stands for the columns' names, and `names_somebody` says whether one of them can name somebody."""

    template: bytes
    in_order: Callable[[Sequence[str]], tuple[str, ...]]
    places: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    names: bytes
    count: int
    names_somebody: bool


class TableFeed:
    """The rows of an open table; implements `FileFeed`."""

    def __init__(self, path: Path, sheet: Sheet, columns: Columns) -> None:
        self._sheet = sheet
        self._columns = columns
        self._file_name = path.name.encode("utf-8", "replace").decode()
        self._shapes: dict[tuple[bool, ...], _Shape] = {}

    @property
    def headers(self) -> Mapping[str, str]:
        """What is kept with each row: its type, and the file's name."""
        return {"content-type": "application/json", "x-leadrelay-file": self._file_name}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names as they stand in the file."""
        return self._sheet.layout.header

    @property
    def kept_as(self) -> Mapping[str, str]:
        """What each column's cells are kept under: the lead field that they were recognized as, else the column's name."""
        return self._columns.names

    @property
    def uses(self) -> Columns:
        """What the columns are."""
        return self._columns

    @property
    def reading(self) -> str:
        """How the table is read, as JSON."""
        layout = json.loads(self._sheet.layout.as_json())
        return json.dumps({"layout": layout, "names": self._columns.names}, ensure_ascii=False)

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """How the table is understood, for people."""
        layout = tuple(fact for fact in self._sheet.layout.facts() if fact[0] != "note")
        return (*layout, *self._columns.facts(), *(("note", note) for note in self._sheet.notes()))

    @property
    def size(self) -> int:
        """How long the file is, in bytes."""
        return self._sheet.size

    def done_bytes(self) -> int:
        """How far into the file `records` has come."""
        return self._sheet.done_bytes()

    def close(self) -> None:
        """Give the file back."""
        self._sheet.close()

    def records(self) -> Iterator[FileRecord]:
        """The rows in order. Rows that can not be read, hold more cells than there are columns or name nobody are rejected."""
        width = len(self._sheet.layout.header)
        shapes = self._shapes
        nobody, strip, new = self._nobody(), str.strip, tuple.__new__
        for row in self._sheet.rows():
            number, line, cells, problem, _ = row
            if problem:
                yield self._rejected(row, problem)
                continue
            if len(cells) != width:
                if any(map(str.strip, cells[width:])):
                    yield self._rejected(row, _TOO_MANY.format(len(cells), width))
                    continue
                cells = [*cells[:width], *[""] * (width - len(cells))]
            filled = tuple(map(bool, map(strip, cells)))
            shape = shapes.get(filled)
            if shape is None:
                shape = self._shape(filled)
            if not shape.template:
                yield FileRecord(number, line)
                continue
            if not shape.names_somebody:
                yield self._rejected(row, nobody)
                continue
            ordered = shape.in_order(cells)
            text = encode_basestring(_SEPARATOR.join(ordered))[1:-1].encode("utf-8", "replace")
            encoded = text.split(_CUT)
            if len(encoded) != shape.count:
                encoded = [_encoded(cell) for cell in ordered]
                text = _CUT.join(encoded)
            key = blake2b(text, digest_size=_DIGEST, person=shape.names).digest()
            body = shape.template % shape.places(encoded)
            # Written out, since a named tuple's own constructor would be felt.
            yield new(FileRecord, (number, line, body, key, "", (), None, None, ""))

    def _nobody(self) -> str:
        who = [column for column in self.columns if column in (self._columns.who or ())]
        return f"it names no person and no company: {', '.join(who)} {'is' if len(who) == 1 else 'are all'} empty"

    def _rejected(self, row: SheetRow, reason: str) -> FileRecord:
        """A row that is kept apart, with all of its cells."""
        names = [*self._columns.names.values()]
        names += [f"column {number}" for number in range(len(names) + 1, len(row.cells) + 1)]
        kept: dict[str, str | list[str]] = {}
        for name, cell in zip(names, row.cells, strict=False):
            if cell.strip():
                _put(kept, name, cell)
        body = json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
        return FileRecord(row.number, row.line, body, b"", reason, tuple(row.cells))

    def _shape(self, filled: tuple[bool, ...]) -> _Shape:
        filling = list(compress(range(len(filled)), filled))
        order = sorted(filling, key=self.columns.__getitem__)
        columns, names = [self.columns[index] for index in order], self._columns.names
        template, numbers = _template([names[self.columns[index]] for index in filling])
        who = self._columns.who
        shape = _Shape(
            template,
            _taking(order),
            _taking([order.index(filling[number]) for number in numbers]),
            blake2b(json.dumps(columns).encode(), digest_size=blake2b.PERSON_SIZE).digest(),
            len(columns),
            who is None or any(column in who for column in columns),
        )
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        self._shapes[filled] = shape
        return shape


def _taking(places: Sequence[int]) -> Callable[[Sequence[T]], tuple[T, ...]]:
    """What takes the items of a row that stand at these places, in their order."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple(row[place] for place in places)


def _encoded(cell: str) -> bytes:
    return encode_basestring(cell)[1:-1].encode("utf-8", "replace").replace(_CUT, _ESCAPED_CUT)


def _put(kept: dict[str, str | list[str]], name: str, cell: str) -> None:
    """Add a cell to what is kept; several columns may be one name."""
    before = kept.get(name)
    kept[name] = cell if before is None else [before, cell] if isinstance(before, str) else [*before, cell]


def _template(names: list[str]) -> tuple[bytes, list[int]]:
    """A JSON object with a place for each encoded cell (empty for none), and which cell goes where: columns that are kept under
    one name share a list."""
    by_name: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        by_name.setdefault(name, []).append(number)
    parts = []
    for name, numbers in by_name.items():
        key = json.dumps(name, ensure_ascii=False).replace("%", "%%")
        cells = ", ".join(['"%b"'] * len(numbers))
        parts.append(f"{key}: {cells}" if len(numbers) == 1 else f"{key}: [{cells}]")
    whole = "{" + ", ".join(parts) + "}" if parts else ""
    return whole.encode("utf-8", "replace"), [number for numbers in by_name.values() for number in numbers]
