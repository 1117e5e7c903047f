"""One submission taken through every step without writing: what `try` shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.base import Link
from connectors.sources import BAD_TOKEN, Captured, Ignored, Post, PushSource, Refused, TellsColumns, TellsPlaces, Unreadable
from core.criteria import Criterion
from core.golden import fold
from core.identity import ExactMatcher, Incoming, Joins, MatchKey
from core.instants import Instant
from core.lead import Lead, Names, Touch, Value
from core.mapping import Explained, explain_inbound
from core.problems import Problem
from core.questions import Question
from core.realness import proof_of
from core.rendering import Decided, OwnerWanted, decide_writes
from core.rules import Decided as Ruled
from core.scoring import explain
from core.visits import is_visit, visitor_of
from leadrelay.engine.deciding import decide
from leadrelay.engine.known_accounts import Accounts
from leadrelay.engine.plan import ProcessPlan, SinkPlan, SourcePlan
from leadrelay.engine.reading import read_submission
from leadrelay.engine.routing_plan import RoutingPlan
from leadrelay.engine.rows import Read
from leadrelay.store.ids import to_uid
from leadrelay.store.leads import Known, Leased

_NUMBER = 1
"""The id that a tried submission has, and a lead that it would begin: no stored one has it."""
NEW_LEAD = to_uid(_NUMBER)


@dataclass(frozen=True, slots=True)
class Way:
    """Where a lead would go: `trace` is what the ledger would keep, with every question and every member that was asked."""

    outcome: str
    trace: Mapping[str, Any]
    lead: Lead

    def as_json(self) -> dict[str, Any]:
        """The way as plain JSON values."""
        return {"outcome": self.outcome, **self.trace}


class LookUp(Protocol):
    """What a trial may ask the store; without one nobody is known yet, and every pool is at its first turn."""

    def known(self, keys: tuple[MatchKey, ...]) -> Known:
        """Who owns these keys, with their leads."""

    def links(self, lead: str, sink: str) -> tuple[Link, ...]:
        """A lead's records in a CRM."""

    def visitor(self, visitor: str) -> tuple[Lead | None, int]:
        """The lead that is known on a visitor's browser, and how many of its visits wait for somebody to be known."""

    def accounts(self, plan: ProcessPlan, lead: Lead) -> Accounts:
        """What is known of a lead's company."""

    def route(self, plan: RoutingPlan, lead: Lead, before: Lead | None, now: Instant) -> Way:
        """Where a lead would go now; no turn is used."""


@dataclass(frozen=True)
class Wanted:
    """What one sink's mapping would send. `decided` is what may go out; the other fields depend on what the CRM holds."""

    sink: str
    mode: str
    object: str
    external_id: str
    crm_id: str | None
    decided: Decided
    problems: tuple[Problem, ...]
    actions: tuple[tuple[str, Mapping[str, str]], ...] = ()
    owner: OwnerWanted | None = None


