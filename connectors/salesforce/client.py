"""The one module that speaks to Salesforce: simple-salesforce with what it lacks.

It adds time-outs, one pooled session, a token shared by all workers, headers that survive the repeat after a 401, checked
ids and paths, and turns every refusal into what should happen next.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from simple_salesforce.format import quote_soql_value
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError, ProxyError

from connectors.base import Retry, Stop, Tokens, TooLarge, Usage
from connectors.http import untrusted_certificate
from connectors.salesforce.auth import Token, fetch_token, login_fingerprint, read_token
from connectors.salesforce.config import SalesforceConfig
from connectors.salesforce.errors import CrmError, Next, as_retry, errors_in, gravest, problem_of
from connectors.salesforce.schema import Schema, read_schema
from connectors.salesforce.transport import PLACEHOLDER, Transport, open_session
from core.instants import Instant
from core.problems import Problem

Row = dict[str, Any]
"""One record as Salesforce's JSON has it."""

DESCRIBE_LIVES_FOR = 300.0
_QUERY_LENGTH = 14_500  # encoded; an address may have about 16 KB with host, path and version
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_QUOTED = re.compile(rb"[^A-Za-z0-9_.~ -]")
"""What an address holds as three characters."""
_NEXT_PAGE = re.compile(r"/services/data/v\d+\.\d/query(?:All)?/[\w-]+")
_HIDDEN = ("not_found", "no_object", "no_permission")
_NOT_SENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, ProxyError)


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a query, and the address of the next ones; empty when these are the last."""

    rows: list[Row]
    next: str = ""


class Refused(Exception):
    """A whole call was refused for something in it: a field, a value, a record."""

    def __init__(self, error: CrmError) -> None:
        super().__init__(error.code)
        self.error = error


class _Expired(Exception):
    """The access token is not accepted (any more)."""


def is_record_id(text: str) -> bool:
    """Whether a text has the form of a Salesforce id: 15 or 18 letters and digits."""
    return _ID.fullmatch(text) is not None


def same_id(one: str, other: str) -> bool:
    """Whether two ids of 15 or 18 characters name the same record."""
    return bool(one) and one[:15] == other[:15]


_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def long_id(crm_id: str) -> str:
    """The 18-character form of an id: three check characters tell which letters are capitals."""
    if len(crm_id) != 15:
        return crm_id
    chunks = (crm_id[start : start + 5] for start in (0, 5, 10))
    return crm_id + "".join(_CHECK[sum(1 << i for i, char in enumerate(chunk) if char.isupper())] for chunk in chunks)


class _Package(Salesforce):
    """The package with what it lacks: a call whose body and answer are texts and no JSON."""

    def text(self, path: str, method: str, data: bytes | None, headers: Mapping[str, str]) -> str:
        """One REST call below the version's base path; the answer's text, whatever character set its header leaves out."""
        more: dict[str, Any] = {} if data is None else {"data": data}
        answer = self._call_salesforce(
            method, self.base_url + path, name=path, headers=dict(headers), allow_redirects=False, **more
        )
        return answer.content.decode("utf-8-sig", errors="replace")


class Client:
    """One org over one pooled connection; used by one thread at a time."""

    def __init__(self, config: SalesforceConfig, tokens: Tokens, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._tokens = tokens
        self._monotonic = monotonic
        self._given_for = login_fingerprint(config)
        self._transport = Transport(config.timeout)
        ca_file = str(config.ca_file) if config.ca_file else None
        self._session = open_session(self._transport, ca_file=ca_file, proxy=config.proxy)
        self._document: str | None = None
        self._package: _Package | None = None
        self._schemas: dict[str, tuple[float, Schema]] = {}
        self._hidden: dict[str, float] = {}

    @property
    def calls(self) -> int:
        """How many API calls were sent, token requests not counted."""
        return self._transport.calls

    @property
    def usage(self) -> Usage | None:
        """The org's API usage as of the newest answer."""
        return self._transport.usage

    @property
    def clock(self) -> Instant | None:
        """What time it is at Salesforce, as the newest answer says; None when it says nothing."""
        return self._transport.clock

    @property
    def external_id(self) -> str:
        """The field that carries our own ids."""
        return self._config.external_id

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    # --- reading ------------------------------------------------------------------------------------------------------

    def describe(self, object_name: str) -> Schema:
        """The fields of an object that the user sees, asked again every few minutes."""
        known = self._schemas.get(object_name)
        if known and self._monotonic() - known[0] < DESCRIBE_LIVES_FOR:
            return known[1]
        schema = read_schema(self.call("GET", f"sobjects/{_checked_name(object_name)}/describe"))
        self._schemas[object_name] = (self._monotonic(), schema)
        return schema

    def describe_if_visible(self, object_name: str) -> Schema | None:
        """The object's fields, or None when the org does not have it or does not show it to our user."""
        hidden_since = self._hidden.get(object_name)
        if hidden_since is not None and self._monotonic() - hidden_since < DESCRIBE_LIVES_FOR:
            return None
        if not _NAME.fullmatch(object_name):
            return None
        try:
            return self.describe(object_name)
        except Stop as stop:
            if stop.problem.code not in _HIDDEN:
                raise
            self._hidden[object_name] = self._monotonic()
            return None

    def forget_schemas(self) -> None:
        """Ask for all objects' fields again with the next use: the org was changed."""
        self._schemas.clear()
        self._hidden.clear()

    def forget_schema(self, object_name: str) -> None:
        """Ask for the object's fields again with the next use: the org was changed."""
        self._schemas.pop(object_name, None)
        self._hidden.pop(object_name, None)

    def select(
        self, columns: Sequence[str], object_name: str, where: str, values: Iterable[str], *, deleted_too: bool = False
    ) -> list[Row]:
        """The records whose `where` field is one of the values, in as few queries as addresses of 16 KB allow."""
        for name in (*columns, object_name, where):
            _checked_name(name)
        head = f"SELECT {','.join(columns)} FROM {object_name} WHERE {where} IN "
        found: list[Row] = []
        for part in _parts(list(dict.fromkeys(values)), _QUERY_LENGTH - len(quote_plus(head)) - 10):
            found += self._query(head + "(" + ",".join(quote_soql_value(value) for value in part) + ")", deleted_too)
        return found

    def first(self, columns: Sequence[str], object_name: str) -> Row | None:
        """Any one record of an object."""
        for name in (*columns, object_name):
            _checked_name(name)
        found = self._query(f"SELECT {','.join(columns)} FROM {object_name} LIMIT 1", deleted_too=False)
        return found[0] if found else None

    def page(self, soql: str, *, deleted_too: bool = False, size: int = 0) -> Page:
        """The first records of a query that is made of checked names and quoted values, about `size` of them."""
        more = {"headers": {"Sforce-Query-Options": f"batchSize={size}"}} if size else {}
        answer = self._answered(lambda package: package.query(soql, include_deleted=deleted_too, allow_redirects=False, **more))
        return _page(answer)

    def next_page(self, address: str) -> Page:
        """The next records of a query, by the address that the page before named."""
        if not _NEXT_PAGE.fullmatch(address):
            raise Retry("Salesforce named a next page that is no page of a query", code="strange_answer")
        return _page(self._answered(_page_of(address)))

    def _query(self, soql: str, deleted_too: bool) -> list[Row]:
        page = self.page(soql, deleted_too=deleted_too)
        rows = page.rows
        while page.next:
            page = self.next_page(page.next)
            rows += page.rows
        return rows

    # --- writing ------------------------------------------------------------------------------------------------------

    def upsert(self, object_name: str, field: str, records: Sequence[Row], headers: Mapping[str, str]) -> list[Row]:
        """Create or update records of one object by an external id; one result per record, in order."""
        path = f"composite/sobjects/{_checked_name(object_name)}/{_checked_name(field)}"
        return self._collection("PATCH", path, records, headers)

    def update(self, records: Sequence[Row], headers: Mapping[str, str]) -> list[Row]:
        """Update records by their `id`; one result per record, in order."""
        for record in records:
            _checked_id(str(record["id"]))
        return self._collection("PATCH", "composite/sobjects", records, headers)

    def create(self, records: Sequence[Row], headers: Mapping[str, str]) -> list[Row]:
        """Create records; one result per record, in order."""
        return self._collection("POST", "composite/sobjects", records, headers)

    def delete(self, ids: Sequence[str]) -> list[Row]:
        """Put records into the recycle bin; one result per id, in order."""
        path = f"composite/sobjects?ids={','.join(_checked_id(crm_id) for crm_id in ids)}&allOrNone=false"
        return _each(self.call("DELETE", path, writes=True), len(ids))

    def _collection(self, method: str, path: str, records: Sequence[Row], headers: Mapping[str, str]) -> list[Row]:
        body = {"allOrNone": False, "records": list(records)}
        return _each(self.call(method, path, json=body, headers=headers, writes=True), len(records))

    # --- one call -----------------------------------------------------------------------------------------------------

    def call(
        self, method: str, path: str, *, json: object = None, headers: Mapping[str, str] | None = None, writes: bool = False
    ) -> Any:
        """One REST call below the version's base path; the path is made of checked names only."""
        more: dict[str, Any] = {"allow_redirects": False}
        if json is not None:
            more["json"] = json
        if headers:
            more["headers"] = dict(headers)
        return self._answered(lambda package: package.restful(path, method=method, **more), writes=writes)

    def text(self, method: str, path: str, *, data: bytes | None = None, content_type: str = "") -> str:
        """One REST call whose body and answer are files; the path is made of checked names and encoded ids only."""
        headers = {"Accept": "*/*"} | ({"Content-Type": content_type} if data is not None else {})
        return str(self._answered(lambda package: package.text(path, method, data, headers), writes=data is not None))

    def token(self) -> Token:
        """The token in use, asked for when there is none."""
        document = self._tokens.current()
        token = read_token(document, self._given_for)
        if token is None:
            document = self._tokens.refresh(document, self._fetch)
            token = read_token(document, self._given_for)
        if token is None:
            raise Stop(
                Problem("login_refused", "the stored token is for another login: check that one sink has one login", "auth")
            )
        self._document = document
        return token

    def _fetch(self) -> str:
        known = read_token(self._tokens.current(), self._given_for)
        return fetch_token(self._config, known.refresh_token if known else "").as_document()

    def _answered(self, send: Callable[[_Package], Any], *, writes: bool = False) -> Any:
        """Send once, and once more with a new token after a 401: the same call with all its headers."""
        attempts = Retrying(
            stop=stop_after_attempt(2),
            retry=retry_if_exception_type(_Expired),
            before_sleep=lambda _: self._renew(),
            reraise=True,
        )
        try:
            return attempts(self._once, send, writes)
        except _Expired as error:
            if self._tokens.current() != self._document:
                raise Retry("another worker is renewing the token", after=1, code="busy") from None
            sentence = "Salesforce does not accept a token that it has just given: check that the app's user may use the API"
            raise Retry(sentence, after=2, code="session_refused") from error

    def _renew(self) -> None:
        self._tokens.refresh(self._document, self._fetch)

    def _once(self, send: Callable[[_Package], Any], writes: bool) -> Any:
        """One try. Failures are raised anew and unchained: the package's own texts repeat addresses and bodies."""
        package = self._salesforce()
        try:
            return send(package)
        except SalesforceError as error:
            errors = errors_in(error.content, error.status)
        except requests.exceptions.JSONDecodeError:
            raise Retry("the answer is not JSON", may_have_happened=writes, code="unavailable") from None
        except requests.exceptions.SSLError as error:
            raise _tls_failure(error) from None
        except requests.exceptions.RequestException as error:
            raise _unreachable(error, writes) from None
        raise self._refusal(errors, writes)

    def _salesforce(self) -> _Package:
        """The package's object for the newest token; only its session is ours."""
        token = self.token()
        if self._package is None or self._package.session_id != token.access_token:
            self._package = _Package(
                session_id=token.access_token, instance_url=PLACEHOLDER, version=self._config.api_version,
                session=self._session, object_pairs_hook=dict,
            )  # fmt: skip
        self._transport.origin = token.instance_url
        return self._package

    def _refusal(self, errors: list[CrmError], writes: bool) -> Exception:
        error, rule = gravest(errors)
        if rule.next is Next.REFRESH:
            return _Expired()
        if rule.next is Next.RETRY:
            is_unsure = writes and error.status >= 500 and error.code != "SERVER_UNAVAILABLE"
            return as_retry(rule, may_have_happened=is_unsure, after=self._transport.retry_after)
        if rule.next is Next.STOP:
            return Stop(problem_of(error, rule))
        if rule.next is Next.TOO_LARGE:
            return TooLarge(rule.say)
        return Refused(error)


