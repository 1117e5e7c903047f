"""Which sources a worker asks, and what asks each of them."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from connectors.sources import PullSource
from leadrelay import plans
from leadrelay.engine.credentials import StoredTokens
from leadrelay.settings import SourceSettings

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.engine.worker import Puller


def is_pulled(source: SourceSettings) -> bool:
    """Whether a source is asked, or its folder watched, by a worker."""
    spec = source.spec
    return spec.open_pull is not None or (spec.watches is not None and spec.watches(source.config) is not None)


def open_puller(app: App, name: str) -> Puller:
    """What asks a source; nothing is connected yet."""
    source = app.configuration.settings.sources[name]
    if source.spec.open_pull is not None:
        from leadrelay.engine.pulling import LEASE_FOR, Pulling

        return Pulling(
            app.database,
            name,
            lambda: open_pull(app, source),
            settings=fingerprint(app, source),
            lease_for=min(LEASE_FOR, app.configuration.settings.worker.lease),
            clock=app.clock,
            ids=app.ids,
        )
    from leadrelay.engine.watching import Watching

    return Watching(app, source)


def open_pull(app: App, source: SourceSettings) -> PullSource:
    """The connection of a source that is asked, sharing its access tokens with all workers; nothing is connected yet."""
    assert source.spec.open_pull is not None  # noqa: S101 - asked for where the connector has one
    tokens = StoredTokens(app.database, f"source:{source.name}", app.vault, clock=app.clock, ids=app.ids)
    return source.spec.open_pull(plans.source_context(source), source.config, tokens)


def fingerprint(app: App, source: SourceSettings) -> str:
    """Changes with each of a source's settings, its secrets included, which can not be guessed from it."""
    told = repr(_plain(source.config)).encode()
    return hmac.new(app.vault.erasure_key, b"source-settings:" + told, hashlib.sha256).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return [(name, _plain(getattr(value, name))) for name in type(value).model_fields]
    return value
