"""Logging in: the OAuth grants, the tokens they give, and how long those live."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt

from leadrelay.sandbox.salesforce.refusals import refuse
from leadrelay.sandbox.salesforce.values import stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import SalesforceOrg
    from leadrelay.sandbox.salesforce.tables import Stored

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


class LoginRefused(Exception):
    """An OAuth error answer, HTTP 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.body = {"error": error, "error_description": description}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token that is good until an instant."""

    text: str
    user_id: str
    expires_at: datetime


class Accounts:
    """Who may log in to one org, and the tokens it has given out."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._tokens: dict[str, Token] = {}
        self._count = 0
        self._logins: deque[tuple[datetime, str]] = deque()
        self.refresh_tokens: dict[str, str] = {"sandbox-refresh-token": org.integration_user_id}
        self.passwords: dict[str, str] = {"integration@sandbox.example": "sandbox-password"}

    # --- tokens ---

    def user_of(self, token: str | None) -> str:
        """The user of a living token; otherwise the call is refused with INVALID_SESSION_ID."""
        held = self._tokens.get(token or "")
        if held is None or held.expires_at <= self._org.now():
            raise refuse("INVALID_SESSION_ID", "Session expired or invalid")
        return held.user_id

    def expire_all(self) -> int:
        """End every token at once; answers how many there were."""
        count = len(self._tokens)
        self._tokens.clear()
        return count

    def revoke(self, token: str) -> bool:
        """End one access or refresh token."""
        return self._tokens.pop(token, None) is not None or self.refresh_tokens.pop(token, None) is not None

    # --- logging in ---

    def log_in(self, form: Mapping[str, str], authorization: str | None, base_url: str) -> dict[str, Any]:
        """The token endpoint's answer, or LoginRefused."""
        match form.get("grant_type"):
            case "client_credentials":
                self._check_client(form, authorization)
                if not self._org.settings.client_credentials_enabled:
                    raise LoginRefused("invalid_grant", "no client credentials user enabled")
                user = self._user_by_id(self._org.integration_user_id)
            case "refresh_token":
                self._check_client(form, authorization)
                user = self._by_refresh_token(form.get("refresh_token", ""))
            case "password":
                self._check_client(form, authorization)
                user = self._by_password(form.get("username", ""), form.get("password", ""))
            case grant if grant == _JWT_GRANT:
                user = self._by_assertion(form.get("assertion", ""))
            case None | "":
                raise LoginRefused("invalid_request", "missing required parameter: grant_type")
            case _:
                raise LoginRefused("unsupported_grant_type", "grant type not supported")
        answer = self._give_token(user, base_url)
        if form.get("grant_type") == "refresh_token" and self._org.settings.rotate_refresh_tokens:
            answer["refresh_token"] = self._rotate(form["refresh_token"])
        return answer

    def _rotate(self, old: str) -> str:
        """A new refresh token in the place of one that is used up."""
        new = f"sandbox-refresh-token-{self._count}"
        self.refresh_tokens[new] = self.refresh_tokens.pop(old)
        return new

    def _check_client(self, form: Mapping[str, str], authorization: str | None) -> None:
        client, secret = form.get("client_id"), form.get("client_secret")
        if authorization and authorization.lower().startswith("basic "):
            try:
                client, _, secret = base64.b64decode(authorization[6:], validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise LoginRefused("invalid_client", "invalid client credentials") from None
        if not client:
            raise LoginRefused("invalid_request", "missing required parameter: client_id")
        if client != self._org.settings.client_id:
            raise LoginRefused("invalid_client_id", "client identifier invalid")
        if secret != self._org.settings.client_secret:
            raise LoginRefused("invalid_client", "invalid client credentials")

    def _by_refresh_token(self, text: str) -> Stored:
        if text not in self.refresh_tokens:
            raise LoginRefused("invalid_grant", "expired access/refresh token")
        return self._user_by_id(self.refresh_tokens[text])

    def _by_password(self, username: str, password: str) -> Stored:
        allowed = self._org.settings.password_flow_enabled and self.passwords.get(username.lower()) == password
        user = self._user_by_name(username) if allowed else None
        if user is None:
            raise LoginRefused("invalid_grant", "authentication failure")
        return user

    def _by_assertion(self, assertion: str) -> Stored:
        settings = self._org.settings
        unchecked: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
        try:
            if settings.public_key:
                claims = jwt.decode(assertion, settings.public_key, algorithms=["RS256"], options=unchecked)
            else:
                unsigned: Any = {**unchecked, "verify_signature": False}
                claims = jwt.decode(assertion, options=unsigned, algorithms=["RS256"])
        except jwt.PyJWTError:
            raise LoginRefused("invalid_grant", "invalid assertion") from None
        if claims.get("iss") != settings.client_id:
            raise LoginRefused("invalid_client_id", "client identifier invalid")
        if claims.get("aud") not in _AUDIENCES:
            raise LoginRefused("invalid_grant", "audience is invalid")
        self._check_expiry(claims.get("exp"))
        user = self._user_by_name(str(claims.get("sub", "")))
        approved = settings.approved_users
        if user is None or (approved is not None and user["Username"] not in approved):
            raise LoginRefused("invalid_grant", "user hasn't approved this consumer")
        return user

    def _check_expiry(self, expiry: Any) -> None:
        try:
            seconds_left = float(expiry) - self._org.now().timestamp()
        except (TypeError, ValueError):
            raise LoginRefused("invalid_grant", "invalid assertion") from None
        if seconds_left <= 0:
            raise LoginRefused("invalid_grant", "expired authorization code")
        if seconds_left > 300:
            raise LoginRefused("invalid_grant", "invalid assertion")

    def _user_by_id(self, user_id: str) -> Stored:
        return self._org.tables["User"].records[user_id]

    def _user_by_name(self, username: str) -> Stored | None:
        users = self._org.tables["User"].records.values()
        return next((user for user in users if str(user["Username"]).lower() == username.lower()), None)

    def _give_token(self, user: Stored, base_url: str) -> dict[str, Any]:
        if not user["IsActive"]:
            raise LoginRefused("inactive_user", "user is inactive")
        now = self._org.now()
        while self._logins and self._logins[0][0] <= now - timedelta(hours=1):
            self._logins.popleft()
        if sum(user_id == user["Id"] for _, user_id in self._logins) >= self._org.settings.logins_per_hour:
            raise LoginRefused("invalid_grant", "login rate exceeded")
        self._logins.append((now, user["Id"]))
        self._org.counters["logins"] += 1
        self._count += 1
        text = f"{self._org.organization_id[:15]}!AQ{self._count:06d}.sandbox"
        self._tokens[text] = Token(text, user["Id"], now + timedelta(seconds=self._org.settings.token_life_for))
        return {
            "access_token": text,
            "signature": base64.b64encode(f"sandbox-{self._count}".encode()).decode(),
            "scope": "api",
            "instance_url": base_url,
            "id": f"{base_url}/id/{self._org.organization_id}/{user['Id']}",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1000)),
        }

    # --- who am I ---

    def identity(self, user_id: str, base_url: str) -> dict[str, Any]:
        """What the `id` URL answers."""
        user, organization = self._user_by_id(user_id), self._org.organization_id
        rest = f"{base_url}/services/data/v{{version}}"
        return {
            "id": f"{base_url}/id/{organization}/{user_id}",
            "asserted_user": True,
            "user_id": user_id,
            "organization_id": organization,
            "username": user["Username"],
            "nick_name": user["Alias"],
            "display_name": user["Name"],
            "email": user["Email"],
            "first_name": user.get("FirstName"),
            "last_name": user["LastName"],
            "timezone": user["TimeZoneSidKey"],
            "active": user["IsActive"],
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "de_DE_EURO",
            "urls": {"rest": f"{rest}/", "sobjects": f"{rest}/sobjects/", "query": f"{rest}/query/"},
            "last_modified_date": stamp(self._org.now()),
            "is_app_installed": True,
        }

    def user_info(self, user_id: str, base_url: str) -> dict[str, Any]:
        """What `/services/oauth2/userinfo` answers."""
        user, organization = self._user_by_id(user_id), self._org.organization_id
        return {
            "sub": f"{base_url}/id/{organization}/{user_id}",
            "user_id": user_id,
            "organization_id": organization,
            "preferred_username": user["Username"],
            "nickname": user["Alias"],
            "name": user["Name"],
            "email": user["Email"],
            "email_verified": True,
            "zoneinfo": user["TimeZoneSidKey"],
            "active": user["IsActive"],
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "de_DE_EURO",
            "urls": {"rest": f"{base_url}/services/data/v{{version}}/"},
        }
