"""The JSON Schema of rule files says what the compiler accepts of the section `scoring`."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.documents import Plain, read_document
from leadrelay.rules_schema import rules_schema
from tests.support.scoring import CATALOGUE, EXAMPLE, FOLDER, read

SCHEMA = rules_schema(CATALOGUE)


def accepts(schema: dict[str, Any], value: Plain) -> bool:
    """The keywords that the schema of rules uses, for trees whose scalars are all text."""
    if "$ref" in schema:
        return accepts(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]], value)
    if "anyOf" in schema and not any(accepts(part, value) for part in schema["anyOf"]):
        return False
    if isinstance(value, dict):
        return schema.get("type", "object") == "object" and accepts_object(schema, value)
    if isinstance(value, list):
        is_long = len(value) >= schema.get("minItems", 0)
        return (
            schema.get("type", "array") == "array" and is_long and all(accepts(schema.get("items", {}), item) for item in value)
        )
    return accepts_text(schema, value)


def accepts_text(schema: dict[str, Any], value: str) -> bool:
    kinds = schema.get("type", ["string"])
    return "string" in ([kinds] if isinstance(kinds, str) else kinds) and re.search(schema.get("pattern", ""), value) is not None


def accepts_object(schema: dict[str, Any], value: dict[str, Plain]) -> bool:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if set(schema.get("required", [])) - set(value) or len(value) < schema.get("minProperties", 0):
        return False
    if any(not re.search(schema.get("propertyNames", {}).get("pattern", ""), key) for key in value):
        return False
    parts = [(properties.get(key, others), item) for key, item in value.items()]
    return all(part is True or (part is not False and accepts(part, item)) for part, item in parts)


@pytest.mark.parametrize(
    "text", [EXAMPLE, *((FOLDER / name).read_text("utf-8") for name in ("course-school.yaml", "points-table.yaml"))]
)
def test_the_scorings_of_the_documentation_and_the_guides_fit_the_schema(text: str) -> None:
    tree = read_document(text, "r.yaml").plain()
    assert isinstance(tree, dict)
    assert accepts(SCHEMA["properties"]["scoring"], tree["scoring"])


@pytest.mark.parametrize(
    "scoring",
    [
        "{limit: many, engagement: {reply: 5}}",
        "{engagment: {reply: 5}}",
        "{engagement: {reply: 2.5}}",
        "{engagement: []}",
        "{engagement: {reply: {at_most: 3}}}",
        "{engagement: {reply: {points: 3, halflife: 2 days}}}",
        "{engagement: {reply: 5, half_life: 12}}",
        "{fit: [{points: 5}]}",
        "{fit: [{when: {compny.name: {is: x}}, touch: a, points: 5}]}",
        "{engagement: {reply: 5}, bands: {hot: high}}",
        "{engagement: {reply: 5}, lifecycle_stage: {Sql: {at_least: 80}}}",
        "{engagement: {reply: 5}, lifecycle_stage: {sql: {}}}",
        "{engagement: {reply: 5}, lifecycle_stage: {sql: {untill: 5}}}",
    ],
)
def test_what_the_schema_refuses_the_compiler_refuses_too(scoring: str) -> None:
    assert not accepts(SCHEMA["properties"]["scoring"], read_document(scoring, "r.yaml").plain())
    assert read(f"scoring: {scoring}")[1]
