"""Asking a source: one worker at a time, everything under its lease, and what happens when it can not be asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from connectors.base import Retry, Stop
from connectors.sources import Fetch, Fetched, SourceProbe
from core.problems import Problem
from leadrelay.app import App, open_app
from leadrelay.engine import alerts
from leadrelay.engine.clock import system_clock
from leadrelay.engine.operations import StoreOperations
from leadrelay.engine.pulling import Pulling
from leadrelay.store import cursors, leads, tables
from leadrelay.store.database import Database, StoreUnavailable
from leadrelay.store.ids import Ids, from_uid
from tests.engine.conftest import Hand
from tests.support.dovecot import PrivateDovecot, needs_dovecot
from tests.support.mailbox import make_mail, source_lines, write_mail_project

LEASE = 15_000


class Letterbox:
    """A source in memory: its things are given out in order, as far as a position says. `troubles` are raised first."""

    def __init__(self, *things: Fetched) -> None:
        self.things = list(things)
        self.troubles: list[Exception] = []
        self.settling: list[Exception] = []
        self.fetched = 0
        self.settled = 0
        self.while_fetching: Callable[[], object] = lambda: None
        self.is_open = True

    def fetch(self, position: str, limit: int) -> Fetch:
        self.fetched += 1
        if self.troubles:
            raise self.troubles.pop(0)
        self.while_fetching()
        begin = int(position or 0)
        items = tuple(self.things[begin : begin + limit])
        return Fetch(items, str(begin + len(items)), begin + len(items) < len(self.things))

    def settle(self, fetch: Fetch) -> None:
        if self.settling:
            raise self.settling.pop(0)
        self.settled += len(fetch.items)

    def wait(self, for_s: float) -> bool:
        return True

    def probe(self) -> SourceProbe:
        return SourceProbe()

    def close(self) -> None:
        self.is_open = False


def thing(key: str, *, repeats: str = "", **more: Any) -> Fetched:
    return Fetched(key, f"body of {key}".encode(), {"content-type": "message/rfc822"}, repeats=repeats, **more)


class Post:
    """Pullers of one letterbox on one store, with the clock in the test's hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Hand()
        self.never = threading.Event()
        self.box = Letterbox()
        self.pullers: list[Pulling] = []

    def puller(self, *, settings: str = "a") -> Pulling:
        self.pullers.append(
            Pulling(
                self.database, "box", lambda: self.box, settings=settings, lease_for=LEASE, clock=self.clock, jitter=lambda: 0.0
            )
        )
        return self.pullers[-1]

    def turn(self, puller: Pulling) -> None:
        """One look, after a wait where it is its turn; without rest, since the worker is told to stop already."""
        stopping = threading.Event()
        stopping.set()
        fetched = self.box.fetched
        puller.run_once(stopping)
        if self.box.fetched == fetched:
            puller.run_once(stopping)

    def submissions(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(tables.submission).order_by(tables.submission.c.id)))

    def cursor(self) -> cursors.CursorState:
        with self.database.read() as connection:
            return cursors.read_all(connection)["box"]

    def alerts(self) -> list[str]:
        with self.database.read() as connection:
            return [str(row["kind"]) for row in alerts.open_alerts(connection)]


@pytest.fixture
def post(database: Database) -> Iterator[Post]:
    made = Post(database)
    yield made
    for puller in made.pullers:
        puller.close()


def test_what_is_fetched_is_kept_with_its_position_and_then_settled(post: Post) -> None:
    post.box.things = [thing("a"), thing("b", is_test=True, submitted_at=5)]
    post.turn(post.puller())
    assert [(row.key, row.state, bytes(row.body), row.submitted_at, row.is_test) for row in post.submissions()] == [
        ("a", "new", b"body of a", None, False),
        ("b", "new", b"body of b", 5, True),
    ]
    assert post.cursor().position == "2"
    assert post.box.settled == 2
    with post.database.read() as connection:
        assert connection.execute(select(tables.counter)).one().received == 2


def test_a_known_key_is_a_duplicate_without_a_body(post: Post) -> None:
    post.box.things = [thing("a"), thing("a")]
    post.turn(post.puller())
    first, second = post.submissions()
    assert (second.state, second.duplicate_of, second.body) == ("duplicate", first.id, None)


