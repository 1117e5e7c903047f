"""Who is told that an answer is due or overdue: once each, by mail to the people themselves, and nobody after an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.fields import FIRST_ACTIVITY
from core.instants import DAY, HOUR, MINUTE, Instant
from leadrelay.app import open_app
from leadrelay.engine.erase import erase
from leadrelay.engine.redeciding import DecideAgain, Rescore
from leadrelay.engine.routing import route
from leadrelay.notify.notifier import forget_old
from leadrelay.store import rotation, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids, from_uid, to_uid
from leadrelay.store.leads import Moved
from leadrelay.web.views import LeadFilter
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project
from tests.support.receivers import MailServer, WebServer, mail_server, web_server
from tests.support.routing import NOON, new_lead, plan_of, routed

ANNA, BEN, CARA, DORA = (f"{name}@acme.example" for name in ("anna", "ben", "cara", "dora"))
RULES = """\
routing:
  to:
    - {name: France, when: {company.name: {is: Louvre}}, queue: unassigned}
    - {name: all, otherwise: true, pool: sales}
  respond_within: {minutes: 30, warn: owner, then: manager}
"""
TEAM = f"""\
people: {{{ANNA}: {{}}, {BEN}: {{}}, {CARA}: {{manager: true}}, {DORA}: {{manager: true}}}}
pools: {{sales: {{members: [{ANNA}, {BEN}], fallback: unassigned}}}}
queues: {{unassigned: {{}}}}
"""
NOTIFY = """\
notify:
  targets:
    it:   {{smtp: {{host: 127.0.0.1, port: {port}, tls: "off", from: lr@acme.example, to: it@acme.example}}, role: it}}
    crm:  {{smtp: {{host: 127.0.0.1, port: 9, tls: "off", from: lr@acme.example, to: crm@acme.example}}, role: crm_admin}}
    chat: {{webhook: {{url: "{url}", format: json}}, role: sales}}
