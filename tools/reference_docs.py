"""Write docs/reference/ from the code: commands, settings, connector options and lead fields.

`make docs` writes the pages; with `--check` nothing is written and a stale page is an error.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
import types
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
HEAD = "<!-- Written by `make docs` from the code. Edit the code's texts instead. -->\n"

# --- commands -------------------------------------------------------------------------------------------------------


def commands(group: Any, path: str = "leadrelay") -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, with its whole name."""
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def commands_page() -> str:
    """docs/reference/commands.md."""
    import typer

    from leadrelay.cli import build

    group = typer.main.get_command(build())
    parts = [
        f"{HEAD}\n# Commands\n",
        (
            "Exit status: 0 done; 1 the answer is no (a check failed, something was not found); "
            "2 wrong usage (also a file that can not be opened) or configuration; "
            "3 could not finish (store or service not reachable).\n"
            "With `--json` standard output carries one JSON document; everything else goes to standard error.\n"
        ),
    ]
    for name, command in commands(group):
        parts.append(_command(name, command))
    return "\n".join(parts)


def _command(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not getattr(one, "hidden", False)]
    usage = " ".join([name, *(_usage(one) for one in arguments), *(["[OPTIONS]"] if options else [])])
    lines = [f"## {name}\n", _tidy(command.help or ""), f"\n```\n{usage}\n```\n"]
    rows = [(f"`{_usage(one)}`", _tidy(getattr(one, "help", "") or "")) for one in arguments]
    rows += [(_option(one), _tidy(one.help or "")) for one in options]
    if rows:
        lines.append(_table(("", "what it does"), rows))
    return "\n".join(lines)


def _usage(argument: Any) -> str:
    name = str(argument.metavar or argument.name.upper()).removesuffix("...")
    many = "..." if argument.nargs == -1 else ""
    return f"{name}{many}" if argument.required else f"[{name}{many}]"


def _option(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    if option.is_flag:
        return names
    default = f" (default `{option.default}`)" if option.default not in (None, "") else ""
    return f"{names} {option.metavar or option.name.upper()}{default}"


def _tidy(text: str) -> str:
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text.strip())


# --- settings -------------------------------------------------------------------------------------------------------


