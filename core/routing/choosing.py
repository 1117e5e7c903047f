"""Which line of `routing.to` a lead takes: from the top, the first that is true; with a trace of every line that was looked at.

An owner that sales set in a CRM stays. Unknown is not true: a line whose condition is unknown is passed over, and the trace says
what is missing. The last line is `otherwise`, so that no lead is left with nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.conditions import Case, Condition, Subject
from core.hours import Calendar
from core.instants import Instant
from core.operators import TRUE, UNKNOWN
from core.problems import Place
from core.quick_dataclass import quick_dataclass
from core.routing.eligibility import Needs
from core.territory import Location

Reroute = Literal["never", "when_overdue"]


@dataclass(frozen=True, slots=True)
class ToOwner:
    """One person, by e-mail."""

    email: str


@dataclass(frozen=True, slots=True)
class ToField:
    """The person whose e-mail stands in a lead field."""

    path: str


@dataclass(frozen=True, slots=True)
class ToPool:
    """A pool, whose members take turns; `tier` is what this line's leads ask of a member."""

    pool: str
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class ToQueue:
    """A queue."""

    queue: str


LineTarget = ToOwner | ToField | ToPool | ToQueue
Target = ToOwner | ToPool | ToQueue


@dataclass(frozen=True, slots=True)
class Line:
    """One line of `to`; the last one has no condition. `words` is the condition as a sentence's part."""

    name: str
    when: Condition | None
    to: LineTarget
    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Response:
    """How soon sales must answer: `within` milliseconds of the hours, None: of the clock.

    `warn` is told once when two thirds of that time have passed, `then` once when all of it has; either is `owner`, `manager`
    (all of them) or a person's e-mail. An answer, the end of the work and another owner come before both.
    """

    within: int
    hours: str | None = None
    warn: str | None = None
    then: str | None = None

    def deadline(self, submitted_at: Instant, calendars: Mapping[str, Calendar]) -> Instant:
        """When the answer is due for what was submitted at an instant."""
        return self._after(submitted_at, self.within, calendars)

    def warn_at(self, submitted_at: Instant, calendars: Mapping[str, Calendar]) -> Instant:
        """When a third of the time is left for what was submitted at an instant."""
        return self._after(submitted_at, self.within * 2 // 3, calendars)

    def _after(self, start: Instant, duration: int, calendars: Mapping[str, Calendar]) -> Instant:
        return start + duration if self.hours is None else calendars[self.hours].add(start, duration)


@dataclass(frozen=True, slots=True)
class Routing:
    """The section `routing`, compiled."""

    lines: tuple[Line, ...]
    start_when: Condition | None = None
    reroute: Reroute = "never"
    respond_within: Response | None = None


@quick_dataclass(frozen=True, slots=True)
class Circumstances:
    """What is so beside the lead: which people are inactive (with the CRM that says so), whether the answer is overdue, and who
    had the lead so far and let it lie."""

    inactive: Mapping[str, str] = field(default_factory=dict)
    is_overdue: bool = False
    let_lie: Collection[str] = ()


NOTHING_BESIDE = Circumstances()
"""Everybody is active, and no answer is overdue."""


# --- decisions ------------------------------------------------------------------------------------------------------


@quick_dataclass(frozen=True, slots=True)
class Route:
    """The lead goes by a line to a person, a pool or a queue; `away_from` is whoever let it lie."""

    line: str
    to: Target
    reason: str
    away_from: str | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)


@quick_dataclass(frozen=True, slots=True)
class Stays:
    """The lead has an owner, or a queue, in the CRM, and keeps it."""

    owner: str
    reason: str


@quick_dataclass(frozen=True, slots=True)
class Waits:
    """The lead is not routed yet; `missing` are the fields that could change that."""

    reason: str
    missing: tuple[str, ...] = ()


Decision = Route | Stays | Waits


