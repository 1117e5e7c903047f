"""Things that must happen exactly once beside a record: tasks and campaign members, in one collections call each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Act, Done, Link, Outcome, Reject, Retry, Stop, TooLarge
from connectors.refusals import copied
from connectors.salesforce.client import Client, Refused, Row, is_record_id, long_id, same_id
from connectors.salesforce.errors import CrmError, Next, as_retry, gravest, problem_of, record_errors
from connectors.salesforce.records import Held, Reader
from core.problems import Problem

_SUBJECT_LENGTH = 255
_DESCRIPTION_LENGTH = 31_000
_HEADERS = {"Sforce-Auto-Assign": "FALSE"}
_CAMPAIGN_PREFIX = "701"


def marker(key: str) -> str:
    """The last line of a task's description: by it a repeat knows that the task is there already."""
    return f"[leadrelay {key}]"


def with_marker(text: str, key: str) -> str:
    """A description that ends with its marker line."""
    return f"{text[:_DESCRIPTION_LENGTH].rstrip()}\n\n{marker(key)}".lstrip()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One record to create for one action."""

    index: int
    key: str
    record: Row
    is_unsure: bool = False
    who: str = ""


# --- tasks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """A task for the owner of an existing record: the lead with this external id came in again (on_duplicate: task)."""

    external_id: str
    held: Held


def leave_notes(client: Client, notes: Mapping[int, Note]) -> dict[int, Outcome]:
    """One task for each note, once; the outcome names the record that the task stands at."""
    entries = []
    for index, note in notes.items():
        who = note.held.contact_id or note.held.crm_id
        text = "A new lead with this e-mail address came in. It was not created as a record of its own (on_duplicate: task)."
        entries.append(_task(index, f"lead {note.external_id}", who, "New enquiry", text, is_unsure=True))
    outcomes = _create_tasks(client, entries)
    for index, outcome in outcomes.items():
        if isinstance(outcome, Done):
            held = notes[index].held
            links = (Link(held.object, held.crm_id), *held.links)
            outcomes[index] = Done(held.crm_id, links=links, note="a task was left on the existing record")
    return outcomes


def add_tasks(client: Client, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """One task for each action, at the lead's contact where it has one."""
    outcomes: dict[int, Outcome] = {}
    entries = []
    for index, act in acts.items():
        who = _person(act.links)
        if not who:
            outcomes[index] = _no_record()
            continue
        subject = act.payload.get("subject") or "Form submission"
        entries.append(_task(index, act.key, who, subject, act.payload.get("description", ""), is_unsure=act.is_unsure))
    return outcomes | _create_tasks(client, entries)


def _task(index: int, key: str, who: str, subject: str, text: str, *, is_unsure: bool) -> _Entry:
    record = {
        "attributes": {"type": "Task"}, "WhoId": who, "Subject": " ".join(subject.split())[:_SUBJECT_LENGTH],
        "Description": with_marker(text, key),
    }  # fmt: skip
    return _Entry(index, key, record, is_unsure, who)


def _create_tasks(client: Client, entries: Sequence[_Entry]) -> dict[int, Outcome]:
    there = _existing_tasks(client, [entry for entry in entries if entry.is_unsure])
    fresh = [entry for entry in entries if entry.index not in there]
    return there | _create(client, fresh, lambda entry, contact: {**entry.record, "WhoId": contact})


def _existing_tasks(client: Client, entries: Sequence[_Entry]) -> dict[int, Outcome]:
    """The actions whose task exists, read from the descriptions of the people's tasks: they can not be filtered by."""
    if not entries:
        return {}
    rows = client.select(("Id", "Description"), "Task", "WhoId", [entry.who for entry in entries])
    texts = [(long_id(str(row["Id"])), str(row.get("Description") or "")) for row in rows]
    found: dict[int, Outcome] = {}
    for entry in entries:
        ids = [crm_id for crm_id, text in texts if marker(entry.key) in text]
        if ids:
            found[entry.index] = Done(ids[0], note="the task was there already")
    return found