def _page_of(address: str) -> Callable[[_Package], Any]:
    return lambda package: package.query_more(address, identifier_is_url=True, allow_redirects=False)


def _each(answer: object, count: int) -> list[Row]:
    """A collection's results, one for each record that was sent."""
    if not isinstance(answer, list) or len(answer) != count or not all(isinstance(row, dict) for row in answer):
        raise Retry("Salesforce's answer does not name each record", may_have_happened=True, code="strange_answer")
    return answer


def _page(answer: object) -> Page:
    rows = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(rows, list):
        raise Retry("the answer to a query holds no records", code="strange_answer")
    return Page(rows, str(answer.get("nextRecordsUrl")) if answer.get("done") is False else "")


def _encoded_length(text: str) -> int:
    """How long a text is in an address, as `quote_plus` would write it."""
    written = text.encode()
    return len(written) + 2 * len(_QUOTED.findall(written))


def _parts(values: list[str], room: int) -> Iterator[list[str]]:
    """The values in as few lists as fit into `room` characters each, once encoded for an address."""
    part: list[str] = []
    length = 0
    for value in values:
        cost = _encoded_length(quote_soql_value(value)) + 3
        if part and length + cost > room:
            yield part
            part, length = [], 0
        part.append(value)
        length += cost
    if part:
        yield part


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("an object's or field's name has letters, digits and underscores only")
    return name


def _checked_id(crm_id: str) -> str:
    if not is_record_id(crm_id):
        raise ValueError("a record id has 15 or 18 letters and digits")
    return crm_id


def _tls_failure(error: requests.exceptions.SSLError) -> Retry | Stop:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Stop(untrusted_certificate())
    return Retry("the TLS connection failed", may_have_happened=True, code="unreachable")


def _unreachable(error: requests.exceptions.RequestException, writes: bool) -> Retry:
    """Whether the call can have arrived: not when no connection came about."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    was_sent = not isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError)
    was_sent = was_sent and not isinstance(cause, _NOT_SENT)
    sentence = f"Salesforce could not be reached ({type(error).__name__}): check `base_url` and the network, if it stays so"
    return Retry(sentence, may_have_happened=writes and was_sent, code="unreachable")
