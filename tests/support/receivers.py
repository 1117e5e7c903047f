"""Real servers that take notices: a mail server with its own certificate, and a web server on a socket."""

from __future__ import annotations

import datetime
import email
import email.policy
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost and 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2)).add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(*kinds))
    return paths


@dataclass
class MailServer:
    """What came in, and how the server answers."""

    mails: list[EmailMessage] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    answer: str = "250 2.0.0 taken"
    port: int = 0
    wants_login: bool = False

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        # Not left to aiosmtpd's `auth_required`: it knows no TLS but STARTTLS, and warns of a login over any other.
        if self.wants_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.rejected:
            return f"550 5.1.1 <{address}> unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return self.answer


@contextmanager
def mail_server(*, tls: tuple[Path, Path] | None = None, is_implicit: bool = False, login: str = "") -> Iterator[MailServer]:
    """A mail server on a free port; `login` is `user:password`, asked for when given."""
    took = MailServer(wants_login=bool(login))
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)

    def check(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=b":".join((data.login, data.password)).decode() == login, handled=False)

    more: dict[str, Any] = {"authenticator": check} if login else {}
    more["auth_require_tls"] = tls is not None and not is_implicit
    if is_implicit:
        more["ssl_context"] = context
    elif context is not None:
        more |= {"tls_context": context, "require_starttls": True}
    with socket.create_server(("127.0.0.1", 0)) as found:
        took.port = found.getsockname()[1]
    controller = Controller(took, hostname="127.0.0.1", port=took.port, **more)
    controller.start()
    try:
        yield took
    finally:
        controller.stop()


@dataclass
class WebServer:
    """What was posted (headers in lower case and body), and how the server answers."""

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    said: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    waits_for: threading.Event | None = None
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A web server on a free port."""
    took = WebServer()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            took.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            took.came.set()
            if took.waits_for is not None:
                took.waits_for.wait(30)
            self.send_response(took.status)
            for name, value in took.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(took.said)))
            self.end_headers()
            self.wfile.write(took.said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    server.daemon_threads = True
    took.url = f"http://127.0.0.1:{server.server_port}/hook/s3cret-path-of-the-hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield took
    finally:
        if took.waits_for is not None:
            took.waits_for.set()
        server.shutdown()
        server.server_close()
