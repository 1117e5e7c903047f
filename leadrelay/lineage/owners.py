"""Who got a lead, by which line and whose turn, and why it was none of the others: told from the ledger, and from the CRMs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from core.conditions import Case
from core.instants import to_iso
from core.problems import Place
from core.routing.choosing import Circumstances, Route, Routing, Stays, choose, trace
from core.routing.rotation import LEAD
from leadrelay.engine.known_accounts import ACCOUNT_OWNER
from leadrelay.history import family, in_words
from leadrelay.lineage.clauses import conditions
from leadrelay.lineage.records import wanted_in
from leadrelay.lineage.story import Story, Told, minute, plain, shown, step
from leadrelay.lineage.values import value
from leadrelay.store import people, rotation
from leadrelay.store.ids import to_uid
from leadrelay.store.rotation import Assigned
from leadrelay.web.views import Reason

PATHS = ("owner.email", "owner.queue")
DUE = "response_due_at"

Trace = Mapping[str, Any]
_GIVEN = dict(zip(PATHS, ("gave it to them", "put it there"), strict=True))

Say = Callable[[Trace, int], Iterator[Reason]]
"""How a stored condition is told, so and so far in."""


def owner(story: Story, path: str = "") -> Told:
    """Who has the lead: each assignment with everything that was asked for it, and what the CRMs told of the owner."""
    has = {name: str(won.value) for name, won in story.lead.fields.items() if name in PATHS}
    wanted = (path,) if path else PATHS
    steps = list(assignments(story.connection, story.number, lambda told, depth: conditions(story, told, depth)))
    for row, data in story.events("account", "owner_moved", "routing_waits"):
        kind = "account" if row.kind == "account" else "moved"
        steps.append(step(kind, in_words(row.kind, data) + story.of(row.lead_id), row.at, 0, **data))
    steps += _told(story, wanted)
    if not has:
        now = _not_yet(story)
        return Told(f"nobody has the lead yet{now.answer}", [*steps, *now.steps])
    name, who = next(iter(has.items()))
    by = story.lead.told_by(name)
    how = f"{by} told so, and sales has the last word on it" if by else "leadrelay's routing " + _GIVEN[name]
    what = f"the lead's {'queue' if name == PATHS[1] else 'owner'} is {who}: {how}"
    current = next((one for one in steps if one.kind == "assigned" and one.details.get("is_current")), None)
    if not by and current is not None:
        what += f", {current.details['how']}"
    stored = story.lead.value(path) if path else None
    if path and stored is None:
        return Told(f"nothing is known of {path}: {what}", steps)
    steps += (one for name in wanted for one in wanted_in(story, name))
    return Told(what, steps, who)


def _told(story: Story, paths: tuple[str, ...]) -> Iterator[Reason]:
    """What the CRMs told of the owner, also what was not taken over."""
    for path in paths:
        if path not in story.lead.fields or story.lead.told_by(path):
            yield from (one for one in value(story, path).steps if one.kind in ("told", "refused", "lost", "same"))


def account(story: Story) -> Told:
    """Who has the lead's company already: what a CRM told of it, or by which other lead it was known when the lead came."""
    won = story.lead.fields.get(ACCOUNT_OWNER)
    told = value(story, ACCOUNT_OWNER)
    known = [(row, data) for row, data in story.events("account") if won is None or data.get("owner") == won.value]
    steps = [step("account", in_words(row.kind, data) + story.of(row.lead_id), row.at, 0, **data) for row, data in known]
    if won is None or story.lead.told_by(ACCOUNT_OWNER) or not known:
        return Told(told.answer, [*steps, *told.steps], told.value)
    by = known[-1][1]["lead"]
    answer = f"{ACCOUNT_OWNER} is {won.value}: they have the lead's company already, known by lead {by}"
    return Told(answer, [*steps, *wanted_in(story, ACCOUNT_OWNER)], plain(won.value))