# --- campaign members -------------------------------------------------------------------------------------------------


def add_members(client: Client, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """Each person as a member of its campaign, named by id or by name."""
    outcomes: dict[int, Outcome] = {}
    campaigns = _campaigns(client, [act.payload.get("campaign", "").strip() for act in acts.values()])
    entries = []
    for index, act in acts.items():
        campaign = act.payload.get("campaign", "").strip()
        who = _person(act.links)
        if not who:
            outcomes[index] = _no_record()
        elif campaign not in campaigns:
            outcomes[index] = Reject(_no_campaign(campaign))
        else:
            entries.append(_Entry(index, act.key, _member(campaigns[campaign], who, act.payload.get("status", "")), who=who))
    created = _create(client, entries, _member_as_contact)
    for index, outcome in created.items():
        if isinstance(outcome, Reject) and outcome.problem.code == "bad_reference":
            created[index] = Reject(_no_campaign(acts[index].payload.get("campaign", "").strip()))
    return outcomes | created


def _member(campaign_id: str, who: str, status: str) -> Row:
    record: Row = {"attributes": {"type": "CampaignMember"}, "CampaignId": campaign_id}
    record["ContactId" if who.startswith("003") else "LeadId"] = who
    if status:
        record["Status"] = status
    return record


def _member_as_contact(entry: _Entry, contact: str) -> Row:
    record = {name: value for name, value in entry.record.items() if name != "LeadId"}
    return {**record, "ContactId": contact}


def _campaigns(client: Client, names: Iterable[str]) -> dict[str, str]:
    """The ids of campaigns by what the actions call them; a name that no campaign has is missing."""
    wanted = {name for name in names if name}
    known = {name: long_id(name) for name in wanted if is_record_id(name) and name.startswith(_CAMPAIGN_PREFIX)}
    by_name = sorted(wanted - known.keys())
    rows = client.select(("Id", "Name"), "Campaign", "Name", by_name) if by_name else []
    ids: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: str(row["Id"])):
        ids.setdefault(str(row.get("Name") or "").lower(), long_id(str(row["Id"])))
    return known | {name: ids[name.lower()] for name in by_name if name.lower() in ids}


def _no_campaign(name: str) -> Problem:
    named = f"`{name[:80]}`" if name else "(none named)"
    return Problem(
        "no_campaign",
        f"Salesforce has no campaign {named} that the integration user can see: create it, or correct the mapping",
        "campaign",
    )


# --- both -------------------------------------------------------------------------------------------------------------


def _person(links: Sequence[Link]) -> str:
    """The record an action belongs to: the contact where there is one, else the lead."""
    by_object = {link.object: link.crm_id for link in links if is_record_id(link.crm_id)}
    by_prefix = {link.crm_id[:3]: link.crm_id for link in links if is_record_id(link.crm_id)}
    found = by_prefix.get("003") or by_object.get("Contact") or by_prefix.get("00Q") or by_object.get("Lead") or ""
    return long_id(found)


def _no_record() -> Reject:
    return Reject(Problem("no_record", "The lead has no lead or contact in Salesforce that the action could be added to"))


def _create(client: Client, entries: Sequence[_Entry], as_contact: Callable[[_Entry, str], Row]) -> dict[int, Outcome]:
    """Create in one call; people who were converted or merged meanwhile once more, at the record they live on in."""
    if not entries:
        return {}
    outcomes, moved = _created(client, entries)
    if moved:
        outcomes |= rest_of_actions([entry.index for entry, _ in moved], lambda: _where_they_are(client, moved, as_contact))
    return outcomes


def rest_of_actions(indexes: Iterable[int], call: Callable[[], dict[int, Outcome]]) -> dict[int, Outcome]:
    """What a later call says of its actions; its failure is theirs alone, since others have happened already."""
    try:
        return call()
    except Retry as retry:
        return {index: copied(retry) for index in indexes}
    except (Stop, TooLarge, Refused):
        return {index: Retry("the batch was done in part: this comes next", after=1, code="partly") for index in indexes}


