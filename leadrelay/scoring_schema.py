"""The JSON Schema of the section `scoring` of rule files, for editors."""

from __future__ import annotations

from typing import Any

from core.scoring import GROUP_NAMES
from core.scoring.compiling_lines import CONDITION_KEYS, COUNTING_KEYS

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_TEXTS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_DURATION: Schema = {"type": "string", "pattern": r"^\s*\d{1,6}\s*[A-Za-z]+\s*$"}
_CONDITION: Schema = {"$ref": "#/$defs/condition"}

GROUP_MEANINGS = {
    "fit": "Points for who a lead is; grades go by them.",
    "behaviour": "Points for what a lead looked at and took.",
    "engagement": "Points for how a lead answers you.",
}


def scoring_schema() -> Schema:
    """What `compile_scoring` accepts, as far as a schema can say it."""
    properties: Schema = {
        "limit": {**_whole(1), "description": "The total is cut at 0 and here; points are never rescaled."},
        **{name: {**_group(), "description": GROUP_MEANINGS[name]} for name in GROUP_NAMES},
        "bands": _marks("The points of the total from which each band is given; the lowest one begins at 0."),
        "grades": _marks("The points of the group `fit` from which each grade is given; the lowest one begins at 0."),
        "lifecycle_stage": _stages(),
    }
    return _closed(properties) | {"minProperties": 1}


def _closed(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _whole(lowest: int | None = None) -> Schema:
    number: Schema = {"type": "integer"} if lowest is None else {"type": "integer", "minimum": lowest}
    return {"anyOf": [number, {"type": "string", "pattern": r"^\s*[+-]?\d{1,9}\s*$"}]}


def _counting() -> Schema:
    meanings = {
        "points": (_whole(), "What the first touch that counts gives."),
        "again": (_whole(), "What each further one gives; without it, the same."),
        "at_most": (_whole(1), "How many count, the oldest first."),
        "per": (_DURATION, "At most so many in any time as long as this, such as `30 days`."),
        "within": (_DURATION, "Older touches are not looked at."),
        "half_life": (_DURATION, "After this time a touch's points count half."),
    }
    return {key: {**meanings[key][0], "description": meanings[key][1]} for key in COUNTING_KEYS}


def _group() -> Schema:
    name: Schema = {**_TEXT, "description": "What explanations call this line."}
    content: Schema = {**_TEXTS, "description": "Only touches with one of these contents (`touch.content_id`)."}
    condition = {"name": name, "when": _CONDITION, "points": _whole()}
    touch: Schema = {**_TEXTS, "description": "One kind of touch, or several that are counted together."}
    activity = _closed({"name": name, "touch": touch, "content": content, **_counting()}, "touch", "points")
    lines: Schema = {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [_closed({key: condition[key] for key in CONDITION_KEYS}, "when", "points"), activity]},
    }
    kind = {"anyOf": [_whole(), _closed({"name": name, "content": content, **_counting()}, "points")]}
    settings: Schema = {
        "limit": {**_whole(1), "description": "What the lines of this group give together is cut here, never from below."},
        "half_life": {**_DURATION, "description": "For all lines of this group without one of their own."},
        "lines": {**lines, "description": "Lines with a condition, or for several kinds of touches."},
    }
    return {"anyOf": [lines, {"type": "object", "properties": settings, "additionalProperties": kind, "minProperties": 1}]}


def _marks(description: str) -> Schema:
    return {"type": "object", "additionalProperties": _whole(0), "minProperties": 1, "description": description}


def _stages() -> Schema:
    stage = _closed(
        {
            "at_least": {**_whole(1), "description": "The stage is entered at this total."},
            "until_below": {**_whole(1), "description": "It is left below this total; without it, never by the score."},
            "when": {**_CONDITION, "description": "What must be true besides, or instead."},
        }
    )
    named = {"propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"}, "additionalProperties": {**stage, "minProperties": 1}}
    meaning = "Stages in the order in which leads go through them; a threshold is told once, whenever it is crossed."
    return {"type": "object", **named, "minProperties": 1, "description": meaning}
