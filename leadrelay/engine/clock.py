"""The shell's clock: the only place that asks the machine for the time."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.instants import Instant

Clock = Callable[[], Instant]
"""Something that tells the present instant; tests hand in their own."""


def system_clock() -> Instant:
    """The machine's time in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
