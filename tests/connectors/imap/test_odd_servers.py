"""Servers that throttle, refuse or answer oddly: nothing is lost, nothing is read for ever, and no mail pays for another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Retry, Stop
from connectors.imap.config import ImapConfig
from connectors.imap.source import ImapSource
from core.mail.keys import mail_key
from tests.connectors.imap.conftest import NoTokens, keys, read_all
from tests.support.imap_script import CUT, PASSWORD, Odd, ScriptedImap
from tests.support.mailbox import make_mail

THROTTLED = b"NO Request is throttled. Suggested Backoff Time: 299610 milliseconds"
"""As Exchange Online says it."""


class Odds:
    """An odd server, a source that reads it, and the time that the source goes by."""

    def __init__(self) -> None:
        self.now = 0.0
        self.servers: list[ScriptedImap] = []
        self.sources: list[ImapSource] = []

    def server(self, odd: Odd = lambda command, arguments: None, **more: Any) -> ScriptedImap:
        self.servers.append(ScriptedImap(odd, **more))
        return self.servers[-1]

    def source(self, **more: Any) -> ImapSource:
        server = self.servers[-1]
        given = {"host": server.host, "port": server.port, "tls": "off", "user": "leads", "password": PASSWORD, "timeout": "2 s"}
        config = ImapConfig.model_validate({**given, **more})
        self.sources.append(ImapSource(config, NoTokens(), clock=lambda: self.now))
        return self.sources[-1]


@pytest.fixture
def odds() -> Iterator[Odds]:
    opened = Odds()
    yield opened
    for source in opened.sources:
        source.close()
    for server in opened.servers:
        server.__exit__()


def _key(number: int) -> str:
    return mail_key(make_mail(number))[0]


def _persist(source: ImapSource, odds: Odds, *, times: int, position: str = "") -> tuple[dict[str, str], str, list[Retry]]:
    """Ask as the engine does, however often it fails; the states of what came, the position, and the failures."""
    states: dict[str, str] = {}
    failures = []
    for _ in range(times):
        try:
            fetch = source.fetch(position, 100)
            states |= {item.key: item.state for item in fetch.items}  # the store knows a key that comes again
            position = fetch.position
            source.settle(fetch)
        except Retry as error:
            failures.append(error)
        odds.now += 120
    return states, position, failures


# --- throttling -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        THROTTLED,
        b"BAD Request is throttled. Suggested Backoff Time: 299610 milliseconds",
        b"NO [THROTTLED] slow down",
        b"NO [UNAVAILABLE] the store is away",
        b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        b"NO Server Unavailable. 15",
        b"* BYE Connection closed. 14\r\nBAD Request is throttled. Suggested Backoff Time: 89117 milliseconds",
    ],
)
def test_a_server_that_is_busy_for_long_makes_no_mail_a_lost_one(odds: Odds, said: bytes) -> None:
    server = odds.server(lambda command, _: said if command == "UID FETCH" else None)
    server.deliver(make_mail(1), make_mail(2))
    source = odds.source(done_folder="Done", failed_folder="Failed")
    states, position, failures = _persist(source, odds, times=12)
    assert states == {}
    assert len(failures) == 12
    server.odd = lambda *_: None
    fetches, _ = read_all(source, position)
    assert [(item.key, item.state) for fetch in fetches for item in fetch.items] == [(_key(1), "new"), (_key(2), "new")]
    assert [name for name, mails in server.folders.items() if mails] == ["Done"]


def test_a_throttled_mailbox_is_left_alone_as_long_as_the_server_asks(odds: Odds) -> None:
    server = odds.server(lambda command, _: THROTTLED if command == "UID SEARCH" else None)
    server.deliver(make_mail(1))
    with pytest.raises(Retry, match="throttled") as busy:
        odds.source().fetch("", 10)
    assert busy.value.after == pytest.approx(299.61)
    assert busy.value.code == "busy"


def test_a_server_that_gives_a_few_mails_at_a_time_gives_them_all_in_the_end(odds: Odds) -> None:
    given = 0

    def odd(command: str, arguments: str) -> bytes | None:
        nonlocal given
        given += command == "UID FETCH" and "BODY.PEEK[]" in arguments
        return THROTTLED if given > 2 and command == "UID FETCH" and "BODY.PEEK[]" in arguments else None

    server = odds.server(odd)
    server.deliver(*(make_mail(number, padding=2_500_000) for number in range(5)))
    source = odds.source(done_folder="Done")
    position, had = "", 0
    for _ in range(9):
        try:
            fetch = source.fetch(position, 100)
        except Retry:
            given = 0
            continue
        had, position = had + len(fetch.items), fetch.position
        source.settle(fetch)
    assert had == 5
    assert len(server.folders["Done"]) == 5


def test_a_mail_that_ends_the_connection_is_told_from_a_server_that_ends_them_all(odds: Odds) -> None:
    bad = {"1", "2", "3"}

    def odd(command: str, arguments: str) -> bytes | None:
        asked = set(arguments.partition(" ")[0].split(","))
        is_hit = command == "UID FETCH" and "BODY.PEEK[]" in arguments and asked & bad
        return b"* BYE Connection closed. 14\r\nOK done" if is_hit else None

    server = odds.server(odd)
    server.deliver(*(make_mail(number) for number in (1, 2, 3)))
    source = odds.source(done_folder="Done")
    states, position, _ = _persist(source, odds, times=30)
    assert states == {}
    bad.clear()
    bad.add("2")
    for number in range(4, 9):  # others come: now it is the mail
        server.deliver(make_mail(number))
        more, position, _ = _persist(source, odds, times=6, position=position)
        states |= more
    assert sorted(states.values()) == ["new"] * 7 + ["rejected"]


@pytest.mark.parametrize(
    "said",
    [
        b"NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        b"NO [ALERT] Too many simultaneous connections. (Failure)",
        b"NO [UNAVAILABLE] Temporary authentication failure",
        b"NO [INUSE] the mailbox is locked",
        b"BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds",
        b"NO Server Unavailable. 15",
        b"BAD User is authenticated but not connected.",
    ],
)
def test_a_login_that_is_refused_for_now_is_tried_again(odds: Odds, said: bytes) -> None:
    odds.server(lambda command, _: said if command == "LOGIN" else None)
    with pytest.raises(Retry, match="takes no login for now"):
        odds.source().fetch("", 10)


@pytest.mark.parametrize(
    "said", [b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", b"NO LOGIN failed.", b"NO [ALERT] Web login required"]
)
def test_a_login_that_is_refused_for_good_stops(odds: Odds, said: bytes) -> None:
    odds.server(lambda command, _: said if command == "LOGIN" else None)
    with pytest.raises(Stop, match="refuses the login"):
        odds.source().fetch("", 10)


def test_where_login_is_switched_off_the_password_is_told_by_authenticate(odds: Odds) -> None:
    def odd(command: str, _: str) -> bytes | None:
        return {"LOGIN": b"NO LOGIN is disabled", "AUTHENTICATE": b"+"}.get(command)

    server = odds.server(odd, capabilities="IMAP4rev1 LOGINDISABLED AUTH=PLAIN")
    server.deliver(make_mail(1))
    assert keys([odds.source().fetch("", 10)]) == [_key(1)]


def test_a_folder_that_exchange_does_not_open_for_now_is_tried_again(odds: Odds) -> None:
    odds.server(
        lambda command, _: b"BAD User is authenticated but not connected." if command in ("SELECT", "EXAMINE", "LIST") else None
    )
    with pytest.raises(Retry, match="not connected"):
        odds.source().fetch("", 10)


# --- mails that can not be had --------------------------------------------------------------------------------------


def test_an_empty_answer_is_no_mail(odds: Odds) -> None:
    def odd(command: str, arguments: str) -> bytes | None:
        return b'* 1 FETCH (UID 1 BODY[] "")\r\nOK done' if command == "UID FETCH" and "BODY.PEEK[]" in arguments else None

    server = odds.server(odd)
    server.deliver(make_mail(1))
    source = odds.source(done_folder="Done")
    first = source.fetch("", 10)
    assert first.items == ()
    server.odd = lambda *_: None
    odds.now += 60
    assert keys([source.fetch(first.position, 10)]) == [_key(1)]


@pytest.mark.parametrize(
    "said",
    [
        b'* 1 FETCH (UID 1 RFC822.SIZE 300 INTERNALDATE "99-Foo-2026 10:00:00 +0000")\r\nOK done',
        b"* 1 FETCH (UID 1 RFC822.SIZE 300 INTERNALDATE NIL)\r\nOK done",
        b"* 1 FETCH (UID 1 RFC822.SIZE 300)\r\nOK done",
    ],
)
def test_a_mail_whose_time_of_arrival_is_none_comes_without_it(odds: Odds, said: bytes) -> None:
    def odd(command: str, arguments: str) -> bytes | None:
        return said if command == "UID FETCH" and "INTERNALDATE" in arguments else None

    server = odds.server(odd)
    server.deliver(make_mail(1))

    fetch = odds.source().fetch("", 10)
    assert [(item.key, item.submitted_at) for item in fetch.items] == [(_key(1), None)]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("BODY.PEEK[]", b"* 2 FETCH (UID two BODY[] {3}\r\nabc)"),
        ("BODY.PEEK[]", b"* 2 FETCH (UID 2 BODY[] NIL)"),
        ("RFC822.SIZE", b"* 2 FETCH (UID 2 RFC822.SIZE many)"),
        ("RFC822.SIZE", b"* 2 FETCH (UID 2 RFC822.SIZE NIL)"),
        ("RFC822.SIZE", b"* 2 FETCH (UID 2 RFC822.SIZE (1"),
        ("RFC822.SIZE", b"* two FETCH (UID 2 RFC822.SIZE 1)"),
    ],
)
def test_an_answer_that_can_not_be_understood_costs_only_its_mail(odds: Odds, part: str, said: bytes) -> None:
    def odd(command: str, arguments: str) -> bytes | None:
        if command == "UID FETCH" and part in arguments and "2" in arguments.partition(" ")[0].split(","):
            return said + b"\r\nOK done"
        return None

    server = odds.server(odd)
    server.deliver(*(make_mail(number) for number in (1, 2, 3)))
    source = odds.source(done_folder="Done")
    states, _, _ = _persist(source, odds, times=14)
    assert sorted(states.values()) == ["new", "new", "rejected"]
    assert [one.uid for one in server.folders["INBOX"]] == [2]


def test_mails_that_go_away_while_they_are_fetched_cost_no_command_each(odds: Odds) -> None:
    server = odds.server()
    server.deliver(*(make_mail(number) for number in range(50)))

    def odd(command: str, _: str) -> bytes | None:
        if command == "UID FETCH":
            del server.folders["INBOX"][1:]
        return None

    server.odd = odd
    source = odds.source()
    first = source.fetch("", 100)
    assert keys([first]) == [_key(0)]
    assert len(server.asked("UID")) < 6
    source.settle(first)
    assert json.loads(source.fetch(first.position, 100).position)["gaps"] == {}


# --- putting away ---------------------------------------------------------------------------------------------------


def _stays(command: str, _: str) -> bytes | None:
    """As Gmail's All Mail does: a mail that is moved out of it is in the other folder, and here, too."""
    return b"OK done" if command == "UID MOVE" else None


