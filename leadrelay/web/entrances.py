"""The sources that are posted to, as the web process holds them: swapped as a whole when the configuration is reloaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from connectors.sources import PushSource
from core.documents import RateLimit

DEFAULT_MAX_BODY = 2_000_000
DEFAULT_QUARANTINE_PER_HOUR = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one source takes: the largest body in bytes, posts in a period (None: all that come), and how many
    refused posts are kept per hour."""

    max_body: int = DEFAULT_MAX_BODY
    rate: RateLimit | None = None
    quarantine_per_hour: int = DEFAULT_QUARANTINE_PER_HOUR


def limits_of(config: BaseModel, max_body: int = DEFAULT_MAX_BODY) -> Limits:
    """The limits that a push source's settings name, those it does not know left at their defaults; no body passes `max_body`."""
    own = getattr(config, "max_body", None) or max_body
    quarantine = getattr(config, "quarantine_per_hour", DEFAULT_QUARANTINE_PER_HOUR)
    return Limits(min(own, max_body), getattr(config, "rate", None), quarantine)


@dataclass(frozen=True, slots=True)
class Entrance:
    """One source that is posted to, ready to decide; `mapped_names` are the input names its mapping reads."""

    name: str
    source: PushSource
    mapped_names: frozenset[str] = frozenset()
    limits: Limits = Limits()


class Entrances:
    """The entrances of the configuration in force. Until the first `replace` nothing is known, so nobody is told "not found"."""

    def __init__(self, entrances: Iterable[Entrance] | None = None, closed: Iterable[str] = ()) -> None:
        self._in_force: tuple[Mapping[str, Entrance], frozenset[str]] | None = None
        if entrances is not None:
            self.replace(entrances, closed)

    def replace(self, entrances: Iterable[Entrance], closed: Iterable[str] = ()) -> None:
        """Put a new set in force at once, from any thread; `closed` are configured sources that can not be opened now (503, never
        404)."""
        # One assignment: a post that comes in between sees the old set or the new one, never a source in neither.
        self._in_force = ({entrance.name: entrance for entrance in entrances}, frozenset(closed))

    def get(self, name: str) -> Entrance | None:
        """The source's entrance, or None."""
        return None if self._in_force is None else self._in_force[0].get(name)

    def may_open(self, name: str) -> bool:
        """Whether a source for which `get` gave nothing is there all the same: the process is starting, the source is closed for
        now, or it has been opened since."""
        return self._in_force is None or any(name in part for part in self._in_force)

    @property
    def is_loaded(self) -> bool:
        """Whether a configuration is in force."""
        return self._in_force is not None
