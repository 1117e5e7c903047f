"""Why a lead has its outcome: the line that decided, every clause above it, the criteria with their evidence, and what to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.conditions import Case, CheckIs
from core.criteria import Criterion
from core.instants import to_iso
from core.lead import Value
from core.qualification import SET_PREFIX, Qualified
from leadrelay.history import in_words
from leadrelay.lineage.clauses import conditions, still_open
from leadrelay.lineage.records import wanted_in
from leadrelay.lineage.story import Details, Story, Told, plain, shown, step
from leadrelay.store.ids import to_uid
from leadrelay.web.views import Reason

OUTCOME, REASON = "outcome", "outcome_reason"


def outcome(story: Story, path: str = OUTCOME) -> Told:
    """The outcome or its reason: the rule, the conditions, what to ask next, the packs of criteria and the other verdicts."""
    verdict = story.decided.verdict
    stored = story.lead.value(path)
    if not story.rules.lines:
        left = "" if stored is None else f"; {shown(stored)} is left from rules that were in force before"
        return Told(f"no rules ask for an outcome{left}", [*_packs(story), *wanted_in(story, path)], plain(stored))
    now: Value = verdict.outcome if path == OUTCOME else verdict.reason
    steps = [*_verdict(story, "outcome", verdict, stored, now), *_questions(story), *_packs(story)]
    for name, other in story.decided.sets.items():
        steps.append(step("set", _sentence(SET_PREFIX + name, other), None, 0, **_as_json(other), path=SET_PREFIX + name))
    steps += _history(story)
    since = "" if stored in (None, now) else f"; {shown(stored)} when it was last decided"
    return Told(f"the {_sentence('outcome', verdict)}{since}", [*steps, *wanted_in(story, path)], plain(now))


def qualification(story: Story, path: str) -> Told:
    """The verdict of another list of the qualification than the one that is the outcome."""
    verdict = story.decided.sets.get(path.removeprefix(SET_PREFIX))
    stored = story.lead.value(path)
    if verdict is None:
        return Told(f"no rules give {path}; {shown(stored)} is left from rules that were in force before", [], plain(stored))
    since = "" if stored in (None, verdict.outcome) else f"; {shown(stored)} when it was last decided"
    steps = [*_verdict(story, path, verdict, stored, verdict.outcome), *wanted_in(story, path)]
    return Told(f"{_sentence(path, verdict)}{since}", steps, verdict.outcome or None)


def pack(story: Story, name: str) -> Told:
    """One pack of criteria, such as BANT: of each criterion whether it is met, by which evidence, and what is missing."""
    found = story.rules.criteria(story.decided.subject(story.lead), story.now)[name]
    states = {one.name: one.state for one in found.values()}
    met = sum(state == "yes" for state in states.values())
    answer = f"{name}: {met} of {len(states)} criteria are met ({', '.join(f'{key}: {state}' for key, state in states.items())})"
    return Told(answer, list(_pack(story, name, found)), dict(states))


def check(story: Story, name: str) -> Told:
    """One check, by its name."""
    condition = story.rules.checks[name]
    case = Case(story.decided.subject(story.lead), story.now, story.rules.checks)
    explained = CheckIs(name, condition.explain(case).place).explain(case)
    return Told(f"the check `{name}` is {explained.truth.value}", list(conditions(story, explained)), explained.truth.value)


def _sentence(path: str, verdict: Qualified) -> str:
    ask = f"; to know more, ask for {', '.join(verdict.ask)}" if verdict.ask else ""
    return f"{path} is {verdict.outcome or 'none'} by the rule `{verdict.rule}`: {verdict.reason}{ask}"


def _as_json(verdict: Qualified) -> dict[str, object]:
    return {**verdict.as_json(), "explanation": [one.as_json() for one in verdict.explanation]}


def _verdict(story: Story, path: str, verdict: Qualified, stored: Value | None, now: Value) -> Iterator[Reason]:
    """The line that decided, with those above it."""
    place = str(verdict.explanation[-1].place) if verdict.explanation else ""
    what = f"{_sentence(path, verdict)} [{place}]"
    before = None if stored in (None, now) else plain(stored)
    yield step("verdict", what, None, 0, **_as_json(verdict), path=path, mapping=None, place=place, stored=before)
    for line in verdict.explanation:
        yield from conditions(story, line, 1)


def _questions(story: Story) -> Iterator[Reason]:
    """What to ask next, the most telling question first."""
    asked = story.rules.questions(story.decided.subject(story.lead), story.now, story.catalogue)
    for number, one in enumerate(asked, start=1):
        to = (
            f" (an answer can give {' or '.join(one.outcomes)})"
            if one.outcomes
            else " (with other answers it can change the outcome)"
        )
        yield step("ask", f"to ask, {number}: {one.sentence}{to}", None, 0, **one.as_json())


def _packs(story: Story) -> Iterator[Reason]:
    found = story.rules.criteria(story.decided.subject(story.lead), story.now)
    for name, criteria in found.items():
        yield step("pack", f"{name}:", None, 0, pack=name, criteria={one.name: one.as_json() for one in criteria.values()})
        yield from _pack(story, name, criteria, 1)


def _pack(story: Story, name: str, criteria: Mapping[str, Criterion], depth: int = 0) -> Iterator[Reason]:
    for one in criteria.values():
        missing = f"; to ask: {' '.join(still_open(story, one.missing))}" if one.missing else ""
        data = {"pack": name, "criterion": one.name, "state": one.state, "missing": list(one.missing)}
        yield step("criterion", f"{one.name}: {one.state}{missing}", None, depth, **data)
        for evidence in one.evidence:
            is_stored = evidence.touch in story.by_uid
            came = f", by {story.who(evidence.touch)}" if is_stored else ""
            what = f"{evidence.asked}: it is {shown(evidence.value)}{came}"
            path = evidence.asked.split(" ", 1)[0]
            source = story.provenance(evidence.touch, path) if is_stored else None
            at = None if evidence.at is None else to_iso(evidence.at)
            told: Details = {"asked": evidence.asked, "value": plain(evidence.value), "at": at, "from": source}
            yield step("evidence", what, evidence.at, depth + 1, **told)


def _history(story: Story) -> Iterator[Reason]:
    """When the outcome changed."""
    for row, data in story.events("outcome"):
        yield step("moved", in_words("outcome", data) + story.of(row.lead_id), row.at, 0, lead=to_uid(row.lead_id), **data)
