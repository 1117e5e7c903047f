"""Access tokens: asked for by ourselves, so that one refresh serves all workers and a repeat keeps its headers."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from connectors.base import Retry, Stop
from connectors.http import untrusted_certificate
from connectors.salesforce.config import SalesforceAuth, SalesforceConfig
from core.problems import Problem
from core.texts import is_loopback

_ASSERTION_LIVES_FOR = 180
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_BUSY = ("login rate exceeded", "retry", "try again")
_FIXES: Mapping[str, str] = {  # by a part of the description or by the code, the more telling ones first
    "inactive user": "the integration user is not active: activate it",
    "inactive org": "the org is locked or inactive",
    "approved this consumer": "approve the app for the integration user: pre-authorise its profile or permission set",
    "invalid_client": "check `auth.client_id` and `auth.client_secret`",
    "invalid_client_id": "check `auth.client_id`",
    "invalid_grant": "check the login settings, and that the app is approved for its run-as or integration user",
    "unsupported_grant_type": "switch the flow on in the External Client App, or correct `auth.flow`",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One access token, where it is good, and for which login settings it was given. `refresh_token` is the newest one where
    the app rotates them: the one in the settings is worthless from then on."""

    access_token: str
    instance_url: str
    identity: str
    given_for: str
    refresh_token: str = ""

    def as_document(self) -> str:
        """The token as the text that `Tokens` keeps."""
        document = {
            "access_token": self.access_token, "instance_url": self.instance_url,
            "identity": self.identity, "given_for": self.given_for,
        }  # fmt: skip
        return json.dumps(document | ({"refresh_token": self.refresh_token} if self.refresh_token else {}))

    @property
    def organization_id(self) -> str:
        """The org's id from the token's identity address, or an empty text."""
        return self._identity_part(-2)

    @property
    def user_id(self) -> str:
        """The acting user's id from the token's identity address, or an empty text."""
        return self._identity_part(-1)

    def _identity_part(self, index: int) -> str:
        parts = self.identity.rstrip("/").split("/")
        return parts[index] if len(parts) > 2 and "id" in parts else ""


def login_fingerprint(config: SalesforceConfig) -> str:
    """What tells one login from another, so that a token of earlier settings is not used on."""
    auth = config.auth
    told = "\n".join((auth.flow, config.login_url, config.base_url or "", auth.client_id, auth.username or ""))
    if auth.flow == "refresh_token" and auth.refresh_token:
        told += "\n" + auth.refresh_token.get_secret_value()  # a new authorisation ends what was got with the old one
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def read_token(document: str | None, given_for: str) -> Token | None:
    """The token in a stored document, or None when there is none for these login settings."""
    if document is None:
        return None
    try:
        known = json.loads(document)
        rotated = str(known.get("refresh_token") or "")
        token = Token(known["access_token"], known["instance_url"], known["identity"], known["given_for"], rotated)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return token if token.given_for == given_for else None


def fetch_token(config: SalesforceConfig, rotated: str = "") -> Token:
    """Ask Salesforce for a new token; raises Retry when it can not be reached and Stop when the login is refused.

    `rotated` is the newest refresh token, where the one in the settings was replaced by Salesforce.
    """
    form = _form(config)
    if rotated and "refresh_token" in form:
        form["refresh_token"] = rotated
    verify: Any = str(config.ca_file) if config.ca_file else True
    try:
        with httpx.Client(timeout=config.timeout, trust_env=False, verify=verify, proxy=config.proxy) as http:
            answer = http.post(f"{config.login_url}/services/oauth2/token", data=form, headers={"Accept": "application/json"})
    except httpx.HTTPError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Stop(untrusted_certificate()) from error
        sentence = f"the login address could not be reached ({type(error).__name__}): check `auth.login_url`, if it stays so"
        raise Retry(sentence, code="unreachable") from error
    return _token(config, answer, rotated)


