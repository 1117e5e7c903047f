"""Access tokens: a static one, or one from a refresh token, renewed from the clock so that one login serves all workers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.base import Retry, Stop
from connectors.http import untrusted_certificate
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.paths import in_version
from core.problems import Problem

_USUAL_LIFE = 1_800.0
_LONGEST_MARGIN = 60.0
_REFRESH_TOKEN = ("bad_refresh_token", "invalid_grant", "missing or unknown refresh token", "refresh token")
_CLIENT = ("bad_client_id", "bad_client_secret", "invalid_client", "unauthorized_client", "client")


@dataclass(frozen=True, slots=True)
class Token:
    """One access token: until when it is good (seconds since 1970, None for ever), and for which login settings it was given.
    `refresh_token` is the newest one that HubSpot has told us, `portal` the account that the login named."""

    access_token: str
    good_until: float | None = None
    refresh_token: str = ""
    given_for: str = ""
    portal: str = ""
    scopes: tuple[str, ...] = ()

    def as_document(self) -> str:
        """The token as the text that `Tokens` keeps."""
        return json.dumps({
            "access_token": self.access_token, "good_until": self.good_until, "refresh_token": self.refresh_token,
            "given_for": self.given_for, "portal": self.portal, "scopes": list(self.scopes),
        })  # fmt: skip

    def is_good(self, now: float) -> bool:
        """Whether the token will still be accepted when a call arrives."""
        return self.good_until is None or now < self.good_until


def static_token(config: HubSpotConfig) -> Token | None:
    """The configured access token, or None when the login goes by a refresh token."""
    given = config.auth.access_token
    return Token(given.get_secret_value().strip()) if given and given.get_secret_value().strip() else None


def login_fingerprint(config: HubSpotConfig) -> str:
    """What tells one login from another, so that a token of earlier settings is not used on."""
    auth = config.auth
    secret = auth.refresh_token.get_secret_value() if auth.refresh_token else ""
    told = "\n".join((config.base_url, auth.client_id, secret))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def read_token(document: str | None, given_for: str) -> Token | None:
    """The token in a stored document, or None when there is none for these login settings."""
    if document is None:
        return None
    try:
        known = json.loads(document)
        token = Token(
            str(known["access_token"]), float(known["good_until"]), str(known["refresh_token"]),
            str(known["given_for"]), str(known["portal"]), tuple(map(str, known["scopes"])),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None
    return token if token.given_for == given_for else None


def fetch_token(config: HubSpotConfig, held: Token | None, now: float) -> Token:
    """Ask HubSpot for a new token with the newest refresh token known; raises Retry when it can not be reached and Stop when
    the login is refused."""
    answer = _post(config, "/oauth/v3/token", _form(config, held))
    return _token(config, held, answer, now)


def _post(config: HubSpotConfig, path: str, form: Mapping[str, str]) -> httpx.Response:
    verify: Any = str(config.ca_file) if config.ca_file else True
    address = config.base_url + in_version(path, config.api_version)
    try:
        with httpx.Client(timeout=config.timeout, trust_env=False, verify=verify, proxy=config.proxy) as http:
            return http.post(address, data=dict(form), headers={"Accept": "application/json"})
    except httpx.HTTPError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Stop(untrusted_certificate()) from None
        raise Retry(f"the login address could not be reached ({type(error).__name__})", code="unreachable") from None


def _form(config: HubSpotConfig, held: Token | None) -> dict[str, str]:
    auth = config.auth
    secret = auth.client_secret.get_secret_value() if auth.client_secret else ""
    configured = auth.refresh_token.get_secret_value() if auth.refresh_token else ""
    refresh_token = (held.refresh_token if held else "") or configured
    return {
        "grant_type": "refresh_token", "client_id": auth.client_id,
        "client_secret": secret.strip(), "refresh_token": refresh_token.strip(),
    }  # fmt: skip


def _token(config: HubSpotConfig, held: Token | None, answer: httpx.Response, now: float) -> Token:
    try:
        content = answer.json()
    except ValueError:
        content = None
    told: Mapping[str, Any] = content if isinstance(content, dict) else {}
    if not answer.is_success or not told.get("access_token"):
        raise _refusal(answer, told)
    life = _seconds(told.get("expires_in"))
    margin = min(_LONGEST_MARGIN, life / 10)  # a token is not used in its last moments: a call takes time to arrive
    return Token(
        access_token=str(told["access_token"]),
        good_until=now + life - margin,
        refresh_token=str(told.get("refresh_token") or (held.refresh_token if held else "")),
        given_for=login_fingerprint(config),
        portal=str(told.get("hub_id") or ""),
        scopes=_scopes(told.get("scopes") or told.get("scope")),
    )


def _scopes(told: object) -> tuple[str, ...]:
    listed = told.split() if isinstance(told, str) else told
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def introspect(config: HubSpotConfig, token: Token) -> Mapping[str, Any]:
    """What HubSpot tells of a token of ours; nothing when it does not."""
    form = _form(config, token)
    asked = {"client_id": form["client_id"], "client_secret": form["client_secret"], "token": token.access_token}
    try:
        answer = _post(config, "/oauth/v3/token/introspect", {**asked, "token_type_hint": "access_token"})
        told = answer.json() if answer.is_success else {}
    except (Retry, Stop, ValueError):  # only a convenience
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(told: object) -> float:
    try:
        life = float(str(told))
    except ValueError:
        return _USUAL_LIFE
    return life if 0 < life < 10**9 else _USUAL_LIFE


def _refusal(answer: httpx.Response, told: Mapping[str, Any]) -> Retry | Stop:
    status = answer.status_code
    if status in (408, 429, 423, 477) or status >= 500 or 300 <= status < 400:
        wait = answer.headers.get("Retry-After", "")
        after = float(wait) if wait.isdigit() else None
        return Retry(f"the login address answered with HTTP {status}", after=after, code="unreachable")
    code = str(told.get("error") or told.get("status") or told.get("category") or "")
    if not code:
        return Retry(f"the login address answered with HTTP {status}, but not as HubSpot does", code="unreachable")
    text = f"{code} {told.get('message') or ''} {told.get('error_description') or ''}".lower()
    fix = "check the settings under `auth`"
    if any(part in text for part in _REFRESH_TOKEN):
        fix = "authorise the app for the account again and put the new refresh token into `auth.refresh_token`"
    elif any(part in text for part in _CLIENT):
        fix = "check `auth.client_id` and `auth.client_secret`"
    return Stop(Problem("login_refused", f"HubSpot refuses the login ({code[:80]}): {fix}", "auth"))
