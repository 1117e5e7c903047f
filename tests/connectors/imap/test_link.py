"""The connection to a real mail server: trusted, logged in, dead, hung, and told in sentences."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from connectors.base import Retry, Stop
from connectors.imap.source import ImapSource
from tests.connectors.imap.conftest import Box, read_all
from tests.support.dovecot import PrivateDovecot, needs_dovecot
from tests.support.mailbox import make_mail


def _wait(source: ImapSource, *, at_most: float) -> bool:
    give_up_at = time.monotonic() + at_most
    while time.monotonic() < give_up_at:
        if source.wait(1.0):
            return True
    return False


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_server_with_a_certificate_of_its_own_is_trusted_by_ca_file(box: Box, tls: str) -> None:
    port = box.server.tls_port if tls == "implicit" else box.server.port
    facts = dict(box.source(tls=tls, port=port, ca_file=box.server.ca_file).probe().facts)
    assert facts["TLS"].startswith("TLSv1.")
    assert facts["new mail"] == "told at once (IDLE)"


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_an_unknown_certificate_stops_with_the_way_out(box: Box, tls: str) -> None:
    port = box.server.tls_port if tls == "implicit" else box.server.port
    with pytest.raises(Stop, match=r"is not trusted .*`ca_file`") as stop:
        box.source(tls=tls, port=port).fetch("", 10)
    assert stop.value.problem.code == "certificate"


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_of_another_name_stops_with_the_way_out(box: Box, tls: str) -> None:
    port = box.server.tls_port if tls == "implicit" else box.server.port
    with pytest.raises(Stop, match=r"127\.0\.0\.2 is not trusted \(.*mismatch.*or correct `host`"):
        box.source(host="127.0.0.2", tls=tls, port=port, ca_file=box.server.ca_file).fetch("", 10)


def test_a_ca_file_that_is_none_stops(box: Box) -> None:
    with pytest.raises(Stop, match="can not be read as certificates"):
        box.source(tls="implicit", port=box.server.tls_port, ca_file="/nowhere.pem").fetch("", 10)


def test_tls_to_a_port_without_it_is_told(box: Box) -> None:
    with pytest.raises(Retry, match="does not speak TLS from the start"):
        box.source(tls="implicit", port=box.server.port).fetch("", 10)


def test_a_refused_login_stops_without_telling_the_password(box: Box) -> None:
    with pytest.raises(Stop, match=r"refuses the login .*check `user` and `password`") as stop:
        box.source(password="wrong-word").fetch("", 10)
    assert stop.value.problem.code == "login_refused"
    assert "wrong-word" not in str(stop.value)
    assert "b'" not in str(stop.value)


def test_starttls_at_a_port_that_speaks_tls_from_the_start_is_told(box: Box) -> None:
    with pytest.raises(Retry, match="set `tls: implicit` where it speaks TLS from the start"):
        box.source(tls="starttls", port=box.server.tls_port, timeout="1 s").fetch("", 10)


def test_a_missing_folder_stops_with_those_that_are_there(box: Box) -> None:
    box.server.deliver(box.user, make_mail(1), "Anfragen")
    with pytest.raises(
        Stop, match=r"There is no folder `Anfrage` in the mailbox\. Did you mean `Anfragen`\? There are: "
    ) as stop:
        box.source(folder="Anfrage").fetch("", 10)
    assert stop.value.problem.code == "no_folder"


def test_a_host_that_is_none_or_silent_is_tried_again(box: Box) -> None:
    with pytest.raises(Retry, match=r"there is no mail server nowhere\.invalid"):
        box.source(host="nowhere.invalid", tls="implicit").fetch("", 10)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Retry, match="nothing listens at"):
            box.source(port=closed.getsockname()[1]).fetch("", 10)


def test_a_password_outside_of_ascii_is_taken() -> None:
    needs_dovecot()
    with PrivateDovecot(password="geheim-äöü") as server:
        box = Box(server)
        assert dict(box.source().probe().facts)["mails there"] == "0"


# --- being told of new mail -----------------------------------------------------------------------------------------


def test_new_mail_is_told_within_a_second(box: Box) -> None:
    source = box.source()
    _, position = read_all(source)
    assert not source.wait(0.3)
    began = time.monotonic()
    box.deliver(make_mail(1))
    assert _wait(source, at_most=5)
    assert len(source.fetch(position, 10).items) == 1
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("idle", ["yes", "no"])
def test_mail_that_came_between_the_look_and_the_wait_is_not_missed(box: Box, idle: str) -> None:
    source = box.source(idle=idle, every="1 s" if idle == "no" else "60 s")
    _, position = read_all(source)
    for number in range(5):
        box.deliver(make_mail(number))
        began = time.monotonic()
        assert _wait(source, at_most=5)
        assert time.monotonic() - began < 2.0
        fetch = source.fetch(position, 10)
        assert len(fetch.items) == 1
        position = fetch.position


def test_a_server_that_can_not_tell_is_asked_again_and_again() -> None:
    needs_dovecot()
    with PrivateDovecot(capabilities="IMAP4rev1 SASL-IR LITERAL+ ID ENABLE MOVE UIDPLUS") as server:
        box = Box(server)
        source = box.source(every="1 s")
        assert dict(source.probe().facts)["new mail"] == "looked for every 1 s"
        _, position = read_all(source)
        box.deliver(make_mail(1))
        assert _wait(source, at_most=3)
        assert len(source.fetch(position, 10).items) == 1
        source.close()


@pytest.mark.parametrize("idle", ["yes", "no"])
@pytest.mark.parametrize("kind", ["kick", "hard"])
def test_a_dead_link_is_noticed_at_once_and_made_anew(box: Box, idle: str, kind: str) -> None:
    source = box.source(idle=idle)
    box.deliver(make_mail(1))
    _, position = read_all(source)
    assert not source.wait(0.5)
    began = time.monotonic()
    if kind == "kick":
        box.server.kick(box.user)
    else:
        box.server.restart(hard=True)
    with pytest.raises(Retry):
        _wait(source, at_most=5)
    assert source.fetch(position, 10).items == ()
    assert time.monotonic() - began < 5


def test_waiting_takes_no_processor_time(box: Box) -> None:
    source = box.source()
    read_all(source)
    began = time.thread_time()
    for _ in range(3):
        assert not source.wait(1.0)
    assert time.thread_time() - began < 0.05


def test_a_server_that_hangs_is_given_up_after_the_timeout_and_holds_up_no_other() -> None:
    needs_dovecot()
    with PrivateDovecot() as hung, PrivateDovecot() as fine:
        stuck, free = Box(hung), Box(fine)
        source = stuck.source(timeout="2 s")
        read_all(source)
        hung.freeze()
        failed: list[float] = []

        def ask() -> None:
            began = time.monotonic()
            with pytest.raises(Retry):
                source.fetch("", 10)
            failed.append(time.monotonic() - began)

        thread = threading.Thread(target=ask)
        thread.start()
        free.deliver(make_mail(1))
        began = time.monotonic()
        assert len(free.source().fetch("", 10).items) == 1
        assert time.monotonic() - began < 1
        thread.join(20)
        assert 1.5 < failed[0] < 8
        hung.freeze(frozen=False)
        assert source.fetch("", 10).items == ()
        source.close()