def test_where_moved_mails_stay_they_are_read_once_and_it_is_told(odds: Odds) -> None:
    server = odds.server(_stays)
    server.folders["Done"] = []
    server.deliver(*(make_mail(number) for number in range(5)))
    source = odds.source(done_folder="Done")
    first = source.fetch("", 100)
    source.settle(first)
    assert len(first.items) == 5
    odds.now += 60
    later = source.fetch(first.position, 100)
    assert later.items == ()
    assert not later.has_more
    with pytest.raises(Retry, match="are still in `INBOX`") as told:
        source.settle(later)
    assert told.value.code == "put_away"


def test_new_mails_come_before_those_that_wait_to_be_moved(odds: Odds) -> None:
    server = odds.server()
    server.folders["Done"] = []
    server.deliver(*(make_mail(number) for number in range(50)))
    first = odds.source().fetch("", 100)
    server.deliver(make_mail(99))
    again = odds.source(done_folder="Done").fetch(first.position, 10)
    assert _key(99) in keys([again])
    assert len(again.items) == 10
    assert again.has_more


def test_what_was_left_over_and_what_is_new_all_comes_and_is_moved(odds: Odds) -> None:
    server = odds.server()
    server.deliver(*(make_mail(number) for number in range(25)))
    first = odds.source().fetch("", 100)
    server.deliver(*(make_mail(number) for number in range(25, 40)))
    fetches, _ = read_all(odds.source(done_folder="Done"), first.position, limit=10)
    assert sorted(keys(fetches)) == sorted(_key(number) for number in range(40))
    assert server.folders["INBOX"] == []
    assert len(server.folders["Done"]) == 40


