"""Acme: leads as records of its JSON API."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.acme.config import AcmeSinkConfig
from connectors.base import Sink, SinkContext, Spec

if TYPE_CHECKING:
    from pydantic import BaseModel


def _open(config: BaseModel, context: SinkContext) -> Sink:
    from connectors.acme.sink import AcmeSink

    return AcmeSink(cast("AcmeSinkConfig", config), context)


SPEC = Spec(name="acme", title="Acme", sink_config=AcmeSinkConfig, open_sink=_open, objects=("Lead",))
