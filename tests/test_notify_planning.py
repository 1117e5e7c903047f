"""Who is told what: as values, without store or clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.instants import DAY, HOUR, MINUTE, SECOND
from leadrelay.notify.clean import cleaned
from leadrelay.notify.kinds import KINDS, ROLES
from leadrelay.notify.planning import RAISED, RESOLVED, Alert, Plan, Told, Wanted, over, plan
from leadrelay.notify.settings import NotifySettings

NOW = 1_790_000_000_000
IT = {"smtp": {"host": "127.0.0.1", "from": "l@acme.example", "to": "it@acme.example"}}


def settings(**more: object) -> NotifySettings:
    return NotifySettings.model_validate({"targets": {"it": IT}, **more})


PAUSED = Alert("sink:crm", "sink_paused", NOW)


def told(kind: str = RAISED, *, since: int = NOW, sent: int | None = NOW + MINUTE, **more: object) -> Told:
    found = Told(1, "sink:crm", since, "it", kind, since + MINUTE, sent)
    return replace(found, **more)  # type: ignore[arg-type]


def test_what_is_over_within_the_grace_period_is_not_told() -> None:
    assert plan(settings(), [PAUSED], [], NOW + MINUTE - 1).is_nothing()
    assert plan(settings(), [replace(PAUSED, resolved_at=NOW + 30 * SECOND)], [], NOW + HOUR).is_nothing()
    assert plan(settings(), [PAUSED], [], NOW + MINUTE).make == [Wanted("sink:crm", NOW, "it", RAISED)]


def test_a_trouble_is_told_once() -> None:
    assert plan(settings(), [PAUSED], [told()], NOW + HOUR).is_nothing()
    assert plan(settings(), [PAUSED], [told(sent=None)], NOW + HOUR).is_nothing()


def test_its_end_is_told_to_those_who_were_told() -> None:
    ended = replace(PAUSED, resolved_at=NOW + HOUR)
    assert plan(settings(), [ended], [told()], NOW + HOUR + MINUTE).make == [Wanted("sink:crm", NOW, "it", RESOLVED)]
    assert plan(settings(), [ended], [], NOW + DAY).is_nothing()
    assert plan(settings(), [ended], [told(), told(RESOLVED)], NOW + DAY).is_nothing()


def test_a_notice_that_was_not_sent_when_the_trouble_ended_is_taken_back() -> None:
    ended = replace(PAUSED, resolved_at=NOW + HOUR)
    assert plan(settings(), [ended], [told(sent=None)], NOW + HOUR) == Plan(take_back=[1])
    assert plan(settings(), [ended], [told(sent=None, is_held=True, is_unsure=True)], NOW + HOUR).is_nothing()


def test_who_may_have_been_told_by_a_worker_that_died_is_told_of_the_end() -> None:
    ended = replace(PAUSED, resolved_at=NOW + HOUR)
    assert plan(settings(), [ended], [told(sent=None, is_unsure=True)], NOW + HOUR) == Plan(count_as_told=[1])


def test_what_comes_back_before_its_end_was_told_is_the_same_trouble() -> None:
    again = replace(PAUSED, since_at=NOW + HOUR)
    assert plan(settings(), [again], [told()], NOW + 2 * HOUR).is_nothing()
    ended = replace(again, resolved_at=NOW + 3 * HOUR)
    assert plan(settings(), [ended], [told()], NOW + 4 * HOUR).make == [Wanted("sink:crm", NOW, "it", RESOLVED)]


@pytest.mark.parametrize(("remind", "hours", "kinds"), [
    ("24 hours", 23, []), ("24 hours", 25, ["reminder-1"]), ("2 hours", 3, ["reminder-1"]), ("off", 999, []),
])  # fmt: skip
def test_reminders_come_as_often_as_the_settings_say(remind: str, hours: int, kinds: list[str]) -> None:
    found = plan(settings(remind=remind), [PAUSED], [told()], NOW + hours * HOUR)
    assert [one.kind for one in found.make] == kinds


def test_the_next_reminder_counts_from_the_last_one() -> None:
    before = [told(), told("reminder-1", sent=NOW + DAY)]
    assert plan(settings(), [PAUSED], before, NOW + DAY + HOUR).is_nothing()
    assert [one.kind for one in plan(settings(), [PAUSED], before, NOW + 2 * DAY + HOUR).make] == ["reminder-2"]
    waiting = [told(), told("reminder-1", sent=None)]
    assert plan(settings(), [PAUSED], waiting, NOW + 9 * DAY).is_nothing()


def test_a_removed_target_is_told_nothing_more() -> None:
    assert plan(settings(), [PAUSED], [told(sent=None, target="gone", id=7)], NOW) == Plan(take_back=[7])


def test_kinds_and_roles_add_up() -> None:
    mail = {**IT, "alerts": ["mapping"], "role": "it"}
    made = {"all": IT, "some": mail}
    found = plan(NotifySettings.model_validate({"targets": made, "grace": "0 s"}), [
        Alert("sink:crm", "sink_paused", NOW), Alert("mapping:crm:x", "mapping", NOW), Alert("disk:here", "disk_full", NOW),
    ], [], NOW)  # fmt: skip
    assert [(one.target, one.alert_key) for one in found.make] == [
        ("all", "sink:crm"), ("all", "mapping:crm:x"), ("all", "disk:here"), ("some", "mapping:crm:x"), ("some", "disk:here"),
    ]  # fmt: skip


def test_a_target_is_not_told_that_it_can_not_be_told() -> None:
    both = settings(targets={"it": IT, "chat": IT}, grace="0 s")
    found = plan(both, [Alert("notify:chat", "notify_failing", NOW)], [], NOW)
    assert [one.target for one in found.make] == ["it"]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40 * 60)), min_size=1, max_size=40), st.integers(0, 120))
def test_a_flapping_trouble_floods_nobody_and_every_notice_comes_once(turns: list[tuple[bool, int]], grace: int) -> None:
    """A trouble that comes and goes at random, planned every ten seconds, each notice sent at once."""
    rules = settings(grace=f"{grace} s", remind="off")
    alert, notices, now = Alert("sink:crm", "sink_paused", NOW - DAY, NOW - DAY), list[Told](), NOW
    for is_open, seconds in turns:
        if is_open and alert.resolved_at is not None:
            alert = replace(alert, since_at=now, resolved_at=None)
        elif not is_open and alert.resolved_at is None:
            alert = replace(alert, resolved_at=now)
        for _ in range(0, seconds, 10):
            found = plan(rules, [alert], notices, now)
            assert not found.take_back
            for one in found.make:
                notices.append(Told(len(notices), one.alert_key, one.since_at, one.target, one.kind, now, now))
            now += 10 * SECOND
    keys = [(one.alert_key, one.since_at, one.target, one.kind) for one in notices]
    assert len(set(keys)) == len(keys)
    raised = [one for one in notices if one.kind == RAISED]
    for one in raised:
        assert sum(one.made_at - HOUR < other.made_at <= one.made_at for other in raised) <= rules.most_per_hour
    assert [one.kind for one in notices] == [(RAISED, RESOLVED)[number % 2] for number in range(len(notices))]


def test_old_notices_are_forgotten_once_the_end_was_told() -> None:
    ended = [told(id=1), told(RESOLVED, id=2, sent=NOW + HOUR), told(since=NOW + DAY, id=3)]
    assert over(ended, NOW + DAY) == [1, 2]
    assert over(ended, NOW) == []


@pytest.mark.parametrize(("text", "said"), [
    ("user anna.weber+crm@acme.example may not write", "user (an address) may not write"),
    ("ring +49 30 123-4567 now", "ring (a number) now"),
    ("answered 401 at 2026-11-22 09:30, 127.0.0.1:8080, org 00D5e0000012345AAA", None),
    ("the key hunter2hunter2 is wrong", "the key (a secret) is wrong"),
    ("two\nlines\x1b[31m", "two lines [31m"),
])  # fmt: skip
def test_no_secret_and_nothing_personal_is_in_a_notice(text: str, said: str | None) -> None:
    assert cleaned(text, {"hunter2hunter2"}) == (text if said is None else said)


def test_every_kind_of_alert_concerns_a_role_and_names_a_command() -> None:
    for kind in KINDS.values():
        assert kind.role in ROLES
        assert kind.command.startswith("leadrelay ")
        assert ("NAME" in kind.command) <= bool(kind.about)
