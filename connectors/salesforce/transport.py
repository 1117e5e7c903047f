"""The pooled HTTP session under simple-salesforce: a time-out on every call, one origin, and what each answer's headers say."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from connectors.base import Usage
from core.instants import Instant, from_datetime

PLACEHOLDER = "https://instance.invalid"
"""The origin that simple-salesforce is told. It hard-codes `https://` and keeps only host and port of an address, so the
transport puts the real origin in; a call to any other host never leaves, and neither does the token."""

_USAGE = re.compile(r"(?<!per-app-)api-usage=(\d+)/(\d+)")


class Transport(HTTPAdapter):
    """Sends calls to one origin, counts them and reads the API usage from every answer, an error's too."""

    def __init__(self, timeout: float) -> None:
        super().__init__(pool_connections=1, pool_maxsize=4, max_retries=0)
        self.origin = PLACEHOLDER
        self.calls = 0
        self.usage: Usage | None = None
        self.retry_after: float | None = None
        self.clock: Instant | None = None
        self._timeout = (min(timeout, 10.0), timeout)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request to the real origin within the time-out."""
        url = request.url or ""
        if not url.startswith(f"{PLACEHOLDER}/services/"):
            raise ValueError("a call outside the org's own API was stopped")
        request.url = self.origin + url.removeprefix(PLACEHOLDER)
        self.calls += 1
        self.retry_after = None
        answer = super().send(request, stream=stream, timeout=timeout or self._timeout, verify=verify, cert=cert, proxies=proxies)
        self._note(answer)
        return answer

    def _note(self, answer: requests.Response) -> None:
        found = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
        if found:
            self.usage = Usage(int(found[1]), int(found[2]))
        self.clock = _instant(answer.headers.get("Date", ""))
        wait = answer.headers.get("Retry-After", "")
        if wait.isdigit():
            self.retry_after = float(wait)


def _instant(text: str) -> Instant | None:
    """The instant that an HTTP date names; None when there is none."""
    try:
        return from_datetime(parsedate_to_datetime(text))
    except (TypeError, ValueError):
        return None


def open_session(transport: Transport, *, ca_file: str | None, proxy: str | None) -> requests.Session:
    """A session over this transport that takes nothing from the environment: no CA bundle, proxy or .netrc."""
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # its debug lines hold whole queries, with addresses
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_file or True
    session.max_redirects = 0
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    session.mount("https://", transport)
    session.mount("http://", transport)
    return session
