"""The JSON Schema of rule files says what the compiler accepts of the section `routing`."""

from __future__ import annotations

import pytest

from core.documents import read_document
from tests.test_rules_schema import SCHEMA, accepts

LAST = "{name: rest, otherwise: true, queue: unassigned}"


def fits(section: str) -> bool:
    tree = read_document(section, "r.yaml").plain()
    return accepts(SCHEMA["properties"]["routing"], tree)


@pytest.mark.parametrize(
    "section",
    [
        f"{{to: [{LAST}]}}",
        f"{{start_when: sales_ready, reroute: when_overdue, to: [{{name: a, when: big, pool: dach, tier: 1}}, {LAST}]}}",
        f"{{to: [{{name: a, when: {{company.country: {{is: DE}}}}, owner: account.owner}}, {LAST}]}}",
        f"{{to: [{LAST}], respond_within: {{minutes: 30, hours: business, warn: owner, then: manager}}}}",
    ],
)
def test_what_the_compiler_accepts_fits(section: str) -> None:
    assert fits(section)


@pytest.mark.parametrize(
    "section",
    [
        "{}",
        "{to: []}",
        "{to: [{name: a, queue: unassigned}]}",
        f"{{to: [{{name: a, when: big, otherwise: true, pool: dach}}, {LAST}]}}",
        f"{{to: [{LAST}], reruote: never}}",
        f"{{to: [{LAST}], respond_within: {{hours: business}}}}",
        f"{{to: [{LAST}], respond_within: {{minutes: soon}}}}",
    ],
)
def test_what_the_compiler_refuses_does_not_fit(section: str) -> None:
    assert not fits(section)
