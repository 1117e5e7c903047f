"""What is wrong with a team that can be read: pools in which nobody takes turns, and names that nothing leads to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.documents import Document, ListNode, Loc, MapNode, Plain, ScalarNode, dotted, mapping_at
from core.problems import Place, Problem
from core.routing.choosing import LineTarget, Routing, ToOwner, ToPool, ToQueue
from core.routing.compiling import NOWHERE
from core.scoring.reach import Findings
from leadrelay.pools import days_of
from leadrelay.settings_reading import connectors_of
from leadrelay.team import Pool, TeamFile
from leadrelay.team_words import wrong_days

_LONG = 31

Targets = Mapping[str, Collection[str]]
"""The CRM connections into which leadrelay writes owners: a sink's name, and the names by which queues may know it."""


@dataclass(frozen=True)
class _Looked:
    """A team file, what of it can be read, and the routing that uses it."""

    document: Document
    team: TeamFile
    routing: Routing | None
    rules: Sequence[Document] = ()

    def problem(self, code: str, message: str, loc: Loc, *, key: bool = True) -> Problem:
        return Problem(code, message, dotted(loc), self.document.place(loc, key))


def lint_team(
    document: Document, team: TeamFile, routing: Routing | None, targets: Targets, rules: Sequence[Document] = ()
) -> Findings:
    """Everything that is wrong with a team, as far as it can be read, and with how the routing of these rule files uses it."""
    looked = _Looked(document, team, routing, rules)
    problems = [
        *_shared_names(looked),
        *_repeated_members(document),
        *_repeated_people(looked),
        *_empty_pools(looked),
        *_tiers(looked),
    ]
    warnings = [*_no_turns(looked), *_lonely_pools(looked), *_all_away(looked), *_poor_queues(looked, targets), *_unused(looked)]
    return Findings(tuple(problems), tuple(warnings))


# --- people ---------------------------------------------------------------------------------------------------------


def _repeated_members(document: Document) -> Iterator[Problem]:
    pools = document.root.get("pools") if isinstance(document.root, MapNode) else None
    for pool in pools.entries if isinstance(pools, MapNode) else ():
        members = pool.value.get("members") if isinstance(pool.value, MapNode) else None
        seen: set[str] = set()
        for item in members.items if isinstance(members, ListNode) else ():
            if isinstance(item, ScalarNode) and item.text in seen:
                message = (
                    f"`{item.text}` stands twice in the pool `{pool.key.text}`. Remove one; who is to get more leads has a "
                    f"weight, such as `members: {{{item.text}: 2}}`."
                )
                yield Problem("duplicate", message, item.text, item.place)
            elif isinstance(item, ScalarNode):
                seen.add(item.text)


def _repeated_people(looked: _Looked) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for email in looked.team.people:
        other = first.setdefault(email.casefold(), email)
        if other != email:
            message = f"`{email}` is the same person as `{other}`: capitals make no other address. Keep one of the two."
            yield looked.problem("duplicate", message, ("people", email))


def _shared_names(looked: _Looked) -> Iterator[Problem]:
    for name in looked.team.pools:
        if name in looked.team.queues:
            message = f"`{name}` is a pool and a queue, so nobody knows which one a `fallback` means. Give one another name."
            yield looked.problem("duplicate_name", message, ("queues", name))


# --- pools ----------------------------------------------------------------------------------------------------------


def _empty_pools(looked: _Looked) -> Iterator[Problem]:
    for name, pool in looked.team.pools.items():
        if not pool.members:
            message = f"the pool `{name}` has no members, so nobody ever gets a lead from it. Name somebody, or remove the pool."
            yield looked.problem("empty", message, ("pools", name, "members"))
        elif not any(pool.members.values()):
            message = f"nobody in the pool `{name}` ever gets a lead: every weight is 0. Give one member a weight of 1 or more."
            yield looked.problem("empty", message, ("pools", name, "members"))


def _no_turns(looked: _Looked) -> Iterator[Problem]:
    for name, pool in looked.team.pools.items():
        for member, weight in pool.members.items():
            if weight == 0 and any(pool.members.values()):
                message = f"a weight of 0 never gets a lead. Give `{member}` at least 1, or take them out of the pool `{name}`."
                yield looked.problem("no_turn", message, ("pools", name, "members", member), key=False)


def _lonely_pools(looked: _Looked) -> Iterator[Problem]:
    """Where other pools have a fallback, one without it has most likely been forgotten."""
    pools = looked.team.pools
    if not any(pool.fallback for pool in pools.values()):
        return
    for name, pool in pools.items():
        if pool.fallback is None:
            message = (
                f"the pool `{name}` has no `fallback`, as others have: when nobody in it may take a lead, this goes to the last "
                "line of the routing. Name a queue or pool if that is not meant."
            )
            yield looked.problem("no_fallback", message, ("pools", name))


def _all_away(looked: _Looked) -> Iterator[Problem]:
    """Days on which everybody in a pool is away: where a pool has no fallback of its own, or for longer than a holiday."""
    for name, pool in looked.team.pools.items():
        common = _common_days(looked.team, pool)
        if common is not None and (pool.fallback is None or (common[1] - common[0]).days > _LONG):
            first, last = common
            days = f"on {first}" if first == last else f"from {first} to {last}"
            then = f"`{pool.fallback}`" if pool.fallback else "the last line of the routing"
            message = f"everybody in the pool `{name}` is away {days}; leads go to {then} then. Look whether that is meant."
            yield looked.problem("all_away", message, ("pools", name))


