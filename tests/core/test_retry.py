"""When to try again, as tables."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core.instants import DAY, HOUR, MINUTE, SECOND, Instant
from core.retry import (
    MAX_TRIES,
    Again,
    Hold,
    Park,
    decide_retry,
    hold_gate,
    later_hold,
)

NOW = 1_000_000_000


@dataclass(frozen=True)
class Asked:
    after: float | None = None
    until: Instant | None = None


@pytest.mark.parametrize(
    ("tries", "jitter", "wait"),
    [
        (0, 1.0, 5 * SECOND), (0, 0.0, 2_500), (1, 1.0, 10 * SECOND), (2, 1.0, 20 * SECOND), (5, 1.0, 160 * SECOND),
        (9, 1.0, 2_560 * SECOND), (10, 1.0, HOUR), (10, 0.0, 30 * MINUTE), (10, 0.5, 45 * MINUTE), (10, 7.0, HOUR),
        (10, -1.0, 30 * MINUTE),
    ],
)  # fmt: skip
def test_a_row_waits_twice_as_long_each_time_up_to_an_hour(tries: int, jitter: float, wait: int) -> None:
    assert decide_retry(tries, Asked(), now=NOW, jitter=jitter) == Again(NOW + wait, tries + 1)


@pytest.mark.parametrize("tries", [MAX_TRIES - 1, MAX_TRIES, 1_000])
def test_a_row_that_has_used_up_its_tries_is_parked(tries: int) -> None:
    assert decide_retry(tries, Asked(after=1), now=NOW, jitter=0.5) == Park(tries + 1)


def test_a_row_gets_as_many_answers_as_it_may_have() -> None:
    tries, answers = 0, 0
    while isinstance(decision := decide_retry(tries, None, now=NOW, jitter=1.0), Again):
        tries, answers = decision.tries, answers + 1
    assert (answers, decision) == (MAX_TRIES - 1, Park(MAX_TRIES))


@pytest.mark.parametrize(("jitter", "hours"), [(0.0, 1.2), (1.0, 2.42)])
def test_a_row_is_parked_after_some_hours_of_trouble_of_its_own(jitter: float, hours: float) -> None:
    now, tries = NOW, 0
    while isinstance(decision := decide_retry(tries, None, now=now, jitter=jitter), Again):
        now, tries = decision.due, decision.tries
    assert (now - NOW) / HOUR == pytest.approx(hours, abs=0.02)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (Asked(after=600), NOW + 10 * MINUTE),
        (Asked(until=NOW + HOUR), NOW + HOUR),
        (Asked(after=1), NOW + 5 * SECOND),
        (Asked(until=NOW - HOUR), NOW + 5 * SECOND),
        (Asked(after=600, until=NOW + HOUR), NOW + HOUR),
        (None, NOW + 5 * SECOND),
    ],
)
def test_a_row_is_never_sent_before_the_other_side_asked_for_it(asked: Asked | None, due: Instant) -> None:
    assert decide_retry(0, asked, now=NOW, jitter=1.0) == Again(due, 1)


@pytest.mark.parametrize(
    ("failures", "jitter", "wait"),
    [(0, 1.0, SECOND), (0, 0.0, 500), (1, 1.0, 2 * SECOND), (4, 1.0, 16 * SECOND), (8, 1.0, 256 * SECOND), (9, 1.0, 5 * MINUTE),
     (10_000, 1.0, 5 * MINUTE), (10_000, 0.0, 150 * SECOND)],
)  # fmt: skip
def test_a_gate_holds_twice_as_long_each_time_up_to_five_minutes(failures: int, jitter: float, wait: int) -> None:
    assert hold_gate(failures, Asked(), now=NOW, jitter=jitter) == Hold(NOW + wait, failures + 1)


@pytest.mark.parametrize(
    ("asked", "jitter", "until"),
    [
        (Asked(after=30), 0.0, NOW + 30 * SECOND),
        (Asked(after=30), 1.0, NOW + 31 * SECOND),
        (Asked(after=0), 0.0, NOW),
        (Asked(after=-5), 0.0, NOW),
        (Asked(after=0.25), 0.0, NOW + 250),
        (Asked(until=NOW + 20 * HOUR), 0.0, NOW + 20 * HOUR),
        (Asked(until=NOW - 1), 0.0, NOW),
        (Asked(after=10, until=NOW + MINUTE), 0.0, NOW + MINUTE),
        (Asked(after=1e12), 0.0, NOW + 2 * DAY),
        (Asked(after=float("inf")), 0.0, NOW + 2 * DAY),
        (Asked(after=float("nan")), 0.0, NOW),
        (Asked(until=NOW + 999 * DAY), 0.0, NOW + 2 * DAY),
    ],
)
def test_a_gate_holds_as_long_as_it_was_asked_to_whatever_failed_before(asked: Asked, jitter: float, until: Instant) -> None:
    for failures in (0, 3, 50):
        assert hold_gate(failures, asked, now=NOW, jitter=jitter) == Hold(until, failures + 1)


def test_a_hold_is_never_shortened() -> None:
    assert later_hold(None, Hold(5, 1)) == 5
    assert later_hold(9, Hold(5, 1)) == 9
    assert later_hold(3, Hold(5, 1)) == 5
