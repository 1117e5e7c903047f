"""Turns and caps are exact however many workers route at once, and whoever is killed in between."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import pytest

from leadrelay.store.database import Database
from tests.support.routing import Workers, ledger, team_of

WEIGHTS = {"a@acme.example": 30, "b@acme.example": 30, "c@acme.example": 30, "d@acme.example": 15, "e@acme.example": 15}
LEADS = 1000


def run(url: str, team: str, workers: int, leads: int) -> None:
    """All workers at once, until each has ended well."""
    with Workers(url, team, workers, leads) as started:
        started.start()
        assert started.ended() == [0] * workers


def assert_fair(members: Sequence[str], weights: dict[str, int]) -> None:
    """At every prefix each member is within one lead of the ideal."""
    total, counts = sum(weights.values()), Counter[str]()
    for number, member in enumerate(members, start=1):
        counts[member] += 1
        assert all(abs(counts[name] * total - weight * number) <= total for name, weight in weights.items()), number


def assert_whole(database: Database, leads: int) -> list[str]:
    """Each lead has one assignment, each turn was taken once; the members in the order of their turns."""
    rows = ledger(database)
    assert sorted(row.lead_id for row in rows) == list(range(1, leads + 1))
    assert all(row.is_current for row in rows)
    turns = [row for row in rows if row.turn is not None]
    assert [row.turn for row in turns] == list(range(1, len(turns) + 1))
    assert turns == sorted(turns, key=lambda row: row.id) == sorted(turns, key=lambda row: (row.at, row.id))
    with database.read() as connection:
        (counted,) = connection.exec_driver_sql("SELECT turns FROM rotation WHERE pool = 'sales'").one()
        stored = dict(connection.exec_driver_sql("SELECT id, record FROM lead").all())
    assert counted == len(turns)
    assert all((row.member or row.queue) in stored[row.lead_id] for row in rows)
    return [row.member for row in turns]


def test_eight_workers_give_each_member_their_share_at_every_moment(database: Database) -> None:
    run(database.url, team_of(WEIGHTS), 8, LEADS)
    members = assert_whole(database, LEADS)
    assert_fair(members, WEIGHTS)
    assert Counter(members) == {"a@acme.example": 250, "b@acme.example": 250, "c@acme.example": 250, "d@acme.example": 125,
                                "e@acme.example": 125}  # fmt: skip


def test_of_six_equal_members_the_three_present_get_a_third_each(database: Database) -> None:
    weights = dict.fromkeys([f"{name}@acme.example" for name in "abcdef"], 1)
    away = {f"{name}@acme.example": "away: [2000-01-01/2100-01-01]" for name in "ace"}
    run(database.url, team_of(weights, people=away), 4, 60)
    members = assert_whole(database, 60)
    assert Counter(members) == {"b@acme.example": 20, "d@acme.example": 20, "f@acme.example": 20}
    assert_fair(members, dict.fromkeys(["b@acme.example", "d@acme.example", "f@acme.example"], 1))


@pytest.mark.parametrize("cap", ["per_day: 7", "open_leads: 7"])
def test_caps_are_exact_and_the_rest_goes_to_the_queue(database: Database, cap: str) -> None:
    run(database.url, team_of(WEIGHTS, cap), 8, 100)
    members = assert_whole(database, 100)
    if cap == "per_day: 7" and len({row.day for row in ledger(database)}) > 1:
        pytest.skip("midnight passed")
    assert Counter(members) == dict.fromkeys(WEIGHTS, 7)
    assert sum(row.queue == "rest" for row in ledger(database)) == 100 - 7 * len(WEIGHTS)


def test_whoever_is_killed_in_between_loses_no_turn_and_takes_none_twice(database: Database) -> None:
    draw = random.Random(5)
    killed = 0
    with Workers(database.url, team_of(WEIGHTS), 3, 500) as workers:
        for _ in range(5):
            for pid in draw.sample(started := workers.start(), len(started)):
                time.sleep(draw.random() * 0.06)
                with suppress(ProcessLookupError):  # it was done already
                    os.kill(pid, signal.SIGKILL)
            killed += workers.ended().count(-signal.SIGKILL)
        assert killed and ledger(database)
        workers.start()
        assert workers.ended() == [0] * 3
    assert_fair(assert_whole(database, 500), WEIGHTS)
