"""The one module that speaks to HubSpot: hubspot-api-client with what it lacks.

It adds time-outs, one pooled connection, dated paths, a token shared by all workers and renewed from the clock, the real status
of every answer, and turns every refusal into what should happen next.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from connectors.base import Retry, Stop, Tokens, TooLarge, Usage
from connectors.hubspot.answers import CrmError as CrmError
from connectors.hubspot.answers import errors_in, record_errors
from connectors.hubspot.auth import Token, fetch_token, login_fingerprint, read_token, static_token
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import DAILY, Next, Rule, as_retry, gravest, problem_of
from connectors.hubspot.errors import Refused as Refused
from connectors.hubspot.package import batch_api
from connectors.hubspot.paths import in_version
from connectors.hubspot.transport import Reply, Transport
from connectors.hubspot.windows import next_midnight
from core.instants import Instant
from core.problems import Problem

Row = dict[str, Any]
"""One object as HubSpot's JSON has it: `id`, `properties`, `archived` and more."""

Verb = Literal["read", "create", "update", "upsert", "archive"]

KNOWN_FOR = 300.0
"""Seconds for which property definitions and owners are not asked for again."""

AT_ONCE = 100
HIDDEN = ("not_found", "no_object", "missing_scopes", "no_permission")
"""What a Stop says that concerns one resource: the account lacks it, or does not show it to the app."""

_PAGES_OF_OWNERS = 50
_OBJECT_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}|\d+-\d+|p\d+_[a-z0-9_]+")
_ID = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A batch call's answer: 200, 201, 204, or 207 when it was carried out in part. The order of rows says nothing."""

    status: int
    rows: list[Row] = field(default_factory=list)
    errors: list[CrmError] = field(default_factory=list)


class _Expired(Exception):
    """The access token is not accepted (any more)."""

    def __init__(self, error: CrmError) -> None:
        super().__init__(error.code)
        self.error = error


def is_record_id(text: str) -> bool:
    """Whether a text has the form of a HubSpot record id: digits."""
    return _ID.fullmatch(text) is not None