@pytest.mark.parametrize(("prefix", "separator"), [("INBOX.", "."), ("INBOX/", "/")])
def test_a_done_folder_is_made_where_the_server_has_its_users_folders(odds: Odds, prefix: str, separator: str) -> None:
    server = odds.server(prefix=prefix, separator=separator)
    server.deliver(make_mail(1))
    source = odds.source(done_folder="Leadrelay")
    read_all(source)
    assert (len(server.folders["INBOX"]), len(server.folders[f"{prefix}Leadrelay"])) == (0, 1)
    server.deliver(make_mail(2))
    read_all(source)
    assert len(server.folders[f"{prefix}Leadrelay"]) == 2
    assert dict(odds.source(done_folder="Leadrelay").probe().facts)["done_folder"] == f"{prefix}Leadrelay"


def test_mails_that_a_person_has_removed_meanwhile_keep_no_other_from_being_moved(odds: Odds) -> None:
    server = odds.server()
    server.folders["Done"] = []

    def odd(command: str, arguments: str) -> bytes | None:
        there = {str(one.uid) for one in server.folders["INBOX"]}
        gone = command == "UID MOVE" and not set(arguments.split()[0].split(",")) <= there
        return b"BAD Command Argument Error. 11" if gone else None

    server.odd = odd
    server.deliver(make_mail(1), make_mail(2))
    source = odds.source(done_folder="Done")
    first = source.fetch("", 100)
    del server.folders["INBOX"][0]
    source.settle(first)
    assert (len(server.folders["INBOX"]), len(server.folders["Done"])) == (0, 1)


