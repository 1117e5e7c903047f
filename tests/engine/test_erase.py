"""Erasing a person: no value of theirs stays in any table, in the spool or in the store's file, whatever runs beside it."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import LargeBinary, Text, insert, select

from connectors.sources import Captured, Post
from core.instants import DAY, HOUR, MINUTE
from core.problems import Problem
from leadrelay.app import App, open_app
from leadrelay.engine import alerts, suppressions
from leadrelay.engine import erase as erasing
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.erase import NobodyNamed, apply_suppressions, erase
from leadrelay.engine.reading import read_submission
from leadrelay.engine.reconcile import Reconciler
from leadrelay.engine.spool import Spool
from leadrelay.sandbox.server import SandboxServer
from leadrelay.store import captures, cursors, gates, tables
from leadrelay.store.captures import Numbered
from leadrelay.store.database import Database
from leadrelay.store.ids import to_uid
from leadrelay.store.migrate import migrate
from tests.conftest import new_postgres_database
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project

RICH_FORM = """\
mapping: form
to: lead
fields:
  person.first_name: first_name
  person.last_name:  last_name
  person.email:      email
  person.phone:      {from: phone, region: DE}
  person.mobile:     {from: mobile, region: DE}
  person.job_title:  job
  company.name:      company
  address.street:    street
  interest.need:     need
  touch.message:     message
  touch.gclid:       gclid
  touch.page_url:    page
  touch.name:        form_name
set:
  touch.kind: demo_request
  touch.lead_source: Website
"""

VALUES = (
    "Annegret", "Wiesenthal", "annegret.wiesenthal@acme-werke.example", "a.wiesenthal@privat.example", "+493012345678",
    "3012345678", "+4915112345678", "15112345678", "Leiterin Einkauf", "Acme Werke Weimar", "Rosengasse 7", "siebzehn Pumpen",
    "rufen Sie mich bitte nach Feierabend", "gclid-Cj0KCQiA", "198.51.100.77", "Anrufbeantworter",
)  # fmt: skip
"""What no table may hold after erasing; tests look for them without regard to case, and through every encoding."""

ANNEGRET = {
    "first_name": "Annegret",
    "last_name": "Wiesenthal",
    "email": "Annegret.Wiesenthal@ACME-Werke.example",
    "phone": "030 12345678",
    "mobile": "0151 / 12345678",
    "job": "Leiterin Einkauf",
    "company": "Acme Werke Weimar",
    "street": "Rosengasse 7",
    "need": "siebzehn Pumpen",
    "message": "Guten Tag, rufen Sie mich bitte nach Feierabend an.",
    "gclid": "gclid-Cj0KCQiA",
    "page": "https://www.seller.example/demo?email=annegret.wiesenthal%40acme-werke.example",
    "form_name": "Demo",
}
BERND = {"first_name": "Bernd", "last_name": "Brot", "email": "bernd@brot.example", "phone": "040 7654321", "company": "Brot AG"}


class EraseBench(Bench):
    """A bench with a CRM and what a test of erasing looks at."""

    crm: SandboxServer
    reconciler: Reconciler
    folder: Path

    def deliver(self) -> None:
        """Reconcile until nothing is ready."""
        for _ in range(200):
            self.clock.forward(250)
            done = self.reconciler.run_once()
            if not done.settled and (done.next_at is None or done.next_at > self.clock() + 250):
                return
        raise AssertionError("the reconciler does not come to rest")

    def capture(self, body: bytes, content_type: str, *, state: str = "", source: str = "website", **more: Any) -> int:
        """Capture a body as the web process does; `state` overrides what the source says."""
        headers = {"content-type": content_type, "authorization": "Bearer secret-token", "x-request-id": "198.51.100.77"}
        plan = self.app.process_plan().sources[source]
        found = plan.reader.receive(Post(body, headers), plan.mapping.input_names)
        if not isinstance(found, Captured):
            found = Captured("rejected:1", True, {"content-type": content_type}, state="new")
        submission = NewSubmission(
            source, more.get("key", found.key), more.get("is_content_key", found.is_content_key),
            state or found.state, more.get("reason", found.reason), found.headers, body, None, self.clock(), False,
        )  # type: ignore[arg-type]  # fmt: skip
        number = self.app.ids.one(self.clock())
        with self.app.database.write() as connection:
            captures.commit(connection, [Numbered(number, submission)])
        return number

    def spool(self, names: dict[str, str]) -> None:
        """Leave a submission in this machine's spool, as a web process that has ended."""
        body = json.dumps(names).encode()
        submission = NewSubmission(
            "website", "content:" + names["message"], True, "new", "", {"content-type": "application/json"}, body, None,
            self.clock(), False,
        )  # fmt: skip
        spool = Spool(self.app.settings.data_dir / "spool")
        spool.append([Numbered(self.app.ids.one(self.clock()), submission)])
        spool.close()

    def found(self) -> dict[str, set[str]]:
        """Every value of Annegret's that the store or the spool holds, by `table.column`."""
        return values_in(self.app)

    def states(self, table: Any = tables.submission) -> dict[str, int]:
        """How many rows are in each state."""
        found: dict[str, int] = {}
        for row in self.rows(table):
            found[row.state] = found.get(row.state, 0) + 1
        return found


