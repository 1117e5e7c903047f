"""The outcome of the rules in a lead: the same for a lead that a submission made or changed and one that a CRM changed."""

from __future__ import annotations

import structlog

from core.instants import Instant
from core.lead import Lead, Won
from leadrelay.engine.plan import ProcessPlan

log = structlog.get_logger(__name__)


def qualified(plan: ProcessPlan, lead: Lead, before: Lead | None, now: Instant) -> Lead:
    """The lead with the outcome of the rules, dated by its newest touch; another outcome is another version.

    `before` is the lead as the store holds it. Rules that fail leave the lead as it is, and the log has the trace.
    """
    if plan.qualify is None:
        return lead
    newest = lead.fields.get("last_touch.kind") or max(lead.fields.values(), key=lambda won: (won.at, won.touch))
    try:
        verdict = plan.qualify(lead, now)
    except Exception:
        log.exception("qualifying_failed", lead=lead.uid)
        return lead
    outcome = {"outcome": verdict.outcome, "outcome_reason": verdict.reason}
    fields = {**lead.fields, **{path: Won(text, newest.at, newest.touch) for path, text in outcome.items() if text}}
    if fields == lead.fields:
        return lead
    is_same_version = before is not None and before.version == lead.version
    return Lead(lead.uid, lead.version + is_same_version, fields, lead.kinds, lead.is_test, lead.marks, lead.acts)
