"""The engine's own list of its modules."""

from __future__ import annotations

import re
from pathlib import Path

from leadrelay import engine


def test_every_module_of_the_engine_stands_in_its_list() -> None:
    named = set(re.findall(r"\w+", engine.__doc__ or ""))
    there = {path.stem for path in Path(str(engine.__file__)).parent.glob("*.py")} - {"__init__"}
    assert there - named == set()
