"""The API under `/api/v1`: leads with provenance, submissions, deliveries, sources and sinks, for readers and operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.instants import Instant, from_datetime
from leadrelay.web import views
from leadrelay.web.access import ApiUser, ApiUsers, at_least
from leadrelay.web.errors import ApiError, ErrorBody, not_found
from leadrelay.web.views import Operations, Page, Views

T = TypeVar("T")

_KINDS: tuple[Literal["source", "sink"], ...] = ("source", "sink")
_TEXT = r"^[^\x00-\x1f]*$"
_NAME = r"^[a-z0-9_]{1,100}$"
_UID = r"^[0-9A-Za-z]{13}$"

Uid = Annotated[str, Path(pattern=_UID, description="The id as lists show it", examples=["01JD3N8Q0X4T2"])]
Name = Annotated[str, Path(pattern=_NAME, description="The name in the configuration")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{1,200}$", description="`next` of the page before")]
SearchText = Annotated[
    str | None, Query(max_length=200, pattern=_TEXT, description="An e-mail address, or the start of a name or company")
]
_TOPIC = "A field's path, `owner`, `score`, `status`, `outcome`, a segment's or a sink's name"
Topic = Annotated[str, Query(max_length=200, pattern=_TEXT, description=f"{_TOPIC}; empty: all")]
What = Annotated[str, Path(max_length=200, pattern=_TEXT, description=_TOPIC, examples=["person.phone"])]
Since = Annotated[AwareDatetime | None, Query(description="At or after this time, with its zone")]


class RetrySubmissions(BaseModel):
    """Which submissions to work on again; at least one condition."""

    model_config = ConfigDict(extra="forbid")

    source: str | None = Field(default=None, pattern=_NAME)
    state: Literal["held", "rejected", "quarantined"] | None = None
    dry_run: bool = Field(default=False, description="Only count them.")


class RetryDeliveries(BaseModel):
    """Which failed deliveries to send again; at least one condition."""

    model_config = ConfigDict(extra="forbid")

    sink: str | None = Field(default=None, pattern=_NAME)
    object: str | None = Field(default=None, max_length=200, pattern=_TEXT)
    lead: str | None = Field(default=None, pattern=_UID)
    dry_run: bool = Field(default=False, description="Only count them.")


@dataclass(frozen=True, slots=True)
class Retried:
    """How many are worked on again, or would be."""

    count: int
    dry_run: bool


class Pause(BaseModel):
    """Why something is paused."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=500, pattern=_TEXT)


@dataclass(frozen=True, slots=True)
class Switched:
    """The state after a pause or a resume."""

    name: str
    paused: bool


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ErrorBody} for status in (401, 403, 422, 503, *statuses)}


def api_router(users: ApiUsers, shown: Views, operations: Operations) -> APIRouter:
    """All routes of the API."""
    router = APIRouter(prefix="/api/v1")
    router.include_router(_reading(users, shown))
    router.include_router(_operating(users, operations))
    return router


def _reading(users: ApiUsers, shown: Views) -> APIRouter:
    router = APIRouter(dependencies=[Depends(at_least("reader", users))])
    for part in (_leads(shown), _work(shown), _ends(shown)):
        router.include_router(part)
    return router


def _leads(shown: Views) -> APIRouter:
    """The people, and why they are as they are."""
    router = APIRouter()

    @router.get("/leads", responses=_errors(), tags=["leads"], operation_id="list_leads")
    def leads(
        text: SearchText = None,
        outcome: Annotated[str | None, Query(max_length=100, pattern=_TEXT)] = None,
        updated_since: Since = None,
        is_test: bool | None = None,
        is_overdue: bool = False,
        after: Cursor = None,
        limit: Limit = 50,
    ) -> Page[views.LeadRow]:
        """Leads, the last changed first; with `is_overdue` the open ones that nobody has answered in time."""
        only = views.LeadFilter(text or None, outcome or None, _instant(updated_since), is_test, is_overdue)
        return shown.leads(only, after, limit)

    @router.get("/leads/{uid}", responses=_errors(404), tags=["leads"], operation_id="show_lead")
    def lead(uid: Uid) -> views.LeadView:
        """One lead: each field with the touch that gave it, its touches and its deliveries."""
        return _found(shown.lead(uid), "lead")

    @router.get("/leads/{uid}/why", responses=_errors(404), tags=["leads"], operation_id="explain_lead")
    def why(
        uid: Uid,
        topic: Topic = "",
    ) -> views.Why:
        """Why the lead, or one thing about it, is as it is: the lineage from raw bytes to CRM call."""
        return _why(shown, uid, topic)

    @router.get("/leads/{uid}/why/{what}", responses=_errors(404), tags=["leads"], operation_id="explain_of_lead")
    def why_what(uid: Uid, what: What) -> views.Why:
        """Why one thing about the lead is as it is; the same as `why` with a topic."""
        return _why(shown, uid, what)

    @router.get("/leads/{uid}/history", responses=_errors(404), tags=["leads"], operation_id="lead_history")
    def history(uid: Uid) -> views.History:
        """What happened to the lead, oldest first: touches, calls, and what people did with it in each CRM."""
        return _found(shown.history(uid), "lead")

    return router


def _why(shown: Views, uid: str, topic: str) -> views.Why:
    try:
        return _found(shown.why(uid, topic), "lead")
    except views.UnknownTopic as unknown:
        raise ApiError(404, "unknown_topic", str(unknown)) from unknown


