"""A sink opened by a command for a moment: with its own token, apart from the workers and the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.base import Sink
    from leadrelay.configuration import Configuration
    from leadrelay.settings import SinkSettings


class OwnTokens:
    """Access tokens of one command, forgotten at its end. Implements `connectors.base.Tokens`."""

    def __init__(self) -> None:
        self._document: str | None = None

    def current(self) -> str | None:
        """The token got so far."""
        return self._document

    def refresh(self, stale: str | None, fetch: Callable[[], str]) -> str:
        """A newer token than `stale`."""
        if self._document is None or self._document == stale:
            self._document = fetch()
        return self._document


@contextmanager
def opened(sink: SinkSettings, built: Configuration) -> Iterator[Sink]:
    """The sink's connector as the configuration sets it, closed at the end of the block."""
    from leadrelay.plans import sink_plan

    plan = sink_plan(built, sink)
    assert sink.spec.open_sink is not None  # noqa: S101 - the settings take only connectors that are sinks
    crm = sink.spec.open_sink(sink.config, plan.context(OwnTokens()))
    try:
        yield crm
    finally:
        crm.close()


@contextmanager
def asking(sink: SinkSettings, built: Configuration) -> Iterator[Sink]:
    """Like `opened`, for a command that can do nothing else: what the CRM refuses or does not answer ends the command."""
    from connectors.base import Retry, Stop
    from leadrelay.commands.output import deny, give_up

    try:
        with opened(sink, built) as crm:
            yield crm
    except Stop as error:
        deny(f"sink `{sink.name}`: {error.problem.message}")
    except Retry as error:
        give_up(f"sink `{sink.name}`: {error.reason}")