def values_in(app: App) -> dict[str, set[str]]:
    """Every value of Annegret's in all tables, and in the spool's bytes, as `table.column`."""
    found: dict[str, set[str]] = {}
    with app.database.read() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                for column, value in zip(table.columns, row, strict=True):
                    held = {one for one in VALUES if _holds(value, one)}
                    if held:
                        found.setdefault(f"{table.name}.{column.name}", set()).update(held)
    for path in (app.settings.data_dir / "spool").rglob("*"):
        held = {one for one in VALUES if _holds(path.read_bytes(), one)}
        if held:
            found[f"spool/{path.name}"] = held
    return found


def _holds(cell: object, value: str) -> bool:
    if cell is None:
        return False
    raw = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
    text = raw.decode("utf-8", "replace").casefold()
    wanted = value.casefold()
    spellings = {
        wanted,
        quote(wanted).casefold(),
        json.dumps(wanted)[1:-1],
        wanted.replace("@", "\\u0040"),
        wanted.replace(" ", "+"),
    }
    return any(one in text for one in spellings) or wanted.encode("utf-16-le") in raw.lower()


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[EraseBench]:
    with SandboxServer() as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink="    rate: 1000", form=RICH_FORM)
        app = open_app(path, {}, clock=clock)
        app.migrate()
        app.keeper.start()
        made = EraseBench(app, clock)
        made.crm, made.folder = crm, tmp_path
        made.reconciler = app.reconciler("salesforce")
        yield made
        made.reconciler.close()
        app.close()


def live_a_rich_life(bench: EraseBench) -> None:
    """Annegret in every state and place that a person can be in, and Bernd beside her."""
    bench.post(**ANNEGRET)
    bench.post(**ANNEGRET)  # a duplicate
    bench.post(**BERND)
    bench.process()
    bench.deliver()
    bench.clock.forward(HOUR)
    bench.post(**{**ANNEGRET, "email": "a.wiesenthal@privat.example", "submission_id": "vendor-4711"})
    bench.post(**{**ANNEGRET, "message": "Anrufbeantworter", "submission_id": "annegret.wiesenthal@acme-werke.example"})
    bench.process()
    bench.deliver()
    bench.capture(urlencode({"x": "a b", "note": "mail annegret.wiesenthal@acme-werke.example"}).encode(), FORM)
    bench.process()  # held: no field of it is mapped
    bench.capture(
        b'{"email": "Annegret.Wiesenthal\\u0040acme-werke.example"}', JSON, state="ignored", reason="a robot of Annegret's"
    )
    bench.capture(MULTIPART, "multipart/form-data; boundary=xx", state="quarantined")
    bench.capture(
        b"garbage <annegret.wiesenthal@ACME-werke.example> and +49 (0)30 12345678", "application/json", state="rejected"
    )
    bench.capture("tel 030/12345678".encode("utf-16"), "application/octet-stream", state="rejected")
    bench.post(**{**ANNEGRET, "message": "noch nicht bearbeitet: Anrufbeantworter"})
    bench.spool({**ANNEGRET, "message": "im Spool: Anrufbeantworter"})
    with bench.app.database.write() as connection:
        text = "the record of annegret.wiesenthal@acme-werke.example could not be sent"
        alerts.raise_alert(connection, "sink:salesforce", "sink_paused", text, bench.clock(), data=json.dumps([text]))
        gate = gates.lock(connection, "salesforce")
        gates.save(connection, replace(gate, last_problem=text, paused=Problem("bad", text)))
        cursors.pause(connection, "inbox", Problem("no_login", text), "settings")
        told = {"id": 1, "source": "lists", "file_hash": "0a", "file_name": "Annegret Wiesenthal.csv", "size": 1, "state": "done"}
        reading = json.dumps({"reading": "{}", "rejects": "/in/done/Annegret Wiesenthal.rejected.csv"})
        connection.execute(insert(tables.file_import).values(**told, reading=reading, started_at=1, updated_at=1))
        notice = {"id": 1, "alert_key": "sink:salesforce", "since_at": 1, "target": "it", "kind": "raised", "due": 1}
        connection.execute(insert(tables.notice).values(**notice, problem=text))
        connection.execute(insert(tables.marker).values(name="source_paused:other", value=f"because of {text}", at=1))
        values = {"id": 1, "kind": "nurture", "key": "n1", "due": 99 * DAY + bench.clock(), "data": json.dumps({"to": text})}
        connection.execute(insert(tables.timer).values(values))
        lead = connection.execute(select(tables.lead.c.id).order_by(tables.lead.c.id)).scalars().first()
        decision = {"id": 1, "at": 1, "kind": "lock", "lead_id": lead, "by": "ops", "data": json.dumps({"note": text})}
        connection.execute(insert(tables.decision).values(decision))
        connection.execute(tables.delivery.update().where(tables.delivery.c.lead_id == lead).values(problem=json.dumps([text])))


FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MULTIPART = (
    b'--xx\r\nContent-Disposition: form-data; name="text"\r\n\r\nschreiben Sie an '
    b"annegret.wiesenthal+shop@acme-werke.example\r\n--xx--\r\n"
)


# --- nothing is left ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named_by", ["uid", "email", "other_email", "phone"])
def test_erasing_leaves_no_value_in_any_table_or_the_spool(bench: EraseBench, named_by: str) -> None:
    live_a_rich_life(bench)
    before = bench.found()
    listed = {f"{table}.{column}" for table, columns in tables.PERSONAL.items() for column in columns}
    assert {place for place in before if not place.startswith("spool")} <= listed
    assert set().union(*before.values()) == set(VALUES)
    counts = {table.name: bench.count(table) for table in tables.metadata.sorted_tables}
    lead = min(row.id for row in bench.rows(tables.lead))
    email, other_email = "annegret.wiesenthal@ACME-werke.example ", "a.wiesenthal@privat.example"
    names = {"uid": to_uid(lead), "email": email, "other_email": other_email, "phone": "+49 30 12345678"}
    bench.clock.forward(MINUTE)
    receipt = erase(bench.app, names[named_by], by="test")
    assert bench.found() == {}
    assert receipt.counts["leads"] >= 1
    assert receipt.left == ()
    kept = {table.name: bench.count(table) for table in tables.metadata.sorted_tables}
    for table in ("lead", "touch", "delivery", "attempt", "decision", "alert", "gate", "counter"):
        assert kept[table] == counts[table], table
    assert kept["submission"] == counts["submission"] + 1  # what was in the spool
    assert not any(value.casefold() in json.dumps(receipt.as_json()).casefold() for value in VALUES)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_a_mail_that_names_the_person_in_encoded_parts_alone_is_found(bench: EraseBench, encoding: str) -> None:
    bench.post(**ANNEGRET)
    bench.process()
    mails = []
    for text in ("Please ask annegret.wiesenthal@acme-werke.example, she knows.", "Please ask bernd@brot.example, he knows."):
        mail = EmailMessage()
        mail["From"], mail["Subject"] = "Away <away@post.example>", "Automatic reply"
        mail.set_content(text, cte=encoding)
        mails.append(bench.capture(bytes(mail), "message/rfc822", state="ignored", key=f"mid:{len(mails)}", is_content_key=False))
    erase(bench.app, "annegret.wiesenthal@acme-werke.example", by="test")
    kept = {row.id: row.body is not None for row in bench.rows(tables.submission) if row.id in mails}
    assert [kept[number] for number in mails] == [False, True]


