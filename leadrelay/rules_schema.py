"""The JSON Schema of rule files, for editors: what `compile_rules` accepts, as far as a schema can say it."""

from __future__ import annotations

from typing import Any

from core.condition_scope import EXPRESSION, GROUPS, HAS_TOUCH
from core.expression_names import LONGEST
from core.fields import STANDARD, Catalogue
from core.operators import MEANINGS, OPERATORS
from core.rule_files import SECTIONS
from core.rule_tests.model import EXPECT_KEYS, EXPECT_OF_PLACES, EXPECT_OF_ROUTING, EXPECT_OF_SCORING, QUARANTINE
from leadrelay.places_schema import criteria_schema, personas_schema, quarantine_schema, segments_schema, stages_schema
from leadrelay.routing_schema import routing_schema
from leadrelay.scoring_schema import scoring_schema

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_LINES: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/outcome_line"}}


def rules_schema(catalogue: Catalogue = STANDARD) -> Schema:
    """The schema of a rule file, with the catalogue's fields and each type's own operators as completions."""
    sections = {
        "checks": {"type": "object", "additionalProperties": {"$ref": "#/$defs/condition"}},
        "criteria": criteria_schema(),
        "quarantine": quarantine_schema(),
        "qualification": {"anyOf": [_LINES, {"type": "object", "minProperties": 1, "additionalProperties": _LINES}]},
        "scoring": scoring_schema(),
        "stages": stages_schema(),
        "segments": segments_schema(),
        "personas": personas_schema(),
        "routing": routing_schema(),
        "tests": {"type": "array", "items": _test(catalogue)},
    }
    return {
        "title": "leadrelay rules",
        "type": "object",
        "properties": {section: sections[section] for section in SECTIONS},
        "additionalProperties": False,
        "$defs": {"condition": _condition(catalogue), "outcome_line": _line()},
    }


def _line() -> Schema:
    properties: Schema = {
        "name": {**_TEXT, "description": "What `why` calls this line; without it, the outcome."},
        "outcome": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "What a lead becomes."},
        "when": {"$ref": "#/$defs/condition"},
        "otherwise": {"const": True, "description": "Only in the last line, which must have it."},
        "reason": {**_TEXT, "description": "Why, in words that sales understands."},
    }
    return {"type": "object", "properties": properties, "required": ["outcome", "reason"], "additionalProperties": False}


def _test(catalogue: Catalogue) -> Schema:
    """One test: a lead by its fields and touches, and what is expected of it."""
    touch: Schema = {
        "type": "object",
        "properties": {
            "kind": _TEXT,
            "ago": {**_TEXT, "description": "How long ago, such as `30 days`; without it, now."},
            "content": {**_TEXT, "description": "What it was about (`touch.content_id`)."},
        },
        "required": ["kind"],
        "additionalProperties": False,
    }
    touches: Schema = {"anyOf": [_TEXT, touch, {"type": "array", "items": {"anyOf": [_TEXT, touch]}}]}
    given: Schema = {path: {"description": field.label} for path, field in catalogue.fields.items()}
    given["touches"] = {**touches, "description": "What the person did, the oldest first."}
    sections = {"given": {"type": "object", "properties": given}, "expect": _expected()}
    return {"type": "object", "properties": {"name": _TEXT, **sections}, "required": ["expect"], "additionalProperties": False}


def _expected() -> Schema:
    meanings = {
        "checks": "The answers of checks: true, false or unknown.",
        "ask": "The fields that would change the verdict, all of them.",
        "entered": "The stages that the score made the lead enter, in their order.",
        "line": "The line of the routing that takes the lead, or `none`.",
        "owner": "Who gets it, where that is one person, or `none`.",
    }
    keys = (*EXPECT_KEYS, QUARANTINE, *EXPECT_OF_SCORING, *EXPECT_OF_ROUTING, *EXPECT_OF_PLACES)
    properties: Schema = {key: {"description": meanings[key]} if key in meanings else {} for key in keys}
    return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


def _condition(catalogue: Catalogue) -> Schema:
    clauses: Schema = {}
    for field in catalogue.fields.values():
        operators: Schema = {name: {"description": MEANINGS[name]} for name in OPERATORS[field.type]}
        clauses[field.path] = {
            "type": "object",
            "description": field.label,
            "properties": operators,
            "additionalProperties": False,
            "minProperties": 1,
        }
    groups = {group: {"type": "array", "items": {"$ref": "#/$defs/condition"}, "minItems": 1} for group in GROUPS}
    expression = {"type": "string", "description": "A condition in CEL over the lead's fields.", "maxLength": LONGEST}
    lines = {**groups, HAS_TOUCH: {"type": "object"}, EXPRESSION: expression, **clauses}
    clause = {"type": "object", "properties": lines, "minProperties": 1}
    return {"anyOf": [{"type": "string", "description": "The name of a check."}, clause]}
