"""The pages say what the code does: reference pages are fresh, every command, setting and field explains itself."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from core.fields import FIRST_TOUCH, LAST_TOUCH, STANDARD
from core.rule_files import SECTIONS
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


def names_below(model: type[BaseModel]) -> set[str]:
    """The names of a model's settings and of those below it, found without the help of what writes the reference."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    return names.union(*(names_below(inner) for field in model.model_fields.values() for inner in models_in(field.annotation)))


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in get_args(annotation) for model in models_in(part)]


@pytest.mark.parametrize("model", settings_models(), ids=lambda model: model.__name__)
def test_every_setting_is_in_the_reference(model: type[BaseModel]) -> None:
    pages = "".join((reference_docs.FOLDER / f"{page}.md").read_text(encoding="utf-8") for page in ("settings", "connectors"))
    rows = set(re.findall(r"^\| `(?:[^`]*\.)?([^`.]+)` \|", pages, re.MULTILINE))
    assert names_below(model) - rows == set()


def test_every_command_and_lead_field_is_in_the_reference() -> None:
    commands = (reference_docs.FOLDER / "commands.md").read_text(encoding="utf-8")
    fields = (reference_docs.FOLDER / "fields.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"\n## {name}\n" not in commands] == []
    of_a_touch = (FIRST_TOUCH, LAST_TOUCH)  # the page says in a sentence that each `touch.*` can be read so, too
    assert [path for path in STANDARD.fields if not path.startswith(of_a_touch) and f"| `{path}` |" not in fields] == []


def yaml_blocks() -> list[Any]:
    """The YAML that pages show, by page and number, each with the fields and the team that stand before it on its page."""
    found = []
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        beside: dict[str, str] = {}
        for number, block in enumerate(blocks, start=1):
            text = dedent(block)
            beside = {**beside, place_of(text): text} if place_of(text) in BESIDE else beside
            found.append(pytest.param(text, beside, id=f"{page.name}-{number}"))
    return found


BESIDE = ("config/fields.yaml", "config/team.yaml")
TEAM = ("hours", "people", "pools", "queues")


def place_of(text: str) -> str:
    """Where a block of YAML would stand in an installation, by its first key."""
    first = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).split(":")[0].strip()
    if first == "mapping":
        return "mappings/shown.yaml"
    if first in SECTIONS:
        return "config/rules/shown.yaml"
    if first in TEAM:
        return "config/team.yaml"
    return "config/fields.yaml" if first.startswith("custom.") else "config/leadrelay.yaml"


@pytest.mark.parametrize(("text", "beside"), yaml_blocks())
def test_yaml_that_pages_show_is_right_and_passes_its_own_tests(text: str, beside: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings")
    shutil.copytree(ROOT / "config", config)
    place = place_of(text)
    if place == "config/rules/shown.yaml" or beside:  # else the shipped rules would miss their own team and fields
        shutil.rmtree(config / "rules")
        (config / "rules").mkdir()
    fields = (config / "fields.yaml").read_text(encoding="utf-8")
    for name, shown in {**beside, place: text}.items():
        (tmp_path / name).write_text(f"{fields}\n{shown}" if name == "config/fields.yaml" else shown, encoding="utf-8")
    named = dict.fromkeys(
        re.findall(r"\$\{([A-Z_]+)\}", text + (ROOT / "config/leadrelay.yaml").read_text()), "https://acme.my.salesforce.com"
    )
    environment = {**os.environ, **named, "LEADRELAY_CONFIG": str(config / "leadrelay.yaml")}
    for command in ("check", "test"):
        ended = CliRunner().invoke(build(), [command], env=environment)
        assert ended.exit_code == 0, ended.output
