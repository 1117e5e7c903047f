"""Notes and tasks at a contact, each once although a write's answer may be lost.

Where the account has our unique property on notes and tasks (`leadrelay sinks prepare` creates it), HubSpot itself refuses a
second one. Else the text ends with a marker line, and an uncertain try is looked for among the contact's own notes or tasks:
by their association, since search shows new records late.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Act, Done, Outcome, Reject, Retry, TooLarge
from connectors.hubspot.answers import CrmError
from connectors.hubspot.associations import NOTE_TO_CONTACT, TASK_TO_CONTACT, associated, kind
from connectors.hubspot.client import Answer, Client, Row
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import Next, Refused, as_retry, gravest, problem_of
from connectors.hubspot.people import CONTACTS, contact_gone, contacts_of
from connectors.hubspot.unique import found_by_key, has_unique, value_of
from core.instants import to_iso

_LONGEST_BODY = 60_000  # HubSpot takes 65,536 characters
_LONGEST_SUBJECT = 250
_MOST_READ = 1_000
_OWNER = "hubspot_owner_id"


@dataclass(frozen=True, slots=True)
class Kind:
    """One of HubSpot's engagements: its object's name, its text's property, and how it hangs at a contact."""

    object: str
    text: str
    to_contact: int


_NOTE = Kind("notes", "hs_note_body", NOTE_TO_CONTACT)
_TASK = Kind("tasks", "hs_task_body", TASK_TO_CONTACT)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One note or task to create for one action."""

    index: int
    key: str
    contact: str
    properties: Mapping[str, str]
    is_unsure: bool = False


def marker(key: str) -> str:
    """The last line of a text: by it a repeat knows that the note or task is there already."""
    return f"[leadrelay {key}]"


def add_notes(client: Client, config: HubSpotConfig, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """One note for each action, at the lead's contact."""
    contacts, outcomes = contacts_of(acts)
    entries = []
    for index, contact in contacts.items():
        act = acts[index]
        text = act.payload.get("body") or act.payload.get("description") or act.payload.get("subject") or "Form submission"
        properties = {"hs_timestamp": _time(client, act), "hs_note_body": as_html(text)}
        entries.append(_Entry(index, act.key, contact, properties, act.is_unsure))
    return outcomes | _make(client, _NOTE, entries)