def test_the_others_keep_everything(bench: EraseBench) -> None:
    live_a_rich_life(bench)
    bernd = max(bench.rows(tables.lead), key=lambda row: "bernd" in row.record)
    touches = [row for row in bench.rows(tables.touch) if row.lead_id == bernd.id]
    erase(bench.app, ANNEGRET["email"], by="test")
    assert next(row for row in bench.rows(tables.lead) if row.id == bernd.id) == bernd
    assert [row for row in bench.rows(tables.touch) if row.lead_id == bernd.id] == touches
    assert {row.state for row in bench.rows(tables.submission) if row.lead_id == bernd.id} == {"processed"}
    assert {row.state for row in bench.rows(tables.delivery) if row.lead_id == bernd.id} == {"in_sync"}


def test_ids_kinds_times_and_counts_stay_and_the_ledger_still_balances(bench: EraseBench) -> None:
    live_a_rich_life(bench)
    before = {row.id: (row.source, row.received_at) for row in bench.rows(tables.submission)}
    erase(bench.app, ANNEGRET["email"], by="test")
    after = {row.id: (row.source, row.received_at) for row in bench.rows(tables.submission)}
    assert before.items() <= after.items()
    assert {row.kind for row in bench.rows(tables.touch)} == {"demo_request"}
    assert all(row.erased_at for row in bench.rows(tables.lead) if "bernd" not in row.record)
    report = bench.app.audit()
    assert report["unaccounted"] == 0, report


@pytest.mark.parametrize("text", ["", "Annegret", "12", "7ZZZZZZZZZZZZ"])
def test_what_names_nobody_is_refused_with_what_to_give(bench: EraseBench, text: str) -> None:
    with pytest.raises(NobodyNamed, match="an e-mail address"):
        erase(bench.app, text, by="test")
    assert bench.count(tables.event) == 0


def test_a_person_nobody_knows_is_remembered_all_the_same(bench: EraseBench) -> None:
    receipt = erase(bench.app, "nobody@nowhere.example", by="test")
    assert receipt.leads == ()
    assert [row.kind for row in bench.rows(tables.suppression)] == ["email"]
    assert [row.kind for row in bench.rows(tables.event)] == ["erased"]


def test_repeating_changes_nothing(bench: EraseBench) -> None:
    live_a_rich_life(bench)
    first = erase(bench.app, ANNEGRET["email"], by="test")
    again = erase(bench.app, ANNEGRET["email"], by="test")
    assert first.counts["leads"] >= 1
    assert not any(again.counts.values())
    assert erase(bench.app, first.leads[0], by="test").leads == ()
    assert bench.found() == {}


# --- whose -------------------------------------------------------------------------------------------------------------


def test_a_family_mailbox_named_by_address_takes_all_who_use_it(bench: EraseBench) -> None:
    for name in ("Ada", "Ben", "Cleo"):
        bench.post(first_name=name, last_name="Familie", email="familie@heim.example", message=name)
    bench.process()
    assert bench.count(tables.lead) == 3
    assert len(erase(bench.app, "Familie@heim.example", by="test").leads) == 3


def test_one_of_a_family_named_by_uid_leaves_the_others(bench: EraseBench) -> None:
    numbers = {}
    for name in ("Ada", "Ben"):
        numbers[name] = bench.post(first_name=name, last_name="Familie", email="familie@heim.example", message=name)
    bench.process()
    held = bench.capture(urlencode({"note": "familie@heim.example"}).encode(), FORM)
    bench.process()
    assert erase(bench.app, to_uid(numbers["Ada"]), by="test").leads == (to_uid(numbers["Ada"]),)
    living = [row for row in bench.rows(tables.lead) if row.erased_at is None]
    assert [row.id for row in living] == [numbers["Ben"]]
    assert next(row for row in bench.rows(tables.submission) if row.id == held).state == "held"
    assert apply_suppressions(bench.app, is_due=True) == 0


def test_a_role_mailbox_has_no_key_and_is_found_all_the_same(bench: EraseBench) -> None:
    bench.post(first_name="Ada", last_name="Amt", email="info@amt.example")
    bench.process()
    assert {row.kind for row in bench.rows(tables.lead_key)} == set()
    assert len(erase(bench.app, "info@amt.example", by="test").leads) == 1


