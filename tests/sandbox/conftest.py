"""A simulator in a thread, and the real client package talking to it over sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sandbox_client import PortalClient, client_of
from simple_salesforce import Salesforce

from leadrelay.sandbox.hubspot import HubSpotPortal, Settings
from leadrelay.sandbox.salesforce import SalesforceOrg
from leadrelay.sandbox.server import HubSpotServer, SandboxServer


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> SandboxServer:
    """The module's simulator, fresh."""
    running.org.reset()
    running.faults.clear()
    return running


@pytest.fixture
def org(server: SandboxServer) -> SalesforceOrg:
    return server.org


@pytest.fixture
def sf(server: SandboxServer) -> Salesforce:
    return client_of(server)


@pytest.fixture
def upsert(sf: Salesforce) -> Callable[..., list[dict[str, Any]]]:
    """Send records through the collections upsert by our external id."""

    def send(*records: dict[str, Any], headers: dict[str, str] | None = None, all_or_none: bool = False) -> list[dict[str, Any]]:
        body = {"allOrNone": all_or_none, "records": [{"attributes": {"type": "Lead"}, **record} for record in records]}
        path = "composite/sobjects/Lead/Leadrelay_Id__c"
        return sf.restful(path, method="PATCH", json=body, headers=headers or {})  # type: ignore[return-value]

    return send


@pytest.fixture(scope="module")
def running_portal() -> Iterator[HubSpotServer]:
    with HubSpotServer() as server:
        yield server


@pytest.fixture
def hubspot(running_portal: HubSpotServer) -> HubSpotServer:
    """The module's HubSpot simulator, fresh and with the usual settings."""
    running_portal.portal.settings = Settings()
    running_portal.portal.reset()
    running_portal.faults.clear()
    return running_portal


@pytest.fixture
def portal(hubspot: HubSpotServer) -> HubSpotPortal:
    return hubspot.portal


@pytest.fixture
def hs(hubspot: HubSpotServer) -> PortalClient:
    return PortalClient(hubspot)
