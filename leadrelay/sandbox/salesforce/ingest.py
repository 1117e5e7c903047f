"""Bulk API 2.0 ingest: jobs that take a CSV file, work on it a while later and keep a result for each row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce import writing
from leadrelay.sandbox.salesforce.fields import NUMBERS, Field
from leadrelay.sandbox.salesforce.ids import make_id
from leadrelay.sandbox.salesforce.refusals import Refusal, refuse
from leadrelay.sandbox.salesforce.values import stamp
from leadrelay.sandbox.wire import Answer, Request

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import SalesforceOrg

_PREFIX = "750"
_MOST_BYTES = 150_000_000
_OPERATIONS = ("insert", "update", "upsert")
_NULL = "#N/A"


@dataclass(slots=True)
class Job:
    """One job; `rows` are the file's cells, and each row ends in one of the three results."""

    id: str
    object: str
    operation: str
    key: str
    user_id: str
    created_at: datetime
    state: str = "Open"
    due_at: datetime | None = None
    message: str = ""
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    successful: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)


def answer(org: SalesforceOrg, request: Request, rest: list[str], user_id: str, version: str) -> Answer:
    """Serve one call below `/jobs/ingest`."""
    if not rest:
        if request.method != "POST":
            raise refuse("METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed. Allowed are POST")
        return Answer(200, _described(_open(org, request.json(), user_id), version))
    job = org.jobs.get(rest[0])
    if job is None:
        raise refuse("NOT_FOUND", "The requested resource does not exist")
    _work(org, job)
    match (request.method, rest[1:]):
        case ("GET", []):
            return Answer(200, _described(job, version))
        case ("PATCH", []):
            return Answer(200, _described(_set_state(org, job, request.json()), version))
        case ("DELETE", []):
            del org.jobs[job.id]
            return Answer(204)
        case ("PUT", ["batches"]):
            _take(job, request)
            return Answer(201)
        case ("GET", ["successfulResults"]):
            return _results(["sf__Id", "sf__Created", *job.header], job.successful)
        case ("GET", ["failedResults"]):
            return _results(["sf__Id", "sf__Error", *job.header], job.failed)
        case ("GET", ["unprocessedrecords"]):
            return _results(job.header, job.unprocessed)
    raise refuse("NOT_FOUND", "The requested resource does not exist")


def _open(org: SalesforceOrg, body: Any, user_id: str) -> Job:
    wanted = body if isinstance(body, dict) else {}
    operation, key = str(wanted.get("operation")), str(wanted.get("externalIdFieldName") or "")
    if operation not in _OPERATIONS:
        raise refuse("INVALIDJOB", f"Unable to parse operation: {operation}", [])
    if wanted.get("contentType", "CSV") != "CSV" or wanted.get("lineEnding", "LF") != "LF":
        raise refuse("INVALIDJOB", "only CSV with LF is simulated", [])
    table = org.table(str(wanted.get("object")))
    if operation == "upsert":
        key = writing.external_id_field(table, key).name
    number = org.counters["bulk jobs"] = org.counters["bulk jobs"] + 1
    job = Job(make_id(_PREFIX, number), table.name, operation, key, user_id, org.now())
    org.jobs[job.id] = job
    return job


def _take(job: Job, request: Request) -> None:
    if job.state != "Open" or job.header:
        raise refuse("INVALIDJOBSTATE", f"Data can not be uploaded to a job in the state {job.state}", [])
    if len(request.body) > _MOST_BYTES:
        raise refuse("EXCEEDED_MAX_SIZE_REQUEST", "Maximum size of request exceeded: 150 MB", [])
    if request.headers.get("content-type", "").split(";")[0] != "text/csv":
        raise refuse("UNSUPPORTED_MEDIA_TYPE", "Content type must be text/csv", [])
    lines = list(csv.reader(io.StringIO(request.body.decode("utf-8"), newline=""), strict=True))
    job.header, job.rows = (lines[0], lines[1:]) if lines else ([], [])