def test_tags_and_gmail_dots_are_the_same_mailbox(bench: EraseBench) -> None:
    bench.post(first_name="Gia", last_name="Mail", email="g.i.a.mail+shop@googlemail.com")
    bench.process()
    assert len(erase(bench.app, "giamail@gmail.com", by="test").leads) == 1


# --- afterwards --------------------------------------------------------------------------------------------------------


def test_who_posts_again_after_the_erasure_is_a_new_lead(bench: EraseBench) -> None:
    live_a_rich_life(bench)
    erase(bench.app, ANNEGRET["email"], by="test")
    bench.clock.forward(MINUTE)
    bench.post(**ANNEGRET)
    bench.process()
    apply_suppressions(bench.app, is_due=True)
    new = [row for row in bench.rows(tables.lead) if row.erased_at is None and "annegret" in row.record.lower()]
    assert [row.version for row in new] == [1]
    bench.deliver()


def test_a_vendors_repeat_does_not_bring_the_person_back(bench: EraseBench) -> None:
    live_a_rich_life(bench)
    erase(bench.app, ANNEGRET["email"], by="test")
    again = {**ANNEGRET, "email": "a.wiesenthal@privat.example", "submission_id": "vendor-4711"}
    bench.clock.forward(DAY)
    bench.post(**again)
    bench.process()
    assert bench.found() == {}
    keys = {row.key for row in bench.rows(tables.capture_key)}
    assert "id:vendor-4711" in keys
    assert not any("annegret" in key for key in keys)


def test_the_crm_is_told_to_delete_and_does(bench: EraseBench) -> None:
    live_a_rich_life(bench)
    assert {record["LastName"] for record in bench.crm.org.records("Lead")} == {"Wiesenthal", "Brot"}
    with bench.app.database.write() as connection:
        gates.resume(connection, "salesforce")
    receipt = erase(bench.app, ANNEGRET["email"], by="test")
    assert receipt.crm_deletes == {"salesforce": 1}
    bench.deliver()
    assert {record["LastName"] for record in bench.crm.org.records("Lead")} == {"Brot"}
    assert {row.state for row in bench.rows(tables.action) if row.kind == "delete"} == {"done"}
    assert bench.found() == {}


def test_a_record_that_stands_for_somebody_else_as_well_is_left_and_named(bench: EraseBench) -> None:
    bench.post(**ANNEGRET)
    bench.post(**BERND)
    bench.process()
    bench.deliver()
    annegret, bernd = sorted(bench.rows(tables.lead), key=lambda row: row.id)
    (record,) = [row.crm_id for row in bench.rows(tables.crm_link) if row.lead_id == annegret.id]
    with bench.app.database.write() as connection:
        connection.execute(tables.delivery.update().where(tables.delivery.c.lead_id == bernd.id).values(crm_id=record))
    receipt = erase(bench.app, ANNEGRET["email"], by="test")
    assert receipt.left == (f"records that stand for somebody else as well: look through {record} in salesforce",)
    bench.deliver()
    assert len(bench.crm.org.records("Lead")) == 2
    assert {row.state for row in bench.rows(tables.action) if row.kind == "delete"} == {"done"}


def test_no_record_in_a_crm_means_no_delete(bench: EraseBench) -> None:
    bench.post(**ANNEGRET)
    bench.process()
    receipt = erase(bench.app, ANNEGRET["email"], by="test")
    assert receipt.crm_deletes == {}
    assert bench.states(tables.delivery) == {"discarded": 1}
    assert bench.states(tables.action) == {"discarded": 1}
    bench.deliver()
    assert bench.crm.org.records("Lead") == []


# --- what runs beside it -------------------------------------------------------------------------------------------------


def test_a_processor_that_leased_a_submission_before_does_not_bring_it_back(bench: EraseBench) -> None:
    bench.post(**ANNEGRET)
    slow = bench.app.processor()
    token = bench.app.ids.one(bench.clock())
    plan = bench.app.process_plan()
    read = [read_submission(plan, one) for one in slow._lease(token, bench.clock())]
    erase(bench.app, ANNEGRET["email"], by="test")
    assert slow._finish(plan, read, token) == 0
    assert bench.count(tables.lead) == 0
    assert bench.found() == {}


