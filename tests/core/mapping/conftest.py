"""Builders for mapping tests: a text becomes a compiled mapping, plain dicts become leads and touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import pytest

from core.documents import read_document
from core.fields import STANDARD, Catalogue, Field
from core.lead import Lead, Touch, Value, Won
from core.mapping import Held, InboundMapping, OutboundMapping, compile_mapping, read_touch
from core.problems import Problem

CATALOGUE = STANDARD.with_custom(
    [
        Field("custom.crm_users", "integer", "CRM users", False),
        Field("custom.balance", "decimal", "Balance", False),
        Field("custom.products", "list", "Products", False, "union"),
    ]
)


@pytest.fixture
def catalogue() -> Catalogue:
    return CATALOGUE


@pytest.fixture
def problems_of() -> Callable[[str], list[Problem]]:
    """Every problem of a mapping text, which must not compile."""

    def problems(text: str) -> list[Problem]:
        mapping, found = compile_mapping(read_document(dedent(text), "m.yaml"), CATALOGUE)
        assert mapping is None
        assert found
        return found

    return problems


@pytest.fixture
def compiled() -> Callable[[str], Any]:
    """A mapping from its text, which must be right."""

    def compile_text(text: str) -> InboundMapping | OutboundMapping:
        mapping, problems = compile_mapping(read_document(dedent(text), "m.yaml"), CATALOGUE)
        assert not problems, "\n".join(map(str, problems))
        assert mapping is not None
        return mapping

    return compile_text


@pytest.fixture
def touch_of() -> Callable[..., Touch | Held]:
    """The touch that names make under a mapping, captured at instant 1000."""

    def make(mapping: InboundMapping, names: Mapping[str, Any], **changes: Any) -> Touch | Held:
        given: dict[str, Any] = {
            "uid": "t1", "source": "web", "received_at": 1_000, "submitted_at": None, "is_test": False, "catalogue": CATALOGUE,
            "zone": "Europe/Berlin", "region": "DE",
        }  # fmt: skip
        return read_touch(mapping, names, **(given | changes))

    return make


@pytest.fixture
def lead_of() -> Callable[[Mapping[str, Value]], Lead]:
    """A lead that knows these values."""
    return lambda values: Lead("L1", 1, {path: Won(value, 1, "t1") for path, value in values.items()})
