"""`history`: what happened to a lead, oldest first, in sentences that say who did it, when, and from what to what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from core.fields import STANDARD
from core.instants import to_iso
from leadrelay.engine.answers import call_in_words
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from leadrelay.views import find_lead
from leadrelay.web.views import Happened, History

if TYPE_CHECKING:
    from leadrelay.app import App

Data = Mapping[str, Any]


def history(app: App, uid: str) -> History | None:
    """Everything that happened to a lead and to those that went into it; None when there is no such lead."""
    with app.database.read() as connection:
        row = find_lead(connection, uid)
        if row is None:
            return None
        found = [*_events(connection, row.id), *_calls(connection, row.id)]
    return History(to_uid(row.id), sorted(found, key=lambda one: one.at))


def family(connection: Connection, lead_id: int) -> set[int]:
    """A lead with all that went into it."""
    lead, found = tables.lead, {lead_id}
    while True:
        more = set(connection.execute(select(lead.c.id).where(lead.c.merged_into.in_(found))).scalars())
        if more <= found:
            return found
        found |= more


def _events(connection: Connection, lead_id: int) -> Iterator[Happened]:
    event = tables.event
    query = select(event).where(event.c.lead_id.in_(family(connection, lead_id))).order_by(event.c.id)
    for row in connection.execute(query):
        data: dict[str, Any] = json.loads(row.data)
        if row.kind in ("merged", "unmerged") and data.get("loser") == to_uid(row.lead_id) and row.lead_id != lead_id:
            continue  # told once, by the lead that is left
        submission = {} if row.submission_id is None else {"submission": to_uid(row.submission_id)}
        by = str(data.get("sink") or data.get("source") or data.get("by") or "leadrelay")
        yield Happened(data.get("told_at") or row.at, row.kind, by, in_words(row.kind, data), data | submission)


def _calls(connection: Connection, lead_id: int) -> Iterator[Happened]:
    attempt = tables.attempt
    query = select(attempt).where(attempt.c.lead_id.in_(family(connection, lead_id))).order_by(attempt.c.id)
    for row in connection.execute(query):
        data: dict[str, Any] = json.loads(row.data)
        yield Happened(row.at, f"call_{row.outcome}", "leadrelay", call_in_words(row.sink, row.outcome, data), data)


# --- in words ---------------------------------------------------------------------------------------------------------


def in_words(kind: str, data: Data) -> str:
    """An event as a sentence; what its kind and data do not say any more (after an erasure) is not made up."""
    say = _WORDS.get(kind)
    if say is None or not data:
        return kind.replace("_", " ")
    return say(data)


def change_in_words(change: Data, data: Data) -> str:
    """One field that a CRM told: from what to what, by which of its fields and which line of the mapping."""
    before = f" from {_shown(change['from'])}" if "from" in change else ""
    field = f" ({data.get('object')}.{change['field']}, read by {change['line']})" if change.get("field") else ""
    if change.get("added"):
        known = f", and keeps {_shown(change['from'])}" if "from" in change else ""
        return f"{change['path']}, which gains {_shown(change['added'])}{known}{field}"
    return f"{change['path']}{before} to {_shown(change.get('to'))}{field}{_kept(change)}"


def _kept(change: Data) -> str:
    """Why the lead says something else than what a CRM told."""
    if not change.get("kept"):
        return ""
    known = STANDARD.get(str(change["path"]))
    rule = change.get("rule") or ("" if known is None else known.rule)
    return "; " + _KEPT.get(str(rule), "a newer touch says otherwise, so the lead keeps what that says")


_KEPT: Mapping[str, str] = {
    "union": "all that can be used are kept, so nothing is taken from the lead",
    "restrictive": "the most restrictive answer counts, and the lead keeps it",
    "first": "the oldest answer counts, and the lead keeps it",
}


def _told(data: Data) -> str:
    changes = ", ".join(change_in_words(change, data) for change in data.get("changes", ()))
    return f"{_record(data)}: changed {changes}"


def _refused(data: Data) -> str:
    parts = []
    for change in data.get("changes", ()):
        master = change.get("system_of_record") or "another CRM"
        parts.append(
            f"{change_in_words(change, data)}: not taken over, since {master} has the last word on it (system_of_record)"
        )
    return f"{_record(data)}: {'; '.join(parts)}"


def _record(data: Data) -> str:
    return f"{data.get('sink')} {data.get('object')} {data.get('crm_id')}"


def _a(kind: object) -> str:
    return f"{'an' if str(kind)[:1] in 'aeio' else 'a'} {kind}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else f"{value}"


def _why_merged(data: Data) -> str:
    return f"as {data['by']} decided" if "by" in data else f"since {_record(data)} was merged into {data.get('into')}"


def _staged(data: Data) -> str:
    skipped = f", past {', '.join(data['skipped'])}" if data.get("skipped") else ""
    refused = "" if data.get("allowed", True) else ", which `stages` does not allow"
    way = f"from {data.get('from') or 'none'} to {data.get('to') or 'none'}"
    return f"{data.get('field', 'lifecycle_stage')} went {way}{skipped}{refused}: {data.get('rule') or data.get('reason')}"


def _segmented(data: Data) -> str:
    parts = [f"{what} {', '.join(data[key])}" for key, what in (("entered", "entered"), ("left", "left")) if data.get(key)]
    return f"segments: {'; '.join(parts)}"


def _routed(data: Data) -> str:
    pool = f" of the pool {data['pool']}" if data.get("pool") else ""
    lost = f", since {data['away_from']} let it lie" if data.get("away_from") else ""
    due = f"; the answer is due by {to_iso(data['deadline_at'])[:16].replace('T', ' ')} UTC" if data.get("deadline_at") else ""
    return f"it went to {data.get('to')}{pool} by the line `{data.get('line')}`{lost}{due}"


def _replayed(data: Data) -> str:
    changes = data.get("changes", ())
    said = [f"{one['field']} from {_shown(one.get('before'))} to {_shown(one.get('after'))}" for one in changes]
    as_of = to_iso(data.get("as_of") or 0)[:16].replace("T", " ")
    return f"changed by a replay, under the rules as of {as_of} UTC: {', '.join(said) or 'nothing that is shown'}"


def _due(data: Data) -> str:
    by = f"{to_iso(data['deadline_at'])[:16].replace('T', ' ')} UTC"
    people = ", ".join(data.get("people", ()))
    told = f": {people} should know" if people else ""
    return f"nobody has answered it, which is due by {by}; {data.get('owner')} has it{told}"


_WORDS: Mapping[str, Callable[[Data], str]] = {
    "lead": lambda data: f"the lead began with {_a(data.get('kind'))} from {data.get('source')}",
    "touch": lambda data: f"{_a(data.get('kind'))} from {data.get('source')} joined it",
    "perhaps_same": lambda data: f"perhaps the same person as {', '.join(data.get('leads', ()))}",
    "crm_change": _told,
    "crm_owner": _told,
    "crm_opted_out": _told,
    "crm_converted": _told,
    "crm_activity": _told,
    "crm_refused": _refused,
    "crm_linked": lambda data: f"{_record(data)} was found to stand for the lead",
    "crm_merged": lambda data: f"{_record(data)} was merged into {data.get('into')}; the lead follows it",
    "crm_deleted": lambda data: f"{_record(data)} was deleted there",
    "crm_restored": lambda data: f"{_record(data)} was taken out of the bin; it is kept in step again",
    "crm_unreadable": lambda data: f"{_record(data)}: a change could not be taken in; the log has the trace",
    "account": lambda data: f"{data.get('owner')} has its company already, known by lead {data.get('lead')}",
    "routed": _routed,
    "response_due": _due,
    "response_overdue": _due,
    "routing_waits": lambda data: (
        f"it waits for the pool {data.get('pool')}, which opens at {to_iso(data.get('until') or 0)[:16].replace('T', ' ')} UTC"
    ),
    "owner_moved": lambda data: f"it went from {data.get('from')} to {data.get('to')} in the CRM, and stays there",
    "stage": _staged,
    "segment": _segmented,
    "replayed": _replayed,
    "outcome": lambda data: (
        f"the outcome went from {data.get('from') or 'none'} to {data.get('to')} by the rule `{data.get('rule')}`"
    ),
    "merged": lambda data: f"lead {data.get('loser')} went into lead {data.get('winner')}, {_why_merged(data)}",
    "unmerged": lambda data: (
        f"the merge of lead {data.get('loser')} into lead {data.get('winner')} was taken back; of what came in between, "
        f"{data.get('later')} went with {data.get('loser')} and {data.get('stayed')} stayed"
    ),
}
