"""What is wrong, where, and what to do about it: the one shape for every complaint the product makes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in one of the user's files; line and column count from 1."""

    file: str
    line: int
    column: int
    _text: str = field(init=False, repr=False, compare=False)
    """`file:line:column`, made once: every trace of a decision names some ten places."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_text", f"{self.file}:{self.line}:{self.column}")

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint: a stable code for programs, one sentence for people, without personal values or secrets.

    `field` is what it is about: a lead field's path, a CRM's field name, an input name or a settings key.
    """

    code: str
    message: str
    field: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message

    def as_json(self) -> dict[str, object]:
        """The problem as plain JSON values, for the store, the API and `--json`."""
        found: dict[str, object] = {"code": self.code, "message": self.message}
        if self.field:
            found["field"] = self.field
        if self.place:
            found |= {"file": self.place.file, "line": self.place.line, "column": self.place.column}
        return found


def problem_from_json(document: Mapping[str, Any]) -> Problem:
    """The problem that `as_json` wrote."""
    place = Place(document["file"], document["line"], document["column"]) if "file" in document else None
    return Problem(document["code"], document["message"], document.get("field", ""), place)


class ConfigProblems(Exception):
    """The configuration can not be used; carries every problem found, in the order of the files."""

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.warnings: tuple[Problem, ...] = tuple(warnings)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """A sentence that suggests the nearest known word, or an empty text when nothing is near."""
    near: Sequence[str] = difflib.get_close_matches(word, list(known), n=1, cutoff=likeness)
    return f" Did you mean `{near[0]}`?" if near else ""
