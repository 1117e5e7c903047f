"""Access tokens for mailboxes: asked for by ourselves, shared by all workers, renewed before they end."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass

import httpx

from connectors.base import Retry, Stop, Tokens
from connectors.imap.config import ImapConfig, OAuthConfig
from core.problems import Problem

_RENEW_BEFORE_S = 300.0
_LIVES_FOR_S = 3600.0
"""How long a token lives where the answer does not say."""
_TIMEOUT_S = 20.0
_FIXES = {
    "invalid_grant": "the refresh token has ended or was withdrawn: let the mailbox' owner agree again, and set the new "
    "`oauth.refresh_token`",
    "invalid_client": "check `oauth.client_id` and `oauth.client_secret`",
    "unauthorized_client": "the app may not use this grant: check its settings at the provider",
    "invalid_scope": "the app may not ask for IMAP: give it that permission, or correct `oauth.scope`",
    "access_denied": "an administrator must agree to the app",
    "interaction_required": "the mailbox' owner must sign in and agree again",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One access token, until when it is good (seconds since 1970), and for which settings it was given. `refresh_token` is
    the newest one, where the provider replaces them: the one in the settings is worthless from then on."""

    access_token: str
    ends_at: float
    given_for: str
    refresh_token: str = ""

    def as_document(self) -> str:
        """The token as the text that `Tokens` keeps."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})


def access_token(config: ImapConfig, tokens: Tokens, *, refused: str = "") -> str:
    """A token that is good for some minutes, and is not the one that the mail server has refused.

    Raises Retry while the provider can not be reached, and Stop when it gives none.
    """
    oauth = config.oauth
    assert oauth is not None  # noqa: S101 - asked for where the settings have `oauth` alone
    stored = tokens.current()
    known = _read(stored, _fingerprint(config, oauth))
    if known is not None and known.access_token != refused and known.ends_at - _RENEW_BEFORE_S > time.time():
        return known.access_token
    document = tokens.refresh(stored, lambda: _fetch(config, oauth, known).as_document())
    newest = _read(document, _fingerprint(config, oauth))
    if newest is None:
        raise Retry("another worker keeps a token of other settings for this mailbox", after=5, code="unavailable")
    return newest.access_token


def _fingerprint(config: ImapConfig, oauth: OAuthConfig) -> str:
    """What tells one agreement from another, so that what was got by earlier settings is not used on."""
    told = [config.user, oauth.address, oauth.grant, oauth.client_id, oauth.asked_scope]
    told += [oauth.refresh_token.get_secret_value()] if oauth.refresh_token else []
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _read(document: str | None, given_for: str) -> Token | None:
    if document is None:
        return None
    try:
        known = json.loads(document)
        token = Token(known["access_token"], float(known["ends_at"]), known["given_for"], known.get("refresh_token") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return token if token.given_for == given_for else None


def _fetch(config: ImapConfig, oauth: OAuthConfig, known: Token | None) -> Token:
    form = {"grant_type": oauth.grant, "client_id": oauth.client_id}
    if oauth.client_secret:
        form["client_secret"] = oauth.client_secret.get_secret_value()
    if oauth.asked_scope:
        form["scope"] = oauth.asked_scope
    rotated = known.refresh_token if known is not None else ""
    if oauth.grant == "refresh_token" and oauth.refresh_token:
        form["refresh_token"] = rotated or oauth.refresh_token.get_secret_value()
    try:
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as http:
            answer = http.post(oauth.address, data=form, headers={"Accept": "application/json"})
    except httpx.HTTPError as error:
        sentence = f"the address for access tokens could not be reached ({type(error).__name__})"
        raise Retry(f"{sentence}: check `oauth.token_url`, if it stays so", code="unreachable") from error
    return _token(answer, _fingerprint(config, oauth), rotated)


def _token(answer: httpx.Response, given_for: str, rotated: str) -> Token:
    try:
        content = answer.json()
    except ValueError:
        content = None
    found = content if isinstance(content, dict) else {}
    if not answer.is_success or not found.get("access_token"):
        raise _refusal(answer.status_code, str(found.get("error") or ""))
    try:
        lives_for = float(found.get("expires_in") or _LIVES_FOR_S)
    except (TypeError, ValueError):
        lives_for = _LIVES_FOR_S
    newest = str(found.get("refresh_token") or rotated)
    return Token(str(found["access_token"]), time.time() + lives_for, given_for, newest)


def _refusal(status: int, code: str) -> Retry | Stop:
    if status in (408, 429) or status >= 500 or code in ("temporarily_unavailable", "server_error", "slow_down"):
        return Retry(f"the address for access tokens answered with HTTP {status}", code="unreachable")
    if not code:
        sentence = f"the address for access tokens answered with HTTP {status}, but not as one: check `oauth.token_url`"
        return Retry(sentence, code="unreachable")
    told = code if code in _FIXES or code.replace("_", "").isalnum() else "unknown"
    fix = _FIXES.get(code, "check the settings under `oauth`")
    return Stop(Problem("oauth_refused", f"The provider gives no access token ({told[:60]}): {fix}", "oauth"))
