"""HubSpot: contacts, companies, notes, tasks and lists over its dated REST paths, spoken to through hubspot-api-client."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.base import Burst, Sink, SinkContext, Spec
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.versions import ending

if TYPE_CHECKING:
    from pydantic import BaseModel


def _open(config: BaseModel, context: SinkContext) -> Sink:
    from connectors.hubspot.sink import HubSpotSink

    return HubSpotSink(cast("HubSpotConfig", config), context)


SPEC = Spec(
    name="hubspot",
    title="HubSpot",
    sink_config=HubSpotConfig,
    open_sink=_open,
    objects=("contacts",),
    action_objects={"note": "notes", "task": "tasks", "company": "companies"},
    prepared_actions=frozenset({"note", "task", "company"}),
    ending=ending,
    burst=Burst(100, 100, 10_000),  # Free and Starter; every answer names the portal's own (HubSpot's usage guidelines)
)
