"""What routing goes by: the lines, the pools with their members and limits, and where leads go when nobody may take them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.conditions import Case, Condition
from core.hours import Calendar
from core.instants import Instant
from core.lead import Lead
from core.moments import timed_parts
from core.routing.choosing import Route, Routing, ToPool, ToQueue, choose
from core.routing.eligibility import Limits, Member


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """A pool: its members in their order, its hours and caps, and the pool or queue that takes what nobody here may."""

    name: str
    members: tuple[Member, ...]
    limits: Limits = field(default_factory=Limits)
    fallback: str | None = None
    weights: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, members: tuple[Member, ...], limits: Limits, fallback: str | None) -> PoolPlan:
        """The pool with its members' weights."""
        return cls(name, members, limits, fallback, {member.email: member.weight for member in members})


@dataclass(frozen=True)
class RoutingPlan:
    """Everything that a lead is routed by. `takes_tests` says whether test leads go to somebody as well;
    `people` and `managers` are those of the team."""

    routing: Routing
    checks: Mapping[str, Condition] = field(default_factory=dict)
    pools: Mapping[str, PoolPlan] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    takes_tests: bool = False
    people: Collection[str] = ()
    managers: tuple[str, ...] = ()

    def told(self, who: str | None, owner: str | None) -> tuple[str, ...]:
        """The addresses of those whom `warn` or `then` names: the owner of a lead, all managers, or one person. Nobody but people
        of the team is ever told; the managers stand in for an owner who is none of them, and for a queue."""
        if who is None:
            return ()
        if who == "owner" and owner is not None and owner.casefold() in {person.casefold() for person in self.people}:
            return (owner,)
        return self.managers if who in ("owner", "manager") else (who,)

    @cached_property
    def timed(self) -> tuple[Condition, ...]:
        """What `start_when` asks of the present time: when one of these answers changes, a lead may go to somebody."""
        start = self.routing.start_when
        return () if start is None else timed_parts([start], self.checks)

    def would_go(self, lead: Lead, now: Instant) -> bool:
        """Whether a lead that nobody has should be with somebody by now."""
        if lead.is_test and not self.takes_tests:
            return False
        return isinstance(choose(self.routing, Case(lead, now, self.checks)), Route)

    def chain(self, pool: str) -> Iterator[PoolPlan]:
        """A pool, and then the pools that it falls back on."""
        seen: set[str] = set()
        name: str | None = pool
        while name is not None and name in self.pools and name not in seen:
            seen.add(name)
            yield self.pools[name]
            name = self.pools[name].fallback

    def queue_of(self, pool: str) -> str | None:
        """The queue that a pool falls back on in the end; None when it ends in none."""
        last = None
        for one in self.chain(pool):
            last = one.fallback
        return None if last in self.pools else last

    @property
    def last_pools(self) -> tuple[PoolPlan, ...]:
        """The pools of the last line, which takes what nobody else may."""
        to = self.routing.lines[-1].to
        return tuple(self.chain(to.pool)) if isinstance(to, ToPool) else ()

    @property
    def last_queue(self) -> str:
        """The queue of last resort."""
        to = self.routing.lines[-1].to
        found = to.queue if isinstance(to, ToQueue) else self.queue_of(to.pool) if isinstance(to, ToPool) else None
        if found is None:
            raise ValueError("the last line of `routing.to` must end in a queue")
        return found

    def touching(self, pools: Iterable[str], people: Iterable[str] = ()) -> set[str]:
        """These pools, and every pool that one of their members or of these people is in too: what one gets in one of them
        counts in the others, so all of them stand still while it is counted."""
        wanted = set(pools)
        members = {email for name in wanted for email in self.pools[name].weights} | set(people)
        return wanted | {name for name, pool in self.pools.items() if not members.isdisjoint(pool.weights)}
