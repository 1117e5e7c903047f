"""config/team.yaml: people, pools, queues and hours, checked for shape and for names that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.documents import Count, Document, Flag, Loc, OneOrMore, PositiveCount, Text, dotted, refusal, validate
from core.hours import wrong_hours
from core.problems import Problem, did_you_mean
from core.territory import read_territory
from leadrelay.settings import Zone

_AWAY = re.compile(r"\d{4}-\d\d-\d\d(/\d{4}-\d\d-\d\d)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _away(given: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_AWAY.fullmatch(text) and _are_days(*text.split("/")) for text in given):
        raise refusal("wants days or ranges of days, such as `[2026-12-22/2027-01-02]`")
    return given


def _are_days(first: str, last: str = "9999-12-31") -> bool:
    try:
        return date.fromisoformat(first) <= date.fromisoformat(last)
    except ValueError:
        return False


def _territories(given: tuple[str, ...]) -> tuple[str, ...]:
    if not all(read_territory(text) for text in given):
        raise refusal("wants countries, regions or postcodes, such as `[AT, US-NY, DE 80000-87999, GB SW1*]`")
    return given


def _weights(given: object) -> object:
    return {str(name): "1" for name in given} if isinstance(given, list | tuple) else given


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Hours(_Part):
    """Working hours: a day or a range of days (`mon`, `mon-fri`) to `09:00-17:30`, or a list of such spans."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, OneOrMore] = Field(init=False)

    zone: Zone = Field(default="UTC", description="The time zone of these hours.", examples=["Europe/Berlin"])
    holidays: Text | None = Field(default=None, description="Public holidays that are no working days.", examples=["DE-BE"])

    @property
    def days(self) -> dict[str, tuple[str, ...]]:
        """The spans by their day or range of days."""
        return dict(self.__pydantic_extra__ or {})


class Person(_Part):
    """One person, named by e-mail as in the CRMs."""

    manager: Flag = Field(default=False, description="Whether this person is told of what others let lie.")
    languages: OneOrMore = Field(default=(), description="Languages spoken.", examples=[["de", "en"]])
    away: Annotated[OneOrMore, AfterValidator(_away)] = Field(
        default=(), description="Days off, or ranges of them.", examples=[["2026-12-22/2027-01-02"]]
    )
    products: OneOrMore = Field(
        default=(), description="Products sold, as `interest.product` has them; without any, all.", examples=[["CRM"]]
    )
    tier: OneOrMore = Field(
        default=(), description="Tiers of leads taken; a routing line with a `tier` goes to nobody else.", examples=[["1", "2"]]
    )
    territories: Annotated[OneOrMore, AfterValidator(_territories)] = Field(
        default=(),
        description="Countries, regions or postcodes of leads taken; without any, all.",
        examples=[["AT", "US-NY", "DE 80000-87999", "GB SW1*"]],
    )
    open_leads: PositiveCount | None = Field(default=None, description="The most open leads that this person has.")


class Pool(_Part):
    """People who take leads in turn."""

    members: Annotated[dict[str, Count], BeforeValidator(_weights)] = Field(
        description="The members' e-mails, as a list or with a weight each.", json_schema_extra={"type": ["object", "array"]}
    )
    hours: Text | None = Field(default=None, description="The hours in which the pool gets leads, by their name in `hours`.")
    per_day: PositiveCount | None = Field(default=None, description="The most leads that one member gets a day.")
    open_leads: PositiveCount | None = Field(default=None, description="The most open leads that one member has.")
    fallback: Text | None = Field(
        default=None,
        description="The queue or pool for a lead that nobody here may take; without it, the last line of the routing.",
    )


class TeamFile(_Part):
    """config/team.yaml as a whole."""

    hours: dict[str, Hours] = Field(default={}, description="Working hours, by a name of your choice.")
    people: dict[str, Person] = Field(default={}, description="People by e-mail.")
    pools: dict[str, Pool] = Field(default={}, description="Pools, by a name of your choice.")
    queues: dict[str, dict[str, Text]] = Field(
        default={}, description="Queues, by a name of your choice: what stands for it in each CRM.", examples=[{"unassigned": {}}]
    )


def read_team(document: Document) -> tuple[TeamFile, list[Problem]]:
    """The team, and everything wrong with it; an empty team when anything is."""
    problems = list(document.problems)
    made, found = validate(document, TeamFile)
    problems += found
    if made is not None:
        problems += [*_wrong_hours(document, made), *_wrong_names(document, made)]
    return (made if made is not None and not problems else TeamFile()), problems


def _wrong_hours(document: Document, team: TeamFile) -> Iterator[Problem]:
    for name, hours in team.hours.items():
        for key, sentence in wrong_hours(hours.days, hours.holidays):
            loc: Loc = ("hours", name, key) if key else ("hours", name)
            yield Problem("wrong_hours", sentence, dotted(loc), document.place(loc, key=key != "holidays"))


def _wrong_names(document: Document, team: TeamFile) -> Iterator[Problem]:
    for email in team.people:
        if not _EMAIL.fullmatch(email):
            place = document.place(("people", email), key=True)
            yield Problem("wrong_name", f"`{email}` is no e-mail address. Name people by their address.", "people", place)
    for name, pool in team.pools.items():
        for member in pool.members:
            if member not in team.people:
                yield _unknown(document, ("pools", name, "members", member), member, "people", team.people)
        if pool.hours is not None and pool.hours not in team.hours:
            yield _unknown(document, ("pools", name, "hours"), pool.hours, "hours", team.hours)
        yield from _wrong_fallback(document, team, name)


def _wrong_fallback(document: Document, team: TeamFile, name: str) -> Iterator[Problem]:
    """A fallback is a queue or a pool, and pools do not fall back on each other in a circle."""
    fallback, loc = team.pools[name].fallback, ("pools", name, "fallback")
    if fallback is None or fallback in team.queues:
        return
    if fallback not in team.pools:
        hint = did_you_mean(fallback, [*team.queues, *team.pools])
        message = f"`{fallback}` is neither a queue nor a pool.{hint} Add it, or correct it here."
        yield Problem("unknown_name", message, dotted(loc), document.place(loc))
        return
    way = [name]
    while (now := team.pools[way[-1]].fallback) in team.pools and now not in way:
        way.append(str(now))
    if now == name and name == min(way):
        message = f"these pools fall back on each other in a circle: {' -> '.join((*way, name))}. End with a queue."
        yield Problem("circle", message, dotted(loc), document.place(loc))


def _unknown(document: Document, loc: Loc, word: str, section: str, known: Any) -> Problem:
    member_list = document.plain_at(loc[:-1])
    if isinstance(member_list, list):
        loc = (*loc[:-1], member_list.index(word))
    message = f"`{word}` does not stand in `{section}`.{did_you_mean(word, known)} Add it there, or correct it here."
    return Problem("unknown_name", message, dotted(loc), document.place(loc, key=section == "people"))
