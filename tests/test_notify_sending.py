"""Notices on their way: to a real mail server with TLS and login, and to a real web server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.mail.message import MailOptions
from core.mail.reading import read_mail
from leadrelay.notify.kinds import KINDS
from leadrelay.notify.messages import Item, Message, as_text
from leadrelay.notify.sending import NotSent, send
from leadrelay.notify.settings import TargetSettings
from leadrelay.notify.webhook import signature
from tests.support.receivers import certificate, mail_server, web_server

AT = 1_790_000_000_000
SENTENCE = "sink `crm`: the client secret is wrong. Give a new one <now> & resume"


def message(event: str = "raised", count: int = 1) -> Message:
    items = tuple(Item(f"0AB{number}", f"sink:crm{number or ''}", SENTENCE, AT) for number in range(count))
    return Message(event, KINDS["sink_paused"], items, "leadrelay of Acme", "https://wiki.acme.example/runbooks")


def mail_target(port: int, **more: Any) -> TargetSettings:
    smtp = {"host": "127.0.0.1", "port": str(port), "tls": "off", "from": "Leadrelay <lr@acme.example>", "to": "it@acme.example"}
    return TargetSettings.model_validate({"smtp": {**smtp, **more}})


def hook_target(url: str, **more: Any) -> TargetSettings:
    return TargetSettings.model_validate({"webhook": {"url": url, **more}})


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("keys"))


def test_no_name_can_add_a_header_to_a_mail_or_keep_it_from_being_sent() -> None:
    item = Item("0AB", "sink:crm\r\nBcc: spy@evil.example", SENTENCE, AT)
    with mail_server() as server:
        send(mail_target(server.port), Message("raised", KINDS["sink_paused"], (item,), "leadrelay\nof Acme", "docs"))
    (mail,) = server.mails
    assert mail["Bcc"] is None
    assert str(mail["Subject"]).startswith("[leadrelay of Acme] A sink is paused: crm")


def test_a_mail_says_what_is_wrong_since_when_what_helps_and_where_to_read_on() -> None:
    with mail_server() as server:
        answer = send(mail_target(server.port, to=["it@acme.example", "crm@acme.example"]), message())
    (mail,) = server.mails
    text = mail.get_content()
    assert answer == "250 2.0.0 taken"
    assert mail["Subject"] == "[leadrelay of Acme] A sink is paused: crm"
    assert mail["To"] == "it@acme.example, crm@acme.example"
    for said in (
        SENTENCE,
        "since 2026-09-21 14:13 UTC",
        "leadrelay sinks probe crm",
        "https://wiki.acme.example/runbooks#sink_paused",
    ):
        assert said in text, text


def test_a_mail_is_known_as_ours_by_its_headers_and_a_repeat_by_its_id() -> None:
    with mail_server() as server:
        for event in ("raised", "raised", "resolved"):
            send(mail_target(server.port), message(event))
    first, again, over = server.mails
    assert (first["Auto-Submitted"], first["X-Loop"], first["X-Leadrelay-Notice"]) == (
        "auto-generated", "leadrelay lr@acme.example it@acme.example", "0AB0",
    )  # fmt: skip
    assert first["Message-ID"] == again["Message-ID"] == "<notice-0ab0@acme.example>"
    assert first["References"] == over["References"]
    assert over["Subject"].startswith("[leadrelay of Acme] Resolved: ")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_with_its_own_authority_and_a_login(tls: str, keys: tuple[Path, Path]) -> None:
    with mail_server(tls=keys, is_implicit=tls == "implicit", login="lr:right") as server:
        login = {"tls": tls, "user": "lr", "password": "right", "ca_file": str(keys[0])}
        assert send(mail_target(server.port, **login), message()).startswith("250")
        with pytest.raises(NotSent, match="refuses the login: 535"):
            send(mail_target(server.port, **{**login, "password": "wrong"}), message())
        with pytest.raises(NotSent, match=r"is not trusted: .*Name its CA in `ca_file`"):
            send(mail_target(server.port, **{key: value for key, value in login.items() if key != "ca_file"}), message())
    assert len(server.mails) == 1


def test_a_refused_address_stops_no_other_one_and_is_not_named() -> None:
    with mail_server() as server:
        server.rejected = {"it@acme.example"}
        answer = send(mail_target(server.port, to=["it@acme.example", "crm@acme.example"]), message())
        assert answer.startswith("250 2.0.0 taken; refused addresses: 1 of 2: 550")
        with pytest.raises(NotSent, match="none of the addresses"):
            send(mail_target(server.port), message())


def test_a_mail_that_is_not_taken_is_told_with_the_servers_words() -> None:
    with mail_server() as server:
        server.answer = "452 4.3.1 no room"
        with pytest.raises(NotSent, match=r"does not take the mail: 452 4\.3\.1 no room") as told:
            send(mail_target(server.port), message())
    assert not told.value.may_have_arrived


@contextmanager
def silent(*, drips: bytes = b"") -> Iterator[int]:
    """A server that takes connections and says nothing, or a letter now and then."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        is_over = threading.Event()

        def serve() -> None:
            taken, _ = server.accept()
            with taken:
                while not is_over.wait(0.05):
                    try:
                        taken.sendall(drips)
                    except OSError:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        is_over.set()
        thread.join(5)