@pytest.mark.parametrize("changes_the_lead", [True, False])
def test_a_processor_that_read_the_lead_before_begins_a_new_one(
    bench: EraseBench, monkeypatch: pytest.MonkeyPatch, changes_the_lead: bool
) -> None:
    """Someone posts again while the erasure commits between what a worker reads and what it writes."""
    if not bench.app.database.is_sqlite:
        pytest.skip("PostgreSQL reads and writes in one transaction that holds the lead: the next test but one")
    bench.post(**ANNEGRET)
    bench.process()
    (old,) = bench.rows(tables.lead)
    real = type(bench.processor)._decide
    was_erased = []

    def interrupted(self: Any, plan: Any, read: Any, known: Any, *others: Any) -> Any:
        decided = real(self, plan, read, known, *others)
        if not was_erased:
            was_erased.append(True)
            erase(bench.app, to_uid(old.id), by="test")
            if not changes_the_lead:
                decided.leads = dict(known.leads)
        return decided

    monkeypatch.setattr(type(bench.processor), "_decide", interrupted)
    monkeypatch.setattr(erasing, "scrub", lambda *_: ())  # it would wait until whoever reads is done, which is this test itself
    bench.clock.forward(HOUR)
    other = {"first_name": "Annegret", "last_name": "Wiesenthal", "email": ANNEGRET["email"], "message": "again"}
    monkeypatch.setattr(erasing, "_look", _only_leads(erasing._look))
    bench.post(**other)
    bench.process()
    erased, new = sorted(bench.rows(tables.lead), key=lambda row: row.id)
    assert (erased.id, erased.record) == (old.id, '{"won":[],"kinds":{}}')
    assert new.erased_at is None
    assert {row.lead_id for row in bench.rows(tables.lead_key)} == {new.id}
    assert {row.lead_id for row in bench.rows(tables.touch) if row.fields != "{}"} == {new.id}


def _only_leads(real: Callable[..., Any]) -> Callable[..., Any]:
    """A look that leaves unlinked submissions alone, as if they were posted a moment later."""

    def look(*arguments: Any) -> Any:
        found = real(*arguments)
        found.submissions.clear()
        return found

    return look


