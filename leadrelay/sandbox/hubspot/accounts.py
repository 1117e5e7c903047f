"""Tokens: the static one of a service key, and those that OAuth's refresh gives for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot.refusals import Refusal

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal

_ABOUT = "This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; a static one has no end."""

    text: str
    expires_at: datetime | None = None

    @property
    def is_oauth(self) -> bool:
        """Whether OAuth gave it."""
        return self.expires_at is not None


class Accounts:
    """The credentials of the app in one portal."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self._portal = portal
        self._tokens: dict[str, Token] = {}
        self._count = 0
        self.refresh_token = portal.settings.refresh_token
        self.is_revoked = False

    def check(self, authorization: str) -> Token:
        """The token of a call; raises Refusal with 401."""
        scheme, _, text = authorization.partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text:
            raise Refusal(401, "INVALID_AUTHENTICATION", f"Authentication credentials not found. {_ABOUT}")
        if text == self._portal.settings.access_token and not self.is_revoked:
            return Token(text)
        token = self._tokens.get(text)
        if token is None or token.expires_at is None:
            raise Refusal(401, "INVALID_AUTHENTICATION", f"The access token is invalid or was revoked. {_ABOUT}")
        late = (self._portal.now() - token.expires_at).total_seconds()
        if late >= 0:
            text = f"The OAuth token used to make this call expired {int(late)} second(s) ago."
            ended = [token.expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")]
            raise Refusal(401, "EXPIRED_AUTHENTICATION", text, context={"expire time": ended})
        return token

    def expire_all(self) -> int:
        """End every OAuth token now; answers how many were alive. The static token stays."""
        now = self._portal.now()
        alive = [one for one in self._tokens.values() if one.expires_at is not None and one.expires_at > now]
        for one in alive:
            self._tokens[one.text] = Token(one.text, now)
        return len(alive)

    def refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The token endpoint's answer; raises Refusal with 400."""
        settings = self._portal.settings
        self._portal.counters["token requests"] += 1
        if form.get("grant_type") != "refresh_token":
            raise _refused("BAD_GRANT_TYPE", "missing or unknown grant type")
        self._check_client(form)
        if not form.get("refresh_token") or form["refresh_token"] != self.refresh_token or self.is_revoked:
            raise _refused("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        self._count += 1
        if settings.rotate_refresh_token:
            self.refresh_token = f"{settings.refresh_token}-{self._count}"
        text = f"CKv{self._count:06d}-sandbox-oauth-{settings.portal_id}"
        self._tokens[text] = Token(text, self._portal.now() + timedelta(seconds=settings.token_life_for))
        return {
            "token_type": "bearer",
            "refresh_token": self.refresh_token,
            "access_token": text,
            "hub_id": settings.portal_id,
            "scopes": sorted(settings.scopes),
            "expires_in": int(settings.token_life_for),
        }

    def _check_client(self, form: Mapping[str, str]) -> None:
        settings = self._portal.settings
        if form.get("client_id") != settings.client_id:
            raise _refused("BAD_CLIENT_ID", "missing or invalid client id")
        if form.get("client_secret") != settings.client_secret:
            raise _refused("BAD_CLIENT_SECRET", "missing or invalid client secret")

    def introspected(self, form: Mapping[str, str]) -> dict[str, Any]:
        """What `/token/introspect` answers to the app that a token was given to; raises Refusal."""
        self._check_client(form)
        about = self.about(form.get("token", ""))
        return {"active": False} if about is None or not about["expires_in"] else {"active": True, **about}

    def of_private_app(self, text: str) -> dict[str, Any]:
        """What is told of a static token; raises Refusal."""
        settings = self._portal.settings
        if text != settings.access_token or self.is_revoked:
            raise Refusal(404, "OBJECT_NOT_FOUND", "No such private app token")
        return {
            "userId": int(self._portal.admin_user_id),
            "hubId": settings.portal_id,
            "appId": settings.app_id,
            "scopes": sorted(settings.scopes),
        }

    def about(self, text: str) -> dict[str, Any] | None:
        """What the token information endpoint says of a living token."""
        settings = self._portal.settings
        token = self._tokens.get(text)
        if token is None and text != settings.access_token:
            return None
        left = (token.expires_at - self._portal.now()).total_seconds() if token and token.expires_at else 0.0
        return {
            "token": text,
            "user": "admin@sandbox.example",
            "hub_domain": "sandbox.example",
            "scopes": sorted(settings.scopes),
            "hub_id": settings.portal_id,
            "app_id": settings.app_id,
            "user_id": self._portal.admin_user_id,
            "expires_in": max(0, int(left)),
            "token_type": "access",
        }


def _refused(status: str, message: str) -> Refusal:
    refusal = Refusal(400, None, message)
    error = "invalid_grant" if "REFRESH" in status else "invalid_request"
    refusal.more.update({"status": status, "error": error, "error_description": message})
    return refusal


def check_scopes(held: frozenset[str], needed: tuple[str, ...]) -> None:
    """One of the scopes must be held; raises Refusal with 403."""
    if needed and not held.intersection(needed):
        text = "One or more of the following scopes are required."
        raise Refusal(
            403,
            "MISSING_SCOPES",
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
            "https://developers.hubspot.com/scopes.",
            errors=[{"message": text, "context": {"requiredGranularScopes": list(needed)}}],
            links={"scopes": "https://developers.hubspot.com/scopes"},
        )
