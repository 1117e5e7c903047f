"""What a CRM's answers leave behind: links to records, and one attempt a row, without bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.base import Done, Found, Link, Outcome, Reject, Retry, Stop, TooLarge
from core.instants import Instant
from leadrelay.engine.settling import Sent


def links_in(sink: str, answers: Sequence[tuple[Sent, Outcome]], now: Instant) -> list[tuple[str, str, str, int, Instant]]:
    """The records that the answers name, as (sink, object, crm_id, lead_id, linked_at); actions make none."""
    found = []
    for sent, outcome in answers:
        if isinstance(outcome, Done | Found) and sent.row.object:
            links = outcome.links
            if outcome.crm_id and all(link.crm_id != outcome.crm_id for link in links):
                links = (Link(sent.row.object, outcome.crm_id), *links)
            found += [(sink, link.object, link.crm_id, sent.row.lead_id, now) for link in links]
    return found


def attempt_of(outcome: Outcome) -> tuple[str, str]:
    """The outcome in a word, and what to remember of it as JSON."""
    match outcome:
        case Done():
            data: dict[str, object] = {"sent": list(outcome.sent), "crm_id": outcome.crm_id}
            if outcome.left_out:
                data["left_out"] = [problem.as_json() for problem in outcome.left_out]
            if outcome.note:
                data["note"] = outcome.note
            return ("created" if outcome.created else "updated"), json.dumps(data)
        case Found():
            return "found", json.dumps({"crm_id": outcome.crm_id})
        case Reject():
            return "rejected", json.dumps(outcome.problem.as_json())
        case Retry():
            return "retried", json.dumps({"code": outcome.code, "message": outcome.reason})


def call_in_words(sink: str, outcome: str, data: Mapping[str, Any], *, version: int = 0, is_whole: bool = True) -> str:
    """An attempt as a person reads it: what was sent, or that nothing had to be, and (if it is to be whole) what was left out."""
    sent = ", ".join(data.get("sent", ()))
    of_version = f" with version {version}" if version else ""
    problems = data.get("left_out", ())
    left_out = [left_out_in_words(problem) for problem in problems] if is_whole else []
    if outcome == "updated" and not sent:
        if problems:
            return f"{sink} was asked{of_version}, and nothing was sent{_behind('; '.join(left_out))}"
        return f"{sink} was asked{of_version}, and nothing had to be sent{_behind(data.get('note'))}"
    said = f"{sink} was called{of_version}, {outcome}{_behind(sent)}{_behind(data.get('message'))}"
    return "; ".join((said, *left_out))


def left_out_in_words(problem: Mapping[str, Any]) -> str:
    """What of a record was not written, and what to do."""
    message = str(problem.get("message") or "")
    if str(problem.get("code")).startswith("owner_"):
        return f"the owner could not be set: {message}"
    return message if "left out" in message else f"{problem.get('field')} was left out: {message}"


def _behind(text: object) -> str:
    return f": {text}" if text else ""


def reason_of(failure: Retry | Stop | TooLarge) -> str:
    """Why a call failed as a whole, in a sentence for the log."""
    return failure.reason if isinstance(failure, Retry) else str(failure)