@dataclass
class Trial:
    """What became of one submission; later steps are empty when an earlier one ends it."""

    source: str
    names: Names = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    """Where the names stood, in words, as far as the source tells: a table's columns, the parts of a mail."""
    mapped: tuple[Explained, ...] = ()
    problems: tuple[Problem, ...] = ()
    held: bool = False
    aside: bool = False
    """Whether the rules put it aside (`quarantined`): the problems say by which line, and what speaks against it."""
    ignored: str = ""
    """Why the reader takes it for no lead: a code and a reason."""
    refused: str = ""
    """Why the source would not take it at all: the status that it is answered with, and the reason."""
    visitor: str = ""
    waits: bool = False
    """Whether it is a visit of a visitor whom nobody knows yet."""
    waiting: int = 0
    """How many visits wait for this submission, which says who the visitor is."""
    lead: str = ""
    joined_by: str = ""
    perhaps: tuple[str, ...] = ()
    fields: dict[str, Value] = field(default_factory=dict)
    found: Ruled | None = None
    asks: bool = False
    """Whether the rules ask for an outcome."""
    questions: tuple[Question, ...] = ()
    criteria: Mapping[str, Mapping[str, Criterion]] = field(default_factory=dict)
    way: Way | None = None
    wanted: tuple[Wanted, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The trial as plain JSON values."""
        return {
            "source": self.source,
            "names": dict(self.names),
            "mapped": [_mapped(one, self.places) for one in self.mapped],
            "problems": [problem.as_json() for problem in self.problems],
            "held": self.held,
            "quarantined": self.aside,
            "ignored": self.ignored,
            "refused": self.refused,
            "visit": {"visitor": self.visitor, "waits": self.waits, "joins_too": self.waiting} if self.visitor else None,
            "match": {"lead": self.lead or None, "joined_by": self.joined_by or None, "perhaps": list(self.perhaps)},
            "lead": dict(sorted(self.fields.items())),
            **self._decided(),
            "criteria": {name: {key: one.as_json() for key, one in pack.items()} for name, pack in self.criteria.items()},
            "questions": [one.as_json() for one in self.questions],
            "route": None if self.way is None else self.way.as_json(),
            "calls": [_call(one) for one in self.wanted],
        }

    def _decided(self) -> dict[str, Any]:
        """What the rules made of it, each with its explanation."""
        found = self.found
        if found is None:
            return dict.fromkeys(("score", "qualification", "lifecycle_stage", "segments", "persona", "journey_stage"))
        verdicts = {name: {**one.as_json(), "explanation": _all(one.explanation)} for name, one in found.sets.items()}
        verdict = {**found.verdict.as_json(), "explanation": _all(found.verdict.explanation)} if self.asks else None
        return {
            "score": None if found.score is None else {**found.score.as_json(), "explanation": explain(found.score).as_json()},
            "qualification": verdict,
            "qualifications": verdicts,
            "lifecycle_stage": {"stage": found.stage.stage, "moves": [move.as_json() for move in found.stage.moves]},
            "segments": {**found.placed.as_json(), "explanation": _all(found.placed.explanation)},
            "persona": found.placed.persona or None,
            "journey_stage": {"stage": found.journey.stage, "explanation": _all(found.journey.explanation)},
        }


def _all(explained: tuple[Any, ...]) -> list[Any]:
    return [one.as_json() for one in explained]


def _mapped(one: Explained, places: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"field": one.path, "name": one.input_name, "raw": one.raw, "value": one.value, "note": one.note}
    texts = (("stood_in", places.get(one.input_name)), ("said", one.said), ("read_as", one.read_as))
    found |= {name: text for name, text in texts if text}
    return {**found, "place": str(one.place)} if one.place else found


def _call(one: Wanted) -> dict[str, Any]:
    owner = None if one.owner is None else {"email": one.owner.email, "queue": one.owner.queue, "update": one.owner.update}
    return {
        "sink": one.sink, "mode": one.mode, "operation": "update" if one.crm_id else "create", "object": one.object,
        "external_id": one.external_id, "crm_id": one.crm_id,
        "body": dict(one.decided.body), "not_sent": dict(one.decided.not_sent), "owner": owner,
        "problems": [problem.as_json() for problem in one.problems],
        "actions": [{"kind": kind, "payload": dict(payload)} for kind, payload in one.actions],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """The submission to try: its source, the headers and body it would be posted with, the source's own token, and how the file
    was read that a row comes from."""

    source: str
    headers: Mapping[str, str]
    body: bytes
    token: str = ""
    reading: str = ""


def run_trials(plan: ProcessPlan, given: Given, now: Instant, store: LookUp | None) -> list[Trial]:
    """The same of what may be a batch of visits, each of them by itself; any other submission makes one trial."""
    reader = plan.sources[given.source].reader
    answer = _received(plan.sources[given.source], given) if isinstance(reader, PushSource) else None
    if isinstance(answer, Captured) and answer.parts:
        parts = [Given(given.source, answer.headers, part.body) for part in answer.parts]
        return [run_trial(plan, part, now, store) for part in parts]
    if isinstance(answer, Refused) and answer.keep in (None, "rejected"):
        kept = "" if answer.keep is None else ". It is kept as rejected: `leadrelay submissions list --state rejected`"
        return [Trial(given.source, refused=f"{answer.status}: {answer.problem.message}{kept}", problems=(answer.problem,))]
    if isinstance(answer, Captured):
        if answer.state == "ignored":
            return [Trial(given.source, names=reader.names(given.headers, given.body), ignored=f"honeypot: {answer.reason}")]
        return [run_trial(plan, given, now, store, submitted_at=answer.submitted_at, is_test=answer.is_test)]
    return [run_trial(plan, given, now, store)]


def _received(source: SourcePlan, given: Given) -> Captured | Refused | None:
    """What the source would answer; None where that can not be told, such as without a vendor's signature."""
    assert isinstance(source.reader, PushSource)  # noqa: S101 - the caller has looked
    found = source.reader.receive(Post(given.body, given.headers, token=given.token or None), source.mapping.input_names)
    return None if isinstance(found, Refused) and found.problem.code == BAD_TOKEN else found


def run_trial(
    plan: ProcessPlan,
    given: Given,
    now: Instant,
    store: LookUp | None,
    *,
    submitted_at: Instant | None = None,
    is_test: bool = False,
) -> Trial:
    """Take one submission of a source through every step; nothing is written, and no CRM is asked."""
    source = plan.sources[given.source]
    trial = Trial(given.source)
    read = _read(plan, given, now, submitted_at, is_test)
    try:
        trial.names = source.reader.names(given.headers, given.body)
    except Unreadable as error:
        trial.held, trial.problems = True, (error.problem,)
        return trial
    except Ignored as no_lead:
        trial.ignored = f"{no_lead.code}: {no_lead.reason}"
        return trial
    trial.places = _places(source, given)
    trial.mapped = explain_inbound(source.mapping, trial.names, catalogue=plan.catalogue, zone=source.zone, region=source.region)
    if read.touch is None:
        trial.held, trial.problems = True, read.held
        return trial
    trial.problems = (*read.touch.problems, *read.aside)
    lead, before = _joined(trial, read, read.touch, plan, store)
    trial.aside = bool(read.aside) and (before is None or proof_of(before) == "")
    if lead is None or trial.aside:
        return trial
    if store is not None:
        lead, _ = store.accounts(plan, lead).introduced(lead, before)
    lead = _routed(trial, _decided(trial, lead, before, plan, now), before, plan, now, store)
    trial.fields = {path: won.value for path, won in lead.fields.items()}
    trial.wanted = tuple(one for sink in plan.sinks for one in _wanted(sink, lead, read.touch, trial, store))
    return trial


def _places(source: SourcePlan, given: Given) -> Mapping[str, str]:
    if given.reading and isinstance(source.reader, TellsColumns):
        return source.reader.columns(given.reading)
    return source.reader.places(given.headers, given.body) if isinstance(source.reader, TellsPlaces) else {}


def _read(plan: ProcessPlan, given: Given, now: Instant, submitted_at: Instant | None, is_test: bool) -> Read:
    headers = json.dumps(dict(given.headers))
    return read_submission(plan, Leased(_NUMBER, given.source, now, submitted_at, headers, given.body, is_test, 0))


def _joined(trial: Trial, read: Read, touch: Touch, plan: ProcessPlan, store: LookUp | None) -> tuple[Lead | None, Lead | None]:
    """The lead with the touch, and as it was before; no lead for a visit of somebody unknown."""
    trial.visitor = visitor_of(read.values)
    by_visitor, trial.waiting = store.visitor(trial.visitor) if store is not None and trial.visitor else (None, 0)
    if is_visit(touch.fields):
        trial.waiting = 0
        if by_visitor is None:
            trial.waits = True
            return None, None
        trial.lead, trial.joined_by = by_visitor.uid, "visitor"
        return fold(by_visitor, touch, plan.catalogue, uid=by_visitor.uid), by_visitor
    known = store.known(read.keys) if store is not None else Known({}, {})
    (decision,) = ExactMatcher().match([Incoming(touch.uid, read.keys, read.name, NEW_LEAD)], known.owners)
    trial.perhaps = decision.perhaps
    if isinstance(decision, Joins):
        trial.lead, trial.joined_by = decision.lead, decision.by.kind
    before = known.leads.get(decision.lead)
    return fold(before, touch, plan.catalogue, uid=decision.lead), before


def _decided(trial: Trial, lead: Lead, before: Lead | None, plan: ProcessPlan, now: Instant) -> Lead:
    """The lead with what the rules make of it, as the engine would decide it."""
    decided = decide(plan, lead, before, now)
    trial.found, trial.asks = decided.found, bool(plan.rules.lines)
    trial.questions = plan.rules.questions(decided.lead, now, plan.catalogue)
    trial.criteria = plan.rules.criteria(decided.lead, now)
    return decided.lead


def _routed(trial: Trial, lead: Lead, before: Lead | None, plan: ProcessPlan, now: Instant, store: LookUp | None) -> Lead:
    if plan.routing is None:
        return lead
    if store is None:
        from leadrelay.commands.look_up import EmptyLookUp

        store = EmptyLookUp()
    trial.way = store.route(plan.routing, lead, before, now)
    return trial.way.lead


def _wanted(sink: SinkPlan, lead: Lead, touch: Touch, trial: Trial, store: LookUp | None) -> list[Wanted]:
    links = store.links(trial.lead, sink.name) if store is not None and trial.lead else ()
    values = {path: cell.value for path, cell in touch.fields.items()}
    found = []
    for mapping in sink.mappings:
        rendered = sink.render(mapping, lead)[mapping.object]
        crm_id = next((link.crm_id for link in links if link.object == mapping.object), None)
        decided = decide_writes(rendered.writes, None if crm_id is None else {})
        wants = () if is_visit(touch.fields) else mapping.touch_actions(lead, values)
        actions = tuple((action.kind, action.payload) for action in wants)
        mode = "live" if sink.is_live else "observe"
        external_id = trial.lead or "(the new lead's id)"
        one = Wanted(sink.name, mode, mapping.object, external_id, crm_id, decided, rendered.problems, actions, rendered.owner)
        found.append(one)
    return found


def headers_of(name: str, given: str | None) -> dict[str, str]:
    """The headers a file's bytes would come with: the type that was said, else by the file's name, else an ordinary form's."""
    kinds = {".json": "application/json", ".xml": "application/xml"}
    by_name = next((kind for suffix, kind in kinds.items() if name.endswith(suffix)), "application/x-www-form-urlencoded")
    return {"content-type": given or by_name}
