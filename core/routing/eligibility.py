"""Who of a pool may take a lead now, and for each of the others why not, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from core.hours import Calendar
from core.instants import Instant, to_datetime
from core.quick_dataclass import quick_dataclass
from core.territory import Location, Territory, lies_in

Day = tuple[date, date]
"""A day off, or a range of them: the first and the last day."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a pool: the weight there, and what team.yaml says of the person. What is left empty rules nothing out."""

    email: str
    weight: int = 1
    languages: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    territories: tuple[Territory, ...] = ()
    away: tuple[Day, ...] = ()
    open_leads: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """A pool's hours by their name, and the most leads of each member: a day, and open ones; at least one each."""

    hours: Calendar | None = None
    hours_name: str = ""
    per_day: int | None = None
    open_leads: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What a member has already: leads that came today by the pool's clock, and leads that are open."""

    today: int = 0
    open: int = 0


@quick_dataclass(frozen=True, slots=True)
class Needs:
    """What a lead needs of whoever takes it; None is what is not known of the lead or not asked for, and rules nobody out."""

    language: str | None = None
    product: str | None = None
    tier: str | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is ruled out: a stable code, and the words."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One member and everything that rules them out of taking this lead now; nothing when they may."""

    email: str
    weight: int
    reasons: tuple[Reason, ...] = ()

    @property
    def may_take(self) -> bool:
        """Whether nothing is in the way."""
        return not self.reasons

    def as_json(self) -> dict[str, object]:
        """The candidate as plain JSON values."""
        found: dict[str, object] = {"email": self.email, "weight": self.weight, "may_take": self.may_take}
        if self.reasons:
            found["reasons"] = [{"code": reason.code, "words": reason.words} for reason in self.reasons]
        return found


@dataclass(frozen=True)
class Candidates:
    """Every member of a pool in their order. `opens_at` is when the hours begin again, if nothing else rules somebody out."""

    all: tuple[Candidate, ...] = ()
    opens_at: Instant | None = None

    @cached_property
    def eligible(self) -> tuple[str, ...]:
        """Who may take the lead."""
        return tuple(candidate.email for candidate in self.all if candidate.may_take)

    @cached_property
    def listed(self) -> list[dict[str, object]]:
        """Every candidate as plain JSON values, made once for all leads that come to the pool under the same circumstances."""
        return [candidate.as_json() for candidate in self.all]


@dataclass(frozen=True, slots=True)
class Now:
    """What is so at the moment: the time, the load of each member who has one, and who is inactive in which CRM."""

    as_of: Instant
    loads: Mapping[str, Load] = field(default_factory=dict)
    inactive: Mapping[str, str] = field(default_factory=dict)


def candidates(members: Sequence[Member], limits: Limits, needs: Needs, now: Now) -> Candidates:
    """Every member with what rules them out of taking a lead with these needs now."""
    closed = tuple(_closed(limits, now.as_of))
    today = to_datetime(now.as_of).date() if limits.hours is None else limits.hours.day(now.as_of)
    found = tuple(
        Candidate(member.email, member.weight, (*_of_person(member, limits, needs, now, today), *closed)) for member in members
    )
    is_waiting = bool(closed) and any(candidate.reasons == closed for candidate in found)
    opens_at = limits.hours.next_open(now.as_of) if limits.hours is not None and is_waiting else None
    return Candidates(found, opens_at)


def _closed(limits: Limits, as_of: Instant) -> Iterator[Reason]:
    if limits.hours is None or limits.hours.is_open(as_of):
        return
    holiday = limits.hours.holiday(as_of)
    if holiday is not None:
        yield Reason("holiday", f"today is {holiday}, a holiday of the hours `{limits.hours_name}`")
    else:
        yield Reason("outside_hours", f"it is outside of the hours `{limits.hours_name}`")


def _of_person(member: Member, limits: Limits, needs: Needs, now: Now, today: date) -> list[Reason]:
    found: list[Reason] = []
    if member.weight <= 0:
        found.append(Reason("weight", "has the weight 0 in this pool"))
    if member.email in now.inactive:
        found.append(Reason("inactive", f"is no active user in {now.inactive[member.email]}"))
    for first, last in member.away:
        if first <= today <= last:
            words = f"is away until {last.isoformat()}" if last > first else f"is away on {last.isoformat()}"
            words = "is away" if last == date.max else words
            found.append(Reason("away", words))
            break
    load = now.loads.get(member.email)
    if load is not None:
        found += _full(member, limits, load)
    if member.languages or member.products or member.territories or needs.tier is not None:
        found += _unfit(member, needs)
    return found


def _full(member: Member, limits: Limits, load: Load) -> Iterator[Reason]:
    if limits.per_day is not None and load.today >= limits.per_day:
        yield Reason("per_day", f"has {_counted(load.today, 'lead')} today, and {limits.per_day} is the most a day")
    most = min((most for most in (limits.open_leads, member.open_leads) if most is not None), default=None)
    if most is not None and load.open >= most:
        yield Reason("open_leads", f"has {_counted(load.open, 'open lead')}, and {most} is the most")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _unfit(member: Member, needs: Needs) -> Iterator[Reason]:
    if needs.language is not None and member.languages and not _speaks(member.languages, needs.language):
        yield Reason("language", f"speaks {_listed(member.languages)}, and the lead {needs.language}")
    if needs.product is not None and member.products and not _among(needs.product, member.products):
        yield Reason("product", f"sells {_listed(member.products)}, and the lead wants {needs.product}")
    if needs.tier is not None and not _among(needs.tier, member.tiers):
        has = f"takes leads of tier {_listed(member.tiers)}" if member.tiers else "takes leads without a tier only"
        yield Reason("tier", f"{has}, and this one is of tier {needs.tier}")
    if needs.location is not None and member.territories:
        answers = {lies_in(needs.location, territory) for territory in member.territories}
        if answers == {False}:
            yield Reason("territory", f"has the territory {_listed([each.text for each in member.territories])}")


def _speaks(languages: Collection[str], wanted: str) -> bool:
    """Whether a language is spoken: `de` covers `de-CH`, and the other way round."""
    if wanted in languages:
        return True
    return wanted.partition("-")[0].casefold() in {language.partition("-")[0].casefold() for language in languages}


def _among(word: str, known: Collection[str]) -> bool:
    return " ".join(word.split()).casefold() in {" ".join(each.split()).casefold() for each in known}


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
