"""A day's calls to a CRM: who may still spend of them, and how many the current volume is going to need.

A CRM allows so many calls in a day (Salesforce: in the last 24 hours, HubSpot: until midnight) and counts those of other
programs too. Fresh leads may use them up to the end; what nobody waits for leaves a reserve to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.instants import MINUTE, Instant

Kind = Literal["fresh", "backlog", "read_back", "watch"]
"""What a call is for: new leads; leads that nobody waits for; reading what people did; looking after the CRM's schema."""
KINDS: tuple[Kind, ...] = ("fresh", "backlog", "read_back", "watch")

TOLD_IS_GOOD_FOR = 15 * MINUTE
"""How long a CRM's word on the day's use keeps a backlog waiting: after that one pass goes and brings a newer word."""
_UP_TO = {"read_back": 90, "watch": 95}
"""Up to which share of the day's calls, in per cent, these may be made; a backlog's share is a setting."""
_READ_BACK_OF_A_DAY = 20
"""What reading back may use of a day's calls, in per cent."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Our own calls by kind in the last hour, day and week, and the leads brought in step with them."""

    hour: Mapping[Kind, int] = field(default_factory=dict)
    day: Mapping[Kind, int] = field(default_factory=dict)
    week: Mapping[Kind, int] = field(default_factory=dict)
    leads_day: int = 0
    leads_week: int = 0
    """Fresh leads: those that came in."""
    all_leads_week: int = 0
    days: float = 1.0
    """How long calls have been counted, from an hour to a week."""

    @property
    def calls_per_lead(self) -> float:
        """What a lead has cost in the week, batches and all."""
        calls = self.week.get("fresh", 0) + self.week.get("backlog", 0)
        return calls / self.all_leads_week if self.all_leads_week else 0.0

    @property
    def fresh_a_day(self) -> int:
        """How many calls a day's fresh leads need: those of the last day or of the week's average day, which are more."""
        leads = max(self.leads_day, self.leads_week / max(1.0, self.days))
        return max(self.day.get("fresh", 0), round(leads * self.calls_per_lead))

    @property
    def forecast(self) -> int:
        """How many calls a day the current volume needs; a backlog, which passes, is not in it.

        Within the first day only what is done at intervals is carried forward: nobody knows yet how many leads a day brings.
        """
        rest = self.week.get("read_back", 0) + self.week.get("watch", 0)
        return self.fresh_a_day + round(rest / self.days)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The day's calls as the CRM last told (None where it does not), our own cap, and a backlog's reserve in per cent."""

    used: int | None = None
    allowed: int | None = None
    told_at: Instant = 0
    cap: int | None = None
    reserve: int = 20

    @property
    def of_a_day(self) -> int | None:
        """How many calls a day may have at most, by the CRM's word and by our cap."""
        known = [one for one in (self.allowed, self.cap) if one]
        return min(known) if known else None


def refusal(kind: Kind, allowance: Allowance, spending: Spending, now: Instant) -> str:
    """Why a call of this kind has to wait for the day's sake, as a sentence; empty when it may be made."""
    share = 100 if kind == "fresh" else _UP_TO.get(kind, 100 - allowance.reserve)
    ours = sum(spending.day.values())
    if allowance.cap and ours >= allowance.cap * share // 100:
        return f"{ours} of the {allowance.cap} calls that `daily_calls` allows were made in the last 24 hours"
    used, allowed = allowance.used, allowance.allowed
    if kind == "fresh" or used is None or not allowed or abs(now - allowance.told_at) > TOLD_IS_GOOD_FOR:
        return ""
    if used >= allowed * share // 100:
        return f"{used} of the CRM's {allowed} calls of the day are used; the rest is kept for fresh leads"
    if kind == "read_back" and spending.day.get(kind, 0) >= max(1, allowed * _READ_BACK_OF_A_DAY // 100):
        return f"reading back has used its share of the CRM's {allowed} calls of the day"
    spent_otherwise = used - min(used, spending.day.get("fresh", 0))
    if kind == "backlog" and spent_otherwise + spending.fresh_a_day >= allowed:
        return f"fresh leads are going to need the rest of the CRM's {allowed} calls of the day"
    return ""


def warning(allowance: Allowance, spending: Spending) -> str:
    """What a person should know when the current volume needs more calls a day than there are; empty when it does not."""
    limit = allowance.of_a_day
    if not limit or spending.forecast <= limit:
        return ""
    return (
        f"at the current volume about {spending.forecast} calls a day are needed and {limit} are allowed: "
        "raise the allowance, let changes wait longer for company (`linger`), or read back less often"
    )
