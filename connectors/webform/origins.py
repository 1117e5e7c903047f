"""Web origins and the thank-you addresses a form may ask for: exact comparisons on strictly read URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

_MAX_URL = 2_000
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[^\x00-\x20\x7f\\/?#@:\[\]%\"<>^`{|}]{1,253})(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[^\x00-\x20\x7f\\?#]*)?(?P<rest>[?#][^\x00-\x20\x7f\\]*)?",
    re.IGNORECASE,
)
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL_MARKS = "!#$%&'()*+,-./:;=?@[]_~"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An absolute http(s) address: its origin as browsers write it, and what follows."""

    origin: str
    path: str
    rest: str

    def __str__(self) -> str:
        return self.origin + self.path + self.rest

    def is_under(self, allowed: WebAddress) -> bool:
        """Whether this address has the allowed one's origin and lies at or below its path, segment by segment."""
        if self.origin != allowed.origin:
            return False
        folder = allowed.path.rstrip("/")
        return self.path == folder or self.path.startswith(folder + "/")


def web_address(url: str) -> WebAddress | None:
    """The address, or None for anything but a plain absolute http(s) URL: no credentials, no backslash, space or control
    character, no `..` step; a relative or scheme-less `//host` address is none."""
    found = _URL.fullmatch(url) if len(url) <= _MAX_URL else None
    if found is None:
        return None
    scheme = found["scheme"].lower()
    host = _ascii_host(found["host"])
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
    path = found["path"] or "/"
    if host is None or not 0 < port < 65_536 or _has_dot_steps(path):
        return None
    origin = f"{scheme}://{host}" if port == _DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"
    return WebAddress(origin, _quoted(path), _quoted(found["rest"] or ""))


def allowed_address(wanted: Iterable[str], allowed: Iterable[WebAddress]) -> str | None:
    """The first wanted URL that lies under an allowed address, in ASCII as a Location header takes it."""
    permitted = tuple(allowed)
    for url in wanted:
        address = web_address(url.strip())
        if address is not None and any(address.is_under(each) for each in permitted):
            return str(address)
    return None


def _ascii_host(host: str) -> str | None:
    """The host as DNS knows it; None when it is none, also after IDNA has folded look-alikes of `/`, space and `@`."""
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return name.lower() if _HOST.fullmatch(name) else None


def _has_dot_steps(path: str) -> bool:
    return any(unquote(step) in (".", "..") for step in path.split("/"))


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe=_URL_MARKS)
