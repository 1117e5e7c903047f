"""Acme: leads from its webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.acme.config import AcmeSourceConfig
from connectors.base import Spec
from connectors.sources import PushSource, SourceContext

if TYPE_CHECKING:
    from pydantic import BaseModel


def _open(context: SourceContext, config: BaseModel) -> PushSource:
    from connectors.acme.source import AcmeSource

    return AcmeSource(context.name, cast("AcmeSourceConfig", config))


SPEC = Spec(name="acme", title="Acme", source_config=AcmeSourceConfig, open_source=_open)
