"""Whether a workbook can be opened at all, tried in a process of its own.

The reader of workbooks lays a sheet out as a full grid, so one cell far away from the others (`XFD1048576`) asks for half a
terabyte, and a packed gigabyte of blanks unpacks to it: the process that asks is ended by the system. A worker must not be that.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from core.sheets.layout import NotATable

MEMORY = 3 << 30
"""The most memory that opening a workbook may take, in bytes."""
_TIME_S = 600

_TRIAL = """
import resource, sys
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    book = CalamineWorkbook.from_path(sys.argv[1])
    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    for one in sorted(sheets, key=lambda one: one.visible != SheetVisibleEnum.Visible):
        if sys.argv[2] in ("", one.name):
            rows = book.get_sheet_by_name(one.name).iter_rows()
            if any(value != "" for row in rows for value in row):
                break
except MemoryError:
    raise
except Exception:
    pass  # the same is met, and told, by whoever opens it now
"""


def try_workbook(path: Path, sheet: str, memory: int = MEMORY) -> None:
    """Raises NotATable for a workbook that no process survives opening."""
    command = [sys.executable, "-I", "-c", _TRIAL, str(path), sheet, str(memory)]
    nowhere = subprocess.DEVNULL
    try:
        tried = subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, timeout=_TIME_S, check=False)  # noqa: S603
        status = tried.returncode
    except subprocess.TimeoutExpired:
        status = -1
    if status:
        raise NotATable(
            f"The workbook can not be opened within {memory >> 30} GB of memory, as if it had a cell far away from the others: "
            "delete the empty rows and columns beside the table, or save the sheet as CSV and import that."
        )