def _token(config: SalesforceConfig, answer: httpx.Response, rotated: str) -> Token:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not answer.is_success or not isinstance(content, dict) or not content.get("access_token"):
        raise _refusal(answer.status_code, content if isinstance(content, dict) else {})
    instance_url = _instance_url(config, str(content.get("instance_url") or config.login_url))
    newest = str(content.get("refresh_token") or rotated) if config.auth.flow == "refresh_token" else ""
    return Token(str(content["access_token"]), instance_url, str(content.get("id") or ""), login_fingerprint(config), newest)


def _instance_url(config: SalesforceConfig, answered: str) -> str:
    """Where calls go: the setting, else what the token's answer says; a login on this machine keeps calls on this machine."""
    if config.base_url:
        return config.base_url
    if is_loopback(config.login_url):
        return _as_login(config.login_url, answered.rstrip("/")) if is_loopback(answered) else config.login_url
    if not answered.startswith("https://"):
        raise Stop(Problem("instance_url", "Salesforce named an address without https for the org: set `base_url`", "base_url"))
    return answered.rstrip("/")


def _as_login(login_url: str, answered: str) -> str:
    """A simulator may name itself by https, as an org does: the port that the login answered on is spoken to as the login was."""
    login, named = urlsplit(login_url), urlsplit(answered)
    is_same_port = login.port is not None and login.port == named.port
    return named._replace(scheme=login.scheme).geturl() if is_same_port else answered


def _refusal(status: int, content: Mapping[str, Any]) -> Retry | Stop:
    code = str(content.get("error") or "")
    description = str(content.get("error_description") or "").lower()
    if status == 429 or status >= 500 or status == 408:
        return Retry(f"the login address answered with HTTP {status}", code="unreachable")
    if any(word in description for word in _BUSY):
        return Retry("Salesforce limits how often the user logs in", after=60, code="rate_limit")
    if not code:
        return Retry(f"the login address answered with HTTP {status}, but not as Salesforce does", code="unreachable")
    fix = next((fix for part, fix in _FIXES.items() if part == code or part in description), "")
    return Stop(
        Problem("login_refused", f"Salesforce refuses the login ({code}): {fix or 'check the settings under `auth`'}", "auth")
    )


def _form(config: SalesforceConfig) -> dict[str, str]:
    """The token request's form fields."""
    auth = config.auth
    form = {"grant_type": auth.flow, "client_id": auth.client_id}
    if auth.flow == "jwt":
        return {"grant_type": _JWT_GRANT, "assertion": _assertion(config)}
    if auth.client_secret:
        form["client_secret"] = auth.client_secret.get_secret_value()
    if auth.flow == "refresh_token" and auth.refresh_token:
        form["refresh_token"] = auth.refresh_token.get_secret_value()
    if auth.flow == "password" and auth.password:
        form |= {"username": auth.username or "", "password": auth.password.get_secret_value()}
    return form


def _assertion(config: SalesforceConfig) -> str:
    auth = config.auth
    audience = auth.audience or _audience(config.login_url)
    claims = {"iss": auth.client_id, "sub": auth.username, "aud": audience, "exp": int(time.time()) + _ASSERTION_LIVES_FOR}
    try:
        return jwt.encode(claims, _private_key(auth), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError, OSError) as error:
        sentence = (
            "The private key can not be read: give the PEM text of an RSA key in `auth.private_key` or `auth.private_key_file`"
        )
        raise Stop(Problem("private_key", sentence, "auth.private_key")) from error


def _audience(login_url: str) -> str:
    is_sandbox = "//test." in login_url or ".sandbox." in login_url
    return "https://test.salesforce.com" if is_sandbox else "https://login.salesforce.com"


def _private_key(auth: SalesforceAuth) -> str:
    if auth.private_key:
        return auth.private_key.get_secret_value()
    return auth.private_key_file.read_text(encoding="ascii") if auth.private_key_file else ""