def rows_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting below a model by its dotted key; a mapping of named things shows the name as NAME."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        models = list(_models(field.annotation))
        is_named = _is_mapping(field.annotation)
        yield key, field
        for inner in models:
            yield from rows_of(inner, f"{key}.NAME." if is_named else f"{key}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


def _is_mapping(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType, Annotated):
        return any(_is_mapping(part) for part in get_args(annotation))
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _kind_of_text(field: FieldInfo) -> str:
    """Which of the core's kinds of text (a duration, a size, a rate) a setting is, or an empty text."""
    from core import texts

    marks = [*field.metadata, *_marks(field.annotation)]
    for name, kind in (("duration", texts.Duration), ("size", texts.Size), ("rate", texts.Rate)):
        if get_args(kind)[1] in marks:
            return name
    return ""


def _marks(annotation: Any) -> Iterator[Any]:
    for part in get_args(annotation):
        yield part
        yield from _marks(part)


_TAKES = {"duration": "a duration, such as `90 days`", "size": "a size, such as `2 MB`", "rate": "a rate, such as `100/10s`"}


def takes(field: FieldInfo) -> str:
    """What a setting takes, in words."""
    return _TAKES.get(_kind_of_text(field)) or wanted(field.annotation)


def wanted(annotation: Any) -> str:
    """What an annotation takes, in words."""
    origin = get_origin(annotation)
    if origin is Literal:
        return " / ".join(f"`{choice}`" for choice in get_args(annotation))
    if origin is Annotated:
        return wanted(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(wanted(part) for part in get_args(annotation) if part is not type(None)))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "names with their settings" if any(_models(annotation)) else "names with their values"
    if origin in (list, tuple, set, frozenset):
        return "one or a list"
    if isinstance(annotation, type):
        return _plain_type(annotation)
    return "text"


def _plain_type(kind: type) -> str:
    if issubclass(kind, SecretStr | SecretBytes):
        return "secret, as `${NAME}`"
    if issubclass(kind, BaseModel):
        return "its settings below"
    return {str: "text", int: "whole number", float: "number", bool: "yes or no", Path: "path"}.get(kind, "text")


def default_of(field: FieldInfo) -> str:
    """A setting's default as it would be written; secrets and empty ones show nothing."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={}) if field.default_factory else field.default
    if value is None or isinstance(value, BaseModel | SecretStr) or value in ("", (), [], {}):
        return ""
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(f"`{item}`" for item in value)
    if isinstance(value, int) and _kind_of_text(field) == "duration":
        return f"`{in_words(value)}`"
    return f"`{value}`"


def in_words(milliseconds: int) -> str:
    """A duration as one would write it in the file."""
    for size, word in ((86_400_000, "days"), (3_600_000, "hours"), (60_000, "min"), (1_000, "s")):
        if milliseconds >= size and milliseconds % size == 0:
            return f"{milliseconds // size} {word}"
    return f"{milliseconds} ms"


def settings_table(model: type[BaseModel], prefix: str = "") -> str:
    """One row a setting: key, what it takes, default, description."""
    rows = []
    for key, field in rows_of(model, prefix):
        example = f" Example: `{_example(field.examples[0])}`." if field.examples else ""
        rows.append((f"`{key}`", takes(field), default_of(field), (field.description or "") + example))
    return _table(("setting", "takes", "default", "what it does"), rows)


def _example(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def settings_page() -> str:
    """docs/reference/settings.md."""
    from leadrelay.settings import SettingsFile, SinkCommon, SourceCommon

    parts = [
        f"{HEAD}\n# Settings\n",
        (
            "The keys of `config/leadrelay.yaml`. Any of them can be overridden by an environment variable: "
            "`LEADRELAY__WEB__PORT=8081` sets `web.port`. Secrets are written as `${NAME}` (an environment variable) or "
            "`${file:/run/secrets/name}`, never as themselves.\n"
        ),
        settings_table(SettingsFile),
        "## Each source and each sink\n",
        "What a connector adds of its own: [Connectors](connectors.md).\n",
        settings_table(SourceCommon, "sources.NAME."),
        settings_table(SinkCommon, "sinks.NAME."),
    ]
    return "\n".join(parts)


def specs() -> list[Any]:
    """What each installed connector declares of itself, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["leadrelay.connectors"]
    modules = (point.partition(":") for _, point in sorted(points.items()))
    return [getattr(import_module(module), attribute) for module, _, attribute in modules]


def connectors_page() -> str:
    """docs/reference/connectors.md."""
    parts = [f"{HEAD}\n# Connectors\n", "What stands under `sources.NAME` or `sinks.NAME` beside the settings that all have.\n"]
    for spec in specs():
        parts.append(f"## {spec.name}: {spec.title}\n")
        for kind, model in (("source", spec.source_config), ("sink", spec.sink_config)):
            if model is not None:
                parts += [f"As a {kind} (`connector: {spec.name}`):\n", settings_table(model)]
    return "\n".join(parts)


# --- fields ---------------------------------------------------------------------------------------------------------

_RULES = {
    "latest": "the newest touch wins", "first": "the oldest touch wins", "union": "all are kept",
    "restrictive": "the most restrictive wins", "touch": "belongs to one touch", "derived": "worked out, can not be mapped to",
    "crm": "the newest that a CRM told, can not be mapped to from a source",
}  # fmt: skip
_NOT_FROM_A_SOURCE = "can not be mapped to from a source"
_OWN_RULES = dict.fromkeys(
    ("lifecycle_stage", "journey_stage"), f"what the rules set, until a CRM tells it; {_NOT_FROM_A_SOURCE}"
) | dict.fromkeys(
    ("owner.email", "owner.queue"), f"whom the routing gave it to, until a CRM tells it; {_NOT_FROM_A_SOURCE}"
) | {
    "status": f"`new` at first, then the newest that a CRM told; {_NOT_FROM_A_SOURCE}",
    "account.owner": "what a CRM told of it; else who has another lead of the company, worked out as long as nobody has this "
                     f"one; {_NOT_FROM_A_SOURCE}",
}  # fmt: skip
"""Of fields that a CRM tells and that leadrelay sets as well."""


def _field_type(field: Any) -> str:
    choices = ", ".join(f"`{choice}`" for choice in field.choices)
    return f"{field.type}: {choices}" if choices else str(field.type)


def _rule_of(field: Any) -> str:
    return _OWN_RULES.get(field.path) or _RULES[field.rule]


def fields_page() -> str:
    """docs/reference/fields.md."""
    from core.fields import FIRST_TOUCH, LAST_TOUCH, STANDARD

    shown = [field for field in STANDARD.fields.values() if not field.path.startswith((FIRST_TOUCH, LAST_TOUCH))]
    rows = [(f"`{one.path}`", one.label, _field_type(one), "yes" if one.personal else "", _rule_of(one)) for one in shown]
    parts = [
        f"{HEAD}\n# Lead fields\n",
        (
            "What the left side of a source mapping and the right side of a sink mapping name, beside your own `custom.*` ones. "
            "Every `touch.*` field can also be read of a lead as `first_touch.*` and `last_touch.*`.\n"
        ),
        _table(("field", "label", "type", "personal", "when touches differ"), rows),
    ]
    return "\n".join(parts)


# --- pages ----------------------------------------------------------------------------------------------------------


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(columns)
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(_cell(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def pages() -> dict[str, str]:
    """Each page of docs/reference/ by its file name, as the code says it now."""
    return {
        "commands.md": commands_page(),
        "settings.md": settings_page(),
        "connectors.md": connectors_page(),
        "fields.md": fields_page(),
    }


def main() -> int:
    """Write the pages, or with `--check` say which one is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 when a page is stale")
    only_check = parser.parse_args().check
    stale = 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if not only_check:
            path.write_text(text, encoding="utf-8")
        sys.stderr.write(f"{path.relative_to(ROOT)} {'is stale; run `make docs`' if only_check else 'written'}\n")
    return 1 if only_check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