def response_due(story: Story) -> Told:
    """When the answer is due: the deadline of the assignment in force, and what it was counted from."""
    due = story.lead.value(DUE)
    found = owner(story)
    response = None if story.rules.routing is None else story.rules.routing.respond_within
    if due is None:
        why = "no routing sets a time to answer" if response is None else "it is set when the lead goes to somebody"
        return Told(f"nothing is known of {DUE}: {why}", found.steps)
    said = next((f": {one.what}" for one in found.steps if one.kind == "deadline" and one.details["due_at"] == due), "")
    return Told(f"{DUE} is {due}{said}", [*found.steps, *wanted_in(story, DUE)], plain(due))


# --- not routed yet -----------------------------------------------------------------------------------------------------


def _not_yet(story: Story) -> Told:
    """Why a lead that nobody has waits, by the rules in force."""
    routing = story.rules.routing
    if routing is None:
        return Told(", since no rules route leads", [])
    if story.lead.is_test and (story.plan.routing is None or not story.plan.routing.takes_tests):
        return Told(": it is a test lead, which goes to nobody", [])
    case = Case(story.decided.subject(story.lead), story.now, story.rules.checks)
    decision = choose(routing, case, Circumstances(people.inactive(story.connection)))
    found = trace(routing, case, decision)
    steps: list[Reason] = []
    start = found.get("start_when")
    if isinstance(start, dict):
        steps += conditions(story, start)
    if isinstance(decision, Route):
        steps += _lines(found, lambda told, depth: conditions(story, told, depth))
        return Told(f": by the line `{decision.line}` it goes to {_target(decision)} when it is decided next", steps)
    if isinstance(decision, Stays):
        return Told("", steps)
    missing = f" (not known: {', '.join(decision.missing)})" if decision.missing else ""
    return Told(f": {decision.reason}{missing}{_place_of(routing)}", steps)


def _target(decision: Route) -> str:
    to = decision.to
    return f"{type(to).__name__.removeprefix('To').lower()} {shown(next(iter(getattr(to, name) for name in to.__slots__)))}"


def _place_of(routing: Routing) -> str:
    place: Place | None = getattr(routing, "place", None)
    return "" if place is None else f" [{place}]"


# --- the ledger ---------------------------------------------------------------------------------------------------------


def assignments(connection: Connection, lead: int, say: Say) -> Iterator[Reason]:
    """Each assignment of a lead and of those that went into it, oldest first, with everything that was asked for it."""
    stored = rotation.traces(connection, family(connection, lead))
    counts = rotation.current(connection, [lead]).get(lead)
    for assigned, text, is_newest in stored:
        found = json.loads(text)
        is_current = is_newest and counts is not None and assigned.id == counts.id
        of = "" if assigned.lead_id == lead else to_uid(assigned.lead_id)
        yield _assigned(assigned, found, is_current, of)
        yield from way({"deadline_at": assigned.deadline_at} | found, say)
        yield from _unanswered(assigned)


def way(found: Trace, say: Say) -> Iterator[Reason]:
    """Everything that was asked before a lead went to somebody: whether it was to go, each line, each pool; and the deadline."""
    if found.get("start_when"):
        yield step("start", f"whether it is to go to somebody: `start_when` is {found['start_when']['truth']}", None, 1)
        yield from say(found["start_when"], 2)
    yield from _lines(found, say)
    for asked in found.get("pools", ()):
        yield from _pool(asked)
    if found.get("deadline_at") is not None:
        yield _deadline(found["deadline_at"], found.get("started_at"))


def _deadline(at: int, started: int | None) -> Reason:
    since = f", counted from {minute(started)}" if started else ""
    began = to_iso(started) if started else None
    return step("deadline", f"the answer is due by {minute(at)}{since}", at, 1, due_at=to_iso(at), counted_from=began)


