"""Known accounts: who has a company already gets its next person as well, where the lines of the routing say so.

What is known is kept beside the leads, by the domain of the company. A lead that nobody has gets it as the field `account.owner`
before any rule asks; whoever writes leads that somebody has keeps it up to date. Both cost one statement a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from core.accounts import account_hash, account_of, accounts_in
from core.lead import Lead, Value, Won
from leadrelay.engine.owning import NEWEST, OWNER, owner_of
from leadrelay.engine.plan import ProcessPlan
from leadrelay.store import accounts, people
from leadrelay.store.accounts import Account
from leadrelay.store.ids import from_uid, to_uid

ACCOUNT_OWNER = "account.owner"
ACCOUNT = "account"
"""The kind of event that tells by which lead an account is known."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is known of a batch's accounts, and who of the team may be given a lead. `is_on` is false without a routing."""

    known: Mapping[int, Account] = field(default_factory=dict)
    active: frozenset[str] = frozenset()
    is_on: bool = False

    def introduced(self, lead: Lead, before: Lead | None) -> tuple[Lead, list[tuple[str, dict[str, Any]]]]:
        """A lead that nobody has, with the owner of its account, and the event that tells it. What a CRM told of the account
        stays; what we said before goes when it holds no more."""
        newest = lead.fields.get(NEWEST)
        if not self.is_on or newest is None or owner_of(lead) is not None or lead.told_by(ACCOUNT_OWNER):
            return lead, []
        found, held = self._of_others(lead), lead.value(ACCOUNT_OWNER)
        owner = None if found is None else found.owner
        if held == owner:
            return lead, []
        fields = {path: won for path, won in lead.fields.items() if path != ACCOUNT_OWNER}
        if found is None:
            return lead.holding(fields, lead.marks, lead.version), []
        fields[ACCOUNT_OWNER] = Won(found.owner, newest.at, newest.touch)
        is_new = before is None or before.value(ACCOUNT_OWNER) != owner
        said = [(ACCOUNT, {"owner": found.owner, "lead": to_uid(found.lead)})] if is_new else []
        return lead.holding(fields, lead.marks, lead.version), said

    def _of_others(self, lead: Lead) -> Account | None:
        """Who has the lead's account by another lead, and may be given this one."""
        found = self.known.get(account_hash(account_of(lead.value)))
        is_anothers = found is not None and found.lead != from_uid(lead.uid)
        return found if found is not None and is_anothers and found.owner.casefold() in self.active else None

    def write(self, connection: Connection, leads: Iterable[Lead]) -> None:
        """Keep whose accounts these leads say by now; into the transaction that writes or confirms them, behind all else that it
        locks."""
        if not self.is_on:
            return
        news: dict[int, Account] = {}
        stale: list[tuple[int, str]] = []
        over: list[tuple[int, int]] = []
        for lead in leads:
            number, said = _said(lead)
            old = news.get(number) or self.known.get(number)
            if said is None:
                if old is not None and old.lead == from_uid(lead.uid):
                    over.append((number, old.lead))
            elif old is not None and (old.owner, old.is_told) == (said.owner, said.is_told):
                continue
            elif old is None or accounts.counts_more(said, old):
                news[number] = said
            elif old.owner.casefold() not in self.active and said.owner.casefold() in self.active:
                stale.append((number, old.owner))
                news[number] = said
        accounts.forget(connection, over)
        accounts.give_way(connection, stale)
        accounts.remember(connection, news)


def look_up(
    connection: Connection,
    plan: ProcessPlan,
    leads: Iterable[Lead],
    touches: Sequence[Mapping[str, Value]] = (),
) -> Accounts:
    """What is known of all accounts that these leads are of, or may be of once these touches have joined them."""
    if plan.routing is None:
        return Accounts()
    named: list[Callable[[str], Value | None]] = [*(lead.value for lead in leads), *(values.get for values in touches)]
    wanted = {account_hash(account) for value in named for account in accounts_in(value)}
    known = accounts.known(connection, wanted)
    inactive = {email.casefold() for email in people.inactive(connection)} if known else set()
    team = (email.casefold() for email in plan.routing.people)
    return Accounts(known, frozenset(team) - inactive if known else frozenset(), is_on=True)


def _said(lead: Lead) -> tuple[int, Account | None]:
    """What a lead says of its account: nothing where nobody or a queue has it, where it is a test, or of no company."""
    won, account = lead.fields.get(OWNER), account_of(lead.value)
    number = account_hash(account)
    if won is None or lead.is_test or not account:
        return number, None
    return number, Account(str(won.value), from_uid(lead.uid), won.at, bool(lead.told_by(OWNER)))
