"""What of a sink's settings Salesforce has said will stop working."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.problems import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.instants import Instant

NEWEST_ENDING = 40
"""Versions 31 to 40 are unsupported from Summer '27 and retired with Summer '28 (Salesforce's REST API End-of-Life Policy)."""


def ending(config: BaseModel, by: Instant) -> Sequence[Problem]:
    """The announced ends that these settings meet, however far away: what is set up today should outlive them."""
    from connectors.salesforce.config import SalesforceConfig

    if not isinstance(config, SalesforceConfig):
        return ()
    found = []
    if float(config.api_version) <= NEWEST_ENDING:
        sentence = (
            f"Salesforce supports its API version {config.api_version} until Summer '27 and retires it with Summer '28. Set"
            " `api_version` to a newer one, such as 68.0."
        )
        found.append(Problem("version_ending", sentence, "api_version"))
    if config.auth.flow == "password":
        sentence = (
            "The password flow is a legacy login that new orgs block: create an External Client App and use the flow"
            " client_credentials or jwt."
        )
        found.append(Problem("legacy_login", sentence, "auth.flow"))
    return found
