"""Many new leads at once through Bulk API 2.0: a file of rows for an asynchronous job, and what became of each of them.

A job takes no headers for duplicate or assignment rules and says little of a refused row. So it is only for new records that no
look-up has found, and every row that it does not take goes the ordinary way afterwards, where all the rules are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn
from urllib.parse import quote

from connectors.base import BulkRow, Done, Outcome, Reject, Retry, Stop, TooLarge, Upsert
from connectors.salesforce.bodies import body_for
from connectors.salesforce.client import Client, Refused, long_id
from connectors.salesforce.config import SalesforceConfig
from connectors.salesforce.errors import CrmError, Next, fields_named, problem_of, rule_for
from connectors.salesforce.owners import Owners, owner_body
from connectors.salesforce.records import Candidates, Free, Reader, Taken, find_by_email
from connectors.salesforce.upserting import PEOPLE, has_external_id, link_of
from connectors.salesforce.writers import Json
from connectors.salesforce.writing import missing_external_id
from core.problems import Problem

MOST_BYTES = 100_000_000
"""A job takes 150 MB in base64, which are about 100 MB of CSV (Bulk API 2.0 Developer Guide, `Upload Job Data`)."""

_CSV = "text/csv; charset=UTF-8"
_NOT_OFFERED = ("not_found", "no_permission", "api_disabled", "no_object")
_END = "--"


class BulkFile:
    """The rows of one job, added in parts: found records are linked instead, and what can not go is told at once."""

    def __init__(self, client: Client, config: SalesforceConfig, owners: Owners, object_name: str) -> None:
        self._client = client
        self._config = config
        self._owners = owners
        self._object = object_name
        self._candidates = Candidates()
        self._records: list[Mapping[str, Json]] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self._records)

    def add(self, batch: Sequence[Upsert]) -> list[Outcome | BulkRow]:
        """Look the rows up and take those into the file that are new; the others' outcomes, in order."""
        try:
            return self._add(batch)
        except (Refused, TooLarge):  # a read was refused for one of the values: the ordinary way finds which
            return [_ordinarily(is_unsure=True) for _ in batch]

    def _add(self, batch: Sequence[Upsert]) -> list[Outcome | BulkRow]:
        schema = self._client.describe(self._object)
        if not has_external_id(schema, self._config.external_id):
            self._client.forget_schema(self._object)
            raise Stop(missing_external_id(self._object, self._config.external_id))
        if self._config.match_existing and self._object in PEOPLE:
            found = find_by_email(Reader(self._client, self._config.external_id), batch)
            self._candidates = Candidates(found.by_email, self._candidates.given)
        self._owners.load(owner for row in batch if (owner := row.rendered[self._object].owner))
        return [self._row(row) for row in batch]

    def _row(self, row: Upsert) -> Outcome | BulkRow:
        match self._candidates.choose(row):
            case Free(held):
                return link_of(row, held)
            case Taken():  # a duplicate rule may stop it, and a job can not insist
                return _ordinarily(is_unsure=True)
        schema, rendered = self._client.describe(self._object), row.rendered[self._object]
        try:
            body = body_for(schema, rendered, self._config.external_id, None)
        except Reject as reject:
            return reject
        body = owner_body(body, rendered.owner, self._owners, schema, None, "")
        size = sum(len(str(value)) * 4 + 3 for value in body.fields.values())
        if self._size + size > MOST_BYTES:
            return _ordinarily(is_unsure=False)
        self._size += size
        self._records.append({self._config.external_id: row.external_id, **body.fields})
        return BulkRow(body.problems)

    def as_csv(self) -> bytes:
        """The file: a cell that says nothing stays empty, which Salesforce passes over."""
        columns = list(dict.fromkeys(name for record in self._records for name in record))
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)  # a lone carriage return is not quoted otherwise
        writer.writerow(columns)
        writer.writerows([_cell(record.get(name)) for name in columns] for record in self._records)
        return file.getvalue().encode("utf-8")