def _set_state(org: SalesforceOrg, job: Job, body: Any) -> Job:
    wanted = body.get("state") if isinstance(body, dict) else None
    if wanted == "Aborted" and job.state in ("Open", "UploadComplete", "InProgress"):
        job.state, job.unprocessed = "Aborted", job.rows
    elif wanted == "UploadComplete" and job.state == "Open":
        job.state = "UploadComplete"
        job.due_at = datetime.fromtimestamp(org.now().timestamp() + org.settings.bulk_takes_for, org.now().tzinfo)
    else:
        raise refuse("INVALIDJOBSTATE", f"A job in the state {job.state} can not be set to {wanted}", [])
    return job


def _work(org: SalesforceOrg, job: Job) -> None:
    """Do what is due by now: the whole job at once, as soon as its time has come."""
    if job.state not in ("UploadComplete", "InProgress") or job.due_at is None:
        return
    job.state = "InProgress"
    if org.now() < job.due_at:
        return
    table = org.tables[job.object]
    unknown = [name for name in job.header if table.find_field(name) is None]
    if unknown or org.settings.bulk_failure:
        job.state, job.unprocessed = "Failed", job.rows
        job.message = org.settings.bulk_failure or f"InvalidBatch : Field name not found : {unknown[0]}"
        return
    done = len(job.rows) - min(org.settings.bulk_unprocessed, len(job.rows))
    for index, row in enumerate(job.rows[:done]):
        _row(org, job, row, index)
    job.unprocessed = job.rows[done:]
    job.state = "JobComplete"
    job.successful.reverse()  # results come in no particular order
    org.end_call()


def _row(org: SalesforceOrg, job: Job, row: list[str], index: int) -> None:
    table = org.tables[job.object]
    call = org.call(user_id=job.user_id, auto_assign=False)
    cells = dict(zip(job.header, row, strict=True))
    mark = org.mark()
    try:
        values = {name: _value(table.field(name), text) for name, text in cells.items() if text}
        key = values.pop(job.key or "Id", "")
        if job.operation == "upsert":
            crm_id, created = org.upsert(job.object, job.key, str(key), values, call, index)
        elif job.operation == "insert":
            crm_id, created = org.create(job.object, values, call, index), True
        else:
            crm_id, created = str(key), False
            org.update(job.object, crm_id, values, call, index)
        job.successful.append([crm_id, "true" if created else "false", *row])
    except Refusal as refusal:
        org.roll_back(mark)
        error = refusal.errors[0]
        job.failed.append(["", f"{error.code}:{error.message}:{','.join(error.fields or ())} --", *row])


def _value(field: Field, text: str) -> Any:
    if text == _NULL:
        return None
    if field.type == "boolean":
        return text.lower() in ("true", "1")
    if field.type in NUMBERS:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            raise refuse(
                "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.label}: value not of required type: {text}", [field.name]
            ) from None
    return text


def _described(job: Job, version: str) -> dict[str, Any]:
    at = stamp(job.created_at)
    body: dict[str, Any] = {
        "id": job.id, "operation": job.operation, "object": job.object, "createdById": job.user_id, "createdDate": at,
        "systemModstamp": at, "state": job.state, "concurrencyMode": "Parallel", "contentType": "CSV",
        "apiVersion": float(version[1:]), "jobType": "V2Ingest", "lineEnding": "LF", "columnDelimiter": "COMMA",
        "contentUrl": f"services/data/{version}/jobs/ingest/{job.id}/batches",
        "numberRecordsProcessed": len(job.successful) + len(job.failed), "numberRecordsFailed": len(job.failed), "retries": 0,
    }  # fmt: skip
    if job.key:
        body["externalIdFieldName"] = job.key
    return {**body, "errorMessage": job.message} if job.message else body


def _results(header: list[str], rows: list[list[str]]) -> Answer:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return Answer(200, csv=file.getvalue())
