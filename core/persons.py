"""What is worked out of a lead before any rule asks: whether the person is real, and how they can be reached. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from core.lead import Lead, Value
from core.reachability import reachability
from core.realness import judge_lead

VERDICT, VERDICT_REASONS = "person.verdict", "person.verdict_reasons"
REACHABLE, REACHABLE_REASONS = "person.reachable", "person.reachable_reasons"
JUDGED = (VERDICT, VERDICT_REASONS, REACHABLE, REACHABLE_REASONS)


def judgement(lead: Lead, *, trusts_signs: bool = False) -> Mapping[str, Value | None]:
    """The fields `JUDGED` of a lead, in the words of the catalogue; `trusts_signs` as in `judge_lead` and `reachability`."""
    realness = judge_lead(lead, trusts_signs=trusts_signs)
    reach = reachability(lead, trusts_signs=trusts_signs)
    return {
        VERDICT: realness.verdict,
        VERDICT_REASONS: realness.reasons or None,
        REACHABLE: reach.reached,
        REACHABLE_REASONS: reach.reasons or None,
    }
