"""A captured submission as a touch, or why it is none: what processing does first, and what a replay does again."""

from __future__ import annotations

import json
from collections.abc import Mapping

import structlog

from connectors.sources import Ignored, Unreadable
from core.identity import match_keys, name_tokens
from core.lead import Names
from core.mapping import Held, read_touch
from core.problems import Problem
from core.traces import traces_of
from leadrelay.engine.judging import judged
from leadrelay.engine.manual import ADDED_BY
from leadrelay.engine.plan import ProcessPlan, SourcePlan
from leadrelay.engine.rows import Read
from leadrelay.store.ids import to_uid
from leadrelay.store.leads import Leased

log = structlog.get_logger(__name__)

ACCEPTED = "x-leadrelay-accepted"
"""The header of a submission that a person has taken for a lead, although its reader does not or the rules put it aside."""


def read_submission(plan: ProcessPlan, submission: Leased) -> Read:
    """The submission's touch; whatever goes wrong holds this one submission and no other. The store is not asked."""
    source = plan.sources.get(submission.source)
    if source is None:
        return Read(submission, None, held=(_no_source(submission.source),))
    try:
        headers = json.loads(submission.headers)
        names = _names(source, submission, headers)
        if isinstance(names, str):
            return Read(submission, None, ignored=names)
        touch = read_touch(
            source.mapping,
            names,
            uid=to_uid(submission.id),
            source=submission.source,
            received_at=submission.received_at,
            submitted_at=submission.submitted_at,
            is_test=bool(submission.is_test),
            catalogue=plan.catalogue,
            zone=source.zone,
            region=source.region,
        )
        by = str(headers.get(ACCEPTED, ""))
        aside: tuple[Problem, ...] = ()
        if not isinstance(touch, Held):
            traces = traces_of(names, headers, source.mapping.input_names)
            touch, aside = judged(plan, touch, traces, by, is_added=ADDED_BY in headers)
    except Unreadable as error:
        return Read(submission, None, held=(error.problem,))
    except Exception:
        log.exception("reading_failed", submission=to_uid(submission.id))
        problem = Problem("internal_error", "reading this submission failed inside leadrelay; the log has the trace")
        return Read(submission, None, held=(problem,))
    if isinstance(touch, Held):
        return Read(submission, None, held=touch.problems)
    values = {path: cell.value for path, cell in touch.fields.items()}
    return Read(submission, touch, match_keys(values), name_tokens(values), values=values, aside=aside, accepted_by=by)


def _no_source(name: str) -> Problem:
    return Problem("unknown_source", f"no source `{name}` is configured any more: add it again, then retry", name)


def _names(source: SourcePlan, submission: Leased, headers: Mapping[str, str]) -> Names | str:
    """A submission's names, or why its reader takes it for no lead; what a person has accepted is one. Raises Unreadable."""
    try:
        return source.reader.names(headers, bytes(submission.body))
    except Ignored as no_lead:
        return no_lead.names if ACCEPTED in headers else f"{no_lead.code}: {no_lead.reason}"
