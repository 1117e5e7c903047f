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

from leadrelay.sandbox.server import HubSpotServer, SandboxServer

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


class PortalClient:
    """Plain HTTP to a HubSpot simulator with its token, for what the client package does not reach."""

    def __init__(self, server: HubSpotServer, token: str = "sandbox-token") -> None:
        self.url = server.url
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        if body is None:
            return HTTP.request(method, self.url + path, headers=self.headers, params=query)
        return HTTP.request(method, self.url + path, headers=self.headers, params=query, json=body)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any, **query: Any) -> httpx.Response:
        return self.call("POST", path, body, **query)

    def batch(
        self, verb: str, *inputs: dict[str, Any], name: str = "contacts", version: str = "2026-09", **more: Any
    ) -> httpx.Response:
        query = {"archived": "true"} if more.pop("archived", False) else {}
        base = f"/crm/v3/objects/{name}" if version == "v3" else f"/crm/objects/{version}/{name}"
        return self.post(f"{base}/batch/{verb}", {"inputs": list(inputs), **more}, **query)

    def control(self, order: str, **body: Any) -> dict[str, Any]:
        answer = HTTP.post(f"{self.url}/sandbox/{order}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
