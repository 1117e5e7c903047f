"""The API's part on the team: who takes leads now, and days off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from leadrelay.engine.team_desk import LedgerOf, TeamNow
from leadrelay.web.access import ApiUser, ApiUsers, at_least
from leadrelay.web.errors import ApiError, ErrorBody, not_found

Person = Annotated[str, Path(max_length=320, pattern=r"^[^\s/]+@[^\s/]+$", description="The person's e-mail in team.yaml")]


class Desk(Protocol):
    """What the API asks of the team."""

    def knows(self, person: str) -> bool:
        """Whether somebody stands in team.yaml."""

    def away(self, person: str, first: date, last: date, *, by: str) -> bool:
        """Somebody takes no leads from one day to another; False when that was known."""

    def back(self, person: str, *, by: str) -> int:
        """Somebody takes leads again from now on; how many absences ended."""

    def now(self) -> TeamNow:
        """Who takes leads now."""

    def ledger(self, first: date, last: date) -> LedgerOf:
        """Who got how many leads on these days."""


class Away(BaseModel):
    """Days off, both included; without `last` until the person is back."""

    model_config = ConfigDict(extra="forbid")

    first: date = Field(examples=["2026-12-22"])
    last: date | None = Field(default=None, examples=["2027-01-02"])


@dataclass(frozen=True, slots=True)
class Told:
    """A person, and whether what was told changed anything."""

    person: str
    changed: bool


def team_router(users: ApiUsers, desk: Desk) -> APIRouter:
    """The routes about the team."""
    router = APIRouter(prefix="/api/v1")
    reader, operator = Depends(at_least("reader", users)), Depends(at_least("operator", users))
    errors: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (401, 403, 404, 422, 503)}

    @router.get("/team", responses=errors, tags=["team"], operation_id="team_now", dependencies=[reader])
    def team() -> TeamNow:
        """Every member of every pool: whether leads come now, and what is in the way."""
        return desk.now()

    @router.get("/team/ledger", responses=errors, tags=["team"], operation_id="team_ledger", dependencies=[reader])
    def ledger(first: date, last: date) -> LedgerOf:
        """Who got how many leads from one day to another, both included, and what the weights would have given."""
        if last < first:
            raise ApiError(422, "invalid_request", "`last` is before `first`: swap them")
        return desk.ledger(first, last)

    @router.post("/team/{person}/away", responses=errors, tags=["team"], operation_id="person_away")
    def away(person: Person, days: Away, user: ApiUser = operator) -> Told:
        """Give a person no leads from one day to another."""
        if not desk.knows(person):
            raise not_found("person in team.yaml")
        last = days.last or date.max
        if last < days.first:
            raise ApiError(422, "invalid_request", "`last` is before `first`: swap them")
        return Told(person, desk.away(person, days.first, last, by=user.name))

    @router.post("/team/{person}/back", responses=errors, tags=["team"], operation_id="person_back")
    def back(person: Person, user: ApiUser = operator) -> Told:
        """Give a person leads again from now on."""
        if not desk.knows(person):
            raise not_found("person in team.yaml")
        return Told(person, desk.back(person, by=user.name) > 0)

    return router
