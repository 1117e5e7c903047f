"""The pages say what the code does: reference pages are fresh, every command, setting and field explains itself."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from leadrelay.cli import build

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import reference_docs  # noqa: E402

COMMANDS = dict(reference_docs.commands(typer.main.get_command(build())))


def settings_models() -> list[type[BaseModel]]:
    """Every model whose fields a user may write into leadrelay.yaml."""
    from leadrelay.settings import SettingsFile, SinkCommon, SourceCommon

    own = [model for spec in reference_docs.specs() for model in (spec.source_config, spec.sink_config) if model]
    return [SettingsFile, SourceCommon, SinkCommon, *own]


@pytest.mark.parametrize("page", ["commands.md", "settings.md", "connectors.md", "fields.md"])
def test_the_reference_says_what_the_code_says(page: str) -> None:
    written = (reference_docs.FOLDER / page).read_text(encoding="utf-8")
    assert written == reference_docs.pages()[page], f"docs/reference/{page} is stale; run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_each_of_its_options_explains_itself(name: str) -> None:
    command: Any = COMMANDS[name]
    assert command.help, name
    silent = [option.name for option in command.params if not getattr(option, "help", "")]
    assert silent == []


@pytest.mark.parametrize("model", settings_models(), ids=lambda model: model.__name__)
def test_every_setting_explains_itself(model: type[BaseModel]) -> None:
    silent = [key for key, field in reference_docs.rows_of(model) if not field.description]
    assert silent == []


def test_commands_that_pages_name_exist() -> None:
    known = {name.split(" ", 1)[1] for name in COMMANDS}
    groups = {name.split(" ")[0] for name in known}
    unknown = set()
    pages = [path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if path.parent.name != "reference"]
    for page in pages:
        for words in re.findall(r"leadrelay ((?:[a-z]+ ?)+)", re.sub(r"(?<=[a-z])\n\s+(?=[a-z])", " ", _code(page))):
            first, *more = words.split()
            two = f"{first} {more[0]}" if more else first
            if first not in known and two not in known and first not in groups:
                unknown.add(f"{page.name}: leadrelay {words}")
    assert unknown == set()


def _code(page: Path) -> str:
    """What a page shows as code, in line or in blocks."""
    text = page.read_text(encoding="utf-8")
    blocks = [
        block for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if language in ("", "sh")
    ]
    return "\n".join([*blocks, *re.findall(r"`(leadrelay [^`]*)`", text)])


def yaml_blocks() -> list[Any]:
    """The YAML that pages show, by page and number."""
    found = []
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        found += [pytest.param(dedent(text), id=f"{page.name}-{number}") for number, text in enumerate(blocks, start=1)]
    return found


@pytest.mark.parametrize("text", yaml_blocks())
def test_yaml_that_pages_show_is_right_and_passes_its_own_tests(text: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings")
    shutil.copytree(ROOT / "config", config)
    first = text.split(":")[0]
    places = {
        "mapping": tmp_path / "mappings/shown.yaml",
        "checks": config / "rules/shown.yaml",
        "queues": config / "team.yaml",
    }
    place = places.get(first, config / "leadrelay.yaml")
    if first == "checks":
        shutil.rmtree(config / "rules")
        (config / "rules").mkdir()
    place.write_text(text, encoding="utf-8")
    named = dict.fromkeys(
        re.findall(r"\$\{([A-Z_]+)\}", text + (ROOT / "config/leadrelay.yaml").read_text()), "https://acme.my.salesforce.com"
    )
    environment = {**os.environ, **named, "LEADRELAY_CONFIG": str(config / "leadrelay.yaml")}
    for command in ("check", "test"):
        ended = CliRunner().invoke(build(), [command], env=environment)
        assert ended.exit_code == 0, ended.output
