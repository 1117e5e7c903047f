"""The web application, put together from what it is given: no globals, so a process can hold several."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadrelay import __version__
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.web import capture
from leadrelay.web.access import ApiUsers
from leadrelay.web.api import api_router
from leadrelay.web.entrances import Entrances
from leadrelay.web.errors import add_error_answers
from leadrelay.web.health import Ask, Condition, health_router
from leadrelay.web.intake_port import Intake
from leadrelay.web.metrics import Metrics
from leadrelay.web.script import script_router
from leadrelay.web.team_api import Desk, team_router
from leadrelay.web.views import Operations, Views

log = structlog.get_logger(__name__)

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class WebApp(FastAPI):
    """FastAPI for everything but captures, which go straight to their endpoint: no middleware, no dependencies, no redirects."""

    capture: capture.Capture

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(capture.PREFIX):
            await self.capture(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    *,
    entrances: Entrances,
    intake: Intake,
    views: Views | None = None,
    operations: Operations | None = None,
    desk: Desk | None = None,
    users: ApiUsers | None = None,
    metrics: Metrics | None = None,
    condition: Ask = Condition,
    clock: Clock = system_clock,
    lifespan: Lifespan | None = None,
) -> WebApp:
    """The application around one intake; `entrances` and `users` may be swapped while it runs.

    Without `views` and `operations` there is no API, without `desk` none about the team: only captures, health and metrics.
    """
    metrics = metrics or Metrics()
    metrics.watch_spool(intake.spooled)
    app = WebApp(
        title="leadrelay",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.capture = capture.Capture(entrances, intake, metrics, clock)
    app.add_middleware(SaneHeaders)
    add_error_answers(app)
    app.include_router(health_router(entrances, intake, metrics, condition))
    app.include_router(script_router())
    if views is not None and operations is not None:
        app.include_router(api_router(users or ApiUsers(), views, operations))
    if desk is not None:
        app.include_router(team_router(users or ApiUsers(), desk))
    return app


class SaneHeaders:
    """Adds the headers that keep browsers from guessing, framing and caching."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer's headers."""

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("x-frame-options", "DENY")
                headers.setdefault("referrer-policy", "same-origin")
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_completed if scope["type"] == "http" else send)
