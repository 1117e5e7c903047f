"""The HubSpot simulator: one portal with its API, faults and control."""

from __future__ import annotations

from leadrelay.sandbox.app import App, simulator_app
from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.hubspot import control
from leadrelay.sandbox.hubspot.api import HubSpotApi
from leadrelay.sandbox.hubspot.portal import HubSpotPortal
from leadrelay.sandbox.wire import Answer, Broken, Request


class HubSpotSimulator:
    """One portal with its API, faults and control."""

    def __init__(self, portal: HubSpotPortal, faults: Faults) -> None:
        self.portal = portal
        self.faults = faults
        self._api = HubSpotApi(portal, faults)

    async def serve(self, request: Request) -> Answer | Broken:
        """Answer a call to the portal."""
        return await self._api.serve(request)

    def control(self, request: Request) -> Answer:
        """Answer a call to the control API."""
        return control.answer(self.portal, self.faults, request)


def create_app(portal: HubSpotPortal | None = None, *, faults: Faults | None = None) -> App:
    """The HubSpot simulator as an ASGI application."""
    portal = portal or HubSpotPortal()
    return simulator_app(HubSpotSimulator(portal, faults or Faults(portal.now)))
