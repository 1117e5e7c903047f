"""One submission taken through every step without writing: what `try` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.base import Link
from connectors.sources import Ignored, Unreadable
from core.golden import fold
from core.identity import ExactMatcher, Incoming, Joins, MatchKey, match_keys, name_tokens
from core.instants import Instant
from core.lead import Lead, Names, Touch, Value
from core.mapping import Explained, Held, explain_inbound, read_touch
from core.problems import Problem
from core.qualification import Qualified
from core.rendering import Decided, decide_writes
from core.scoring import Score, StageNow, explain
from leadrelay.engine.deciding import decide
from leadrelay.engine.plan import ProcessPlan, SinkPlan
from leadrelay.store.leads import Known

NEW_LEAD, TRIED_TOUCH = "NEWLEAD", "TRIED"


class LookUp(Protocol):
    """What a trial may ask the store; without one nobody is known yet."""

    def known(self, keys: tuple[MatchKey, ...]) -> Known:
        """Who owns these keys, with their leads."""

    def links(self, lead: str, sink: str) -> tuple[Link, ...]:
        """A lead's records in a CRM."""


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


@dataclass
class Trial:
    """What became of one submission; later steps are empty when an earlier one ends it."""

    source: str
    names: Names = field(default_factory=dict)
    mapped: tuple[Explained, ...] = ()
    problems: tuple[Problem, ...] = ()
    held: bool = False
    ignored: str = ""
    """Why the reader takes it for no lead: a code and a reason."""
    lead: str = ""
    joined_by: str = ""
    perhaps: tuple[str, ...] = ()
    fields: dict[str, Value] = field(default_factory=dict)
    verdict: Qualified | None = None
    score: Score | None = None
    stage: StageNow | None = None
    wanted: tuple[Wanted, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The trial as plain JSON values."""
        return {
            "source": self.source,
            "names": dict(self.names),
            "mapped": [_mapped(one) for one in self.mapped],
            "problems": [problem.as_json() for problem in self.problems],
            "held": self.held,
            "ignored": self.ignored,
            "match": {"lead": self.lead or None, "joined_by": self.joined_by or None, "perhaps": list(self.perhaps)},
            "lead": dict(sorted(self.fields.items())),
            "score": _score(self.score),
            "qualification": _verdict(self.verdict),
            "lifecycle_stage": _stage(self.stage),
            "calls": [_call(one) for one in self.wanted],
        }


def _mapped(one: Explained) -> dict[str, Any]:
    found: dict[str, Any] = {"field": one.path, "name": one.input_name, "raw": one.raw, "value": one.value, "note": one.note}
    return {**found, "place": str(one.place)} if one.place else found


def _verdict(verdict: Qualified | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {**verdict.as_json(), "explanation": [one.as_json() for one in verdict.explanation]}


def _score(score: Score | None) -> dict[str, Any] | None:
    return None if score is None else {**score.as_json(), "explanation": explain(score).as_json()}


def _stage(stage: StageNow | None) -> dict[str, Any] | None:
    return None if stage is None else {"stage": stage.stage, "moves": [move.as_json() for move in stage.moves]}


def _call(one: Wanted) -> dict[str, Any]:
    return {
        "sink": one.sink, "mode": one.mode, "operation": "update" if one.crm_id else "create", "object": one.object,
        "external_id": one.external_id, "crm_id": one.crm_id,
        "body": dict(one.decided.body), "not_sent": dict(one.decided.not_sent),
        "problems": [problem.as_json() for problem in one.problems],
        "actions": [{"kind": kind, "payload": dict(payload)} for kind, payload in one.actions],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """The submission to try: its source, and the headers and body it would be posted with."""

    source: str
    headers: Mapping[str, str]
    body: bytes


def run_trial(plan: ProcessPlan, given: Given, now: Instant, store: LookUp | None) -> Trial:
    """Take one submission of a source through every step; nothing is written, and no CRM is asked."""
    source = plan.sources[given.source]
    trial = Trial(given.source)
    try:
        trial.names = source.reader.names(given.headers, given.body)
    except Unreadable as error:
        trial.held, trial.problems = True, (error.problem,)
        return trial
    except Ignored as no_lead:
        trial.ignored = f"{no_lead.code}: {no_lead.reason}"
        return trial
    where = {"catalogue": plan.catalogue, "zone": source.zone, "region": source.region}
    trial.mapped = explain_inbound(source.mapping, trial.names, **where)  # type: ignore[arg-type]
    touch = read_touch(
        source.mapping, trial.names, uid=TRIED_TOUCH, source=given.source, received_at=now, submitted_at=None, is_test=False,
        **where,  # type: ignore[arg-type]
    )  # fmt: skip
    trial.problems = touch.problems
    if isinstance(touch, Held):
        trial.held = True
        return trial
    lead = _joined(trial, touch, plan, store)
    lead = _decided(trial, lead, plan, now)
    trial.fields = {path: won.value for path, won in lead.fields.items()}
    trial.wanted = tuple(one for sink in plan.sinks for one in _wanted(sink, lead, touch, trial, store))
    return trial


def _joined(trial: Trial, touch: Touch, plan: ProcessPlan, store: LookUp | None) -> Lead:
    values = {path: cell.value for path, cell in touch.fields.items()}
    keys = match_keys(values)
    known = store.known(keys) if store is not None else Known({}, {})
    (decision,) = ExactMatcher().match([Incoming(touch.uid, keys, name_tokens(values), NEW_LEAD)], known.owners)
    trial.perhaps = decision.perhaps
    if isinstance(decision, Joins):
        trial.lead, trial.joined_by = decision.lead, decision.by.kind
    return fold(known.leads.get(decision.lead), touch, plan.catalogue, uid=decision.lead)


def _decided(trial: Trial, lead: Lead, plan: ProcessPlan, now: Instant) -> Lead:
    """The lead with what the rules make of it, as the engine would decide it."""
    decided = decide(plan, lead, None, now)
    if decided.found is not None:
        trial.verdict = decided.found.verdict if plan.rules.lines else None
        trial.score, trial.stage = decided.found.score, decided.found.stage
    return decided.lead


def _wanted(sink: SinkPlan, lead: Lead, touch: Touch, trial: Trial, store: LookUp | None) -> list[Wanted]:
    links = store.links(trial.lead, sink.name) if store is not None and trial.lead else ()
    values = {path: cell.value for path, cell in touch.fields.items()}
    found = []
    for mapping in sink.mappings:
        rendered = sink.render(mapping, lead)[mapping.object]
        crm_id = next((link.crm_id for link in links if link.object == mapping.object), None)
        decided = decide_writes(rendered.writes, None if crm_id is None else {})
        actions = tuple((action.kind, action.payload) for action in mapping.touch_actions(lead, values))
        mode = "live" if sink.is_live else "observe"
        external_id = trial.lead or "(the new lead's id)"
        found.append(Wanted(sink.name, mode, mapping.object, external_id, crm_id, decided, rendered.problems, actions))
    return found


def headers_of(name: str, given: str | None) -> dict[str, str]:
    """The headers a file's bytes would come with: the type that was said, else by the file's name, else an ordinary form's."""
    kinds = {".json": "application/json", ".xml": "application/xml"}
    by_name = next((kind for suffix, kind in kinds.items() if name.endswith(suffix)), "application/x-www-form-urlencoded")
    return {"content-type": given or by_name}