def test_a_processor_that_waits_for_the_erasure_begins_a_new_lead(bench: EraseBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The erasure holds the lead while another worker asks for it: on PostgreSQL for its row, on SQLite for the write lock."""
    bench.post(**ANNEGRET)
    bench.process()
    (old,) = bench.rows(tables.lead)
    bench.clock.forward(HOUR)
    bench.post(**{**ANNEGRET, "message": "again"})
    monkeypatch.setattr(erasing, "_look", _only_leads(erasing._look))
    real = erasing.erasing.blank_submissions
    waiting = threading.Thread(target=bench.process)

    def in_the_midst(*arguments: Any) -> int:
        if arguments[1] and not waiting.ident:  # the lead is locked and blanked by now
            waiting.start()
            time.sleep(0.5)
        return real(*arguments)

    monkeypatch.setattr(erasing.erasing, "blank_submissions", in_the_midst)
    erase(bench.app, to_uid(old.id), by="test")
    waiting.join()
    bench.process()
    erased, new = sorted(bench.rows(tables.lead), key=lambda row: row.id)
    assert (erased.record, erased.erased_at is None) == ('{"won":[],"kinds":{}}', False)
    assert {row.lead_id for row in bench.rows(tables.lead_key)} == {new.id}
    assert {row.lead_id for row in bench.rows(tables.touch) if row.fields != "{}"} == {new.id}


@pytest.mark.parametrize("is_known", [True, False])
def test_a_worker_that_sends_while_the_person_is_erased_leaves_nothing(bench: EraseBench, is_known: bool) -> None:
    """The answer comes after the erasure: nothing of it is written down, and what it made in the CRM is deleted."""
    bench.post(**ANNEGRET)
    bench.process()
    if is_known:
        bench.deliver()
        bench.clock.forward(HOUR)
        bench.post(**{**ANNEGRET, "need": "neunzehn Pumpen"})
        bench.process()
    sink = bench.reconciler.account.sink()
    real = sink.upsert

    def slow(batch: Any) -> Any:
        outcomes = real(batch)
        erase(bench.app, ANNEGRET["email"], by="test")
        return outcomes

    sink.upsert = slow  # type: ignore[method-assign]
    for _ in range(3):
        bench.clock.forward(250)
        bench.reconciler.run_once()
    sink.upsert = real  # type: ignore[method-assign]
    assert bench.found() == {}
    assert bench.states(tables.delivery) == {"discarded": 1}
    bench.clock.forward(HOUR)
    bench.deliver()
    assert bench.crm.org.records("Lead") == []
    assert bench.found() == {}
    assert {row.state for row in bench.rows(tables.action) if row.kind == "delete"} == {"done"}


def test_a_record_made_by_a_worker_that_died_is_found_by_its_external_id(bench: EraseBench) -> None:
    bench.post(**ANNEGRET)
    bench.process()
    plan = bench.app.sink_plan("salesforce")
    bench.clock.forward(250)
    claim = bench.reconciler._claim(plan, bench.clock())
    (lead,) = bench.rows(tables.lead)
    bench.crm.org.create("Lead", {"LastName": "Wiesenthal", "Company": "x", "Leadrelay_Id__c": to_uid(lead.id)})
    erase(bench.app, ANNEGRET["email"], by="test")
    assert claim
    bench.deliver()
    assert len(bench.crm.org.records("Lead")) == 1, "the dead worker might still be sending"
    bench.clock.forward(HOUR)
    bench.deliver()
    assert bench.crm.org.records("Lead") == []


def test_erasing_while_others_capture_and_process(bench: EraseBench) -> None:
    """Real threads on a real store: every submission of before is erased, none of the others is touched."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        processor = bench.app.processor(batch=3)
        try:
            while not stop.is_set():
                processor.run_once()
        except BaseException as error:
            failures.append(error)

    for number in range(40):
        bench.post(**{**ANNEGRET, "message": f"Anrufbeantworter {number}"})
        bench.post(**{**BERND, "message": f"number {number}"})
    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    bench.clock.forward(1)
    receipt = erase(bench.app, ANNEGRET["email"], by="test")
    stop.set()
    for worker in workers:
        worker.join()
    bench.process()
    assert failures == []
    assert receipt.counts["submissions"] == 40
    assert bench.found() == {}
    (bernd,) = [row for row in bench.rows(tables.lead) if row.erased_at is None]
    assert sum(row.lead_id == bernd.id for row in bench.rows(tables.touch)) == 40


@pytest.mark.parametrize(
    ("step", "by_repeating"),
    [("append", False), ("append", True), ("blank_leads", True), ("blank_submissions", False), ("write_table", True),
     ("personal_texts", False), ("scrub", True)],
)  # fmt: skip
def test_an_erasure_that_was_killed_is_ended_by_the_next_start_or_by_repeating_it(
    bench: EraseBench, monkeypatch: pytest.MonkeyPatch, step: str, by_repeating: bool
) -> None:
    live_a_rich_life(bench)
    owner: Any = {"append": suppressions, "write_table": suppressions, "scrub": erasing}.get(step, erasing.erasing)
    real = getattr(owner, step)

    def killed(*arguments: Any) -> Any:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, killed)
    with pytest.raises(KeyboardInterrupt):
        erase(bench.app, ANNEGRET["email"], by="test")
    monkeypatch.undo()
    if by_repeating:
        erase(bench.app, ANNEGRET["email"], by="test")
    else:
        bench.app.worker()
    assert bench.found() == {}


# --- backups -------------------------------------------------------------------------------------------------------------


def back_up(app: App, folder: Path, postgres: str) -> str:
    """A copy of the whole store as a new store; returns its URL."""
    if app.database.file is not None:
        target = folder / "restored.sqlite"
        with sqlite3.connect(app.database.file) as source, sqlite3.connect(target) as copy:
            source.backup(copy)
        return f"sqlite:///{target}"
    url = new_postgres_database(postgres)
    copy_to = Database(url)
    migrate(copy_to)
    with app.database.read() as source, copy_to.write() as target:
        for table in tables.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in source.execute(select(table))]
            if rows:
                target.execute(table.insert(), rows)
    copy_to.close()
    return url