"""


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def hook() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand, mails: MailServer, hook: WebServer) -> Iterator[Bench]:
    extra = NOTIFY.format(port=mails.port, url=hook.url)
    path = write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:9", extra=extra)
    (path.parent / "rules").mkdir()
    (path.parent / "rules" / "rules.yaml").write_text(RULES)
    (path.parent / "team.yaml").write_text(TEAM)
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    yield Bench(app, clock)
    app.close()


def come(bench: Bench, number: int = 1, **more: str) -> str:
    bench.post(first_name="Pat", last_name=f"Nr{number}", email=f"pat{number}@firm.example", **more)
    bench.process()
    return to_uid(max(row.id for row in bench.rows(tables.lead)))


def pass_time(bench: Bench, milliseconds: int) -> None:
    """Let time pass, decide what is due, and tell what is to be told."""
    bench.clock.forward(milliseconds)
    app = bench.app
    DecideAgain(app.database, app.process_plan, clock=bench.clock, ids=app.ids).run_once()
    app.notifier.plan(bench.clock())
    for target in ("it", "crm", "chat"):
        app.notifier.send_due(target)


def events(bench: Bench, *kinds: str) -> list[dict[str, Any]]:
    rows = sorted(bench.rows(tables.event), key=lambda row: row.id)
    return [{"kind": row.kind, **json.loads(row.data)} for row in rows if row.kind in kinds]


def to_whom(mails: MailServer) -> list[tuple[str, str]]:
    return [(str(mail["Subject"]).partition("] ")[2].partition(":")[0], str(mail["To"])) for mail in mails.mails]


def test_the_owner_is_warned_at_two_thirds_and_the_managers_are_told_at_the_end_each_once(
    bench: Bench, mails: MailServer, hook: WebServer
) -> None:
    uid = come(bench)
    pass_time(bench, 19 * MINUTE)
    assert mails.mails == []
    for _ in range(3):
        pass_time(bench, MINUTE)
    assert to_whom(mails) == [("An answer is due soon", ANNA)]
    for _ in range(3):
        pass_time(bench, 3 * MINUTE)
    pass_time(bench, 3 * DAY)
    assert to_whom(mails) == [("An answer is due soon", ANNA), ("An answer is overdue", f"{CARA}, {DORA}")]
    assert [(one["kind"], one["alerts"][0]["lead"], one["command"]) for one in hook.documents] == [
        (kind, uid, f"leadrelay leads why {uid} owner") for kind in ("response_due", "response_overdue")
    ]
    assert "@" not in json.dumps(hook.documents)
    assert not any("pat1" in mail.as_string() for mail in mails.mails)
    assert [(one["kind"], one["told"], one["people"]) for one in events(bench, "response_due", "response_overdue")] == [
        ("response_due", "owner", [ANNA]), ("response_overdue", "manager", [CARA, DORA]),
    ]  # fmt: skip
    (row,) = bench.rows(tables.assignment)
    assert (row.warned_at, row.overdue_at) == (row.at + 20 * MINUTE, row.at + 31 * MINUTE)


def test_leads_that_nobody_answered_in_time_are_listed_until_they_are_answered_or_erased(bench: Bench) -> None:
    first, second = come(bench, 1), come(bench, 2)
    views, only = bench.app.views, LeadFilter(is_overdue=True)
    pass_time(bench, 20 * MINUTE)
    assert views.leads(only, None, 9).items == []
    pass_time(bench, 11 * MINUTE)
    assert {row.uid for row in views.leads(only, None, 9).items} == {first, second}
    with bench.app.database.write() as connection:
        row = connection.execute(tables.lead.select().where(tables.lead.c.id == from_uid(first))).one()
        answered = row.record.replace('"status":"new"', f'"status":"new","{FIRST_ACTIVITY}":"2026-09-21T15:00:00Z"')
        connection.execute(tables.lead.update().where(tables.lead.c.id == row.id).values(record=answered))
    assert [row.uid for row in views.leads(only, None, 9).items] == [second]
    erase(bench.app, "pat2@firm.example", by="a person")
    assert views.leads(only, None, 9).items == []
    assert {row.key for row in bench.rows(tables.alert) if row.resolved_at is None} == {f"response_overdue:{first}"}


def test_of_a_queue_the_managers_are_told_instead_of_an_owner(bench: Bench, mails: MailServer) -> None:
    come(bench, company="Louvre")
    pass_time(bench, 20 * MINUTE)
    assert to_whom(mails) == [("An answer is due soon", f"{CARA}, {DORA}")]


def test_leads_of_one_owner_are_one_mail_and_those_of_another_one_a_mail_of_their_own(bench: Bench, mails: MailServer) -> None:
    for number in range(4):
        come(bench, number)
    pass_time(bench, 20 * MINUTE)
    assert sorted(to_whom(mails)) == [("An answer is due soon", ANNA), ("An answer is due soon", BEN)]
    assert all(mail.get_content().count("is due by") == 2 for mail in mails.mails)


def test_who_was_not_reached_before_the_lead_was_closed_is_not_told(bench: Bench, mails: MailServer) -> None:
    uid = come(bench)
    mails.answer = "451 4.3.0 later"
    pass_time(bench, 20 * MINUTE)
    mails.answer = "250 2.0.0 taken"
    app = bench.app
    with app.database.write() as connection:
        record = connection.execute(tables.lead.select()).one().record
        closed = record.replace('"status":"new"', '"status":"closed"')
        assert closed != record
        connection.execute(tables.lead.update().values(record=closed, decide_at=bench.clock()))
    pass_time(bench, HOUR)
    assert mails.mails == []
    assert [row.key for row in bench.rows(tables.alert) if row.resolved_at is None and uid in row.key] == []
    assert events(bench, "response_overdue") == []


def test_rescoring_and_new_touches_tell_nothing_twice(bench: Bench, mails: MailServer) -> None:
    come(bench)
    pass_time(bench, 20 * MINUTE)
    app = bench.app
    Rescore(app.database, app.process_plan(), bench.clock, app.ids).run(lambda *_: None)
    come(bench, message="once more")
    pass_time(bench, MINUTE)
    assert len(events(bench, "response_due")) == 1
    assert len(mails.mails) == 1


def test_what_was_told_once_is_forgotten_after_a_week_and_not_told_again(bench: Bench, mails: MailServer) -> None:
    come(bench)
    pass_time(bench, 20 * MINUTE)
    bench.clock.forward(8 * DAY)
    forget_old(bench.app.database, bench.clock())
    assert (bench.rows(tables.alert), bench.rows(tables.notice)) == ([], [])
    bench.app.notifier.plan(bench.clock())
    assert bench.rows(tables.notice) == []


# --- the ledger ---------------------------------------------------------------------------------------------------------


def rules(more: str = "") -> str:
    return f"routing: {{{more} to: [{{name: all, otherwise: true, pool: sales}}], respond_within: {{minutes: 30, warn: owner}}}}"


@pytest.mark.parametrize("at", [NOON + 20 * MINUTE, NOON + 30 * MINUTE])
def test_of_two_workers_that_look_at_once_one_tells(database: Database, at: Instant) -> None:
    plan, lead = plan_of(TEAM, rules()), new_lead(1)
    held = routed(database, plan, [lead]).leads[lead.uid]
    with database.read() as connection:
        both = [route(connection, plan, {lead.uid: held}, at, Ids()) for _ in range(2)]
    assert [len(one.events) for one in both] == [1, 1]
    with database.write() as connection:
        both[0].write(connection, at)
    with pytest.raises(Moved), database.write() as connection:
        both[1].write(connection, at)
    assert routed(database, plan, [held], at).events == []


def test_what_is_overdue_when_it_is_looked_at_first_is_told_as_overdue_alone(database: Database) -> None:
    plan, lead = plan_of(TEAM, rules()), new_lead(1)
    held = routed(database, plan, [lead]).leads[lead.uid]
    assert [kind for kind, _, _ in routed(database, plan, [held], NOON + HOUR).events] == ["response_overdue"]


def test_a_lead_that_came_too_late_is_overdue_at_once_and_moves_only_when_its_owner_had_the_time(database: Database) -> None:
    plan, lead = plan_of(TEAM, rules("reroute: when_overdue,")), new_lead(1, NOON - HOUR)
    first = routed(database, plan, [lead])
    assert first.due == {lead.uid: NOON - 30 * MINUTE}
    held = first.leads[lead.uid]
    second = routed(database, plan, [held], NOON + MINUTE)
    assert ([kind for kind, _, _ in second.events], second.due) == (["response_overdue"], {lead.uid: NOON + 30 * MINUTE})
    third = routed(database, plan, [held], NOON + 30 * MINUTE)
    assert [(kind, data["to"]) for kind, _, data in third.events] == [("routed", BEN)]


def test_a_lead_never_comes_back_to_somebody_who_let_it_lie_by_whatever_line(database: Database) -> None:
    text = f"""
