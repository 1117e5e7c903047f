"""Which connectors there are: found by their entry points, or in the `connectors` package of a source tree."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import connectors
from connectors.base import Spec

GROUP = "leadrelay.connectors"


class ConnectorBroken(Exception):
    """A connector is installed but can not be imported; the message says why."""


@cache
def connector_names() -> tuple[str, ...]:
    """The names of all connectors, sorted; nothing is imported for it."""
    installed = {point.name for point in entry_points(group=GROUP)}
    bundled = {module.name for module in pkgutil.iter_modules(connectors.__path__) if module.ispkg}
    return tuple(sorted(installed | bundled))


@cache
def find_connector(name: str) -> Spec | None:
    """What a connector declares of itself, or None when there is none of this name."""
    if name not in connector_names():
        return None
    try:
        for point in entry_points(group=GROUP, name=name):
            return _checked(name, point.load())
        return _checked(name, getattr(importlib.import_module(f"connectors.{name}"), "SPEC", None))
    except ImportError as error:
        raise ConnectorBroken(f"the connector `{name}` can not be loaded: {error}. Install it again") from error


def _checked(name: str, spec: object) -> Spec:
    if not isinstance(spec, Spec):
        raise ConnectorBroken(f"the connector `{name}` declares no SPEC. Install a version made for this leadrelay")
    return spec