def choose(routing: Routing, case: Case, beside: Circumstances = NOTHING_BESIDE) -> Decision:
    """Where a lead goes at this point in time."""
    owner = _text(case.subject, "owner.email") or _text(case.subject, "owner.queue")
    is_taken_away = owner is not None and routing.reroute == "when_overdue" and beside.is_overdue
    if owner is not None and not is_taken_away:
        return Stays(owner, "has an owner in the CRM, who keeps the lead")
    start = routing.start_when
    if start is not None and owner is None and (answer := start.truth(case)) is not TRUE:
        missing = tuple(dict.fromkeys(start.unknowns(case)))
        return Waits(
            "it is not known yet whether `start_when` holds" if answer is UNKNOWN else "`start_when` does not hold", missing
        )
    return _by_line(routing, case, beside, owner if is_taken_away else None)


def _by_line(routing: Routing, case: Case, beside: Circumstances, away_from: str | None) -> Route:
    skipped: dict[str, str] = {}
    for line in routing.lines:
        if line.when is not None and line.when.truth(case) is not TRUE:
            continue
        to, wrong = _target(line, case, beside, away_from)
        if to is None:
            skipped[line.name] = wrong
            continue
        reason = line.words if away_from is None else f"{line.words}; the answer of {away_from} is overdue"
        return Route(line.name, to, reason, away_from, skipped)
    raise ValueError("the last line of `routing.to` must hold for every lead")


def _target(line: Line, case: Case, beside: Circumstances, away_from: str | None) -> tuple[Target | None, str]:
    """Where a line leads for this lead; None and why when nobody is there."""
    match line.to:
        case ToField(path):
            email = _text(case.subject, path)
            if email is None:
                return None, f"{path} is not known"
        case ToOwner(email):
            pass
        case other:
            return other, ""
    if email in beside.inactive:
        return None, f"{email} is no active user in {beside.inactive[email]}"
    if email == away_from or email in beside.let_lie:
        return None, f"{email} has let the lead lie"
    return ToOwner(email), ""


def _text(subject: Subject, path: str) -> str | None:
    value = subject.value(path)
    return str(value) if value else None


def needs_of(subject: Subject, to: ToPool) -> Needs:
    """What a lead asks of the member who takes it: what is known of its language, product and place, and the line's tier."""
    country = _text(subject, "address.country")
    if country is None:
        location = Location(_text(subject, "company.country"))
    else:
        location = Location(country, _text(subject, "address.region"), _text(subject, "address.postcode"))
    return Needs(
        _text(subject, "person.language"), _text(subject, "interest.product"), to.tier, location if location.is_known else None
    )


# --- trace ----------------------------------------------------------------------------------------------------------


def trace(routing: Routing, case: Case, decision: Decision) -> dict[str, object]:
    """Every question that was asked for a decision, with its answer, as plain JSON values."""
    found: dict[str, object] = {"decision": as_json(decision)}
    if isinstance(decision, Stays):
        return found
    if routing.start_when is not None:
        found["start_when"] = routing.start_when.explain(case).as_json()
    if isinstance(decision, Route):
        found["lines"] = list(_looked_at(routing, case, decision))
    return found


def _looked_at(routing: Routing, case: Case, route: Route) -> Iterator[dict[str, object]]:
    for line in routing.lines:
        looked: dict[str, object] = {"name": line.name, "place": str(line.place), "taken": line.name == route.line}
        if line.when is None:
            looked["truth"] = TRUE.value
        else:
            explained = line.when.explain(case)
            looked |= {"truth": explained.truth.word, "when": explained.as_json()}
            missing = list(dict.fromkeys(line.when.unknowns(case))) if explained.truth is UNKNOWN else []
            looked |= {"missing": missing} if missing else {}
        if line.name in route.skipped:
            looked["skipped"] = route.skipped[line.name]
        yield looked
        if line.name == route.line:
            return


def as_json(decision: Decision) -> dict[str, object]:
    """A decision as plain JSON values."""
    match decision:
        case Stays(owner, reason):
            return {"outcome": "stays", "owner": owner, "reason": reason}
        case Waits(reason, missing):
            return {"outcome": "waits", "reason": reason, "missing": list(missing)}
    found: dict[str, object] = {"outcome": "routed", "line": decision.line, "reason": decision.reason}
    match decision.to:
        case ToOwner(email):
            found["owner"] = email
        case ToPool(pool, tier):
            found |= {"pool": pool} | ({"tier": tier} if tier else {})
        case ToQueue(queue):
            found["queue"] = queue
    return found | ({"away_from": decision.away_from} if decision.away_from else {})