def _work(shown: Views) -> APIRouter:
    """What came in, and what goes out."""
    router = APIRouter()

    @router.get("/submissions", responses=_errors(), tags=["submissions"], operation_id="list_submissions")
    def submissions(
        source: Annotated[str | None, Query(pattern=_NAME)] = None,
        state: views.SubmissionState | None = None,
        received_since: Since = None,
        after: Cursor = None,
        limit: Limit = 50,
    ) -> Page[views.SubmissionRow]:
        """Submissions, the newest first."""
        only = views.SubmissionFilter(None, source, state, _instant(received_since))
        return shown.submissions(only, after, limit)

    @router.get("/submissions/{uid}", responses=_errors(404), tags=["submissions"], operation_id="show_submission")
    def submission(uid: Uid) -> views.SubmissionView:
        """One submission as it was captured, with its names as a mapping sees them."""
        return _found(shown.submission(uid), "submission")

    @router.get("/deliveries", responses=_errors(), tags=["deliveries"], operation_id="list_deliveries")
    def deliveries(
        sink: Annotated[str | None, Query(pattern=_NAME)] = None,
        state: views.DeliveryState | None = None,
        lead: Annotated[str | None, Query(pattern=_UID)] = None,
        after: Cursor = None,
        limit: Limit = 50,
    ) -> Page[views.DeliveryRow]:
        """Deliveries, the last changed first."""
        return shown.deliveries(views.DeliveryFilter(None, sink, None, state, lead), after, limit)

    return router


def _ends(shown: Views) -> APIRouter:
    """Where leads come from and where they go."""
    router = APIRouter()

    @router.get("/sources", responses=_errors(), tags=["sources"], operation_id="list_sources")
    def sources() -> list[views.SourceView]:
        """All sources, with what came in by state."""
        return shown.sources()

    @router.get("/sinks", responses=_errors(), tags=["sinks"], operation_id="list_sinks")
    def sinks() -> list[views.SinkView]:
        """All sinks, with their queues by state."""
        return shown.sinks()

    return router


def _operating(users: ApiUsers, operations: Operations) -> APIRouter:
    router = APIRouter()
    operator = Depends(at_least("operator", users))

    @router.post("/submissions/retry", responses=_errors(), tags=["submissions"], operation_id="retry_submissions")
    def retry_submissions(which: RetrySubmissions, user: ApiUser = operator) -> Retried:
        """Work on all held, rejected or quarantined submissions of a filter again."""
        _want_condition(which.source, which.state)
        only = views.SubmissionFilter(source=which.source, state=which.state)
        return Retried(operations.retry_submissions(only, by=user.name, dry_run=which.dry_run), which.dry_run)

    @router.post("/submissions/{uid}/retry", responses=_errors(404), tags=["submissions"], operation_id="retry_submission")
    def retry_submission(uid: Uid, user: ApiUser = operator) -> Retried:
        """Work on one held, rejected or quarantined submission again."""
        count = operations.retry_submissions(views.SubmissionFilter(uid=uid), by=user.name, dry_run=False)
        return _retried(count, "held, rejected or quarantined submission")

    @router.post("/deliveries/retry", responses=_errors(), tags=["deliveries"], operation_id="retry_deliveries")
    def retry_deliveries(which: RetryDeliveries, user: ApiUser = operator) -> Retried:
        """Send all failed deliveries of a filter again."""
        _want_condition(which.sink, which.object, which.lead)
        only = views.DeliveryFilter(sink=which.sink, object=which.object, state="failed", lead=which.lead)
        return Retried(operations.retry_deliveries(only, by=user.name, dry_run=which.dry_run), which.dry_run)

    @router.post("/deliveries/{uid}/retry", responses=_errors(404), tags=["deliveries"], operation_id="retry_delivery")
    def retry_delivery(uid: Uid, user: ApiUser = operator) -> Retried:
        """Send one failed delivery again."""
        count = operations.retry_deliveries(views.DeliveryFilter(uid=uid), by=user.name, dry_run=False)
        return _retried(count, "failed delivery")

    for kind in _KINDS:
        _add_switches(router, kind, operations, operator)
    return router


def _add_switches(router: APIRouter, kind: Literal["source", "sink"], operations: Operations, operator: Any) -> None:
    @router.post(f"/{kind}s/{{name}}/pause", responses=_errors(404), tags=[f"{kind}s"], operation_id=f"pause_{kind}")
    def pause(name: Name, why: Pause | None = None, user: ApiUser = operator) -> Switched:
        """Stop working on it: what comes in is still captured, and what waits is kept."""
        if not operations.pause(kind, name, why.reason if why else "", by=user.name):
            raise not_found(kind)
        return Switched(name, True)

    @router.post(f"/{kind}s/{{name}}/resume", responses=_errors(404), tags=[f"{kind}s"], operation_id=f"resume_{kind}")
    def resume(name: Name, user: ApiUser = operator) -> Switched:
        """Go on with what waits."""
        if not operations.resume(kind, name, by=user.name):
            raise not_found(kind)
        return Switched(name, False)


def _instant(moment: datetime | None) -> Instant | None:
    return None if moment is None else from_datetime(moment)


def _found(thing: T | None, what: str) -> T:
    if thing is None:
        raise not_found(what)
    return thing


def _retried(count: int, what: str) -> Retried:
    if not count:
        raise not_found(what)
    return Retried(count, False)


def _want_condition(*conditions: str | None) -> None:
    if not any(conditions):
        message = "this would touch everything: give at least one condition"
        raise ApiError(422, "invalid_request", message)