routing:
  reroute: when_overdue
  to:
  - {{name: first, when: {{lead.uid: {{known: true}}}}, owner: {ANNA}}}
  - {{name: second, when: {{lead.uid: {{known: true}}}}, owner: {BEN}}}
  - {{name: rest, otherwise: true, queue: unassigned}}
  respond_within: {{minutes: 30}}
"""
    plan, lead = plan_of(TEAM, text), new_lead(1)
    for step in range(4):
        lead = routed(database, plan, [lead], NOON + step * HOUR).leads[lead.uid]
    with database.read() as connection:
        had = rotation.everybody(connection, [from_uid(lead.uid)])
    assert had == {from_uid(lead.uid): [(ANNA, None), (BEN, None), (None, "unassigned")]}


def test_the_warning_counts_working_hours(database: Database) -> None:
    team = TEAM + 'hours: {business: {zone: Europe/Berlin, mon-fri: "09:00-17:30"}}\n'
    text = rules().replace("minutes: 30", "minutes: 30, hours: business")
    lead = new_lead(1, NOON + 4 * HOUR + 20 * MINUTE)  # Friday, 17:20 in Berlin
    routed(database, plan_of(team, text), [lead], NOON + 4 * HOUR + 20 * MINUTE)
    with database.read() as connection:
        (row,) = connection.execute(tables.assignment.select())
    monday = NOON + 2 * DAY + 20 * HOUR  # 09:00 in Berlin
    assert (row.warn_at, row.deadline_at) == (monday + 10 * MINUTE, monday + 20 * MINUTE)
