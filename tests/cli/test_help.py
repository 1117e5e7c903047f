"""`--help`: every command says in plain words what it does and shows how it is typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from leadrelay.cli import build
from leadrelay.commands import PANELS
from tests.cli.conftest import Type

_TECHNICAL = re.compile(
    r"\b(upsert|fold|golden record|idempot\w+|advisory|mutex|coalesc\w+|fencing|transaction|dataclass)\b", re.I
)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(command, "commands", None)
    if not below:
        yield path, command
        return
    for name, one in below.items():
        yield from commands(one, (*path, name))


ALL = list(commands(typer.main.get_command(build())))


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_a_command_explains_itself_in_plain_words_with_an_example_that_is_right(path: tuple[str, ...], command: Any) -> None:
    text = command.help or ""
    first = text.splitlines()[0]
    assert len(first) <= 125
    assert first.endswith(".")
    assert not _TECHNICAL.search(text), _TECHNICAL.search(text)
    (example,) = re.findall(r"^Example: (.+)$", text, re.MULTILINE)
    words = shlex.split(example)
    assert words[: 1 + len(path)] == ["leadrelay", *path]
    command.make_context(" ".join(path), words[1 + len(path) :], resilient_parsing=False)
    for option in command.params:
        assert option.name == "help" or getattr(option, "help", None), f"{option.name} is not explained"


def test_the_main_help_groups_the_commands_by_what_people_do(leadrelay: Type) -> None:
    shown = leadrelay("--help").out
    for panel, names in PANELS.items():
        assert panel in shown
        for name in names:
            if name in {path[0] for path, _ in ALL}:
                assert re.search(rf"│ {name}\s", shown), name
    assert {path[0] for path, _ in ALL} <= {name for names in PANELS.values() for name in names}


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=" ".join)
def test_what_prints_data_takes_json(path: tuple[str, ...]) -> None:
    endless = {("run",), ("web",), ("worker",), ("sandbox",), ("demo",), ("health",)}
    options = {option for one, command in ALL if one == path for param in command.params for option in param.opts}
    assert "--json" in options or path in endless  # or whose answer is its status
