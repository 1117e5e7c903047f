"""The JSON Schema of mapping files says what the compiler accepts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.documents import Plain, read_document
from core.fields import Catalogue
from core.mapping import compile_mapping, mapping_schema

FILES = sorted((Path(__file__).parents[3] / "mappings").glob("*.yaml"))


def accepts(schema: dict[str, Any], value: Plain) -> bool:
    """The few keywords that the mapping schema uses, for trees whose scalars are all text."""
    if "if" in schema:
        branch = "then" if accepts(schema["if"], value) else "else"
        return accepts({key: part for key, part in schema.items() if key != "if"}, value) and accepts(schema[branch], value)
    if "anyOf" in schema and not any(accepts(part, value) for part in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "pattern" in schema and not (isinstance(value, str) and re.search(schema["pattern"], value)):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    kinds = schema.get("type", [])
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "string"
    if kinds and kind not in ([kinds] if isinstance(kinds, str) else kinds):
        return kind == "string" and value == "" and "object" in kinds
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(accepts(schema.get("items", {}), item) for item in value)
    return not isinstance(value, dict) or accepts_object(schema, value)


def accepts_object(schema: dict[str, Any], value: dict[str, Plain]) -> bool:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if set(schema.get("required", [])) - set(value) or len(value) < schema.get("minProperties", 0):
        return False
    for key, item in value.items():
        part = properties.get(key, others)
        if part is False or (isinstance(part, dict) and not accepts(part, item)):
            return False
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_mapping_fits_the_schema(path: Path, catalogue: Catalogue) -> None:
    assert accepts(mapping_schema(catalogue), read_document(path.read_text(encoding="utf-8"), path.name).plain())


@pytest.mark.parametrize(
    "text",
    [
        "to: lead\nfields: {}",
        "mapping: m\nto: nowhere\nfields: {}",
        "mapping: m\nto: lead\nfields: {person.emial: x}",
        "mapping: m\nto: lead\nfields: {score.total: x}",
        "mapping: m\nto: lead\nfields: {person.email: {from: x, updat: y}}",
        "mapping: m\nto: lead\nobject: Lead\nfields: {}",
        "mapping: m\nto: salesforce\nfields: {A: person.email}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {A: person.emial}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {A: {from: person.email, update: nver}}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {}\neach_touch: {campaign_member: {status: x}}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {}\neach_touch: {note: {body: x}}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {}\ncompany: {domain: company.domain}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {}\nfrom_crm: {score.total: x}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {}\nfrom_crm: {owner.email: x}",
        "mapping: m\nto: salesforce\nobject: Lead\nfields: {}\nfrom_crm: {person.phone: {from: x, default: y}}",
        "mapping: m\nto: hubspot\nobject: contacts\nfields: {}\neach_touch: {campaign_member: {campaign: x}}",
        "mapping: m\nto: hubspot\nobject: contacts\nfields: {}\ncompany: {name: company.name}",
    ],
)
def test_a_wrong_file_does_not_fit_the_schema(text: str, catalogue: Catalogue) -> None:
    assert not accepts(mapping_schema(catalogue), read_document(text, "m").plain())


@pytest.mark.parametrize(
    "text",
    [
        "to: salesforce\nobject: Lead\nfields: {A: owner.queue}\nfrom_crm: {status: S, person.phone: {from: [P, Q], region: DE}}",
        "to: hubspot\nobject: contacts\nfields: {a: status}\ncompany: {domain: [company.domain, company.website]}",
        "to: hubspot\nobject: contacts\nfields: {a: status}\neach_touch: {note: {body: touch.name}, list_membership: {list: 7}}",
    ],
)
def test_what_the_compiler_takes_fits_the_schema(text: str, catalogue: Catalogue) -> None:
    document = read_document(f"mapping: m\n{text}", "m")
    assert compile_mapping(document, catalogue)[1] == []
    assert accepts(mapping_schema(catalogue), document.plain())


def test_the_schema_is_plain_json_and_the_same_every_time() -> None:
    assert json.dumps(mapping_schema()) == json.dumps(mapping_schema())
