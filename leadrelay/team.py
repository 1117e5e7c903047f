"""config/team.yaml: people, pools, queues and hours, checked for shape and for names that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.documents import Count, Document, Flag, Loc, OneOrMore, PositiveCount, Text, dotted, validate
from core.hours import wrong_hours
from core.problems import Problem, did_you_mean
from leadrelay.settings import Zone
from leadrelay.team_words import wrong_days, wrong_language, wrong_territory

P = TypeVar("P", bound=BaseModel)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _weights(given: object) -> object:
    if isinstance(given, str) and given:
        return {given: "1"}
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
    away: OneOrMore = Field(default=(), description="Days off, or ranges of them.", examples=[["2026-12-22/2027-01-02"]])
    products: OneOrMore = Field(
        default=(), description="Products sold, as `interest.product` has them; without any, all.", examples=[["CRM"]]
    )
    tier: OneOrMore = Field(
        default=(), description="Tiers of leads taken; a routing line with a `tier` goes to nobody else.", examples=[["1", "2"]]
    )
    territories: OneOrMore = Field(
        default=(),
        description="Countries, regions or postcodes of leads taken; without any, all.",
        examples=[["AT", "US-NY", "DE 80000-87999", "GB SW1*"]],
    )
    open_leads: PositiveCount | None = Field(default=None, description="The most open leads that this person has.")


class Pool(_Part):
    """People who take leads in turn."""

    members: Annotated[dict[str, Count], BeforeValidator(_weights)] = Field(
        description="The members' e-mails, as a list or with a weight each.",
        json_schema_extra={"type": ["object", "array", "string"]},
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


@dataclass(frozen=True, slots=True)
class ReadTeam:
    """A team file as it was read: `readable` are the parts with nothing wrong inside, `problems` everything that is wrong.

    `is_whole` says that every section is there, so that a name which is nowhere is no name.
    """

    readable: TeamFile
    problems: tuple[Problem, ...] = ()
    is_whole: bool = True

    @property
    def team(self) -> TeamFile:
        """The team; an empty one when anything is wrong."""
        return TeamFile() if self.problems else self.readable


def read_team(document: Document) -> tuple[TeamFile, list[Problem]]:
    """The team, and everything wrong with it; an empty team when anything is."""
    read = read_team_parts(document)
    return read.team, list(read.problems)


def read_team_parts(document: Document) -> ReadTeam:
    """The team as far as it can be read, and everything wrong with it."""
    made, found = validate(document, TeamFile)
    readable = made if made is not None else _readable(document)
    problems = [*document.problems, *found]
    problems += [*_wrong_hours(document, readable), *_wrong_people(document, readable), *_wrong_names(document, readable)]
    is_broken = any(problem.code == "yaml" for problem in document.problems)
    is_whole = not is_broken and _has_known_sections(document)
    return ReadTeam(readable, tuple(problems), is_whole)


def _readable(document: Document) -> TeamFile:
    """The parts of a file that can be read by themselves."""

    def parts(section: str, model: type[P]) -> dict[str, P]:
        made = {name: validate(document, model, at=(section, name))[0] for name in _keys(document, (section,))}
        return {name: one for name, one in made.items() if one is not None}

    queues = {name: document.plain_at(("queues", name)) for name in _keys(document, ("queues",))}
    return TeamFile(
        hours=parts("hours", Hours),
        people=parts("people", Person),
        pools=parts("pools", Pool),
        queues={
            name: {crm: text for crm, text in given.items() if isinstance(text, str) and text}
            for name, given in queues.items()
            if isinstance(given, dict)
        },
    )


def _has_known_sections(document: Document) -> bool:
    """Whether no section is misspelled, so that every name that is meant to be there is there."""
    return all(section in TeamFile.model_fields for section in _keys(document, ()))


def _keys(document: Document, at: Loc) -> tuple[str, ...]:
    """The keys of a mapping; none where something else stands."""
    found = document.plain_at(at)
    return tuple(found) if isinstance(found, dict) else ()


def _wrong_hours(document: Document, team: TeamFile) -> Iterator[Problem]:
    for name, hours in team.hours.items():
        for key, sentence in wrong_hours(hours.days, hours.holidays):
            loc: Loc = ("hours", name, key) if key else ("hours", name)
            yield Problem("wrong_hours", sentence, dotted(loc), document.place(loc, key=key != "holidays"))


def _wrong_people(document: Document, team: TeamFile) -> Iterator[Problem]:
    """Days, territories and languages that are none, each at its own place."""
    for email, person in team.people.items():
        for key, wrong in (("away", wrong_days), ("territories", wrong_territory), ("languages", wrong_language)):
            for number, text in enumerate(getattr(person, key)):
                sentence = wrong(text)
                if sentence is not None:
                    loc: Loc = ("people", email, key)
                    loc = (*loc, number) if isinstance(document.plain_at(loc), list) else loc
                    yield Problem("wrong_value", f"`{text}` of `{dotted(loc[:3])}` {sentence}", dotted(loc), document.place(loc))


def _wrong_names(document: Document, team: TeamFile) -> Iterator[Problem]:
    people, hours = _keys(document, ("people",)), _keys(document, ("hours",))
    is_whole = _has_known_sections(document)
    for email in people:
        if not _EMAIL.fullmatch(email):
            place = document.place(("people", email), key=True)
            yield Problem("wrong_name", f"`{email}` is no e-mail address. Name people by their address.", "people", place)
    for name, pool in team.pools.items():
        for member in pool.members:
            if member not in people and is_whole:
                yield _unknown(document, ("pools", name, "members", member), member, "people", people)
        if pool.hours is not None and pool.hours not in hours:
            yield _unknown(document, ("pools", name, "hours"), pool.hours, "hours", hours)
        yield from _wrong_fallback(document, team, name)


def _wrong_fallback(document: Document, team: TeamFile, name: str) -> Iterator[Problem]:
    """A fallback is a queue or a pool, and pools do not fall back on each other in a circle."""
    fallback, loc = team.pools[name].fallback, ("pools", name, "fallback")
    queues, pools = _keys(document, ("queues",)), _keys(document, ("pools",))
    if fallback is None or fallback in queues:
        return
    if fallback not in pools:
        hint = did_you_mean(fallback, [*queues, *pools])
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
    is_key = section == "people" and not isinstance(member_list, str)
    return Problem("unknown_name", message, dotted(loc), document.place(loc, key=is_key))
