"""One connection to a mail server: connected, trusted and logged in, and every failure a sentence that says what to do."""

from __future__ import annotations

import imaplib
import logging
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError, ProtocolError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from connectors.base import Retry, Stop, Tokens
from connectors.imap.config import ImapConfig
from connectors.imap.oauth import access_token
from connectors.refusals import cleaned
from core.instants import SECOND
from core.problems import Problem

_CONNECT_S = 10.0
_BUSY = ("throttl", "backoff", "[overquota]", "bandwidth", "too many", "[limit]", "[inuse]", "not connected")
"""What a server says that has had enough of us for now: Gmail's and Exchange's limits."""
_PASSING = (*_BUSY, "unavailable", "temporar", "try again", "later")
"""What a server says of something that is away. Some say so for ever of one mail, so it is no sign of its own there."""
_GOODBYES = (*_PASSING, "connection closed", "connection is closed", "shutting down", "disconnected", "idle for too long")
"""With what a server ends a connection whatever it was asked for last."""
_BACKOFF = re.compile(r"backoff time:? *(\d{1,9}) *milliseconds", re.IGNORECASE)

_TOOK = re.compile(r"\s*\(\d[\d.]* \+ [^()]* secs\)\.?")
"""How long it took, as Dovecot adds it: it would make the same refusal another sentence each time."""

_AS_BYTES = re.compile(r"""b(['"])(.*)\1""", re.DOTALL)

# An answer to SEARCH is one line: of a mailbox with 140,000 mails it is longer than the megabyte that imaplib reads.
imaplib._MAXLINE = max(imaplib._MAXLINE, 20_000_000)  # type: ignore[attr-defined]
logging.getLogger("imapclient").setLevel(logging.WARNING)  # its debug lines hold addresses and subjects


class Refusal(Exception):
    """The server said no to one command; the connection lives. The text is the server's, without personal values. `after` is
    for how many seconds it wants to be left alone, where it says so."""

    def __init__(self, said: str) -> None:
        super().__init__(cleaned(_TOOK.sub("", said)))
        asked = _BACKOFF.search(said)
        self.after = int(asked[1]) / 1000 if asked else None

    @property
    def is_busy(self) -> bool:
        """Whether it would say no to any command now: it wants to be left alone."""
        return _says(str(self), _BUSY)

    @property
    def may_pass(self) -> bool:
        """Whether the same command may do later."""
        return _says(str(self), _PASSING)

    def as_retry(self, config: ImapConfig) -> Retry:
        """The refusal as a failure of the whole mailbox."""
        if not self.may_pass:
            return Retry(f"the mail server {config.host} refuses a command: {self}", code="refused")
        return Retry(f"the mail server {config.host} is busy or away for now ({self})", after=self.after, code="busy")


def _says(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)


class Client(IMAPClient):  # type: ignore[misc,unused-ignore]
    """IMAPClient that can be told to look into its buffer before it asks the socket; see idling.py."""

    looks_into_buffer = False

    def _poll_socket(self, sock: Any, timeout: float | None = None) -> Any:
        if self.looks_into_buffer:
            self.looks_into_buffer = False
            return [True]
        return super()._poll_socket(sock, timeout)


@contextmanager
def spoken(config: ImapConfig) -> Iterator[None]:
    """Turn what goes wrong while we speak to the server into Refusal (it said no) or Retry (the link is dead).

    A Retry with the code `busy` says that the server would have ended the connection whatever it was asked for.
    """
    try:
        yield
    except (imaplib.IMAP4.abort, ProtocolError, OSError, EOFError) as error:
        is_bye = isinstance(error, imaplib.IMAP4.abort) and _says(str(error), _GOODBYES)
        raise Retry(_lost(config, error), code="busy" if is_bye else "link_lost") from error
    except CapabilityError as error:
        raise Refusal("the server can not do it") from error
    except IMAPClientError as error:
        if isinstance(error, LoginError) and isinstance(error.__context__, imaplib.IMAP4.abort):
            raise Retry(_lost(config, error.__context__), code="link_lost") from error  # IMAPClient calls that a refused login
        raise Refusal(_said(error)) from error


def _said(error: IMAPClientError) -> str:
    """The server's words. Of a refused login they come as bytes made a text, `b'...'`."""
    found = _AS_BYTES.fullmatch(str(error))
    return found[2] if found else str(error)


def _lost(config: ImapConfig, error: BaseException) -> str:
    place = f"{config.host}:{config.own_port}"
    if isinstance(error, TimeoutError):
        return f"the mail server {place} did not answer within {config.timeout / SECOND:g} s"
    return f"the connection to the mail server {place} was cut ({type(error).__name__})"


def connect(config: ImapConfig, tokens: Tokens) -> Client:
    """A connection that is logged in; raises Retry while the server can not be reached, and Stop when it refuses us."""
    client = _connected(config)
    try:
        client._imap.debug = 0  # else each line is made a text for a log that nobody keeps
        client.normalise_times = False
        if config.tls == "starttls":
            _start_tls(config, client)
        _log_in(config, client, tokens)
    except BaseException:
        hang_up(client)
        raise
    return client