def _unanswered(assigned: Assigned) -> Iterator[Reason]:
    """What was told because nobody had answered."""
    if assigned.warned_at is not None:
        yield step("warned", "nobody had answered it when two thirds of the time had passed", assigned.warned_at, 1)
    if assigned.overdue_at is not None:
        yield step("overdue", "nobody had answered it in time", assigned.overdue_at, 1)


def _assigned(assigned: Assigned, found: Trace, is_current: bool, of: str) -> Reason:
    to = assigned.member or f"the queue {assigned.queue}"
    turn = f", by turn {assigned.turn} of the pool {assigned.pool}" if assigned.turn is not None else ""
    reason = found.get("decision", {}).get("reason", "")
    because = f": {reason}" if reason else ""
    before = f"; it was taken from {found['from']}" if "from" in found else ""
    why = "its own owner stays" if of else "the lead went to somebody else"
    ended = "" if is_current else f" (no longer: {why})"
    lead = f"lead {of}, which is part of this one now," if of else "the lead"
    how = f"by the line `{assigned.line}`{turn}{because}"
    return step(
        "assigned", f"{lead} went to {to} {how}{before}{ended}", assigned.at, 0, assignment=to_uid(assigned.id),
        line=assigned.line, pool=assigned.pool, turn=assigned.turn, member=assigned.member, queue=assigned.queue,
        how=how, is_current=is_current,
        of_lead=of or None, taken_from=found.get("from"), place=_taken_at(found),
    )  # fmt: skip


def _taken_at(found: Trace) -> str | None:
    return next((line.get("place") for line in found.get("lines", ()) if line.get("taken")), None)


def _lines(found: Any, say: Say) -> Iterator[Reason]:
    """The lines down to the one that was taken, and why each above it was passed over."""
    for line in found.get("lines", ()):
        if line.get("taken"):
            why = "was taken"
        elif line.get("skipped"):
            why = f"was passed over: {line['skipped']}"
        elif line.get("missing"):
            why = f"was passed over: {', '.join(line['missing'])} is not known"
        else:
            why = f"was passed over: its condition is {line.get('truth', 'unknown')}"
        place = line.get("place", "")
        yield step(
            "line", f"the line `{line['name']}` {why}{f' [{place}]' if place else ''}", None, 1, line=line["name"], rule=place
        )
        if line.get("when"):
            yield from say(line["when"], 2)


def _pool(asked: Trace) -> Iterator[Reason]:
    """A pool's members: who was ruled out, who could have had the lead, and whose turn it was."""
    pool, member = asked["pool"], asked.get("member")
    for one in asked["candidates"]:
        if not one["may_take"]:
            words = "; ".join(reason["words"] for reason in one["reasons"])
            yield step("ruled_out", f"{one['email']} of the pool {pool} was ruled out: {words}", None, 1, pool=pool, **one)
    if member is None:
        yield step("nobody", f"nobody of the pool {pool} could take it", None, 1, pool=pool)
        return
    before, after = _leads(asked["before"]), _leads(asked["after"])
    others = [one["email"] for one in asked["candidates"] if one["may_take"] and one["email"] != member]
    beside = f" before {', '.join(others)}, who could have had it too" if others else ", as the only one who could take it"
    owed = f"; {_share(before.get(member, 0))} before, and {_share(after.get(member, 0))} after"
    what = f"it was the turn of {member}{beside}{owed}"
    turn = {"member": member, "candidates": asked["candidates"], "owed_before": before, "owed_after": after}
    yield step("turn", what, None, 1, pool=pool, turn=asked["turn"], **turn)


def _share(owed: float) -> str:
    """How far somebody is from their share by the weights."""
    return f"owed {owed:g} of a lead" if owed >= 0 else f"{-owed:g} of a lead ahead"


def _leads(credit: Mapping[str, int]) -> dict[str, Any]:
    """What each member is owed, in leads."""
    return {email: round(units / LEAD, 3) + 0.0 for email, units in credit.items()}
