"""The real client package, pointed at a simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceError

from leadrelay.sandbox.server import SandboxServer

HTTP = httpx.Client(trust_env=False, verify=False)  # one for all: reading the certificates anew costs more than a call
GOOD = {"LastName": "Weber", "Company": "Acme"}


def refused(action: Callable[[], Any]) -> tuple[int, dict[str, Any]]:
    """The status and the first error of a call that must be refused."""
    with pytest.raises(SalesforceError) as caught:
        action()
    assert isinstance(caught.value.content, list)
    return caught.value.status, caught.value.content[0]


class PlainHttp(HTTPAdapter):
    """The client hard-codes https and its own hosts: everything goes to the simulator instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        request.url = self._url + "/" + request.url.split("/", 3)[3]
        return super().send(request, *args, **kwargs)


def session_to(url: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", PlainHttp(url))
    return session


def client_of(server: SandboxServer, version: str = "68.0") -> Salesforce:
    return Salesforce(
        consumer_key="leadrelay",
        consumer_secret="sandbox-secret",
        domain="acme.my",
        session=session_to(server.url),
        version=version,
    )
