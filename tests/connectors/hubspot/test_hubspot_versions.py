"""When HubSpot's API versions end, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.hubspot import SPEC
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.versions import ends_in
from core.instants import from_datetime


@pytest.mark.parametrize(
    ("version", "ends"), [("2026-09", (2028, 3)), ("2026-03", (2027, 9)), ("2027-07", (2029, 1)), ("v3", (2027, 9))]
)
def test_a_dated_version_is_supported_for_18_months_and_numbered_paths_until_september_2027(version: str, ends: object) -> None:
    assert ends_in(version) == ends


@pytest.mark.parametrize(
    ("version", "year", "month", "is_told"),
    [
        ("2026-03", 2027, 8, False),
        ("2026-03", 2027, 9, True),
        ("v3", 2027, 8, False),
        ("v3", 2027, 10, True),
        ("2026-09", 2028, 1, False),
        ("2026-09", 2028, 3, True),
    ],
)
def test_the_settings_key_is_named_once_the_version_ends(version: str, year: int, month: int, is_told: bool) -> None:
    config = HubSpotConfig.model_validate({"auth": {"access_token": "t"}, "api_version": version})
    assert SPEC.ending is not None
    found = SPEC.ending(config, from_datetime(datetime(year, month, 2, tzinfo=UTC)))
    assert [(one.code, one.field) for one in found] == ([("version_ending", "api_version")] if is_told else [])
