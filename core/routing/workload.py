"""Whether a lead is still somebody's work: open leads count towards the most that a member may have."""

from __future__ import annotations

import re

from core.conditions import Subject

_ENDS = ("sales.converted_at", "sales.opportunity_id")
_OVER = re.compile(r"(closed|converted|unqualified|disqualified|not qualified|won|lost|junk|recycled)\b")
_CUSTOMER = ("customer", "evangelist")


def is_open(lead: Subject) -> bool:
    """Whether a lead waits for sales: not converted, no customer yet, and not closed or disqualified by its status."""
    if any(lead.value(path) for path in _ENDS):
        return False
    if str(lead.value("lifecycle_stage") or "").lower() in _CUSTOMER:
        return False
    status = re.sub(r"[\s_-]+", " ", str(lead.value("status") or "")).strip().lower()
    return _OVER.match(status) is None