@pytest.mark.parametrize("drips", [b"", b"2"], ids=["silent", "dripping"])
@pytest.mark.parametrize("make", [mail_target, lambda port: hook_target(f"http://127.0.0.1:{port}/")], ids=["mail", "webhook"])
def test_a_server_that_says_nothing_or_too_little_keeps_nobody_waiting(make: Any, drips: bytes) -> None:
    with silent(drips=drips) as port:
        began = time.monotonic()
        with pytest.raises(NotSent):
            send(make(port), message(), within_s=0.5)
        assert time.monotonic() - began < 5


def test_nobody_at_the_address_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    for target in (mail_target(port), hook_target(f"http://127.0.0.1:{port}/s3cret")):
        with pytest.raises(NotSent, match="can not be reached") as told:
            send(target, message())
        assert not told.value.may_have_arrived
        assert "s3cret" not in str(told.value)


def test_a_chat_gets_text_and_blocks_in_which_a_sentence_can_call_nobody() -> None:
    with web_server() as server:
        assert send(hook_target(server.url), message()) == "200 ok"
    (document,) = server.documents
    assert document["text"].startswith(":warning: *A sink is paused: crm*")
    assert "&lt;now&gt; &amp; resume" in document["text"]
    assert "leadrelay sinks probe crm" in document["text"]
    assert [block["type"] for block in document["blocks"]] == ["section", "section", "section", "context"]
    assert all(len(block["text"]["text"]) <= 3000 for block in document["blocks"][:-1])


def test_many_alerts_of_one_kind_are_one_message_with_few_blocks() -> None:
    with web_server() as server:
        send(hook_target(server.url), message(count=30))
        send(hook_target(server.url, format="json"), message(count=30))
    chat, document = server.documents
    assert len(chat["blocks"]) < 50
    assert "and 20 more" in chat["text"]
    assert len(document["alerts"]) == 30


def test_alerts_of_several_sinks_each_say_which_one_they_are_of() -> None:
    said = {"crm": "the login is refused", "other": "sink `other`: the login is refused"}
    items = tuple(Item(f"0AB{name}", f"sink:{name}", sentence, AT) for name, sentence in said.items())
    both = Message("raised", KINDS["sink_paused"], items, "leadrelay of Acme", "https://wiki.acme.example/runbooks")
    with web_server() as server:
        send(hook_target(server.url), both)
    (chat,) = server.documents
    for text in (as_text(both), chat["text"]):
        assert "crm: the login is refused" in text
        assert "other: sink" not in text
    assert "crm: sink" not in as_text(message()), "one alone stands in the headline"


def test_json_holds_what_a_program_needs_and_its_signature_can_be_checked() -> None:
    with web_server() as server:
        send(hook_target(server.url, format="json", secret="s3cret-of-the-hook"), message())
    ((headers, body),) = server.posts
    assert headers["x-leadrelay-signature"] == signature("s3cret-of-the-hook", headers["x-leadrelay-timestamp"], body)
    assert abs(int(headers["x-leadrelay-timestamp"]) - time.time()) < 60
    assert headers["x-leadrelay-notice"] == "0AB0"
    assert server.documents == [
        {
            "notice": "0AB0", "event": "raised", "kind": "sink_paused", "role": "crm_admin", "title": "A sink is paused: crm",
            "installation": "leadrelay of Acme", "command": "leadrelay sinks probe crm",
            "docs": "https://wiki.acme.example/runbooks#sink_paused",
            "alerts": [{"notice": "0AB0", "key": "sink:crm", "message": SENTENCE, "since": "2026-09-21T14:13:20.000Z",
                        "resolved": None, "sink": "crm"}],
        }
    ]  # fmt: skip


def test_a_refused_post_is_told_with_its_status_and_asked_wait() -> None:
    with web_server() as server:
        server.status, server.said, server.headers = 429, b"slow\ndown", {"retry-after": "30"}
        with pytest.raises(NotSent, match="answers 429: slow down") as told:
            send(hook_target(server.url), message())
        assert told.value.after == 30
        server.status, server.headers = 302, {"location": server.url}
        with pytest.raises(NotSent, match="answers 302"):
            send(hook_target(server.url), message())
    assert len(server.posts) == 2


def test_a_notice_that_reaches_a_mailbox_of_ours_is_no_lead() -> None:
    with mail_server() as server:
        send(mail_target(server.port, to=["it@acme.example", "leads@acme.example"]), message())
    reading = read_mail(server.mails[0].as_bytes(), MailOptions(own_addresses=frozenset({"leads@acme.example"})))
    assert (reading.verdict.is_lead, reading.verdict.code) == (False, "own_loop")
