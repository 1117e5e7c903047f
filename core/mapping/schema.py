"""The JSON Schema of mapping files, for editors: what `compile_mapping` accepts, as far as a schema can say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.fields import CONSENT_PURPOSES, SET_PREFIX, STANDARD, Catalogue
from core.mapping.clauses import CLAUSE_VERBS
from core.mapping.compile import SINKS, TO_LEAD
from core.mapping.compile_actions import HAS_COMPANIES, kinds_of
from core.mapping.compile_outbound import POLICIES
from core.mapping.compile_ranges import ENDS
from core.mapping.compile_tests import OUTBOUND_EXPECT

Schema = dict[str, Any]

_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_TEXTS: Schema = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "minItems": 1}]}
_NAMES: Schema = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
_ANY_TEXTS: Schema = {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, {"type": "array", "items": _SCALAR}]}
_VALUES: Schema = {"type": "object", "additionalProperties": _SCALAR, "minProperties": 1}
_UPDATE: Schema = {"enum": list(POLICIES), "description": "When a field of an existing record may be written."}


def mapping_schema(catalogue: Catalogue = STANDARD) -> Schema:
    """The schema of a mapping file in either direction, with the catalogue's fields as completions."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "leadrelay mapping",
        "type": "object",
        "required": ["mapping", "to", "fields"],
        "properties": {"mapping": {"type": "string"}, "to": {"enum": [TO_LEAD, *SINKS]}},
        "if": {"properties": {"to": {"const": TO_LEAD}}},
        "then": _inbound(catalogue),
        "else": _by_crm(catalogue),
    }


def _by_crm(catalogue: Catalogue) -> Schema:
    """Each CRM has actions of its own, so each has a schema of its own."""
    *others, last = SINKS
    schema = _outbound(catalogue, last)
    for to in reversed(others):
        schema = {"if": {"properties": {"to": {"const": to}}}, "then": _outbound(catalogue, to), "else": schema}
    return schema


def _closed(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


def _inbound(catalogue: Catalogue) -> Schema:
    inputs = sorted(path for path in catalogue.fields if catalogue.is_input(path))
    verbs = {
        "from": _TEXTS, "region": {"type": "string", "pattern": "^[A-Za-z]{2}$"}, "values": _VALUES, "otherwise": _SCALAR,
        "join": {"type": "string"}, "default": _SCALAR,
    }  # fmt: skip
    line = {"anyOf": [_TEXTS, _closed(verbs, ["from"])]}
    consent = _closed({"when": _when(), "text": _SCALAR, "double_opt_in": _truth()}, ["when"])
    labelled = {path: {**line, "description": catalogue[path].label} for path in inputs}
    return _closed(
        {
            "mapping": _SCALAR, "to": _SCALAR, "fields": _closed(labelled), "set": _closed(dict.fromkeys(inputs, _SCALAR)),
            "consent": _closed(dict.fromkeys(CONSENT_PURPOSES, consent)), "ignore": _NAMES,
            "tests": _tests({"type": "object", "additionalProperties": _ANY_TEXTS}, {"type": "object"}),
        },
        ["mapping", "to", "fields"],
    )  # fmt: skip


def _outbound(catalogue: Catalogue, to: str) -> Schema:
    known: Schema = {"enum": sorted(path for path in catalogue.fields if catalogue[path].rule != "touch")}
    paths: Schema = {"anyOf": [known, {"type": "string", "pattern": rf"^{re.escape(SET_PREFIX)}[a-z][a-z0-9_]*$"}]}
    sources = {"anyOf": [paths, {"type": "array", "items": paths, "minItems": 1}]}
    verbs = {
        "from": sources, "default": _SCALAR, "update": _UPDATE, "required": _truth(), "values": _VALUES, "otherwise": _SCALAR,
        "ranges": _VALUES, "range": {"enum": list(ENDS)}, "join": {"type": "string"},
    }  # fmt: skip
    constant = {"anyOf": [_SCALAR, _closed({"value": _SCALAR, "update": _UPDATE}, ["value"])]}
    actions = {
        name: _closed({**dict.fromkeys(kind.fields, _TEXTS), "when": _when()}, kind.needs) for name, kind in kinds_of(to).items()
    }
    expect = {key: {"type": ["object", "array", "null"]} for key in OUTBOUND_EXPECT}
    company = {"company": _closed({"domain": sources, "name": sources}, ["domain"])} if to in HAS_COMPANIES else {}
    return _closed(
        {
            "mapping": _SCALAR, "to": _SCALAR, "object": _SCALAR, "update": _UPDATE,
            "fields": {"type": "object", "additionalProperties": {"anyOf": [sources, _closed(verbs, ["from"])]}},
            "set": {"type": "object", "additionalProperties": constant},
            "from_crm": _closed(_lines_back(catalogue)), **company,
            "owner": _closed({"assigned_by": {"enum": ["leadrelay", *SINKS]}, "update": _UPDATE}),
            "each_touch": _closed(actions),
            "when_converted": _closed({"object": _SCALAR, "mapping": _SCALAR}, ["object", "mapping"]),
            "tests": _tests({"type": "object"}, _closed(expect)),
        },
        ["mapping", "to", "object", "fields"],
    )  # fmt: skip


def _lines_back(catalogue: Catalogue) -> dict[str, Schema]:
    """Each lead field that a CRM may tell, with the CRM's field and the verbs of a source mapping."""
    verbs: dict[str, Schema] = {
        "from": _TEXTS, "region": {"type": "string", "pattern": "^[A-Za-z]{2}$"}, "values": _VALUES, "otherwise": _SCALAR,
        "join": {"type": "string"},
    }  # fmt: skip
    line = {"anyOf": [_TEXTS, _closed(verbs, ["from"])]}
    paths = sorted(path for path in catalogue.fields if catalogue.is_told(path) and not path.startswith("owner."))
    return {path: {**line, "description": catalogue[path].label} for path in paths}


def _tests(given: Schema, expect: Schema) -> Schema:
    return {"type": "array", "items": _closed({"name": _SCALAR, "given": given, "expect": expect}, ["name", "given", "expect"])}


def _when() -> Schema:
    verbs: dict[str, Schema] = {verb: _truth() if verb == "known" else _TEXTS for verb in CLAUSE_VERBS}
    return {"type": "object", "additionalProperties": {**_closed(verbs), "minProperties": 1}, "minProperties": 1}


def _truth() -> Schema:
    return {"enum": [True, False, "true", "false", "yes", "no", "on", "off"]}
