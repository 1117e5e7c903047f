"""The allowances of an org: API calls in a rolling 24 hours, and long calls at the same time."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce.refusals import refuse

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import SalesforceOrg

_WINDOW = timedelta(hours=24)


class Limits:
    """Counts calls by second and refuses the one too many."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._spent: deque[list[Any]] = deque()
        self._used = 0
        self.long_calls = 0

    @property
    def used(self) -> int:
        """Calls of the last 24 hours."""
        border = self._org.now() - _WINDOW
        while self._spent and self._spent[0][0] <= border:
            self._used -= self._spent.popleft()[1]
        return self._used

    def spend(self) -> None:
        """Count one call, or refuse it when the day's allowance is gone."""
        if self.used >= self._org.settings.daily_limit:
            raise refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self._add(self._org.now(), 1)

    def set_used(self, used: int) -> None:
        """Pretend that this many calls were made just now (by other programs of the org)."""
        self._spent.clear()
        self._used = 0
        self._add(self._org.now(), used)

    def _add(self, at: datetime, count: int) -> None:
        at = at.replace(microsecond=0)
        if self._spent and self._spent[-1][0] == at:
            self._spent[-1][1] += count
        else:
            self._spent.append([at, count])
        self._used += count

    def start(self, seconds: float) -> bool:
        """Say that a call will take so long; True when it counts as a long one, refused when there are too many."""
        settings = self._org.settings
        if self.long_calls >= settings.concurrent_limit:
            raise refuse("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
        if seconds < settings.concurrent_after:
            return False
        self.long_calls += 1
        return True

    def end(self) -> None:
        """A long call has ended."""
        self.long_calls -= 1

    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.used}/{self._org.settings.daily_limit}"

    def described(self) -> dict[str, Any]:
        """What `/limits` answers."""
        most = self._org.settings.daily_limit
        return {
            "DailyApiRequests": {"Max": most, "Remaining": max(0, most - self.used)},
            "DailyBulkApiBatches": {"Max": 15000, "Remaining": 15000},
            "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 10000},
            "DataStorageMB": {"Max": 1024, "Remaining": 1000},
            "FileStorageMB": {"Max": 1024, "Remaining": 1000},
        }