def _cell(value: Json | None) -> str:
    """A value as a cell. A text that a job would read as `empty this field` keeps its look, but not its meaning."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value} " if value == "#N/A" else str(value).replace("\x00", "")


def _ordinarily(*, is_unsure: bool) -> Retry:
    """The row goes the ordinary way at once; unsure ones are not put into a job again."""
    return Retry("this row does not go into a bulk job", after=0, may_have_happened=is_unsure, code="partly")


# --- the job ----------------------------------------------------------------------------------------------------------


def open_job(client: Client, external_id: str, object_name: str) -> str | None:
    """Open a job that takes no data yet; None when the org or our user may have no such jobs."""
    wanted = {
        "object": object_name, "operation": "upsert", "externalIdFieldName": external_id, "contentType": "CSV",
        "lineEnding": "LF",
    }  # fmt: skip
    try:
        answer = client.call("POST", "jobs/ingest", json=wanted, writes=True)
    except Refused:
        return None
    except Stop as stop:
        if stop.problem.code not in _NOT_OFFERED:
            raise
        return None
    crm_id = str(answer.get("id") or "") if isinstance(answer, Mapping) else ""
    if not crm_id:
        raise Retry("Salesforce's answer names no job", code="strange_answer")
    return crm_id


def send(client: Client, job: str, file: BulkFile) -> None:
    """Upload the file and let the job begin."""
    try:
        client.text("PUT", f"{_path(job)}/batches", data=file.as_csv(), content_type=_CSV)
        client.call("PATCH", _path(job), json={"state": "UploadComplete"}, writes=True)
    except Refused as refused:
        _raise_for(refused)


def collect(client: Client, external_id: str, job: str, external_ids: Sequence[str]) -> list[Outcome] | None:
    """What became of each row, by its external id; None while the job is not done."""
    try:
        state = _state(client, job)
        if state in ("UploadComplete", "InProgress"):
            return None
        if state == "Open":  # the file never arrived: nothing was written
            client.call("PATCH", _path(job), json={"state": "Aborted"}, writes=True)
            return [_ordinarily(is_unsure=False) for _ in external_ids]
        found = _results(client, external_id, job) if state else {}
    except Refused as refused:
        _raise_for(refused)
    if state != "JobComplete":
        client.forget_schemas()  # most likely a column that the org does not have any more
    return [found.get(one.lower()) or _ordinarily(is_unsure=True) for one in external_ids]


def _state(client: Client, job: str) -> str:
    """The job's state; empty when Salesforce does not know the job any more."""
    try:
        answer = client.call("GET", _path(job))
    except Stop as stop:
        if stop.problem.code != "not_found":
            raise
        return ""
    return str(answer.get("state") or "InProgress") if isinstance(answer, Mapping) else "InProgress"


def _results(client: Client, external_id: str, job: str) -> dict[str, Outcome]:
    """The rows that the job has written or refused, by external id in lower case; the others were not processed."""
    found: dict[str, Outcome] = {}
    for row in _rows(client.text("GET", f"{_path(job)}/successfulResults")):
        wrote = {name: cell for name, cell in row.items() if cell and not name.startswith("sf__")}
        created = row.get("sf__Created", "").lower() == "true"
        done = Done(long_id(row.get("sf__Id", "")), created=created, sent=tuple(wrote), wrote=wrote)
        found[row.get(external_id, "").lower()] = done
    for row in _rows(client.text("GET", f"{_path(job)}/failedResults")):
        found[row.get(external_id, "").lower()] = _refused(row)
    return found


def _rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of a results file; a cell may hold lines of its own."""
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield {name: cell or "" for name, cell in row.items() if isinstance(name, str)}


def _refused(row: Mapping[str, str]) -> Outcome:
    """A row that the job refused: rejected where no other way would take it, else it goes the ordinary way."""
    error = error_in(row.get("sf__Error", ""))
    rule = rule_for(error)
    if rule.next is not Next.REJECT or not error.code:
        return _ordinarily(is_unsure=True)
    names = fields_named(error, {name.lower(): name for name in row})
    return Reject(problem_of(error, rule, names, [cell for name, cell in row.items() if not name.startswith("sf__")]))


def error_in(text: str) -> CrmError:
    """The error in a results file: `CODE:message:Field1,Field2 --`; the message may hold colons of its own."""
    code, _, rest = text.strip().partition(":")
    message, colon, named = rest.removesuffix(_END).rstrip().rpartition(":")
    if not (colon and rest.endswith(_END)):
        return CrmError(code.strip(), rest.strip())
    return CrmError(code.strip(), message.strip(), tuple(name.strip() for name in named.split(",") if name.strip()))


def _path(job: str) -> str:
    return f"jobs/ingest/{quote(job, safe='')}"


def _raise_for(refused: Refused) -> NoReturn:
    """A job that is refused is no reason to stop the sink: the rows go the ordinary way when the job is looked at next."""
    problem: Problem = problem_of(refused.error, rule_for(refused.error))
    raise Retry(problem.message, after=5, may_have_happened=True, code="bulk_refused") from refused
