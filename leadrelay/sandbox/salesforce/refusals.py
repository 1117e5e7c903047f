"""What the org refuses and how it says so: one value that becomes a REST array or a collection's per-record errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_STATUS = {
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "INVALID_SESSION_ID": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "INSUFFICIENT_ACCESS": 403,
    "API_DISABLED_FOR_ORG": 403,
    "METHOD_NOT_ALLOWED": 405,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}


@dataclass(frozen=True, slots=True)
class Error:
    """One complaint; `fields` is None where the real service sends no such key in a REST answer."""

    code: str
    message: str
    fields: tuple[str, ...] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def in_rest(self) -> dict[str, Any]:
        """The form it has in a REST answer's array: `errorCode`."""
        body: dict[str, Any] = {**self.more, "message": self.message, "errorCode": self.code}
        return body if self.fields is None else {**body, "fields": list(self.fields)}

    def in_collection(self) -> dict[str, Any]:
        """The form it has in a record's result: `statusCode`, and none of the extras (no duplicate ids)."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


class Refusal(Exception):
    """A record or a call that the org does not accept."""

    def __init__(self, errors: Iterable[Error], status: int | None = None) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.code}: {error.message}" for error in self.errors))
        self.status = status or _STATUS.get(self.errors[0].code, 400)

    @property
    def code(self) -> str:
        """The first complaint's code."""
        return self.errors[0].code

    def in_rest(self) -> list[dict[str, Any]]:
        """The body of a REST answer."""
        return [error.in_rest() for error in self.errors]

    def in_collection(self) -> dict[str, Any]:
        """The record's result in a collection."""
        return {"success": False, "errors": [error.in_collection() for error in self.errors]}


def refuse(code: str, message: str, fields: Iterable[str] | None = None, status: int | None = None) -> Refusal:
    """A refusal with one complaint."""
    return Refusal([Error(code, message, None if fields is None else tuple(fields))], status)
