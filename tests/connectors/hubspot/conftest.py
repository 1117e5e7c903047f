"""One simulated portal for all HubSpot tests, fresh for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadrelay.sandbox.hubspot import Settings
from leadrelay.sandbox.server import HubSpotServer
from tests.connectors.hubspot.support import World


@pytest.fixture(scope="session")
def hubspot() -> Iterator[HubSpotServer]:
    with HubSpotServer() as server:
        yield server


@pytest.fixture
def world(hubspot: HubSpotServer) -> World:
    hubspot.portal.settings = Settings(burst_limit=10_000)
    hubspot.portal.interfere = None
    hubspot.portal.reset()
    hubspot.faults.clear()
    return World(hubspot)
