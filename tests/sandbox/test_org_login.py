"""Tokens: how they are got, when they end, and what a refused login says."""

from __future__ import annotations

import base64
import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sandbox_client import HTTP, client_of, session_to
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from leadrelay.sandbox.salesforce import SalesforceOrg
from leadrelay.sandbox.server import SandboxServer

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT = {"client_id": "leadrelay", "client_secret": "sandbox-secret"}


def token(server: SandboxServer, form: dict[str, str], **more: Any) -> httpx.Response:
    return HTTP.post(f"{server.url}/services/oauth2/token", data=form, **more)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def private_pem(key: rsa.RSAPrivateKey) -> str:
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, none).decode()


def assertion(key: rsa.RSAPrivateKey, **changed: Any) -> str:
    claims = {
        "iss": "leadrelay",
        "sub": "integration@sandbox.example",
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 120,
    }
    return jwt.encode({**claims, **changed}, private_pem(key), algorithm="RS256")


def test_client_credentials_answer_names_this_server_as_the_instance(server: SandboxServer) -> None:
    body = token(server, {"grant_type": "client_credentials", **CLIENT}).json()
    assert set(body) >= {"access_token", "instance_url", "id", "token_type", "issued_at", "signature"}
    assert body["instance_url"] == server.url
    assert body["token_type"] == "Bearer"
    assert body["id"].startswith(f"{server.url}/id/00D")


def test_client_may_send_its_secret_as_basic_authorization(server: SandboxServer) -> None:
    basic = base64.b64encode(b"leadrelay:sandbox-secret").decode()
    answer = token(server, {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "error", "text"),
    [
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}, "invalid_client_id", "identifier invalid"),
        ({"grant_type": "client_credentials", **CLIENT, "client_secret": "y"}, "invalid_client", "invalid client credentials"),
        ({"grant_type": "magic", **CLIENT}, "unsupported_grant_type", "not supported"),
        ({**CLIENT}, "invalid_request", "grant_type"),
        ({"grant_type": "password", **CLIENT, "username": "x", "password": "y"}, "invalid_grant", "authentication failure"),
        ({"grant_type": "refresh_token", **CLIENT, "refresh_token": "x"}, "invalid_grant", "expired"),
        ({"grant_type": JWT_GRANT, "assertion": "a.b.c"}, "invalid_grant", "invalid assertion"),
    ],
)
def test_refused_login_says_why(server: SandboxServer, form: dict[str, str], error: str, text: str) -> None:
    answer = token(server, form)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert text in answer.json()["error_description"]
    assert server.org.counters["logins"] == 0


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh-token", **CLIENT},
        {"grant_type": "password", "username": "Integration@sandbox.example", "password": "sandbox-password", **CLIENT},
    ],
)
def test_refresh_token_and_password_grants_work(server: SandboxServer, form: dict[str, str]) -> None:
    assert token(server, form).json()["access_token"]


def test_real_client_logs_in_with_a_signed_assertion(server: SandboxServer, key: rsa.RSAPrivateKey) -> None:
    server.org.settings.public_key = public_pem(key)
    try:
        client = Salesforce(
            username="integration@sandbox.example",
            consumer_key="leadrelay",
            privatekey=private_pem(key),
            session=session_to(server.url),
            version="68.0",
        )
        assert client.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        assert token(server, {"grant_type": JWT_GRANT, "assertion": assertion(stranger)}).status_code == 400
    finally:
        server.org.settings.public_key = None


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ({"iss": "other"}, "client identifier invalid"),
        ({"sub": "nobody@acme.example"}, "user hasn't approved this consumer"),
        ({"aud": "https://acme.example"}, "audience is invalid"),
        ({"exp": 1000}, "expired authorization code"),
        ({"exp": int(time.time()) + 4000}, "invalid assertion"),
        ({"exp": "soon"}, "invalid assertion"),
    ],
)
def test_assertion_with_a_wrong_claim_is_refused(
    server: SandboxServer, key: rsa.RSAPrivateKey, claims: dict[str, Any], text: str
) -> None:
    answer = token(server, {"grant_type": JWT_GRANT, "assertion": assertion(key, **claims)})
    assert answer.json()["error_description"] == text


def test_user_without_approval_is_refused(server: SandboxServer, key: rsa.RSAPrivateKey) -> None:
    server.org.settings.approved_users = frozenset({"sally@sandbox.example"})
    try:
        answer = token(server, {"grant_type": JWT_GRANT, "assertion": assertion(key)})
        assert answer.json() == {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}
    finally:
        server.org.settings.approved_users = None


def test_logins_of_a_user_are_limited_by_the_hour(server: SandboxServer) -> None:
    server.org.settings.logins_per_hour = 2
    try:
        form = {"grant_type": "client_credentials", **CLIENT}
        assert [token(server, form).status_code for _ in range(3)] == [200, 200, 400]
        server.org.advance(3601)
        assert token(server, form).status_code == 200
    finally:
        server.org.settings.logins_per_hour = 3600


def test_token_ends_after_its_life_and_the_client_logs_in_again(
    server: SandboxServer, sf: Salesforce, org: SalesforceOrg
) -> None:
    org.advance(7201)
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
    assert org.counters["logins"] == 2
    assert org.counters["refused INVALID_SESSION_ID"] == 1


def test_ended_session_is_answered_with_the_exact_body(server: SandboxServer, sf: Salesforce, org: SalesforceOrg) -> None:
    direct = Salesforce(session_id=sf.session_id, instance_url=server.url, session=session_to(server.url), version="68.0")
    direct.query("SELECT COUNT() FROM Lead")
    assert org.accounts.expire_all() == 1
    with pytest.raises(SalesforceExpiredSession) as caught:
        direct.query("SELECT COUNT() FROM Lead")
    assert caught.value.status == 401
    assert caught.value.content == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_revoked_token_is_worth_nothing(server: SandboxServer, sf: Salesforce) -> None:
    assert HTTP.post(f"{server.url}/services/oauth2/revoke", data={"token": sf.session_id}).status_code == 200
    bearer = {"Authorization": f"Bearer {sf.session_id}"}
    assert HTTP.get(f"{server.url}/services/data/v68.0/limits", headers=bearer).status_code == 401


def test_user_info_and_id_url_name_org_and_user(server: SandboxServer, org: SalesforceOrg) -> None:
    body = token(server, {"grant_type": "client_credentials", **CLIENT}).json()
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    for url in (body["id"], f"{server.url}/services/oauth2/userinfo"):
        who = HTTP.get(url, headers=bearer).json()
        assert (who["organization_id"], who["user_id"]) == (org.organization_id, org.integration_user_id)
        assert who["email"] == "integration@sandbox.example"
        assert HTTP.get(url, headers={"Authorization": "Bearer nonsense"}).status_code == 403


def test_soap_login_is_off(server: SandboxServer) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="disabled by default"):
        Salesforce(username="a", password="b", security_token="c", session=session_to(server.url))


def test_inactive_user_can_not_log_in(server: SandboxServer, org: SalesforceOrg) -> None:
    org.set_user_active(org.integration_user_id, is_active=False)
    with pytest.raises(SalesforceAuthenticationFailed, match="inactive"):
        client_of(server)
