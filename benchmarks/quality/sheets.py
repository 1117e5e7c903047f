"""Tables: read every labelled file and compare encoding, delimiter, header, width and rows with what it should give."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

from connectors.csvfile.sheet import Sheet, open_sheet
from connectors.sources import UnreadableFile

Expected = dict[str, Any]


def report(folder: Path) -> bool:
    """Print each miss and the sums; false unless the rows of every file are right."""
    expectations = [json.loads(line) for line in (folder / "expectations.jsonl").read_text(encoding="utf-8").splitlines() if line]
    right = {"rows": 0, "header": 0, "encoding": 0, "delimiter": 0, "width": 0}
    for expected in expectations:
        verdict = _judge(folder / expected["file"], expected)
        for name, miss in verdict.items():
            if miss:
                print(f"  {Path(expected['file']).name}: {name}: {miss}")
            else:
                right[name] += 1
    print(f"sheets: of {len(expectations)} files " + ", ".join(f"{name} right in {count}" for name, count in right.items()))
    return right["rows"] == len(expectations)


def _judge(path: Path, expected: Expected) -> dict[str, str]:
    """What is wrong about the reading of one file, by subject; an empty text is right."""
    try:
        sheet = open_sheet(path)
    except UnreadableFile as error:
        return dict.fromkeys(
            ("rows", "header", "encoding", "delimiter", "width"), str(error) if expected["expect"] == "parse" else ""
        )
    try:
        if expected["expect"] != "parse":
            return {"rows": "it should have been refused"}
        return _compare(sheet, expected)
    finally:
        sheet.close()


def _compare(sheet: Sheet, expected: Expected) -> dict[str, str]:
    layout = sheet.layout
    rows = [row.cells for row in sheet.rows() if row.cells and not row.problem]
    header = list(layout.titles) if layout.has_header else None
    return {
        "rows": _rows_miss(rows, expected),
        "header": _miss(_bare(header), _bare(expected["header"])) if "header" in expected else "",
        "encoding": _miss(_codec(layout.encoding), _codec(expected.get("encoding") or layout.encoding)),
        "delimiter": _miss(layout.delimiter, expected.get("delimiter") or layout.delimiter),
        "width": _miss(layout.width, expected.get("width", layout.width)),
    }


def _rows_miss(rows: list[list[str]], expected: Expected) -> str:
    if not rows:
        return "" if not expected["n_rows"] else "no rows"
    # A loosely labelled file has rows that may be counted in several ways.
    count = "" if expected.get("loose") else _miss(len(rows), expected["n_rows"])
    return count or _miss(_bare(rows[0]), _bare(expected["first"])) or _miss(_bare(rows[-1]), _bare(expected["last"]))


def _bare(cells: list[str] | None) -> list[str] | None:
    return None if cells is None else [cell.strip() for cell in cells]


def _codec(name: str) -> str:
    return codecs.lookup(name).name


def _miss(got: object, wanted: object) -> str:
    return "" if got == wanted else f"{got!r} instead of {wanted!r}"
