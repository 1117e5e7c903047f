"""Things that must happen exactly once beside a contact: each kind of a batch in as few calls as HubSpot allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.base import Act, Outcome, Reject, Retry, Stop, TooLarge
from connectors.hubspot.client import AT_ONCE, HIDDEN, Client
from connectors.hubspot.companies import add_companies
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.deleting import delete_records
from connectors.hubspot.engagements import add_notes, add_tasks
from connectors.hubspot.errors import Next, Refused, as_retry, gravest, problem_of
from connectors.hubspot.lists import add_to_lists
from connectors.refusals import copied
from core.problems import Problem

Make = Callable[[Client, HubSpotConfig, Mapping[int, Act]], dict[int, Outcome]]

_KINDS: Mapping[str, Make] = {
    "note": add_notes,
    "task": add_tasks,
    "list_membership": add_to_lists,
    "company": add_companies,
    "delete": delete_records,
}


def act_all(client: Client, config: HubSpotConfig, batch: Sequence[Act]) -> list[Outcome]:
    """Make each action happen once; one outcome per input, in order. Raises for the whole call only when nothing was done."""
    if len(batch) > AT_ONCE:
        raise TooLarge(f"a batch holds at most {AT_ONCE} actions")
    outcomes: dict[int, Outcome] = {}
    for kind in dict.fromkeys(act.kind for act in batch):
        acts = {index: act for index, act in enumerate(batch) if act.kind == kind}
        outcomes |= _act(client, config, kind, acts, is_first=not outcomes)
    return [outcomes[index] for index in range(len(batch))]


def _act(client: Client, config: HubSpotConfig, kind: str, acts: Mapping[int, Act], *, is_first: bool) -> dict[int, Outcome]:
    make = _KINDS.get(kind)
    if make is None:
        known = " or ".join(one for one in _KINDS if one != "delete")
        unknown = Problem("unknown_action", f"HubSpot knows no action `{kind}` here: use {known}")
        return {index: Reject(unknown) for index in acts}
    try:
        return make(client, config, acts)
    except Stop as stop:
        if stop.problem.code in HIDDEN:  # this kind of action only: the contacts go on
            return {index: Reject(stop.problem) for index in acts}
        if is_first:
            raise
    except Refused as refused:
        if len(acts) == 1:
            return {index: refused_outcome(refused) for index in acts}
        if is_first:
            raise TooLarge("HubSpot refused the call for one of its records") from refused
    except TooLarge:
        if is_first:
            raise
    except Retry as retry:
        if is_first:
            raise
        return {index: copied(retry) for index in acts}
    return {index: Retry("the batch was done in part: this comes next", after=1, code="partly") for index in acts}


def refused_outcome(refused: Refused) -> Outcome:
    """A refusal of the whole call as the one action's own."""
    error, rule = gravest(refused.errors)
    return as_retry(rule) if rule.next is Next.RETRY else Reject(problem_of(error, rule))
