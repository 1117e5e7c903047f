"""Web forms and generic webhooks: whatever posts JSON or form fields, a Salesforce Web-to-Lead form included."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.base import Spec
from connectors.sources import PushSource, SourceContext
from connectors.webform.config import WebformConfig

if TYPE_CHECKING:
    from pydantic import BaseModel


def _open(context: SourceContext, config: BaseModel) -> PushSource:
    from connectors.webform.source import WebformSource

    return WebformSource(context.name, cast("WebformConfig", config))


SPEC = Spec(name="webform", title="Web form or webhook", source_config=WebformConfig, open_source=_open)
