"""How often: a token bucket for posts, and a count per hour for what is kept of refused ones."""

from __future__ import annotations

import math

from core.documents import RateLimit
from core.instants import HOUR, SECOND, Instant


class TokenBucket:
    """Lets through a rate's count at once, and on average its count in its period."""

    def __init__(self, rate: RateLimit, now: Instant) -> None:
        self.rate = rate
        self._level = float(rate.count)
        self._filled_at = now

    def take(self, now: Instant) -> int:
        """Take one: 0 when it was there, else the whole seconds to wait for the next."""
        per_ms = self.rate.count / self.rate.per_ms
        self._level = min(float(self.rate.count), self._level + max(0, now - self._filled_at) * per_ms)
        self._filled_at = now
        if self._level >= 1.0:
            self._level -= 1.0
            return 0
        return max(1, math.ceil((1.0 - self._level) / per_ms / SECOND))


class Rates:
    """One bucket per source, kept over a reload unless its rate has changed."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, source: str, rate: RateLimit, now: Instant) -> int:
        """Take one post of a source: 0 when it may pass, else the seconds to wait."""
        bucket = self._buckets.get(source)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[source] = TokenBucket(rate, now)
        return bucket.take(now)


class HourlyCount:
    """Counts per name within the running hour."""

    def __init__(self) -> None:
        self._hour = 0
        self._counts: dict[str, int] = {}

    def allows(self, name: str, limit: int, now: Instant) -> bool:
        """Count one more; False when the hour's limit is reached already."""
        hour = now // HOUR
        if hour != self._hour:
            self._hour, self._counts = hour, {}
        count = self._counts.get(name, 0)
        if count >= limit:
            return False
        self._counts[name] = count + 1
        return True
