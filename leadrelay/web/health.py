"""Health: whether captures can be committed, and what a person should look at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from core.problems import Problem
from leadrelay.web.entrances import Entrances
from leadrelay.web.intake_port import Intake
from leadrelay.web.metrics import Metrics

log = structlog.get_logger(__name__)

_ASK_WITHIN_S = 2.0
_ASKED_BY = ["GET", "HEAD"]
"""Many monitors and load balancers ask by HEAD, and would take 405 for an outage."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What does not stop captures but wants a person: configuration problems, and with the reason paused sinks and sources,
    sources that fail, and those whom no notice reaches. Anybody may read it, so it names no file and nobody."""

    problems: tuple[Problem, ...] = ()
    paused_sinks: Mapping[str, str] = field(default_factory=dict)
    paused_sources: Mapping[str, str] = field(default_factory=dict)
    failing_sources: Mapping[str, str] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)


Ask = Callable[[], Condition]
"""Tells the present condition; may ask the store, so it is called in a thread and with a time limit."""


def health_router(entrances: Entrances, intake: Intake, metrics: Metrics, condition: Ask) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`; outside the API's tokens and its OpenAPI document."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/health/live", methods=_ASKED_BY)
    async def live() -> Response:
        return JSONResponse({"live": True})

    @router.api_route("/health/ready", methods=_ASKED_BY)
    async def ready() -> Response:
        is_ready = entrances.is_loaded and intake.is_ready()
        body = {"ready": is_ready, **await _details(intake, condition)}
        if not entrances.is_loaded:
            body["reason"] = "no configuration is in force yet"
        elif not is_ready:
            body["reason"] = "neither the store nor the spool can commit"
        return JSONResponse(body, status_code=200 if is_ready else 503)

    @router.get("/metrics")
    def page() -> Response:
        return Response(metrics.page(), media_type=None, headers={"content-type": metrics.content_type})

    return router


async def _details(intake: Intake, condition: Ask) -> dict[str, object]:
    """Everything but the verdict; what can not be told in time is left out, for readiness must not hang on the store."""
    details: dict[str, object] = {"store": "away" if intake.is_store_away() else "ok"}
    try:
        async with asyncio.timeout(_ASK_WITHIN_S):
            details["spool"] = await run_in_threadpool(intake.spooled)
            now = await run_in_threadpool(condition)
    except Exception as error:
        log.warning("health_details_failed", error=type(error).__name__)
        return details
    details["problems"] = [problem.as_json() for problem in now.problems]
    details["paused_sinks"] = dict(now.paused_sinks)
    details["paused_sources"] = dict(now.paused_sources)
    details["failing_sources"] = dict(now.failing_sources)
    details["untold"] = dict(now.untold)
    return details
