"""A HubSpot portal in memory: the CRM that the demo and the tests deliver to."""

from leadrelay.sandbox.hubspot.portal import Call, HubSpotPortal
from leadrelay.sandbox.hubspot.rules import Format, Rule
from leadrelay.sandbox.hubspot.settings import Settings

__all__ = ["Call", "Format", "HubSpotPortal", "Rule", "Settings"]
