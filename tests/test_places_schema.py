"""The JSON Schema of rule files says what the compiler accepts of criteria, verdicts, segments, personas and stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.documents import read_document
from core.fields import STANDARD
from core.rule_files import SECTIONS, compile_rules
from leadrelay.custom_fields import read_fields
from leadrelay.rules_schema import rules_schema
from tests.test_rules_schema import accepts

SCHEMA = rules_schema(STANDARD)
PACKS = Path(__file__).parents[1] / "config" / "examples"
WHEN = "{company.name: {known: true}}"
END = "{outcome: y, otherwise: true, reason: r}"

GOOD = [
    f"checks: {{a: {WHEN}}}\ncriteria: {{bant: [a]}}",
    f"qualification: [{END}]",
    f"qualification: {{pql: [{END}], lead: [{{outcome: x, when: {WHEN}, reason: r}}, {END}]}}",
    f"segments: {{dach-large: {{when: {WHEN}, label: DACH}}}}",
    f"personas: [{{persona: a, when: {WHEN}, points: 3}}, {{persona: b, otherwise: true}}]",
    "stages: {lifecycle_stage: {order: [a, b], aside: c, jumps: no, returns: yes, moves: {a: [b], b: []}}, status: {order: [a]}}",
    f"stages: {{journey_stage: {{rules: [{{stage: decision, when: {WHEN}}}, {{stage: awareness, otherwise: true}}]}}}}",
]
BAD = [
    "criteria: [a]",
    "qualification: {pql: {}}",
    "qualification: {pql: [{outcome: y, otherwise: true}]}",
    "qualification: {}",
    f"segments: {{a: {{wen: {WHEN}}}}}",
    "segments: {a: {label: A}}",
    f"segments: {{A b: {{when: {WHEN}}}}}",
    "personas: []",
    f"personas: [{{persona: a, when: {WHEN}, points: many}}]",
    f"personas: [{{when: {WHEN}}}]",
    f"personas: [{{persona: a, when: {WHEN}, otherwise: true}}]",
    "stages: {statu: {order: [a]}}",
    "stages: {status: {order: [a], rules: []}}",
    "stages: {status: {order: [a], jumps: maybe}}",
    "stages: {journey_stage: {rules: [{stage: decision}]}}",
]


def test_every_section_is_in_the_schema() -> None:
    assert tuple(SCHEMA["properties"]) == SECTIONS


@pytest.mark.parametrize("text", GOOD)
def test_what_the_compiler_accepts_fits_the_schema(text: str) -> None:
    document = read_document(text, "r.yaml")
    assert compile_rules([document], STANDARD)[1] == []
    assert accepts(SCHEMA, document.plain())


@pytest.mark.parametrize("text", BAD)
def test_what_the_schema_refuses_is_refused_by_the_compiler_too(text: str) -> None:
    document = read_document(text, "r.yaml")
    assert not accepts(SCHEMA, document.plain())
    assert compile_rules([document], STANDARD)[1] != []


@pytest.mark.parametrize("name", ["bant", "meddic", "champ", "gpct", "segments"])
def test_the_shipped_packs_fit_the_schema(name: str) -> None:
    catalogue, _ = read_fields(read_document((PACKS / "fields.yaml").read_text("utf-8"), "fields.yaml"))
    document = read_document((PACKS / f"{name}.yaml").read_text("utf-8"), name)
    assert accepts(rules_schema(catalogue), {key: value for key, value in document.plain().items() if key != "tests"})
