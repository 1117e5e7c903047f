"""Submissions that the rules put aside: kept with their reasons, no lead and nothing sent until a person accepts them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sources import Captured, Post
from core.instants import HOUR, MINUTE
from leadrelay.engine import aside
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.manual import submission as added
from leadrelay.store import captures, tables
from leadrelay.store.captures import Numbered
from leadrelay.store.ids import to_uid
from leadrelay.web.views import SubmissionFilter
from tests.engine.conftest import Bench, Hand
from tests.engine.ruled import ruled

MAPPING = """\
mapping: form
to: lead
fields:
  person.full_name:       name
  person.email:           email
  person.phone:           {from: phone, region: DE}
  touch.message:          message
  touch.kind:             kind
  touch.seconds_to_fill:  took
ignore: [website]
"""

RULES = """\
checks:
  nobody: {person.verdict: {is: spam}}
  answerable: {person.reachable: {in: [proved, yes]}}
quarantine:
  - {when: nobody, reason: looks like spam}
  - {when: {all: [{person.verdict: {is: doubtful}}, {person.reachable: {is: no}}]}, reason: doubtful and not to be reached}
qualification:
  - {outcome: nobody,   when: nobody, reason: no real person}
  - {outcome: talk,     when: answerable, reason: can be reached}
  - {outcome: nurture,  otherwise: true, reason: no channel is open}
"""

SPAM = {"name": "Visit https://win.example now", "email": "w@mailinator.com", "message": "https://win.example"}
REAL = {"name": "Anna Weber", "email": "anna@acme.example", "message": "We need a CRM for 30 people."}


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[Bench]:
    with ruled(tmp_path, store_url, clock, RULES, form=MAPPING) as made:
        yield made


def come(bench: Bench, **names: str) -> Any:
    """Post and decide; the submission's row."""
    bench.clock.forward(1000)
    number = bench.post(**names)
    bench.process()
    return row_of(bench, number)


def row_of(bench: Bench, number: int) -> Any:
    return next(row for row in bench.rows(tables.submission) if row.id == number)


def release(bench: Bench, *uids: str) -> int:
    done = sum(bench.app.operations.retry_submissions(SubmissionFilter(uid=uid), by="anna", dry_run=False) for uid in uids)
    bench.process()
    return done


def leads(bench: Bench) -> list[Any]:
    return bench.rows(tables.lead)


# --- put aside --------------------------------------------------------------------------------------------------------


def test_spam_is_put_aside_with_its_reasons_and_makes_nothing(bench: Bench) -> None:
    row = come(bench, **SPAM)
    assert (row.state, row.reason, row.lead_id) == ("quarantined", "looks like spam", None)
    problems = json.loads(row.problems)
    assert problems[0]["code"] == "quarantined" and problems[0]["line"] == 5
    assert {"name_link", "email_disposable", "message_only_link"} <= {one["code"] for one in problems}
    assert bytes(row.body) and all(one["message"] for one in problems)
    for table in (tables.lead, tables.touch, tables.lead_key, tables.delivery, tables.action, tables.event):
        assert bench.rows(table) == [], table.name
    found = bench.app.audit()
    assert found["unaccounted"] == 0
    assert found["sources"]["website"]["states"] == {"quarantined": 1}
    listed = bench.app.views.submissions(SubmissionFilter(state="quarantined"), None, 10)
    assert [one.uid for one in listed.items] == [to_uid(row.id)]


def test_who_is_real_becomes_a_lead_that_says_so_and_rules_ask_for_it(bench: Bench) -> None:
    assert come(bench, **REAL).state == "processed"
    (row,) = leads(bench)
    record = bench.record(row)
    assert (record["person.verdict"], record["person.reachable"], row.outcome) == ("real", "yes", "talk")
    assert record["person.reachable_reasons"] == ["email: the address is valid, and nothing came back"]
    assert "person.verdict_reasons" not in record and "last_touch.signs" not in record


def test_one_weak_sign_makes_a_lead_doubtful_and_puts_nothing_aside(bench: Bench) -> None:
    come(bench, name="Anna Weber", email="anna@acme.example", took="1")
    (row,) = leads(bench)
    record = bench.record(row)
    assert (record["person.verdict"], record["last_touch.signs"]) == ("doubtful", ["too_fast"])
    assert record["person.verdict_reasons"] == ["the form was filled in faster than a person types"]


def test_every_line_is_asked_and_the_first_that_holds_gives_the_reason(bench: Bench) -> None:
    row = come(bench, name="test", email="test@test.com")
    assert (row.state, row.reason) == ("quarantined", "doubtful and not to be reached")


def test_a_trap_that_the_source_does_not_know_is_one_all_the_same(bench: Bench) -> None:
    assert come(bench, **REAL, _gotcha="on").state == "quarantined"
    assert come(bench, **REAL, botcheck="false").state == "processed"


