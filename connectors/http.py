"""What every connector that speaks HTTP needs alike: which addresses it may speak to, and what to say of a certificate."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.problems import Problem
from core.texts import is_loopback


def checked_url(url: str, example: str) -> str:
    """The address without its last slash; ValueError unless it is https, or plain http to this machine, and nothing more."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - reading it raises ValueError for a port that is none
    except ValueError:
        raise ValueError(f"write an address such as {example}") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(f"write an address such as {example}")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("plain http is accepted for this machine only (127.0.0.1, localhost); write https://")
    return url.strip().rstrip("/")


def untrusted_certificate() -> Problem:
    """What to do when the other side's certificate is signed by nobody we know."""
    sentence = "The server's certificate is not trusted: if a proxy opens TLS here, name its authority in `ca_file`"
    return Problem("certificate", sentence, "ca_file")