_Moved = tuple[_Entry, Outcome]
"""An entry whose person is not there (any more), and what becomes of it when nobody else is found."""


def _where_they_are(client: Client, moved: Sequence[_Moved], as_contact: Callable[[_Entry, str], Row]) -> dict[int, Outcome]:
    """Once more for each person, at the contact that a conversion made or the record that a merge left."""
    now = _records_now(client, [entry.who for entry, _ in moved])
    again, outcomes = [], dict[int, Outcome]()
    for entry, refusal in moved:
        who = now.get(entry.who[:15], "")
        if not who:
            sentence = "The person's record was deleted in Salesforce, or the integration user can no longer see it"
            outcomes[entry.index] = Reject(Problem("deleted_in_crm", sentence))
        elif same_id(who, entry.who):
            outcomes[entry.index] = refusal
        else:
            record = as_contact(entry, who) if who.startswith("003") else _at(entry, who)
            again.append(_Entry(entry.index, entry.key, record, entry.is_unsure, who))
    outcomes |= _existing_tasks(client, [entry for entry in again if entry.is_unsure])
    again = [entry for entry in again if entry.index not in outcomes]
    if again:
        created, still = _created(client, again)
        outcomes |= created
        outcomes |= {entry.index: Retry("the lead is being converted", after=5, code="converted") for entry, _ in still}
    return outcomes


def _records_now(client: Client, people: Iterable[str]) -> dict[str, str]:
    """Where people's records are by now, by the first 15 characters of the ids that were known."""
    people = list(people)
    found: dict[str, str] = {}
    for prefix, name in (("00Q", "Lead"), ("003", "Contact")):
        ids = [who for who in people if who.startswith(prefix)]
        schema = client.describe_if_visible(name) if ids else None
        if schema is not None:
            held = Reader(client, client.external_id).by_id(schema, ids, ())
            found |= {who: record.contact_id or record.crm_id for who, record in held.items()}
    return found


def _at(entry: _Entry, who: str) -> Row:
    """The entry's record at another lead."""
    return {name: who if value == entry.who else value for name, value in entry.record.items()}


def _created(client: Client, entries: Sequence[_Entry]) -> tuple[dict[int, Outcome], list[_Moved]]:
    try:
        results = client.create([entry.record for entry in entries], _HEADERS)
    except Refused as refused:
        if len(entries) > 1:
            raise TooLarge("Salesforce refused the call for one of its records") from refused
        listed = {"statusCode": refused.error.code, "message": refused.error.message, "fields": list(refused.error.fields)}
        results = [{"success": False, "errors": [listed]}]
    outcomes: dict[int, Outcome] = {}
    moved: list[_Moved] = []
    for entry, result in zip(entries, results, strict=True):
        if result.get("success") is True:
            outcomes[entry.index] = Done(long_id(str(result.get("id") or "")), created=True, sent=_sent(entry.record))
            continue
        errors = record_errors(result)
        outcome = _refusal(entry, errors)
        if gravest(errors)[1].next in _ELSEWHERE or (isinstance(outcome, Reject) and outcome.problem.code == "bad_reference"):
            moved.append((entry, outcome))
        else:
            outcomes[entry.index] = outcome
    return outcomes, moved


def _sent(record: Row) -> tuple[str, ...]:
    return tuple(name for name in record if name != "attributes")


_ELSEWHERE = (Next.CONVERTED, Next.GONE)


def _refusal(entry: _Entry, errors: Sequence[CrmError]) -> Outcome:
    """One refused record's outcome, as long as its person is not found elsewhere."""
    error, rule = gravest(errors)
    if rule.next is Next.ALREADY:
        return Done("", note="a member of the campaign already")
    if rule.next is Next.CONVERTED:
        return Reject(Problem("converted", "The lead was converted in Salesforce, and its contact is not visible"))
    if rule.next is Next.RETRY:
        return as_retry(rule)
    return Reject(problem_of(error, rule, error.fields, [value for value in entry.record.values() if isinstance(value, str)]))
