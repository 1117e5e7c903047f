"""Access tokens: got from a token server, taken by a real Dovecot that asks there whether they are good."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import structlog

from connectors.base import Retry, Stop
from connectors.imap.config import ImapConfig
from connectors.imap.source import ImapSource
from leadrelay.engine.credentials import StoredTokens, Vault
from leadrelay.store.database import Database
from tests.support.dovecot import PrivateDovecot, needs_dovecot
from tests.support.mailbox import make_mail


class TokenServer:
    """Gives access tokens for refresh tokens, which it replaces each time where `rotates`, and tells which are good."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.good: dict[str, str] = {}
        self.refresh_token = "refresh-0"
        self.rotates = False
        self.expires_in: Any = 3600
        self.refusal: tuple[int, dict[str, str]] | None = None
        self.user = "leads"
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = {
                    name: values[0]
                    for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
                }
                status, body = server.token(form) if self.path == "/token" else server.introspect(form)
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        if self.refusal is not None:
            return self.refusal
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.refresh_token:
            return 400, {"error": "invalid_grant"}
        token = f"access-{uuid.uuid4().hex}"
        self.good[token] = self.user
        answer: dict[str, Any] = {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        if self.rotates:
            self.refresh_token = answer["refresh_token"] = f"refresh-{len(self.asked)}"
        return 200, answer

    def introspect(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        user = self.good.get(form.get("token", ""))
        return 200, {"active": True, "username": user} if user else {"active": False}

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer()
    yield server
    server.close()


@pytest.fixture
def mail_server(tokens: TokenServer) -> Iterator[PrivateDovecot]:
    needs_dovecot()
    with PrivateDovecot(introspection_url=f"{tokens.url}/introspect") as server:
        yield server


def _config(server: PrivateDovecot, tokens: TokenServer, **more: str) -> ImapConfig:
    oauth = {"provider": "custom", "client_id": "app", "client_secret": "app-secret", "token_url": f"{tokens.url}/token"}
    oauth |= {"refresh_token": "refresh-0", **more}
    return ImapConfig.model_validate(
        {"host": server.host, "port": server.tls_port, "ca_file": server.ca_file, "user": "leads", "oauth": oauth}
    )


Opener = Callable[..., ImapSource]


@pytest.fixture
def opened(mail_server: PrivateDovecot, tokens: TokenServer, database: Database) -> Iterator[Opener]:
    sources = []

    def open_source(**more: str) -> ImapSource:
        stored = StoredTokens(database, "source:mailbox", Vault(b"key"))
        sources.append(ImapSource(_config(mail_server, tokens, **more), stored))
        return sources[-1]

    yield open_source
    for source in sources:
        source.close()


def test_a_token_is_got_once_and_shared(opened: Opener, tokens: TokenServer, mail_server: PrivateDovecot) -> None:
    mail_server.deliver("leads", make_mail(1))
    for _ in range(2):
        assert len(opened().fetch("", 10).items) == 1
    assert len(tokens.asked) == 1
    assert tokens.asked[0]["refresh_token"] == "refresh-0"


def test_a_server_that_knows_oauthbearer_alone_takes_the_token(tokens: TokenServer, database: Database) -> None:
    needs_dovecot()
    with PrivateDovecot(introspection_url=f"{tokens.url}/introspect", oauth_mechanisms="oauthbearer") as server:
        server.deliver("leads", make_mail(1))
        source = ImapSource(_config(server, tokens), StoredTokens(database, "source:mailbox", Vault(b"key")))
        tokens.good["withdrawn"] = "leads"
        for _ in range(2):  # the second one is refused first
            assert len(source.fetch("", 10).items) == 1
            source.close()
            tokens.good.clear()
        assert len(tokens.asked) == 2


def test_a_token_that_is_about_to_end_is_renewed_first(opened: Opener, tokens: TokenServer) -> None:
    tokens.expires_in = "120"
    opened().fetch("", 10)
    opened().fetch("", 10)
    assert len(tokens.asked) == 2


def test_a_token_that_was_withdrawn_is_renewed_once(opened: Opener, tokens: TokenServer) -> None:
    opened().fetch("", 10)
    tokens.good.clear()
    opened().fetch("", 10)
    assert len(tokens.asked) == 2


def test_a_refresh_token_that_is_replaced_is_used_from_then_on(opened: Opener, tokens: TokenServer) -> None:
    tokens.rotates = True
    for _ in range(3):
        tokens.good.clear()
        opened().fetch("", 10)
    assert [form["refresh_token"] for form in tokens.asked] == ["refresh-0", "refresh-1", "refresh-2"]


def test_a_new_agreement_in_the_settings_goes_before_what_was_stored(opened: Opener, tokens: TokenServer) -> None:
    opened().fetch("", 10)
    tokens.refresh_token = "refresh-new"
    opened(refresh_token="refresh-new").fetch("", 10)
    assert tokens.asked[-1]["refresh_token"] == "refresh-new"


def test_an_app_asks_for_itself(opened: Opener, tokens: TokenServer) -> None:
    opened(grant="client_credentials", scope="https://outlook.office365.com/.default").fetch("", 10)
    assert tokens.asked[0] == {
        "grant_type": "client_credentials", "client_id": "app", "client_secret": "app-secret",
        "scope": "https://outlook.office365.com/.default",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("refusal", "kind", "told"),
    [
        ((400, {"error": "invalid_grant"}), Stop, r"no access token \(invalid_grant\): the refresh token has ended"),
        ((401, {"error": "invalid_client"}), Stop, r"check `oauth.client_id` and `oauth.client_secret`"),
        ((503, {}), Retry, r"HTTP 503"),
        ((429, {"error": "slow_down"}), Retry, r"HTTP 429"),
        ((404, {}), Retry, r"check `oauth.token_url`"),
    ],
)
def test_a_refusal_says_what_to_do(
    opened: Opener, tokens: TokenServer, refusal: tuple[int, dict[str, str]], kind: type[Exception], told: str
) -> None:
    tokens.refusal = refusal
    with pytest.raises(kind, match=told):
        opened().fetch("", 10)


def test_a_mailbox_that_takes_no_token_stops(opened: Opener, tokens: TokenServer) -> None:
    tokens.user = "somebody-else"
    tokens.introspect = lambda form: (200, {"active": False})  # type: ignore[method-assign]
    with pytest.raises(Stop, match="refuses the login") as stop:
        opened().fetch("", 10)
    assert stop.value.problem.code == "oauth_refused"
    assert len(tokens.asked) == 2


def test_secrets_stand_in_no_log(opened: Opener, tokens: TokenServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with structlog.testing.capture_logs() as logs:
        opened().fetch("", 10)
    told = caplog.text + repr(logs)
    assert "refresh-0" not in told
    assert "app-secret" not in told
    assert next(iter(tokens.good)) not in told


def test_two_workers_renew_a_token_once(mail_server: PrivateDovecot, tokens: TokenServer, database: Database) -> None:
    tokens.rotates = True
    sources = [
        ImapSource(_config(mail_server, tokens), StoredTokens(database, "source:mailbox", Vault(b"key"))) for _ in range(2)
    ]
    began = time.monotonic()
    threads = [threading.Thread(target=source.fetch, args=("", 10)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(tokens.asked) == 1
    assert time.monotonic() - began < 10
    for source in sources:
        source.close()