def test_the_same_id_with_another_body_is_kept_and_flagged(post: Post) -> None:
    post.box.things = [
        thing("mid:x:aa11", repeats="mid:x:"),
        thing("mid:x:bb22", repeats="mid:x:"),
        thing("mid:xy:cc", repeats="mid:xy:"),
    ]
    puller = post.puller()
    post.turn(puller)
    post.box.things += [thing("mid:x:dd44", repeats="mid:x:"), thing("mid:x:aa11", repeats="mid:x:")]
    post.turn(puller)
    rows = post.submissions()
    flags = [json.loads(row.headers).get("x-leadrelay-repeats") for row in rows]
    assert [row.state for row in rows] == ["new", "new", "new", "new", "duplicate"]
    assert flags[0] is None
    assert flags[2] is None
    assert from_uid(flags[1]) == rows[0].id
    assert from_uid(flags[3]) in (rows[0].id, rows[1].id)


def test_two_workers_never_hold_a_source_together(post: Post) -> None:
    first, second = post.puller(), post.puller()
    post.turn(first)
    post.turn(second)
    assert post.box.fetched == 1
    token = post.cursor().token
    post.clock.forward(LEASE + 1)
    post.turn(second)
    assert post.box.fetched == 2
    assert post.cursor().token != token


def test_nothing_is_committed_under_a_lost_lease(post: Post) -> None:
    first, second = post.puller(), post.puller()
    post.turn(first)
    post.box.things = [thing("a")]

    def taken_over() -> None:
        post.box.while_fetching = lambda: None
        post.clock.forward(LEASE + 1)
        post.turn(second)

    post.box.while_fetching = taken_over
    post.turn(first)
    assert [row.key for row in post.submissions()] == ["a"], "the second worker's, and once"
    assert post.box.settled == 1
    with post.database.read() as connection:
        assert connection.execute(select(tables.counter)).one().received == 1


def test_a_worker_that_ends_gives_the_source_back_at_once(post: Post) -> None:
    first, second = post.puller(), post.puller()
    post.turn(first)
    first.close()
    assert not post.cursor().is_held(post.clock())
    post.turn(second)
    assert post.box.fetched == 2


def test_a_source_whose_holder_died_before_the_clock_was_set_back_is_asked_after_a_lease_and_not_after_hours(
    database: Database,
) -> None:
    box = Letterbox(thing("a"))
    with database.write() as connection:
        hours = 3 * 3_600_000
        assert cursors.claim(connection, "box", 7, system_clock(), system_clock() + hours) is not None
    puller = Pulling(database, "box", lambda: box, lease_for=600)
    stopping = threading.Event()
    stopping.set()
    began = time.monotonic()
    while not box.fetched and time.monotonic() - began < 5:
        puller.run_once(stopping)
        time.sleep(0.02)
    assert box.fetched
    assert time.monotonic() - began > 0.5, "a holder that is alive would have renewed it within that time"
    puller.close()


def test_a_lease_is_renewed_however_long_a_call_takes(database: Database) -> None:
    box = Letterbox(thing("a"))
    box.while_fetching = lambda: time.sleep(1.5)
    slow = Pulling(database, "box", lambda: box, lease_for=600)
    other = Pulling(database, "box", lambda: Letterbox(), lease_for=600)
    thread = threading.Thread(target=slow.run_once, args=(threading.Event(),))
    thread.start()
    time.sleep(1.2)
    stopping = threading.Event()
    stopping.set()
    other.run_once(stopping)
    with database.read() as connection:
        token = cursors.read(connection, "box").token
    thread.join()
    with database.read() as connection:
        assert cursors.read(connection, "box").token == token
        assert len(list(connection.execute(select(tables.submission)))) == 1
    slow.close()
    other.close()


def test_a_source_that_does_not_answer_is_asked_later_and_after_a_while_there_is_an_alert(post: Post) -> None:
    puller = post.puller()
    for number in range(5):
        assert post.alerts() == []
        post.box.troubles.append(Retry("the mail server is away"))
        post.turn(puller)
        assert (post.cursor().failures, post.cursor().last_problem) == (number + 1, "the mail server is away")
        assert not post.cursor().is_held(post.clock())
    assert post.alerts() == ["source_unreachable"]
    post.turn(puller)
    assert post.cursor().failures == 0
    assert post.cursor().connected_at == post.clock()
    assert post.alerts() == []


def test_the_first_retry_is_fast_and_later_ones_wait_longer(post: Post) -> None:
    waits: list[float] = []

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            return False

    puller = post.puller()
    for _ in range(9):
        post.box.troubles.append(Retry("away"))
        puller.run_once(Stopping())
    assert waits[0] <= 1
    assert waits == sorted(waits)
    assert waits[-1] <= 60


