"""The file of rejected records: the cells as they stood, where, and why, for a person to mend and import again."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import IO, Any, Self

from connectors.sources import FileRecord

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what it would calculate."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _private(path: str, flags: int) -> int:
    """Open a file of people's data: new for our own user and group alone, and never the one that a link leads to."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o640)


class Rejects:
    """Writes the rejected records of one import; the file is there as soon as there is one, whole and from the first on."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self.count = 0
        self._columns = columns
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, record: FileRecord) -> None:
        """Write one record; surplus cells stand after the last column."""
        if self._file is None:
            # A mark at the start lets spreadsheets read umlauts; our own reader knows it too.
            self._file = open(self.path, "w", encoding="utf-8-sig", errors="replace", newline="", opener=_private)  # noqa: SIM115 - open until `close`
            self._writer = csv.writer(self._file)
            self._writer.writerow(["line", "reason", *map(harmless, self._columns)])
        self._writer.writerow([record.line, record.reason, *map(harmless, record.cells)])
        self.count += 1

    def flush(self) -> None:
        """Hand over to the system what was written."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """End the file."""
        if self._file is not None:
            self._file.close()


def free_name(wanted: Path) -> Path:
    """The path, or with a number before its last ending where something has that name: `leads-2.csv`."""
    if not os.path.lexists(wanted):  # a link that leads nowhere has the name too
        return wanted
    stem, *endings = wanted.name.split(".", 1)
    number = 2
    while os.path.lexists(found := wanted.with_name(".".join([f"{stem}-{number}", *endings]))):
        number += 1
    return found
