"""The API's part on the team, on a store of each kind."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from core.documents import read_document
from leadrelay.engine.team_desk import TeamDesk
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids
from leadrelay.team import read_team
from leadrelay.web.access import ApiUser, ApiUsers
from leadrelay.web.errors import add_error_answers
from leadrelay.web.team_api import team_router
from tests.support.routing import NOON

ANNA, BEN = "anna@acme.example", "ben@acme.example"
TEAM = f"""
hours: {{night: {{fri: "20:00-24:00"}}}}
people: {{{ANNA}: {{}}, {BEN}: {{}}}}
pools: {{sales: {{members: [{ANNA}, {BEN}]}}, night: {{members: [{BEN}], hours: night}}}}
"""


@pytest.fixture
def app(database: Database) -> FastAPI:
    team, problems = read_team(read_document(TEAM, "team.yaml"))
    assert problems == []
    users = ApiUsers([ApiUser(role, role, f"{role}-token") for role in ("reader", "operator")])
    made = FastAPI()
    add_error_answers(made)
    made.include_router(team_router(users, TeamDesk(database, lambda: team, lambda: NOON, Ids())))
    return made


def call(app: FastAPI, method: str, path: str, role: str = "operator", body: Any = None) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            headers = {"authorization": f"Bearer {role}-token"}
            return await client.request(method, f"/api/v1{path}", headers=headers, json=body)

    return asyncio.run(send())


def takes(app: FastAPI) -> dict[tuple[str, str], list[str]]:
    members = call(app, "GET", "/team", "reader").json()["members"]
    return {(one["pool"], one["person"]): one["reasons"] for one in members}


def test_the_team_is_told_pool_by_pool_with_what_is_in_the_way(app: FastAPI) -> None:
    assert takes(app) == {("sales", ANNA): [], ("sales", BEN): [], ("night", BEN): ["it is outside of the hours `night`"]}
    night = call(app, "GET", "/team", "reader").json()["members"][2]
    assert night["pool_opens_at"] == "2025-11-21T20:00:00.000Z"


def test_an_operator_sends_somebody_away_and_brings_them_back(app: FastAPI) -> None:
    days = {"first": str(date(2025, 11, 20)), "last": str(date(2025, 11, 30))}
    assert call(app, "POST", f"/team/{ANNA}/away", body=days).json() == {"person": ANNA, "changed": True}
    assert call(app, "POST", f"/team/{ANNA}/away", body=days).json() == {"person": ANNA, "changed": False}
    assert takes(app)["sales", ANNA] == ["is away until 2025-11-30"]
    assert call(app, "POST", f"/team/{ANNA}/back").json() == {"person": ANNA, "changed": True}
    assert takes(app)["sales", ANNA] == []


@pytest.mark.parametrize(
    ("path", "role", "body", "status"),
    [
        (f"/team/{ANNA}/away", "reader", {"first": "2025-11-20"}, 403),
        ("/team/nobody@acme.example/away", "operator", {"first": "2025-11-20"}, 404),
        ("/team/nobody@acme.example/back", "operator", None, 404),
        (f"/team/{ANNA}/away", "operator", {"first": "2025-11-20", "last": "2025-11-19"}, 422),
        (f"/team/{ANNA}/away", "operator", {"first": "soon"}, 422),
    ],
)
def test_what_can_not_be_is_refused(app: FastAPI, path: str, role: str, body: Any, status: int) -> None:
    assert call(app, "POST", path, role, body).status_code == status
