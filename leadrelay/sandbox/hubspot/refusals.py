"""How the service says no: one refusal with its status, category and body, for a whole call or for one row of a batch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Invalid:
    """One property value that is not accepted."""

    name: str
    code: str
    message: str


class Refusal(Exception):
    """A call, or a row of a batch, that is refused."""

    def __init__(
        self,
        status: int,
        category: str | None,
        message: str,
        *,
        errors: Iterable[Mapping[str, Any]] = (),
        context: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.errors = [dict(error) for error in errors]
        self.context = dict(context or {})
        self.headers = dict(headers or {})
        self.more = more

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The body of a refused call."""
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation_id}
        if self.context:
            body["context"] = self.context
        if self.errors:
            body["errors"] = self.errors
        if self.category:
            body["category"] = self.category
        return body | self.more

    def row(self, trace_id: str | None = None) -> dict[str, Any]:
        """The refusal as one entry of a 207's `errors`."""
        context = dict(self.context)
        if trace_id is not None:
            context["objectWriteTraceId"] = [trace_id]
        body: dict[str, Any] = {"status": "error", "category": self.category, "message": self.message, "context": context}
        if self.errors:
            body["errors"] = self.errors
        return body


def invalid_values(found: Iterable[Invalid], portal_id: int, *, structured: bool = True) -> Refusal:
    """A 400 whose message holds JSON, as the objects API sends it; `structured` adds the same as `errors`."""
    listed = list(found)
    inner = [
        {
            "isValid": False,
            "message": one.message,
            "error": one.code,
            "name": one.name,
            "localizedErrorMessage": one.message,
            "portalId": portal_id,
        }
        for one in listed
    ]
    text = f"Property values were not valid: {json.dumps(inner, separators=(',', ':'))}"
    errors = [{"message": one.message, "code": one.code, "context": {"propertyName": [one.name]}} for one in listed]
    return Refusal(400, "VALIDATION_ERROR", text, errors=errors if structured else ())


def invalid_input(message: str, **more: Any) -> Refusal:
    """A 400 for a call that is put wrongly."""
    return Refusal(400, "VALIDATION_ERROR", message, **more)


def not_found(message: str = "resource not found", **more: Any) -> Refusal:
    """A 404 for a record or thing that is not there."""
    return Refusal(404, "OBJECT_NOT_FOUND", message, **more)
