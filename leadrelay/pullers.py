"""Which sources a worker asks, and what asks each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        from leadrelay.engine.pulling import Pulling

        return Pulling(app.database, source, clock=app.clock, ids=app.ids)
    from leadrelay.engine.watching import Watching

    return Watching(app, source)