# --- numbers --------------------------------------------------------------------------------------------------------


def test_where_numbers_do_not_last_a_new_connection_begins_anew(odds: Odds) -> None:
    server = odds.server()
    server.uidvalidity = 0
    server.deliver(make_mail(1), make_mail(2))
    _, position = read_all(odds.source())
    server.folders["INBOX"].clear()
    server.deliver(make_mail(3))
    server.folders["INBOX"][0].uid = 1
    assert keys([odds.source().fetch(position, 10)]) == [_key(3)]


# --- the connection -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["CAPABILITY", "LOGIN", "EXAMINE", "NOOP", "UID SEARCH", "UID FETCH", "UID MOVE"])
def test_a_connection_that_is_cut_at_any_command_loses_nothing(odds: Odds, command: str) -> None:
    cuts = [CUT]
    server = odds.server(lambda given, _: cuts.pop() if given == command and cuts else None)
    server.folders["Done"] = []
    server.deliver(make_mail(1), make_mail(2))
    source = odds.source(done_folder="Done" if command == "UID MOVE" else None)
    with pytest.raises(Retry):
        source.settle(source.fetch("", 10))
    assert keys(read_all(source)[0]) == [_key(1), _key(2)]


@pytest.mark.parametrize("said", [b"NO not now", b"BAD what?"])
def test_a_server_that_says_it_can_idle_and_does_not_is_asked_now_and_then(odds: Odds, said: bytes) -> None:
    server = odds.server(lambda command, _: said if command == "IDLE" else None, capabilities="IMAP4rev1 IDLE")
    source = odds.source()
    _, position = read_all(source)
    for _ in range(3):
        source.wait(0.1)
    assert len(server.asked("IDLE")) == 1
    server.deliver(make_mail(1))
    assert keys([source.fetch(position, 10)]) == [_key(1)]


def test_a_folder_that_could_only_be_read_is_opened_anew_until_it_can_be_written(odds: Odds) -> None:
    def odd(command: str, _: str) -> bytes | None:
        told = (
            rb"* 1 EXISTS|* FLAGS (\Seen)|* OK [UIDVALIDITY 7] v|* OK [UIDNEXT 2] n|* OK [READ-ONLY] for now|OK [READ-ONLY] done"
        )
        return told.replace(b"|", b"\r\n") if command == "SELECT" else None

    server = odds.server(odd)
    server.deliver(make_mail(1))
    source = odds.source(done_folder="Done")
    first = source.fetch("", 10)
    with pytest.raises(Retry, match="is read-only"):
        source.settle(first)
    for _ in range(3):  # it is told as long as it is so, though nothing new comes
        odds.now += 40
        with pytest.raises(Retry, match="is read-only"):
            source.settle(source.fetch(first.position, 10))
    server.odd = lambda *_: None
    odds.now += 61
    read_all(source, first.position)
    assert [len(mails) for mails in server.folders.values()] == [0, 1]
