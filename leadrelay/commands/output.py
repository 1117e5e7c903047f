"""How every command answers: data on standard output, everything else on standard error, and one exit status for each ending."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import IntEnum
from typing import Any, NoReturn

import typer

from core.problems import ConfigProblems, Problem


class Exit(IntEnum):
    """What a command's exit status says."""

    DONE = 0
    NO = 1
    WRONG = 2
    UNFINISHED = 3


class Answer(Exception):
    """Ends a command with a status and one sentence for people; raised where going on makes no sense."""

    def __init__(self, status: Exit, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def refuse(message: str) -> NoReturn:
    """End the command: what was typed or configured can not be used (status 2)."""
    raise Answer(Exit.WRONG, message)


def deny(message: str) -> NoReturn:
    """End the command: the answer is no, or nothing was found (status 1)."""
    raise Answer(Exit.NO, message)


def give_up(message: str) -> NoReturn:
    """End the command: it could not finish, something is not reachable (status 3)."""
    raise Answer(Exit.UNFINISHED, message)


class Output:
    """Where one command writes. With `--json` standard output carries exactly one JSON document, and nothing else."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.has_answered = False

    def document(self, value: object) -> None:
        """The command's JSON document; ignored without `--json`."""
        if self.as_json and not self.has_answered:
            self.has_answered = True
            sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")

    def say(self, text: str = "") -> None:
        """A line for people: on standard output, or on standard error beside a JSON document."""
        typer.echo(text, err=self.as_json)

    def note(self, text: str) -> None:
        """A remark beside the answer, always on standard error."""
        typer.echo(text, err=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "Nothing to show.") -> None:
        """Rows under their column names, as the terminal has room, nothing cut; skipped with `--json`."""
        if self.as_json:
            return
        found = [[shown(cell) for cell in row] for row in rows]
        if not found:
            self.say(empty)
            return
        from leadrelay.commands import tables

        tables.write(columns, found)

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Names with their values, one a line; values that are None or empty are left out."""
        known = [(name, shown(value)) for name, value in pairs if value not in (None, "", [], {})]
        width = max((len(name) for name, _ in known), default=0)
        for name, value in known:
            self.say(f"{name.ljust(width)}  {value}")

    def problems(self, problems: Iterable[Problem]) -> None:
        """Complaints with their place, one a line, on standard error."""
        for problem in problems:
            self.note(str(problem))


def shown(value: object) -> str:
    """A value as one cell of text: control characters can not reach the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={shown(item)}" for name, item in value.items())
    return "".join(letter if letter.isprintable() else " " for letter in str(value))


def confirm(out: Output, count: int, what: str, *, is_agreed: bool) -> None:
    """Say how many rows an action would touch and ask first; without a terminal, `--yes` must have been said."""
    if count == 0:
        deny(f"Nothing matches: {counted(0, what)}.")
    out.note(f"This touches {counted(count, what)}.")
    ask(is_agreed=is_agreed)


def ask(question: str = "Go ahead?", *, is_agreed: bool) -> None:
    """Go on only when a person agrees; without a terminal, `--yes` must have been said."""
    if is_agreed:
        return
    if not sys.stdin.isatty():
        refuse("Say --yes to go ahead; there is no terminal to ask at.")
    if not typer.confirm(question, err=True):
        deny("Nothing was changed.")


def change(out: Output, do: Callable[[bool], int], what: str, *, is_agreed: bool, none: str = "") -> int:
    """Do something to the rows that a filter names, after their count was shown and agreed to; how many it was done to.

    `do` is told whether it shall only count them. `none` is what to say when there is none, where a single one was named."""
    count = do(True)
    if count == 0 and none:
        deny(none)
    confirm(out, count, what, is_agreed=is_agreed)
    return do(False)


@contextmanager
def answering(as_json: bool = False) -> Iterator[Output]:
    """Run a command's body and turn whatever ends it into its message and exit status."""
    out = Output(as_json)
    try:
        yield out
    except Answer as answer:
        out.document({"error": answer.message})
        out.note(answer.message)
        raise typer.Exit(answer.status) from answer
    except ConfigProblems as error:
        warnings = {"warnings": [warning.as_json() for warning in error.warnings]} if error.warnings else {}
        out.document({"problems": [problem.as_json() for problem in error.problems], **warnings})
        out.problems(replace(warning, message=f"warning: {warning.message}") for warning in error.warnings)
        out.problems(error.problems)
        noted = f", {counted(len(error.warnings), 'warning')}" if error.warnings else ""
        out.note(f"{counted(len(error.problems), 'problem')}{noted}")
        raise typer.Exit(Exit.WRONG) from error
    except BrokenPipeError:  # the reader of a pipe (`| head`) has seen enough
        raise
    except Exception as error:
        said = _unwritable(error) or (str(error) if _is_unreachable(error) else "")
        if not said:
            raise
        out.document({"error": said})
        again = "" if _waits_for_a_person(error) else "; try again when it is reachable"
        out.note(f"{said}\nCould not finish. Nothing that was accepted is lost{again}.")
        raise typer.Exit(Exit.UNFINISHED) from error


_UNWRITABLE = {
    errno.ENOSPC: "its disk is full: make room there", errno.EDQUOT: "the quota is used up: make room, or raise it",
    errno.EROFS: "it lies on a disk that is read only", errno.EACCES: "this user has no right to: change its owner or rights",
    errno.EPERM: "this user has no right to: change its owner or rights",
}  # fmt: skip


def _unwritable(error: Exception) -> str:
    """The sentence for a file that can not be written, or read, where a person can do something about it."""
    if not isinstance(error, OSError) or error.errno not in _UNWRITABLE:
        return ""
    return f"{error.filename or 'a file'} can not be used, since {_UNWRITABLE[error.errno]}."


_AWAY, _NEWER, _NO_KEY = (
    "leadrelay.store.database.StoreUnavailable", "leadrelay.store.migrate.NewerStore", "leadrelay.engine.own_key.NoKey",
)  # fmt: skip
"""What says itself what is wrong and what to do; by name, since importing it would cost every command time."""


def _is_unreachable(error: Exception) -> bool:
    return isinstance(error, ConnectionError | TimeoutError) or bool(_names(error) & {_AWAY, _NEWER, _NO_KEY})


def _waits_for_a_person(error: Exception) -> bool:
    return bool(_names(error) & {_NEWER, _NO_KEY})


def _names(error: Exception) -> set[str]:
    return {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}


def counted(count: int, word: str) -> str:
    """`1 problem`, `2 problems`: a count with its word."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        plural = f"{word[:-1]}ies"
    else:
        plural = f"{word}es" if word.endswith(("ch", "sh", "s", "x")) else f"{word}s"
    return f"{count} {word if count == 1 else plural}"


def as_json_value(value: Any) -> Any:
    """A dataclass, or a tree of them, as plain JSON values."""
    import dataclasses

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = (field.name for field in dataclasses.fields(value) if field.init)  # others are made of these
        return {name: as_json_value(getattr(value, name)) for name in named}
    if isinstance(value, Mapping):
        return {str(name): as_json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json_value(item) for item in value]
    return value
