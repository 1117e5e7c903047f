"""Submissions that are no leads as far as the rules can tell: what speaks against each is kept with its touch, and those that a
line of `quarantine` names are put aside, unless they join somebody who is proved to be real."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.fields import CONFIRMED, SIGNS
from core.identity import Incoming, Joins, Matcher
from core.lead import Cell, Touch
from core.problems import Problem
from core.quarantine import put_aside
from core.realness import Sign, Traces, proof_of, signs_of
from core.visits import is_visit
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.rows import Read
from leadrelay.store.ids import to_uid
from leadrelay.store.leads import Known

QUARANTINED = "quarantined"
"""The code of the problem that says which line put a submission aside; the signs follow it as problems of their own."""


def judged(
    plan: ProcessPlan, touch: Touch, traces: Traces, accepted_by: str = "", *, is_added: bool = False
) -> tuple[Touch, tuple[Problem, ...]]:
    """The touch with the signs that speak against it, and why the rules put it aside. What a person has accepted says so itself
    (`person.confirmed`); neither that nor what a person added (`is_added`) is put aside."""
    if is_visit(touch.fields):
        return touch, ()
    signs = signs_of(touch, traces)
    said: dict[str, Cell] = {SIGNS: Cell(tuple(sign.code for sign in signs))} if signs else {}
    if accepted_by:
        said[CONFIRMED] = Cell(value=True, raw=f"accepted by {accepted_by}")
    found = replace(touch, fields={**touch.fields, **said}) if said else touch
    is_taken = bool(accepted_by) or is_added
    return found, () if is_taken else _aside(plan, found, signs)


def _aside(plan: ProcessPlan, touch: Touch, signs: Sequence[Sign]) -> tuple[Problem, ...]:
    rules = plan.rules
    line = put_aside(rules.quarantine, touch, signs, touch.at, rules.checks, plan.catalogue)
    if line is None:
        return ()
    return (Problem(QUARANTINED, line.reason, place=line.place), *(Problem(sign.code, sign.reason, sign.field) for sign in signs))


def taken(read: Iterable[Read], known: Known, matcher: Matcher) -> list[Read]:
    """The touches of a batch that become leads or join them: all that no line puts aside, and of the others those that join
    somebody who is proved to be real."""
    return [one for one in read if one.touch is not None and (not one.aside or _joins_somebody_real(one, known, matcher))]


def _joins_somebody_real(one: Read, known: Known, matcher: Matcher) -> bool:
    uid = to_uid(one.submission.id)
    (decision,) = matcher.match([Incoming(uid, one.keys, one.name, uid)], known.owners)
    lead = known.leads.get(decision.lead) if isinstance(decision, Joins) else None
    return lead is not None and proof_of(lead) != ""
