"""The JSON Schema of the sections of rule files that say where a lead belongs: criteria, segments, personas and stages."""

from __future__ import annotations

from typing import Any

from core.journeys import JOURNEY_STAGE, TRACKED

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_CONDITION: Schema = {"$ref": "#/$defs/condition"}
_NAME: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$"}
_NAMES: Schema = {"anyOf": [_NAME, {"type": "array", "minItems": 1, "items": _NAME}]}
_FLAG: Schema = {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^(?i:true|yes|on|false|no|off)$"}]}
_TRUE: Schema = {"anyOf": [{"const": True}, {"type": "string", "pattern": "^(?i:true|yes|on)$"}]}
_POINTS: Schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+$"}]}


def criteria_schema() -> Schema:
    """What `compile_packs` accepts."""
    return {"type": "object", "additionalProperties": _NAMES, "description": "Packs of checks, such as BANT, by name."}


def quarantine_schema() -> Schema:
    """What `compile_quarantine` accepts."""
    properties: Schema = {
        "name": {**_TEXT, "description": "What lists call this line; without it, the reason."},
        "when": {**_CONDITION, "description": "Which submissions are put aside; unknown puts none aside."},
        "reason": {**_TEXT, "description": "Why, in words that people understand."},
    }
    line = _closed(properties, "when", "reason")
    return {"anyOf": [line, {"type": "array", "minItems": 1, "items": line}]}


def segments_schema() -> Schema:
    """What `compile_segments` accepts."""
    properties: Schema = {
        "when": {**_CONDITION, "description": "Which leads are in the segment; unknown is no member."},
        "label": {**_TEXT, "description": "What people call it; without it, its name."},
    }
    return {"type": "object", "propertyNames": {"pattern": _NAME["pattern"]}, "additionalProperties": _closed(properties, "when")}


def personas_schema() -> Schema:
    """What `compile_personas` accepts."""
    line: Schema = {
        "persona": {**_NAME, "description": "The persona to which the line gives its points."},
        "when": _CONDITION,
        "points": {
            **_POINTS,
            "description": "How much the line speaks for it; without it, 1. The persona with the most is taken.",
        },
    }
    last: Schema = {"persona": _NAME, "otherwise": {**_TRUE, "description": "For who is none of the others; only the last line."}}
    return {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [_closed(line, "persona", "when"), _closed(last, "persona", "otherwise")]},
    }


def stages_schema() -> Schema:
    """What `compile_stages` accepts."""
    return _closed({path: _track(has_rules=path == JOURNEY_STAGE) for path in TRACKED})


def _track(*, has_rules: bool) -> Schema:
    ways: Schema = {"anyOf": [_NAME, {"type": "array", "items": _NAME}]}
    properties: Schema = {
        "order": {**_NAMES, "description": "The way that leads usually take."},
        "aside": {**_NAMES, "description": "Stages beside it, with ways to and from every stage."},
        "jumps": {**_FLAG, "description": "Whether stages may be skipped; yes without it. What is skipped is logged."},
        "returns": {**_FLAG, "description": "Whether leads may go back; yes without it."},
        "moves": {"type": "object", "additionalProperties": ways, "description": "All the ways from a stage, instead of these."},
    }
    if has_rules:
        rule = [
            _closed({"stage": _NAME, "when": _CONDITION}, "stage", "when"),
            _closed({"stage": _NAME, "otherwise": _TRUE}, "stage", "otherwise"),
        ]
        properties["rules"] = {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": rule},
            "description": "From the top, the first that is true; the last one is `otherwise: true`.",
        }
    return _closed(properties)


def _closed(properties: Schema, *required: str) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found