class Client:
    """One account over one pooled connection; used by one thread at a time."""

    def __init__(
        self,
        config: HubSpotConfig,
        tokens: Tokens,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._tokens = tokens
        self._monotonic = monotonic
        self._now = now
        self._given_for = login_fingerprint(config)
        self._static = static_token(config)
        self._document: str | None = None
        self._transport = Transport(config)
        self._batch_apis: dict[bool, Any] = {}
        self._known: dict[str, tuple[float, list[Row]]] = {}
        self._account: Mapping[str, Any] | None = None

    @property
    def calls(self) -> int:
        """How many API calls were sent, token requests not counted."""
        return self._transport.calls

    @property
    def usage(self) -> Usage | None:
        """What the newest answer that told anything said of the call allowance."""
        return self._transport.usage

    @property
    def external_id(self) -> str:
        """The property that carries our own ids."""
        return self._config.external_id

    def now(self) -> Instant:
        """The time, for waits until an instant."""
        return int(self._now() * 1000)

    def server_time(self) -> Instant:
        """The time as HubSpot's newest answer gave it, when that is behind ours: nothing shown later may be taken for seen."""
        told = self._transport.clock
        return self.now() if told is None else min(told, self.now())

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    # --- the account --------------------------------------------------------------------------------------------------

    def portal(self) -> str:
        """The id of the account that the credentials lead to; empty when it can not be told."""
        return str(self.account().get("portalId") or "") or self.token().portal

    def account(self) -> Mapping[str, Any]:
        """What HubSpot tells of the account (`portalId`, `timeZone`); empty when the app may not ask."""
        if self._account is None:
            self._account = self._ask_if_open("/account-info/v3/details") or self._ask_if_open("/integrations/v1/me")
        return self._account

    def _ask_if_open(self, path: str) -> Mapping[str, Any]:
        try:
            told = self.call("GET", path)
        except Refused:
            return {}
        except Stop as stop:
            if stop.problem.code not in HIDDEN:
                raise
            return {}
        return told if isinstance(told, dict) else {}

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(
        self,
        object_name: str,
        ids: Sequence[str],
        properties: Sequence[str],
        *,
        id_property: str | None = None,
        archived: bool = False,
    ) -> list[Row]:
        """The objects that there are, in slices of 100; a merged one comes back under its survivor's id."""
        wanted = list(dict.fromkeys(ids))
        found: list[Row] = []
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            body: Row = {
                "properties": list(properties), "propertiesWithHistory": [], "inputs": [{"id": one} for one in part],
            }  # fmt: skip
            if id_property:
                body["idProperty"] = id_property
            found += self._found(object_name, body, archived)
        return found

    def _found(self, object_name: str, body: Row, archived: bool) -> list[Row]:
        """One slice: unknown ids are named beside the found objects, or refuse the whole call as not found. An error beside them
        that says no code is about an unknown id as well: reading has nothing else to refuse in part."""
        try:
            answer = self.batch(object_name, "read", body, writes=False, archived=archived)
        except Refused as refused:
            if gravest(refused.errors)[1].next is Next.GONE:
                return []
            raise
        others = [error for error in answer.errors if error.code and gravest([error])[1].next is not Next.GONE]
        if others:
            raise self._refusal(others, Reply(answer.status, None, {}, True), writes=False)
        return answer.rows

    def search(
        self,
        object_name: str,
        filters: Sequence[Mapping[str, object]],
        properties: Sequence[str],
        *,
        more: Sequence[Sequence[Mapping[str, object]]] = (),
        sorts: Sequence[Mapping[str, str]] = (),
        after: str | None = None,
        limit: int = 200,
    ) -> tuple[list[Row], str | None, int]:
        """One page of the objects for which all filters hold, or all of another group in `more`; where to go on, and how many
        there are. Records appear here some seconds late; never search for one's own write."""
        body = {
            "filterGroups": [{"filters": list(group)} for group in (filters, *more) if group], "properties": list(properties),
            "sorts": list(sorts), "after": after or "0", "limit": limit,
        }  # fmt: skip
        page = self.call("POST", f"/crm/v3/objects/{checked_name(object_name)}/search", body)
        rows = rows_of(page)
        total = page.get("total")
        return rows, next_page(page), total if isinstance(total, int) else len(rows)

    def properties(self, object_name: str) -> list[Row]:
        """An object's property definitions, asked for again every few minutes."""
        return self.remembered(f"properties {object_name}", lambda: self._properties(object_name))

    def properties_if_visible(self, object_name: str) -> list[Row]:
        """An object's property definitions; none when the account does not have the object or does not show it to the app."""
        return self.remembered(f"properties {object_name}", lambda: self._visible_properties(object_name))

    def _visible_properties(self, object_name: str) -> list[Row]:
        try:
            return self._properties(object_name)
        except Refused:
            return []
        except Stop as stop:
            if stop.problem.code not in HIDDEN:
                raise
            return []

    def _properties(self, object_name: str) -> list[Row]:
        return rows_of(self.call("GET", f"/crm/v3/properties/{checked_name(object_name)}"))

    def forget(self, name: str) -> None:
        """Ask again for what is remembered under this name."""
        self._known.pop(name, None)

    def forget_properties(self, object_name: str) -> None:
        """Ask for the definitions again with the next use: the account was changed."""
        self.forget(f"properties {object_name}")

    def owners(self) -> list[Row]:
        """All owners, those who were deactivated with `archived` true, asked for again every few minutes; raises Stop when the
        address knows no owners: every account has them."""
        return self.remembered("owners", lambda: [*self._owners(archived=False), *self._owners(archived=True)])

    def _owners(self, *, archived: bool) -> list[Row]:
        found: list[Row] = []
        after: str | None = None
        for _ in range(_PAGES_OF_OWNERS):
            page = self._page_of_owners({"limit": 500, "archived": archived, "after": after})
            found += [{**row, "archived": archived} for row in rows_of(page)]
            after = next_page(page)
            if after is None:
                break
        return found

    def _page_of_owners(self, query: Mapping[str, object]) -> Any:
        try:
            return self.call("GET", "/crm/v3/owners", query=query)
        except Refused as refused:
            sentence = "HubSpot does not tell the owners of the account: check `base_url` and `api_version`"
            raise Stop(Problem("not_found", sentence, "base_url")) from refused

    def remembered(self, name: str, ask: Callable[[], list[Row]]) -> list[Row]:
        """Rows that seldom change, asked for again every few minutes."""
        known = self._known.get(name)
        if known is None or self._monotonic() - known[0] >= KNOWN_FOR:
            known = (self._monotonic(), ask())
            self._known[name] = known
        return known[1]

    # --- one call -----------------------------------------------------------------------------------------------------

    def batch(
        self, object_name: str, verb: Verb, body: Mapping[str, object], *, writes: bool, archived: bool | None = None
    ) -> Answer:
        """One batch call through the client package, its answer with the real status; raises only when nothing of it was done."""
        api = self._batch_apis.get(writes)
        if api is None:
            api = batch_api(lambda method, path, sent, query: self._answered(method, path, sent, query, writes))
            self._batch_apis[writes] = api
        more = {"archived": True} if archived else {}
        reply: Reply = getattr(api, verb)(checked_name(object_name), dict(body), **more)
        if reply.status == 204:
            return Answer(204)
        return Answer(reply.status, rows_of(reply.content, writes=writes), record_errors(reply.content, reply.status))

    def call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        query: Mapping[str, object] | None = None,
        writes: bool = False,
    ) -> Any:
        """One call: the legacy path in, which goes to the API version's own; the answer's JSON out, None when it is empty."""
        return self._answered(method, path, body, query, writes).content

    def token(self) -> Token:
        """The token in use, asked for when there is none or it is about to end."""
        if self._static:
            return self._static
        document = self._tokens.current()
        token = read_token(document, self._given_for)
        if token is None or not token.is_good(self._now()):
            document = self._tokens.refresh(document, lambda: self._fetch(token))
            token = read_token(document, self._given_for)
        if token is None:
            sentence = "the stored token is for another login: check that one sink has one login"
            raise Stop(Problem("login_refused", sentence, "auth"))
        self._document = document
        return token

    def _fetch(self, held: Token | None) -> str:
        return fetch_token(self._config, held, self._now()).as_document()

    def _renew(self) -> None:
        held = read_token(self._document, self._given_for)
        self._tokens.refresh(self._document, lambda: self._fetch(held))

    def _answered(self, method: str, path: str, body: object, query: Mapping[str, object] | None, writes: bool) -> Reply:
        """Send once, and once more with a new token after a 401."""
        attempts = Retrying(
            stop=stop_after_attempt(1 if self._static else 2),
            retry=retry_if_exception_type(_Expired),
            before_sleep=lambda _: self._renew(),
            reraise=True,
        )
        try:
            return attempts(self._once, method, path, body, query, writes)
        except _Expired as expired:
            raise self._not_accepted(expired.error) from None

    def _not_accepted(self, error: CrmError) -> Retry | Stop:
        if self._static:
            sentence = "HubSpot does not accept the access token: make a new one and put it into `auth.access_token`"
            return Stop(Problem("login_refused", sentence, "auth.access_token"))
        if self._tokens.current() != self._document:
            return Retry("another worker is renewing the token", after=1, code="busy")
        if error.category == "EXPIRED_AUTHENTICATION" or error.code == "EXPIRED_AUTHENTICATION":
            return Retry("HubSpot calls a token expired that it has just given", after=2, code="session_refused")
        sentence = "HubSpot does not accept a token that it has just given: check that the app is still installed in the account"
        return Stop(Problem("login_refused", sentence, "auth"))

    def _once(self, method: str, path: str, body: object, query: Mapping[str, object] | None, writes: bool) -> Reply:
        token = self.token().access_token
        reply = self._transport.send(method, in_version(path, self._config.api_version), token, query, body, writes=writes)
        if 200 <= reply.status < 300:
            if not reply.is_json:
                raise Retry("the answer is not JSON", may_have_happened=writes, code="unavailable")
            return reply
        raise self._refusal(errors_in(reply.content, reply.status), reply, writes)

    def _refusal(self, errors: list[CrmError], reply: Reply, writes: bool) -> Exception:
        error, rule = gravest(errors)
        if rule.next is Next.REFRESH:
            return _Expired(error)
        if rule.next is Next.RETRY:
            return self._wait(rule, reply, writes)
        if rule.next is Next.STOP:
            return Stop(problem_of(error, rule))
        if rule.next is Next.TOO_LARGE:
            return TooLarge(rule.say)
        return Refused(errors, reply.status)

    def _wait(self, rule: Rule, reply: Reply, writes: bool) -> Retry:
        after = reply.retry_after
        if rule.problem == "rate_limit" and reply.is_day_over:  # a limit that does not name itself
            rule = DAILY
        if after is None and rule.is_daily:
            zone = str((self._account or {}).get("timeZone") or "")
            return as_retry(rule, until=next_midnight(self.now(), zone))
        if after is None and rule.problem == "rate_limit":
            after = reply.window
        is_unsure = writes and (reply.status >= 500 or reply.status == 408)
        return as_retry(rule, after=None if after is None else min(after, 86_400.0), may_have_happened=is_unsure)


def checked_name(object_name: str) -> str:
    """An object's name or type id as it may stand in a path."""
    if not _OBJECT_NAME.fullmatch(object_name):
        sentence = f"HubSpot has no object `{object_name}`: its names have small letters, digits and underscores only"
        raise Stop(Problem("no_object", sentence, object_name))
    return quote(object_name)


def rows_of(page: object, *, writes: bool = False) -> list[Row]:
    """The objects in an answer's `results`; raises Retry when it holds none such."""
    rows = page.get("results") if isinstance(page, dict) else None
    if not isinstance(rows, list):
        raise Retry("HubSpot's answer holds no results", may_have_happened=writes, code="strange_answer")
    return [row for row in rows if isinstance(row, dict)]


def next_page(page: Mapping[str, Any]) -> str | None:
    """Where the next page begins, or None after the last one."""
    paging = page.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    after = following.get("after") if isinstance(following, dict) else None
    return str(after) if after else None