def test_a_script_that_posts_like_a_browser_is_a_sign_and_never_enough(bench: Bench) -> None:
    def post(body: bytes, **headers: str) -> Any:
        plan = bench.app.process_plan().sources["website"]
        given = {"content-type": "application/x-www-form-urlencoded", "authorization": "Bearer secret-token", **headers}
        found = plan.reader.receive(Post(body, given), plan.mapping.input_names)
        assert isinstance(found, Captured)
        new = NewSubmission("website", found.key, True, "new", "", found.headers, body, None, bench.clock(), False)
        number = bench.app.ids.one(bench.clock())
        with bench.app.database.write() as connection:
            captures.commit(connection, [Numbered(number, new)])
        bench.process()
        return row_of(bench, number)

    assert post(b"name=Anna+Weber&email=anna%40acme.example").state == "processed"
    assert bench.record(leads(bench)[0])["last_touch.signs"] == ["no_browser"]
    assert post(b"name=hjklhjkl&email=h%40gmail.com").state == "quarantined"
    assert post(b"name=hjklhjkl&email=h%40gmail.com&kind=x", **{"user-agent": "Mozilla/5.0"}).state == "processed"


def test_what_a_person_adds_is_never_put_aside(bench: Bench) -> None:
    new = added({"person.full_name": "test", "person.email": "test@test.com"}, by="anna", now=bench.clock())
    with bench.app.database.write() as connection:
        captures.commit(connection, [Numbered(bench.app.ids.one(bench.clock()), new)])
    bench.process()
    assert [row.state for row in bench.rows(tables.submission)] == ["processed"]


# --- released ---------------------------------------------------------------------------------------------------------


def test_a_released_submission_is_a_lead_that_remembers_who_released_it(bench: Bench) -> None:
    row = come(bench, **SPAM)
    assert bench.app.operations.retry_submissions(SubmissionFilter(uid=to_uid(row.id)), by="anna", dry_run=True) == 1
    assert release(bench, to_uid(row.id)) == 1
    assert row_of(bench, row.id).state == "processed"
    (lead,) = leads(bench)
    record = bench.record(lead)
    assert (record["person.verdict"], record["person.confirmed"], lead.outcome) == ("real", True, "nurture")
    assert record["person.verdict_reasons"][0] == "the person was reached (person.confirmed), which outweighs all else"
    kinds = {event.kind: json.loads(event.data) for event in bench.rows(tables.event)}
    assert kinds["lead"]["accepted_by"] == "anna"
    assert (kinds["submissions_retried"]["by"], kinds["submissions_retried"]["accepted"]) == ("anna", 1)
    assert len(bench.rows(tables.delivery)) == 1 and bench.app.audit()["unaccounted"] == 0
    assert release(bench, to_uid(row.id)) == 0
    assert come(bench, **SPAM, kind="again").state == "processed"  # who was confirmed once stays a person


def test_what_was_refused_for_its_token_is_no_lead_because_somebody_retries_it(bench: Bench) -> None:
    body = json.dumps(SPAM).encode()
    refused = NewSubmission(
        "website", "quarantined:bad_token:x", True, "quarantined", "bad token", {"content-type": "application/json"}, body, None,
        bench.clock(), False,
    )  # fmt: skip
    number = bench.app.ids.one(bench.clock())
    with bench.app.database.write() as connection:
        captures.commit(connection, [Numbered(number, refused)])
    assert release(bench, to_uid(number)) == 1
    assert row_of(bench, number).state == "quarantined" and leads(bench) == []
    assert release(bench, to_uid(number)) == 1  # now it was the rule that put it aside, and a person says no to it
    assert row_of(bench, number).state == "processed"


def test_somebody_who_was_reached_is_not_put_aside_for_an_odd_message(bench: Bench) -> None:
    odd = {"name": "Anna Weber", "email": "anna@acme.example", "message": "[url=https://a.example]x[/url] and casino"}
    come(bench, **REAL)
    assert come(bench, **odd).state == "quarantined"
    come(bench, **REAL, kind="email_reply")
    assert come(bench, **odd, kind="contact").state == "processed"
    (row,) = leads(bench)
    record = bench.record(row)
    assert (record["person.verdict"], record["person.reachable"]) == ("real", "proved")
    assert record["person.reachable_reasons"][0] == "the person was reached (email_reply)"


# --- many -------------------------------------------------------------------------------------------------------------


def open_alerts(bench: Bench) -> list[str]:
    aside.look(bench.app.database, ["website"], bench.clock())
    return [row.message for row in bench.rows(tables.alert) if row.resolved_at is None]


def test_only_many_at_once_are_an_alert_which_closes_by_itself(bench: Bench) -> None:
    for number in range(aside.MANY - 1):
        bench.post(**SPAM, kind=str(number))
    bench.process()
    assert open_alerts(bench) == []
    bench.post(**SPAM, kind="one more")
    bench.process()
    (said,) = open_alerts(bench)
    assert f"{aside.MANY} of {aside.MANY} submissions of source `website`" in said and "retry" in said
    for number in range(aside.MANY + 1):
        bench.post(**REAL, kind=str(number))
    bench.process()
    assert open_alerts(bench) == []
    bench.clock.forward(HOUR + MINUTE)
    assert open_alerts(bench) == []
    assert bench.app.audit()["sources"]["website"]["states"] == {"quarantined": aside.MANY, "processed": aside.MANY + 1}