def test_what_a_person_must_mend_pauses_the_source_with_one_alert(post: Post) -> None:
    puller = post.puller()
    post.box.troubles.append(Stop(Problem("login_refused", "the login is refused: check `password`")))
    for _ in range(3):
        post.turn(puller)
        post.clock.forward(LEASE)
    paused = post.cursor().paused
    assert paused is not None
    assert (paused.code, paused.message) == ("login_refused", "the login is refused: check `password`")
    assert post.box.fetched == 1
    assert post.alerts() == ["source_paused"]


def test_a_paused_source_is_asked_again_when_a_person_says_so(post: Post) -> None:
    puller = post.puller()
    post.box.troubles.append(Stop(Problem("login_refused", "refused")))
    post.turn(puller)
    with post.database.write() as connection:
        assert cursors.resume(connection, "box")
        assert not cursors.resume(connection, "box")
    post.turn(puller)
    assert post.box.fetched == 2
    assert post.alerts() == []


def test_a_paused_source_is_asked_again_under_other_settings(post: Post) -> None:
    post.box.troubles.append(Stop(Problem("login_refused", "refused")))
    post.turn(post.puller(settings="old password"))
    post.turn(post.puller(settings="old password"))
    assert post.box.fetched == 1
    post.turn(post.puller(settings="new password"))
    assert post.box.fetched == 2
    assert post.cursor().paused is None
    assert post.alerts() == []


def test_what_can_not_be_had_is_kept_as_rejected_with_an_alert(post: Post) -> None:
    post.box.things = [thing("uid:7", state="rejected", reason="the mail server can not hand over this mail"), thing("a")]
    post.turn(post.puller())
    assert [row.state for row in post.submissions()] == ["rejected", "new"]
    assert post.alerts() == ["source_item_failed"]
    operations = StoreOperations(post.database, lambda: {"source": ("box",), "sink": ()}, post.clock, Ids())
    assert operations.resume("source", "box", by="a test")
    assert post.alerts() == []


def test_what_can_not_be_put_away_is_an_alert_and_stops_nothing(post: Post) -> None:
    puller = post.puller()
    post.box.things = [thing("a")]
    post.box.settling = [Retry("no room in `Done`", code="put_away")]
    post.turn(puller)
    assert post.alerts() == ["source_not_put_away"]
    assert post.cursor().failures == 0
    post.box.things.append(thing("b"))
    post.turn(puller)
    assert [row.key for row in post.submissions()] == ["a", "b"]
    assert post.alerts() == []


def test_the_alert_ends_once_what_was_left_is_put_away_though_nothing_new_comes(post: Post) -> None:
    puller = post.puller()
    post.box.things = [thing("a")]
    post.box.settling = [Retry("no room in `Done`", code="put_away")] * 2
    post.turn(puller)
    post.turn(puller)
    assert post.alerts() == ["source_not_put_away"]
    post.turn(puller)
    assert post.alerts() == []


class Forgetful(Database):
    """A store that commits, and whose answer to that gets lost where it is told so."""

    loses = False

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[Connection]:
        with super().write(is_durable=is_durable) as connection:
            yield connection
        if is_durable and self.loses:
            self.loses = False
            raise StoreUnavailable("the answer was lost")


def test_a_commit_whose_answer_is_lost_is_not_made_again(post: Post) -> None:
    post.database = forgetful = Forgetful(post.database.url)
    puller = post.puller()
    post.turn(puller)
    post.box.things = [thing("a")]
    forgetful.loses = True
    with pytest.raises(StoreUnavailable):
        post.turn(puller)
    post.turn(puller)
    assert [(row.key, row.state) for row in post.submissions()] == [("a", "new")]
    assert post.cursor().position == "1"
    puller.close()
    forgetful.close()


def test_large_mails_are_decided_a_few_at_a_time(post: Post) -> None:
    post.box.things = [Fetched(f"mail {number}", b"x" * 9_000_000) for number in range(5)]
    post.turn(post.puller())
    taken = []
    for token in range(1, 4):
        with post.database.write() as connection:
            taken.append([one.id for one in leads.lease(connection, token, post.clock(), post.clock() + 1, 100)])
    assert [len(ids) for ids in taken] == [2, 2, 1]
    assert [number for ids in taken for number in ids] == [row.id for row in post.submissions()]


