"""One simulator for all Salesforce tests, fresh for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadrelay.sandbox.salesforce import Settings
from leadrelay.sandbox.server import SandboxServer
from tests.connectors.salesforce.support import World


@pytest.fixture(scope="session")
def salesforce() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def world(salesforce: SandboxServer) -> World:
    salesforce.org.settings = Settings()
    salesforce.org.reset()
    salesforce.faults.clear()
    return World(salesforce)
