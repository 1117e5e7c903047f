"""How the API says no: one JSON shape, one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from leadrelay.store.database import StoreUnavailable

log = structlog.get_logger(__name__)

_RETRY_AFTER_S = "5"
_SENTENCES = {404: "there is nothing at this address", 405: "this address does not take this method"}


class ErrorDetail(BaseModel):
    """What is wrong: a stable code for programs, one sentence for people."""

    code: str
    message: str
    field: str | None = None


class ErrorBody(BaseModel):
    """The body of every answer that is an error."""

    error: ErrorDetail


class ApiError(Exception):
    """Ends a request with a status and one sentence."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def not_found(what: str) -> ApiError:
    """The error for something that is not there."""
    return ApiError(404, "not_found", f"there is no such {what}: check its name or id")


def add_error_answers(app: FastAPI) -> None:
    """Have every error answered in the one shape; an unexpected one is logged with its trace and tells nothing outside."""
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(StoreUnavailable, _on_store_away)
    app.add_exception_handler(Exception, _on_bug)


def _answer(status: int, code: str, message: str, field: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    body = ErrorBody(error=ErrorDetail(code=code, message=message, field=field))
    return JSONResponse(body.model_dump(exclude_none=True), status_code=status, headers=dict(headers or {}))


async def _on_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this class only
    return _answer(error.status, error.code, error.message, headers=error.headers)


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    phrase = HTTPStatus(error.status_code).phrase.lower()
    message = {404: "there is nothing at this address", 405: "this address does not take this method"}.get(
        error.status_code, phrase
    )
    return _answer(error.status_code, phrase.replace(" ", "_"), message, headers=error.headers)


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    first = error.errors()[0]
    name = ".".join(str(step) for step in first["loc"][1:]) or str(first["loc"][0])
    said = str(first["msg"]).removeprefix("Value error, ")
    return _answer(422, "invalid_request", f"`{name}` is not usable: {said[:1].lower()}{said[1:]}", name)


async def _on_store_away(_request: Request, _error: Exception) -> Response:
    message = "the store can not be reached right now; captures go on: ask again later"
    return _answer(503, "store_unavailable", message, headers={"retry-after": _RETRY_AFTER_S})


async def _on_bug(_request: Request, error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    return _answer(500, "internal_error", "something went wrong here; the log has the details")