def hang_up(client: Client) -> None:
    """Close a connection, whatever state it is in, without a word to a server that may not answer."""
    with suppress(Exception):
        client.shutdown()


def _connected(config: ImapConfig) -> Client:
    place = f"{config.host}:{config.own_port}"
    patience = SocketTimeout(min(_CONNECT_S, config.timeout / SECOND), config.timeout / SECOND)
    context = _context(config) if config.tls == "implicit" else None
    try:
        client = Client(config.host, port=config.own_port, ssl=context is not None, ssl_context=context, timeout=patience)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(config, error) from error
    except ssl.SSLError as error:
        sentence = f"{place} does not speak TLS from the start: check `port`, or set `tls: starttls`"
        raise Retry(sentence, code="tls") from error
    except socket.gaierror as error:
        raise Retry(f"there is no mail server {config.host}: check `host`, if it stays so", code="unreachable") from error
    except ConnectionRefusedError as error:
        raise Retry(f"nothing listens at {place}: check `host` and `port`, if it stays so", code="unreachable") from error
    except TimeoutError as error:
        hint = "" if context else ", and set `tls: implicit` where it speaks TLS from the start, as port 993 does"
        sentence = f"the mail server {place} does not answer: check `host` and `port`, if it stays so{hint}"
        raise Retry(sentence, code="unreachable") from error
    except (imaplib.IMAP4.error, OSError, EOFError) as error:
        sentence = (
            f"the mail server {place} could not be reached ({type(error).__name__}): check `host` and `port`, if it stays so"
        )
        raise Retry(sentence, code="unreachable") from error
    client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return client


def _context(config: ImapConfig) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=config.ca_file)
    except (OSError, ssl.SSLError) as error:
        sentence = f"The file {config.ca_file} can not be read as certificates: correct `ca_file`"
        raise Stop(Problem("certificate", sentence, "ca_file")) from error


def _untrusted(config: ImapConfig, error: ssl.SSLCertVerificationError) -> Stop:
    said = error.verify_message or "it can not be verified"
    sentence = f"The certificate of {config.host} is not trusted ({said}): name its authority in `ca_file`, or correct `host`"
    return Stop(Problem("certificate", sentence, "ca_file"))


def _start_tls(config: ImapConfig, client: Client) -> None:
    context = _context(config)
    try:
        with spoken(config):
            client.starttls(context)
    except Retry as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise _untrusted(config, error.__cause__) from error
        raise
    except Refusal as error:
        sentence = f"{config.host}:{config.own_port} does not offer STARTTLS ({error}): check `port`, or set `tls: implicit`"
        raise Stop(Problem("tls", sentence, "tls")) from error


# --- logging in -----------------------------------------------------------------------------------------------------


class _TokenRefused(Exception):
    """The mail server did not take the access token."""


def _log_in(config: ImapConfig, client: Client, tokens: Tokens) -> None:
    if config.oauth is not None:
        _log_in_by_token(config, client, tokens)
        return
    assert config.password is not None  # noqa: S101 - the settings want one of both
    password = config.password.get_secret_value()
    try:
        with spoken(config):
            is_off = client.has_capability("LOGINDISABLED") and client.has_capability("AUTH=PLAIN")
            if (config.user + password).isascii() and not is_off:
                client.login(config.user, password)
            else:  # LOGIN has no way to say other letters
                client.plain_login(config.user, password)
    except Refusal as error:
        raise _refused(config, error, "login_refused", "`user` and `password`", "password") from error


def _log_in_by_token(config: ImapConfig, client: Client, tokens: Tokens) -> None:
    """Once more with a new token where the first one is refused: it may have been withdrawn before its time."""
    refused = ""
    for attempt in Retrying(stop=stop_after_attempt(2), retry=retry_if_exception_type(_TokenRefused), reraise=True):
        with attempt:
            try:
                token = access_token(config, tokens, refused=refused)
                _show_token(config, client, token)
            except Refusal as error:
                if refused:
                    fix = "`user`, and that the app may use this mailbox over IMAP"
                    raise _refused(config, error, "oauth_refused", fix, "oauth") from error
                refused = token
                raise _TokenRefused from error


def _show_token(config: ImapConfig, client: Client, token: str) -> None:
    with spoken(config):
        if client.has_capability("AUTH=OAUTHBEARER") and not client.has_capability("AUTH=XOAUTH2"):
            client.oauthbearer_login(config.user, token)
        else:
            client.oauth2_login(config.user, token)


def _refused(config: ImapConfig, error: Refusal, code: str, fix: str, field: str) -> Retry | Stop:
    """What a refused login means."""
    if error.may_pass or "[serverbug]" in str(error).lower():
        return Retry(f"{config.host} takes no login for now ({error})", after=error.after, code="busy")
    return Stop(Problem(code, f"{config.host} refuses the login ({error}): check {fix}", field))
