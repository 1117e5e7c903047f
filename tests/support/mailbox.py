"""Mails of invented people, and a small configuration around a mailbox."""

from __future__ import annotations

from pathlib import Path

from tests.support.dovecot import PrivateDovecot


def make_mail(number: int, *, message_id: str | None = "", text: str = "", padding: int = 0) -> bytes:
    """One enquiry. `message_id` empty: one of its own; None: none at all."""
    name = f"Pat Nr{number}"
    lines = [
        f"From: {name} <pat{number}@company{number % 97}.example>",
        "To: leads@acme.example",
        f"Subject: Question {number}",
        "Date: Sat, 21 Nov 2026 10:00:00 +0000",
        *([] if message_id is None else [f"Message-ID: <{message_id or f'm{number}@mail.example'}>"]),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text or f"Hello, please send us an offer for {number} seats.",
        "",
        name,
        "x" * padding,
    ]
    return "\r\n".join(lines).encode()


def source_lines(server: PrivateDovecot, user: str = "leads", **more: object) -> str:
    """The settings of one imap source, over TLS from the start."""
    given = {
        "connector": "imap", "host": server.host, "port": server.tls_port, "tls": "implicit", "ca_file": server.ca_file,
        "user": user, "password": server.password, "done_folder": "Done", **more,
    }  # fmt: skip
    return "".join(f"    {key}: {value}\n" for key, value in given.items() if value is not None)


def write_mail_project(folder: Path, sources: dict[str, str], *, store: str = "", extra: str = "") -> Path:
    """Write a configuration folder with these sources and no CRM; returns the path of its leadrelay.yaml."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    path = config / "leadrelay.yaml"
    store = store or f"sqlite:///{folder / 'store.sqlite'}"
    listed = "".join(f"  {name}:\n{lines}" for name, lines in sources.items())
    path.write_text(f"store: {store}\ndata_dir: {folder / 'data'}\nsecret_key: test-key\n{extra}sources:\n{listed}")
    return path
