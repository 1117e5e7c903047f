"""JSON Schemas for editors, generated from the models that check the files, so that both say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from pydantic import BaseModel

from core.mapping import mapping_schema
from core.texts import duration_text, size_text
from leadrelay.custom_fields import FieldsFile
from leadrelay.registry import ConnectorBroken, find_connector
from leadrelay.rules_schema import rules_schema
from leadrelay.settings import SettingsFile
from leadrelay.settings_reading import Kind, config_of, connectors_of, sink_model, source_model
from leadrelay.team import TeamFile

SchemaKind = Literal["leadrelay", "fields", "team", "mapping", "rules"]
SCHEMA_KINDS: tuple[SchemaKind, ...] = get_args(SchemaKind)
DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def json_schema(kind: SchemaKind) -> Schema:
    """The schema of one kind of file."""
    if kind == "leadrelay":
        return _settings_schema()
    if kind == "mapping":
        return mapping_schema()
    if kind == "rules":
        return {"$schema": DRAFT, **rules_schema()}
    return _of(FieldsFile if kind == "fields" else TeamFile, f"leadrelay {kind}.yaml")


def _of(model: type[BaseModel], title: str) -> Schema:
    return {"$schema": DRAFT, **_open_to_references(model.model_json_schema()), "title": title}


def _settings_schema() -> Schema:
    """leadrelay.yaml with the keys of every connector: which of them hold, `connector` decides."""
    schema = _of(SettingsFile, "leadrelay.yaml")
    definitions = schema.setdefault("$defs", {})
    kinds: tuple[tuple[str, Kind], ...] = (("sources", "source"), ("sinks", "sink"))
    for section, kind in kinds:
        schema["properties"][section]["additionalProperties"] = _by_connector(kind, definitions)
        schema["properties"][section]["propertyNames"] = {"pattern": "^[a-z0-9_]+$"}
    return schema


def _by_connector(kind: Kind, definitions: Schema) -> Schema:
    cases = []
    names = []
    for name in connectors_of(kind):
        model = _model(name, kind)
        if model is None:
            continue
        inner = _open_to_references(model.model_json_schema())
        definitions |= inner.pop("$defs", {})
        definitions[model.__name__] = inner
        names.append(name)
        is_it = {"properties": {"connector": {"const": name}}, "required": ["connector"]}
        cases.append({"if": is_it, "then": {"$ref": f"#/$defs/{model.__name__}"}})
    return {"type": "object", "required": ["connector"], "properties": {"connector": {"enum": names}}, "allOf": cases}


def _model(name: str, kind: Kind) -> type[BaseModel] | None:
    try:
        spec = find_connector(name)
    except ConnectorBroken:
        return None
    config = None if spec is None else config_of(spec, kind)
    if config is None:
        return None
    return source_model(config) if kind == "source" else sink_model(config)


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "gt", "ge", "lt", "le")
_AS_WRITTEN: dict[str, Callable[[int], str]] = {"duration": duration_text, "size": size_text}


def _open_to_references(schema: Schema) -> Schema:
    """The schema of what is written: a number may also be a reference such as `${PORT}`, secrets and defaults are texts."""
    found = {key: value for key, value in schema.items() if key not in _BOUNDS}
    if found.get("format") == "password":
        found = {key: value for key, value in found.items() if key not in ("format", "writeOnly", "default")}
    if found.get("type") in ("integer", "number", "boolean"):
        found["type"] = [found["type"], "string"]
    write = _AS_WRITTEN.get(str(found.get("x-unit")))
    if write is not None and isinstance(found.get("default"), int):
        found["default"] = write(found["default"])
    return {key: _inner(value) for key, value in found.items()}


def _inner(value: Any) -> Any:
    if isinstance(value, dict):
        return _open_to_references(value)
    return [_inner(item) for item in value] if isinstance(value, list) else value
