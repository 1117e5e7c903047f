"""Bringing the records of one pass to HubSpot: what is refused is singled out and sent again in another form, the rest lands.

Without a trace id in an error HubSpot refuses the whole batch and names only the first problem. Then the record that the answer
points to is taken out, else the batch is halved. All of it within a bounded number of calls; what is left over comes next.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Reject, Retry, Stop, TooLarge
from connectors.hubspot.answers import CrmError
from connectors.hubspot.bodies import IDENTITY, no_identity
from connectors.hubspot.client import Answer, Client, Refused
from connectors.hubspot.culprits import not_an_option, split
from connectors.hubspot.errors import Next, Rule, gravest, next_step, problem_of
from connectors.hubspot.schema import Schemas
from connectors.hubspot.writing import (
    TRACE,
    Verdict,
    Write,
    done,
    in_part,
    missing_external_id,
    send,
    sort_answer,
    sort_errors,
    unchanged,
    wait_for,
)
from connectors.refusals import copied
from core.problems import Problem

MOST_CALLS = 40
"""Calls for one batch in one pass; every pass settles some records, so that a batch full of bad ones ends as well."""

LONGEST = 60.0
"""Seconds after which no further call of a pass is begun, so that it ends before its rows' lease does."""

_MOST_ROUNDS = 4
"""How often a record is sent again without something: HubSpot may name one bad property at a time."""

_NO_PLACE = ("unknown_field", "not_writable")

Conflict = tuple[Write, CrmError]
Settle = Callable[[Sequence[Conflict], bool], Mapping[int, Write | Verdict]]
"""What becomes of records that another one stands in the way of. With True each of them is one; with False one of them is,
and those that nothing stands in the way of are left out of the answer."""


