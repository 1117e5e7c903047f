"""A right configuration with every section of rule and team files, and a way to plant faults in it.

A fault says which text becomes which other one; `¦` in the new text stands right before what is wrong, and is taken out: the
complaint must point there, with line and column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.problems import ConfigProblems, Problem
from leadrelay.configuration import build
from leadrelay.files import ConfigFile, FileKind, Files

MARK = "¦"
WORLD = Path(__file__).parent / "world"
ENV = {"WEBSITE_TOKEN": "t0ken-of-the-website", "SF_SECRET": "s3cret-of-salesforce", "HS_TOKEN": "s3cret-of-hubspot"}
KINDS: Mapping[str, FileKind] = {
    "leadrelay.yaml": "settings",
    "fields.yaml": "fields",
    "team.yaml": "team",
    "rules/decide.yaml": "rules",
    "rules/places.yaml": "rules",
    "rules/route.yaml": "rules",
    "mappings/demo-request.yaml": "mapping",
    "mappings/crm-lead.yaml": "mapping",
    "mappings/hs-contact.yaml": "mapping",
}
DECIDE, PLACES, ROUTE, TEAM, FIELDS = "rules/decide.yaml", "rules/places.yaml", "rules/route.yaml", "team.yaml", "fields.yaml"
LEAD, CONTACT = "mappings/crm-lead.yaml", "mappings/hs-contact.yaml"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `old` of a file became `new`, and the complaint has these words."""

    what: str
    file: str
    old: str
    new: str
    words: str
    is_warning: bool = False
    follows: tuple[str, ...] = ()
    """Words of other complaints that follow from it."""

    @property
    def place(self) -> str:
        """Where the complaint must point to."""
        text = planted([self], keep_marks=True)[self.file]
        before = text[: text.index(MARK)]
        return f"{self.file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@cache
def texts() -> Mapping[str, str]:
    """The right configuration."""
    return {name: (WORLD / name).read_text("utf-8") for name in KINDS}


def planted(faults: Iterable[Fault], *, keep_marks: bool = False) -> dict[str, str]:
    """The configuration's texts with these faults."""
    found = dict(texts())
    for fault in faults:
        assert found[fault.file].replace(MARK, "").count(fault.old) == 1, f"{fault.what}: {fault.old!r} must stand there once"
        assert fault.new.count(MARK) == 1, f"{fault.what}: one mark"
        found[fault.file] = found[fault.file].replace(fault.old, fault.new)
    return found if keep_marks else {name: text.replace(MARK, "") for name, text in found.items()}


@cache
def _file(name: str, text: str) -> ConfigFile:
    """A file, of which most are the same in every test: they are read once."""
    return ConfigFile(KINDS.get(name, "rules"), name, text)


def checked(given: Mapping[str, str]) -> tuple[list[Problem], list[Problem]]:
    """What `leadrelay check` says of these texts: problems and warnings."""
    files = Files(WORLD, tuple(_file(name, text) for name, text in given.items()))
    try:
        return [], list(build(files, ENV).warnings)
    except ConfigProblems as wrong:
        return list(wrong.problems), list(wrong.warnings)