def add_tasks(client: Client, config: HubSpotConfig, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """One task for each action, at the lead's contact and for its owner."""
    contacts, outcomes = contacts_of(acts)
    if not contacts:
        return outcomes
    owners = {str(row.get("id")): value_of(row, _OWNER) for row in client.read(CONTACTS, list(contacts.values()), (_OWNER,))}
    entries = []
    for index, contact in contacts.items():
        act = acts[index]
        subject = act.payload.get("subject") or "Form submission"
        properties = {
            "hs_timestamp": _time(client, act), "hs_task_subject": " ".join(subject.split())[:_LONGEST_SUBJECT],
            "hs_task_body": as_html(act.payload.get("body") or act.payload.get("description") or ""),
            "hs_task_status": "NOT_STARTED", "hs_task_type": "TODO",
        }  # fmt: skip
        if owners.get(contact):
            properties[_OWNER] = owners[contact]
        entries.append(_Entry(index, act.key, contact, properties, act.is_unsure))
    return outcomes | _make(client, _TASK, entries)


def as_html(text: str) -> str:
    """A plain text as the rich text that HubSpot keeps: nothing of it is markup."""
    plain = text.strip().replace("\r\n", "\n")[:_LONGEST_BODY]
    while True:
        rich = html.escape(plain, quote=False).replace("\n", "<br>")
        if len(rich) <= _LONGEST_BODY:
            return rich
        plain = plain[: len(plain) * _LONGEST_BODY // len(rich)]


def _time(client: Client, act: Act) -> str:
    return act.payload.get("timestamp") or to_iso(client.now())


# --- once -------------------------------------------------------------------------------------------------------------


def _make(client: Client, kind_: Kind, entries: Sequence[_Entry]) -> dict[int, Outcome]:
    """Create what is not there yet: one call for all of them, and one to look for those whose earlier try is uncertain."""
    if not entries:
        return {}
    if has_unique(client, kind_.object):
        marked = [_with(entry, {client.external_id: entry.key}) for entry in entries]
        look: Callable[[Sequence[_Entry]], dict[int, Outcome]] = lambda some: _by_key(client, kind_, some)  # noqa: E731
    else:
        marked = [_with(entry, {kind_.text: _marked(entry.properties.get(kind_.text, ""), entry.key)}) for entry in entries]
        look = lambda some: _by_marker(client, kind_, some)  # noqa: E731
    there = look([entry for entry in marked if entry.is_unsure])
    fresh = [entry for entry in marked if entry.index not in there]
    return there | (_create(client, kind_, fresh, look) if fresh else {})


def _with(entry: _Entry, more: Mapping[str, str]) -> _Entry:
    return _Entry(entry.index, entry.key, entry.contact, {**entry.properties, **more}, entry.is_unsure)


def _marked(text: str, key: str) -> str:
    return f"{text}<br><br>{marker(key)}" if text else marker(key)


def _by_key(client: Client, kind_: Kind, entries: Sequence[_Entry]) -> dict[int, Outcome]:
    rows = found_by_key(client, kind_.object, [entry.key for entry in entries])
    return {entry.index: _there(rows[entry.key]) for entry in entries if entry.key in rows}


def _by_marker(client: Client, kind_: Kind, entries: Sequence[_Entry]) -> dict[int, Outcome]:
    """The actions whose note or task stands at their contact, read from the texts, the newest first."""
    if not entries:
        return {}
    ids = associated(client, CONTACTS, kind_.object, [entry.contact for entry in entries])
    newest = sorted({one for some in ids.values() for one in some}, key=lambda one: (len(one), one), reverse=True)
    rows = client.read(kind_.object, newest[:_MOST_READ], (kind_.text,)) if newest else []
    found: dict[int, Outcome] = {}
    for entry in entries:
        row = next((row for row in rows if marker(entry.key) in html.unescape(value_of(row, kind_.text))), None)
        if row is not None:
            found[entry.index] = _there(row)
    return found


def _there(row: Row) -> Done:
    return Done(str(row.get("id") or ""), note="it was there already")


# --- creating ---------------------------------------------------------------------------------------------------------


def _create(
    client: Client, kind_: Kind, entries: Sequence[_Entry], look: Callable[[Sequence[_Entry]], dict[int, Outcome]]
) -> dict[int, Outcome]:
    body = {"inputs": [_input(kind_, entry) for entry in entries]}
    try:
        answer = client.batch(kind_.object, "create", body, writes=True)
    except Refused as refused:
        return _refused(entries, refused, look)
    made = _attributed(client, kind_, entries, answer)
    outcomes: dict[int, Outcome] = {index: _made(row, entries) for index, row in made.items()}
    rest = [entry for entry in entries if entry.index not in outcomes]
    clashed = [entry for entry in rest if _step(answer.errors, entry) is Next.CONFLICT]
    outcomes |= look(clashed) if clashed else {}
    for entry in rest:
        if entry.index not in outcomes:
            outcomes[entry.index] = _failed(entry, answer.errors, alone=len(rest) == 1)
    return outcomes


def _input(kind_: Kind, entry: _Entry) -> Row:
    to_contact = {"to": {"id": entry.contact}, "types": [kind(kind_.to_contact)]}
    return {"properties": dict(entry.properties), "associations": [to_contact], "objectWriteTraceId": str(entry.index)}


def _attributed(client: Client, kind_: Kind, entries: Sequence[_Entry], answer: Answer) -> dict[int, Row]:
    """Which created row is whose: by trace id, by our unique property, or by the marker; the order says nothing."""
    by_trace = {str(entry.index): entry for entry in entries}
    by_key = {entry.key: entry for entry in entries}
    made: dict[int, Row] = {}
    for row in answer.rows:
        text = html.unescape(value_of(row, kind_.text))
        entry = (
            by_trace.get(str(row.get("objectWriteTraceId") or ""))
            or by_key.get(value_of(row, client.external_id))
            or next((entry for entry in entries if marker(entry.key) in text), None)
        )
        if entry is not None:
            made[entry.index] = row
    if len(entries) == 1 and len(answer.rows) == 1:
        made[entries[0].index] = answer.rows[0]
    return made


def _made(row: Row, entries: Sequence[_Entry]) -> Done:
    return Done(str(row.get("id") or ""), created=True, sent=tuple(entries[0].properties))


def _mine(errors: Iterable[CrmError], entry: _Entry) -> list[CrmError]:
    return [error for error in errors if error.trace_id == str(entry.index)]


def _step(errors: Sequence[CrmError], entry: _Entry) -> Next | None:
    mine = _mine(errors, entry)
    return gravest(mine)[1].next if mine else None


def _failed(entry: _Entry, errors: Sequence[CrmError], *, alone: bool) -> Outcome:
    """Why one entry is not among the created; when no error names it, it comes again and is looked for first."""
    mine = _mine(errors, entry) or (list(errors) if alone else [])
    if not mine:
        return Retry("HubSpot's answer does not name this action", after=1, may_have_happened=True, code="strange_answer")
    return _outcome(mine, entry)


def _outcome(errors: Sequence[CrmError], entry: _Entry) -> Outcome:
    error, rule = gravest(errors)
    if rule.next is Next.RETRY:
        return as_retry(rule)
    if rule.next is Next.GONE:
        return contact_gone()
    return Reject(problem_of(error, rule, (), [*entry.properties.values()]))


def _refused(
    entries: Sequence[_Entry], refused: Refused, look: Callable[[Sequence[_Entry]], dict[int, Outcome]]
) -> dict[int, Outcome]:
    """The whole call was refused, so nothing was created: those that are there already are done, one alone is decided, and
    several come again in smaller batches."""
    there = look(entries) if gravest(refused.errors)[1].next is Next.CONFLICT else {}
    rest = [entry for entry in entries if entry.index not in there]
    if len(rest) > 1 and not there:
        raise TooLarge("HubSpot refused the call for one of its records") from refused
    if len(rest) == 1 and not there:
        return {rest[0].index: _outcome(refused.errors, rest[0])}
    again: dict[int, Outcome] = {
        entry.index: Retry("others of the call were there already: this comes next", after=1, code="partly") for entry in rest
    }
    return there | again
