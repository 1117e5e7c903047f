"""When the versions of HubSpot's API end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.problems import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.instants import Instant

SUPPORTED_MONTHS = 18
"""How long a dated version is supported after its release (HubSpot's developer documentation, `Versioning`)."""

_LEGACY_ENDS = (2027, 9)
"""The month in which the numbered paths end (the migration guide to dated versions)."""


def ends_in(version: str) -> tuple[int, int]:
    """The year and the month in which a version's support ends."""
    year, _, month = version.partition("-")
    if not month:
        return _LEGACY_ENDS
    months = int(year) * 12 + int(month) - 1 + SUPPORTED_MONTHS
    return months // 12, months % 12 + 1


def ending(config: BaseModel, by: Instant) -> Sequence[Problem]:
    """A problem when the version that is set will not be supported any more at that instant."""
    from core.instants import to_datetime

    version = str(getattr(config, "api_version", ""))
    year, month = ends_in(version)
    moment = to_datetime(by)
    if (moment.year, moment.month) < (year, month):
        return ()
    sentence = f"HubSpot supports its API version {version} until {year}-{month:02}. Set `api_version` to the newest one."
    return (Problem("version_ending", sentence, "api_version"),)
