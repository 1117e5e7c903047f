"""A form vendor: posts every submission until it is accepted, some of them again later, in order of nothing in particular."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

_HEADERS = {"content-type": "application/json", "authorization": "Bearer secret-token"}


@dataclass
class Plan:
    """What is posted: `posts` submissions of `posting` persons; a person's later posts carry higher numbers. `others` are the
    addresses of those who come by mail and file alone."""

    posts: list[dict[str, Any]]
    again: list[dict[str, Any]]
    newest: dict[str, str] = field(default_factory=dict)
    others: frozenset[str] = frozenset()

    @property
    def posting(self) -> int:
        """How many different persons post."""
        return len(self.newest)

    @property
    def people(self) -> int:
        """How many different persons there are in all."""
        return len(self.newest) + len(self.others)


def people_of(posts: int) -> int:
    """How many persons make so many posts."""
    return max(1, int(posts * 0.6))


def make_plan(posts: int, *, redelivered: float, rng: random.Random) -> Plan:
    """Posts of about 60 % as many persons, each post numbered in time, and a share of them to be delivered twice."""
    people = people_of(posts)
    made = []
    newest: dict[str, str] = {}
    for number in range(posts):
        person = number if number < people else rng.randrange(people)
        email = f"person{person}@acme.example"
        need = f"need {number:07d}"
        made.append(
            {
                "submission_id": f"s-{number}",
                "submitted_at": f"2026-11-21T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000Z",
                "first_name": "Pat", "last_name": f"Nr{person}", "email": email, "company": f"Company {person % 97}",
                "need": need, "form_name": f"Demo {number}", "message": f"Message {number}",
            }
        )  # fmt: skip
        newest[email] = need
    again = rng.sample(made, int(posts * redelivered))
    return Plan(made, again, newest)


async def feed(plan: Plan, url: str, answered: dict[str, set[str]], rng: random.Random) -> None:
    """Post everything over 64 connections as fast as it is taken; notes which ids each submission was answered with."""
    queue = [*plan.posts, *plan.again]
    rng.shuffle(queue)
    gate = asyncio.Semaphore(64)
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(timeout=10, limits=limits, trust_env=False) as client:

        async def deliver(post: dict[str, Any]) -> None:
            async with gate:
                uid = await _until_accepted(client, url, post)
                answered.setdefault(post["submission_id"], set()).add(uid)

        await asyncio.gather(*(deliver(post) for post in queue))


async def _until_accepted(client: httpx.AsyncClient, url: str, post: dict[str, Any]) -> str:
    """What a vendor does: the same post again until it is answered with 200."""
    body = json.dumps(post)
    for _ in range(2_000):
        try:
            answer = await client.post(url, content=body, headers=_HEADERS)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
            continue
        if answer.status_code == 200:
            return str(answer.json()["id"])
        if answer.status_code not in (429, 503):
            raise AssertionError(f"{answer.status_code}: {answer.text}")
        await asyncio.sleep(0.1)
    raise AssertionError("the web process never accepted a post")
