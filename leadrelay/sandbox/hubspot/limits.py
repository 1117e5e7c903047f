"""The allowances of the app: a rolling burst window, a day of the account's time zone, and searches by the second."""

from __future__ import annotations

from collections import deque
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from leadrelay.sandbox.hubspot.refusals import Refusal

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal

_TEXTS = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}


class Limits:
    """Counts calls and refuses the one too many; refused calls use up nothing."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self._portal = portal
        self._burst: deque[datetime] = deque()
        self._searches: deque[datetime] = deque()
        self._day: date | None = None
        self._used = 0

    @property
    def used(self) -> int:
        """Calls of the account's present day."""
        today = self._portal.now().astimezone(ZoneInfo(self._portal.settings.time_zone)).date()
        if today != self._day:
            self._day, self._used = today, 0
        return self._used

    @property
    def in_burst(self) -> int:
        """Calls in the present window."""
        return _count(self._burst, self._portal.now() - timedelta(seconds=self._portal.settings.burst_for))

    def set_used(self, used: int) -> None:
        """Pretend that the account's apps made this many calls today."""
        _ = self.used  # the day must be the present one
        self._used = used

    def spend(self, *, is_search: bool) -> None:
        """Count one call or refuse it; searches are counted by the second instead of the window."""
        settings, now = self._portal.settings, self._portal.now()
        if self.used >= settings.daily_limit:
            raise self.refusal("DAILY")
        if is_search:
            if _count(self._searches, now - timedelta(seconds=settings.search_for)) >= settings.search_limit:
                raise self.refusal("SECONDLY")
            self._searches.append(now)
        else:
            if self.in_burst >= settings.burst_limit:
                raise self.refusal("TEN_SECONDLY_ROLLING")
            self._burst.append(now)
        self._used += 1

    def refusal(self, policy: str, retry_after: float | None = None) -> Refusal:
        """A 429 of this policy; a Retry-After only where the settings or the caller want it."""
        after = retry_after
        if after is None and self._portal.settings.retry_after:
            after = 10 if policy != "SECONDLY" else 1
        headers = {} if after is None else {"Retry-After": f"{after:g}"}
        correlation = self._portal.new_correlation_id()
        return Refusal(
            429,
            None,
            _TEXTS.get(policy, _TEXTS["TEN_SECONDLY_ROLLING"]),
            headers=headers,
            errorType="RATE_LIMIT",
            policyName=policy,
            requestId=correlation,
        )

    def headers(self, *, is_oauth: bool, is_search: bool) -> dict[str, str]:
        """What the service says of its limits: nothing on searches, no day for OAuth apps."""
        settings = self._portal.settings
        if is_search or not settings.rate_headers:
            return {}
        said = {
            "X-HubSpot-RateLimit-Max": str(settings.burst_limit),
            "X-HubSpot-RateLimit-Remaining": str(max(0, settings.burst_limit - self.in_burst)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(settings.burst_for * 1000)),
        }
        if not is_oauth:
            said["X-HubSpot-RateLimit-Daily"] = str(settings.daily_limit)
            said["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(0, settings.daily_limit - self.used))
        return said


def _count(calls: deque[datetime], border: datetime) -> int:
    while calls and calls[0] <= border:
        calls.popleft()
    return len(calls)
