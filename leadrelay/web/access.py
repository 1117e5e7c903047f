"""Who may use the API: bearer tokens with a role each, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from leadrelay.web.errors import ApiError

Role = Literal["reader", "operator", "admin"]
_RANKS: dict[Role, int] = {"reader": 0, "operator": 1, "admin": 2}


@dataclass(frozen=True, slots=True)
class ApiUser:
    """A program or person that may use the API."""

    name: str
    role: Role
    token: str = field(repr=False)


class ApiUsers:
    """The users of the configuration in force; `replace` swaps them as a whole."""

    def __init__(self, users: Iterable[ApiUser] = ()) -> None:
        self._users: tuple[tuple[bytes, ApiUser], ...] = ()
        self.replace(users)

    def replace(self, users: Iterable[ApiUser]) -> None:
        """Put a new set in force at once."""
        self._users = tuple((_digest(user.token), user) for user in users)

    def find(self, token: str) -> ApiUser | None:
        """The user of a token; every known token is compared, whichever fits."""
        given, found = _digest(token), None
        for digest, user in self._users:
            if hmac.compare_digest(given, digest):
                found = user
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


_BEARER = HTTPBearer(auto_error=False, description="A token of `web.tokens`")


def at_least(role: Role, users: ApiUsers) -> Callable[..., ApiUser]:
    """A dependency that gives the calling user, or answers 401 (no known token) or 403 (the role is not enough)."""

    def caller(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> ApiUser:
        user = None if credentials is None else users.find(credentials.credentials)
        if user is None:
            message = "a valid token is missing: send `Authorization: Bearer` with one of `web.tokens`"
            raise ApiError(401, "unauthorized", message, {"www-authenticate": "Bearer"})
        if _RANKS[user.role] < _RANKS[role]:
            raise ApiError(403, "forbidden", f"this needs the role `{role}`, and the token's is `{user.role}`")
        return user

    return caller