@pytest.fixture
def restored(bench: EraseBench, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    """A store as it was before the erasure, opened where the suppressions are kept."""
    live_a_rich_life(bench)
    postgres = "" if bench.app.database.is_sqlite else request.getfixturevalue("postgres_url")
    url = back_up(bench.app, tmp_path, postgres)
    bench.clock.forward(DAY)
    erase(bench.app, ANNEGRET["email"], by="test")
    path = write_project(tmp_path, store=url, salesforce=bench.crm.url, form=RICH_FORM)
    app = open_app(path, {}, clock=bench.clock)
    app.migrate()
    app.keeper.start()
    yield app
    app.close()


def test_a_restored_backup_is_clean_once_its_suppressions_are_applied(bench: EraseBench, restored: App) -> None:
    assert values_in(restored)
    restored.worker()
    assert values_in(restored) == {}
    assert apply_suppressions(restored) == 0
    with restored.database.read() as connection:
        leads = connection.execute(select(tables.lead)).all()
    assert [row.erased_at is None for row in leads if "bernd" in row.record] == [True]


def test_applying_is_cheap_when_nothing_is_missing(bench: EraseBench, restored: App, monkeypatch: pytest.MonkeyPatch) -> None:
    assert apply_suppressions(restored) > 0
    monkeypatch.setattr(erasing, "_look_for_returned", None)
    assert apply_suppressions(restored) == 0
    assert apply_suppressions(bench.app) == 0


def test_a_backup_with_only_the_table_carried_over_is_cleaned_too(bench: EraseBench, restored: App) -> None:
    (bench.app.settings.data_dir / suppressions.FILE).unlink()
    with bench.app.database.read() as source, restored.database.write() as target:
        for row in source.execute(select(tables.suppression)).all():
            target.execute(insert(tables.suppression).values(row._mapping))
    assert apply_suppressions(restored) > 0
    assert values_in(restored) == {}


def test_what_drains_from_another_machines_spool_is_erased_when_it_arrives(bench: EraseBench) -> None:
    bench.post(**ANNEGRET)
    bench.process()
    late = json.dumps(ANNEGRET).encode()
    received_at = bench.clock()
    bench.clock.forward(MINUTE)
    erase(bench.app, ANNEGRET["email"], by="test")
    submission = NewSubmission("website", "content:late", True, "new", "", {"content-type": JSON}, late, None, received_at, False)
    with bench.app.database.write() as connection:
        captures.commit(connection, [Numbered(bench.app.ids.one(received_at), submission)], may_exist=True)
    bench.process()
    assert bench.found()
    assert apply_suppressions(bench.app, is_due=True) == 2  # a lead and its submission
    assert bench.found() == {}


def test_the_suppressions_file_holds_hashes_and_survives_a_torn_line(bench: EraseBench) -> None:
    live_a_rich_life(bench)
    path = bench.app.settings.data_dir / suppressions.FILE
    erase(bench.app, "nobody@nowhere.example", by="test")
    with path.open("a") as file:
        file.write('{"hash": "torn')
    erase(bench.app, ANNEGRET["email"], by="test")
    entries = suppressions.read_file(bench.app.settings.data_dir)
    assert {entry.kind for entry in entries} == {"email", "phone", "lead", "submission"}
    assert not any(value.casefold() in path.read_text().casefold() for value in VALUES)
    assert path.stat().st_mode & 0o077 == 0
    with bench.app.database.read() as connection:
        assert {entry.hash for entry in suppressions.read_table(connection)} == {entry.hash for entry in entries}


# --- the file itself -----------------------------------------------------------------------------------------------------


def test_no_byte_of_sqlites_file_or_log_holds_a_value(bench: EraseBench) -> None:
    file = bench.app.database.file
    if file is None:
        pytest.skip("PostgreSQL's files belong to its server")
    live_a_rich_life(bench)
    for number in range(60):  # more than a page of values, so that pages come free
        bench.clock.forward(HOUR)
        bench.post(**{**ANNEGRET, "message": f"{number} rufen Sie mich bitte nach Feierabend " * 40})
    bench.process()
    erase(bench.app, ANNEGRET["email"], by="test")
    held = {value for path in file.parent.glob("store.sqlite*") for value in VALUES if _holds(path.read_bytes(), value)}
    assert held == set()


def test_the_list_of_personal_columns_names_real_text_columns() -> None:
    for table, columns in tables.PERSONAL.items():
        for column in columns:
            assert isinstance(tables.metadata.tables[table].c[column].type, Text | LargeBinary)
