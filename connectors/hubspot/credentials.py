"""Who the access token belongs to and what it may do, as far as HubSpot tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Retry, Stop, TooLarge
from connectors.hubspot.auth import introspect
from connectors.hubspot.client import Client
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import Refused

_WHOLE = {"contacts": ("crm.objects.contacts.", "crm.objects.companies.", "crm.objects.deals.", "crm.objects.owners.")}
"""Older scopes that stand for several of today's."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The token's account, the app or user that acts, and the scopes granted; empty where HubSpot does not tell."""

    portal: str = ""
    acting: str = ""
    scopes: frozenset[str] = frozenset()

    def may(self, scope: str) -> bool:
        """Whether a scope is granted, under its own name or within an older one."""
        return scope in self.scopes or any(old in self.scopes and scope.startswith(parts) for old, parts in _WHOLE.items())


def look_up(client: Client, config: HubSpotConfig) -> Credentials:
    """Ask HubSpot what it knows of the token; a portal that does not answer that is no reason to stop."""
    token = client.token()
    if config.auth.access_token is not None and token.good_until is None:
        told = _about_static(client, token.access_token)
    else:
        told = introspect(config, token)
    user = str(told.get("user") or told.get("userId") or told.get("user_id") or "")
    app = str(told.get("appId") or told.get("app_id") or "")
    scopes = told.get("scopes") or told.get("scope") or ()
    listed = scopes.split() if isinstance(scopes, str) else scopes if isinstance(scopes, list) else ()
    return Credentials(
        portal=str(told.get("hubId") or told.get("hub_id") or ""),
        acting=", ".join(part for part in (f"app {app}" if app else "", f"user {user}" if user else "") if part),
        scopes=frozenset(str(scope) for scope in listed) or frozenset(token.scopes),
    )


def _about_static(client: Client, access_token: str) -> Mapping[str, Any]:
    try:
        told = client.call("POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": access_token})
    except (Refused, Retry, Stop, TooLarge):  # only a convenience: service keys may not have it
        return {}
    return told if isinstance(told, dict) else {}
