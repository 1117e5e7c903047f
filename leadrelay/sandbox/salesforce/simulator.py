"""The Salesforce simulator: one org with its API, faults and control."""

from __future__ import annotations

from leadrelay.sandbox.app import App, simulator_app
from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.salesforce import control
from leadrelay.sandbox.salesforce.api import SalesforceApi
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.wire import Answer, Broken, Request


class SalesforceSimulator:
    """One org with its API, faults and control."""

    def __init__(self, org: SalesforceOrg, faults: Faults, base_url: str | None = None) -> None:
        self.org = org
        self.faults = faults
        self._api = SalesforceApi(org, faults, base_url)

    async def serve(self, request: Request) -> Answer | Broken:
        """Answer a call to the org."""
        return await self._api.serve(request)

    def control(self, request: Request) -> Answer:
        """Answer a call to the control API."""
        return control.answer(self.org, self.faults, request)


def create_app(org: SalesforceOrg | None = None, *, faults: Faults | None = None, base_url: str | None = None) -> App:
    """The Salesforce simulator as an ASGI application. `base_url` is the instance URL it tells (default: as it was called)."""
    org = org or SalesforceOrg()
    return simulator_app(SalesforceSimulator(org, faults or Faults(org.now), base_url))
