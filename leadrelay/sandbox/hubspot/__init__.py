"""A HubSpot portal in memory: the CRM that the demo and the tests deliver to."""

from leadrelay.sandbox.hubspot.portal import Call, HubSpotPortal
from leadrelay.sandbox.hubspot.settings import Settings
from leadrelay.sandbox.hubspot.writing import Rule

__all__ = ["Call", "HubSpotPortal", "Rule", "Settings"]
