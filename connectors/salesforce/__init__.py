"""Salesforce: leads, contacts, tasks and campaign members over the REST API, spoken to through simple-salesforce."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.base import Sink, SinkContext, Spec
from connectors.salesforce.config import SalesforceConfig
from connectors.salesforce.ending import ending

if TYPE_CHECKING:
    from pydantic import BaseModel


def _open(config: BaseModel, context: SinkContext) -> Sink:
    from connectors.salesforce.sink import SalesforceSink

    return SalesforceSink(cast("SalesforceConfig", config), context)


SPEC = Spec(
    name="salesforce",
    title="Salesforce",
    sink_config=SalesforceConfig,
    open_sink=_open,
    objects=("Lead", "Contact"),
    action_objects={"task": "Task", "campaign_member": "CampaignMember"},
    ending=ending,
)
