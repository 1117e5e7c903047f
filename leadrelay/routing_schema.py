"""The JSON Schema of the section `routing` of rule files, for editors."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_CONDITION: Schema = {"$ref": "#/$defs/condition"}
_TRUE: Schema = {"anyOf": [{"const": True}, {"type": "string", "pattern": "^(?i:true|yes)$"}]}
_MINUTES: Schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^[0-9]{1,6}$"}]}


def routing_schema() -> Schema:
    """What `compile_routing` accepts, as far as a schema can say it: the names of team.yaml are the compiler's to check."""
    properties: Schema = {
        "start_when": {**_CONDITION, "description": "Which leads are routed; without it, all of them at once."},
        "reroute": {"enum": ["never", "when_overdue"], "description": "Whether whoever lets a lead lie loses it."},
        "to": {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [_line({"when": _CONDITION}, "when"), _line({"otherwise": _TRUE}, "otherwise")]},
            "description": "Where leads go: from the top, the first line that is true; the last one is `otherwise: true`.",
        },
        "respond_within": _response(),
    }
    return _closed(properties, "to")


def _closed(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _line(which: Schema, *required: str) -> Schema:
    properties: Schema = {
        "name": {**_TEXT, "description": "What `why` calls this line."},
        **which,
        "owner": {**_TEXT, "description": "A person of team.yaml by e-mail, or a lead field that holds one's e-mail."},
        "pool": {**_TEXT, "description": "A pool of team.yaml, whose members take turns."},
        "tier": {**_TEXT, "description": "What a member of the pool must take: only those with this tier are asked."},
        "queue": {**_TEXT, "description": "A queue of team.yaml."},
    }
    return _closed(properties, "name", *required)


def _response() -> Schema:
    told = "`owner`, `manager` (all of them), or a person of team.yaml by e-mail. By mail, and by the webhooks of `notify`."
    properties: Schema = {
        "minutes": {**_MINUTES, "description": "How soon sales must answer, from when the lead was submitted."},
        "hours": {**_TEXT, "description": "The hours of team.yaml in which the minutes count; without it, they always do."},
        "warn": {**_TEXT, "description": f"Who is told once when two thirds of the time have passed without an answer: {told}"},
        "then": {**_TEXT, "description": f"Who is told once when all of it has: {told}"},
    }
    return _closed(properties, "minutes")
