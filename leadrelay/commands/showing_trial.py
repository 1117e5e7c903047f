"""A trial as people read it: what `try` prints, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from leadrelay.commands.output import Output, shown

if TYPE_CHECKING:
    from core.conditions import Explained
    from leadrelay.commands.trial import Trial, Wanted
    from leadrelay.web.views import Reason


def show(out: Output, trial: Trial) -> None:
    """Every step down to the one that ended it."""
    if trial.refused:
        out.say(f"This post would be refused with status {trial.refused}")
        return
    out.say("Names")
    names = ((trial.places.get(name) or name, value) for name, value in trial.names.items())
    out.table(("name", "value"), names, empty="  none")
    if trial.mapped:
        out.say("Lead fields")
        out.table(
            ("field", "value", "from", "text", "read as", "line", "note"),
            (
                (
                    one.path,
                    one.value,
                    trial.places.get(one.input_name) or one.input_name,
                    one.said or one.raw,
                    one.read_as,
                    one.place,
                    one.note,
                )
                for one in trial.mapped
            ),
        )
    for problem in trial.problems:
        out.say(f"problem  {problem}")
    if _ended(out, trial):
        return
    known = f"joins lead {trial.lead}, known by {trial.joined_by}" if trial.lead else "a new lead"
    perhaps = f"; perhaps the same as {', '.join(trial.perhaps)}" if trial.perhaps else ""
    out.say(f"\nMatch    {known}{perhaps}")
    if trial.waiting:
        out.say(f"         its visitor is known by it from then on: {trial.waiting} earlier visits join the lead too")
    _show_found(out, trial)
    _show_way(out, trial)
    for wanted in trial.wanted:
        _show_wanted(out, wanted)


def _ended(out: Output, trial: Trial) -> bool:
    """Say why nothing comes after the reading, if so."""
    if trial.ignored:
        out.say(f"\nThis submission would be ignored: {trial.ignored}. It is kept, and never becomes a lead.")
    elif trial.held:
        out.say(
            "\nThis submission would be held: kept, shown with its problem, and worked again on `leadrelay submissions retry`."
        )
    elif trial.aside:
        out.say("\nThis submission would be put aside (quarantined): kept, and a lead only when a person accepts it.")
    elif trial.waits:
        out.say(
            "\nThis visit would wait: nobody is known by its visitor's id yet. It joins the lead whose form comes with that id."
        )
    return bool(trial.ignored or trial.held or trial.aside or trial.waits)


# --- what the rules make of it ------------------------------------------------------------------------------------------


def _show_found(out: Output, trial: Trial) -> None:
    found = trial.found
    _show_score(out, trial)
    _show_verdict(out, trial)
    if found is None:
        return
    for name, verdict in found.sets.items():
        out.say(f"Verdict  {name}: {verdict.outcome or 'none'}: {verdict.reason} ({verdict.rule})")
    for name, pack in trial.criteria.items():
        out.say(f"Criteria {name}: {', '.join(f'{key} {one.state}' for key, one in pack.items())}")
    for number, question in enumerate(trial.questions, start=1):
        out.say(f"  to ask {number}  {question.sentence}")
    if found.stage.stage or found.stage.moves:
        reasons = "; ".join(move.reason for move in found.stage.moves)
        out.say(f"Stage    {found.stage.stage or 'none'}{f': {reasons}' if reasons else ''}")
    if found.placed.explanation:
        out.say(f"Segments {', '.join(found.placed.segments) or 'none'}; persona {found.placed.persona or 'none'}")
        for line in found.placed.explanation:
            _show_condition(out, line, 1)
    if found.journey.explanation:
        out.say(f"Journey  {found.journey.stage or 'none'}")
        for line in found.journey.explanation:
            _show_condition(out, line, 1)


def _show_score(out: Output, trial: Trial) -> None:
    from core.scoring import explain

    score = None if trial.found is None else trial.found.score
    if score is None:
        return
    named = ", ".join(one for one in (score.band, score.grade) if one)
    out.say(f"Score    {score.total}{f' ({named})' if named else ''}")
    for step in explain(score).steps:
        out.say(f"  {step.points:+8g}  {step.what}")


def _show_verdict(out: Output, trial: Trial) -> None:
    verdict = None if trial.found is None or not trial.asks else trial.found.verdict
    if verdict is None:
        out.say("Outcome  no rules ask for one")
        return
    out.say(f"Outcome  {verdict.outcome or 'none'}: {verdict.reason} ({verdict.rule})")
    for name, truth in verdict.checks.items():
        out.say(f"  check  {name}: {truth.value}")
    for line in verdict.explanation:
        _show_condition(out, line, 1)
    if verdict.ask:
        out.say(f"  to ask {', '.join(verdict.ask)}")


def _show_condition(out: Output, one: Explained, depth: int) -> None:
    held = f" (it is {shown(one.value)})" if one.value is not None else ""
    why = f": {one.reason}" if one.reason else ""
    out.say(f"{'  ' * depth}{one.truth.value:8}{one.text}{held}{why}  {one.place}")
    for part in one.parts:
        _show_condition(out, part, depth + 1)


# --- whom it goes to ----------------------------------------------------------------------------------------------------


def _show_way(out: Output, trial: Trial) -> None:
    from leadrelay.lineage.owners import way

    if trial.way is None:
        return
    told = trial.way.trace
    if trial.way.outcome == "routed":
        turn = f", by turn {told['turn']} of the pool {told['pool']}" if told.get("turn") is not None else ""
        to = told.get("member") or f"the queue {told.get('queue')}"
        out.say(f"Owner    {to} would get it by the line `{told['line']}`{turn}. No turn is used.")
    elif trial.way.outcome == "stays":
        out.say(f"Owner    {told['owner']} keeps it: {told['reason']}")
    else:
        missing = f" (not known: {', '.join(told['missing'])})" if told.get("missing") else ""
        out.say(f"Owner    nobody yet: {told['reason']}{missing}")
    for reason in way(told, _clauses):
        out.say(f"{'  ' * reason.depth}{reason.what}")


def _clauses(one: Mapping[str, Any], depth: int) -> Iterator[Reason]:
    """A condition of the trace, and those that it is made of."""
    from leadrelay.lineage.story import step

    held = f" (it is {shown(one['value'])})" if "value" in one else ""
    yield step("clause", f"{one['truth']:8}{one['text']}{held}  {one['place']}", None, depth)
    for part in one.get("parts", ()):
        yield from _clauses(part, depth + 1)


# --- what each CRM would get --------------------------------------------------------------------------------------------


def _show_wanted(out: Output, wanted: Wanted) -> None:
    what = (
        f"update {wanted.object} {wanted.crm_id}"
        if wanted.crm_id
        else f"create {wanted.object}, unless it is found there by e-mail"
    )
    out.say(f"\nSink {wanted.sink} ({wanted.mode}): {what}")
    rows = [(name, value, "") for name, value in wanted.decided.body.items()]
    rows += [(name, "", reason) for name, reason in wanted.decided.not_sent.items()]
    out.table(("field", "sent", "not sent, because"), rows)
    if wanted.owner is not None:
        out.say(f"owner    {wanted.owner.email or f'the queue {wanted.owner.queue}'} (update: {wanted.owner.update})")
    for problem in wanted.problems:
        out.say(f"problem  {problem}")
    for kind, payload in wanted.actions:
        out.say(f"once     {kind}: {shown(payload)}")