@dataclass(slots=True)
class Writer:
    """Writes the records of one pass over one object; `verdicts` holds one for each, by its index in the pass."""

    client: Client
    schemas: Schemas
    object: str
    external_id: str
    settle: Settle
    monotonic: Callable[[], float] = time.monotonic
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    _queue: deque[list[Write]] = field(default_factory=deque)
    _again: list[Write] = field(default_factory=list)
    _conflicts: list[Conflict] = field(default_factory=list)
    _looked_at: set[str] = field(default_factory=set)
    _halted: Retry | None = None
    _calls: int = 0
    _has_written: bool = False
    _is_traced: bool = True
    _until: float | None = None

    def write(self, writes: Sequence[Write]) -> None:
        """Settle records that are all new, or all known; raises for the whole pass only while nothing of it is settled."""
        self._until = self._until or self.monotonic() + LONGEST
        self._put(writes)
        while self._queue or self._again or self._conflicts:
            if self._halted is not None or self._calls >= MOST_CALLS or self.monotonic() >= self._until:
                self._postpone()
            elif self._queue:
                self._send(self._queue.popleft())
            else:
                self._next_round()

    def _put(self, *groups: Sequence[Write]) -> None:
        """Queue groups before anything else; a record with nothing (left) to send is done."""
        for group in reversed(groups):
            self.verdicts |= {write.index: unchanged(write) for write in group if write.is_empty}
            full = [write for write in group if not write.is_empty]
            if full:
                self._queue.appendleft(full)

    def _send(self, group: list[Write]) -> None:
        self._calls += 1
        try:
            answer = send(self.client, self.object, self.external_id, group, is_traced=self._is_traced)
        except Refused as refused:
            if self._is_traced and any(TRACE in error.message for error in refused.errors):
                self._is_traced = False  # a version of the API that does not know trace ids for this call
                self._put(group)
            else:
                self._refused(group, refused.errors)
        except (Retry, Stop, TooLarge) as error:
            self._failed(group, error)
        else:
            self._answered(group, answer)

    def _answered(self, group: Sequence[Write], answer: Answer) -> None:
        told = sort_answer(group, answer, self.external_id)
        self._has_written |= bool(told.results)
        written = [write for write in group if write.index in told.results]
        self.verdicts |= {write.index: done(write, told.results[write.index], self.external_id) for write in written}
        self._judge_all(group, told.errors)
        unsettled = [write for write in group if write.index not in told.results and write.index not in told.errors]
        if unsettled and told.loose:
            self._refused(unsettled, told.loose)
        elif unsettled:
            self._has_written = True  # as far as anybody knows
            sentence = "HubSpot's answer does not say what became of the record"
            self.verdicts |= {
                write.index: Retry(sentence, after=1, may_have_happened=True, code="strange_answer") for write in unsettled
            }

    # --- failures of a call -------------------------------------------------------------------------------------------

    def _failed(self, group: Sequence[Write], error: Retry | Stop | TooLarge) -> None:
        """A call failed as a whole: raised while nothing was written or found out, else a wait for its records and for those
        behind it. What is found out is kept, or a batch that takes many calls never comes to its end where many calls fail."""
        if not (self._has_written or self.verdicts):
            raise error
        wait = error if isinstance(error, Retry) else in_part()
        self.verdicts |= {write.index: copied(wait) for write in group}
        self._halted = Retry(wait.reason, after=wait.after, until=wait.until, code=wait.code)

    def _postpone(self) -> None:
        """Leave what is still to go to the next pass."""
        rest = [*(write for group in self._queue for write in group), *self._again, *(write for write, _ in self._conflicts)]
        self.verdicts |= {write.index: copied(self._halted or in_part()) for write in rest}
        self._queue.clear()
        self._again, self._conflicts = [], []

    def _next_round(self) -> None:
        """What was refused goes out in another form, all of it in one call."""
        again, conflicts = self._again, self._conflicts
        self._again, self._conflicts = [], []
        if conflicts:
            settled = self._settled(conflicts, is_certain=True, others=again)
            again = again + [what for what in settled.values() if isinstance(what, Write)]
        if again:
            self._put(again)

    def _settled(
        self, conflicts: Sequence[Conflict], *, is_certain: bool, others: Sequence[Write] = ()
    ) -> Mapping[int, Write | Verdict]:
        """What becomes of conflicts, verdicts noted; it takes reading, which can fail as a call does."""
        self._calls += 1
        try:
            settled = self.settle(conflicts, is_certain)
        except (Retry, Stop, TooLarge) as error:
            self._failed([*others, *(write for write, _ in conflicts)], error)
            return {}
        except Refused:
            self._failed([*others, *(write for write, _ in conflicts)], TooLarge("a record could not be read"))
            return {}
        self.verdicts |= {index: what for index, what in settled.items() if not isinstance(what, Write)}
        return settled

    # --- a record that was refused ------------------------------------------------------------------------------------

    def _judge_all(self, group: Sequence[Write], errors: Mapping[int, Sequence[CrmError]]) -> None:
        for write in group:
            if write.index in errors:
                self._judge(write, errors[write.index])

    def _judge(self, write: Write, errors: Sequence[CrmError]) -> None:
        """What becomes of one record after its own errors."""
        error, rule = gravest(errors)
        if rule.next is Next.CONFLICT and write.rounds < _MOST_ROUNDS:
            self._conflicts.append((write, error))
        elif self._has_lost_its_key([write], error, rule):
            return
        elif rule.next is Next.LEAVE_OUT:
            self._leave_out(write, errors)
        elif rule.next is Next.STOP and not self._has_written:
            raise Stop(problem_of(error, rule))
        elif rule.next in (Next.REJECT, Next.TOO_LARGE, Next.CONFLICT):
            self.verdicts[write.index] = Reject(problem_of(error, rule, values=write.told()))
        else:
            self.verdicts[write.index] = wait_for(write, error, rule)

    def _leave_out(self, write: Write, errors: Sequence[CrmError]) -> None:
        """Send the record once more without what was refused, when it can do without; else the refusal stands."""
        problems: dict[str, Problem] = {}
        for error in errors:
            rule = next_step(error)
            named = [name for name in error.names if name in write.body.fields]
            if not named:
                self.verdicts[write.index] = Reject(problem_of(error, rule, values=write.told()))
                return
            if rule.problem in (*_NO_PLACE, "not_in_picklist"):
                self.schemas.forget(self.object)
            problems |= {name: problem_of(error, rule, (name,), write.told()) for name in named}
        needed = [problems[name] for name in problems if name in write.body.must]
        if needed or write.rounds >= _MOST_ROUNDS:
            self.verdicts[write.index] = Reject(self._why(write, needed or list(problems.values())))
        else:
            self._again.append(write.without(tuple(problems), tuple(problems.values())))

    def _why(self, write: Write, problems: Sequence[Problem]) -> Problem:
        is_last = write.crm_id is None and problems[0].field in IDENTITY
        return no_identity(problems[0]) if is_last else problems[0]

    def _has_lost_its_key(self, group: Sequence[Write], error: CrmError, rule: Rule) -> bool:
        """Whether the property that makes a repeat harmless is gone, or no longer unique: then nothing more may be sent.

        HubSpot says that in several ways (`Unable to perform update/upsert by non-unique 0-1 property ...`), so its definition
        is read again whenever a refusal names the property.
        """
        is_named = self.external_id in error.names or self.external_id in re.findall(r"\w+", error.message)
        if not is_named or rule.next is Next.CONFLICT or self.external_id in self._looked_at:
            return False
        self._looked_at.add(self.external_id)
        self.schemas.forget(self.object)
        failure: Retry | Stop = Stop(missing_external_id(self.object, self.external_id))
        try:
            if self.schemas.of(self.object).has_key(self.external_id):
                return False
        except (Retry, Stop) as error_of_reading:
            failure = error_of_reading
        self._failed(group, failure)
        return True

    # --- a batch that was refused as a whole --------------------------------------------------------------------------

    def _refused(self, group: list[Write], errors: Sequence[CrmError]) -> None:
        """Find out whose fault it was; the others are sent again before anything else."""
        told = sort_errors(group, errors)
        if told.errors:
            self._judge_all(group, told.errors)
            self._put([write for write in group if write.index not in told.errors])
            return
        loose = told.loose or (CrmError("UNKNOWN", status=400),)
        if len(group) == 1:
            self._judge(group[0], loose)
            return
        error, rule = gravest(loose)
        if self._has_lost_its_key(group, error, rule):
            return
        if rule.next is Next.CONFLICT:
            self._in_the_way(group, error)
        elif rule.problem in (*_NO_PLACE, "not_in_picklist"):
            self._leave_out_for_all(group, error, rule)
        else:
            self._put(*split(group, error))

    def _in_the_way(self, group: list[Write], error: CrmError) -> None:
        """Another record holds a value of one of these: see for all of them at once which one."""
        settled = self._settled([(write, error) for write in group], is_certain=False)
        if not settled and self._halted is None:
            self._put(*split(group, error))
            return
        changed = {index: what for index, what in settled.items() if isinstance(what, Write)}
        self._put([changed.get(write.index, write) for write in group if write.index in changed or write.index not in settled])

    def _leave_out_for_all(self, group: list[Write], error: CrmError, rule: Rule) -> None:
        """A property that is gone is left out of every record, one whose options were renamed where its value is none of them."""
        names = [name for name in error.names if name not in self._looked_at]
        self._looked_at |= set(names)
        self.schemas.forget(self.object)
        try:
            known = self.schemas.of(self.object) if rule.problem == "not_in_picklist" and names else None
        except (Retry, Stop) as failure:
            self._failed(group, failure)
            return
        kept: list[Write] = []
        is_changed = False
        for write in group:
            gone = [name for name in names if name in write.body.fields and (known is None or not_an_option(known, write, name))]
            is_changed |= bool(gone)
            problems = [problem_of(error, rule, (name,), write.told()) for name in gone]
            if write.body.must & set(gone):
                self.verdicts[write.index] = Reject(self._why(write, problems))
            else:
                kept.append(replace(write, body=write.body.without(gone, problems)) if gone else write)
        self._put(*([kept] if is_changed else split(group, error)))