def test_a_bug_in_a_connector_is_a_failure_like_any_other(post: Post) -> None:
    puller = post.puller()
    post.box.things = [thing("a")]
    post.box.troubles.append(ZeroDivisionError())
    post.turn(puller)
    assert not post.box.is_open, "nobody knows what is left on the connection"
    post.turn(puller)
    assert [row.key for row in post.submissions()] == ["a"]


# --- the whole way, from a real mailbox to a lead -------------------------------------------------------------------


@pytest.fixture
def mail_server() -> Iterator[PrivateDovecot]:
    needs_dovecot()
    with PrivateDovecot() as server:
        yield server


def _app(folder: Path, sources: dict[str, str], store: str, extra: str = "") -> App:
    app = open_app(write_mail_project(folder, sources, store=store, extra=extra), {})
    app.migrate()
    app.keeper.start()
    return app


def _until(done: Callable[[], bool], *, at_most: float) -> float:
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < at_most, "it took too long"
        time.sleep(0.005)
    return time.monotonic() - began


def _count(app: App, table: Any) -> int:
    with app.database.read() as connection:
        return len(list(connection.execute(select(table))))


def test_a_new_mail_is_a_lead_within_a_second(mail_server: PrivateDovecot, tmp_path: Path, store_url: str) -> None:
    app = _app(tmp_path, {"mailbox": source_lines(mail_server)}, store_url)
    worker = app.worker()
    mail_server.deliver("leads", make_mail(0))
    worker.start()
    try:
        _until(lambda: _count(app, tables.lead) == 1, at_most=10)
        for number in range(1, 4):
            time.sleep(0.3)
            mail_server.deliver("leads", make_mail(number))
            assert _until(lambda wanted=number + 1: _count(app, tables.lead) == wanted, at_most=5) < 1.0  # type: ignore[misc]
    finally:
        worker.stop()
        app.close()


def test_three_mailboxes_share_nothing(mail_server: PrivateDovecot, tmp_path: Path, store_url: str) -> None:
    with PrivateDovecot() as hung:
        hung.deliver("leads", make_mail(0))
        sources = {
            "dead": source_lines(mail_server, port=9, user="nobody"),
            "hung": source_lines(hung, timeout="60 s"),
            "fine": source_lines(mail_server),
        }
        app = _app(tmp_path, sources, store_url)
        mail_server.deliver("leads", make_mail(1))
        worker = app.worker()
        hung.freeze()
        worker.start()
        try:
            _until(lambda: _count(app, tables.submission) == 1, at_most=5)
            mail_server.deliver("leads", make_mail(2))
            assert _until(lambda: _count(app, tables.submission) == 2, at_most=5) < 1.0
            with app.database.read() as connection:
                known = cursors.read_all(connection)
            assert known["dead"].failures >= 1
            assert known["fine"].failures == 0
        finally:
            hung.freeze(frozen=False)
            worker.stop()
            app.close()


def test_a_link_that_dies_is_made_anew_within_five_seconds(mail_server: PrivateDovecot, tmp_path: Path, store_url: str) -> None:
    app = _app(tmp_path, {"mailbox": source_lines(mail_server)}, store_url)
    worker = app.worker()
    worker.start()
    try:
        mail_server.deliver("leads", make_mail(0))
        _until(lambda: _count(app, tables.submission) == 1, at_most=10)
        time.sleep(0.5)
        mail_server.restart(hard=True)
        mail_server.deliver("leads", make_mail(1))
        assert _until(lambda: _count(app, tables.submission) == 2, at_most=10) < 5.0
    finally:
        worker.stop()
        app.close()


def test_two_workers_read_each_mail_once(mail_server: PrivateDovecot, tmp_path: Path, store_url: str) -> None:
    lines = source_lines(mail_server, done_folder=None)
    apps = [_app(tmp_path, {"mailbox": lines}, store_url) for _ in range(2)]
    workers = [app.worker() for app in apps]
    for number in range(150):
        mail_server.deliver("leads", make_mail(number))
    for worker in workers:
        worker.start()
    try:
        _until(lambda: _count(apps[0], tables.submission) >= 150, at_most=15)
        workers[0].stop()
        mail_server.deliver("leads", make_mail(150))
        _until(lambda: _count(apps[0], tables.submission) >= 151, at_most=5)
        with apps[0].database.read() as connection:
            states = [row.state for row in connection.execute(select(tables.submission))]
        assert (len(states), states.count("duplicate")) == (151, 0)
    finally:
        for worker in workers:
            worker.stop()
        for app in apps:
            app.close()