def _common_days(team: TeamFile, pool: Pool) -> tuple[date, date] | None:
    """The first range of days on which every member with turns is away."""
    found: list[tuple[date, date]] = [(date.min, date.max)]
    members = [team.people.get(email) for email, weight in pool.members.items() if weight]
    for person in members:
        away = () if person is None else [days_of(text) for text in person.away if wrong_days(text) is None]
        found = [(max(one[0], other[0]), min(one[1], other[1])) for one in found for other in away]
        found = [one for one in found if one[0] <= one[1]]
    return min(found) if members and found else None


def _tiers(looked: _Looked) -> Iterator[Problem]:
    """Lines for a tier that nobody in their pool takes."""
    for line in () if looked.routing is None else looked.routing.lines:
        if not isinstance(line.to, ToPool) or line.to.tier is None or line.to.pool not in looked.team.pools:
            continue
        people = [looked.team.people.get(email) for email in looked.team.pools[line.to.pool].members]
        if people and all(person is not None and line.to.tier not in person.tier for person in people):
            message = (
                f"nobody in the pool `{line.to.pool}` takes the tier `{line.to.tier}`, so the line `{line.name}` never finds "
                "anybody. Add the tier to a person of team.yaml, or correct it here."
            )
            yield Problem("unknown_name", message, line.to.tier, _tier_place(looked, line.place))


def _tier_place(looked: _Looked, line: Place) -> Place:
    """Where the `tier` of a routing line stands."""
    found = (mapping_at(document.root, line) for document in looked.rules if document.file == line.file)
    tier = next((one.get("tier") for one in found if one is not None), None)
    return line if tier is None else tier.place


# --- names that nothing leads to ------------------------------------------------------------------------------------


def _poor_queues(looked: _Looked, targets: Targets) -> Iterator[Problem]:
    """Queues that stand for nothing in a CRM into which leadrelay writes owners; a name that is no CRM's may be meant for it."""
    installed = {*connectors_of("sink"), *(name for names in targets.values() for name in names)}
    for name, known in looked.team.queues.items():
        if not installed.issuperset(known):
            continue
        missing = [sink for sink, names in targets.items() if not set(names) & set(known)]
        if not known and targets:
            message = (
                f"the queue `{name}` stands for nothing in any CRM, so its leads have no owner there. Name what it is in each."
            )
            yield looked.problem("no_target", message, ("queues", name))
        elif missing:
            shown = " and ".join(f"`{sink}`" for sink in missing)
            message = f"the queue `{name}` stands for nothing in {shown}, so its leads have no owner there. Add what it is in it."
            yield looked.problem("no_target", message, ("queues", name))


def _unused(looked: _Looked) -> Iterator[Problem]:
    """Pools, queues, hours and people that nothing leads to, where a routing can be read as a whole."""
    routing, team = looked.routing, looked.team
    if routing is None or any(_leads_astray(line.to, team) for line in routing.lines):
        return
    response = routing.respond_within
    led = {line.to.pool for line in routing.lines if isinstance(line.to, ToPool)}
    led |= {line.to.queue for line in routing.lines if isinstance(line.to, ToQueue)}
    written = [pool for pool in _parts(looked.document.plain_at(("pools",))).values() if isinstance(pool, dict)]
    led |= {str(pool.get("fallback")) for pool in written}
    told = {line.to.email for line in routing.lines if isinstance(line.to, ToOwner)}
    told |= set() if response is None else {response.warn or "", response.then or ""}
    told |= {str(member) for pool in written for member in pool.get("members") or ()}
    open_hours = {str(pool.get("hours")) for pool in written} | (set() if response is None else {response.hours})
    sections: tuple[tuple[str, Collection[str], Collection[str | None], str], ...] = (
        ("pools", team.pools, led, "no line of the routing leads to the pool"),
        ("queues", team.queues, led, "nothing leads to the queue"),
        ("hours", team.hours if response else (), open_hours, "no pool and no `respond_within` has the hours"),
    )
    for section, names, used, sentence in sections:
        for name in (one for one in names if one not in used):
            message = f"{sentence} `{name}`. Use it, or remove it."
            yield Problem("unused", message, name, looked.document.place((section, name), key=True))
    for email, person in team.people.items():
        if email.casefold() not in {one.casefold() for one in told} and not person.manager:
            message = f"`{email}` is in no pool and is nobody's owner or manager, so no lead gets there. Add them to a pool."
            yield Problem("unused", message, email, looked.document.place(("people", email), key=True))


def _leads_astray(to: LineTarget, team: TeamFile) -> bool:
    """Whether a line's target could not be read, or is none of the team: then what was meant is not known."""
    is_no_pool = isinstance(to, ToPool) and to.pool not in team.pools
    return to is NOWHERE or is_no_pool or (isinstance(to, ToQueue) and to.queue not in team.queues)


def _parts(section: Plain | None) -> dict[str, Plain]:
    return section if isinstance(section, dict) else {}
