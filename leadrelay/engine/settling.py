"""What a claimed row becomes after a call: the reconciler's rules as a function of the row and the CRM's answer."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Table

from connectors.base import Done, Found, Outcome, Reject, Retry, TooLarge
from core.instants import Instant
from core.problems import Problem
from core.rendering import OwnerWanted
from core.retry import Park, decide_retry, hold_gate
from leadrelay.store import tables
from leadrelay.store.work import Claimed, Settled, State

LONE_STRIKES = 5
"""After so many failures as a whole a row is sent alone, so that what goes wrong is its own answer."""

_OUTAGE_CODES = frozenset({
    "unreachable", "unavailable", "busy", "rate_limit", "daily_limit", "concurrent_limit", "org_limit", "maintenance",
})  # fmt: skip
"""Failures that say nothing about the rows that were sent: no strike and no try for them."""

_NOT_ITS_FAULT = _OUTAGE_CODES | {"partly", "same_record_twice", "rolled_back"}
"""Answers for one row that are due to the rest of its batch or to the whole account: the row waits and spends no try."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A row with what was put before the CRM: the lead's version, the digest of its rendering, and who was to own the record."""

    row: Claimed
    version: int
    digest: int | None
    owner: OwnerWanted | None = None


def batch_limit(strikes: int, full: int) -> int:
    """How many rows with so many strikes go into one call: the whole batch, then a quarter each time, at last one."""
    return full if strikes < 2 else max(1, full >> (2 * (strikes - 1))) if strikes < LONE_STRIKES else 1


def state_when_done(table: Table) -> State:
    """The state of a row that the CRM has taken: a delivery is in step, an action is done."""
    return "in_sync" if table is tables.delivery else "done"


def after_answer(sent: Sent, outcome: Outcome, *, now: Instant, jitter: float, done: State) -> Settled:
    """The row after the CRM answered for it."""
    row = sent.row
    match outcome:
        case Done():
            problem = _problems(outcome.left_out)
            return _kept(row, done, now, version=sent.version, have=sent.version, sent_hash=sent.digest,
                         crm_id=outcome.crm_id or row.crm_id, problem=problem)  # fmt: skip
        case Found():
            return _kept(row, "waiting", now, version=sent.version, crm_id=outcome.crm_id)
        case Reject():
            return _kept(row, "failed", now, version=sent.version, tries=row.tries + 1, is_unsure=row.is_unsure,
                         problem=_problems((outcome.problem,)))  # fmt: skip
        case Retry():
            return _again(sent, outcome, now, jitter)


def after_whole_failure(
    sent: Sent, error: Retry | TooLarge, *, size: int, last_ok_at: Instant, now: Instant, jitter: float
) -> Settled:
    """The row after a call failed as a whole: no try is spent, unless it was sent alone and other calls went well since."""
    row = sent.row
    if isinstance(error, TooLarge):
        if size == 1:
            problem = Problem("too_large", "the CRM refuses this record for its size: shorten its longest fields")
            return _kept(row, "failed", now, version=sent.version, tries=row.tries + 1, is_unsure=row.is_unsure,
                         problem=_problems((problem,)))  # fmt: skip
        return _kept(
            row, "waiting", row.due, strikes=max(2, row.strikes + 1), struck_at=now, is_unsure=row.is_unsure, tries=row.tries
        )
    is_unsure = row.is_unsure or error.may_have_happened
    if error.code in _OUTAGE_CODES and not error.may_have_happened:
        return _kept(row, "waiting", row.due, tries=row.tries, strikes=row.strikes, struck_at=row.struck_at, is_unsure=is_unsure)
    if size == 1 and row.strikes >= LONE_STRIKES and last_ok_at > row.struck_at:
        return _again(sent, error, now, jitter)
    return _kept(row, "waiting", row.due if row.strikes < LONE_STRIKES else now + 1000, tries=row.tries,
                 strikes=row.strikes + 1, struck_at=now, is_unsure=is_unsure)  # fmt: skip


def given_back(row: Claimed, *, due: Instant | None = None) -> Settled:
    """The row untouched: nothing was sent for it."""
    return _kept(
        row, "waiting", row.due if due is None else due, tries=row.tries, strikes=row.strikes, struck_at=row.struck_at,
        is_unsure=row.is_unsure,
    )  # fmt: skip


def ended(row: Claimed, state: State, now: Instant, problem: Problem | None = None) -> Settled:
    """The row at its end without a call: suppressed, merged, discarded or failed before anything was sent."""
    return _kept(row, state, now, version=row.want, tries=row.tries, is_unsure=row.is_unsure,
                 problem=None if problem is None else _problems((problem,)))  # fmt: skip


def unchanged(sent: Sent, now: Instant) -> Settled:
    """The row whose rendering the CRM has already."""
    row = sent.row
    return _kept(row, "in_sync", now, version=sent.version, have=sent.version, sent_hash=row.sent_hash)


def _again(sent: Sent, error: Retry, now: Instant, jitter: float) -> Settled:
    row = sent.row
    is_unsure = row.is_unsure or error.may_have_happened
    if error.code in _NOT_ITS_FAULT:
        wait = hold_gate(0, error, now=now, jitter=jitter).until
        return _kept(row, "waiting", wait, tries=row.tries, strikes=row.strikes, struck_at=row.struck_at, is_unsure=is_unsure)
    problem = _problems((Problem(error.code, error.reason),))
    decided = decide_retry(row.tries, error, now=now, jitter=jitter)
    state: State = "failed" if isinstance(decided, Park) else "waiting"
    due = now if isinstance(decided, Park) else decided.due
    return _kept(row, state, due, version=sent.version, tries=decided.tries, strikes=row.strikes, struck_at=now,
                 is_unsure=is_unsure, problem=problem)  # fmt: skip


def _kept(
    row: Claimed, state: State, due: Instant, *, version: int = 0, have: int | None = None, sent_hash: int | None = None,
    crm_id: str | None = None, tries: int = 0, strikes: int = 0, struck_at: Instant = 0, is_unsure: bool = False,
    problem: str | None = None,
) -> Settled:  # fmt: skip
    """The row with what is not said here as it was. An unsure row forgets what it sent: nobody knows what the CRM holds."""
    known = sent_hash if sent_hash is not None else row.sent_hash
    return Settled(
        id=row.id, state=state, due=due, tries=tries, strikes=strikes, struck_at=struck_at, is_unsure=is_unsure,
        crm_id=crm_id or row.crm_id, problem=problem, have=row.have if have is None else have,
        sent_hash=None if is_unsure else known, version=version,
    )  # fmt: skip


def _problems(problems: tuple[Problem, ...]) -> str | None:
    return json.dumps([problem.as_json() for problem in problems]) if problems else None
