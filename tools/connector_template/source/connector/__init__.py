"""Acme: leads from its webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.acme.config import AcmeSourceConfig
from connectors.base import PushSource, Spec

if TYPE_CHECKING:
    from pydantic import BaseModel


def _open(name: str, config: BaseModel) -> PushSource:
    from connectors.acme.source import AcmeSource

    return AcmeSource(name, cast("AcmeSourceConfig", config))


SPEC = Spec(name="acme", title="Acme", source_config=AcmeSourceConfig, open_source=_open)
